//! All that a run of the main job needs.
//!
//! Must not: do a step; the other modules do.

use std::fmt;

use super::apps::Apps;
use super::environment::{Environment, Source};
use super::error::EmbedError;
use super::event::Event;
use super::options::Options;
use super::places::Presets;
use crate::credential::home::Home;
use crate::credential::obtain::Request;
use crate::credential::registry::{Application, Registry, RegistryIdentity, Unasked};
use crate::credential::store::{Key, Store, Stored};
use crate::pipeline::Reach;

/// The main job: artifacts get the credential of their application in an environment. [`Self::run`] does all of it; the other
/// functions are its steps, for who wants to say more in between.
#[non_exhaustive]
pub struct Embedder<'a> {
    /// Where the store is.
    pub home: &'a Home,
    /// The environment.
    pub environment: &'a Environment<'a>,
    /// Applications that are listed.
    pub apps: Apps<'a>,
    /// Presets that can be named.
    pub presets: Presets<'a>,
    /// What is asked for.
    pub options: Options,
    /// Is told what happens, from any thread.
    pub on_event: &'a (dyn Fn(Event<'_>) + Sync),
}

impl fmt::Debug for Embedder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedder").field("environment", &self.environment.name).field("options", &self.options).finish()
    }
}

impl<'a> Embedder<'a> {
    /// The main job in an environment, with the shipped presets; every artifact is the application of its id.
    pub fn new(home: &'a Home, environment: &'a Environment<'a>) -> Self {
        let (apps, presets, options) = (Apps::default(), Presets::default(), Options::default());
        Self { home, environment, apps, presets, options, on_event: &|_| {} }
    }

    pub(super) fn tell(&self, event: Event<'_>) {
        (self.on_event)(event);
    }

    pub(super) fn source(&self) -> &'a dyn Source {
        self.environment.source
    }

    /// Which registry the environment has. It is not asked.
    pub(super) fn identity(&self) -> Result<RegistryIdentity, EmbedError> {
        Ok(self.source().identity()?)
    }

    /// The registry of the environment, not asked where that would leave this machine.
    pub(super) fn registry_within(&self) -> Result<Box<dyn Registry>, EmbedError> {
        if self.source().is_remote() {
            return Ok(Box::new(Unasked(self.identity()?)));
        }
        Ok(self.source().registry()?)
    }

    /// What is asked of store and registry.
    pub(super) fn request<'r>(&self, application: &'r Application) -> Result<Request<'r>, EmbedError> {
        application.check()?;
        let environment = self.environment.name.clone();
        let key = Key { application: application.id.clone(), environment, registry: self.identity()? };
        let Environment { needs, registration, .. } = *self.environment;
        let Options { refresh, again, take, .. } = self.options;
        Ok(Request { key, application, needs, registration, refresh, again, take })
    }

    /// All that the store holds, where credentials of others are looked for.
    pub fn stored(&self) -> Result<Vec<Stored>, EmbedError> {
        if self.options.gate == Reach::Off {
            return Ok(Vec::new());
        }
        Ok(Store::open_existing(self.home)?.as_ref().map(Store::list).transpose()?.unwrap_or_default())
    }
}
