//! XML property lists by byte range (`plist(5)`, `PropertyList-1.0.dtd`).
//!
//! Must not: rewrite what is not edited.

use std::fmt::Write;
use std::ops::Range;

use plist::{Date, Dictionary, Integer, Value};

use super::path::{Child, KeyPath};
use super::{Edit, PlistError};
use crate::format::base64;
use crate::format::text::Position;
use crate::format::xml::document::{Document, JOINT, Piece, sections};
use crate::format::xml::element::Element;
use crate::format::xml::{self, Encoding};

pub(super) fn read(bytes: &[u8]) -> Result<Value, PlistError> {
    let (text, encoding) = Encoding::decode(split(bytes).0)?;
    let document = Document::parse(&text, encoding)?;
    let list = List::new(&document)?;
    list.value(list.root)
}

/// A property list, and what stands behind `</plist>`: `CoreFoundation` stops reading there (`CFPropertyList.c`), so zeros
/// and whatever else some tools leave behind are no part of it. Of UTF-16 all is the list.
fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    let find = |from: usize, part: &[u8]| {
        let rest = bytes.get(from..)?;
        Some(from + rest.windows(part.len()).position(|found| found == part)? + part.len())
    };
    let mut at = 0;
    let end = loop {
        let Some(open) = find(at, b"<") else { break None };
        let rest = bytes.get(open..).unwrap_or_default();
        let next = if rest.starts_with(b"!--") {
            find(open + 3, b"-->")
        } else if rest.starts_with(b"![CDATA[") {
            find(open, b"]]>")
        } else if rest.starts_with(b"/plist") {
            break find(open, b">");
        } else {
            Some(open)
        };
        match next {
            Some(next) => at = next,
            None => break None,
        }
    };
    bytes.split_at_checked(end.unwrap_or(bytes.len())).unwrap_or((bytes, &[]))
}

pub(super) fn edit(bytes: &[u8], edits: &[Edit]) -> Result<Vec<u8>, PlistError> {
    let (bytes, behind) = split(bytes);
    let (text, encoding) = Encoding::decode(bytes)?;
    let document = Document::parse(&text, encoding)?;
    let list = List::new(&document)?;
    let mut splices = Vec::new();
    for edit in edits {
        match edit {
            Edit::Replace { at, value } => {
                let path = KeyPath::exact(at.clone()).to_string();
                for element in list.find(at)? {
                    splices.extend(list.replacement(element, &path, value)?);
                }
            }
            Edit::Insert { parent, key, value } => {
                // A key that stands twice: the last one counts.
                if let Some(&element) = list.find(parent)?.last() {
                    splices.push(list.insertion(element, key.as_deref(), value));
                }
            }
        }
    }
    let mut new = document.apply(splices)?;
    new.extend_from_slice(behind);
    Ok(new)
}

/// A document as a property list: elements by index.
struct List<'d, 't> {
    document: &'d Document<'t>,
    children: Vec<Vec<usize>>,
    root: usize,
}

impl<'d, 't> List<'d, 't> {
    fn new(document: &'d Document<'t>) -> Result<Self, PlistError> {
        let mut children = vec![Vec::new(); document.elements.len()];
        for (index, element) in document.elements.iter().enumerate() {
            if let Some(siblings) = element.parent.and_then(|parent| children.get_mut(parent)) {
                siblings.push(index);
            }
        }
        let mut list = Self { document, children, root: 0 };
        // `<plist>` holds one value; a value alone is taken too, as Apple's parser does.
        if list.name(0) == "plist" {
            list.root = match list.children(0) {
                [only] => *only,
                others => return Err(list.wrong(0, &format!("<plist> has {} values, expected one", others.len()))),
            };
        }
        Ok(list)
    }

