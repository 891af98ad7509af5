//! The digest that a receipt names an artifact by, as in in-toto's `DigestSet`: SHA-256 of a file, and of a folder the
//! directory Hash1 that Go modules use, `dirHash`: SHA-256 over a line for each file, sorted by name, of the SHA-256 of its
//! content, two spaces, and its name. `find . -type f` and `sha256sum` come to the same.
//!
//! Must not: follow a link, or hold a file whole.

use crate::format::hex;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::receipt_error::ReceiptError;
use super::source::ArtifactFile;
use crate::host::file::FileError;

/// A digest, in lowercase hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Digest {
    /// Of a file.
    Sha256(String),
    /// Of the files of a folder. Links are not among them.
    Folder(String),
}

impl Digest {
    /// Of what is there now.
    pub fn of(path: &Path) -> Result<Self, ReceiptError> {
        if path.is_dir() { folder(path).map(Self::Folder) } else { file(path).map(Self::Sha256) }
    }

    /// Of these files of a folder, as if nothing else were there.
    pub fn of_files(root: &Path, names: &[String]) -> Result<Self, ReceiptError> {
        let line = |name: &String| Ok((name.clone(), file(&root.join(name))?));
        Ok(Self::Folder(of_lines(names.iter().map(line).collect::<Result<_, ReceiptError>>()?)))
    }

    /// As a `DigestSet`.
    pub fn json(&self) -> Value {
        match self {
            Self::Sha256(hex) => json!({ "sha256": hex }),
            Self::Folder(hex) => json!({ "dirHash": hex }),
        }
    }

    /// What a `DigestSet` says.
    pub fn parse(set: &Value) -> Option<Self> {
        let text = |name| set.get(name).and_then(Value::as_str).map(str::to_owned);
        text("sha256").map(Self::Sha256).or_else(|| text("dirHash").map(Self::Folder))
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sha256(hex) => write!(f, "SHA-256 {hex}"),
            Self::Folder(hex) => write!(f, "dirHash {hex}"),
        }
    }
}

fn file(path: &Path) -> Result<String, ReceiptError> {
    let mut hasher = Sha256::new();
    ArtifactFile::open(path)?.stream::<FileError>(|piece| {
        hasher.update(piece);
        Ok(())
    })?;
    Ok(hex::lower(hasher.finalize()))
}

fn folder(root: &Path) -> Result<String, ReceiptError> {
    let failed = |source| ReceiptError::Read { path: root.to_owned(), source };
    let mut lines = Vec::new();
    for entry in walkdir::WalkDir::new(root).follow_root_links(true) {
        let entry = entry.map_err(|error| failed(error.into()))?;
        if !entry.file_type().is_file() {
            continue;
        }
        let below = entry.path().strip_prefix(root).map_err(|error| failed(io::Error::other(error)))?;
        let parts: Option<Vec<&str>> = below.components().map(|part| part.as_os_str().to_str()).collect();
        let name = parts.map(|parts| parts.join("/")).filter(|name| !name.contains('\n'));
        let name = name.ok_or_else(|| ReceiptError::Name(entry.path().to_owned()))?;
        lines.push((name, file(entry.path())?));
    }
    Ok(of_lines(lines))
}

/// The digest of files, each with its name.
fn of_lines(mut lines: Vec<(String, String)>) -> String {
    lines.sort();
    let mut text = String::new();
    for (name, digest) in lines {
        let _ = writeln!(text, "{digest}  {name}");
    }
    hex::lower(Sha256::new().chain_update(text).finalize())
}
