//! The outside world: atomic replacement, private folders.

mod held;
#[cfg(windows)]
mod held_by_others;
mod lock;
mod names;
mod private;
mod replacement;
#[cfg(unix)]
mod rights;
mod server;
mod transaction;
mod workers;
