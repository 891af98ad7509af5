//! What was copied from the original into the output: compared by samples, so that what was read of the original in this
//! run holds for the output; and the new ends of executables, read from the output.
//!
//! Must not: take the writer's word for where anything lies; the output's own directory says it.

use std::sync::Arc;

use super::error::WORDS;
use crate::artifact::apple::{Facts, Known, Tail};
use crate::format::read_at::ReadAt;
use crate::format::zip::{Archive, Cut, Entry, ZipError};
use crate::pipeline::ArtifactFile;
use crate::pipeline::fault::Cause;
use crate::pipeline::refusal::Refusal;
use crate::verify::{Code, Finding};

/// Bytes compared at a time.
const STEP: usize = 64 * 1024;
/// One piece of so many is compared; the first and the last of an entry's data by chance only.
const SAMPLE: u64 = 16;

/// How an executable kept its beginning.
pub(super) enum Kept {
    /// Its data up to a place in its deflate stream.
    Deflated(Cut, Arc<Tail>),
    /// Its content up to the tail.
    Stored(Arc<Tail>),
}

/// Compares entries of the original with those of the output. `kept` says how much of an entry's data is the same: none,
/// some, or (more than there is) all of it; `None` of one that is to be gone.
pub(super) fn check(
    original: &Archive<'_, ArtifactFile>,
    output: &Archive<'_, ArtifactFile>,
    kept: impl Fn(usize) -> Option<u64>,
) -> Result<(), Cause> {
    let (mut buffers, mut piece) = ([vec![0; STEP], vec![0; STEP]], 0);
    for (index, old) in original.entries().iter().enumerate() {
        let Some(kept) = kept(index) else {
            match output.find(old.name()) {
                Some(_) => return Err(wrong(old, "it is still in the output")),
                None => continue,
            }
        };
        let Some(new) = output.find(old.name()).and_then(|index| output.entries().get(index)) else {
            return Err(wrong(old, "it is in the original and not in the output"));
        };
        let whole = kept == u64::MAX;
        let says = |entry: &Entry| {
            (entry.method(), entry.crc(), entry.compressed_size(), entry.uncompressed_size(), entry.unix_mode())
        };
        if whole && says(old) != says(new) || kept > 0 && old.method() != new.method() {
            return Err(wrong(old, "the directories of original and output say different things of it"));
        }
        let len = kept.min(old.compressed_size());
        if len > new.compressed_size() {
            return Err(wrong(old, "less of it is in the output than was kept"));
        }
        for at in (0..len).step_by(STEP) {
            piece += 1;
            if !u64::is_multiple_of(piece, SAMPLE) {
                continue;
            }
            let size = usize::try_from(len - at).unwrap_or(STEP).min(STEP);
            let [first, second] = &mut buffers;
            let (first, second) =
                (first.get_mut(..size).unwrap_or_default(), second.get_mut(..size).unwrap_or_default());
            read(original, first, old.data_offset() + at)?;
            read(output, second, new.data_offset() + at)?;
            if first != second {
                return Err(wrong(old, "it is not what the original holds"));
            }
        }
    }
    Ok(())
}

/// What is known of an executable in the output: its beginning is the original's, its end is read.
pub(super) fn end(
    output: &Archive<'_, ArtifactFile>,
    original: &Archive<'_, ArtifactFile>,
    index: usize,
    kept: &Kept,
    known: &Known,
    path: &str,
) -> Result<Facts, Cause> {
    let old = &original.entries()[index];
    let Some(new) = output.find(old.name()).and_then(|index| output.entries().get(index)) else {
        return Err(wrong(old, "it is in the original and not in the output"));
    };
    let (from, tail) = match kept {
        Kept::Deflated(cut, tail) => (cut.kept(), tail),
        Kept::Stored(tail) => (tail.from, tail),
    };
    let start = new.data_offset() + from;
    let len = new.data_range().end.checked_sub(start).and_then(|len| usize::try_from(len).ok());
    let mut content = vec![0; len.ok_or_else(|| wrong(old, "it ends before what was kept"))?];
    read(output, &mut content, start)?;
    if let Kept::Deflated(cut, tail) = kept {
        let inflated = cut.inflate(&content, tail.bytes.len());
        content = inflated.ok_or_else(|| wrong(old, "what follows the part that was kept does not inflate"))?;
    }
    let mut crc = crc32fast::Hasher::new_with_initial_len(tail.crc, tail.from);
    crc.update(&content);
    if crc.finalize() != new.crc() || tail.from + content.len() as u64 != new.uncompressed_size() {
        return Err(wrong(old, "its size or CRC-32 is not what the output's directory says"));
    }
    // The tail may have been read a second time, so it is that of the change and not the one that is known.
    let facts = known.get(path).map(|facts| Facts { tail: Some(Arc::clone(tail)), ..facts.clone() });
    let facts = facts.and_then(|facts| facts.with_end(&content));
    facts.ok_or_else(|| wrong(old, "more than its signature changed"))
}

fn read(archive: &Archive<'_, ArtifactFile>, to: &mut [u8], at: u64) -> Result<(), Cause> {
    let len = to.len() as u64;
    let read = archive.source().read_exact_at(to, at);
    read.map_err(|source| ZipError::Read { offset: at, len, source }.into())
}

fn wrong(entry: &Entry, problem: &str) -> Cause {
    let findings = vec![Finding::new(Code::ZipCopy, entry.display_name(), problem)];
    Refusal::Unsound { words: &WORDS, findings }.into()
}
