//! What an app reads instead of a place, on some devices, in some languages, or from its settings:
//!
//! * a file for a device or platform (`FILE~ipad.plist`, `FILE-iphoneos.plist`), and one in another language's folder (Apple,
//!   "Bundle Programming Guide", The Bundle Search Pattern: what lies in no language's folder comes first);
//! * of an `Info.plist` the values of a language: `InfoPlist.strings` and `InfoPlist.loctable` (Apple, "Information Property
//!   List Key Reference", Localizing Property List Values);
//! * a default in `Settings.bundle` under the same name.
//!
//! Must not: change such a file; whether it should hold the value too is for people to say.

use std::collections::BTreeMap;

use crate::artifact::apple::Tree;
use crate::artifact::document::{self, DocumentError};
use crate::artifact::files;
use crate::format::plist;
use crate::placement::{Address, FilePath, Locator, Target};
use crate::verify::injected::Expected;
use crate::verify::{Code, Finding};

/// What may be read instead of these values, and holds something else. The same for an app before and after its values are
/// put in place; what is expected in a file itself counts as put there.
pub(super) fn findings(tree: &dyn Tree, expected: &[Expected]) -> Vec<Finding> {
    let shadows = Shadows::of(tree, expected);
    let mut findings: Vec<Finding> = Vec::new();
    for expected in expected {
        let (Some(file), Target::File { locator, .. }) = (&expected.entry, &expected.address.target) else { continue };
        // What lies in an archive is no resource.
        if file.contains("!/") {
            continue;
        }
        for shadow in shadows.on(file, locator) {
            if let Some(message) = shadows.judged(&shadow, file, &expected.value) {
                findings.push(Finding::new(Code::PlaceOverridden, shadow.file, message));
            }
        }
    }
    findings.sort_by(|a, b| a.message.cmp(&b.message));
    findings.dedup();
    findings
}

/// A file that counts before another one somewhere, and the place there.
struct Shadow<'t> {
    file: &'t str,
    locator: Locator,
    /// What the value is called in messages.
    key: String,
    how: How,
}

/// Where it counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    OnDevices,
    OnOtherDevices,
    InLanguage,
    AskedForLanguage,
    Everywhere,
    AsDefault,
}

struct Shadows<'t> {
    tree: &'t dyn Tree,
    expected: &'t [Expected],
    /// All files by what they are without language and device.
    general: BTreeMap<String, Vec<&'t str>>,
    /// Property lists in `Settings.bundle`.
    settings: Vec<&'t str>,
}

impl<'t> Shadows<'t> {
    fn of(tree: &'t dyn Tree, expected: &'t [Expected]) -> Self {
        let mut general: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        let mut settings = Vec::new();
        for name in tree.nodes().keys() {
            if settings_folder(name).is_some() {
                settings.push(name.as_str());
            }
            general.entry(Name::of(name).general()).or_default().push(name);
        }
        Self { tree, expected, general, settings }
    }

