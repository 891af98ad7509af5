//! String pools (`ResStringPool_header` in AOSP `ResourceTypes.h`), read in place and rewritten with every string that
//! is not edited kept as its raw bytes.
//!
//! A rewrite depends on the strings that stay and on the edit only, never on the edits before it: the zero bytes behind
//! the last string are made again, and what was appended carries [`MARK`], so that the next edit can take it out.
//!
//! Must not: know who refers to a string; see [`crate::format::slots`] for that.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::chunk::{Chunk, ChunkError, STRING_POOL, read_u32};
use super::secret::SecretText;
use super::{limits, mutf8};

/// Stands in the data before each string that an edit appended. Readers find strings by offset alone, so a gap means
/// nothing to them; no known tool writes these bytes.
pub const MARK: [u8; 4] = [0, b'i', b'n', 0];

const SORTED_FLAG: u32 = 1;
const UTF8_FLAG: u32 = 1 << 8;

/// Why a pool cannot be read or rewritten.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PoolError {
    /// The bytes are not a pool.
    #[error(transparent)]
    Malformed(#[from] ChunkError),
    /// A text longer than the pool's length fields.
    #[error("a text of {found} {unit} does not fit the string pool, whose limit is {limit}; use a shorter value")]
    TooLong {
        /// Length of the text.
        found: usize,
        /// The pool's limit.
        limit: usize,
        /// What is counted.
        unit: &'static str,
    },
    /// A layout that readers accept but that is never written.
    #[error("string pool at offset {offset}: {found}; it can be read but not edited")]
    Unsupported {
        /// Where the pool is.
        offset: usize,
        /// What is odd about it.
        found: &'static str,
    },
}

/// A pool within the bytes of a file.
#[derive(Debug, Clone, Copy)]
pub struct StringPool<'a> {
    chunk: Chunk<'a>,
    count: u32,
    style_count: u32,
    flags: u32,
    /// `stringsStart`, or where it would be in an empty pool that leaves it zero.
    strings_start: usize,
    strings_end: usize,
    styles_start: usize,
    /// Whether more strings are counted than have an offset before the first string: Android does not mind, as nothing refers to
    /// those.
    is_overcounted: bool,
}

/// What to change in a pool.
#[derive(Debug, Default, Clone)]
pub struct PoolEdit {
    /// New texts of existing strings, which keep their index.
    pub set: BTreeMap<u32, SecretText>,
    /// Strings to take away from the end; each must be marked.
    pub drop_tail: u32,
    /// Strings to insert at an index: all later indices grow, which the caller must follow.
    pub insert: Option<(u32, Vec<String>)>,
    /// Strings to add at the end, with their mark.
    pub append: Vec<Appended>,
}

/// A string to add at the end of a pool.
#[derive(Debug, Clone)]
pub struct Appended {
    /// Its text.
    pub text: SecretText,
    /// Whether a later edit may take it away again: true for values, false for names.
    pub marked: bool,
}

impl PoolEdit {
    /// Nothing changes.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty()
            && self.drop_tail == 0
            && self.append.is_empty()
            && self.insert.as_ref().is_none_or(|(_, texts)| texts.is_empty())
    }
}

/// Where one string lies in the string data.
#[derive(Clone, Copy)]
struct Span {
    start: usize,
    text: usize,
    text_end: usize,
    end: usize,
}

