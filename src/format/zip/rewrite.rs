//! Rewriting: which ranges of the original and which new bytes make the new archive.
//!
//! A rewrite that changes nothing is the original, byte for byte. An entry that is not changed keeps its header, extra
//! field, data, data descriptor and the bytes around it; only alignment padding may grow or shrink, and only where the
//! entry has moved off its alignment. On request local headers that say otherwise than the directory are put right.
//!
//! Must not: write anything; the caller streams the [`Segment`]s of what is not small.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use super::archive::{Archive, Entry};
use super::content::deflate;
use super::eocd::{Eocd, read};
use super::error::ZipError;
use super::header::{
    CENTRAL_LEN, Central, DESCRIPTOR_SIGNATURE, FLAG_DESCRIPTOR, FLAG_ENCRYPTED, LOCAL_LEN, Local, METHOD_DEFLATED,
    METHOD_STORED,
};
use super::padding::{Alignment, Padding};
use super::rules::Rules;
use super::zip64;
use crate::format::limits;
use crate::format::read_at::ReadAt;

/// What happens to an entry.
#[derive(Clone, PartialEq, Eq)]
pub enum Change {
    /// New content, in the same place, stored or deflated as before.
    Replace(Vec<u8>),
    /// New content, in the same place, stored whatever it was before.
    Store(Vec<u8>),
    /// Header, data and data descriptor go; bytes around them stay.
    Remove,
}

impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Replace(content) => f.debug_tuple("Replace").field(&content.len()).finish(),
            Self::Store(content) => f.debug_tuple("Store").field(&content.len()).finish(),
            Self::Remove => f.write_str("Remove"),
        }
    }
}

/// New content of an entry of which the data is kept up to some place: nothing but what follows is held. No [`Change`],
/// because whoever hashes new contents (JAR signatures) needs them whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splice {
    /// Bytes of the entry's data that are kept.
    pub kept: u64,
    /// The data behind them: new bytes, or spooled ones.
    pub rest: Segment,
    /// CRC-32 of the new content.
    pub crc: u32,
    /// Bytes of the new content.
    pub len: u64,
}

/// An entry that is added behind all others.
#[derive(Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// The name, raw.
    pub name: Vec<u8>,
    /// The content, not yet compressed.
    pub content: Vec<u8>,
    /// [`METHOD_STORED`] or [`METHOD_DEFLATED`].
    pub method: u16,
}

impl std::fmt::Debug for NewEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, content, method } = self;
        let name = String::from_utf8_lossy(name);
        f.debug_struct("NewEntry").field("name", &name).field("size", &content.len()).field("method", method).finish()
    }
}

/// What to do with an archive.
#[derive(Debug, Default)]
pub struct Rewrite {
    /// Changes by index of the entry.
    pub changes: BTreeMap<usize, Change>,
    /// Entries added at the end, in this order.
    pub added: Vec<NewEntry>,
    /// Alignment to keep or make; `None` leaves every padding as it is.
    pub alignment: Option<Alignment>,
    /// Where the entries end: the start of a signing block that is to go. `None`: all bytes up to the central directory
    /// are kept.
    pub payload_end: Option<u64>,
    /// By whose rules local headers that disagree with the directory are written anew ([`Archive::disagreement`]); `None`: none is.
    pub headers: Option<Rules>,
}

impl Rewrite {
    /// Whether the result is the original.
    pub fn is_empty(&self) -> bool {
        let Self { changes, added, alignment, payload_end, headers } = self;
        changes.is_empty() && added.is_empty() && alignment.is_none() && payload_end.is_none() && headers.is_none()
    }
}

/// A piece of the new archive.
#[derive(Clone, PartialEq, Eq)]
pub enum Segment {
    /// Bytes of the original, by offset.
    Original(Range<u64>),
    /// New bytes.
    Bytes(Vec<u8>),
    /// New bytes that are too many to be held: those of another file, by offset.
    Spooled(Range<u64>),
}

impl std::fmt::Debug for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Original(range) => f.debug_tuple("Original").field(range).finish(),
            Self::Bytes(bytes) => f.debug_tuple("Bytes").field(&bytes.len()).finish(),
            Self::Spooled(range) => f.debug_tuple("Spooled").field(range).finish(),
        }
    }
}

