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

pub mod args;
mod batch;
mod job;
mod result;
mod words;

use inject::credentials::Stored;
use inject::embed::{Artifact, Credentials, Embedder, Event, Known, Options, Prepared};
use inject::job::{AndroidSigning, AndroidSigningRequest, KeyKind, Reach, Signing};
use inject::system::unix_seconds;

use args::{GateReach, Main};
use batch::Batch;
use job::Job;
pub use result::{Injected, Preview};
use result::{InjectedArtifact, Place, PreviewedArtifact};
use words::{tell, tell_kept, tell_left, tell_mixed, tell_unknown};

use crate::events;
use crate::exit::{Code, Failure};
use crate::progress::Progress;
use crate::render::Output;
use crate::settings::access::Access;
use crate::settings::places::parse;
use crate::settings::signing;
use crate::settings::{Chosen, Settings};
use crate::statements;
use crate::targets::{Given, artifacts};
use crate::usage::check_words;

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
    let together = !main.artifacts.is_empty() || !several;
    let artifacts = as_asked(settings, main, given)?;
    let access = Access::new(settings, &chosen);
    let environment = access.environment(chosen.registration(main.obtain.no_register));
    let told = |event: Event<'_>| tell_event(&event, &chosen, out);
    let mut embedder = settings.embedder(&environment);
    embedder.on_event = &told;
    embedder.options = options(main)?;
    let paths = artifacts.iter().map(|artifact| artifact.path.clone());
    let mut batch = Batch::new(paths, chosen.name.as_str(), together, out);
    let progress = Progress::new(artifacts.len());
    let watched = several && !out.is_quiet();
    let jobs = progress.during(watched, || plan_all(&embedder, artifacts, &mut batch))?;
    for job in &jobs {
        tell_mixed(&job.prepared, out);
    }
    if embedder.options.read_only {
        let code = show(settings, &chosen, &embedder, main, &jobs, &batch, out)?;
        return Ok(batch.code().unwrap_or(code));
    }
    let jobs = batch.keep(jobs, |job| job.index, |job| Ok(embedder.check_release(&job.prepared)?))?;
    let jobs = batch.keep(jobs, |job| job.index, |job| Ok(embedder.settle(&job.prepared.application)?))?;
    // A key is loaded only where an artifact needs one of its kind.
    let needed = |kind| jobs.iter().any(|job| job.prepared.planned.key_kind() == Some(kind));
    let schemes = signing::schemes(&main.signing)?;
    let keys = if needed(KeyKind::Android) { signing::load(&main.signing, out)? } else { None };
    let mut signing = Signing::default();
    if needed(KeyKind::Android) {
        signing.android = Some(keys.as_ref().map_or(AndroidSigning::Unsigned, |keys| {
            AndroidSigning::With(AndroidSigningRequest {
                signers: keys.signers(),
                schemes,
                min_sdk: main.signing.min_sdk,
                v4: main.signing.v4,
                allow_new_signer: main.signing.allow_new_signer,
            })
        }));
        embedder.check_pin(KeyKind::Android, &signing)?;
    }
    let apple = if needed(KeyKind::Apple) || main.signing.apple.is_given() {
        Some(signing::apple::load(&main.signing)?)
    } else {
        None
    };
    if let Some(apple) = &apple {
        signing.apple = Some(apple.signing(main.signing.allow_new_signer));
        embedder.check_pin(KeyKind::Apple, &signing)?;
    }
    for job in &jobs {
        tell_left(&job.prepared, out);
        if !needed(KeyKind::Android) && !needed(KeyKind::Apple) {
            tell_kept(&job.prepared, &main.signing, out);
        }
    }
    let stored = embedder.stored()?;
    let check = |job: &Job| Ok(embedder.check(&job.prepared, &signing, &stored)?);
    let jobs = batch.keep(jobs, |job| job.index, check)?;
    let mut credentials = Credentials::default();
    let obtain = |job: &Job| Ok(embedder.obtain_for(&job.prepared, &mut credentials)?);
    let mut jobs = batch.keep(jobs, |job| job.index, obtain)?;
    for job in &mut jobs {
        // What this run obtained is known now.
        embedder.meet(&mut job.prepared, &credentials)?;
        tell_unknown(&job.prepared, &chosen.name, out);
    }
    progress.during(watched, || {
        finish_all(&embedder, jobs, (&credentials, &signing, &stored), &mut batch, &progress, out)
    })?;
    Ok(batch.end(main.summary.as_deref()))
}

/// Artifacts as the command line asks for them: with output and receipt.
fn as_asked(settings: &Settings, main: &Main, given: Vec<Given>) -> Result<Vec<Artifact>, Failure> {
    let mut artifacts: Vec<Artifact> = given
        .into_iter()
        .map(|Given { input, app }| {
            let mut artifact = Artifact::new(input);
            artifact.app = main.app.clone().or(app);
            artifact.output.clone_from(&main.output);
            artifact
        })
        .collect();
    if main.dry_run || main.check {
        return Ok(artifacts);
    }
    let outputs: Vec<_> = artifacts.iter().map(Artifact::output).collect();
    let receipts = statements::receipts(settings, main.receipt.as_deref(), &outputs)?;
    for (artifact, receipt) in artifacts.iter_mut().zip(receipts.into_iter().flatten()) {
        artifact.receipt = Some(receipt);
    }
    Ok(artifacts)
}

