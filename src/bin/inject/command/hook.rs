//! `inject hook KIND`: prints the files of an integration, or writes them where they go.
//!
//! Must not: replace a file that is different, without being told to.

pub mod args;

use std::path::{Path, PathBuf};

use inject::system::Replacement;
use inject::system::files;
use inject::system::git;
use serde::Serialize;

use crate::exit::{Code, Failure};
use crate::hooks::{self, HookFile, MARK, Place, names_environment};
use crate::render::Output;
use crate::results::Outcome;
use crate::settings::Settings;
use args::{Hook, HookKind};

/// The files of an integration.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Files {
    files: Vec<IntegrationFile>,
}

impl Outcome for Files {
    const COMMAND: &'static str = "hook";
}

/// A file of an integration.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct IntegrationFile {
    /// Where it goes.
    path: String,
    /// What it holds; null with `--write`.
    content: Option<String>,
    /// Whether it was written, because it was not there or different; false without `--write`.
    written: bool,
}

/// Runs it. `env` is what `--env` says.
pub fn run(settings: &Settings, hook: &Hook, env: Option<&str>, out: Output) -> Result<Code, Failure> {
    let env = match (env, names_environment(hook.kind)) {
        (None, false) => None,
        // It must be one of inject.toml.
        (Some(_), true) => Some(settings.environment()?.name),
        (None, true) => {
            return Err(Failure::usage("which environment does this pipeline build for?").remedy("name it: --env NAME"));
        }
        (Some(_), false) => {
            return Err(Failure::usage("--env: this hook follows the environment at each build")
                .remedy("choose one with inject env use NAME, or with the variable INJECT_ENV where the build runs"));
        }
    };
    let files = hooks::files(hook, settings.config.is_some(), env.as_ref())?;
    let files = files.into_iter().map(|file| Ok((place(settings, &file)?, file)));
    let files: Vec<(PathBuf, HookFile)> = files.collect::<Result<_, Failure>>()?;
    if !hook.write {
        print(&files, out);
        return Ok(Code::Done);
    }
    // All of them are looked at before the first one is written.
    let states = files.iter().map(|(path, file)| state(path, file)).collect::<Result<Vec<_>, Failure>>()?;
    if !hook.force {
        let mut taken = files.iter().zip(&states);
        if let Some(((path, file), State::Different { ours })) =
            taken.find(|(_, state)| matches!(state, State::Different { .. }))
        {
            return Err(refusal(path, file, *ours, hook.kind));
        }
    }
    let mut written = Vec::new();
    for ((path, file), state) in files.iter().zip(&states) {
        let changed = *state != State::Same;
        if changed {
            write(path, file)?;
            out.done(&format!("wrote {}", path.display()));
        } else {
            out.done(&format!("{} is up to date", path.display()));
        }
        written.push(IntegrationFile { path: path.to_string_lossy().into_owned(), content: None, written: changed });
    }
    out.json(&Files { files: written });
    Ok(Code::Done)
}

fn place(settings: &Settings, file: &HookFile) -> Result<PathBuf, Failure> {
    match file.place {
        Place::Project(name) => Ok(settings.checkout.join(name)),
        Place::Repository(name) => Ok(settings.repository().join(name)),
        Place::Git(name) => {
            let folder = git::hooks(&settings.checkout).map_err(|e| {
                Failure::of(Code::Usage, e).remedy("run it inside of a git repository: this hook belongs to one")
            })?;
            Ok(folder.join(name))
        }
    }
}

/// Each file as it would be written; several with a line between them.
fn print(files: &[(PathBuf, HookFile)], out: Output) {
    let shown = |(path, file): &(PathBuf, HookFile)| IntegrationFile {
        path: path.to_string_lossy().into_owned(),
        content: Some(file.text.clone()),
        written: false,
    };
    out.json(&Files { files: files.iter().map(shown).collect() });
    for (path, file) in files {
        if files.len() > 1 {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            out.result(&format!("# ---------- {name} ----------"));
        }
        out.file(&file.text);
    }
}

/// What is there already.
#[derive(Debug, PartialEq, Eq)]
enum State {
    Missing,
    Same,
    /// Another content; `ours` where this program wrote it once.
    Different {
        ours: bool,
    },
}

fn state(path: &Path, file: &HookFile) -> Result<State, Failure> {
    match files::read_if_there(path, files::TEXT_FILE_BYTES).map_err(|e| Failure::of(Code::Usage, e))? {
        Some(there) if *there == file.text.as_bytes() => Ok(State::Same),
        Some(there) => Ok(State::Different { ours: String::from_utf8_lossy(&there).contains(MARK) }),
        None => Ok(State::Missing),
    }
}

fn refusal(path: &Path, file: &HookFile, ours: bool, kind: HookKind) -> Failure {
    let path = path.display();
    let what = if ours {
        format!("{path} was written by inject hook, and is different now: edited, or of another version")
    } else {
        format!("{path} is somebody else's")
    };
    let failure = Failure::usage(format!("{what}; it stays as it is")).remedy("replace it: --write --force");
    match (kind, file.text.trim_end().lines().last()) {
        (HookKind::PreCommit, Some(line)) if !ours => {
            let line = line.trim_start_matches("exec ");
            failure.remedy(format!("or add this line to it, before an exec or exit: {line} || exit"))
        }
        _ => failure.remedy("or print this one, and take from it what you need: without --write"),
    }
}

fn write(path: &Path, file: &HookFile) -> Result<(), Failure> {
    let write = || {
        let mut new = Replacement::start(path)?;
        new.write_all(file.text.as_bytes())?;
        new.publish(file.program)?;
        new.commit(None)
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|e| Failure::new(Code::Usage, format!("cannot make {}: {e}", folder.display())))?;
    }
    write().map_err(|e| Failure::of(Code::Usage, e))
}
