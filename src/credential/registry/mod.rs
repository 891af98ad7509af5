//! Registries: the access manager's side. One trait, its capabilities declared.
//!
//! Must not: touch the store; `obtain` decides what is asked and what is kept.

mod answer;
pub mod embedded;
pub mod exec;
pub mod http;

use std::fmt;

use super::database::DatabaseError;
use super::{ClientId, ClientSecret};

/// What a registry can do (design section 4): said to the user before anything is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// A: get-or-create by Client Id; the secret can be read again.
    GetOrCreate,
    /// B: the secret is echoed to who holds the registration token.
    EchoByToken,
    /// C: the secret is shown once; the store becomes the only copy.
    ShownOnce,
}

/// Which registry: environments with equal identities share credentials.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RegistryIdentity(pub String);

impl fmt::Display for RegistryIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An application as a registry sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Package or bundle id, or GeneXus' main object: what a fresh checkout adopts by.
    pub id: String,
    /// The name it is registered under.
    pub name: String,
}

/// The Client Id that is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proposal {
    /// The store knows it: this id or none.
    Known(ClientId),
    /// Just made: it gives way where the application is registered under another one.
    Fresh(ClientId),
}

impl Proposal {
    /// The word for it in questions to registries, and the id.
    fn parts(&self) -> (&'static str, &ClientId) {
        match self {
            Self::Known(id) => ("known", id),
            Self::Fresh(id) => ("fresh", id),
        }
    }
}

/// What a registry holds for an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// The Client Id.
    pub id: ClientId,
    /// The secret; absent where the application is a public client.
    pub secret: Option<ClientSecret>,
    /// Whether it was there before.
    pub existed: bool,
}

/// Why a registry did not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The embedded registry's file.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A registry that did not answer, or not as it should.
    #[error("registry {registry}: {problem}")]
    Failed {
        /// Which.
        registry: RegistryIdentity,
        /// Expected and found; no part of a secret.
        problem: String,
    },
    /// A registry that can only be read, and does not know the application.
    #[error("registry {registry} does not know the application and did not register it")]
    NotRegistered {
        /// Which.
        registry: RegistryIdentity,
    },
    /// A registry that is not to be asked.
    #[error(
        "registry {registry} was not asked, because this run is offline, and the store does not have the credential"
    )]
    Offline {
        /// Which.
        registry: RegistryIdentity,
    },
    /// No randomness for a secret.
    #[error("no randomness from the operating system: {0}")]
    Random(#[from] std::io::Error),
}

/// A registry that is not asked: for runs that leave nothing behind anywhere, for runs without a network, and where the
/// credential is given from outside, so that there is nobody to ask.
#[derive(Debug)]
pub struct Unasked(pub RegistryIdentity);

impl Registry for Unasked {
    fn identity(&self) -> &RegistryIdentity {
        &self.0
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
        Err(RegistryError::Offline { registry: self.0.clone() })
    }
}

/// An access manager.
pub trait Registry {
    /// Which one it is.
    fn identity(&self) -> &RegistryIdentity;

    /// What it can do.
    fn capability(&self) -> Capability;

    /// What it holds under `id`, or else for the application. Changes nothing.
    fn find(&mut self, application: &Application, id: Option<&ClientId>) -> Result<Option<Registered>, RegistryError>;

    /// Atomically: "register this id, or give me what is there". An existing secret is never reset; a missing one is
    /// `secret` if given, else generated when `wants_secret`.
    fn register(
        &mut self,
        application: &Application,
        id: &Proposal,
        secret: Option<&ClientSecret>,
        wants_secret: bool,
    ) -> Result<Registered, RegistryError>;
}
