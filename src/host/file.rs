//! Files: random access for reading, and errors that name the file and the operation.
//!
//! Must not: write an artifact (see [`super::replacement`]).

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// An operation on a file that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} {}: {source}", path.display())]
pub struct FileError {
    /// What was tried: "open", "write", ...
    pub operation: &'static str,
    /// The file.
    pub path: PathBuf,
    /// The cause.
    pub source: io::Error,
}

impl FileError {
    /// For `map_err`: the same operation and path for every cause.
    pub fn on(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self { operation, path: path.to_owned(), source }
    }
}

/// Where a path leads, links followed, as people write it: without the prefix `\\?\` that Windows gives it, where that means the
/// same.
pub fn resolved(path: &Path) -> io::Result<PathBuf> {
    let resolved = std::fs::canonicalize(path)?;
    #[cfg(windows)]
    {
        /// What paths without the prefix may have (`MAX_PATH`).
        const USUAL: usize = 259;
        let usual = resolved.to_str().and_then(|path| path.strip_prefix(r"\\?\")).filter(|path| {
            let is_on_a_drive = path.as_bytes().get(1) == Some(&b':');
            let is_plain = !path.split('\\').any(|part| part.ends_with(['.', ' ']));
            is_on_a_drive && is_plain && path.encode_utf16().count() <= USUAL
        });
        if let Some(usual) = usual {
            return Ok(PathBuf::from(usual));
        }
    }
    Ok(resolved)
}

fn not_regular(path: &Path) -> FileError {
    let source = io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file");
    FileError { operation: "read", path: path.to_owned(), source }
}

/// A regular file opened for reading at any offset.
#[derive(Debug)]
pub struct SourceFile {
    file: File,
    metadata: Metadata,
    path: PathBuf,
}

impl SourceFile {
    /// Opens `path`; anything but a regular file is an error.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        // Who opens a pipe waits until somebody else does.
        let metadata = std::fs::metadata(path).map_err(FileError::on("open", path))?;
        if !metadata.is_file() {
            return Err(not_regular(path));
        }
        let file = File::open(path).map_err(FileError::on("open", path))?;
        Self::over(file, path)
    }

    /// Over an open file, `path` serving messages only.
    pub fn over(file: File, path: &Path) -> Result<Self, FileError> {
        let metadata = file.metadata().map_err(FileError::on("inspect", path))?;
        if !metadata.is_file() {
            return Err(not_regular(path));
        }
        Ok(Self { file, metadata, path: path.to_owned() })
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Mode, times and size when it was opened.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }
}

impl SourceFile {
    /// Size in bytes when it was opened.
    pub fn size(&self) -> u64 {
        self.metadata.len()
    }

    /// Fills `buf` from `offset`, or fails when the file ends before.
    #[cfg(unix)]
    pub fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, buf, offset)
    }

    /// Fills `buf` from `offset`, or fails when the file ends before.
    #[cfg(windows)]
    pub fn read_exact_at(&self, mut buf: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !buf.is_empty() {
            match std::os::windows::fs::FileExt::seek_read(&self.file, buf, offset)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => {
                    buf = &mut buf[read..];
                    offset += read as u64;
                }
            }
        }
        Ok(())
    }
}
