//! What a person is told of an injection: what stays as it is, what does not fit together, what was done.
//!
//! Must not: decide anything.

use std::path::Path;

use inject::findings::Severity;

use super::job::{Job, Told};
use crate::render::Output;
use crate::settings::Chosen;

/// Metadata of main objects whose credential is not known stays as it is; whose it is, is said once.
pub(super) fn tell_unknown(job: &Job, chosen: &Chosen, out: Output) {
    for main in job.planned.other_mains() {
        if job.neighbors.iter().any(|neighbor| neighbor.main == main) {
            continue;
        }
        let copies = job.planned.places().iter().filter(|place| place.other_main.as_deref() == Some(main)).count();
        let copies = if copies == 1 { "1 copy".to_owned() } else { format!("{copies} copies") };
        out.note(&format!(
            "{}: metadata of the main object {main} ({copies} of its Client Id) stays as it is: its credential in {} is not \
             known here",
            job.path.display(),
            chosen.name
        ));
    }
}

/// Places that disagree show a build that was put together from two, or an edit by hand that missed one.
pub(super) fn tell_mixed(job: &Job, out: Output) {
    let mut held: Vec<(&str, &str)> = Vec::new();
    for place in job.planned.places().iter().filter(|place| place.other_main.is_none()) {
        for id in place.held_ids.iter().filter(|id| !id.is_empty()) {
            if !held.iter().any(|(known, _)| known == id) {
                held.push((id, &place.entry));
            }
        }
    }
    if held.len() > 1 {
        let held: Vec<String> = held.iter().map(|(id, entry)| format!("{id} in {entry}")).collect();
        out.note(&format!("{}: its places held different Client Ids: {}", job.path.display(), held.join(", ")));
    }
}

/// What stays as it was although an address means it.
pub(super) fn tell_left(job: &Job, out: Output) {
    let mut said: Vec<&str> = Vec::new();
    for place in job.planned.places() {
        for left in place.left.iter().filter(|left| !said.contains(&left.as_str())) {
            out.warn(&format!("{}: partial: {}: {left}", job.path.display(), place.address));
        }
        said.extend(place.left.iter().map(String::as_str));
        if place.value.has_literal_brace() && !place.value.holds_credential() {
            out.note(&format!(
                "{}: {}: {{{{ and }}}} are literal braces, so no value goes there; the Client Id is {{client_id}}",
                job.path.display(),
                place.address
            ));
        }
    }
}

/// What was done, in words; of several in a table at the end.
pub(super) fn tell(told: &Told, output: &Path, chosen: &Chosen, several: bool, out: Output) {
    let Told { path, application, client_id, carries, places, signable, done, receipt, receipt_withheld, .. } = told;
    for finding in done.report.findings.iter().filter(|finding| finding.severity == Severity::Warning) {
        out.detail(&format!("{}: {} ({}): {}", path.display(), finding.code, finding.place, finding.message));
    }
    for warning in &done.warnings {
        out.warn(&format!("{}: {warning}", path.display()));
    }
    for note in &done.notes {
        out.note(&format!("{}: {note}", path.display()));
    }
    if done.new_signer {
        out.warn(&format!("{}: another signer than before; devices refuse it as an update", output.display()));
    }
    let what = if *carries {
        format!("{} carries {} of {application}", output.display(), chosen.name)
    } else {
        format!("{} has the values of {}, but no credential", output.display(), chosen.name)
    };
    let schemes: Vec<String> = done.report.signatures.iter().map(|signature| signature.scheme.to_string()).collect();
    let signed = match (signable, schemes.is_empty()) {
        (false, _) => String::new(),
        (true, true) => ", unsigned".to_owned(),
        (true, false) => format!(", signed {}", schemes.join(" ")),
    };
    let plural = if *places == 1 { "" } else { "s" };
    let id = if *carries { format!("client id {client_id}, ") } else { String::new() };
    let text = if done.written {
        format!("{what}: {id}{places} place{plural}{signed}")
    } else {
        format!("{what}: up to date")
    };
    if several {
        out.detail(&text);
    } else {
        out.done(&text);
    }
    if *receipt_withheld {
        out.warn(&format!("{}: no receipt is written, because no credential was put in", output.display()));
    }
    if let Some(receipt) = receipt {
        out.note(&format!("{}: receipt in {}", output.display(), receipt.display()));
    }
}
