//! The platform's keyring: secrets under the service `inject`, for the account that runs this program.
//!
//! On Linux that is the Secret Service, asked by its own program `secret-tool`; on macOS the default keychain, on Windows the
//! Credential Manager, both asked by the system's own interface. What is kept there has a name, and is text. Without the feature
//! `keyring` nobody is asked, and every question is an error.
//!
//! Must not: put a secret among arguments, write over an entry, or repeat anything that a keyring says of its own accord.

#[cfg(not(feature = "keyring"))]
#[path = "left_out.rs"]
mod platform;
#[cfg(all(feature = "keyring", any(windows, target_os = "macos")))]
#[path = "native.rs"]
mod platform;
#[cfg(all(feature = "keyring", not(any(windows, target_os = "macos"))))]
#[path = "secret_service.rs"]
mod platform;

use zeroize::Zeroizing;

pub use platform::{KEYRING, remedy};

/// What all entries have in common.
const SERVICE: &str = "inject";

/// Why the keyring did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// It has no such entry.
    #[error("{KEYRING} has no such entry")]
    Absent,
    /// There is another entry of that name.
    #[error("{KEYRING} has an entry of that name already, with something else in it")]
    Taken,
    /// What was written cannot be read, or is read as something else.
    #[error("{KEYRING} does not give back what was put into it")]
    Lost,
    /// This build asks no keyring.
    #[error("this build of inject has no support for keyrings (the feature keyring)")]
    LeftOut,
    /// It could not be asked.
    #[error("{KEYRING}: {0}")]
    Failed(String),
}

/// Whether a text can be the name of an entry.
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('-') && !text.chars().any(char::is_control)
}

/// What an entry holds.
pub fn read(name: &str) -> Result<Zeroizing<String>, KeyringError> {
    platform::read(name)?.ok_or(KeyringError::Absent)
}

/// Makes an entry, and reads it back. One that holds the same already is left as it is, one that holds something else too.
pub fn make(name: &str, secret: &str) -> Result<(), KeyringError> {
    match platform::read(name)? {
        // One that was made by hand may end with a line end.
        Some(there) if there.trim_end() == secret => return Ok(()),
        Some(_) => return Err(KeyringError::Taken),
        None => platform::write(name, secret)?,
    }
    match platform::read(name)? {
        Some(there) if *there == secret => Ok(()),
        _ => Err(KeyringError::Lost),
    }
}

/// Takes an entry away. One that is not there is none.
pub fn remove(name: &str) -> Result<(), KeyringError> {
    platform::remove(name)
}
