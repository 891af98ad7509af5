//! The files of an app in a folder.
//!
//! Must not: follow a link.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::artifact::apple::{Look, Node, Tree, TreeError};
use crate::format::limits;
use crate::host::file::{self, Changed, FileError, Stamp};
use crate::host::transaction;

/// Bytes read at a time.
const STEP: usize = 128 * 1024;

/// An app in a folder.
#[derive(Debug)]
pub struct FolderTree {
    root: PathBuf,
    nodes: BTreeMap<String, Node>,
    /// What each file or link was when it was listed, before anything of it was read.
    stamps: BTreeMap<String, Stamp>,
    /// What a killed run left, which is not of the app.
    ours: Vec<String>,
}

impl FolderTree {
    /// Lists a folder.
    pub fn open(root: &Path) -> Result<Self, TreeError> {
        let (mut nodes, mut stamps, mut ours) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for entry in walkdir::WalkDir::new(root).follow_links(false).min_depth(1) {
            let failed = |problem: String| TreeError { path: root.display().to_string(), problem };
            let entry = entry.map_err(|error| failed(error.to_string()))?;
            if entry.file_type().is_dir() {
                continue;
            }
            let below = entry.path().strip_prefix(root).unwrap_or(entry.path());
            let steps: Option<Vec<&str>> = below.components().map(|step| step.as_os_str().to_str()).collect();
            let Some(path) = steps.map(|steps| steps.join("/")) else {
                return Err(failed(format!("{}: a name that is not UTF-8 could not be sealed", below.display())));
            };
            if transaction::is_ours(&path) {
                ours.push(path);
                continue;
            }
            let wrong = |problem: String| TreeError { path: path.clone(), problem };
            let there = entry.metadata().map_err(|error| wrong(error.to_string()))?;
            let node = if entry.file_type().is_symlink() {
                let target = fs::read_link(entry.path()).map_err(|error| wrong(error.to_string()))?;
                let target = target.to_str().map(str::to_owned);
                Node::Symlink(target.ok_or_else(|| wrong("a link to a name that is not UTF-8".to_owned()))?)
            } else if entry.file_type().is_file() {
                Node::File
            } else {
                return Err(wrong("neither a file nor a folder nor a link".to_owned()));
            };
            stamps.insert(path.clone(), Stamp::of(&there));
            nodes.insert(path, node);
        }
        Ok(Self { root: root.to_owned(), nodes, stamps, ours })
    }

    /// What a killed run left in it, by name.
    pub fn ours(&self) -> &[String] {
        &self.ours
    }

    /// What a file was when it was listed.
    pub fn stamp(&self, path: &str) -> Option<Stamp> {
        self.stamps.get(path).copied()
    }

    /// An error where any file of the app is not what was listed: its seal holds the digests of all of them.
    pub fn unchanged(&self) -> Result<(), Changed> {
        let changed = |path: &str| Changed(self.path(path));
        let now = Self::open(&self.root).map_err(|error| changed(&error.path))?;
        let mut names = now.stamps.keys().chain(self.stamps.keys());
        match names.find(|name| now.stamps.get(*name) != self.stamps.get(*name)) {
            Some(name) => Err(changed(name)),
            None => Ok(()),
        }
    }

    /// Where a file lies.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn take(&self, path: &str, limit: u64) -> Result<Vec<u8>, TreeError> {
        let mut content = Vec::new();
        self.file(path)?.take(limit).read_to_end(&mut content).map_err(failed(path))?;
        Ok(content)
    }

    fn file(&self, path: &str) -> Result<File, TreeError> {
        if self.nodes.get(path) != Some(&Node::File) {
            return Err(TreeError { path: path.to_owned(), problem: "no such file".to_owned() });
        }
        file::open(&self.path(path)).map_err(|FileError { source, .. }| failed(path)(source))
    }
}

fn failed(path: &str) -> impl Fn(io::Error) -> TreeError + '_ {
    move |error| TreeError { path: path.to_owned(), problem: error.to_string() }
}

impl Tree for FolderTree {
    fn nodes(&self) -> &BTreeMap<String, Node> {
        &self.nodes
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, TreeError> {
        let content = self.take(path, limits::ENTRY_BYTES + 1)?;
        if content.len() as u64 > limits::ENTRY_BYTES {
            let problem = format!("more than {} bytes, the limit for a file that is opened", limits::ENTRY_BYTES);
            return Err(TreeError { path: path.to_owned(), problem });
        }
        Ok(content)
    }

    fn start(&self, path: &str, len: usize) -> Result<Vec<u8>, TreeError> {
        self.take(path, len as u64)
    }

    fn size(&self, path: &str) -> u64 {
        fs::symlink_metadata(self.path(path)).map_or(0, |found| found.len())
    }

    fn look(&self, path: &str, look: &mut Look) -> Result<(), TreeError> {
        self.pour(path, &mut |piece| look.feed(piece))
    }

    fn pour(&self, path: &str, to: &mut dyn FnMut(&[u8])) -> Result<(), TreeError> {
        let mut file = self.file(path)?;
        let mut buffer = vec![0; STEP];
        loop {
            match file.read(&mut buffer).map_err(failed(path))? {
                0 => return Ok(()),
                len => to(buffer.get(..len).unwrap_or_default()),
            }
        }
    }
}
