//! Windows alone: files that somebody has open, that are read only, whose names mean something else, and long paths.

use std::fs::{self, File, OpenOptions};
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use inject::host::file::{self, Stamp};
use inject::host::replacement::Replacement;
use inject::host::sharing::{self, Access};
use inject::host::transaction::{JOURNAL, Prepared, Transaction};
use inject::host::{file::resolved, transaction};

/// What another program lets others do meanwhile.
const NOTHING: u32 = 0;
/// `FILE_SHARE_READ` and `FILE_SHARE_WRITE`, and not to remove or replace it.
const READ_AND_WRITE: u32 = 3;

fn hold(path: &Path, share: u32) -> File {
    OpenOptions::new().read(true).share_mode(share).open(path).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn stamp(path: &Path) -> Option<Stamp> {
    Stamp::at(path).unwrap()
}

fn folder_with(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in files {
        fs::write(folder.path().join(name), "old").unwrap();
    }
    folder
}

/// New contents for both files of a folder, in its journal.
fn prepared(root: &Path) -> Prepared {
    let mut transaction = Transaction::start(root).unwrap();
    for name in ["a.json", "b.json"] {
        transaction.put(name, stamp(&root.join(name)), b"new").unwrap();
    }
    transaction.prepare().unwrap().unwrap()
}

#[test]
fn what_another_program_has_open_is_named_before_anything_is_written() {
    let folder = folder_with(&["a.json", "b.json"]);
    let target = folder.path().join("a.json");
    for share in [NOTHING, READ_AND_WRITE] {
        let holder = hold(&target, share);
        let error = Replacement::probe(&target).unwrap_err();
        assert!(sharing::is_sharing_violation(&error.source), "{error}");
        let text = error.to_string();
        assert!(text.contains("a.json") && text.contains("another program has it open"), "{text}");
        // Its digest cannot be read either, where it is shared with nobody.
        let mut transaction = Transaction::start(folder.path()).unwrap();
        transaction.put("b.json", stamp(&folder.path().join("b.json")), b"new").unwrap();
        let error = transaction.put("a.json", stamp(&target), b"new").unwrap_err().to_string();
        assert!(error.contains("a.json") && error.contains("another program has it open"), "{error}");
        drop(transaction);
        drop(holder);
        assert_eq!(names(folder.path()), ["a.json", "b.json"]);
        assert_eq!(fs::read(&target).unwrap(), b"old");
    }
    let holder = hold(&target, NOTHING);
    let error = file::read(&target, 100).unwrap_err();
    assert!(sharing::is_sharing_violation(&error.source), "{error}");
    drop(holder);
    assert_eq!(*file::read(&target, 100).unwrap(), b"old");
}

#[test]
fn what_becomes_held_before_the_commit_changes_nothing() {
    let folder = folder_with(&["a.json", "b.json"]);
    let root = folder.path();
    let prepared = prepared(root);
    let holder = hold(&root.join("b.json"), READ_AND_WRITE);
    let error = prepared.commit().unwrap_err().to_string();
    assert!(error.contains("b.json") && error.contains("another program has it open"), "{error}");
    drop(holder);
    assert_eq!(names(root), ["a.json", "b.json"]);
    assert_eq!(
        (fs::read(root.join("a.json")).unwrap(), fs::read(root.join("b.json")).unwrap()),
        (b"old".into(), b"old".into())
    );
}

#[test]
fn a_journal_survives_what_is_held_and_is_finished_after_that() {
    let folder = folder_with(&["a.json", "b.json"]);
    let root = folder.path();
    prepared(root).abandon();
    let ours = || names(root).into_iter().filter(|name| transaction::is_ours(name)).collect::<Vec<_>>();
    let holder = hold(&root.join("b.json"), READ_AND_WRITE);
    let error = transaction::repair(root, &ours()).unwrap_err().to_string();
    assert!(error.contains("b.json"), "{error}");
    assert!(root.join(JOURNAL).is_file());
    drop(holder);
    transaction::repair(root, &ours()).unwrap();
    assert_eq!(names(root), ["a.json", "b.json"]);
    assert_eq!(fs::read(root.join("a.json")).unwrap(), b"new");
    assert_eq!(fs::read(root.join("b.json")).unwrap(), b"new");
}

#[test]
fn a_file_takes_its_place_as_soon_as_who_holds_it_lets_go() {
    let folder = folder_with(&["a.json", "new"]);
    let (from, to) = (folder.path().join("new"), folder.path().join("a.json"));
    fs::write(&from, "new").unwrap();
    let mut holder = Some(hold(&to, READ_AND_WRITE));
    let mut looks = 0;
    sharing::retry(
        Access::Replace,
        || fs::rename(&from, &to),
        || {
            looks += 1;
            if looks == 3 {
                holder.take();
            }
            true
        },
    )
    .unwrap();
    assert_eq!((looks, names(folder.path())), (3, vec!["a.json".to_owned()]));
    assert_eq!(fs::read(&to).unwrap(), b"new");
}

#[test]
fn what_is_read_only_is_replaced_and_stays_read_only() {
    let folder = folder_with(&["a.json", "b.json"]);
    let path = |name: &str| folder.path().join(name);
    let read_only = |path: &Path| fs::metadata(path).unwrap().permissions().readonly();
    for name in ["a.json", "b.json"] {
        let mut permissions = fs::metadata(path(name)).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(path(name), permissions).unwrap();
    }
    let mut new = Replacement::start(&path("a.json")).unwrap();
    new.write_all(b"new").unwrap();
    new.commit_as_before().unwrap();
    let mut transaction = Transaction::start(folder.path()).unwrap();
    transaction.put("b.json", stamp(&path("b.json")), b"new").unwrap();
    transaction.prepare().unwrap().unwrap().commit().unwrap();
    for name in ["a.json", "b.json"] {
        assert_eq!((fs::read(path(name)).unwrap(), read_only(&path(name))), (b"new".into(), true), "{name}");
    }
    // What is given up leaves nothing, read only or not.
    let mut transaction = Transaction::start(folder.path()).unwrap();
    transaction.put("b.json", stamp(&path("b.json")), b"newer").unwrap();
    drop(transaction);
    assert_eq!(names(folder.path()), ["a.json", "b.json"]);
    sharing::remove(&path("a.json")).unwrap();
    assert_eq!(names(folder.path()), ["b.json"]);
    sharing::remove(&path("b.json")).unwrap();
}

#[test]
fn names_that_mean_something_else_are_refused_or_taken_as_they_are() {
    let folder = folder_with(&["app.apk"]);
    for (name, says) in [("aux.apk", "a device"), ("app.apk.", "drops"), ("app.apk ", "drops"), ("app.apk:x", "stream")]
    {
        let error = Replacement::start(&folder.path().join(name)).unwrap_err().to_string();
        assert!(error.contains("is not a file name on Windows") && error.contains(says), "{name}: {error}");
    }
    assert_eq!(names(folder.path()), ["app.apk"]);
    assert_eq!(fs::read(folder.path().join("app.apk")).unwrap(), b"old");
    // A folder is worked on by its full path, which takes every name as it is.
    let root = fs::canonicalize(folder.path()).unwrap();
    let name = "aux.json";
    fs::write(root.join(name), "old").unwrap();
    assert_eq!(resolved(&root.join(name)).unwrap(), root.join(name));
    let mut transaction = Transaction::start(folder.path()).unwrap();
    transaction.put(name, stamp(&root.join(name)), b"new").unwrap();
    transaction.prepare().unwrap().unwrap().commit().unwrap();
    assert_eq!(fs::read(root.join(name)).unwrap(), b"new");
    assert_eq!(names(&root), ["app.apk", name]);
}

#[test]
fn a_new_file_is_not_taken_for_another_one() {
    let folder = folder_with(&["app.json"]);
    let mut transaction = Transaction::start(folder.path()).unwrap();
    let error = transaction.put("APP.json", None, b"new").unwrap_err().to_string();
    assert!(error.contains("\"app.json\" exists") && error.contains("differ only in case"), "{error}");
    transaction.put("new.json", None, b"1").unwrap();
    let error = transaction.put("New.json", None, b"2").unwrap_err().to_string();
    assert!(error.contains("\"new.json\" exists"), "{error}");
}

#[test]
fn paths_longer_than_others_take_are_written_and_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let target = deep(folder.path()).join("app.json");
    for content in ["first", "second"] {
        let mut new = Replacement::start(&target).unwrap();
        new.write_all(content.as_bytes()).unwrap();
        new.commit_as_before().unwrap();
        assert_eq!(*file::read(&target, 100).unwrap(), content.as_bytes());
    }
    assert_eq!(names(target.parent().unwrap()), ["app.json"]);
}

#[test]
fn a_folder_with_a_path_longer_than_others_take_is_worked_on() {
    let folder = tempfile::tempdir().unwrap();
    let deep = deep(folder.path());
    let target = deep.join("app.json");
    fs::write(&target, "old").unwrap();
    let mut transaction = Transaction::start(&deep).unwrap();
    transaction.put("app.json", stamp(&target), b"new").unwrap();
    transaction.prepare().unwrap().unwrap().commit().unwrap();
    assert_eq!(*file::read(&target, 100).unwrap(), b"new");
    assert_eq!(names(&deep), ["app.json"]);
}

/// A folder below this one whose path has more than `MAX_PATH` (260) characters.
fn deep(folder: &Path) -> PathBuf {
    let mut deep = folder.to_owned();
    while deep.as_os_str().len() < 300 {
        deep.push("a-folder-with-a-long-name");
    }
    fs::create_dir_all(&deep).unwrap();
    deep
}
