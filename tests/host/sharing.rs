//! Sharing violations by Windows' error codes: retried, and then named.

use std::cell::Cell;
use std::io;

use inject::host::sharing::{Access, RETRIES, is_sharing_violation, retry};

/// Fails so many times with this number; how often it was tried, and the pauses between.
fn tried(access: Access, number: i32, failures: u32) -> (io::Result<()>, u32, u32) {
    let (tries, pauses) = (Cell::new(0), Cell::new(0));
    let work = || {
        tries.set(tries.get() + 1);
        if tries.get() <= failures { Err(io::Error::from_raw_os_error(number)) } else { Ok(()) }
    };
    let done = retry(access, work, || {
        pauses.set(pauses.get() + 1);
        true
    });
    (done, tries.get(), pauses.get())
}

#[test]
fn what_is_held_for_a_while_is_had_in_the_end() {
    for (access, number) in
        [(Access::Read, 32), (Access::Read, 33), (Access::Replace, 32), (Access::Replace, 33), (Access::Replace, 5)]
    {
        for failures in [0, 1, 7, RETRIES] {
            let (done, tries, pauses) = tried(access, number, failures);
            assert!(done.is_ok(), "{access:?} {number}: {done:?}");
            assert_eq!((tries, pauses), (failures + 1, failures), "{access:?} {number}");
        }
    }
}

#[test]
fn what_stays_held_is_given_up_and_says_so() {
    for (access, number, held, says) in [
        (Access::Read, 32, true, "another program has it open ("),
        (Access::Replace, 33, true, "another program has it open ("),
        (Access::Replace, 5, false, "; another program has it open, or this account may not write there"),
    ] {
        let (done, tries, pauses) = tried(access, number, u32::MAX);
        let error = done.unwrap_err();
        assert_eq!((tries, pauses), (RETRIES + 1, RETRIES), "{access:?} {number}");
        assert_eq!(is_sharing_violation(&error), held, "{error}");
        // What the system says is kept.
        let system = io::Error::from_raw_os_error(number);
        let text = error.to_string();
        assert!(text.contains(says) && text.contains(&system.to_string()), "{text}");
        assert_eq!(error.kind(), system.kind());
    }
}

#[test]
fn what_waiting_does_not_change_is_tried_once() {
    // Who may not read a file may not in two seconds either; ERROR_FILE_NOT_FOUND, ERROR_DISK_FULL.
    for (access, number) in [(Access::Read, 5), (Access::Read, 2), (Access::Replace, 2), (Access::Replace, 112)] {
        let (done, tries, pauses) = tried(access, number, u32::MAX);
        let error = done.unwrap_err();
        assert_eq!((error.raw_os_error(), tries, pauses), (Some(number), 1, 0));
        assert!(!is_sharing_violation(&error));
    }
}

#[test]
fn who_has_waited_enough_for_others_waits_no_more() {
    let tries = Cell::new(0);
    let work = || {
        tries.set(tries.get() + 1);
        Err::<(), _>(io::Error::from_raw_os_error(32))
    };
    let error = retry(Access::Read, work, || tries.get() < 3).unwrap_err();
    assert!(is_sharing_violation(&error), "{error}");
    assert_eq!(tries.get(), 3);
}
