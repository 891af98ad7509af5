//! The main job: `inject ARTIFACT...`.
//!
//! Every artifact is inspected and planned before anything is obtained, and every key is loaded before anything is
//! written: what can fail fails while nothing has happened yet. Artifacts that are named are one wish: one that cannot be
//! done stops all. Those that `inject.toml` lists are each their own. Inspection, and all that comes after the credentials, is
//! done for several at once; what is said of them keeps their order.
//!
//! * `job`: an artifact on its way.
//! * `batch`: what each came to, and the end of the run.
//!
//! Must not: print a value of a place.

mod batch;
mod checks;
mod job;
mod result;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::CommandFactory;
use inject::credentials::{Credential, Lookup, Request, Store, Stored, look_up};
use inject::job::{
    AndroidSigning, AndroidSigningRequest, Fault, Gate, Inspected, KeyKind, PlannedPlace, Reach, Signing, repair,
};
use inject::place::{Preset, Values};
use inject::registry::Application;
use inject::system::workers;

use batch::Batch;
use checks::{check_apple_pin, check_pin, check_release, check_secret};
use job::{Job, Told};
pub use result::{Injected, Preview};
use result::{InjectedArtifact, Place, PreviewedArtifact};
use words::{tell, tell_left, tell_mixed, tell_unknown};

use super::attest;
use super::given::{Given, artifacts};
use super::register::{Fixed, How, fixed, obtain_or_reuse, settle};
use crate::args::{Cli, GateReach, Main};
use crate::carried::{stored, tell_cut_off};
use crate::exit::{Code, Failure};
use crate::progress::Progress;
use crate::render::Output;
use crate::results::Signed;
use crate::settings::places::{Asked, gather};
use crate::settings::signing;
use crate::settings::values::{other_mains, values};
use crate::settings::{Chosen, Settings};
use crate::suggest::nearest;

/// Memory that work on a file takes beside its size, roughly: tables, indices, what is inflated.
const MEMORY: u64 = 64 * 1024 * 1024;
/// Of the memory that is there, the part that is taken.
const SHARE: u64 = 2;

/// How often an artifact is begun anew that something else has changed meanwhile: each of eight builds at once may come first
/// once.
const TRIES: usize = 8;

