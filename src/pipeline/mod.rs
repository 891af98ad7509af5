//! The flow: request, plan, numbered steps per kind of artifact, atomic commit.
//!
//! ```text
//! inspect -> (look up) -> plan -> (obtain) -> apply -> sign -> verify -> commit
//! ```
//! What stands in parentheses is the caller's: one credential serves many artifacts.
//!
//! * `job`: one surface over all kinds.
//! * `apk`, `tree`: the steps of a kind.
//!
//! Must not: parse formats itself, or print.

pub mod apk;
pub mod apple;
mod assemble;
pub mod job;
mod plan;
mod source;
pub mod tree;
mod v1_files;

pub use plan::{Description, Done, Held, PlannedPlace, ReleaseFault};
pub use source::ArtifactFile;
