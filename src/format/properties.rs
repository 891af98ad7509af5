//! `java.util.Properties` files (`Properties.load(Reader)`), edited by byte range: comments, order, separators and line
//! endings stay.
//!
//! Bytes that are not ASCII are never interpreted, for the file may be ISO-8859-1 or UTF-8; what is written is ASCII
//! with `\uXXXX`, which both read alike.
//!
//! Must not: sort, reformat, or drop duplicates.

use std::fmt::Write as _;
use std::ops::Range;

use super::splice::{SpliceError, Splices};

/// Why a file cannot be read or edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PropertiesError {
    /// No such key.
    #[error("no property {key:?}; check the key, or create it first")]
    NotFound {
        /// The key.
        key: String,
    },
    /// UTF-16 or UTF-32, which `Properties` cannot load.
    #[error("byte 0: found a UTF-16 byte order mark; expected ISO-8859-1 or UTF-8; save the file as UTF-8")]
    Utf16,
    /// A mistake of this codec.
    #[error(transparent)]
    Overlap(#[from] SpliceError),
}

/// One property and where it stands.
struct Property {
    key: String,
    value: Range<usize>,
    /// No separator stands between key and value.
    bare: bool,
}

/// The value of a key: the last one, as `Properties.load` keeps it. Bytes that are not UTF-8 are read as ISO-8859-1.
pub fn read(bytes: &[u8], key: &str) -> Result<Option<String>, PropertiesError> {
    let found = properties(bytes)?.into_iter().rfind(|property| property.key == key);
    Ok(found.map(|property| unescape(bytes.get(property.value).unwrap_or_default())))
}

/// All keys, in file order, duplicates included.
pub fn keys(bytes: &[u8]) -> Result<Vec<String>, PropertiesError> {
    Ok(properties(bytes)?.into_iter().map(|property| property.key).collect())
}

/// Sets a key wherever it stands; with `create`, one that is absent is added as the last line.
pub fn set(bytes: &[u8], key: &str, value: &str, create: bool) -> Result<Vec<u8>, PropertiesError> {
    let mut splices = Splices::new();
    let mut found = false;
    for property in properties(bytes)?.into_iter().filter(|property| property.key == key) {
        found = true;
        let old = bytes.get(property.value.clone()).unwrap_or_default();
        if unescape(old) != value {
            let mut new = escape(value, false);
            if property.bare && !value.is_empty() {
                new.insert(0, '=');
            }
            let mut range = property.value;
            if property.bare && range.start == bytes.len() && ends_in_continuation(bytes) {
                // A backslash that ends the file escapes nothing, and must not escape the separator.
                range.start -= 1;
            }
            splices.replace(range, new);
        }
    }
    if !found {
        if !create {
            return Err(PropertiesError::NotFound { key: key.to_owned() });
        }
        let ending = line_ending(bytes);
        let mut line = String::new();
        if !bytes.is_empty() && !bytes.ends_with(b"\n") && !bytes.ends_with(b"\r") {
            // A continuation at the very end would swallow the new line.
            if ends_in_continuation(bytes) {
                line.push_str(ending);
            }
            line.push_str(ending);
        } else if continues(bytes) {
            line.push_str(ending);
        }
        line.push_str(&escape(key, true));
        line.push('=');
        line.push_str(&escape(value, false));
        line.push_str(ending);
        splices.insert(bytes.len(), line);
    }
    Ok(splices.apply(bytes)?)
}

fn properties(bytes: &[u8]) -> Result<Vec<Property>, PropertiesError> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(PropertiesError::Utf16);
    }
    let byte = |at: usize| bytes.get(at).copied();
    let mut out = Vec::new();
    let mut at = if bytes.starts_with(&[0xef, 0xbb, 0xbf]) { 3 } else { 0 };
    while at < bytes.len() {
        while byte(at).is_some_and(|byte| matches!(byte, b' ' | b'\t' | 0x0c)) {
            at += 1;
        }
        match byte(at) {
            None => break,
            Some(b'\r' | b'\n') => {
                at += 1;
                continue;
            }
            Some(b'#' | b'!') => {
                while byte(at).is_some_and(|byte| !matches!(byte, b'\r' | b'\n')) {
                    at += 1;
                }
                continue;
            }
            Some(_) => {}
        }
        let start = at;
        // The key ends at the first separator that is not escaped.
        while let Some(here) = byte(at) {
            match here {
                b'\\' => at = after_escape(bytes, at),
                b'=' | b':' | b' ' | b'\t' | 0x0c | b'\r' | b'\n' => break,
                _ => at += 1,
            }
        }
        let key = unescape(bytes.get(start..at).unwrap_or_default());
        let key_end = at;
        at = skip_blanks(bytes, at);
        if matches!(byte(at), Some(b'=' | b':')) {
            at = skip_blanks(bytes, at + 1);
        }
        let value = at;
        while let Some(here) = byte(at) {
            match here {
                b'\\' => at = after_escape(bytes, at),
                b'\r' | b'\n' => break,
                _ => at += 1,
            }
        }
        out.push(Property { key, value: value..at, bare: value == key_end });
    }
    Ok(out)
}

