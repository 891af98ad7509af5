//! Where the files of a package lie in an archive: at the names they are installed under in an APK, in a folder for each kind of
//! file within a module of an App Bundle.
//!
//! <https://developer.android.com/guide/app-bundle/app-bundle-format> says which folders there are. Addresses name files as they
//! are installed: `assets/config.json` is `base/assets/config.json` in a bundle.
//!
//! Must not: read a file.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use crate::format::read_at::ReadAt;
use crate::format::zip::Archive;

/// The resource table's entry.
pub const TABLE: &str = "resources.arsc";
/// The manifest's entry.
pub const MANIFEST: &str = "AndroidManifest.xml";

/// The module that every bundle has, and the only one that is always installed.
const BASE: &str = "base";
/// The manifest of a module.
const MODULE_MANIFEST: &str = "manifest/AndroidManifest.xml";
/// The resource table of a module.
const MODULE_TABLE: &str = "resources.pb";
/// Folders of a module that keep their name in the package.
const KEPT: [&str; 4] = ["res/", "assets/", "lib/", "apex/"];
/// Folders of a module that are not in the package, only what is in them.
const DROPPED: [&str; 3] = ["root/", "dex/", "manifest/"];

/// The bytes of a resource table, read once by whoever asks first; `None` within where the package has none.
pub(super) type SharedTable = Arc<OnceLock<Option<Vec<u8>>>>;

/// A package, or a module of a bundle.
#[derive(Debug, Clone, Default)]
pub(super) struct Module {
    /// The name of a bundle's module; `None` is an APK.
    name: Option<String>,
    /// The bytes of its resource table.
    pub(super) bytes: SharedTable,
}

impl Module {
    /// The modules of a bundle, the base first; none where the archive has no base.
    pub(super) fn of_bundle<S: ReadAt + ?Sized>(archive: &Archive<'_, S>) -> Vec<Self> {
        let names = archive.entries().iter().filter_map(|entry| std::str::from_utf8(entry.name()).ok());
        let modules = names.filter_map(|name| name.strip_suffix(MODULE_MANIFEST)?.strip_suffix('/'));
        let mut modules: Vec<&str> = modules.filter(|name| !name.is_empty() && !name.contains('/')).collect();
        modules.sort_unstable_by_key(|name| (*name != BASE, *name));
        modules.dedup();
        if modules.first() != Some(&BASE) {
            return Vec::new();
        }
        let module = |name: &str| Self { name: Some(name.to_owned()), bytes: SharedTable::default() };
        modules.into_iter().map(module).collect()
    }

    /// The name of a bundle's module.
    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The entry of its manifest.
    pub(super) fn manifest(&self) -> Cow<'static, str> {
        match &self.name {
            None => MANIFEST.into(),
            Some(name) => format!("{name}/{MODULE_MANIFEST}").into(),
        }
    }

    /// The entry of its resource table.
    pub(super) fn table(&self) -> Cow<'static, str> {
        match &self.name {
            None => TABLE.into(),
            Some(name) => format!("{name}/{MODULE_TABLE}").into(),
        }
    }

    /// The entry that a file of the package is.
    pub(super) fn entry<'n>(&self, file: &'n str) -> Cow<'n, str> {
        let Some(name) = &self.name else { return file.into() };
        let folder = match file {
            MANIFEST => "manifest/",
            _ if KEPT.iter().any(|kept| file.starts_with(kept)) => "",
            _ if is_dex(file) => "dex/",
            _ => "root/",
        };
        format!("{name}/{folder}{file}").into()
    }

    /// The file of the package that an entry is; `None` where it belongs to another module, or is installed as something else.
    pub(super) fn file<'e>(&self, entry: &'e str) -> Option<&'e str> {
        let Some(name) = &self.name else { return Some(entry) };
        let within = entry.strip_prefix(name.as_str())?.strip_prefix('/')?;
        if KEPT.iter().any(|kept| within.starts_with(kept)) {
            return Some(within);
        }
        DROPPED.iter().find_map(|dropped| within.strip_prefix(dropped))
    }
}

/// Whether an entry is a manifest, a resource table or code, of a package or of any module.
pub fn is_program(entry: &str) -> bool {
    match entry.split_once('/') {
        None => entry == MANIFEST || entry == TABLE || is_dex(entry),
        Some((_, MODULE_MANIFEST | MODULE_TABLE)) => true,
        Some((_, rest)) => rest.strip_prefix("dex/").is_some_and(is_dex),
    }
}

/// Whether a file of a package is one that Android loads code from.
pub(super) fn is_dex(file: &str) -> bool {
    let middle = file.strip_prefix("classes").and_then(|rest| rest.strip_suffix(".dex"));
    middle.is_some_and(|middle| !middle.contains('/'))
}
