//! The outside world: atomic replacement, private folders.

mod lock;
mod names;
mod private;
mod replacement;
#[cfg(unix)]
mod rights;
mod server;
mod sharing;
#[cfg(windows)]
mod sharing_on_windows;
mod transaction;
mod workers;
