//! Java properties files (`java.util.Properties.load`) edited by byte range.
//!
//! Comments, order, separators, continuation lines and line ends stay. What is written is ASCII with `\u` escapes,
//! which reads the same as ISO 8859-1 and as UTF-8.
//!
//! Must not: build a map; a key that stands twice is edited twice, because it is the last that counts today and may be
//! the first tomorrow.

use std::fmt::Write;
use std::ops::Range;

use super::text::is_utf16;

/// Why a file cannot be edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PropertiesError {
    /// No such key.
    #[error("no key {key:?}{}", there(known))]
    NotFound {
        /// The key.
        key: String,
        /// Keys that are there.
        known: Vec<String>,
    },
    /// UTF-16.
    #[error("the file is UTF-16; java.util.Properties reads ISO 8859-1 or UTF-8")]
    Utf16,
}

fn there(keys: &[String]) -> String {
    if keys.is_empty() { String::new() } else { format!("; there: {}", keys.join(", ")) }
}

/// One `key = value`.
struct Property {
    key: String,
    value: String,
    /// The bytes of the value, continuation lines included, the line end not.
    range: Range<usize>,
    /// Whether a separator stands before the value.
    separated: bool,
}

/// Every value of `key`, decoded.
pub fn get(bytes: &[u8], key: &str) -> Result<Vec<String>, PropertiesError> {
    Ok(parse(bytes)?.into_iter().filter(|property| property.key == key).map(|property| property.value).collect())
}

/// The file with `value` at every occurrence of `key`; `create` appends a missing one.
pub fn set(bytes: &[u8], key: &str, value: &str, create: bool) -> Result<Vec<u8>, PropertiesError> {
    let properties = parse(bytes)?;
    let mut out = Vec::with_capacity(bytes.len() + value.len() + key.len());
    let mut at = 0;
    let mut found = false;
    for property in properties.iter().filter(|property| property.key == key) {
        found = true;
        // What reads as the value may be written with other escapes.
        if property.value == value {
            continue;
        }
        out.extend_from_slice(&bytes[at..property.range.start]);
        if !property.separated {
            out.push(b'=');
        }
        out.extend_from_slice(escaped(value, false).as_bytes());
        at = property.range.end;
    }
    out.extend_from_slice(&bytes[at..]);
    if !found {
        if !create {
            let known = properties.into_iter().map(|property| property.key).take(20).collect();
            return Err(PropertiesError::NotFound { key: key.to_owned(), known });
        }
        let line_end: &[u8] = if bytes.windows(2).any(|pair| pair == b"\r\n") { b"\r\n" } else { b"\n" };
        if !out.is_empty() && !matches!(out.last(), Some(b'\n' | b'\r')) {
            out.extend_from_slice(line_end);
        }
        // A last line that goes on would swallow the new one: an empty line ends it.
        let line = out.strip_suffix(b"\n").unwrap_or(&out);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1 {
            // Behind a lone carriage return a line feed would make one line end of the two.
            out.extend_from_slice(if out.ends_with(b"\r") { b"\r" } else { line_end });
        }
        out.extend_from_slice(format!("{}={}", escaped(key, true), escaped(value, false)).as_bytes());
        out.extend_from_slice(line_end);
    }
    Ok(out)
}

fn escaped(text: &str, is_key: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, c) in text.chars().enumerate() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // A leading blank would belong to the separator; in a key a separator would end it.
            ' ' if index == 0 || is_key => out.push_str("\\ "),
            ':' | '=' | '#' | '!' if is_key => {
                out.push('\\');
                out.push(c);
            }
            ' '..='~' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04X}");
                }
            }
        }
    }
    out
}

fn parse(bytes: &[u8]) -> Result<Vec<Property>, PropertiesError> {
    if is_utf16(bytes) {
        return Err(PropertiesError::Utf16);
    }
    let mut properties = Vec::new();
    let mut at = if bytes.starts_with(&[0xef, 0xbb, 0xbf]) { 3 } else { 0 };
    while at < bytes.len() {
        while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\x0c' | b'\r' | b'\n')) {
            at += 1;
        }
        match bytes.get(at) {
            None => break,
            Some(b'#' | b'!') => at = natural_end(bytes, at),
            Some(_) => {
                let property = logical_line(bytes, at);
                at = property.range.end;
                properties.push(property);
            }
        }
    }
    Ok(properties)
}

/// End of the natural line: where its line end starts.
fn natural_end(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|byte| matches!(byte, b'\r' | b'\n')).map_or(bytes.len(), |len| at + len)
}

