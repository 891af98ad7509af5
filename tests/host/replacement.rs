//! Nothing half-done: a replacement that is not committed leaves nothing behind.

use std::fs;

use inject::host::file::SourceFile;
use inject::host::replacement::{Replacement, copy, read_back};
use inject::host::rights::Like;

#[test]
fn a_commit_replaces_and_leaves_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("app.apk");
    fs::write(&target, b"old").unwrap();
    let like = Like::at(&target).unwrap();
    let before = fs::metadata(&target).unwrap().permissions();
    let mut new = Replacement::start(&target).unwrap();
    new.write_all(b"new ").unwrap();
    new.write_all(b"content").unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"old", "the original stands until the commit");
    let mut back = [0; 7];
    read_back(&new).unwrap().read_exact_at(&mut back, 4).unwrap();
    assert_eq!(&back, b"content");
    new.commit(Some(&like)).unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"new content");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(fs::metadata(&target).unwrap().permissions(), before);
}

#[test]
fn ranges_of_another_file_are_copied_behind_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (folder.path().join("source"), folder.path().join("target"));
    // More than the system is asked for at once, and no whole number of pages.
    let content = crate::cli::noise(17 * 1024 * 1024 + 4711);
    fs::write(&source, &content).unwrap();
    let source = SourceFile::open(&source).unwrap();
    // More than there is.
    let mut new = Replacement::start(&target).unwrap();
    let error = copy(&mut new, &source, 5..content.len() as u64 + 1).unwrap_err();
    assert!(error.to_string().contains("source"), "{error}");
    let mut new = Replacement::start(&target).unwrap();
    new.write_all(b"before").unwrap();
    copy(&mut new, &source, 11..content.len() as u64).unwrap();
    copy(&mut new, &source, 7..7).unwrap();
    copy(&mut new, &source, 0..5).unwrap();
    new.write_all(b"behind").unwrap();
    new.commit(None).unwrap();
    assert!(fs::read(&target).unwrap() == [b"before", &content[11..], &content[..5], b"behind"].concat());
}

#[test]
fn a_dropped_replacement_leaves_the_original() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("app.apk");
    fs::write(&target, b"old").unwrap();
    let mut new = Replacement::start(&target).unwrap();
    new.write_all(b"half").unwrap();
    drop(new);
    assert_eq!(fs::read(&target).unwrap(), b"old");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_a_killed_run_left_is_swept_and_a_running_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("app.apk");
    let stale = folder.path().join(".app.apk.inject-0123456789abcdef");
    let running = folder.path().join(".app.apk.inject-fedcba9876543210");
    let strange = folder.path().join(".app.apk.inject-notes");
    for path in [&stale, &running, &strange] {
        fs::write(path, b"left over").unwrap();
    }
    let held = fs::File::open(&running).unwrap();
    held.lock().unwrap();
    Replacement::start(&target).unwrap();
    assert!(!stale.exists() && running.exists() && strange.exists());
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_stays_and_its_destination_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().join("real.apk");
    let link = folder.path().join("link.apk");
    fs::write(&real, b"old").unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let mut new = Replacement::start(&link).unwrap();
    new.write_all(b"new").unwrap();
    new.commit(None).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read(&real).unwrap(), b"new");
}

#[test]
fn a_folder_is_no_target() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Replacement::start(folder.path()).unwrap_err().to_string().contains("it is a folder, a file is expected"));
    let missing = folder.path().join("no/such/folder/app.apk");
    let message = Replacement::start(&missing).unwrap_err().to_string();
    assert!(message.starts_with("cannot create"), "{message}");
}

#[test]
fn a_name_may_have_as_many_bytes_as_the_system_lets_it() {
    for name in ["a".repeat(255), "ä".repeat(127), format!("{}.apk", "b".repeat(240))] {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join(&name);
        let mut new = Replacement::start(&target).unwrap();
        new.write_all(b"new").unwrap();
        new.complete(None).unwrap();
        // Killed here: it has its dot name.
        std::mem::forget(new);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "{name}");
        for entry in fs::read_dir(folder.path()).unwrap() {
            // The descriptor that was forgotten holds it.
            fs::copy(entry.unwrap().path(), &target).unwrap();
        }
        // Not every system lets a file go that is open.
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join(&name);
        let mut new = Replacement::start(&target).unwrap();
        new.write_all(b"new").unwrap();
        new.commit(None).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"new");
        fs::remove_file(&target).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    // Two that begin alike have dot names of their own: the sweep of one spares the other's.
    let [one, other] = ["1", "2"].map(|end| folder.path().join(format!("{}{end}", "c".repeat(254))));
    let mut new = Replacement::start(&one).unwrap();
    new.complete(None).unwrap();
    let left = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    drop(new);
    fs::write(&left, b"left over").unwrap();
    Replacement::start(&other).unwrap();
    assert!(left.exists());
    Replacement::start(&one).unwrap();
    assert!(!left.exists());
}

#[test]
fn a_file_that_is_held_is_never_swept() {
    use inject::host::replacement::{Writers, create_held, sweep};
    let folder = tempfile::tempdir().unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    sweep(folder.path(), ".held-");
                }
            });
        }
        for number in 0..3000 {
            let name = folder.path().join(format!(".held-{number:016x}"));
            let Some(held) = create_held(&name, Writers::One).unwrap() else { continue };
            assert!(name.exists(), "{number}: taken at once");
            std::thread::yield_now();
            assert!(name.exists(), "{number}: taken while it was held");
            drop(held);
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}
