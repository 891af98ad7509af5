//! A summary for people who look at a pipeline: Markdown, added to a file that the CI system shows (`--summary`).
//!
//! Must not: say more than the results and errors that it is made from; no value of a place is among them.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use inject::system::Sink;

use crate::command::main_job::Injected;
use crate::command::verify::Verified;
use crate::exit::Failure;
use crate::render::{Output, visible};

/// Adds what the main job did.
pub fn injected(path: Option<&Path>, result: &Injected, out: Output) {
    let Some(path) = path else { return };
    let mut text = format!(
        "### inject: {}\n\n| artifact | application | Client Id | places | | signed |\n|---|---|---|---|---|---|\n",
        escaped(&result.environment)
    );
    for artifact in &result.artifacts {
        let schemes = artifact.signed.signatures.iter().map(|signature| escaped(signature.scheme));
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            escaped(&artifact.output),
            escaped(&artifact.application),
            escaped(&artifact.client_id),
            artifact.places.len(),
            if artifact.written { "written" } else { "up to date" },
            schemes.collect::<Vec<_>>().join(" "),
        );
    }
    for failed in &result.failed {
        let (artifact, code) = (escaped(&failed.artifact), failed.problem.exit_code);
        let message = escaped(&failed.problem.message);
        let _ = writeln!(text, "| {artifact} | | | | **FAILED ({code})** {message} | |");
    }
    add(path, &text, out);
}

/// Adds a verdict.
pub fn verified(path: Option<&Path>, result: &Verified, out: Output) {
    let Some(path) = path else { return };
    let mut text = match &result.environment {
        None => "### inject verify\n\n".to_owned(),
        Some(name) => format!("### inject verify: {}\n\n", escaped(name)),
    };
    for artifact in &result.artifacts {
        let verdict = match (artifact.sound, artifact.partial) {
            (false, _) => "**NOT SOUND**",
            (true, true) => "**partial**",
            (true, false) => "sound",
        };
        let _ = writeln!(text, "* {}: {verdict}", escaped(&artifact.artifact));
        for finding in &artifact.findings {
            let [severity, code, place, message] =
                [finding.severity.word(), finding.code, &finding.place, &finding.message].map(escaped);
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
        let mut file = Sink::added(path).map_err(|error| error.source)?;
        file.write_all(format!("{text}\n").as_bytes())
    };
    let written: std::io::Result<()> = write();
    if let Err(error) = written {
        out.warn(&format!("the summary cannot be added to {}: {error}", path.display()));
    }
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
