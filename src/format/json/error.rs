//! Why a document cannot be read or edited.
//!
//! Must not: show a value.

use super::super::limits;
use super::super::splice::SpliceError;
use super::super::text::{EncodingError, Position};

/// Why a document cannot be read or edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// The encoding.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// Two edits of one place.
    #[error(transparent)]
    Overlap(#[from] SpliceError),
    /// Not JSON.
    #[error("not valid JSON at {at}: expected {expected}, found {found}")]
    Syntax {
        /// Where.
        at: Position,
        /// What RFC 8259 allows there.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// Too deep.
    #[error("nested deeper than {} levels at {at}", limits::NESTING)]
    Depth {
        /// Where.
        at: Position,
    },
    /// Not a pointer.
    #[error("{pointer:?} is not a JSON pointer: expected \"\" or a text starting with '/' where '~' is ~0 or ~1")]
    Pointer {
        /// The text.
        pointer: String,
    },
    /// Nothing there.
    #[error("nothing at {pointer:?}: {step:?} is missing{}", there(known))]
    NotFound {
        /// The pointer.
        pointer: String,
        /// The first step that leads nowhere.
        step: String,
        /// The keys that are there instead.
        known: Vec<String>,
    },
    /// An object or array where a single value is expected.
    #[error("{pointer:?} is an {kind} at {at}, expected a single value")]
    Container {
        /// The pointer.
        pointer: String,
        /// "object" or "array".
        kind: &'static str,
        /// Where.
        at: Position,
    },
    /// A number or truth value, and something else as the new value.
    #[error("{pointer:?} is {kind} at {at}, which the given value is not: a reader that expects {kind} would fail")]
    Type {
        /// The pointer.
        pointer: String,
        /// "a number" or "a boolean".
        kind: &'static str,
        /// Where.
        at: Position,
    },
    /// Two pointers that lead to one value, and two values for it.
    #[error("{pointer:?} and another pointer lead to one value, and are given different ones; keep one of them")]
    Conflict {
        /// One of the pointers.
        pointer: String,
    },
    /// Creating below something that cannot have children.
    #[error("cannot make {pointer:?}: {parent:?} is no object or array, or {step:?} is no index of it")]
    Parent {
        /// The pointer.
        pointer: String,
        /// The place that would have to hold it.
        parent: String,
        /// The step.
        step: String,
    },
}

fn there(keys: &[String]) -> String {
    if keys.is_empty() { String::new() } else { format!("; there: {}", keys.join(", ")) }
}
