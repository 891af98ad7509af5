//! A document by its parts: which elements a path means, their text, and the edits that change it.
//!
//! Must not: copy what is not edited.

use std::borrow::Cow;
use std::fmt::Write;
use std::ops::Range;

use super::element::{Attribute, Element};
use super::encoding::Encoding;
use super::error::XmlError;
use super::escape::escaped;
use super::scan::scan;
use crate::format::node_path::{self, Matcher, NodePath};
use crate::format::splice::Splices;

/// What stands between two CDATA sections that follow each other.
pub(crate) const JOINT: &str = "]]><![CDATA[";
/// What begins a CDATA section, and ends it.
const OPENING: &str = "<![CDATA[";
const CLOSING: &str = "]]>";

/// A text within a CDATA section; the mark that ends one is spread over two.
pub(crate) fn sections(text: &str) -> String {
    text.replace("]]>", "]]]]><![CDATA[>")
}

/// What the text of an element is made of.
#[derive(Clone, Copy)]
pub(crate) enum Piece {
    /// Characters and references.
    Text,
    /// The inside of a CDATA section.
    Data,
}

/// A document whose elements are known.
pub(crate) struct Document<'t> {
    pub(crate) text: &'t str,
    encoding: Encoding,
    pub(crate) elements: Vec<Element>,
}

impl<'t> Document<'t> {
    pub(crate) fn parse(text: &'t str, encoding: Encoding) -> Result<Self, XmlError> {
        let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Ok(Self { text, encoding, elements: scan(text, mark)? })
    }

    /// A value as it stands in the document: in an attribute within `quote`, or as text.
    pub(crate) fn escape(&self, value: &str, quote: Option<char>) -> String {
        self.encoding.referenced(escaped(value, quote))
    }

    /// The document with these edits, in its encoding.
    pub(crate) fn apply(&self, edits: Vec<(Range<usize>, String)>) -> Result<Vec<u8>, XmlError> {
        let mut splices = Splices::new();
        for (range, text) in edits {
            splices.replace(range, text);
        }
        self.encoding.encode(splices.apply(self.text.as_bytes())?)
    }

    /// The elements a path means, in document order.
    pub(crate) fn find(&self, path: &NodePath) -> Vec<usize> {
        let mut matcher = Matcher::new(path);
        let mut open: Vec<usize> = Vec::new();
        let mut found = Vec::new();
        for (index, element) in self.elements.iter().enumerate() {
            while open.last().copied() != element.parent {
                open.pop();
                matcher.leave();
            }
            if matcher.enter(&InDocument { document: self, element }) {
                found.push(index);
            }
            open.push(index);
        }
        found
    }

    /// The text of an element without children; `None` where there are some.
    pub(crate) fn text_of(&self, element: &Element) -> Option<String> {
        if element.children > 0 {
            return None;
        }
        let pieces = self.pieces(element);
        let text: String = pieces
            .into_iter()
            .map(|(piece, range)| match piece {
                Piece::Text => resolved(&lines(&self.text[range])),
                Piece::Data => lines(&self.text[range]).replace(JOINT, ""),
            })
            .collect();
        Some(text.trim().to_owned())
    }

    /// Text and CDATA in the content of an element without children, comments and instructions left out. Sections that follow
    /// each other are one piece, with [`JOINT`] in it: a value with the mark that ends a section needs two.
    pub(crate) fn pieces(&self, element: &Element) -> Vec<(Piece, Range<usize>)> {
        let mut pieces: Vec<(Piece, Range<usize>)> = Vec::new();
        let (mut at, end) = (element.content.start, element.content.end);
        while at < end {
            let rest = &self.text[at..end];
            let until = |mark: &str| rest.find(mark).map_or(rest.len(), |len| len + mark.len());
            let len = if rest.starts_with("<!--") {
                until("-->")
            } else if rest.starts_with(OPENING) {
                let len = until(CLOSING);
                let data = at + OPENING.len()..(at + len).saturating_sub(CLOSING.len()).max(at + OPENING.len());
                match pieces.last_mut() {
                    Some((Piece::Data, before)) if before.end + JOINT.len() == data.start => before.end = data.end,
                    _ => pieces.push((Piece::Data, data)),
                }
                len
            } else if rest.starts_with("<?") {
                until("?>")
            } else {
                let len = rest.find('<').unwrap_or(rest.len()).max(1);
                pieces.push((Piece::Text, at..at + len));
                len
            };
            at += len;
        }
        pieces
    }

