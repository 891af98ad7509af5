//! `inject identify`: which application and environment does this file carry, by the word of the store and of registries?
//!
//! Must not: guess. An id that nobody knows, and places that disagree, are answers of their own.

use std::path::Path;

use inject::findings::{self, Finding};
use inject::job::{Input, Inspected};
use serde::Serialize;

use crate::args::look::Look;
use crate::carried::{Role, Value, during, ids, look, tell_cut_off};
use crate::exit::{Code, Failure};
use crate::render::Output;
use crate::results::{Outcome, Owner};
use crate::settings::Settings;

/// Whose credentials artifacts carry.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Identified {
    artifacts: Vec<Identity>,
}

impl Outcome for Identified {
    const COMMAND: &'static str = "identify";
}

/// Whose credential an artifact carries.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Identity {
    /// The artifact, as it was given.
    artifact: String,
    /// The main object, where an artifact has several.
    main: Option<String>,
    answer: IdentityAnswer,
    /// Applications and environments that share the credential; empty unless the answer is `one`.
    belongs_to: Vec<Owner>,
    /// The Client Ids at known places, each once.
    client_ids: Vec<String>,
    /// Which place holds whose value; empty unless the answer is `mixed`.
    mixed: Vec<Holder>,
}

/// Whether it is known whose credential it is.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum IdentityAnswer {
    /// No credential at any known place.
    Nothing,
    /// Every value belongs to one credential.
    One,
    /// An id that neither store nor registry knows.
    Unknown,
    /// Values of several environments.
    Mixed,
}

/// A place, and whose value it holds.
#[derive(Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Holder {
    /// The place's address.
    at: String,
    /// The entry or file that holds it.
    entry: String,
    /// Whose value it is; empty: nobody knows it.
    belongs_to: Vec<Owner>,
}

impl Holder {
    fn place(&self) -> String {
        format!("{} in {}", self.at, self.entry)
    }

    fn whose(&self) -> String {
        match self.belongs_to.as_slice() {
            [] => "unknown".to_owned(),
            owners => owners.iter().map(Owner::to_string).collect::<Vec<_>>().join("; "),
        }
    }
}

/// The answer for one artifact.
enum Answer {
    /// Nothing at any place.
    Nothing,
    /// Every value belongs to these, which share a credential.
    One(Vec<Owner>),
    /// An id that neither store nor registry knows.
    Unknown(Vec<String>),
    /// Values of different environments.
    Mixed(Vec<Holder>),
}

/// Runs it.
pub fn run(settings: &Settings, asked: &Look, out: Output) -> Result<Code, Failure> {
    let mut results = Vec::new();
    let mut code = Code::Done;
    for input in Input::together(asked.artifacts.clone()).into_iter().flatten() {
        let path = &input.path;
        let mut inspected = Inspected::of(&input).map_err(|e| during(path)(e.into()))?;
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
            for holder in mixed {
                out.result(&format!("  {}: {}", holder.place(), holder.whose()));
            }
            if let Some(finding) = finding(main, &answer).filter(|_| counts) {
                out.annotated(path, &finding);
            }
            results.push(Identity::of(path, main, answer, &values));
        }
    }
    out.json(&Identified { artifacts: results });
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
    let holder =
        |value: &&Value| Holder { at: value.at.clone(), entry: value.entry.clone(), belongs_to: value.owners.clone() };
    Answer::Mixed(values.iter().map(holder).collect())
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
            let places = places.iter().map(|holder| format!("{}: {}", holder.place(), holder.whose()));
            let places: Vec<String> = places.collect();
            format!("MIXED: {}", places.join("; "))
        }
    }
}

impl Identity {
    fn of(path: &Path, main: Option<&str>, answer: Answer, values: &[&Value]) -> Self {
        let (word, belongs_to, mixed) = match answer {
            Answer::Nothing => (IdentityAnswer::Nothing, Vec::new(), Vec::new()),
            Answer::One(owners) => (IdentityAnswer::One, owners, Vec::new()),
            Answer::Unknown(_) => (IdentityAnswer::Unknown, Vec::new(), Vec::new()),
            Answer::Mixed(places) => (IdentityAnswer::Mixed, Vec::new(), places),
        };
        Self {
            artifact: path.to_string_lossy().into_owned(),
            main: main.map(str::to_owned),
            answer: word,
            belongs_to,
            client_ids: ids(values.iter().copied()).into_iter().map(str::to_owned).collect(),
            mixed,
        }
    }
}
