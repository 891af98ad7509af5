//! Keys and file names for one platform or device: `Key~ipad`, `Key-iphoneos`, `Key-iphoneos~ipad` (Apple, "Information
//! Property List Key Reference", Platform- and Device-Specific Keys; `CFBundle_InfoPlist.c`).
//!
//! CoreFoundation looks for such keys at the top of an `Info.plist`, and of its localizations, and nowhere else. The last `-`
//! begins the platform, the last `~` the device behind it, so `My-Key~ipad` is a key of its own. Of files the device goes first,
//! whatever `-` is in their names.
//!
//! Must not: judge on which device an app runs.

use plist::Value;

use super::path::{KeyPath, Step};
use super::{PlistError, read};

const PLATFORMS: [&str; 13] = [
    "iphoneos",
    "iphonesimulator",
    "macos",
    "macosx",
    "maccatalyst",
    "watchos",
    "watchsimulator",
    "tvos",
    "appletvos",
    "appletvsimulator",
    "xros",
    "xrsimulator",
    "visionos",
];
const DEVICES: [&str; 6] = ["iphone", "ipad", "ipod", "applewatch", "appletv", "mac"];
/// Keys that no device overrides.
const ALWAYS_PLAIN: [&str; 2] = ["CFBundleExecutable", "CFBundleIdentifier"];

/// The key that this one overrides on a platform or device; `None` where it is a key of its own.
fn overridden(key: &str) -> Option<&str> {
    let (before, platform, device) = match (key.rsplit_once('-'), key.rsplit_once('~')) {
        (None, None) => return None,
        (None, Some((before, device))) => (before, None, Some(device)),
        (Some((before, platform)), None) => (before, Some(platform), None),
        (Some((before, behind)), Some(_)) => {
            let (platform, device) = behind.split_once('~')?;
            (before, Some(platform), Some(device))
        }
    };
    let fits = platform.is_none_or(|platform| PLATFORMS.contains(&platform))
        && device.is_none_or(|device| DEVICES.contains(&device));
    (fits && !before.is_empty() && !ALWAYS_PLAIN.contains(&before)).then_some(before)
}

/// The name of a file, without its ending, that one with this name stands for on a platform or device.
pub fn without_device(stem: &str) -> Option<&str> {
    let without = |stem, mark, known: &[&str]| {
        let (before, behind): (&str, &str) = str::rsplit_once(stem, mark)?;
        (known.contains(&behind) && !before.is_empty()).then_some(before)
    };
    let general = without(stem, '~', &DEVICES);
    without(general.unwrap_or(stem), '-', &PLATFORMS).or(general)
}

/// `path` for every platform and device that has a value of its own there: with each key that overrides the one at `level`.
pub fn overriding(bytes: &[u8], path: &str, level: usize) -> Result<Vec<String>, PlistError> {
    let path = KeyPath::parse(path)?;
    let Some(key) = path.key(level) else { return Ok(Vec::new()) };
    let root = read(bytes)?;
    let mut keys: Vec<&str> = Vec::new();
    for dictionary in path.reached(&root, level).into_iter().filter_map(Value::as_dictionary) {
        for (other, _) in dictionary {
            if overridden(other) == Some(key) && !keys.contains(&other.as_str()) {
                keys.push(other);
            }
        }
    }
    let each = keys.into_iter().map(|key| path.with(level, Step::Key(key.to_owned())));
    Ok(each.filter(|path| !path.resolve(&root).is_empty()).map(|path| path.to_string()).collect())
}

/// The paths that lead to one value each, for all that `path` leads to.
pub fn places(bytes: &[u8], path: &str) -> Result<Vec<String>, PlistError> {
    let path = KeyPath::parse(path)?;
    let root = read(bytes)?;
    Ok(path.resolve(&root).into_iter().map(|at| KeyPath::exact(at).to_string()).collect())
}
