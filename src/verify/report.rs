//! What verification found.
//!
//! Must not: print, or decide what a finding means for the run (the pipeline maps errors to an exit code).

use std::fmt;

use super::code::Code;
use super::severity::Severity;

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What it says, for machines and documentation.
    pub code: Code,
    /// How bad, as the code says.
    pub severity: Severity,
    /// Where: an entry, a signer, a byte offset.
    pub place: String,
    /// Expected, found, and what to do.
    pub message: String,
}

impl Finding {
    /// One that is as bad as its code says.
    pub fn new(code: Code, place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code, severity: code.severity(), place: place.into(), message: message.into() }
    }

    /// One in the case in which its code is a warning only ([`Code::warning_case`]); a code without such a case stays what it is.
    pub fn warning(code: Code, place: impl Into<String>, message: impl Into<String>) -> Self {
        let mut finding = Self::new(code, place, message);
        finding.soften();
        finding
    }

    /// Makes it a warning, where its code has such a case.
    pub(crate) fn soften(&mut self) {
        if self.code.warning_case().is_some() {
            self.severity = Severity::Warning;
        }
    }
}

/// Findings in one line, for messages.
pub fn findings_text(all: &[Finding]) -> String {
    let shown = all.iter().map(|finding| format!("{} ({}): {}", finding.code, finding.place, finding.message));
    shown.collect::<Vec<_>>().join("; ")
}

/// Signature schemes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Scheme {
    /// JAR signature.
    V1,
    /// APK Signature Scheme v2.
    V2,
    /// APK Signature Scheme v3.
    V3,
    /// APK Signature Scheme v3.1.
    V31,
    /// APK Signature Scheme v4.
    V4,
    /// Apple's code signature.
    Code,
}

impl Scheme {
    /// Its name for programs: `v1`, `v2`, `v3`, `v3.1`, `v4`, `code_signature`.
    pub fn name(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
            Self::V3 => "v3",
            Self::V31 => "v3.1",
            Self::V4 => "v4",
            Self::Code => "code_signature",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Code => "code signature",
            Self::V1 | Self::V2 | Self::V3 | Self::V31 | Self::V4 => self.name(),
        })
    }
}

/// One signer of a verified signature.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signer {
    /// SHA-256 of the certificate, what pins and stores compare.
    pub sha256: [u8; 32],
    /// Subject of the certificate, for people.
    pub subject: String,
    /// Kind and size of the key, for people.
    pub key: String,
    /// The certificate in DER.
    pub certificate: Vec<u8>,
}

impl Signer {
    /// The digest as lowercase hex.
    pub fn sha256_hex(&self) -> String {
        crate::format::hex::lower(self.sha256)
    }
}

/// A signature that verified.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signature {
    /// By which scheme.
    pub scheme: Scheme,
    /// By whom; for v3 the signer of the newest Android last.
    pub signers: Vec<Signer>,
}

/// All that was found about one artifact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// What is wrong, in the order it was found.
    pub findings: Vec<Finding>,
    /// Which signatures verified.
    pub signatures: Vec<Signature>,
}

impl Report {
    /// Whether no finding is an error.
    pub fn is_sound(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity < Severity::Error)
    }

    /// The verified signature of a scheme.
    pub fn signature(&self, scheme: Scheme) -> Option<&Signature> {
        self.signatures.iter().find(|signature| signature.scheme == scheme)
    }

    /// The signers that the newest Android sees: those of the latest scheme.
    pub fn signers(&self) -> &[Signer] {
        let latest = [Scheme::Code, Scheme::V31, Scheme::V3, Scheme::V2, Scheme::V1]
            .iter()
            .find_map(|scheme| self.signature(*scheme));
        match latest {
            Some(Signature { scheme: Scheme::V3 | Scheme::V31, signers }) => {
                signers.get(signers.len().saturating_sub(1)..).unwrap_or_default()
            }
            Some(signature) => &signature.signers,
            None => &[],
        }
    }

    pub(crate) fn add(&mut self, code: Code, place: impl Into<String>, message: impl Into<String>) {
        self.findings.push(Finding::new(code, place, message));
    }

    /// Adds a finding in the case in which its code is a warning only.
    pub(crate) fn add_warning(&mut self, code: Code, place: impl Into<String>, message: impl Into<String>) {
        self.findings.push(Finding::warning(code, place, message));
    }

    /// Number of errors so far.
    pub(crate) fn errors(&self) -> usize {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error).count()
    }
}
