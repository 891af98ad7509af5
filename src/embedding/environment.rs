//! An environment: its name, where its credentials come from, and what it asks of artifacts.
//!
//! Must not: ask a registry by itself.

use std::collections::BTreeMap;
use std::error::Error;

use crate::credential::obtain::{Needs, Registration};
use crate::credential::registry::{Capability, Registry, RegistryIdentity};
use crate::credential::{ClientId, Credential, EnvironmentName};

/// Why a source has no answer, in its own words.
pub type SourceError = Box<dyn Error + Send + Sync>;

/// A credential that is given as it is.
#[derive(Debug)]
pub enum Given {
    /// It is, and this is where it is from, for people: "the credential of [env.dev]".
    Known(Credential, String),
    /// It cannot be read here: neither it nor, where the Client Id is known, its secret.
    Unread(Option<ClientId>, SourceError),
}

/// Where the credentials of an environment come from.
///
/// A closure that opens a registry is one: it is asked, and taken to leave this machine, so what only looks does not ask it.
pub trait Source: Sync {
    /// Which registry that is. It is not asked.
    fn identity(&self) -> Result<RegistryIdentity, SourceError>;

    /// The registry, to be asked.
    fn registry(&self) -> Result<Box<dyn Registry>, SourceError>;

    /// Whether asking it leaves this machine or starts a program.
    fn is_remote(&self) -> bool {
        true
    }

    /// What the registry can do at least.
    fn capability(&self) -> Result<Option<Capability>, SourceError> {
        Ok(Some(self.registry()?.capability()))
    }

    /// Whether credentials are in store and registry; else they are all given.
    fn has_registry(&self) -> bool {
        true
    }

    /// Whether a credential is given as it is. Nothing is read for it.
    fn is_given(&self) -> bool {
        false
    }

    /// The credential that is given as it is.
    fn given(&self) -> Result<Option<Given>, SourceError> {
        Ok(None)
    }
}

impl<F: Fn() -> Result<Box<dyn Registry>, SourceError> + Sync> Source for F {
    fn identity(&self) -> Result<RegistryIdentity, SourceError> {
        Ok(self()?.identity().clone())
    }

    fn registry(&self) -> Result<Box<dyn Registry>, SourceError> {
        self()
    }
}

/// An environment.
#[non_exhaustive]
pub struct Environment<'a> {
    /// Its name.
    pub name: EnvironmentName,
    /// Where its credentials come from.
    pub source: &'a dyn Source,
    /// What of a credential is embedded.
    pub needs: Needs,
    /// Whether new applications may be made.
    pub registration: Registration,
    /// Whether only release builds belong to it.
    pub release: bool,
    /// The one certificate that artifacts of it are signed with: SHA-256, lowercase hexadecimal.
    pub signer: Option<String>,
    /// Other values that templates may name.
    pub values: BTreeMap<String, String>,
}

impl<'a> Environment<'a> {
    /// One that embeds secrets, and registers applications that are new.
    pub fn new(name: EnvironmentName, source: &'a dyn Source) -> Self {
        let (needs, registration) = (Needs::Secret, Registration::Auto);
        Self { name, source, needs, registration, release: false, signer: None, values: BTreeMap::new() }
    }
}
