//! The flow: request, plan, numbered steps per kind of artifact, atomic commit.
//!
//! ```text
//! inspect -> (look up) -> plan -> (obtain) -> apply -> sign -> verify -> commit
//! ```
//! What stands in parentheses is the caller's: one credential serves many artifacts.
//!
//! Must not: parse formats itself, or print.

pub mod apk;
mod assemble;
mod source;
mod v1_files;

pub use source::ArtifactFile;
