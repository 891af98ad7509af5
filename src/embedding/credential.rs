//! Obtaining or reusing the credential of an application, and looking it up.
//!
//! Must not: touch an artifact.

use std::collections::{BTreeMap, BTreeSet};

use super::embedder::Embedder;
use super::environment::{Given, SourceError};
use super::error::EmbedError;
use super::event::Event;
use super::prepared::Prepared;
use crate::credential::Credential;
use crate::credential::change::{ChangeError, finish};
use crate::credential::lookup::{Lookup, look_up};
use crate::credential::obtain::{Needs, Obtained, Origin, Registration, Request, obtain};
use crate::credential::registry::{Application, Registry, RegistryError};
use crate::credential::store::Store;

/// What is known of a credential without obtaining it.
#[derive(Debug)]
pub enum Known {
    /// This one.
    Credential(Credential),
    /// It is given, and cannot be read here.
    Unread(SourceError),
    /// None: it would be obtained.
    Unknown,
}

impl Known {
    /// The credential, where one is known; an error where it is not read.
    pub fn read(self) -> Result<Option<Credential>, EmbedError> {
        match self {
            Self::Credential(credential) => Ok(Some(credential)),
            Self::Unread(error) => Err(error.into()),
            Self::Unknown => Ok(None),
        }
    }
}

/// The credentials of a run, by application.
#[derive(Debug, Default)]
pub struct Credentials {
    obtained: BTreeMap<String, Credential>,
    /// Applications that have none, which was said.
    refused: BTreeSet<String>,
}

impl Credentials {
    /// That of an application.
    pub fn get(&self, application: &str) -> Option<&Credential> {
        self.obtained.get(application)
    }
}

impl Embedder<'_> {
    /// Obtains or reuses the credential of an artifact's application, once in a run.
    pub fn obtain_for(&self, prepared: &Prepared, credentials: &mut Credentials) -> Result<(), EmbedError> {
        let id = &prepared.application.id;
        if credentials.refused.contains(id) {
            return Err(EmbedError::NoCredential(id.clone()).about(&prepared.artifact.path));
        }
        if !credentials.obtained.contains_key(id) {
            let obtained = self.obtain(&prepared.application).inspect_err(|_| {
                credentials.refused.insert(id.clone());
            })?;
            credentials.obtained.insert(id.clone(), obtained.credential);
        }
        Ok(())
    }

    /// Obtains or reuses the credential of an application.
    pub fn obtain(&self, application: &Application) -> Result<Obtained, EmbedError> {
        if let Some(given) = self.source().given()? {
            let (credential, from) = match given {
                Given::Known(credential, from) => (credential, from),
                Given::Unread(_, error) => return Err(error.into()),
            };
            let obtained = Obtained { credential, origin: Origin::Fixed, expires: None, settled: None };
            self.tell_obtained(application, &obtained, &from);
            return Ok(obtained);
        }
        let request = self.request(application)?;
        let mut store = Store::open(self.home)?;
        if self.options.offline && self.source().is_remote() {
            let mut unasked = self.registry_within()?;
            return match look_up(&request, Some(&store), unasked.as_mut())? {
                Lookup::InStore(credential) | Lookup::InRegistry(credential) => {
                    Ok(Obtained { credential, origin: Origin::Store, expires: None, settled: None })
                }
                Lookup::Unregistered(_) => Err(RegistryError::Offline { registry: unasked.identity().clone() }.into()),
            };
        }
        let mut registry = self.source().registry()?;
        self.tell_registering(&request, &store, registry.as_ref())?;
        // What an earlier run began is said whatever becomes of this one. Who says whose secret counts needs no more to be known.
        match finish(&request.key, application, &mut store, registry.as_mut()) {
            Err(ChangeError::Open(_)) if request.take.is_some() => {}
            settled => {
                if let Some(settled) = settled? {
                    self.tell(Event::Settled(&settled));
                }
            }
        }
        let obtained = obtain(&request, &mut store, registry.as_mut())?;
        // One that another run left since.
        if let Some(settled) = &obtained.settled {
            self.tell(Event::Settled(settled));
        }
        self.tell_obtained(application, &obtained, &registry.identity().0);
        Ok(obtained)
    }

    /// What is known of a credential; nothing is registered. A run that only reads asks nobody outside of this machine.
    pub fn known(&self, application: &Application) -> Result<Known, EmbedError> {
        match self.source().given()? {
            Some(Given::Known(credential, _)) => return Ok(Known::Credential(credential)),
            Some(Given::Unread(_, error)) => return Ok(Known::Unread(error)),
            None => {}
        }
        let store = Store::open_existing(self.home)?;
        let request = self.request(application)?;
        let mut registry = if self.options.read_only || self.options.offline {
            self.registry_within()?
        } else {
            self.source().registry()?
        };
        Ok(match look_up(&request, store.as_ref(), registry.as_mut())? {
            Lookup::InStore(credential) | Lookup::InRegistry(credential) => Known::Credential(credential),
            Lookup::Unregistered(_) => Known::Unknown,
        })
    }

    /// Finishes what an earlier run began with a credential, before anything is planned with it.
    pub fn settle(&self, application: &Application) -> Result<(), EmbedError> {
        // A credential that is given from outside is nobody's to finish.
        if self.source().is_given() {
            return Ok(());
        }
        let key = self.request(application)?.key;
        let Some(mut store) = Store::open_existing(self.home)? else { return Ok(()) };
        if store.intent(&key)?.is_none() {
            return Ok(());
        }
        let mut registry = if self.options.offline { self.registry_within()? } else { self.source().registry()? };
        if let Some(settled) = finish(&key, application, &mut store, registry.as_mut())? {
            self.tell(Event::Settled(&settled));
        }
        Ok(())
    }

    /// What a registry that says things once means for who registers there, before that happens.
    fn tell_registering(
        &self,
        request: &Request<'_>,
        store: &Store,
        registry: &dyn Registry,
    ) -> Result<(), EmbedError> {
        let is_new = store.get(&request.key)?.is_none() && store.get_shared(&request.key)?.is_none();
        if is_new && request.needs == Needs::Secret && request.registration == Registration::Auto {
            self.tell(Event::Registering(registry.identity(), registry.capability()));
        }
        Ok(())
    }

    fn tell_obtained(&self, application: &Application, obtained: &Obtained, from: &str) {
        self.tell(Event::Obtained {
            application: &application.id,
            environment: &self.environment.name,
            client_id: &obtained.credential.id,
            origin: obtained.origin,
            from,
            expires: obtained.expires,
        });
    }
}
