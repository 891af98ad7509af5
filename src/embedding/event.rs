//! What a run has to tell while it goes on.
//!
//! Must not: hold a secret.

use std::path::Path;

use super::prepared::Prepared;
use crate::credential::change::Settled;
use crate::credential::obtain::Origin;
use crate::credential::registry::{Capability, RegistryIdentity};
use crate::credential::{ClientId, EnvironmentName};
use crate::placement::{Address, Place};

/// What a run has to tell.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'e> {
    /// What a run that was killed left in a folder, and what was done about it.
    Repaired(&'e str),
    /// What a run that was killed left in a folder; this one does not write, and leaves it.
    Pending(&'e str),
    /// A change of a credential that an earlier run began has ended.
    Settled(&'e Settled),
    /// A registry will be asked for a new application, and what it can do decides what becomes of the secret.
    Registering(&'e RegistryIdentity, Capability),
    /// There is a credential.
    Obtained {
        /// Of which application.
        application: &'e str,
        /// In which environment.
        environment: &'e EnvironmentName,
        /// Its Client Id.
        client_id: &'e ClientId,
        /// Where it came from.
        origin: Origin,
        /// The registry, or what it was given by.
        from: &'e str,
        /// When its secret ends, seconds since 1970.
        expires: Option<u64>,
    },
    /// A place is addressed by a text that is not there, and a known credential of the application is: that counts as the place.
    TextGone(&'e Path, &'e Place),
    /// Addresses that somebody wrote are for artifacts of another kind, so nothing is put there.
    OtherKind(&'e Path, &'e [&'e Address]),
    /// No place takes the secret, which is accepted.
    NoSecretPlace(&'e Path, &'e EnvironmentName),
    /// Something else changed the artifact meanwhile; this is the plan for what is there now.
    Again(&'e Prepared),
}
