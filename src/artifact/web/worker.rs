//! Angular's service worker: `ngsw.json` lists the SHA-1 of every file it serves, by URL, and refuses one that differs.
//!
//! Must not: add a file to the table.

use std::collections::BTreeSet;

use sha1::{Digest, Sha1};

use super::{Site, WebError};
use crate::artifact::document::DocumentError;
use crate::artifact::files::FilesError;
use crate::format::json::{self, Value};

const TABLE: &str = "ngsw.json";

pub(super) fn keep(site: &mut Site<'_>, touched: &BTreeSet<String>) -> Result<(), WebError> {
    let is_table = |name: &&str| name.rsplit('/').next() == Some(TABLE);
    let tables: Vec<String> = site.files.names().filter(is_table).map(str::to_owned).collect();
    for table in tables {
        let Some(mut content) = site.after(&table)? else { continue };
        let json =
            |source| WebError::Files(FilesError::Document { file: table.clone(), source: DocumentError::Json(source) });
        let root = json::get(&content, "/index").map_err(json)?.into_iter().next_back();
        let base = match root {
            Some(Value::String(index)) => index.rsplit_once('/').map_or(String::new(), |(base, _)| base.to_owned()),
            _ => String::new(),
        };
        let folder = table.strip_suffix(TABLE).unwrap_or_default();
        let mut changed = false;
        for (file, relative) in touched.iter().filter_map(|file| Some((file, file.strip_prefix(folder)?))) {
            let url = format!("{base}/{relative}");
            let pointer = format!("/hashTable/{}", url.replace('~', "~0").replace('/', "~1"));
            let listed = json::get(&content, &pointer).map_err(json)?;
            let Some(bytes) = site.after(file)?.filter(|_| !listed.is_empty()) else { continue };
            let hash: String = Sha1::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            if listed != [Value::String(hash.clone())] {
                content = json::set(&content, &pointer, &hash, false).map_err(json)?;
                changed = true;
            }
        }
        if changed {
            site.set(&table, content);
        }
    }
    Ok(())
}
