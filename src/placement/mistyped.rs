//! Paths that look like another kind of address, mistyped: `strings/x`, `metadata/x`, `@string/x`, `R.string.x`. Taken as they stand,
//! they would be files that no app reads.
//!
//! Must not: know what an artifact holds; whoever means such a file writes `./` in front.

use crate::format::apk_signing_block;

/// What addresses of the other kinds begin with, and whether their names have dots.
const KINDS: [(&str, bool); 7] = [
    ("string", false),
    ("raw", false),
    ("xml", false),
    ("meta-data", true),
    ("intent-filter", true),
    ("dex", false),
    (apk_signing_block::PAIR, false),
];

/// Endings of files, which names of metadata do not have.
const ENDINGS: [&str; 14] =
    ["json", "xml", "txt", "md", "js", "properties", "plist", "strings", "yml", "yaml", "html", "gz", "zip", "bin"];

/// The address that a path was meant to be; `None` where it looks like a path.
pub(super) fn meant(text: &str) -> Option<String> {
    let (path, locator) =
        text.split_once('#').map_or((text, ""), |(path, _)| (path, text.get(path.len()..).unwrap_or_default()));
    let reference = path.strip_prefix('@').map(|rest| rest.trim_start_matches('+'));
    let constant = path.strip_prefix("R.").filter(|rest| !rest.contains('/'));
    let (word, name) = match (reference, constant) {
        (Some(rest), _) => rest.split_once('/')?,
        (None, Some(rest)) => rest.split_once('.')?,
        (None, None) => path.split_once('/')?,
    };
    if name.is_empty() || name.contains(['/', '*', '?', '{', '[']) {
        return None;
    }
    let (kind, has_dots) = KINDS.iter().find(|(kind, _)| plain(kind) == plain(word))?;
    let kind = kind.trim_end_matches('/');
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    let is_file = match (ending, has_dots) {
        (None, _) => false,
        (Some(ending), true) => ENDINGS.contains(&ending.to_ascii_lowercase().as_str()),
        (Some(_), false) => true,
    };
    let is_marked = reference.is_some() || constant.is_some();
    (is_marked || word != kind && !is_file).then(|| format!("{kind}/{name}{locator}"))
}

/// A word without what people leave out, add or take for another sign.
fn plain(word: &str) -> String {
    let letters = word.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase());
    let letters: String = letters.collect();
    letters.strip_suffix('s').map(str::to_owned).unwrap_or(letters)
}
