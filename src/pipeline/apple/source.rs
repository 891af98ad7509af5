//! Where an app lies: in an IPA, in a folder, in an archive of Xcode.
//!
//! Must not: decide what happens to it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::AppleJobError;
use super::folder::FolderTree;
use crate::artifact::apple::{Contents, IpaTree, Reach, Tree};
use crate::format::zip::{Archive, Index};
use crate::host::transaction;
use crate::pipeline::ArtifactFile;
use crate::placement::Kind;

/// An app, found.
#[derive(Debug)]
pub(super) enum Source {
    /// In an IPA.
    Ipa { path: PathBuf, file: ArtifactFile, index: Arc<Index>, contents: OnceLock<Arc<Contents>> },
    /// In a folder of its own; the path may be that of the archive around it.
    Folder { path: PathBuf, tree: FolderTree },
}

impl Source {
    /// The app in a folder; `None` where it is a folder of something else.
    pub(super) fn in_folder(path: &Path) -> Result<Option<Self>, AppleJobError> {
        let app = if path.extension().is_some_and(|extension| extension == "xcarchive") {
            app_of_archive(path)?
        } else if is_app(path) {
            path.to_owned()
        } else {
            return Ok(None);
        };
        Ok(Some(Self::Folder { path: path.to_owned(), tree: FolderTree::open(&app)? }))
    }

    /// Does something with the files.
    pub(super) fn with<T>(&self, work: impl FnOnce(&dyn Tree) -> T) -> Result<T, AppleJobError> {
        match self {
            Self::Ipa { file, index, contents, .. } => {
                let archive = Archive::with_index(file, Arc::clone(index));
                Ok(work(&tree(&archive, contents)?))
            }
            Self::Folder { tree, .. } => Ok(work(tree)),
        }
    }

    /// An error where it is not what it was when it was opened.
    pub(super) fn unchanged(&self) -> Result<(), AppleJobError> {
        match self {
            Self::Ipa { file, .. } => Ok(file.file().unchanged()?),
            Self::Folder { tree, .. } => Ok(tree.unchanged()?),
        }
    }

    /// What a killed run left, and what happens to it.
    pub(super) fn pending(&self) -> Result<Option<String>, AppleJobError> {
        match self {
            Self::Ipa { .. } => Ok(None),
            Self::Folder { tree, .. } => Ok(transaction::pending(&tree.path(""), tree.ours())?),
        }
    }

    /// Finishes or drops what a killed run left, and says what a person must not miss.
    pub(super) fn repair(&self) -> Result<Option<String>, AppleJobError> {
        match self {
            Self::Folder { tree, .. } if !tree.ours().is_empty() => {
                Ok(transaction::repair(&tree.path(""), tree.ours())?)
            }
            Self::Ipa { .. } | Self::Folder { .. } => Ok(None),
        }
    }

    /// As what addresses know it.
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Ipa { .. } => Kind::Ipa,
            Self::Folder { .. } => Kind::App,
        }
    }
}

/// The app in an archive, found once.
pub(super) fn tree<'a, 's>(
    archive: &'a Archive<'s, ArtifactFile>,
    contents: &OnceLock<Arc<Contents>>,
) -> Result<IpaTree<'a, 's, ArtifactFile>, AppleJobError> {
    let tree = match contents.get() {
        Some(contents) => IpaTree::with_contents(archive, Arc::clone(contents)),
        None => IpaTree::open(archive)?,
    };
    let _ = contents.set(tree.contents());
    Ok(tree)
}

impl Reach for Source {
    fn reach(&self, work: &mut dyn FnMut(&dyn Tree)) {
        // What cannot be had was said to whoever found it first.
        let _ = self.with(work);
    }
}

/// A folder with the name of an app and its `Info.plist`.
fn is_app(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "app")
        && ["Info.plist", "Contents/Info.plist"].iter().any(|info| path.join(info).is_file())
}

fn app_of_archive(path: &Path) -> Result<PathBuf, AppleJobError> {
    let folder = path.join("Products/Applications");
    let listed = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut apps: Vec<PathBuf> = listed.filter(|path| is_app(path)).collect();
    apps.sort();
    match apps.as_slice() {
        [app] => Ok(app.clone()),
        _ => Err(AppleJobError::Archive { folder, count: apps.len() }),
    }
}
