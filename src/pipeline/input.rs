//! What one artifact is made of: a file, a folder, or some packages of a folder that are installed together.
//!
//! Must not: inspect more than which packages belong together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::ArtifactFile;
use super::apk::Package;
use super::digest::Digest;
use super::receipt_error::ReceiptError;

/// Where an artifact is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Input {
    /// The file or folder.
    pub path: PathBuf,
    /// The files of the folder that are meant, packages of one application; empty: all that the folder is.
    pub packages: Vec<String>,
}

impl<P: Into<PathBuf>> From<P> for Input {
    fn from(path: P) -> Self {
        Self { path: path.into(), packages: Vec::new() }
    }
}

/// A package that was given.
struct Given {
    index: usize,
    folder: PathBuf,
    file: String,
    is_split: bool,
}

impl Input {
    /// What these paths are: a base and splits of one application in one folder are one artifact, and every other path is one by
    /// itself. In the order of the paths; `None` is one of the artifact of an earlier path. What cannot be read is by itself too;
    /// whoever works on it says why.
    pub fn together(paths: Vec<PathBuf>) -> Vec<Option<Self>> {
        if paths.len() < 2 {
            return paths.into_iter().map(|path| Some(Self::from(path))).collect();
        }
        let mut applications: BTreeMap<(PathBuf, String), Vec<Given>> = BTreeMap::new();
        for (index, path) in paths.iter().enumerate() {
            if let Some((application, given)) = package(index, path) {
                // However the folder is spelled.
                let folder = std::fs::canonicalize(&given.folder).unwrap_or_else(|_| given.folder.clone());
                applications.entry((folder, application)).or_default().push(given);
            }
        }
        let mut inputs: Vec<Option<Self>> = paths.into_iter().map(|path| Some(Self::from(path))).collect();
        for set in applications.into_values().filter(|set| set.len() > 1 && set.iter().any(|given| given.is_split)) {
            let Some(first) = set.first() else { continue };
            let whole =
                Self { path: first.folder.clone(), packages: set.iter().map(|given| given.file.clone()).collect() };
            for given in &set {
                if let Some(input) = inputs.get_mut(given.index) {
                    *input = (given.index == first.index).then(|| whole.clone());
                }
            }
        }
        inputs
    }

    /// The digest that receipts name it by; of packages of a folder as if nothing else were there.
    pub fn digest(&self) -> Result<Digest, ReceiptError> {
        if self.packages.is_empty() { Digest::of(&self.path) } else { Digest::of_files(&self.path, &self.packages) }
    }

    /// The same at another place.
    #[must_use]
    pub fn at(&self, path: &Path) -> Self {
        Self { path: path.to_owned(), packages: self.packages.clone() }
    }
}

/// The package at a path, and its application.
fn package(index: usize, path: &Path) -> Option<(String, Given)> {
    if !path.is_file() {
        return None;
    }
    let package = Package::over(path, Arc::new(ArtifactFile::open(path).ok()?)).ok()?;
    let facts = &package.packed.facts;
    let file = path.file_name()?.to_str()?.to_owned();
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    Some((facts.package.clone(), Given { index, folder, file, is_split: facts.split.is_some() }))
}