/// What the command line asks for beside the artifacts.
fn options(main: &Main) -> Result<Options, Failure> {
    let mut options = Options::default();
    options.presets.clone_from(&main.preset);
    options.places = main.at.iter().map(|text| parse(text, main.create)).collect::<Result<_, _>>()?;
    (options.create, options.partial) = (main.create, main.partial);
    (options.refresh, options.offline) = (main.obtain.refresh, main.obtain.offline);
    options.keep_pairs = signing::kept_pairs(&main.signing)?;
    options.read_only = main.dry_run || main.check;
    options.gate = match main.gate {
        GateReach::Off => Reach::Off,
        GateReach::Changed => Reach::Changed,
        GateReach::Whole => Reach::Whole,
    };
    // Only a build that fixes the time has one in its receipts: the same build gives the same receipt.
    options.receipt_time = std::env::var_os("SOURCE_DATE_EPOCH").map(|_| unix_seconds());
    Ok(options)
}

/// Says what happens, and what a plan means that was made anew.
fn tell_event(event: &Event<'_>, chosen: &Chosen, out: Output) {
    events::tell(event, out);
    if let Event::Again(prepared) = event {
        tell_mixed(prepared, out);
        tell_left(prepared, out);
        tell_unknown(prepared, &chosen.name, out);
    }
}

/// Inspects and plans all of them.
fn plan_all(embedder: &Embedder<'_>, artifacts: Vec<Artifact>, batch: &mut Batch) -> Result<Vec<Job>, Failure> {
    let mut planned = Vec::new();
    embedder.plan_all(artifacts, |result| planned.push(result));
    let mut jobs = Vec::new();
    for (index, result) in planned.into_iter().enumerate() {
        if let Some(prepared) = batch.step(index, result.map_err(Failure::from))? {
            batch.belongs(index, &prepared.application.id);
            jobs.push(Job { index, prepared });
        }
    }
    Ok(jobs)
}

/// Carries out all of them, and says what each came to.
fn finish_all(
    embedder: &Embedder<'_>,
    jobs: Vec<Job>,
    (credentials, signing, stored): (&Credentials, &Signing<'_>, &[Stored]),
    batch: &mut Batch,
    progress: &Progress,
    out: Output,
) -> Result<(), Failure> {
    let several = batch.is_many();
    let (indices, all): (Vec<usize>, Vec<Prepared>) = jobs.into_iter().map(|job| (job.index, job.prepared)).unzip();
    let mut indices = indices.into_iter();
    let mut failure = None;
    embedder.finish_all(all, credentials, signing, stored, |(result, took)| {
        progress.step();
        let Some(index) = indices.next() else { return };
        match result {
            Ok(told) => {
                let what = if told.done.written { "injected" } else { "up to date" };
                tell(&told, &embedder.environment.name, several, out);
                batch.done(index, what, told.artifact.output(), took, InjectedArtifact::from(&told));
            }
            Err(error) if !several => failure = Some(Failure::from(error)),
            Err(error) => batch.failed(index, &error.into()),
        }
    });
    failure.map_or(Ok(()), Err)
}

/// `--dry-run` and `--check`: what would be done; nothing is written or registered.
fn show(
    settings: &Settings,
    chosen: &Chosen,
    embedder: &Embedder<'_>,
    main: &Main,
    jobs: &[Job],
    batch: &Batch,
    out: Output,
) -> Result<Code, Failure> {
    let stored = embedder.stored()?;
    let mut results = Vec::new();
    let mut changes = false;
    let remote = chosen.env.registry.is_remote();
    for job in jobs {
        let prepared = &job.prepared;
        let application = &prepared.application.id;
        let (credential, program) = match embedder.known(&prepared.application)? {
            Known::Unread(error) if main.check => return Err(error.into()),
            Known::Unread(error) => (None, Some(Failure::from(error))),
            Known::Credential(credential) => (Some(credential), None),
            Known::Unknown => (None, None),
        };
        embedder.check_secret(prepared, credential.as_ref())?;
        tell_left(prepared, out);
        let would = embedder.would_change(prepared, &stored, credential.as_ref())? || credential.is_none();
        tell_unknown(prepared, &chosen.name, out);
        changes |= would;
        if let Some(failure) = &program {
            out.warn(&format!("{}; it stays unknown here (--allow-exec)", failure.message()));
        }
        let path = job.path().display();
        let carries = prepared.planned.places().iter().any(|place| place.value.holds_credential());
        out.result(&match (&credential, would) {
            (None, _) if program.is_some() => {
                format!("{path}: the credential of [env.{}] would be read, then put here:", chosen.name)
            }
            (None, _) if remote => {
                let registry = settings.registry_identity(chosen)?;
                format!(
                    "{path}: the credential of {application} in {} would be asked of {registry}, then put here:",
                    chosen.name
                )
            }
            (None, _) => format!("{path}: {application} would be registered in {}, then put here:", chosen.name),
            (Some(credential), true) => {
                format!("{path}: client id {} of {} would be put here:", credential.id, chosen.name)
            }
            (Some(_), false) if carries => format!("{path}: carries {} already:", chosen.name),
            (Some(_), false) => format!("{path}: has these values of {} already:", chosen.name),
        });
        let given = prepared.given();
        for place in &given {
            let made = if place.missing { " (new)" } else { "" };
            let whose = place.other_main.as_ref().map(|main| format!(" (of {main})")).unwrap_or_default();
            out.result(&format!("  {} = {} in {}{made}{whose}", place.address, place.value, place.entry));
        }
        results.push(PreviewedArtifact {
            artifact: job.path().to_string_lossy().into_owned(),
            application: application.clone(),
            client_id: credential.as_ref().map(|credential| credential.id.as_str().to_owned()),
            would_change: would,
            places: given.iter().map(Place::from).collect(),
        });
    }
    out.json(&Preview { environment: chosen.name.as_str().to_owned(), artifacts: results, failed: batch.failures() });
    Ok(if main.check && changes { Code::Changes } else { Code::Done })
}
