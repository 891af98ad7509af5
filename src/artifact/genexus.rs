//! What GeneXus' metadata says of itself: its main objects, and whose a file is. A main object is one application; one
//! artifact may hold metadata of several, each with a Client Id of its own.
//!
//! Metadata are files `OBJECT.TYPE.json` or `OBJECT.TYPE.PLATFORM.json`, where the names of objects have dots of their own (modules),
//! and raw resources `OBJECT_TYPE`, where every dot is `_`. `sdapps.json` lists the main objects for the Knowledge Base Navigator,
//! which runs them from there.
//!
//! Must not: change anything.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::apk::{Apk, ApkError};
use super::document::DocumentError;
use super::files::{Files, FilesError};
use crate::format::json::{self, JsonError, Value};
use crate::format::limits;
use crate::format::plist;
use crate::format::read_at::ReadAt;
use crate::placement::template::{object_key, same_object};

/// The list of main objects.
pub const MAINS: &str = "sdapps.json";
/// How the name of the file with a main object's properties ends.
const PROPERTIES: &str = ".properties.json";
/// How the name of such a raw resource ends.
const RAW_PROPERTIES: &str = "_properties";
/// Platforms in names of files.
const PLATFORMS: [&str; 2] = ["android", "ios"];
/// Characters of a type's GUID, which stands before the name in `GXDefaultServerMainEntryPoint`, and the dash behind it.
const GUID: usize = 37;

/// A main object: one application.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct MainObject {
    /// Its name; as its files are called, where nothing else says it.
    pub name: String,
    /// `AndroidPackageName`
    pub android: Option<String>,
    /// `iOSBundleIdentifier`
    pub ios: Option<String>,
}

impl MainObject {
    /// Takes what another source says of the same object and this one did not.
    fn merge(&mut self, other: Self) {
        self.android = self.android.take().or(other.android);
        self.ios = self.ios.take().or(other.ios);
    }
}

/// The main objects that an artifact says something of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Mains {
    /// Each once, in the order of the list or of their files.
    pub all: Vec<MainObject>,
    /// Which of them the artifact itself is; a folder of metadata is none of them.
    pub own: Option<usize>,
}

impl Mains {
    /// The main object that the artifact itself is.
    pub fn own(&self) -> Option<&MainObject> {
        self.all.get(self.own?)
    }

    /// By name.
    pub fn named(&self, name: &str) -> Option<&MainObject> {
        self.all.iter().find(|main| same_object(&main.name, name))
    }

    fn add(&mut self, main: MainObject) {
        match self.all.iter_mut().find(|known| same_object(&known.name, &main.name)) {
            Some(known) => known.merge(main),
            None => self.all.push(main),
        }
    }

    /// Says which is the artifact's own: the one of these that `is_own`, else the only one.
    fn choose(&mut self, is_own: impl Fn(&MainObject) -> bool) {
        let fitting: Vec<usize> =
            (0..self.all.len()).filter(|index| self.all.get(*index).is_some_and(&is_own)).collect();
        self.own = match (fitting.as_slice(), self.all.len()) {
            ([one], _) => Some(*one),
            ([], 1) => Some(0),
            _ => None,
        };
    }
}

/// The object that a file belongs to, by the file's name.
pub fn object_of_file(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let Some((name, _)) = name.rsplit_once('.') else { return name };
    let name = match name.rsplit_once('.') {
        Some((rest, last)) if PLATFORMS.iter().any(|platform| last.eq_ignore_ascii_case(platform)) => rest,
        _ => name,
    };
    name.rsplit_once('.').map_or(name, |(object, _)| object)
}

/// The object that a raw resource belongs to, by the resource's name.
pub fn object_of_raw(name: &str) -> &str {
    let name = match name.rsplit_once('_') {
        Some((rest, last)) if PLATFORMS.iter().any(|platform| last.eq_ignore_ascii_case(platform)) => rest,
        _ => name,
    };
    name.rsplit_once('_').map_or(name, |(object, _)| object)
}

/// The main objects of a folder of metadata; none where the files are something else.
pub fn of_folder(files: &dyn Files) -> Result<Mains, FilesError> {
    let mut mains = Mains::default();
    add_listed(files, MAINS, &mut mains)?;
    Ok(mains)
}

/// The main objects in an app for Apple's systems: its metadata, and the property list that says which one it is.
pub fn of_app(files: &dyn Files, info: &[u8], bundle: &str) -> Result<Mains, FilesError> {
    let mut mains = Mains::default();
    add_properties(files, &mut mains)?;
    let is_list = |name: &&str| name.rsplit('/').next() == Some(MAINS);
    let lists: Vec<String> = files.names().filter(is_list).map(str::to_owned).collect();
    for list in lists {
        add_listed(files, &list, &mut mains)?;
    }
    let entry = plist::get(info, "GXDefaultServerMainEntryPoint").unwrap_or_default();
    let named = entry.first().and_then(|entry| entry.get(GUID..)).filter(|name| !name.is_empty());
    if let Some(name) = named {
        let known = mains.all.iter().position(|main| same_object(&main.name, name));
        let index = known.unwrap_or_else(|| {
            mains.all.push(MainObject::default());
            mains.all.len() - 1
        });
        if let Some(main) = mains.all.get_mut(index) {
            name.clone_into(&mut main.name);
        }
        mains.own = Some(index);
    } else {
        mains.choose(|main| main.ios.as_deref() == Some(bundle));
    }
    Ok(mains)
}

