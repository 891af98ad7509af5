//! An artifact on its way: named, prepared, done.
//!
//! Must not: do anything with it.

use std::path::PathBuf;

use super::foreign::{foreign, texts};
use crate::artifact::genexus::Mains;
use crate::credential::registry::Application;
use crate::credential::store::Stored;
use crate::credential::{ClientId, ClientSecret, Credential};
use crate::pipeline::job::Planned;
use crate::pipeline::{Done, Input, PlannedPlace};
use crate::placement::template::OtherMain;
use crate::verify::leak::Foreign;

/// An artifact to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Artifact {
    /// Where it is.
    pub path: PathBuf,
    /// The files of the folder that are meant, where it is some packages of one: a base and its splits.
    pub packages: Vec<String>,
    /// Its application, where it does not say it: key, id or name.
    pub app: Option<String>,
    /// Where the output goes; none: it takes the artifact's own place.
    pub output: Option<PathBuf>,
    /// Where a receipt goes, where one is wanted.
    pub receipt: Option<PathBuf>,
}

impl Artifact {
    /// The artifact at `path`, which says whose it is, and is replaced.
    pub fn new(path: impl Into<Input>) -> Self {
        let Input { path, packages } = path.into();
        Self { path, packages, app: None, output: None, receipt: None }
    }

    /// What it is made of.
    pub fn input(&self) -> Input {
        let mut input = Input::from(&self.path);
        input.packages.clone_from(&self.packages);
        input
    }

    /// The same with another place for the output.
    #[must_use]
    pub fn to(mut self, output: impl Into<PathBuf>) -> Self {
        self.output = Some(output.into());
        self
    }

    /// Where the output goes.
    pub fn output(&self) -> &std::path::Path {
        self.output.as_deref().unwrap_or(&self.path)
    }
}

/// The credential of another main object that an artifact holds metadata of.
#[derive(Debug, Clone)]
pub struct Neighbor {
    /// The main object's name.
    pub main: String,
    /// Its application.
    pub application: Application,
    /// Its credential in the environment.
    pub credential: Credential,
}

/// The credentials of other main objects, as templates ask for them.
pub fn other_mains(neighbors: &[Neighbor]) -> Vec<OtherMain<'_>> {
    let mut all = Vec::new();
    for Neighbor { main, application, credential } in neighbors {
        all.push(OtherMain {
            main,
            application: &application.id,
            client_id: credential.id.as_str(),
            client_secret: credential.secret.as_ref().map(ClientSecret::expose),
        });
    }
    all
}

/// An artifact, planned.
#[derive(Debug)]
#[non_exhaustive]
pub struct Prepared {
    /// As it was asked for.
    pub artifact: Artifact,
    /// Whose it is.
    pub application: Application,
    /// What would change.
    pub planned: Planned,
    /// Credentials of other main objects in it, as far as they are known.
    pub neighbors: Vec<Neighbor>,
    /// What the artifact says of main objects.
    pub(super) mains: Mains,
    /// Whether a preset says that the secret has to have a place.
    pub(super) needs_secret: bool,
    /// Whether no preset says which places there are.
    pub(super) by_hand: bool,
}

impl Prepared {
    /// What must not be in the output: all that the store holds but the credential of this application, those of other main
    /// objects in the artifact, and what of these stays as it is because it is not known.
    pub(super) fn foreign(&self, stored: &[Stored], credential: Option<&Credential>) -> Vec<Foreign> {
        let kept = self.planned.kept();
        let known = self.neighbors.iter().map(|neighbor| &neighbor.credential).chain(credential);
        let allowed: Vec<&str> = known.flat_map(texts).chain(kept.iter().map(|value| value.as_str())).collect();
        foreign(stored, &allowed, credential.map(|credential| &credential.id))
    }

    /// The places that get a value: metadata of a main object whose credential is not known stays as it is.
    pub fn given(&self) -> Vec<PlannedPlace> {
        let mains = other_mains(&self.neighbors);
        self.planned.places().iter().filter(|place| place.is_given(&mains)).cloned().collect()
    }
}

/// An artifact, done.
#[derive(Debug)]
#[non_exhaustive]
pub struct Embedded {
    /// As it was asked for.
    pub artifact: Artifact,
    /// Whose it is.
    pub application: Application,
    /// The Client Id.
    pub client_id: ClientId,
    /// Whether the credential has a secret.
    pub has_secret: bool,
    /// Whether anything of the credential was put in; other values may have been alone.
    pub carries: bool,
    /// The places that got a value.
    pub places: Vec<PlannedPlace>,
    /// Whether such an artifact is signed.
    pub signable: bool,
    /// What was done.
    pub done: Done,
    /// The receipt that was written. None is, where nothing of a credential was put in.
    pub receipt: Option<PathBuf>,
}
