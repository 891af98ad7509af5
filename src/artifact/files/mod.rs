//! Places in a set of named files, the same for everything that has files: a folder, the entries of a zip, a bundle in
//! one. Archives within are entered by `!/` and written again around what changes in them.
//!
//! * `find`: an address becomes concrete spots.
//! * `change`: values become new contents.
//! * `device`: keys of an app's property lists that override others on some devices.
//! * `source`: what can be such a set.
//!
//! Must not: know where the files lie, or write one.

mod change;
mod device;
mod find;
mod source;

pub use change::Changes;
pub use device::overriding;
pub(in crate::artifact) use find::missing;
pub use find::{Found, Spot};
pub use source::{Below, Files, ReadError};

use globset::{GlobBuilder, GlobMatcher};

use super::document::DocumentError;
use crate::format::compressed::CompressedError;
use crate::format::zip::ZipError;
use crate::placement::{Address, Kind};

/// Why files cannot be read or edited.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FilesError {
    /// A file that is there and cannot be read.
    #[error("{file}: {source}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        source: ReadError,
    },
    /// A file that holds a place.
    #[error("{file}: {source}")]
    Document {
        /// The file.
        file: String,
        /// Why.
        source: DocumentError,
    },
    /// A file that is entered as an archive.
    #[error("{file}: {source}")]
    Nested {
        /// The file.
        file: String,
        /// Why.
        source: ZipError,
    },
    /// An archive within that is signed.
    #[error(
        "{file} is signed ({signature}), and a change in it would break that signature: inject it by itself before it is packed"
    )]
    Signed {
        /// The archive.
        file: String,
        /// What shows it.
        signature: String,
    },
    /// A compressed copy that cannot be made again.
    #[error("{file}: {source}")]
    Copy {
        /// The copy.
        file: String,
        /// Why.
        source: CompressedError,
    },
    /// Nothing at an address.
    #[error("no place {address} here: {problem}")]
    NoPlace {
        /// The address.
        address: Box<Address>,
        /// What is missing.
        problem: String,
        /// Names that are there.
        near: Vec<String>,
    },
    /// An address that does not fit files.
    #[error("place {address}: {problem}")]
    Address {
        /// The address.
        address: Box<Address>,
        /// Why not.
        problem: String,
    },
    /// Two addresses lead to one spot with different values.
    #[error("places {first} and {second} are the same spot in {file}, with different values; keep one of them")]
    Conflict {
        /// The file.
        file: String,
        /// One address.
        first: Box<Address>,
        /// The other one.
        second: Box<Address>,
    },
}

impl FilesError {
    /// Whether nothing is wrong but a place that is not there.
    pub fn is_no_place(&self) -> bool {
        matches!(self, Self::NoPlace { .. })
    }

    /// Whether something is at a place and cannot be set, or not for itself alone.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Signed { .. } => true,
            Self::Document { source, .. } => source.is_refusal(),
            Self::Read { .. }
            | Self::Nested { .. }
            | Self::Copy { .. }
            | Self::NoPlace { .. }
            | Self::Address { .. }
            | Self::Conflict { .. } => false,
        }
    }
}

/// A set of files of an artifact of some kind, in which places are looked for.
#[derive(Clone, Copy)]
pub struct FileSet<'f> {
    files: &'f dyn Files,
    kind: Kind,
}

impl std::fmt::Debug for FileSet<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileSet").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl<'f> FileSet<'f> {
    /// The files of an artifact. Places of other kinds are not looked for.
    pub fn new(files: &'f dyn Files, kind: Kind) -> Self {
        Self { files, kind }
    }
}

/// Whether a name is a pattern for several.
pub fn has_wildcards(pattern: &str) -> bool {
    pattern.contains(['*', '?', '[', '{'])
}

/// A pattern, ready to match. `*` stays within a folder, `**` does not.
pub fn matcher(pattern: &str) -> Result<GlobMatcher, globset::Error> {
    matcher_in(pattern, false)
}

/// The same; names may be written in any case.
fn matcher_in(pattern: &str, any_case: bool) -> Result<GlobMatcher, globset::Error> {
    Ok(GlobBuilder::new(pattern).literal_separator(true).case_insensitive(any_case).build()?.compile_matcher())
}
