//! Changes of a credential on both sides: a new secret, revoking. The registry first, then the store, under one lock.
//!
//! What is about to be asked is in the store before ([`super::intent`]). Who comes after a run that was killed or failed between
//! the two asks the registry what is there, and finishes the change in the store, or drops it where the registry never had it.
//! Where that is not known, it is an error until it is: a credential that may be dead goes into no artifact.
//!
//! Must not: change a registry to finish what somebody else began.

use super::database::DatabaseError;
use super::intent::{Change, Intent};
use super::ledger::Ledger;
use super::registry::{Application, Registered, Registry, RegistryError, Standing};
use super::store::{Key, Store, Stored};
use super::{ClientId, ClientSecret};
use crate::host::interrupt;
use crate::host::random::OsRandom;

/// Why a credential was not changed, or is not known to be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// The store; nothing was changed.
    #[error(transparent)]
    Store(#[from] DatabaseError),
    /// The registry; nothing was changed.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// No randomness for a secret.
    #[error("no randomness from the operating system: {0}")]
    Random(#[from] std::io::Error),
    /// It was begun, and it is not known here how it ended.
    #[error(transparent)]
    Open(#[from] Open),
}

/// A change whose end is not known here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{intent}, and is not finished: {why}")]
pub struct Open {
    /// The change.
    pub intent: Box<Intent>,
    /// What is known, and what is not.
    pub why: String,
}

impl Open {
    pub(super) fn of(intent: Intent, why: impl Into<String>) -> Self {
        Self { intent: Box::new(intent), why: why.into() }
    }
}

/// What became of a change that an earlier run began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The change.
    pub intent: Intent,
    /// Whether the registry had it: then the store has it now. Otherwise it never came there, and nothing is changed.
    pub finished: bool,
}

/// Gives the credential of `key` a new secret, in the registry and here. `None`: the store has none that is registered.
pub fn rotate(
    key: &Key,
    application: &Application,
    store: &mut Store,
    registry: &mut dyn Registry,
) -> Result<Option<Stored>, ChangeError> {
    let _section = interrupt::section();
    let _alone = store.ledger(key).lock()?;
    settle(key, application, store, registry)?;
    let Some(stored) = store.get(key)?.filter(|stored| stored.registered) else { return Ok(None) };
    let new = ClientSecret::generate(&mut OsRandom)?;
    let intent = Intent::begun(key, &stored.id, Change::Rotate(new.clone()));
    replace(&intent, &new, stored.secret.as_ref(), application, store, registry)?;
    let stored = Stored { secret: Some(new), ..stored };
    let half = |error: DatabaseError| {
        let why = format!("the registry has the new secret, and the store could not be written: {error}");
        Open::of(intent.clone(), why)
    };
    store.put_everywhere(&stored).map_err(half)?;
    Ok(Some(stored))
}

/// Revokes the credential of `key` in the registry, and forgets it here, in every environment that shares it. Says whether the
/// registry still had it. `None`: the store has none that is registered.
pub fn revoke(
    key: &Key,
    application: &Application,
    store: &mut Store,
    registry: &mut dyn Registry,
) -> Result<Option<(ClientId, bool)>, ChangeError> {
    let _section = interrupt::section();
    let _alone = store.ledger(key).lock()?;
    if let Some(Settled { intent: Intent { id, change: Change::Revoke, .. }, finished: true }) =
        settle(key, application, store, registry)?
    {
        return Ok(Some((id, true)));
    }
    let Some(stored) = store.get(key)?.filter(|stored| stored.registered) else { return Ok(None) };
    let intent = Intent::begun(key, &stored.id, Change::Revoke);
    store.intend(&intent)?;
    let was = match registry.revoke(application, &stored.id, &mut store.ledger(key)) {
        Ok(was) => was,
        Err(error) => match registry.standing(application, &stored.id, &mut store.ledger(key)) {
            Ok(Standing::Gone) if !did_nothing(&error) => true,
            Ok(Standing::Registered(_)) => return dropped(&intent, error, store),
            Ok(Standing::Gone | Standing::Unknown(_)) | Err(_) if did_nothing(&error) => {
                return dropped(&intent, error, store);
            }
            Ok(Standing::Gone | Standing::Unknown(_)) | Err(_) => {
                return Err(Open::of(intent, error.to_string()).into());
            }
        },
    };
    store.forget_everywhere(&intent).map_err(|error| {
        Open::of(intent, format!("the registry has revoked it, and the store could not be written: {error}"))
    })?;
    Ok(Some((stored.id, was)))
}

/// Finishes in the store what an earlier run began with the credential of `key`, or drops it, by what the registry says is
/// there. `None`: nothing was begun.
pub fn finish(
    key: &Key,
    application: &Application,
    store: &mut Store,
    registry: &mut dyn Registry,
) -> Result<Option<Settled>, ChangeError> {
    if store.intent(key)?.is_none() {
        return Ok(None);
    }
    let _section = interrupt::section();
    let _alone = store.ledger(key).lock()?;
    settle(key, application, store, registry)
}

/// Finishes in the store what an earlier run began, or drops it, by what the registry says is there. The lock of the ledger is
/// held by whoever asks.
pub(super) fn settle(
    key: &Key,
    application: &Application,
    store: &mut Store,
    registry: &mut dyn Registry,
) -> Result<Option<Settled>, ChangeError> {
    let Some(intent) = store.intent(key)? else { return Ok(None) };
    let stored = store.list()?.into_iter().find(|stored| is_of(&intent, stored));
    let before = stored.as_ref().and_then(|stored| stored.secret.as_ref());
    let standing = match registry.standing(application, &intent.id, &mut store.ledger(key)) {
        Ok(standing) => standing,
        Err(error) => return Err(Open::of(intent, error.to_string()).into()),
    };
    let finished = match (&intent.change, standing) {
        (Change::Rotate(new) | Change::Take(new), Standing::Registered(found))
            if found.secret.as_ref() == Some(new) =>
        {
            store.secret_everywhere(&intent, new)?;
            true
        }
        (Change::Rotate(_), Standing::Registered(found)) if found.secret.as_ref() == before => false,
        (Change::Rotate(_) | Change::Take(_), Standing::Registered(_)) => {
            let why = "the registry has another secret than the one that was sent, and than the store";
            return Err(Open::of(intent, why).into());
        }
        (Change::Rotate(_) | Change::Take(_), Standing::Gone) => {
            return Err(Open::of(intent, "the registry does not have it any more").into());
        }
        (Change::Revoke, Standing::Gone) => {
            store.forget_everywhere(&intent)?;
            true
        }
        (Change::Revoke, Standing::Registered(_)) => false,
        (_, Standing::Unknown(why)) => return Err(Open::of(intent, why).into()),
    };
    if !finished {
        store.close_intent(key)?;
    }
    Ok(Some(Settled { intent, finished }))
}

/// Puts `new` into the place of the secret that the registry has, which is `before` as far as it is known; it is written down
/// first. What is answered is what was sent.
pub(super) fn replace(
    intent: &Intent,
    new: &ClientSecret,
    before: Option<&ClientSecret>,
    application: &Application,
    store: &mut Store,
    registry: &mut dyn Registry,
) -> Result<Registered, ChangeError> {
    store.intend(intent)?;
    let id = &intent.id;
    let error = match registry.replace_secret(application, id, new) {
        Ok(replaced) if replaced.id == *id && replaced.secret.as_ref() == Some(new) => return Ok(replaced),
        Ok(_) => {
            let registry = registry.identity().clone();
            let problem =
                format!("it was sent a new secret for {id}, and its answer does not hold that id and that secret");
            RegistryError::Failed { registry, problem }
        }
        Err(error) => error,
    };
    // Whether it came through, the registry alone can say.
    match registry.standing(application, id, &mut store.ledger(&intent.key)) {
        Ok(Standing::Registered(found)) if found.secret.as_ref() == Some(new) => Ok(found),
        Ok(Standing::Registered(found)) if found.secret.as_ref() == before => dropped(intent, error, store),
        Ok(Standing::Registered(_) | Standing::Gone | Standing::Unknown(_)) | Err(_) if did_nothing(&error) => {
            dropped(intent, error, store)
        }
        Ok(Standing::Registered(_) | Standing::Gone | Standing::Unknown(_)) | Err(_) => {
            Err(Open::of(intent.clone(), error.to_string()).into())
        }
    }
}

/// Ends with an error of the registry that changed nothing.
fn dropped<T>(intent: &Intent, error: RegistryError, store: &mut Store) -> Result<T, ChangeError> {
    store.close_intent(&intent.key)?;
    Err(error.into())
}

/// Whether an error says by itself that nothing was done.
fn did_nothing(error: &RegistryError) -> bool {
    matches!(
        error,
        RegistryError::Unsupported { .. }
            | RegistryError::Unknown { .. }
            | RegistryError::Revoked { .. }
            | RegistryError::NotRegistered { .. }
            | RegistryError::Offline { .. }
            | RegistryError::Genexus { .. }
    )
}

/// Whether a change is of this credential too.
pub(super) fn is_of(intent: &Intent, stored: &Stored) -> bool {
    stored.key.application == intent.key.application
        && stored.key.registry == intent.key.registry
        && stored.id == intent.id
}

impl Store {
    /// The new secret, in every environment that has one of this Client Id; the change is over.
    fn secret_everywhere(&mut self, intent: &Intent, new: &ClientSecret) -> Result<(), DatabaseError> {
        self.whole(|store| {
            let is_meant =
                |stored: &Stored| is_of(intent, stored) && (stored.secret.is_some() || stored.key == intent.key);
            for stored in store.list()?.into_iter().filter(is_meant) {
                store.write(&Stored { secret: Some(new.clone()), ..stored })?;
            }
            store.close(&intent.key)
        })
    }

    /// Forgets what was revoked, in every environment; the change is over.
    fn forget_everywhere(&mut self, intent: &Intent) -> Result<(), DatabaseError> {
        self.whole(|store| {
            for stored in store.list()?.into_iter().filter(|stored| is_of(intent, stored)) {
                store.remove(&stored.key)?;
            }
            store.close(&intent.key)
        })
    }
}
