//! By whose rules an archive is read, and what Android's refuse of it.
//!
//! Must not: read anything.

use super::error::ZipError;

/// By whose rules an archive is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    /// Android's: no zip64, and nothing behind the archive.
    Android,
    /// Those of unzip, libarchive and Apple's installers: zip64 is read, and bytes behind the archive are passed over, and kept.
    Common,
}

/// What [`Rules::Common`] allow and [`Rules::Android`] do not.
#[derive(Debug, Clone, Copy)]
pub(super) enum Departure {
    Zip64 { what: &'static str, offset: u64 },
    BytesBehind { size: u64, searched: u64 },
}

impl Departure {
    /// What is said where Android's rules count.
    pub(super) fn error(self) -> ZipError {
        match self {
            Self::Zip64 { what, offset } => ZipError::Zip64 { what, offset },
            Self::BytesBehind { size, searched } => ZipError::NoEndOfCentralDirectory { size, searched },
        }
    }
}
