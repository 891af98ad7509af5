//! The flow: request, plan, numbered steps per kind of artifact, atomic commit.
//!
//! ```text
//! inspect -> (look up) -> plan -> (obtain) -> apply -> sign -> verify -> commit
//! ```
//! What stands in parentheses is the caller's: one credential serves many artifacts.
//!
//! * `job`: one surface over all kinds, and the list of them.
//! * `input`: what one artifact is made of.
//! * `kind`: what a kind is.
//! * `apk`, `bundle`, `set`, `tree`, `apple`: a kind each, in its room.
//! * `locate`: addresses become copies of a value, for all kinds.
//! * `old_copies`: what the artifact held before, where no place reaches.
//! * `refusal`, `fault`: why something is not done, and what a program decides on that.
//! * `signing`: how outputs are signed, as it is asked for.
//! * `receipt`: what was done, for others to check.
//! * `scan`: known values in any files; no artifact needed.
//!
//! Must not: parse formats itself, or print.

pub mod apk;
pub mod apple;
mod assemble;
mod bundle;
pub mod digest;
mod fault;
mod gate;
mod input;
pub mod job;
mod kind;
mod locate;
mod old_copies;
mod plan;
mod reach;
pub mod receipt;
pub mod receipt_error;
mod refusal;
pub mod scan;
mod set;
pub mod signing;
mod source;
mod source_tree;
pub mod tree;

pub use fault::Fault;
pub use gate::Gate;
pub use input::Input;
pub use locate::Located;
pub use plan::{
    ApkFacts, AppFacts, Description, Done, Facts, FolderFacts, Form, PairFacts, PlannedPlace, ProfileFacts,
    ReleaseFault,
};
pub use reach::Reach;
pub use source::ArtifactFile;
pub use source_tree::SourceTree;
