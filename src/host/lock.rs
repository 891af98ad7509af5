//! Locks between processes: a file or folder that one of them holds. It goes with its holder, however that ends. Whoever waits
//! says for whom, and does not wait for good.
//!
//! Must not: remove the file, for who waits for it holds its old self.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::file::{self, FileError};
use super::private;

/// How long one look is apart from the next.
const PAUSE: Duration = Duration::from_millis(20);
/// After which time it is said who is waited for: most locks are held for less.
const SILENCE: Duration = Duration::from_secs(1);

/// Who is told.
static WAITING: OnceLock<fn(&str)> = OnceLock::new();

/// Has `tell` say whom this process waits for, whenever that takes a while. The first one counts.
pub fn on_wait(tell: fn(&str)) {
    let _ = WAITING.set(tell);
}

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
        private::folder(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // A pipe in its place would be waited for.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, file::unwaiting());
    let file = options.open(path).map_err(FileError::on("open", path))?;
    let there = file.metadata().map_err(FileError::on("inspect", path))?;
    file::check_regular(&there).map_err(FileError::on("lock", path))?;
    wait(&file, path, patience)?;
    Ok(Lock { _file: Some(file) })
}

/// Locks an open file or folder, which lies at `path`, within `patience`; else an error that says who holds it.
pub fn wait(file: &File, path: &Path, patience: Duration) -> Result<(), FileError> {
    let (began, mut told) = (Instant::now(), false);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if began.elapsed() < patience => {
                if !told && began.elapsed() >= SILENCE.min(patience) {
                    told = true;
                    if let Some(tell) = WAITING.get() {
                        let (who, seconds) = (holder(file), patience.as_secs());
                        tell(&format!("waiting for {who}, which holds {}; {seconds} seconds at most", path.display()));
                    }
                }
                std::thread::sleep(PAUSE);
            }
            Err(TryLockError::WouldBlock) => {
                let late = format!("{} has held it for {} seconds", holder(file), patience.as_secs());
                return Err(FileError::on("lock", path)(io::Error::new(io::ErrorKind::TimedOut, late)));
            }
            Err(TryLockError::Error(error)) => return Err(FileError::on("lock", path)(error)),
        }
    }
}

/// Who holds a lock on this file, as far as the system tells.
#[cfg(target_os = "linux")]
#[allow(clippy::disallowed_methods, reason = "files of the kernel, which have no size and end")]
fn holder(file: &File) -> String {
    use std::os::unix::fs::MetadataExt;
    let find = || {
        let there = file.metadata().ok()?;
        let (major, minor) = (rustix::fs::major(there.dev()), rustix::fs::minor(there.dev()));
        let id = format!("{major:02x}:{minor:02x}:{}", there.ino());
        // `1: FLOCK  ADVISORY  WRITE 4711 08:01:131081 0 EOF`; who waits has `->` behind the number.
        let locks = std::fs::read_to_string("/proc/locks").ok()?;
        let pid = locks.lines().find_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [_, "FLOCK", _, _, pid, at, ..] if *at == id => pid.parse::<u32>().ok(),
                _ => None,
            }
        })?;
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        Some(format!("process {pid} ({})", name.trim()))
    };
    find().unwrap_or_else(|| "another process".to_owned())
}

/// The system does not tell.
#[cfg(not(target_os = "linux"))]
fn holder(_: &File) -> String {
    "another process".to_owned()
}
