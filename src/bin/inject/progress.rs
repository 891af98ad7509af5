//! One line on a terminal that says how far the run is; taken away before anything else is said.
//!
//! Must not: draw where nobody looks: no terminal, `CI`, `--quiet`, or a program that reads the output.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use inject::system::written;

use crate::units::bytes;
use crate::variables::variable;

/// How often the line is drawn.
const PERIOD: Duration = Duration::from_millis(100);
/// A run that is shorter than this needs no line.
const PATIENCE: Duration = Duration::from_millis(400);

/// Whether the line is on the terminal.
static DRAWN: Mutex<bool> = Mutex::new(false);

/// Takes the line away, and keeps it away while what is returned lives: other lines are written then.
pub fn make_room() -> MutexGuard<'static, bool> {
    let mut drawn = DRAWN.lock().unwrap_or_else(PoisonError::into_inner);
    if std::mem::take(&mut *drawn) {
        let _ = write!(std::io::stderr().lock(), "\r\x1b[K");
    }
    drawn
}

/// How many of several are done.
pub struct Progress {
    all: usize,
    done: AtomicUsize,
    over: AtomicBool,
    ended: (Mutex<()>, Condvar),
}

impl Progress {
    /// Of so many.
    pub fn new(all: usize) -> Self {
        Self { all, done: AtomicUsize::new(0), over: AtomicBool::new(false), ended: (Mutex::new(()), Condvar::new()) }
    }

    /// One more is done.
    pub fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// Does `work`, with the line where `shown`.
    pub fn during<R>(&self, shown: bool, work: impl FnOnce() -> R) -> R {
        if !shown || !std::io::stderr().is_terminal() || variable("CI").is_some() {
            return work();
        }
        self.over.store(false, Ordering::Relaxed);
        std::thread::scope(|scope| {
            // A line that nobody draws is no failure.
            let _ = std::thread::Builder::new().spawn_scoped(scope, || self.draw());
            let result = work();
            self.over.store(true, Ordering::Relaxed);
            self.ended.1.notify_all();
            drop(make_room());
            result
        })
    }

    fn draw(&self) {
        let (began, before) = (Instant::now(), written());
        let (mut pause, mut held) = (PATIENCE, self.ended.0.lock().unwrap_or_else(PoisonError::into_inner));
        while !self.over.load(Ordering::Relaxed) {
            held = self.ended.1.wait_timeout(held, pause).unwrap_or_else(PoisonError::into_inner).0;
            pause = PERIOD;
            let mut drawn = DRAWN.lock().unwrap_or_else(PoisonError::into_inner);
            if self.over.load(Ordering::Relaxed) {
                return;
            }
            let line = self.line(written() - before, began.elapsed());
            *drawn = write!(std::io::stderr().lock(), "\r\x1b[K{line}").is_ok();
            let _ = std::io::stderr().flush();
        }
    }

    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate for people"
    )]
    fn line(&self, count: u64, time: Duration) -> String {
        let rate = (count as f64 / time.as_secs_f64().max(0.001)) as u64;
        let done = self.done.load(Ordering::Relaxed);
        format!("{done} of {} artifacts, {} written, {}/s", self.all, bytes(count), bytes(rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_artifacts_bytes_and_rate() {
        let progress = Progress::new(3);
        progress.step();
        let line = progress.line(4 << 20, Duration::from_secs(2));
        assert_eq!(line, "1 of 3 artifacts, 4.0 MiB written, 2.0 MiB/s");
    }
}
