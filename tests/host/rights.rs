//! Owner and rights of a file that takes another one's place, and of what is trusted.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, lchown, symlink};
use std::path::Path;

use inject::host::file::Stamp;
use inject::host::private;
use inject::host::replacement::Replacement;
use inject::host::rights::check_links;
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
    let like = fs::metadata(path).unwrap();
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