/// One step in a logical line: a decoded unit, or the end.
enum Step {
    Plain(u8),
    Escaped(char),
    /// A backslash at the end of a line: the line goes on behind the next one's leading blanks.
    Continued,
    End,
}

fn step(bytes: &[u8], at: usize) -> (Step, usize) {
    match bytes.get(at) {
        None | Some(b'\r' | b'\n') => (Step::End, at),
        Some(b'\\') => match bytes.get(at + 1) {
            None => (Step::End, at + 1),
            Some(b'\r' | b'\n') => {
                let crlf = bytes[at + 1..].starts_with(b"\r\n");
                let mut next = at + if crlf { 3 } else { 2 };
                while matches!(bytes.get(next), Some(b' ' | b'\t' | b'\x0c')) {
                    next += 1;
                }
                (Step::Continued, next)
            }
            Some(b'u') => match (unit(bytes, at), unit(bytes, at + 6)) {
                (Some(high @ 0xd800..0xdc00), Some(low @ 0xdc00..0xe000)) => {
                    let pair = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                    (Step::Escaped(char::from_u32(pair).unwrap_or('\u{fffd}')), at + 12)
                }
                // A lone half of a pair cannot be a `char`.
                (Some(unit), _) => (Step::Escaped(char::from_u32(unit).unwrap_or('\u{fffd}')), at + 6),
                (None, _) => (Step::Escaped('u'), at + 2),
            },
            Some(b'n') => (Step::Escaped('\n'), at + 2),
            Some(b'r') => (Step::Escaped('\r'), at + 2),
            Some(b't') => (Step::Escaped('\t'), at + 2),
            Some(b'f') => (Step::Escaped('\x0c'), at + 2),
            // Of a character of several bytes this is the first.
            Some(&other) if !other.is_ascii() => (Step::Plain(other), at + 2),
            Some(&other) => (Step::Escaped(char::from(other)), at + 2),
        },
        Some(&byte) => (Step::Plain(byte), at + 1),
    }
}

/// The UTF-16 code unit of `\u` and four hexadecimal digits at `at`.
fn unit(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    let digits = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}

fn logical_line(bytes: &[u8], start: usize) -> Property {
    let mut key = Text::default();
    let mut at = start;
    // The key: up to the first separator that is not escaped.
    loop {
        let (found, next) = step(bytes, at);
        match found {
            Step::End | Step::Plain(b'=' | b':' | b' ' | b'\t' | b'\x0c') => break,
            Step::Plain(byte) => key.byte(byte),
            Step::Escaped(c) => key.0.push(Part::Char(c)),
            Step::Continued => {}
        }
        at = next;
    }
    // Blanks, one '=' or ':', blanks.
    let separator = at;
    let mut seen = false;
    loop {
        let (found, next) = step(bytes, at);
        match found {
            Step::Plain(b' ' | b'\t' | b'\x0c') | Step::Continued => {}
            Step::Plain(b'=' | b':') if !seen => seen = true,
            Step::Plain(_) | Step::Escaped(_) | Step::End => break,
        }
        at = next;
    }
    let value_start = at;
    let mut value = Text::default();
    let mut end = at;
    loop {
        let (found, next) = step(bytes, end);
        match found {
            Step::End => {
                end = next;
                break;
            }
            Step::Plain(byte) => value.byte(byte),
            Step::Escaped(c) => value.0.push(Part::Char(c)),
            Step::Continued => {}
        }
        end = next;
    }
    Property { key: key.decoded(), value: value.decoded(), range: value_start..end, separated: value_start > separator }
}

/// A key or a value as it is read.
#[derive(Default)]
struct Text(Vec<Part>);

enum Part {
    /// In the encoding of the file.
    Bytes(Vec<u8>),
    /// An escape, whatever the encoding.
    Char(char),
}

impl Text {
    fn byte(&mut self, byte: u8) {
        match self.0.last_mut() {
            Some(Part::Bytes(bytes)) => bytes.push(byte),
            _ => self.0.push(Part::Bytes(vec![byte])),
        }
    }

    /// UTF-8 where all of it is valid, ISO 8859-1 otherwise.
    fn decoded(self) -> String {
        let is_utf8 = self.0.iter().all(|part| match part {
            Part::Bytes(bytes) => std::str::from_utf8(bytes).is_ok(),
            Part::Char(_) => true,
        });
        let mut text = String::new();
        for part in self.0 {
            match part {
                Part::Bytes(bytes) if is_utf8 => text.push_str(&String::from_utf8_lossy(&bytes)),
                Part::Bytes(bytes) => text.extend(bytes.into_iter().map(char::from)),
                Part::Char(c) => text.push(c),
            }
        }
        text
    }
}
