//! Where the texts of a dex file lie, told from its map and its table of strings alone: a search for a text need not look at
//! the code.
//!
//! Must not: rely on a map that leaves a string out.

use std::ops::Range;

use crate::format::chunk::read_u32;

/// `map_off`, `string_ids_size` and `string_ids_off` in the header.
const MAP: usize = 0x34;
const STRINGS: usize = 0x38;
const TABLE: usize = 0x3c;
/// `TYPE_STRING_DATA_ITEM`.
const STRING_DATA: u32 = 0x2002;

/// The range in which all strings lie that a dex file refers to. `None` where that is not so, or not to be told without reading
/// the whole file: a container of several, and what breaks the format.
pub fn texts(bytes: &[u8]) -> Option<Range<usize>> {
    let version = bytes.strip_prefix(b"dex\n")?.get(..4)?;
    if !(b"035\0".as_slice()..=b"040\0".as_slice()).contains(&version) {
        return None;
    }
    let word = |at: usize| read_u32(bytes, at).and_then(|word| usize::try_from(word).ok());
    let map = word(MAP)?;
    let mut start = None;
    let mut starts = Vec::new();
    for number in 0..word(map)? {
        // u2 type, u2 unused, u4 size, u4 offset
        let entry = map.checked_add(4)?.checked_add(number.checked_mul(12)?)?;
        let offset = word(entry.checked_add(8)?)?;
        starts.push(offset);
        if read_u32(bytes, entry)? & 0xffff == STRING_DATA {
            start = Some(offset);
        }
    }
    let start = start?;
    let end = starts.into_iter().filter(|other| *other > start).min().unwrap_or(bytes.len());
    let (count, table) = (word(STRINGS)?, word(TABLE)?);
    let mut last = start;
    for number in 0..count {
        let offset = word(table.checked_add(number.checked_mul(4)?)?)?;
        if !(start..end).contains(&offset) {
            return None;
        }
        last = last.max(offset);
    }
    // The last one ends within too.
    bytes.get(last..end)?.contains(&0).then_some(start..end)
}
