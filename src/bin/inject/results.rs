//! What `--json` prints: the document around every result, and the parts that results of several commands share. The result of a
//! command is a type beside that command. `docs/output.schema.json` is made from these types ([`schema`]).
//!
//! Names are `snake_case`, numbers are numbers, lists are arrays. Sizes are bytes, times RFC 3339 in UTC, digests lowercase
//! hexadecimal, paths as they were given. An environment is its name everywhere, under `environment`.
//!
//! Must not: decide anything, or hold a secret, but for the one that `credential show --reveal` is asked for.

#[cfg(test)]
mod schema;

use inject::findings;
use inject::findings::{Report, Severity};
use inject::job::PairFacts;
use serde::Serialize;

use crate::exit::Failure;

/// The version of the schema. Members may come within a version; none goes or changes its meaning.
pub const SCHEMA: u32 = 2;

/// What a type must be for the schema to be made from it.
#[cfg(test)]
pub trait Described: schemars::JsonSchema {}
#[cfg(test)]
impl<T: schemars::JsonSchema> Described for T {}
/// Programs that are shipped make no schema.
#[cfg(not(test))]
pub trait Described {}
#[cfg(not(test))]
impl<T> Described for T {}

/// The result of a command.
pub trait Outcome: Serialize + Described {
    /// The command that writes it.
    const COMMAND: &'static str;
}

/// A result as it is printed.
#[derive(Serialize)]
pub struct Document<'r, R> {
    schema: u32,
    command: &'r str,
    #[serde(flatten)]
    result: &'r R,
}

impl<'r, R: Outcome> Document<'r, R> {
    pub fn of(result: &'r R) -> Self {
        Self { schema: SCHEMA, command: R::COMMAND, result }
    }
}

impl<'r> Document<'r, Failed> {
    /// Of a command that fails; `command` is the words that name it.
    pub fn failed(command: &'r str, result: &'r Failed) -> Self {
        Self { schema: SCHEMA, command, result }
    }
}

/// Any command that fails.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Failed {
    pub error: Problem,
}

/// Why something failed.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Problem {
    /// The kind of error, as docs/findings.md lists it.
    #[cfg_attr(test, schemars(regex(pattern = r"^inject\.[a-z-]+$")))]
    pub code: &'static str,
    /// The exit code.
    #[cfg_attr(test, schemars(range(min = 1, max = 9)))]
    pub exit_code: u8,
    /// What happened, for people; it may have several lines.
    pub message: String,
    /// What to do, for people.
    pub remedies: Vec<String>,
    /// What verification found, where that is the reason.
    pub findings: Vec<Finding>,
}

impl From<&Failure> for Problem {
    fn from(failure: &Failure) -> Self {
        Self {
            code: failure.code.name(),
            exit_code: failure.code as u8,
            message: failure.text(),
            remedies: failure.remedies.clone(),
            findings: failure.findings.iter().map(Finding::from).collect(),
        }
    }
}

/// Something found; docs/findings.md lists the codes.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Finding {
    /// Its code.
    #[cfg_attr(test, schemars(regex(pattern = r"^[a-z0-9]+(\.[a-z0-9-]+)+$")))]
    pub code: &'static str,
    /// How bad it is.
    pub severity: FindingSeverity,
    /// Where: an entry, a file, a signer, an offset; for people.
    pub place: String,
    /// What, for people.
    pub message: String,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FindingSeverity {
    Error,
    Warning,
}

impl FindingSeverity {
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl From<&findings::Finding> for Finding {
    fn from(finding: &findings::Finding) -> Self {
        Self {
            code: finding.code.as_str(),
            severity: match finding.severity {
                Severity::Error => FindingSeverity::Error,
                Severity::Warning => FindingSeverity::Warning,
            },
            place: finding.place.clone(),
            message: finding.message.clone(),
        }
    }
}

/// All findings of a report.
pub fn all_findings(report: &Report) -> Vec<Finding> {
    report.findings.iter().map(Finding::from).collect()
}

/// Whose a value is, by the store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Owner {
    /// The application's id.
    pub application: String,
    /// The environment's name.
    pub environment: String,
}

/// A signer.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Signer {
    /// SHA-256 of the certificate, lowercase hexadecimal.
    #[cfg_attr(test, schemars(regex(pattern = r"^[0-9a-f]{64}$")))]
    pub sha256: String,
    /// Subject of the certificate, for people.
    pub subject: String,
    /// Kind and size of the key, for people.
    pub key: String,
}

impl From<&findings::Signer> for Signer {
    fn from(signer: &findings::Signer) -> Self {
        Self { sha256: signer.sha256_hex(), subject: signer.subject.clone(), key: signer.key.clone() }
    }
}

/// A signature that holds.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Signature {
    /// Its scheme: `v1`, `v2`, `v3`, `v3.1`, `v4`, or `code_signature` of Apple's systems.
    pub scheme: &'static str,
    /// By whom; none for an ad hoc signature.
    pub signers: Vec<Signer>,
}

/// Signatures of an artifact.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Signed {
    /// Every signature that holds.
    pub signatures: Vec<Signature>,
    /// Who signed it, as the newest system sees it; more than one only for v1 and v2.
    pub signers: Vec<Signer>,
}

impl From<&Report> for Signed {
    fn from(report: &Report) -> Self {
        let signature = |signature: &findings::Signature| Signature {
            scheme: signature.scheme.name(),
            signers: signature.signers.iter().map(Signer::from).collect(),
        };
        Self {
            signatures: report.signatures.iter().map(signature).collect(),
            signers: report.signers().iter().map(Signer::from).collect(),
        }
    }
}

/// A pair of an APK Signing Block that no signature covers.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Pair {
    /// The package of a set that has it.
    pub package: Option<String>,
    /// Its ID, hexadecimal.
    #[cfg_attr(test, schemars(regex(pattern = r"^0x[0-9a-f]{8}$")))]
    pub id: String,
    /// What it is, for people; `unknown` where nobody knows.
    pub what: &'static str,
    /// Bytes of its value.
    pub bytes: usize,
}

impl From<&PairFacts> for Pair {
    fn from(pair: &PairFacts) -> Self {
        Self { package: pair.package.clone(), id: format!("0x{:08x}", pair.id), what: pair.what, bytes: pair.bytes }
    }
}

/// Whether artifacts of an environment get the secret.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Embedding {
    Embed,
    Omit,
}

impl Embedding {
    pub fn word(self) -> &'static str {
        match self {
            Self::Embed => "embed",
            Self::Omit => "omit",
        }
    }
}
