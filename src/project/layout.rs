//! Frameworks over native projects: which folder is one's root, and what that means for ids and outputs.
//!
//! Must not: read native projects.

use super::app::{App, Id, Project};
use super::files::{Files, escaped, folder_of, is_within, join};
use super::marks::{self, System};
use crate::format::xml;

/// A framework.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framework {
    /// `flutter build` copies what Gradle made, and exports archives itself.
    Flutter,
    /// Native projects below `platforms/` are made anew, with what `config.xml` says.
    Cordova,
    /// A site in native projects.
    Capacitor,
    /// Native projects in `android/` and `ios/`.
    ReactNative,
}

/// The frameworks of a tree.
#[derive(Debug)]
pub struct Layouts {
    roots: Vec<(Framework, String)>,
}

impl Layouts {
    /// Finds them, and says so.
    pub fn of(files: &Files, project: &mut Project) -> Self {
        let mut roots = Vec::new();
        let mut add = |framework, word: &str, path: &str| {
            roots.push((framework, folder_of(path).to_owned()));
            project.frameworks.push(format!("{word} ({path})"));
        };
        for path in files.named("pubspec.yaml") {
            if files.text(path).is_ok_and(|text| text.lines().any(|line| line.trim() == "sdk: flutter")) {
                add(Framework::Flutter, "Flutter", path);
            }
        }
        for path in files.named("config.xml") {
            if widget(files, path, "id").is_some() {
                add(Framework::Cordova, "Cordova", path);
            }
        }
        for name in ["capacitor.config.json", "capacitor.config.ts", "capacitor.config.js"] {
            for path in files.named(name) {
                // Capacitor copies its configuration into the native projects.
                if !path.contains("/assets/") && !path.contains("/App/App/") {
                    add(Framework::Capacitor, "Capacitor", path);
                }
            }
        }
        for path in files.named("package.json") {
            let text = files.text(path).unwrap_or_default();
            let json = serde_json::from_str::<serde_json::Value>(&text).unwrap_or_default();
            if json.pointer("/dependencies/react-native").is_some() {
                add(Framework::ReactNative, "React Native", path);
            }
        }
        Self { roots }
    }

    /// The root of the framework that made the native project in `folder`.
    fn around(&self, framework: Framework, folder: &str) -> Option<&str> {
        let of = self.roots.iter().filter(|(known, _)| *known == framework).map(|(_, root)| root.as_str());
        of.filter(|root| folder == *root || is_within(folder, root)).max_by_key(|root| root.len())
    }

    /// The root of the Flutter application whose Android module or Xcode project lies in `folder`.
    pub fn flutter(&self, folder: &str, native: &str) -> Option<&str> {
        self.around(Framework::Flutter, folder).filter(|root| join(root, native).as_deref() == Some(folder))
    }

    /// Whether a site in `folder` goes into a native app.
    pub fn is_in_an_app(&self, folder: &str) -> bool {
        [Framework::Capacitor, Framework::Cordova].iter().any(|framework| self.around(*framework, folder).is_some())
    }

    /// Whether Cordova made what lies in `folder`.
    pub fn is_made_by_cordova(&self, folder: &str) -> bool {
        self.around(Framework::Cordova, folder)
            .and_then(|root| join(root, "platforms"))
            .is_some_and(|platforms| is_within(folder, &platforms))
    }

    /// The applications of Cordova: their ids stand in `config.xml`.
    pub fn find_cordova(&self, files: &Files, project: &mut Project) {
        for (_, root) in self.roots.iter().filter(|(framework, _)| *framework == Framework::Cordova) {
            let Some(path) = join(root, "config.xml") else { continue };
            let common = widget(files, &path, "id");
            let name = widget_name(files, &path);
            for (attribute, globs, system) in [
                (
                    "android-packageName",
                    &["platforms/android/app/build/outputs/apk/{debug,release}/*.apk"][..],
                    System::Android,
                ),
                ("ios-CFBundleIdentifier", &["platforms/ios/build/{Debug,Release}-iphoneos/*.ipa"][..], System::Apple),
            ] {
                let own = widget(files, &path, attribute);
                let written = if own.is_some() { attribute } else { "id" };
                let Some(id) = own.or_else(|| common.clone()) else { continue };
                let mut app = App::new(Id::Known(id), root.rsplit('/').next().unwrap_or("app"));
                app.name.clone_from(&name);
                app.sources.push(format!("{path}: <widget {written}>"));
                app.artifacts.extend(globs.iter().filter_map(|glob| join(&escaped(root), glob)));
                app.marks = marks::of(files, root, system);
                project.apps.push(app);
            }
        }
    }
}

fn widget(files: &Files, path: &str, attribute: &str) -> Option<String> {
    let values = xml::get(&files.bytes(path).ok()?, &format!("/widget/@{attribute}")).ok()?;
    values.into_iter().find(|value| !value.is_empty())
}

fn widget_name(files: &Files, path: &str) -> Option<String> {
    let values = xml::get(&files.bytes(path).ok()?, "/widget/name").ok()?;
    values.into_iter().map(|name| name.trim().to_owned()).find(|name| !name.is_empty())
}
