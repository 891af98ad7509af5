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

/// Writes the payload and `padding` zero bytes behind it; feeds `hasher`. The ranges of what was written that were not
/// copied from the original. `spool` is the file of what was spooled.
pub(super) fn write_payload(
    (source, spool): (&ArtifactFile, Option<&ArtifactFile>),
    layout: &Layout,
    padding: u64,
    to: &mut Replacement,
    hasher: Option<&mut ContentHasher>,
) -> Result<Vec<Range<u64>>, FileError> {
    let mut writer = Writer { to, hasher, buffers: [vec![0; STEP], vec![0; STEP]], at: 0 };
    let mut fresh = Vec::new();
    for segment in &layout.segments {
        match segment {
            Segment::Original(range) => writer.pour(source, range.clone())?,
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
