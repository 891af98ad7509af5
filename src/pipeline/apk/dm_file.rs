//! The file beside a package that holds a profile for ART, `base.dm` of `base.apk` (`DexMetadataHelper` of AOSP): an archive with
//! `primary.prof`, which names dex files by their checksums. It follows a dex file that changes.
//!
//! Must not: make one where there is none.

use std::path::{Path, PathBuf};

use super::v4_file::is_absent;
use crate::format::zip::{Archive, Change, Rewrite};
use crate::format::{art_profile, limits};
use crate::host::file::{self, FileError};

/// The profile in it.
const PROFILE: &str = "primary.prof";
/// Compiled code, which is of the dex files as they were.
const COMPILED: &str = "primary.vdex";

/// What becomes of one.
pub(in crate::pipeline) enum Renewed {
    /// It is of the new package as it is.
    Same(Vec<u8>),
    /// Its new content.
    New(Vec<u8>),
    /// It is of the old code, and its form is not known: it is left out.
    Stale,
}

/// What it is called beside a package of this name; nothing where that is no name of a package.
pub(in crate::pipeline) fn name(package: &str) -> Option<String> {
    let (stem, ending) = package.rsplit_once('.')?;
    ending.eq_ignore_ascii_case("apk").then(|| format!("{stem}.dm"))
}

/// Where it lies.
pub(in crate::pipeline) fn path(package: &Path) -> Option<PathBuf> {
    let name = name(package.file_name()?.to_str()?)?;
    Some(package.with_file_name(name))
}

/// What becomes of the one at `path` where dex files of its package have other checksums now: the old one and the new one each;
/// nothing where there is none.
pub(in crate::pipeline) fn renewed(path: &Path, changed: &[(u32, u32)]) -> Result<Option<Renewed>, FileError> {
    match file::read(path, limits::DEX_METADATA_BYTES) {
        Err(error) if is_absent(&error.source) => Ok(None),
        read => Ok(Some(renewed_content(&read?, changed))),
    }
}

/// The same for its content.
pub(in crate::pipeline) fn renewed_content(content: &[u8], changed: &[(u32, u32)]) -> Renewed {
    if changed.is_empty() {
        return Renewed::Same(content.to_vec());
    }
    with_checksums(content, changed).unwrap_or(Renewed::Stale)
}

fn with_checksums(content: &[u8], changed: &[(u32, u32)]) -> Option<Renewed> {
    let archive = Archive::open(content).ok()?;
    if archive.find(COMPILED.as_bytes()).is_some() {
        return None;
    }
    let index = archive.find(PROFILE.as_bytes())?;
    let old = archive.read(index).ok()?;
    let new = art_profile::with_checksums(&old, changed)?;
    if new == old {
        return Some(Renewed::Same(content.to_vec()));
    }
    let changes = [(index, Change::Replace(new))].into_iter().collect();
    archive.rewritten(&Rewrite { changes, ..Rewrite::default() }).ok().map(Renewed::New)
}

/// What a person is told of one that is left out.
pub(in crate::pipeline) fn left_out(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!(
        "{name} is left out: it is about the code before the change, in a form that is not known here, and Android would not \
         use it"
    )
}
