//! The end of central directory record (APPNOTE 4.3.16), and where zip64 continues it (4.3.14, 4.3.15): where reading starts.
//!
//! Must not: take bytes behind the record for nothing unless the caller reads as unzip does ([`Rules::Common`]); Android searches for a
//! record whose comment ends exactly where the file ends.

use std::io::ErrorKind;

use super::error::ZipError;
use super::rules::{Departure, Rules};
use crate::format::read_at::ReadAt;

/// Length of the record without its comment.
const FIXED_LEN: usize = 22;
/// `0x06054b50`.
const SIGNATURE: [u8; 4] = *b"PK\x05\x06";
/// `0x07064b50`, the zip64 locator that stands right before the record (APPNOTE 4.3.15).
const LOCATOR_SIGNATURE: [u8; 4] = *b"PK\x06\x07";
/// Length of that locator.
const LOCATOR_LEN: usize = 20;
/// `0x06064b50`, the zip64 record that the locator points to (APPNOTE 4.3.14).
const WIDE_SIGNATURE: [u8; 4] = *b"PK\x06\x06";
/// Length of that record without what extends it.
const WIDE_LEN: usize = 56;
/// Bytes of that record that its own length does not count: signature and length.
const WIDE_UNCOUNTED: u64 = 12;
/// What may extend it: a certificate at most; it is held in memory.
const WIDE_LIMIT: u64 = 1024 * 1024;

/// The record, its comment included, as raw bytes.
#[derive(Debug, Clone)]
pub struct Eocd {
    /// From the record to the end of the file: comment, and what lies behind it.
    raw: Vec<u8>,
    offset: u64,
    wide: Option<Wide>,
}

/// The record of zip64 with its locator, as raw bytes.
#[derive(Debug, Clone)]
struct Wide {
    raw: Vec<u8>,
    offset: u64,
}

impl Eocd {
    /// Finds the record by searching backwards from the end of `source`.
    pub(super) fn find<S: ReadAt + ?Sized>(source: &S, rules: Rules) -> Result<Self, ZipError> {
        let size = source.size();
        // Almost no archive has a comment: one small read finds the record, the long search is the exception.
        for comment in [0, u64::from(u16::MAX)] {
            let searched = size.min(FIXED_LEN as u64 + comment);
            let offset = size - searched;
            let tail = read(source, offset, searched)?;
            let lenient =
                || (comment > 0 && rules == Rules::Common).then(|| last_record(&tail, offset, rules)).flatten();
            if let Some(at) = last_record(&tail, offset, Rules::Android).or_else(lenient) {
                let record = Self { raw: tail[at..].to_vec(), offset: offset + at as u64, wide: None };
                return record.checked(source, rules);
            }
        }
        Err(ZipError::NoEndOfCentralDirectory { size, searched: searched(size) })
    }

    /// Where the record starts.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The archive comment.
    pub fn comment(&self) -> &[u8] {
        self.raw.get(FIXED_LEN..FIXED_LEN + usize::from(self.half(20))).unwrap_or_default()
    }

    /// What Android does not take, if anything.
    pub(super) fn departure(&self) -> Option<Departure> {
        if let Some(wide) = &self.wide {
            return Some(Departure::Zip64 { what: "zip64 end of central directory record", offset: wide.offset });
        }
        let size = self.offset + self.raw.len() as u64;
        let ends = self.raw.len() == FIXED_LEN + self.comment().len();
        (!ends).then(|| Departure::BytesBehind { size, searched: searched(size) })
    }

    /// Whether numbers of 64 bits have a place.
    pub(super) fn is_wide(&self) -> bool {
        self.wide.is_some()
    }

    pub(super) fn entry_count(&self) -> u64 {
        self.wide.as_ref().map_or(u64::from(self.half(10)), |wide| wide.long(32))
    }

    pub(super) fn directory_size(&self) -> u64 {
        self.wide.as_ref().map_or(u64::from(self.word(12)), |wide| wide.long(40))
    }

