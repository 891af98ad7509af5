//! `inject credential key`: where the key of the stores is kept, and moving it into the platform's keyring and back.
//!
//! Must not: read, let alone print, the key itself.

use inject::credentials::Keeping;
use inject::credentials::keeping::{self, KeepingError};
use inject::system::keyring::{KEYRING, KeyringError};
use serde::Serialize;

use crate::exit::{Code, Failure};
use crate::render::Output;
use crate::results::Outcome;
use crate::settings::Settings;
use crate::settings::source::Source;
use crate::variables::{self, variable};

/// Where the key of the stores is.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StoreKey {
    kept: KeyPlace,
    /// The file that holds the key, or says in which entry it is.
    file: String,
    /// The keyring's entry.
    entry: Option<String>,
    /// Whether it was moved.
    changed: bool,
}

impl Outcome for StoreKey {
    const COMMAND: &'static str = "credential key";
}

/// What keeps the key of the stores.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum KeyPlace {
    /// Nothing yet; it is made with the first credential.
    None,
    /// `INJECT_STORE_KEY`.
    Given,
    /// A file.
    File,
    /// The platform's keyring.
    Keyring,
}

/// Runs it.
pub fn run(settings: &Settings, to: Option<&str>, out: Output) -> Result<Code, Failure> {
    let home = &settings.home;
    let changed = match to.map(parse).transpose()? {
        None => false,
        Some(to) => moved(settings, &to, out)?,
    };
    let file = home.key_file();
    let keeping = home.keeping()?;
    let (kept, entry) = match &keeping {
        None => (KeyPlace::None, None),
        Some(Keeping::Given) => (KeyPlace::Given, None),
        Some(Keeping::File) => (KeyPlace::File, None),
        Some(Keeping::Keyring(name)) => (KeyPlace::Keyring, Some(name.clone())),
    };
    out.json(&StoreKey { kept, file: file.to_string_lossy().into_owned(), entry, changed });
    out.result(&match &keeping {
        None => "none yet; it is made with the first credential".to_owned(),
        Some(Keeping::Given) => format!("given by {}", variables::STORE_KEY),
        Some(Keeping::File) => format!("file {}", file.display()),
        Some(Keeping::Keyring(name)) => format!("keyring:{name} in {KEYRING}"),
    });
    Ok(Code::Done)
}

/// Where to.
fn parse(text: &str) -> Result<Keeping, Failure> {
    if text == "file" {
        return Ok(Keeping::File);
    }
    match Source::of_reference(text) {
        Some(Source::Keyring(name)) => Ok(Keeping::Keyring(name)),
        // What stands there may be the key itself: it is not repeated.
        None
        | Some(
            Source::Env(_) | Source::File(_) | Source::Exec(_) | Source::NotRun(_) | Source::Stdin | Source::Prompt,
        ) => Err(Failure::usage("--to takes keyring:NAME or file").remedy("inject credential key --to keyring:store")),
    }
}

fn moved(settings: &Settings, to: &Keeping, out: Output) -> Result<bool, Failure> {
    let kept = keeping::keep(&settings.home, to).map_err(failure)?;
    if let Some((entry, error)) = &kept.left {
        out.warn(&format!("the key is in the keyring's entry {entry:?} still, and not needed there any more: {error}"));
    }
    if !kept.changed {
        out.note("the key is there already");
        return Ok(false);
    }
    let what = if kept.made { "a new key" } else { "the key" };
    let folder = settings.home.folder.display();
    match to {
        Keeping::Keyring(name) => {
            out.done(&format!("{what} of {folder} is in {KEYRING}, as {name:?}; the file key there says so"));
            out.note("who loses the entry loses the secrets; keep a backup: inject credential export");
        }
        Keeping::Given | Keeping::File => out.done(&format!("{what} of {folder} is in the file key there")),
    }
    if variable(variables::STORE_KEY).is_some() {
        out.note(&format!(
            "{} is not needed for it any more, and comes before it while it is set",
            variables::STORE_KEY
        ));
    }
    Ok(true)
}

fn failure(error: KeepingError) -> Failure {
    match error {
        KeepingError::Database(error) => error.into(),
        KeepingError::Keyring(KeyringError::Taken) => Failure::of(Code::Conflict, error)
            .remedy("name another entry; this one may hold the key of another folder of stores"),
        KeepingError::Keyring(_) => Failure::of(Code::Registry, error)
            .remedy("where no keyring can be asked, as in CI: keep the file, or set INJECT_STORE_KEY=env:NAME"),
        KeepingError::Another { .. } => Failure::of(Code::Conflict, error)
            .remedy(format!("without {} the key that is kept there is taken", variables::STORE_KEY)),
        KeepingError::Raced { .. } => Failure::of(Code::Registry, error).remedy("run it again"),
        KeepingError::NoPlace => Failure::of(Code::Usage, error),
        _ => Failure::undecided(error),
    }
}
