//! Property lists in the old style of `OpenStep`, as Xcode keeps its projects (`project.pbxproj`): dictionaries in braces,
//! arrays in parentheses, strings with or without quotes (Apple, "Property List Programming Topics", Old-Style ASCII).
//!
//! Must not: write, or read data in angle brackets, which projects have none of.

use plist::{Dictionary, Value};

use super::PlistError;
use super::strings::Scanner;
use crate::format::limits;
use crate::format::xml::Encoding;

/// The whole tree.
pub fn read_openstep(bytes: &[u8]) -> Result<Value, PlistError> {
    let (text, _) = Encoding::decode(bytes)?;
    let mut scanner = Scanner::new(&text);
    scanner.blanks()?;
    let value = value(&mut scanner, 0)?;
    scanner.blanks()?;
    if scanner.rest().is_empty() { Ok(value) } else { Err(scanner.wrong("something stands behind the property list")) }
}

fn value(scanner: &mut Scanner<'_>, depth: usize) -> Result<Value, PlistError> {
    if depth > limits::NESTING {
        return Err(scanner.wrong("it is nested too deeply"));
    }
    if scanner.takes('{') {
        let mut members = Dictionary::new();
        loop {
            scanner.blanks()?;
            if scanner.takes('}') {
                return Ok(Value::Dictionary(members));
            }
            let key = scanner.token()?;
            scanner.blanks()?;
            if !scanner.takes('=') {
                return Err(scanner.wrong("expected '='"));
            }
            scanner.blanks()?;
            let member = value(scanner, depth + 1)?;
            members.insert(key, member);
            scanner.blanks()?;
            if !scanner.takes(';') {
                return Err(scanner.wrong("expected ';'"));
            }
        }
    }
    if scanner.takes('(') {
        let mut items = Vec::new();
        loop {
            scanner.blanks()?;
            if scanner.takes(')') {
                return Ok(Value::Array(items));
            }
            items.push(value(scanner, depth + 1)?);
            scanner.blanks()?;
            // The last item may have its comma too.
            if !scanner.takes(',') && !scanner.rest().starts_with(')') {
                return Err(scanner.wrong("expected ',' or ')'"));
            }
        }
    }
    scanner.token().map(Value::String)
}
