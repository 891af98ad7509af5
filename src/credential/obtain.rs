//! Obtaining or reusing, which no build may get wrong: the heart.
//!
//! The store's value is reused. Else the Client Id is chosen and claimed in the store, the registry is asked atomically
//! "register this id, or give me what is there", and the answer is durable in the store before anybody uses it. Claims
//! and registration are each one transaction, so any number of builds at once end with one id and one secret. What a
//! registry answers is compared with what was asked before any of it is kept, here alone and for every kind of registry.
//!
//! Must not: overwrite a secret that differs; that is a conflict for people.

use super::change::{self, ChangeError, Open, Settled};
use super::database::DatabaseError;
use super::intent::{Change, Intent};
use super::ledger::Ledger;
use super::registry::{
    AnswerFault, Application, Proposal, Registered, Registry, RegistryError, RegistryIdentity, Wanted,
};
use super::store::{Key, Store, Stored};
use super::{ClientId, Credential, EnvironmentName, Fingerprint};
use crate::host::clock;
use crate::host::random::OsRandom;

/// What of a credential an environment embeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Client Id and secret.
    Secret,
    /// The Client Id alone: a public client.
    IdOnly,
}

impl Needs {
    pub(super) fn satisfied_by(self, stored: &Stored) -> bool {
        match self {
            Self::Secret => stored.secret.is_some(),
            Self::IdOnly => stored.registered,
        }
    }
}

/// Whether an application that the registry does not know may be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// Yes.
    Auto,
    /// No: a new application here is an error.
    Never,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// Application, environment and registry.
    pub key: Key,
    /// The application as the registry sees it.
    pub application: &'a Application,
    /// What is needed.
    pub needs: Needs,
    /// Whether a new application may be made.
    pub registration: Registration,
    /// Ask the registry even where the store has an answer.
    pub refresh: bool,
    /// Register anew although an earlier registration may have come through without its answer.
    pub again: bool,
    /// Which of two different secrets counts; none: that is an error.
    pub take: Option<Take>,
}

/// Whose secret counts where store and registry differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// The store's: it is put into the registry.
    Store,
    /// The registry's: it is put into the store.
    Registry,
}

/// Where a credential came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Given by the caller.
    Fixed,
    /// The store, for this environment or another one on the same registry.
    Store,
    /// The registry had it.
    Registry,
    /// The registry made it: a new application.
    Registered,
}

/// A credential and its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obtained {
    /// The credential.
    pub credential: Credential,
    /// Where it came from.
    pub origin: Origin,
    /// When the secret ends, in seconds since 1970, where the registry said so just now.
    pub expires: Option<u64>,
    /// A change that an earlier run began, and what became of it now.
    pub settled: Option<Settled>,
}

/// Why there is no credential.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObtainError {
    /// The store.
    #[error(transparent)]
    Store(#[from] DatabaseError),
    /// The registry.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// No randomness for a Client Id.
    #[error("no randomness from the operating system: {0}")]
    Random(#[from] std::io::Error),
    /// A change that an earlier run began, and whose end is not known.
    #[error(transparent)]
    Open(#[from] Open),
    /// A new application where none may be made.
    #[error(
        "{application} is not registered in {environment} (registry {registry}), and registering a new application is \
         switched off there"
    )]
    NotRegistered {
        /// The application's id.
        application: String,
        /// The environment.
        environment: EnvironmentName,
        /// Its registry.
        registry: RegistryIdentity,
    },
    /// Two secrets for one id.
    #[error(
        "store and registry hold different secrets for Client Id {id} of {application} in {environment}: store \
         {store}, registry {registry} (keyed fingerprints)"
    )]
    Conflict {
        /// The Client Id.
        id: ClientId,
        /// The application's id.
        application: String,
        /// The environment.
        environment: EnvironmentName,
        /// Fingerprint of the store's secret.
        store: Fingerprint,
        /// Fingerprint of the registry's.
        registry: Fingerprint,
    },
}

impl From<ChangeError> for ObtainError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Store(error) => Self::Store(error),
            ChangeError::Registry(error) => Self::Registry(error),
            ChangeError::Random(error) => Self::Random(error),
            ChangeError::Open(open) => Self::Open(open),
        }
    }
}

