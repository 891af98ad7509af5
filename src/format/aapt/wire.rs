//! Protocol buffers on the wire (<https://protobuf.dev/programming-guides/encoding/>): fields with their places in the file, and
//! edits that touch nothing but what they replace and the lengths of the messages around it.
//!
//! Must not: know a message.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::AaptError;
use crate::format::limits;
use crate::format::splice::{SpliceError, Splices};

/// Bytes of a varint of 64 bits.
const VARINT: usize = 10;

/// A field of a message.
#[derive(Clone)]
pub(super) struct Field {
    pub(super) number: u32,
    pub(super) value: Value,
    /// All of it, the tag included.
    pub(super) range: Range<usize>,
}

/// What a field holds.
#[derive(Clone)]
pub(super) enum Value {
    Varint(u64),
    Fixed32(u32),
    Fixed64,
    /// A text, bytes or a message.
    Bytes(Part),
}

/// A part of the file behind its length: a text, or a message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part {
    /// The bytes of the length.
    pub(super) length: (usize, usize),
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Part {
    /// The whole file, which has no length in front.
    pub(super) fn whole(bytes: &[u8]) -> Self {
        Self { length: (0, 0), start: 0, end: bytes.len() }
    }

    fn has_length(&self) -> bool {
        self.length.0 < self.length.1
    }
}

/// The messages around a place. What is in one message shares them: a copy for each attribute could be thousands of times as
/// large as the file.
#[derive(Clone, Default)]
pub(super) struct Around(Option<Arc<(Part, Around)>>);

impl Around {
    /// What is around the content of a message that lies in the innermost of these.
    pub(super) fn within(&self, message: &Part) -> Self {
        Self(Some(Arc::new((message.clone(), self.clone()))))
    }

    /// Where the content of the innermost begins.
    pub(super) fn start(&self) -> usize {
        self.0.as_ref().map_or(0, |innermost| innermost.0.start)
    }

    /// Where the innermost ends.
    pub(super) fn end(&self) -> usize {
        self.0.as_ref().map_or(0, |innermost| innermost.0.end)
    }

    /// All of them, the outermost first.
    pub(super) fn parts(&self) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut at = self;
        while let Some(link) = &at.0 {
            parts.push(link.0.clone());
            at = &link.1;
        }
        parts.reverse();
        parts
    }
}

impl Field {
    /// The part that it is.
    pub(super) fn part(&self) -> Result<&Part, AaptError> {
        match &self.value {
            Value::Bytes(part) => Ok(part),
            Value::Varint(_) | Value::Fixed32(_) | Value::Fixed64 => Err(self.wrong("a text or a message")),
        }
    }

    /// Its number.
    pub(super) fn varint(&self) -> Result<u64, AaptError> {
        match self.value {
            Value::Varint(number) => Ok(number),
            Value::Bytes(_) | Value::Fixed32(_) | Value::Fixed64 => Err(self.wrong("a number")),
        }
    }

    /// Its number, where 32 bits are declared: the lower ones count, as in every protobuf library.
    pub(super) fn u32(&self) -> Result<u32, AaptError> {
        Ok(u32::try_from(self.varint()? & u64::from(u32::MAX)).unwrap_or_default())
    }

    fn wrong(&self, expected: &'static str) -> AaptError {
        let found = match self.value {
            Value::Varint(_) => "a varint",
            Value::Fixed32(_) => "4 fixed bytes",
            Value::Fixed64 => "8 fixed bytes",
            Value::Bytes(_) => "bytes with a length",
        };
        malformed(self.range.start, expected, format!("{found} in field {}", self.number))
    }
}

/// The text that a part is.
pub(super) fn text<'a>(bytes: &'a [u8], part: &Part) -> Result<&'a str, AaptError> {
    let content = bytes.get(part.start..part.end).unwrap_or_default();
    std::str::from_utf8(content).map_err(|_| malformed(part.start, "UTF-8", "other bytes"))
}

/// The fields of a message, in file order.
pub(super) fn fields<'a>(bytes: &'a [u8], message: &Part) -> Fields<'a> {
    Fields { bytes, at: message.start, end: message.end }
}

pub(super) struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
}

impl Iterator for Fields<'_> {
    type Item = Result<Field, AaptError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        let field = self.read();
        if field.is_err() {
            self.at = self.end;
        }
        Some(field)
    }
}

