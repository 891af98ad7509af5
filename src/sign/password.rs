//! A password on its way to a keystore.
//!
//! Must not: be printed, compared, serialised or kept longer than the keystore takes to open.

use std::fmt;

use zeroize::Zeroizing;

/// A password; its memory is overwritten when it is dropped, and it has no `Display`.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Takes the text over.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}
