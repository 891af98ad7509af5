//! `.strings` files that are text: `"key" = "value";` with comments (Apple, "Resource Programming Guide", String
//! Resources). One dictionary of strings.
//!
//! Must not: rewrite what is not edited, or read dictionaries and arrays in the old style.

use std::iter::Peekable;
use std::ops::Range;

use plist::{Dictionary, Value};

use super::path::Child;
use super::{Edit, PlistError};
use crate::format::splice::Splices;
use crate::format::xml::Encoding;

pub(super) fn read(bytes: &[u8]) -> Result<Value, PlistError> {
    let (text, _) = Encoding::decode(bytes)?;
    let pairs = Scanner::new(&text).run()?;
    Ok(Value::Dictionary(pairs.into_iter().map(|pair| (pair.key, Value::String(pair.value))).collect::<Dictionary>()))
}

pub(super) fn edit(bytes: &[u8], edits: &[Edit]) -> Result<Vec<u8>, PlistError> {
    let (text, encoding) = Encoding::decode(bytes)?;
    let pairs = Scanner::new(&text).run()?;
    let mut splices = Splices::new();
    for edit in edits {
        match edit {
            Edit::Replace { at, value } => {
                let [Child::Key(key)] = at.as_slice() else { continue };
                let new = value.as_string().unwrap_or_default();
                for pair in pairs.iter().filter(|pair| pair.key == *key && pair.value != new) {
                    // A key that stands alone is its own value.
                    let equals = if pair.alone { format!("{} = ", &quoted(key)) } else { String::new() };
                    splices.replace(pair.place.clone(), format!("{equals}{}", quoted(new)));
                }
            }
            Edit::Insert { key, value, .. } => {
                let line = if text.contains("\r\n") { "\r\n" } else { "\n" };
                let before = if text.is_empty() || text.ends_with('\n') { "" } else { line };
                let (key, value) = (key.as_deref().unwrap_or_default(), value.as_string().unwrap_or_default());
                splices.insert(text.len(), format!("{before}{} = {};{line}", quoted(key), quoted(value)));
            }
        }
    }
    let new = splices.apply(text.as_bytes()).map_err(crate::format::xml::XmlError::from)?;
    Ok(encoding.encode(new)?)
}

pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

struct Pair {
    key: String,
    value: String,
    /// Of the value's token.
    place: Range<usize>,
    /// `key;` without a value.
    alone: bool,
}

pub(super) struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { text, at }
    }

    pub(super) fn wrong(&self, problem: &'static str) -> PlistError {
        PlistError::Text { offset: self.at, problem }
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Where it is, in bytes of the text.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Whether this character comes next; it is passed over then.
    pub(super) fn takes(&mut self, wanted: char) -> bool {
        let comes = self.rest().starts_with(wanted);
        self.at += if comes { wanted.len_utf8() } else { 0 };
        comes
    }

    fn run(mut self) -> Result<Vec<Pair>, PlistError> {
        let mut pairs = Vec::new();
        loop {
            self.blanks()?;
            if self.rest().is_empty() {
                return Ok(pairs);
            }
            let start = self.at;
            let key = self.token()?;
            let key_place = start..self.at;
            self.blanks()?;
            let (value, place, alone) = if self.rest().starts_with('=') {
                self.at += 1;
                self.blanks()?;
                let start = self.at;
                (self.token()?, start..self.at, false)
            } else {
                (key.clone(), key_place, true)
            };
            self.blanks()?;
            if !self.rest().starts_with(';') {
                return Err(self.wrong("expected ';'"));
            }
            self.at += 1;
            pairs.push(Pair { key, value, place, alone });
        }
    }

    pub(super) fn blanks(&mut self) -> Result<(), PlistError> {
        loop {
            let rest = self.rest();
            let blanks = rest.len() - rest.trim_start().len();
            self.at += blanks;
            let rest = self.rest();
            if rest.starts_with("/*") {
                let end = rest.find("*/").ok_or_else(|| self.wrong("a comment without its end"))?;
                self.at += end + 2;
            } else if rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else {
                return Ok(());
            }
        }
    }

    /// A string in quotes, or a word.
    pub(super) fn token(&mut self) -> Result<String, PlistError> {
        let rest = self.rest();
        let Some(quote) = rest.chars().next().filter(|c| ['"', '\''].contains(c)) else {
            let word = |c: char| c.is_ascii_alphanumeric() || "_$/:.-".contains(c);
            let len = rest.find(|c| !word(c)).unwrap_or(rest.len());
            if len == 0 {
                return Err(self.wrong("expected a string"));
            }
            self.at += len;
            return Ok(rest.get(..len).unwrap_or_default().to_owned());
        };
        // Escapes may spell halves of a character.
        let mut units: Vec<u16> = Vec::new();
        let mut chars = rest.char_indices().skip(1).peekable();
        while let Some((offset, c)) = chars.next() {
            let c = match c {
                _ if c == quote => {
                    self.at += offset + 1;
                    return Ok(String::from_utf16_lossy(&units));
                }
                '\\' => match escape(&mut chars) {
                    None => break,
                    Some(Escape::Unit(unit)) => {
                        units.push(unit);
                        continue;
                    }
                    Some(Escape::Char(c)) => c,
                    Some(Escape::Foreign) => {
                        return Err(self.wrong("an octal escape above \\177 is of NextStep's encoding, expected \\U"));
                    }
                },
                _ => c,
            };
            units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
        }
        Err(self.wrong("a string without its closing quote"))
    }
}

/// What an escape stands for.
enum Escape {
    /// A UTF-16 unit.
    Unit(u16),
    Char(char),
    /// A character of an encoding that is not known here.
    Foreign,
}

/// What stands behind a backslash, as `CFOldStylePList.c` reads it: octal digits, `U` and hexadecimal ones, letters as in C; any
/// other character is itself, a small `u` too.
fn escape(chars: &mut Peekable<impl Iterator<Item = (usize, char)>>) -> Option<Escape> {
    let (_, c) = chars.next()?;
    let mut digits = |first: u32, radix: u32, most: usize| {
        let mut number = first;
        for _ in 0..most {
            let Some(digit) = chars.peek().and_then(|(_, c)| c.to_digit(radix)) else { break };
            number = number * radix + digit;
            chars.next();
        }
        number
    };
    Some(match (c, c.to_digit(8)) {
        (_, Some(first)) => match digits(first, 8, 2) & 0xff {
            ascii @ 0..0x80 => Escape::Unit(u16::try_from(ascii).unwrap_or_default()),
            _ => Escape::Foreign,
        },
        ('U', _) => Escape::Unit(u16::try_from(digits(0, 16, 4)).unwrap_or_default()),
        ('a', _) => Escape::Char('\x07'),
        ('b', _) => Escape::Char('\x08'),
        ('f', _) => Escape::Char('\x0c'),
        ('n', _) => Escape::Char('\n'),
        ('r', _) => Escape::Char('\r'),
        ('t', _) => Escape::Char('\t'),
        ('v', _) => Escape::Char('\x0b'),
        (c, _) => Escape::Char(c),
    })
}
