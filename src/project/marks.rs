//! Files that show which access manager an application talks to, and so which preset fits it.
//!
//! Must not: take a file's name for its content where the name alone says little.

use super::files::{Files, has_extension, name_of};

/// A preset that fits, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mark {
    /// Name of the preset.
    pub preset: &'static str,
    /// The file that shows it.
    pub seen_in: String,
    /// Whether the credential is another one's to give, so that people must decide.
    pub only_named: bool,
}

/// The systems that a preset is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// Android.
    Android,
    /// Apple's.
    Apple,
}

/// Preset, system, name of the file, words one of which is in it.
const MARKS: [(&str, System, &str, &[&str]); 18] = [
    ("auth0-android", System::Android, "values:", &["com_auth0_client_id"]),
    ("salesforce-android", System::Android, "values:", &["remoteAccessConsumerKey"]),
    ("msal-android", System::Android, "auth_config.json", &["\"authorities\"", "\"account_mode\""]),
    ("appauth-android", System::Android, "auth_config.json", &["\"discovery_uri\"", "\"authorization_endpoint_uri\""]),
    ("amplify-gen1", System::Android, "amplifyconfiguration.json", &["AppClientId"]),
    ("amplify-gen2", System::Android, "amplify_outputs.json", &["user_pool_client_id"]),
    ("salesforce-hybrid", System::Android, "bootconfig.json", &["remoteAccessConsumerKey"]),
    ("firebase-android", System::Android, "google-services.json", &["oauth_client"]),
    ("genexus", System::Android, "raw:", &["IntegratedSecurityObjClientID"]),
    ("auth0-ios", System::Apple, "Auth0.plist", &["ClientId"]),
    ("okta-ios", System::Apple, "Okta.plist", &["clientId"]),
    ("salesforce-ios", System::Apple, "bootconfig.plist", &["remoteAccessConsumerKey"]),
    ("salesforce-hybrid", System::Apple, "bootconfig.json", &["remoteAccessConsumerKey"]),
    ("amplify-gen1", System::Apple, "amplifyconfiguration.json", &["AppClientId"]),
    ("amplify-gen2", System::Apple, "amplify_outputs.json", &["user_pool_client_id"]),
    ("firebase-ios", System::Apple, "GoogleService-Info.plist", &["CLIENT_ID"]),
    ("genexus", System::Apple, "Info.plist", &["GXDefaultServerAddress"]),
    ("generic", System::Android, "values:", &["name=\"client_id\""]),
];

/// Presets whose ids come from their vendor, not from a registry.
const ONLY_NAMED: [&str; 2] = ["firebase-android", "firebase-ios"];

/// The marks of an application for `system` whose sources lie below `folder`.
pub fn of(files: &Files, folder: &str, system: System) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for path in files.within(folder) {
        let here = MARKS.iter().filter(|(_, of, name, _)| *of == system && is_called(path, name));
        let mut text = None;
        for (preset, _, _, words) in here {
            let text = text.get_or_insert_with(|| files.text(path).unwrap_or_default());
            let known = marks.iter().any(|mark| mark.preset == *preset);
            if !known && words.iter().any(|word| text.contains(word)) {
                let only_named = ONLY_NAMED.contains(preset);
                marks.push(Mark { preset, seen_in: path.to_owned(), only_named });
            }
        }
    }
    // What anybody may call a string is a mark where nothing else is one.
    if marks.iter().any(|mark| !mark.only_named && mark.preset != "generic") {
        marks.retain(|mark| mark.preset != "generic");
    }
    marks
}

/// `values:` is a file of string resources, `raw:` a raw resource of GeneXus; else the file's name.
fn is_called(path: &str, name: &str) -> bool {
    let folder = path.rsplit('/').nth(1).unwrap_or_default();
    match name {
        "values:" => folder.starts_with("values") && has_extension(path, "xml"),
        "raw:" => {
            let stem = name_of(path).split('.').next().unwrap_or_default();
            folder == "raw" && (stem.ends_with("_properties") || stem.ends_with("_panel"))
        }
        name => name_of(path) == name,
    }
}
