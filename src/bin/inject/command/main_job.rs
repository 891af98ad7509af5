//! The main job: `inject ARTIFACT...`.
//!
//! Every artifact is inspected and planned before anything is obtained, and every key is loaded before anything is
//! written: what can fail fails while nothing has happened yet.
//!
//! Must not: print a value of a place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use inject::credential::Credential;
use inject::credential::lookup::{Lookup, look_up};
use inject::credential::obtain::Request;
use inject::credential::registry::Application;
use inject::credential::store::Store;
use inject::pipeline::job::{Inspected, KeyKind, Planned, Signing};
use inject::pipeline::receipt::ReceiptError;
use inject::pipeline::{Done, Gate, PlannedPlace, Reach, apk};
use inject::placement::preset::Preset;
use inject::placement::template::Values;
use inject::sign::Identity;
use inject::verify::{Report, Severity};
use serde_json::{Value, json};

use super::attest;
use super::register::{How, fixed, obtain_or_reuse};
use crate::args::{GateReach, Main};
use crate::carried::{foreign, stored};
use crate::exit::{Code, Failure};
use crate::render::Output;
use crate::settings::config::App;
use crate::settings::places::{Asked, gather};
use crate::settings::signing::{self, Keys};
use crate::settings::{Chosen, Settings};

/// An artifact, planned.
struct Job {
    path: PathBuf,
    application: Application,
    planned: Planned,
}

/// Runs it.
pub fn run(settings: &Settings, main: &Main, out: Output) -> Result<Code, Failure> {
    let chosen = settings.environment()?;
    let given = artifacts(settings, main)?;
    if let Some(receipt) = &main.receipt {
        if let Some(folder) = given.iter().find(|given| given.path.is_dir()) {
            return Err(ReceiptError::Folder(folder.path.clone()).into());
        }
        // A place that takes no file is an error before anything is obtained.
        let output = main.output.as_deref().or(given.first().map(|given| given.path.as_path()));
        attest::start(&attest::path(receipt, output.unwrap_or(Path::new("")), given.len() > 1)?)?;
    }
    if main.output.is_some() && given.len() > 1 {
        return Err(Failure::usage(format!("--output names one file, there are {} artifacts", given.len()))
            .remedy("leave --output out to replace each artifact, or run once per artifact"));
    }
    let jobs = given.into_iter().map(|given| plan(settings, &chosen, main, given)).collect::<Result<Vec<_>, _>>()?;
    for job in &jobs {
        tell_mixed(job, out);
    }
    if main.dry_run || main.check {
        return show(settings, &chosen, main, &jobs, out);
    }
    for job in &jobs {
        check_release(&chosen, job)?;
    }
    // A key is loaded only where an artifact needs one of its kind.
    let needed = |kind| jobs.iter().any(|job| job.planned.key_kind() == Some(kind));
    let schemes = signing::schemes(&main.signing)?;
    let keys = if needed(KeyKind::Android) { signing::load(&main.signing, out)? } else { None };
    let mut signing = Signing::default();
    if needed(KeyKind::Android) {
        check_pin(&chosen, keys.as_ref())?;
        signing.android = Some(keys.as_ref().map_or(apk::Signing::Unsigned, |keys| {
            apk::Signing::With(apk::SigningRequest {
                signers: keys.signers(),
                schemes,
                min_sdk: main.signing.min_sdk,
                v4: main.signing.v4,
                allow_new_signer: main.signing.allow_new_signer,
            })
        }));
    }
    let apple = if needed(KeyKind::Apple) || main.signing.apple.is_given() {
        Some(signing::apple::load(&main.signing)?)
    } else {
        None
    };
    if let Some(apple) = &apple {
        check_apple_pin(&chosen, apple)?;
        signing.apple = Some(apple.signing(main.signing.allow_new_signer));
    }
    for job in &jobs {
        job.planned.check(&signing).map_err(|e| Failure::from(e).about(&job.path))?;
        // An application that is new stays for good, so a folder that takes no file and an edit that cannot be made fail
        // first, the latter with stand-ins. A finished artifact needs neither.
        if known(settings, &chosen, &job.application, main)?.is_none() {
            let output = main.output.as_deref().unwrap_or(&job.path);
            job.planned.probe(output).map_err(Failure::from)?;
            let stand_in = Values {
                client_id: "client_id",
                client_secret: Some("client_secret"),
                environment: chosen.name.as_str(),
                application: &job.application.id,
                other: &chosen.env.values,
            };
            let edited = job.planned.would_change(&stand_in);
            edited.map_err(|e| Failure::from(e).about(&job.path))?;
        }
    }
    let mut credentials: BTreeMap<String, Credential> = BTreeMap::new();
    for job in &jobs {
        if !credentials.contains_key(&job.application.id) {
            let how = How {
                refresh: main.obtain.refresh,
                registration: chosen.registration(main.obtain.no_register),
                offline: main.obtain.offline,
                again: false,
                take: None,
            };
            let obtained = obtain_or_reuse(settings, &chosen, &job.application, how, out)?;
            credentials.insert(job.application.id.clone(), obtained.credential);
        }
    }
    let stored = if main.gate == GateReach::Off { Vec::new() } else { stored(settings)? };
    let several = jobs.len() > 1;
    let mut results = Vec::new();
    for job in jobs {
        let Some(credential) = credentials.get(&job.application.id) else { continue };
        // The metadata of several main objects holds a credential of each.
        let shared = job.planned.has_neighbours().then_some(&chosen.name);
        let foreign = foreign(stored.clone(), credential, shared);
        let reach = if main.gate == GateReach::Whole { Reach::Whole } else { Reach::Changed };
        let gate = Gate { foreign: &foreign, reach };
        let output = main.output.clone().unwrap_or_else(|| job.path.clone());
        let receipt = main.receipt.as_ref().map(|asked| attest::path(asked, &output, several)).transpose()?;
        let begin = |to| {
            let places = job.planned.places();
            attest::begin(settings, &chosen, &job.path, &job.application, credential, places, to)
        };
        let receipt = receipt.map(begin).transpose()?;
        let (done, result) = finish(job, &chosen, credential, &signing, gate, &output, out)?;
        if let Some(receipt) = receipt {
            let to = receipt.finish(&output, &done.report)?;
            out.note(&format!("{}: receipt in {}", output.display(), to.display()));
        }
        results.push(result);
    }
    out.json(&json!({ "schema": 1, "environment": chosen.name.as_str(), "artifacts": results }));
    Ok(Code::Done)
}

