//! A table as text, one line per value: what fixtures are compared by.
//!
//! Must not: be parsed again by anything.

use std::fmt::Write as _;

use super::{Table, Value};
use crate::format::limits;

/// `PACKAGE_ID PACKAGE TYPE/NAME RESOURCE_ID CONFIG VALUE` per line, in file order. What cannot be read is said in its
/// place.
pub fn dump(table: &Table<'_>) -> String {
    let mut out = String::new();
    for package in &table.packages {
        let _ = writeln!(out, "package 0x{:02x} {}", package.id, package.name);
        for part in &package.types {
            let kind = package.type_name(part.id).unwrap_or_else(|| format!("type{}", part.id));
            let config = part.config.qualifiers();
            for entry in part.entries() {
                if out.len() > limits::DUMP_BYTES {
                    out.push_str("(cut here: longer than any real table)\n");
                    return out;
                }
                let entry = match entry {
                    Ok(entry) => entry,
                    Err(error) => {
                        let _ = writeln!(out, "{kind} [{config}] {error}");
                        continue;
                    }
                };
                let key = package.keys.as_ref().and_then(|keys| keys.text(entry.key).ok()).unwrap_or("?".into());
                let id = package.resource_id(part.id, entry.index);
                let value = match table.value(&entry) {
                    Ok(Value::String(text)) => format!("{text:?}"),
                    Ok(Value::Styled(text)) => format!("styled {text:?}"),
                    Ok(other) => other.to_string(),
                    Err(error) => error.to_string(),
                };
                let _ = writeln!(out, "0x{id:08x} {kind}/{key} [{config}] {value}");
            }
        }
    }
    out
}
