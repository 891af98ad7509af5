//! Receipts and verdicts: what is asked for, written, and checked.
//!
//! Must not: put a secret into one.

use std::path::{Path, PathBuf};

use inject::credential::Credential;
use inject::credential::ledger::moment;
use inject::credential::registry::Application;
use inject::credential::store::Store;
use inject::host::clock;
use inject::host::replacement::Replacement;
use inject::pipeline::receipt::{self, Carries, ReceiptError};
use inject::verify::Report;
use serde_json::Value;

use crate::exit::{Code, Failure};
use crate::settings::config::RegistryRef;
use crate::settings::{Chosen, Settings};

/// What an artifact carries, as a receipt says it.
pub fn carries(
    settings: &Settings,
    chosen: &Chosen,
    application: &Application,
    credential: &Credential,
) -> Result<Carries, Failure> {
    let store = Store::open_existing(&settings.home)?;
    let fingerprint = |secret| store.as_ref().map(|store| store.fingerprint(secret).as_str().to_owned());
    Ok(Carries {
        application: application.id.clone(),
        environment: chosen.name.as_str().to_owned(),
        client_id: credential.id.as_str().to_owned(),
        secret_fingerprint: credential.secret.as_ref().and_then(fingerprint),
    })
}

/// Where the receipt of an output goes: the file that is named, or a file of its own where that is a folder.
pub fn path(asked: &Path, output: &Path, several: bool) -> Result<PathBuf, Failure> {
    if asked.is_dir() {
        let name = output.file_name().unwrap_or_default().to_string_lossy();
        return Ok(asked.join(format!("{name}.receipt.json")));
    }
    if several {
        return Err(Failure::usage(format!("--receipt {}: several artifacts, and no folder", asked.display()))
            .remedy("give a folder that is there: each receipt gets a file in it"));
    }
    Ok(asked.to_owned())
}

/// Writes what was done to an artifact.
pub fn write_receipt(
    settings: &Settings,
    chosen: &Chosen,
    output: &Path,
    (to, input): (&Path, String),
    (carries, places): (Carries, Vec<(String, String)>),
    report: &Report,
) -> Result<(), Failure> {
    // Who is not asked need not be reached: what a server may do at least is known by its kind.
    let class = if matches!(chosen.env.registry, RegistryRef::Oauth { .. }) { "C" } else { "A" };
    let registry = settings.registry_identity(chosen)?.to_string();
    // Only a build that fixes the time has one: the same build gives the same receipt.
    let time = std::env::var_os("SOURCE_DATE_EPOCH").map(|_| moment(clock::unix_seconds()));
    let done = receipt::Done { input, carries, places, registry, class, report, time };
    write(to, &receipt::receipt(output, &receipt::digest(output)?, &done))
}

/// Writes the verdict on an artifact that is sound.
pub fn write_verdict(to: &Path, artifact: &Path, chosen: &Chosen) -> Result<(), Failure> {
    let time = moment(clock::unix_seconds());
    write(to, &receipt::verdict(artifact, &receipt::digest(artifact)?, chosen.name.as_str(), &time))
}

fn write(to: &Path, value: &Value) -> Result<(), Failure> {
    let text = format!("{value:#}\n");
    let written = Replacement::start(to).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.commit(None)
    });
    written.map(drop).map_err(|error| Failure::of(Code::Artifact, error))
}

impl From<ReceiptError> for Failure {
    fn from(error: ReceiptError) -> Self {
        match error {
            ReceiptError::Folder(_) => Self::of(Code::Usage, error),
            _ => Self::of(Code::Artifact, error),
        }
    }
}