/// An artifact to work on.
#[derive(PartialEq, Eq)]
struct Given {
    path: PathBuf,
    /// The application that lists it in inject.toml, where it is a folder: that may belong to several.
    app: Option<String>,
}

fn artifacts(settings: &Settings, main: &Main) -> Result<Vec<Given>, Failure> {
    if !main.artifacts.is_empty() {
        return Ok(main.artifacts.iter().map(|path| Given { path: path.clone(), app: None }).collect());
    }
    let Some(config) = &settings.config else {
        return Err(Failure::usage("no artifact is given, and no inject.toml names any")
            .remedy("inject ARTIFACT... --env NAME")
            .remedy("inject --help shows examples"));
    };
    let app = main.app.as_ref().map(|name| settings.named_app(name)).transpose()?.and_then(|(_, app)| app);
    let apps: Vec<&App> = app.map_or_else(|| config.apps.values().collect(), |app| vec![app]);
    let patterns: Vec<(&App, &str)> = apps
        .into_iter()
        .flat_map(|app| app.artifacts.iter().map(move |pattern| (app, pattern.trim_end_matches('/'))))
        .collect();
    if patterns.is_empty() {
        return Err(Failure::usage(format!("{} names no artifacts", config.path.display()))
            .remedy("add artifacts = [\"app/build/outputs/apk/**/*.apk\"] to [app.NAME], or give artifacts"));
    }
    let folder = config.path.parent().unwrap_or(Path::new("."));
    let mut found = Vec::new();
    for (app, pattern) in patterns {
        let glob = globset::GlobBuilder::new(pattern).literal_separator(true).build();
        let matcher =
            glob.map_err(|e| Failure::of(Code::Usage, e).during(config.path.display().to_string()))?.compile_matcher();
        let files = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten();
        // A folder is an artifact where its own name is given, not where a pattern happens to match it.
        let names_a_folder = !pattern.rsplit('/').next().unwrap_or_default().contains(['*', '?', '[', '{']);
        let matching: Vec<PathBuf> = files
            .filter(|entry| names_a_folder || !entry.file_type().is_dir())
            .map(walkdir::DirEntry::into_path)
            .filter(|path| path.strip_prefix(folder).is_ok_and(|path| matcher.is_match(path)))
            .collect();
        if matching.is_empty() {
            return Err(Failure::new(
                Code::Artifact,
                format!("nothing below {} matches {pattern:?}", folder.display()),
            )
            .remedy("build first, or correct artifacts in inject.toml"));
        }
        for path in matching {
            let given = Given { app: path.is_dir().then(|| app.id.clone()), path };
            // Patterns may overlap; an artifact is done once, a folder once for each application.
            if !found.contains(&given) {
                found.push(given);
            }
        }
    }
    Ok(found)
}

