//! Which string of a dex file is to be replaced.
//!
//! Must not: look for it.

use super::argument::Passed;
use crate::format::secret::SecretText;

/// Which constants an edit is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The `const-string` instruction at this offset of the file ([`super::Constant`] says it), or the `VALUE_STRING`
    /// whose header byte is there.
    At(usize),
    /// Every `const-string` and every `VALUE_STRING` (of a static field, a call site, an annotation) with this text.
    /// Names and descriptors with the same text stay.
    Value(SecretText),
    /// What one call passes ([`super::Constant`] says it), and nothing else: where others read the same constant, it is
    /// loaded anew for the call. Operands of one `place` may share a constant and have one value.
    Passed {
        /// Which operand.
        passed: Passed,
        /// The number of the place.
        place: usize,
    },
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Target::At(offset) => write!(f, "at offset {offset}"),
            Target::Passed { passed, .. } => write!(f, "passed by the call at offset {}", passed.call),
            // The text may be a secret.
            Target::Value(text) => write!(f, "with the given text of {} bytes", text.expose().len()),
        }
    }
}

/// A new value for a string constant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DexEdit {
    /// Where.
    pub target: Target,
    /// What it will be.
    pub value: SecretText,
}
