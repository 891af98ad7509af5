//! Property lists as values: read in either form, written in the XML form that Apple's own tools write byte for byte
//! (tabs, one element a line, base64 broken to the width of the page).
//!
//! For seals, entitlements and signed attributes, which are made whole; a place in a property list is edited elsewhere, by
//! byte range.
//!
//! Must not: be used to change a file of the app.

#![allow(clippy::wildcard_enum_match_arm, reason = "plist::Value is open, and belongs to another crate")]

pub use ::plist::{Dictionary, Value};

use super::{base64, plist};

/// Why bytes are not a property list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct PlistError {
    /// What is wrong.
    pub problem: String,
}

fn wrong(problem: impl Into<String>) -> PlistError {
    PlistError { problem: problem.into() }
}

/// Reads a property list, binary or XML.
pub fn read(bytes: &[u8]) -> Result<Value, PlistError> {
    plist::read(bytes).map_err(|error| wrong(error.to_string()))
}

/// Reads a property list that must be a dictionary.
pub fn read_dictionary(bytes: &[u8]) -> Result<Dictionary, PlistError> {
    read(bytes)?.into_dictionary().ok_or_else(|| wrong("not a dictionary, expected one at the top"))
}

/// Writes the XML form, keys in their order.
pub fn write(value: &Value) -> Vec<u8> {
    document(|out| element(out, value, 0))
}

/// The same of a dictionary.
pub fn write_dictionary(entries: &Dictionary) -> Vec<u8> {
    document(|out| dictionary(out, entries, 0))
}

fn document(content: impl FnOnce(&mut String)) -> Vec<u8> {
    let mut out = concat!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" ",
        "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n"
    )
    .to_owned();
    content(&mut out);
    out.push_str("</plist>\n");
    out.into_bytes()
}

fn element(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Dictionary(entries) => dictionary(out, entries, depth),
        Value::Array(values) if values.is_empty() => line(out, depth, "<array/>"),
        Value::Array(values) => {
            line(out, depth, "<array>");
            for value in values {
                element(out, value, depth + 1);
            }
            line(out, depth, "</array>");
        }
        Value::Boolean(true) => line(out, depth, "<true/>"),
        Value::Boolean(false) => line(out, depth, "<false/>"),
        Value::Data(bytes) => {
            line(out, depth, "<data>");
            // CoreFoundation breaks base64 so that it ends at column 76, a tab counted as eight.
            let width = 76 - 8 * depth.min(8);
            let text = base64::encode(bytes);
            let mut rest = text.as_str();
            while !rest.is_empty() {
                let (part, more) = rest.split_at_checked(width).unwrap_or((rest, ""));
                line(out, depth, part);
                rest = more;
            }
            line(out, depth, "</data>");
        }
        Value::Date(date) => text(out, depth, "date", &date.to_xml_format()),
        Value::Integer(number) => text(out, depth, "integer", &number.to_string()),
        Value::Real(number) => text(out, depth, "real", &number.to_string()),
        Value::String(string) => text(out, depth, "string", string),
        // A reference within a keyed archive: a dictionary of one key in XML.
        Value::Uid(uid) => {
            line(out, depth, "<dict>");
            text(out, depth + 1, "key", "CF$UID");
            text(out, depth + 1, "integer", &uid.get().to_string());
            line(out, depth, "</dict>");
        }
        // The crate's enumeration may grow.
        _ => line(out, depth, "<string></string>"),
    }
}

fn dictionary(out: &mut String, entries: &Dictionary, depth: usize) {
    if entries.is_empty() {
        return line(out, depth, "<dict/>");
    }
    line(out, depth, "<dict>");
    for (key, value) in entries {
        text(out, depth + 1, "key", key);
        element(out, value, depth + 1);
    }
    line(out, depth, "</dict>");
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n('\t', depth));
}

fn line(out: &mut String, depth: usize, content: &str) {
    indent(out, depth);
    out.push_str(content);
    out.push('\n');
}

/// A line of a text between its tags.
fn text(out: &mut String, depth: usize, tag: &str, text: &str) {
    indent(out, depth);
    out.extend(["<", tag, ">"]);
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>']) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        out.push_str(match special.as_bytes().first() {
            Some(b'&') => "&amp;",
            Some(b'<') => "&lt;",
            _ => "&gt;",
        });
        rest = special.get(1..).unwrap_or_default();
    }
    out.extend([rest, "</", tag, ">\n"]);
}
