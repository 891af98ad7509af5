//! Independent judgement of a finished artifact: findings, not errors.
//!
//! Must not: import `sign`, change anything, or stop at the first finding.

pub mod android;
mod hash;
mod public_key;
mod report;

pub use report::{Finding, Report, Scheme, Severity, Signature, Signer};
