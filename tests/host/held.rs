//! Files that other programs have open, by the numbers that Windows gives errors: waited for, and then named.

use std::cell::Cell;
use std::io;

use inject::host::held::{Deed, LOOKS, is_held, looking_again};

/// Fails so many times with this number; how often it was tried, and the pauses between.
fn tried(deed: Deed, number: i32, failures: u32) -> (io::Result<()>, u32, u32) {
    let (tries, pauses) = (Cell::new(0), Cell::new(0));
    let work = || {
        tries.set(tries.get() + 1);
        if tries.get() <= failures { Err(io::Error::from_raw_os_error(number)) } else { Ok(()) }
    };
    let done = looking_again(deed, work, || {
        pauses.set(pauses.get() + 1);
        true
    });
    (done, tries.get(), pauses.get())
}

#[test]
fn what_is_held_for_a_while_is_had_in_the_end() {
    for (deed, number) in
        [(Deed::Read, 32), (Deed::Read, 33), (Deed::Replace, 32), (Deed::Replace, 33), (Deed::Replace, 5)]
    {
        for failures in [0, 1, 7, LOOKS] {
            let (done, tries, pauses) = tried(deed, number, failures);
            assert!(done.is_ok(), "{deed:?} {number}: {done:?}");
            assert_eq!((tries, pauses), (failures + 1, failures), "{deed:?} {number}");
        }
    }
}

#[test]
fn what_stays_held_is_given_up_and_says_so() {
    for (deed, number, held, says) in [
        (Deed::Read, 32, true, "another program has it open ("),
        (Deed::Replace, 33, true, "another program has it open ("),
        (
            Deed::Replace,
            5,
            false,
            "; either another program has it open, which has to close it, or this account may not",
        ),
    ] {
        let (done, tries, pauses) = tried(deed, number, u32::MAX);
        let error = done.unwrap_err();
        assert_eq!((tries, pauses), (LOOKS + 1, LOOKS), "{deed:?} {number}");
        assert_eq!(is_held(&error), held, "{error}");
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
    for (deed, number) in [(Deed::Read, 5), (Deed::Read, 2), (Deed::Replace, 2), (Deed::Replace, 112)] {
        let (done, tries, pauses) = tried(deed, number, u32::MAX);
        let error = done.unwrap_err();
        assert_eq!((error.raw_os_error(), tries, pauses), (Some(number), 1, 0));
        assert!(!is_held(&error));
    }
}

#[test]
fn who_has_waited_enough_for_others_waits_no_more() {
    let tries = Cell::new(0);
    let work = || {
        tries.set(tries.get() + 1);
        Err::<(), _>(io::Error::from_raw_os_error(32))
    };
    let error = looking_again(Deed::Read, work, || tries.get() < 3).unwrap_err();
    assert!(is_held(&error), "{error}");
    assert_eq!(tries.get(), 3);
}
