//! Which application an artifact belongs to: `--app`, else its id, else the main object whose metadata it is.
//!
//! A main object of GeneXus is one application whatever was built of it: a package, an app for iOS and metadata name each other's
//! ids, and the access manager knows it by its name. So one application may be in the store under any of these; under several
//! with different credentials is a conflict for people.
//!
//! Must not: look into an artifact, or register anything.

use inject::credentials::{Credential, Lookup, Registration, Store, Stored, look_up};
use inject::job::{Inspected, MainObject, Mains};
use inject::place::same_object;
use inject::registry::Application;

use super::config::App;
use super::{Chosen, Settings, application};
use crate::exit::{Code, Failure};

/// The application of an artifact.
#[derive(Debug)]
pub struct Owner<'s> {
    /// The application.
    pub application: Application,
    /// Its settings, where it has some.
    pub app: Option<&'s App>,
}

/// The credential of another main object that an artifact holds metadata of.
#[derive(Debug, Clone)]
pub struct Neighbor {
    /// The main object's name.
    pub main: String,
    /// Its application.
    pub application: Application,
    /// Its credential in the environment.
    pub credential: Credential,
}

impl Settings {
    /// The application of an artifact, under the id that the store has it under in this environment; and tells the artifact which
    /// main object that is.
    pub fn owner(
        &self,
        inspected: &mut Inspected,
        flag: Option<&str>,
        chosen: Option<&Chosen>,
    ) -> Result<Owner<'_>, Failure> {
        let mains = inspected.mains()?.clone();
        let id = inspected.id().map(str::to_owned);
        let own = mains.own();
        let (application, app) = match (flag, &id) {
            (Some(name), _) => match (self.named_app(name)?, mains.all.iter().find(|main| is_called(main, &[name]))) {
                ((_, None), Some(main)) => (of_main(main, name), None),
                (named, _) => named,
            },
            (None, Some(id)) => self.app_of_artifact(id, own)?,
            (None, None) => self.app_of_mains(&mains)?,
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
        // What was said on the command line and is no main object's name is meant as it is.
        let called = main.is_some_and(|main| is_called(main, &names));
        let ids = if flag.is_some() && app.is_none() && !called {
            vec![application.id.clone()]
        } else {
            ids(&application, app, main, id.as_deref())
        };
        let id = chosen.map(|chosen| self.stored_under(&ids, &application.name, app, chosen)).transpose()?;
        let application = Application { id: id.unwrap_or_else(|| application.id.clone()), ..application };
        Ok(Owner { application, app })
    }

    /// The credentials of other main objects in an environment, as far as they are known here; nobody outside of this machine is
    /// asked. `run` is what this run obtained.
    pub fn neighbors(
        &self,
        mains: &Mains,
        names: &[&str],
        chosen: &Chosen,
        run: impl Fn(&str) -> Option<Credential>,
    ) -> Result<Vec<Neighbor>, Failure> {
        let mut found = Vec::new();
        // A credential that is given from outside is that of one application.
        if chosen.env.registry.fixed().is_some() {
            return Ok(found);
        }
        for name in names {
            let unlisted = MainObject::default();
            let main = mains.named(name).unwrap_or(&unlisted);
            let configured = self.config.iter().flat_map(|config| config.apps.values());
            let same = |app: &&App| {
                let names = names_of(app);
                names.iter().any(|known| same_object(known, name)) || is_called(main, &names)
            };
            let app = configured.into_iter().find(same);
            let application =
                app.map_or_else(|| Application { name: (*name).to_owned(), ..of_main(main, name) }, application);
            let mut ids = ids(&application, app, Some(main), None);
            ids.push((*name).to_owned());
            ids.extend(mains.own().into_iter().flat_map(|own| siblings(own, name)));
            let id = match self.stored_under(&ids, &application.name, app, chosen) {
                // One that is there twice is said where it is the artifact's own.
                Err(failure) if failure.code == Code::Conflict => continue,
                stored => stored?,
            };
            let application = Application { id, ..application };
            let credential = match run(&application.id) {
                Some(credential) => Some(credential),
                None => self.known_here(&application, chosen)?,
            };
            found.extend(credential.map(|credential| Neighbor { main: (*name).to_owned(), application, credential }));
        }
        Ok(found)
    }

    /// The credential that this machine has of an application.
    fn known_here(&self, application: &Application, chosen: &Chosen) -> Result<Option<Credential>, Failure> {
        let store = Store::open_existing(&self.home)?;
        let request = self.request(application, chosen, Registration::Never)?;
        let found = look_up(&request, store.as_ref(), self.registry_within(chosen)?.as_mut())?;
        Ok(match found {
            Lookup::InStore(credential) | Lookup::InRegistry(credential) => Some(credential),
            Lookup::Unregistered(_) => None,
        })
    }

