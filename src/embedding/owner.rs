//! Which application an artifact belongs to: the one that is named, else that of its id, else the main object whose metadata it is.
//!
//! A main object of GeneXus is one application whatever was built of it: a package, an app for iOS and metadata name each other's
//! ids, and the access manager knows it by its name. So one application may be in the store under any of these; under several
//! with different credentials is a conflict for people.
//!
//! Must not: register anything.

use super::apps::{App, AppError, Apps, Named, unlisted};
use super::embedder::Embedder;
use super::error::EmbedError;
use super::prepared::Neighbor;
use crate::artifact::genexus::{MainObject, Mains};
use crate::credential::Credential;
use crate::credential::lookup::{Lookup, look_up};
use crate::credential::obtain::{Registration, Request};
use crate::credential::registry::Application;
use crate::credential::store::{Store, Stored};
use crate::pipeline::job::Inspected;
use crate::placement::template::same_object;

/// The application of an artifact.
#[derive(Debug)]
#[non_exhaustive]
pub struct Owner<'s> {
    /// The application.
    pub application: Application,
    /// As it is listed, where it is.
    pub app: Option<&'s App>,
    /// All ids that it may be stored under, the one for a new application first.
    ids: Vec<String>,
}

impl<'a> Apps<'a> {
    /// The application of an artifact; and tells the artifact which main object that is. No store and no registry is asked.
    pub fn owner(&self, inspected: &mut Inspected, name: Option<&str>) -> Result<Owner<'a>, EmbedError> {
        let mains = inspected.mains()?.clone();
        let id = inspected.id().map(str::to_owned);
        let own = mains.own();
        let (application, app) = match (name, &id) {
            (Some(name), _) => match (self.named(name)?, mains.all.iter().find(|main| is_called(main, &[name]))) {
                ((_, None), Some(main)) => (of_main(main, name), None),
                (named, _) => named,
            },
            (None, Some(id)) => self.of_artifact(id, own)?,
            (None, None) => self.of_mains(&mains).map_err(|error| match (error, inspected.source_tree()) {
                (AppError::Folder, Some(source_tree)) => AppError::SourceTree(source_tree),
                (error, _) => error,
            })?,
        };
        let names = names(&application, app);
        let main =
            own.or_else(|| mains.all.iter().find(|main| is_called(main, &names))).or(match mains.all.as_slice() {
                [only] => Some(only),
                _ => None,
            });
        if let Some(main) = main {
            inspected.stands_for(&main.name);
        }
        // What was said by hand and is no main object's name is meant as it is.
        let called = main.is_some_and(|main| is_called(main, &names));
        let ids = if name.is_some() && app.is_none() && !called {
            vec![application.id.clone()]
        } else {
            ids(&application, app, main, id.as_deref())
        };
        Ok(Owner { application, app, ids })
    }

    /// The application of a package or an app: by its id, or by what its metadata says of it.
    fn of_artifact(&self, id: &str, main: Option<&MainObject>) -> Result<Named<'a>, AppError> {
        if self.is_empty() {
            return Ok(main.map_or_else(|| unlisted(id), |main| (of_main(main, id), None)));
        }
        let by_metadata = || {
            let main = main?;
            self.all().find(|app| is_called(main, &app.names()))
        };
        match self.all().find(|app| app.has_id(id)).or_else(by_metadata) {
            Some(app) => Ok((app.application(), Some(app))),
            None => self.of_id(id),
        }
    }

    /// The application that has the name of a main object.
    fn of_mains(&self, mains: &Mains) -> Result<Named<'a>, AppError> {
        let apps: Vec<&App> = self.all().collect();
        let named = |app: &&App| mains.all.iter().any(|main| is_called(main, &app.names()));
        let fitting: Vec<&App> = apps.iter().copied().filter(named).collect();
        match (fitting.as_slice(), apps.as_slice(), mains.all.as_slice()) {
            ([app], _, _) | ([], [app], [] | [_]) => Ok((app.application(), Some(app))),
            ([], [], [main]) => Ok((of_main(main, &main.name), None)),
            ([], [], []) => Err(AppError::Folder),
            (_, _, mains) => Err(AppError::SeveralMains(mains.iter().map(|main| main.name.clone()).collect())),
        }
    }
}

