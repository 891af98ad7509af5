//! Waiting for a time on the runtime's thread, by a thread that looks at the clock and rings.
//!
//! Must not: use the runtime's own timers, which wake it in a way that may panic.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::bell::Bell;

#[derive(Default)]
struct Alarms {
    next: u64,
    set: BTreeMap<(Instant, u64), Waker>,
    ended: bool,
}

/// The clock of a server.
pub(super) struct Clock {
    alarms: Mutex<Alarms>,
    changed: Condvar,
    bell: Arc<Bell>,
}

impl Clock {
    pub(super) fn start(bell: Arc<Bell>) -> io::Result<Arc<Self>> {
        let clock = Arc::new(Self { alarms: Mutex::default(), changed: Condvar::new(), bell });
        let run = Arc::clone(&clock);
        std::thread::Builder::new().name("clock".to_owned()).spawn(move || run.run())?;
        Ok(clock)
    }

    /// Ends its thread.
    pub(super) fn end(&self) {
        self.alarms().ended = true;
        self.changed.notify_all();
    }

    fn run(&self) {
        let mut alarms = self.alarms();
        while !alarms.ended {
            let now = Instant::now();
            let mut due = Vec::new();
            while let Some(first) = alarms.set.first_entry().filter(|first| first.key().0 <= now) {
                due.push(first.remove());
            }
            if !due.is_empty() {
                drop(alarms);
                self.bell.carry(Box::new(move || due.into_iter().for_each(Waker::wake)));
                alarms = self.alarms();
                continue;
            }
            let first = alarms.set.first_key_value().map(|((at, _), _)| at.duration_since(now));
            alarms = match first {
                Some(wait) => self.changed.wait_timeout(alarms, wait).unwrap_or_else(PoisonError::into_inner).0,
                None => self.changed.wait(alarms).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn alarms(&self) -> MutexGuard<'_, Alarms> {
        self.alarms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn sleep(self: &Arc<Self>, time: Duration) -> Sleep {
        self.until(Instant::now() + time)
    }

    fn until(self: &Arc<Self>, at: Instant) -> Sleep {
        Sleep { clock: Arc::clone(self), at, number: None }
    }

    /// What a future comes to, if it does within a time.
    pub(super) async fn within<F: Future>(self: &Arc<Self>, time: Duration, future: F) -> Option<F::Output> {
        tokio::select! {
            biased;
            done = future => Some(done),
            () = self.sleep(time) => None,
        }
    }
}

/// Done at its time.
pub(super) struct Sleep {
    clock: Arc<Clock>,
    at: Instant,
    number: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if Instant::now() >= self.at {
            return Poll::Ready(());
        }
        let clock = Arc::clone(&self.clock);
        let mut alarms = clock.alarms();
        let number = *self.number.get_or_insert_with(|| {
            alarms.next += 1;
            alarms.next
        });
        let key = (self.at, number);
        // What was there is dropped after the lock: it may be the last that holds a task, and that one a time of this clock.
        let old = alarms.set.insert(key, context.waker().clone());
        if old.is_none() && alarms.set.first_key_value().is_some_and(|(first, _)| *first == key) {
            clock.changed.notify_all();
        }
        drop(alarms);
        drop(old);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let old = self.clock.alarms().set.remove(&(self.at, number));
            drop(old);
        }
    }
}

/// The clock, as hyper asks it.
#[derive(Clone)]
pub(super) struct Timer(pub(super) Arc<Clock>);

impl hyper::rt::Sleep for Sleep {}

impl hyper::rt::Timer for Timer {
    fn sleep(&self, time: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(self.0.sleep(time))
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(self.0.until(at))
    }
}
