//! JSON (RFC 8259) edited by byte range: a value is found by its pointer (RFC 6901), and only its bytes change. White
//! space, order, duplicates and a UTF-8 byte order mark stay.
//!
//! Where an object has a key more than once, every occurrence is meant, and all are edited: readers differ in which one
//! counts, and none may keep an old value.
//!
//! Must not: build the document in memory, or accept what RFC 8259 does not (comments, trailing commas).

use std::fmt::Write as _;
use std::ops::Range;

use super::limits;
use super::splice::{SpliceError, Splices};

/// Why a document cannot be read or edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// The text is not JSON.
    #[error("line {line}, column {column} (offset {offset}): expected {expected}, found {found}; not valid JSON")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
        /// Byte offset.
        offset: usize,
        /// What should be there.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// Not in the encoding RFC 8259 asks for.
    #[error("offset 0: expected UTF-8, found UTF-16; save the file as UTF-8")]
    Utf16,
    /// The pointer cannot be read.
    #[error("pointer {pointer:?}: expected / before each key, ~0 for ~ and ~1 for / (RFC 6901)")]
    Pointer {
        /// The pointer.
        pointer: String,
    },
    /// Nothing is there.
    #[error("nothing at {pointer}; check the pointer, or create it first")]
    NotFound {
        /// The pointer.
        pointer: String,
    },
    /// What is there holds other values.
    #[error("{pointer} at offset {offset}: expected a text, number, true, false or null, found {found}; not replaced")]
    Container {
        /// The pointer.
        pointer: String,
        /// Where it is.
        offset: usize,
        /// Object or array.
        found: &'static str,
    },
    /// The place cannot be created.
    #[error("{pointer} cannot be created: {reason}")]
    CannotCreate {
        /// The pointer.
        pointer: String,
        /// Why not.
        reason: &'static str,
    },
    /// More matches than a real document has.
    #[error("{pointer} means more than {limit} places")]
    TooMany {
        /// The pointer.
        pointer: String,
        /// The limit.
        limit: usize,
    },
    /// A mistake of this codec.
    #[error(transparent)]
    Overlap(#[from] SpliceError),
}

/// A value in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its bytes, quotes included.
    pub range: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// In quotes.
    String,
    /// A number, `true`, `false` or `null`.
    Literal,
    /// In braces.
    Object,
    /// In brackets.
    Array,
}

/// Every value a pointer means, in file order.
pub fn find(bytes: &[u8], pointer: &str) -> Result<Vec<Found>, JsonError> {
    Ok(scan(bytes, pointer)?.found)
}

/// The texts a pointer means: strings decoded, other scalars as written. Objects and arrays are an error.
pub fn read(bytes: &[u8], pointer: &str) -> Result<Vec<String>, JsonError> {
    let text = |found: &Found| {
        let raw = bytes.get(found.range.clone()).unwrap_or_default();
        match found.kind {
            Kind::String => Ok(decode(raw)),
            Kind::Literal => Ok(String::from_utf8_lossy(raw).into_owned()),
            Kind::Object | Kind::Array => Err(container(pointer, found)),
        }
    };
    find(bytes, pointer)?.iter().map(text).collect()
}

/// Puts a text at a pointer. With `create`, missing keys are added to their object, in its formatting, and `-` or the
/// next index appends to an array; without, a missing place is [`JsonError::NotFound`].
pub fn set(bytes: &[u8], pointer: &str, value: &str, create: bool) -> Result<Vec<u8>, JsonError> {
    let scanned = scan(bytes, pointer)?;
    let mut splices = Splices::new();
    for found in &scanned.found {
        match found.kind {
            Kind::Object | Kind::Array => return Err(container(pointer, found)),
            Kind::String if decode(bytes.get(found.range.clone()).unwrap_or_default()) == value => {}
            Kind::String | Kind::Literal => splices.replace(found.range.clone(), encode(value)),
        }
    }
    if scanned.found.is_empty() {
        if !create {
            return Err(JsonError::NotFound { pointer: pointer.to_owned() });
        }
        let tokens = tokens(pointer)?;
        let refuse = |reason| JsonError::CannotCreate { pointer: pointer.to_owned(), reason };
        let deepest = scanned.parents.iter().map(|parent| parent.matched).max();
        let deepest = deepest.ok_or_else(|| refuse("the document is not an object or array"))?;
        if scanned.blocked.is_some_and(|matched| matched > deepest) {
            return Err(refuse("a text, number, true, false or null is in the way"));
        }
        for parent in scanned.parents.iter().filter(|parent| parent.matched == deepest) {
            let missing = tokens.get(deepest..).unwrap_or_default();
            add(bytes, parent, missing, value, &mut splices).map_err(refuse)?;
        }
    }
    Ok(splices.apply(bytes)?)
}

