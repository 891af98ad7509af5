//! Keys that override others on some platforms or devices, where CoreFoundation looks for them: at the top of an `Info.plist`
//! (`Info-iphoneos.plist`), of `InfoPlist.strings`, and below each language of `InfoPlist.loctable`.
//!
//! Must not: look into other property lists: there such a key is one of its own.

use crate::format::plist;
use crate::placement::Locator;

/// The places that override this one on some devices. What cannot be read has none; that is said by who reads the place itself.
pub fn overriding(path: &[String], content: &[u8], locator: &Locator) -> Vec<Locator> {
    let (Some(file), Locator::Plist(keys)) = (path.last(), locator) else { return Vec::new() };
    let Some(level) = level(file) else { return Vec::new() };
    let paths = plist::overriding(content, keys, level).unwrap_or_default();
    paths.into_iter().map(Locator::Plist).collect()
}

/// How deep such keys lie in a file; `None` where they have no meaning.
fn level(file: &str) -> Option<usize> {
    let (stem, ending) = file.rsplit('/').next()?.rsplit_once('.')?;
    let stem = plist::without_device(stem).unwrap_or(stem);
    match (stem.to_ascii_lowercase().as_str(), ending) {
        ("info", "plist") | ("infoplist", "strings") => Some(0),
        ("infoplist", "loctable") => Some(1),
        _ => None,
    }
}
