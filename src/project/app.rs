//! What was found: applications, and what each is known by.
//!
//! Must not: look for anything.

use super::marks::Mark;

/// What was found.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Project {
    /// The applications; each id is there once.
    pub apps: Vec<App>,
    /// Frameworks that were recognised, for people.
    pub frameworks: Vec<String>,
    /// GeneXus' model folders in which GAM's answer to an F5 lies, from the folder that was looked through; it is `.` itself.
    pub models: Vec<String>,
    /// What could not be read or is not known, for people.
    pub remarks: Vec<String>,
}

/// An application.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct App {
    /// Its package or bundle id.
    pub id: Id,
    /// The package id, where its Android package has another id.
    pub android: Option<String>,
    /// The bundle id, where its app for iOS has another id.
    pub ios: Option<String>,
    /// Its name where the build has one beside the id: a main object, a target.
    pub name: Option<String>,
    /// What else it may be called in a list of applications.
    pub hint: String,
    /// Where that is written, for people.
    pub sources: Vec<String>,
    /// Globs of the artifacts that its build makes, from the folder that was looked through.
    pub artifacts: Vec<String>,
    /// An example of artifacts, where the build leaves their place open, and what leaves it open.
    pub example: Option<(String, String)>,
    /// Which access managers it talks to.
    pub marks: Vec<Mark>,
    /// Places that look like the ones, and where that was seen.
    pub places: Vec<(String, String)>,
    /// Further things to know.
    pub remarks: Vec<String>,
}

/// An id, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Id {
    /// What the files say.
    Known(String),
    /// There is none, and this name may serve.
    Chosen {
        /// The name.
        id: String,
        /// What it is, for people.
        why: String,
    },
    /// It cannot be told, for this reason.
    Unknown(String),
}

impl Id {
    /// What can be written down.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Known(id) | Self::Chosen { id, .. } => Some(id),
            Self::Unknown(_) => None,
        }
    }
}

impl App {
    pub(super) fn new(id: Id, hint: impl Into<String>) -> Self {
        Self {
            id,
            android: None,
            ios: None,
            name: None,
            hint: hint.into(),
            sources: Vec::new(),
            artifacts: Vec::new(),
            example: None,
            marks: Vec::new(),
            places: Vec::new(),
            remarks: Vec::new(),
        }
    }

    pub(super) fn absorb(&mut self, other: Self) {
        fn add<T: PartialEq>(all: &mut Vec<T>, more: Vec<T>) {
            for item in more {
                if !all.contains(&item) {
                    all.push(item);
                }
            }
        }
        self.name = self.name.take().or(other.name);
        self.android = self.android.take().or(other.android);
        self.ios = self.ios.take().or(other.ios);
        self.example = self.example.take().or(other.example);
        add(&mut self.sources, other.sources);
        add(&mut self.artifacts, other.artifacts);
        add(&mut self.marks, other.marks);
        add(&mut self.places, other.places);
        add(&mut self.remarks, other.remarks);
    }
}
