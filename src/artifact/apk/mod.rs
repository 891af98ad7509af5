//! Android packages, and App Bundles as the packages that are made of them: what they say of themselves, and the places in them.
//!
//! * `facts`: package, API levels, flags, from the manifest.
//! * `module`: where the files of a package lie in the archive.
//! * `resources`: table and manifest, in the form of either.
//! * `spot`: an address becomes concrete spots in entries.
//! * `filter`: attributes of intent filters.
//! * `pair`: pairs of the signing block.
//! * `dex`: string constants in dex files.
//! * `change`: values become new entry contents.
//! * `absent`: what is said where nothing is at an address.
//! * `error`: why one of these cannot be done.
//!
//! Must not: align, sign or write a package.

mod absent;
mod change;
mod dex;
mod error;
mod facts;
mod filter;
mod module;
mod pair;
mod resources;
mod spot;

use std::collections::{BTreeMap, BTreeSet};

pub use change::Changes;
pub use dex::Passing;
pub use error::ApkError;
pub use facts::Facts;
use module::Module;
pub use module::{MANIFEST, TABLE, is_program};
pub use pair::Pairs;
use resources::{Form, Table};
pub use spot::{Found, Spot};

use super::files::{FileSet, Files, ReadError};
use super::kind::FileKind;
use crate::format::axml::Manifest;
use crate::format::read_at::ReadAt;
use crate::format::zip::Archive;
use crate::placement::Kind;

/// A package over a source of bytes, or the packages that a bundle is made into. Tables are read once, when they are asked for.
#[derive(Debug)]
pub struct Apk<'s, S: ReadAt + ?Sized> {
    archive: Archive<'s, S>,
    facts: Facts,
    modules: Modules,
}

/// Where the files of a package lie, with the bytes of resource tables that were read.
#[derive(Debug, Clone)]
pub struct Modules {
    form: Form,
    /// One of an APK; of a bundle the base first.
    all: Vec<Module>,
    /// The archive as it is.
    archive: Module,
}

impl Modules {
    fn all(&self) -> &[Module] {
        &self.all
    }

    fn base(&self) -> Option<&Module> {
        self.all.first()
    }

    /// The modules of a package in which a file of the folder `first` may lie. Of a bundle also the archive itself, where the
    /// folder is that of a module, or no module's.
    fn with_files_in(&self, first: &str) -> Vec<&Module> {
        let is_of_archive =
            first == "BUNDLE-METADATA" || self.all.iter().any(|module| module.name().is_some_and(|name| name == first));
        if is_of_archive { vec![&self.archive] } else { self.all.iter().collect() }
    }
}

impl<'s, S: ReadAt + ?Sized> Apk<'s, S> {
    /// Opens a package; any other kind of archive is an error that says what it is.
    pub fn open(source: &'s S) -> Result<Self, ApkError> {
        Self::over(Archive::open(source)?)
    }

    /// The package, or the bundle, in an archive.
    pub fn over(archive: Archive<'s, S>) -> Result<Self, ApkError> {
        let (form, all) = match FileKind::of_archive(&archive) {
            FileKind::Apk => (Form::Compiled, vec![Module::default()]),
            FileKind::Aab => (Form::Proto, Module::of_bundle(&archive)),
            kind @ (FileKind::ApkSet
            | FileKind::Ipa
            | FileKind::Gxsd
            | FileKind::Aar
            | FileKind::Source
            | FileKind::OtherZip) => {
                return Err(ApkError::Kind(kind));
            }
        };
        let modules = Modules { form, all, archive: Module::default() };
        let mut apk = Self { archive, facts: Facts::default(), modules };
        let base = apk.modules.base().ok_or(ApkError::NoBase)?;
        apk.facts = Facts::read(apk.manifest(base)?, || apk.table(base))?;
        Ok(apk)
    }

    /// A package that was opened before over the same bytes: nothing is read again.
    pub fn again(archive: Archive<'s, S>, facts: Facts, modules: Modules) -> Self {
        Self { archive, facts, modules }
    }

    /// Where its files lie, for [`Self::again`].
    pub fn modules(&self) -> Modules {
        self.modules.clone()
    }

