//! Text files: encoding marks, UTF-16, and positions for messages.
//!
//! Must not: decode a file that is edited by byte range ([`utf8`] borrows it); what is not edited is never looked at twice.

use std::borrow::Cow;
use std::fmt;

/// Why bytes are no text that can be edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodingError {
    /// A byte order mark of UTF-16, or NUL bytes as it has them.
    #[error("the file is UTF-16, expected UTF-8; convert it in the project, or address it as a whole file")]
    Utf16,
    /// UTF-16 that ends in the middle of a character, or holds half of one.
    #[error("byte {offset:#x} is not UTF-16; expected whole characters")]
    Utf16Broken {
        /// Where, from the start of the file.
        offset: usize,
    },
    /// Not UTF-8.
    #[error("byte {offset:#x} is not UTF-8; expected a UTF-8 text")]
    Utf8 {
        /// Where, from the start of the file.
        offset: usize,
    },
}

/// The text of a UTF-8 file, and the length of its byte order mark (0 or 3).
pub fn utf8(bytes: &[u8]) -> Result<(&str, usize), EncodingError> {
    if is_utf16(bytes) {
        return Err(EncodingError::Utf16);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| EncodingError::Utf8 { offset: error.valid_up_to() })?;
    Ok((text, if text.starts_with('\u{feff}') { 3 } else { 0 }))
}

/// Bytes without the byte order mark of UTF-8 that editors and shells of Windows put in front, JSON's parsers among those that it stops.
pub fn unmarked(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Whether a file is UTF-16: it has its mark, or every other byte is NUL in more than two of three characters that it begins with. A NUL
/// alone tells nothing.
pub(super) fn is_utf16(bytes: &[u8]) -> bool {
    /// Bytes that are looked at.
    const BEGINNING: usize = 64;
    if bytes.starts_with(&[0xfe, 0xff]) || bytes.starts_with(&[0xff, 0xfe]) {
        return true;
    }
    let beginning = bytes.get(..BEGINNING).unwrap_or(bytes);
    let zeros = |parity: usize| beginning.iter().skip(parity).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    (even == 0 || odd == 0) && 3 * (even + odd) > beginning.len()
}

/// The text of a file that is read and not edited: UTF-8, or UTF-16 in either order, with a byte order mark or, where it begins
/// with a character of ASCII, without one. The mark is left out.
pub fn read(bytes: &[u8]) -> Result<Cow<'_, str>, EncodingError> {
    let little = match bytes {
        [0xff, 0xfe, ..] => Some(true),
        [0xfe, 0xff, ..] => Some(false),
        [first, 0, ..] if *first != 0 => Some(true),
        [0, second, ..] if *second != 0 => Some(false),
        _ => None,
    };
    if let Some(little) = little {
        let text = utf16(bytes, little)?;
        return Ok(Cow::Owned(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| EncodingError::Utf8 { offset: error.valid_up_to() })?;
    Ok(Cow::Borrowed(text.strip_prefix('\u{feff}').unwrap_or(text)))
}

/// The text of UTF-16, a byte order mark included.
pub(super) fn utf16(bytes: &[u8], little: bool) -> Result<String, EncodingError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(EncodingError::Utf16Broken { offset: bytes.len() - 1 });
    }
    let units = pairs.iter().map(|&pair| if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) });
    let mut offset = 0;
    let mut text = String::with_capacity(bytes.len() / 2);
    for c in char::decode_utf16(units) {
        let c = c.map_err(|_| EncodingError::Utf16Broken { offset })?;
        offset += 2 * c.len_utf16();
        text.push(c);
    }
    Ok(text)
}

/// A position for people: line and column from 1, and the byte offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// Characters, from 1.
    pub column: usize,
    /// Bytes, from 0.
    pub offset: usize,
}

impl Position {
    /// Of a byte offset in `text`, which need not be UTF-8.
    pub fn of(text: impl AsRef<[u8]>, offset: usize) -> Self {
        let text = text.as_ref();
        let before = &text[..offset.min(text.len())];
        let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let line = before.split(|&byte| byte == b'\n').count();
        let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
        Self { line, column, offset }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {} (byte {:#x})", self.line, self.column, self.offset)
    }
}

/// Whether a character cannot be seen, or moves what stands around it.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{feff}'
                | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}
