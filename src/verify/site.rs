//! Whether the files of a site fit each other: compressed copies, the tables and lists of service workers, and digests in pages.
//!
//! Must not: use what keeps them in step; this is what judges it.

use crate::format::hex;
use std::collections::BTreeSet;

use serde_json::Value;
use sha2::Digest;

use super::code::Code;
use super::precache;
use super::report::Report;
use crate::artifact::files::Files;
use crate::format::base64;
use crate::format::compressed::Encoding;
use crate::format::limits;
use crate::format::text::unmarked;

/// Files that servers send compressed.
const SERVED: [&str; 11] =
    [".html", ".js", ".mjs", ".css", ".json", ".svg", ".map", ".txt", ".wasm", ".xml", ".webmanifest"];

/// Pages, and what servers make pages of.
const PAGES: [&str; 18] = [
    ".html", ".htm", ".xhtml", ".php", ".phtml", ".asp", ".aspx", ".ascx", ".master", ".cshtml", ".razor", ".jsp",
    ".jspx", ".ftl", ".ejs", ".hbs", ".twig", ".erb",
];

/// Looks at every file that says something of another one.
pub fn files(report: &mut Report, files: &dyn Files) {
    let names: BTreeSet<&str> = files.names().collect();
    for &name in &names {
        for encoding in Encoding::ALL {
            if let Some(plain) = name.strip_suffix(encoding.extension()) {
                copy(report, files, name, plain, encoding);
            }
        }
        if name.rsplit('/').next() == Some("ngsw.json") {
            worker(report, files, name);
        }
        if [".js", ".mjs"].iter().any(|extension| has_extension(name, extension))
            && let Some(content) = read(report, files, name)
        {
            precache::script(report, files, &names, name, &content);
        }
        if PAGES.iter().any(|extension| has_extension(name, extension)) {
            page(report, files, name);
        }
    }
}

fn has_extension(name: &str, extension: &str) -> bool {
    name.to_ascii_lowercase().ends_with(extension)
}

/// A file that is there; one that cannot be read is a finding of its own.
fn read(report: &mut Report, files: &dyn Files, name: &str) -> Option<Vec<u8>> {
    match files.read(name, limits::ENTRY_BYTES) {
        Ok(content) => content,
        Err(error) => {
            report.add(Code::SiteUnreadable, name, error.to_string());
            None
        }
    }
}

fn copy(report: &mut Report, files: &dyn Files, name: &str, plain: &str, encoding: Encoding) {
    if !SERVED.iter().any(|extension| has_extension(plain, extension)) {
        return;
    }
    let Some(content) = read(report, files, plain) else { return };
    let Some(packed) = read(report, files, name) else { return };
    match encoding.decode(&packed, limits::ENTRY_BYTES) {
        Ok(unpacked) if unpacked == content => {}
        Ok(_) => report.add(Code::SiteCopy, name, format!("it is another content than {plain}; compress it again")),
        Err(error) => report.add(Code::SiteCopy, name, error.to_string()),
    }
}

fn worker(report: &mut Report, files: &dyn Files, name: &str) {
    let Some(content) = read(report, files, name) else { return };
    let table: Value = match serde_json::from_slice(unmarked(&content)) {
        Ok(table) => table,
        Err(error) => {
            report.add(Code::SiteWorker, name, error.to_string());
            return;
        }
    };
    let index = table.get("index").and_then(Value::as_str).unwrap_or("/index.html");
    let base = index.rsplit_once('/').map_or("", |(base, _)| base);
    let folder = name.strip_suffix("ngsw.json").unwrap_or_default();
    for (url, hash) in table.get("hashTable").and_then(Value::as_object).into_iter().flatten() {
        let Some(relative) = url.strip_prefix(base).and_then(|url| url.strip_prefix('/')) else { continue };
        let Some(content) = read(report, files, &format!("{folder}{relative}")) else { continue };
        let found = hex::lower(sha1::Sha1::digest(&content));
        if hash.as_str() != Some(&found) {
            let message = format!("its SHA-1 is not the one in {name}, so the service worker refuses it");
            report.add(Code::SiteWorker, format!("{folder}{relative}"), message);
        }
    }
}

