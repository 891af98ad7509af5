//! Locks: whoever waits ends, and says for whom.

use std::time::Duration;

use inject::host::lock::acquire;

/// A folder can be opened and locked.
#[cfg(unix)]
#[test]
fn a_wait_has_an_end_and_names_who_is_waited_for() {
    use std::fs::File;
    use std::time::Instant;

    use inject::host::lock::wait;
    let folder = tempfile::tempdir().unwrap();
    // Anybody who may read a folder can lock it.
    let held = File::open(folder.path()).unwrap();
    held.lock_shared().unwrap();
    let began = Instant::now();
    let said =
        wait(&File::open(folder.path()).unwrap(), folder.path(), Duration::from_millis(100)).unwrap_err().to_string();
    assert!(began.elapsed() < Duration::from_secs(30), "it has no end");
    if cfg!(target_os = "linux") {
        assert!(said.contains(&format!("process {} (", std::process::id())), "{said}");
    }
    assert!(said.starts_with(&format!("cannot lock {}: ", folder.path().display())), "{said}");
    drop(held);
    wait(&File::open(folder.path()).unwrap(), folder.path(), Duration::from_millis(100)).unwrap();
}

#[test]
fn the_folder_of_locks_is_for_this_account() {
    let folder = tempfile::tempdir().unwrap();
    let one = folder.path().join("locks/one");
    let held = acquire(&one, Duration::ZERO).unwrap();
    assert!(acquire(&one, Duration::ZERO).unwrap_err().to_string().contains("has held it for 0 seconds"));
    drop(held);
    acquire(&one, Duration::ZERO).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.path().join("locks")).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o700);
    }
}
