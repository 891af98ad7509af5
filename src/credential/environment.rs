//! Names of environments and of registries.
//!
//! Must not: know where a configuration comes from.

use std::fmt;

/// Characters a name may have at most: names become file names.
const MAX_CHARS: usize = 64;

/// The name of an environment: letters, digits, `.`, `_`, `-`, not starting with a dot or a dash.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EnvironmentName(String);

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a name: 1 to {MAX_CHARS} letters, digits, '.', '_' or '-' are expected, the first a letter or a digit"
)]
pub struct InvalidName(pub String);

impl EnvironmentName {
    /// Takes a name.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let tail_ok = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let ok = text.len() <= MAX_CHARS
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.chars().all(tail_ok);
        if ok { Ok(Self(text.to_owned())) } else { Err(InvalidName(text.to_owned())) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EnvironmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
