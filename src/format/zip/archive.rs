//! Reading an archive: the central directory, and where each entry's bytes lie.
//!
//! Must not: trust a local header for anything but the position of the data.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::eocd::{Eocd, read};
use super::error::ZipError;
use super::header::{CENTRAL_LEN, Central, FLAG_ENCRYPTED, LOCAL_LEN, Local, METHOD_DEFLATED, METHOD_STORED};
use super::rules::{Departure, Rules};
use super::zip64::{Numbers, PLACEHOLDER};
use crate::format::limits;
use crate::format::read_at::ReadAt;

/// One record of the central directory, with the position of its data.
#[derive(Debug, Clone)]
pub struct Entry {
    pub(super) name: Box<[u8]>,
    pub(super) central: Central,
    pub(super) local: Local,
    /// Whether the local header has another name.
    pub(super) is_renamed: bool,
    /// The record within [`Archive::directory`].
    pub(super) record: Range<usize>,
    pub(super) numbers: Numbers,
}

impl Entry {
    /// The name, raw. Nothing guarantees UTF-8, or a path that is safe to extract to.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// The name for people: unprintable bytes replaced.
    pub fn display_name(&self) -> String {
        String::from_utf8_lossy(&self.name).into_owned()
    }

    /// Compression method of the central directory (APPNOTE 4.4.5).
    pub fn method(&self) -> u16 {
        self.central.method()
    }

    /// Whether its data is read as a deflate stream. Of a method that Android does not know some readers there inflate the data, as
    /// they do with whatever is not stored, and others take it as it is; the sizes say what the writer meant.
    pub fn is_deflated(&self) -> bool {
        match self.method() {
            METHOD_DEFLATED => true,
            METHOD_STORED => false,
            _ => self.compressed_size() != self.uncompressed_size(),
        }
    }

    /// Whether bit 0 says that it is encrypted. Android does not look at it, and some packers set it on what is not.
    pub fn claims_encryption(&self) -> bool {
        self.central.flags() & FLAG_ENCRYPTED != 0
    }

    /// CRC-32 of the content.
    pub fn crc(&self) -> u32 {
        self.central.crc()
    }

    /// Bytes the entry takes in the file.
    pub fn compressed_size(&self) -> u64 {
        self.numbers.compressed
    }

    /// Bytes of the content.
    pub fn uncompressed_size(&self) -> u64 {
        self.numbers.uncompressed
    }

    /// The Unix mode, where the archive was made on Unix (APPNOTE 4.4.2, 4.4.15).
    pub fn unix_mode(&self) -> Option<u32> {
        self.central.unix_mode()
    }

    /// Offset of the local header.
    pub fn local_offset(&self) -> u64 {
        self.numbers.offset
    }

    /// Offset of the data: right behind the local header, its name and extra field.
    pub fn data_offset(&self) -> u64 {
        self.local_offset() + LOCAL_LEN as u64 + u64::from(self.local.name_len()) + u64::from(self.local.extra_len())
    }

    /// The data in the file.
    pub fn data_range(&self) -> Range<u64> {
        let start = self.data_offset();
        start..start + self.compressed_size()
    }

    /// General purpose flags of the local header and of the directory record.
    pub fn flags(&self) -> (u16, u16) {
        (self.local.flags(), self.central.flags())
    }
}

/// An archive over a source of bytes.
#[derive(Debug)]
pub struct Archive<'s, S: ReadAt + ?Sized> {
    pub(super) source: &'s S,
    pub(super) index: Arc<Index>,
}

/// What was read of an archive: its directory, and where the data of each entry lies. It holds nothing of the source, so it
/// can be kept beside it: reading every local header again costs more than the change of a small package.
#[derive(Debug)]
pub struct Index {
    pub(super) eocd: Eocd,
    pub(super) directory: Vec<u8>,
    pub(super) entries: Vec<Entry>,
    /// Indices of `entries`, by position in the file.
    pub(super) file_order: Vec<usize>,
    by_name: HashMap<Box<[u8]>, usize>,
    /// What Android does not take.
    departure: Option<Departure>,
}

