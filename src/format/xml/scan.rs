//! The elements of a document with the byte range of every part, from the events of a streaming parser.
//!
//! Checked beyond what the parser checks (XML 1.0, sections 2.1, 2.3, 3.1): one root, names, blanks between attributes,
//! no `<` in a value, all elements closed.
//!
//! Must not: decode a value; what is not edited is never looked at twice.

use std::collections::HashSet;
use std::ops::Range;

use quick_xml::Reader;
use quick_xml::errors::{Error, IllFormedError, SyntaxError};
use quick_xml::events::attributes::AttrError;
use quick_xml::events::{BytesStart, Event};

use super::element::{Attribute, Element};
use super::error::XmlError;
use crate::format::limits;
use crate::format::text::Position;

/// The elements of `text` from `start` on (behind a byte order mark), in document order.
pub(super) fn scan(text: &str, start: usize) -> Result<Vec<Element>, XmlError> {
    let mut reader = Reader::from_str(text.get(start..).unwrap_or_default());
    // What a browser or a plist reader would take is taken; the text is not judged, it is kept.
    reader.config_mut().allow_dangling_amp = true;
    let mut scan = Scan { text, elements: Vec::new(), open: Vec::new() };
    let mut at = start;
    loop {
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => {
                let at = usize::try_from(reader.error_position()).unwrap_or(0).saturating_add(start);
                return Err(scan.wrong(at, explained(&error)));
            }
        };
        let end = usize::try_from(reader.buffer_position()).unwrap_or(0).saturating_add(start);
        match event {
            Event::Start(tag) => scan.start_tag(at..end, &tag, false)?,
            Event::Empty(tag) => scan.start_tag(at..end, &tag, true)?,
            // The parser compares it with the name of the start tag.
            Event::End(_) => {
                let closed = scan.open.pop().and_then(|index| scan.elements.get_mut(index));
                closed.ok_or_else(|| wrong(text, at, "an end tag without its start"))?.content.end = at;
            }
            Event::Text(inner) if scan.open.is_empty() && !inner.trim().is_empty() => {
                return Err(scan.wrong(at, "text outside the root element"));
            }
            Event::CData(_) if scan.open.is_empty() => {
                return Err(scan.wrong(at, "a CDATA section outside the root element"));
            }
            Event::GeneralRef(_) if scan.open.is_empty() => {
                return Err(scan.wrong(at, "a reference outside the root element"));
            }
            Event::Eof => break,
            Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_) => {}
        }
        at = end;
    }
    if let Some(element) = scan.open.last().and_then(|&index| scan.elements.get(index)) {
        let name = text.get(element.name.clone()).unwrap_or_default();
        return Err(scan.wrong(text.len(), format!("the end of the file, expected </{name}>")));
    }
    if scan.elements.is_empty() {
        return Err(scan.wrong(text.len(), "no element at all"));
    }
    Ok(scan.elements)
}

struct Scan<'t> {
    text: &'t str,
    elements: Vec<Element>,
    /// Indices of the elements that are not closed yet, outermost first.
    open: Vec<usize>,
}

