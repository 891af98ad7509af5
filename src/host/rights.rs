//! Owner, rights and attributes of a file that takes another one's place: those of the old one, and never more.
//!
//! Must not: know what the file is.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;

use attributes::Attributes;

/// Bits that say who may read, write and run. Those beyond (set-user-id, set-group-id, sticky) are of the old file's owner
/// and content: on a new file they would give somebody another account.
#[cfg(unix)]
const RIGHTS: u32 = 0o777;
/// Those of the owner.
#[cfg(unix)]
const OWNERS: u32 = 0o700;

/// What a file that takes another one's place has of that one, besides the content: what `cp --preserve` keeps, but for times and for
/// what speaks of the content or gives its program more than its caller has.
#[derive(Debug, Clone)]
pub struct Like {
    metadata: Metadata,
    /// Attributes beside the content.
    attributes: Attributes,
}

impl Like {
    /// What lies there, links not followed.
    pub fn at(path: &Path) -> io::Result<Self> {
        Ok(Self { metadata: std::fs::symlink_metadata(path)?, attributes: Attributes::at(path)? })
    }

    /// Of an open file.
    pub(super) fn of(file: &File) -> io::Result<Self> {
        Ok(Self { metadata: file.metadata()?, attributes: Attributes::of(file)? })
    }

    /// For a file that lies beside one: who may read it, and nothing that was said of that one alone.
    #[must_use]
    pub fn beside(mut self) -> Self {
        self.attributes.forget();
        self
    }
}

/// Gives `file` owner, rights and attributes of `like`. Where the owner or the group cannot be kept, rights go that somebody would
/// have now and did not have before.
#[cfg(unix)]
pub fn carry(file: &File, like: &Like) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
    let Like { metadata: like, attributes } = like;
    let is_like = |file: &File| -> io::Result<(bool, bool)> {
        let now = file.metadata()?;
        Ok((now.uid() == like.uid(), now.gid() == like.gid()))
    };
    if is_like(file)? != (true, true) && fchown(file, Some(like.uid()), Some(like.gid())).is_err() {
        // Who may not give files away may still belong to the group.
        let _ = fchown(file, None, Some(like.gid()));
    }
    let (owner, group) = is_like(file)?;
    let mode = like.mode() & RIGHTS;
    let set = |mode: u32| file.set_permissions(std::fs::Permissions::from_mode(mode));
    // A folder may give its files an access list: none is there from now on but the old file's.
    Attributes::clear_access(file);
    set(if attributes.has_access() { mode & OWNERS } else { narrowed(mode, owner, group) })?;
    if owner && group {
        attributes.give_access(file);
    }
    attributes.give(file);
    Ok(())
}

/// Extended attributes, where the system has them and they can be had safely.
#[cfg(any(target_os = "linux", target_os = "macos"))]
mod attributes {
    use std::ffi::CString;
    use std::fs::File;
    use std::io;
    use std::path::Path;

