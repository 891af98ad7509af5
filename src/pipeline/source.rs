//! A file as the codecs read it.
//!
//! Must not: read a file whole.

use std::io;
use std::path::Path;

use crate::format::read_at::ReadAt;
use crate::host::file::{FileError, SourceFile};

/// An artifact on disk.
#[derive(Debug)]
pub struct ArtifactFile(SourceFile);

impl ArtifactFile {
    /// Opens a regular file.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        SourceFile::open_settled(path).map(Self)
    }

    /// Over an open file.
    pub fn over(file: SourceFile) -> Self {
        Self(file)
    }

    /// The file.
    pub fn file(&self) -> &SourceFile {
        &self.0
    }
}

impl ReadAt for ArtifactFile {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_exact_at(buf, offset)
    }
}
