//! Owner and rights of a file that takes another one's place, and of what is trusted.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, lchown, symlink};
use std::path::Path;

use inject::host::file::Stamp;
use inject::host::private;
use inject::host::replacement::Replacement;
use inject::host::rights::{Like, check_links};
use inject::host::transaction::Transaction;

/// Accounts that are nobody's; no entry is needed for them.
const OTHER: u32 = 54_321;

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Says that a part was left out.
fn skipped(what: &str) {
    let _ = writeln!(std::io::stderr(), "skipped, because it needs root: {what}");
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn replace(path: &Path) {
    let like = Like::at(path).unwrap();
    let mut new = Replacement::start(path).unwrap();
    new.write_all(b"new").unwrap();
    new.commit(Some(&like)).unwrap();
}

fn replace_in_folder(path: &Path) {
    let (root, name) = (path.parent().unwrap(), path.file_name().unwrap().to_str().unwrap());
    let mut run = Transaction::start(root).unwrap();
    run.put(name, Stamp::at(path).unwrap(), b"new").unwrap();
    run.prepare().unwrap().unwrap().commit().unwrap();
}

#[test]
fn bits_that_give_another_account_are_not_carried() {
    for (replace, before) in [(replace as fn(&Path), 0o4755), (replace, 0o2755), (replace_in_folder, 0o6750)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(before)).unwrap();
        replace(&path);
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(mode(&path), before & 0o777, "{before:o}");
    }
}

#[test]
fn the_owner_stays() {
    if !is_root() {
        return skipped("an owner that stays");
    }
    for replace in [replace as fn(&Path), replace_in_folder] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app");
        fs::write(&path, "old").unwrap();
        chown(&path, Some(OTHER), Some(OTHER + 1)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o4640)).unwrap();
        replace(&path);
        let there = fs::metadata(&path).unwrap();
        assert_eq!((there.uid(), there.gid(), mode(&path)), (OTHER, OTHER + 1, 0o640));
    }
}

#[cfg(target_os = "linux")]
mod attributes {
    use rustix::fs::{XattrFlags, getxattr, setxattr};

    use super::*;

    const ACCESS: &str = "system.posix_acl_access";

    fn value(path: &Path, name: &str) -> Option<Vec<u8>> {
        let mut buffer = vec![0; 4096];
        let len = getxattr(path, name, &mut buffer[..]).ok()?;
        buffer.truncate(len);
        Some(buffer)
    }

    /// Whether the file system of the tests has such attributes.
    fn set(path: &Path, name: &str, value: &[u8]) -> bool {
        let done = setxattr(path, name, value, XattrFlags::empty()).is_ok();
        if !done {
            let _ = writeln!(std::io::stderr(), "skipped, because it cannot be set here: {name}");
        }
        done
    }

    /// An access list (`posix_acl_xattr.h` of Linux): version 2, then tag, rights and account of each entry.
    fn list(entries: &[(u16, u16, u32)]) -> Vec<u8> {
        let entry = |&(tag, rights, id): &(u16, u16, u32)| {
            [tag.to_le_bytes().to_vec(), rights.to_le_bytes().to_vec(), id.to_le_bytes().to_vec()].concat()
        };
        [2_u32.to_le_bytes().to_vec(), entries.iter().flat_map(entry).collect()].concat()
    }

    /// The owner reads and writes, another account does too, the group reads, others have nothing.
    fn open_to_another() -> Vec<u8> {
        const NONE: u32 = u32::MAX;
        list(&[(1, 6, NONE), (2, 6, OTHER), (4, 4, NONE), (0x10, 6, NONE), (0x20, 0, NONE)])
    }

    #[test]
    fn what_people_and_systems_noted_stays() {
        for replace in [replace as fn(&Path), replace_in_folder] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("app");
            fs::write(&path, "old").unwrap();
            if !set(&path, "user.note", b"ours") {
                return;
            }
            let long = vec![7; 3000];
            let is_long = set(&path, "user.long", &long);
            // Of the content, and more than a caller has: neither is of the new file.
            let capability = set(&path, "security.capability", b"\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
            replace(&path);
            assert_eq!(fs::read(&path).unwrap(), b"new");
            assert_eq!(value(&path, "user.note").as_deref(), Some(&b"ours"[..]));
            assert!(!is_long || value(&path, "user.long") == Some(long));
            assert!(!capability || value(&path, "security.capability").is_none());
        }
    }