impl Index {
    /// The entries, in the order of the directory.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

impl<'s, S: ReadAt + ?Sized> Archive<'s, S> {
    /// Reads the central directory and every local header, and checks that entries lie apart from each other. What Android does not
    /// take is an error.
    pub fn open(source: &'s S) -> Result<Self, ZipError> {
        Self::open_by(source, Rules::Android)
    }

    /// The same by other rules.
    pub fn open_by(source: &'s S, rules: Rules) -> Result<Self, ZipError> {
        let eocd = Eocd::find(source, rules)?;
        let mut departure = eocd.departure();
        let directory = read_directory(source, &eocd)?;
        if eocd.entry_count() > limits::ZIP64_ENTRIES {
            return Err(ZipError::Limit {
                what: "the number of entries".to_owned(),
                found: eocd.entry_count(),
                limit: limits::ZIP64_ENTRIES,
            });
        }
        let mut entries = Vec::new();
        let mut by_name = HashMap::new();
        let mut at = 0;
        for index in 0..usize::try_from(eocd.entry_count()).unwrap_or(usize::MAX) {
            let entry = read_record(source, &eocd, &directory, (at, index), rules)?;
            if entry.numbers.wide {
                let (what, at) = ("64-bit size or offset of an entry", eocd.directory_offset() + at as u64);
                departure.get_or_insert(Departure::Zip64 { what, offset: at });
            }
            at = entry.record.end;
            if by_name.insert(entry.name.clone(), index).is_some() {
                return Err(ZipError::Duplicate { name: entry.display_name() });
            }
            entries.push(entry);
        }
        let mut file_order: Vec<usize> = (0..entries.len()).collect();
        file_order.sort_by_key(|&index| entries[index].local_offset());
        for pair in file_order.windows(2) {
            let (first, second) = (&entries[pair[0]], &entries[pair[1]]);
            if first.data_range().end > second.local_offset() {
                return Err(ZipError::Overlap {
                    first: first.display_name(),
                    second: second.display_name(),
                    offset: second.local_offset(),
                });
            }
        }
        Ok(Self { source, index: Arc::new(Index { eocd, directory, entries, file_order, by_name, departure }) })
    }

    /// Whether Android takes it: an error for what [`Rules::Common`] allow beyond that.
    pub fn fits_android(&self) -> Result<(), ZipError> {
        self.index.departure.map_or(Ok(()), |departure| Err(departure.error()))
    }

    /// The archive whose [`Self::index`] was taken, over the same bytes. Over others, entries come out wrong or unreadable.
    pub fn with_index(source: &'s S, index: Arc<Index>) -> Self {
        Self { source, index }
    }

    /// What was read, to be used again.
    pub fn index(&self) -> Arc<Index> {
        Arc::clone(&self.index)
    }

    /// The bytes the archive was opened over.
    pub fn source(&self) -> &'s S {
        self.source
    }

    /// The entries in the order of the central directory.
    pub fn entries(&self) -> &[Entry] {
        &self.index.entries
    }

    /// The entries by position in the file.
    pub fn in_file_order(&self) -> impl Iterator<Item = &Entry> {
        self.index.file_order.iter().map(|&index| &self.index.entries[index])
    }

    /// The index of the entry of that name.
    pub fn find(&self, name: &[u8]) -> Option<usize> {
        self.index.by_name.get(name).copied()
    }

    /// The end of central directory record.
    pub fn eocd(&self) -> &Eocd {
        &self.index.eocd
    }

    /// Offset of the central directory.
    pub fn directory_offset(&self) -> u64 {
        self.index.eocd.directory_offset()
    }

    /// The raw central directory.
    pub fn directory(&self) -> &[u8] {
        &self.index.directory
    }

    /// Where the last entry's data ends (a data descriptor may follow).
    pub fn data_end(&self) -> u64 {
        self.index.file_order.last().map_or(0, |&index| self.index.entries[index].data_range().end)
    }
}

