//! Judges a package that was made of another one by changing pairs of its APK Signing Block, before it takes its place.
//!
//! The signatures hold as signatures, and are those of the original. All that they cover is the original's: the block begins where
//! it did, the central directory and the end record but for the directory's offset are compared byte for byte, and so is every
//! other pair. Of what lies in front of the block a sample is compared, for the system copied it; it is not hashed, so this says
//! nothing of whether it was what was signed. [`package`](super::package) does.
//!
//! Must not: judge a package for anything but having been made so.

use std::collections::BTreeSet;
use std::io;

use super::{Options, signatures};
use crate::format::apk_signing_block::{SigningBlock, id, pair_name};
use crate::format::read_at::ReadAt;
use crate::format::zip::Archive;
use crate::verify::code::Code;
use crate::verify::report::Report;

/// Parts of the copy that are compared, spread over all of it with its first and its last byte.
const PARTS: u64 = 16;
/// Bytes of each.
const PART: u64 = 64 * 1024;

/// Judges what was made of `original`, where only pairs of these IDs may differ and `before` is what was said of the original.
pub fn kept<S: ReadAt + ?Sized, O: ReadAt + ?Sized>(
    archive: &Archive<'_, S>,
    original: &Archive<'_, O>,
    (ids, before): (&BTreeSet<u32>, &Report),
    options: &Options<'_>,
) -> Report {
    let mut report = signatures(archive, options);
    let wrong = compare(archive, original, ids).unwrap_or_else(|error| vec![("the package", error.to_string())]);
    for (place, problem) in wrong {
        report.add(Code::ZipCopy, place, problem);
    }
    if report.signatures != before.signatures {
        report.add(Code::ZipCopy, "the signature", "it is not the original's; run again");
    }
    report
}

/// What is not as it was.
fn compare<S: ReadAt + ?Sized, O: ReadAt + ?Sized>(
    archive: &Archive<'_, S>,
    original: &Archive<'_, O>,
    ids: &BTreeSet<u32>,
) -> io::Result<Vec<(&'static str, String)>> {
    let (new, old) = (archive.source(), original.source());
    let block = |found: Result<Option<SigningBlock>, _>| {
        found.map_err(io::Error::other)?.ok_or_else(|| io::Error::other("there is no APK Signing Block; run again"))
    };
    let new_block = block(SigningBlock::find(new, archive.directory_offset()))?;
    let old_block = block(SigningBlock::find(old, original.directory_offset()))?;
    let mut wrong = Vec::new();
    let (start, expected) = (new_block.range().start, old_block.range().start);
    if start != expected {
        wrong.push(("APK Signing Block", format!("it begins at {start:#x}, expected {expected:#x}; run again")));
        return Ok(wrong);
    }
    let stays = |block: &SigningBlock| -> Vec<(u32, Vec<u8>)> {
        let others = block.pairs().filter(|(id, _)| *id != id::PADDING && !ids.contains(id));
        others.map(|(id, value)| (id, value.to_vec())).collect()
    };
    let (are, were) = (stays(&new_block), stays(&old_block));
    if are != were {
        let names =
            |pairs: &[(u32, Vec<u8>)]| pairs.iter().map(|(id, _)| pair_name(*id)).collect::<Vec<_>>().join(", ");
        let problem =
            format!("other pairs are not as they were: {}, expected {}; run again", names(&are), names(&were));
        wrong.push(("APK Signing Block", problem));
    }
    if archive.directory() != original.directory() {
        wrong.push(("the central directory", "it is not the original's; run again".to_owned()));
    }
    if end_record(archive)? != end_record(original)? {
        wrong.push(("the end of central directory record", "more of it changed than the offset; run again".to_owned()));
    }
    if let Some(at) = first_difference(new, old, start)? {
        wrong.push(("the entries", format!("they differ from the original's from {at:#x} on; run again")));
    }
    Ok(wrong)
}

/// The end record without the offset of the directory (APPNOTE 4.3.16).
fn end_record<S: ReadAt + ?Sized>(archive: &Archive<'_, S>) -> io::Result<Vec<u8>> {
    let (source, offset) = (archive.source(), archive.eocd().offset());
    let mut record = vec![0; usize::try_from(source.size() - offset).unwrap_or(0)];
    source.read_exact_at(&mut record, offset)?;
    if let Some(offset) = record.get_mut(16..20) {
        offset.fill(0);
    }
    Ok(record)
}

/// Where a part begins in which two sources differ, of those that are compared.
fn first_difference<S: ReadAt + ?Sized, O: ReadAt + ?Sized>(new: &S, old: &O, end: u64) -> io::Result<Option<u64>> {
    let len = PART.min(end);
    let [mut one, mut two] = [(); 2].map(|()| vec![0; usize::try_from(len).unwrap_or(0)]);
    for part in 0..PARTS {
        let at = (end - len) / (PARTS - 1) * part;
        let at = if part + 1 == PARTS { end - len } else { at };
        new.read_exact_at(&mut one, at)?;
        old.read_exact_at(&mut two, at)?;
        if one != two {
            return Ok(Some(at));
        }
    }
    Ok(None)
}
