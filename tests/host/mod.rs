//! The outside world: atomic replacement, private folders.

mod private;
mod replacement;
mod transaction;
mod workers;