/// A text in quotes (RFC 8259, 7).
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{0}'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(char));
            }
            _ => out.push(char),
        }
    }
    out.push('"');
    out
}

fn container(pointer: &str, found: &Found) -> JsonError {
    let kind = if found.kind == Kind::Object { "an object" } else { "an array" };
    JsonError::Container { pointer: pointer.to_owned(), offset: found.range.start, found: kind }
}

fn tokens(pointer: &str) -> Result<Vec<String>, JsonError> {
    let bad = || JsonError::Pointer { pointer: pointer.to_owned() };
    if pointer.is_empty() {
        return Ok(Vec::new());
    }
    let keys = pointer.strip_prefix('/').ok_or_else(bad)?;
    keys.split('/')
        .map(|key| {
            let escapes = key.matches('~').count();
            if escapes != key.matches("~0").count() + key.matches("~1").count() {
                return Err(bad());
            }
            Ok(key.replace("~1", "/").replace("~0", "~"))
        })
        .collect()
}

/// The bytes between quotes, decoded; the scanner has checked them.
fn decode(quoted: &[u8]) -> String {
    let inside = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    let text = String::from_utf8_lossy(inside);
    if !text.contains('\\') {
        return text.into_owned();
    }
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        let unit = if char == '\\' {
            match chars.next() {
                Some('b') => 8,
                Some('f') => 12,
                Some('n') => 10,
                Some('r') => 13,
                Some('t') => 9,
                Some('u') => {
                    let digits: String = chars.by_ref().take(4).collect();
                    u16::from_str_radix(&digits, 16).unwrap_or(0xfffd)
                }
                other => u16::try_from(u32::from(other.unwrap_or('\\'))).unwrap_or(0xfffd),
            }
        } else {
            units.extend(char.encode_utf16(&mut [0; 2]).iter());
            continue;
        };
        units.push(unit);
    }
    String::from_utf16_lossy(&units)
}

/// An object or array on the pointer's way.
struct Parent {
    matched: usize,
    kind: Kind,
    open: usize,
    close: usize,
    /// Members or elements.
    count: usize,
    /// Where the first key or element starts.
    first: usize,
    /// Where the last value ends.
    last: usize,
    /// What stands between the first key and its value.
    colon: Range<usize>,
}

#[derive(Default)]
struct Scanned {
    found: Vec<Found>,
    parents: Vec<Parent>,
    /// A scalar on the way: how many tokens lead to it.
    blocked: Option<usize>,
}

