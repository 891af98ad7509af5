//! Tasks on threads: every one once, in order, and never more memory at once than there is.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use inject::host::workers::{Task, run};

#[test]
fn results_come_in_order_whatever_takes_long() {
    let tasks = (0..40_u64).map(|on| Task { on, memory: 1 }).collect();
    let work = |on: u64| {
        std::thread::sleep(Duration::from_millis(if on.is_multiple_of(7) { 8 } else { 0 }));
        on * 2
    };
    let mut results = Vec::new();
    run(tasks, 100, work, |result| results.push(result));
    assert_eq!(results, (0..40).map(|on| on * 2).collect::<Vec<_>>());
    run(Vec::<Task<u8>>::new(), 0, |on| on, |_| panic!("nothing was asked for"));
}

#[test]
fn memory_is_shared_out() {
    // More than there is at once for the last one, which runs by itself.
    let sizes = [3, 3, 5, 2, 6, 1, 4, 20, 3];
    let tasks = sizes.iter().map(|&memory| Task { on: memory, memory }).collect();
    let (used, most, running) = (AtomicU64::new(0), AtomicU64::new(0), AtomicUsize::new(0));
    let work = |memory: u64| {
        let now = used.fetch_add(memory, Ordering::SeqCst) + memory;
        let others = running.fetch_add(1, Ordering::SeqCst);
        assert!(now <= 6 || others == 0, "{now} bytes at once");
        most.fetch_max(now, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(3));
        running.fetch_sub(1, Ordering::SeqCst);
        used.fetch_sub(memory, Ordering::SeqCst);
        memory
    };
    let mut results = Vec::new();
    run(tasks, 6, work, |result| results.push(result));
    assert_eq!(results, sizes);
    assert_eq!(most.load(Ordering::SeqCst), 20);
}

#[cfg(target_os = "linux")]
#[test]
fn memory_is_known_here() {
    assert!(inject::host::workers::memory_available().unwrap() > 1 << 20);
}
