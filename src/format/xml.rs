//! XML text (XML 1.0, fifth edition) edited by byte range.
//!
//! Declaration, comments, CDATA sections, processing instructions, entities, indentation and line ends stay; only the
//! addressed attribute value or text changes. A path is `/a/b` (the text of an element) or `/a/b/@c` (an attribute); a
//! step may carry `[n]` (from 1) or `[@name='value']`. Names match as they are written, prefix included.
//!
//! Must not: resolve external entities, expand internal ones, or validate against a document type.

use std::fmt::Write;
use std::ops::Range;

use super::limits;
use super::node_path::{self, Matcher, NodePath, PathError};
use super::splice::{SpliceError, Splices};
use super::text::{EncodingError, Position, utf8};

/// Why a document cannot be read or edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// The encoding.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// Two edits of one place.
    #[error(transparent)]
    Overlap(#[from] SpliceError),
    /// Not well-formed.
    #[error("not well-formed XML at {at}: {problem}")]
    Syntax {
        /// Where.
        at: Position,
        /// Expected and found.
        problem: String,
    },
    /// Not a path.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Nothing there.
    #[error("nothing at {path:?}: {missing} is missing")]
    NotFound {
        /// The path.
        path: String,
        /// The first step that leads nowhere.
        missing: String,
    },
    /// An element with children where a text is expected.
    #[error("{path:?} at {at} has child elements, expected a text alone")]
    NotText {
        /// The path.
        path: String,
        /// Where.
        at: Position,
    },
}

fn is_name(text: &str) -> bool {
    let start = |c: char| c.is_alphabetic() || "_:".contains(c) || !c.is_ascii();
    text.starts_with(start) && text.chars().all(|c| start(c) || c.is_ascii_digit() || "-.".contains(c))
}

/// Every value at `path`, decoded.
pub fn get(bytes: &[u8], path: &str) -> Result<Vec<String>, XmlError> {
    let path = NodePath::parse(path)?;
    let document = Document::parse(bytes)?;
    let mut values = Vec::new();
    for index in document.find(&path) {
        let element = &document.elements[index];
        match path.attribute() {
            Some(name) => {
                values.extend(element.attribute(name).map(|attribute| document.decoded(attribute.value.clone())));
            }
            None => values.extend(document.text_of(element)),
        }
    }
    Ok(values)
}

/// The document with `value` at every place `path` leads to. `create` makes a missing attribute or last element.
pub fn set(bytes: &[u8], path: &str, value: &str, create: bool) -> Result<Vec<u8>, XmlError> {
    let shown = path.to_owned();
    let path = NodePath::parse(path)?;
    let document = Document::parse(bytes)?;
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    for index in document.find(&path) {
        let element = &document.elements[index];
        match path.attribute() {
            Some(name) => match element.attribute(name) {
                Some(attribute) => edits.push((attribute.value.clone(), escaped(value, Some(attribute.quote)))),
                None if create => {
                    let at = element.attributes.last().map_or(element.name.end, |last| last.value.end + 1);
                    edits.push((at..at, format!(" {name}=\"{}\"", escaped(value, Some('"')))));
                }
                None => {}
            },
            None => {
                if element.children > 0 {
                    let at = Position::of(document.text, element.start);
                    return Err(XmlError::NotText { path: shown, at });
                }
                edits.extend(document.text_edits(element, value));
            }
        }
    }
    if edits.is_empty() {
        edits.push(document.insertion(&path, value, create)?);
    }
    let mut splices = Splices::new();
    for (range, text) in edits {
        splices.replace(range, text);
    }
    Ok(splices.apply(bytes)?)
}

/// Escapes for an attribute in `quote`, or for text (XML 1.0, section 2.4). White space that attribute-value
/// normalisation or end-of-line handling would change becomes a character reference.
fn escaped(value: &str, quote: Option<char>) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if quote == Some('"') => out.push_str("&quot;"),
            '\'' if quote == Some('\'') => out.push_str("&apos;"),
            '\r' => out.push_str("&#13;"),
            '\n' | '\t' if quote.is_some() => {
                out.push_str(if c == '\n' { "&#10;" } else { "&#9;" });
            }
            _ => out.push(c),
        }
    }
    out
}

struct Attribute {
    name: String,
    /// Between the quotes.
    value: Range<usize>,
    quote: char,
}

struct Element {
    parent: Option<usize>,
    /// Of `<`.
    start: usize,
    name: Range<usize>,
    attributes: Vec<Attribute>,
    /// Behind the start tag up to the end tag; empty for `<a/>`.
    content: Range<usize>,
    /// `<a/>`: the range of `/>`.
    empty_tag: Option<Range<usize>>,
    children: usize,
}

impl Element {
    fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }
}

#[derive(Clone, Copy)]
enum Piece {
    Text,
    Data,
}

struct Document<'b> {
    text: &'b str,
    elements: Vec<Element>,
}

