//! Targets of Xcode projects that are applications: their bundle ids per configuration, and the shared schemes.
//!
//! Build settings are looked up as Xcode does: the target's, its `.xcconfig`, the project's, that one's `.xcconfig`.
//!
//! Must not: put in a value for a variable that only a build has.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use plist::{Dictionary, Value};

use super::app::{App, Id, Project};
use super::files::escaped;
use super::files::{Files, folder_of, is_within, join, name_of};
use super::layout::Layouts;
use super::marks::{self, System};
use crate::format::{limits, plist as property_list, xml};

/// Variables within variables that are followed.
const HOPS: usize = 16;

/// Finds the applications.
pub fn find(files: &Files, layouts: &Layouts, project: &mut Project) {
    let paths: Vec<&str> =
        files.named("project.pbxproj").filter(|path| folder_of(path).ends_with(".xcodeproj")).collect();
    for path in paths {
        let bundle = folder_of(path);
        let folder = folder_of(bundle);
        if layouts.is_made_by_cordova(folder) {
            continue;
        }
        match Xcode::read(files, path) {
            Ok(xcode) => project.apps.extend(xcode.apps(layouts)),
            Err(problem) => project.remarks.push(problem),
        }
    }
}

struct Xcode<'f> {
    files: &'f Files,
    /// `App.xcodeproj`.
    bundle: &'f str,
    folder: &'f str,
    objects: Dictionary,
    /// Names of shared schemes with the targets they build.
    schemes: Vec<(String, Vec<String>)>,
}

/// A target's configuration: its settings and those of the project below them.
type Layers = Vec<BTreeMap<String, String>>;

impl<'f> Xcode<'f> {
    fn read(files: &'f Files, path: &'f str) -> Result<Self, String> {
        let bytes = files.bytes(path)?;
        let is_xml = bytes.trim_ascii_start().starts_with(b"<");
        let tree = if is_xml { property_list::read(&bytes) } else { property_list::read_openstep(&bytes) };
        let tree = tree.map_err(|error| format!("{path}: {error}"))?;
        let objects = tree.as_dictionary().and_then(|root| root.get("objects")).and_then(Value::as_dictionary);
        let objects = objects.cloned().ok_or_else(|| format!("{path}: it has no objects"))?;
        let bundle = folder_of(path);
        let folder = folder_of(bundle);
        let shared = format!("{bundle}/xcshareddata/xcschemes");
        let schemes = files
            .paths()
            .filter(|path| {
                path.ends_with(".xcscheme") && (is_within(path, &shared) || folder_of(path).contains(".xcworkspace"))
            })
            .map(|path| scheme(files, path))
            .collect();
        Ok(Self { files, bundle, folder, objects, schemes })
    }

    fn apps(&self, layouts: &Layouts) -> Vec<App> {
        let flutter = layouts.flutter(self.folder, "ios");
        let marks = marks::of(self.files, self.folder, System::Apple);
        let project =
            self.of_class("PBXProject").next().map(|project| self.configurations(project)).unwrap_or_default();
        let mut apps = Vec::new();
        for target in self.of_class("PBXNativeTarget").take(limits::PROJECT_APPS) {
            if text(target, "productType") != Some("com.apple.product-type.application") {
                continue;
            }
            let name = text(target, "name").unwrap_or_default();
            let mut ids: Vec<(Result<String, String>, Vec<String>)> = Vec::new();
            for (configuration, own) in self.configurations(target) {
                let below = project.iter().find(|(name, _)| *name == configuration).map(|(_, layers)| layers.clone());
                let layers: Layers = own.into_iter().chain(below.unwrap_or_default()).collect();
                let scope = Lookup {
                    layers: &layers,
                    target: name,
                    configuration: &configuration,
                    project: self.project_name(),
                    budget: Cell::new(limits::BUILD_SETTING),
                };
                let id = scope
                    .bundle_id()
                    .map_err(|problem| format!("{}: target {name}, {configuration}: {problem}", self.bundle));
                match ids.iter_mut().find(|(known, _)| *known == id) {
                    Some((_, of)) => of.push(configuration),
                    None => ids.push((id, vec![configuration])),
                }
            }
            for (id, configurations) in ids {
                let id = id.map_or_else(Id::Unknown, Id::Known);
                let mut app = App::new(id, name);
                let schemes = match self.schemes_of(name).as_slice() {
                    [] => String::new(),
                    schemes => format!("; shared schemes {}", schemes.join(", ")),
                };
                app.sources.push(format!("{} (target {name}: {}{schemes})", self.bundle, configurations.join(", ")));
                match flutter {
                    Some(root) => app.artifacts.extend(join(&escaped(root), "build/ios/ipa/*.ipa")),
                    None => {
                        let example = join(&escaped(self.folder), &format!("build/{}.ipa", escaped(name)));
                        let open = "an archive is exported to where -exportPath says";
                        app.example = example.map(|example| (example, open.to_owned()));
                    }
                }
                app.marks.clone_from(&marks);
                apps.push(app);
            }
        }
        apps
    }

