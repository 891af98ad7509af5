//! Locks: whoever waits ends, and says for whom.

use std::fs::File;
use std::time::{Duration, Instant};

use inject::host::lock::{acquire, wait};

#[test]
fn a_wait_has_an_end_and_names_who_is_waited_for() {
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

#[cfg(unix)]
#[test]
fn the_folder_of_locks_is_for_this_account() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    acquire(&folder.path().join("locks/one"), Duration::ZERO).unwrap();
    let mode = std::fs::metadata(folder.path().join("locks")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o700);
}
