//! `inject init`: writes `inject.toml` for the project it stands in.
//!
//! Must not: overwrite a configuration that nobody said to overwrite, or ask for one.

pub mod args;
mod draft;

use std::path::{Path, PathBuf};

use inject::credentials::EnvironmentName;
use inject::registry::{Genexus, GenexusConfig};
use inject::survey;
use inject::survey::{App, Id, LOOKED_FOR, Project};
use inject::system::Replacement;
use inject::system::files::{self, tidy};
use serde::Serialize;

use crate::exit::{Code, Failure};
use crate::render::Output;
use crate::results::Outcome;
use crate::settings::config::Config;
use args::Init;
use draft::ModelEnv;

/// Characters of a folder's name that make the name of an environment, which has at most 64.
const NAME: usize = 50;

/// A configuration, as the project asks for it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Drafted {
    /// The configuration's path.
    config: String,
    /// False with `--dry-run`.
    written: bool,
    applications: Vec<FoundApp>,
    /// What was recognized, for people.
    frameworks: Vec<String>,
    /// What could not be read or is not known, for people.
    remarks: Vec<String>,
    /// The configuration.
    text: String,
}

impl Outcome for Drafted {
    const COMMAND: &'static str = "init";
}

/// An application that the project builds.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct FoundApp {
    /// Package or bundle id, or the name that serves; null: not known.
    application: Option<String>,
    /// Why the id is not known.
    unknown: Option<String>,
    /// The name it is registered with, where it has one.
    name: Option<String>,
    /// Where that is written, for people.
    sources: Vec<String>,
    /// Globs, from the project's folder.
    artifacts: Vec<String>,
    /// Presets that the project shows.
    presets: Vec<String>,
}

/// Runs it.
pub fn run(asked: &Init, out: Output) -> Result<Code, Failure> {
    let folder = asked.folder.as_path();
    let here = folder == Path::new(".");
    let path = if here { PathBuf::from("inject.toml") } else { folder.join("inject.toml") };
    if !asked.dry_run {
        // Of a run that was killed; one that refuses takes it away too.
        tidy(&path);
    }
    let exists = std::fs::symlink_metadata(&path).is_ok();
    if exists && !asked.force && !asked.dry_run {
        return Err(Failure::usage(format!("{} is there already", path.display()))
            .remedy("see what would be written: inject init --dry-run")
            .remedy("replace it: --force")
            .remedy("add an environment to it: inject env add NAME"));
    }
    let project = survey::survey(folder).map_err(|e| Failure::of(Code::Usage, e))?;
    for remark in &project.remarks {
        out.note(remark);
    }
    if project.apps.is_empty() {
        return Err(nothing(folder, &project));
    }
    let envs = model_envs(folder, &project);
    let text = draft::text(&project, &envs);
    // What is written must be what the next run reads.
    let config = Config::parse(path.clone(), &text).map_err(|e| e.failure(Code::Internal))?;
    if asked.dry_run {
        out.file(&text);
    } else {
        write(&path, &text, asked.force)?;
        tell(&project, &config, out);
    }
    out.json(&Drafted {
        config: path.to_string_lossy().into_owned(),
        written: !asked.dry_run,
        applications: project.apps.iter().map(FoundApp::from).collect(),
        frameworks: project.frameworks.iter().map(ToString::to_string).collect(),
        remarks: project.remarks.iter().map(ToString::to_string).collect(),
        text,
    });
    Ok(Code::Done)
}

/// An environment for each model folder, named after it.
fn model_envs(folder: &Path, project: &Project) -> Vec<ModelEnv> {
    let mut envs: Vec<ModelEnv> = Vec::new();
    for model in &project.models {
        let path = folder.join(model);
        let path = files::resolved(&path).unwrap_or(path);
        let base = name_of(&path);
        let taken = |name: &str| envs.iter().any(|env| env.name == name);
        let numbered = (2..).map(|number| format!("{base}-{number}"));
        let Some(name) = std::iter::once(base.clone()).chain(numbered).find(|name| !taken(name)) else { continue };
        let Ok(environment) = EnvironmentName::parse(&name) else { continue };
        let config = GenexusConfig { called: model.clone(), model: path, environment, program: None };
        let holding = Genexus::new(config).holding().ok();
        let has_secrets = holding.map(|holding| holding.applications.iter().all(|(_, _, has_secret)| *has_secret));
        envs.push(ModelEnv { name, model: model.clone(), has_secrets });
    }
    envs
}

/// The name of a folder, as one of an environment that needs no quotes; with room for a number behind it.
fn name_of(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).take(NAME).collect();
    let name = name.trim_matches(['-', '_']);
    if name.is_empty() { "genexus".to_owned() } else { name.to_owned() }
}

/// Nothing was found: what was looked for.
fn nothing(folder: &Path, project: &Project) -> Failure {
    let shown = files::resolved(folder).unwrap_or_else(|_| folder.to_owned());
    let message = format!("no application was found in {}; looked for, there and in folders below:", shown.display());
    let mut failure = Failure::usage(message);
    for (file, what) in LOOKED_FOR {
        failure = failure.detail(format!("  {file}: {what}"));
    }
    if !project.frameworks.is_empty() {
        failure = failure.detail(format!("seen, but no application in it: {}", project.frameworks.join(", ")));
    }
    failure
        .remedy("name the folder of the project: inject init DIR")
        .remedy("without a project: inject env add dev begins an inject.toml")
        .remedy("or use none: inject app.apk --env dev works without it")
}

fn write(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let write = || {
        let mut file = Replacement::start(path)?;
        file.write_all(text.as_bytes())?;
        if force { file.commit_as_before().map(|()| true) } else { file.commit_new() }
    };
    // Somebody else may have made it meanwhile.
    if write().map_err(|e| Failure::of(Code::Usage, e))? {
        return Ok(());
    }
    Err(Failure::usage(format!("{} is there already", path.display())).remedy("replace it: --force"))
}

fn tell(project: &Project, config: &Config, out: Output) {
    let count = config.apps.len();
    let plural = if count == 1 { "" } else { "s" };
    let names: Vec<&str> = config.envs.keys().map(EnvironmentName::as_str).collect();
    let names = match names.as_slice() {
        [name] => format!("environment {name}"),
        [names @ .., last] => format!("environments {} and {last}", names.join(", ")),
        [] => "no environment".to_owned(),
    };
    out.done(&format!("{}: {count} application{plural}, {names}", config.path.display()));
    for app in &project.apps {
        match &app.id {
            Id::Known(id) => out.note(&format!("{id}: {}", app.sources.join("; "))),
            Id::Chosen { id, why } => out.note(&format!("{id}: {}; {why}", app.sources.join("; "))),
            Id::Unknown(why) => out.warn(&format!("{why}; its lines are comments until you fill them in")),
        }
    }
    let env = config.default_env.as_ref().map_or("NAME", EnvironmentName::as_str);
    out.note(&format!("read it, then: inject env use {env}, inject doctor, inject hook KIND"));
    out.note("the store's key can be kept in the keyring: inject credential key --to keyring:store");
}

impl From<&App> for FoundApp {
    fn from(app: &App) -> Self {
        Self {
            application: app.id.text().map(str::to_owned),
            unknown: if let Id::Unknown(why) = &app.id { Some(why.clone()) } else { None },
            name: app.name.clone(),
            sources: app.sources.iter().map(ToString::to_string).collect(),
            artifacts: app.artifacts.clone(),
            presets: app.marks.iter().map(|mark| mark.preset.to_string()).collect(),
        }
    }
}
