//! The files of an app, by their path from the app's folder; links are never followed.
//!
//! Must not: know where the files lie.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::facts::{Facts, Look, Tail};
use crate::artifact::files::{Files, ReadError};

/// What lies at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A file.
    File,
    /// A symbolic link to there, as it is written in it.
    Symlink(String),
}

/// A file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct TreeError {
    /// Which.
    pub path: String,
    /// Why.
    pub problem: String,
}

/// The files of an app.
pub trait Tree: Sync {
    /// Files and links by path; folders are what lies before a `/`.
    fn nodes(&self) -> &BTreeMap<String, Node>;

    /// The content of a file.
    fn read(&self, path: &str) -> Result<Vec<u8>, TreeError>;

    /// The first `len` bytes of a file, fewer where it has fewer.
    fn start(&self, path: &str, len: usize) -> Result<Vec<u8>, TreeError>;

    /// Bytes of a file, as far as that is known without reading it.
    fn size(&self, path: &str) -> u64;

    /// Passes the content of a file to `look`, piece by piece.
    fn look(&self, path: &str, look: &mut Look) -> Result<(), TreeError>;

    /// Passes the content of a file on, piece by piece.
    fn pour(&self, path: &str, to: &mut dyn FnMut(&[u8])) -> Result<(), TreeError>;

    /// SHA-256 of two files; `None` where one cannot be read.
    fn two_digests(&self, paths: [&str; 2]) -> [Option<[u8; 32]>; 2] {
        paths.map(|path| {
            let mut sha256 = Sha256::new();
            self.pour(path, &mut |piece| sha256.update(piece)).ok()?;
            Some(sha256.finalize().into())
        })
    }

    /// The content of a file, where there is one.
    fn read_if_there(&self, path: &str) -> Result<Option<Vec<u8>>, TreeError> {
        if self.nodes().get(path) == Some(&Node::File) { self.read(path).map(Some) } else { Ok(None) }
    }
}

/// An executable of which nothing but its signatures changes.
#[derive(Debug, Clone)]
pub struct Patched {
    /// The end of the old one.
    pub tail: Arc<Tail>,
    /// The new content from there on.
    pub end: Vec<u8>,
    /// What is known of the new file.
    pub facts: Facts,
}

/// An executable in which room was made for a signature: its beginning and its end change.
#[derive(Debug, Clone)]
pub struct Grown {
    /// Its new beginning.
    pub head: Vec<u8>,
    /// Up to where it stays as it was behind that.
    pub until: u64,
    /// What follows.
    pub end: Vec<u8>,
    /// Where in that its signature begins.
    pub signed: usize,
    /// What is known of the new file.
    pub facts: Facts,
}

impl Grown {
    /// Bytes of the new file.
    pub fn size(&self) -> u64 {
        self.until + self.end.len() as u64
    }

    /// Passes the new content on, piece by piece. `base` holds the old one.
    pub fn pour(&self, base: &dyn Tree, path: &str, to: &mut dyn FnMut(&[u8])) -> Result<(), TreeError> {
        self.pour_kept(base, path, to)?;
        to(&self.end);
        Ok(())
    }

    /// The same up to its end.
    pub fn pour_kept(&self, base: &dyn Tree, path: &str, to: &mut dyn FnMut(&[u8])) -> Result<(), TreeError> {
        to(&self.head);
        pour_part(base, path, self.head.len() as u64..self.until, to)
    }
}

/// Passes a part of a file on, piece by piece.
fn pour_part(base: &dyn Tree, path: &str, part: Range<u64>, to: &mut dyn FnMut(&[u8])) -> Result<(), TreeError> {
    let mut at = 0;
    base.pour(path, &mut |piece| {
        let within = |bound: u64| usize::try_from(bound.saturating_sub(at)).unwrap_or(piece.len()).min(piece.len());
        to(piece.get(within(part.start)..within(part.end)).unwrap_or_default());
        at += piece.len() as u64;
    })
}

/// A tree with new contents laid over it.
pub struct Overlay<'t> {
    base: &'t dyn Tree,
    nodes: BTreeMap<String, Node>,
    changes: Changes,
}

/// What was laid over a tree.
#[derive(Default)]
pub struct Changes {
    /// New contents.
    pub contents: BTreeMap<String, Vec<u8>>,
    /// Executables that were signed anew.
    pub patched: BTreeMap<String, Patched>,
    /// Executables that were signed for the first time, or with a signature that needs more room.
    pub grown: BTreeMap<String, Grown>,
    /// Files that go.
    pub removed: BTreeSet<String>,
}

impl Changes {
    /// The files that have another content.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.contents.keys().chain(self.patched.keys()).chain(self.grown.keys()).map(String::as_str)
    }

    /// Whether a file changes.
    pub fn has(&self, path: &str) -> bool {
        self.contents.contains_key(path) || self.patched.contains_key(path) || self.grown.contains_key(path)
    }

    /// What is known of an executable that was signed anew.
    pub fn facts(&self, path: &str) -> Option<&Facts> {
        let patched = self.patched.get(path).map(|patched| &patched.facts);
        patched.or_else(|| self.grown.get(path).map(|grown| &grown.facts))
    }
}

impl std::fmt::Debug for Changes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Contents may hold secrets.
        f.debug_list().entries(self.paths()).finish()
    }
}

