//! Looking up, read only: what `obtain` would find. Serves dry runs, `verify`, `inspect` and `--check`.
//!
//! Must not: write to the store or a registry, or make either.

use super::change::Open;
use super::obtain::{Needs, ObtainError, Request, same};
use super::registry::Registry;
use super::store::Store;
use super::{ClientId, Credential};

/// What is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// Everything needed is in the store.
    InStore(Credential),
    /// The registry has it; `obtain` would copy it to the store.
    InRegistry(Credential),
    /// `obtain` would register: under this id if one is known.
    Unregistered(Option<ClientId>),
}

impl Lookup {
    /// The credential, where there is one.
    pub fn credential(&self) -> Option<&Credential> {
        match self {
            Self::InStore(credential) | Self::InRegistry(credential) => Some(credential),
            Self::Unregistered(_) => None,
        }
    }
}

/// Looks without changing anything.
pub fn look_up(
    request: &Request<'_>,
    store: Option<&Store>,
    registry: &mut dyn Registry,
) -> Result<Lookup, ObtainError> {
    if let Some(intent) = store.map(|store| store.intent(&request.key)).transpose()?.flatten() {
        let why = "a run that may change something finishes it, or says what is in the way";
        return Err(Open::of(intent, why).into());
    }
    let own = store.map(|store| store.get(&request.key)).transpose()?.flatten();
    let shared = store.map(|store| store.get_shared(&request.key)).transpose()?.flatten();
    if !request.refresh {
        for stored in [&own, &shared].into_iter().flatten() {
            if request.needs.satisfied_by(stored) {
                let secret = stored.secret.clone().filter(|_| request.needs == Needs::Secret);
                return Ok(Lookup::InStore(Credential { id: stored.id.clone(), secret }));
            }
        }
    }
    let known = own.iter().chain(&shared).find(|stored| stored.registered).map(|stored| stored.id.clone());
    let local = own.iter().chain(&shared).find_map(|stored| stored.secret.clone());
    let found = registry.find(request.application, known.as_ref())?;
    registry.foresee(request.application, known.as_ref(), request.needs == Needs::Secret && local.is_none())?;
    if let Some(found) = &found {
        same(registry.identity(), request.application, request.key.environment.clone(), known.as_ref(), found)?;
    }
    match found {
        Some(found) if request.needs == Needs::IdOnly => {
            Ok(Lookup::InRegistry(Credential { id: found.id, secret: None }))
        }
        // Registered as a public client, and a secret is wanted: it would be generated.
        Some(found) if found.secret.is_none() && local.is_none() => Ok(Lookup::Unregistered(Some(found.id))),
        Some(found) => {
            let secret = found.secret.or(local);
            Ok(Lookup::InRegistry(Credential { id: found.id, secret }))
        }
        None => Ok(Lookup::Unregistered(known)),
    }
}
