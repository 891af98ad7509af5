//! Signals that end the process: what is taking its place finishes, what has a name only for a while is taken away.
//!
//! Who changes files or databases does it within a [`section`]. Once a signal has come no section begins any more, and when
//! those that are open have ended, nothing on the disk changes.
//!
//! Must not: end the process; who called [`watch`] does.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

static STATE: Mutex<State> = Mutex::new(State { open: 0, ending: false, temporary: BTreeSet::new() });
static CHANGED: Condvar = Condvar::new();

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

/// Waits for a signal in a thread of its own. When one comes, open sections are waited for, and `end` is called. Who sends a
/// second signal does not want to wait: then it is called at once.
pub fn watch(end: fn(Signal) -> std::convert::Infallible) -> io::Result<()> {
    #[cfg(unix)]
    check_room()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let signals = runtime.block_on(async { Signals::new() })?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(async {
            let mut signals = signals;
            let first = signals.next().await;
            let rest = move || {
                come_to_rest();
                end(first)
            };
            // Where no thread is to be had, nobody listens for a second one.
            if std::thread::Builder::new().spawn(rest).is_err() {
                rest();
            }
            let second = signals.next().await;
            end(second)
        })
    })?;
    Ok(())
}

/// Whether there are descriptors enough to listen: the library that does it ends the process where there are not.
#[cfg(unix)]
fn check_room() -> io::Result<()> {
    /// Pairs of descriptors: a queue of events and what wakes it, and twice what a signal is passed on by.
    const PAIRS: usize = 4;
    let pairs: io::Result<Vec<_>> = (0..PAIRS).map(|_| std::os::unix::net::UnixStream::pair()).collect();
    pairs.map(drop)
}

/// Lets no section begin, waits for those that are open, and takes away what is temporary.
fn come_to_rest() {
    let mut state = state();
    state.ending = true;
    while state.open > 0 {
        state = CHANGED.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
    for path in &state.temporary {
        let _ = std::fs::remove_file(path);
    }
}

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }
}

#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn new() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) -> Signal {
        self.0.recv().await;
        Signal::Interrupt
    }
}
