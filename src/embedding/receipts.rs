//! The receipt of an artifact: begun before it is written, so that a place that takes no file is known then, and what is said of
//! the input is read before that is replaced.
//!
//! Must not: put a secret into one.

use std::path::{Path, PathBuf};

use super::embedder::Embedder;
use super::error::EmbedError;
use crate::credential::Credential;
use crate::credential::registry::{Application, Capability};
use crate::credential::store::Store;
use crate::format::calendar::Civil;
use crate::host::sink::Sink;
use crate::pipeline::digest::Digest;
use crate::pipeline::receipt::{self, Carries};
use crate::pipeline::{Done, Input, PlannedPlace};
use crate::verify::Report;

/// A receipt, begun.
pub(super) struct Begun {
    to: PathBuf,
    file: Sink,
    input: Digest,
    carries: Carries,
    places: Vec<(String, String)>,
    registry: Option<(String, &'static str)>,
    time: Option<String>,
}

impl Embedder<'_> {
    /// What an artifact with this credential carries, as a receipt says it.
    pub fn carries(&self, application: &Application, credential: &Credential) -> Result<Carries, EmbedError> {
        let store = Store::open_existing(self.home)?;
        let fingerprint = |secret| store.as_ref().map(|store| store.fingerprint(secret).as_str().to_owned());
        Ok(Carries {
            application: application.id.clone(),
            environment: self.environment.name.as_str().to_owned(),
            client_id: credential.id.as_str().to_owned(),
            secret_fingerprint: credential.secret.as_ref().and_then(fingerprint),
        })
    }

    /// Begins the receipt of what is made of `input`.
    pub(super) fn begin_receipt(
        &self,
        input: &Input,
        application: &Application,
        credential: &Credential,
        places: &[PlannedPlace],
        to: &Path,
    ) -> Result<Begun, EmbedError> {
        let registry = if self.source().is_given() {
            None
        } else {
            // Who is not asked need not be reached: what a server may do at least is known by its kind.
            let class = self.source().capability()?.map_or("", Capability::letter);
            Some((self.identity()?.0, class))
        };
        Ok(Begun {
            file: Sink::start(to)?,
            to: to.to_owned(),
            input: input.digest()?,
            carries: self.carries(application, credential)?,
            places: places.iter().map(|place| (place.address.to_string(), place.entry.clone())).collect(),
            registry,
            time: self.options.receipt_time.map(|at| Civil::of(at).rfc3339()),
        })
    }
}

impl Begun {
    /// Writes it, and says where. Of an artifact that was up to date, the receipt of how it came to be stays.
    pub(super) fn finish(self, output: &Input, done: &Done) -> Result<PathBuf, EmbedError> {
        let Self { to, file, input, carries, places, registry, time } = self;
        if !done.written && to.is_file() {
            let mut said = Report::default();
            if receipt::check(&mut said, &to, output, &carries).is_ok() && said.is_sound() {
                return Ok(to);
            }
        }
        let done = receipt::Done { input, carries, places, registry, report: &done.report, time };
        let text = format!("{:#}\n", receipt::receipt(&output.path, &output.digest()?, &done));
        file.finish(&text)?;
        Ok(to)
    }
}
