//! XML text (XML 1.0, fifth edition) edited by byte range.
//!
//! Declaration, comments, CDATA sections, processing instructions, entities, indentation and line ends stay; only the
//! addressed attribute value or text changes. A path is `/a/b` (the text of an element) or `/a/b/@c` (an attribute); a
//! step may carry `[n]` (from 1) or `[@name='value']`. Names match as they are written, prefix included; `*:name` matches
//! whatever the prefix.
//!
//! Files in UTF-16 and ISO-8859-1 (section 4.3.3) are edited as text and written back in their encoding.
//!
//! * `encoding`: bytes to text and back.
//! * `scan`: the elements with their byte ranges.
//! * `document`: paths and edits.
//! * `escape`: values in markup.
//!
//! Must not: resolve external entities, expand internal ones, or validate against a document type.

pub(crate) mod document;
pub(crate) mod element;
mod encoding;
mod error;
mod escape;
mod scan;

use std::ops::Range;

use super::node_path::NodePath;
use super::text::Position;
use document::Document;
pub(crate) use encoding::Encoding;
pub use error::XmlError;

/// Every value at `path`, decoded.
pub fn get(bytes: &[u8], path: &str) -> Result<Vec<String>, XmlError> {
    let path = NodePath::parse(path)?;
    let (text, encoding) = Encoding::decode(bytes)?;
    let document = Document::parse(&text, encoding)?;
    let mut values = Vec::new();
    for index in document.find(&path) {
        let element = &document.elements[index];
        match path.attribute() {
            Some(name) => {
                values.extend(element.attribute(name).map(|attribute| document.value_of(attribute)));
            }
            None => values.extend(document.text_of(element)),
        }
    }
    Ok(values)
}

/// Whether XML can hold a text: XML 1.0, 2.2, production Char.
pub(in crate::format) fn check(path: &str, value: &str) -> Result<(), XmlError> {
    let is_char =
        |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    match value.chars().find(|c| !is_char(*c)) {
        Some(c) => {
            Err(refused(path, &format!("holds {c:?}, which no XML document can hold (XML 1.0, production Char)")))
        }
        None => Ok(()),
    }
}

/// Whether a CDATA section can hold a text: XML 1.0, 2.11, a carriage return there becomes a line feed.
pub(in crate::format) fn check_data(path: &str, value: &str) -> Result<(), XmlError> {
    let problem = "holds a carriage return, which a CDATA section cannot keep";
    if value.contains('\r') { Err(refused(path, problem)) } else { Ok(()) }
}

/// Whether a text of an element reads as this one: white space around it belongs to the layout.
fn check_text(path: &str, value: &str) -> Result<(), XmlError> {
    let problem = "begins or ends with white space, which is not read as part of an element's text; use an attribute";
    if value.trim() == value { Ok(()) } else { Err(refused(path, problem)) }
}

fn refused(path: &str, problem: &str) -> XmlError {
    XmlError::Value { path: path.to_owned(), problem: problem.to_owned() }
}

/// The document with `value` at every place `path` leads to. `create` makes a missing attribute or last element.
pub fn set(bytes: &[u8], path: &str, value: &str, create: bool) -> Result<Vec<u8>, XmlError> {
    let shown = path.to_owned();
    let path = NodePath::parse(path)?;
    let (text, encoding) = Encoding::decode(bytes)?;
    let document = Document::parse(&text, encoding)?;
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let mut is_there = false;
    for index in document.find(&path) {
        let element = &document.elements[index];
        match path.attribute() {
            Some(name) => match element.attribute(name) {
                // What reads as the value may be written with other entities.
                Some(attribute) if document.attribute_reads(attribute, value) => is_there = true,
                Some(attribute) => edits.push((attribute.value.clone(), document.escape(value, Some(attribute.quote)))),
                None if create => {
                    let at = element.attributes.last().map_or(element.name.end, |last| last.value.end + 1);
                    edits.push((at..at, format!(" {name}=\"{}\"", document.escape(value, Some('"')))));
                }
                None => {}
            },
            None => {
                if element.children > 0 {
                    let at = Position::of(document.text, element.start);
                    return Err(XmlError::NotText { path: shown, at });
                }
                if document.element_reads(element, value) {
                    is_there = true;
                    continue;
                }
                check_text(&shown, value)?;
                if document.is_data(element) {
                    check_data(&shown, value)?;
                }
                edits.extend(document.text_edits(element, value));
            }
        }
    }
    if edits.is_empty() && is_there {
        return Ok(bytes.to_vec());
    }
    check(&shown, value)?;
    if edits.is_empty() {
        if path.attribute().is_none() {
            check_text(&shown, value)?;
        }
        edits.push(document.insertion(&path, value, create)?);
    }
    document.apply(edits)
}
