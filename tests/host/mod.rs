//! The outside world: atomic replacement.

mod replacement;
mod transaction;
mod workers;
