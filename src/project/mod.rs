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
mod app;
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
pub use app::{App, Id, Project};
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