fn plan(settings: &Settings, chosen: &Chosen, main: &Main, given: Given) -> Result<Job, Failure> {
    let Given { path, app } = given;
    let during = |failure: Failure| failure.about(&path);
    let inspected = Inspected::new(&path).map_err(|e| during(e.into()))?;
    let owner = settings.owner(&inspected, main.app.as_deref().or(app.as_deref())).map_err(during)?;
    let fits = |preset: &Preset| Ok(inspected.has_one_of(&preset.fits)?);
    let asked = Asked { presets: &main.preset, at: &main.at, create: main.create };
    let places = gather(settings, chosen, &owner, asked, fits).map_err(during)?;
    let planned = inspected.plan(&places.places, &places.presets.join(", ")).map_err(|error| {
        let missing = error.missing_place().cloned();
        during(places.explain(error.into(), missing.as_ref()))
    })?;
    let application = owner.application;
    Ok(Job { path, application, planned })
}

/// Places that disagree show a build that was put together from two, or an edit by hand that missed one.
fn tell_mixed(job: &Job, out: Output) {
    let mut held: Vec<(&str, &str)> = Vec::new();
    for place in job.planned.places() {
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

/// A release must not be debuggable.
fn check_release(chosen: &Chosen, job: &Job) -> Result<(), Failure> {
    if !chosen.env.release {
        return Ok(());
    }
    match job.planned.release_faults().first() {
        None => Ok(()),
        Some(fault) => {
            let path = job.path.display();
            let message = format!("{path}: it is {}, and {} is a release environment", fault.what, chosen.name);
            Err(Failure::new(Code::Verification, message).remedy("build the release variant"))
        }
    }
}

/// The key must be the one that the environment pins.
fn check_pin(chosen: &Chosen, keys: Option<&Keys>) -> Result<(), Failure> {
    let Some(pin) = &chosen.env.signer else { return Ok(()) };
    let Some(keys) = keys else {
        return Err(Failure::new(
            Code::Signing,
            format!("{} pins its signer, and --unsigned asks for none", chosen.name),
        ));
    };
    check_pinned(chosen, pin, keys.current())
}

/// Likewise for apps.
fn check_apple_pin(chosen: &Chosen, keys: &signing::apple::Keys) -> Result<(), Failure> {
    let Some(pin) = &chosen.env.signer else { return Ok(()) };
    match keys.identity() {
        Some(identity) => check_pinned(chosen, pin, identity),
        None => Err(Failure::new(Code::Signing, format!("{} pins its signer, and none is given", chosen.name))),
    }
}

fn check_pinned(chosen: &Chosen, pin: &str, identity: &Identity) -> Result<(), Failure> {
    let given = inject::verify::certificate_sha256(identity.certificate().raw());
    if given == pin {
        return Ok(());
    }
    Err(Failure::new(Code::Signing, format!("{} pins the signer {pin}, the key given is {given}", chosen.name))
        .remedy(format!("give that key, or correct signer in [env.{}]", chosen.name)))
}

fn values<'a>(chosen: &'a Chosen, application: &'a Application, credential: &'a Credential) -> Values<'a> {
    Values {
        client_id: credential.id.as_str(),
        client_secret: credential.secret.as_ref().map(inject::credential::ClientSecret::expose),
        environment: chosen.name.as_str(),
        application: &application.id,
        other: &chosen.env.values,
    }
}

fn finish(
    job: Job,
    chosen: &Chosen,
    credential: &Credential,
    signing: &Signing<'_>,
    gate: Gate<'_>,
    output: &Path,
    out: Output,
) -> Result<(Done, Value), Failure> {
    let Job { path, application, planned } = job;
    let places: Vec<Value> = planned.places().iter().map(place_json).collect();
    let told = Told { count: planned.places().len(), signable: planned.key_kind().is_some() };
    let done = planned
        .finish(&values(chosen, &application, credential), signing, output, gate)
        .map_err(|e| Failure::from(e).about(&path))?;
    if !done.written && gate.reach == Reach::Whole {
        check_whole(output, gate)?;
    }
    tell(&done, &path, output, chosen, &application, credential, told, out);
    let result = json!({
        "artifact": path.to_string_lossy(),
        "output": output.to_string_lossy(),
        "written": done.written,
        "application": application.id,
        "client_id": credential.id.as_str(),
        "has_secret": credential.secret.is_some(),
        "places": places,
        "entries": done.entries,
        "removed": done.removed,
        "schemes": done.report.signatures.iter().map(|signature| signature.scheme.to_string()).collect::<Vec<_>>(),
        "signer": done.report.signers().last().map(inject::verify::Signer::sha256_hex),
    });
    Ok((done, result))
}