    fn on(&self, file: &str, locator: &Locator) -> Vec<Shadow<'t>> {
        let own = Name::of(file);
        let mut all = Vec::new();
        let path = match locator {
            Locator::Whole => "the file".to_owned(),
            other @ (Locator::Json(_)
            | Locator::Plist(_)
            | Locator::Xml(_)
            | Locator::Js(_)
            | Locator::Properties(_)
            | Locator::Text(_)) => other.to_string().trim_start_matches('#').to_owned(),
        };
        for other in self.general.get(&own.general()).into_iter().flatten().filter(|other| **other != file) {
            let how = Name::of(other).beside(&own);
            all.push(Shadow { file: other, locator: locator.clone(), key: path.clone(), how });
        }
        if let (Locator::Plist(keys), Some(folder)) = (locator, own.info_folder()) {
            // Localizations hold the values of the first level, and are flat.
            let key = keys.split('/').next().unwrap_or(keys);
            for place in ["", "Resources/"] {
                for (name, keys) in [("strings", key.to_owned()), ("loctable", format!("*/{key}"))] {
                    let files = self.general.get(&format!("{folder}{place}InfoPlist.{name}"));
                    let shadow = |file: &&'t str| Shadow {
                        file,
                        locator: Locator::Plist(keys.clone()),
                        key: key.to_owned(),
                        how: How::InLanguage,
                    };
                    all.extend(files.into_iter().flatten().map(shadow));
                }
            }
        }
        let key = last_key(locator);
        for file in self.settings.iter().filter(|settings| settings_folder(settings).is_some_and(|at| within(file, at)))
        {
            let Some(key) = &key else { break };
            let locator = Locator::Plist(format!("PreferenceSpecifiers/[Key={key}]/DefaultValue"));
            all.push(Shadow { file, locator, key: key.clone(), how: How::AsDefault });
        }
        all
    }

    /// What there is to say of it, where it does not hold the value and does not get it.
    fn judged(&self, shadow: &Shadow<'_>, instead_of: &str, value: &str) -> Option<String> {
        let Shadow { file, locator, key, how } = shadow;
        let bytes = self.tree.read_if_there(file).transpose()?;
        let path = FilePath::literal(file);
        let address = Address { kind: None, target: Target::File { path, locator: locator.clone() } };
        let looked = bytes.ok().and_then(|bytes| self.look(file, &bytes, locator, value).ok());
        let counts = match how {
            How::OnDevices => format!("counts on its devices instead of {instead_of}"),
            How::OnOtherDevices => format!("counts on the devices for which {instead_of} is not"),
            How::InLanguage => format!("counts in its language instead of {instead_of}"),
            How::AskedForLanguage => format!("counts instead of {instead_of} where the app asks for its language"),
            How::Everywhere => format!("counts in every language instead of {instead_of}"),
            How::AsDefault => format!("counts instead of {instead_of} where the app asks its settings"),
        };
        let holds = if *how == How::AsDefault { "sets a default for" } else { "holds" };
        match looked {
            Some(Held::Other) => {
                Some(format!("{file} {holds} {key} too, and {counts}; give it the value as well: --at '{address}=...'"))
            }
            Some(Held::Nothing) if *how == How::OnDevices => {
                Some(format!("{file} {counts}, and does not hold {key}; make it there: --create --at '{address}=...'"))
            }
            Some(Held::Same | Held::Nothing) => None,
            None => Some(format!("{file} cannot be read; it may hold {key} and count instead of {instead_of}")),
        }
    }

    fn look(&self, file: &str, bytes: &[u8], locator: &Locator, value: &str) -> Result<Held, DocumentError> {
        let here = self.expected.iter().filter(|expected| expected.entry.as_deref() == Some(file));
        let given: Vec<&Locator> = here
            .filter_map(|expected| match &expected.address.target {
                Target::File { locator, .. } => Some(locator),
                Target::String { .. }
                | Target::Resource { .. }
                | Target::MetaData { .. }
                | Target::IntentFilter { .. }
                | Target::DexMethod { .. }
                | Target::DexText { .. }
                | Target::SigningBlock { .. } => None,
            })
            .collect();
        let is = |holds: bool, is_other: bool| match (holds, is_other) {
            (false, _) => Held::Nothing,
            (true, false) => Held::Same,
            (true, true) => Held::Other,
        };
        match locator {
            _ if given.contains(&locator) || given.contains(&&Locator::Whole) => Ok(Held::Same),
            Locator::Whole => Ok(is(true, bytes != value.as_bytes())),
            Locator::Plist(keys) => {
                let mut paths = plist::places(bytes, keys)?;
                for locator in files::overriding(&[file.to_owned()], bytes, locator) {
                    if let Locator::Plist(keys) = locator {
                        paths.extend(plist::places(bytes, &keys)?);
                    }
                }
                let holds = !paths.is_empty();
                for keys in
                    given.iter().filter_map(|given| if let Locator::Plist(keys) = given { Some(keys) } else { None })
                {
                    let theirs = plist::places(bytes, keys)?;
                    paths.retain(|path| !theirs.contains(path));
                }
                let mut is_other = false;
                for path in &paths {
                    is_other |= plist::get(bytes, path)?.iter().any(|held| held != value);
                }
                Ok(is(holds, is_other))
            }
            locator @ (Locator::Json(_)
            | Locator::Xml(_)
            | Locator::Js(_)
            | Locator::Properties(_)
            | Locator::Text(_)) => {
                let held = document::read(bytes, locator);
                let held = if held.as_ref().is_err_and(DocumentError::is_absence) { Vec::new() } else { held? };
                Ok(is(!held.is_empty(), held.iter().any(|held| held != value)))
            }
        }
    }
}