impl Scan<'_> {
    fn wrong(&self, at: usize, problem: impl Into<String>) -> XmlError {
        wrong(self.text, at, problem)
    }

    /// Where in the document a piece of it lies.
    fn range(&self, part: &str) -> Range<usize> {
        let start = part.as_ptr().addr().wrapping_sub(self.text.as_ptr().addr());
        start..start.wrapping_add(part.len())
    }

    fn start_tag(&mut self, tag: Range<usize>, event: &BytesStart<'_>, empty: bool) -> Result<(), XmlError> {
        if self.open.len() >= limits::NESTING {
            return Err(self.wrong(tag.start, format!("nested deeper than {} levels", limits::NESTING)));
        }
        let parent = self.open.last().copied();
        if parent.is_none() && !self.elements.is_empty() {
            return Err(self.wrong(tag.start, "a second root element"));
        }
        let name = event.name();
        if !is_name(name.as_ref()) {
            return Err(self.wrong(tag.start + 1, "expected a name"));
        }
        let name = tag.start + 1..tag.start + 1 + name.as_ref().len();
        let attributes = self.attributes(&tag, event)?;
        if let Some(parent) = parent.and_then(|parent| self.elements.get_mut(parent)) {
            parent.children += 1;
        }
        let content = tag.end..tag.end;
        let empty_tag = empty.then(|| tag.end.saturating_sub(2)..tag.end);
        if !empty {
            self.open.push(self.elements.len());
        }
        self.elements.push(Element { parent, start: tag.start, name, attributes, content, empty_tag, children: 0 });
        Ok(())
    }

    fn attributes(&self, tag: &Range<usize>, event: &BytesStart<'_>) -> Result<Vec<Attribute>, XmlError> {
        let mut attributes = Vec::new();
        let mut names = HashSet::new();
        for attribute in event.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| {
                let (offset, problem) = explained_attribute(&error);
                // The parser counts from behind the '<'.
                self.wrong(tag.start + 1 + offset, problem)
            })?;
            let key = self.range(attribute.key.as_ref());
            let value = self.range(&attribute.value);
            if !self.blank_before(key.start) {
                return Err(self.wrong(key.start, "expected a blank, '>' or '/>' in the tag"));
            }
            if !is_name(attribute.key.as_ref()) {
                return Err(self.wrong(key.start, "expected a name"));
            }
            if !names.insert(attribute.key) {
                let problem = format!("attribute {} stands twice in one tag", attribute.key.as_ref());
                return Err(self.wrong(key.start, problem));
            }
            if attribute.value.contains('<') {
                return Err(self.wrong(value.start, "an attribute's value without its end, or with '<' in it"));
            }
            let quote = self.text.get(..value.start).and_then(|before| before.chars().next_back());
            let quote = quote.filter(|quote| ['"', '\''].contains(quote));
            let quote = quote.ok_or_else(|| self.wrong(value.start, "expected a value in quotes"))?;
            attributes.push(Attribute { name: attribute.key.as_ref().to_owned(), value, quote });
        }
        Ok(attributes)
    }

    fn blank_before(&self, at: usize) -> bool {
        let before = self.text.get(..at).and_then(|before| before.chars().next_back());
        before.is_some_and(|c| [' ', '\t', '\r', '\n'].contains(&c))
    }
}

fn wrong(text: &str, at: usize, problem: impl Into<String>) -> XmlError {
    XmlError::Syntax { at: Position::of(text, at), problem: problem.into() }
}

fn is_name(text: &str) -> bool {
    let start = |c: char| c.is_alphabetic() || "_:".contains(c) || !c.is_ascii();
    text.starts_with(start) && text.chars().all(|c| start(c) || c.is_ascii_digit() || "-.".contains(c))
}

/// What the parser found, in the words of this house.
fn explained(error: &Error) -> String {
    match error {
        Error::Syntax(syntax) => match syntax {
            SyntaxError::UnclosedPI | SyntaxError::UnclosedXmlDecl => "a processing instruction without its end ?>",
            SyntaxError::UnclosedComment => "a comment without its end -->",
            SyntaxError::UnclosedDoctype => "a document type without its end '>'",
            SyntaxError::UnclosedCData => "a CDATA section without its end ]]>",
            SyntaxError::UnclosedTag => "a tag without its end '>'",
            SyntaxError::UnclosedSingleQuotedAttributeValue | SyntaxError::UnclosedDoubleQuotedAttributeValue => {
                "an attribute's value without its end, or with '<' in it"
            }
            SyntaxError::InvalidBangMarkup => "expected a comment, a CDATA section or a document type behind '<!'",
        }
        .to_owned(),
        Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => {
            format!("</{found}>, expected </{expected}>")
        }
        Error::IllFormed(IllFormedError::UnmatchedEndTag(_)) => "an end tag without its start".to_owned(),
        other @ (Error::Io(_)
        | Error::IllFormed(_)
        | Error::InvalidAttr(_)
        | Error::Encoding(_)
        | Error::Escape(_)
        | Error::Namespace(_)) => other.to_string(),
    }
}

/// What is wrong with an attribute, and its distance from the start of the tag's name.
fn explained_attribute(error: &AttrError) -> (usize, String) {
    match *error {
        AttrError::ExpectedEq(at) => (at, "expected '=' behind the attribute's name".to_owned()),
        AttrError::ExpectedValue(at) | AttrError::UnquotedValue(at) => (at, "expected a value in quotes".to_owned()),
        AttrError::ExpectedQuote(at, _) => (at, "an attribute's value without its end, or with '<' in it".to_owned()),
        AttrError::Duplicated(at, _) => (at, "an attribute stands twice in one tag".to_owned()),
    }
}
