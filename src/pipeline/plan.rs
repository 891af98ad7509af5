//! What every kind of artifact has in common: a planned place, and what was done.
//!
//! Must not: hold a value; a plan is shown to people before anything is obtained.

use zeroize::Zeroizing;

use crate::placement::template::{OtherMain, TemplateError, Values, same_object};
use crate::placement::{Address, Template};
use crate::verify::{self, Code};

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
    /// Another main object than the artifact's own, where the copy belongs to that one.
    pub other_main: Option<String>,
    /// The Client Ids that are there now. They are public.
    pub held_ids: Vec<String>,
    /// What the address means and the edit does not reach, in words.
    pub left: Vec<String>,
}

impl PlannedPlace {
    /// Whether it gets a value: one of another main object does where its credential is among these.
    pub fn is_given(&self, mains: &[OtherMain<'_>]) -> bool {
        self.other_main.as_ref().is_none_or(|main| mains.iter().any(|other| same_object(other.main, main)))
    }

    /// Its value; `None` where it belongs to a main object whose credential is not known.
    pub(super) fn rendered(&self, values: &Values<'_>) -> Result<Option<Zeroizing<String>>, TemplateError> {
        match &self.other_main {
            None => self.value.render(values).map(Some),
            Some(main) => values.of_main(main).map(|values| self.value.render(&values)).transpose(),
        }
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
    /// What it says, for machines and documentation.
    pub code: Code,
    /// Where it is said.
    pub place: &'static str,
    /// What it is: "debuggable".
    pub what: &'static str,
}
