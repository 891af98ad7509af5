//! How much of an output is searched.
//!
//! Must not: search.

/// How much of an output is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Reach {
    /// Nothing.
    Off,
    /// Every content that changes.
    #[default]
    Changed,
    /// The whole output, between its entries too.
    Whole,
}