/// White space, and continuations within it: they belong to the separator.
fn skip_blanks(bytes: &[u8], mut at: usize) -> usize {
    loop {
        match bytes.get(at) {
            Some(b' ' | b'\t' | 0x0c) => at += 1,
            Some(b'\\') if matches!(bytes.get(at + 1), Some(b'\r' | b'\n')) => at = after_escape(bytes, at),
            _ => return at,
        }
    }
}

/// Behind a backslash and what it escapes; behind a line end, also behind the white space of the next line.
fn after_escape(bytes: &[u8], at: usize) -> usize {
    let mut next = match (bytes.get(at + 1), bytes.get(at + 2)) {
        (None, _) => return bytes.len(),
        (Some(b'\r'), Some(b'\n')) => at + 3,
        (Some(b'\r' | b'\n'), _) => at + 2,
        _ => return at + 2,
    };
    while matches!(bytes.get(next), Some(b' ' | b'\t' | 0x0c)) {
        next += 1;
    }
    next
}

fn unescape(bytes: &[u8]) -> String {
    let text: String = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        if char != '\\' {
            units.extend(char.encode_utf16(&mut [0; 2]).iter());
            continue;
        }
        match chars.next() {
            Some('t') => units.push(9),
            Some('n') => units.push(10),
            Some('r') => units.push(13),
            Some('f') => units.push(12),
            Some('u') => {
                let digits: String = chars.clone().take(4).collect();
                if digits.len() == 4
                    && let Ok(unit) = u16::from_str_radix(&digits, 16)
                {
                    units.push(unit);
                    chars.nth(3);
                } else {
                    units.push(u16::from(b'u'));
                }
            }
            Some(end @ ('\r' | '\n')) => {
                if end == '\r' {
                    chars.next_if_eq(&'\n');
                }
                while chars.next_if(|char| matches!(char, ' ' | '\t' | '\u{c}')).is_some() {}
            }
            Some(other) => units.extend(other.encode_utf16(&mut [0; 2]).iter()),
            None => {}
        }
    }
    String::from_utf16_lossy(&units)
}

/// As `Properties.store` writes it; in a key all white space is escaped, in a value what leads.
fn escape(text: &str, is_key: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut leading = true;
    for char in text.chars() {
        match char {
            ' ' if is_key || leading => out.push_str("\\ "),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\u{c}' => out.push_str("\\f"),
            '\\' => out.push_str("\\\\"),
            '=' | ':' | '#' | '!' if is_key || leading => {
                out.push('\\');
                out.push(char);
            }
            ' '..='~' => out.push(char),
            _ => {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04X}");
                }
            }
        }
        leading &= char == ' ';
    }
    out
}

fn line_ending(bytes: &[u8]) -> &'static str {
    match bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
        Some(at) if bytes.get(at..at + 2) == Some(b"\r\n") => "\r\n",
        Some(at) if bytes.get(at) == Some(&b'\r') => "\r",
        _ => "\n",
    }
}

/// The bytes end in a backslash that is not itself escaped.
fn ends_in_continuation(bytes: &[u8]) -> bool {
    bytes.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// The last line end is escaped, so that what follows would belong to its value.
fn continues(bytes: &[u8]) -> bool {
    let line = bytes.strip_suffix(b"\r\n").or_else(|| bytes.strip_suffix(b"\n")).or_else(|| bytes.strip_suffix(b"\r"));
    let Some(line) = line else { return false };
    let start = line.iter().rposition(|byte| matches!(byte, b'\r' | b'\n')).map_or(0, |at| at + 1);
    let last = line.get(start..).unwrap_or_default().trim_ascii_start();
    !matches!(last.first(), Some(b'#' | b'!')) && ends_in_continuation(line)
}
