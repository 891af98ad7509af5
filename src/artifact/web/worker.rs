//! Angular's service worker: `ngsw.json` lists the SHA-1 of every file it serves, by URL, and refuses one that differs.
//!
//! Must not: add a file to the table.

use crate::format::hex;
use std::collections::BTreeSet;

use serde_json::Value;
use sha1::{Digest, Sha1};

use super::{Site, WebError};
use crate::artifact::document::DocumentError;
use crate::artifact::files::FilesError;
use crate::format::json;
use crate::format::setting::Setting;
use crate::format::text::unmarked;

const TABLE: &str = "ngsw.json";

pub(super) fn keep(site: &mut Site<'_>, touched: &BTreeSet<String>) -> Result<(), WebError> {
    let is_table = |name: &&str| name.rsplit('/').next() == Some(TABLE);
    let tables: Vec<String> = site.files.names().filter(is_table).map(str::to_owned).collect();
    for table in tables {
        let Some(content) = site.after(&table)? else { continue };
        let json =
            |source| WebError::Files(FilesError::Document { file: table.clone(), source: DocumentError::Json(source) });
        // Read once, for what is listed; edited by byte range.
        let listed: Value = match serde_json::from_slice(unmarked(&content)) {
            Ok(listed) => listed,
            Err(error) => {
                site.warn(format!("{table} is not read, so hashes in it may no longer be right: {error}"));
                continue;
            }
        };
        let index = listed.get("index").and_then(Value::as_str).unwrap_or_default();
        let base = index.rsplit_once('/').map_or("", |(base, _)| base);
        let folder = table.strip_suffix(TABLE).unwrap_or_default();
        let mut renewed = Vec::new();
        for (file, relative) in touched.iter().filter_map(|file| Some((file, file.strip_prefix(folder)?))) {
            let url = format!("{base}/{relative}");
            let Some(known) = listed.get("hashTable").and_then(|table| table.get(&url)) else { continue };
            let Some(bytes) = site.after(file)? else { continue };
            let hash = hex::lower(Sha1::digest(&bytes));
            if known.as_str() != Some(&hash) {
                let pointer = format!("/hashTable/{}", url.replace('~', "~0").replace('/', "~1"));
                renewed.push((pointer, hash));
            }
        }
        let settings: Vec<Setting<'_>> =
            renewed.iter().map(|(at, value)| Setting { at, value, create: false }).collect();
        if !settings.is_empty() {
            let content = json::set_all(&content, &settings).map_err(json)?;
            site.set(&table, content);
        }
    }
    Ok(())
}