impl<'a> StringPool<'a> {
    /// Reads the header; strings are looked at when asked for.
    pub fn parse(chunk: Chunk<'a>) -> Result<Self, PoolError> {
        let odd = |at: usize, expected, found: String| ChunkError::new(chunk.offset + at, expected, found);
        if chunk.kind != STRING_POOL {
            return Err(odd(0, "a string pool (kind 0x0001)", format!("kind 0x{:04x}", chunk.kind)).into());
        }
        let (count, style_count, flags) = (chunk.u32(8)?, chunk.u32(12)?, chunk.u32(16)?);
        let (strings, styles) = (chunk.u32(20)? as usize, chunk.u32(24)? as usize);
        let size = chunk.bytes.len();
        let arrays = (count as usize)
            .checked_add(style_count as usize)
            .and_then(|entries| entries.checked_mul(4))
            .and_then(|bytes| bytes.checked_add(chunk.header_size))
            .filter(|end| *end <= size && chunk.header_size >= 28)
            .ok_or_else(|| odd(8, "offset arrays within the pool", format!("{count} strings, {style_count} styles")))?;
        let strings_start = if count == 0 { strings.max(arrays) } else { strings };
        let strings_end = if style_count > 0 { styles } else { size };
        if strings_start > strings_end || strings_end > size || (count > 0 && strings_start < chunk.header_size) {
            let found = format!("strings at {strings_start}..{strings_end} of {size}");
            return Err(odd(20, "string data within the pool", found).into());
        }
        let is_overcounted = count > 0 && strings_start < arrays;
        Ok(Self { chunk, count, style_count, flags, strings_start, strings_end, styles_start: styles, is_overcounted })
    }