    /// Whether an element's text is kept in CDATA, where line ends are those of the file.
    pub(crate) fn is_data(&self, element: &Element) -> bool {
        self.pieces(element).iter().any(|(piece, _)| matches!(piece, Piece::Data))
    }

    /// The edits that make `value` the text of an element: its first CDATA section has it, or else its first text; other sections
    /// and texts go, comments, instructions and blanks around stay. A section is there when it is empty too, so that where a value
    /// goes does not depend on the one before.
    pub(crate) fn text_edits(&self, element: &Element, value: &str) -> Vec<(Range<usize>, String)> {
        if let Some(tag) = &element.empty_tag {
            let name = &self.text[element.name.clone()];
            return vec![(tag.clone(), format!(">{}</{name}>", self.escape(value, None)))];
        }
        let pieces = self.pieces(element);
        let is_blank = |range: &Range<usize>| self.text[range.clone()].trim().is_empty();
        let section = pieces.iter().position(|(piece, _)| matches!(piece, Piece::Data));
        let carrier = section.or_else(|| pieces.iter().position(|(_, range)| !is_blank(range)));
        let mut edits = Vec::new();
        for (number, (piece, range)) in pieces.into_iter().enumerate() {
            let is_carrier = carrier == Some(number);
            match piece {
                // The value may hold the mark that ends the section: then two sections carry it.
                Piece::Data if is_carrier => edits.push((range, sections(value))),
                // Emptied, it could come to lie beside the one that has the value, and be taken for a part of it.
                Piece::Data => edits.push((range.start - OPENING.len()..range.end + CLOSING.len(), String::new())),
                Piece::Text if is_blank(&range) => {}
                Piece::Text => {
                    let raw = &self.text[range.clone()];
                    let (lead, end) = (raw.len() - raw.trim_start().len(), raw.trim_end().len());
                    let text = if is_carrier { self.escape(value, None) } else { String::new() };
                    edits.push((range.start + lead..range.start + end, text));
                }
            }
        }
        if carrier.is_none() {
            let blank = self.text[element.content.clone()].trim().is_empty();
            let at = element.content.end;
            let range = if blank { element.content.clone() } else { at..at };
            edits.push((range, self.escape(value, None)));
        }
        edits
    }

    /// Character and predefined entity references resolved (XML 1.0, sections 4.1 and 4.6); others stay as written.
    /// Line ends stay as they are: those of property lists do, whose readers are no parsers of XML.
    pub(crate) fn decoded(&self, range: Range<usize>) -> String {
        resolved(&self.text[range])
    }

    /// The value of an attribute as a parser tells it: white space that stands there as it is counts as blanks (XML 1.0, 3.3.3).
    pub(crate) fn value_of(&self, attribute: &Attribute) -> String {
        resolved(&lines(&self.text[attribute.value.clone()]).replace(['\n', '\t'], " "))
    }

    /// Whether an attribute reads as this value, however it is written. A reference to an entity of the document reads as what
    /// that stands for, which is not looked up here: it is no equal of its own name.
    pub(crate) fn attribute_reads(&self, attribute: &Attribute, value: &str) -> bool {
        self.value_of(attribute) == value && !has_entities(&self.text[attribute.value.clone()])
    }

    /// The same of the text of an element.
    pub(crate) fn element_reads(&self, element: &Element, value: &str) -> bool {
        let in_piece = |(piece, range): (Piece, Range<usize>)| match piece {
            Piece::Text => has_entities(&self.text[range]),
            Piece::Data => false,
        };
        self.text_of(element).as_deref() == Some(value) && !self.pieces(element).into_iter().any(in_piece)
    }

