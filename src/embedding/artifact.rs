//! The steps of the main job, for one artifact.
//!
//! Must not: decide for others in the same run.

use std::collections::BTreeMap;
use std::path::Path;

use super::credential::Credentials;
use super::embedder::Embedder;
use super::environment::{Environment, Given};
use super::error::{EmbedError, PinError};
use super::event::Event;
use super::owner::Owner;
use super::places::{Gathered, PlacesError, as_placed, gather};
use super::prepared::{Artifact, Embedded, Prepared, other_mains};
use crate::credential::obtain::Needs;
use crate::credential::registry::Application;
use crate::credential::store::{Store, Stored};
use crate::credential::{ClientSecret, Credential, EnvironmentName};
use crate::host::sink::Sink;
use crate::pipeline::job::{Inspected, JobError, pending, repair};
use crate::pipeline::signing::{AndroidSigning, AppleSigning, KeyKind, Signing};
use crate::pipeline::{Fault, Gate, PlannedPlace};
use crate::placement::preset::Preset;
use crate::placement::template::{OtherMain, Values};
use crate::sign::Identity;
use crate::verify::{Signer, certificate_sha256};

/// How often an artifact is begun anew that something else has changed meanwhile: each of eight builds at once may come first
/// once.
const TRIES: usize = 8;

