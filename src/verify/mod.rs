//! Judgement of a finished artifact, by other code than what made it; the parsers below both are shared. Findings, not errors.
//!
//! Must not: import `sign`, change anything, or stop at the first finding.

pub mod android;
pub mod apple;
pub(crate) mod archives;
mod code;
pub mod exposed;
pub mod forms;
mod hash;
pub mod injected;
pub mod leak;
mod needles;
mod precache;
mod public_key;
mod report;
mod severity;
pub mod site;

pub use code::{About, Code, Section};
pub use report::{Finding, Report, Scheme, Signature, Signer, findings_text};
pub use severity::Severity;

/// SHA-256 of a certificate in DER, as lowercase hexadecimal: what pins and stores compare.
pub fn certificate_sha256(der: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    crate::format::hex::lower(Sha256::digest(der))
}