    /// The whole chunk.
    pub fn chunk(&self) -> Chunk<'a> {
        self.chunk
    }

    /// Number of strings.
    pub fn len(&self) -> u32 {
        self.count
    }

    /// No string at all.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The first this many strings own style spans.
    pub fn style_count(&self) -> u32 {
        self.style_count
    }

    /// UTF-8 (modified) or UTF-16.
    pub fn is_utf8(&self) -> bool {
        self.flags & UTF8_FLAG != 0
    }

    /// `SORTED_FLAG`: readers may search the pool by halves.
    pub fn is_sorted(&self) -> bool {
        self.flags & SORTED_FLAG != 0
    }

    /// The encoded text of a string, without lengths and terminator.
    pub fn raw(&self, index: u32) -> Result<&'a [u8], PoolError> {
        let span = self.span(index)?;
        Ok(self.data().get(span.text..span.text_end).unwrap_or_default())
    }

    /// The text of a string; broken sequences become U+FFFD as they do in Java.
    pub fn text(&self, index: u32) -> Result<Cow<'a, str>, PoolError> {
        let raw = self.raw(index)?;
        if self.is_utf8() {
            return Ok(mutf8::decode_lossy(raw));
        }
        let units: Vec<u16> = raw.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
        Ok(Cow::Owned(String::from_utf16_lossy(&units)))
    }

    /// Whether a string reads as this text, however it is written: UTF-8 has two forms of what lies outside the basic plane.
    pub fn reads(&self, index: u32, text: &str) -> bool {
        // What is broken reads as U+FFFD, and is not equal to one.
        let same = |read: Cow<'_, str>| read == text && !text.contains(char::REPLACEMENT_CHARACTER);
        self.raw(index).is_ok_and(|raw| raw == self.encode_text(text).as_ref()) || self.text(index).is_ok_and(same)
    }

    /// The index of the first string with this text.
    pub fn find(&self, text: &str) -> Option<u32> {
        let wanted = self.encode_text(text);
        (0..self.count).find(|index| self.raw(*index).is_ok_and(|raw| raw == wanted.as_ref()))
    }

    /// How this pool writes a text, without lengths and terminator.
    pub fn encode_text<'t>(&self, text: &'t str) -> Cow<'t, [u8]> {
        if self.is_utf8() {
            return mutf8::encode(text);
        }
        Cow::Owned(text.encode_utf16().flat_map(u16::to_le_bytes).collect())
    }

    /// Span names of all styles (`ResStringPool_span.name`), which are references into this pool.
    pub fn span_names(&self) -> Vec<u32> {
        let mut names = Vec::new();
        if self.style_count == 0 {
            return names;
        }
        let styles = self.chunk.bytes.get(self.styles_start..).unwrap_or_default();
        // One pass over the area instead of one per style: styles may share spans, and none may be walked twice. A span
        // is 12 bytes and a style ends with a word of ones; taking too much for a name only makes an edit append.
        let mut at = 0;
        while let Some(word) = read_u32(styles, at) {
            if word == u32::MAX {
                at += 4;
            } else {
                names.push(word);
                at += 12;
            }
        }
        names
    }

    /// Whether an earlier edit appended this string as a value, and nothing overlaps its mark.
    pub fn is_marked(&self, index: u32) -> bool {
        self.span(index)
            .ok()
            .and_then(|span| self.data().get(span.start.checked_sub(MARK.len())?..span.start))
            .is_some_and(|mark| mark == MARK)
    }

    /// The pool with the edit done: a whole chunk again.
    pub fn rewrite(&self, edit: &PoolEdit) -> Result<Vec<u8>, PoolError> {
        if edit.is_empty() {
            return Ok(self.chunk.bytes.to_vec());
        }
        if self.is_overcounted {
            return Err(self.unsupported("it counts more strings than it has offsets"));
        }
        let kept = self.count.saturating_sub(edit.drop_tail);
        let mut data = self.splice_data(edit, kept)?;
        let inserted = edit.insert.as_ref().map(|(at, texts)| (*at, texts.as_slice()));
        let mut offsets = std::mem::take(&mut data.offsets);
        if let Some((at, texts)) = inserted {
            if at < self.style_count || at > kept {
                return Err(self.unsupported("a string must be inserted before one that owns styles"));
            }
            let mut added = Vec::with_capacity(texts.len());
            for text in texts {
                added.push(data.add(self, text, false)?);
            }
            offsets.splice(at as usize..at as usize, added);
        }
        for appended in &edit.append {
            offsets.push(data.add(self, appended.text.expose(), appended.marked)?);
        }
        self.emit(&offsets, data.bytes, !edit.append.is_empty() || !edit.set.is_empty() || inserted.is_some())
    }

    fn emit(&self, offsets: &[usize], mut data: Vec<u8>, unsorted: bool) -> Result<Vec<u8>, PoolError> {
        let bytes = self.chunk.bytes;
        let part = |from: usize, to: usize| bytes.get(from..to).unwrap_or_default();
        let array_end = self.chunk.header_size + self.count as usize * 4;
        let styles_at = array_end + self.style_count as usize * 4;
        let strings_start =
            styles_at + (offsets.len() * 4) + self.strings_start.saturating_sub(styles_at) - self.count as usize * 4;
        while !(strings_start + data.len()).is_multiple_of(4) {
            data.push(0);
        }
        let styles_start = if self.style_count > 0 { strings_start + data.len() } else { self.styles_start };
        let tail = if self.style_count > 0 { part(self.styles_start, bytes.len()) } else { &[] };
        let size = strings_start + data.len() + tail.len();
        let word = |value: usize| {
            u32::try_from(value).map(u32::to_le_bytes).map_err(|_| self.unsupported("it would be 4 GiB or more"))
        };
        let mut out = Vec::with_capacity(size);
        out.extend_from_slice(part(0, 4));
        out.extend_from_slice(&word(size)?);
        out.extend_from_slice(&word(offsets.len())?);
        out.extend_from_slice(part(12, 16));
        out.extend_from_slice(&(if unsorted { self.flags & !SORTED_FLAG } else { self.flags }).to_le_bytes());
        out.extend_from_slice(&word(strings_start)?);
        out.extend_from_slice(&word(styles_start)?);
        out.extend_from_slice(part(28, self.chunk.header_size));
        for offset in offsets {
            out.extend_from_slice(&word(*offset)?);
        }
        out.extend_from_slice(part(array_end, self.strings_start.max(array_end)));
        out.extend_from_slice(&data);
        out.extend_from_slice(tail);
        Ok(out)
    }

    /// The string data with strings replaced and dropped, and the offset of each string that stays.
    fn splice_data(&self, edit: &PoolEdit, kept: u32) -> Result<Data, PoolError> {
        let old = self.data();
        let mut cuts = Vec::new();
        for (slot, text) in edit.set.range(..kept) {
            let span = self.span(*slot)?;
            cuts.push(Cut {
                start: span.start,
                end: span.end,
                slot: *slot,
                bytes: self.encode(text.expose())?,
                apart: false,
            });
        }
        for slot in kept..self.count {
            let span = self.span(slot)?;
            let start = if self.is_marked(slot) { span.start - MARK.len() } else { span.start };
            cuts.push(Cut { start, end: span.end, slot, bytes: Vec::new(), apart: false });
        }
        cuts.sort_by_key(|cut| (cut.start, cut.slot));
        let spans: Vec<Span> = (0..kept).map(|slot| self.loose_span(slot)).collect();
        // A string that shares bytes with another cannot change where it is: it gets bytes of its own behind the rest.
        let mut reach = 0;
        for index in 0..cuts.len() {
            let next = cuts.get(index + 1).map_or(usize::MAX, |cut| cut.start);
            if let Some(cut) = cuts.get_mut(index) {
                cut.apart = cut.start < reach || cut.end > next;
                reach = reach.max(cut.end);
            }
        }
        // With this the ends ascend, so a search by halves is sound.
        let (mut cuts, mut apart): (Vec<Cut>, Vec<Cut>) = cuts.into_iter().partition(|cut| !cut.apart);
        for (slot, span) in (0_u32..).zip(&spans) {
            let first = cuts.partition_point(|cut| cut.end <= span.start);
            for cut in cuts.iter_mut().skip(first) {
                if cut.start >= span.end {
                    break;
                }
                cut.apart |= cut.slot != slot;
            }
        }
        let (cuts, moved): (Vec<Cut>, Vec<Cut>) = cuts.into_iter().partition(|cut| !cut.apart);
        apart.extend(moved);
        apart.retain(|cut| cut.slot < kept);
        apart.sort_by_key(|cut| cut.slot);

        let mut bytes = Vec::with_capacity(old.len());
        let mut done = 0;
        // How far what follows each cut has moved: (end of the cut, bytes before it then, now).
        let mut shifts = vec![(0_usize, 0_usize)];
        for cut in &cuts {
            bytes.extend_from_slice(old.get(done..cut.start).unwrap_or_default());
            bytes.extend_from_slice(&cut.bytes);
            done = cut.end;
            shifts.push((cut.end, bytes.len()));
        }
        bytes.extend_from_slice(old.get(done..).unwrap_or_default());
        let place = |old_at: usize| {
            let index = shifts.partition_point(|(end, _)| *end <= old_at).saturating_sub(1);
            shifts.get(index).map_or(old_at, |(end, now)| now + (old_at - end))
        };
        let mut offsets = Vec::with_capacity(spans.len());
        let mut last = 0;
        for span in &spans {
            let at = if span.start < old.len() {
                // A cut that starts here ends later, so this is where its new bytes start.
                place(span.start)
            } else {
                span.start
            };
            offsets.push(at);
            last = last.max(place(span.end.min(old.len())));
        }
        // Padding is made again by `emit`; other bytes behind the strings stay.
        let live = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1).max(last);
        bytes.truncate(live);
        let mut data = Data { bytes, offsets };
        for cut in apart {
            data.align(self);
            let at = data.bytes.len();
            data.bytes.extend_from_slice(&cut.bytes);
            if let Some(offset) = data.offsets.get_mut(cut.slot as usize) {
                *offset = at;
            }
        }
        Ok(data)
    }

    fn data(&self) -> &'a [u8] {
        self.chunk.bytes.get(self.strings_start..self.strings_end).unwrap_or_default()
    }

    fn offset_of(&self, index: u32) -> Option<usize> {
        if index >= self.count {
            return None;
        }
        read_u32(self.chunk.bytes, self.chunk.header_size + index as usize * 4).map(|offset| offset as usize)
    }

    /// The span of a string, or, of one that cannot be read, everything from where it starts.
    fn loose_span(&self, index: u32) -> Span {
        self.span(index).unwrap_or_else(|_| {
            let start = self.offset_of(index).unwrap_or(0);
            let end = self.data().len().max(start);
            Span { start, text: start, text_end: end, end }
        })
    }

    fn span(&self, index: u32) -> Result<Span, PoolError> {
        let bad = |at: usize, expected: &'static str, found: String| {
            PoolError::from(ChunkError::new(self.chunk.offset.saturating_add(at), expected, found))
        };
        let start = self
            .offset_of(index)
            .ok_or_else(|| bad(8, "a string index within the pool", format!("{index} of {}", self.count)))?;
        let data = self.data();
        let here = self.strings_start.saturating_add(start);
        let short =
            || bad(here, "a string within the string data", format!("string {index} at {start} of {}", data.len()));
        let (text, size, end) = if self.is_utf8() {
            let (_, at) = length8(data, start).ok_or_else(short)?;
            let (size, at) = length8(data, at).ok_or_else(short)?;
            (at, size, at + size + 1)
        } else {
            let (units, at) = length16(data, start).ok_or_else(short)?;
            (at, units * 2, at + units * 2 + 2)
        };
        // The last terminator may be missing; Android looks at the last byte of the pool only.
        if text + size > data.len() {
            return Err(short());
        }
        Ok(Span { start, text, text_end: text + size, end: end.min(data.len()) })
    }

    /// Lengths, text and terminator.
    fn encode(&self, text: &str) -> Result<Vec<u8>, PoolError> {
        let body = self.encode_text(text);
        let units = mutf8::utf16_len(text);
        let mut out = Vec::with_capacity(body.len() + 6);
        if self.is_utf8() {
            let found = units.max(body.len());
            let limit = limits::POOL_UTF8_UNITS;
            let too_long = PoolError::TooLong { found, limit, unit: "bytes of modified UTF-8" };
            for length in [units, body.len()] {
                let length = u16::try_from(length).ok().filter(|length| usize::from(*length) <= limit);
                let [high, low] = length.ok_or_else(|| too_long.clone())?.to_be_bytes();
                if high != 0 || low >= 0x80 {
                    out.push(high | 0x80);
                }
                out.push(low);
            }
            out.extend_from_slice(&body);
            out.push(0);
        } else {
            let limit = limits::POOL_UTF16_UNITS;
            let length = u32::try_from(units).ok().filter(|_| units <= limit);
            let length = length.ok_or(PoolError::TooLong { found: units, limit, unit: "UTF-16 units" })?;
            let [b0, b1, b2, b3] = length.to_le_bytes();
            if length >= 0x8000 {
                out.extend_from_slice(&[b2, b3 | 0x80]);
            }
            out.extend_from_slice(&[b0, b1]);
            out.extend_from_slice(&body);
            out.extend_from_slice(&[0, 0]);
        }
        Ok(out)
    }

    fn unsupported(&self, found: &'static str) -> PoolError {
        PoolError::Unsupported { offset: self.chunk.offset, found }
    }
}

