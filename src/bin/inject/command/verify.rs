//! `inject verify`: the release gate. Exactly the environment's credential at every place, no other one's anywhere,
//! container and signature sound.
//!
//! Must not: register anything, or show a value.

pub mod args;
mod probe;
mod result;

use std::collections::BTreeSet;
use std::path::Path;

use inject::credentials::{Credential, Registration};
use inject::embed::{Source, foreign, other_mains, texts};
use inject::findings::{self, Expected, Finding, Report};
use inject::job::{Copies, Facts, Input, Inspected, PairFacts};
use inject::place::Place;
use inject::receipt;
use zeroize::Zeroizing;

use crate::carried::tell_cut_off;
use crate::events::tell_other_kinds;
use crate::exit::{Code, Failure};
use crate::render::Output;
use crate::settings::access::Access;
use crate::settings::places::parse;
use crate::settings::{Chosen, Settings};
use crate::statements;
use crate::summary;
use crate::targets::{Given, artifacts};
use args::Verify;
pub use result::Verified;
use result::{VerifiedArtifact, is_partial};

/// So many places with wrong values are listed by themselves.
const SEVERAL: usize = 4;

/// What is said of an artifact beside its findings.
struct About {
    /// Whether such a thing has signatures.
    signable: bool,
    /// Whether a place that was compared takes the credential.
    carries: bool,
    /// Pairs of its signing block that are beside the signatures.
    pairs: Vec<PairFacts>,
    /// Those that were not compared, for people.
    others: Vec<String>,
}

/// Runs it.
pub fn run(settings: &impl Fn() -> Result<Settings, Failure>, verify: &Verify, out: Output) -> Result<Code, Failure> {
    let gate = if verify.signature_only {
        None
    } else {
        let settings = settings()?;
        let chosen = settings.environment()?;
        Some((settings, chosen))
    };
    let given = match &gate {
        Some((settings, _)) => artifacts(settings, &verify.artifacts, verify.app.as_deref(), out)?,
        None if verify.artifacts.is_empty() => {
            return Err(Failure::usage("--signature-only: no artifact is given")
                .remedy("inject verify ARTIFACT... --signature-only"));
        }
        None => {
            let inputs = Input::together(verify.artifacts.clone());
            inputs.into_iter().flatten().map(|input| Given { input, app: None }).collect()
        }
    };
    let several = given.len() > 1;
    let mut sound = true;
    let mut results = Vec::new();
    for given in &given {
        let path = given.input.path.as_path();
        let (report, about) = one(gate.as_ref(), verify, given, several, out).map_err(|failure| failure.about(path))?;
        sound &= report.is_sound();
        if let (Some(svr), Some((_, chosen)), true) = (&verify.svr, &gate, report.is_sound()) {
            // The verdict says that the artifact carries the environment, without a word beside it.
            if is_partial(&report) || !about.carries {
                let why = if about.carries {
                    "the check is partial"
                } else {
                    "none of the places compared takes the credential"
                };
                out.warn(&format!("{}: no verdict is written, because {why}", path.display()));
            } else {
                statements::write_verdict(
                    &statements::path("--svr", svr, path, "svr", several)?,
                    &given.input,
                    chosen,
                )?;
            }
        }
        show(path, &report, &about, gate.as_ref().map(|(_, chosen)| chosen), out);
        results.push(VerifiedArtifact::of(path, &report, &about.pairs));
    }
    let environment = gate.as_ref().map(|(_, chosen)| chosen.name.as_str().to_owned());
    let result = Verified { environment, sound, artifacts: results };
    summary::verified(verify.summary.as_deref(), &result, out);
    out.json(&result);
    Ok(if sound { Code::Done } else { Code::Verification })
}