impl Fields<'_> {
    fn read(&mut self) -> Result<Field, AaptError> {
        let start = self.at;
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).ok().filter(|number| (1..=limits::PROTO_FIELD).contains(number));
        let number = number.ok_or_else(|| malformed(start, "a field number", format!("{}", tag >> 3)))?;
        let value = match tag & 7 {
            0 => Value::Varint(self.varint()?),
            1 => {
                self.take(8)?;
                Value::Fixed64
            }
            2 => {
                let before = self.at;
                let length = self.varint()?;
                let from = self.at;
                let left = self.end.saturating_sub(from);
                let length = usize::try_from(length).ok().filter(|length| *length <= left);
                let length = length.ok_or_else(|| {
                    malformed(
                        before,
                        "a length within its message",
                        format!("more than the {left} bytes that are left"),
                    )
                })?;
                self.take(length)?;
                Value::Bytes(Part { length: (before, from), start: from, end: self.at })
            }
            5 => {
                let from = self.at;
                self.take(4)?;
                let bytes = self.bytes.get(from..self.at).and_then(|bytes| bytes.try_into().ok());
                Value::Fixed32(bytes.map(u32::from_le_bytes).unwrap_or_default())
            }
            // No compiler of resources writes groups, which protobuf gave up.
            kind => return Err(malformed(start, "wire type 0, 1, 2 or 5", format!("{kind}"))),
        };
        Ok(Field { number, value, range: start..self.at })
    }

    fn take(&mut self, count: usize) -> Result<(), AaptError> {
        let left = self.end.saturating_sub(self.at);
        if count > left {
            return Err(malformed(self.at, "a whole value", format!("the end of the message after {left} bytes")));
        }
        self.at += count;
        Ok(())
    }

    fn varint(&mut self) -> Result<u64, AaptError> {
        let start = self.at;
        let mut number = 0_u64;
        for index in 0..VARINT {
            let within = self.bytes.get(self.at).filter(|_| self.at < self.end);
            let Some(byte) = within else {
                return Err(malformed(start, "a whole varint", "the end of the message"));
            };
            self.at += 1;
            let bits = u64::from(byte & 0x7f);
            let shift = 7 * u32::try_from(index).unwrap_or(0);
            if index == VARINT - 1 && *byte > 1 {
                break;
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(malformed(start, "a varint of at most 64 bits", "a longer one"))
    }
}

pub(super) fn malformed(offset: usize, expected: &'static str, found: impl Into<String>) -> AaptError {
    AaptError::Malformed { offset, expected, found: found.into() }
}

/// A number in as few bytes as it takes.
pub(super) fn varint(mut number: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while number > 0x7f {
        out.push(u8::try_from(number & 0x7f).unwrap_or_default() | 0x80);
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap_or_default());
    out
}

/// A field with a number.
pub(super) fn number_field(number: u32, value: u64) -> Vec<u8> {
    [varint(u64::from(number) << 3), varint(value)].concat()
}

/// A field with a text or a message.
pub(super) fn bytes_field(number: u32, content: &[u8]) -> Vec<u8> {
    [varint(u64::from(number) << 3 | 2).as_slice(), &varint(content.len() as u64), content].concat()
}

/// Replacements in a file of messages.
#[derive(Default)]
pub(super) struct Edits {
    splices: Splices,
    /// Parts around replacements: how their length changes, and the part around them.
    around: BTreeMap<Part, (i64, Option<Part>)>,
}

impl Edits {
    /// Puts `new` in place of `range`, which lies in the innermost of `around`; the outermost comes first.
    pub(super) fn replace(&mut self, around: &[Part], range: Range<usize>, new: Vec<u8>) {
        let grows = signed(new.len()) - signed(range.len());
        self.splices.replace(range, new);
        let mut outer: Option<Part> = None;
        for part in around.iter().filter(|part| part.has_length()) {
            self.around.entry(part.clone()).or_insert((0, outer.clone()));
            outer = Some(part.clone());
        }
        if let Some(innermost) = outer
            && let Some((delta, _)) = self.around.get_mut(&innermost)
        {
            *delta += grows;
        }
    }

    /// Whether nothing is replaced.
    pub(super) fn is_empty(&self) -> bool {
        self.splices.is_empty()
    }

    /// The edited bytes. Lengths are as short as they can be, but for those that were longer before and still fit.
    pub(super) fn apply(mut self, source: &[u8]) -> Result<Vec<u8>, SpliceError> {
        // What is within others comes behind them in the file, its length too.
        let inner_first: Vec<Part> = self.around.keys().rev().cloned().collect();
        for part in inner_first {
            let Some((delta, outer)) = self.around.get(&part).cloned() else { continue };
            let old = part.end - part.start;
            let new = usize::try_from(signed(old) + delta).unwrap_or(0);
            let width = part.length.1 - part.length.0;
            let mut length = varint(new as u64);
            if width > varint(old as u64).len() {
                while length.len() < width {
                    if let Some(last) = length.last_mut() {
                        *last |= 0x80;
                    }
                    length.push(0);
                }
            }
            let grows = delta + signed(length.len()) - signed(width);
            self.splices.replace(part.length.0..part.length.1, length);
            if let Some((delta, _)) = outer.and_then(|outer| self.around.get_mut(&outer)) {
                *delta += grows;
            }
        }
        self.splices.apply(source)
    }
}

fn signed(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
