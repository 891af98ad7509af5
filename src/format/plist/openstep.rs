//! Property lists in the old style of `OpenStep`, as Xcode keeps its projects (`project.pbxproj`) and as some tools still write
//! `Info.plist`: dictionaries in braces, arrays in parentheses, strings with or without quotes, data in angle brackets (Apple,
//! "Property List Programming Topics", Old-Style ASCII; `CFOldStylePList.c`). All but data is text.
//!
//! Must not: rewrite what is not edited.

use std::ops::Range;

use plist::{Dictionary, Value};

use super::path::Child;
use super::strings::{Scanner, quoted};
use super::{Edit, PlistError};
use crate::format::limits;
use crate::format::splice::Splices;
use crate::format::xml::{Encoding, XmlError};

/// The whole tree.
pub fn read_openstep(bytes: &[u8]) -> Result<Value, PlistError> {
    let (text, _) = Encoding::decode(bytes)?;
    parse(&text, &mut Spans::default())
}

/// Whether a text is of the old style: a dictionary or an array, behind blanks and comments.
pub(super) fn is_openstep(bytes: &[u8]) -> bool {
    let Ok((text, _)) = Encoding::decode(bytes) else { return false };
    let mut scanner = Scanner::new(&text);
    scanner.blanks().is_ok() && scanner.rest().starts_with(['{', '('])
}

pub(super) fn edit(bytes: &[u8], edits: &[Edit]) -> Result<Vec<u8>, PlistError> {
    let (text, encoding) = Encoding::decode(bytes)?;
    let mut spans = Spans::default();
    let old = parse(&text, &mut spans)?;
    let mut splices = Splices::new();
    for edit in edits {
        match edit {
            Edit::Replace { at, value } => {
                if super::value_at(&old, at) == Some(value) {
                    continue;
                }
                // Of a key that stands twice the last one counts; both are set.
                for (_, place) in spans.texts.iter().filter(|(text, _)| text == at) {
                    splices.replace(place.clone(), shown(value));
                }
            }
            Edit::Insert { parent, key, value } => {
                let Some(end) = spans.ends.iter().rfind(|end| end.of == *parent) else { continue };
                let new = match key {
                    Some(key) => format!("{} = {}; ", quoted(key), shown(value)),
                    // The last one need not have its comma.
                    None if end.wants_comma => format!(", {}", shown(value)),
                    None => format!("{}, ", shown(value)),
                };
                splices.insert(end.at, new);
            }
        }
    }
    let new = splices.apply(text.as_bytes()).map_err(XmlError::from)?;
    Ok(encoding.encode(new)?)
}

/// A value as it is written; no other type than these is made.
fn shown(value: &Value) -> String {
    match value {
        Value::Dictionary(members) => {
            let members = members.iter().map(|(key, value)| format!("{} = {}; ", quoted(key), shown(value)));
            format!("{{ {}}}", members.collect::<String>())
        }
        Value::Array(items) => format!("( {} )", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        other => quoted(other.as_string().unwrap_or_default()),
    }
}

/// Where what is in a text.
#[derive(Default)]
struct Spans {
    /// Texts.
    texts: Vec<(Vec<Child>, Range<usize>)>,
    /// The ends of dictionaries and arrays.
    ends: Vec<End>,
    /// The place that is read.
    at: Vec<Child>,
}

/// A closing brace or parenthesis.
struct End {
    /// What ends there.
    of: Vec<Child>,
    at: usize,
    /// Whether a comma has to stand before another element.
    wants_comma: bool,
}

impl Spans {
    fn end(&mut self, at: usize, wants_comma: bool) {
        self.ends.push(End { of: self.at.clone(), at, wants_comma });
    }
}

fn parse(text: &str, spans: &mut Spans) -> Result<Value, PlistError> {
    let mut scanner = Scanner::new(text);
    scanner.blanks()?;
    let value = value(&mut scanner, spans)?;
    scanner.blanks()?;
    if scanner.rest().is_empty() { Ok(value) } else { Err(scanner.wrong("something stands behind the property list")) }
}

fn value(scanner: &mut Scanner<'_>, spans: &mut Spans) -> Result<Value, PlistError> {
    if spans.at.len() > limits::NESTING {
        return Err(scanner.wrong("it is nested too deeply"));
    }
    if scanner.takes('{') {
        let mut members = Dictionary::new();
        loop {
            scanner.blanks()?;
            if scanner.rest().starts_with('}') {
                spans.end(scanner.at(), false);
                scanner.takes('}');
                return Ok(Value::Dictionary(members));
            }
            let key = scanner.token()?;
            scanner.blanks()?;
            if !scanner.takes('=') {
                return Err(scanner.wrong("expected '='"));
            }
            scanner.blanks()?;
            spans.at.push(Child::Key(key.clone()));
            let member = value(scanner, spans)?;
            spans.at.pop();
            members.insert(key, member);
            scanner.blanks()?;
            if !scanner.takes(';') {
                return Err(scanner.wrong("expected ';'"));
            }
        }
    }
    if scanner.takes('(') {
        let (mut items, mut wants_comma) = (Vec::new(), false);
        loop {
            scanner.blanks()?;
            if scanner.rest().starts_with(')') {
                spans.end(scanner.at(), wants_comma);
                scanner.takes(')');
                return Ok(Value::Array(items));
            }
            spans.at.push(Child::Index(items.len()));
            items.push(value(scanner, spans)?);
            spans.at.pop();
            scanner.blanks()?;
            // The last item may have its comma too.
            wants_comma = !scanner.takes(',');
            if wants_comma && !scanner.rest().starts_with(')') {
                return Err(scanner.wrong("expected ',' or ')'"));
            }
        }
    }
    if scanner.takes('<') {
        return data(scanner).map(Value::Data);
    }
    let start = scanner.at();
    let text = scanner.token()?;
    spans.texts.push((spans.at.clone(), start..scanner.at()));
    Ok(Value::String(text))
}

/// Pairs of hexadecimal digits up to `>`; blanks between them count for nothing.
fn data(scanner: &mut Scanner<'_>) -> Result<Vec<u8>, PlistError> {
    let (mut bytes, mut half) = (Vec::new(), None);
    loop {
        let Some(c) = scanner.rest().chars().next() else {
            return Err(scanner.wrong("data without its end, expected '>'"));
        };
        match (c.to_digit(16), half) {
            _ if c.is_whitespace() => {}
            (Some(digit), None) => half = Some(digit),
            (Some(digit), Some(first)) => {
                bytes.push(u8::try_from(first * 16 + digit).unwrap_or(u8::MAX));
                half = None;
            }
            (None, None) if c == '>' => {
                scanner.takes('>');
                return Ok(bytes);
            }
            (None, Some(_)) if c == '>' => return Err(scanner.wrong("an odd number of digits in data")),
            (None, _) => return Err(scanner.wrong("expected a hexadecimal digit or '>' in data")),
        }
        scanner.takes(c);
    }
}
