//! A body for any bytes as what comes from registries, backups, clients of a registry that is served, and configurations.

use inject::credential::backup::{Backup, Envelope};
use inject::credential::registry::answer;
use inject::credential::registry::oauth::answer as oauth;
use inject::credential::registry::postgres::Address;
use inject::credential::serving::form;

/// Stands where secrets stand; one word, so that it may pass for an error's name.
pub const CANARY: &str = "canary_5ecret_0123456789";

/// Reads them; no error, and nothing that can be printed, repeats a secret.
pub fn credential(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    silent(Envelope::parse(&text).map_err(|error| error.to_string()));
    silent(Backup::parse(bytes).map_err(|error| error.to_string()));
    silent(answer::parse(bytes, true));
    silent(oauth::parse(bytes, None));
    if let Some(said) = oauth::error(bytes, Some(CANARY)) {
        assert!(!said.to_string().contains(CANARY), "{said}");
    }
    match Address::parse(&text, None) {
        // Names are shown: no swallowed word is one.
        Ok(address) => assert!(!address.identity().0.contains(['=', '@', ' ']), "{}", address.identity()),
        Err(error) => silent::<()>(Err(error.to_string())),
    }
    // What is decoded is never more than what was sent.
    let members: usize = form::parse(bytes).iter().map(|(name, value)| name.len() + value.len()).sum();
    assert!(members <= bytes.len());
    if let Some((id, secret)) = form::basic(&text) {
        assert!(id.len() + secret.len() < text.len());
    }
}

fn silent<T>(read: Result<T, String>) {
    if let Err(error) = read {
        assert!(!error.contains(CANARY), "{error}");
    }
}
