//! Facts about the files of an app, by their path; what is not known is read when it is asked for.
//!
//! Must not: judge what it finds.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::facts::{Digests, Facts, Look, Wanted};
use super::idle::{Idle, processors};
use super::tree::{Tree, TreeError};
use crate::format::code_resources::CodeResources;
use crate::format::macho::MachOError;
use crate::format::outline::Outline;

/// Facts by the path of the file.
#[derive(Debug, Default, Clone)]
pub struct Known {
    pub(super) facts: BTreeMap<String, Facts>,
    /// Seals, taken apart: with thousands of files that takes as long as hashing them.
    pub(super) seals: BTreeMap<String, Arc<CodeResources>>,
}

impl Known {
    /// What is known of a file.
    pub fn get(&self, path: &str) -> Option<&Facts> {
        self.facts.get(path)
    }

    /// Whether a file is code, where that is known.
    pub fn is_code(&self, path: &str) -> Option<bool> {
        self.get(path).map(|facts| facts.image.is_some())
    }

    /// Adds what is known of a file.
    pub fn insert(&mut self, path: String, facts: Facts) {
        self.facts.insert(path, facts);
    }

    /// Forgets files.
    pub fn forget(&mut self, changed: impl Fn(&str) -> bool) {
        self.facts.retain(|path, _| !changed(path));
        self.seals.retain(|path, _| !changed(path));
    }

    /// A seal, taken apart, where it could be.
    pub fn seal(&self, path: &str) -> Option<&Arc<CodeResources>> {
        self.seals.get(path)
    }

    /// The outline of a file; it is read where that is not known.
    pub fn image(&self, tree: &dyn Tree, path: &str) -> Result<Result<Arc<Outline>, MachOError>, TreeError> {
        if let Some(image) = self.get(path).and_then(|facts| facts.image.clone()) {
            return Ok(image);
        }
        let facts = facts(tree, path, &Wanted { image: true, ..Wanted::default() })?;
        facts.image.ok_or_else(|| TreeError { path: path.to_owned(), problem: "it was not read".to_owned() })
    }

    /// The digests of a file, these at least; it is read where they are not known.
    pub fn digests(&self, tree: &dyn Tree, path: &str, sha1: bool, sha256: bool) -> Result<Digests, TreeError> {
        match self.get(path).map(|facts| facts.digests) {
            Some(known) if known.sha1.is_some() >= sha1 && known.sha256.is_some() >= sha256 => Ok(known),
            _ => Ok(facts(tree, path, &Wanted { sha1, sha256, ..Wanted::default() })?.digests),
        }
    }
}

/// Reads a file; a second time where its signature turns out to have page hashes of another kind.
pub fn facts(tree: &dyn Tree, path: &str, wanted: &Wanted) -> Result<Facts, TreeError> {
    helped_facts(tree, path, wanted, &Arc::new(Idle::new(processors() - 1)))
}

/// The same with the help of processors that nobody uses.
pub(super) fn helped_facts(tree: &dyn Tree, path: &str, wanted: &Wanted, idle: &Arc<Idle>) -> Result<Facts, TreeError> {
    let mut look = Look::new(wanted, tree.size(path)).helped_by(idle);
    tree.look(path, &mut look)?;
    let mut facts = look.finish();
    let missing = match &facts.image {
        Some(Ok(image)) => image.missing(),
        _ => Vec::new(),
    };
    if !missing.is_empty() {
        let again = Wanted { image: true, pages: Some(missing), ..Wanted::default() };
        let mut look = Look::new(&again, tree.size(path)).helped_by(idle);
        tree.look(path, &mut look)?;
        if let (Some(Ok(image)), Some(Ok(more))) = (&mut facts.image, look.finish().image) {
            Arc::make_mut(image).add(Arc::unwrap_or_clone(more));
        }
    }
    Ok(facts)
}
