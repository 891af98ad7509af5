//! Signals that end the process: what is taking its place finishes, what has a name only for a while is taken away.
//!
//! Who changes files or databases does it within a [`section`]. Once a signal has come no section begins any more, and when
//! those that are open have ended, nothing on the disk changes.
//!
//! Must not: end the process; who called [`watch`] does.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};

static STATE: Mutex<State> = Mutex::new(State { open: 0, ending: false, temporary: BTreeSet::new() });
static CHANGED: Condvar = Condvar::new();
static INSTEAD: Mutex<Option<Box<dyn FnOnce() + Send>>> = Mutex::new(None);

struct State {
    /// Sections that are open, one per thread.
    open: usize,
    /// Whether a signal has come.
    ending: bool,
    /// Files that are taken away when the process ends.
    temporary: BTreeSet<PathBuf>,
}

thread_local! {
    /// Sections of this thread within each other.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// A signal that asks for the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// SIGINT: somebody pressed Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

impl Signal {
    /// The exit status that shells give it: 128 and its number.
    pub fn exit_status(self) -> i32 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }
}

/// While it lives, this process is not ended by a signal that is watched for.
#[derive(Debug)]
#[must_use]
pub struct Section {
    /// It counts for the thread that made it.
    _thread: PhantomData<*const ()>,
}

/// Begins a section, within another one of this thread or by itself. After a signal it does not return.
pub fn section() -> Section {
    DEPTH.with(|depth| {
        if depth.get() == 0 {
            let mut state = state();
            while state.ending {
                state = CHANGED.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            state.open += 1;
        }
        depth.set(depth.get() + 1);
    });
    Section { _thread: PhantomData }
}

impl Drop for Section {
    fn drop(&mut self) {
        DEPTH.with(|depth| {
            depth.set(depth.get().saturating_sub(1));
            if depth.get() == 0 {
                state().open -= 1;
                CHANGED.notify_all();
            }
        });
    }
}

/// A file that was just made in a section, and goes if the process ends before it is [`settled`].
pub fn temporary(path: &Path) {
    state().temporary.insert(path.to_owned());
}

/// A file that is gone, or has become what others rely on.
pub fn settled(path: &Path) {
    state().temporary.remove(path);
}

/// Listens for signals in threads of its own, from now on; to be called before any other thread is made, because those that
/// were there before would be ended by a signal. When one comes, open sections are waited for, and `end` is called. Who sends
/// a second signal does not want to wait: then it is called at once. All threads are made here: later there may be none to be had.
#[cfg(any(unix, feature = "cli"))]
pub fn watch(end: fn(Signal) -> Infallible) -> io::Result<()> {
    let signals = Signals::new()?;
    let (first, asked) = mpsc::channel();
    std::thread::Builder::new().name("end".to_owned()).spawn(move || {
        let Ok(signal) = asked.recv() else { return };
        match instead() {
            Some(other) => other(),
            None => {
                come_to_rest();
                end(signal);
            }
        }
    })?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let mut signals = signals;
        let signal = signals.next();
        let _ = first.send(signal);
        let second = signals.next();
        end(second)
    })?;
    Ok(())
}

/// What is done at the first signal instead of ending the process: for who has more to do before the end than files to
/// finish. The last one counts, until [`as_usual`].
pub(crate) fn at_first(other: impl FnOnce() + Send + 'static) {
    *INSTEAD.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(other));
}

/// The first signal ends the process again.
pub(crate) fn as_usual() {
    drop(instead());
}

fn instead() -> Option<Box<dyn FnOnce() + Send>> {
    INSTEAD.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Lets no section begin, waits for those that are open, and takes away what is temporary.
#[cfg(any(unix, feature = "cli"))]
fn come_to_rest() {
    let mut state = state();
    state.ending = true;
    while state.open > 0 {
        state = CHANGED.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
    for path in &state.temporary {
        let _ = super::sharing::remove(path);
    }
}

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The signals, held back from the whole process: they are waited for, which needs neither a handler nor a descriptor.
#[cfg(unix)]
struct Signals(nix::sys::signal::SigSet);

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use nix::sys::signal::{SIGINT, SIGTERM, SigSet};
        let set: SigSet = [SIGINT, SIGTERM].into_iter().collect();
        // Threads that are made later take this over; programs that are started do not (std empties it for them).
        set.thread_block()?;
        Ok(Self(set))
    }

    fn next(&mut self) -> Signal {
        loop {
            // It fails only where it was interrupted.
            match self.0.wait() {
                Ok(nix::sys::signal::SIGINT) => return Signal::Interrupt,
                Ok(_) => return Signal::Terminate,
                Err(_) => std::thread::yield_now(),
            }
        }
    }
}

/// Ctrl-C and Ctrl-Break, each told to a thread that the crate makes.
#[cfg(all(windows, feature = "cli"))]
struct Signals(mpsc::Receiver<()>);

#[cfg(all(windows, feature = "cli"))]
impl Signals {
    fn new() -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel();
        let told = move || {
            let _ = sender.send(());
        };
        ctrlc::set_handler(told).map_err(io::Error::other)?;
        Ok(Self(receiver))
    }

    fn next(&mut self) -> Signal {
        // The handler stays, and with it the other end.
        let _ = self.0.recv();
        Signal::Interrupt
    }
}
