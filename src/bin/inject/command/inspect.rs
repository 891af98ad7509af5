//! `inject inspect`: what an artifact is, who signed it, and what it carries where.
//!
//! Must not: judge; `verify` does.

use std::path::Path;

use inject::findings::Report;
use inject::job::{Description, Inspected};
use serde_json::json;

use crate::args::Look;
use crate::carried::{Carried, Owner, Role, Value, during, ids, look, tell_cut_off};
use crate::exit::{Code, Failure};
use crate::render::Output;
use crate::settings::Settings;

/// Runs it.
pub fn run(settings: &Settings, asked: &Look, out: Output) -> Result<Code, Failure> {
    let mut results = Vec::new();
    for path in &asked.artifacts {
        let mut inspected = Inspected::new(path).map_err(|e| during(path)(e.into()))?;
        tell_cut_off(path, out)?;
        let report = inspected.verify_signature(None).map_err(|e| during(path)(e.into()))?;
        let carried = look(settings, &mut inspected, asked).map_err(during(path))?;
        carried.unasked.iter().for_each(|problem| out.warn(problem));
        let description = inspected.describe();
        show(path, &description, &report, &carried, out);
        for finding in &report.findings {
            out.annotated(path, finding);
        }
        results.push(as_json(path, &description, &report, &carried));
    }
    out.json(&json!({ "schema": 1, "artifacts": results }));
    Ok(Code::Done)
}

fn show(path: &Path, description: &Description, report: &Report, carried: &Carried, out: Output) {
    out.result(&format!("{}: {}", path.display(), description.kind));
    let mut lines: Vec<(&str, String)> = description.facts.clone();
    let schemes: Vec<String> = report.signatures.iter().map(|signature| signature.scheme.to_string()).collect();
    if description.signable {
        lines.push(("signed", if schemes.is_empty() { "no".to_owned() } else { schemes.join(" ") }));
    }
    for signer in report.signers() {
        lines.push(("signer", format!("{}, {}, SHA-256 {}", signer.subject, signer.key, signer.sha256_hex())));
    }
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, text) in &lines {
        out.result(&format!("  {name:width$}  {text}"));
    }
    let wrong = report.findings.iter().filter(|finding| finding.severity == inject::findings::Severity::Error);
    for finding in wrong {
        out.result(&format!("  not sound: {} ({}): {}", finding.code, finding.place, finding.message));
    }
    if carried.values.is_empty() {
        out.result("  no known place holds a credential");
    }
    let mut preset = None;
    for value in &carried.values {
        if preset != Some(&value.preset) {
            out.result(&format!("  {}:", value.preset.as_deref().unwrap_or("other places")));
            preset = Some(&value.preset);
        }
        out.result(&format!("    {} = {} in {}", value.at, shown(value), value.entry));
    }
    for (id, place) in &carried.elsewhere {
        out.result(&format!("  {place} holds {id} too, where no place reaches"));
    }
    for (at, problem) in &carried.unread {
        out.result(&format!("  {at} cannot be read: {problem}"));
    }
    for (main, values) in carried.by_main() {
        let ids = ids(values);
        if ids.len() > 1 {
            let of = main.map(|main| format!(" of {main}")).unwrap_or_default();
            out.warn(&format!("{}: the places{of} hold different Client Ids: {}", path.display(), ids.join(", ")));
        }
    }
}

fn shown(value: &Value) -> String {
    let owners: Vec<String> = value.owners.iter().map(Owner::to_string).collect();
    let owner = if owners.is_empty() { String::new() } else { format!(" ({})", owners.join("; ")) };
    match &value.shown {
        Some(text) if text.is_empty() => "\"\"".to_owned(),
        Some(text) => format!("{text}{owner}"),
        None if value.len == 0 => "\"\"".to_owned(),
        None => format!("[{} characters, not shown]{owner}", value.len),
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} in {}", self.application, self.environment)
    }
}

fn as_json(path: &Path, description: &Description, report: &Report, carried: &Carried) -> serde_json::Value {
    json!({
        "artifact": path.to_string_lossy(),
        "kind": description.kind,
        "facts": description.facts.iter().map(|(name, text)| ((*name).to_owned(), json!(text)))
            .collect::<serde_json::Map<_, _>>(),
        "sound": report.is_sound(),
        "schemes": report.signatures.iter().map(|signature| signature.scheme.to_string()).collect::<Vec<_>>(),
        "signers": report.signers().iter().map(|signer| json!({
            "subject": signer.subject, "key": signer.key, "sha256": signer.sha256_hex(),
        })).collect::<Vec<_>>(),
        "client_ids": ids(&carried.values),
        "places": carried.values.iter().map(value_json).collect::<Vec<_>>(),
        "elsewhere": carried.elsewhere.iter().map(|(id, place)| json!({ "client_id": id, "place": place }))
            .collect::<Vec<_>>(),
        "unread": carried.unread.iter().map(|(at, problem)| json!({ "at": at, "problem": problem }))
            .collect::<Vec<_>>(),
    })
}

fn value_json(value: &Value) -> serde_json::Value {
    json!({
        "preset": value.preset,
        "at": value.at,
        "entry": value.entry,
        "is": match value.role {
            Role::Id => "client_id",
            Role::Secret => "secret",
            Role::Other => "value",
            Role::Unknown => "unknown",
        },
        "value": value.shown,
        "characters": value.len,
        "belongs_to": value.owners.iter().map(|owner| json!({
            "application": owner.application, "environment": owner.environment,
        })).collect::<Vec<_>>(),
    })
}
