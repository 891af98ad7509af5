//! Codes of findings: each with its severity, what it means, and what to do about it. `docs/findings.md`, SARIF rules and `--json`
//! are made from this table ([`table`]).
//!
//! A code never changes its meaning. One that nothing emits any more goes; its name does not come back with another meaning.
//!
//! Must not: hold the words of a single finding; those are made where it is found.

mod table;

use std::fmt;

pub use table::{Code, Section};

use super::severity::Severity;

/// What a finding is about: what callers do with findings depends on this alone, so each new code says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum About {
    /// A place of the environment.
    Place,
    /// Something that an address means and that was not compared; the check is partial.
    Uncompared,
    /// A known value where it must not be.
    Leak,
    /// Something that was not searched.
    Search,
    /// A file that holds credentials of GAM.
    Exposed,
    /// Whose credential an artifact carries.
    Identity,
    /// A receipt.
    Receipt,
    /// What a real server says.
    Server,
    /// What a release environment forbids.
    Release,
    /// A container, or files that cannot be read.
    Container,
    /// Where entries of a package begin.
    Alignment,
    /// A signature and what it covers.
    Signature,
    /// A provisioning profile by itself.
    Profile,
    /// Whether a provisioning profile is for this app and its signer: another team's is not.
    ProfileFit,
    /// A site.
    Site,
}

/// How bad a code is.
#[derive(Debug, Clone, Copy)]
enum Grade {
    Error,
    Warning,
    /// An error, but for the case that the text names: then it is a warning.
    Depends(&'static str),
}

/// What the table says of a code.
#[derive(Debug, Clone, Copy)]
struct Row {
    name: &'static str,
    grade: Grade,
    about: About,
    meaning: &'static str,
    remedy: &'static str,
    section: Section,
}

impl Code {
    /// The stable name: `v2.digest`.
    pub fn as_str(self) -> &'static str {
        self.row().name
    }

    /// How bad a finding with this code is. Where that depends ([`Self::warning_case`]), the worse.
    pub fn severity(self) -> Severity {
        match self.row().grade {
            Grade::Error | Grade::Depends(_) => Severity::Error,
            Grade::Warning => Severity::Warning,
        }
    }

    /// The case in which such a finding is a warning only, where the code is an error otherwise.
    pub fn warning_case(self) -> Option<&'static str> {
        match self.row().grade {
            Grade::Depends(case) => Some(case),
            Grade::Error | Grade::Warning => None,
        }
    }

    /// What it is about.
    pub fn about(self) -> About {
        self.row().about
    }

    /// What it means, for people; Markdown with nothing but code spans.
    pub fn meaning(self) -> &'static str {
        self.row().meaning
    }

    /// What to do about it, for people; Markdown with nothing but code spans.
    pub fn remedy(self) -> &'static str {
        self.row().remedy
    }

    /// Under which heading it is documented.
    pub fn section(self) -> Section {
        self.row().section
    }

    /// Whether it is about a provisioning profile, which a device judges and signing does not make.
    pub(crate) fn is_profile(self) -> bool {
        matches!(self.about(), About::Profile | About::ProfileFit)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
