//! What the original of a rewritten package says of an entry: a second opinion on digests that were signed now.
//!
//! Must not: vouch for an entry of which any byte, or the record, is not the original's.

use std::collections::HashMap;

use super::digests::{MANIFEST, digests};
use super::manifest::{self, Section};
use crate::format::limits;
use crate::format::read_at::ReadAt;
use crate::format::zip::Archive;
use crate::verify::hash::Hash;

/// Bytes compared at a time.
const STEP: usize = 64 * 1024;

/// The original and its manifest.
pub(in crate::verify::android) struct Witness<'o, O: ReadAt + ?Sized> {
    original: &'o Archive<'o, O>,
    sections: HashMap<String, Section>,
}

impl<'o, O: ReadAt + ?Sized> Witness<'o, O> {
    /// A witness, where the original has a manifest that can be read.
    pub(in crate::verify::android) fn new(original: &'o Archive<'_, O>) -> Option<Self> {
        let index = original.find(MANIFEST.as_bytes())?;
        let size = original.entries().get(index)?.uncompressed_size();
        let text = original.read(index).ok().filter(|_| size <= limits::JAR_SIGNATURE_BYTES)?;
        let mut sections = HashMap::new();
        for section in manifest::sections(&text).into_iter().skip(1) {
            if let Some(name) = section.name.clone() {
                // Of a name that comes twice nobody can say which was meant.
                if sections.insert(name, section).is_some() {
                    return None;
                }
            }
        }
        Some(Self { original, sections })
    }

    /// Whether the original has this entry, byte for byte, and its manifest the digests that are expected now.
    pub(super) fn vouches<S: ReadAt + ?Sized>(
        &self,
        archive: &Archive<'_, S>,
        index: usize,
        expected: &[(Hash, Vec<u8>)],
        sdk: (u32, u32),
    ) -> bool {
        let Some(now) = archive.entries().get(index) else { return false };
        let before = self.original.find(now.name()).and_then(|index| self.original.entries().get(index));
        let Some((before, section)) = before.zip(self.sections.get(&now.display_name())) else { return false };
        let same_record = now.method() == before.method()
            && now.crc() == before.crc()
            && now.compressed_size() == before.compressed_size()
            && now.uncompressed_size() == before.uncompressed_size();
        same_record && !expected.is_empty() && digests(section, "-Digest", sdk) == expected && {
            let (mut a, mut b) = (now.data_offset(), before.data_offset());
            let mut left = now.compressed_size();
            let len = usize::try_from(left).unwrap_or(STEP).min(STEP);
            let (mut first, mut second) = (vec![0; len], vec![0; len]);
            while left > 0 {
                let len = usize::try_from(left).unwrap_or(STEP).min(STEP);
                let (Some(one), Some(two)) = (first.get_mut(..len), second.get_mut(..len)) else { return false };
                let read = archive.source().read_exact_at(one, a).and(self.original.source().read_exact_at(two, b));
                if read.is_err() || one != two {
                    return false;
                }
                (a, b, left) = (a + len as u64, b + len as u64, left - len as u64);
            }
            true
        }
    }
}
