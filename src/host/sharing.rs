//! Sharing violations: Windows does not let a file be opened, replaced or removed while another program has it open and does not
//! share it: a server, an IDE, a virus scanner. Most are done within moments, so each operation is retried for a short time; after
//! that the error says so. Other systems have no such rule, and everything is tried once.
//!
//! A read-only file is replaced and removed as on Unix, where the rights of its folder decide.
//!
//! Must not: retry an error that time does not change.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Time between two attempts.
const PAUSE: Duration = Duration::from_millis(50);
/// Attempts after the first one: two seconds in all.
pub const RETRIES: u32 = 40;
/// Retries of this process over all files, so that a folder in which every file is open is not waited for file by file.
const TOTAL_RETRIES: u32 = 5 * RETRIES;

/// `ERROR_ACCESS_DENIED`, `ERROR_SHARING_VIOLATION` and `ERROR_LOCK_VIOLATION` ([MS-ERREF] 2.2).
const ACCESS_DENIED: i32 = 5;
const SHARING_VIOLATION: i32 = 32;
const LOCK_VIOLATION: i32 = 33;

/// What a file is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It is opened or read.
    Read,
    /// Another one takes its place, or it goes. What others have open refuses that as if rights were missing.
    Replace,
}

/// Why a file could not be used.
#[derive(Debug, thiserror::Error)]
enum Held {
    #[error("another program has it open ({0}); close it there, or wait for that program to finish, and run again")]
    Open(io::Error),
    #[error(
        "{0}; another program has it open, or this account may not write there; close that program or change the rights, and run again"
    )]
    OpenOrForbidden(io::Error),
}

/// Whether an error says that another program has the file open, after this process has waited for it.
pub fn is_sharing_violation(error: &io::Error) -> bool {
    error.get_ref().and_then(|inner| inner.downcast_ref()).is_some_and(|held| match held {
        Held::Open(_) => true,
        Held::OpenOrForbidden(_) => false,
    })
}

/// Does `work`, and retries while another program has the file open.
pub fn retrying<T>(access: Access, mut work: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    static LEFT: AtomicU32 = AtomicU32::new(TOTAL_RETRIES);
    if !cfg!(windows) {
        return work();
    }
    retry(access, work, || {
        let is_left = LEFT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
        if is_left {
            std::thread::sleep(PAUSE);
        }
        is_left
    })
}

/// The rule of [`retrying`], by Windows' error codes; `pause` says whether to try again.
pub fn retry<T>(
    access: Access,
    mut work: impl FnMut() -> io::Result<T>,
    mut pause: impl FnMut() -> bool,
) -> io::Result<T> {
    let mut retries = 0;
    loop {
        let error = match work() {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let held = match (error.raw_os_error(), access) {
            (Some(SHARING_VIOLATION | LOCK_VIOLATION), Access::Read | Access::Replace) => Held::Open,
            (Some(ACCESS_DENIED), Access::Replace) => Held::OpenOrForbidden,
            (Some(_) | None, Access::Read | Access::Replace) => return Err(error),
        };
        if retries == RETRIES || !pause() {
            return Err(io::Error::new(error.kind(), held(error)));
        }
        retries += 1;
    }
}

/// Puts a file in the place of another one.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    retrying(Access::Replace, || despite_read_only(to, || fs::rename(from, to)))
}

/// Removes a file.
pub fn remove(path: &Path) -> io::Result<()> {
    retrying(Access::Replace, || despite_read_only(path, || fs::remove_file(path)))
}

/// An error where another program has a file open so that no other one could take its place.
#[cfg(windows)]
pub fn check(target: &Path) -> io::Result<()> {
    use std::os::windows::fs::OpenOptionsExt;
    /// `DELETE` ([MS-SMB2] 2.2.13.1.1): the right that who replaces a file needs.
    const DELETE: u32 = 0x0001_0000;
    /// `FILE_FLAG_OPEN_REPARSE_POINT`: a link itself, not what it leads to.
    const LINK_ITSELF: u32 = 0x0020_0000;
    let opened =
        retrying(Access::Read, || fs::OpenOptions::new().access_mode(DELETE).custom_flags(LINK_ITSELF).open(target));
    match opened {
        Err(error) if is_sharing_violation(&error) => Err(error),
        // Whatever else is in the way, replacing it tells.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Nobody keeps others from replacing a file here.
#[cfg(not(windows))]
#[allow(clippy::unnecessary_wraps, reason = "nothing is refused here, but elsewhere")]
pub fn check(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Does what the attribute of a file refuses where the system does not look past it by itself: before Windows 10, and on file
/// systems other than its own.
#[cfg(windows)]
#[allow(clippy::permissions_set_readonly_false, reason = "it is the attribute of Windows, and no mode")]
fn despite_read_only(path: &Path, work: impl Fn() -> io::Result<()>) -> io::Result<()> {
    let Err(error) = work() else { return Ok(()) };
    let there = fs::symlink_metadata(path).ok().filter(|there| there.is_file() && there.permissions().readonly());
    let Some(there) = there else { return Err(error) };
    let mut writable = there.permissions();
    writable.set_readonly(false);
    fs::set_permissions(path, writable)?;
    work().inspect_err(|_| {
        let _ = fs::set_permissions(path, there.permissions());
    })
}

#[cfg(not(windows))]
fn despite_read_only(_: &Path, work: impl Fn() -> io::Result<()>) -> io::Result<()> {
    work()
}
