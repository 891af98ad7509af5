//! The keyrings of macOS and Windows, by the interface that the system has for programs: on macOS its own program would want
//! the secret among its arguments, and Windows has none that shows one.
//!
//! Must not: repeat the bytes that some errors carry.

use keyring_core::api::CredentialStoreApi;
use keyring_core::{Entry, Error};
use zeroize::Zeroizing;

use super::{KeyringError, SERVICE};

/// What it is called in messages.
#[cfg(target_os = "macos")]
pub const KEYRING: &str = "the keychain";
/// What it is called in messages.
#[cfg(windows)]
pub const KEYRING: &str = "the Credential Manager";

/// How an entry is made by hand.
#[cfg(target_os = "macos")]
pub fn remedy(name: &str) -> String {
    // With nothing behind -w it asks.
    format!("make the entry: security add-generic-password -s {SERVICE} -a {name} -w")
}

/// How an entry is made by hand.
#[cfg(windows)]
pub fn remedy(name: &str) -> String {
    // With nothing behind /pass it asks. The name is the one that the store makes of account and service.
    format!("make the entry: cmdkey /generic:{name}.{SERVICE} /user:{name} /pass")
}

/// What an entry holds, where it is there.
pub(super) fn read(name: &str) -> Result<Option<Zeroizing<String>>, KeyringError> {
    match entry(name).and_then(|entry| entry.get_password()) {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(failed(&error)),
    }
}

/// Makes an entry.
pub(super) fn write(name: &str, secret: &str) -> Result<(), KeyringError> {
    entry(name).and_then(|entry| entry.set_password(secret)).map_err(|error| failed(&error))
}

/// Takes an entry away.
pub(super) fn remove(name: &str) -> Result<(), KeyringError> {
    match entry(name).and_then(|entry| entry.delete_credential()) {
        Ok(()) | Err(Error::NoEntry) => Ok(()),
        Err(error) => Err(failed(&error)),
    }
}

#[cfg(target_os = "macos")]
fn entry(name: &str) -> Result<Entry, Error> {
    apple_native_keyring_store::keychain::Store::new()?.build(SERVICE, name, None)
}

#[cfg(windows)]
fn entry(name: &str) -> Result<Entry, Error> {
    // On this machine: a key that roams with its account opens no store elsewhere.
    let here = std::collections::HashMap::from([("persistence", "Local")]);
    windows_native_keyring_store::Store::new()?.build(SERVICE, name, Some(&here))
}

#[allow(clippy::wildcard_enum_match_arm, reason = "the error is open, and belongs to another crate")]
fn failed(error: &Error) -> KeyringError {
    KeyringError::Failed(match error {
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "what it has is no text".to_owned(),
        Error::Ambiguous(_) => "it has several entries of that name".to_owned(),
        Error::TooLong(_, most) => format!("it takes {most} characters at most"),
        other => other.to_string(),
    })
}
