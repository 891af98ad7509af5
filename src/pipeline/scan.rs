//! Known values in files of any kind, and files that hold credentials of GAM: below folders, and among what git is about to
//! commit.
//!
//! Must not: read a file whole, but for what is packed in it.

use std::io;
use std::path::{Path, PathBuf};

use super::source::ArtifactFile;
use crate::host::git;
use crate::host::transaction;
use crate::verify::exposed::Exposed;
use crate::verify::leak::Hunt;
use crate::verify::{Code, Report, Severity};

/// How much was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scanned {
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What runs that were killed left in folders, and what happens to it.
    pub cut_off: Vec<String>,
}

/// What cannot be looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScanError {
    /// A path that is given is not there.
    #[error("{path}: {source}")]
    Path {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// git does not answer.
    #[error("what is staged in {folder}: {source}")]
    Git {
        /// Where.
        folder: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Looks through a file, or every file below a folder but those of git itself. Links are not followed. A file that cannot be
/// read is a finding, and so is one of GeneXus' that holds credentials of GAM, known ones or not.
pub fn path(hunt: &mut Hunt<'_>, report: &mut Report, path: &Path) -> Result<Scanned, ScanError> {
    let failed = |source| ScanError::Path { path: path.to_owned(), source };
    let mut scanned = Scanned::default();
    if !std::fs::metadata(path).map_err(failed)?.is_dir() {
        one(hunt, report, path, &mut scanned);
        return Ok(scanned);
    }
    let walk = walkdir::WalkDir::new(path).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|entry| entry.file_name() != ".git") {
        match entry {
            Ok(entry) if entry.file_type().is_file() => {
                let folder = entry.path().parent().filter(|_| entry.file_name() == transaction::JOURNAL);
                // One that cannot be understood is told by whoever works on that folder.
                let left =
                    folder.and_then(|folder| transaction::pending(folder, &[transaction::JOURNAL.to_owned()]).ok()?);
                scanned.cut_off.extend(left);
                one(hunt, report, entry.path(), &mut scanned);
            }
            Ok(_) => {}
            Err(error) => {
                let place = error.path().map_or_else(|| path.display().to_string(), |path| path.display().to_string());
                report.add(Code::LeakUnreadable, place, error.to_string());
            }
        }
    }
    Ok(scanned)
}

fn one(hunt: &mut Hunt<'_>, report: &mut Report, path: &Path, scanned: &mut Scanned) {
    let place = path.display().to_string();
    match ArtifactFile::open(path) {
        Ok(file) => {
            scanned.files += 1;
            scanned.bytes += file.file().size();
            hunt.file(report, &place, &file);
            Exposed::new(Severity::Warning).file(report, &place, &file);
        }
        Err(error) => report.add(Code::LeakUnreadable, place, error.to_string()),
    }
}

/// Looks through what the next commit of the repository around `folder` would add or change, names included.
pub fn staged(hunt: &mut Hunt<'_>, report: &mut Report, folder: &Path) -> Result<Scanned, ScanError> {
    let failed = |source| ScanError::Git { folder: folder.to_owned(), source };
    let mut scanned = Scanned::default();
    for file in git::staged(folder).map_err(failed)? {
        let content = git::content(folder, &file).map_err(failed)?;
        scanned.files += 1;
        scanned.bytes += content.len() as u64;
        hunt.content(report, &format!("the name of {}", file.path), file.path.as_bytes());
        hunt.file(report, &file.path, content.as_slice());
        // Client Ids are not committed either.
        Exposed::new(Severity::Error).file(report, &file.path, content.as_slice());
    }
    Ok(scanned)
}
