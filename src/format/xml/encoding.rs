//! The encoding of a document (XML 1.0, section 4.3.3 and appendix F): bytes become text, and text the same bytes again.
//!
//! UTF-8, UTF-16 in both orders with and without a mark, ISO-8859-1; any other one where all bytes are ASCII, which all
//! that are met share.
//!
//! Must not: change a byte order mark or a declaration.

use std::borrow::Cow;
use std::fmt::Write;

use super::error::XmlError;
use crate::format::text::{EncodingError, utf16};

/// How the characters of a document are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
    Latin1,
    /// Declared as something else that begins like ASCII, and nothing but ASCII is there.
    Ascii,
}

impl Encoding {
    /// The text of a document, its byte order mark included, and the encoding it came in.
    pub(crate) fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Self), XmlError> {
        let start = bytes.get(..2).unwrap_or_default();
        let wide = match (start, bytes.get(..4).unwrap_or_default()) {
            ([0xff, 0xfe], _) | (_, [b'<', 0, _, 0]) => Some(Self::Utf16Le),
            ([0xfe, 0xff], _) | (_, [0, b'<', 0, _]) => Some(Self::Utf16Be),
            _ => None,
        };
        if let Some(encoding) = wide {
            return Ok((Cow::Owned(utf16(bytes, encoding == Self::Utf16Le)?), encoding));
        }
        let declared = declared(bytes).unwrap_or_default();
        let is = |names: &[&str]| names.iter().any(|name| declared.eq_ignore_ascii_case(name));
        if is(&["iso-8859-1", "latin1", "iso_8859-1"]) {
            return Ok((Cow::Owned(bytes.iter().copied().map(char::from).collect()), Self::Latin1));
        }
        if declared.is_empty() || is(&["utf-8", "utf8"]) {
            let text = std::str::from_utf8(bytes);
            let text = text.map_err(|error| EncodingError::Utf8 { offset: error.valid_up_to() })?;
            return Ok((Cow::Borrowed(text), Self::Utf8));
        }
        match std::str::from_utf8(bytes) {
            Ok(text) if text.is_ascii() => Ok((Cow::Borrowed(text), Self::Ascii)),
            _ => Err(XmlError::Declared { name: declared.to_owned() }),
        }
    }

    /// A value in markup, where characters that the encoding does not have are references.
    pub(crate) fn referenced(self, value: String) -> String {
        if value.chars().all(|c| self.has(c)) {
            return value;
        }
        let mut out = String::with_capacity(value.len());
        for c in value.chars() {
            if self.has(c) {
                out.push(c);
            } else {
                let _ = write!(out, "&#{};", u32::from(c));
            }
        }
        out
    }

    fn has(self, c: char) -> bool {
        match self {
            Self::Utf8 | Self::Utf16Le | Self::Utf16Be => true,
            Self::Latin1 => u32::from(c) < 0x100,
            Self::Ascii => c.is_ascii(),
        }
    }

    /// The bytes of a text.
    pub(crate) fn encode(self, text: Vec<u8>) -> Result<Vec<u8>, XmlError> {
        if self == Self::Utf8 {
            return Ok(text);
        }
        let text = String::from_utf8(text)
            .map_err(|error| EncodingError::Utf8 { offset: error.utf8_error().valid_up_to() })?;
        if !text.chars().all(|c| self.has(c)) {
            return Err(XmlError::Unencodable);
        }
        Ok(match self {
            Self::Utf8 | Self::Ascii => text.into_bytes(),
            Self::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Self::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Self::Latin1 => text.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()).collect(),
        })
    }
}

/// What the declaration says, where there is one.
fn declared(bytes: &[u8]) -> Option<&str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let declaration = bytes.strip_prefix(b"<?xml")?;
    let end = declaration.windows(2).position(|pair| pair == b"?>")?;
    let declaration = std::str::from_utf8(declaration.get(..end)?).ok()?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| ['"', '\''].contains(c))?;
    value.get(1..)?.split(quote).next()
}
