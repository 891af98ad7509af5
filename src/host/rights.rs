//! Rights of a file that takes another one's place: those of the old one, and never more.
//!
//! Must not: know what the file is.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;

/// Bits that say who may read, write and run. Those beyond (set-user-id, set-group-id, sticky) are of the old file's owner
/// and content: on a new file they would give somebody another account.
#[cfg(unix)]
const RIGHTS: u32 = 0o777;

/// Gives `file` owner and rights of `like`. Where the owner or the group cannot be kept, rights go that somebody would have
/// now and did not have before.
#[cfg(unix)]
pub fn carry(file: &File, like: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
    let is_like = |file: &File| -> io::Result<(bool, bool)> {
        let now = file.metadata()?;
        Ok((now.uid() == like.uid(), now.gid() == like.gid()))
    };
    if is_like(file)? != (true, true) && fchown(file, Some(like.uid()), Some(like.gid())).is_err() {
        // Who may not give files away may still belong to the group.
        let _ = fchown(file, None, Some(like.gid()));
    }
    let (owner, group) = is_like(file)?;
    let mode = narrowed(like.mode() & RIGHTS, owner, group);
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

/// Gives `file` owner and rights of `source`, as a copy of that has them: without what the user's mask (umask) keeps from new files.
#[cfg(unix)]
pub fn copy(file: &File, source: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    carry(file, source)?;
    let mode = file.metadata()?.permissions().mode() & RIGHTS & !mask();
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

/// What new files of this process do not get.
#[cfg(unix)]
fn mask() -> u32 {
    use rustix::fs::Mode;
    use rustix::process::umask;
    static MASK: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    *MASK.get_or_init(|| {
        // To ask is to set: meanwhile a new file is its owner's alone.
        let mask = umask(Mode::RWXG | Mode::RWXO);
        umask(mask);
        u32::try_from(i64::from(mask.as_raw_mode())).unwrap_or(0o077)
    })
}

/// Gives `file` the permissions of `source`.
#[cfg(not(unix))]
pub fn copy(file: &File, source: &Metadata) -> io::Result<()> {
    carry(file, source)
}

/// Rights when the owner or the group is another one now: everybody may be of the new group or no longer of the old one, so
/// both have what both had; and nobody has what the old owner had not.
#[cfg(unix)]
fn narrowed(mode: u32, owner_kept: bool, group_kept: bool) -> u32 {
    let (owner, mut group, mut others) = (mode >> 6 & 7, mode >> 3 & 7, mode & 7);
    if !group_kept {
        (group, others) = (group & others, group & others);
    }
    if !owner_kept {
        (group, others) = (group & owner, others & owner);
    }
    owner << 6 | group << 3 | others
}

/// Gives `file` the permissions of `like`.
#[cfg(not(unix))]
pub fn carry(file: &File, like: &Metadata) -> io::Result<()> {
    file.set_permissions(like.permissions())
}

/// Refuses a path that leads through a symbolic link of somebody else in a folder that everybody may write to (`/tmp`): who
/// put it there chooses what is replaced. It is the rule of Linux' `fs.protected_symlinks`, which asking where a path leads
/// goes around.
#[cfg(unix)]
pub fn check_links(path: &Path) -> io::Result<()> {
    use std::collections::VecDeque;
    use std::ffi::OsString;
    use std::os::unix::fs::MetadataExt;
    use std::path::{Component, PathBuf};
    /// Links followed, as systems do it.
    const HOPS: usize = 40;
    /// Sticky, and everybody may write.
    const SHARED: u32 = 0o1002;
    enum Step {
        Root,
        Up,
        Into(OsString),
    }
    let steps = |path: &Path| -> Vec<Step> {
        let step = |part: Component<'_>| match part {
            Component::RootDir => Some(Step::Root),
            Component::ParentDir => Some(Step::Up),
            Component::Normal(name) => Some(Step::Into(name.to_owned())),
            Component::CurDir | Component::Prefix(_) => None,
        };
        path.components().filter_map(step).collect()
    };
    let (mut here, mut left, mut hops) = (PathBuf::from("."), VecDeque::from(steps(path)), 0);
    while let Some(step) = left.pop_front() {
        let name = match step {
            Step::Root => {
                here = PathBuf::from("/");
                continue;
            }
            Step::Up => {
                // Links are resolved by now, so what lies above is what the name says.
                here.push("..");
                continue;
            }
            Step::Into(name) => name,
        };
        let next = here.join(name);
        // What is not there is no link.
        let Ok(there) = std::fs::symlink_metadata(&next) else { return Ok(()) };
        if !there.is_symlink() {
            here = next;
            continue;
        }
        let folder = std::fs::metadata(&here)?;
        let ours = rustix::process::geteuid().as_raw();
        if folder.mode() & SHARED == SHARED && there.uid() != ours && there.uid() != folder.uid() {
            let problem = format!(
                "{} is a symbolic link of another account (uid {}) in a folder that everybody may write to; name the \
                 file that it leads to",
                next.display(),
                there.uid()
            );
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, problem));
        }
        hops += 1;
        if hops > HOPS {
            return Err(io::Error::other("too many symbolic links"));
        }
        for step in steps(&std::fs::read_link(&next)?).into_iter().rev() {
            left.push_front(step);
        }
    }
    Ok(())
}

/// Links that anybody can make are not known here.
#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "nothing is refused here, but elsewhere")]
pub fn check_links(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::narrowed;

    #[test]
    fn nobody_has_more_than_before() {
        assert_eq!(narrowed(0o755, true, true), 0o755);
        assert_eq!(narrowed(0o750, true, false), 0o700, "the new group had nothing");
        assert_eq!(narrowed(0o664, true, false), 0o644, "the new group had what others had");
        assert_eq!(narrowed(0o604, true, false), 0o600, "who was of the old group had nothing");
        assert_eq!(narrowed(0o644, false, true), 0o644);
        assert_eq!(narrowed(0o077, false, true), 0, "the old owner had nothing");
    }
}
