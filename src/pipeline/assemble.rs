//! Writing a laid-out archive: ranges of the original and new bytes, hashed while they pass by.
//!
//! One buffer is all the memory it takes, whatever the archive's size.
//!
//! Must not: decide what is written.

use crate::format::read_at::ReadAt;
use crate::format::zip::{Layout, Segment};
use crate::host::file::FileError;
use crate::host::replacement::Replacement;
use crate::pipeline::source::ArtifactFile;
use crate::sign::android::ContentHasher;

/// Bytes copied at a time: what is read is still in the processor's cache when it is hashed and written.
const STEP: usize = 128 * 1024;

/// Writes the payload and `padding` zero bytes behind it; feeds `hasher`.
pub(super) fn write_payload(
    source: &ArtifactFile,
    layout: &Layout,
    padding: u64,
    to: &mut Replacement,
    mut hasher: Option<&mut ContentHasher>,
) -> Result<(), FileError> {
    let mut buf = vec![0; STEP];
    let mut put = |bytes: &[u8]| {
        if let Some(hasher) = hasher.as_deref_mut() {
            hasher.update(bytes);
        }
        to.write_all(bytes)
    };
    for segment in &layout.segments {
        match segment {
            Segment::Bytes(bytes) => put(bytes)?,
            Segment::Original(range) => {
                let mut at = range.start;
                while at < range.end {
                    let len = usize::try_from(range.end - at).unwrap_or(STEP).min(STEP);
                    let part = &mut buf[..len];
                    source.read_exact_at(part, at).map_err(FileError::on("read", source.file().path()))?;
                    put(part)?;
                    at += len as u64;
                }
            }
        }
    }
    put(&vec![0; usize::try_from(padding).unwrap_or(0)])
}
