//! Registries: the access manager's side. One trait, its capabilities declared.
//!
//! Must not: touch the store; `obtain` decides what is asked and what is kept.

pub mod answer;
pub mod directory;
pub mod embedded;
pub mod exec;
pub mod genexus;
pub mod http;
pub mod oauth;
mod patience;
#[cfg(feature = "postgres")]
pub mod postgres;

use std::fmt;

use super::database::DatabaseError;
use super::ledger::{Ledger, Pending};
use super::{ClientId, ClientSecret, EnvironmentName};
use crate::format::calendar::Civil;
use crate::format::text;

/// What a registry can do: said to the user before anything is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// A: get-or-create by Client Id; the secret can be read again.
    GetOrCreate,
    /// B: the secret is echoed to who holds the registration token.
    EchoByToken,
    /// C: the secret is shown once; the store becomes the only copy.
    ShownOnce,
}

impl Capability {
    /// Its letter, as `docs/registries.md` and receipts have it.
    pub fn letter(self) -> &'static str {
        match self {
            Self::GetOrCreate => "A",
            Self::EchoByToken => "B",
            Self::ShownOnce => "C",
        }
    }
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

/// Bytes that an id or a name of an application may have: package and bundle ids have 255 at most, and columns of access managers
/// fewer.
const NAME_BYTES: usize = 512;
/// Characters that are shown of one that is longer.
const NAME_SHOWN: usize = 40;

/// Why a text is no id and no name of an application.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidApplication {
    /// It is too long.
    #[error("{what} has {bytes} bytes, at most {NAME_BYTES} are possible: {shown:?}...")]
    Long {
        /// What it is.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// How it begins.
        shown: String,
    },
    /// It holds a character that cannot be seen.
    #[error("{what} holds {character:?}, which cannot be seen: {name:?}")]
    Hidden {
        /// What it is.
        what: &'static str,
        /// The character.
        character: char,
        /// All of it.
        name: String,
    },
}

impl Application {
    /// Refuses what is no id or name before it reaches a store or a registry, where it would stay for good.
    pub fn check(&self) -> Result<(), InvalidApplication> {
        for (what, name) in [("the id of an application", &self.id), ("the name of an application", &self.name)] {
            if name.len() > NAME_BYTES {
                let shown = name.chars().take(NAME_SHOWN).collect();
                return Err(InvalidApplication::Long { what, bytes: name.len(), shown });
            }
            if let Some(character) = name.chars().find(|c| text::is_hidden(*c)) {
                return Err(InvalidApplication::Hidden { what, character, name: name.clone() });
            }
        }
        Ok(())
    }
}

/// The Client Id that is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
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

/// What is asked of a registry.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The application.
    pub application: &'a Application,
    /// The environment it is registered for first; others on the same registry share it.
    pub environment: &'a EnvironmentName,
    /// Under which id.
    pub proposal: &'a Proposal,
    /// The secret that the store has: registered as it is, where the registry has none.
    pub secret: Option<&'a ClientSecret>,
    /// Whether there must be a secret.
    pub wants_secret: bool,
    /// Ask, although the ledger has an answer.
    pub refresh: bool,
    /// Register anew although an earlier registration may have come through without its answer.
    pub again: bool,
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
    /// When the secret ends, in seconds since 1970, where it does.
    pub expires: Option<u64>,
    /// Whose it is, where the registry says so: the id of an application, or its name.
    pub application: Option<String>,
}

/// What a registry says of one registration.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// It is there.
    Registered(Registered),
    /// It is not there, or not any more.
    Gone,
    /// It cannot be told, and why.
    Unknown(String),
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
    /// An answer to something else than what was asked. Nothing was kept.
    #[error("registry {registry}: {fault}; nothing was kept, and nothing embedded")]
    Answer {
        /// Which.
        registry: RegistryIdentity,
        /// What is wrong with it.
        fault: Box<AnswerFault>,
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
    /// A registration whose answer never came, with a registry that cannot be asked what became of it.
    #[error(
        "registry {registry}: {why}{pending}; nothing was registered now, because that may be one too many",
        why = why.as_ref().map(|why| format!("{why}; ")).unwrap_or_default()
    )]
    PossibleOrphan {
        /// Which.
        registry: RegistryIdentity,
        /// What happened just now; absent where an earlier run was killed.
        why: Option<String>,
        /// What was asked, and when.
        pending: Box<Pending>,
    },
    /// An application that was revoked.
    #[error("registry {registry}: {id} is revoked there")]
    Revoked {
        /// Which.
        registry: RegistryIdentity,
        /// The Client Id.
        id: ClientId,
    },
    /// An application that is not there.
    #[error("registry {registry} does not know {id}")]
    Unknown {
        /// Which.
        registry: RegistryIdentity,
        /// The Client Id.
        id: ClientId,
    },
    /// Something that this kind of registry has no way to do.
    #[error("registry {registry} cannot {what}: {why}")]
    Unsupported {
        /// Which.
        registry: RegistryIdentity,
        /// "replace a secret".
        what: &'static str,
        /// Why not, and what to do instead.
        why: &'static str,
    },
    /// GeneXus' file, or the program behind it.
    #[error("registry {registry}: {fault}")]
    Genexus {
        /// Which.
        registry: RegistryIdentity,
        /// What is wrong.
        fault: Box<genexus::fault::Fault>,
    },
    /// No randomness for a secret.
    #[error("no randomness from the operating system: {0}")]
    Random(#[from] std::io::Error),
}

