//! A log for code scanning: SARIF 2.1.0 (OASIS Static Analysis Results Interchange Format).
//!
//! Must not: print.

use std::fmt::Write as _;

use inject::findings::Code;
use serde_json::{Value, json};

use super::{Level, Message, Name};

/// The log of one run.
pub fn log(messages: &[Message], exit_code: u8) -> Value {
    let mut codes: Vec<Code> = messages.iter().filter_map(found).collect();
    codes.sort_unstable_by_key(|code| code.as_str());
    codes.dedup();
    let rules: Vec<Value> = codes.iter().map(|code| rule(*code)).collect();
    let results = messages.iter().filter_map(|message| Some((found(message)?, message)));
    let results: Vec<Value> = results
        .map(|(code, message)| {
            json!({
                "ruleId": code.as_str(),
                "ruleIndex": codes.iter().position(|other| *other == code),
                "level": level(message.level),
                "message": { "text": message.text() },
                "locations": [location(message)],
            })
        })
        .collect();
    // Errors of the run itself are no results: nothing was found out.
    let own: Vec<&Message> = messages.iter().filter(|message| found(message).is_none()).collect();
    let notifications: Vec<Value> = own
        .iter()
        .map(|message| {
            json!({
                "descriptor": { "id": message.name.as_str() },
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

/// The code of a message that says what was found.
fn found(message: &Message) -> Option<Code> {
    match message.name {
        Name::Finding(code) => Some(code),
        Name::Error(_) | Name::Warning => None,
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
    }
}

fn location(message: &Message) -> Value {
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

/// What the table of codes says of one.
fn rule(code: Code) -> Value {
    json!({
        "id": code.as_str(),
        "shortDescription": { "text": code.meaning() },
        "help": { "text": code.remedy() },
        "defaultConfiguration": { "level": level(code.severity().into()) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_says_what_the_table_says() {
        let said = rule(Code::LeakForeign);
        assert_eq!(said["id"], "leak.foreign");
        assert_eq!(said["shortDescription"]["text"], Code::LeakForeign.meaning());
        assert_eq!(said["help"]["text"], Code::LeakForeign.remedy());
        assert_eq!(said["defaultConfiguration"]["level"], "error");
        assert_eq!(rule(Code::V2Attribute)["defaultConfiguration"]["level"], "warning");
    }

    #[test]
    fn a_path_is_a_uri() {
        assert_eq!(uri("build/a b#1.apk"), "build/a%20b%231.apk");
        assert_eq!(uri("/é"), "file:///%C3%A9");
        assert_eq!(uri("a:b"), "a%3Ab");
    }
}
