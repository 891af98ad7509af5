//! No registry at all: an environment whose credential is given from outside, by reference.
//!
//! Must not: hold the credential; whoever resolves the reference uses it and keeps nothing.

use super::{Application, Capability, Proposal, Registered, Registry, RegistryError, RegistryIdentity};
use crate::credential::{ClientId, ClientSecret, EnvironmentName};

/// Knows nobody and registers nobody.
#[derive(Debug)]
pub struct Fixed {
    identity: RegistryIdentity,
}

impl Fixed {
    /// The one of an environment.
    pub fn new(environment: &EnvironmentName) -> Self {
        Self { identity: RegistryIdentity(format!("fixed:{environment}")) }
    }
}

impl Registry for Fixed {
    fn identity(&self) -> &RegistryIdentity {
        &self.identity
    }

    fn capability(&self) -> Capability {
        Capability::GetOrCreate
    }

    fn find(&mut self, _: &Application, _: Option<&ClientId>) -> Result<Option<Registered>, RegistryError> {
        Ok(None)
    }

    fn register(
        &mut self,
        _: &Application,
        _: &Proposal,
        _: Option<&ClientSecret>,
        _: bool,
    ) -> Result<Registered, RegistryError> {
        Err(RegistryError::NotRegistered { registry: self.identity.clone() })
    }
}
