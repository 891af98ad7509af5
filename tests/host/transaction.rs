//! Several files replaced together: at every point where a run may end, the next one makes it all or nothing.

use std::fs;
use std::path::Path;

use inject::host::file::{Changed, Stamp};
use inject::host::transaction::{JOURNAL, Transaction, TransactionError, is_ours, pending, repair};
use sha2::Digest as _;

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_journal_is_refused_or_carried_out(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..60)) {
        crate::fuzz_bodies::records::journal(&bytes);
    }
}

/// Only one of two could be carried out, and the other one would be left half done.
#[test]
fn a_journal_that_names_a_file_twice_is_refused() {
    for (news, targets) in [([0, 0], ["a", "b"]), ([0, 1], ["a", "a"])] {
        let folder = folder();
        let root = folder.path();
        let new = |number: usize| format!(".a.inject-tree-000000000000000{number}");
        fs::write(root.join(new(0)), "new").unwrap();
        fs::write(root.join(new(1)), "new").unwrap();
        let digest =
            |text: &str| sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let entries = [0, 1].map(|at: usize| {
            let (new, target) = (new(news[at]), targets[at]);
            serde_json::json!({ "new": new, "target": target, "read": digest("old"), "written": digest("new") })
        });
        let journal = serde_json::json!({ "inject_journal": 2, "files": entries });
        fs::write(root.join(JOURNAL), journal.to_string()).unwrap();
        let before = state(root);
        let error = repair(root, &ours(root)).unwrap_err();
        assert!(error.to_string().contains("twice"), "{error}");
        assert_eq!(state(root), before);
    }
}

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
        transaction.put(name, stamp(root, name), b"new").unwrap();
    }
    transaction
}

fn stamp(root: &Path, name: &str) -> Option<Stamp> {
    Stamp::at(&root.join(name)).unwrap()
}

/// The files of this module in a folder.
fn ours(root: &Path) -> Vec<String> {
    state(root).0.into_iter().filter(|name| is_ours(name)).collect()
}

/// What is there: names, and the contents in their order.
fn state(root: &Path) -> (Vec<String>, Vec<String>) {
    let files = crate::cli::files_below(root);
    let name = |path: &Path| path.strip_prefix(root).unwrap().to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
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
fn a_file_goes_with_the_others_wherever_the_run_ends() {
    for ends in 0..=3 {
        let folder = folder();
        let root = folder.path();
        let mut transaction = Transaction::start(root).unwrap();
        transaction.put("a", stamp(root, "a"), b"new").unwrap();
        transaction.remove("sub/c", stamp(root, "sub/c").unwrap()).unwrap();
        let new: Vec<_> = transaction.new_files().map(|(name, path)| (root.join(name), path.to_owned())).collect();
        let prepared = transaction.prepare().unwrap().unwrap();
        assert!(fs::read_to_string(root.join(JOURNAL)).unwrap().starts_with("{\"inject_journal\":3,"));
        if ends == 0 {
            prepared.commit().unwrap();
        } else {
            prepared.abandon();
            if ends > 1 {
                fs::rename(&new[0].1, &new[0].0).unwrap();
            }
            if ends > 2 {
                fs::remove_file(root.join("sub/c")).unwrap();
            }
            let said = pending(root, &ours(root)).unwrap().unwrap();
            assert!(said.ends_with("finishes what it had begun: a, sub/c"), "{said}");
            assert_eq!(repair(root, &ours(root)).unwrap(), None);
        }
        let old_and_new = vec!["new".to_owned(), "old".to_owned()];
        assert_eq!(state(root), (vec!["a".to_owned(), "b".to_owned()], old_and_new), "{ends}");
    }
    // What somebody else wrote there since stays.
    let folder = folder();
    let root = folder.path();
    let read = stamp(root, "b").unwrap();
    let mut transaction = Transaction::start(root).unwrap();
    transaction.remove("b", read).unwrap();
    let prepared = transaction.prepare().unwrap().unwrap();
    fs::write(root.join("b"), "another build").unwrap();
    assert!(matches!(prepared.commit(), Err(TransactionError::Changed(_))));
    let mut transaction = Transaction::start(root).unwrap();
    assert!(matches!(transaction.remove("b", read), Err(TransactionError::Changed(_))));
    transaction.remove("a", stamp(root, "a").unwrap()).unwrap();
    transaction.prepare().unwrap().unwrap().abandon();
    fs::write(root.join("a"), "another build").unwrap();
    let said = repair(root, &ours(root)).unwrap().unwrap();
    assert!(said.contains("a changed since, and stays as it is now"), "{said}");
    assert_eq!(state(root).1, ["another build", "another build", "old"]);
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
        let strays = ours(root);
        assert_eq!(strays.len(), 4 - renamed + 1);
        // Who only reads is told, and nobody else begins before it is repaired.
        let before = state(root);
        let said = pending(root, &strays).unwrap().unwrap();
        assert!(said.ends_with("the next run that writes finishes what it had begun: a, b, sub/c, sub/made"), "{said}");
        assert!(matches!(Transaction::start(root), Err(TransactionError::Unfinished(_))));
        assert_eq!(state(root), before);
        // Repairing takes nothing away that the journal names.
        assert_eq!(repair(root, &strays).unwrap(), None);
        let (names, contents) = state(root);
        assert_eq!(names, ALL, "{renamed}");
        assert_eq!(contents, ["new"; 4], "{renamed}");
    }
}

