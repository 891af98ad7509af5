//! A package of a set.
//!
//! Must not: know the others.

use std::path::Path;

use super::error::SetError;
use crate::pipeline::apk::{Package, Written};
use crate::pipeline::fault::Cause;
use crate::verify::Report;

/// A package of a set, with its name there.
#[derive(Debug)]
pub(super) struct Member {
    /// The name of its file, or of its entry.
    pub(super) name: String,
    /// Which entry of an archive it is.
    pub(super) index: usize,
    pub(super) package: Package,
}

impl Member {
    /// The split that it is; `None` is a base.
    pub(super) fn split(&self) -> Option<&str> {
        self.package.packed.facts.split.as_deref()
    }

    /// An entry of it, as messages and places call it.
    pub(super) fn entry(&self, entry: &str) -> String {
        format!("{}!/{entry}", self.name)
    }

    /// For `map_err`: an error that says which package it is about.
    pub(super) fn about(&self) -> impl FnOnce(Cause) -> Cause {
        about(&self.name)
    }
}

/// What becomes of a package.
pub(super) enum End {
    /// It is as it should be.
    Stays(Report),
    /// It was written and verified, and is not in its place yet.
    New(Written),
}

/// For `map_err`: an error about the package of this name. That a place is not there is an error about the set.
pub(super) fn about(name: &str) -> impl FnOnce(Cause) -> Cause {
    let name = name.to_owned();
    |cause| if cause.is_no_place() { cause } else { SetError::In { name, cause }.into() }
}

/// Whether a file is a package by its name. What Finder leaves beside a file (`._base.apk`) is none.
pub(super) fn is_package(name: &str) -> bool {
    let path = Path::new(name);
    let hidden = path.file_name().is_none_or(|file| file.to_string_lossy().starts_with('.'));
    !hidden && !name.ends_with('/') && path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("apk"))
}
