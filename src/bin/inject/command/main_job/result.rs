//! What the main job says to programs.
//!
//! Must not: hold a value of a place, but for the Client Id, which is public.

use inject::embed::Embedded;
use inject::job::PlannedPlace;
use serde::Serialize;

use crate::results::{Outcome, Problem, Signed};

/// What was done with artifacts.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Injected {
    /// The environment's name.
    pub environment: String,
    pub artifacts: Vec<InjectedArtifact>,
    /// Artifacts of several that could not be done; the exit code is the most serious one's.
    pub failed: Vec<FailedArtifact>,
}

impl Outcome for Injected {
    const COMMAND: &'static str = "inject";
}

/// An artifact that was done.
#[derive(Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct InjectedArtifact {
    /// The artifact, as it was given.
    pub artifact: String,
    /// What was written.
    pub output: String,
    /// False: it was up to date.
    pub written: bool,
    /// The application's id.
    pub application: String,
    /// The Client Id, which is public.
    pub client_id: String,
    /// Whether the credential has a secret.
    pub has_secret: bool,
    pub places: Vec<Place>,
    /// Entries or files that changed.
    pub entries: Vec<String>,
    /// Entries that were taken away.
    pub removed: Vec<String>,
    #[serde(flatten)]
    pub signed: Signed,
}

impl From<&Embedded> for InjectedArtifact {
    fn from(told: &Embedded) -> Self {
        let Embedded { artifact, application, client_id, has_secret, places, done, .. } = told;
        Self {
            artifact: artifact.path.to_string_lossy().into_owned(),
            output: artifact.output().to_string_lossy().into_owned(),
            written: done.written,
            application: application.id.clone(),
            client_id: client_id.as_str().to_owned(),
            has_secret: *has_secret,
            places: places.iter().map(Place::from).collect(),
            entries: done.entries.clone(),
            removed: done.removed.clone(),
            signed: Signed::from(&done.report),
        }
    }
}

/// What would be done with artifacts: `--dry-run` and `--check`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Preview {
    /// The environment's name.
    pub environment: String,
    pub artifacts: Vec<PreviewedArtifact>,
    /// Artifacts of several that cannot be done.
    pub failed: Vec<FailedArtifact>,
}

impl Outcome for Preview {
    const COMMAND: &'static str = "inject --dry-run";
}

/// An artifact that nothing was done with.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PreviewedArtifact {
    /// The artifact, as it was given.
    pub artifact: String,
    /// The application's id.
    pub application: String,
    /// The Client Id, which is public; null: it would be obtained.
    pub client_id: Option<String>,
    /// Whether it would be written.
    pub would_change: bool,
    pub places: Vec<Place>,
}

/// A place in an artifact.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Place {
    /// Its address.
    pub at: String,
    /// The entry or file that holds it.
    pub entry: String,
    /// The template of its value.
    pub value: String,
    /// Whether it was not there before.
    pub created: bool,
    /// The main object whose copy it is, where that is not the artifact's own.
    pub other_main: Option<String>,
}

impl From<&PlannedPlace> for Place {
    fn from(place: &PlannedPlace) -> Self {
        Self {
            at: place.address.to_string(),
            entry: place.entry.clone(),
            value: place.value.to_string(),
            created: place.missing,
            other_main: place.other_main.clone(),
        }
    }
}

/// An artifact that could not be done.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FailedArtifact {
    /// The artifact, as it was given.
    pub artifact: String,
    /// Why; the exit code is the one that it would have by itself.
    #[serde(flatten)]
    pub problem: Problem,
}
