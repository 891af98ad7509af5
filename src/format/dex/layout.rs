//! The edited file: items in the order they had, each where its alignment lets it be, and every index, offset, size and
//! checksum written anew in the shortest form, so that the bytes depend on the content and not on earlier edits.
//!
//! Must not: decide which strings there are.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use sha1::{Digest as _, Sha1};

use super::DexError;
use super::code::Edit;
use super::cursor::{push_uleb, uleb_len};
use super::parse::Dex;
use super::plan::{Plan, Source};
use super::walk::{Form, Item, Walk, align, alignment, kind};
use super::width::{Table, Widths, widths};
use crate::format::limits;

/// What is written, in file order.
#[derive(Debug, Clone, Copy)]
enum Piece {
    /// An item of the file, by number.
    Old(usize),
    /// A new string, by its position in the new table.
    New(usize),
    /// A line table of its own, by its place in [`Widths::copies`].
    Copy(usize),
}

/// A replaced range of an old item.
#[derive(Clone)]
struct Patch {
    range: Range<usize>,
    what: What,
}

#[derive(Clone)]
enum What {
    /// What is there instead: mostly a string index, already in its new form.
    Bytes(Vec<u8>),
    /// An offset: its form, and the item.
    Offset(Form, Table),
}

struct Layout<'p> {
    walk: &'p Walk,
    plan: &'p Plan,
    widths: &'p Widths,
    pieces: Vec<Piece>,
    patches: Vec<Patch>,
    /// Of every piece, which patches are in it.
    patches_of: Vec<Range<usize>>,
    /// Of every piece, where it is now.
    starts: Vec<usize>,
    /// Of every old item, where it is now.
    items: Vec<usize>,
    /// Of every line table of its own, where it is now.
    copies: Vec<usize>,
    /// Of every string of the new table, where its data is now.
    strings: Vec<usize>,
    end: usize,
}

