//! How other threads reach the one that the runtime is on: they leave something to do there, and ring.
//!
//! The runtime's own way panics where the system refuses a write to its descriptor. This one tries again, and what is left is
//! done with the next ring at the latest.
//!
//! Must not: block who rings, or panic.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Something to do on the runtime's thread.
pub(super) type Errand = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Errands {
    left: Vec<Errand>,
    /// Whether a ring is on its way that nobody has heard.
    rung: bool,
}

/// What is rung.
pub(super) struct Bell {
    errands: Mutex<Errands>,
    rope: rope::Rope,
}

/// Who hears it.
pub(super) struct Hearing(rope::Hearing);

impl Bell {
    pub(super) fn new() -> io::Result<(Arc<Self>, Hearing)> {
        let (rope, hearing) = rope::pair()?;
        Ok((Arc::new(Self { errands: Mutex::default(), rope }), Hearing(hearing)))
    }

    /// Has something done on the runtime's thread.
    pub(super) fn carry(&self, errand: Errand) {
        let mut errands = self.errands();
        errands.left.push(errand);
        if !errands.rung {
            errands.rung = self.rope.pull();
        }
    }

    fn errands(&self) -> MutexGuard<'_, Errands> {
        self.errands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hearing {
    /// Does what is left, for ever. To be called on the runtime's thread.
    pub(super) fn answer(self, bell: Arc<Bell>) -> io::Result<impl Future<Output = ()> + Send> {
        let mut hearing = self.0.ready()?;
        Ok(async move {
            loop {
                hearing.rung(&bell.rope).await;
                let left = {
                    let mut errands = bell.errands();
                    errands.rung = false;
                    std::mem::take(&mut errands.left)
                };
                for errand in left {
                    errand();
                }
                // A descriptor that fails is always ready.
                tokio::task::yield_now().await;
            }
        })
    }
}

#[cfg(unix)]
mod rope {
    use std::io::{self, ErrorKind, Write};
    use std::os::unix::net::UnixStream;

    /// How often a ring is tried that the system refuses.
    const TRIES: usize = 8;

    pub(super) struct Rope(UnixStream);

    pub(super) struct Hearing(UnixStream);

    pub(super) struct Ready(tokio::net::UnixStream);

    pub(super) fn pair() -> io::Result<(Rope, Hearing)> {
        let (rope, hearing) = UnixStream::pair()?;
        rope.set_nonblocking(true)?;
        hearing.set_nonblocking(true)?;
        Ok((Rope(rope), Hearing(hearing)))
    }

    impl Rope {
        /// Whether it will be heard. Where the pipe is full it is, too.
        pub(super) fn pull(&self) -> bool {
            (0..TRIES).any(|_| match (&self.0).write(&[0]) {
                Ok(_) => true,
                Err(error) => error.kind() == ErrorKind::WouldBlock,
            })
        }
    }

    impl Hearing {
        pub(super) fn ready(self) -> io::Result<Ready> {
            Ok(Ready(tokio::net::UnixStream::from_std(self.0)?))
        }
    }

    impl Ready {
        pub(super) async fn rung(&mut self, _: &Rope) {
            loop {
                if self.0.readable().await.is_err() {
                    return;
                }
                match self.0.try_read(&mut [0; 64]) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Ok(_) | Err(_) => return,
                }
            }
        }
    }
}

#[cfg(not(unix))]
mod rope {
    use std::io;

    use tokio::sync::Notify;

    /// There the runtime is woken by a queue of the system's, not by a descriptor.
    pub(super) struct Rope(Notify);

    pub(super) struct Hearing;

    #[allow(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    pub(super) fn pair() -> io::Result<(Rope, Hearing)> {
        Ok((Rope(Notify::new()), Hearing))
    }

    impl Rope {
        pub(super) fn pull(&self) -> bool {
            self.0.notify_one();
            true
        }
    }

    impl Hearing {
        #[allow(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
        pub(super) fn ready(self) -> io::Result<Self> {
            Ok(self)
        }

        pub(super) async fn rung(&mut self, rope: &Rope) {
            rope.0.notified().await;
        }
    }
}