    /// The application of a package or an app: by its id, or by what its metadata says of it.
    fn app_of_artifact(&self, id: &str, main: Option<&MainObject>) -> Result<(Application, Option<&App>), Failure> {
        let configured = self.config.as_ref().filter(|config| !config.apps.is_empty());
        let Some(config) = configured else {
            let unlisted = || Application { id: id.to_owned(), name: id.to_owned() };
            return Ok((main.map_or_else(unlisted, |main| of_main(main, id)), None));
        };
        let by_metadata = || {
            let main = main?;
            config.apps.values().find(|app| is_called(main, &names_of(app)))
        };
        match config.apps.values().find(|app| app.has_id(id)).or_else(by_metadata) {
            Some(app) => Ok((application(app), Some(app))),
            None => self.app_of(id),
        }
    }

    /// The application that has the name of a main object.
    fn app_of_mains(&self, mains: &Mains) -> Result<(Application, Option<&App>), Failure> {
        let apps: Vec<&App> = self.config.iter().flat_map(|config| config.apps.values()).collect();
        let named = |app: &&App| mains.all.iter().any(|main| is_called(main, &names_of(app)));
        let fitting: Vec<&App> = apps.iter().copied().filter(named).collect();
        match (fitting.as_slice(), apps.as_slice(), mains.all.as_slice()) {
            ([app], _, _) | ([], [app], [] | [_]) => Ok((application(app), Some(app))),
            ([], [], [main]) => Ok((of_main(main, &main.name), None)),
            ([], [], []) => Err(Failure::usage("which application? a folder of files does not say")
                .remedy("name it: --app NAME, the package id of the application or another name for it")),
            (_, _, mains) => {
                let names: Vec<&str> = mains.iter().map(|main| main.name.as_str()).collect();
                Err(Failure::usage(format!("which application? it holds metadata of {}", names.join(", ")))
                    .remedy("say which: --app NAME")
                    .remedy("or write the main object's name in inject.toml: name = \"...\" in [app.KEY]"))
            }
        }
    }

    /// The first of these ids, unless the store or a registry of this machine has the application under another one of them.
    fn stored_under(&self, ids: &[String], name: &str, app: Option<&App>, chosen: &Chosen) -> Result<String, Failure> {
        let first = ids.first().cloned().unwrap_or_default();
        // What another application of the configuration is called is not this one.
        let theirs = |id: &String| {
            let others = self.config.iter().flat_map(|config| config.apps.values());
            let mut others = others.filter(|other| app.is_some_and(|app| app.id != other.id));
            others.any(|other| other.has_id(id))
        };
        let ids: Vec<&String> = ids.iter().filter(|id| !theirs(id)).collect();
        if ids.len() < 2 || chosen.env.registry.fixed().is_some() {
            return Ok(first);
        }
        let registry = self.registry_identity(chosen)?;
        let store = Store::open_existing(&self.home)?;
        let all = store.as_ref().map(Store::list).transpose()?.unwrap_or_default();
        let here = |stored: &&Stored| {
            stored.registered && stored.key.environment == chosen.name && stored.key.registry == registry
        };
        let mut found: Vec<&Stored> = Vec::new();
        for id in &ids {
            // Names of main objects are the same in any case; files have them in lower case.
            let named = |stored: &&Stored| stored.key.application.to_lowercase() == id.to_lowercase();
            found.extend(all.iter().filter(here).filter(named));
        }
        if let Some(other) = found.iter().find(|stored| found.first().is_some_and(|first| first.id != stored.id)) {
            let one = found.first().map_or("", |first| first.key.application.as_str());
            let all: Vec<String> =
                found.iter().map(|stored| format!("{} ({})", stored.key.application, stored.id)).collect();
            let message = format!(
                "one application is in the store under several names in {}, with different Client Ids: {}",
                chosen.name,
                all.join(", ")
            );
            return Err(Failure::new(Code::Conflict, message)
                .remedy(format!(
                    "keep the one that shipped apps carry, and forget the other: inject credential forget --app {} --env {}",
                    other.key.application, chosen.name
                ))
                .remedy(format!("or inject credential forget --app {one} --env {}", chosen.name)));
        }
        if let Some(stored) = found.first() {
            return Ok(stored.key.application.clone());
        }
        if chosen.env.registry.is_remote() {
            return Ok(first);
        }
        let mut registry = self.registry_within(chosen)?;
        for id in ids {
            let application = Application { id: id.clone(), name: name.to_owned() };
            if registry.find(&application, None)?.is_some() {
                return Ok(id.clone());
            }
        }
        Ok(first)
    }
}

/// The application of a main object that no configuration names; `id` is that of the artifact.
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

/// All that an application may be called, by its configuration.
fn names_of(app: &App) -> Vec<&str> {
    let ids = [Some(&app.name), Some(&app.id), app.android.as_ref(), app.ios.as_ref()];
    ids.into_iter().flatten().map(String::as_str).collect()
}

fn names<'a>(application: &'a Application, app: Option<&'a App>) -> Vec<&'a str> {
    let mut names = vec![application.name.as_str(), application.id.as_str()];
    names.extend(app.map(names_of).unwrap_or_default());
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
