//! What is about to be committed, as git has it, and where its hooks are.
//!
//! Must not: change anything in a repository, or run what a repository configures.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use super::command;

/// How long git may take for one answer.
const PATIENCE: Duration = Duration::from_mins(2);
/// The most that is read of one file: what git itself refuses to diff is far smaller.
const FILE_BYTES: u64 = 1 << 30;
/// The most that a list of files takes.
const LIST_BYTES: u64 = 1 << 28;

/// A file in the index that the next commit would change or add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    /// Its path from the repository's top, as git says it.
    pub path: String,
    /// The name of its content.
    object: String,
}

/// The files that the next commit of the repository around `folder` would add or change.
pub fn staged(folder: &Path) -> io::Result<Vec<Staged>> {
    // Outside of a repository, diff compares files instead, and answers with its usage.
    ask(folder, &["rev-parse", "--git-dir"], LIST_BYTES)?;
    let list = ask(
        folder,
        &["diff", "--cached", "--raw", "-z", "--no-abbrev", "--no-renames", "--diff-filter=ACMT"],
        LIST_BYTES,
    )?;
    let mut words = list.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    let mut staged = Vec::new();
    while let (Some(meta), Some(path)) = (words.next(), words.next()) {
        // `:100644 100755 OLD NEW M`; a submodule (160000) has no content here.
        let meta = String::from_utf8_lossy(meta);
        let fields: Vec<&str> = meta.split(' ').collect();
        let [_, mode, _, object, ..] = fields.as_slice() else {
            return Err(io::Error::other(format!("git diff --raw answered {meta:?}")));
        };
        if *mode != "160000" {
            staged.push(Staged { path: String::from_utf8_lossy(path).into_owned(), object: (*object).to_owned() });
        }
    }
    Ok(staged)
}

/// The content of a staged file.
pub fn content(folder: &Path, file: &Staged) -> io::Result<Zeroizing<Vec<u8>>> {
    ask(folder, &["cat-file", "blob", &file.object], FILE_BYTES)
}

/// Git's folder for the hooks of the repository around `folder`, which `core.hooksPath` may have moved.
pub fn hooks(folder: &Path) -> io::Result<PathBuf> {
    let answer = ask(folder, &["rev-parse", "--git-path", "hooks"], LIST_BYTES)?;
    let path = std::str::from_utf8(&answer).map_err(io::Error::other)?;
    // One line, and relative to `folder` where it is within the repository.
    Ok(folder.join(path.trim_end_matches(['\r', '\n'])))
}

fn ask(folder: &Path, words: &[&str], limit: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let folder = folder.to_string_lossy().into_owned();
    let all: Vec<String> = ["git", "-c", "core.fsmonitor=false", "-C", &folder]
        .iter()
        .chain(words)
        .map(|word| (*word).to_owned())
        .collect();
    // Git tells its hooks by variables of its own which repository and index are meant.
    let answer = command::run_plain("GIT_", &all, PATIENCE, limit)?;
    if !answer.success {
        let said = String::from_utf8_lossy(&answer.said);
        return Err(io::Error::other(format!("git {}: {} ({})", words.join(" "), said.trim(), answer.status)));
    }
    Ok(answer.output)
}