    pub(crate) fn insertion(
        &self,
        path: &NodePath,
        value: &str,
        create: bool,
    ) -> Result<(Range<usize>, String), XmlError> {
        let missing = path.elements().find(|(prefix, _)| self.find(prefix).is_empty()).map(|(_, name)| name);
        let missing = missing.unwrap_or_else(|| format!("@{}", path.attribute().unwrap_or_default()));
        let not_found = XmlError::NotFound { path: path.to_string(), missing };
        // Only the last element can be made; its parent must be there.
        let Some(made) = path.missing().filter(|_| create && self.find(&path.element()).is_empty()) else {
            return Err(not_found);
        };
        let Some(parent) = self.find(&made.parent).into_iter().next_back() else { return Err(not_found) };
        let parent = &self.elements[parent];
        let name = made.name;
        let mut tag = name.to_owned();
        for (attribute, value) in made.attributes.into_iter().chain(path.attribute().map(|name| (name, value))) {
            let _ = write!(tag, " {attribute}=\"{}\"", self.escape(value, Some('"')));
        }
        let element = match path.attribute() {
            Some(_) => format!("<{tag}/>"),
            None => format!("<{tag}>{}</{name}>", self.escape(value, None)),
        };
        if let Some(tag) = &parent.empty_tag {
            let outer = &self.text[parent.name.clone()];
            return Ok((tag.clone(), format!(">{element}</{outer}>")));
        }
        // Before the blanks that lead to the end tag, with the blanks that lead to the first child.
        let inner = &self.text[parent.content.clone()];
        let blanks = &inner[..inner.len() - inner.trim_start().len()];
        let at = parent.content.start + inner.trim_end().len();
        let blanks = if at == parent.content.start { "" } else { blanks };
        Ok((at..at, format!("{blanks}{element}")))
    }
}

/// An element as a path looks at it.
struct InDocument<'d, 'b> {
    document: &'d Document<'b>,
    element: &'d Element,
}

impl node_path::Element for InDocument<'_, '_> {
    fn is_named(&self, name: &str) -> bool {
        let own = &self.document.text[self.element.name.clone()];
        // `*:name` is the local name, whatever the prefix (XPath 2.0, section 3.2.1.2).
        match name.strip_prefix("*:") {
            Some(local) => own.rsplit_once(':').map_or(own, |(_, own)| own) == local,
            None => own == name,
        }
    }

    fn attribute(&self, name: &str) -> Option<String> {
        self.element.attribute(name).map(|attribute| self.document.value_of(attribute))
    }
}

/// Text with line feeds for every end of a line, as a parser passes it on (XML 1.0, 2.11).
fn lines(text: &str) -> Cow<'_, str> {
    if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { Cow::Borrowed(text) }
}

/// Character and predefined entity references resolved (XML 1.0, sections 4.1 and 4.6); others stay as written.
fn resolved(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    each_part(raw, |written, character| match character {
        Some(c) => out.push(c),
        None => out.push_str(written),
    });
    out
}

/// Whether a text refers to entities that the document itself declares.
fn has_entities(raw: &str) -> bool {
    let mut found = false;
    each_part(raw, |written, character| found |= character.is_none() && written.starts_with('&'));
    found
}

/// The text between references, and each reference with the character that it stands for where XML itself says so.
fn each_part(raw: &str, mut see: impl FnMut(&str, Option<char>)) {
    let mut rest = raw;
    while let Some(at) = rest.find('&') {
        see(&rest[..at], None);
        rest = &rest[at..];
        let Some(end) = rest.find(';') else { break };
        let name = &rest[1..end];
        let character = match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => match name.strip_prefix("#x").or_else(|| name.strip_prefix("#X")) {
                Some(digits) => u32::from_str_radix(digits, 16).ok().and_then(char::from_u32),
                None => name.strip_prefix('#').and_then(|digits| digits.parse().ok()).and_then(char::from_u32),
            },
        };
        see(&rest[..=end], character);
        rest = &rest[end + 1..];
    }
    see(rest, None);
}