/// An object or array that is open.
struct Open {
    /// How many tokens lead to it, when they do.
    matched: Option<usize>,
    parent: Parent,
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Walks the whole document, so that what is edited is known to be JSON.
fn scan(bytes: &[u8], pointer: &str) -> Result<Scanned, JsonError> {
    let tokens = tokens(pointer)?;
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(JsonError::Utf16);
    }
    // RFC 4627, 3: UTF-16 without a mark shows by its zero bytes.
    if matches!(bytes, [0, 1..=255, ..] | [1..=255, 0, ..]) {
        return Err(JsonError::Utf16);
    }
    let mut scanner = Scanner { bytes, at: if bytes.starts_with(&[0xef, 0xbb, 0xbf]) { 3 } else { 0 } };
    if let Err(error) = std::str::from_utf8(bytes) {
        scanner.at = error.valid_up_to();
        return Err(scanner.wrong("UTF-8"));
    }
    let mut out = Scanned::default();
    let mut open: Vec<Open> = Vec::new();
    let mut matched = Some(0);
    loop {
        // A value is due.
        scanner.blank();
        let start = scanner.at;
        let kind = scanner.value()?;
        let meant = matched == Some(tokens.len());
        if matches!(kind, Kind::Object | Kind::Array) {
            if open.len() >= limits::NESTING {
                scanner.at = start;
                return Err(scanner.wrong("less nesting"));
            }
            let parent = Parent {
                matched: matched.unwrap_or(0),
                kind,
                open: start,
                close: start,
                count: 0,
                first: start,
                last: start,
                colon: 0..0,
            };
            open.push(Open { matched, parent });
        } else {
            let range = start..scanner.at;
            if meant {
                out.found.push(Found { range, kind });
            } else if let Some(depth) = matched {
                out.blocked = out.blocked.max(Some(depth));
            }
        }
        // What follows a value, or opens a container.
        let mut fresh = matches!(kind, Kind::Object | Kind::Array);
        loop {
            if out.found.len() + out.parents.len() > limits::PATH_MATCHES {
                return Err(JsonError::TooMany { pointer: pointer.to_owned(), limit: limits::PATH_MATCHES });
            }
            let end = scanner.at;
            scanner.blank();
            let Some(top) = open.last_mut() else {
                return if scanner.at < bytes.len() { Err(scanner.wrong("the end of the document")) } else { Ok(out) };
            };
            let is_object = top.parent.kind == Kind::Object;
            if !fresh {
                top.parent.last = end;
            }
            let closing = if is_object { b'}' } else { b']' };
            if scanner.peek() == Some(closing) {
                top.parent.close = scanner.at;
                scanner.at += 1;
                if let Some(Open { matched, parent }) = open.pop() {
                    match matched {
                        Some(depth) if depth == tokens.len() => {
                            out.found.push(Found { range: parent.open..scanner.at, kind: parent.kind });
                        }
                        Some(_) => out.parents.push(parent),
                        None => {}
                    }
                }
                fresh = false;
                continue;
            }
            if !fresh {
                if scanner.peek() != Some(b',') {
                    return Err(scanner.wrong(if is_object { ", or }" } else { ", or ]" }));
                }
                scanner.at += 1;
                scanner.blank();
            }
            let parent = &mut top.parent;
            if parent.count == 0 {
                parent.first = scanner.at;
            }
            let wanted = top.matched.and_then(|depth| tokens.get(depth)).filter(|_| top.matched.is_some());
            let hit = if is_object {
                let start = scanner.at;
                if scanner.peek() != Some(b'"') {
                    return Err(scanner.wrong("a key in quotes"));
                }
                scanner.string()?;
                let key = start..scanner.at;
                scanner.blank();
                if scanner.peek() != Some(b':') {
                    return Err(scanner.wrong(":"));
                }
                scanner.at += 1;
                scanner.blank();
                if parent.count == 0 {
                    parent.colon = key.end..scanner.at;
                }
                wanted.is_some_and(|wanted| decode(bytes.get(key).unwrap_or_default()) == *wanted)
            } else {
                wanted.is_some_and(|wanted| index(wanted) == Some(parent.count))
            };
            parent.count += 1;
            matched = top.matched.filter(|_| hit).map(|depth| depth + 1);
            break;
        }
    }
}

