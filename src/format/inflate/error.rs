//! What is wrong with a deflate stream.
//!
//! Must not: say where; whoever reads knows that.

/// Why bytes are not a deflate stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InflateError(pub(super) &'static str);

pub(super) const ENDS: InflateError = InflateError("the deflate data has no end");

pub(super) const BLOCK: InflateError = InflateError("a block of a type that there is not");

pub(super) const STORED: InflateError = InflateError("a stored block whose length and its complement do not fit");

pub(super) const CODES: InflateError = InflateError("a block whose codes are none");

pub(super) const SYMBOL: InflateError = InflateError("a code that stands for nothing");

pub(super) const DISTANCE: InflateError = InflateError("a match from before the beginning");
