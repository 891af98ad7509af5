//! Small files that are named for one run: regular ones, and what a shell puts in the place of `<(COMMAND)`, which is a pipe that this
//! process holds already. A pipe that lies in a folder under a name is an error, as it is everywhere: nobody may be there to write.
//!
//! Must not: wait without end, or be used for an artifact, which is read more than once.

use std::path::Path;

use zeroize::Zeroizing;

use super::file::{self, FileError};

/// The content, at most `limit` bytes. It may be a secret: what is dropped is wiped.
pub fn read(path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, FileError> {
    #[cfg(unix)]
    if pipe::is_held(path) {
        return pipe::read(path, limit).map_err(FileError::on("read", path));
    }
    file::read(path, limit)
}

/// The same as text.
pub fn read_text(path: &Path, limit: u64) -> Result<Zeroizing<String>, FileError> {
    file::text(read(path, limit)?, path)
}

#[cfg(unix)]
mod pipe {
    use std::fs::{File, OpenOptions};
    use std::io::{self, Read};
    use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
    use std::path::Path;
    use std::time::{Duration, Instant};

    use zeroize::Zeroizing;

    use crate::host::file::{too_large, unwaiting};

    /// How long nothing may come.
    const TIMEOUT: Duration = Duration::from_mins(1);
    /// Between two looks.
    const PAUSE: Duration = Duration::from_millis(5);
    /// Where systems list what a process holds.
    const HELD: [&str; 3] = ["/dev/fd", "/proc/self/fd", "/dev/stdin"];

    /// Whether the path is that of a pipe which this process was given.
    pub(super) fn is_held(path: &Path) -> bool {
        HELD.iter().any(|held| path.starts_with(held))
            && std::fs::metadata(path).is_ok_and(|there| there.file_type().is_fifo())
    }

    pub(super) fn read(path: &Path, limit: u64) -> io::Result<Zeroizing<Vec<u8>>> {
        let mut from: File = OpenOptions::new().read(true).custom_flags(unwaiting()).open(path)?;
        let mut piece = Zeroizing::new([0; 4096]);
        let mut all = Zeroizing::new(Vec::new());
        let mut last = Instant::now();
        loop {
            match from.read(&mut piece[..]) {
                Ok(0) => return Ok(all),
                Ok(len) => {
                    if all.len() as u64 + len as u64 > limit {
                        return Err(too_large(limit));
                    }
                    grow(&mut all, len);
                    all.extend_from_slice(piece.get(..len).unwrap_or_default());
                    last = Instant::now();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && last.elapsed() < TIMEOUT => {
                    std::thread::sleep(PAUSE);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let problem = format!("nothing was written into the pipe for {} s", TIMEOUT.as_secs());
                    return Err(io::Error::new(io::ErrorKind::TimedOut, problem));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Makes room without leaving a copy behind.
    fn grow(all: &mut Zeroizing<Vec<u8>>, more: usize) {
        if all.capacity() - all.len() < more {
            let mut larger = Zeroizing::new(Vec::with_capacity(2 * (all.len() + more)));
            larger.extend_from_slice(all);
            *all = larger;
        }
    }
}
