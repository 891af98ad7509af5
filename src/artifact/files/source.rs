//! What can be a set of files.
//!
//! Must not: hold a content longer than somebody uses it.

use std::io;

use crate::format::read_at::ReadAt;
use crate::format::zip::{Archive, Entry, ZipError};

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Of an archive.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// Of a folder.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// More than is held in memory.
    #[error("it has {found} bytes, the limit for a file with a place is {limit}")]
    Limit {
        /// How many there are.
        found: u64,
        /// How many are allowed.
        limit: u64,
    },
}

/// Named files.
pub trait Files {
    /// Every name, folders separated by `/`, each time in the same order.
    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_>;

    /// The content of a file, at most `limit` bytes; `None` where no file has the name.
    fn read(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, ReadError>;
}

/// Entries whose names are no UTF-8 cannot be addressed, so they are not listed.
impl<S: ReadAt + ?Sized> Files for Archive<'_, S> {
    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        let names = self.entries().iter().filter_map(|entry| std::str::from_utf8(entry.name()).ok());
        Box::new(names.filter(|name| !name.ends_with('/')))
    }

    fn read(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, ReadError> {
        let Some(index) = self.find(name.as_bytes()) else { return Ok(None) };
        let found = self.entries().get(index).map_or(0, Entry::uncompressed_size);
        if found > limit {
            return Err(ReadError::Limit { found, limit });
        }
        Ok(Some(Archive::read(self, index)?))
    }
}

/// The files below a folder of others, by their names in it.
#[derive(Clone, Copy)]
pub struct Below<'f> {
    files: &'f dyn Files,
    folder: &'f str,
}

impl<'f> Below<'f> {
    /// `folder` ends with `/`.
    pub fn new(files: &'f dyn Files, folder: &'f str) -> Self {
        Self { files, folder }
    }
}

impl std::fmt::Debug for Below<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Below").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Files for Below<'_> {
    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(self.files.names().filter_map(|name| name.strip_prefix(self.folder)))
    }

    fn read(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, ReadError> {
        self.files.read(&format!("{}{name}", self.folder), limit)
    }
}