    fn project_name(&self) -> &str {
        name_of(self.bundle).trim_end_matches(".xcodeproj")
    }

    fn schemes_of(&self, target: &str) -> Vec<&str> {
        let of = self.schemes.iter().filter(|(_, targets)| targets.iter().any(|built| built == target));
        of.map(|(name, _)| name.as_str()).collect()
    }

    fn of_class(&self, class: &str) -> impl Iterator<Item = &Dictionary> {
        let objects = self.objects.values().filter_map(Value::as_dictionary);
        objects.filter(move |object| text(object, "isa") == Some(class))
    }

    fn object(&self, id: &str) -> Option<&Dictionary> {
        self.objects.get(id)?.as_dictionary()
    }

    /// The configurations of a target or project: name, and settings before those of the `.xcconfig`.
    fn configurations(&self, of: &Dictionary) -> Vec<(String, Layers)> {
        let list = text(of, "buildConfigurationList").and_then(|id| self.object(id));
        let ids = list.and_then(|list| list.get("buildConfigurations")).and_then(Value::as_array);
        let all = ids.into_iter().flatten().filter_map(|id| self.object(id.as_string()?));
        all.take(limits::BUILD_CONFIGURATIONS)
            .map(|configuration| {
                let settings = configuration.get("buildSettings").and_then(Value::as_dictionary);
                let settings = settings
                    .into_iter()
                    .flatten()
                    .filter_map(|(key, value)| Some((key.clone(), value.as_string()?.to_owned())));
                let base = text(configuration, "baseConfigurationReference").and_then(|id| self.object(id));
                let base = base
                    .and_then(|file| text(file, "path"))
                    .map(|path| self.xcconfig(path, &mut BTreeSet::new()))
                    .unwrap_or_default();
                (text(configuration, "name").unwrap_or_default().to_owned(), vec![settings.collect(), base])
            })
            .collect()
    }

    /// The settings of an `.xcconfig`. Where its groups put it is not followed: its name says enough where it is the only one.
    fn xcconfig(&self, path: &str, seen: &mut BTreeSet<String>) -> BTreeMap<String, String> {
        let mut settings = BTreeMap::new();
        let beside = join(self.folder, path).filter(|path| self.files.has(path));
        let found = beside.or_else(|| {
            let mut called = self.files.named(name_of(path)).filter(|path| is_within(path, self.folder));
            called.next().filter(|_| called.next().is_none()).map(str::to_owned)
        });
        let Some(text) = found.filter(|path| seen.insert(path.clone())).and_then(|path| self.files.text(&path).ok())
        else {
            return settings;
        };
        for line in text.lines() {
            let line = line.split("//").next().unwrap_or_default().trim();
            if let Some(included) = line.strip_prefix("#include").map(|rest| rest.trim_start_matches('?').trim()) {
                settings.extend(self.xcconfig(included.trim_matches('"'), seen));
            } else if let Some((key, value)) = line.split_once('=') {
                // The key of a condition has a sign of its own: KEY[sdk=iphoneos*] = VALUE.
                let (key, value) = match line.find(']').filter(|end| line.find('[').is_some_and(|start| start < *end)) {
                    Some(end) if key.contains('[') => {
                        let (key, rest) = line.split_at(end + 1);
                        (key, rest.trim_start().trim_start_matches('='))
                    }
                    _ => (key, value),
                };
                settings.insert(key.trim().to_owned(), value.trim().trim_end_matches(';').trim_matches('"').to_owned());
            }
        }
        settings
    }
}

