//! The outside world: atomic replacement, private folders.

mod lock;
mod private;
mod replacement;
#[cfg(unix)]
mod rights;
mod transaction;
mod workers;
