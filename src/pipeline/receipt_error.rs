//! Why there is no receipt, and no digest for one.
//!
//! Must not: hold a secret.

use std::io;
use std::path::PathBuf;

use crate::host::file::FileError;

/// Why a receipt cannot be made or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// The artifact or the receipt cannot be opened.
    #[error(transparent)]
    File(#[from] FileError),
    /// It cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A name that the digest of a folder cannot have in it.
    #[error("{0}: the name holds a line break, or is not UTF-8; a folder with such a file has no digest")]
    Name(PathBuf),
    /// It is no receipt.
    #[error("{path}: no receipt of this program: expected {expected}")]
    Form {
        /// Which.
        path: PathBuf,
        /// What is missing.
        expected: &'static str,
    },
}
