//! The verdict on artifacts, as programs read it.
//!
//! Must not: decide anything.

use std::path::Path;

use inject::findings::{About, Report};
use inject::job::PairFacts;
use serde::Serialize;

use crate::results::{self, Outcome, Signed, all_findings};

/// The verdict on artifacts.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Verified {
    /// The environment's name; null with `--signature-only`.
    pub environment: Option<String>,
    /// Whether all artifacts are sound.
    pub sound: bool,
    pub artifacts: Vec<VerifiedArtifact>,
}

impl Outcome for Verified {
    const COMMAND: &'static str = "verify";
}

/// The verdict on an artifact.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct VerifiedArtifact {
    /// The artifact, as it was given.
    pub artifact: String,
    /// Whether no finding is an error.
    pub sound: bool,
    /// Whether something that an address means was not compared.
    pub partial: bool,
    pub findings: Vec<results::Finding>,
    /// Pairs of the APK Signing Block that are beside the signatures.
    pub pairs: Vec<results::Pair>,
    #[serde(flatten)]
    pub signed: Signed,
}

/// Whether something that an address means was not compared.
pub(super) fn is_partial(report: &Report) -> bool {
    report.findings.iter().any(|finding| finding.code.about() == About::Uncompared)
}

impl VerifiedArtifact {
    pub(super) fn of(path: &Path, report: &Report, pairs: &[PairFacts]) -> Self {
        Self {
            artifact: path.to_string_lossy().into_owned(),
            sound: report.is_sound(),
            partial: is_partial(report),
            findings: all_findings(report),
            pairs: pairs.iter().map(results::Pair::from).collect(),
            signed: Signed::from(report),
        }
    }
}