    #[test]
    fn an_access_list_stays_and_a_folder_gives_none() {
        for replace in [replace as fn(&Path), replace_in_folder] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("app");
            fs::write(&path, "old").unwrap();
            if !set(&path, ACCESS, &open_to_another()) {
                return;
            }
            let before = mode(&path);
            replace(&path);
            assert_eq!((value(&path, ACCESS), mode(&path)), (Some(open_to_another()), before));
            // Files that are made in this folder are open to another account; the one that is replaced was not.
            let plain = folder.path().join("plain");
            fs::write(&plain, "old").unwrap();
            fs::set_permissions(&plain, fs::Permissions::from_mode(0o664)).unwrap();
            assert!(set(folder.path(), "system.posix_acl_default", &open_to_another()));
            replace(&plain);
            assert_eq!((value(&plain, ACCESS), mode(&plain)), (None, 0o664));
        }
    }

    #[test]
    fn what_lies_beside_is_open_to_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (path, beside) = (folder.path().join("app"), folder.path().join("app.idsig"));
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let noted = set(&path, "user.note", b"ours");
        let mut new = Replacement::start(&beside).unwrap();
        new.write_all(b"new").unwrap();
        new.commit(Some(&Like::at(&path).unwrap().beside())).unwrap();
        assert_eq!(mode(&beside), 0o640);
        assert!(!noted || value(&beside, "user.note").is_none());
        // A receipt that is written again stays what it was.
        let mut again = Replacement::start(&beside).unwrap();
        again.write_all(b"again").unwrap();
        again.commit_as_before().unwrap();
        assert_eq!((fs::read(&beside).unwrap(), mode(&beside)), (b"again".to_vec(), 0o640));
    }
}

#[test]
fn a_home_of_others_is_not_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    private::folder(&home).unwrap();
    private::check_own(&home).unwrap();
    for open in [0o770, 0o777, 0o1777, 0o702] {
        fs::set_permissions(&home, fs::Permissions::from_mode(open)).unwrap();
        for refused in [private::check_own(&home), private::folder(&home)] {
            let said = refused.unwrap_err().to_string();
            assert!(said.contains("others may write there") && said.contains("chmod go-w"), "{said}");
        }
    }
    // Whoever may look in cannot put anything there.
    fs::set_permissions(&home, fs::Permissions::from_mode(0o755)).unwrap();
    private::check_own(&home).unwrap();
    if !is_root() {
        return skipped("a home of another account");
    }
    chown(&home, Some(OTHER), None).unwrap();
    let said = private::folder(&home).unwrap_err().to_string();
    assert!(said.contains(&format!("another account (uid {OTHER})")) && said.contains("INJECT_HOME="), "{said}");
}

#[test]
fn a_link_that_somebody_put_into_a_shared_folder_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let shared = folder.path().join("shared");
    fs::create_dir(&shared).unwrap();
    fs::create_dir(folder.path().join("real")).unwrap();
    let real = folder.path().join("real/app.apk");
    fs::write(&real, "old").unwrap();
    let (link, through) = (shared.join("out.apk"), shared.join("folder/app.apk"));
    symlink("../real/app.apk", &link).unwrap();
    symlink(folder.path().join("real"), shared.join("folder")).unwrap();
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o1777)).unwrap();
    // One's own is.
    for path in [&link, &through] {
        check_links(path).unwrap();
    }
    for path in [shared.join("new.apk"), folder.path().join("no/such/app.apk"), shared.join("../real/app.apk")] {
        check_links(&path).unwrap();
    }
    symlink("loop", shared.join("loop")).unwrap();
    assert!(check_links(&shared.join("loop")).unwrap_err().to_string().contains("too many"));
    if !is_root() {
        return skipped("a link of another account");
    }
    for own in [&link, &shared.join("folder")] {
        lchown(own, Some(OTHER), Some(OTHER)).unwrap();
    }
    for path in [&link, &through] {
        let said = Replacement::start(path).unwrap_err().to_string();
        assert!(said.contains(&format!("a symbolic link of another account (uid {OTHER})")), "{said}");
    }
    // Where it is not for everybody, or not sticky, or of the folder's owner, the system follows it too.
    chown(&shared, Some(OTHER), None).unwrap();
    check_links(&link).unwrap();
    chown(&shared, Some(0), None).unwrap();
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o755)).unwrap();
    check_links(&through).unwrap();
    assert_eq!(fs::read(&real).unwrap(), b"old");
}
