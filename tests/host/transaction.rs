//! Several files replaced together: at every point where a run may end, the next one makes it all or nothing.

use std::fs;
use std::path::Path;

use inject::host::transaction::{JOURNAL, Transaction, TransactionError, is_ours, repair};

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    for name in ["a", "b", "sub/c"] {
        fs::write(folder.path().join(name), "old").unwrap();
    }
    folder
}

fn filled(root: &Path) -> Transaction {
    let mut transaction = Transaction::start(root).unwrap();
    for name in ["a", "b", "sub/c", "sub/made"] {
        transaction.put(name, b"new").unwrap();
    }
    transaction
}

/// What is there: names, and the contents in their order.
fn state(root: &Path) -> (Vec<String>, Vec<String>) {
    let files = crate::cli::files_below(root);
    let name = |path: &Path| path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
    (
        files.keys().map(|path| name(path)).collect(),
        files.into_values().map(|c| String::from_utf8(c).unwrap()).collect(),
    )
}

const OLD: [&str; 3] = ["a", "b", "sub/c"];
const ALL: [&str; 4] = ["a", "b", "sub/c", "sub/made"];

#[test]
fn all_files_are_replaced() {
    let folder = folder();
    filled(folder.path()).prepare().unwrap().unwrap().commit().unwrap();
    let (names, contents) = state(folder.path());
    assert_eq!(names, ALL);
    assert_eq!(contents, ["new"; 4]);
    assert!(Transaction::start(folder.path()).unwrap().prepare().unwrap().is_none());
}

#[test]
fn what_is_not_committed_leaves_nothing() {
    let folder = folder();
    drop(filled(folder.path()));
    assert_eq!(state(folder.path()), (OLD.map(str::to_owned).to_vec(), vec!["old".to_owned(); 3]));
}

#[test]
fn a_run_that_ends_anywhere_behind_the_journal_is_finished() {
    for renamed in 0..=4 {
        let folder = folder();
        let root = folder.path();
        let transaction = filled(root);
        let new: Vec<_> = transaction.new_files().map(|(name, path)| (root.join(name), path.to_owned())).collect();
        transaction.prepare().unwrap().unwrap().abandon();
        for (target, path) in &new[..renamed] {
            fs::rename(path, target).unwrap();
        }
        let strays: Vec<String> = state(root).0.into_iter().filter(|name| is_ours(name)).collect();
        assert_eq!(strays.len(), 4 - renamed + 1);
        // Repairing takes nothing away that the journal names.
        repair(root, &strays).unwrap();
        let (names, contents) = state(root);
        assert_eq!(names, ALL, "{renamed}");
        assert_eq!(contents, ["new"; 4], "{renamed}");
    }
}

#[test]
fn strays_go_and_other_names_stay() {
    let folder = folder();
    let root = folder.path();
    fs::write(root.join("sub/.c.inject-tree-0123456789abcdef"), "new").unwrap();
    fs::write(root.join(".a.inject-tree-short"), "kept").unwrap();
    assert!(!is_ours(".a.inject-tree-short") && !is_ours("a"));
    let strays = ["sub/.c.inject-tree-0123456789abcdef".to_owned(), ".a.inject-tree-short".to_owned(), "a".to_owned()];
    repair(root, &strays).unwrap();
    assert_eq!(state(root).0, [".a.inject-tree-short", "a", "b", "sub/c"]);
}

#[test]
fn a_journal_leads_nowhere_else() {
    let new = ".x.inject-tree-0123456789abcdef";
    for (from, to) in [
        (format!("../{new}"), "../x".to_owned()),
        (format!("/tmp/{new}"), "/tmp/x".to_owned()),
        (new.to_owned(), "sub/c".to_owned()),
        ("a".to_owned(), "b".to_owned()),
        (new.to_owned(), JOURNAL.to_owned()),
        (new.to_owned(), "sub/../../x".to_owned()),
    ] {
        let folder = folder();
        let text = serde_json::json!({ "inject_journal": 1, "files": [[from, to]] }).to_string();
        fs::write(folder.path().join(JOURNAL), text).unwrap();
        let before = state(folder.path());
        assert!(matches!(Transaction::start(folder.path()), Err(TransactionError::Journal { .. })), "{from} {to}");
        assert_eq!(state(folder.path()), before);
    }
    for text in ["", "{}", r#"{"inject_journal":2,"files":[]}"#] {
        let folder = folder();
        fs::write(folder.path().join(JOURNAL), text).unwrap();
        assert!(matches!(Transaction::start(folder.path()), Err(TransactionError::Journal { .. })), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn links_are_not_written_through() {
    let folder = folder();
    let root = folder.path();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("x"), "old").unwrap();
    std::os::unix::fs::symlink(outside.path(), root.join("out")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("x"), root.join("link")).unwrap();
    let mut transaction = Transaction::start(root).unwrap();
    for name in ["out/x", "link", "../x", "sub", ""] {
        assert!(transaction.put(name, b"new").is_err(), "{name}");
    }
    drop(transaction);
    assert_eq!(fs::read(outside.path().join("x")).unwrap(), b"old");
}