/// What is wrong with an answer that is one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerFault {
    /// No secret where one is embedded.
    #[error(
        "it answered for {id} of {application} without a secret (none, null, or an empty one), and {environment} embeds one"
    )]
    NoSecret {
        /// The Client Id.
        id: ClientId,
        /// Whose.
        application: String,
        /// Where.
        environment: EnvironmentName,
    },
    /// Another Client Id than the one that the store has.
    #[error("asked for {asked} of {application}, it answered for {answered}")]
    AnotherId {
        /// The store's.
        asked: ClientId,
        /// The registry's.
        answered: ClientId,
        /// Whose.
        application: String,
        /// Where.
        environment: EnvironmentName,
    },
    /// Another application's.
    #[error("asked for {asked}, it answered with {id}, which is registered there for {answered:?}")]
    AnotherApplication {
        /// The application that was asked for.
        asked: String,
        /// The one that has it.
        answered: String,
        /// The Client Id.
        id: ClientId,
        /// Where.
        environment: EnvironmentName,
    },
    /// A secret that is no secret any more.
    #[error("the secret of {id} of {application} ended at {}, it says", Civil::of(*at).rfc3339())]
    Ended {
        /// The Client Id.
        id: ClientId,
        /// Whose.
        application: String,
        /// Where.
        environment: EnvironmentName,
        /// When, in seconds since 1970.
        at: u64,
    },
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

    fn register(&mut self, _: &Wanted<'_>, _: &mut dyn Ledger) -> Result<Registered, RegistryError> {
        Err(RegistryError::Offline { registry: self.0.clone() })
    }

    fn standing(&mut self, _: &Application, _: &ClientId, _: &mut dyn Ledger) -> Result<Standing, RegistryError> {
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

    /// What became of the registration under exactly this id: for who was cut off while it was changed. Changes nothing there.
    fn standing(
        &mut self,
        application: &Application,
        id: &ClientId,
        ledger: &mut dyn Ledger,
    ) -> Result<Standing, RegistryError> {
        let _ = ledger;
        Ok(match self.find(application, Some(id))? {
            Some(found) if found.id == *id => Standing::Registered(found),
            Some(found) => Standing::Unknown(format!("asked for {id}, the registry answered for {}", found.id)),
            None => Standing::Gone,
        })
    }

    /// Why [`Self::register`] would fail, as far as that is known without it: a registry that is only read says so before
    /// anything is promised or claimed. `known` is the id that the store has; a secret that it has is not wanted.
    fn foresee(
        &mut self,
        application: &Application,
        known: Option<&ClientId>,
        wants_secret: bool,
    ) -> Result<(), RegistryError> {
        let _ = (application, known, wants_secret);
        Ok(())
    }

    /// Atomically: "register this id, or give me what is there". An existing secret is never reset; a missing one is the
    /// one given, else generated where one is wanted. What a registry says only once it writes into the ledger first.
    fn register(&mut self, wanted: &Wanted<'_>, ledger: &mut dyn Ledger) -> Result<Registered, RegistryError>;

    /// Puts `secret` in the place of the secret of `id`, on purpose.
    fn replace_secret(
        &mut self,
        application: &Application,
        id: &ClientId,
        secret: &ClientSecret,
    ) -> Result<Registered, RegistryError> {
        let _ = (application, id, secret);
        let why = "its owner replaces it there; then bring it here: inject register --take registry";
        Err(RegistryError::Unsupported { registry: self.identity().clone(), what: "replace a secret", why })
    }

    /// Takes the registration of `id` back, on purpose; says whether there was one.
    fn revoke(
        &mut self,
        application: &Application,
        id: &ClientId,
        ledger: &mut dyn Ledger,
    ) -> Result<bool, RegistryError> {
        let _ = (application, id, ledger);
        let why = "its owner revokes it there; then inject credential forget";
        Err(RegistryError::Unsupported { registry: self.identity().clone(), what: "revoke an application", why })
    }
}
