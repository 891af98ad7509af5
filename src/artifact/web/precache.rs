//! Service workers made by Workbox: their lists name files by URL, each with a revision, `{url: "index.html", revision: "..."}`. A
//! browser that has the file asks for it again when the revision is another one, and never where that is `null`, because the
//! build counts on a new name for new content. A file that changes under its name gets the MD5 of its content, as Workbox does.
//!
//! Must not: add a file to a list.

use std::collections::BTreeSet;

use memchr::memmem;

use super::{Site, WebError, extension, integrity, located};
use crate::format::js::{self, Punctuator, Token, TokenKind};

pub(super) fn keep(site: &mut Site<'_>) -> Result<(), WebError> {
    let scripts: Vec<String> = site
        .files
        .names()
        .filter(|name| ["js", "mjs"].contains(&extension(name).as_str()))
        .map(str::to_owned)
        .collect();
    let changed: Vec<String> = site.changes.contents.keys().cloned().collect();
    if changed.is_empty() {
        return Ok(());
    }
    let files = site.files;
    let names: BTreeSet<&str> = files.names().collect();
    for script in scripts {
        let Some(content) = site.after(&script)? else { continue };
        if !may_list(&content) {
            continue;
        }
        let tokens = match js::tokens(&content) {
            Ok(tokens) => tokens,
            Err(error) if memmem::find(&content, b"precache").is_some() => {
                site.warn(format!("{script} is not read, so revisions in it may no longer be right: {error}"));
                continue;
            }
            Err(_) => continue,
        };
        let (mut new, mut done) = (Vec::new(), 0);
        for Entry { url, revision } in entries(&content, &tokens) {
            let Some(file) = located::file(&names, &script, &url).filter(|file| changed.contains(file)) else {
                continue;
            };
            let Some(listed) = site.after(&file)? else { continue };
            let md5 = integrity::md5(&listed);
            let old = content.get(revision.start..revision.end).unwrap_or_default();
            let quote = old.first().copied().filter(|first| matches!(first, b'"' | b'\'' | b'`')).unwrap_or(b'"');
            let text = [&[quote], md5.as_bytes(), &[quote]].concat();
            if text != old {
                new.extend_from_slice(content.get(done..revision.start).unwrap_or_default());
                new.extend_from_slice(&text);
                done = revision.end;
            }
        }
        if done > 0 {
            new.extend_from_slice(content.get(done..).unwrap_or_default());
            site.set(&script, new);
        }
    }
    Ok(())
}

/// The member of a list that tells contents apart.
const REVISION: &[u8] = b"revision";

/// Whether some member called `revision` is written like that of a list: cutting a large bundle into tokens takes long, and many
/// speak of revisions and URLs.
fn may_list(content: &[u8]) -> bool {
    let is_value = |at: usize| {
        let behind = content.get(at + REVISION.len()..).unwrap_or_default();
        let behind =
            behind.strip_prefix(b"\"").or_else(|| behind.strip_prefix(b"'")).unwrap_or(behind).trim_ascii_start();
        match behind.split_first() {
            // A comment may stand between.
            Some((b'/', _)) => true,
            Some((b':', value)) => {
                let value = value.trim_ascii_start();
                value.starts_with(b"null") || matches!(value.first(), Some(b'"' | b'\'' | b'`' | b'/'))
            }
            Some(_) | None => false,
        }
    };
    memmem::find(content, b"url").is_some() && memmem::find_iter(content, REVISION).any(is_value)
}

/// A file of a list.
struct Entry {
    url: String,
    /// A string, or `null`.
    revision: Token,
}

/// Every object of constants alone that has both members.
fn entries(content: &[u8], tokens: &[Token]) -> Vec<Entry> {
    let opens = |token: &Token| token.is(Punctuator::OpenBrace);
    let starts = tokens.iter().enumerate().filter(|(_, token)| opens(token));
    starts.filter_map(|(index, _)| entry(content, tokens.get(index + 1..)?)).collect()
}

fn entry(content: &[u8], mut tokens: &[Token]) -> Option<Entry> {
    let (mut url, mut revision) = (None, None);
    loop {
        let [key, colon, value, behind, rest @ ..] = tokens else { return None };
        if !colon.is(Punctuator::Colon) {
            return None;
        }
        let written = |token: &Token| content.get(token.start..token.end).unwrap_or_default();
        let text = js::text(content, *value);
        match js::text(content, *key).map_or_else(|| written(key).to_owned(), String::into_bytes).as_slice() {
            b"url" => url = Some(text?),
            b"revision" if text.is_some() || written(value) == b"null" => revision = Some(*value),
            b"revision" => return None,
            _ if text.is_some() || matches!(value.kind, TokenKind::Identifier | TokenKind::Number) => {}
            _ => return None,
        }
        if behind.is(Punctuator::CloseBrace) {
            return Some(Entry { url: url?, revision: revision? });
        }
        if !behind.is(Punctuator::Comma) {
            return None;
        }
        tokens = rest;
        if tokens.first().is_some_and(|next| next.is(Punctuator::CloseBrace)) {
            return Some(Entry { url: url?, revision: revision? });
        }
    }
}
