//! XML text (XML 1.0, fifth edition) edited by byte range: an attribute or text is found by its path, and only its bytes
//! change. Comments, CDATA, processing instructions, DOCTYPE, entities, indentation and line ends stay.
//!
//! Names match as written, prefix included. Entities that the document declares itself are not expanded, so a document
//! cannot grow by being read.
//!
//! Must not: check validity beyond what finding a place needs, or resolve anything outside the document.

use std::borrow::Cow;
use std::ops::Range;

use super::limits;
use super::node_path::{Element, Matcher, NodePath, PathError};
use super::splice::{SpliceError, Splices};

/// Why a document cannot be read or edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// The text is not well-formed where a place is looked for.
    #[error("line {line} (offset {offset}): expected {expected}; not well-formed XML")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Byte offset.
        offset: usize,
        /// What should be there.
        expected: &'static str,
    },
    /// An encoding that is not edited.
    #[error("offset 0: expected UTF-8, found UTF-16; save the file as UTF-8")]
    Utf16,
    /// A path cannot be read.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Nothing is there.
    #[error("nothing at {path}; check the path, or create it first")]
    NotFound {
        /// The path.
        path: String,
    },
    /// The element holds other elements.
    #[error("{path} at offset {offset}: expected text, found elements; not replaced")]
    HasChildren {
        /// The path.
        path: String,
        /// Where it is.
        offset: usize,
    },
    /// A character that XML cannot hold (XML 1.0, 2.2).
    #[error("the value for {path} holds U+{code:04X}, which XML cannot hold")]
    Character {
        /// The path.
        path: String,
        /// The character.
        code: u32,
    },
    /// The place cannot be created.
    #[error("{path} cannot be created: its parent must exist, and no [n] other than [1] may name it")]
    CannotCreate {
        /// The path.
        path: String,
    },
    /// More matches than a real document has.
    #[error("{path} means more than {limit} places")]
    TooMany {
        /// The path.
        path: String,
        /// The limit.
        limit: usize,
    },
    /// A mistake of this codec.
    #[error(transparent)]
    Overlap(#[from] SpliceError),
}

/// The decoded texts at a path, in document order.
pub fn read(bytes: &[u8], path: &str) -> Result<Vec<String>, XmlError> {
    let parsed = NodePath::parse(path)?;
    let found = scan(bytes, &parsed, path)?;
    Ok(match parsed.attribute() {
        Some(name) => found.iter().filter_map(|found| found.tag.value(name)).collect(),
        None => found.into_iter().map(|found| found.text).collect(),
    })
}

