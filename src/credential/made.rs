//! Which databases were made in a home: those that lie there, and those that its file `databases` names.
//!
//! A database that was lost must not look like one that never was: a new one would give new credentials to applications that
//! have some. So each is written down once it is there; what is written down and gone is an error until a person decides.
//!
//! Must not: open a database, or take a line away.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::format::limits;
use crate::host::file::{self, FileError};
use crate::host::random::{OsRandom, Randomness};
use crate::host::replacement::{Writers, create_held};
use crate::host::{interrupt, lock, private, sharing};

/// The name of the list, in the home.
const NAME: &str = "databases";
/// Its first line. One line for each database follows: its path within the home, parts separated by `/`.
const HEADER: &str = "inject-databases-1";
/// How long another process that writes the list is waited for: that takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// The list of a home.
pub(super) fn list(folder: &Path) -> PathBuf {
    folder.join(NAME)
}

/// The databases that lie in a home.
pub(super) fn there(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let mut found = Vec::new();
    for folder in [folder.to_owned(), folder.join("registry")] {
        if !exists(&folder)? {
            continue;
        }
        for entry in fs::read_dir(&folder).map_err(FileError::on("list", &folder))? {
            let path = entry.map_err(FileError::on("list", &folder))?.path();
            let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if !hidden && path.extension().is_some_and(|extension| extension == "db") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Every database that was made in a home: those that lie there, then those that are only listed.
pub(super) fn all(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let mut all = there(folder)?;
    for name in listed(folder)? {
        let path = folder.join(name);
        if !all.contains(&path) {
            all.push(path);
        }
    }
    Ok(all)
}

/// Whether the list of a home names this database.
pub(super) fn is_listed(folder: &Path, name: &Path) -> Result<bool, FileError> {
    let line = line(name);
    Ok(listed(folder)?.contains(&line))
}

/// Adds a database that is there to the list. Of two processes at once, neither takes the other's line away.
pub(super) fn add(folder: &Path, name: &Path) -> Result<(), FileError> {
    let _section = interrupt::section();
    let _alone = lock::acquire(&folder.join("locks").join(NAME), PATIENCE)?;
    let mut names = listed(folder)?;
    let line = line(name);
    if names.contains(&line) {
        return Ok(());
    }
    names.push(line);
    names.sort();
    write(folder, &format!("{HEADER}\n{}\n", names.join("\n")))
}

/// What the list names.
fn listed(folder: &Path) -> Result<Vec<String>, FileError> {
    let path = list(folder);
    let text = match file::read_text(&path, limits::TEXT_FILE_BYTES) {
        Ok(text) => text,
        Err(error) if error.source.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let wrong = |number: usize, expected: &str| {
        let problem = format!(
            "line {number} is not {expected}; correct it: the first line is {HEADER}, each other one a database that was \
             made here, store.db or registry/NAME.db"
        );
        FileError::on("read", &path)(io::Error::new(io::ErrorKind::InvalidData, problem))
    };
    let mut lines = text.lines();
    if lines.next() != Some(HEADER) {
        return Err(wrong(1, HEADER));
    }
    let mut names = Vec::new();
    for (index, line) in lines.enumerate() {
        let name = line.strip_prefix("registry/").unwrap_or(line);
        let is_name =
            name.strip_suffix(".db").is_some() && !name.contains(['/', '\\']) && !name.contains(char::is_control);
        if !is_name || (name == line && line != "store.db") {
            return Err(wrong(index + 2, "the path of a database"));
        }
        names.push(line.to_owned());
    }
    Ok(names)
}

/// How a database stands in the list.
fn line(name: &Path) -> String {
    let parts: Vec<String> = name.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    parts.join("/")
}

/// Puts a new list in the place of the one that is there, whole.
fn write(folder: &Path, text: &str) -> Result<(), FileError> {
    let path = list(folder);
    // What is open holds the lock that keeps others from sweeping it away.
    let (temporary, mut open) = loop {
        let mut unique = [0; 8];
        OsRandom.fill(&mut unique).map_err(FileError::on("write", &path))?;
        let temporary = folder.join(format!(".{NAME}-{:016x}", u64::from_le_bytes(unique)));
        if let Some(file) = create_held(&temporary, Writers::One)? {
            break (temporary, file);
        }
    };
    let placed = private::keep(&temporary).and_then(|()| {
        open.write_all(text.as_bytes()).and_then(|()| open.sync_all()).map_err(FileError::on("write", &temporary))?;
        sharing::rename(&temporary, &path).map_err(FileError::on("replace", &path))
    });
    if placed.is_err() {
        let _ = fs::remove_file(&temporary);
        return placed;
    }
    // The rename is atomic without it; this makes it durable where the system lets a folder be synced.
    file::sync_folder(folder);
    Ok(())
}

/// Whether a file is there. A folder that cannot be looked into is an error, for it is not an empty one.
pub(super) fn exists(path: &Path) -> Result<bool, FileError> {
    path.try_exists().map_err(FileError::on("look for", path))
}
