//! The processors that read an app, and which of them are idle.
//!
//! Must not: know what is read.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// Threads that read; more would wait for each other, and each holds some pieces of files.
const THREADS: usize = 8;

/// Threads that read at once. The system is asked once: it reads files for the answer, and an app has many.
pub(super) fn processors() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(THREADS))
}

/// Processors that nobody uses.
#[derive(Debug, Default)]
pub struct Idle(AtomicUsize);

impl Idle {
    /// So many.
    pub fn new(count: usize) -> Self {
        Self(AtomicUsize::new(count))
    }

    /// One more.
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// One of them, until it is dropped.
    pub(super) fn take(self: &Arc<Self>) -> Option<Helper> {
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| count.checked_sub(1));
        taken.is_ok().then(|| Helper(Arc::clone(self)))
    }
}

/// A processor that helps.
#[derive(Debug)]
pub struct Helper(Arc<Idle>);

impl Drop for Helper {
    fn drop(&mut self) {
        self.0.add();
    }
}