    pub(super) fn directory_offset(&self) -> u64 {
        self.wide.as_ref().map_or(u64::from(self.word(16)), |wide| wide.long(48))
    }

    /// Where the directory has to end.
    pub(super) fn directory_end(&self) -> u64 {
        self.wide.as_ref().map_or(self.offset, |wide| wide.offset)
    }

    /// The record for a directory elsewhere, everything else kept; the numbers have been found to fit.
    pub(super) fn with_directory(&self, entries: u64, size: u64, offset: u64) -> Vec<u8> {
        let mut raw = self.raw.clone();
        let half = u16::try_from(entries).unwrap_or(u16::MAX).to_le_bytes();
        let word = |value: u64| u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes();
        let Some(wide) = &self.wide else {
            raw[8..10].copy_from_slice(&half);
            raw[10..12].copy_from_slice(&half);
            raw[12..16].copy_from_slice(&word(size));
            raw[16..20].copy_from_slice(&word(offset));
            return raw;
        };
        let mut all = wide.raw.clone();
        for (at, value) in [(24, entries), (32, entries), (40, size), (48, offset)] {
            all[at..at + 8].copy_from_slice(&value.to_le_bytes());
        }
        let locator = all.len() - LOCATOR_LEN;
        all[locator + 8..locator + 16].copy_from_slice(&(offset + size).to_le_bytes());
        // A placeholder stays one.
        for at in [8, 10].into_iter().filter(|&at| self.half(at) != u16::MAX) {
            raw[at..at + 2].copy_from_slice(&half);
        }
        for (at, value) in [(12, size), (16, offset)].into_iter().filter(|&(at, _)| self.word(at) != u32::MAX) {
            raw[at..at + 4].copy_from_slice(&word(value));
        }
        all.extend_from_slice(&raw);
        all
    }

    fn checked<S: ReadAt + ?Sized>(mut self, source: &S, rules: Rules) -> Result<Self, ZipError> {
        let offset = self.offset;
        if let Some(locator) = offset.checked_sub(LOCATOR_LEN as u64) {
            let raw = read(source, locator, LOCATOR_LEN as u64)?;
            if raw.starts_with(&LOCATOR_SIGNATURE) {
                if rules == Rules::Android {
                    return Err(ZipError::Zip64 { what: "zip64 end of central directory locator", offset: locator });
                }
                self.wide = Some(Wide::read(source, locator, &raw)?);
            }
        }
        if self.wide.is_none() && (self.word(16) == u32::MAX || self.word(12) == u32::MAX) {
            let what = "placeholder for a 64-bit directory offset or size";
            if rules == Rules::Android {
                return Err(ZipError::Zip64 { what, offset });
            }
            let problem = format!("the end record at {offset:#x} has a {what}, and no zip64 locator stands before it");
            return Err(ZipError::CentralDirectory { offset: u64::from(u32::MAX), problem });
        }
        for (field, found) in [("number of this disk", self.half(4)), ("disk of the directory", self.half(6))] {
            if found != 0 && !(self.wide.is_some() && found == u16::MAX) {
                return Err(ZipError::MultiDisk { field, found, expected: 0, offset });
            }
        }
        if self.half(8) != self.half(10) {
            let (found, expected) = (self.half(8), self.half(10));
            return Err(ZipError::MultiDisk { field: "number of entries on this disk", found, expected, offset });
        }
        if let Some(wide) = &self.wide {
            let numbers = [
                ("entries", u64::from(self.half(10)), u64::from(u16::MAX), wide.long(32)),
                ("bytes of directory", u64::from(self.word(12)), u64::from(u32::MAX), wide.long(40)),
                ("as the offset of the directory", u64::from(self.word(16)), u64::from(u32::MAX), wide.long(48)),
            ];
            for (what, small, placeholder, long) in numbers {
                if small != placeholder && small != long {
                    let problem = format!(
                        "the end record at {offset:#x} says {small} {what}, the zip64 record at {:#x} {long}: which one counts \
                         differs between readers",
                        wide.offset
                    );
                    return Err(ZipError::CentralDirectory { offset: self.directory_offset(), problem });
                }
            }
        }
        Ok(self)
    }

