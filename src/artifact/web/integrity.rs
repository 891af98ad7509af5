//! Subresource integrity (W3C): `integrity="sha384-..."` in pages, and the tables of lazy scripts in scripts and import maps; and
//! MD5 as service workers of Workbox and Flutter list it.
//!
//! A digest names a content, so the old one is replaced wherever it stands. A page or script in which it stood is another
//! content now, whose own digest may stand elsewhere: that goes on until nothing changes.
//!
//! Must not: add a digest where there was none.

use crate::format::hex;
use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::AhoCorasick;
use md5::Md5;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::{Site, WebError, escaped, extension};
use crate::format::base64;

/// Files in which digests stand: pages, what servers make pages of, and scripts.
const HOLDERS: [&str; 22] = [
    "html", "htm", "xhtml", "php", "phtml", "asp", "aspx", "ascx", "master", "cshtml", "razor", "jsp", "jspx", "ftl",
    "ejs", "hbs", "twig", "erb", "js", "mjs", "cjs", "json",
];
/// How many digests are known of a content.
const DIGESTS: usize = 4;
/// Digests of digests of digests: real sites have three levels (a lazy script, the runtime that loads it, the page).
const LEVELS: usize = 16;

pub(super) fn keep(site: &mut Site<'_>) -> Result<(), WebError> {
    let is_holder = |name: &&str| HOLDERS.contains(&extension(name).as_str());
    let holders: Vec<String> = site.files.names().filter(is_holder).map(str::to_owned).collect();
    // Files that browsers may keep under a name that says what is in them.
    let mut cached: BTreeSet<String> = BTreeSet::new();
    // What a file was when its digests were last replaced.
    let mut known: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for _ in 0..LEVELS {
        let (mut pairs, mut named) = (Vec::new(), Vec::new());
        for (name, new) in &site.changes.contents {
            let old = match known.get(name) {
                Some(old) => Some(old.clone()),
                None => site.before(name)?,
            };
            let Some(old) = old.filter(|old| old != new) else { continue };
            pairs.extend(digests(&old).into_iter().zip(digests(new)));
            named.resize(pairs.len(), name.clone());
            known.insert(name.clone(), new.clone());
        }
        if pairs.is_empty() {
            warn_of_caches(site, cached);
            return Ok(());
        }
        let (old, new): (Vec<String>, Vec<String>) = pairs.into_iter().unzip();
        let search = AhoCorasick::new(&old)?;
        let pairs: BTreeMap<String, String> = old.into_iter().zip(new.iter().cloned()).collect();
        for holder in &holders {
            let Some(content) = site.after(holder)? else { continue };
            // The first is MD5, which no browser refuses a file for.
            let asked = search.find_iter(&content).filter(|found| found.pattern().as_usize() % DIGESTS != 0);
            cached.extend(
                asked.filter_map(|found| named.get(found.pattern().as_usize())).filter(|name| has_hash(name)).cloned(),
            );
            let plain = search.is_match(&content).then(|| search.replace_all_bytes(&content, &new));
            let escaped = escaped::replaced(plain.as_ref().unwrap_or(&content), &pairs);
            if let Some(new) = escaped.or(plain) {
                known.entry(holder.clone()).or_insert(content);
                site.set(holder, new);
            }
        }
    }
    warn_of_caches(site, cached);
    site.warn("digests of the site's files name each other without end; build it again to correct them".to_owned());
    Ok(())
}

/// Servers let browsers keep a file with a hash in its name for ever, and the digest refuses what they kept.
fn warn_of_caches(site: &mut Site<'_>, names: BTreeSet<String>) {
    if names.is_empty() {
        return;
    }
    let names: Vec<String> = names.into_iter().collect();
    site.warn(format!(
        "{} changed and keeps the hash in its name, and its digest is asked for: where it is served as immutable, a browser that has the old one refuses it; serve it without immutable, or from an address of its own for each environment",
        names.join(", ")
    ));
}

/// Whether a part of the name is a hash, as bundlers write it: `main.c6500382f49c76e5fda1.js`, `index-DkL3k9aB.js`.
fn has_hash(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or_default();
    file.split(['.', '-', '_']).any(|part| {
        let is = |test: fn(&u8) -> bool| part.as_bytes().iter().any(test);
        part.len() >= 8
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && is(u8::is_ascii_digit)
            && is(u8::is_ascii_alphabetic)
    })
}

/// The digests of a content as pages and workers write them.
fn digests(content: &[u8]) -> [String; DIGESTS] {
    [
        md5(content),
        format!("sha256-{}", base64::encode(&Sha256::digest(content))),
        format!("sha384-{}", base64::encode(&Sha384::digest(content))),
        format!("sha512-{}", base64::encode(&Sha512::digest(content))),
    ]
}

/// MD5 in hexadecimal.
pub(super) fn md5(content: &[u8]) -> String {
    hex::lower(Md5::digest(content))
}
