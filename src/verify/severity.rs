//! How bad a finding is.
//!
//! Must not: decide what that means for a run.

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It works, but someone should know.
    Warning,
    /// A device or store would refuse the artifact, or it is not what it claims to be.
    Error,
}
