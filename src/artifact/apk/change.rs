//! Values become new contents of entries.
//!
//! All strings of a resource table are edited at once, so that the result does not depend on the order of places.
//!
//! Must not: compress, align or order entries.

use std::borrow::Cow;
use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::dex::place_of;
use super::spot::{Constant, Slot};
use super::{Apk, ApkError, Contents, Pairs, Spot, resources};
use crate::artifact::files::FileSet;
use crate::format::arsc::StringEdit;
use crate::format::axml::{DataEdit, MetaEdit};
use crate::format::dex::{DexEdit, Target};
use crate::format::read_at::ReadAt;

/// New contents, by entry.
#[derive(Default)]
pub struct Changes {
    /// Entries that are there and change, by index.
    pub replaced: BTreeMap<usize, Vec<u8>>,
    /// Entries that are made.
    pub added: BTreeMap<String, Vec<u8>>,
    /// The checksums of dex files that change: the old one and the new one each.
    pub dex: Vec<(u32, u32)>,
    /// Pairs of the signing block that are places.
    pub pairs: Pairs,
    /// What a person should know of them, a line each.
    pub notes: Vec<String>,
}

impl std::fmt::Debug for Changes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Contents hold secrets.
        f.debug_struct("Changes")
            .field("replaced", &self.replaced.keys())
            .field("added", &self.added.keys())
            .field("pairs", &self.pairs.changed)
            .field("notes", &self.notes)
            .finish_non_exhaustive()
    }
}

impl Changes {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.replaced.is_empty() && self.added.is_empty() && self.pairs.changed.is_empty()
    }
}

impl<S: ReadAt + ?Sized> Apk<'_, S> {
    /// The contents with every value in its spot; entries that come out as they were are left out.
    pub fn change(&self, values: &[(Spot, Zeroizing<String>)]) -> Result<Changes, ApkError> {
        check_conflicts(values)?;
        let in_files = values.iter().filter_map(|(spot, value)| match &spot.slot {
            Slot::File(spot) => Some((spot, value.as_str())),
            Slot::String { .. } | Slot::MetaData { .. } | Slot::Data { .. } | Slot::Dex(_) | Slot::Pair { .. } => None,
        });
        let mut contents = FileSet::new(&self.archive, self.kind()).change(in_files)?.contents;
        let mut tables: BTreeMap<&str, (Vec<StringEdit>, bool)> = BTreeMap::new();
        let mut manifests: BTreeMap<&str, ManifestEdits> = BTreeMap::new();
        let mut constants: BTreeMap<&str, Vec<DexEdit>> = BTreeMap::new();
        let mut places = Vec::new();
        for (spot, value) in values {
            match &spot.slot {
                Slot::String { name, config } => {
                    let (strings, create) = tables.entry(&spot.entry).or_default();
                    *create |= spot.missing;
                    strings.push(StringEdit {
                        name: name.clone(),
                        config: config.clone(),
                        value: value.clone().into(),
                    });
                }
                Slot::MetaData { name } => {
                    let manifest = manifests.entry(&spot.entry).or_default();
                    manifest.create |= spot.missing;
                    manifest.meta.push(MetaEdit { name: name.clone(), value: value.clone().into() });
                }
                Slot::Data { elements, attribute } => {
                    manifests.entry(&spot.entry).or_default().data.push(DataEdit {
                        elements: elements.clone(),
                        attribute: *attribute,
                        place: spot.address.to_string(),
                        value: value.clone().into(),
                    });
                }
                Slot::Dex(constant) => {
                    let target = match constant {
                        Constant::Passed(passed) => {
                            Target::Passed { passed: *passed, place: place_of(&mut places, &spot.address) }
                        }
                        Constant::At(offset) => Target::At(*offset),
                        Constant::Text(text) => Target::Value(text.clone()),
                    };
                    constants.entry(&spot.entry).or_default().push(DexEdit { target, value: value.clone().into() });
                }
                Slot::File(_) | Slot::Pair { .. } => {}
            }
        }
        self.change_dex(&mut contents, constants)?;
        let (dex, notes) = self.follow_dex(&mut contents)?;
        let form = self.modules.form;
        for (entry, ManifestEdits { meta, data, create }) in manifests {
            let content = self.current(&mut contents, entry)?.unwrap_or_default();
            let edited = resources::edit_manifest(form, entry, &content, (&meta, &data), create)?;
            contents.insert(entry.to_owned(), edited);
        }
        for (entry, (strings, create)) in tables {
            let table = match (contents.remove(entry), self.modules.all().iter().find(|module| module.table() == entry))
            {
                (Some(edited), _) => Cow::Owned(edited),
                (None, Some(module)) => Cow::Borrowed(self.table_bytes(module)?.unwrap_or_default()),
                (None, None) => Cow::Owned(self.content(entry)?.unwrap_or_default()),
            };
            contents.insert(entry.to_owned(), resources::edit_strings(form, entry, &table, &strings, create)?);
        }
        let mut changes = Changes { dex, notes, pairs: self.change_pairs(values)?, ..Changes::default() };
        for (entry, content) in contents {
            match self.archive.find(entry.as_bytes()) {
                None => {
                    changes.added.insert(entry, content);
                }
                Some(index) => {
                    if self.archive.read(index)? != content {
                        changes.replaced.insert(index, content);
                    }
                }
            }
        }
        Ok(changes)
    }

    /// The content of an entry as it is after the edits so far: places of several kinds may lie in one file.
    fn current(&self, contents: &mut Contents, entry: &str) -> Result<Option<Vec<u8>>, ApkError> {
        match contents.remove(entry) {
            Some(content) => Ok(Some(content)),
            None => self.content(entry),
        }
    }
}

/// What changes in one manifest.
#[derive(Default)]
struct ManifestEdits {
    meta: Vec<MetaEdit>,
    data: Vec<DataEdit>,
    create: bool,
}

fn check_conflicts(values: &[(Spot, Zeroizing<String>)]) -> Result<(), ApkError> {
    for (index, (spot, value)) in values.iter().enumerate() {
        // Files are checked where they are changed.
        let same =
            |other: &Spot| !matches!(spot.slot, Slot::File(_)) && other.entry == spot.entry && other.slot == spot.slot;
        if let Some((other, _)) = values[..index].iter().find(|(other, theirs)| same(other) && theirs != value) {
            return Err(ApkError::Conflict {
                entry: spot.entry.clone(),
                first: Box::new(other.address.clone()),
                second: Box::new(spot.address.clone()),
            });
        }
    }
    Ok(())
}