fn one(
    gate: Option<&(Settings, Chosen)>,
    verify: &Verify,
    given: &Given,
    several: bool,
    out: Output,
) -> Result<(Report, About), Failure> {
    let path = given.input.path.as_path();
    let mut inspected = Inspected::of(&given.input)?;
    tell_cut_off(path, out)?;
    // First: whoever asks first for the code of an app decides how much of it is read at once.
    let mut report = inspected.verify_signature(verify.min_sdk)?;
    let pairs = match inspected.describe().facts {
        Facts::Apk(facts) => facts.pairs,
        Facts::App(_) | Facts::Folder(_) => Vec::new(),
    };
    let others = pairs.iter().map(PairFacts::to_string).collect();
    let mut about = About { signable: inspected.key_kind().is_some(), carries: false, pairs, others };
    let Some((settings, chosen)) = gate else { return Ok((report, about)) };
    let access = Access::new(settings, chosen);
    let environment = access.environment(Registration::Never);
    let mut embedder = settings.embedder(&environment);
    embedder.options.presets.clone_from(&verify.preset);
    embedder.options.places = verify.at.iter().map(|text| parse(text, false)).collect::<Result<_, _>>()?;
    embedder.options.partial = true;
    let owner = embedder.owner(&mut inspected, verify.app.as_deref().or(given.app.as_deref()))?;
    let application = &owner.application;
    // Why the secret is not known here.
    let mut unknown_secret = None;
    let credential = match access.given()? {
        Some(inject::embed::Given::Known(credential, _)) => credential,
        Some(inject::embed::Given::Unread(Some(id), error)) => {
            unknown_secret = Some(Failure::from(error));
            Credential { id, secret: None }
        }
        Some(inject::embed::Given::Unread(None, error)) => return Err(error.into()),
        None => match embedder.known(application)?.read()? {
            Some(credential) => credential,
            None => {
                let message = format!("no credential of {} in {} is known here", application.id, chosen.name);
                let failure = Failure::new(Code::Registry, message);
                let failure = match settings.unasked(chosen) {
                    Some(program) => failure.remedy(format!("or let verify run {program}: --allow-exec")),
                    None => failure,
                };
                return Err(
                    failure.remedy(format!("obtain it: inject register {} --env {}", application.id, chosen.name))
                );
            }
        },
    };
    if let Some(failure) = unknown_secret.take_if(|_| verify.receipt.is_some() || verify.probe_secret) {
        return Err(failure);
    }
    let mut places = embedder.gather(&inspected, &owner)?;
    let others = places.of_other_kinds(&inspected);
    if !others.is_empty() {
        tell_other_kinds(path, &others, out);
    }
    let replaced = places.take_replaced(&inspected)?;
    let Copies { found: copies, unread, not_own, .. } = inspected.locate(&places.places)?;
    if let Some((_, error)) = unread.into_iter().next() {
        return Err(error.into());
    }
    let others: Vec<&str> = copies.iter().filter(|copy| !copy.own).filter_map(|copy| copy.main.as_deref()).collect();
    let neighbors = embedder.neighbors(inspected.mains()?, &others, |_| None)?;
    let mains = other_mains(&neighbors);
    let values = embedder.values(application, &credential, &mains);
    let (mut expected, mut wrong, mut kept, mut unknown) = (Vec::new(), Vec::new(), Vec::new(), BTreeSet::new());
    let (mut holds_own, mut holds_id, mut holds_secret) = (false, false, false);
    for copy in &copies {
        let Some(place) = places.places.get(copy.place) else { continue };
        // A number that rises is right whatever it is.
        if place.value.is_raised() {
            continue;
        }
        let theirs = copy.main.as_deref().filter(|_| !copy.own);
        if let Some(failure) = unknown_secret.as_ref().filter(|_| theirs.is_none() && place.value.needs_secret()) {
            partial(&mut report, &copy.address.to_string(), failure.message());
            continue;
        }
        let values = match theirs {
            None => values,
            Some(main) => match values.of_main(main) {
                Some(values) => values,
                None => {
                    unknown.insert(main);
                    kept.extend(copy.values.iter().flat_map(|value| held(place, value)));
                    continue;
                }
            },
        };
        let value = place.value.render(&values).map_err(|e| Failure::of(Code::Usage, e))?;
        if copy.missing {
            let message = format!("nothing is there, {} does not hold it; inject first", copy.entry);
            report.findings.push(Finding::new(findings::Code::PlaceMissing, copy.address.to_string(), message));
            continue;
        }
        holds_own |= theirs.is_none();
        about.carries |= theirs.is_none() && place.value.holds_credential();
        holds_id |= theirs.is_none() && place.value.holds_client_id();
        holds_secret |= theirs.is_none() && place.value.needs_secret();
        if copy.address.is_pair() && place.value.needs_secret() {
            let message =
                "it takes the secret, and no signature covers the APK Signing Block; put the Client Id alone there";
            let (code, place) = (findings::Code::PlaceUnprotected, copy.address.to_string());
            report.findings.push(Finding::new(code, place, message));
        }
        for left in &copy.left {
            partial(&mut report, &copy.address.to_string(), left.clone());
        }
        if copy.values.iter().any(|held| *held != value) {
            wrong.push(copy);
        }
        expected.push(Expected { address: copy.address.clone(), entry: Some(copy.entry.clone()), value });
    }
    for place in replaced {
        if let Some(failure) = unknown_secret.as_ref().filter(|_| place.value.needs_secret()) {
            partial(&mut report, &place.at.to_string(), failure.message());
            continue;
        }
        about.carries |= place.value.holds_credential();
        (holds_own, holds_id) = (true, holds_id || place.value.holds_client_id());
        holds_secret |= place.value.needs_secret();
        let value = place.value.render(&values).map_err(|e| Failure::of(Code::Usage, e))?;
        expected.push(Expected { address: place.at, entry: None, value });
    }
    for main in unknown {
        let message =
            format!("it is metadata of another main object, whose credential in {} is not known here", chosen.name);
        report.findings.push(Finding::new(findings::Code::PlaceUnknown, main, message));
    }
    if places.needs_secret && holds_id && !holds_secret && credential.secret.is_some() {
        let message = format!("no place takes it, so the secret of {} was not checked", chosen.name);
        partial(&mut report, "the secret", message);
    }
    report.findings.extend(not_own);
    report.findings.extend(inspected.overrides(&expected));
    if let (false, Some(failure)) = (holds_own, unknown_secret) {
        return Err(failure);
    }
    if !holds_own && report.is_sound() {
        let which = match places.presets.as_slice() {
            [] => "the places named".to_owned(),
            presets => format!("the presets {}", presets.join(", ")),
        };
        let message = format!(
            "nothing was compared with the credential of {}: {which} lead to no place of its own here; name one: --at",
            application.id
        );
        report.findings.push(Finding::new(findings::Code::PlaceNone, "the package", message));
    }
    let allowed = neighbors.iter().map(|neighbor| &neighbor.credential).chain([&credential]).flat_map(texts);
    let allowed: Vec<&str> = allowed.chain(kept.iter().map(|value| value.as_str())).collect();
    let foreign = foreign(&embedder.stored()?, &allowed, Some(&credential.id));
    let compared = |pair: &PairFacts| expected.iter().any(|expected| expected.entry == Some(pair.entry()));
    about.others = about.pairs.iter().filter(|pair| !compared(pair)).map(PairFacts::to_string).collect();
    inspected.verify_content(&mut report, &expected, &foreign);
    report.findings = one_cause(report.findings);
    let elsewhere = |finding: &Finding| !copies.iter().any(|copy| copy.entry == finding.place);
    report.findings.extend(inspected.old_copies(&places.places, &wrong, &allowed).into_iter().filter(elsewhere));
    release_rules(&mut report, chosen, &inspected);
    if let Some(receipt) = &verify.receipt {
        let expected = embedder.carries(application, &credential)?;
        let receipt = statements::path("--receipt", receipt, path, "receipt", several)?;
        receipt::check(&mut report, &receipt, &given.input, &expected)?;
    }
    // Only of what it carries can be said that it is alive.
    if verify.probe && report.is_sound() {
        let wish = probe::Wish { secret: verify.probe_secret, out };
        report.findings.extend(probe::run(settings, chosen, &credential, wish)?);
    }
    Ok((report, about))
}