    fn half(&self, at: usize) -> u16 {
        half(&self.raw, at)
    }

    fn word(&self, at: usize) -> u32 {
        word(&self.raw, at)
    }
}

impl Wide {
    /// Reads the record that a locator points to.
    fn read<S: ReadAt + ?Sized>(source: &S, locator: u64, raw: &[u8]) -> Result<Self, ZipError> {
        let offset = long(raw, 8);
        let wrong = |problem: String| ZipError::CentralDirectory { offset, problem };
        let len = locator.checked_sub(offset).filter(|&len| len >= WIDE_LEN as u64);
        let Some(len) = len else {
            return Err(wrong(format!(
                "the zip64 locator at {locator:#x} points to {offset:#x}, where no zip64 record fits before it"
            )));
        };
        if len > WIDE_LIMIT {
            let what = "the size of the zip64 end of central directory record in bytes".to_owned();
            return Err(ZipError::Limit { what, found: len, limit: WIDE_LIMIT });
        }
        let mut record = read(source, offset, len)?;
        if !record.starts_with(&WIDE_SIGNATURE) {
            let found = &record[..4];
            return Err(wrong(format!(
                "zip64 record signature {found:02x?}, expected PK 06 06, by the locator at {locator:#x}"
            )));
        }
        let said = long(&record, 4).saturating_add(WIDE_UNCOUNTED);
        if said != len {
            return Err(wrong(format!(
                "the zip64 record has {said} bytes, expected {len}, up to its locator at {locator:#x}"
            )));
        }
        record.extend_from_slice(raw);
        let wide = Self { raw: record, offset };
        // A number of 1 for all disks; some writers leave it 0.
        let disks = word(raw, 16).saturating_sub(1);
        let fields = [
            ("number of this disk", word(&wide.raw, 16)),
            ("disk of the directory", word(&wide.raw, 20)),
            ("disk of the zip64 record", word(raw, 4)),
            ("number of disks but one", disks),
        ];
        for (field, found) in fields {
            if found != 0 {
                let found = u16::try_from(found).unwrap_or(u16::MAX);
                return Err(ZipError::MultiDisk { field, found, expected: 0, offset });
            }
        }
        if wide.long(24) != wide.long(32) {
            let (here, all) = (wide.long(24), wide.long(32));
            return Err(wrong(format!("the zip64 record has {here} entries on this disk, and {all} in all")));
        }
        Ok(wide)
    }

    fn long(&self, at: usize) -> u64 {
        long(&self.raw, at)
    }
}

fn half(raw: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([raw[at], raw[at + 1]])
}

fn word(raw: &[u8], at: usize) -> u32 {
    u32::from(half(raw, at)) | u32::from(half(raw, at + 2)) << 16
}

fn long(raw: &[u8], at: usize) -> u64 {
    u64::from(word(raw, at)) | u64::from(word(raw, at + 4)) << 32
}

/// Bytes of a file of so many in which a record is searched.
fn searched(size: u64) -> u64 {
    size.min(FIXED_LEN as u64 + u64::from(u16::MAX))
}

/// Offset in `tail`, which begins at `offset` and is the end of the file, of the last record: for Android of the last one whose comment
/// ends with the file, else of the last one right behind its directory.
fn last_record(tail: &[u8], offset: u64, rules: Rules) -> Option<usize> {
    let last = tail.len().checked_sub(FIXED_LEN)?;
    (0..=last).rev().filter(|&at| tail[at..].starts_with(&SIGNATURE)).find(|&at| {
        let (comment, left) = (usize::from(half(tail, at + 20)), tail.len() - at - FIXED_LEN);
        match rules {
            Rules::Android => comment == left,
            Rules::Common => {
                let directory = u64::from(word(tail, at + 12)) + u64::from(word(tail, at + 16));
                let wide = at.checked_sub(LOCATOR_LEN).is_some_and(|at| tail[at..].starts_with(&LOCATOR_SIGNATURE));
                comment <= left && (wide || directory == offset + at as u64)
            }
        }
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
