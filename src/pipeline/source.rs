//! A file as the codecs read it, or a part of one.
//!
//! Must not: read a file whole.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::format::read_at::ReadAt;
use crate::host::file::{FileError, SourceFile};

/// Bytes read at a time.
const STEP: u64 = 1024 * 1024;

/// An artifact on disk, or one that lies in another as it is.
#[derive(Debug)]
pub struct ArtifactFile(Bytes);

#[derive(Debug)]
enum Bytes {
    File(SourceFile),
    Part(Arc<ArtifactFile>, Range<u64>),
}

impl ArtifactFile {
    /// Opens a regular file.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        SourceFile::open_settled(path).map(Self::over)
    }

    /// Over an open file.
    pub fn over(file: SourceFile) -> Self {
        Self(Bytes::File(file))
    }

    /// These bytes of another file.
    pub(super) fn part(of: &Arc<Self>, range: Range<u64>) -> Self {
        Self(Bytes::Part(Arc::clone(of), range))
    }

    /// The file that these bytes lie in, and where.
    pub(super) fn lies(&self, range: Range<u64>) -> (&SourceFile, Range<u64>) {
        match &self.0 {
            Bytes::File(file) => (file, range),
            Bytes::Part(of, part) => of.lies(part.start + range.start..part.start + range.end),
        }
    }

    /// The file; of a part the one that it is a part of.
    pub fn file(&self) -> &SourceFile {
        match &self.0 {
            Bytes::File(file) => file,
            Bytes::Part(of, _) => of.file(),
        }
    }

    /// Hands all of it to `take`, in order, a piece at a time.
    pub(super) fn stream<E: From<FileError>>(&self, mut take: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let (mut at, size) = (0, self.size());
        let mut buffer = vec![0; usize::try_from(size.min(STEP)).unwrap_or(0)];
        while at < size {
            let piece = buffer.get_mut(..usize::try_from((size - at).min(STEP)).unwrap_or(0)).unwrap_or_default();
            self.read_exact_at(piece, at).map_err(FileError::on("read", self.file().path()))?;
            at += piece.len() as u64;
            take(piece)?;
        }
        Ok(())
    }
}

impl ReadAt for ArtifactFile {
    fn size(&self) -> u64 {
        match &self.0 {
            Bytes::File(file) => file.size(),
            Bytes::Part(_, range) => range.end.saturating_sub(range.start),
        }
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        match &self.0 {
            Bytes::File(file) => file.read_exact_at(buf, offset),
            Bytes::Part(of, range) => {
                let at = range.start.checked_add(offset);
                let end = at.and_then(|at| at.checked_add(buf.len() as u64));
                match (at, end) {
                    (Some(at), Some(end)) if end <= range.end => of.read_exact_at(buf, at),
                    _ => Err(io::ErrorKind::UnexpectedEof.into()),
                }
            }
        }
    }
}
