//! An artifact on its way through the main job: planned, and then done.
//!
//! Must not: print.

use std::path::PathBuf;

use inject::credentials::{Credential, Stored};
use inject::findings::Foreign;
use inject::job::{Done, Mains, Planned};
use inject::registry::Application;

use super::result::InjectedArtifact;
use crate::carried::{foreign, texts};
use crate::settings::owner::Neighbor;

/// An artifact, planned.
pub(super) struct Job {
    /// Its place in the run.
    pub(super) index: usize,
    pub(super) path: PathBuf,
    /// Its key in `inject.toml`, where that lists it.
    pub(super) app: Option<String>,
    pub(super) application: Application,
    pub(super) planned: Planned,
    /// What the artifact says of main objects.
    pub(super) mains: Mains,
    /// Credentials of other main objects in it, as far as they are known.
    pub(super) neighbors: Vec<Neighbor>,
    /// Whether a preset says that the secret has to have a place.
    pub(super) needs_secret: bool,
    /// Whether no preset says which places there are.
    pub(super) by_hand: bool,
}

/// What there is to tell.
pub(super) struct Told {
    pub(super) path: PathBuf,
    pub(super) application: String,
    pub(super) client_id: String,
    /// Whether anything of the credential was put in.
    pub(super) carries: bool,
    pub(super) places: usize,
    pub(super) signable: bool,
    pub(super) done: Done,
    pub(super) receipt: Option<PathBuf>,
    /// Whether a receipt was asked for that would say too much.
    pub(super) receipt_withheld: bool,
    pub(super) result: InjectedArtifact,
}

impl Job {
    /// What must not be in the output: all that the store holds but the credential of this application, those of other main
    /// objects in the artifact, and what of these stays as it is because it is not known.
    pub(super) fn foreign(&self, stored: &[Stored], credential: Option<&Credential>) -> Vec<Foreign> {
        let kept = self.planned.kept();
        let known = self.neighbors.iter().map(|neighbor| &neighbor.credential).chain(credential);
        let allowed: Vec<&str> = known.flat_map(texts).chain(kept.iter().map(|value| value.as_str())).collect();
        foreign(stored, &allowed, credential.map(|credential| &credential.id))
    }
}