    /// The names of a bundle's modules, the base first; none of an APK.
    pub fn module_names(&self) -> impl Iterator<Item = &str> {
        self.modules.all.iter().filter_map(Module::name)
    }

    /// Architectures that there are native libraries for, sorted.
    pub fn abis(&self) -> Vec<String> {
        let names = || self.archive.entries().iter().filter_map(|entry| std::str::from_utf8(entry.name()).ok());
        let files = self.modules.all().iter().flat_map(|module| names().filter_map(|entry| module.file(entry)));
        let abis = files.filter_map(|file| Some(file.strip_prefix("lib/")?.split_once('/')?.0.to_owned()));
        abis.collect::<BTreeSet<String>>().into_iter().collect()
    }

    /// The container.
    pub fn archive(&self) -> &Archive<'s, S> {
        &self.archive
    }

    /// What the package says of itself.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Whether it is a package or a bundle.
    fn kind(&self) -> Kind {
        match self.modules.form {
            Form::Compiled => Kind::Apk,
            Form::Proto => Kind::Aab,
        }
    }

    /// What it is called in messages.
    fn word(&self) -> &'static str {
        match self.modules.form {
            Form::Compiled => "package",
            Form::Proto => "bundle",
        }
    }

    /// The content of an entry; `None` where there is no such entry.
    fn content(&self, name: &str) -> Result<Option<Vec<u8>>, ApkError> {
        Ok(self.archive.find(name.as_bytes()).map(|index| self.archive.read(index)).transpose()?)
    }

    /// What a module's manifest says.
    fn manifest(&self, module: &Module) -> Result<Manifest, ApkError> {
        let entry = module.manifest();
        resources::manifest(self.modules.form, &entry, &self.content(&entry)?.unwrap_or_default())
    }

    /// A module's resource table's bytes, where it has one.
    fn table_bytes<'m>(&self, module: &'m Module) -> Result<Option<&'m [u8]>, ApkError> {
        if module.bytes.get().is_none() {
            let content = self.content(&module.table())?;
            let _ = module.bytes.set(content);
        }
        Ok(module.bytes.get().and_then(|table| table.as_deref()))
    }

    /// A module's resource table, where it has one.
    fn table<'m>(&self, module: &'m Module) -> Result<Option<Table<'m>>, ApkError> {
        let bytes = self.table_bytes(module)?;
        bytes.map(|bytes| Table::parse(self.modules.form, &module.table(), bytes)).transpose()
    }

    /// The entries of all modules that Android loads code from: `classes.dex`, `classes2.dex` and so on up to the first that is
    /// missing, in its order.
    fn dex_entries(&self) -> Vec<String> {
        let mut all = Vec::new();
        for module in &self.modules.all {
            let names = (1u32..).map(|number| match number {
                1 => module.entry("classes.dex").into_owned(),
                _ => module.entry(&format!("classes{number}.dex")).into_owned(),
            });
            all.extend(names.take_while(|name| self.archive.find(name.as_bytes()).is_some()));
        }
        all
    }

    /// The files of a module, by the names they are installed under.
    fn files<'f>(&'f self, module: &'f Module) -> ModuleFiles<'f, 's, S> {
        ModuleFiles { archive: &self.archive, module, kind: self.kind() }
    }
}

/// The files of a module.
struct ModuleFiles<'f, 's, S: ReadAt + ?Sized> {
    archive: &'f Archive<'s, S>,
    module: &'f Module,
    kind: Kind,
}

impl<S: ReadAt + ?Sized> ModuleFiles<'_, '_, S> {
    fn set(&self) -> FileSet<'_> {
        FileSet::new(self, self.kind)
    }
}

impl<S: ReadAt + ?Sized> Files for ModuleFiles<'_, '_, S> {
    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(Files::names(self.archive).filter_map(|entry| self.module.file(entry)))
    }

    fn read(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, ReadError> {
        Files::read(self.archive, &self.module.entry(name), limit)
    }
}

/// Contents of entries that were read, by name.
type Contents = BTreeMap<String, Vec<u8>>;