/// A journal over four files of which one has taken its place; what `change` does then is another program's.
fn cut_off(change: impl Fn(&Path)) -> (tempfile::TempDir, Vec<String>) {
    let folder = folder();
    let root = folder.path();
    let transaction = filled(root);
    let new: Vec<_> = transaction.new_files().map(|(name, path)| (root.join(name), path.to_owned())).collect();
    transaction.prepare().unwrap().unwrap().abandon();
    fs::rename(&new[0].1, &new[0].0).unwrap();
    change(root);
    let strays = ours(root);
    (folder, strays)
}

#[test]
fn a_journal_is_dropped_where_another_build_has_written_since() {
    /// What is done, the files that are named, and what is there afterwards.
    type Case = (fn(&Path), &'static str, &'static [(&'static str, &'static str)]);
    let cases: [Case; 5] = [
        // The same size, and whatever the times say.
        (|root| fs::write(root.join("b"), "OLD").unwrap(), "b", &[("a", "new"), ("b", "OLD"), ("sub/c", "old")]),
        (|root| fs::write(root.join("a"), "OLD").unwrap(), "a", &[("a", "OLD"), ("b", "old"), ("sub/c", "old")]),
        (|root| fs::remove_file(root.join("b")).unwrap(), "b", &[("a", "new"), ("sub/c", "old")]),
        (
            |root| fs::write(root.join("sub/made"), "built").unwrap(),
            "sub/made",
            &[("a", "new"), ("b", "old"), ("sub/c", "old"), ("sub/made", "built")],
        ),
        // Half of a new file is none.
        (
            |root| {
                let stray = ours(root).into_iter().find(|name| name.starts_with(".b.")).unwrap();
                fs::write(root.join(stray), "ne").unwrap();
            },
            "b",
            &[("a", "new"), ("b", "old"), ("sub/c", "old")],
        ),
    ];
    for (change, named, after) in cases {
        let (folder, strays) = cut_off(change);
        let root = folder.path();
        let before = state(root);
        let said = pending(root, &strays).unwrap().unwrap();
        assert!(
            said.ends_with(&format!("drops what it had prepared: {named} changed since, and stays as it is now")),
            "{said}"
        );
        assert_eq!(state(root), before, "who only reads writes nothing");
        let said = repair(root, &strays).unwrap().unwrap();
        assert!(said.contains("was dropped") && said.contains(&format!(": {named} changed since")), "{said}");
        let after = after.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).unzip();
        assert_eq!(state(root), after);
    }
}

