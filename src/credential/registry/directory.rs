//! All of a registry that is ours to keep: what `registry list`, `registry revoke` and `registry serve` need beside what a
//! build may ask.
//!
//! Must not: answer builds; that is [`super::Registry`].

use super::{Registered, Registry, RegistryError};
use crate::credential::seal::SealKey;
use crate::credential::{ClientId, ClientSecret};
use crate::host::random::OsRandom;

/// An application as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The Client Id.
    pub id: ClientId,
    /// Package or bundle id, or GeneXus' main object.
    pub application: String,
    /// The name it is registered under.
    pub name: String,
    /// The secret; absent where the application is a public client, or revoked.
    pub secret: Option<ClientSecret>,
    /// When it was registered, in seconds since 1970.
    pub created: u64,
    /// When it was revoked.
    pub revoked: Option<u64>,
}

impl Entry {
    /// As an answer to a build.
    pub(super) fn registered(self, existed: bool) -> Registered {
        let Self { id, application, secret, .. } = self;
        Registered { id, secret, existed, expires: None, application: Some(application) }
    }
}

/// A registry that is ours to keep.
pub trait Directory: Registry {
    /// What is kept under a Client Id, revoked or not.
    fn entry(&mut self, id: &ClientId) -> Result<Option<Entry>, RegistryError>;

    /// Revokes an application; says whether it was there, and not revoked yet. Its Client Id is never given again.
    fn revoke_entry(&mut self, id: &ClientId) -> Result<bool, RegistryError>;

    /// All of it, by application and age.
    fn entries(&mut self) -> Result<Vec<Entry>, RegistryError>;
}

/// A secret as it lies in a registry: bound to its Client Id, so that it opens under no other one.
pub(super) fn seal(key: &SealKey, id: &str, secret: &ClientSecret) -> std::io::Result<Vec<u8>> {
    key.seal(secret.expose().as_bytes(), &context(id), &mut OsRandom)
}

/// Opens it. The error is what is wrong.
pub(super) fn open(key: &SealKey, id: &str, sealed: &[u8]) -> Result<ClientSecret, String> {
    let bytes = key.open(sealed, &context(id)).map_err(|e| e.to_string())?;
    let text = std::str::from_utf8(&bytes).map_err(|e| e.to_string())?;
    ClientSecret::parse(text).map_err(|e| e.to_string())
}

fn context(id: &str) -> String {
    format!("registry/{id}")
}
