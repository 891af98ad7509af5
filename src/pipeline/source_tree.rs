//! Folders of source code, which somebody may give instead of what is built of them.
//!
//! Must not: refuse one. Places that are named are files like any other.

use crate::artifact::files::Files;
use crate::artifact::kind::is_manifest_text;

/// Folders above the file that shows what a source tree is: `android/app/build.gradle` of frameworks.
const DEPTH: usize = 2;
/// Bytes of a manifest that are looked at.
const MANIFEST_START: u64 = 1024 * 1024;

/// What the folder is the source of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceTree {
    /// Gradle's files, or a manifest as it is written.
    Android,
    /// A project of Xcode.
    Xcode,
    /// Both, as frameworks for several systems have them.
    Both,
}

impl SourceTree {
    /// What a folder with these files is the source of.
    pub(super) fn of(files: &dyn Files) -> Option<Self> {
        let near = |name: &str| name.matches('/').count() <= DEPTH;
        let file = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
        let is_gradle = |name: &str| {
            let gradle = ["build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"];
            near(name) && gradle.contains(&file(name).as_str())
        };
        let is_written = |name: &str| {
            let named = name == "AndroidManifest.xml" || name.ends_with("src/main/AndroidManifest.xml");
            named && files.read(name, MANIFEST_START).is_ok_and(|text| text.is_some_and(|text| is_manifest_text(&text)))
        };
        let is_xcode = |name: &str| {
            name.strip_suffix("/project.pbxproj").is_some_and(|folder| folder.ends_with(".xcodeproj") && near(folder))
        };
        let android = files.names().any(|name| is_gradle(name) || is_written(name));
        match (android, files.names().any(is_xcode)) {
            (false, false) => None,
            (true, false) => Some(Self::Android),
            (false, true) => Some(Self::Xcode),
            (true, true) => Some(Self::Both),
        }
    }

    /// For messages.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Android => "the source of an Android app, not what is built of it",
            Self::Xcode => "the source of an app for Apple's systems, not what is built of it",
            Self::Both => "the source of apps for Android and Apple's systems, not what is built of it",
        }
    }

    /// What to do.
    pub fn remedies(self) -> Vec<&'static str> {
        let android = "build it, and give the APK or App Bundle that Gradle writes below build/outputs, such as \
                       app/build/outputs/apk/release/app-release.apk";
        let xcode = "build it, and give the .ipa, or the .xcarchive or .app that Xcode makes";
        match self {
            Self::Android => vec![android],
            Self::Xcode => vec![xcode],
            Self::Both => vec![android, xcode],
        }
    }
}
