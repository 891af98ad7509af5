//! The end of central directory record (APPNOTE 4.3.16): where reading starts.
//!
//! Must not: search for anything but a record whose comment ends exactly where the file ends, as Android does.

use std::io::ErrorKind;

use super::ZipError;
use crate::format::read_at::ReadAt;

/// Length of the record without its comment.
const FIXED_LEN: usize = 22;
/// `0x06054b50`.
const SIGNATURE: [u8; 4] = *b"PK\x05\x06";
/// `0x07064b50`, the zip64 locator that stands right before the record (APPNOTE 4.3.15).
const ZIP64_LOCATOR: [u8; 4] = *b"PK\x06\x07";
/// Length of that locator.
const ZIP64_LOCATOR_LEN: u64 = 20;

/// The record, its comment included, as raw bytes.
#[derive(Debug, Clone)]
pub struct Eocd {
    raw: Vec<u8>,
    offset: u64,
}

impl Eocd {
    /// Finds the record by searching backwards from the end of `source`.
    pub(super) fn find<S: ReadAt + ?Sized>(source: &S) -> Result<Self, ZipError> {
        let size = source.size();
        // Almost no archive has a comment: one small read finds the record, the long search is the exception.
        for comment in [0, u64::from(u16::MAX)] {
            let searched = size.min(FIXED_LEN as u64 + comment);
            let offset = size - searched;
            let tail = read(source, offset, searched)?;
            if let Some(at) = last_record(&tail) {
                let record = Self { raw: tail[at..].to_vec(), offset: offset + at as u64 };
                record.check(source)?;
                return Ok(record);
            }
        }
        Err(ZipError::NoEndOfCentralDirectory { size, searched: size.min(FIXED_LEN as u64 + u64::from(u16::MAX)) })
    }

    /// Where the record starts.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The archive comment.
    pub fn comment(&self) -> &[u8] {
        self.raw.get(FIXED_LEN..).unwrap_or_default()
    }

    pub(super) fn entry_count(&self) -> u16 {
        self.half(10)
    }

    pub(super) fn directory_size(&self) -> u32 {
        self.word(12)
    }

    pub(super) fn directory_offset(&self) -> u32 {
        self.word(16)
    }

    /// The record for a directory elsewhere, everything else kept.
    pub(super) fn with_directory(&self, entries: u16, size: u32, offset: u32) -> Vec<u8> {
        let mut raw = self.raw.clone();
        raw[8..10].copy_from_slice(&entries.to_le_bytes());
        raw[10..12].copy_from_slice(&entries.to_le_bytes());
        raw[12..16].copy_from_slice(&size.to_le_bytes());
        raw[16..20].copy_from_slice(&offset.to_le_bytes());
        raw
    }

    fn check<S: ReadAt + ?Sized>(&self, source: &S) -> Result<(), ZipError> {
        let offset = self.offset;
        if let Some(locator) = offset.checked_sub(ZIP64_LOCATOR_LEN)
            && read(source, locator, ZIP64_LOCATOR_LEN)?.starts_with(&ZIP64_LOCATOR)
        {
            return Err(ZipError::Zip64 { what: "zip64 end of central directory locator", offset: locator });
        }
        if self.directory_offset() == u32::MAX || self.directory_size() == u32::MAX {
            return Err(ZipError::Zip64 { what: "placeholder for a 64-bit directory offset or size", offset });
        }
        for (field, found) in [("number of this disk", self.half(4)), ("disk of the directory", self.half(6))] {
            if found != 0 {
                return Err(ZipError::MultiDisk { field, found, expected: 0, offset });
            }
        }
        if self.half(8) != self.half(10) {
            let (found, expected) = (self.half(8), self.half(10));
            return Err(ZipError::MultiDisk { field: "number of entries on this disk", found, expected, offset });
        }
        Ok(())
    }

    fn half(&self, at: usize) -> u16 {
        u16::from_le_bytes([self.raw[at], self.raw[at + 1]])
    }

    fn word(&self, at: usize) -> u32 {
        u32::from(self.half(at)) | u32::from(self.half(at + 2)) << 16
    }
}

/// Offset in `tail` of the last record whose comment ends with `tail`.
fn last_record(tail: &[u8]) -> Option<usize> {
    let last = tail.len().checked_sub(FIXED_LEN)?;
    (0..=last).rev().find(|&at| {
        tail[at..].starts_with(&SIGNATURE)
            && usize::from(u16::from_le_bytes([tail[at + 20], tail[at + 21]])) == tail.len() - at - FIXED_LEN
    })
}

/// Reads `len` bytes at `offset`.
pub(super) fn read<S: ReadAt + ?Sized>(source: &S, offset: u64, len: u64) -> Result<Vec<u8>, ZipError> {
    let failed = |source| ZipError::Read { offset, len, source };
    // Asked before anything is allocated: a length comes from the file.
    let size = match offset.checked_add(len) {
        Some(end) if end <= source.size() => usize::try_from(len).ok(),
        _ => None,
    };
    let mut buf = vec![0; size.ok_or_else(|| failed(ErrorKind::UnexpectedEof.into()))?];
    source.read_exact_at(&mut buf, offset).map_err(failed)?;
    Ok(buf)
}
