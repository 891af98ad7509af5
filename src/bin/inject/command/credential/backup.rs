//! `inject credential export | import`: a backup of the store, sealed with a passphrase.
//!
//! Must not: write a credential that is not sealed, or over a file.

use std::path::Path;

use inject::credentials::backup::BackupError;
use inject::credentials::{Store, backup};
use inject::system::{Replacement, files};
use serde::Serialize;

use crate::exit::{Code, Failure};
use crate::render::Output;
use crate::results::Outcome;
use crate::settings::Settings;
use crate::settings::source::Source;

/// A backup was written.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Exported {
    /// The file.
    file: String,
    /// How many credentials are in it.
    exported: usize,
}

impl Outcome for Exported {
    const COMMAND: &'static str = "credential export";
}

/// A backup was taken into the store.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Imported {
    /// The file.
    file: String,
    /// How many credentials were taken.
    imported: usize,
}

impl Outcome for Imported {
    const COMMAND: &'static str = "credential import";
}

/// Writes one.
pub fn export(settings: &Settings, file: &Path, pass: &str, out: Output) -> Result<Code, Failure> {
    let passphrase = Source::parse("--pass", pass)?.read("passphrase")?;
    if file.symlink_metadata().is_ok() {
        let what = format!("{} exists already; a backup is written over nothing", file.display());
        return Err(Failure::usage(what).remedy("name another file"));
    }
    let Some(mut store) = Store::open_existing(&settings.home)? else {
        return Err(Failure::new(Code::Registry, format!("no store in {}", settings.home.folder.display())));
    };
    let (text, count) = backup::export(&mut store, &passphrase).map_err(failure)?;
    crate::events::tell_open(&store.intents()?, out);
    let write = || {
        let mut new = Replacement::start(file)?;
        new.write_all(text.as_bytes())?;
        new.commit(None)
    };
    write().map_err(|e| Failure::of(Code::Registry, e))?;
    out.done(&format!("{}: {count} credentials, sealed; whoever has file and passphrase has them", file.display()));
    out.json(&Exported { file: file.to_string_lossy().into_owned(), exported: count });
    Ok(Code::Done)
}

/// Takes one.
pub fn import(settings: &Settings, file: &Path, pass: &str, replace: bool, out: Output) -> Result<Code, Failure> {
    let passphrase = Source::parse("--pass", pass)?.read("passphrase")?;
    let text = files::read_given_text(file, backup::LIMIT).map_err(|e| Failure::of(Code::Usage, e))?;
    let mut store = Store::open(&settings.home)?;
    let taken = backup::import(&mut store, &text, &passphrase, replace)
        .map_err(|error| failure(error).during(file.display().to_string()))?;
    out.done(&format!("{}: {taken} credentials taken into the store", file.display()));
    out.json(&Imported { file: file.to_string_lossy().into_owned(), imported: taken });
    Ok(Code::Done)
}

fn failure(error: BackupError) -> Failure {
    match error {
        BackupError::Conflict(_) => Failure::of(Code::Conflict, error).remedy("the backup is right: --replace"),
        BackupError::Short => Failure::of(Code::Usage, error).remedy("a few random words are a good one"),
        BackupError::Form(_) | BackupError::Sealed => Failure::of(Code::Usage, error),
        BackupError::Store(_) | BackupError::Random(_) => Failure::of(Code::Registry, error),
        _ => Failure::undecided(error),
    }
}
