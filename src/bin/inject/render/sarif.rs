//! A log for code scanning: SARIF 2.1.0 (OASIS Static Analysis Results Interchange Format).
//!
//! Must not: print.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Level, Message};

/// What a code means is said once, for people and here.
const FINDINGS: &str = include_str!("../../../../docs/findings.md");

/// The log of one run.
pub fn log(messages: &[Message<'static>], exit_code: u8) -> Value {
    // Errors of the run itself are no results: nothing was found out.
    let (own, found): (Vec<_>, Vec<_>) = messages.iter().partition(|message| message.is_own());
    let mut codes: Vec<&str> = found.iter().map(|message| message.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules: Vec<Value> = codes.iter().map(|code| rule(code)).collect();
    let results: Vec<Value> = found
        .iter()
        .map(|message| {
            json!({
                "ruleId": message.code,
                "ruleIndex": codes.iter().position(|code| *code == message.code),
                "level": level(message.level),
                "message": { "text": message.text() },
                "locations": [location(message)],
            })
        })
        .collect();
    let notifications: Vec<Value> = own
        .iter()
        .map(|message| {
            json!({
                "descriptor": { "id": message.code },
                "level": level(message.level),
                "message": { "text": message.text() },
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "invocations": [{
                "executionSuccessful": own.iter().all(|message| message.level != Level::Error),
                "exitCode": exit_code,
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    })
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
    }
}

fn location(message: &Message<'_>) -> Value {
    let mut location = json!({});
    if let (Some(file), Some(fields)) = (&message.file, location.as_object_mut()) {
        fields.insert("physicalLocation".to_owned(), json!({ "artifactLocation": { "uri": uri(file) } }));
    }
    if let (Some(place), Some(fields)) = (&message.place, location.as_object_mut()) {
        fields.insert("logicalLocations".to_owned(), json!([{ "fullyQualifiedName": place }]));
    }
    location
}

/// A path as a URI reference (RFC 3986); an absolute one with its scheme.
fn uri(file: &str) -> String {
    let file = if std::path::MAIN_SEPARATOR == '\\' { file.replace('\\', "/") } else { file.to_owned() };
    let mut out = String::new();
    if file.starts_with('/') {
        out.push_str("file://");
    } else if file.get(1..3) == Some(":/") {
        out.push_str("file:///");
    }
    for byte in file.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// What the table of findings says of a code: meaning and remedy.
fn documented(code: &str) -> Option<(&'static str, &'static str)> {
    FINDINGS.lines().find_map(|line| {
        let mut cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ");
        let codes = cells.next()?;
        codes.split(", ").any(|known| known.trim_matches('`') == code).then_some(())?;
        let _severity = cells.next()?;
        Some((cells.next()?, cells.next()?))
    })
}

fn rule(code: &str) -> Value {
    match documented(code) {
        Some((meaning, remedy)) => json!({
            "id": code,
            "shortDescription": { "text": meaning },
            "help": { "text": remedy },
        }),
        None => json!({ "id": code }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_says_what_the_page_of_findings_says() {
        let (meaning, remedy) = documented("leak.foreign").unwrap_or_default();
        assert!(meaning.contains("another environment") && remedy.contains("inject again"), "{meaning} {remedy}");
        assert!(documented("v3.malformed").is_some());
        assert_eq!(documented("code"), None);
    }

    #[test]
    fn a_path_is_a_uri() {
        assert_eq!(uri("build/a b#1.apk"), "build/a%20b%231.apk");
        assert_eq!(uri("/é"), "file:///%C3%A9");
        assert_eq!(uri("a:b"), "a%3Ab");
    }
}