impl std::fmt::Debug for Overlay<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Overlay").field("changed", &self.changes).finish_non_exhaustive()
    }
}

impl<'t> Overlay<'t> {
    /// Nothing laid over `base`.
    pub fn new(base: &'t dyn Tree) -> Self {
        Self { base, nodes: base.nodes().clone(), changes: Changes::default() }
    }

    /// With all of these laid over `base`.
    pub fn with(base: &'t dyn Tree, changes: Changes) -> Self {
        let mut overlay = Self::new(base);
        overlay.nodes.extend(changes.contents.keys().map(|path| (path.clone(), Node::File)));
        overlay.nodes.retain(|path, _| !changes.removed.contains(path));
        Self { changes, ..overlay }
    }

    /// What is below.
    pub fn base(&self) -> &'t dyn Tree {
        self.base
    }

    /// Lays a file over.
    pub fn set(&mut self, path: String, content: Vec<u8>) {
        self.nodes.insert(path.clone(), Node::File);
        self.changes.patched.remove(&path);
        self.changes.grown.remove(&path);
        self.changes.contents.insert(path, content);
    }

    /// Takes a file away.
    pub fn remove(&mut self, path: &str) {
        self.nodes.remove(path);
        self.changes.contents.remove(path);
        self.changes.removed.insert(path.to_owned());
    }

    /// Lays new signatures over those of an executable of the tree below.
    pub fn patch(&mut self, path: String, patched: Patched) {
        self.changes.patched.insert(path, patched);
    }

    /// Makes room in an executable of the tree below, and signs it there.
    pub fn grow(&mut self, path: String, grown: Grown) {
        self.changes.grown.insert(path, grown);
    }

    /// Whether a file was laid over.
    pub fn changed(&self, path: &str) -> bool {
        self.changes.has(path)
    }

    /// What was laid over.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Takes what was laid over.
    pub fn into_changes(self) -> Changes {
        self.changes
    }
}

impl Tree for Overlay<'_> {
    fn nodes(&self) -> &BTreeMap<String, Node> {
        &self.nodes
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, TreeError> {
        if let Some(content) = self.changes.contents.get(path) {
            return Ok(content.clone());
        }
        let mut content = self.base.read(path)?;
        if let Some(grown) = self.changes.grown.get(path) {
            content.truncate(usize::try_from(grown.until).unwrap_or(usize::MAX));
            if let Some(head) = content.get_mut(..grown.head.len()) {
                head.copy_from_slice(&grown.head);
            }
            content.extend_from_slice(&grown.end);
        }
        if let Some(patched) = self.changes.patched.get(path) {
            content.truncate(usize::try_from(patched.tail.from).unwrap_or(usize::MAX));
            content.extend_from_slice(&patched.end);
        }
        Ok(content)
    }

    fn start(&self, path: &str, len: usize) -> Result<Vec<u8>, TreeError> {
        if let Some(content) = self.changes.contents.get(path) {
            return Ok(content.get(..len).unwrap_or(content).to_vec());
        }
        // No signature is at the start of a file.
        let mut start = self.base.start(path, len)?;
        if let Some(grown) = self.changes.grown.get(path) {
            start.iter_mut().zip(&grown.head).for_each(|(old, new)| *old = *new);
        }
        Ok(start)
    }

    fn size(&self, path: &str) -> u64 {
        match (self.changes.contents.get(path), self.changes.grown.get(path)) {
            (Some(content), _) => content.len() as u64,
            (None, Some(grown)) => grown.size(),
            (None, None) => self.base.size(path),
        }
    }

    fn look(&self, path: &str, look: &mut Look) -> Result<(), TreeError> {
        if self.changed(path) {
            return self.pour(path, &mut |piece| look.feed(piece));
        }
        self.base.look(path, look)
    }

    fn pour(&self, path: &str, to: &mut dyn FnMut(&[u8])) -> Result<(), TreeError> {
        if let Some(grown) = self.changes.grown.get(path) {
            return grown.pour(self.base, path, to);
        }
        if let Some(patched) = self.changes.patched.get(path) {
            pour_part(self.base, path, 0..patched.tail.from, to)?;
            to(&patched.end);
            return Ok(());
        }
        match self.changes.contents.get(path) {
            Some(content) => to(content),
            None => return self.base.pour(path, to),
        }
        Ok(())
    }
}

/// The path below a folder (`""` is the whole tree); `None` where it lies elsewhere.
pub fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    if folder.is_empty() { Some(path) } else { path.strip_prefix(folder)?.strip_prefix('/') }
}

/// The files of an app as places are looked for in them.
#[derive(Clone, Copy)]
pub struct AppFiles<'t>(pub &'t dyn Tree);

impl std::fmt::Debug for AppFiles<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AppFiles(..)")
    }
}

impl Files for AppFiles<'_> {
    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        let files = self.0.nodes().iter().filter(|(_, node)| **node == Node::File);
        Box::new(files.map(|(path, _)| path.as_str()))
    }

    fn read(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, ReadError> {
        let content = self.0.read_if_there(name).map_err(|error| ReadError::Io(std::io::Error::other(error)))?;
        match &content {
            Some(content) if content.len() as u64 > limit => {
                Err(ReadError::Limit { found: content.len() as u64, limit })
            }
            _ => Ok(content),
        }
    }
}
