//! Values become new contents of files, archives around them written again.
//!
//! Must not: write a file, or touch an entry that nobody asked for.

use std::collections::BTreeMap;

use super::{FileSet, FilesError, ReadError, Spot};
use crate::artifact::document::{self, DocumentError, Edit};
use crate::format::apk_signing_block::SigningBlock;
use crate::format::compressed::Encoding;
use crate::format::limits;
use crate::format::zip::{Archive, Change, METHOD_DEFLATED, NewEntry, Rewrite, Rules};
use crate::placement::Locator;

/// New contents, by name.
#[derive(Default)]
pub struct Changes {
    /// Files that change, and files that are made.
    pub contents: BTreeMap<String, Vec<u8>>,
}

impl std::fmt::Debug for Changes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Contents hold secrets.
        f.debug_struct("Changes").field("contents", &self.contents.keys()).finish()
    }
}

impl Changes {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.contents.is_empty()
    }
}

/// A value, and what leads to its file from here.
#[derive(Clone, Copy)]
struct Step<'v> {
    spot: &'v Spot,
    value: &'v str,
    rest: &'v [String],
}

impl FileSet<'_> {
    /// The contents with every value in its spot; files that come out as they were are left out.
    pub fn change<'v>(&self, values: impl IntoIterator<Item = (&'v Spot, &'v str)>) -> Result<Changes, FilesError> {
        let values: Vec<(&Spot, &str)> = values.into_iter().collect();
        check_conflicts(&values)?;
        let steps = values.into_iter().map(|(spot, value)| Step { spot, value, rest: &spot.path });
        let mut changes = Changes::default();
        for (name, steps) in by_first(steps) {
            let old = self.files.read(name, limits::ENTRY_BYTES);
            let old = old.map_err(|source| FilesError::Read { file: name.to_owned(), source })?;
            let new = edited(&[name], old.as_deref(), &steps)?;
            if old.as_ref() != Some(&new) {
                if let Some(old) = &old {
                    changes.contents.extend(self.copies(name, old, &new)?);
                }
                changes.contents.insert(name.to_owned(), new);
            }
        }
        Ok(changes)
    }

    /// Compressed copies beside a file that hold just what it held: an app may read these instead.
    fn copies(&self, name: &str, old: &[u8], new: &[u8]) -> Result<Vec<(String, Vec<u8>)>, FilesError> {
        let mut copies = Vec::new();
        for encoding in Encoding::ALL {
            let copy = format!("{name}{}", encoding.extension());
            let packed = self.files.read(&copy, limits::ENTRY_BYTES);
            let packed = packed.map_err(|source| FilesError::Read { file: copy.clone(), source })?;
            let Some(packed) = packed else { continue };
            // What is something else, or damaged, is no copy.
            if encoding.decode(&packed, limits::ENTRY_BYTES).is_ok_and(|content| content == old) {
                let renewed = encoding.encode(new, &packed);
                let renewed = renewed.map_err(|source| FilesError::Copy { file: copy.clone(), source })?;
                copies.push((copy, renewed));
            }
        }
        Ok(copies)
    }
}

/// The steps below each name.
fn by_first<'v>(steps: impl IntoIterator<Item = Step<'v>>) -> BTreeMap<&'v str, Vec<Step<'v>>> {
    let mut names: BTreeMap<&str, Vec<Step<'v>>> = BTreeMap::new();
    for step in steps {
        if let Some((first, rest)) = step.rest.split_first() {
            names.entry(first).or_default().push(Step { rest, ..step });
        }
    }
    names
}

/// A file with all edits of it: those of the file itself, then those of the entries in it.
fn edited(path: &[&str], old: Option<&[u8]>, steps: &[Step<'_>]) -> Result<Vec<u8>, FilesError> {
    let file = || path.join("!/");
    let edits: Vec<Edit<'_>> = steps
        .iter()
        .filter(|step| step.rest.is_empty())
        .map(|step| Edit { locator: &step.spot.locator, value: step.value, create: step.spot.missing })
        .collect();
    let content = match old {
        _ if edits.is_empty() => old.unwrap_or_default().to_vec(),
        Some(old) => document::edit(old, &edits).map_err(|source| FilesError::Document { file: file(), source })?,
        None => made(&edits).map_err(|source| FilesError::Document { file: file(), source })?,
    };
    let inner = by_first(steps.iter().copied());
    if inner.is_empty() {
        return Ok(content);
    }
    let nested = |source| FilesError::Nested { file: file(), source };
    let archive = Archive::open_by(content.as_slice(), Rules::Common).map_err(nested)?;
    let mut rewrite = Rewrite::default();
    for (name, steps) in inner {
        let path: Vec<&str> = path.iter().copied().chain([name]).collect();
        let old = super::Files::read(&archive, name, limits::NESTED_BYTES);
        let old = old.map_err(|source: ReadError| FilesError::Read { file: path.join("!/"), source })?;
        let new = edited(&path, old.as_deref(), &steps)?;
        match archive.find(name.as_bytes()) {
            Some(_) if old.as_ref() == Some(&new) => {}
            Some(index) => {
                rewrite.changes.insert(index, Change::Replace(new));
            }
            None => {
                rewrite.added.push(NewEntry { name: name.into(), content: new, method: METHOD_DEFLATED });
            }
        }
    }
    if rewrite.is_empty() {
        return Ok(content);
    }
    if let Some(signature) = signature_in(&archive) {
        return Err(FilesError::Signed { file: file(), signature });
    }
    rewrite.headers = Some(Rules::Common);
    archive.rewritten(&rewrite).map_err(nested)
}

/// What shows that an archive is signed as a whole, so that a change in it would break that: a JAR signature, an APK
/// Signing Block, or the seal of an iOS app.
fn signature_in(archive: &Archive<'_, [u8]>) -> Option<String> {
    if let Ok(Some(_)) = SigningBlock::find(archive.source(), archive.directory_offset()) {
        return Some("an APK Signing Block".to_owned());
    }
    let signs = |name: &str| {
        let jar = name.strip_prefix("META-INF/").filter(|rest| !rest.contains('/'));
        let ending = jar.and_then(|rest| rest.rsplit_once('.')).map(|(_, ending)| ending.to_ascii_uppercase());
        matches!(ending.as_deref(), Some("SF" | "RSA" | "DSA" | "EC")) || name.ends_with("_CodeSignature/CodeResources")
    };
    let mut names = archive.entries().iter().filter_map(|entry| std::str::from_utf8(entry.name()).ok());
    names.find(|name| signs(name)).map(str::to_owned)
}

/// A file that is made for the first of its places, with the others in it.
fn made(edits: &[Edit<'_>]) -> Result<Vec<u8>, DocumentError> {
    let Some((first, others)) = edits.split_first() else { return Ok(Vec::new()) };
    // Planning refuses what cannot be made; this is for a file that went away since.
    let new = document::create(first.locator, first.value).ok_or(DocumentError::Gone)?;
    document::edit(&new, others)
}

fn check_conflicts(values: &[(&Spot, &str)]) -> Result<(), FilesError> {
    let mut seen: BTreeMap<(&[String], &Locator), (&Spot, &str)> = BTreeMap::new();
    for &(spot, value) in values {
        let (first, other) = seen.entry((&spot.path, &spot.locator)).or_insert((spot, value));
        if *other != value {
            return Err(FilesError::Conflict {
                file: spot.file(),
                first: Box::new(first.address.clone()),
                second: Box::new(spot.address.clone()),
            });
        }
    }
    Ok(())
}
