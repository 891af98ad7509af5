//! A text by value, in a file of any kind that is text: HTML, JavaScript, what servers render, `.env`.
//!
//! An occurrence counts where the text stands by itself: no letter, digit or `_` beside it, nor one behind a `-` or `.` beside it.
//! What an escape ends with (`\n`, `\x22`, `\u0022`, `%22`) is no letter. How the kind of file quotes or escapes is not known, so
//! a new value may have only characters that stand for themselves everywhere.
//!
//! Must not: know a syntax. A text that is written with escapes is not found.

use std::ops::Range;

use aho_corasick::{AhoCorasick, BuildError};

use super::setting::Setting;

/// What a value may have beside ASCII letters and digits: it is quoted or escaped in none of HTML, JavaScript, JSON, XML and
/// properties.
const PLAIN: &[u8] = b"-._~+/=:@";

/// Why a text cannot be replaced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerbatimError {
    /// The file is not text.
    #[error("a text by value is looked for in text files alone, and a zero byte is at {at:#x} in this one")]
    NotText {
        /// Where.
        at: usize,
    },
    /// Nothing there.
    #[error("{text:?} does not stand by itself in this file")]
    NotFound {
        /// The text.
        text: String,
    },
    /// A value that would have to be quoted.
    #[error(
        "the value for {text:?} has characters beside letters, digits and - . _ ~ + / = : @, and how this file quotes them is not \
         known; address the place by its name"
    )]
    Value {
        /// The text that it is for.
        text: String,
    },
    /// Two values for one text.
    #[error("two values are given for {text:?}")]
    Conflict {
        /// The text.
        text: String,
    },
    /// Too many texts.
    #[error("cannot look for the texts: {0}")]
    Search(String),
}

impl From<BuildError> for VerbatimError {
    fn from(error: BuildError) -> Self {
        Self::Search(error.to_string())
    }
}

/// How often the text stands by itself.
pub fn count(bytes: &[u8], text: &str) -> Result<usize, VerbatimError> {
    check(bytes)?;
    Ok(occurrences(bytes, &[text])?.len())
}

/// The file with the value at every occurrence of its text, all of them at once: what one value brings is no text for another.
pub fn set_all(bytes: &[u8], settings: &[Setting<'_>]) -> Result<Vec<u8>, VerbatimError> {
    check(bytes)?;
    let texts: Vec<&str> = settings.iter().map(|setting| setting.at).collect();
    for Setting { at, value, .. } in settings {
        let text = || (*at).to_owned();
        if value != at && !value.bytes().all(|byte| byte.is_ascii_alphanumeric() || PLAIN.contains(&byte)) {
            return Err(VerbatimError::Value { text: text() });
        }
        if settings.iter().any(|other| other.at == *at && other.value != *value) {
            return Err(VerbatimError::Conflict { text: text() });
        }
    }
    let (mut out, mut done, mut seen) = (Vec::with_capacity(bytes.len()), 0, vec![false; settings.len()]);
    for (range, index) in occurrences(bytes, &texts)? {
        let Some(setting) = settings.get(index) else { continue };
        out.extend_from_slice(bytes.get(done..range.start).unwrap_or_default());
        out.extend_from_slice(setting.value.as_bytes());
        done = range.end;
        for (seen, other) in seen.iter_mut().zip(settings) {
            *seen |= other.at == setting.at;
        }
    }
    out.extend_from_slice(bytes.get(done..).unwrap_or_default());
    match settings.iter().zip(seen).find(|(_, seen)| !seen) {
        Some((setting, _)) => Err(VerbatimError::NotFound { text: setting.at.to_owned() }),
        None => Ok(out),
    }
}

/// Where texts stand by themselves, in order, with their numbers. Of those that overlap the first counts, and the longest of those
/// that begin together.
fn occurrences(bytes: &[u8], texts: &[&str]) -> Result<Vec<(Range<usize>, usize)>, VerbatimError> {
    // One that is a part of something longer must not hide one that is not.
    let all = AhoCorasick::new(texts)?;
    let all = all.find_overlapping_iter(bytes).filter(|found| is_whole(bytes, found.range()));
    let mut all: Vec<(Range<usize>, usize)> = all.map(|found| (found.range(), found.pattern().as_usize())).collect();
    all.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
    let mut end = 0;
    all.retain(|(range, _)| {
        let is_free = range.start >= end;
        end = if is_free { range.end } else { end };
        is_free
    });
    Ok(all)
}

fn check(bytes: &[u8]) -> Result<(), VerbatimError> {
    bytes.iter().position(|&byte| byte == 0).map_or(Ok(()), |at| Err(VerbatimError::NotText { at }))
}

/// Whether what is there is not a part of something longer.
fn is_whole(bytes: &[u8], range: Range<usize>) -> bool {
    let (before, after) = (bytes.get(..range.start).unwrap_or_default(), bytes.get(range.end..).unwrap_or_default());
    let goes_on = match after {
        [b'-' | b'.', next, ..] | [next, ..] => is_word(*next),
        [] => false,
    };
    let began = match before {
        [.., previous, b'-' | b'.'] | [.., previous] => is_word(*previous) && !ends_escape(before),
        [] => false,
    };
    !goes_on && !began
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// Whether an escape of a script, a style sheet or a URL ends here.
fn ends_escape(before: &[u8]) -> bool {
    let hexadecimal = |digits: usize| {
        let (rest, last) = before.split_at_checked(before.len().saturating_sub(digits)).unwrap_or_default();
        (last.len() == digits && last.iter().all(u8::is_ascii_hexdigit)).then_some(rest)
    };
    let is_open = |rest: &[u8]| rest.iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1;
    let letter = before.split_last().is_some_and(|(last, rest)| b"bfnrtv0".contains(last) && is_open(rest));
    let byte = hexadecimal(2).is_some_and(|rest| rest.ends_with(b"%") || rest.strip_suffix(b"x").is_some_and(is_open));
    let unit = hexadecimal(4).is_some_and(|rest| rest.strip_suffix(b"u").is_some_and(is_open));
    letter || byte || unit
}
