//! Applications as their makers list them.
//!
//! Must not: ask a store or a registry.

use crate::credential::registry::Application;
use crate::credential::{ClientId, EnvironmentName};
use crate::pipeline::SourceTree;
use crate::placement::Place;

/// An application, with all that it may be called.
#[derive(Debug, Clone, Default)]
pub struct App {
    /// Package or bundle id.
    pub id: String,
    /// The package id of its Android packages, where it is another one.
    pub android: Option<String>,
    /// The bundle id of its apps for iOS, where it is another one.
    pub ios: Option<String>,
    /// The name it is registered under.
    pub name: String,
    /// Presets; empty: found by looking.
    pub presets: Vec<String>,
    /// Places beside the presets'.
    pub places: Vec<Place>,
}

impl App {
    /// Whether an artifact or a store may call it so.
    pub fn has_id(&self, id: &str) -> bool {
        self.id == id || self.android.as_deref() == Some(id) || self.ios.as_deref() == Some(id)
    }

    /// As a registry sees it.
    pub fn application(&self) -> Application {
        Application { id: self.id.clone(), name: self.name.clone() }
    }

    /// All that it may be called.
    pub(super) fn names(&self) -> Vec<&str> {
        let ids = [Some(&self.name), Some(&self.id), self.android.as_ref(), self.ios.as_ref()];
        ids.into_iter().flatten().map(String::as_str).collect()
    }
}

/// The applications that are listed, each with its key. None listed: every artifact is the application of its id.
#[derive(Debug, Clone, Default)]
pub struct Apps<'a>(Vec<(&'a str, &'a App)>);

impl<'a> FromIterator<(&'a str, &'a App)> for Apps<'a> {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a App)>>(apps: I) -> Self {
        Self(apps.into_iter().collect())
    }
}

/// An application as a registry sees it, and as it is listed, where it is.
pub(super) type Named<'a> = (Application, Option<&'a App>);

impl<'a> Apps<'a> {
    /// Those that are listed.
    pub fn all(&self) -> impl Iterator<Item = &'a App> {
        self.0.iter().map(|(_, app)| *app)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The application of this key, id or name.
    pub fn named(&self, name: &str) -> Result<(Application, Option<&'a App>), AppError> {
        if self.is_empty() {
            return Ok(unlisted(name));
        }
        let found = self.0.iter().find(|(key, app)| *key == name || app.has_id(name) || app.name == name);
        let unknown = || AppError::Unknown { name: name.to_owned(), known: self.known(), keys: self.keys() };
        found.map(|(_, app)| (app.application(), Some(*app))).ok_or_else(unknown)
    }

    /// The application of a package or bundle id.
    pub fn of_id(&self, id: &str) -> Result<(Application, Option<&'a App>), AppError> {
        if self.is_empty() {
            return Ok(unlisted(id));
        }
        let unknown = || AppError::UnknownId { id: id.to_owned(), known: self.known(), keys: self.keys() };
        self.all().find(|app| app.has_id(id)).map(|app| (app.application(), Some(app))).ok_or_else(unknown)
    }

    /// The only application that is listed.
    pub fn only(&self) -> Result<(Application, Option<&'a App>), AppError> {
        match self.0.as_slice() {
            [(_, app)] => Ok((app.application(), Some(app))),
            [] => Err(AppError::NoneListed),
            _ => Err(AppError::SeveralListed(self.known())),
        }
    }

    fn keys(&self) -> Vec<String> {
        self.0.iter().map(|(key, _)| (*key).to_owned()).collect()
    }

    /// The ids of those that are listed.
    fn known(&self) -> Vec<String> {
        self.all().map(|app| app.id.clone()).collect()
    }
}

pub(super) fn unlisted<'a>(id: &str) -> Named<'a> {
    (Application { id: id.to_owned(), name: id.to_owned() }, None)
}

/// Why it is not known which application is meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppError {
    /// None is called so.
    #[error("unknown application {name:?}; known: {}", known.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// Ids of those that are listed.
        known: Vec<String>,
        /// Their keys.
        keys: Vec<String>,
    },
    /// None has this id.
    #[error("no application has the id {id:?}; known: {}", known.join(", "))]
    UnknownId {
        /// The id of the artifact.
        id: String,
        /// Ids of those that are listed.
        known: Vec<String>,
        /// Their keys.
        keys: Vec<String>,
    },
    /// None is named, and none is listed.
    #[error("which application? none is listed")]
    NoneListed,
    /// None is named, and several are listed.
    #[error("which application? there are {}", .0.join(", "))]
    SeveralListed(Vec<String>),
    /// A folder of source code is given.
    #[error("which application? the folder is {}", .0.describe())]
    SourceTree(SourceTree),
    /// A folder of files does not say it.
    #[error("which application? a folder of files does not say")]
    Folder,
    /// A folder with metadata of several main objects.
    #[error("which application? it holds metadata of {}", .0.join(", "))]
    SeveralMains(Vec<String>),
    /// One application is stored under several names.
    #[error(
        "one application is in the store under several names in {environment}, with different Client Ids: {}",
        several(stored)
    )]
    SeveralStored {
        /// The environment.
        environment: EnvironmentName,
        /// The names, each with its Client Id; the first is the one that would be taken.
        stored: Vec<(String, ClientId)>,
    },
}

fn several(stored: &[(String, ClientId)]) -> String {
    stored.iter().map(|(name, id)| format!("{name} ({id})")).collect::<Vec<_>>().join(", ")
}
