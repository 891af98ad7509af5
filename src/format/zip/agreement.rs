//! Where a local header, or a data descriptor, says otherwise than the central directory.
//!
//! The directory decides for us. Android and apksigner read both, and refuse an entry whose name, CRC, sizes or bit 3 differ
//! (`FindEntry` of AOSP's libziparchive; `LocalFileRecord` of apksig); the method and other flags neither compares.
//!
//! Must not: change anything.

use std::fmt;

use super::archive::{Archive, Entry};
use super::error::ZipError;
use super::header::FLAG_DESCRIPTOR;
use super::rules::Rules;
use super::zip64::{self, PLACEHOLDER};
use crate::format::read_at::ReadAt;

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disagreement {
    /// The name.
    Name,
    /// Bit 3, whether sizes and CRC are behind the data: what the local header says.
    Descriptor(bool),
    /// CRC-32, as the local header has it.
    Crc(u32),
    /// Compressed size, as the local header has it.
    CompressedSize(u64),
    /// Uncompressed size, as the local header has it.
    Size(u64),
    /// The same numbers, but in the local header or the data descriptor they are those of zip64, and in the directory they are not.
    Zip64,
    /// Both say that a descriptor is behind the data, and none with the numbers of the directory is there.
    NoDescriptor,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => f.write_str("its local header has another name than the central directory"),
            Self::Descriptor(true) => f.write_str(
                "its local header announces a data descriptor (bit 3), the central directory does not",
            ),
            Self::Descriptor(false) => f.write_str(
                "the central directory announces a data descriptor (bit 3), its local header does not",
            ),
            Self::Crc(found) => write!(f, "its local header has the CRC-32 {found:08x}, the central directory another"),
            Self::CompressedSize(found) => {
                write!(f, "its local header has {found} bytes of data, the central directory another number")
            }
            Self::Size(found) => {
                write!(f, "its local header has {found} bytes of content, the central directory another number")
            }
            Self::Zip64 => f.write_str(
                "its local header or data descriptor has sizes of 64 bits (zip64), the central directory of 32",
            ),
            Self::NoDescriptor => f.write_str(
                "a data descriptor is announced (bit 3), and behind the data is none with the numbers of the central directory",
            ),
        }
    }
}

impl<S: ReadAt + ?Sized> Archive<'_, S> {
    /// What the local header of an entry, or its data descriptor, says otherwise than the directory; the first of it that counts for
    /// whoever reads by these rules.
    pub fn disagreement(&self, index: usize, rules: Rules) -> Result<Option<Disagreement>, ZipError> {
        self.index.entries.get(index).map_or(Ok(None), |entry| self.disagreement_of(entry, rules))
    }

    pub(super) fn disagreement_of(&self, entry: &Entry, rules: Rules) -> Result<Option<Disagreement>, ZipError> {
        let (local, central) = entry.flags();
        let described = local & FLAG_DESCRIPTOR != 0;
        if entry.is_renamed {
            return Ok(Some(Disagreement::Name));
        }
        if (local ^ central) & FLAG_DESCRIPTOR != 0 {
            return Ok(Some(Disagreement::Descriptor(described)));
        }
        // Whoever writes to a pipe may announce zip64 before it knows the sizes; who reads zip64 reads that.
        let may_be_wide = entry.numbers.wide || rules == Rules::Common;
        if described {
            return Ok(match self.descriptor_len(entry)? {
                0 => Some(Disagreement::NoDescriptor),
                20 | 24 if !may_be_wide => Some(Disagreement::Zip64),
                _ => None,
            });
        }
        let [crc, compressed, size] = entry.local.content();
        let mut sizes = (u64::from(compressed), u64::from(size));
        let is_local_wide = [compressed, size].contains(&PLACEHOLDER);
        if is_local_wide {
            let (_, extra) = self.local_variable(entry)?;
            sizes = zip64::sizes(&entry.local, &extra).unwrap_or(sizes);
        }
        Ok(if crc != entry.crc() {
            Some(Disagreement::Crc(crc))
        } else if sizes.0 != entry.compressed_size() {
            Some(Disagreement::CompressedSize(sizes.0))
        } else if sizes.1 != entry.uncompressed_size() {
            Some(Disagreement::Size(sizes.1))
        } else {
            (is_local_wide && !may_be_wide).then_some(Disagreement::Zip64)
        })
    }
}
