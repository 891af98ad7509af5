//! The file that a URL in a file of a site means.
//!
//! Must not: know what the URL is for.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;

/// The file that `url`, written in `from`, leads to. Where a site is mounted is not known: an absolute path begins at its root, or
/// at any folder above it, and the first file that is there counts.
pub(super) fn file(names: &BTreeSet<&str>, from: &str, url: &str) -> Option<String> {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    // As it stands where that is no UTF-8.
    let decoded = percent_decode_str(url).decode_utf8().unwrap_or_else(|_| url.into());
    let path = match decoded.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => decoded.trim_start_matches('/'),
    };
    let is_absolute = decoded.contains("://") || decoded.starts_with('/');
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    if !is_absolute {
        return joined(folder, path).filter(|file| names.contains(file.as_str()));
    }
    let path = joined("", path)?;
    let mut rest = path.as_str();
    loop {
        if names.contains(rest) {
            return Some(rest.to_owned());
        }
        rest = rest.split_once('/')?.1;
    }
}

/// A relative path from a folder; `None` where it leaves the site.
fn joined(folder: &str, path: &str) -> Option<String> {
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()?),
            step => steps.push(step),
        }
    }
    (!steps.is_empty()).then(|| steps.join("/"))
}
