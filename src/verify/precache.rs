//! Service workers of Workbox and Flutter: their lists name files with the MD5 of their content, and a browser that has a file asks for
//! it again only where the list has another one.
//!
//! Must not: use what keeps the lists in step; this is what judges them.

use crate::format::hex;
use std::collections::BTreeSet;

use md5::{Digest, Md5};
use memchr::memmem;
use percent_encoding::percent_decode_str;

use super::code::Code;
use super::report::Report;
use crate::artifact::files::Files;
use crate::format::js::{self, Punctuator, Token};
use crate::format::limits;

/// The worker that Flutter's build writes.
const FLUTTER: &str = "flutter_service_worker.js";
/// Digits of an MD5.
const DIGITS: usize = 32;

/// Looks at the lists of one script.
pub(super) fn script(report: &mut Report, files: &dyn Files, names: &BTreeSet<&str>, name: &str, content: &[u8]) {
    let is_flutter = name.rsplit('/').next() == Some(FLUTTER);
    if !is_flutter && !["revision", "url"].iter().all(|word| memmem::find(content, word.as_bytes()).is_some()) {
        return;
    }
    if !content.split(|byte| !byte.is_ascii_hexdigit()).any(|part| part.len() == DIGITS) {
        return;
    }
    // What is no JavaScript lists nothing.
    let Ok(tokens) = js::tokens(content) else { return };
    let listed = if is_flutter { pairs(content, &tokens) } else { entries(content, &tokens) };
    for (url, wanted) in listed {
        let there = meant(names, name, &url);
        let mut contents = there.iter().filter_map(|file| read(report, files, file)).peekable();
        let Some(file) = there.first().filter(|_| contents.peek().is_some()) else { continue };
        if !contents.any(|content| hex::lower(Md5::digest(&content)).eq_ignore_ascii_case(&wanted)) {
            let message = format!("its MD5 is not the one in {name}, so a browser may keep another content of it");
            report.add(Code::SitePrecache, (*file).to_owned(), message);
        }
    }
}

/// A file that is there; one that cannot be read is a finding of its own.
fn read(report: &mut Report, files: &dyn Files, name: &str) -> Option<Vec<u8>> {
    let content = files.read(name, limits::ENTRY_BYTES);
    content.unwrap_or_else(|error| {
        report.add(Code::SiteUnreadable, name, error.to_string());
        None
    })
}

/// An MD5 that a token is.
fn digest(content: &[u8], token: Token) -> Option<String> {
    let text = js::text(content, token)?;
    (text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(text)
}

/// `"url": "md5"`, anywhere.
fn pairs(content: &[u8], tokens: &[Token]) -> Vec<(String, String)> {
    let pair = |window: &[Token]| match window {
        [url, colon, md5] if colon.is(Punctuator::Colon) => Some((js::text(content, *url)?, digest(content, *md5)?)),
        _ => None,
    };
    tokens.windows(3).filter_map(pair).collect()
}

/// `url` and `revision` of each object that holds both and nothing in brackets; a revision that is no MD5 says nothing of the content.
fn entries(content: &[u8], tokens: &[Token]) -> Vec<(String, String)> {
    let bracket = |token: &Token| token.is(Punctuator::OpenBrace) || token.is(Punctuator::CloseBrace);
    let mut listed = Vec::new();
    for object in tokens.split(bracket) {
        let member = |wanted: &str| {
            object.windows(3).find_map(|window| match window {
                [key, colon, value] if colon.is(Punctuator::Colon) => {
                    let written =
                        || content.get(key.start..key.end).map(|name| String::from_utf8_lossy(name).into_owned());
                    let name = js::text(content, *key).or_else(written)?;
                    (name == wanted).then_some(*value)
                }
                _ => None,
            })
        };
        let (Some(url), Some(revision)) = (member("url"), member("revision")) else { continue };
        listed.extend(js::text(content, url).zip(digest(content, revision)));
    }
    listed
}

/// The files that a URL in a worker may mean: from its folder on, or, where it begins at the root, at the end of the path, because it is
/// not known where the site is mounted.
fn meant<'n>(names: &BTreeSet<&'n str>, worker: &str, url: &str) -> Vec<&'n str> {
    let url = percent_decode_str(url.split(['?', '#']).next().unwrap_or_default()).decode_utf8_lossy();
    let from_root = url.starts_with('/');
    if url.contains("://") {
        return Vec::new();
    }
    let folder = if from_root { "" } else { worker.rsplit_once('/').map_or("", |(folder, _)| folder) };
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in url.split('/').filter(|step| !step.is_empty() && *step != ".") {
        if step == ".." {
            steps.pop();
        } else {
            steps.push(step);
        }
    }
    let skipped = if from_root { steps.len() } else { 1 };
    let paths = (0..skipped).map(|first| steps.get(first..).unwrap_or_default().join("/"));
    paths.filter_map(|path| names.get(path.as_str()).copied()).collect()
}
