//! The outside world: atomic replacement, private folders.

mod lock;
mod private;
mod replacement;
#[cfg(unix)]
mod rights;
mod server;
mod transaction;
mod workers;
