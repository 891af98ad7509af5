//! What can go wrong with a folder alone, and what kind of failure each is.
//!
//! Must not: hold a value.

use std::path::PathBuf;

use super::raised::RaisedError;
use crate::artifact::web::WebError;
use crate::format::limits;
use crate::pipeline::fault::{Failing, Fault};

/// A folder that cannot be worked on.
#[derive(Debug, thiserror::Error)]
pub(super) enum FolderFault {
    /// Nothing to look at.
    #[error("there is no file in {}", .0.display())]
    Empty(PathBuf),
    /// A file that nothing could address, search or list in a digest.
    #[error("the name of {} is not UTF-8, so the file can be neither addressed nor searched; rename it", .0.display())]
    Name(PathBuf),
    /// Too much to look at.
    #[error("there are more than {} files in {}; name the folder that is served or packed", limits::TREE_FILES, .path.display())]
    TooManyFiles { path: PathBuf },
}

impl Failing for FolderFault {
    fn fault(&self) -> Fault<'_> {
        match self {
            Self::Empty(_) | Self::Name(_) | Self::TooManyFiles { .. } => Fault::Artifact,
        }
    }
}

impl Failing for WebError {
    fn fault(&self) -> Fault<'_> {
        match self {
            Self::Unmakeable { .. } => Fault::Copy,
            Self::Files(_) | Self::Copy { .. } | Self::Search(_) => Fault::Artifact,
        }
    }
}

impl Failing for RaisedError {
    fn fault(&self) -> Fault<'_> {
        match self {
            Self::Files(error) => error.fault(),
            Self::NoNumber { .. } => Fault::Artifact,
        }
    }
}