impl<'b> Document<'b> {
    fn parse(bytes: &'b [u8]) -> Result<Self, XmlError> {
        let (text, mark) = utf8(bytes)?;
        let mut scanner = Scanner { text, at: mark, elements: Vec::new(), open: Vec::new() };
        scanner.run()?;
        Ok(Self { text, elements: scanner.elements })
    }

    /// The elements a path means, in document order.
    fn find(&self, path: &NodePath) -> Vec<usize> {
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
    fn text_of(&self, element: &Element) -> Option<String> {
        if element.children > 0 {
            return None;
        }
        let pieces = self.pieces(element);
        let text: String = pieces
            .into_iter()
            .map(|(piece, range)| match piece {
                Piece::Text => self.decoded(range),
                Piece::Data => self.text[range].to_owned(),
            })
            .collect();
        Some(text.trim().to_owned())
    }

    /// Text and CDATA in the content of an element without children, comments and instructions left out.
    fn pieces(&self, element: &Element) -> Vec<(Piece, Range<usize>)> {
        let mut pieces = Vec::new();
        let (mut at, end) = (element.content.start, element.content.end);
        while at < end {
            let rest = &self.text[at..end];
            let until = |mark: &str| rest.find(mark).map_or(rest.len(), |len| len + mark.len());
            let len = if rest.starts_with("<!--") {
                until("-->")
            } else if rest.starts_with("<![CDATA[") {
                let len = until("]]>");
                pieces.push((Piece::Data, at + 9..(at + len).saturating_sub(3).max(at + 9)));
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

    /// The edits that make `value` the text of an element: its first text is replaced, any other one goes, comments,
    /// instructions and blanks around stay.
    fn text_edits(&self, element: &Element, value: &str) -> Vec<(Range<usize>, String)> {
        if let Some(tag) = &element.empty_tag {
            let name = &self.text[element.name.clone()];
            return vec![(tag.clone(), format!(">{}</{name}>", escaped(value, None)))];
        }
        let mut edits = Vec::new();
        for (piece, range) in self.pieces(element) {
            let raw = &self.text[range.clone()];
            let lead = raw.len() - raw.trim_start().len();
            let inner = range.start + lead..range.start + raw.trim_end().len().max(lead);
            if inner.is_empty() {
                continue;
            }
            let text = if edits.is_empty() { value } else { "" };
            match piece {
                // The value may hold the mark that ends the section: then two sections carry it.
                Piece::Data => edits.push((range, text.replace("]]>", "]]]]><![CDATA[>"))),
                Piece::Text => edits.push((inner, escaped(text, None))),
            }
        }
        if edits.is_empty() {
            let blank = self.text[element.content.clone()].trim().is_empty();
            let at = element.content.end;
            let range = if blank { element.content.clone() } else { at..at };
            edits.push((range, escaped(value, None)));
        }
        edits
    }

    /// Character and predefined entity references resolved (XML 1.0, sections 4.1 and 4.6); others stay as written.
    fn decoded(&self, range: Range<usize>) -> String {
        let raw = &self.text[range];
        let mut out = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(at) = rest.find('&') {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let Some(end) = rest.find(';') else { break };
            let name = &rest[1..end];
            let decoded = match name {
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
            match decoded {
                Some(c) => out.push(c),
                None => out.push_str(&rest[..=end]),
            }
            rest = &rest[end + 1..];
        }
        out.push_str(rest);
        out
    }

    fn insertion(&self, path: &NodePath, value: &str, create: bool) -> Result<(Range<usize>, String), XmlError> {
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
            let _ = write!(tag, " {attribute}=\"{}\"", escaped(value, Some('"')));
        }
        let element = match path.attribute() {
            Some(_) => format!("<{tag}/>"),
            None => format!("<{tag}>{}</{name}>", escaped(value, None)),
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
        self.document.text[self.element.name.clone()] == *name
    }

    fn attribute(&self, name: &str) -> Option<String> {
        self.element.attribute(name).map(|attribute| self.document.decoded(attribute.value.clone()))
    }
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    elements: Vec<Element>,
    open: Vec<usize>,
}

impl Scanner<'_> {
    fn wrong(&self, problem: impl Into<String>) -> XmlError {
        XmlError::Syntax { at: Position::of(self.text, self.at), problem: problem.into() }
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn run(&mut self) -> Result<(), XmlError> {
        while self.at < self.text.len() {
            let rest = self.rest();
            if rest.starts_with("<!--") {
                self.skip(4, "-->", "a comment")?;
            } else if rest.starts_with("<![CDATA[") {
                if self.open.is_empty() {
                    return Err(self.wrong("a CDATA section outside the root element"));
                }
                self.skip(9, "]]>", "a CDATA section")?;
            } else if rest.starts_with("<?") {
                self.skip(2, "?>", "a processing instruction")?;
            } else if rest.starts_with("<!DOCTYPE") {
                self.document_type()?;
            } else if rest.starts_with("</") {
                self.end_tag()?;
            } else if rest.starts_with('<') {
                self.start_tag()?;
            } else {
                let len = rest.find('<').unwrap_or(rest.len());
                if self.open.is_empty() && !rest[..len].trim().is_empty() {
                    return Err(self.wrong("text outside the root element"));
                }
                self.at += len;
            }
        }
        if let Some(&index) = self.open.last() {
            let name = &self.text[self.elements[index].name.clone()];
            return Err(self.wrong(format!("the end of the file, expected </{name}>")));
        }
        if self.elements.is_empty() {
            return Err(self.wrong("no element at all"));
        }
        Ok(())
    }

    fn skip(&mut self, from: usize, until: &str, what: &str) -> Result<(), XmlError> {
        let len = self.rest().get(from..).and_then(|rest| rest.find(until));
        self.at += from + len.ok_or_else(|| self.wrong(format!("{what} without its end {until}")))? + until.len();
        Ok(())
    }

    /// Up to its `>`, quotes and an internal subset in brackets passed over.
    fn document_type(&mut self) -> Result<(), XmlError> {
        let (mut depth, mut quoted) = (0_usize, None);
        for (offset, c) in self.rest().char_indices() {
            match (quoted, c) {
                (Some(quote), _) if c == quote => quoted = None,
                (None, '"' | '\'') => quoted = Some(c),
                (None, '[') => depth += 1,
                (None, ']') => depth = depth.saturating_sub(1),
                (None, '>') if depth == 0 => {
                    self.at += offset + 1;
                    return Ok(());
                }
                _ => {}
            }
        }
        Err(self.wrong("a document type without its end '>'"))
    }

    fn name(&mut self) -> Result<Range<usize>, XmlError> {
        let rest = self.rest();
        let len = rest.find(|c: char| c.is_ascii_whitespace() || "/>=<\"'".contains(c)).unwrap_or(rest.len());
        if !is_name(&rest[..len]) {
            return Err(self.wrong("expected a name"));
        }
        let range = self.at..self.at + len;
        self.at = range.end;
        Ok(range)
    }

    fn blanks(&mut self) -> usize {
        let rest = self.rest();
        let len = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.at += len;
        len
    }

    fn start_tag(&mut self) -> Result<(), XmlError> {
        let start = self.at;
        if self.open.len() >= limits::NESTING {
            return Err(self.wrong(format!("nested deeper than {} levels", limits::NESTING)));
        }
        if self.open.is_empty() && !self.elements.is_empty() {
            return Err(self.wrong("a second root element"));
        }
        self.at += 1;
        let name = self.name()?;
        let mut attributes: Vec<Attribute> = Vec::new();
        loop {
            let blanks = self.blanks();
            let rest = self.rest();
            if rest.starts_with('>') || rest.starts_with("/>") {
                break;
            }
            if blanks == 0 {
                return Err(self.wrong("expected a blank, '>' or '/>' in the tag"));
            }
            let attribute = self.attribute()?;
            if attributes.iter().any(|other| other.name == attribute.name) {
                return Err(self.wrong(format!("attribute {} stands twice in one tag", attribute.name)));
            }
            attributes.push(attribute);
        }
        let parent = self.open.last().copied();
        if let Some(parent) = parent {
            self.elements[parent].children += 1;
        }
        let empty = self.rest().starts_with('/');
        let tag = self.at..self.at + if empty { 2 } else { 1 };
        self.at = tag.end;
        let content = tag.end..tag.end;
        let empty_tag = empty.then_some(tag);
        let index = self.elements.len();
        self.elements.push(Element { parent, start, name, attributes, content, empty_tag, children: 0 });
        if !empty {
            self.open.push(index);
        }
        Ok(())
    }

    fn attribute(&mut self) -> Result<Attribute, XmlError> {
        let name = self.name()?;
        self.blanks();
        if !self.rest().starts_with('=') {
            return Err(self.wrong("expected '=' behind the attribute's name"));
        }
        self.at += 1;
        self.blanks();
        let quote = self.rest().chars().next().filter(|c| ['"', '\''].contains(c));
        let quote = quote.ok_or_else(|| self.wrong("expected a value in quotes"))?;
        self.at += 1;
        let len = self.rest().find([quote, '<']);
        let len = len.filter(|&len| self.rest()[len..].starts_with(quote));
        let len = len.ok_or_else(|| self.wrong("an attribute's value without its end, or with '<' in it"))?;
        let value = self.at..self.at + len;
        self.at = value.end + 1;
        Ok(Attribute { name: self.text[name].to_owned(), value, quote })
    }

    fn end_tag(&mut self) -> Result<(), XmlError> {
        let start = self.at;
        self.at += 2;
        let name = self.name()?;
        self.blanks();
        if !self.rest().starts_with('>') {
            return Err(self.wrong("expected '>'"));
        }
        let Some(index) = self.open.pop() else { return Err(self.wrong("an end tag without its start")) };
        let expected = &self.text[self.elements[index].name.clone()];
        if *expected != self.text[name.clone()] {
            let expected = expected.to_owned();
            return Err(self.wrong(format!("</{}>, expected </{expected}>", &self.text[name])));
        }
        self.elements[index].content.end = start;
        self.at += 1;
        Ok(())
    }
}