/// Puts a text at a path, everywhere it means. With `create`, a missing attribute is added to its element, and a missing
/// element as the last child of its parent; without, a missing place is [`XmlError::NotFound`].
pub fn set(bytes: &[u8], path: &str, value: &str, create: bool) -> Result<Vec<u8>, XmlError> {
    let parsed = NodePath::parse(path)?;
    if let Some(char) = value
        .chars()
        .find(|char| matches!(char, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}'))
    {
        return Err(XmlError::Character { path: path.to_owned(), code: u32::from(char) });
    }
    let found = scan(bytes, &parsed, path)?;
    let mut splices = Splices::new();
    let mut hit = false;
    for found in &found {
        if let Some(name) = parsed.attribute() {
            if let Some(attribute) = found.tag.attributes.iter().find(|attribute| attribute.name == name) {
                hit = true;
                if decode(&attribute.raw) != value {
                    let quote = bytes.get(attribute.range.start.wrapping_sub(1)).copied().unwrap_or(b'"');
                    splices.replace(attribute.range.clone(), encode_attribute(value, quote));
                }
            } else if create {
                hit = true;
                splices.insert(found.tag.name_end, format!(" {name}=\"{}\"", encode_attribute(value, b'"')));
            }
        } else {
            hit = true;
            if found.children {
                return Err(XmlError::HasChildren { path: path.to_owned(), offset: found.tag.start });
            }
            if found.text != value {
                if let Some(inside) = &found.inside {
                    splices.replace(inside.clone(), encode_text(value));
                } else {
                    // <a/> opens up.
                    let name = &found.tag.name;
                    splices.replace(found.tag.slash..found.tag.end, format!(">{}</{name}>", encode_text(value)));
                }
            }
        }
    }
    if !hit {
        if !create {
            return Err(XmlError::NotFound { path: path.to_owned() });
        }
        create_element(bytes, &parsed, path, value, &mut splices)?;
    }
    Ok(splices.apply(bytes)?)
}

fn create_element(
    bytes: &[u8],
    path: &NodePath,
    text: &str,
    value: &str,
    splices: &mut Splices,
) -> Result<(), XmlError> {
    let refuse = || XmlError::CannotCreate { path: text.to_owned() };
    let whole = path.element();
    let missing = whole.missing().ok_or_else(refuse)?;
    let parents = scan(bytes, &missing.parent, text)?;
    let parent = parents.first().ok_or_else(refuse)?;
    let mut tag = format!("<{}", missing.name);
    for (name, value) in &missing.attributes {
        tag.push_str(&format_attribute(name, value));
    }
    if let Some(name) = path.attribute() {
        tag.push_str(&format_attribute(name, value));
        tag.push_str("/>");
    } else {
        tag.push('>');
        tag.push_str(&encode_text(value));
        tag.push_str("</");
        tag.push_str(missing.name);
        tag.push('>');
    }
    match (&parent.inside, &parent.first_child) {
        // Behind the last child, with what stands before the first one.
        (Some(inside), Some(first)) => {
            let before = bytes.get(inside.start..*first).unwrap_or_default();
            let blank = before.iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
            let gap = before.get(before.len() - blank..).unwrap_or_default();
            splices.insert(parent.last_child, [gap, tag.as_bytes()].concat());
        }
        (Some(inside), None) => splices.insert(inside.end, tag),
        (None, _) => {
            let name = &parent.tag.name;
            splices.replace(parent.tag.slash..parent.tag.end, format!(">{tag}</{name}>"));
        }
    }
    Ok(())
}

fn format_attribute(name: &str, value: &str) -> String {
    format!(" {name}=\"{}\"", encode_attribute(value, b'"'))
}

fn encode_text(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // A bare carriage return would be read as a line feed (XML 1.0, 2.11).
    text.replace('\r', "&#13;")
}

fn encode_attribute(text: &str, quote: u8) -> String {
    // White space would be read as spaces (XML 1.0, 3.3.3).
    let text = encode_text(text).replace('\n', "&#10;").replace('\t', "&#9;");
    if quote == b'\'' { text.replace('\'', "&apos;") } else { text.replace('"', "&quot;") }
}

/// Character and predefined entity references (XML 1.0, 4.1 and 4.6); others stay as written.
fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, reference) = rest.split_at(at);
        out.push_str(before);
        // No reference that is known is longer; looking further for each & would take square time.
        let end = reference.bytes().take(12).position(|byte| byte == b';');
        let char = end.and_then(|end| reference.get(1..end)).and_then(|name| match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => {
                let digits = name.strip_prefix('#')?;
                let code = match digits.strip_prefix('x') {
                    Some(digits) => u32::from_str_radix(digits, 16),
                    None => digits.parse(),
                };
                char::from_u32(code.ok()?)
            }
        });
        let used = if let (Some(char), Some(end)) = (char, end) {
            out.push(char);
            end + 1
        } else {
            out.push('&');
            1
        };
        rest = reference.get(used..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

struct Attribute {
    name: String,
    raw: String,
    /// Between the quotes.
    range: Range<usize>,
}

/// A start tag.
struct Tag {
    name: String,
    attributes: Vec<Attribute>,
    start: usize,
    name_end: usize,
    /// Where `/>` or `>` starts.
    slash: usize,
    end: usize,
    empty: bool,
}

impl Tag {
    fn value(&self, name: &str) -> Option<String> {
        self.attributes.iter().find(|attribute| attribute.name == name).map(|attribute| decode(&attribute.raw))
    }
}

impl Element for Tag {
    fn is_named(&self, name: &str) -> bool {
        self.name == name
    }

    fn attribute(&self, name: &str) -> Option<String> {
        self.value(name)
    }
}

/// An element the path means.
struct Found {
    tag: Tag,
    /// Between its tags; `None` for `<a/>`.
    inside: Option<Range<usize>>,
    text: String,
    children: bool,
    first_child: Option<usize>,
    last_child: usize,
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

fn scan(bytes: &[u8], path: &NodePath, shown: &str) -> Result<Vec<Found>, XmlError> {
    if bytes.starts_with(&[0xff, 0xfe])
        || bytes.starts_with(&[0xfe, 0xff])
        || matches!(bytes, [0, b'<', ..] | [b'<', 0, ..])
    {
        return Err(XmlError::Utf16);
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Err(syntax(bytes, error.valid_up_to(), "UTF-8")),
    };
    let mut scanner = Scanner { text, at: if text.starts_with('\u{feff}') { 3 } else { 0 } };
    let mut matcher = Matcher::new(path);
    // Names of open elements, and which of them are meant.
    let mut open: Vec<(String, Option<usize>)> = Vec::new();
    let mut slots: Vec<Found> = Vec::new();
    let mut roots = 0_usize;
    while scanner.at < text.len() {
        let start = scanner.at;
        let rest = scanner.rest();
        if rest.starts_with("<!--") {
            scanner.past("<!--", "-->", "-->")?;
        } else if rest.starts_with("<![CDATA[") {
            scanner.past("<![CDATA[", "]]>", "]]>")?;
            let inside = text.get(start + 9..scanner.at - 3).unwrap_or_default();
            append(&mut slots, &open, inside);
        } else if rest.starts_with("<?") {
            scanner.past("<?", "?>", "?>")?;
        } else if rest.starts_with("<!") {
            scanner.doctype()?;
        } else if rest.starts_with("</") {
            scanner.past("</", ">", ">")?;
            let name = text.get(start + 2..scanner.at - 1).unwrap_or_default().trim_end();
            let Some((expected, slot)) = open.pop() else {
                return Err(syntax(bytes, start, "no end tag where nothing is open"));
            };
            if expected != name {
                return Err(syntax(bytes, start, "the end tag of the element that is open"));
            }
            if let Some(found) = slot.and_then(|slot| slots.get_mut(slot)) {
                found.inside = Some(found.tag.end..start);
            }
            matcher.leave();
            child(&mut slots, &open, None, scanner.at);
        } else if rest.starts_with('<') {
            let tag = scanner.tag()?;
            roots += usize::from(open.is_empty());
            if roots > 1 {
                return Err(syntax(bytes, start, "one root element"));
            }
            child(&mut slots, &open, Some(start), scanner.at);
            let (name, empty) = (tag.name.clone(), tag.empty);
            let slot = matcher.enter(&tag).then_some(slots.len());
            if slot.is_some() {
                let last_child = tag.end;
                slots.push(Found {
                    tag,
                    inside: None,
                    text: String::new(),
                    children: false,
                    first_child: None,
                    last_child,
                });
                if slots.len() > limits::PATH_MATCHES {
                    return Err(XmlError::TooMany { path: shown.to_owned(), limit: limits::PATH_MATCHES });
                }
            }
            if empty {
                matcher.leave();
            } else {
                open.push((name, slot));
                if open.len() > limits::NESTING {
                    return Err(syntax(bytes, start, "less nesting"));
                }
            }
        } else {
            scanner.at += rest.find('<').unwrap_or(rest.len());
            let raw = text.get(start..scanner.at).unwrap_or_default();
            if open.is_empty() && !raw.trim_ascii().is_empty() {
                return Err(syntax(bytes, start, "text only inside the root element"));
            }
            if open.last().is_some_and(|(_, slot)| slot.is_some()) {
                let raw = if raw.contains('\r') {
                    Cow::Owned(raw.replace("\r\n", "\n").replace('\r', "\n"))
                } else {
                    Cow::Borrowed(raw)
                };
                append(&mut slots, &open, &decode(&raw));
            }
        }
    }
    if !open.is_empty() || roots == 0 {
        return Err(syntax(bytes, text.len(), "the end tag of the root element"));
    }
    Ok(slots)
}

fn append(slots: &mut [Found], open: &[(String, Option<usize>)], text: &str) {
    if let Some(found) = open.last().and_then(|(_, slot)| *slot).and_then(|slot| slots.get_mut(slot)) {
        found.text.push_str(text);
    }
}

/// Tells the element around that a child starts, and where it ends so far.
fn child(slots: &mut [Found], open: &[(String, Option<usize>)], start: Option<usize>, end: usize) {
    if let Some(found) = open.last().and_then(|(_, slot)| *slot).and_then(|slot| slots.get_mut(slot)) {
        found.children = true;
        found.first_child = found.first_child.or(start);
        found.last_child = end;
    }
}

fn syntax(bytes: &[u8], offset: usize, expected: &'static str) -> XmlError {
    let before = bytes.get(..offset).unwrap_or_default();
    XmlError::Syntax { line: before.split(|byte| *byte == b'\n').count(), offset, expected }
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn wrong(&self, expected: &'static str) -> XmlError {
        syntax(self.text.as_bytes(), self.at, expected)
    }

    /// Moves behind the first `end` after `start`.
    fn past(&mut self, start: &str, end: &str, expected: &'static str) -> Result<(), XmlError> {
        let inside = self.rest().get(start.len()..).unwrap_or_default();
        let found = inside.find(end).ok_or_else(|| self.wrong(expected))?;
        self.at += start.len() + found + end.len();
        Ok(())
    }

    /// A document type declaration, with quoted texts, comments and an internal subset.
    fn doctype(&mut self) -> Result<(), XmlError> {
        let mut depth = 0_usize;
        while let Some(char) = self.rest().chars().next() {
            match char {
                '"' | '\'' => {
                    let (quote, name) = if char == '"' { ("\"", "\"") } else { ("'", "'") };
                    self.past(quote, quote, name)?;
                    continue;
                }
                '<' if self.rest().starts_with("<!--") => {
                    self.past("<!--", "-->", "-->")?;
                    continue;
                }
                '<' | '[' => depth += 1,
                '>' | ']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.at += char.len_utf8();
            if depth == 0 {
                return Ok(());
            }
        }
        Err(self.wrong("the end of the document type declaration"))
    }

    fn blank(&mut self) -> bool {
        let rest = self.rest();
        let size = rest.len() - rest.trim_ascii_start().len();
        self.at += size;
        size > 0
    }

    fn name(&mut self) -> Result<String, XmlError> {
        let rest = self.rest();
        let end = |char: char| char.is_ascii_whitespace() || matches!(char, '=' | '/' | '>' | '<' | '"' | '\'');
        let name = rest.get(..rest.find(end).unwrap_or(rest.len())).unwrap_or_default();
        if name.is_empty() {
            return Err(self.wrong("a name"));
        }
        self.at += name.len();
        Ok(name.to_owned())
    }

    fn tag(&mut self) -> Result<Tag, XmlError> {
        let start = self.at;
        self.at += 1;
        let name = self.name()?;
        let mut tag = Tag { name, attributes: Vec::new(), start, name_end: self.at, slash: 0, end: 0, empty: false };
        loop {
            let spaced = self.blank();
            tag.slash = self.at;
            let rest = self.rest();
            if rest.starts_with("/>") || rest.starts_with('>') {
                tag.empty = rest.starts_with('/');
                self.at += if tag.empty { 2 } else { 1 };
                tag.end = self.at;
                return Ok(tag);
            }
            if !spaced {
                return Err(self.wrong("white space, > or />"));
            }
            let name = self.name()?;
            self.blank();
            if !self.rest().starts_with('=') {
                return Err(self.wrong("= and a value"));
            }
            self.at += 1;
            self.blank();
            let quote = if self.rest().starts_with('\'') { "'" } else { "\"" };
            if !self.rest().starts_with(quote) {
                return Err(self.wrong("a value in quotes"));
            }
            let from = self.at + 1;
            self.past(quote, quote, "closing quotes")?;
            let range = from..self.at - 1;
            tag.name_end = self.at;
            let raw = self.text.get(range.clone()).unwrap_or_default();
            if raw.contains('<') {
                self.at = from;
                return Err(self.wrong("&lt; instead of < in a value"));
            }
            // Line ends and tabs in a value are read as spaces (XML 1.0, 3.3.3).
            let raw = raw.replace("\r\n", " ").replace(['\r', '\n', '\t'], " ");
            tag.attributes.push(Attribute { name, raw, range });
        }
    }
}