/// Obtains or reuses the credential.
pub fn obtain(request: &Request<'_>, store: &mut Store, registry: &mut dyn Registry) -> Result<Obtained, ObtainError> {
    // 1. The store has what is needed, and nobody was changing it: reuse it, ask nobody.
    if store.intent(&request.key)?.is_none()
        && let Some(reused) = reuse(request, store)?
    {
        return Ok(reused);
    }
    // Else one process at a time. What an earlier one began is finished first, or it is said that its end is not known, unless
    // a person says whose secret counts.
    let _alone = store.ledger(&request.key).lock()?;
    let settled = match change::settle(&request.key, request.application, store, registry) {
        Err(ChangeError::Open(_)) if request.take.is_some() => None,
        settled => settled?,
    };
    if let Some(reused) = reuse(request, store)? {
        return Ok(Obtained { settled, ..reused });
    }
    let own = store.get(&request.key)?;
    let shared = store.get_shared(&request.key)?;
    // 2. Choose the Client Id: the store's own, the same application's elsewhere on this registry, or a new one. A registry
    // that will not have it says so before anything is claimed.
    let known = own.iter().chain(&shared).find(|stored| stored.registered).map(|stored| stored.id.clone());
    let has_secret = !request.again && own.iter().chain(&shared).any(|stored| stored.secret.is_some());
    registry.foresee(request.application, known.as_ref(), request.needs == Needs::Secret && !has_secret)?;
    if request.registration == Registration::Never
        && (request.again
            || store.ledger(&request.key).held()?.is_none()
                && registry.find(request.application, known.as_ref())?.is_none())
    {
        return Err(ObtainError::NotRegistered {
            application: request.key.application.clone(),
            environment: request.key.environment.clone(),
            registry: request.key.registry.clone(),
        });
    }
    let is_fresh = known.is_none();
    let wanted = match known {
        Some(id) => id,
        None => ClientId::generate(&mut OsRandom)?,
    };
    // 3. Claim it, so that a build beside this one proposes the same.
    let claimed = store.claim(&request.key, &wanted)?;
    let proposal = if is_fresh && !claimed.registered {
        Proposal::Fresh(claimed.id.clone())
    } else if claimed.registered {
        Proposal::Known(claimed.id.clone())
    } else {
        Proposal::Known(wanted)
    };
    // 4. Ask the registry, atomically; a secret that the store has is registered as it is.
    let local = claimed.secret.clone().or_else(|| shared.and_then(|stored| stored.secret));
    let local = local.filter(|_| !request.again);
    let wanted = Wanted {
        application: request.application,
        environment: &request.key.environment,
        proposal: &proposal,
        secret: local.as_ref(),
        wants_secret: request.needs == Needs::Secret,
        refresh: request.refresh,
        again: request.again,
    };
    let mut registered = registry.register(&wanted, &mut store.ledger(&request.key))?;
    check(registry.identity(), &wanted, &registered)?;
    // 5. Two secrets for one id: nothing is overwritten, unless it is said which one counts.
    if let (Some(ours), Some(theirs)) = (&local, &registered.secret)
        && ours != theirs
    {
        match request.take {
            Some(Take::Registry) => {}
            Some(Take::Store) => {
                let intent = Intent::begun(&request.key, &registered.id, Change::Take(ours.clone()));
                registered = change::replace(&intent, ours, Some(theirs), request.application, store, registry)?;
            }
            None => {
                return Err(ObtainError::Conflict {
                    store: store.fingerprint(ours),
                    registry: store.fingerprint(theirs),
                    id: registered.id,
                    application: request.key.application.clone(),
                    environment: request.key.environment.clone(),
                });
            }
        }
    }
    // 6. Durable before anything uses it, in every environment that shares it.
    let Registered { id, secret, existed, expires, .. } = registered;
    let stored = Stored { key: request.key.clone(), id, secret: secret.or(local), registered: true };
    store.put_everywhere(&stored)?;
    let origin = if existed { Origin::Registry } else { Origin::Registered };
    Ok(Obtained { expires, settled, ..answer(request, &stored, origin) })
}

/// What the store has, where that is what is needed: of this environment, or of another one on the same registry.
fn reuse(request: &Request<'_>, store: &mut Store) -> Result<Option<Obtained>, ObtainError> {
    if request.refresh || request.again {
        return Ok(None);
    }
    let is_enough = |stored: &Stored| request.needs.satisfied_by(stored);
    if let Some(stored) = store.get(&request.key)?.filter(is_enough) {
        return Ok(Some(answer(request, &stored, Origin::Store)));
    }
    let Some(shared) = store.get_shared(&request.key)?.filter(is_enough) else { return Ok(None) };
    let copy = Stored { key: request.key.clone(), ..shared };
    store.put(&copy)?;
    Ok(Some(answer(request, &copy, Origin::Store)))
}

/// Whether an answer is one to what was asked. A registry that shows no secret where the store has sent or kept one leaves
/// that one: what people bring by hand is never shown by some.
fn check(registry: &RegistryIdentity, wanted: &Wanted<'_>, answered: &Registered) -> Result<(), RegistryError> {
    let (application, environment) = (wanted.application.id.clone(), wanted.environment.clone());
    let id = answered.id.clone();
    let known = match wanted.proposal {
        Proposal::Known(known) if !wanted.again => Some(known),
        Proposal::Known(_) | Proposal::Fresh(_) => None,
    };
    let fault = if wanted.wants_secret && answered.secret.is_none() && wanted.secret.is_none() {
        AnswerFault::NoSecret { id, application, environment }
    } else if let Some(at) = answered.expires.filter(|at| *at <= clock::unix_seconds()) {
        AnswerFault::Ended { id, application, environment, at }
    } else {
        return same(registry, wanted.application, environment, known, answered);
    };
    Err(RegistryError::Answer { registry: registry.clone(), fault: Box::new(fault) })
}

/// Whether an answer is about this application, under the id that it is known by.
pub(super) fn same(
    registry: &RegistryIdentity,
    application: &Application,
    environment: EnvironmentName,
    known: Option<&ClientId>,
    answered: &Registered,
) -> Result<(), RegistryError> {
    let id = answered.id.clone();
    // Names of main objects are the same in any case.
    let is_it = |other: &&String| {
        [&application.id, &application.name].iter().any(|own| own.to_lowercase() == other.trim().to_lowercase())
    };
    let fault = if let Some(asked) = known.filter(|asked| **asked != id) {
        let asked = asked.clone();
        AnswerFault::AnotherId { asked, answered: id, application: application.id.clone(), environment }
    } else if let Some(other) = answered.application.as_ref().filter(|other| !is_it(other)) {
        AnswerFault::AnotherApplication { asked: application.id.clone(), answered: other.clone(), id, environment }
    } else {
        return Ok(());
    };
    Err(RegistryError::Answer { registry: registry.clone(), fault: Box::new(fault) })
}

fn answer(request: &Request<'_>, stored: &Stored, origin: Origin) -> Obtained {
    let secret = stored.secret.clone().filter(|_| request.needs == Needs::Secret);
    Obtained { credential: Credential { id: stored.id.clone(), secret }, origin, expires: None, settled: None }
}