/// What a file holds at a place, but for what it is given.
enum Held {
    Nothing,
    Same,
    Other,
}

/// The name of a file, taken apart.
struct Name<'p> {
    /// The folder, without that of a language.
    folder: String,
    language: Option<&'p str>,
    /// Without device and platform.
    stem: &'p str,
    device: &'p str,
    ending: &'p str,
}

impl<'p> Name<'p> {
    fn of(path: &'p str) -> Self {
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
        let (mut kept, mut language) = (String::new(), None);
        for step in folder.split('/').filter(|step| !step.is_empty()) {
            match step.strip_suffix(".lproj") {
                Some(step) if language.is_none() => language = Some(step),
                _ => kept.extend([step, "/"]),
            }
        }
        let (whole, ending) = file.rsplit_once('.').unwrap_or((file, ""));
        let stem = plist::without_device(whole).unwrap_or(whole);
        let device = whole.strip_prefix(stem).unwrap_or_default();
        Self { folder: kept, language, stem, device, ending }
    }

    /// What all files are called that stand for each other.
    fn general(&self) -> String {
        let Self { folder, stem, ending, .. } = self;
        if ending.is_empty() { format!("{folder}{stem}") } else { format!("{folder}{stem}.{ending}") }
    }

    /// Where it counts, and `other` does not.
    fn beside(&self, other: &Self) -> How {
        match (self.language, other.language) {
            (None, Some(_)) => How::Everywhere,
            (Some(_), None) => How::AskedForLanguage,
            (one, two) if one != two => How::InLanguage,
            _ if other.device.is_empty() => How::OnDevices,
            _ => How::OnOtherDevices,
        }
    }

    /// The folder of an `Info.plist`.
    fn info_folder(&self) -> Option<&str> {
        let is_info = self.stem.eq_ignore_ascii_case("Info") && self.ending == "plist" && self.language.is_none();
        is_info.then_some(&self.folder)
    }
}

/// The folder that a bundle of settings lies in, of a property list in one.
fn settings_folder(path: &str) -> Option<&str> {
    let inside = path.strip_suffix(".plist")?;
    let mut end = 0;
    for step in inside.split('/') {
        if step.starts_with("Settings") && step.ends_with(".bundle") {
            let folder = path.get(..end)?;
            return Some(folder.strip_suffix("Resources/").unwrap_or(folder));
        }
        end += step.len() + 1;
    }
    None
}

/// Whether a file is of the bundle in `folder`, and of none within.
fn within(file: &str, folder: &str) -> bool {
    let bundles = [".app", ".appex", ".bundle", ".framework", ".xctest"];
    file.strip_prefix(folder).is_some_and(|inside| {
        let mut folders = inside.split('/').rev().skip(1);
        !folders.any(|step| bundles.iter().any(|ending| step.ends_with(ending)))
    })
}

/// The last key of a place in a property list or in JSON.
fn last_key(locator: &Locator) -> Option<String> {
    let (Locator::Plist(path) | Locator::Json(path)) = locator else { return None };
    let last = path.rsplit('/').next().filter(|last| !last.is_empty() && !last.contains(['[', ']', '*']))?;
    let is_index = last.bytes().all(|byte| byte.is_ascii_digit());
    (!is_index).then(|| last.replace("~1", "/").replace("~0", "~"))
}
