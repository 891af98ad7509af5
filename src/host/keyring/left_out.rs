//! No keyring: what stands in for one where the feature `keyring` is off.
//!
//! Must not: answer as if an entry were not there; somebody would make another key.

use zeroize::Zeroizing;

use super::KeyringError;

/// What it is called in messages.
pub const KEYRING: &str = "the keyring";

/// What to do instead.
pub fn remedy(_: &str) -> String {
    "released programs ask keyrings; one of your own: cargo build --release --features keyring".to_owned()
}

/// Nothing is asked.
pub(super) fn read(_: &str) -> Result<Option<Zeroizing<String>>, KeyringError> {
    Err(KeyringError::LeftOut)
}

/// Nothing is made.
pub(super) fn write(_: &str, _: &str) -> Result<(), KeyringError> {
    Err(KeyringError::LeftOut)
}

/// Nothing is taken away.
pub(super) fn remove(_: &str) -> Result<(), KeyringError> {
    Err(KeyringError::LeftOut)
}
