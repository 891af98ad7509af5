//! Binary XML (`ResXMLTree_header` and what follows in AOSP `ResourceTypes.h`): the manifest and other compiled
//! documents, read in place and edited with every other byte kept.
//!
//! * `parse`: chunks -> nodes with offsets.
//! * `manifest`: what an `AndroidManifest.xml` says about the application.
//! * `data`: what intent filters take.
//! * `edit`: new values of `<meta-data>`, of `<data>`, and of addressed attributes and texts; `create`: new `<meta-data>`.
//! * `dump`: a document as text, for fixtures and differences.
//!
//! Must not: resolve references into a resource table, or repair a document.

mod create;
mod data;
mod dump;
mod edit;
mod manifest;
mod parse;

pub(super) use data::is_component;
pub use data::{DataAttribute, FilterData, filter_data};
pub use dump::dump;
pub use edit::{DataEdit, Edited, MetaEdit, PathEdit, edit_manifest, edit_meta_data, edit_paths, read_path};
pub(super) use edit::{data_of, means};
pub use manifest::{Manifest, MetaData, Scalar};
pub use parse::{Attribute, Document, Node, NodeKind};

use super::chunk::ChunkError;
use super::node_path::PathError;
use super::splice::SpliceError;
use super::string_pool::PoolError;

/// `android:name`
pub const NAME: u32 = 0x0101_0003;
/// `android:value`
pub const VALUE: u32 = 0x0101_0024;
/// `android:resource`
pub const RESOURCE: u32 = 0x0101_0025;
/// The namespace behind the prefix `android`.
pub const ANDROID: &str = "http://schemas.android.com/apk/res/android";

/// Why a document cannot be read or edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AxmlError {
    /// The bytes are not binary XML.
    #[error(transparent)]
    Malformed(#[from] ChunkError),
    /// The string pool cannot be read or written.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// Parts of the document overlap, so that one cannot be changed alone.
    #[error(transparent)]
    Overlap(#[from] SpliceError),
    /// A path cannot be read.
    #[error(transparent)]
    Path(#[from] PathError),
    /// No such element or attribute.
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
    /// The element cannot be created in this document.
    #[error("{place} cannot be created: {reason}; declare a placeholder in the application's manifest instead")]
    CannotCreate {
        /// What was to be made.
        place: String,
        /// Why not.
        reason: String,
    },
}