#[test]
fn a_build_that_made_the_same_again_does_not_keep_a_journal_from_being_finished() {
    let (folder, strays) = cut_off(|root| {
        // Other inodes, other times.
        for name in ["b", "sub/c"] {
            fs::remove_file(root.join(name)).unwrap();
            fs::write(root.join(name), "old").unwrap();
        }
    });
    assert_eq!(repair(folder.path(), &strays).unwrap(), None);
    assert_eq!(state(folder.path()), (ALL.map(str::to_owned).to_vec(), vec!["new".to_owned(); 4]));
}

#[test]
fn a_journal_of_the_first_version_is_dropped_for_it_cannot_know() {
    let journal = include_str!("../../testdata/upgrades/tree-journal-1.json");
    let files: serde_json::Value = serde_json::from_str(journal).unwrap();
    let files: Vec<(String, String)> = serde_json::from_value(files["files"].clone()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::write(root.join(JOURNAL), journal).unwrap();
    for (new, target) in &files {
        fs::write(root.join(new), "new").unwrap();
        fs::write(root.join(target), "old").unwrap();
    }
    // Killed after its first rename.
    fs::rename(root.join(&files[0].0), root.join(&files[0].1)).unwrap();
    let said = repair(root, &ours(root)).unwrap().unwrap();
    assert!(said.contains("of an earlier version") && said.contains("gxversion.json, notes.android.gxsd"), "{said}");
    assert!(ours(root).is_empty() && !root.join(JOURNAL).exists());
    for (number, (_, target)) in files.iter().enumerate() {
        let expected = if number == 0 { "new" } else { "old" };
        assert_eq!(fs::read_to_string(root.join(target)).unwrap(), expected, "{target}");
    }
}

#[test]
fn a_target_that_changed_is_not_replaced() {
    // Before its new content is written, before the journal, and before the first file takes its place.
    for moment in 0..3 {
        let folder = folder();
        let root = folder.path();
        let read = stamp(root, "b");
        let build = || {
            // As builds do it: another file of the same size takes its place.
            fs::write(root.join("built"), "OLD").unwrap();
            fs::rename(root.join("built"), root.join("b")).unwrap();
        };
        let mut transaction = Transaction::start(root).unwrap();
        transaction.put("a", stamp(root, "a"), b"new").unwrap();
        if moment == 0 {
            build();
        }
        let changed = transaction.put("b", read, b"new").and_then(|()| {
            if moment == 1 {
                build();
            }
            let prepared = transaction.prepare()?.unwrap();
            if moment == 2 {
                build();
            }
            prepared.commit()
        });
        match changed.unwrap_err() {
            TransactionError::Changed(Changed(path)) => assert!(path.ends_with("b"), "{}", path.display()),
            other => panic!("{other}"),
        }
        assert_eq!(state(root), (OLD.map(str::to_owned).to_vec(), ["old", "OLD", "old"].map(str::to_owned).to_vec()));
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
        let entry = serde_json::json!({ "new": from, "target": to, "read": null, "written": "" });
        for journal in [
            serde_json::json!({ "inject_journal": 1, "files": [[from, to]] }),
            serde_json::json!({ "inject_journal": 2, "files": [entry] }),
        ] {
            fs::write(folder.path().join(JOURNAL), journal.to_string()).unwrap();
            let before = state(folder.path());
            assert!(matches!(repair(folder.path(), &[]), Err(TransactionError::Journal { .. })), "{from} {to}");
            assert_eq!(state(folder.path()), before);
        }
    }
    for text in ["", "{}", r#"{"inject_journal":2,"files":[["a","b"]]}"#, r#"{"inject_journal":4,"files":[]}"#] {
        let folder = folder();
        fs::write(folder.path().join(JOURNAL), text).unwrap();
        assert!(matches!(repair(folder.path(), &[]), Err(TransactionError::Journal { .. })), "{text}");
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
        assert!(transaction.put(name, None, b"new").is_err(), "{name}");
    }
    drop(transaction);
    assert_eq!(fs::read(outside.path().join("x")).unwrap(), b"old");
}
