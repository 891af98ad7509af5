//! Why a package, or a bundle, cannot be read or edited.
//!
//! Must not: hold a value.

use super::module::{MANIFEST, TABLE};
use crate::artifact::document::DocumentError;
use crate::artifact::files::{FilesError, ReadError};
use crate::artifact::kind::FileKind;
use crate::format::aapt::AaptError;
use crate::format::apk_signing_block::SigningBlockError;
use crate::format::arsc::ArscError;
use crate::format::axml::AxmlError;
use crate::format::dex::DexError;
use crate::format::zip::ZipError;
use crate::placement::Address;

/// Why a package cannot be read or edited.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApkError {
    /// The container.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// The signing block.
    #[error(transparent)]
    Block(#[from] SigningBlockError),
    /// Another kind of artifact.
    #[error("this is {}, not an Android package", .0.describe())]
    Kind(FileKind),
    /// A bundle without its base.
    #[error("the module base with base/manifest/AndroidManifest.xml is missing; build the bundle again")]
    NoBase,
    /// The table or a manifest of a bundle.
    #[error("{entry}: {source}")]
    Proto {
        /// The entry.
        entry: String,
        /// Why.
        source: AaptError,
    },
    /// The manifest.
    #[error("{MANIFEST}: {0}")]
    Manifest(AxmlError),
    /// The resource table.
    #[error("{TABLE}: {0}")]
    Table(ArscError),
    /// An entry that holds a place.
    #[error("{entry}: {source}")]
    Document {
        /// The entry.
        entry: String,
        /// Why.
        source: DocumentError,
    },
    /// An entry that cannot be read.
    #[error("{entry}: {source}")]
    Read {
        /// The entry.
        entry: String,
        /// Why.
        source: ReadError,
    },
    /// An archive in the package.
    #[error("{entry}: {source}")]
    Nested {
        /// The entry.
        entry: String,
        /// Why.
        source: ZipError,
    },
    /// A dex file that holds a place.
    #[error("{entry}: {source}")]
    Dex {
        /// The entry.
        entry: String,
        /// Why.
        source: DexError,
    },
    /// Nothing at an address.
    #[error("no place {address} in this {within}: {problem}")]
    NoPlace {
        /// What it is not in: a "package" or a "bundle".
        within: &'static str,
        /// The address.
        address: Box<Address>,
        /// What is missing.
        problem: String,
        /// Names that are there and similar.
        near: Vec<String>,
    },
    /// An address that does not fit a package.
    #[error("place {address}: {problem}")]
    Address {
        /// The address.
        address: Box<Address>,
        /// Why not.
        problem: String,
    },
    /// Something at an address that cannot be set, or not for itself alone.
    #[error("place {address}: {problem}")]
    Refused {
        /// The address.
        address: Box<Address>,
        /// What is there instead, and what to address.
        problem: String,
    },
    /// Files in the package.
    #[error(transparent)]
    Files(FilesError),
    /// Two addresses lead to one spot with different values.
    #[error("places {first} and {second} are the same spot in {entry}, with different values; keep one of them")]
    Conflict {
        /// The entry.
        entry: String,
        /// One address.
        first: Box<Address>,
        /// The other one.
        second: Box<Address>,
    },
}

impl ApkError {
    /// The same of what is called so in messages.
    pub(super) fn within(mut self, what: &'static str) -> Self {
        if let Self::NoPlace { within, .. } = &mut self {
            *within = what;
        }
        self
    }

    /// Whether nothing is wrong but a place that is not there.
    pub fn is_no_place(&self) -> bool {
        matches!(self, Self::NoPlace { .. })
    }

    /// Whether something is at a place and cannot be set, or not for itself alone.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Refused { .. } => true,
            Self::Files(error) => error.is_refusal(),
            Self::Document { source, .. } => source.is_refusal(),
            Self::Manifest(error) => matches!(error, AxmlError::WrongKind { .. }),
            Self::Table(error) => matches!(error, ArscError::NotPlainString { .. } | ArscError::CannotCreate { .. }),
            Self::Proto { source, .. } => source.is_refusal(),
            Self::Dex { source, .. } => matches!(source, DexError::Shared { .. }),
            Self::Zip(_)
            | Self::Block(_)
            | Self::Kind(_)
            | Self::NoBase
            | Self::Read { .. }
            | Self::Nested { .. }
            | Self::NoPlace { .. }
            | Self::Address { .. }
            | Self::Conflict { .. } => false,
        }
    }
}

impl From<FilesError> for ApkError {
    fn from(error: FilesError) -> Self {
        match error {
            FilesError::Read { file: entry, source } => Self::Read { entry, source },
            FilesError::Document { file: entry, source } => Self::Document { entry, source },
            FilesError::Nested { file: entry, source } => Self::Nested { entry, source },
            FilesError::Signed { .. } | FilesError::Copy { .. } => Self::Files(error),
            FilesError::NoPlace { address, problem, near } => {
                Self::NoPlace { within: "package", address, problem, near }
            }
            FilesError::Address { address, problem } => Self::Address { address, problem },
            FilesError::Conflict { file: entry, first, second } => Self::Conflict { entry, first, second },
        }
    }
}
