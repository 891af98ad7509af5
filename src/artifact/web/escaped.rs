//! Digests that are written with escapes: `+` as `&#x2B;` (ASP.NET Core) or `\u002B` (JSON for pages), `/` as `\/` (PHP).
//!
//! Must not: touch one that is written plainly.

use std::collections::BTreeMap;

/// How a character of Base64 that is no letter or digit may be written.
const ESCAPES: [(char, &[&str]); 3] = [
    ('+', &["&#x2b;", "&#43;", "&plus;", "\\u002b", "\\x2b", "%2b"]),
    ('/', &["\\/", "&#x2f;", "&#47;", "&sol;", "\\u002f", "\\x2f", "%2f"]),
    ('=', &["&#x3d;", "&#61;", "&equals;", "\\u003d", "\\x3d", "%3d"]),
];
/// The algorithms, each with the length of a digest in Base64.
const ALGORITHMS: [(&str, usize); 3] = [("sha256-", 44), ("sha384-", 64), ("sha512-", 88)];

/// The content with every old digest that is written with escapes replaced by its new one, written the same way; `None` where
/// there is none.
pub(super) fn replaced(content: &[u8], pairs: &BTreeMap<String, String>) -> Option<Vec<u8>> {
    let (mut out, mut done) = (Vec::new(), 0);
    let mut at = 0;
    while let Some(found) = memchr::memmem::find(content.get(at..)?, b"sha") {
        let start = at + found;
        at = start + 1;
        let Some((digest, styles, end)) = digest(content, start) else { continue };
        let Some(new) = pairs.get(&digest).filter(|_| !styles.is_empty()) else { continue };
        out.extend_from_slice(content.get(done..start)?);
        for c in new.chars() {
            match styles.get(&c) {
                Some(style) => out.extend_from_slice(style),
                None => out.extend(c.to_string().bytes()),
            }
        }
        (done, at) = (end, end);
    }
    if done == 0 {
        return None;
    }
    out.extend_from_slice(content.get(done..)?);
    Some(out)
}

/// How characters are written that are not written as they are.
type Styles<'c> = BTreeMap<char, &'c [u8]>;

/// The digest that begins here, how it is written, and where it ends.
fn digest(content: &[u8], start: usize) -> Option<(String, Styles<'_>, usize)> {
    let rest = content.get(start..)?;
    let (algorithm, len) = ALGORITHMS.iter().find(|(algorithm, _)| rest.starts_with(algorithm.as_bytes()))?;
    let (mut digest, mut styles, mut at) = ((*algorithm).to_owned(), Styles::new(), start + algorithm.len());
    while digest.len() < algorithm.len() + len {
        let rest = content.get(at..)?;
        let first = *rest.first()?;
        if first.is_ascii_alphanumeric() || matches!(first, b'+' | b'/' | b'=') {
            digest.push(char::from(first));
            at += 1;
            continue;
        }
        let starts =
            |escape: &&str| rest.get(..escape.len()).is_some_and(|own| own.eq_ignore_ascii_case(escape.as_bytes()));
        let (c, len) = ESCAPES
            .iter()
            .find_map(|(c, escapes)| Some((*c, escapes.iter().copied().find(|escape| starts(escape))?.len())))?;
        styles.insert(c, rest.get(..len)?);
        digest.push(c);
        at += len;
    }
    Some((digest, styles, at))
}
