//! Writing a laid-out archive: ranges of the original and new bytes, hashed while they pass by.
//!
//! One buffer is all the memory it takes, whatever the archive's size.
//!
//! Must not: decide what is written.

use std::ops::Range;

use crate::format::read_at::ReadAt;
use crate::format::zip::{Layout, Segment};
use crate::host::file::FileError;
use crate::host::replacement::Replacement;
use crate::pipeline::source::ArtifactFile;
use crate::sign::android::ContentHasher;

/// Bytes copied at a time, from a multiple of it on: two chunks of the content digest, which are hashed at once, and little
/// enough to be in a processor's cache still when they are written.
const STEP: usize = 2 * 1024 * 1024;

/// Writes the payload and `padding` zero bytes behind it; feeds `hasher`. The ranges of what was written that were not
/// copied from the original.
pub(super) fn write_payload(
    source: &ArtifactFile,
    layout: &Layout,
    padding: u64,
    to: &mut Replacement,
    mut hasher: Option<&mut ContentHasher>,
) -> Result<Vec<Range<u64>>, FileError> {
    let mut buf = vec![0; STEP];
    let (mut at_new, mut fresh) = (0_u64, Vec::new());
    let mut put = |bytes: &[u8]| {
        if let Some(hasher) = hasher.as_deref_mut() {
            hasher.update(bytes);
        }
        to.write_all(bytes)
    };
    for segment in &layout.segments {
        match segment {
            Segment::Bytes(bytes) => {
                put(bytes)?;
                fresh.push(at_new..at_new + bytes.len() as u64);
                at_new += bytes.len() as u64;
            }
            Segment::Original(range) => {
                let mut at = range.start;
                while at < range.end {
                    let step = STEP as u64 - at_new % STEP as u64;
                    let len = usize::try_from((range.end - at).min(step)).unwrap_or(STEP);
                    let part = &mut buf[..len];
                    source.read_exact_at(part, at).map_err(FileError::on("read", source.file().path()))?;
                    put(part)?;
                    at += len as u64;
                    at_new += len as u64;
                }
            }
        }
    }
    put(&vec![0; usize::try_from(padding).unwrap_or(0)])?;
    fresh.push(at_new..at_new + padding);
    Ok(fresh)
}