/// Runs it.
pub fn run(settings: &Settings, main: &Main, out: Output) -> Result<Code, Failure> {
    check_words(&main.artifacts)?;
    let chosen = settings.environment()?;
    let given = artifacts(settings, &main.artifacts, main.app.as_deref(), out)?;
    let several = given.len() > 1;
    if main.output.is_some() && several {
        return Err(Failure::usage(format!("--output names one file, there are {} artifacts", given.len()))
            .remedy("leave --output out to replace each artifact, or run once per artifact"));
    }
    let receipts = if main.dry_run || main.check {
        None
    } else {
        let output = |given| main.output.as_deref().unwrap_or(given);
        let outputs: Vec<&Path> = given.iter().map(|given| output(given.path.as_path())).collect();
        attest::receipts(settings, main.receipt.as_deref(), &outputs)?
    };
    let together = !main.artifacts.is_empty() || !several;
    let mut batch = Batch::new(given.iter().map(|given| given.path.clone()), chosen.name.as_str(), together, out);
    let progress = Progress::new(given.len());
    let watched = several && !out.is_quiet();
    let jobs = progress.during(watched, || plan_all(settings, &chosen, main, given, (&mut batch, out)))?;
    for job in &jobs {
        tell_mixed(job, out);
    }
    if main.dry_run || main.check {
        let code = show(settings, &chosen, main, &jobs, &batch, out)?;
        return Ok(batch.code().unwrap_or(code));
    }
    let jobs = batch.keep(jobs, |job| job.index, |job| check_release(&chosen, job))?;
    let begun = |job: &Job| settle(settings, &chosen, &job.application, main.obtain.offline, out);
    let jobs = batch.keep(jobs, |job| job.index, begun)?;
    // A key is loaded only where an artifact needs one of its kind.
    let needed = |kind| jobs.iter().any(|job| job.planned.key_kind() == Some(kind));
    let schemes = signing::schemes(&main.signing)?;
    let keys = if needed(KeyKind::Android) { signing::load(&main.signing, out)? } else { None };
    let mut signing = Signing::default();
    if needed(KeyKind::Android) {
        check_pin(&chosen, keys.as_ref())?;
        signing.android = Some(keys.as_ref().map_or(AndroidSigning::Unsigned, |keys| {
            AndroidSigning::With(AndroidSigningRequest {
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
        tell_left(job, out);
    }
    let stored = if main.gate == GateReach::Off { Vec::new() } else { stored(settings)? };
    let jobs =
        batch.keep(jobs, |job| job.index, |job| check_job(settings, &chosen, main, (&signing, &stored), job, out))?;
    let mut credentials: BTreeMap<String, Credential> = BTreeMap::new();
    let mut refused: BTreeSet<String> = BTreeSet::new();
    let obtain = |job: &Job| {
        let id = &job.application.id;
        if refused.contains(id) {
            let message = format!("{}: no credential of {id}, as said above", job.path.display());
            return Err(Failure::new(Code::Registry, message));
        }
        if !credentials.contains_key(id) {
            let how = How {
                refresh: main.obtain.refresh,
                registration: chosen.registration(main.obtain.no_register),
                offline: main.obtain.offline,
                again: false,
                take: None,
            };
            let obtained = obtain_or_reuse(settings, &chosen, &job.application, how, out).inspect_err(|_| {
                refused.insert(id.clone());
            })?;
            credentials.insert(id.clone(), obtained.credential);
        }
        Ok(())
    };
    let mut jobs = batch.keep(jobs, |job| job.index, obtain)?;
    for job in &mut jobs {
        // What this run obtained is known now.
        job.neighbors =
            settings.neighbors(&job.mains, &job.planned.other_mains(), &chosen, |id| credentials.get(id).cloned())?;
        tell_unknown(job, &chosen, out);
    }
    let carried = Carry {
        settings,
        chosen: &chosen,
        main,
        credentials: &credentials,
        stored: &stored,
        signing: &signing,
        receipts: receipts.as_deref().unwrap_or_default(),
        out,
    };
    progress.during(watched, || {
        let work = |jobs: Vec<Job>| -> Vec<Carried> {
            jobs.into_iter().map(|job| carried.carry(job)).inspect(|_| progress.step()).collect()
        };
        let mut failure = None;
        workers::run(tasks(jobs, |job| &job.path), memory(), work, |all| {
            for Carried { index, output, took, result } in all {
                match result {
                    Ok(told) => {
                        let what = if told.done.written { "injected" } else { "up to date" };
                        tell(&told, &output, &chosen, several, out);
                        batch.done(index, what, &output, took, told.result);
                    }
                    Err(error) if !several => failure = Some(error),
                    Err(error) => batch.failed(index, &error),
                }
            }
        });
        failure.map_or(Ok(()), Err)
    })?;
    Ok(batch.end(main.summary.as_deref()))
}

/// What is no file may be a command that was mistyped, for which an environment is the wrong thing to ask for.
fn check_words(artifacts: &[PathBuf]) -> Result<(), Failure> {
    let command = Cli::command();
    let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    let mut missing = artifacts.iter().filter(|path| !path.exists()).filter_map(|path| path.to_str());
    let near = missing.find_map(|word| Some((word, nearest(word, names.iter().copied())?)));
    near.map_or(Ok(()), |(word, near)| {
        Err(Failure::new(Code::Artifact, format!("cannot open {word}: no such file"))
            .remedy(format!("did you mean the command {near:?}?")))
    })
}

/// Inspects and plans all of them, several at once.
fn plan_all(
    settings: &Settings,
    chosen: &Chosen,
    main: &Main,
    given: Vec<Given>,
    (batch, out): (&mut Batch, Output),
) -> Result<Vec<Job>, Failure> {
    let given: Vec<(usize, Given)> = given.into_iter().enumerate().collect();
    let work = |all: Vec<(usize, Given)>| -> Vec<(usize, Result<Job, Failure>)> {
        all.into_iter().map(|(index, given)| (index, plan(settings, chosen, main, (index, given), out))).collect()
    };
    let mut planned = Vec::new();
    workers::run(tasks(given, |(_, given)| &given.path), memory(), work, |all| planned.extend(all));
    planned.sort_by_key(|(index, _)| *index);
    let mut jobs = Vec::new();
    for (index, result) in planned {
        if let Some(job) = batch.step(index, result)? {
            batch.belongs(index, &job.application.id);
            jobs.push(job);
        }
    }
    Ok(jobs)
}

/// Tasks that can be done at once: what lies in one folder, or is that folder, is one task, in order.
fn tasks<T>(all: Vec<T>, path: impl Fn(&T) -> &PathBuf) -> Vec<workers::Task<Vec<T>>> {
    let mut groups: Vec<(PathBuf, workers::Task<Vec<T>>)> = Vec::new();
    for one in all {
        let path = std::fs::canonicalize(path(&one)).unwrap_or_else(|_| path(&one).clone());
        let size = std::fs::metadata(&path).map_or(0, |file| file.len());
        let memory = MEMORY.saturating_add(size);
        match groups.iter_mut().find(|(known, _)| path.starts_with(known) || known.starts_with(&path)) {
            Some((_, task)) => {
                task.on.push(one);
                task.memory = task.memory.max(memory);
            }
            None => groups.push((path, workers::Task { on: vec![one], memory })),
        }
    }
    groups.into_iter().map(|(_, task)| task).collect()
}

/// Bytes that all of them may take at once.
fn memory() -> u64 {
    workers::memory_available().map_or(u64::MAX, |bytes| bytes / SHARE)
}

/// What can be known to fail before anything is obtained.
fn check_job(
    settings: &Settings,
    chosen: &Chosen,
    main: &Main,
    (signing, stored): (&Signing<'_>, &[Stored]),
    job: &Job,
    out: Output,
) -> Result<(), Failure> {
    job.planned.check(signing).map_err(|e| Failure::from(e).about(&job.path))?;
    // An application that is new stays for good, so a folder that takes no file, an edit that cannot be made and what the gate
    // refuses fail first, the latter two with stand-ins. A finished artifact needs none of it.
    let known = known(settings, chosen, &job.application, main)?;
    check_secret(chosen, main, job, known.as_ref(), out)?;
    if known.is_none() {
        let output = main.output.as_deref().unwrap_or(&job.path);
        job.planned.probe(output).map_err(Failure::from)?;
        would_change(chosen, main, stored, job, None)?;
    }
    Ok(())
}

/// Whether anything would change, and whether that would be allowed; with stand-ins where the credential is not known yet.
fn would_change(
    chosen: &Chosen,
    main: &Main,
    stored: &[Stored],
    job: &Job,
    credential: Option<&Credential>,
) -> Result<bool, Failure> {
    let mains = other_mains(&job.neighbors);
    let stand_in = || Values {
        client_id: "client_id",
        client_secret: Some("client_secret"),
        environment: chosen.name.as_str(),
        application: &job.application.id,
        other: &chosen.env.values,
        mains: &mains,
    };
    let values = credential.map_or_else(stand_in, |credential| values(chosen, &job.application, credential, &mains));
    let foreign = job.foreign(stored, credential);
    let gate = Gate { foreign: &foreign, reach: reach(main) };
    job.planned.would_change(&values, gate).map_err(|e| Failure::from(e).about(&job.path))
}

/// How much the gate searches.
fn reach(main: &Main) -> Reach {
    match main.gate {
        GateReach::Off => Reach::Off,
        GateReach::Changed => Reach::Changed,
        GateReach::Whole => Reach::Whole,
    }
}

fn plan(
    settings: &Settings,
    chosen: &Chosen,
    main: &Main,
    (index, given): (usize, Given),
    out: Output,
) -> Result<Job, Failure> {
    let Given { path, app } = given;
    let during = |failure: Failure| failure.about(&path);
    let reads = main.dry_run || main.check;
    if !reads && let Some(said) = repair(&path).map_err(|e| during(e.into()))? {
        out.warn(&said);
    }
    let mut inspected = Inspected::new(&path).map_err(|e| during(e.into()))?;
    if reads {
        tell_cut_off(&path, out).map_err(during)?;
    }
    let flag = main.app.as_deref().or(app.as_deref());
    let owner = settings.owner(&mut inspected, flag, Some(chosen)).map_err(during)?;
    let fits = |preset: &Preset| Ok(inspected.has_one_of(&preset.fits)?);
    let asked = Asked { presets: &main.preset, at: &main.at, create: main.create, partial: main.partial };
    let places = gather(settings, chosen, &owner, asked, fits).map_err(during)?;
    let mains = inspected.mains().map_err(|e| during(e.into()))?.clone();
    let planned = inspected.plan(&places.places, &places.presets.join(", ")).map_err(|error| {
        if matches!(error.fault(), Fault::WhichMain) {
            let message = format!("{error}; none of them is called {}", owner.application.name);
            return during(Failure { remedies: Failure::from(error).remedies, ..Failure::usage(message) });
        }
        let missing = error.missing_place().cloned();
        during(places.explain(error.into(), missing.as_ref()))
    })?;
    let application = owner.application;
    let neighbors = settings.neighbors(&mains, &planned.other_mains(), chosen, |_| None).map_err(during)?;
    let (needs_secret, by_hand) = (places.needs_secret, places.presets.is_empty());
    Ok(Job { index, path, app, application, planned, mains, neighbors, needs_secret, by_hand })
}

/// All that carrying out a plan needs.
struct Carry<'a> {
    settings: &'a Settings,
    chosen: &'a Chosen,
    main: &'a Main,
    credentials: &'a BTreeMap<String, Credential>,
    stored: &'a [Stored],
    signing: &'a Signing<'a>,
    /// Where receipts go, by artifact; none where none are asked for.
    receipts: &'a [PathBuf],
    out: Output,
}

/// A plan, carried out.
struct Carried {
    index: usize,
    output: PathBuf,
    took: Duration,
    result: Result<Told, Failure>,
}

impl Carry<'_> {
    fn carry(&self, job: Job) -> Carried {
        let began = Instant::now();
        let index = job.index;
        let output = self.main.output.clone().unwrap_or_else(|| job.path.clone());
        let result = self.settle(job, &output);
        Carried { index, output, took: began.elapsed(), result }
    }

    /// Carries it out; from the beginning, where something else has changed it meanwhile.
    fn settle(&self, mut job: Job, output: &Path) -> Result<Told, Failure> {
        let mut tries = 1;
        loop {
            let (index, path, app) = (job.index, job.path.clone(), job.app.clone());
            match self.finish(job, output) {
                Err(failure) if tries < TRIES && failure.is_changed() => {
                    tries += 1;
                    job = self.again((index, Given { path, app }))?;
                }
                result => return result,
            }
        }
    }

    /// The plan for what is there now, which is checked and told as the first one was.
    fn again(&self, given: (usize, Given)) -> Result<Job, Failure> {
        let Self { settings, chosen, main, out, .. } = *self;
        let mut job = plan(settings, chosen, main, given, out)?;
        tell_mixed(&job, out);
        check_release(chosen, &job)?;
        tell_left(&job, out);
        check_job(settings, chosen, main, (self.signing, self.stored), &job, out)?;
        if !self.credentials.contains_key(&job.application.id) {
            let message = format!("it became {} while inject worked on it; run again", job.application.id);
            return Err(Failure::new(Code::Artifact, message).about(&job.path));
        }
        let known = |id: &str| self.credentials.get(id).cloned();
        job.neighbors = settings.neighbors(&job.mains, &job.planned.other_mains(), chosen, known)?;
        tell_unknown(&job, chosen, out);
        Ok(job)
    }

    fn finish(&self, job: Job, output: &Path) -> Result<Told, Failure> {
        let Some(credential) = self.credentials.get(&job.application.id) else {
            return Err(Failure::new(Code::Internal, format!("no credential of {}", job.application.id)));
        };
        let foreign = job.foreign(self.stored, Some(credential));
        let gate = Gate { foreign: &foreign, reach: reach(self.main) };
        let Job { index, path, application, planned, neighbors, .. } = job;
        let mains = other_mains(&neighbors);
        // What stays as it is carries nothing of this run.
        let given: Vec<PlannedPlace> =
            planned.places().iter().filter(|place| place.is_given(&mains)).cloned().collect();
        let begin = |to: &PathBuf| {
            attest::begin(self.settings, self.chosen, &path, &application, credential, &given, to.clone())
        };
        let carries = given.iter().any(|place| place.value.holds_credential());
        // A receipt says that the output carries the credential.
        let receipt = self.receipts.get(index).filter(|_| carries).map(begin).transpose()?;
        let places: Vec<Place> = given.iter().map(Place::from).collect();
        let signable = planned.key_kind().is_some();
        let done = planned
            .finish(&values(self.chosen, &application, credential, &mains), self.signing, output, gate)
            .map_err(|e| Failure::from(e).about(&path))?;
        let receipt = receipt.map(|receipt| receipt.finish(output, &done)).transpose()?;
        let result = InjectedArtifact {
            artifact: path.to_string_lossy().into_owned(),
            output: output.to_string_lossy().into_owned(),
            written: done.written,
            application: application.id.clone(),
            client_id: credential.id.as_str().to_owned(),
            has_secret: credential.secret.is_some(),
            places,
            entries: done.entries.clone(),
            removed: done.removed.clone(),
            signed: Signed::from(&done.report),
        };
        let (application, client_id) = (application.id, credential.id.to_string());
        let receipt_withheld = !carries && self.receipts.get(index).is_some();
        let places = given.len();
        Ok(Told { path, application, client_id, carries, places, signable, done, receipt, receipt_withheld, result })
    }
}

/// `--dry-run` and `--check`: what would be done; nothing is written or registered.
fn show(
    settings: &Settings,
    chosen: &Chosen,
    main: &Main,
    jobs: &[Job],
    batch: &Batch,
    out: Output,
) -> Result<Code, Failure> {
    let stored = if main.gate == GateReach::Off { Vec::new() } else { stored(settings)? };
    let mut results = Vec::new();
    let mut changes = false;
    let remote = chosen.env.registry.is_remote();
    for job in jobs {
        let (credential, program) = match fixed(chosen)? {
            Some(Fixed::NotRun(_, failure)) if main.check => return Err(failure),
            Some(Fixed::NotRun(_, failure)) => (None, Some(failure)),
            Some(Fixed::Known(credential, _)) => (Some(credential), None),
            None => (known(settings, chosen, &job.application, main)?, None),
        };
        check_secret(chosen, main, job, credential.as_ref(), out)?;
        tell_left(job, out);
        let would = would_change(chosen, main, &stored, job, credential.as_ref())? || credential.is_none();
        tell_unknown(job, chosen, out);
        changes |= would;
        if let Some(failure) = &program {
            out.warn(&format!("{}; it stays unknown here (--allow-exec)", failure.message()));
        }
        let path = job.path.display();
        let carries = job.planned.places().iter().any(|place| place.value.holds_credential());
        out.result(&match (&credential, would) {
            (None, _) if program.is_some() => {
                format!("{path}: the credential of [env.{}] would be read, then put here:", chosen.name)
            }
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
            (Some(_), false) if carries => format!("{path}: carries {} already:", chosen.name),
            (Some(_), false) => format!("{path}: has these values of {} already:", chosen.name),
        });
        let mains = other_mains(&job.neighbors);
        let given = || job.planned.places().iter().filter(|place| place.is_given(&mains));
        for place in given() {
            let made = if place.missing { " (new)" } else { "" };
            let whose = place.other_main.as_ref().map(|main| format!(" (of {main})")).unwrap_or_default();
            out.result(&format!("  {} = {} in {}{made}{whose}", place.address, place.value, place.entry));
        }
        results.push(PreviewedArtifact {
            artifact: job.path.to_string_lossy().into_owned(),
            application: job.application.id.clone(),
            client_id: credential.as_ref().map(|credential| credential.id.as_str().to_owned()),
            would_change: would,
            places: given().map(Place::from).collect(),
        });
    }
    out.json(&Preview { environment: chosen.name.as_str().to_owned(), artifacts: results, failed: batch.failures() });
    Ok(if main.check && changes { Code::Changes } else { Code::Done })
}

/// What is asked for.
fn request<'a>(
    settings: &Settings,
    chosen: &Chosen,
    application: &'a Application,
    main: &Main,
) -> Result<Request<'a>, Failure> {
    let request = settings.request(application, chosen, chosen.registration(main.obtain.no_register))?;
    Ok(Request { refresh: main.obtain.refresh, ..request })
}

/// The credential, where one is known; nothing is registered.
fn known(
    settings: &Settings,
    chosen: &Chosen,
    application: &Application,
    main: &Main,
) -> Result<Option<Credential>, Failure> {
    if let Some(fixed) = fixed(chosen)? {
        return Ok(Some(fixed.whole()?.0));
    }
    let store = Store::open_existing(&settings.home)?;
    let request = request(settings, chosen, application, main)?;
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
