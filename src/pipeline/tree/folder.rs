//! A folder as a set of files.
//!
//! Symbolic links are not followed: what they lead to may lie outside, or be listed twice.
//!
//! Must not: write.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use walkdir::WalkDir;

use super::error::FolderFault;
use crate::artifact::files::{Files, ReadError};
use crate::format::limits;
use crate::host::file::{self, Changed, FileError, Stamp};
use crate::host::transaction;
use crate::pipeline::fault::Cause;

/// The files below a folder, by name.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    names: Vec<String>,
    /// Names that lead to links.
    links: Vec<String>,
    /// What runs before left.
    ours: Vec<String>,
    /// What each file was when it was read first.
    read: Mutex<BTreeMap<String, Stamp>>,
}

impl Folder {
    /// Lists a folder. What a killed run left in it is no file of it.
    pub(super) fn open(path: &Path) -> Result<Self, Cause> {
        let root = &std::fs::canonicalize(path).map_err(FileError::on("open", path))?;
        let mut folder =
            Self { root: root.clone(), names: Vec::new(), links: Vec::new(), ours: Vec::new(), read: Mutex::default() };
        for entry in WalkDir::new(root).sort_by_file_name() {
            let entry = entry.map_err(|error| {
                let path = error.path().unwrap_or(root).to_owned();
                FileError { operation: "list", path, source: error.into() }
            })?;
            let Some(name) = entry.path().strip_prefix(root).ok().and_then(name_of) else {
                if entry.file_type().is_dir() {
                    continue;
                }
                return Err(FolderFault::Name(entry.path().to_owned()).into());
            };
            if entry.file_type().is_symlink() {
                folder.links.push(name);
            } else if entry.file_type().is_file() {
                let list = if transaction::is_ours(&name) { &mut folder.ours } else { &mut folder.names };
                list.push(name);
            }
            if folder.names.len() > limits::TREE_FILES {
                return Err(FolderFault::TooManyFiles { path: root.to_owned() }.into());
            }
        }
        folder.names.sort();
        folder.links.sort();
        Ok(folder)
    }

    /// What runs that were killed left, by name.
    pub(super) fn ours(&self) -> &[String] {
        &self.ours
    }

    /// What a file was when it was read; `None` where it was not there. Of one that nobody read nothing can be lost: it is what
    /// it is now.
    pub(super) fn stamp(&self, name: &str) -> Option<Stamp> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied();
        let is_listed = || self.names.binary_search_by(|known| known.as_str().cmp(name)).is_ok();
        read.or_else(|| Stamp::at(&self.root.join(name)).ok().flatten().filter(|_| is_listed()))
    }

    /// An error where one of these is not what was read.
    pub(super) fn unchanged<'n>(&self, mut names: impl Iterator<Item = &'n str>) -> Result<(), Changed> {
        let changed = names.find(|name| {
            let now = Stamp::at(&self.root.join(name)).ok().flatten();
            self.stamp(name).is_some_and(|then| now != Some(then))
        });
        changed.map_or(Ok(()), |name| Err(Changed(self.root.join(name))))
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Bytes of a file; none where that is not to be had, which reading it tells.
    pub(super) fn size(&self, name: &str) -> u64 {
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
        let Some((content, stamp)) = read_bounded(&self.root.join(name), limit)? else { return Ok(None) };
        // Of what changes between two looks, the first one counts: the commit finds out.
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.entry(name.to_owned()).or_insert(stamp);
        Ok(Some(content))
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
            Some(path) => Ok(read_bounded(path, limit)?.map(|(content, _)| content)),
            None => self.folder.read(name, limit),
        }
    }
}

fn read_bounded(path: &Path, limit: u64) -> Result<Option<(Vec<u8>, Stamp)>, ReadError> {
    let file: File = match file::open(path) {
        Err(error) if error.source.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(|error| error.source)?,
    };
    let there = file.metadata()?;
    let mut content = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut content)?;
    let found = content.len() as u64;
    if found > limit {
        return Err(ReadError::Limit { found: there.len().max(found), limit });
    }
    Ok(Some((content, Stamp::of(&there))))
}

/// A path below the folder, as an address writes it.
fn name_of(relative: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = relative
        .components()
        .map(|part| if let Component::Normal(name) = part { name.to_str() } else { None })
        .collect();
    parts.map(|parts| parts.join("/")).filter(|name| !name.is_empty())
}
