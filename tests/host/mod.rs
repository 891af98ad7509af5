//! The outside world: atomic replacement.

mod replacement;
