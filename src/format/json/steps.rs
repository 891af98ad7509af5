//! The steps of a pointer (RFC 6901), and what they mean beyond it.
//!
//! Must not: look at a document.

use std::fmt;

/// What leads from the whole document to a value.
pub(super) type Pointer = Vec<Step>;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// `**`: the value itself and everything below it.
    Below,
    /// `*`: each element of an array; in an object a key.
    Each,
    /// `[KEY=VALUE]`.
    Picked {
        /// As it is written, in an object a key.
        written: String,
        /// KEY.
        member: Box<Step>,
        /// VALUE.
        value: String,
    },
    /// A key, or an index.
    Name { name: String, index: Option<usize> },
    /// A key and nothing else, whatever it looks like.
    Key(String),
}

impl Step {
    /// An unescaped reference token.
    pub(super) fn of(token: &str) -> Self {
        if token == "**" {
            return Self::Below;
        }
        if token == "*" {
            return Self::Each;
        }
        let inside = token.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        match inside.and_then(|inside| inside.split_once('=')) {
            Some((key, value)) => {
                Self::Picked { written: token.to_owned(), member: Box::new(Self::of(key)), value: value.to_owned() }
            }
            None => Self::Name { name: token.to_owned(), index: index(token) },
        }
    }

    /// Whether it picks among what is there, so that it does not say what to make.
    pub(super) fn picks(&self) -> bool {
        match self {
            Self::Below | Self::Each | Self::Picked { .. } => true,
            Self::Name { .. } | Self::Key(_) => false,
        }
    }

    /// The key that it means in an object.
    pub(super) fn key(&self) -> Option<&str> {
        match self {
            Self::Below => None,
            Self::Each => Some("*"),
            Self::Picked { written: key, .. } | Self::Name { name: key, .. } | Self::Key(key) => Some(key),
        }
    }
}

/// The unescaped token.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key().unwrap_or("**"))
    }
}

/// The steps of a pointer; `None` where the text is none.
pub(super) fn of(pointer: &str) -> Option<Pointer> {
    if pointer.is_empty() {
        return Some(Pointer::new());
    }
    pointer.strip_prefix('/')?.split('/').map(|token| Some(Step::of(&unescaped(token)?))).collect()
}

/// A reference token without its escapes (RFC 6901, section 4).
fn unescaped(token: &str) -> Option<String> {
    let mut step = String::new();
    let mut chars = token.chars();
    while let Some(c) = chars.next() {
        match (c, c == '~') {
            (_, false) => step.push(c),
            _ => match chars.next() {
                Some('0') => step.push('~'),
                Some('1') => step.push('/'),
                _ => return None,
            },
        }
    }
    Some(step)
}

/// An array index: digits without a leading zero (RFC 6901, section 4).
fn index(step: &str) -> Option<usize> {
    let canonical = step == "0" || !step.starts_with('0');
    if canonical && step.bytes().all(|byte| byte.is_ascii_digit()) { step.parse().ok() } else { None }
}
