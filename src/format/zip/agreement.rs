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
    CompressedSize(u32),
    /// Uncompressed size, as the local header has it.
    Size(u32),
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
            Self::NoDescriptor => f.write_str(
                "a data descriptor is announced (bit 3), and behind the data is none with the numbers of the central directory",
            ),
        }
    }
}

impl<S: ReadAt + ?Sized> Archive<'_, S> {
    /// What the local header of an entry, or its data descriptor, says otherwise than the directory; the first of it.
    pub fn disagreement(&self, index: usize) -> Result<Option<Disagreement>, ZipError> {
        self.index.entries.get(index).map_or(Ok(None), |entry| self.disagreement_of(entry))
    }

    pub(super) fn disagreement_of(&self, entry: &Entry) -> Result<Option<Disagreement>, ZipError> {
        let (local, central) = entry.flags();
        let described = local & FLAG_DESCRIPTOR != 0;
        if entry.is_renamed {
            return Ok(Some(Disagreement::Name));
        }
        if (local ^ central) & FLAG_DESCRIPTOR != 0 {
            return Ok(Some(Disagreement::Descriptor(described)));
        }
        if described {
            return Ok((self.descriptor_len(entry)? == 0).then_some(Disagreement::NoDescriptor));
        }
        let [crc, compressed, size] = entry.local.content();
        Ok(if crc != entry.crc() {
            Some(Disagreement::Crc(crc))
        } else if compressed != entry.compressed_size() {
            Some(Disagreement::CompressedSize(compressed))
        } else if size != entry.uncompressed_size() {
            Some(Disagreement::Size(size))
        } else {
            None
        })
    }
}
