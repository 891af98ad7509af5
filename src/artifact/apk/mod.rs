//! Android packages: what they say of themselves, and the places in them.
//!
//! * `facts`: package, API levels, flags, from the manifest.
//! * `spot`: an address becomes concrete spots in entries.
//! * `dex`: string constants in dex files.
//! * `change`: values become new entry contents.
//!
//! Must not: align, sign or write a package.

mod change;
mod dex;
mod facts;
mod spot;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

pub use change::Changes;
pub use facts::Facts;
pub use spot::{Found, Spot};

use super::document::DocumentError;
use super::files::{FileSet, FilesError, ReadError};
use super::kind::FileKind;
use crate::format::arsc::ArscError;
use crate::format::axml::AxmlError;
use crate::format::dex::DexError;
use crate::format::read_at::ReadAt;
use crate::format::zip::{Archive, ZipError};
use crate::placement::{Address, Kind};

/// The resource table's entry.
pub const TABLE: &str = "resources.arsc";
/// The manifest's entry.
pub const MANIFEST: &str = "AndroidManifest.xml";

/// Why a package cannot be read or edited.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApkError {
    /// The container.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// Another kind of artifact.
    #[error("this is {}, not an Android package", .0.describe())]
    Kind(FileKind),
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
    #[error("no place {address} in this package: {problem}")]
    NoPlace {
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
            Self::Dex { source, .. } => matches!(source, DexError::Shared { .. }),
            Self::Zip(_)
            | Self::Kind(_)
            | Self::Read { .. }
            | Self::Nested { .. }
            | Self::NoPlace { .. }
            | Self::Address { .. }
            | Self::Conflict { .. } => false,
        }
    }
}

/// A package over a source of bytes. Table and manifest are read once, when they are asked for.
#[derive(Debug)]
pub struct Apk<'s, S: ReadAt + ?Sized> {
    archive: Archive<'s, S>,
    facts: Facts,
    table: SharedTable,
}

/// The bytes of a resource table, read once by whoever asks first; `None` within where the package has none.
pub type SharedTable = Arc<OnceLock<Option<Vec<u8>>>>;

impl<'s, S: ReadAt + ?Sized> Apk<'s, S> {
    /// Opens a package; any other kind of archive is an error that says what it is.
    pub fn open(source: &'s S) -> Result<Self, ApkError> {
        Self::over(Archive::open(source)?)
    }

    /// The package in an archive.
    pub fn over(archive: Archive<'s, S>) -> Result<Self, ApkError> {
        let kind = FileKind::of_archive(&archive);
        if kind != FileKind::Apk {
            return Err(ApkError::Kind(kind));
        }
        let mut apk = Self { archive, facts: Facts::default(), table: SharedTable::default() };
        let manifest = apk.content(MANIFEST)?.unwrap_or_default();
        apk.facts = Facts::read(&manifest, || apk.table())?;
        Ok(apk)
    }

    /// A package that was opened before over the same bytes: nothing is read again.
    pub fn again(archive: Archive<'s, S>, facts: Facts, table: &SharedTable) -> Self {
        Self { archive, facts, table: Arc::clone(table) }
    }

    /// Its resource table, for [`Self::again`].
    pub fn shared_table(&self) -> SharedTable {
        Arc::clone(&self.table)
    }

    /// The container.
    pub fn archive(&self) -> &Archive<'s, S> {
        &self.archive
    }

    /// What the package says of itself.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The content of an entry; `None` where there is no such entry.
    fn content(&self, name: &str) -> Result<Option<Vec<u8>>, ApkError> {
        Ok(self.archive.find(name.as_bytes()).map(|index| self.archive.read(index)).transpose()?)
    }

    /// The resource table's bytes, where the package has one.
    fn table(&self) -> Result<Option<&[u8]>, ApkError> {
        if self.table.get().is_none() {
            let content = self.content(TABLE)?;
            let _ = self.table.set(content);
        }
        Ok(self.table.get().and_then(|table| table.as_deref()))
    }

    /// The entries as files.
    fn files(&self) -> FileSet<'_> {
        FileSet::new(&self.archive, Kind::Apk)
    }
}

impl From<FilesError> for ApkError {
    fn from(error: FilesError) -> Self {
        match error {
            FilesError::Read { file: entry, source } => Self::Read { entry, source },
            FilesError::Document { file: entry, source } => Self::Document { entry, source },
            FilesError::Nested { file: entry, source } => Self::Nested { entry, source },
            FilesError::Signed { .. } | FilesError::Copy { .. } => Self::Files(error),
            FilesError::NoPlace { address, problem, near } => Self::NoPlace { address, problem, near },
            FilesError::Address { address, problem } => Self::Address { address, problem },
            FilesError::Conflict { file: entry, first, second } => Self::Conflict { entry, first, second },
        }
    }
}

/// Contents of entries that were read, by name.
type Contents = BTreeMap<String, Vec<u8>>;
