//! A lock between processes: a file that one of them holds. It goes with its holder, however that ends.
//!
//! Must not: remove the file, for who waits for it holds its old self.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use super::file::FileError;

/// How long one look is apart from the next.
const PAUSE: Duration = Duration::from_millis(20);

/// The lock, held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: Option<File>,
}

impl Lock {
    /// Of nothing, where nobody else can be.
    pub fn nothing() -> Self {
        Self { _file: None }
    }
}

/// Takes the lock `path`, or waits for it, `patience` long.
pub fn acquire(path: &Path, patience: Duration) -> Result<Lock, FileError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(FileError::on("create the folder", folder))?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(FileError::on("open", path))?;
    let until = Instant::now() + patience;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Lock { _file: Some(file) }),
            Err(TryLockError::WouldBlock) if Instant::now() < until => std::thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => {
                let late = format!("another process holds it for {} seconds already", patience.as_secs());
                return Err(FileError::on("lock", path)(io::Error::new(io::ErrorKind::TimedOut, late)));
            }
            Err(TryLockError::Error(error)) => return Err(FileError::on("lock", path)(error)),
        }
    }
}
