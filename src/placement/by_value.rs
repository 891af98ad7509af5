//! A text that is a place by its value, and what stands there now.
//!
//! Must not: show what stands there; it may be a secret.

use crate::format::secret::SecretText;

/// A text that is a place by its value: as it is written in the address, which is what people see. Where an earlier run put something
/// else in its place, that is what is looked for.
// Boxed: addresses are in errors, which are to be small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByValue(Box<Texts>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Texts {
    written: String,
    held: Option<SecretText>,
}

impl ByValue {
    /// The text of an address.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Box::new(Texts { written: text.into(), held: None }))
    }

    /// The same place once `held` stands there.
    pub(crate) fn holding(&self, held: &str) -> Self {
        Self(Box::new(Texts { written: self.0.written.clone(), held: Some(held.into()) }))
    }

    /// The text as the address has it.
    pub fn text(&self) -> &str {
        &self.0.written
    }

    /// The text to look for. It may be a secret.
    pub(crate) fn sought(&self) -> &str {
        self.0.held.as_ref().map_or(&self.0.written, SecretText::expose)
    }
}

impl PartialOrd for ByValue {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ByValue {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.text(), self.sought()).cmp(&(other.text(), other.sought()))
    }
}