impl Segment {
    /// Its length in bytes.
    pub fn len(&self) -> u64 {
        match self {
            Self::Original(range) | Self::Spooled(range) => range.end - range.start,
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The new archive: payload (entries and what lies between), central directory, end record.
#[derive(Debug)]
pub struct Layout {
    /// The payload in order.
    pub segments: Vec<Segment>,
    /// Its length in bytes.
    pub payload_len: u64,
    /// The central directory.
    pub directory: Vec<u8>,
    /// Names of all entries by order of the new directory, with the offset of their local header.
    pub entries: Vec<(Vec<u8>, u64)>,
    eocd: Eocd,
}

impl Layout {
    /// The end of central directory record for a directory at `directory_offset`.
    pub fn eocd(&self, directory_offset: u64) -> Result<Vec<u8>, ZipError> {
        let (size, count) = (self.directory.len() as u64, self.entries.len() as u64);
        fits(&self.eocd, size, "the size of the central directory in bytes")?;
        fits(&self.eocd, directory_offset, "the offset of the central directory")?;
        Ok(self.eocd.with_directory(count, size, directory_offset))
    }
}

/// What an entry becomes: where it starts now, and its new content if it changed.
struct Placed {
    offset: u64,
    content: Option<NewContent>,
}

#[derive(Clone, Copy)]
struct NewContent {
    method: u16,
    crc: u32,
    compressed: u64,
    uncompressed: u64,
    /// Flags that are no longer true.
    cleared: u16,
}

impl<S: ReadAt + ?Sized> Archive<'_, S> {
    /// Lays out the archive that `rewrite` asks for.
    pub fn layout(&self, rewrite: &Rewrite) -> Result<Layout, ZipError> {
        self.layout_with(rewrite, &BTreeMap::new())
    }

    /// The same, with entries that keep the beginning of their data; of an entry that is changed too the change counts.
    pub fn layout_with(&self, rewrite: &Rewrite, splices: &BTreeMap<usize, Splice>) -> Result<Layout, ZipError> {
        let mut payload = Payload::default();
        let mut placed: Vec<Option<Placed>> = (0..self.index.entries.len()).map(|_| None).collect();
        let mut at = 0;
        for &index in &self.index.file_order {
            let entry = &self.index.entries[index];
            payload.original(at..entry.local_offset());
            at = entry.data_range().end;
            let offset = payload.len;
            let change = rewrite.changes.get(&index);
            let content = match change {
                None if splices.contains_key(&index) => {
                    let splice = &splices[&index];
                    let kept = splice.kept.min(entry.compressed_size());
                    at += self.descriptor_len(entry)?;
                    let new = NewContent {
                        method: entry.method(),
                        crc: splice.crc,
                        compressed: kept + splice.rest.len(),
                        uncompressed: splice.len,
                        cleared: FLAG_DESCRIPTOR,
                    };
                    payload.bytes(self.replaced(entry, &[], new, offset, rewrite.alignment)?);
                    payload.original(entry.data_offset()..entry.data_offset() + kept);
                    payload.push(splice.rest.clone());
                    Some(new)
                }
                None if self.has_other_header(entry, rewrite.headers)? => {
                    // As the directory has it, which is what readers go by; a descriptor is not needed then.
                    at += self.descriptor_len(entry)?;
                    let same = NewContent {
                        method: entry.method(),
                        crc: entry.crc(),
                        compressed: entry.compressed_size(),
                        uncompressed: entry.uncompressed_size(),
                        cleared: FLAG_DESCRIPTOR,
                    };
                    payload.bytes(self.replaced(entry, &[], same, offset, rewrite.alignment)?);
                    payload.original(entry.data_range());
                    Some(same)
                }
                None => {
                    match self.moved_header(entry, offset, rewrite.alignment)? {
                        Some(header) => {
                            payload.bytes(header);
                            payload.original(entry.data_range());
                        }
                        None => payload.original(entry.local_offset()..at),
                    }
                    None
                }
                Some(Change::Replace(content) | Change::Store(content)) => {
                    at += self.descriptor_len(entry)?;
                    let deflated = entry.method() == METHOD_DEFLATED && !matches!(change, Some(Change::Store(_)));
                    let method = if deflated { METHOD_DEFLATED } else { METHOD_STORED };
                    let (data, new) = compressed(content, method);
                    payload.bytes(self.replaced(entry, &data, new, offset, rewrite.alignment)?);
                    Some(new)
                }
                Some(Change::Remove) => {
                    at += self.descriptor_len(entry)?;
                    continue;
                }
            };
            placed[index] = Some(Placed { offset, content });
        }
        payload.original(at..rewrite.payload_end.unwrap_or(self.directory_offset()).max(at));
        let mut directory = Vec::with_capacity(self.index.directory.len());
        let mut entries = Vec::new();
        for (entry, placed) in self.index.entries.iter().zip(&placed) {
            let Some(placed) = placed else { continue };
            self.record(entry, placed, &mut directory)?;
            entries.push((entry.name.to_vec(), placed.offset));
        }
        let mut names = HashSet::new();
        for added in &rewrite.added {
            let offset = payload.len;
            let kept = self.find(&added.name).is_some_and(|index| placed[index].is_some());
            if kept || !names.insert(&added.name) {
                return Err(ZipError::Duplicate { name: String::from_utf8_lossy(&added.name).into_owned() });
            }
            let (bytes, record) = self.new_entry(added, offset, rewrite.alignment)?;
            payload.bytes(bytes);
            directory.extend_from_slice(&record);
            entries.push((added.name.clone(), offset));
        }
        let records_end = self.index.entries.last().map_or(0, |entry| entry.record.end);
        directory.extend_from_slice(&self.index.directory[records_end..]);
        let limit = if self.index.eocd.is_wide() { limits::ZIP64_ENTRIES } else { limits::ZIP_ENTRIES as u64 };
        let found = entries.len() as u64;
        if found > limit {
            return Err(ZipError::Limit { what: "the number of entries".to_owned(), found, limit });
        }
        let eocd = self.index.eocd.clone();
        Ok(Layout { segments: payload.segments, payload_len: payload.len, directory, entries, eocd })
    }

    /// The directory record of an entry, where it lies now and with what it holds now. Of one that did not change it is the same but for
    /// the offset, in the width that it had.
    fn record(&self, entry: &Entry, placed: &Placed, directory: &mut Vec<u8>) -> Result<(), ZipError> {
        let raw = self.index.directory.get(entry.record.clone()).unwrap_or_default();
        let variable = raw.get(CENTRAL_LEN..).unwrap_or_default();
        let mut central = entry.central;
        let is_wide = placed.offset >= u64::from(zip64::PLACEHOLDER);
        if placed.content.is_none() && (!is_wide || entry.numbers.offset_at.is_some()) {
            let Some(at) = entry.numbers.offset_at else {
                central.set_local_offset(u32::try_from(placed.offset).unwrap_or(zip64::PLACEHOLDER));
                directory.extend_from_slice(central.as_bytes());
                directory.extend_from_slice(variable);
                return Ok(());
            };
            let from = directory.len() + CENTRAL_LEN + usize::from(central.name_len()) + at;
            directory.extend_from_slice(raw);
            if let Some(offset) = directory.get_mut(from..from + 8) {
                offset.copy_from_slice(&placed.offset.to_le_bytes());
            }
            return Ok(());
        }
        let (name, rest) = variable.split_at(usize::from(central.name_len()));
        let (extra, comment) = rest.split_at(central.variable_lens().1.min(rest.len()));
        let mut wide = Vec::new();
        let (mut compressed, mut uncompressed) = (entry.compressed_size(), entry.uncompressed_size());
        let mut crc = entry.crc();
        if let Some(new) = placed.content {
            central.set_flags(central.flags() & !new.cleared);
            central.set_method(new.method);
            (crc, compressed, uncompressed) = (new.crc, new.compressed, new.uncompressed);
        }
        // In the order of the field (APPNOTE 4.5.3).
        let uncompressed = zip64::narrow(uncompressed, &mut wide);
        let compressed = zip64::narrow(compressed, &mut wide);
        central.set_content(crc, compressed, uncompressed);
        central.set_local_offset(zip64::narrow(placed.offset, &mut wide));
        // The number of a disk may be in the field that is made anew; it is 0, or reading had ended.
        central.set_disk(0);
        let extra = self.widened(extra, &wide, &entry.name)?;
        if !wide.is_empty() {
            central.set_wide();
        }
        central.set_extra_len(extra_len(&extra, &entry.name)?);
        directory.extend_from_slice(central.as_bytes());
        directory.extend_from_slice(name);
        directory.extend_from_slice(&extra);
        directory.extend_from_slice(comment);
        Ok(())
    }

    /// An extra field with these numbers of 64 bits, and no others.
    fn widened(&self, extra: &[u8], numbers: &[u64], name: &[u8]) -> Result<Vec<u8>, ZipError> {
        if let Some(&found) = numbers.first()
            && !self.index.eocd.is_wide()
        {
            let what = format!("a size or the offset of entry {:?} in bytes", String::from_utf8_lossy(name));
            return Err(ZipError::Limit { what, found, limit: u64::from(zip64::PLACEHOLDER - 1) });
        }
        let mut out = zip64::field(numbers);
        out.extend(zip64::without(extra));
        Ok(out)
    }

    /// The archive that `rewrite` asks for, in memory: for archives within other files.
    pub fn rewritten(&self, rewrite: &Rewrite) -> Result<Vec<u8>, ZipError> {
        let layout = self.layout(rewrite)?;
        let mut out = Vec::new();
        for segment in &layout.segments {
            match segment {
                Segment::Bytes(bytes) => out.extend_from_slice(bytes),
                // Only a splice has spooled bytes.
                Segment::Spooled(range) => {
                    let source = std::io::Error::other("nothing was spooled");
                    return Err(ZipError::Read { offset: range.start, len: range.end - range.start, source });
                }
                Segment::Original(range) => out.extend(read(self.source, range.start, range.end - range.start)?),
            }
        }
        out.extend_from_slice(&layout.directory);
        out.extend(layout.eocd(layout.payload_len)?);
        Ok(out)
    }

    /// Where the entries end when what follows them up to `before` (a signing block) is taken away: behind the last data
    /// and its descriptor, zero padding dropped, anything else kept.
    pub fn payload_end(&self, before: u64) -> Result<u64, ZipError> {
        let Some(last) = self.index.file_order.last().map(|&index| &self.index.entries[index]) else {
            return Ok(before);
        };
        let start = last.data_range().end + self.descriptor_len(last)?;
        let mut end = before;
        let mut buf = [0; 4096];
        while end > start {
            let len = (end - start).min(buf.len() as u64);
            let part = &mut buf[..usize::try_from(len).unwrap_or(0)];
            self.source.read_exact_at(part, end - len).map_err(|source| ZipError::Read {
                offset: end - len,
                len,
                source,
            })?;
            if let Some(last) = part.iter().rposition(|&byte| byte != 0) {
                return Ok(end - len + last as u64 + 1);
            }
            end -= len;
        }
        Ok(start.min(before))
    }

    /// The end of central directory record where nothing changes but where the directory begins.
    pub fn eocd_at(&self, directory_offset: u64) -> Result<Vec<u8>, ZipError> {
        let end = &self.index.eocd;
        fits(end, directory_offset, "the offset of the central directory")?;
        Ok(end.with_directory(end.entry_count(), end.directory_size(), directory_offset))
    }

    /// Length of the data descriptor behind the data: 12 or 16 bytes (APPNOTE 4.3.9), with sizes of 64 bits 20 or 24, 0 where there is
    /// none.
    pub(super) fn descriptor_len(&self, entry: &Entry) -> Result<u64, ZipError> {
        let (local, central) = entry.flags();
        if (local | central) & FLAG_DESCRIPTOR == 0 {
            return Ok(0);
        }
        let start = entry.data_range().end;
        let len = self.directory_offset().saturating_sub(start).min(24);
        let found = read(self.source, start, len)?;
        let signed = found.strip_prefix(&DESCRIPTOR_SIGNATURE);
        let with = |numbers: &[u8]| {
            let expected = [&entry.crc().to_le_bytes(), numbers].concat();
            let len = expected.len() as u64;
            match signed {
                Some(rest) if rest.starts_with(&expected) => 4 + len,
                _ if found.starts_with(&expected) => len,
                _ => 0,
            }
        };
        let sizes = [entry.compressed_size(), entry.uncompressed_size()];
        let short = match sizes.map(|size| u32::try_from(size).ok()) {
            [Some(compressed), Some(uncompressed)] => with(&[compressed, uncompressed].map(u32::to_le_bytes).concat()),
            _ => 0,
        };
        let long = with(&sizes.map(u64::to_le_bytes).concat());
        if short > 0 && long > 0 {
            // Of an empty entry, either way: it is as wide as the local header announces.
            let (_, extra) = self.local_variable(entry)?;
            return Ok(if zip64::is_in(&extra) { long } else { short });
        }
        Ok(short.max(long))
    }

    /// Whether an entry has a header that is written anew.
    fn has_other_header(&self, entry: &Entry, rules: Option<Rules>) -> Result<bool, ZipError> {
        rules.map_or(Ok(false), |rules| Ok(self.disagreement_of(entry, rules)?.is_some()))
    }

    /// Name and extra field of the local header.
    pub(super) fn local_variable(&self, entry: &Entry) -> Result<(Vec<u8>, Vec<u8>), ZipError> {
        let name_len = usize::from(entry.local.name_len());
        let len = name_len as u64 + u64::from(entry.local.extra_len());
        let mut name = read(self.source, entry.local_offset() + LOCAL_LEN as u64, len)?;
        let extra = name.split_off(name_len);
        Ok((name, extra))
    }

    /// The local header of an unchanged entry, where it needs another padding at `offset`.
    fn moved_header(
        &self,
        entry: &Entry,
        offset: u64,
        alignment: Option<Alignment>,
    ) -> Result<Option<Vec<u8>>, ZipError> {
        let Some(alignment) = alignment.filter(|_| entry.method() == METHOD_STORED) else { return Ok(None) };
        let data = offset + (entry.data_offset() - entry.local_offset());
        let multiple = alignment.of(&entry.name);
        let is_aligned = data.is_multiple_of(u64::from(multiple));
        if is_aligned && entry.local.extra_len() == 0 {
            return Ok(None);
        }
        let (name, extra) = self.local_variable(entry)?;
        let (kept, padding) = Padding::split(&extra);
        // What is no field at the end goes in any case: it would go with the next edit that moves the entry, and the result would
        // depend on whether there was one.
        let is_padding = extra.get(kept.len()..).unwrap_or_default().iter().all(|&byte| byte == 0);
        if is_aligned && (is_padding || matches!(padding, Padding::Android { .. })) {
            return Ok(None);
        }
        header(entry.local, &name, &extra, offset, Some(multiple), &entry.name).map(Some)
    }

    /// A changed entry, from its local header to its last byte.
    fn replaced(
        &self,
        entry: &Entry,
        data: &[u8],
        new: NewContent,
        offset: u64,
        alignment: Option<Alignment>,
    ) -> Result<Vec<u8>, ZipError> {
        // The new header is ours: it carries the name of the directory, whatever the old one said.
        let (_, extra) = self.local_variable(entry)?;
        let mut local = entry.local;
        local.set_name_len(entry.central.name_len());
        local.set_flags(local.flags() & !new.cleared);
        local.set_method(new.method);
        let extra = self.sized(&mut local, new, &extra, &entry.name)?;
        let multiple = alignment.filter(|_| new.method == METHOD_STORED).map(|alignment| alignment.of(&entry.name));
        let mut bytes = header(local, &entry.name, &extra, offset, multiple, &entry.name)?;
        bytes.extend_from_slice(data);
        Ok(bytes)
    }

    /// Sets the sizes in a local header; its extra field, in which both are where one needs it.
    fn sized(&self, local: &mut Local, new: NewContent, extra: &[u8], name: &[u8]) -> Result<Vec<u8>, ZipError> {
        let mut wide = Vec::new();
        let sizes = [new.uncompressed, new.compressed];
        let [uncompressed, compressed] = sizes.map(|size| zip64::narrow(size, &mut wide));
        if wide.is_empty() {
            local.set_content(new.crc, compressed, uncompressed);
            return Ok(if zip64::is_in(extra) { zip64::without(extra) } else { extra.to_vec() });
        }
        local.set_content(new.crc, zip64::PLACEHOLDER, zip64::PLACEHOLDER);
        local.set_wide();
        self.widened(extra, &sizes, name)
    }

    /// An added entry and its directory record.
    fn new_entry(
        &self,
        added: &NewEntry,
        offset: u64,
        alignment: Option<Alignment>,
    ) -> Result<(Vec<u8>, Vec<u8>), ZipError> {
        let name_len = u16::try_from(added.name.len()).map_err(|_| ZipError::Limit {
            what: "the length of an entry's name in bytes".to_owned(),
            found: added.name.len() as u64,
            limit: u64::from(u16::MAX),
        })?;
        let utf8 = !added.name.is_ascii();
        let (data, new) = compressed(&added.content, added.method);
        let mut local = Local::new(added.method, name_len, utf8);
        let extra = self.sized(&mut local, new, &[], &added.name)?;
        let multiple = alignment.filter(|_| added.method == METHOD_STORED).map(|alignment| alignment.of(&added.name));
        let mut bytes = header(local, &added.name, &extra, offset, multiple, &added.name)?;
        bytes.extend_from_slice(&data);
        let (mut central, mut wide) = (Central::new(added.method, name_len, utf8), Vec::new());
        let uncompressed = zip64::narrow(new.uncompressed, &mut wide);
        central.set_content(new.crc, zip64::narrow(new.compressed, &mut wide), uncompressed);
        central.set_local_offset(zip64::narrow(offset, &mut wide));
        let extra = self.widened(&[], &wide, &added.name)?;
        if !wide.is_empty() {
            central.set_wide();
        }
        central.set_extra_len(extra_len(&extra, &added.name)?);
        let mut record = central.as_bytes().to_vec();
        record.extend_from_slice(&added.name);
        record.extend_from_slice(&extra);
        Ok((bytes, record))
    }
}

/// A local header at `offset` with its name and extra field, padded so that the data starts at a multiple.
fn header(
    mut local: Local,
    name: &[u8],
    extra: &[u8],
    offset: u64,
    multiple: Option<u16>,
    entry: &[u8],
) -> Result<Vec<u8>, ZipError> {
    let mut padded = extra.to_vec();
    if let Some(multiple) = multiple {
        let (kept, padding) = Padding::split(extra);
        let unpadded = offset + (LOCAL_LEN + name.len() + kept.len()) as u64;
        let padding = padding.aligned(unpadded, multiple);
        padded.truncate(kept.len());
        padding.write(&mut padded);
    }
    local.set_extra_len(extra_len(&padded, entry)?);
    let mut bytes = local.as_bytes().to_vec();
    bytes.extend_from_slice(name);
    bytes.extend_from_slice(&padded);
    Ok(bytes)
}

fn extra_len(extra: &[u8], entry: &[u8]) -> Result<u16, ZipError> {
    u16::try_from(extra.len()).map_err(|_| ZipError::Limit {
        what: format!("the extra field of entry {:?} in bytes", String::from_utf8_lossy(entry)),
        found: extra.len() as u64,
        limit: u64::from(u16::MAX),
    })
}

fn compressed(content: &[u8], method: u16) -> (Vec<u8>, NewContent) {
    let data = if method == METHOD_DEFLATED { deflate(content) } else { content.to_vec() };
    let new = NewContent {
        method,
        crc: crc32fast::hash(content),
        compressed: data.len() as u64,
        uncompressed: content.len() as u64,
        cleared: FLAG_DESCRIPTOR | FLAG_ENCRYPTED,
    };
    (data, new)
}

/// Whether a number of an archive fits its end record.
fn fits(eocd: &Eocd, number: u64, what: &str) -> Result<(), ZipError> {
    // 0xffffffff itself is the placeholder of zip64.
    let limit = u64::from(zip64::PLACEHOLDER - 1);
    if eocd.is_wide() || number <= limit {
        return Ok(());
    }
    Err(ZipError::Limit { what: what.to_owned(), found: number, limit })
}

/// The payload under construction; neighbouring ranges of the original become one segment.
#[derive(Default)]
struct Payload {
    segments: Vec<Segment>,
    len: u64,
}

impl Payload {
    fn original(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        self.len += range.end - range.start;
        match self.segments.last_mut() {
            Some(Segment::Original(last)) if last.end == range.start => last.end = range.end,
            _ => self.segments.push(Segment::Original(range)),
        }
    }

    fn bytes(&mut self, bytes: Vec<u8>) {
        self.push(Segment::Bytes(bytes));
    }

    fn push(&mut self, segment: Segment) {
        self.len += segment.len();
        self.segments.push(segment);
    }
}
