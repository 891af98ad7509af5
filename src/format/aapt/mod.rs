//! Resources as App Bundles hold them: the messages `ResourceTable` and `XmlNode` of AOSP `frameworks/base/tools/aapt2/Resources.proto`,
//! read in place and edited with every other byte kept, fields that are not known here too.
//!
//! * `wire`: fields, lengths and edits; `config`: qualifiers.
//! * `item`: one value; `table`: names and ids -> values per configuration; `edit`: new values of string resources.
//! * `xml`: elements and attributes; `manifest`: what a manifest says; `xml_edit`: new values of attributes and texts.
//!
//! What comes out is said in the words of `arsc` and `axml`: the same resource compiled both ways reads the same.
//!
//! Must not: resolve references of a document into a table, or repair anything.

mod config;
mod edit;
mod item;
mod manifest;
mod table;
mod wire;
mod xml;
mod xml_edit;

pub use edit::edit_strings;
pub use table::Table;
pub use xml::{Document, is_document};
pub use xml_edit::{edit_manifest, edit_paths, read_path};

use super::node_path::PathError;
use super::splice::SpliceError;

/// Why resources of a bundle cannot be read or edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AaptError {
    /// The bytes are not such a message.
    #[error("at offset {offset}: expected {expected}, found {found}")]
    Malformed {
        /// Where.
        offset: usize,
        /// What should be there.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// Parts of the file overlap, so that one cannot be changed alone.
    #[error(transparent)]
    Overlap(#[from] SpliceError),
    /// A path cannot be read.
    #[error(transparent)]
    Path(#[from] PathError),
    /// No such resource, element or attribute.
    #[error("no {place}; check the name, or create it first")]
    NotFound {
        /// What was looked for.
        place: String,
    },
    /// The place holds something that is not replaced.
    #[error("{place} at offset {offset}: expected {expected}, found {found}; not replaced")]
    WrongKind {
        /// What was looked for.
        place: String,
        /// Where it is.
        offset: usize,
        /// What can be replaced.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// Two edits want different values in one place.
    #[error("two different values for {place}; give one")]
    Conflict {
        /// The place.
        place: String,
    },
    /// The resource or element cannot be created.
    #[error("{place} cannot be created: {reason}; declare a placeholder in the application's source instead")]
    CannotCreate {
        /// What was to be made.
        place: String,
        /// Why not.
        reason: String,
    },
    /// More values than any real resource has.
    #[error("{place} has more than {limit} values, or too much text in them; no real table does")]
    TooMany {
        /// The resource.
        place: String,
        /// The limit.
        limit: usize,
    },
}

impl AaptError {
    /// Whether something is at a place that cannot be set.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::WrongKind { .. } | Self::CannotCreate { .. } => true,
            Self::Malformed { .. }
            | Self::Overlap(_)
            | Self::Path(_)
            | Self::NotFound { .. }
            | Self::Conflict { .. }
            | Self::TooMany { .. } => false,
        }
    }

    /// Whether two values were given for one place.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }
}
