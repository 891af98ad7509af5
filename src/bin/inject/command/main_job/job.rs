//! An artifact on its way through the main job.
//!
//! Must not: print.

use std::path::Path;

use inject::embed::Prepared;

/// An artifact, planned.
pub(super) struct Job {
    /// Its place in the run.
    pub(super) index: usize,
    pub(super) prepared: Prepared,
}

impl Job {
    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.prepared.artifact.path
    }
}