    use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fremovexattr, fsetxattr, lgetxattr, llistxattr};
    use rustix::io::Errno;

    /// Access lists (POSIX.1e, `acl(5)`), and those of NFS 4.
    const ACCESS: [&[u8]; 2] = [b"system.posix_acl_access", b"system.nfs4_acl"];
    /// What else is carried: the labels of the system's rules, and what people and programs wrote there. Not `security.capability`,
    /// which gives a program more than its caller has, nor `security.ima` and `security.evm`, which speak of the content, nor what file
    /// systems note for themselves (`trusted.*`).
    #[cfg(target_os = "linux")]
    fn is_carried(name: &[u8]) -> bool {
        name.starts_with(b"user.") || matches!(name, b"security.selinux") || name.starts_with(b"security.SMACK64")
    }

    /// What else is carried; `com.apple.cs.*` signs the content.
    #[cfg(target_os = "macos")]
    fn is_carried(name: &[u8]) -> bool {
        !name.starts_with(b"com.apple.cs.")
    }

    /// Bytes that a list of names or a value may take (Linux: `XATTR_LIST_MAX`, `XATTR_SIZE_MAX`; resource forks may be larger).
    const MOST: usize = 16 * 1024 * 1024;

    #[derive(Debug, Clone, Default)]
    pub(super) struct Attributes {
        access: Vec<(CString, Vec<u8>)>,
        others: Vec<(CString, Vec<u8>)>,
    }

    impl Attributes {
        pub(super) fn at(path: &Path) -> io::Result<Self> {
            Self::read(|list| llistxattr(path, list), |name, value| lgetxattr(path, name, value))
        }

        pub(super) fn of(file: &File) -> io::Result<Self> {
            Self::read(|list| flistxattr(file, list), |name, value| fgetxattr(file, name, value))
        }

        fn read(
            list: impl Fn(&mut [u8]) -> Result<usize, Errno>,
            get: impl Fn(&CString, &mut [u8]) -> Result<usize, Errno>,
        ) -> io::Result<Self> {
            let mut all = Self::default();
            let names = match grown(list) {
                Err(Errno::NOTSUP | Errno::NOSYS) => return Ok(all),
                names => names?,
            };
            for name in names.split(|&byte| byte == 0).filter(|name| !name.is_empty()) {
                let is_access = ACCESS.contains(&name);
                if !is_access && !is_carried(name) {
                    continue;
                }
                let Ok(key) = CString::new(name) else { continue };
                match grown(|value| get(&key, value)) {
                    Ok(value) if is_access => all.access.push((key, value)),
                    Ok(value) => all.others.push((key, value)),
                    // What this account may not read it cannot carry; who may read it decides about rights all the same.
                    Err(_) if is_access => all.access.push((key, Vec::new())),
                    Err(_) => {}
                }
            }
            Ok(all)
        }

        pub(super) fn forget(&mut self) {
            self.others.clear();
        }

        pub(super) fn has_access(&self) -> bool {
            !self.access.is_empty()
        }

        pub(super) fn clear_access(file: &File) {
            for name in ACCESS {
                let _ = fremovexattr(file, name);
            }
        }

        /// Where a list cannot be had, the owner alone keeps rights: nobody gets what a list kept from them.
        pub(super) fn give_access(&self, file: &File) {
            for (name, value) in &self.access {
                let _ = fsetxattr(file, name, value, XattrFlags::empty());
            }
        }

        /// As `cp --preserve=all` does: another file system may have none of them.
        pub(super) fn give(&self, file: &File) {
            for (name, value) in &self.others {
                let _ = fsetxattr(file, name, value, XattrFlags::empty());
            }
        }
    }

    /// What a call fills a buffer with, which grows until it fits.
    fn grown(call: impl Fn(&mut [u8]) -> Result<usize, Errno>) -> Result<Vec<u8>, Errno> {
        let mut buffer = vec![0; 1024];
        loop {
            match call(&mut buffer) {
                Ok(len) => {
                    buffer.truncate(len);
                    return Ok(buffer);
                }
                Err(Errno::RANGE) if buffer.len() < MOST => buffer.resize(buffer.len() * 8, 0),
                Err(error) => return Err(error),
            }
        }
    }
}

/// None.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod attributes {
    use std::fs::File;
    use std::io;
    use std::path::Path;

    #[derive(Debug, Clone, Default)]
    pub(super) struct Attributes;

    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "as where there are attributes")]
    impl Attributes {
        pub(super) fn at(_: &Path) -> io::Result<Self> {
            Ok(Self)
        }

        pub(super) fn of(_: &File) -> io::Result<Self> {
            Ok(Self)
        }

        pub(super) fn forget(&mut self) {}

        #[cfg(unix)]
        pub(super) fn has_access(&self) -> bool {
            false
        }

        #[cfg(unix)]
        pub(super) fn clear_access(_: &File) {}

        #[cfg(unix)]
        pub(super) fn give_access(&self, _: &File) {}

        #[cfg(unix)]
        pub(super) fn give(&self, _: &File) {}
    }
}

/// Gives `file` owner and rights of `source`, as a copy of that has them: without what the user's mask (umask) keeps from new files.
#[cfg(unix)]
pub fn copy(file: &File, source: &Like) -> io::Result<()> {
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
pub fn copy(file: &File, source: &Like) -> io::Result<()> {
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
pub fn carry(file: &File, like: &Like) -> io::Result<()> {
    file.set_permissions(like.metadata.permissions())
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
