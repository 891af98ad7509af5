//! What a person is told of an injection: what stays as it is, what does not fit together, what was done.
//!
//! Must not: decide anything.

use inject::credentials::EnvironmentName;
use inject::embed::{Embedded, Prepared};
use inject::findings::Severity;

use crate::args::signing::Signing;
use crate::render::Output;

/// Metadata of main objects whose credential is not known stays as it is; whose it is, is said once.
pub(super) fn tell_unknown(prepared: &Prepared, environment: &EnvironmentName, out: Output) {
    for main in prepared.planned.other_mains() {
        if prepared.neighbors.iter().any(|neighbor| neighbor.main == main) {
            continue;
        }
        let copies = prepared.planned.places().iter().filter(|place| place.other_main.as_deref() == Some(main)).count();
        let copies = if copies == 1 { "1 copy".to_owned() } else { format!("{copies} copies") };
        out.note(&format!(
            "{}: metadata of the main object {main} ({copies} of its Client Id) stays as it is: its credential in {} is not \
             known here",
            prepared.artifact.path.display(),
            environment
        ));
    }
}

/// Places that disagree show a build that was put together from two, or an edit by hand that missed one.
pub(super) fn tell_mixed(prepared: &Prepared, out: Output) {
    let mut held: Vec<(&str, &str)> = Vec::new();
    for place in prepared.planned.places().iter().filter(|place| place.other_main.is_none()) {
        for id in place.held_ids.iter().filter(|id| !id.is_empty()) {
            if !held.iter().any(|(known, _)| known == id) {
                held.push((id, &place.entry));
            }
        }
    }
    if held.len() > 1 {
        let held: Vec<String> = held.iter().map(|(id, entry)| format!("{id} in {entry}")).collect();
        out.note(&format!(
            "{}: its places held different Client Ids: {}",
            prepared.artifact.path.display(),
            held.join(", ")
        ));
    }
}

/// What stays as it was although an address means it.
pub(super) fn tell_left(prepared: &Prepared, out: Output) {
    let mut said: Vec<&str> = Vec::new();
    for place in prepared.planned.places() {
        for left in place.left.iter().filter(|left| !said.contains(&left.as_str())) {
            out.warn(&format!("{}: partial: {}: {left}", prepared.artifact.path.display(), place.address));
        }
        said.extend(place.left.iter().map(String::as_str));
        if place.value.has_literal_brace() && !place.value.holds_credential() {
            out.note(&format!(
                "{}: {}: {{{{ and }}}} are literal braces, so no value goes there; the Client Id is {{client_id}}",
                prepared.artifact.path.display(),
                place.address
            ));
        }
    }
}

/// Options for a signature, where the one that is there stays.
pub(super) fn tell_kept(prepared: &Prepared, signing: &Signing, out: Output) {
    let given = signing.given();
    if prepared.planned.kept_signers().is_some() && !given.is_empty() {
        out.note(&format!(
            "{}: nothing changes that its signature covers, so it stays, and {} has no effect",
            prepared.artifact.path.display(),
            given.join(", ")
        ));
    }
}

/// What was done, in words; of several in a table at the end.
pub(super) fn tell(told: &Embedded, environment: &EnvironmentName, several: bool, out: Output) {
    let Embedded { artifact, application, client_id, carries, places, signable, done, receipt, .. } = told;
    let (path, output) = (artifact.path.display(), artifact.output().display());
    for finding in done.report.findings.iter().filter(|finding| finding.severity == Severity::Warning) {
        out.detail(&format!("{path}: {} ({}): {}", finding.code, finding.place, finding.message));
    }
    for warning in &done.warnings {
        out.warn(&format!("{path}: {warning}"));
    }
    for note in &done.notes {
        out.note(&format!("{path}: {note}"));
    }
    if done.new_signer {
        out.warn(&format!("{output}: another signer than before; it is refused as an update"));
    }
    let what = if *carries {
        format!("{output} carries {environment} of {}", application.id)
    } else {
        format!("{output} has the values of {environment}, but no credential")
    };
    let schemes: Vec<String> = done.report.signatures.iter().map(|signature| signature.scheme.to_string()).collect();
    let signed = match (signable, schemes.is_empty()) {
        (false, _) => String::new(),
        (true, true) => ", unsigned".to_owned(),
        (true, false) => format!(", signed {}", schemes.join(" ")),
    };
    let count = places.len();
    let plural = if count == 1 { "" } else { "s" };
    let id = if *carries { format!("client id {client_id}, ") } else { String::new() };
    let text =
        if done.written { format!("{what}: {id}{count} place{plural}{signed}") } else { format!("{what}: up to date") };
    if several {
        out.detail(&text);
    } else {
        out.done(&text);
    }
    if !carries && artifact.receipt.is_some() {
        out.warn(&format!("{output}: no receipt is written, because no credential was put in"));
    }
    if let Some(receipt) = receipt {
        out.note(&format!("{output}: receipt in {}", receipt.display()));
    }
}
