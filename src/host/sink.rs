//! Where a small text goes whose place somebody names: a receipt, a verdict, a summary. A file is replaced as a whole. What stands
//! for no file of its own is written through: `/dev/null`, the program's own output (`/dev/stdout`, `/dev/fd/N`, what a shell puts
//! in the place of `>(COMMAND)`), a named pipe that somebody reads.
//!
//! Must not: replace what is no regular file, wait for a reader that is not there, or open a device but those.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::file::{self, FileError};
use super::replacement::Replacement;

/// A place for a small text, begun.
#[derive(Debug)]
pub struct Sink(Way);

#[derive(Debug)]
enum Way {
    Replaced(Box<Replacement>),
    Through { file: File, path: PathBuf },
}

impl Sink {
    /// Whether `to` takes a text. A pipe is not opened: whoever reads it would see its end when it is let go.
    pub fn probe(to: &Path) -> Result<(), FileError> {
        if is_through(to) { Ok(()) } else { Replacement::probe(to) }
    }

    /// Begins to write; of a pipe nobody reads that is an error.
    pub fn start(to: &Path) -> Result<Self, FileError> {
        Ok(Self(if is_through(to) {
            Way::Through { file: opened(to)?, path: to.to_owned() }
        } else {
            Way::Replaced(Box::new(Replacement::start(to)?))
        }))
    }

    /// Writes the whole text and ends. A file that is replaced keeps its owner and rights.
    pub fn finish(self, text: &str) -> Result<(), FileError> {
        match self.0 {
            Way::Replaced(mut new) => {
                new.write_all(text.as_bytes())?;
                new.commit_as_before()
            }
            Way::Through { mut file, path } => file.write_all(text.as_bytes()).map_err(FileError::on("write", &path)),
        }
    }

    /// Opens what a text is added to: the end of a regular file, which is made where none is there, or what is written through.
    pub fn added(to: &Path) -> Result<File, FileError> {
        if is_through(to) { opened(to) } else { file::append(to) }
    }
}

#[cfg(unix)]
fn is_through(to: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    let is_own = ["/dev/stdout", "/dev/stderr"].iter().any(|own| to == Path::new(own))
        || ["/dev/fd", "/proc/self/fd"].iter().any(|own| to.parent() == Some(Path::new(own)));
    let Ok(there) = std::fs::metadata(to) else { return false };
    let kind = there.file_type();
    if is_own {
        // A shell may have put anything there; a socket is written through what the shell has open, which has no name.
        return !kind.is_dir() && !kind.is_socket() && !kind.is_block_device();
    }
    kind.is_fifo() || (kind.is_char_device() && std::fs::canonicalize(to).is_ok_and(|to| to == Path::new("/dev/null")))
}

#[cfg(unix)]
fn opened(to: &Path) -> Result<File, FileError> {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    use rustix::io::Errno;
    let mut options = std::fs::OpenOptions::new();
    // A regular file behind `/dev/stdout` has what was written before.
    options.append(true);
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, file::unwaiting());
    let open = || {
        let file = options.open(to)?;
        // Only opening must not wait: who reads a pipe may be slow.
        fcntl_setfl(&file, fcntl_getfl(&file)? & !OFlags::NONBLOCK)?;
        Ok(file)
    };
    open().map_err(|error: std::io::Error| {
        let is_unread = error.raw_os_error() == Some(Errno::NXIO.raw_os_error());
        FileError::on("write", to)(if is_unread { std::io::Error::other("nobody reads from this pipe") } else { error })
    })
}

#[cfg(not(unix))]
fn is_through(_to: &Path) -> bool {
    false
}

#[cfg(not(unix))]
fn opened(to: &Path) -> Result<File, FileError> {
    file::append(to)
}
