//! Writing a laid-out archive: ranges of the original and new bytes, hashed while they pass by.
//!
//! Two small buffers are all the memory it takes, whatever the archive's size.
//!
//! Must not: decide what is written.

use std::io;
use std::ops::Range;

use crate::format::read_at::ReadAt;
use crate::format::zip::{Layout, Segment};
use crate::host::file::FileError;
use crate::host::replacement::Replacement;
use crate::pipeline::source::ArtifactFile;
use crate::sign::android::{CHUNK, ContentHasher};

/// Bytes copied at a time: what is read is still in the processor's cache when it is hashed and written. Whole pages, and a
/// part of a chunk.
const STEP: usize = 128 * 1024;

/// A range of the original that was copied before, and where to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Copied {
    pub(super) from: u64,
    pub(super) at: u64,
    pub(super) len: u64,
}

/// Copies a range before anything else is written; `None` as soon as it is not wanted any more.
pub(super) fn copy(
    source: &ArtifactFile,
    copied: &Copied,
    to: &mut Replacement,
    unwanted: &dyn Fn() -> bool,
) -> Result<Option<()>, FileError> {
    to.go_to(copied.at)?;
    let mut buffer = vec![0; STEP];
    let mut at = 0;
    while at < copied.len {
        if unwanted() {
            return Ok(None);
        }
        let part = buffer.get_mut(..step(copied.at + at, copied.len - at)).unwrap_or_default();
        read(source, part, copied.from + at)?;
        to.write_all(part)?;
        at += part.len() as u64;
    }
    Ok(Some(()))
}

/// Writes the payload and `padding` zero bytes behind it; feeds `hasher`. The ranges of what was written that were not
/// copied from the original. `spool` is the file of what was spooled. What was `copied` before is kept where it lies where it
/// belongs, unless it has to be hashed.
pub(super) fn write_payload(
    (source, spool): (&ArtifactFile, Option<&ArtifactFile>),
    layout: &Layout,
    padding: u64,
    to: &mut Replacement,
    hasher: Option<&mut ContentHasher>,
    copied: &[Copied],
) -> Result<Vec<Range<u64>>, FileError> {
    to.go_to(0)?;
    let mut writer = Writer { to, hasher, copied, buffers: [vec![0; STEP], vec![0; STEP]], at: 0 };
    let mut fresh = Vec::new();
    for segment in &layout.segments {
        match segment {
            Segment::Original(range) => writer.copy(source, range.clone())?,
            Segment::Spooled(range) => {
                let missing = || io::Error::other("nothing was spooled for it");
                let spool = spool.ok_or_else(missing).map_err(FileError::on("read", source.file().path()))?;
                fresh.push(writer.at..writer.at + (range.end - range.start));
                writer.pour(spool, range.clone())?;
            }
            Segment::Bytes(bytes) => {
                fresh.push(writer.at..writer.at + bytes.len() as u64);
                writer.put(bytes)?;
            }
        }
    }
    fresh.push(writer.at..writer.at + padding);
    writer.put(&vec![0; usize::try_from(padding).unwrap_or(0)])?;
    Ok(fresh)
}

/// Bytes of the next step at a place of the output, of those that are left. It ends with a page, because pages that are written
/// whole take a sixth less time; and with a chunk of the content digest, so that two whole ones can follow.
fn step(at: u64, left: u64) -> usize {
    usize::try_from(left.min(STEP as u64 - at % STEP as u64)).unwrap_or(STEP)
}

struct Writer<'a> {
    to: &'a mut Replacement,
    hasher: Option<&'a mut ContentHasher>,
    copied: &'a [Copied],
    buffers: [Vec<u8>; 2],
    /// Bytes written so far.
    at: u64,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        if let Some(hasher) = self.hasher.as_deref_mut() {
            hasher.update(bytes);
        }
        self.to.write_all(bytes)?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn copy(&mut self, source: &ArtifactFile, mut range: Range<u64>) -> Result<(), FileError> {
        let there = |copied: &&Copied| {
            let within = range.start.checked_sub(copied.from).filter(|within| *within < copied.len);
            within.is_some_and(|within| copied.at + within == self.at)
        };
        if let Some(copied) = self.copied.iter().find(there).filter(|_| self.hasher.is_none()) {
            let len = (copied.from + copied.len).min(range.end) - range.start;
            self.to.skip(len)?;
            (self.at, range.start) = (self.at + len, range.start + len);
        }
        self.pour(source, range)
    }

    fn pour(&mut self, source: &ArtifactFile, mut range: Range<u64>) -> Result<(), FileError> {
        while range.start < range.end {
            let left = range.end - range.start;
            if left >= 2 * CHUNK && self.copy_two_chunks(source, range.start)? {
                range.start += 2 * CHUNK;
                continue;
            }
            let mut buffer = std::mem::take(&mut self.buffers[0]);
            let part = buffer.get_mut(..step(self.at, left)).unwrap_or_default();
            read(source, part, range.start)?;
            self.put(part)?;
            range.start += part.len() as u64;
            self.buffers[0] = buffer;
        }
        Ok(())
    }

    /// Copies two chunks of the content digest, hashing both at once; says whether they could be.
    fn copy_two_chunks(&mut self, source: &ArtifactFile, from: u64) -> Result<bool, FileError> {
        let Some(mut two) = self.hasher.as_deref_mut().and_then(ContentHasher::two_chunks) else { return Ok(false) };
        let [first, second] = &mut self.buffers;
        for step in 0..CHUNK / STEP as u64 {
            let offset = step * STEP as u64;
            read(source, first, from + offset)?;
            read(source, second, from + CHUNK + offset)?;
            two.update([first, second]);
            self.to.write_two(first, second, CHUNK)?;
        }
        two.end();
        self.to.skip(CHUNK)?;
        self.at += 2 * CHUNK;
        Ok(true)
    }
}

fn read(source: &ArtifactFile, part: &mut [u8], at: u64) -> Result<(), FileError> {
    source.read_exact_at(part, at).map_err(FileError::on("read", source.file().path()))
}
