//! The file beside a package that holds a profile for ART, `base.dm` of `base.apk` (`DexMetadataHelper` of AOSP): an archive with
//! `primary.prof`, which names dex files by their checksums. It follows a dex file that changes.
//!
//! Must not: make one where there is none.

use std::path::{Path, PathBuf};

use super::v4_file::is_absent;
use crate::format::zip::{Archive, Change, Rewrite};
use crate::format::{art_profile, limits};
use crate::host::file::{self, FileError};
use crate::pipeline::kind::same_file;

/// The profile in it.
const PROFILE: &str = "primary.prof";
/// Compiled code, which is of the dex files as they were.
const COMPILED: &str = "primary.vdex";

/// How the name of a package ends.
const ENDING: &[u8] = b".apk";

/// What becomes of one.
pub(in crate::pipeline) enum Renewed {
    /// This is its content.
    Content(Vec<u8>),
    /// It is of the old code, and its form is not known: it is left out.
    Stale,
}

/// What it is called beside a package of this name; nothing where that is no name of a package.
pub(in crate::pipeline) fn name(package: &str) -> Option<String> {
    String::from_utf8(entry_name(package.as_bytes())?).ok()
}

/// The same for an entry of an archive, whose name may be no UTF-8.
pub(in crate::pipeline) fn entry_name(package: &[u8]) -> Option<Vec<u8>> {
    let (stem, ending) = package.split_at_checked(package.len().checked_sub(ENDING.len())?)?;
    ending.eq_ignore_ascii_case(ENDING).then(|| [stem, b".dm"].concat())
}

/// Where it lies.
pub(in crate::pipeline) fn path(package: &Path) -> Option<PathBuf> {
    let name = name(package.file_name()?.to_str()?)?;
    Some(package.with_file_name(name))
}

/// What becomes of the one beside `from` where its package goes to `to`, and dex files of it have other checksums now: the old one
/// and the new one each. Nothing where there is none, or where it stays as it is where it is.
pub(in crate::pipeline) fn renewed(
    from: &Path,
    to: &Path,
    changed: &[(u32, u32)],
) -> Result<Option<(PathBuf, Renewed)>, FileError> {
    let (Some(own), Some(target)) = (path(from), path(to)) else { return Ok(None) };
    let here = same_file(from, to);
    if here && changed.is_empty() {
        return Ok(None);
    }
    let content = match file::read(&own, limits::DEX_METADATA_BYTES) {
        Err(error) if is_absent(&error.source) => return Ok(None),
        read => read?,
    };
    let copied = || (!here).then(|| Renewed::Content(content.to_vec()));
    Ok(renewed_content(&content, changed).or_else(copied).map(|renewed| (target, renewed)))
}

/// What becomes of this content; nothing where it stays.
pub(in crate::pipeline) fn renewed_content(content: &[u8], changed: &[(u32, u32)]) -> Option<Renewed> {
    if changed.is_empty() {
        return None;
    }
    match with_checksums(content, changed) {
        None => Some(Renewed::Stale),
        Some(None) => None,
        Some(Some(new)) => Some(Renewed::Content(new)),
    }
}

/// The content with the new checksums, `Some(None)` where it has none of the old ones; `None` where its form is not known.
#[expect(clippy::option_option, reason = "unknown, unchanged and changed are three answers")]
fn with_checksums(content: &[u8], changed: &[(u32, u32)]) -> Option<Option<Vec<u8>>> {
    let archive = Archive::open(content).ok()?;
    if archive.find(COMPILED.as_bytes()).is_some() {
        return None;
    }
    let index = archive.find(PROFILE.as_bytes())?;
    let old = archive.read(index).ok()?;
    let new = art_profile::with_checksums(&old, changed)?;
    if new == old {
        return Some(None);
    }
    let changes = [(index, Change::Replace(new))].into_iter().collect();
    archive.rewritten(&Rewrite { changes, ..Rewrite::default() }).ok().map(Some)
}

/// What a person is told of one that is left out.
pub(in crate::pipeline) fn left_out(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!(
        "{name} is left out: it is about the code before the change, in a form that is not known here, and Android would not \
         use it"
    )
}