/// Digests of scripts and styles that a page asks for.
fn page(report: &mut Report, files: &dyn Files, name: &str) {
    let Some(content) = read(report, files, name) else { return };
    let text = String::from_utf8_lossy(&content);
    for tag in text.split('<').filter(|tag| {
        let tag = tag.get(..6).unwrap_or_default().to_ascii_lowercase();
        tag.starts_with("script") || tag.starts_with("link")
    }) {
        let (Some(wanted), Some(url)) =
            (attribute(tag, "integrity"), attribute(tag, "src").or_else(|| attribute(tag, "href")))
        else {
            continue;
        };
        let url = url.split(['?', '#']).next().unwrap_or_default();
        if url.contains("//") {
            continue;
        }
        // Where the site is mounted is not known: a path may begin at the page's folder, or at the root.
        let path = url.trim_start_matches("./").trim_start_matches('/');
        let folder = name.rsplit_once('/').map_or_else(String::new, |(folder, _)| format!("{folder}/"));
        let mut there = Vec::new();
        for file in [format!("{folder}{path}"), path.to_owned()] {
            there.extend(read(report, files, &file).map(|content| (file, content)));
        }
        let wanted = plain(wanted);
        // What is no digest asks for nothing: browsers pass over it, and a server may put one there (Subresource Integrity, 3.3.2).
        let digests: Vec<(&str, Vec<u8>)> = wanted.split_ascii_whitespace().filter_map(digest).collect();
        let fits = |content: &[u8]| digests.is_empty() || digests.iter().any(|wanted| is_digest_of(wanted, content));
        if !there.iter().any(|(_, content)| fits(content))
            && let Some((file, _)) = there.into_iter().next()
        {
            let message = format!("it is another content than {name} says, so browsers refuse it");
            report.add(Code::SiteIntegrity, file, message);
        }
    }
}

/// An algorithm and a digest; options behind `?` are left out.
fn digest(wanted: &str) -> Option<(&str, Vec<u8>)> {
    let (algorithm, text) = wanted.split_once('-')?;
    let text = text.split('?').next().unwrap_or_default();
    ["sha256", "sha384", "sha512"].contains(&algorithm).then_some(())?;
    Some((algorithm, base64::decode(text.as_bytes())?))
}

fn is_digest_of((algorithm, wanted): &(&str, Vec<u8>), content: &[u8]) -> bool {
    let own = match *algorithm {
        "sha256" => sha2::Sha256::digest(content).to_vec(),
        "sha384" => sha2::Sha384::digest(content).to_vec(),
        _ => sha2::Sha512::digest(content).to_vec(),
    };
    own == *wanted
}

/// The value of an attribute without the character references that digests are written with (HTML, 13.5).
fn plain(value: &str) -> String {
    let (mut out, mut rest) = (String::new(), value);
    while let Some((before, behind)) = rest.split_once('&') {
        out.push_str(before);
        let reference = behind.split_once(';').and_then(|(name, after)| {
            let number = |text: &str, radix| u32::from_str_radix(text, radix).ok().and_then(char::from_u32);
            let character = match name {
                "plus" => Some('+'),
                "sol" => Some('/'),
                "equals" => Some('='),
                name => match (name.strip_prefix("#x").or_else(|| name.strip_prefix("#X")), name.strip_prefix('#')) {
                    (Some(hexadecimal), _) => number(hexadecimal, 16),
                    (None, Some(decimal)) => number(decimal, 10),
                    (None, None) => None,
                },
            };
            Some((character?, after))
        });
        match reference {
            Some((character, after)) => {
                out.push(character);
                rest = after;
            }
            None => {
                out.push('&');
                rest = behind;
            }
        }
    }
    out + rest
}

/// The value of an attribute of the tag that a text begins with.
fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let mut rest = tag;
    while let Some(at) = rest.find(name) {
        let (before, after) = rest.split_at(at);
        // Behind the end of the tag stands text.
        if before.contains('>') {
            return None;
        }
        let value = after.get(name.len()..)?.trim_start();
        if let Some(value) = value.strip_prefix('=')
            && before.ends_with(|c: char| c.is_ascii_whitespace())
        {
            let value = value.trim_start();
            return match value.chars().next() {
                Some(quote @ ('"' | '\'')) => value.get(1..)?.split(quote).next(),
                _ => value.split(|c: char| c.is_ascii_whitespace() || c == '>').next(),
            };
        }
        rest = after.get(name.len()..)?;
    }
    None
}