impl<'a> Embedder<'a> {
    /// The application of an artifact, under the id that the store has it under in this environment; and tells the artifact which
    /// main object that is. `name`: where it is said which one.
    pub fn owner(&self, inspected: &mut Inspected, name: Option<&str>) -> Result<Owner<'a>, EmbedError> {
        let owner = self.apps.owner(inspected, name)?;
        let id = self.stored_under(&owner.ids, &owner.application.name, owner.app)?;
        Ok(Owner { application: Application { id, ..owner.application }, ..owner })
    }

    /// The credentials of other main objects, as far as they are known here; nobody outside of this machine is asked. `run` is
    /// what this run obtained.
    pub fn neighbors(
        &self,
        mains: &Mains,
        names: &[&str],
        run: impl Fn(&str) -> Option<Credential>,
    ) -> Result<Vec<Neighbor>, EmbedError> {
        let mut found = Vec::new();
        // A credential that is given from outside is that of one application.
        if !self.source().has_registry() {
            return Ok(found);
        }
        for name in names {
            let unlisted = MainObject::default();
            let main = mains.named(name).unwrap_or(&unlisted);
            let same = |app: &&App| {
                let names = app.names();
                names.iter().any(|known| same_object(known, name)) || is_called(main, &names)
            };
            let app = self.apps.all().find(same);
            let application =
                app.map_or_else(|| Application { name: (*name).to_owned(), ..of_main(main, name) }, App::application);
            let mut ids = ids(&application, app, Some(main), None);
            ids.push((*name).to_owned());
            ids.extend(mains.own().into_iter().flat_map(|own| siblings(own, name)));
            let id = match self.stored_under(&ids, &application.name, app) {
                // One that is there twice is said where it is the artifact's own.
                Err(EmbedError::App(AppError::SeveralStored { .. })) => continue,
                stored => stored?,
            };
            let application = Application { id, ..application };
            let credential = match run(&application.id) {
                Some(credential) => Some(credential),
                None => self.known_here(&application)?,
            };
            found.extend(credential.map(|credential| Neighbor { main: (*name).to_owned(), application, credential }));
        }
        Ok(found)
    }

    /// The credential that this machine has of an application.
    fn known_here(&self, application: &Application) -> Result<Option<Credential>, EmbedError> {
        let store = Store::open_existing(self.home)?;
        let request = self.request(application)?;
        let (registration, refresh, again, take) = (Registration::Never, false, false, None);
        let request = Request { registration, refresh, again, take, ..request };
        let found = look_up(&request, store.as_ref(), self.registry_within()?.as_mut())?;
        Ok(match found {
            Lookup::InStore(credential) | Lookup::InRegistry(credential) => Some(credential),
            Lookup::Unregistered(_) => None,
        })
    }

    /// The first of these ids, unless the store or a registry of this machine has the application under another one of them.
    fn stored_under(&self, ids: &[String], name: &str, app: Option<&App>) -> Result<String, EmbedError> {
        let first = ids.first().cloned().unwrap_or_default();
        // What another application of the list is called is not this one.
        let theirs = |id: &String| {
            let mut others = self.apps.all().filter(|other| app.is_some_and(|app| app.id != other.id));
            others.any(|other| other.has_id(id))
        };
        let ids: Vec<&String> = ids.iter().filter(|id| !theirs(id)).collect();
        if ids.len() < 2 || !self.source().has_registry() {
            return Ok(first);
        }
        let (environment, registry) = (&self.environment.name, self.identity()?);
        let store = Store::open_existing(self.home)?;
        let all = store.as_ref().map(Store::list).transpose()?.unwrap_or_default();
        let here = |stored: &&Stored| {
            stored.registered && stored.key.environment == *environment && stored.key.registry == registry
        };
        let mut found: Vec<&Stored> = Vec::new();
        for id in &ids {
            // Names of main objects are the same in any case; files have them in lower case.
            let named = |stored: &&Stored| stored.key.application.to_lowercase() == id.to_lowercase();
            found.extend(all.iter().filter(here).filter(named));
        }
        if found.iter().any(|stored| found.first().is_some_and(|first| first.id != stored.id)) {
            let stored = found.iter().map(|stored| (stored.key.application.clone(), stored.id.clone())).collect();
            return Err(AppError::SeveralStored { environment: environment.clone(), stored }.into());
        }
        if let Some(stored) = found.first() {
            return Ok(stored.key.application.clone());
        }
        if self.source().is_remote() {
            return Ok(first);
        }
        let mut registry = self.registry_within()?;
        for id in ids {
            let application = Application { id: id.clone(), name: name.to_owned() };
            if registry.find(&application, None)?.is_some() {
                return Ok(id.clone());
            }
        }
        Ok(first)
    }
}

/// The application of a main object that is not listed; `id` is that of the artifact.
fn of_main(main: &MainObject, id: &str) -> Application {
    let id = main.android.as_deref().or(main.ios.as_deref()).unwrap_or(id);
    Application { id: id.to_owned(), name: main.name.clone() }
}

/// The ids that a main object has where another one of its knowledge base has these: GeneXus makes them of the knowledge base's and
/// the main object's name. They only serve to find what is there.
fn siblings(own: &MainObject, name: &str) -> Vec<String> {
    let short = |name: &str| name.rsplit('.').next().unwrap_or(name).to_lowercase();
    let sibling = |id: &String| {
        let (start, end) = id.rsplit_once('.')?;
        (end.to_lowercase() == short(&own.name)).then(|| format!("{start}.{}", short(name)))
    };
    own.android.iter().chain(&own.ios).filter_map(sibling).collect()
}

fn names<'a>(application: &'a Application, app: Option<&'a App>) -> Vec<&'a str> {
    let mut names = vec![application.name.as_str(), application.id.as_str()];
    names.extend(app.map(App::names).unwrap_or_default());
    names
}

/// Whether a main object has one of these names or ids. Names of objects are the same in any case.
fn is_called(main: &MainObject, names: &[&str]) -> bool {
    let ids = [main.android.as_deref(), main.ios.as_deref()];
    let same = |name: &&str| same_object(name, &main.name) || ids.into_iter().flatten().any(|id| id == *name);
    !main.name.is_empty() && names.iter().any(same)
}

/// The ids that an application may be stored under, the one for a new application first.
fn ids(application: &Application, app: Option<&App>, main: Option<&MainObject>, artifact: Option<&str>) -> Vec<String> {
    let mut ids = vec![application.id.clone()];
    let configured = app.into_iter().flat_map(|app| [app.android.as_deref(), app.ios.as_deref()]).flatten();
    let metadata = main.into_iter().flat_map(|main| [main.android.as_deref(), main.ios.as_deref()]).flatten();
    let name = main.map(|main| main.name.as_str()).filter(|name| !name.is_empty());
    for id in configured.chain(metadata).chain(artifact).chain(name) {
        if !ids.iter().any(|known| known == id) {
            ids.push(id.to_owned());
        }
    }
    ids
}
