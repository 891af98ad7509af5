//! A summary for people who look at a pipeline: Markdown, added to a file that the CI system shows (`--summary`).
//!
//! Must not: say more than the results and errors that it is made from; no value of a place is among them.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use inject::system::files;
use serde_json::Value;

use crate::exit::Failure;
use crate::render::{Output, visible};

/// Adds what the main job did, by its JSON.
pub fn injected(path: Option<&Path>, result: &Value, out: Output) {
    let Some(path) = path else { return };
    let mut text = format!(
        "### inject: {}\n\n| artifact | application | Client Id | places | | signed |\n|---|---|---|---|---|---|\n",
        cell(&result["environment"])
    );
    for artifact in result["artifacts"].as_array().into_iter().flatten() {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            cell(&artifact["output"]),
            cell(&artifact["application"]),
            cell(&artifact["client_id"]),
            artifact["places"].as_array().map_or(0, Vec::len),
            if artifact["written"] == true { "written" } else { "up to date" },
            list(&artifact["schemes"]),
        );
    }
    for artifact in result["failed"].as_array().into_iter().flatten() {
        let (artifact, code, message) = (cell(&artifact["artifact"]), &artifact["code"], cell(&artifact["message"]));
        let _ = writeln!(text, "| {artifact} | | | | **FAILED ({code})** {message} | |");
    }
    add(path, &text, out);
}

/// Adds a verdict, by its JSON.
pub fn verified(path: Option<&Path>, result: &Value, out: Output) {
    let Some(path) = path else { return };
    let mut text = match &result["environment"] {
        Value::Null => "### inject verify\n\n".to_owned(),
        name @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_)) => {
            format!("### inject verify: {}\n\n", cell(name))
        }
    };
    for artifact in result["artifacts"].as_array().into_iter().flatten() {
        let verdict = match (artifact["sound"] == true, artifact["partial"] == true) {
            (false, _) => "**NOT SOUND**",
            (true, true) => "**partial**",
            (true, false) => "sound",
        };
        let _ = writeln!(text, "* {}: {verdict}", cell(&artifact["artifact"]));
        for finding in artifact["findings"].as_array().into_iter().flatten() {
            let [severity, code, place, message] =
                ["severity", "code", "place", "message"].map(|name| cell(&finding[name]));
            let _ = writeln!(text, "  * {severity} {code} ({place}): {message}");
        }
    }
    add(path, &text, out);
}

/// Adds why a command ended.
pub fn failed(path: Option<&Path>, failure: &Failure, out: Output) {
    let Some(path) = path else { return };
    let mut text = format!("### inject failed\n\n{}\n", escaped(&failure.message()));
    for detail in &failure.details {
        let _ = writeln!(text, "* {}", escaped(detail.trim_start()));
    }
    for remedy in &failure.remedies {
        let _ = writeln!(text, "* {}", escaped(remedy));
    }
    add(path, &text, out);
}

/// What was done is done: that it cannot be told here is no failure.
fn add(path: &Path, text: &str, out: Output) {
    let write = || {
        let mut file = files::append(path).map_err(|error| error.source)?;
        file.write_all(format!("{text}\n").as_bytes())
    };
    let written: std::io::Result<()> = write();
    if let Err(error) = written {
        out.warn(&format!("the summary cannot be added to {}: {error}", path.display()));
    }
}

fn cell(value: &Value) -> String {
    value.as_str().map(escaped).unwrap_or_default()
}

fn list(value: &Value) -> String {
    let texts = value.as_array().into_iter().flatten().map(cell);
    texts.collect::<Vec<_>>().join(" ")
}

/// Text as it is: nothing in the name of an artifact is markup, or ends a cell.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}
