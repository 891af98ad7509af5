//! Subresource integrity (W3C): `integrity="sha384-..."` in pages, and the tables of lazy scripts in scripts and import maps.
//!
//! A digest names a content, so the old one is replaced wherever it stands. A page or script in which it stood is another
//! content now, whose own digest may stand elsewhere: that goes on until nothing changes.
//!
//! Must not: add a digest where there was none.

use std::collections::BTreeMap;

use aho_corasick::AhoCorasick;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::{Site, WebError, extension};
use crate::format::base64;

/// Files in which digests stand.
const HOLDERS: [&str; 7] = ["html", "htm", "xhtml", "js", "mjs", "cjs", "json"];
/// Digests of digests of digests: real sites have three levels (a lazy script, the runtime that loads it, the page).
const LEVELS: usize = 16;

pub(super) fn keep(site: &mut Site<'_>) -> Result<(), WebError> {
    let is_holder = |name: &&str| HOLDERS.contains(&extension(name).as_str());
    let holders: Vec<String> = site.files.names().filter(is_holder).map(str::to_owned).collect();
    // What a file was when its digests were last replaced.
    let mut known: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for _ in 0..LEVELS {
        let mut pairs = Vec::new();
        for (name, new) in &site.changes.contents {
            let old = match known.get(name) {
                Some(old) => Some(old.clone()),
                None => site.before(name)?,
            };
            let Some(old) = old.filter(|old| old != new) else { continue };
            pairs.extend(digests(&old).into_iter().zip(digests(new)));
            known.insert(name.clone(), new.clone());
        }
        if pairs.is_empty() {
            return Ok(());
        }
        let (old, new): (Vec<String>, Vec<String>) = pairs.into_iter().unzip();
        let search = AhoCorasick::new(&old)?;
        for holder in &holders {
            let Some(content) = site.after(holder)? else { continue };
            if search.is_match(&content) {
                let new = search.replace_all_bytes(&content, &new);
                known.entry(holder.clone()).or_insert(content);
                site.set(holder, new);
            }
        }
    }
    site.warn("digests of the site's files name each other without end; build it again to correct them".to_owned());
    Ok(())
}

/// The digests of a content as pages write them.
fn digests(content: &[u8]) -> [String; 3] {
    [
        format!("sha256-{}", base64::encode(&Sha256::digest(content))),
        format!("sha384-{}", base64::encode(&Sha384::digest(content))),
        format!("sha512-{}", base64::encode(&Sha512::digest(content))),
    ]
}
