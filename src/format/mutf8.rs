//! Modified UTF-8 (`java.io.DataInput`, "Modified UTF-8"; dex format, "MUTF-8"): a character outside the basic plane is
//! two three-byte surrogates, and U+0000 is `c0 80`. String pools and dex files hold their text this way.
//!
//! Must not: know who stores the bytes, or their length prefixes.

use std::borrow::Cow;

/// Bytes that are not modified UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not modified UTF-8 at byte {offset}: found 0x{found:02x}; expected one to three byte forms with paired surrogates"
)]
pub struct Mutf8Error {
    /// Where in the text.
    pub offset: usize,
    /// The byte there.
    pub found: u8,
}

/// How the text is written. Only characters outside the basic plane and U+0000 differ from UTF-8.
pub fn encode(text: &str) -> Cow<'_, [u8]> {
    if !text.bytes().any(|byte| byte == 0 || byte >= 0xf0) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut out = Vec::with_capacity(text.len() + text.len() / 2);
    for unit in text.encode_utf16() {
        push_unit(&mut out, unit);
    }
    Cow::Owned(out)
}

/// The text of exactly encoded bytes; `encode` gives the same bytes back.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Mutf8Error> {
    if let Some(text) = same_as_utf8(bytes) {
        return Ok(Cow::Borrowed(text));
    }
    let mut units = Vec::with_capacity(bytes.len());
    let mut at = 0;
    // A high surrogate that waits for its low one.
    let mut open: Option<usize> = None;
    while at < bytes.len() {
        let bad = |offset: usize| Mutf8Error { offset, found: bytes.get(offset).copied().unwrap_or(0) };
        let (unit, size) = unit_at(bytes, at).ok_or(bad(at))?;
        match (open, unit) {
            (Some(_), 0xdc00..=0xdfff) => open = None,
            (Some(start), _) => return Err(bad(start)),
            (None, 0xdc00..=0xdfff) => return Err(bad(at)),
            (None, 0xd800..=0xdbff) => open = Some(at),
            (None, _) => {}
        }
        units.push(unit);
        at += size;
    }
    if let Some(offset) = open {
        return Err(Mutf8Error { offset, found: bytes.get(offset).copied().unwrap_or(0) });
    }
    Ok(Cow::Owned(String::from_utf16_lossy(&units)))
}

/// The text as Android reads it: plain UTF-8 of four bytes is taken too (some tools write it), and what is broken
/// becomes U+FFFD.
pub fn decode_lossy(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && !bytes.contains(&0xc0)
    {
        return Cow::Borrowed(text);
    }
    let mut units = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if let Some((unit, size)) = unit_at(bytes, at) {
            units.push(unit);
            at += size;
        } else if let Some(four) = bytes.get(at..at + 4).and_then(|four| std::str::from_utf8(four).ok()) {
            units.extend(four.encode_utf16());
            at += 4;
        } else {
            let byte = bytes.get(at).copied().unwrap_or(0);
            units.push(if byte == 0 { 0 } else { 0xfffd });
            at += 1;
        }
    }
    Cow::Owned(String::from_utf16_lossy(&units))
}

/// UTF-16 units of the text: the first of the two lengths of a pool string, and the length dex gives.
pub fn utf16_len(text: &str) -> usize {
    text.encode_utf16().count()
}

/// UTF-16 units of exactly encoded bytes; unpaired surrogates are units like any other, as dex files have them.
pub fn units(bytes: &[u8]) -> Result<usize, Mutf8Error> {
    let (mut at, mut units) = (0, 0);
    while at < bytes.len() {
        let found = bytes.get(at).copied().unwrap_or(0);
        let (_, size) = unit_at(bytes, at).ok_or(Mutf8Error { offset: at, found })?;
        at += size;
        units += 1;
    }
    Ok(units)
}

fn same_as_utf8(bytes: &[u8]) -> Option<&str> {
    let plain = !bytes.iter().any(|byte| *byte == 0 || *byte >= 0xf0);
    if plain { std::str::from_utf8(bytes).ok() } else { None }
}

fn unit_at(bytes: &[u8], at: usize) -> Option<(u16, usize)> {
    let tail =
        |index: usize| bytes.get(at + index).filter(|byte| **byte & 0xc0 == 0x80).map(|byte| u16::from(byte & 0x3f));
    let first = *bytes.get(at)?;
    match first {
        0x01..=0x7f => Some((u16::from(first), 1)),
        0xc0..=0xdf => {
            let unit = u16::from(first & 0x1f) << 6 | tail(1)?;
            (unit == 0 || unit >= 0x80).then_some((unit, 2))
        }
        0xe0..=0xef => {
            let unit = u16::from(first & 0x0f) << 12 | tail(1)? << 6 | tail(2)?;
            (unit >= 0x800).then_some((unit, 3))
        }
        _ => None,
    }
}

fn push_unit(out: &mut Vec<u8>, unit: u16) {
    let low = |value: u16| u8::try_from(value & 0x3f).unwrap_or(0) | 0x80;
    let top = |value: u16, mark: u8| u8::try_from(value).unwrap_or(0) | mark;
    match unit {
        0x01..=0x7f => out.push(top(unit, 0)),
        0 | 0x80..=0x7ff => out.extend([top(unit >> 6, 0xc0), low(unit)]),
        _ => out.extend([top(unit >> 12, 0xe0), low(unit >> 6), low(unit)]),
    }
}
