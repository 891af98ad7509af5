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
mod encoding;
mod escape;
mod scan;

use std::ops::Range;

use super::node_path::{NodePath, PathError};
use super::splice::SpliceError;
use super::text::{EncodingError, Position};
use document::Document;
pub(crate) use encoding::Encoding;

/// Why a document cannot be read or edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum XmlError {
    /// The encoding.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// An encoding that is not read.
    #[error(
        "the file says that it is encoded in {name}, and holds other bytes than ASCII; convert it to UTF-8 in the project"
    )]
    Declared {
        /// What the declaration says.
        name: String,
    },
    /// A value that the file's encoding cannot hold, in a CDATA section, where no reference can stand for it.
    #[error(
        "the value has characters that the file's encoding cannot hold in a CDATA section; convert it to UTF-8 in the project"
    )]
    Unencodable,
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
    /// A value that the document cannot hold, or that would be read as another one.
    #[error("{path:?}: the value {problem}")]
    Value {
        /// The path.
        path: String,
        /// Why.
        problem: String,
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
    check(&shown, value)?;
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let mut is_there = false;
    for index in document.find(&path) {
        let element = &document.elements[index];
        match path.attribute() {
            Some(name) => match element.attribute(name) {
                // What reads as the value may be written with other entities.
                Some(attribute) if document.value_of(attribute) == value => is_there = true,
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
                check_text(&shown, value)?;
                if document.is_data(element) {
                    check_data(&shown, value)?;
                }
                if document.text_of(element).as_deref() == Some(value) {
                    is_there = true;
                    continue;
                }
                edits.extend(document.text_edits(element, value));
            }
        }
    }
    if edits.is_empty() && !is_there {
        if path.attribute().is_none() {
            check_text(&shown, value)?;
        }
        edits.push(document.insertion(&path, value, create)?);
    }
    document.apply(edits)
}
