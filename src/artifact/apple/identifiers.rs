//! Identifiers within an app that have to agree: a device installs no app whose extensions, watch app or App Clip are named
//! otherwise (`AppexBundleIDNotPrefixed` and its neighbors of `MobileInstallation`; Apple, "Bundle IDs", TN3125).
//!
//! Must not: judge a signature, or change anything.

use super::bundle::{Bundle, Layout};
use super::tree::{Tree, TreeError, below};
use crate::format::apple_plist::{self, Dictionary, Value};

/// The key of a bundle's own identifier.
pub const IDENTIFIER: &str = "CFBundleIdentifier";
/// In a watch app: the app on the phone.
const COMPANION: &str = "WKCompanionAppBundleIdentifier";
/// In an extension for a watch: the watch app. A key path.
const WATCH_APP: &str = "NSExtension/NSExtensionAttributes/WKAppBundleIdentifier";

/// An identifier that does not agree with another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Misnamed {
    /// The `Info.plist` that holds it.
    pub file: String,
    /// Its key.
    pub key: &'static str,
    /// What is there.
    pub found: String,
    /// The identifier that it has to be, or to begin with.
    pub expected: String,
    /// Whether it has to begin with that and a dot, rather than to be it.
    pub prefix: bool,
    /// The `Info.plist` that says what is expected.
    pub by: String,
}

impl std::fmt::Display for Misnamed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { key, found, expected, prefix, by, .. } = self;
        let own = if *prefix { ", a dot and a name of its own" } else { "" };
        write!(f, "{key} is {found:?}, expected {expected:?}{own}, by {IDENTIFIER} in {by}")
    }
}

impl Misnamed {
    /// What puts it right.
    pub fn place(&self) -> String {
        let Self { file, key, found, expected, prefix, .. } = self;
        let own = found.rsplit('.').next().filter(|_| *prefix).map(|own| format!(".{own}"));
        format!("--at '{file}#{key}={expected}{}'", own.unwrap_or_default())
    }
}

/// The identifiers that do not agree, in the order of their files. Bundles of macOS are not held to this.
pub fn misnamed(tree: &dyn Tree, layout: &Layout) -> Result<Vec<Misnamed>, TreeError> {
    let mut all = Vec::new();
    let Some(app) = layout.app().filter(|app| !app.deep) else { return Ok(all) };
    for bundle in layout.bundles.iter().filter(|bundle| !bundle.root.is_empty() && bundle.runs()) {
        let (is_app, is_extension) = (is_app(bundle), bundle.root.strip_suffix(".appex").is_some());
        if !is_app && !is_extension {
            continue;
        }
        // An app for watches lies in an extension in apps of before watchOS 2: it is named after the app all the same.
        let around = if is_app { app } else { app_around(layout, bundle).unwrap_or(app) };
        let wrong = |key, found: &str, by: &Bundle, prefix| Misnamed {
            file: bundle.info.clone(),
            key,
            found: found.to_owned(),
            expected: by.identifier.clone(),
            prefix,
            by: by.info.clone(),
        };
        let begins = |by: &Bundle| {
            bundle.identifier.strip_prefix(&by.identifier).and_then(|rest| rest.strip_prefix('.')).is_some()
        };
        if !around.identifier.is_empty() && !bundle.identifier.is_empty() && !begins(around) {
            all.push(wrong(IDENTIFIER, &bundle.identifier, around, true));
        }
        let info = tree.read(&bundle.info)?;
        let Ok(info) = apple_plist::read_dictionary(&info) else { continue };
        if let Some(found) = info.get(COMPANION).and_then(Value::as_string).filter(|found| *found != app.identifier) {
            all.push(wrong(COMPANION, found, app, false));
        }
        if let Some(found) = watch_app_of(&info)
            && let Some(watch) = watch_app(layout, bundle)
            && found != watch.identifier
        {
            all.push(wrong(WATCH_APP, found, watch, false));
        }
    }
    all.sort();
    Ok(all)
}

fn watch_app_of(info: &Dictionary) -> Option<&str> {
    let attributes = info.get("NSExtension")?.as_dictionary()?.get("NSExtensionAttributes")?.as_dictionary()?;
    attributes.get("WKAppBundleIdentifier")?.as_string()
}

/// The watch app of an extension: around it, or of before watchOS 2 within it.
fn watch_app<'l>(layout: &'l Layout, extension: &Bundle) -> Option<&'l Bundle> {
    let around = app_around(layout, extension).filter(|app| !app.root.is_empty());
    let is_within =
        |bundle: &&Bundle| is_app(bundle) && below(&bundle.root, &extension.root).is_some_and(|rest| !rest.is_empty());
    around.or_else(|| layout.bundles.iter().find(is_within))
}

/// Whether a bundle within an app is an app too.
fn is_app(bundle: &Bundle) -> bool {
    bundle.root.strip_suffix(".app").is_some()
}

/// The innermost app around a bundle.
fn app_around<'l>(layout: &'l Layout, inner: &Bundle) -> Option<&'l Bundle> {
    let may_be_around = |bundle: &&Bundle| bundle.root.is_empty() || is_app(bundle);
    let around = |bundle: &&Bundle| bundle.root != inner.root && below(&inner.root, &bundle.root).is_some();
    layout.bundles.iter().filter(may_be_around).find(around)
}