impl Embedder<'_> {
    /// Inspects an artifact, finds its application and its places, and plans. Nothing is obtained, and nothing is written but what
    /// finishes a run that was killed.
    pub fn plan(&self, artifact: Artifact) -> Result<Prepared, EmbedError> {
        let path = artifact.path.clone();
        self.planned(artifact).map_err(|error| error.about(&path))
    }

    fn planned(&self, artifact: Artifact) -> Result<Prepared, EmbedError> {
        let path = &artifact.path;
        // A run that was cut off may have left something where it wrote, too.
        let folders = || std::iter::once(path).chain(artifact.output.as_ref());
        for folder in folders().filter(|_| !self.options.read_only) {
            if let Some(said) = repair(folder)? {
                self.tell(Event::Repaired(&said));
            }
        }
        let mut inspected = Inspected::of(&artifact.input())?;
        inspected.keep_pairs(self.options.keep_pairs.clone());
        for folder in folders().filter(|_| self.options.read_only) {
            if let Some(said) = pending(folder)? {
                self.tell(Event::Pending(&said));
            }
        }
        let owner = self.owner(&mut inspected, artifact.app.as_deref())?;
        let places = self.gather(&inspected, &owner)?;
        places.gone.iter().for_each(|place| self.tell(Event::TextGone(path, place)));
        let others = places.of_other_kinds(&inspected);
        if !others.is_empty() {
            self.tell(Event::OtherKind(path, &others));
        }
        let mains = inspected.mains()?.clone();
        let planned = inspected.plan(&places.places, &places.presets.join(", "));
        let planned = planned.map_err(|error| self.explained(error, &owner.application, &places))?;
        let application = owner.application;
        let neighbors = self.neighbors(&mains, &planned.other_mains(), |_| None)?;
        let (needs_secret, by_hand) = (places.needs_secret, places.presets.is_empty());
        Ok(Prepared { artifact, application, planned, neighbors, mains, needs_secret, by_hand })
    }

    /// The places that an artifact gets.
    pub fn gather(&self, inspected: &Inspected, owner: &Owner<'_>) -> Result<Gathered, EmbedError> {
        let values = &self.environment.values;
        let fits = |preset: &Preset| inspected.has_one_of(&preset.fits);
        let mut gathered = gather(self.presets, owner.app, values, &self.options, fits)?;
        if gathered.places.iter().any(|place| place.at.is_text()) {
            let credentials = self.credentials_of(&owner.application)?;
            let application = owner.application.id.as_str();
            // Of other environments the credential alone is known, and no value of their own.
            let none = BTreeMap::new();
            let known = credentials.iter().map(|(environment, Credential { id, secret })| Values {
                client_id: id.as_str(),
                client_secret: secret.as_ref().map(ClientSecret::expose),
                environment: environment.as_str(),
                application,
                other: if *environment == self.environment.name { values } else { &none },
                mains: &[],
            });
            let known: Vec<Values<'_>> = known.collect();
            let mut places = Vec::new();
            for place in &gathered.places {
                let there = as_placed(place, &known, inspected).map_err(PlacesError::Job)?;
                gathered.gone.extend(there.iter().any(|there| there.at != place.at).then(|| place.clone()));
                places.extend(there);
            }
            gathered.places = places;
        }
        Ok(gathered)
    }

    /// The credentials that are known of an application without asking anybody, in whatever environment.
    fn credentials_of(&self, application: &Application) -> Result<Vec<(EnvironmentName, Credential)>, EmbedError> {
        let store = Store::open_existing(self.home)?;
        let stored = store.as_ref().map(Store::list).transpose()?.unwrap_or_default();
        let own = stored.into_iter().filter(|stored| stored.key.application == application.id);
        let mut known: Vec<(EnvironmentName, Credential)> =
            own.map(|stored| (stored.key.environment, Credential { id: stored.id, secret: stored.secret })).collect();
        let given = match self.source().given()? {
            Some(Given::Known(credential, _)) => Some(credential),
            Some(Given::Unread(id, _)) => id.map(|id| Credential { id, secret: None }),
            None => None,
        };
        known.extend(given.map(|credential| (self.environment.name.clone(), credential)));
        Ok(known)
    }

    fn explained(&self, error: JobError, application: &Application, places: &Gathered) -> EmbedError {
        if matches!(error.fault(), Fault::WhichMain) {
            return EmbedError::NoSuchMain { error, name: application.name.clone() };
        }
        match error.missing_place() {
            Some(missing) => {
                let hint = places.hint(missing).map(str::to_owned).or_else(|| places.lost(missing));
                EmbedError::NoPlace { error, hint, create: self.options.create }
            }
            None => error.into(),
        }
    }

    /// What templates stand for in an artifact.
    pub fn values<'v>(
        &'v self,
        application: &'v Application,
        credential: &'v Credential,
        mains: &'v [OtherMain<'v>],
    ) -> Values<'v> {
        Values {
            client_id: credential.id.as_str(),
            client_secret: credential.secret.as_ref().map(ClientSecret::expose),
            ..self.stand_ins(application, mains)
        }
    }

    /// The same where the credential is not known yet.
    fn stand_ins<'v>(&'v self, application: &'v Application, mains: &'v [OtherMain<'v>]) -> Values<'v> {
        let Environment { name, values, .. } = self.environment;
        Values {
            client_id: "client_id",
            client_secret: Some("client_secret"),
            environment: name.as_str(),
            application: &application.id,
            other: values,
            mains,
        }
    }

    /// A release environment takes release builds alone.
    pub fn check_release(&self, prepared: &Prepared) -> Result<(), EmbedError> {
        let Environment { name, release, .. } = self.environment;
        match prepared.planned.release_faults().first().filter(|_| *release) {
            None => Ok(()),
            Some(fault) => {
                Err(EmbedError::NotRelease { what: fault.what, environment: name.clone() }
                    .about(&prepared.artifact.path))
            }
        }
    }

    /// The keys for these kinds must be the one that the environment pins.
    pub fn check_pin(&self, kind: KeyKind, signing: &Signing<'_>) -> Result<(), PinError> {
        let Environment { name, signer: Some(pin), .. } = self.environment else { return Ok(()) };
        let identity: &Identity = match kind {
            KeyKind::Android => match &signing.android {
                Some(AndroidSigning::With(request)) => request.signers.current,
                Some(AndroidSigning::Unsigned) | None => return Err(PinError::Unsigned(name.clone())),
            },
            KeyKind::Apple => match &signing.apple {
                Some(AppleSigning::With(request)) => request.identity,
                Some(AppleSigning::AdHoc | AppleSigning::Unsigned) | None => {
                    return Err(PinError::None(name.clone()));
                }
            },
        };
        let given = certificate_sha256(identity.certificate().raw());
        if given == *pin {
            return Ok(());
        }
        Err(PinError::Other { environment: name.clone(), pinned: pin.clone(), given })
    }

    /// Signatures that stay must be by the signer that the environment pins.
    fn check_kept(&self, prepared: &Prepared) -> Result<(), PinError> {
        let Environment { name, signer: Some(pin), .. } = self.environment else { return Ok(()) };
        let Some(signers) = prepared.planned.kept_signers() else { return Ok(()) };
        let found: Vec<String> = signers.iter().map(Signer::sha256_hex).collect();
        if found.as_slice() == [pin.clone()] {
            return Ok(());
        }
        Err(PinError::Kept { environment: name.clone(), pinned: pin.clone(), found: found.join(", ") })
    }

    /// What can be known to fail before anything is obtained. `stored`: what the store holds.
    pub fn check(&self, prepared: &Prepared, signing: &Signing<'_>, stored: &[Stored]) -> Result<(), EmbedError> {
        let about = |error: EmbedError| error.about(&prepared.artifact.path);
        prepared.planned.check(signing).map_err(|error| about(error.into()))?;
        self.check_kept(prepared).map_err(|error| about(error.into()))?;
        // An application that is new stays for good, so a folder that takes no file, an edit that cannot be made and what the
        // gate refuses fail first, the latter two with stand-ins. A finished artifact needs none of it.
        let known = self.known(&prepared.application)?.read()?;
        self.check_secret(prepared, known.as_ref())?;
        if let Some(receipt) = &prepared.artifact.receipt {
            Sink::probe(receipt).map_err(|error| about(error.into()))?;
        }
        if known.is_none() {
            prepared.planned.probe(prepared.artifact.output()).map_err(|error| about(error.into()))?;
            self.would_change(prepared, stored, None)?;
        }
        Ok(())
    }

    /// Whether anything would change, and whether that would be allowed; with stand-ins where the credential is not known yet.
    pub fn would_change(
        &self,
        prepared: &Prepared,
        stored: &[Stored],
        credential: Option<&Credential>,
    ) -> Result<bool, EmbedError> {
        let mains = other_mains(&prepared.neighbors);
        let application = &prepared.application;
        let values = credential.map_or_else(
            || self.stand_ins(application, &mains),
            |credential| self.values(application, credential, &mains),
        );
        let foreign = prepared.foreign(stored, credential);
        let gate = Gate { foreign: &foreign, reach: self.options.gate };
        let changes = prepared.planned.would_change(&values, gate);
        changes.map_err(|error| EmbedError::from(error).about(&prepared.artifact.path))
    }

    /// A secret that an environment embeds has a place where the Client Id has one: without it the application asks for tokens in
    /// vain, or with the secret that it had before. Whoever names places names what is meant, and is told.
    pub fn check_secret(&self, prepared: &Prepared, credential: Option<&Credential>) -> Result<(), EmbedError> {
        let Environment { name, needs, .. } = self.environment;
        let has_secret = credential.map_or(*needs == Needs::Secret, |credential| credential.secret.is_some());
        if !has_secret || !misses_secret(prepared.planned.places()) {
            return Ok(());
        }
        let path = &prepared.artifact.path;
        if self.options.partial || !prepared.needs_secret {
            if self.options.partial || prepared.by_hand {
                self.tell(Event::NoSecretPlace(path, name));
            }
            return Ok(());
        }
        Err(EmbedError::NoSecretPlace(name.clone()).about(path))
    }

    /// The credentials of other main objects in it, those that this run obtained included.
    pub fn meet(&self, prepared: &mut Prepared, credentials: &Credentials) -> Result<(), EmbedError> {
        let known = |id: &str| credentials.get(id).cloned();
        prepared.neighbors = self.neighbors(&prepared.mains, &prepared.planned.other_mains(), known)?;
        Ok(())
    }

    /// Carries a plan out: applies, signs, verifies, and puts the output in its place; from the beginning, where something else has
    /// changed the artifact meanwhile. `credentials` has one for its application.
    pub fn finish(
        &self,
        mut prepared: Prepared,
        credentials: &Credentials,
        signing: &Signing<'_>,
        stored: &[Stored],
    ) -> Result<Embedded, EmbedError> {
        let mut tries = 1;
        loop {
            let artifact = prepared.artifact.clone();
            match self.finished(prepared, credentials, signing, stored) {
                Err(error) if tries < TRIES && is_changed(&error) => {
                    tries += 1;
                    prepared = self.again(artifact, credentials, signing, stored)?;
                }
                result => return result,
            }
        }
    }

    /// The plan for what is there now, which is checked as the first one was.
    fn again(
        &self,
        artifact: Artifact,
        credentials: &Credentials,
        signing: &Signing<'_>,
        stored: &[Stored],
    ) -> Result<Prepared, EmbedError> {
        let mut prepared = self.plan(artifact)?;
        self.check_release(&prepared)?;
        self.check(&prepared, signing, stored)?;
        if credentials.get(&prepared.application.id).is_none() {
            return Err(EmbedError::Became(prepared.application.id).about(&prepared.artifact.path));
        }
        self.meet(&mut prepared, credentials)?;
        self.tell(Event::Again(&prepared));
        Ok(prepared)
    }

    fn finished(
        &self,
        prepared: Prepared,
        credentials: &Credentials,
        signing: &Signing<'_>,
        stored: &[Stored],
    ) -> Result<Embedded, EmbedError> {
        let path = &prepared.artifact.path;
        let Some(credential) = credentials.get(&prepared.application.id) else {
            return Err(EmbedError::NoCredential(prepared.application.id.clone()).about(path));
        };
        let foreign = prepared.foreign(stored, Some(credential));
        let gate = Gate { foreign: &foreign, reach: self.options.gate };
        // What stays as it is carries nothing of this run.
        let places = prepared.given();
        let carries = places.iter().any(|place| place.value.holds_credential());
        // A receipt says that the output carries the credential.
        let to = prepared.artifact.receipt.as_deref().filter(|_| carries);
        let input = prepared.artifact.input();
        let begin = |to: &Path| self.begin_receipt(&input, &prepared.application, credential, &places, to);
        let receipt = to.map(begin).transpose()?;
        let mains = other_mains(&prepared.neighbors);
        let values = self.values(&prepared.application, credential, &mains);
        let output = prepared.artifact.output();
        let done = prepared.planned.finish(&values, signing, output, gate);
        let done = done.map_err(|error| EmbedError::from(error).about(path))?;
        let receipt = receipt.map(|receipt| receipt.finish(&input.at(output), &done)).transpose()?;
        let signable = prepared.planned.is_signable();
        let Prepared { artifact, application, .. } = prepared;
        let (client_id, has_secret) = (credential.id.clone(), credential.secret.is_some());
        Ok(Embedded { artifact, application, client_id, has_secret, carries, places, signable, done, receipt })
    }
}

/// Whether an artifact changed while it was worked on.
fn is_changed(error: &EmbedError) -> bool {
    matches!(error.cause(), EmbedError::Job(error) if matches!(error.fault(), Fault::Changed))
}

/// Whether places take the Client Id, and none the secret.
fn misses_secret(places: &[PlannedPlace]) -> bool {
    let own = || places.iter().filter(|place| place.other_main.is_none());
    own().any(|place| place.value.holds_client_id()) && !own().any(|place| place.value.needs_secret())
}