fn text<'d>(of: &'d Dictionary, key: &str) -> Option<&'d str> {
    of.get(key)?.as_string()
}

fn scheme(files: &Files, path: &str) -> (String, Vec<String>) {
    let bytes = files.bytes(path).unwrap_or_default();
    let targets = "/Scheme/BuildAction/BuildActionEntries/BuildActionEntry/BuildableReference/@BlueprintName";
    (name_of(path).trim_end_matches(".xcscheme").to_owned(), xml::get(&bytes, targets).unwrap_or_default())
}

/// Build settings of one configuration of a target.
struct Lookup<'x> {
    layers: &'x Layers,
    target: &'x str,
    configuration: &'x str,
    project: &'x str,
    /// Variables that may still be followed.
    budget: Cell<usize>,
}

impl Lookup<'_> {
    fn bundle_id(&self) -> Result<String, String> {
        let raw = self.raw("PRODUCT_BUNDLE_IDENTIFIER", 0).ok_or("PRODUCT_BUNDLE_IDENTIFIER is not set")?;
        let id = self.expanded(&raw, 0)?;
        if id.is_empty() { Err("PRODUCT_BUNDLE_IDENTIFIER is empty".to_owned()) } else { Ok(id) }
    }

    /// A setting as it is written; `from`: the layer to begin with.
    fn raw(&self, name: &str, from: usize) -> Option<String> {
        let device = format!("{name}[sdk=iphoneos*]");
        for (index, layer) in self.layers.iter().enumerate().skip(from) {
            let Some(value) = layer.get(&device).or_else(|| layer.get(name)) else { continue };
            if value.len() > limits::BUILD_SETTING {
                return None;
            }
            if !value.contains("inherited") {
                return Some(value.clone());
            }
            let below = self.raw(name, index + 1).unwrap_or_default();
            let whole = value.replace("$(inherited)", &below).replace("${inherited}", &below);
            return Some(whole).filter(|whole| whole.len() <= limits::BUILD_SETTING);
        }
        None
    }

    fn expanded(&self, text: &str, depth: usize) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(start) = [rest.find("$("), rest.find("${")].into_iter().flatten().min() {
            let (before, variable) = rest.split_at(start);
            out.push_str(before);
            let close = if variable.starts_with("$(") { ')' } else { '}' };
            let (name, behind) =
                variable.get(2..).unwrap_or_default().split_once(close).ok_or("a variable without its end")?;
            rest = behind;
            let left = self.budget.get().checked_sub(1).ok_or("PRODUCT_BUNDLE_IDENTIFIER has too many variables")?;
            self.budget.set(left);
            let mut parts = name.split(':');
            let name = parts.next().unwrap_or_default();
            let mut value = match (self.raw(name, 0), name) {
                (Some(value), _) if depth < HOPS => self.expanded(&value, depth + 1)?,
                (None, "TARGET_NAME" | "PRODUCT_NAME") => self.target.to_owned(),
                (None, "CONFIGURATION") => self.configuration.to_owned(),
                (None, "PROJECT_NAME") => self.project.to_owned(),
                _ => return Err(format!("PRODUCT_BUNDLE_IDENTIFIER needs {name}, which the project does not say")),
            };
            for modifier in parts {
                value = match modifier {
                    "rfc1034identifier" => identifier(&value, '-'),
                    "c99extidentifier" => identifier(&value, '_'),
                    "lower" => value.to_lowercase(),
                    other => return Err(format!("PRODUCT_BUNDLE_IDENTIFIER has the operator {other}")),
                };
            }
            out.push_str(&value);
            if out.len() > limits::BUILD_SETTING {
                return Err("PRODUCT_BUNDLE_IDENTIFIER is too long".to_owned());
            }
        }
        out.push_str(rest);
        Ok(out)
    }
}

fn identifier(text: &str, other: char) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' || c == other { c } else { other }).collect()
}
