//! Folders of tools beside what is built, which patterns enter only where they name them.
//!
//! Must not: look at a file system.

/// What lies in these is nobody's artifact, and much.
const FOLDERS: [&str; 2] = [".git", "node_modules"];

/// Whether a pattern of paths leads into folders of this name: into those of tools only where it names them.
pub fn enters(pattern: &str, folder: &str) -> bool {
    !FOLDERS.contains(&folder) || pattern.split(['/', '{', ',', '}']).any(|name| name == folder)
}
