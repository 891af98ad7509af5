//! The codes of a block as tables (RFC 1951 section 3.2): the next bits of a stream are an index, and the entry says all of a
//! symbol. Codes that are longer have a second table.
//!
//! Must not: accept a code that zlib refuses.

use super::error::{CODES, InflateError};

/// Bits that the first look into a table takes, and entries of it with all second tables: 2342 and 402 are the most that
/// codes of 288 and 32 symbols of 15 bits need (zlib's `enough`), rounded up so that an index needs no check.
pub(super) const LITERAL_BITS: u32 = 11;
pub(super) const LITERAL_ENTRIES: usize = 4096;
pub(super) const DISTANCE_BITS: u32 = 8;
pub(super) const DISTANCE_ENTRIES: usize = 512;
/// Longest code of a symbol, and of a length of a code.
const CODE_BITS: usize = 15;
pub(super) const LENGTH_BITS: u32 = 7;
/// Symbols of a code for literals and lengths, and of one for distances, that a header may have.
pub(super) const LITERAL_SYMBOLS: usize = 286;
pub(super) const DISTANCE_SYMBOLS: usize = 30;
/// The end of a block.
pub(super) const END_SYMBOL: usize = 256;

/// Bits of an entry. The lowest byte: bits that are taken, extra bits among them. Four bits from 8 on: bits of the code
/// alone, or those that a second look takes. From 16 on: a literal, a base value, or where a second table begins.
pub(super) const LITERAL: u32 = 1 << 31;
pub(super) const SPECIAL: u32 = 1 << 15;
pub(super) const INVALID: u32 = 1 << 14;
pub(super) const SECOND: u32 = 1 << 13;

/// Base value and extra bits of each symbol of length, from 257 on, and of each distance (section 3.2.5).
const LENGTHS: [(u16, u8); 29] = [
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 0),
    (7, 0),
    (8, 0),
    (9, 0),
    (10, 0),
    (11, 1),
    (13, 1),
    (15, 1),
    (17, 1),
    (19, 2),
    (23, 2),
    (27, 2),
    (31, 2),
    (35, 3),
    (43, 3),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 4),
    (115, 4),
    (131, 5),
    (163, 5),
    (195, 5),
    (227, 5),
    (258, 0),
];
const DISTANCES: [(u16, u8); 30] = [
    (1, 0),
    (2, 0),
    (3, 0),
    (4, 0),
    (5, 1),
    (7, 1),
    (9, 2),
    (13, 2),
    (17, 3),
    (25, 3),
    (33, 4),
    (49, 4),
    (65, 5),
    (97, 5),
    (129, 6),
    (193, 6),
    (257, 7),
    (385, 7),
    (513, 8),
    (769, 8),
    (1025, 9),
    (1537, 9),
    (2049, 10),
    (3073, 10),
    (4097, 11),
    (6145, 11),
    (8193, 12),
    (12289, 12),
    (16385, 13),
    (24577, 13),
];
/// What a symbol of a literal or length means.
pub(super) fn literal(symbol: usize) -> u32 {
    match symbol.checked_sub(END_SYMBOL + 1) {
        None if symbol == END_SYMBOL => SPECIAL,
        None => LITERAL | u32::try_from(symbol).unwrap_or_default() << 16,
        Some(length) => value(LENGTHS.get(length)),
    }
}

/// What a symbol of a distance means.
pub(super) fn distance(symbol: usize) -> u32 {
    value(DISTANCES.get(symbol))
}

/// What a length of a code means, among those that tell of codes.
pub(super) fn length_symbol(symbol: usize) -> u32 {
    u32::try_from(symbol).unwrap_or_default() << 16
}

/// The lengths of fixed codes (section 3.2.6).
pub(super) fn fixed_lengths() -> [u8; 288] {
    let mut lengths = [8; 288];
    lengths[144..256].fill(9);
    lengths[256..280].fill(7);
    lengths
}

fn value(of: Option<&(u16, u8)>) -> u32 {
    of.map_or(SPECIAL | INVALID, |&(base, extra)| u32::from(base) << 16 | u32::from(extra))
}

/// Fills a table for the code that these lengths make (section 3.2.2). `entry` tells of a symbol what it means, with its
/// extra bits in the lowest byte.
pub(super) fn build(
    table: &mut [u32],
    first: u32,
    lengths: &[u8],
    entry: impl Fn(usize) -> u32,
) -> Result<(), InflateError> {
    let mut counts = [0_usize; CODE_BITS + 1];
    for &length in lengths {
        *counts.get_mut(usize::from(length)).ok_or(CODES)? += 1;
    }
    counts[0] = 0;
    // Codes of each length that are free. The last is what nobody uses.
    let mut free = 1_usize;
    for count in &counts[1..] {
        free = (free << 1).checked_sub(*count).ok_or(CODES)?;
    }
    let longest = counts.iter().rposition(|&count| count > 0).unwrap_or(0);
    if free > 0 {
        if longest > 1 || first == LENGTH_BITS {
            return Err(CODES);
        }
        table.fill(SPECIAL | INVALID);
    }
    // Symbols by length, and by number within one.
    let mut starts = [0_usize; CODE_BITS + 2];
    for (length, count) in counts.iter().enumerate() {
        starts[length + 1] = starts[length] + count;
    }
    let (mut symbols, mut next) = ([0_usize; 320], starts);
    for (symbol, &length) in lengths.iter().enumerate().filter(|(_, length)| **length > 0) {
        let place = next.get_mut(usize::from(length)).ok_or(CODES)?;
        *symbols.get_mut(*place).ok_or(CODES)? = symbol;
        *place += 1;
    }
    let root = 1_usize << first;
    let (mut code, mut end, mut second) = (0_u32, root, (usize::MAX, 0, 0));
    for length in 1..=longest {
        let bits = u32::try_from(length).unwrap_or_default();
        for index in starts[length]..starts[length + 1] {
            let entry = entry(*symbols.get(index).ok_or(CODES)?);
            // Codes come with their highest bit first.
            let reversed = (code.reverse_bits() >> (32 - bits)) as usize;
            code += 1;
            if bits <= first {
                let entry = entry + (bits << 8) + bits;
                table.get_mut(reversed..root).ok_or(CODES)?.iter_mut().step_by(1 << bits).for_each(|to| *to = entry);
                continue;
            }
            let prefix = reversed & (root - 1);
            if prefix != second.0 {
                // As many bits as the longest code with this beginning has.
                let (mut wide, mut room) = (bits - first, 1_usize << (bits - first));
                let mut with = starts[length + 1] - index;
                while let Some(left) = room.checked_sub(with).filter(|&left| left > 0)
                    && let Some(&more) = counts.get((first + wide) as usize + 1)
                {
                    (wide, room, with) = (wide + 1, left << 1, more);
                }
                second = (prefix, end, wide);
                end += 1 << wide;
                let begins = u32::try_from(second.1).unwrap_or_default();
                *table.get_mut(prefix).ok_or(CODES)? = SPECIAL | SECOND | begins << 16 | wide << 8 | first;
            }
            let left = bits - first;
            let entry = entry + (left << 8) + left;
            let places = table.get_mut(second.1 + (reversed >> first)..second.1 + (1 << second.2)).ok_or(CODES)?;
            places.iter_mut().step_by(1 << left).for_each(|to| *to = entry);
        }
        code <<= 1;
    }
    Ok(())
}
