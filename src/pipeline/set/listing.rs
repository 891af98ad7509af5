//! `manifest.json` of an archive in the form of `APKPure` (`.xapk`): what it says of its packages, their size together and their digests,
//! follows them.
//!
//! Must not: change anything else of it.

use crate::format::hex;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::format::json::{self, Value};
use crate::format::limits;
use crate::format::read_at::ReadAt;
use crate::format::zip::{Archive, Entry};
use crate::host::file::FileError;
use crate::pipeline::ArtifactFile;
use crate::pipeline::fault::Cause;

use super::member::is_package;

/// The entry.
pub(super) const NAME: &str = "manifest.json";
/// Bytes of all packages together, by its own pointer.
const TOTAL: &str = "/total_size";
/// Digits of the digests that are known: MD5, SHA-1, SHA-256.
const DIGITS: [usize; 3] = [32, 40, 64];

/// A package that changed.
pub(super) struct Sizes<'s> {
    pub(super) old: &'s ArtifactFile,
    pub(super) new: ArtifactFile,
}

/// What becomes of it.
pub(super) struct Listing {
    /// Its content, where it changes.
    pub(super) content: Option<Vec<u8>>,
    /// What is not understood and stays as it is.
    pub(super) unclear: Option<String>,
}

/// The listing, an entry of the archive, after these packages changed.
pub(super) fn renewed<S: ReadAt + ?Sized>(
    archive: &Archive<'_, S>,
    entry: usize,
    changed: &[Sizes<'_>],
) -> Result<Listing, Cause> {
    let size = archive.entries().get(entry).map_or(0, Entry::uncompressed_size);
    if size > limits::NESTED_BYTES {
        let most = limits::NESTED_BYTES / (1024 * 1024);
        let unclear = Some(format!("it is larger than {most} MiB, so it is not read, and stays as it is"));
        return Ok(Listing { content: None, unclear });
    }
    let content = &archive.read(entry)?;
    let mut new = content.clone();
    for (old, now) in digests(content, changed)? {
        replace(&mut new, &old, &now);
    }
    let unclear = match json::get(content, TOTAL) {
        Err(_) => Some("it is no JSON, so it stays as it is".to_owned()),
        Ok(found) => match found.as_slice() {
            [] => None,
            [Value::String(text) | Value::Literal(text)] => match text.parse() {
                Ok(said) => total(&mut new, said, archive, changed),
                Err(_) => Some("its total_size is no whole number, so it stays as it is".to_owned()),
            },
            _ => Some("its total_size is no number, or stands twice, so it stays as it is".to_owned()),
        },
    };
    Ok(Listing { content: Some(new).filter(|new| new != content), unclear })
}

/// Renews the size of all packages together; why it stays, where it is another one.
fn total<S: ReadAt + ?Sized>(
    content: &mut Vec<u8>,
    said: u64,
    archive: &Archive<'_, S>,
    changed: &[Sizes<'_>],
) -> Option<String> {
    let size = |changed: &Sizes<'_>| (changed.old.size(), changed.new.size());
    let (before, after) = changed.iter().map(size).fold((0, 0), |all, (old, new)| (all.0 + old, all.1 + new));
    let sum = |wanted: fn(&str) -> bool| -> u64 {
        let entries = archive.entries().iter().filter(|entry| wanted(&entry.display_name()));
        entries.map(Entry::uncompressed_size).sum()
    };
    let packages = sum(is_package);
    let known = [packages, sum(|name| is_package(name) || has_ending(name, "obb")), sum(|name| name != NAME)];
    if !known.contains(&said) {
        return Some(format!(
            "its total_size is {said}, which its packages have not together ({packages}), so it stays as it is"
        ));
    }
    let total = said.saturating_sub(before) + after;
    if let Ok(new) = json::set(content, TOTAL, &total.to_string(), false) {
        *content = new;
    }
    None
}

fn has_ending(name: &str, ending: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, own)| own.eq_ignore_ascii_case(ending))
}

/// The digests of packages that the listing holds, in its case, each with the new one. Nothing is hashed where it holds none of any
/// file.
fn digests(content: &[u8], changed: &[Sizes<'_>]) -> Result<Vec<(String, String)>, Cause> {
    let mut there = Vec::new();
    for word in content.split(|byte| !byte.is_ascii_hexdigit()) {
        if DIGITS.contains(&word.len()) {
            there.extend(std::str::from_utf8(word).map(str::to_owned));
        }
    }
    if there.is_empty() {
        return Ok(Vec::new());
    }
    let mut pairs = Vec::new();
    for package in changed {
        for (old, new) in all(package.old)?.into_iter().zip(all(&package.new)?) {
            if let Some(said) = there.iter().find(|said| said.eq_ignore_ascii_case(&old)) {
                let upper = said.bytes().any(|byte| byte.is_ascii_uppercase());
                pairs.push((said.clone(), if upper { new.to_ascii_uppercase() } else { new }));
            }
        }
    }
    Ok(pairs)
}

/// The digests of a file, in hexadecimal, in the order of [`DIGITS`].
fn all(file: &ArtifactFile) -> Result<[String; 3], Cause> {
    let (mut md5, mut sha1, mut sha256) = (Md5::new(), Sha1::new(), Sha256::new());
    file.stream::<FileError>(|piece| {
        md5.update(piece);
        sha1.update(piece);
        sha256.update(piece);
        Ok(())
    })?;
    Ok([hex::lower(md5.finalize()), hex::lower(sha1.finalize()), hex::lower(sha256.finalize())])
}

/// Puts a text of the same length in the place of another one, wherever that is.
fn replace(content: &mut [u8], old: &str, new: &str) {
    let mut at = 0;
    while let Some(found) =
        content.get(at..).and_then(|rest| rest.windows(old.len()).position(|word| word == old.as_bytes()))
    {
        let range = at + found..at + found + old.len();
        if let Some(word) = content.get_mut(range.clone()) {
            word.copy_from_slice(new.as_bytes());
        }
        at = range.end;
    }
}
