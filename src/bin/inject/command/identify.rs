//! `inject identify`: which application and environment does this file carry, by the word of the store and of registries?
//!
//! Must not: guess. An id that nobody knows, and places that disagree, are answers of their own.

use std::path::Path;

use inject::findings::{self, Finding};
use inject::job::Inspected;
use serde_json::json;

use crate::args::Look;
use crate::carried::{Owner, Role, Value, during, ids, look, tell_cut_off};
use crate::exit::{Code, Failure};
use crate::render::Output;
use crate::settings::Settings;

/// The answer for one artifact.
enum Answer {
    /// Nothing at any place.
    Nothing,
    /// Every value belongs to these, which share a credential.
    One(Vec<Owner>),
    /// An id that neither store nor registry knows.
    Unknown(Vec<String>),
    /// Values of different environments: where, and whose.
    Mixed(Vec<(String, String)>),
}

/// Runs it.
pub fn run(settings: &Settings, asked: &Look, out: Output) -> Result<Code, Failure> {
    let mut results = Vec::new();
    let mut code = Code::Done;
    for path in &asked.artifacts {
        let mut inspected = Inspected::new(path).map_err(|e| during(path)(e.into()))?;
        tell_cut_off(path, out)?;
        let carried = look(settings, &mut inspected, asked).map_err(during(path))?;
        carried.unasked.iter().for_each(|problem| out.warn(problem));
        let mut groups = carried.by_main();
        if groups.is_empty() {
            groups.push((None, Vec::new()));
        }
        for (main, values) in groups {
            let answer = answer(&values);
            // In an app it is the app itself that counts; metadata of other main objects is theirs.
            let counts = main.is_none() || inspected.id().is_none();
            code = match (&answer, code) {
                (_, code) if !counts => code,
                (Answer::Nothing, Code::Done) => Code::NoPlace,
                (Answer::One(_) | Answer::Nothing, code) => code,
                (Answer::Unknown(_) | Answer::Mixed(_), _) => Code::Verification,
            };
            let of = main.map(|main| format!(" ({main})")).unwrap_or_default();
            let mixed = if let Answer::Mixed(places) = &answer { places.as_slice() } else { &[] };
            let said = if mixed.is_empty() { said(&answer) } else { "MIXED".to_owned() };
            out.result(&format!("{}{of}: {said}", path.display()));
            for (place, whose) in mixed {
                out.result(&format!("  {place}: {whose}"));
            }
            if let Some(finding) = finding(main, &answer).filter(|_| counts) {
                out.annotated(path, &finding);
            }
            results.push(as_json(path, main, &answer, &values));
        }
    }
    out.json(&json!({ "schema": 1, "artifacts": results }));
    Ok(code)
}

fn answer(values: &[&Value]) -> Answer {
    let counts = |value: &&Value| {
        value.len > 0 && (value.role != Role::Other && value.role != Role::Unknown || !value.owners.is_empty())
    };
    let values: Vec<&Value> = values.iter().copied().filter(counts).collect();
    let Some(first) = values.first() else { return Answer::Nothing };
    let shared: Vec<Owner> =
        first.owners.iter().filter(|owner| values.iter().all(|value| value.owners.contains(owner))).cloned().collect();
    if !shared.is_empty() {
        return Answer::One(shared);
    }
    let unknown: Vec<String> = values
        .iter()
        .filter(|value| value.owners.is_empty())
        .map(|value| value.shown.clone().unwrap_or_else(|| format!("a secret of {} characters", value.len)))
        .collect();
    if unknown.len() == values.len() {
        let mut ids: Vec<String> = ids(values).into_iter().map(str::to_owned).collect();
        if ids.is_empty() {
            ids = unknown;
        }
        ids.dedup();
        return Answer::Unknown(ids);
    }
    let whose = |value: &Value| match value.owners.as_slice() {
        [] => "unknown".to_owned(),
        owners => owners.iter().map(Owner::to_string).collect::<Vec<_>>().join("; "),
    };
    Answer::Mixed(values.iter().map(|value| (format!("{} in {}", value.at, value.entry), whose(value))).collect())
}

/// An answer that a pipeline should stop at.
fn finding(main: Option<&str>, answer: &Answer) -> Option<Finding> {
    let code = match answer {
        Answer::One(_) => return None,
        Answer::Nothing => findings::Code::IdentifyNothing,
        Answer::Unknown(_) => findings::Code::IdentifyUnknown,
        Answer::Mixed(_) => findings::Code::IdentifyMixed,
    };
    Some(Finding::new(code, main.unwrap_or_default(), said(answer)))
}

fn said(answer: &Answer) -> String {
    match answer {
        Answer::Nothing => "no credential at any known place".to_owned(),
        Answer::One(owners) => owners.iter().map(Owner::to_string).collect::<Vec<_>>().join("; "),
        Answer::Unknown(ids) => format!("unknown here: {}", ids.join(", ")),
        Answer::Mixed(places) => {
            let places: Vec<String> = places.iter().map(|(place, whose)| format!("{place}: {whose}")).collect();
            format!("MIXED: {}", places.join("; "))
        }
    }
}

fn as_json(path: &Path, main: Option<&str>, answer: &Answer, values: &[&Value]) -> serde_json::Value {
    let (word, owners) = match answer {
        Answer::Nothing => ("nothing", &[][..]),
        Answer::One(owners) => ("one", owners.as_slice()),
        Answer::Unknown(_) => ("unknown", &[][..]),
        Answer::Mixed(_) => ("mixed", &[][..]),
    };
    let mixed = if let Answer::Mixed(places) = answer { places.as_slice() } else { &[] };
    json!({
        "artifact": path.to_string_lossy(),
        "main": main,
        "answer": word,
        "belongs_to": owners.iter().map(|owner| json!({
            "application": owner.application, "environment": owner.environment,
        })).collect::<Vec<_>>(),
        "client_ids": ids(values.iter().copied()),
        "mixed": mixed.iter().map(|(place, whose)| json!({ "place": place, "belongs_to": whose })).collect::<Vec<_>>(),
    })
}
