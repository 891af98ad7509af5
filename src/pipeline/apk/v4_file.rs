//! The file beside a package that holds its v4 signature.
//!
//! Must not: know what is in it.

use std::io;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::format::limits;
use crate::host::file::{self, FileError};
use crate::host::sharing;

/// Where it lies.
pub(in crate::pipeline) fn path(apk: &Path) -> PathBuf {
    let mut name = apk.as_os_str().to_owned();
    name.push(".idsig");
    PathBuf::from(name)
}

/// Its content, where there is one.
pub(in crate::pipeline) fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, FileError> {
    match file::read(path, limits::IDSIG_BYTES) {
        Err(error) if is_absent(&error.source) => Ok(None),
        read => read.map(Some),
    }
}

/// What a person is told of one that is gone.
pub(in crate::pipeline) fn gone(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!("{name} is gone; it was the v4 signature of the old package (--v4 makes a new one)")
}

/// Takes away what lies beside a package and is about the one that is replaced: this file, or a profile. Says whether it was there.
pub(in crate::pipeline) fn remove_stale(path: &Path) -> Result<bool, FileError> {
    match sharing::remove(path) {
        Ok(()) => Ok(true),
        Err(error) if is_absent(&error) => Ok(false),
        Err(error) => Err(FileError::on("remove the stale", path)(error)),
    }
}

/// Whether nothing is there: a name that is too long for the system is not there either.
pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidFilename)
}
