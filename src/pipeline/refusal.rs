//! What can keep an artifact of any kind from being injected, in the words of its kind.
//!
//! Must not: know any kind.

use std::path::PathBuf;

use super::fault::{Cause, Failing, Fault};
use super::reach::Reach;
use super::source_tree::SourceTree;
use crate::placement::Address;
use crate::verify::leak;
use crate::verify::{Finding, Report, Severity, findings_text};

/// What a kind is called in messages.
#[derive(Debug)]
pub(super) struct Words {
    /// "this package".
    pub(super) this: &'static str,
    /// What is made of it: "the new package".
    pub(super) new: &'static str,
    /// An address that such artifacts often have.
    pub(super) example: &'static str,
    /// Options that make a place of its own, where that has to be asked for.
    pub(super) make: Option<&'static str>,
}

/// What can keep an artifact of any kind from being injected.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// No place at all.
    #[error("no place for a credential was found in {}{}: {}", .words.this, which_is(*.source_tree), none_fits(.presets))]
    NoPlaceAtAll { words: &'static Words, presets: String, source_tree: Option<SourceTree> },
    /// Places that the build left empty, and nothing else.
    #[error("nothing was put into {}: {address} in {entry} is empty in this build, and stays so", .words.this)]
    LeftEmpty { words: &'static Words, address: Box<Address>, entry: String },
    /// Metadata of several main objects.
    #[error("which main object is meant? {} holds metadata of {}", .words.this, .mains.join(", "))]
    WhichMain { words: &'static Words, mains: Vec<String> },
    /// Somewhere else to write: `what` is "an app in a folder", `short` "app".
    #[error("{what} is changed in place; copy it to {} first", .output.display())]
    InPlace { what: &'static str, short: &'static str, output: PathBuf },
    /// The output does not verify.
    #[error("nothing was written, because {} would not verify: {}", .words.new, findings_text(.findings))]
    Unsound { words: &'static Words, findings: Vec<Finding> },
    /// Content that no search can tell of whether a credential is in it that must not be.
    #[error(
        "nothing was written, because {} cannot be searched for credentials of other environments: {}",
        .words.new, findings_text(.findings)
    )]
    Unsearched { words: &'static Words, findings: Vec<Finding>, reach: Reach },
    /// A credential that must not be in what would be written.
    #[error("nothing was written, because {} would hold what must not be there: {}", .words.new, findings_text(.findings))]
    Leak { words: &'static Words, findings: Vec<Finding> },
}

/// Why there is none, by the presets that were tried.
fn none_fits(presets: &str) -> String {
    if presets.is_empty() {
        "none of the places that were named is for such an artifact".to_owned()
    } else {
        format!("none of the presets {presets} fits")
    }
}

fn which_is(source_tree: Option<SourceTree>) -> String {
    source_tree.map(|source_tree| format!(", which is {}", source_tree.describe())).unwrap_or_default()
}

impl Failing for Refusal {
    fn fault(&self) -> Fault<'_> {
        match self {
            Self::NoPlaceAtAll { words, source_tree, .. } => {
                Fault::NoPlaceAtAll { example: words.example, make: words.make, source_tree: *source_tree }
            }
            Self::LeftEmpty { address, .. } => Fault::LeftEmpty { address },
            Self::WhichMain { .. } => Fault::WhichMain,
            Self::InPlace { short, .. } => Fault::InPlace(short),
            Self::Unsound { findings, .. } | Self::Leak { findings, .. } => Fault::Unsound(findings),
            Self::Unsearched { findings, reach, .. } => Fault::Unsearched { findings, reach: *reach },
        }
    }
}

impl Words {
    /// A refusal for what was found where it must not be.
    pub(super) fn leak(&'static self, findings: Vec<Finding>) -> Cause {
        Refusal::Leak { words: self, findings }.into()
    }

    /// What a search for credentials of others came to: a refusal for what was found, or else for what could not be searched.
    pub(super) fn searched(&'static self, report: Report, reach: Reach) -> Result<(), Cause> {
        let (found, unread): (Vec<_>, Vec<_>) = report.findings.into_iter().partition(leak::is_found);
        if !found.is_empty() {
            return Err(self.leak(found));
        }
        if unread.is_empty() {
            return Ok(());
        }
        Err(Refusal::Unsearched { words: self, findings: unread, reach }.into())
    }

    /// The report of an output, where it is sound; a refusal for its errors.
    pub(super) fn sound(&'static self, report: Report) -> Result<Report, Cause> {
        if report.is_sound() {
            return Ok(report);
        }
        let mut findings = report.findings;
        findings.retain(|finding| finding.severity == Severity::Error);
        Err(Refusal::Unsound { words: self, findings }.into())
    }
}