/// An artifact that is up to date was not searched on the way.
fn check_whole(path: &Path, gate: Gate<'_>) -> Result<(), Failure> {
    let mut report = Report::default();
    Inspected::new(path)?.verify_content(&mut report, &[], gate.foreign);
    report.findings.retain(|finding| finding.severity == Severity::Error);
    if report.findings.is_empty() {
        return Ok(());
    }
    let found = inject::verify::findings_text(&report.findings);
    Err(Failure::new(Code::Verification, format!("{}: {found}", path.display())))
}

fn place_json(place: &PlannedPlace) -> Value {
    json!({
        "at": place.address.to_string(),
        "entry": place.entry,
        "value": place.value.to_string(),
        "created": place.missing,
    })
}

/// What is told of a plan when it is carried out.
#[derive(Clone, Copy)]
struct Told {
    count: usize,
    signable: bool,
}

#[allow(clippy::too_many_arguments, reason = "what there is to tell, told in one place")]
fn tell(
    done: &Done,
    path: &Path,
    output: &Path,
    chosen: &Chosen,
    application: &Application,
    credential: &Credential,
    places: Told,
    out: Output,
) {
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
    let what = format!("{} carries {} of {}", output.display(), chosen.name, application.id);
    if !done.written {
        out.done(&format!("{what}: up to date"));
        return;
    }
    let schemes: Vec<String> = done.report.signatures.iter().map(|signature| signature.scheme.to_string()).collect();
    let signed = match (places.signable, schemes.is_empty()) {
        (false, _) => String::new(),
        (true, true) => ", unsigned".to_owned(),
        (true, false) => format!(", signed {}", schemes.join(" ")),
    };
    let count = places.count;
    let plural = if count == 1 { "" } else { "s" };
    out.done(&format!("{what}: client id {}, {count} place{plural}{signed}", credential.id));
}

/// `--dry-run` and `--check`: what would be done; nothing is written or registered.
fn show(settings: &Settings, chosen: &Chosen, main: &Main, jobs: &[Job], out: Output) -> Result<Code, Failure> {
    let mut results = Vec::new();
    let mut changes = false;
    let remote = chosen.env.registry.is_remote();
    for job in jobs {
        let credential = known(settings, chosen, &job.application, main)?;
        let would = match &credential {
            None => true,
            Some(credential) => job
                .planned
                .would_change(&values(chosen, &job.application, credential))
                .map_err(|e| Failure::from(e).about(&job.path))?,
        };
        changes |= would;
        let path = job.path.display();
        out.result(&match (&credential, would) {
            (None, _) if remote => {
                let registry = settings.registry_identity(chosen)?;
                format!(
                    "{path}: the credential of {} in {} would be asked of {registry}, then put here:",
                    job.application.id, chosen.name
                )
            }
            (None, _) => {
                format!("{path}: {} would be registered in {}, then put here:", job.application.id, chosen.name)
            }
            (Some(credential), true) => {
                format!("{path}: client id {} of {} would be put here:", credential.id, chosen.name)
            }
            (Some(_), false) => format!("{path}: carries {} already:", chosen.name),
        });
        for place in job.planned.places() {
            let made = if place.missing { " (new)" } else { "" };
            out.result(&format!("  {} = {} in {}{made}", place.address, place.value, place.entry));
        }
        results.push(json!({
            "artifact": job.path.to_string_lossy(),
            "application": job.application.id,
            "client_id": credential.as_ref().map(|credential| credential.id.as_str().to_owned()),
            "would_change": would,
            "places": job.planned.places().iter().map(place_json).collect::<Vec<_>>(),
        }));
    }
    out.json(&json!({ "schema": 1, "environment": chosen.name.as_str(), "artifacts": results }));
    Ok(if main.check && changes { Code::Changes } else { Code::Done })
}

/// The credential, where one is known; nothing is registered.
fn known(
    settings: &Settings,
    chosen: &Chosen,
    application: &Application,
    main: &Main,
) -> Result<Option<Credential>, Failure> {
    if let Some((credential, _)) = fixed(chosen)? {
        return Ok(Some(credential));
    }
    let store = Store::open_existing(&settings.home)?;
    let request = Request {
        key: settings.key(application, chosen)?,
        application,
        needs: chosen.needs(),
        registration: chosen.registration(main.obtain.no_register),
        refresh: main.obtain.refresh,
        again: false,
        take: None,
    };
    // A dry run asks nobody outside of this machine.
    let mut registry = if main.dry_run || main.check || main.obtain.offline {
        settings.registry_within(chosen)?
    } else {
        settings.registry(chosen)?
    };
    let found = look_up(&request, store.as_ref(), registry.as_mut())?;
    Ok(match found {
        Lookup::InStore(credential) | Lookup::InRegistry(credential) => Some(credential),
        Lookup::Unregistered(_) => None,
    })
}
