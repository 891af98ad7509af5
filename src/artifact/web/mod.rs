//! What other files of a site say of a file that changes, kept in step with it, in this order because each of them is a file
//! that changes too:
//!
//! 1. source maps: columns behind a value, and the old value in the sources they carry (`map`);
//! 2. subresource integrity and MD5: digests in pages and in scripts (`integrity`, `escaped`);
//! 3. the lists of Workbox's service workers (`precache`);
//! 4. the table of hashes of Angular's, `ngsw.json` (`worker`);
//! 5. compressed copies beside a file (`copies`).
//!
//! `located` finds the file that a URL means.
//!
//! Must not: change a file because of anything but a place.

mod copies;
mod escaped;
mod integrity;
mod located;
mod map;
mod precache;
mod worker;

use std::collections::{BTreeMap, BTreeSet};

use zeroize::Zeroizing;

use super::files::{Changes, Files, FilesError, ReadError};
use crate::format::compressed::CompressedError;
use crate::format::limits;

/// Why files cannot be kept in step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebError {
    /// A file.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// A compressed copy.
    #[error("{file}: {source}")]
    Copy {
        /// The copy.
        file: String,
        /// Why.
        source: CompressedError,
    },
    /// Looking for digests.
    #[error("cannot look for digests: {0}")]
    Search(#[from] aho_corasick::BuildError),
    /// A copy that cannot be made again.
    #[error("{copy} is a compressed copy of {file}, which changes, and copies of its kind cannot be made here")]
    Unmakeable {
        /// The copy.
        copy: String,
        /// The file.
        file: String,
    },
}

/// A file with places, and the values that stood there before: those that a source map may repeat.
pub type Old = BTreeMap<String, Vec<(Zeroizing<String>, Zeroizing<String>)>>;

/// Adds to `changes` what has to change with them. `places` are the files with places, whether they change or not: what
/// belongs to them must fit them as they are afterwards. Returns what a person must not miss.
pub fn keep_in_step(files: &dyn Files, places: &Old, changes: &mut Changes) -> Result<Vec<String>, WebError> {
    let mut site = Site { files, changes, warnings: Vec::new() };
    for (file, values) in places {
        map::keep(&mut site, file, values)?;
    }
    integrity::keep(&mut site)?;
    precache::keep(&mut site)?;
    let touched: BTreeSet<String> = places.keys().chain(site.changes.contents.keys()).cloned().collect();
    worker::keep(&mut site, &touched)?;
    let touched: BTreeSet<String> = places.keys().chain(site.changes.contents.keys()).cloned().collect();
    copies::keep(&mut site, &touched)?;
    Ok(site.warnings)
}

/// The files as they were and as they will be.
struct Site<'s> {
    files: &'s dyn Files,
    changes: &'s mut Changes,
    warnings: Vec<String>,
}

impl Site<'_> {
    /// A file as it lies there.
    fn before(&self, name: &str) -> Result<Option<Vec<u8>>, WebError> {
        let read = self.files.read(name, limits::ENTRY_BYTES);
        Ok(read.map_err(|source: ReadError| FilesError::Read { file: name.to_owned(), source })?)
    }

    /// A file as it will be.
    fn after(&self, name: &str) -> Result<Option<Vec<u8>>, WebError> {
        match self.changes.contents.get(name) {
            Some(content) => Ok(Some(content.clone())),
            None => self.before(name),
        }
    }

    fn set(&mut self, name: &str, content: Vec<u8>) {
        self.changes.contents.insert(name.to_owned(), content);
    }

    fn warn(&mut self, text: String) {
        self.warnings.push(text);
    }
}

/// The last part of a name after its last dot, in lower case.
fn extension(name: &str) -> String {
    let file = name.rsplit('/').next().unwrap_or_default();
    file.rsplit_once('.').map_or_else(String::new, |(_, extension)| extension.to_ascii_lowercase())
}
