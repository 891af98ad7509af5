//! Facts about the files of an app: each file is read once, on all processors, for all that anybody will ask.
//!
//! Must not: judge what it finds.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::bundle::{Bundle, Layout};
use super::facts::{Digests, Facts, Look, Wanted};
use super::tree::{Node, Tree, TreeError};
use crate::format::code_resources::{CodeResources, Generation};
use crate::format::limits;
use crate::format::macho::MachOError;
use crate::format::outline::Outline;

/// Threads that read; more would wait for each other, and each holds some pieces of files.
const THREADS: usize = 8;

/// Facts by the path of the file.
#[derive(Debug, Default, Clone)]
pub struct Known {
    facts: BTreeMap<String, Facts>,
    /// Seals, taken apart: with thousands of files that takes as long as hashing them.
    seals: BTreeMap<String, Arc<CodeResources>>,
}

impl Known {
    /// Reads an app: digests of what is sealed, outlines of code, and ends of executables as far as they can be kept.
    pub fn survey(tree: &dyn Tree, layout: &Layout) -> Self {
        let (mut wanted, mut seals) = (BTreeMap::new(), BTreeMap::new());
        for bundle in &layout.bundles {
            let bytes = tree.read_if_there(&bundle.seal()).ok().flatten();
            let seal = bytes.and_then(|bytes| CodeResources::parse(&bytes).ok()).map(Arc::new);
            sealed(tree, bundle, seal.as_deref(), &mut wanted);
            seals.extend(seal.map(|seal| (bundle.seal(), seal)));
        }
        let executables = layout.bundles.iter().map(|bundle| &bundle.executable);
        for path in executables.chain(&layout.loose) {
            let wanted: &mut Wanted = wanted.entry(path.clone()).or_default();
            // A signature has a hash for every page, or two, and some certificates.
            (wanted.image, wanted.tail) = (true, tree.size(path) / 32 + limits::CUT_SEARCH_BYTES);
        }
        Self { facts: read(tree, wanted), seals }
    }

    /// What is known of a file.
    pub fn get(&self, path: &str) -> Option<&Facts> {
        self.facts.get(path)
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

/// Threads that read at once.
pub(super) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(THREADS)
}

/// Reads files, the largest first, so that no thread is left with one at the end. What cannot be read is left out:
/// whoever asks for it gets the error.
fn read(tree: &dyn Tree, wanted: BTreeMap<String, Wanted>) -> BTreeMap<String, Facts> {
    let mut jobs: Vec<(u64, String, Wanted)> =
        wanted.into_iter().map(|(path, wanted)| (tree.size(&path), path, wanted)).collect();
    jobs.sort_by(|a, b| (a.0, &b.1).cmp(&(b.0, &a.1)));
    let (jobs, found, kept) = (Mutex::new(jobs), Mutex::new(BTreeMap::new()), AtomicU64::new(0));
    let work = || {
        let next = || jobs.lock().ok().and_then(|mut jobs| jobs.pop());
        while let Some((_, path, wanted)) = next() {
            let Ok(mut facts) = facts(tree, &path, &wanted) else { continue };
            let len = facts.tail.as_ref().map_or(0, |tail| tail.bytes.len() as u64);
            if len > 0 && kept.fetch_add(len, Ordering::Relaxed) + len > limits::KEPT_TAIL_BYTES {
                facts.tail = None;
            }
            if let Ok(mut found) = found.lock() {
                found.insert(path, facts);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..processors() {
            scope.spawn(work);
        }
        work();
    });
    found.into_inner().unwrap_or_default()
}

/// Reads a file; a second time where its signature turns out to have page hashes of another kind.
pub fn facts(tree: &dyn Tree, path: &str, wanted: &Wanted) -> Result<Facts, TreeError> {
    let mut look = Look::new(wanted, tree.size(path));
    tree.look(path, &mut look)?;
    let mut facts = look.finish();
    let missing = match &facts.image {
        Some(Ok(image)) => image.missing(),
        _ => Vec::new(),
    };
    if !missing.is_empty() {
        let again = Wanted { image: true, pages: Some(missing), ..Wanted::default() };
        let mut look = Look::new(&again, tree.size(path));
        tree.look(path, &mut look)?;
        if let (Some(Ok(image)), Some(Ok(more))) = (&mut facts.image, look.finish().image) {
            Arc::make_mut(image).add(Arc::unwrap_or_clone(more));
        }
    }
    Ok(facts)
}

/// Adds the files of a bundle's seal, with the digests that are in it; every file where there is none yet.
fn sealed(tree: &dyn Tree, bundle: &Bundle, seal: Option<&CodeResources>, wanted: &mut BTreeMap<String, Wanted>) {
    let Some(seal) = seal else {
        let files = tree.nodes().iter().filter(|(_, node)| **node == Node::File);
        for path in files.map(|(path, _)| path).filter(|path| bundle.within(path).is_some()) {
            if *path != bundle.executable {
                let wanted = wanted.entry(path.clone()).or_default();
                (wanted.sha1, wanted.sha256) = (true, true);
            }
        }
        return;
    };
    for generation in Generation::BOTH {
        for path in seal.paths(generation) {
            let full = if bundle.base.is_empty() { path.to_owned() } else { format!("{}/{path}", bundle.base) };
            if tree.nodes().get(&full) == Some(&Node::File)
                && let Ok(Some(stated)) = seal.get(generation, path)
            {
                let wanted = wanted.entry(full).or_default();
                wanted.sha1 |= stated.hash.is_some();
                wanted.sha256 |= stated.hash2.is_some();
            }
        }
    }
}
