//! What a folder of GeneXus metadata says of itself. `sdapps.json` lists the main objects for the Knowledge Base Navigator,
//! which runs them from there.
//!
//! Must not: change anything.

use super::document::DocumentError;
use super::files::{Files, FilesError};
use crate::format::json::{self, Value};
use crate::format::limits;

/// The list of main objects.
pub const MAINS: &str = "sdapps.json";

/// The main objects of the metadata, in the order of the list; none where the files are something else.
pub fn mains(files: &dyn Files) -> Result<Vec<String>, FilesError> {
    let read = files.read(MAINS, limits::ENTRY_BYTES);
    let Some(content) = read.map_err(|source| FilesError::Read { file: MAINS.to_owned(), source })? else {
        return Ok(Vec::new());
    };
    let found = json::get(&content, "/apps/*/n")
        .map_err(|source| FilesError::Document { file: MAINS.to_owned(), source: DocumentError::Json(source) })?;
    let mut names: Vec<String> = Vec::new();
    for name in found {
        match name {
            Value::String(name) if !names.contains(&name) => names.push(name),
            _ => {}
        }
    }
    Ok(names)
}
