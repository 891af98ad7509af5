//! What is wrong with an XML document, or with what is asked of it.
//!
//! Must not: hold a value of a place.

use super::super::node_path::PathError;
use super::super::splice::SpliceError;
use super::super::text::{EncodingError, Position};

/// Why a document cannot be read or edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum XmlError {
    /// The encoding.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// An encoding that is not read.
    #[error(
        "the file says that it is encoded in {name}, and holds other bytes than ASCII; convert it to UTF-8 in the project"
    )]
    Declared {
        /// What the declaration says.
        name: String,
    },
    /// A value that the file's encoding cannot hold, in a CDATA section, where no reference can stand for it.
    #[error(
        "the value has characters that the file's encoding cannot hold in a CDATA section; convert it to UTF-8 in the project"
    )]
    Unencodable,
    /// Two edits of one place.
    #[error(transparent)]
    Overlap(#[from] SpliceError),
    /// Not well-formed.
    #[error("not well-formed XML at {at}: {problem}")]
    Syntax {
        /// Where.
        at: Position,
        /// Expected and found.
        problem: String,
    },
    /// Not a path.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Nothing there.
    #[error("nothing at {path:?}: {missing} is missing")]
    NotFound {
        /// The path.
        path: String,
        /// The first step that leads nowhere.
        missing: String,
    },
    /// A value that the document cannot hold, or that would be read as another one.
    #[error("{path:?}: the value {problem}")]
    Value {
        /// The path.
        path: String,
        /// Why.
        problem: String,
    },
    /// An element with children where a text is expected.
    #[error("{path:?} at {at} has child elements, expected a text alone")]
    NotText {
        /// The path.
        path: String,
        /// Where.
        at: Position,
    },
}