/// Many places with another environment's values have one cause, and are one finding.
fn one_cause(mut findings: Vec<Finding>) -> Vec<Finding> {
    let is_wrong = |finding: &Finding| finding.code == findings::Code::PlaceValue;
    let places: Vec<String> =
        findings.iter().filter(|finding| is_wrong(finding)).map(|finding| finding.place.clone()).collect();
    if places.len() <= SEVERAL {
        return findings;
    }
    let mut first = true;
    findings.retain(|finding| !is_wrong(finding) || std::mem::take(&mut first));
    if let Some(finding) = findings.iter_mut().find(|finding| is_wrong(finding)) {
        finding.message = format!(
            "{} places hold values that are not this environment's; inject again. They are {}",
            places.len(),
            places.join("; ")
        );
    }
    findings
}

/// The Client Id and the secret in a value at a place.
fn held(place: &Place, value: &str) -> Vec<Zeroizing<String>> {
    let held = place.value.read(value);
    [held.client_id, held.client_secret].into_iter().flatten().filter(|value| !value.is_empty()).collect()
}

/// What a release environment asks for beside.
fn release_rules(report: &mut Report, chosen: &Chosen, inspected: &Inspected) {
    for fault in inspected.release_faults().into_iter().filter(|_| chosen.env.release) {
        let message = format!("it is {}; build the release variant", fault.what);
        report.findings.push(Finding::new(fault.code, fault.place, message));
    }
    if let Some(pin) = chosen.env.signer.as_ref().filter(|_| inspected.key_kind().is_some()) {
        let found: Vec<String> = report.signers().iter().map(inject::findings::Signer::sha256_hex).collect();
        if found.as_slice() != [pin.clone()] {
            let found = if found.is_empty() { "nobody".to_owned() } else { found.join(", ") };
            let message = format!("signed by {found}, expected {pin}");
            report.findings.push(Finding::new(findings::Code::ReleaseSigner, "the signature", message));
        }
    }
}