/// An array index (RFC 6901, 4): no sign, no leading zero.
fn index(token: &str) -> Option<usize> {
    let plain = token.bytes().all(|byte| byte.is_ascii_digit()) && (token == "0" || !token.starts_with('0'));
    if plain { token.parse().ok() } else { None }
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn wrong(&self, expected: &'static str) -> JsonError {
        let before = self.bytes.get(..self.at).unwrap_or_default();
        let line = before.split(|byte| *byte == b'\n').count();
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        let found = self.peek().map_or("the end".to_owned(), |byte| format!("byte 0x{byte:02x}"));
        JsonError::Syntax { line, column, offset: self.at, expected, found }
    }

    /// Reads a scalar, or the bracket that opens a container.
    fn value(&mut self) -> Result<Kind, JsonError> {
        match self.peek() {
            Some(b'"') => {
                self.string()?;
                Ok(Kind::String)
            }
            Some(b'{') => {
                self.at += 1;
                Ok(Kind::Object)
            }
            Some(b'[') => {
                self.at += 1;
                Ok(Kind::Array)
            }
            Some(b'-' | b'0'..=b'9') => {
                self.number()?;
                Ok(Kind::Literal)
            }
            _ => {
                for word in [&b"true"[..], b"false", b"null"] {
                    if self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
                        self.at += word.len();
                        return Ok(Kind::Literal);
                    }
                }
                Err(self.wrong("a value"))
            }
        }
    }

    fn string(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    match self.peek() {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
                        Some(b'u') => {
                            self.at += 1;
                            for _ in 0..4 {
                                if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                                    return Err(self.wrong("four hexadecimal digits"));
                                }
                                self.at += 1;
                            }
                        }
                        _ => return Err(self.wrong("an escape of RFC 8259")),
                    }
                }
                Some(0..=0x1f) => return Err(self.wrong("control characters escaped")),
                Some(_) => self.at += 1,
                None => return Err(self.wrong("closing quotes")),
            }
        }
    }

    fn number(&mut self) -> Result<(), JsonError> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(self.wrong("a digit"));
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }
}

/// Adds the missing keys to an object or array, formatted as what is there.
fn add(
    bytes: &[u8],
    parent: &Parent,
    missing: &[String],
    value: &str,
    splices: &mut Splices,
) -> Result<(), &'static str> {
    let text = |range: Range<usize>| String::from_utf8_lossy(bytes.get(range).unwrap_or_default()).into_owned();
    let Some((key, deeper)) = missing.split_first() else { return Err("nothing is missing") };
    let colon = if parent.colon.is_empty() { sibling_colon(bytes) } else { text(parent.colon.clone()) };
    let mut new = String::new();
    match parent.kind {
        Kind::Object => {
            new.push_str(&encode(key));
            new.push_str(&colon);
        }
        Kind::Array if key == "-" || index(key) == Some(parent.count) => {}
        _ => return Err("an array takes only - or the index behind its last element"),
    }
    for key in deeper {
        if key == "-" || index(key).is_some() {
            return Err("a missing array is not made; its key could be one of an object");
        }
        new.push('{');
        new.push_str(&encode(key));
        new.push_str(&colon);
    }
    new.push_str(&encode(value));
    new.extend(deeper.iter().map(|_| '}'));
    if parent.count > 0 {
        // What stands between the bracket and the first member also goes between the last one and the new one.
        let gap = text(parent.open + 1..parent.first);
        let gap = if gap.is_empty() && colon.ends_with(' ') { " ".to_owned() } else { gap };
        splices.insert(parent.last, format!(",{gap}{new}"));
        return Ok(());
    }
    // An empty container on a line of its own opens up, one step deeper than that line.
    let line = bytes.get(..parent.open).unwrap_or_default();
    let start = line.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let indent: String = text(start..parent.open).chars().take_while(|char| matches!(char, ' ' | '\t')).collect();
    let inside = text(parent.open + 1..parent.close);
    let new = if let Some(ending) = line_ending(bytes) {
        let step = if indent.contains('\t') { "\t" } else { "  " };
        format!("{ending}{indent}{step}{new}{ending}{indent}")
    } else {
        new
    };
    if inside.contains('\n') || line_ending(bytes).is_some() {
        splices.replace(parent.open + 1..parent.close, new);
    } else {
        splices.insert(parent.open + 1, new);
    }
    Ok(())
}

fn line_ending(bytes: &[u8]) -> Option<&'static str> {
    let body = bytes.trim_ascii_end();
    let at = body.iter().position(|byte| *byte == b'\n')?;
    let windows = at.checked_sub(1).and_then(|before| body.get(before)) == Some(&b'\r');
    Some(if windows { "\r\n" } else { "\n" })
}

/// `": "` in a document with line breaks, `":"` in one without.
fn sibling_colon(bytes: &[u8]) -> String {
    if line_ending(bytes).is_some() { ": ".to_owned() } else { ":".to_owned() }
}
