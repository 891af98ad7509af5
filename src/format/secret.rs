//! Text that may be a secret: a value that goes into a file, or was found in one.
//!
//! The one type for it in the codecs. What else holds such text, borrowed or as whole contents, has a `Debug` of its own with
//! [`Redacted`] in its place; `cargo xtask tidy` finds a derived one.
//!
//! Must not: implement `Display`, `Serialize`, `Deref` or a `Debug` that shows anything of the text.

use std::fmt;

use zeroize::Zeroizing;

/// A text that may be a secret. Its memory is overwritten when it is dropped.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// The text. Every call is a place to review.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for SecretText {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }
}

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<Zeroizing<String>> for SecretText {
    fn from(text: Zeroizing<String>) -> Self {
        Self(text)
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Redacted, f)
    }
}

/// What a `Debug` shows instead of text or bytes that may hold a secret.
pub struct Redacted;

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("redacted")
    }
}