/// What an address means and was not compared, each once.
fn partial(report: &mut Report, place: &str, message: String) {
    let finding = Finding::new(findings::Code::PlacePartial, place, message);
    if !report.findings.contains(&finding) {
        report.findings.push(finding);
    }
}

fn show(path: &Path, report: &Report, about: &About, chosen: Option<&Chosen>, out: Output) {
    for finding in &report.findings {
        if finding.code == findings::Code::PlaceUnknown {
            out.note(&format!("{}: {}: {}", path.display(), finding.place, finding.message));
        } else if finding.code == findings::Code::PlacePartial {
            // As the injection said it.
            out.warn(&format!("{}: partial: {}: {}", path.display(), finding.place, finding.message));
        } else if finding.code == findings::Code::PlaceUnprotected {
            out.warn(&format!("{}: {}: {}", path.display(), finding.place, finding.message));
        } else if finding.code.about() == findings::About::Uncompared {
            // The others are what the main job warns of; their messages say their place themselves.
            out.warn(&format!("{}: {}", path.display(), finding.message));
        } else {
            out.finding(path, finding);
        }
    }
    if !about.others.is_empty() {
        let others = about.others.join(", ");
        out.note(&format!("{}: beside its signatures, which do not cover it: {others}", path.display()));
    }
    let schemes: Vec<String> = report.signatures.iter().map(|signature| signature.scheme.to_string()).collect();
    let signed = match report.signers().last() {
        Some(signer) => format!(", signed {} by {} ({})", schemes.join(" "), signer.subject, signer.sha256_hex()),
        None if !report.signatures.is_empty() => ", signed by nobody (ad hoc)".to_owned(),
        None if about.signable => ", not signed".to_owned(),
        None => String::new(),
    };
    let what = match chosen {
        Some(chosen) if report.is_sound() && about.carries => format!("carries {}, ", chosen.name),
        Some(chosen) if report.is_sound() => format!("has the values of {}, ", chosen.name),
        _ => String::new(),
    };
    let verdict = match (report.is_sound(), is_partial(report)) {
        (false, _) => "NOT sound",
        (true, true) => "partial",
        (true, false) => "sound",
    };
    out.result(&format!("{}: {what}{verdict}{signed}", path.display()));
}
