//! Folders: which files lie below one, and small files read whole.
//!
//! Must not: follow symbolic links below the folder, or know what the files are.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::file::{self, FileError};

/// The files below a folder.
#[derive(Debug, Default)]
pub struct Listing {
    /// Their paths from the folder, with `/` between the names, in order.
    pub files: Vec<String>,
    /// What could not be listed.
    pub unreadable: Vec<PathBuf>,
    /// Whether there was more than was asked for.
    pub cut: bool,
}

/// Lists a folder down to `depth`, at most `most` files. Folders that are not to be entered are passed over. A name that is
/// no Unicode is passed over too.
pub fn list(root: &Path, depth: usize, most: usize, enter: impl Fn(&str) -> bool) -> Result<Listing, FileError> {
    std::fs::read_dir(root).map_err(FileError::on("list", root))?;
    let mut listing = Listing::default();
    let walk = WalkDir::new(root).sort_by_file_name().min_depth(1).max_depth(depth).into_iter();
    let entered =
        walk.filter_entry(|entry| !entry.file_type().is_dir() || entry.file_name().to_str().is_some_and(&enter));
    for entry in entered {
        match entry {
            Ok(entry) if entry.file_type().is_file() => {
                if listing.files.len() == most {
                    listing.cut = true;
                    break;
                }
                listing.files.extend(entry.path().strip_prefix(root).ok().and_then(slashed));
            }
            Ok(_) => {}
            Err(error) => listing.unreadable.extend(error.path().map(Path::to_owned)),
        }
    }
    listing.files.sort();
    Ok(listing)
}

/// The content of a file, which has at most `limit` bytes.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    Ok(std::mem::take(&mut *file::read(path, limit)?))
}

fn slashed(path: &Path) -> Option<String> {
    let names: Option<Vec<&str>> = path.iter().map(|name| name.to_str()).collect();
    Some(names?.join("/"))
}
