//! Files that another program has open. Windows refuses to open, to replace or to remove a file for as long as one that shares
//! it with nobody has it open: a server, an IDE, a scanner for viruses. Most of them are done within moments, so they are waited
//! for, a short while, and after that the error says who is in the way. On other systems nobody is, and everything is tried once.
//!
//! A file that is read only is replaced and removed as on Unix, where the rights of its folder decide.
//!
//! Must not: wait for what no waiting changes.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How long one look is apart from the next.
const PAUSE: Duration = Duration::from_millis(50);
/// Looks at a file after the first one: two seconds.
pub const LOOKS: u32 = 40;
/// Looks of this process at all files after their first: a folder of which every file is held is not waited for file by file.
const ALL_LOOKS: u32 = 5 * LOOKS;

/// `ERROR_ACCESS_DENIED`, `ERROR_SHARING_VIOLATION` and `ERROR_LOCK_VIOLATION` ([MS-ERREF] 2.2).
const ACCESS_DENIED: i32 = 5;
const SHARING_VIOLATION: i32 = 32;
const LOCK_VIOLATION: i32 = 33;

/// What is done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// It is opened or read.
    Read,
    /// Another one takes its place, or it goes. What others have open refuses that as if rights were missing.
    Replace,
}

/// Why a file was not to be had.
#[derive(Debug, thiserror::Error)]
enum Held {
    #[error("another program has it open ({0}); close it there, or wait until that program is done, and run again")]
    Open(io::Error),
    #[error(
        "{0}; either another program has it open, which has to close it, or this account may not write there; after that run again"
    )]
    OpenOrForbidden(io::Error),
}

/// Whether an error says that another program has the file open, after this process has waited for it.
pub fn is_held(error: &io::Error) -> bool {
    error.get_ref().and_then(|inner| inner.downcast_ref()).is_some_and(|held| match held {
        Held::Open(_) => true,
        Held::OpenOrForbidden(_) => false,
    })
}

/// Does `work`, again and again while another program keeps it from that.
pub fn patiently<T>(deed: Deed, mut work: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    static LEFT: AtomicU32 = AtomicU32::new(ALL_LOOKS);
    if !cfg!(windows) {
        return work();
    }
    looking_again(deed, work, || {
        let is_left = LEFT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
        if is_left {
            std::thread::sleep(PAUSE);
        }
        is_left
    })
}

/// The rule of [`patiently`], by the numbers that Windows gives errors; `pause` says whether there is to be another look.
pub fn looking_again<T>(
    deed: Deed,
    mut work: impl FnMut() -> io::Result<T>,
    mut pause: impl FnMut() -> bool,
) -> io::Result<T> {
    let mut looks = 0;
    loop {
        let error = match work() {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let held = match (error.raw_os_error(), deed) {
            (Some(SHARING_VIOLATION | LOCK_VIOLATION), Deed::Read | Deed::Replace) => Held::Open,
            (Some(ACCESS_DENIED), Deed::Replace) => Held::OpenOrForbidden,
            (Some(_) | None, Deed::Read | Deed::Replace) => return Err(error),
        };
        if looks == LOOKS || !pause() {
            return Err(io::Error::new(error.kind(), held(error)));
        }
        looks += 1;
    }
}

/// Puts a file in the place of another one.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    patiently(Deed::Replace, || despite_read_only(to, || fs::rename(from, to)))
}

/// Removes a file.
pub fn remove(path: &Path) -> io::Result<()> {
    patiently(Deed::Replace, || despite_read_only(path, || fs::remove_file(path)))
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
        patiently(Deed::Read, || fs::OpenOptions::new().access_mode(DELETE).custom_flags(LINK_ITSELF).open(target));
    match opened {
        Err(error) if is_held(&error) => Err(error),
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