fn read_directory<S: ReadAt + ?Sized>(source: &S, eocd: &Eocd) -> Result<Vec<u8>, ZipError> {
    let (offset, size, expected) = (eocd.directory_offset(), eocd.directory_size(), eocd.directory_end());
    if offset.checked_add(size) != Some(expected) {
        return Err(ZipError::CentralDirectory {
            offset,
            problem: format!(
                "its {size} bytes end at {:#x}, expected the end of central directory record there, which is at {expected:#x}",
                offset.saturating_add(size),
            ),
        });
    }
    if size > limits::CENTRAL_DIRECTORY_BYTES {
        return Err(ZipError::Limit {
            what: "the size of the central directory in bytes".to_owned(),
            found: size,
            limit: limits::CENTRAL_DIRECTORY_BYTES,
        });
    }
    read(source, offset, size)
}

/// The record at `at` of the directory, the `index`-th.
fn read_record<S: ReadAt + ?Sized>(
    source: &S,
    eocd: &Eocd,
    directory: &[u8],
    (at, index): (usize, usize),
    rules: Rules,
) -> Result<Entry, ZipError> {
    let directory_offset = eocd.directory_offset();
    let offset = directory_offset + at as u64;
    let cut = |problem: String| ZipError::CentralDirectory { offset, problem };
    let count = eocd.entry_count();
    let rest = directory.get(at..).unwrap_or_default();
    let (fixed, variable) = rest
        .split_first_chunk::<CENTRAL_LEN>()
        .ok_or_else(|| cut(format!("record {index} of {count} is cut: {} of {CENTRAL_LEN} bytes", rest.len())))?;
    let central = Central::parse(*fixed)
        .ok_or_else(|| cut(format!("record {index} of {count}: signature {:02x?}, expected PK 01 02", &fixed[..4])))?;
    let (name_len, extra_len, comment_len) = central.variable_lens();
    let variable_len = name_len + extra_len + comment_len;
    if variable.len() < variable_len {
        let left = variable.len();
        return Err(cut(format!("record {index} of {count} is cut: {left} of {variable_len} variable bytes")));
    }
    let name: Box<[u8]> = variable[..name_len].into();
    let display = || String::from_utf8_lossy(&name).into_owned();
    if rules == Rules::Android {
        for (what, value) in [
            ("placeholder for a 64-bit size of an entry", central.compressed_size()),
            ("placeholder for a 64-bit size of an entry", central.uncompressed_size()),
            ("placeholder for a 64-bit offset of an entry", central.local_offset()),
        ] {
            if value == PLACEHOLDER {
                return Err(ZipError::Zip64 { what, offset });
            }
        }
    }
    let numbers = Numbers::of(&central, &variable[name_len..name_len + extra_len]).ok_or_else(|| {
        cut(format!("record {index} of {count} has a placeholder for zip64, and no zip64 extra field with the number"))
    })?;
    if numbers.disk != 0 {
        let found = u16::try_from(numbers.disk).unwrap_or(u16::MAX);
        return Err(ZipError::MultiDisk { field: "disk of an entry", found, expected: 0, offset });
    }
    let local_offset = numbers.offset;
    let wrong = |problem: String| ZipError::Entry { name: display(), offset: local_offset, problem };
    let Some(left) = directory_offset.checked_sub(local_offset).filter(|&left| left >= LOCAL_LEN as u64) else {
        return Err(wrong(format!(
            "its local header does not fit before the central directory at {directory_offset:#x}"
        )));
    };
    // With its name: what follows the header fits before the directory, or the entry does not.
    let len = left.min((LOCAL_LEN + name_len) as u64);
    let both = read(source, local_offset, len)?;
    let (raw, local_name) =
        both.split_first_chunk::<LOCAL_LEN>().map_or(([0; LOCAL_LEN], &[][..]), |(raw, name)| (*raw, name));
    let local = Local::parse(raw)
        .ok_or_else(|| wrong(format!("local header signature {:02x?}, expected PK 03 04", &raw[..4])))?;
    let is_renamed = local.name_len() != central.name_len() || *local_name != *name;
    let record = at..at + CENTRAL_LEN + variable_len;
    let entry = Entry { name: name.clone(), central, local, is_renamed, record, numbers };
    let end = entry.data_offset().saturating_add(entry.compressed_size());
    if end > directory_offset {
        return Err(wrong(format!("its data ends at {end:#x}, behind the central directory at {directory_offset:#x}")));
    }
    Ok(entry)
}
