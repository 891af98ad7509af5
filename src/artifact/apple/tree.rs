//! The files of an app, by their path from the app's folder; links are never followed.
//!
//! Must not: know where the files lie.

use std::collections::BTreeMap;

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
pub trait Tree {
    /// Files and links by path; folders are what lies before a `/`.
    fn nodes(&self) -> &BTreeMap<String, Node>;

    /// The content of a file.
    fn read(&self, path: &str) -> Result<Vec<u8>, TreeError>;

    /// The first bytes of a file, at least eight where it has them.
    fn start(&self, path: &str) -> Result<Vec<u8>, TreeError>;

    /// The content of a file, where there is one.
    fn read_if_there(&self, path: &str) -> Result<Option<Vec<u8>>, TreeError> {
        if self.nodes().get(path) == Some(&Node::File) { self.read(path).map(Some) } else { Ok(None) }
    }
}

/// A tree with new contents laid over it.
pub struct Overlay<'t> {
    base: &'t dyn Tree,
    nodes: BTreeMap<String, Node>,
    contents: BTreeMap<String, Vec<u8>>,
}

impl std::fmt::Debug for Overlay<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Contents may hold secrets.
        f.debug_struct("Overlay").field("changed", &self.contents.keys()).finish_non_exhaustive()
    }
}

impl<'t> Overlay<'t> {
    /// Nothing laid over `base`.
    pub fn new(base: &'t dyn Tree) -> Self {
        Self { base, nodes: base.nodes().clone(), contents: BTreeMap::new() }
    }

    /// Lays a file over.
    pub fn set(&mut self, path: String, content: Vec<u8>) {
        self.nodes.insert(path.clone(), Node::File);
        self.contents.insert(path, content);
    }

    /// Whether a file was laid over.
    pub fn changed(&self, path: &str) -> bool {
        self.contents.contains_key(path)
    }

    /// What was laid over.
    pub fn contents(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.contents
    }

    /// Takes what was laid over.
    pub fn into_contents(self) -> BTreeMap<String, Vec<u8>> {
        self.contents
    }
}

impl Tree for Overlay<'_> {
    fn nodes(&self) -> &BTreeMap<String, Node> {
        &self.nodes
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, TreeError> {
        self.contents.get(path).map_or_else(|| self.base.read(path), |content| Ok(content.clone()))
    }

    fn start(&self, path: &str) -> Result<Vec<u8>, TreeError> {
        match self.contents.get(path) {
            Some(content) => Ok(content.get(..64).unwrap_or(content).to_vec()),
            None => self.base.start(path),
        }
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
