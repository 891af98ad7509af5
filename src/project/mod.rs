//! What a source tree builds: applications with their ids, where their artifacts will lie, and which presets fit, read from
//! the files of build systems. For a first `inject.toml`.
//!
//! * `files`: which files there are, and their text.
//! * `layout`: frameworks that put their Android and iOS projects into folders of their own.
//! * `gradle`, `xcode`, `genexus`, `angular`, `dotnet`: one build system each.
//! * `marks`: files that show which access manager an application talks to.
//!
//! Must not: guess. What the files do not say is a reason in words ([`Id::Unknown`]) or a remark.

mod angular;
mod dotnet;
mod files;
mod genexus;
mod gradle;
mod layout;
mod marks;
mod xcode;

use std::path::Path;

use crate::format::limits;
use crate::host::file::FileError;
use files::Files;
use layout::Layouts;
pub use marks::Mark;

/// What is looked for: file, and what it stands for.
pub const LOOKED_FOR: [(&str, &str); 10] = [
    ("build.gradle, build.gradle.kts", "Android modules and their flavours"),
    ("*.xcodeproj/project.pbxproj", "targets of Xcode"),
    ("gxmetadata/sdapps.json", "prototyping metadata of GeneXus"),
    ("app.settings.json", "the settings of GeneXus for Angular"),
    ("angular.json", "projects of Angular"),
    ("config.xml with a <widget>", "Cordova"),
    ("capacitor.config.json, capacitor.config.ts", "Capacitor"),
    ("pubspec.yaml", "Flutter"),
    ("package.json with react-native", "React Native"),
    ("*.csproj with <UseMaui> or an Android or iOS target", ".NET MAUI"),
];

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
    fn new(id: Id, hint: impl Into<String>) -> Self {
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

    fn absorb(&mut self, other: Self) {
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

/// Looks through a folder.
pub fn survey(folder: &Path) -> Result<Project, FileError> {
    let files = Files::below(folder)?;
    let mut project = Project { remarks: files.remarks(), ..Project::default() };
    let layouts = Layouts::of(&files, &mut project);
    gradle::find(&files, &layouts, &mut project);
    xcode::find(&files, &layouts, &mut project);
    layouts.find_cordova(&files, &mut project);
    dotnet::find(&files, &mut project);
    angular::find(&files, &layouts, &mut project);
    genexus::find(&files, &mut project);
    if project.apps.len() > limits::PROJECT_APPS {
        let most = limits::PROJECT_APPS;
        project.remarks.push(format!("there are more than {most} applications; name the folder of one project"));
        project.apps.truncate(most);
    }
    let mut apps: Vec<App> = Vec::new();
    for app in std::mem::take(&mut project.apps) {
        match apps.iter_mut().find(|known| known.id.text().is_some() && known.id.text() == app.id.text()) {
            // An app for two systems has one id in many projects, and is one application then.
            Some(known) => known.absorb(app),
            None => apps.push(app),
        }
    }
    // Those that go on where another ends stand behind it; those that are not known, at the end.
    apps.sort_by(|a, b| (a.id.text().is_none(), a.id.text()).cmp(&(b.id.text().is_none(), b.id.text())));
    project.apps = apps;
    Ok(project)
}

/// A path as the literal part of a glob.
fn escaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        if "*?[]{}".contains(c) {
            out.extend(['[', c, ']']);
        } else {
            out.push(c);
        }
    }
    out
}
