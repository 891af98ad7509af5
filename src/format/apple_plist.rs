//! Property lists as values: read in either form, written in the XML form that Apple's own tools write byte for byte
//! (tabs, one element a line, base64 broken to the width of the page).
//!
//! For seals, entitlements and signed attributes, which are made whole; a place in a property list is edited elsewhere, by
//! byte range.
//!
//! Must not: be used to change a file of the app.

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
    let mut lines = vec![
        r#"<?xml version="1.0" encoding="UTF-8"?>"#.to_owned(),
        r#"<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">"#
            .to_owned(),
        r#"<plist version="1.0">"#.to_owned(),
    ];
    element(&mut lines, value, 0);
    lines.push("</plist>\n".to_owned());
    lines.join("\n").into_bytes()
}

fn element(lines: &mut Vec<String>, value: &Value, depth: usize) {
    let indent = "\t".repeat(depth);
    let line = match value {
        Value::Dictionary(entries) if entries.is_empty() => "<dict/>".to_owned(),
        Value::Dictionary(entries) => {
            lines.push(format!("{indent}<dict>"));
            for (key, value) in entries {
                lines.push(format!("{indent}\t<key>{}</key>", escape(key)));
                element(lines, value, depth + 1);
            }
            "</dict>".to_owned()
        }
        Value::Array(values) if values.is_empty() => "<array/>".to_owned(),
        Value::Array(values) => {
            lines.push(format!("{indent}<array>"));
            for value in values {
                element(lines, value, depth + 1);
            }
            "</array>".to_owned()
        }
        Value::Boolean(true) => "<true/>".to_owned(),
        Value::Boolean(false) => "<false/>".to_owned(),
        Value::Data(bytes) => {
            lines.push(format!("{indent}<data>"));
            // CoreFoundation breaks base64 so that it ends at column 76, a tab counted as eight.
            let width = 76 - 8 * depth.min(8);
            let text = base64::encode(bytes);
            let mut rest = text.as_str();
            while !rest.is_empty() {
                let (line, more) = rest.split_at_checked(width).unwrap_or((rest, ""));
                lines.push(format!("{indent}{line}"));
                rest = more;
            }
            "</data>".to_owned()
        }
        Value::Date(date) => format!("<date>{}</date>", date.to_xml_format()),
        Value::Integer(number) => format!("<integer>{number}</integer>"),
        Value::Real(number) => format!("<real>{number}</real>"),
        Value::String(text) => format!("<string>{}</string>", escape(text)),
        // A reference within a keyed archive: a dictionary of one key in XML.
        Value::Uid(uid) => {
            lines.push(format!("{indent}<dict>"));
            lines.push(format!("{indent}\t<key>CF$UID</key>"));
            lines.push(format!("{indent}\t<integer>{}</integer>", uid.get()));
            "</dict>".to_owned()
        }
        // The crate's enumeration may grow.
        _ => "<string></string>".to_owned(),
    };
    lines.push(format!("{indent}{line}"));
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
