//! The flow: request, plan, numbered steps per kind of artifact, atomic commit.
//!
//! ```text
//! inspect -> (look up) -> plan -> (obtain) -> apply -> sign -> verify -> commit
//! ```
//! What stands in parentheses is the caller's: one credential serves many artifacts.
//!
//! * `job`: one surface over all kinds.
//! * `apk`, `tree`, `apple`: the steps of a kind.
//! * `locate`: addresses become copies of a value, for all kinds.
//! * `old_copies`: what the artifact held before, where no place reaches.
//! * `receipt`: what was done, for others to check.
//! * `scan`: known values in any files; no artifact needed.
//!
//! Must not: parse formats itself, or print.

pub mod apk;
pub mod apple;
mod assemble;
pub mod digest;
mod fault;
mod gate;
pub mod job;
mod locate;
mod old_copies;
mod plan;
pub mod receipt;
pub mod scan;
mod source;
pub mod tree;
mod v1_files;
mod v4_file;

pub use fault::Fault;
pub use gate::{Gate, Reach};
pub use locate::Located;
pub use plan::{
    ApkFacts, AppFacts, Description, Done, Facts, FolderFacts, Form, PlannedPlace, ProfileFacts, ReleaseFault,
};
pub use source::ArtifactFile;