/// The main objects in a package: those whose properties are among its raw resources.
pub fn of_package<S: ReadAt + ?Sized>(apk: &Apk<'_, S>) -> Result<Mains, ApkError> {
    let mut mains = Mains::default();
    for (name, entry, content) in apk.raw_files(&format!("*{RAW_PROPERTIES}"))? {
        // Any app may have a raw resource with such a name.
        if let Some(main) = main_of(object_of_raw(&name), &content)
            .map_err(|source| ApkError::Document { entry, source: DocumentError::Json(source) })?
        {
            mains.add(main);
        }
    }
    let package = apk.facts().package.clone();
    mains.choose(|main| main.android.as_deref() == Some(package.as_str()));
    Ok(mains)
}

/// Adds the main objects of a list, where there is one.
fn add_listed(files: &dyn Files, list: &str, mains: &mut Mains) -> Result<(), FilesError> {
    let Some(content) = read(files, list)? else { return Ok(()) };
    let below = ["/n", "/properties/AndroidPackageName", "/properties/iOSBundleIdentifier"];
    let apps = json::each(&content, "/apps/*", &below).map_err(|source| document(list, source))?;
    let mut known: HashMap<String, usize> =
        mains.all.iter().enumerate().map(|(index, main)| (object_key(&main.name), index)).collect();
    for app in apps {
        let mut found = app.into_iter().map(|values| values.into_iter().filter_map(text));
        let names: Vec<String> = found.next().into_iter().flatten().collect();
        let mut first = || found.next().into_iter().flatten().find(|text| !text.is_empty());
        let (android, ios) = (first(), first());
        for name in names {
            let main = MainObject { name, android: android.clone(), ios: ios.clone() };
            match known.entry(object_key(&main.name)) {
                Entry::Occupied(there) => {
                    if let Some(there) = mains.all.get_mut(*there.get()) {
                        there.merge(main);
                    }
                }
                Entry::Vacant(free) => {
                    free.insert(mains.all.len());
                    mains.all.push(main);
                }
            }
        }
    }
    Ok(())
}

/// Adds the main objects whose properties are among these files.
fn add_properties(files: &dyn Files, mains: &mut Mains) -> Result<(), FilesError> {
    let is_one = |name: &&str| name.to_ascii_lowercase().ends_with(PROPERTIES);
    let names: Vec<String> = files.names().filter(is_one).map(str::to_owned).collect();
    for name in names {
        let content = read(files, &name)?.unwrap_or_default();
        if let Some(main) = main_of(object_of_file(&name), &content).map_err(|source| document(&name, source))? {
            mains.add(main);
        }
    }
    Ok(())
}

/// The main object whose properties a file holds; `None` where it is something else.
fn main_of(object: &str, content: &[u8]) -> Result<Option<MainObject>, JsonError> {
    let is_main = match texts(content, "/properties/IsMain") {
        Ok(values) => values.iter().any(|value| value == "True"),
        // A file that only has the name is none; one that says it is one, and cannot be read, is damaged.
        Err(error) if contains(content, b"IntegratedSecurity") => return Err(error),
        Err(_) => false,
    };
    if !is_main {
        return Ok(None);
    }
    let first = |pointer| Ok::<_, JsonError>(texts(content, pointer)?.into_iter().find(|text| !text.is_empty()));
    Ok(Some(MainObject {
        name: object.to_owned(),
        android: first("/properties/AndroidPackageName")?,
        ios: first("/properties/iOSBundleIdentifier")?,
    }))
}

fn text(value: Value) -> Option<String> {
    if let Value::String(text) = value { Some(text) } else { None }
}

fn texts(content: &[u8], pointer: &str) -> Result<Vec<String>, JsonError> {
    Ok(json::get(content, pointer)?.into_iter().filter_map(text).collect())
}

fn contains(content: &[u8], text: &[u8]) -> bool {
    content.windows(text.len()).any(|window| window == text)
}

fn read(files: &dyn Files, name: &str) -> Result<Option<Vec<u8>>, FilesError> {
    let read = files.read(name, limits::ENTRY_BYTES);
    read.map_err(|source| FilesError::Read { file: name.to_owned(), source })
}

fn document(file: &str, source: JsonError) -> FilesError {
    FilesError::Document { file: file.to_owned(), source: DocumentError::Json(source) }
}