/// The bytes of the edited file.
pub(super) fn emit(all: &[Dex<'_>], walk: &Walk, plan: &Plan) -> Result<Vec<u8>, DexError> {
    let Some(dex) = all.first() else { return Ok(Vec::new()) };
    let widths = widths(dex, walk, plan)?;
    let mut patches = patches(walk, plan, &widths)?;
    let pieces = pieces(walk, plan, &widths);
    let patches_of = patches_of(walk, &pieces, &mut patches, &widths);
    let mut layout = Layout {
        walk,
        plan,
        widths: &widths,
        starts: vec![0; pieces.len()],
        items: vec![0; walk.items.len()],
        copies: vec![0; widths.copies.len()],
        strings: vec![0; plan.table.len()],
        pieces,
        patches,
        patches_of,
        end: 0,
    };
    // The offsets in class data are as long as they are large, and move what is behind them. From the shortest layout
    // on everything only grows, so the first round that changes nothing is the least layout there is.
    let mut rounds = 0;
    while layout.place()? {
        rounds += 1;
        if rounds > limits::DEX_LAYOUT_ROUNDS {
            let found = format!("a file whose layout is not found in {} rounds", limits::DEX_LAYOUT_ROUNDS);
            return Err(DexError::unsupported(0, found, "build the app anew; no compiler writes such a file"));
        }
    }
    let mut out = layout.write(dex)?;
    layout.headers(all, &mut out)?;
    Ok(out)
}

/// What changes inside of items, in file order.
fn patches(walk: &Walk, plan: &Plan, widths: &Widths) -> Result<Vec<Patch>, DexError> {
    let count = walk.strings.len().saturating_add(walk.offsets.len()).saturating_add(widths.edits.len());
    let mut patches = Vec::with_capacity(count);
    for (number, (string, index)) in walk.strings.iter().zip(&plan.indices).enumerate() {
        if widths.resized.contains(&number) {
            continue;
        }
        let full = || {
            let found = format!("a reference that cannot hold string index {index}");
            DexError::unsupported(string.site(), found, "build the app with fewer strings per dex file (report this)")
        };
        let word = u32::try_from(*index).map_err(|_| full())?;
        let bytes = match string.form {
            Form::Half => u16::try_from(word).map_err(|_| full())?.to_le_bytes().to_vec(),
            Form::Word => word.to_le_bytes().to_vec(),
            Form::Uleb => uleb(word),
            Form::UlebPlus1 => uleb(word.checked_add(1).ok_or_else(full)?),
            Form::Value => encoded_string(word),
        };
        patches.push(Patch { range: string.range.clone(), what: What::Bytes(bytes) });
    }
    for (number, offset) in walk.offsets.iter().enumerate() {
        let to = widths.tables.get(&number).copied().unwrap_or(Table::Item(offset.item));
        patches.push(Patch { range: offset.range.clone(), what: What::Offset(offset.form, to) });
    }
    patches.extend(widths.edits.iter().map(edited));
    patches.sort_by_key(|patch| patch.range.start);
    Ok(patches)
}

fn edited((range, bytes): &Edit) -> Patch {
    Patch { range: range.clone(), what: What::Bytes(bytes.clone()) }
}

fn uleb(value: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(5);
    push_uleb(&mut bytes, value);
    bytes
}

/// `encoded_value` of a string: `value_arg` is one less than the bytes of the index.
fn encoded_string(index: u32) -> Vec<u8> {
    let bytes = index.to_le_bytes();
    let (argument, length) = match index {
        0..=0xff => (0, 1),
        0x100..=0xffff => (1, 2),
        0x1_0000..=0xff_ffff => (2, 3),
        _ => (3, 4),
    };
    let mut out = vec![argument << 5 | super::value::VALUE_STRING];
    out.extend_from_slice(bytes.get(..length).unwrap_or_default());
    out
}

/// Items in their order, without the strings and line tables that are gone. A new string's data comes behind that of the
/// string before it in the table, a line table behind the one it was.
fn pieces(walk: &Walk, plan: &Plan, widths: &Widths) -> Vec<Piece> {
    // By item: is it gone, and which new strings come before and behind it.
    let mut gone = vec![false; walk.items.len()];
    let mut copies: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (number, copy) in widths.copies.iter().enumerate() {
        copies.entry(copy.of).or_default().push(number);
    }
    for item in walk.string_items.iter().chain(&widths.gone) {
        if let Some(gone) = gone.get_mut(*item) {
            *gone = true;
        }
    }
    let mut before: Vec<usize> = Vec::new();
    let mut behind: Vec<Vec<usize>> = vec![Vec::new(); walk.items.len()];
    let mut last: Option<usize> = None;
    let mut first: Option<usize> = None;
    for (position, source) in plan.table.iter().enumerate() {
        match source {
            Source::Old(index) => {
                last = walk.string_items.get(*index).copied();
                first = first.or(last);
                if let Some(gone) = last.and_then(|item| gone.get_mut(item)) {
                    *gone = false;
                }
            }
            Source::New(_) => match last.and_then(|item| behind.get_mut(item)) {
                Some(behind) => behind.push(position),
                None => before.push(position),
            },
        }
    }
    // Without any old string left, the place of the first one that was.
    let first = first.or(walk.string_items.first().copied());
    let mut pieces = Vec::with_capacity(walk.items.len().saturating_add(plan.new.len()));
    for (number, (gone, behind)) in gone.iter().zip(&behind).enumerate() {
        if Some(number) == first {
            pieces.extend(before.iter().copied().map(Piece::New));
        }
        if !gone {
            pieces.push(Piece::Old(number));
        }
        pieces.extend(copies.get(&number).into_iter().flatten().copied().map(Piece::Copy));
        pieces.extend(behind.iter().copied().map(Piece::New));
    }
    pieces
}

/// Which patches each piece has; those of copies are put behind all others.
fn patches_of(walk: &Walk, pieces: &[Piece], patches: &mut Vec<Patch>, widths: &Widths) -> Vec<Range<usize>> {
    let in_items = patches.len();
    let of_item = |patches: &[Patch], number: usize| {
        let range = walk.items.get(number).map(|item| item.range.clone()).unwrap_or_default();
        let patches = patches.get(..in_items).unwrap_or_default();
        let start = patches.partition_point(|patch| patch.range.start < range.start);
        start..patches.partition_point(|patch| patch.range.start < range.end)
    };
    let mut ranges = Vec::with_capacity(pieces.len());
    for piece in pieces {
        ranges.push(match piece {
            Piece::Old(number) => of_item(patches, *number),
            Piece::New(_) => 0..0,
            Piece::Copy(number) => {
                let start = patches.len();
                if let Some(copy) = widths.copies.get(*number) {
                    let mut own: Vec<Patch> = copy.edits.iter().map(edited).collect();
                    own.extend(patches.get(of_item(patches, copy.of)).unwrap_or_default().iter().cloned());
                    own.sort_by_key(|patch| patch.range.start);
                    patches.append(&mut own);
                }
                start..patches.len()
            }
        });
    }
    ranges
}

impl Layout<'_> {
    /// The bytes of a patch as far as it is known now.
    fn patch_len(&self, patch: &Patch) -> usize {
        match &patch.what {
            What::Bytes(bytes) => bytes.len(),
            What::Offset(Form::Uleb, to) => uleb_len(u32::try_from(self.place_of(*to)).unwrap_or(u32::MAX)),
            What::Offset(..) => 4,
        }
    }

    fn place_of(&self, to: Table) -> usize {
        let place = match to {
            Table::Item(item) => self.items.get(item),
            Table::Copy(copy) => self.copies.get(copy),
        };
        place.copied().unwrap_or(0)
    }

    /// The item of the file whose bytes a piece has, but for its patches.
    fn source(&self, piece: Piece) -> Option<&Item> {
        let number = match piece {
            Piece::Old(number) => number,
            Piece::Copy(copy) => self.widths.copies.get(copy)?.of,
            Piece::New(_) => return None,
        };
        self.walk.items.get(number)
    }

    fn new_data(&self, position: usize) -> &[u8] {
        match self.plan.table.get(position) {
            Some(Source::New(number)) => self.plan.new.get(*number).map(Vec::as_slice).unwrap_or_default(),
            _ => &[],
        }
    }

    fn kind(&self, piece: Piece) -> u16 {
        self.source(piece).map_or(kind::STRING_DATA, |item| item.kind)
    }

    fn len(&self, piece: Piece, patches: &Range<usize>) -> usize {
        if let Piece::New(position) = piece {
            return self.new_data(position).len();
        }
        let Some(item) = self.source(piece) else { return 0 };
        if item.kind == kind::STRING_ID {
            return self.plan.table.len().saturating_mul(4);
        }
        let patches = self.patches.get(patches.clone()).unwrap_or_default();
        let old: usize = patches.iter().map(|patch| patch.range.len()).sum();
        let new: usize = patches.iter().map(|patch| self.patch_len(patch)).sum();
        item.range.len().saturating_sub(old).saturating_add(new)
    }

    /// Places every piece by the lengths of now; true where something moved.
    fn place(&mut self) -> Result<bool, DexError> {
        let mut at = 0usize;
        let mut starts = Vec::with_capacity(self.pieces.len());
        for (piece, patches) in self.pieces.iter().zip(&self.patches_of) {
            at = align(at, alignment(self.kind(*piece)));
            starts.push(at);
            at = at.saturating_add(self.len(*piece, patches));
        }
        if u32::try_from(at).is_err() {
            return Err(DexError::unsupported(0, "a file of more than 4 GiB", "choose a shorter value"));
        }
        let moved = starts != self.starts || at != self.end;
        for (piece, start) in self.pieces.iter().zip(&starts) {
            let slot = match piece {
                Piece::Old(number) => self.items.get_mut(*number),
                Piece::New(position) => self.strings.get_mut(*position),
                Piece::Copy(number) => self.copies.get_mut(*number),
            };
            if let Some(slot) = slot {
                *slot = *start;
            }
        }
        for (position, source) in self.plan.table.iter().enumerate() {
            if let Source::Old(index) = source
                && let Some(item) = self.walk.string_items.get(*index)
                && let (Some(slot), Some(start)) = (self.strings.get_mut(position), self.items.get(*item))
            {
                *slot = *start;
            }
        }
        (self.starts, self.end) = (starts, at);
        Ok(moved)
    }

    /// Everything but what the header says.
    fn write(&self, dex: &Dex<'_>) -> Result<Vec<u8>, DexError> {
        let mut out = Vec::with_capacity(self.end);
        for ((piece, patches), start) in self.pieces.iter().zip(&self.patches_of).zip(&self.starts) {
            out.resize((*start).max(out.len()), 0);
            match piece {
                Piece::New(position) => out.extend_from_slice(self.new_data(*position)),
                Piece::Old(_) if self.kind(*piece) == kind::STRING_ID => {
                    out.extend(self.strings.iter().flat_map(|at| word(*at)));
                }
                Piece::Old(_) | Piece::Copy(_) => {
                    let range = self.source(*piece).map(|item| item.range.clone()).unwrap_or_default();
                    let mut done = range.start;
                    for patch in self.patches.get(patches.clone()).unwrap_or_default() {
                        out.extend_from_slice(dex.bytes.get(done..patch.range.start).unwrap_or_default());
                        match &patch.what {
                            What::Bytes(bytes) => out.extend_from_slice(bytes),
                            What::Offset(form, to) => {
                                let at = self.place_of(*to);
                                let value = u32::try_from(at).unwrap_or(u32::MAX);
                                if *form == Form::Uleb {
                                    push_uleb(&mut out, value);
                                } else {
                                    out.extend(word(at));
                                }
                            }
                        }
                        done = patch.range.end;
                    }
                    out.extend_from_slice(dex.bytes.get(done..range.end).unwrap_or_default());
                }
            }
        }
        if out.len() == self.end {
            return Ok(out);
        }
        // A mistake of ours, which must not become a file.
        Err(DexError::malformed(out.len(), format!("a layout of {} bytes", self.end), "another (report this)"))
    }

    /// Of every section, where it is now and how many items it has.
    fn sections(&self) -> Vec<(usize, usize)> {
        let strings = self.walk.sections.iter().position(|section| section.kind == kind::STRING_DATA);
        let mut places: Vec<Option<(usize, usize)>> = vec![None; self.walk.sections.len()];
        for (piece, start) in self.pieces.iter().zip(&self.starts) {
            // A new string is where the others are.
            let section = self.source(*piece).map(|item| item.section).or(strings);
            if let Some(place) = section.and_then(|section| places.get_mut(section)) {
                place.get_or_insert((*start, 0)).1 += 1;
            }
        }
        places.into_iter().map(Option::unwrap_or_default).collect()
    }

    /// Every `header_item` and `map_list`, signature and checksum.
    fn headers(&self, all: &[Dex<'_>], out: &mut [u8]) -> Result<(), DexError> {
        let places = self.sections();
        let mut of_dex: HashMap<(u16, usize), usize> = HashMap::new();
        for (section, (start, _)) in self.walk.sections.iter().zip(&places) {
            of_dex.extend(section.entries.iter().map(|entry| ((section.kind, entry.1), *start)));
        }
        let place_of = |kind: u16, dex: usize| of_dex.get(&(kind, dex)).copied();
        for (number, section) in self.walk.sections.iter().enumerate() {
            let (start, pieces) = places.get(number).copied().unwrap_or_default();
            let count = match section.kind {
                kind::STRING_ID => self.plan.table.len(),
                kind::STRING_DATA | kind::DEBUG_INFO => pieces,
                _ => section.section.size,
            };
            let field = match section.kind {
                kind::STRING_ID => Some(56),
                kind::TYPE_ID => Some(64),
                kind::PROTO_ID => Some(72),
                kind::FIELD_ID => Some(80),
                kind::METHOD_ID => Some(88),
                kind::CLASS_DEF => Some(96),
                _ => None,
            };
            for (entry, dex) in &section.entries {
                let map = place_of(kind::MAP_LIST, *dex).unwrap_or_default();
                let at = all.get(*dex).map_or(0, |dex| entry.saturating_sub(dex.header.map)).saturating_add(map);
                put(out, at.saturating_add(4), &[count, start]);
                if let (Some(field), Some(header)) = (field, place_of(kind::HEADER, *dex)) {
                    put(out, header.saturating_add(field), &[count, start]);
                }
            }
        }
        for (number, dex) in all.iter().enumerate() {
            let header = place_of(kind::HEADER, number).unwrap_or_default();
            let map = place_of(kind::MAP_LIST, number).unwrap_or_default();
            let next = number.checked_add(1).and_then(|next| place_of(kind::HEADER, next));
            let end = next.unwrap_or(self.end);
            put(out, header.saturating_add(32), &[end.saturating_sub(header)]);
            put(out, header.saturating_add(52), &[map]);
            if dex.in_container() {
                put(out, header.saturating_add(112), &[self.end, header]);
            } else {
                put(out, header.saturating_add(104), &self.data(dex)?);
            }
            seal(out.get_mut(header..end).unwrap_or_default());
        }
        Ok(())
    }

    /// Size and offset of the data section, which a container does not have.
    fn data(&self, dex: &Dex<'_>) -> Result<[usize; 2], DexError> {
        let data = dex.header.data;
        let inside = |item: &Item| item.range.start >= data.offset;
        let first = self.walk.items.iter().position(inside).and_then(|number| {
            let is_first = |piece: &Piece| match piece {
                Piece::Old(item) => *item >= number,
                // A new string is inside of the data section like all strings, and a line table like all of them.
                Piece::New(_) | Piece::Copy(_) => true,
            };
            self.pieces.iter().position(is_first).and_then(|index| self.starts.get(index).copied())
        });
        let whole = data.offset.checked_add(data.size) == Some(dex.bytes.len());
        let Some(first) = first.filter(|_| whole) else {
            let expected = format!("a data section up to the end of the file at {}", dex.bytes.len());
            return Err(DexError::malformed(104, expected, format!("{data:?}")));
        };
        Ok([self.end.saturating_sub(first), first])
    }
}

fn put(out: &mut [u8], at: usize, values: &[usize]) {
    let bytes: Vec<u8> = values.iter().flat_map(|value| word(*value)).collect();
    if let Some(slot) = out.get_mut(at..at.saturating_add(bytes.len())) {
        slot.copy_from_slice(&bytes);
    }
}

/// Signature and checksum of one dex file.
fn seal(dex: &mut [u8]) {
    let digest = Sha1::digest(dex.get(32..).unwrap_or_default());
    if let Some(slot) = dex.get_mut(12..32) {
        slot.copy_from_slice(&digest);
    }
    let sum = adler32(dex.get(12..).unwrap_or_default());
    if let Some(slot) = dex.get_mut(8..12) {
        slot.copy_from_slice(&sum.to_le_bytes());
    }
}

fn word(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes()
}

/// Adler-32 (RFC 1950, 8.2), the checksum of the header.
pub(super) fn adler32(bytes: &[u8]) -> u32 {
    let (mut low, mut high) = (1u32, 0u32);
    // 5552 bytes at a time are the most whose sums fit 32 bits.
    for part in bytes.chunks(5552) {
        for byte in part {
            low = low.wrapping_add(u32::from(*byte));
            high = high.wrapping_add(low);
        }
        low %= 65521;
        high %= 65521;
    }
    high << 16 | low
}