    fn element(&self, index: usize) -> Result<&'d Element, PlistError> {
        let gone = || PlistError::Structure { problem: "there is no element".to_owned() };
        self.document.elements.get(index).ok_or_else(gone)
    }

    fn name(&self, index: usize) -> &'t str {
        let element = self.document.elements.get(index);
        element.and_then(|element| self.document.text.get(element.name.clone())).unwrap_or_default()
    }

    fn children(&self, index: usize) -> &[usize] {
        self.children.get(index).map(Vec::as_slice).unwrap_or_default()
    }

    fn wrong(&self, index: usize, problem: &str) -> PlistError {
        let start = self.document.elements.get(index).map_or(0, |element| element.start);
        PlistError::Structure { problem: format!("{problem} at {}", Position::of(self.document.text, start)) }
    }

    /// Keys and values of a dictionary.
    fn pairs(&self, index: usize) -> Result<Vec<(String, usize)>, PlistError> {
        let children = self.children(index);
        let (pairs, rest) = children.as_chunks::<2>();
        if let [alone] = rest {
            return Err(self.wrong(*alone, "a key without a value, or a value without a key"));
        }
        pairs
            .iter()
            .map(|&[key, value]| match self.name(key) {
                "key" => Ok((self.text(key)?, value)),
                other => Err(self.wrong(key, &format!("<{other}>, expected <key>"))),
            })
            .collect()
    }

    /// The elements at a place; several where a key stands more than once.
    fn find(&self, at: &[Child]) -> Result<Vec<usize>, PlistError> {
        let mut found = vec![self.root];
        for child in at {
            let mut below = Vec::new();
            for index in found {
                match child {
                    Child::Key(key) if self.name(index) == "dict" => {
                        let pairs = self.pairs(index)?.into_iter();
                        below.extend(pairs.filter(|(name, _)| name == key).map(|(_, value)| value));
                    }
                    Child::Index(nth) if self.name(index) == "array" => below.extend(self.children(index).get(*nth)),
                    _ => {}
                }
            }
            found = below;
        }
        Ok(found)
    }

    /// The characters of an element without children, white space and all.
    fn text(&self, index: usize) -> Result<String, PlistError> {
        if !self.children(index).is_empty() {
            return Err(self.wrong(index, &format!("<{}> has elements in it, expected text", self.name(index))));
        }
        let pieces = self.document.pieces(self.element(index)?);
        let text = pieces.into_iter().map(|(piece, range)| match piece {
            Piece::Text => self.document.decoded(range),
            Piece::Data => self.document.text.get(range).unwrap_or_default().replace(JOINT, ""),
        });
        Ok(text.collect())
    }

    /// The value of an element. As deep as the document, whose depth is limited.
    fn value(&self, index: usize) -> Result<Value, PlistError> {
        let bad = |what: &str| self.wrong(index, &format!("no valid {what}"));
        Ok(match self.name(index) {
            "dict" => {
                let mut dictionary = Dictionary::new();
                for (key, value) in self.pairs(index)? {
                    dictionary.insert(key, self.value(value)?);
                }
                Value::Dictionary(dictionary)
            }
            "array" => {
                Value::Array(self.children(index).iter().map(|&child| self.value(child)).collect::<Result<_, _>>()?)
            }
            "string" => Value::String(self.text(index)?),
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            "integer" => Value::Integer(integer(self.text(index)?.trim()).ok_or_else(|| bad("integer"))?),
            "real" => Value::Real(real(self.text(index)?.trim()).ok_or_else(|| bad("real number"))?),
            "date" => Value::Date(Date::from_xml_format(self.text(index)?.trim()).map_err(|_| bad("date"))?),
            "data" => {
                let text = self.text(index)?;
                Value::Data(base64::decode(text.as_bytes()).ok_or_else(|| bad("base64 data"))?)
            }
            other => return Err(self.wrong(index, &format!("<{other}>, expected a value of a property list"))),
        })
    }

    /// The edits that give an element another value of its type.
    fn replacement(&self, index: usize, path: &str, value: &Value) -> Result<Vec<(Range<usize>, String)>, PlistError> {
        // What reads as the value may be written otherwise.
        if super::same(&self.value(index)?, value) {
            return Ok(Vec::new());
        }
        let element = self.element(index)?;
        let text = match value {
            Value::Boolean(truth) => {
                return Ok(vec![(self.whole(element), format!("<{truth}/>"))]);
            }
            Value::String(text) => text.clone(),
            other => super::shown(other),
        };
        xml::check(path, &text)?;
        if self.document.is_data(element) {
            xml::check_data(path, &text)?;
        }
        if let Some(tag) = &element.empty_tag {
            let escaped = self.document.escape(&text, None);
            return Ok(vec![(tag.clone(), format!(">{escaped}</{}>", self.name(index)))]);
        }
        let mut edits = Vec::new();
        for (piece, range) in self.document.pieces(element) {
            let text = if edits.is_empty() { text.as_str() } else { "" };
            edits.push(match piece {
                Piece::Data => (range, sections(text)),
                Piece::Text => (range, self.document.escape(text, None)),
            });
        }
        if edits.is_empty() {
            edits.push((element.content.end..element.content.end, self.document.escape(&text, None)));
        }
        Ok(edits)
    }

    /// From the start tag to the end of the end tag.
    fn whole(&self, element: &Element) -> Range<usize> {
        let end = match &element.empty_tag {
            Some(tag) => tag.end,
            None => {
                let tag = self.document.text.get(element.content.end..).and_then(|rest| rest.find('>'));
                element.content.end + tag.map_or(0, |len| len + 1)
            }
        };
        element.start..end
    }

    /// The edit that puts a value behind the last one of a container, laid out as what is there.
    fn insertion(&self, index: usize, key: Option<&str>, value: &Value) -> (Range<usize>, String) {
        let Some(element) = self.document.elements.get(index) else { return (0..0, String::new()) };
        let text = self.document.text;
        let inner = text.get(element.content.clone()).unwrap_or_default();
        let blanks = |text: &str| text.len() - text.trim_start().len();
        let end_of_line = if text.contains("\r\n") { "\r\n" } else { "\n" };
        // The blanks in front of the container on its own line, and those in front of its children.
        let line = text.get(..element.start).unwrap_or_default();
        let own = line.rfind('\n').and_then(|at| line.get(at + 1..)).filter(|own| own.trim().is_empty());
        let first = inner.get(..blanks(inner)).unwrap_or_default();
        let child = match (self.children(index).is_empty(), own) {
            (false, _) => first.rfind('\n').and_then(|at| first.get(at + 1..)).map(str::to_owned),
            (true, own) => own.map(|own| format!("{own}\t")),
        };
        let mut made = String::new();
        let layout = child.as_deref().map(|child| (end_of_line, child));
        if let Some(key) = key {
            start_line(&mut made, layout, 0);
            let _ = write!(made, "<key>{}</key>", self.document.escape(key, None));
        }
        self.emit(&mut made, value, layout, 0);
        let closing = layout.map(|(line, _)| format!("{line}{}", own.unwrap_or_default())).unwrap_or_default();
        if let Some(tag) = &element.empty_tag {
            return (tag.clone(), format!(">{made}{closing}</{}>", self.name(index)));
        }
        if self.children(index).is_empty() && inner.trim().is_empty() {
            return (element.content.clone(), format!("{made}{closing}"));
        }
        let at = element.content.start + inner.trim_end().len();
        (at..at, made)
    }

    fn emit(&self, out: &mut String, value: &Value, layout: Option<(&str, &str)>, depth: usize) {
        start_line(out, layout, depth);
        match value {
            Value::Dictionary(dictionary) => {
                out.push_str("<dict>");
                for (key, value) in dictionary {
                    start_line(out, layout, depth + 1);
                    let _ = write!(out, "<key>{}</key>", self.document.escape(key, None));
                    self.emit(out, value, layout, depth + 1);
                }
                start_line(out, layout, depth);
                out.push_str("</dict>");
            }
            Value::Array(array) => {
                out.push_str("<array>");
                for value in array {
                    self.emit(out, value, layout, depth + 1);
                }
                start_line(out, layout, depth);
                out.push_str("</array>");
            }
            // What is made holds strings alone.
            other => {
                let _ = write!(out, "<string>{}</string>", self.document.escape(&super::shown(other), None));
            }
        }
    }
}

/// A new line with the blanks of its depth, where the document has lines.
fn start_line(out: &mut String, layout: Option<(&str, &str)>, depth: usize) {
    if let Some((line, blanks)) = layout {
        out.push_str(line);
        out.push_str(blanks);
        out.push_str(&"\t".repeat(depth));
    }
}

/// Decimal, or hexadecimal behind `0x`, as `CFPropertyList.c` reads it.
fn integer(text: &str) -> Option<Integer> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let number = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok()?,
        None if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse::<u64>().ok()?,
        None => return None,
    };
    if negative { 0_i64.checked_sub_unsigned(number).map(Integer::from) } else { Some(Integer::from(number)) }
}

fn real(text: &str) -> Option<f64> {
    match text.to_ascii_lowercase().as_str() {
        "+infinity" | "infinity" | "inf" => Some(f64::INFINITY),
        "-infinity" | "-inf" => Some(f64::NEG_INFINITY),
        number => number.parse().ok(),
    }
}
