//! The files of a project: their paths, and the text of those that are asked for.
//!
//! Folders of tools, dependencies and outputs are not entered: what lies there is made from what lies elsewhere.
//!
//! Must not: know what is in a file.

use std::path::{Path, PathBuf};

use crate::format::limits;
use crate::host::file::FileError;
use crate::host::folder;

/// Folders that are not entered, wherever they lie.
const PASSED_OVER: [&str; 18] = [
    "node_modules",
    "bower_components",
    "Pods",
    "Carthage",
    "DerivedData",
    "SourcePackages",
    "build",
    "dist",
    "bin",
    "obj",
    "out",
    "target",
    "vendor",
    "buildSrc",
    "__pycache__",
    "venv",
    "xcuserdata",
    "coverage",
];

/// The files of a project.
#[derive(Debug)]
pub struct Files {
    root: PathBuf,
    listing: folder::Listing,
}

impl Files {
    /// Lists a folder.
    pub fn below(root: &Path) -> Result<Self, FileError> {
        let enter = |name: &str| {
            let bundle = [".app", ".xcarchive", ".framework", ".xcframework", ".xcassets"];
            !name.starts_with('.')
                && !PASSED_OVER.contains(&name)
                && !bundle.iter().any(|extension| name.ends_with(extension))
        };
        let listing = folder::list(root, limits::PROJECT_DEPTH, limits::TREE_FILES, enter)?;
        Ok(Self { root: root.to_owned(), listing })
    }

    /// What was not seen.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks: Vec<String> =
            self.listing.unreadable.iter().map(|path| format!("{} cannot be listed", path.display())).collect();
        if self.listing.cut {
            let seen = limits::TREE_FILES;
            remarks
                .push(format!("there are more than {seen} files; the rest was not looked at: name a smaller folder"));
        }
        remarks
    }

    /// All paths, in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.listing.files.iter().map(String::as_str)
    }

    /// The paths of files with this name.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &str> {
        self.paths().filter(move |path| name_of(path) == name)
    }

    /// The paths of files below a folder.
    pub fn within(&self, folder: &str) -> impl Iterator<Item = &str> {
        self.paths().filter(move |path| is_within(path, folder))
    }

    /// Whether a file is there.
    pub fn has(&self, path: &str) -> bool {
        self.listing.files.binary_search_by(|known| known.as_str().cmp(path)).is_ok()
    }

    /// The bytes of a file; why it cannot be read, in words.
    pub fn bytes(&self, path: &str) -> Result<Vec<u8>, String> {
        folder::read(&self.root.join(path), limits::PROJECT_FILE_BYTES)
            .map_err(|error| format!("{path}: {}", error.source))
    }

    /// The text of a file. Bytes that are no UTF-8 stand in comments as a rule, and hide nothing else.
    pub fn text(&self, path: &str) -> Result<String, String> {
        let bytes = self.bytes(path)?;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }
}

/// The last name of a path.
pub fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether the last name of a path ends in `.extension`.
pub fn has_extension(path: &str, extension: &str) -> bool {
    name_of(path).rsplit_once('.').is_some_and(|(_, found)| found.eq_ignore_ascii_case(extension))
}

/// The folder of a path; empty for the root.
pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Whether a path lies below a folder; everything lies below the root.
pub fn is_within(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// A path below a folder; `..` in it is resolved, as far as it stays below the root.
pub fn join(folder: &str, path: &str) -> Option<String> {
    let mut names: Vec<&str> = folder.split('/').filter(|name| !name.is_empty()).collect();
    for name in path.split(['/', '\\']) {
        match name {
            "" | "." => {}
            ".." => {
                names.pop()?;
            }
            name => names.push(name),
        }
    }
    Some(names.join("/"))
}

/// A path as the literal part of a glob.
pub(super) fn escaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        if "*?[]{}".contains(c) {
            out.extend(['[', c, ']']);
        } else {
            out.push(c);
        }
    }
    out
}
