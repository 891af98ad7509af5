//! Values of an `Info.plist` that a language overrides: `InfoPlist.strings` in a folder of that language holds the same key
//! (Apple, "Information Property List Files", Localizing Property List Values). Who runs the app in it sees that value.
//!
//! Must not: change such a file; whether it should hold the value too is for people to say.

use crate::artifact::apple::{Tree, below};
use crate::artifact::files::Spot;
use crate::format::plist;
use crate::placement::Locator;

const INFO: &str = "Info.plist";
const STRINGS: &str = "InfoPlist.strings";

/// What a person must not miss of these places.
pub(super) fn warnings(tree: &dyn Tree, spots: &[Spot]) -> Vec<String> {
    let mut warnings = Vec::new();
    for spot in spots {
        let ([file], Locator::Plist(path)) = (spot.path.as_slice(), &spot.locator) else { continue };
        let Some(folder) = file.strip_suffix(INFO).filter(|folder| folder.is_empty() || folder.ends_with('/')) else {
            continue;
        };
        let key = path.split('/').next().unwrap_or(path);
        // One that is a place itself gets its value.
        let given = |name: &&String| spots.iter().any(|spot| spot.path.as_slice() == [(*name).clone()]);
        for name in tree.nodes().keys().filter(|name| is_of(name, folder) && !given(name)) {
            let held = tree.read(name).ok().map(|bytes| plist::get(&bytes, key));
            match held {
                Some(Ok(values)) if values.is_empty() => {}
                Some(Ok(_)) => warnings.push(format!(
                    "{name} holds {key} too, and counts in its language instead of {file}; give it the value as well: --at \
                     '{name}#{key}=...'"
                )),
                None | Some(Err(_)) => {
                    warnings.push(format!("{name} cannot be read; it may hold {key} and count instead of {file}"));
                }
            }
        }
    }
    warnings.sort();
    warnings.dedup();
    warnings
}

/// Whether a file localises the `Info.plist` in `folder`: in `X.lproj` beside it, or in `Resources` for macOS.
fn is_of(name: &str, folder: &str) -> bool {
    let Some(path) = name.strip_suffix(STRINGS).and_then(|path| path.strip_suffix('/')) else { return false };
    let inner = if folder.is_empty() { Some(path) } else { below(path, folder.trim_end_matches('/')) };
    let inner = inner.map(|inner| inner.strip_prefix("Resources/").unwrap_or(inner));
    inner.and_then(|inner| inner.strip_suffix(".lproj")).is_some_and(|language| !language.contains('/'))
}
