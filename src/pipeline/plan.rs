//! What every kind of artifact has in common: a planned place, and what was done.
//!
//! Must not: hold a value; a plan is shown to people before anything is obtained.

use zeroize::Zeroizing;

use crate::placement::{Address, Place, Template};
use crate::verify;

/// A place, planned: no value in it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedPlace {
    /// The address.
    pub address: Address,
    /// The entry or file it lies in.
    pub entry: String,
    /// The value's template.
    pub value: Template,
    /// Whether it has to be made.
    pub missing: bool,
    /// The Client Ids that are there now, where the place is one for a Client Id alone. They are public.
    pub held_ids: Vec<String>,
}

impl PlannedPlace {
    /// `place` in `entry`, where `values` are now.
    pub(super) fn new(place: &Place, entry: String, missing: bool, values: Vec<String>) -> Self {
        let held_ids = if place.value.is_client_id() { values } else { Vec::new() };
        Self { address: place.at.clone(), entry, value: place.value.clone(), missing, held_ids }
    }
}

/// What was done.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Done {
    /// Whether anything was written.
    pub written: bool,
    /// Entries or files whose content changed.
    pub entries: Vec<String>,
    /// Entries that belonged to old signatures and stamps and are gone.
    pub removed: Vec<String>,
    /// What a person must not miss, a line each.
    pub warnings: Vec<String>,
    /// What else a person should know of the output, a line each.
    pub notes: Vec<String>,
    /// What verification says of the output.
    pub report: verify::Report,
    /// Whether the output has another signer than the input.
    pub new_signer: bool,
}

/// What is at a place now.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Held {
    /// The entry or file it lies in.
    pub entry: String,
    /// Usually one; several where configurations or duplicate keys hold it more than once.
    pub values: Vec<Zeroizing<String>>,
}

/// What an artifact is and says of itself, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description {
    /// What it is: "Android package (APK)".
    pub kind: &'static str,
    /// Whether such a thing has signatures.
    pub signable: bool,
    /// What it says, each with its name: ("version", "1.2 (34)").
    pub facts: Vec<(&'static str, String)>,
}

/// Something that an artifact of a release environment must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReleaseFault {
    /// Stable name, for machines and documentation.
    pub code: &'static str,
    /// Where it is said.
    pub place: &'static str,
    /// What it is: "debuggable".
    pub what: &'static str,
}
