//! A folder as a set of files.
//!
//! Symbolic links are not followed: what they lead to may lie outside, or be listed twice.
//!
//! Must not: write.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use walkdir::WalkDir;

use super::TreeJobError;
use crate::artifact::files::{Files, ReadError};
use crate::format::limits;
use crate::host::file::FileError;
use crate::host::transaction;

/// The files below a folder, by name.
#[derive(Debug)]
pub(in crate::pipeline) struct Folder {
    root: PathBuf,
    names: Vec<String>,
    /// Names that lead to links.
    links: Vec<String>,
}

impl Folder {
    /// Lists a folder, and repairs what a killed run left in it.
    pub(super) fn open(path: &Path) -> Result<Self, TreeJobError> {
        let root = std::fs::canonicalize(path).map_err(FileError::on("open", path))?;
        let (folder, ours) = Self::list(&root)?;
        if ours.is_empty() {
            return Ok(folder);
        }
        transaction::repair(&root, &ours)?;
        Ok(Self::list(&root)?.0)
    }

    /// The folder, and what runs before left in it.
    fn list(root: &Path) -> Result<(Self, Vec<String>), TreeJobError> {
        let mut folder = Self { root: root.to_owned(), names: Vec::new(), links: Vec::new() };
        let mut ours = Vec::new();
        for entry in WalkDir::new(root).sort_by_file_name() {
            let entry = entry.map_err(|error| {
                let path = error.path().unwrap_or(root).to_owned();
                FileError { operation: "list", path, source: error.into() }
            })?;
            // A name that is no UTF-8 cannot be addressed.
            let Some(name) = entry.path().strip_prefix(root).ok().and_then(name_of) else { continue };
            if entry.file_type().is_symlink() {
                folder.links.push(name);
            } else if entry.file_type().is_file() {
                let list = if transaction::is_ours(&name) { &mut ours } else { &mut folder.names };
                list.push(name);
            }
            if folder.names.len() > limits::TREE_FILES {
                return Err(TreeJobError::TooManyFiles { path: root.to_owned() });
            }
        }
        folder.names.sort();
        folder.links.sort();
        Ok((folder, ours))
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Bytes of a file; none where that is not to be had, which reading it tells.
    pub(in crate::pipeline) fn size(&self, name: &str) -> u64 {
        std::fs::metadata(self.root.join(name)).map_or(0, |file| file.len())
    }
}

impl Files for Folder {
    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(self.names.iter().map(String::as_str))
    }

    fn read(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, ReadError> {
        if self.names.binary_search_by(|known| known.as_str().cmp(name)).is_err() {
            let linked = self.links.iter().any(|link| {
                name.strip_prefix(link.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            });
            if linked {
                let problem = "a symbolic link leads there, which is not followed; address where it leads";
                return Err(io::Error::new(io::ErrorKind::InvalidInput, problem).into());
            }
            return Ok(None);
        }
        read_bounded(&self.root.join(name), limit)
    }
}

/// A set of files some of which have a new version that does not count yet.
pub(super) struct Renewed<'f> {
    folder: &'f Folder,
    new: BTreeMap<&'f str, &'f Path>,
}

impl<'f> Renewed<'f> {
    pub(super) fn new(folder: &'f Folder, new: impl Iterator<Item = (&'f str, &'f Path)>) -> Self {
        Self { folder, new: new.collect() }
    }
}

impl Files for Renewed<'_> {
    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        let made = self.new.keys().copied().filter(|name| !self.folder.names.iter().any(|known| known == name));
        Box::new(self.folder.names().chain(made))
    }

    fn read(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, ReadError> {
        match self.new.get(name) {
            Some(path) => read_bounded(path, limit),
            None => self.folder.read(name, limit),
        }
    }
}

fn read_bounded(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, ReadError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut content = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut content)?;
    let found = content.len() as u64;
    if found > limit {
        return Err(ReadError::Limit { found: std::fs::metadata(path)?.len().max(found), limit });
    }
    Ok(Some(content))
}

/// A path below the folder, as an address writes it.
fn name_of(relative: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = relative
        .components()
        .map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    parts.map(|parts| parts.join("/")).filter(|name| !name.is_empty())
}