/// A string that changes or goes: its old bytes and its new ones.
struct Cut {
    start: usize,
    end: usize,
    slot: u32,
    bytes: Vec<u8>,
    apart: bool,
}

/// String data that grows at its end.
struct Data {
    bytes: Vec<u8>,
    offsets: Vec<usize>,
}

impl Data {
    fn align(&mut self, pool: &StringPool<'_>) {
        if !pool.is_utf8() && !self.bytes.len().is_multiple_of(2) {
            self.bytes.push(0);
        }
    }

    fn add(&mut self, pool: &StringPool<'_>, text: &str, marked: bool) -> Result<usize, PoolError> {
        self.align(pool);
        if marked {
            self.bytes.extend_from_slice(&MARK);
        }
        let at = self.bytes.len();
        self.bytes.extend(pool.encode(text)?);
        Ok(at)
    }
}

/// `decodeLength` of `ResStringPool` for UTF-8: one byte, or two when the high bit is set.
fn length8(data: &[u8], at: usize) -> Option<(usize, usize)> {
    let first = usize::from(*data.get(at)?);
    if first & 0x80 == 0 {
        return Some((first, at + 1));
    }
    Some(((first & 0x7f) << 8 | usize::from(*data.get(at + 1)?), at + 2))
}

/// `decodeLength` of `ResStringPool` for UTF-16: one word, or two when the high bit is set.
fn length16(data: &[u8], at: usize) -> Option<(usize, usize)> {
    let word = |at: usize| super::chunk::read_u16(data, at).map(usize::from);
    let first = word(at)?;
    if first & 0x8000 == 0 {
        return Some((first, at + 2));
    }
    Some(((first & 0x7fff) << 16 | word(at + 2)?, at + 4))
}
