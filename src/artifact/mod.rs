//! What kind of artifact a file is, and how a place in it is read and changed.
//!
//! Must not: sign, verify, or obtain credentials.

pub mod apk;
pub mod apple;
pub mod document;
pub mod files;
pub mod genexus;
pub mod kind;
pub mod web;

/// How many a message lists.
const LISTED: usize = 20;

/// Texts in one line of a message; of many the first.
fn list(texts: &[String]) -> String {
    let shown = texts.iter().take(LISTED).cloned().collect::<Vec<_>>().join("; ");
    match texts.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}
