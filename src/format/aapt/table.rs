//! What a `ResourceTable` says: values by name or by id, per package and configuration.
//!
//! Must not: change anything, or choose between configurations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::item::{Item, once};
use super::wire::{Field, Part, fields, text};
use super::{AaptError, config};
use crate::format::arsc::{Found, Value};
use crate::format::limits;

/// The field number of an entry in its type.
pub(super) const ENTRY: u32 = 3;

/// A table. Packages and types are read at once, entries when they are looked for.
pub struct Table<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) packages: Vec<Package>,
    /// The first id of each `type/name`, made when a reference says a name alone.
    ids: OnceLock<Result<BTreeMap<String, u32>, AaptError>>,
}

impl std::fmt::Debug for Table<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Its strings may be secrets.
        f.debug_struct("Table").field("size", &self.bytes.len()).finish_non_exhaustive()
    }
}

pub(super) struct Package {
    pub(super) part: Part,
    id: u32,
    name: String,
    pub(super) types: Vec<Type>,
}

pub(super) struct Type {
    pub(super) part: Part,
    id: u32,
    pub(super) name: String,
}

/// An entry with where it stands.
pub(super) struct Entry<'t> {
    package: &'t Package,
    kind: &'t Type,
    pub(super) part: Part,
    pub(super) id: u32,
    name: String,
}

/// A value of an entry.
pub(super) struct Held {
    /// Qualifiers.
    pub(super) config: String,
    /// A reference that has a name alone is 0; see [`Table::value_of`].
    pub(super) value: Value,
    /// Its item, with the messages around that, the item the last.
    pub(super) item: Option<(Item, Vec<Part>)>,
}

impl<'a> Table<'a> {
    /// Reads packages and types.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, AaptError> {
        let mut packages = Vec::new();
        for field in fields(bytes, &Part::whole(bytes)) {
            let field = field?;
            if field.number == 2 {
                packages.push(Package::read(bytes, field.part()?)?);
            }
        }
        Ok(Self { bytes, packages, ids: OnceLock::new() })
    }

    /// Every value of a resource, in file order; empty when there is none.
    pub fn find(&self, kind: &str, name: &str) -> Result<Vec<Found>, AaptError> {
        let mut out = Vec::new();
        let mut bytes = 0;
        for entry in self.entries_named(kind, name)? {
            self.add(&entry, &mut out, &mut bytes)?;
        }
        Ok(out)
    }

    /// The paths a file resource has (`raw`, `xml`, `drawable`, ...), each with its configuration.
    pub fn files(&self, kind: &str, name: &str) -> Result<Vec<(String, String)>, AaptError> {
        Ok(self.find(kind, name)?.into_iter().filter_map(Found::into_file).collect())
    }

    /// Which resource a file is, as type and name; the first where several share it.
    pub fn resource_of(&self, path: &str) -> Result<Option<(String, String)>, AaptError> {
        let of_files = |kind: &Type| kind.name != "string";
        for entry in self.entries(|_, kind| of_files(kind)) {
            let entry = entry?;
            let held = self.held(&entry)?;
            if held.iter().any(|held| matches!(&held.value, Value::String(found) if found == path)) {
                return Ok(Some((entry.kind.name.clone(), entry.name)));
            }
        }
        Ok(None)
    }

    /// The names of all resources of a type, sorted.
    pub fn names(&self, kind: &str) -> Result<Vec<String>, AaptError> {
        let names: Result<BTreeSet<String>, AaptError> =
            self.entries(|_, of| of.name == kind).map(|entry| Ok(entry?.name)).collect();
        Ok(names?.into_iter().collect())
    }

    /// The name of a resource id, as `type/name`.
    pub fn resource_name(&self, id: u32) -> Result<Option<String>, AaptError> {
        let entry = self.entries_of(id)?.into_iter().next();
        Ok(entry.map(|entry| format!("{}/{}", entry.kind.name, entry.name)))
    }

    /// What a resource id stands for, references followed: every value it can have.
    pub fn resolve(&self, id: u32) -> Result<Vec<Found>, AaptError> {
        let mut out = Vec::new();
        let mut bytes = 0;
        let mut seen = BTreeSet::from([id]);
        let mut ids = vec![id];
        for _ in 0..limits::REFERENCE_HOPS {
            let mut next = Vec::new();
            let mut found = Vec::new();
            for id in ids {
                for entry in self.entries_of(id)? {
                    self.add(&entry, &mut found, &mut bytes)?;
                }
            }
            for found in found {
                match found.value {
                    Value::Reference(to) => next.extend(seen.insert(to).then_some(to)),
                    Value::String(_) | Value::Styled(_) | Value::Null | Value::Other { .. } | Value::Complex => {
                        out.push(found);
                    }
                }
            }
            if out.len() + next.len() > limits::RESOURCE_VALUES {
                return Err(too_many(&format!("0x{id:08x}")));
            }
            if next.is_empty() {
                break;
            }
            ids = next;
        }
        Ok(out)
    }

    /// Every entry of this name, in file order.
    pub(super) fn entries_named(&self, kind: &str, name: &str) -> Result<Vec<Entry<'_>>, AaptError> {
        let named = |entry: &Result<Entry<'_>, AaptError>| entry.as_ref().map_or(true, |entry| entry.name == name);
        let found = self.entries(|_, of| of.name == kind).filter(named).take(limits::RESOURCE_VALUES + 1);
        let found = found.collect::<Result<Vec<_>, _>>()?;
        if found.len() > limits::RESOURCE_VALUES {
            return Err(too_many(&format!("{kind}/{name}")));
        }
        Ok(found)
    }

    fn entries_of(&self, id: u32) -> Result<Vec<Entry<'_>>, AaptError> {
        let of_type = |package: &Package, kind: &Type| package.id << 24 | kind.id << 16 == id & 0xffff_0000;
        let is_it = |entry: &Result<Entry<'_>, AaptError>| entry.as_ref().map_or(true, |entry| entry.id == id);
        let found = self.entries(of_type).filter(is_it).take(limits::RESOURCE_VALUES + 1);
        let found = found.collect::<Result<Vec<_>, _>>()?;
        if found.len() > limits::RESOURCE_VALUES {
            return Err(too_many(&format!("0x{id:08x}")));
        }
        Ok(found)
    }

    /// The entries of these types.
    fn entries(&self, wanted: impl Fn(&Package, &Type) -> bool) -> impl Iterator<Item = Result<Entry<'_>, AaptError>> {
        let all = self.packages.iter().flat_map(|package| package.types.iter().map(move |kind| (package, kind)));
        let bytes = self.bytes;
        all.filter(move |(package, kind)| wanted(package, kind)).flat_map(move |(package, kind)| {
            let entries =
                fields(bytes, &kind.part).filter(|field| field.as_ref().map_or(true, |field| field.number == ENTRY));
            entries.map(move |field| Entry::read(bytes, (package, kind), field?.part()?))
        })
    }

    /// The entries of one type.
    pub(super) fn entries_in<'t>(
        &'t self,
        package: &'t Package,
        kind: &'t Type,
    ) -> impl Iterator<Item = Result<Entry<'t>, AaptError>> {
        self.entries(move |of, this| std::ptr::eq(of, package) && std::ptr::eq(this, kind))
    }

    /// What an entry holds in each configuration.
    pub(super) fn held(&self, entry: &Entry<'_>) -> Result<Vec<Held>, AaptError> {
        let around = [entry.package.part.clone(), entry.kind.part.clone(), entry.part.clone()];
        let mut out = Vec::new();
        for field in fields(self.bytes, &entry.part) {
            let field = field?;
            if field.number == 6 {
                if out.len() >= limits::RESOURCE_VALUES {
                    return Err(too_many(&format!("{}/{}", entry.kind.name, entry.name)));
                }
                out.push(value(self.bytes, &around, field.part()?)?);
            }
        }
        Ok(out)
    }

    /// The value, with the id of a reference that says a name alone, where the table has that.
    pub(super) fn value_of(&self, held: &Held) -> Result<Value, AaptError> {
        let named = held.item.as_ref().and_then(|(item, _)| item.name.as_ref());
        match (&held.value, named) {
            (Value::Reference(0), Some(name)) => Ok(Value::Reference(self.id_of(name)?)),
            (value, _) => Ok(value.clone()),
        }
    }

    /// The id of a resource that a reference names: `type/name`, with or without its package. 0 where there is none.
    fn id_of(&self, name: &str) -> Result<u32, AaptError> {
        let ids = self.ids.get_or_init(|| {
            let mut ids = BTreeMap::new();
            for entry in self.entries(|_, _| true) {
                let entry = entry?;
                ids.entry(format!("{}/{}", entry.kind.name, entry.name)).or_insert(entry.id);
            }
            Ok(ids)
        });
        let local = name.rsplit_once(':').map_or(name, |(_, local)| local);
        Ok(ids.as_ref().map_err(Clone::clone)?.get(local).copied().unwrap_or(0))
    }

    /// `bytes` counts those of all texts.
    fn add(&self, entry: &Entry<'_>, out: &mut Vec<Found>, bytes: &mut usize) -> Result<(), AaptError> {
        for held in self.held(entry)? {
            let value = self.value_of(&held)?;
            *bytes += value.text_len();
            out.push(Found {
                package: entry.package.name.clone(),
                package_id: entry.package.id,
                id: entry.id,
                config: held.config,
                value,
            });
        }
        if out.len() > limits::RESOURCE_VALUES || *bytes > limits::RESOURCE_TEXT_BYTES {
            return Err(too_many(&format!("{}/{}", entry.kind.name, entry.name)));
        }
        Ok(())
    }
}

/// A `ConfigValue`.
fn value(bytes: &[u8], around: &[Part], message: &Part) -> Result<Held, AaptError> {
    let (mut config, mut value) = (None, None);
    for field in fields(bytes, message) {
        let field = field?;
        match field.number {
            1 => once(&mut config, field.part()?.clone(), &field)?,
            2 => once(&mut value, field.part()?.clone(), &field)?,
            _ => {}
        }
    }
    let config = config::qualifiers(bytes, config.as_ref())?;
    let Some(value) = value else { return Ok(Held { config, value: Value::Null, item: None }) };
    let mut content: Option<Field> = None;
    for field in fields(bytes, &value) {
        let field = field?;
        if matches!(field.number, 4 | 5) {
            once(&mut content, field.clone(), &field)?;
        }
    }
    Ok(match content {
        None => Held { config, value: Value::Null, item: None },
        Some(field) if field.number == 5 => Held { config, value: Value::Complex, item: None },
        Some(field) => {
            let part = field.part()?;
            let item = Item::read(bytes, part)?;
            let value = [around, &[message.clone(), value.clone(), part.clone()]].concat();
            Held { config, value: item.value.clone(), item: Some((item, value)) }
        }
    })
}

impl Package {
    fn read(bytes: &[u8], part: &Part) -> Result<Self, AaptError> {
        let (mut id, mut name, mut types) = (None, None, Vec::new());
        for field in fields(bytes, part) {
            let field = field?;
            match field.number {
                1 => once(&mut id, id_in(bytes, field.part()?)?, &field)?,
                2 => once(&mut name, text(bytes, field.part()?)?.to_owned(), &field)?,
                3 => types.push(Type::read(bytes, field.part()?)?),
                _ => {}
            }
        }
        Ok(Self { part: part.clone(), id: id.unwrap_or(0), name: name.unwrap_or_default(), types })
    }

    /// Whether it is the application's, by the id that aapt2 gives it.
    pub(super) fn is_app(&self) -> bool {
        self.id == 0x7f
    }
}

impl Type {
    fn read(bytes: &[u8], part: &Part) -> Result<Self, AaptError> {
        let (id, name) = id_and_name(bytes, part)?;
        Ok(Self { part: part.clone(), id, name })
    }
}

impl<'t> Entry<'t> {
    fn read(bytes: &[u8], (package, kind): (&'t Package, &'t Type), part: &Part) -> Result<Self, AaptError> {
        let (id, name) = id_and_name(bytes, part)?;
        let id = package.id << 24 | kind.id << 16 | id;
        Ok(Self { package, kind, part: part.clone(), id, name })
    }

    /// The messages around it.
    pub(super) fn around(&self) -> [Part; 2] {
        [self.package.part.clone(), self.kind.part.clone()]
    }
}

/// What types and entries begin with: an id in field 1, a name in field 2.
fn id_and_name(bytes: &[u8], message: &Part) -> Result<(u32, String), AaptError> {
    let (mut id, mut name) = (None, None);
    for field in fields(bytes, message) {
        let field = field?;
        match field.number {
            1 => once(&mut id, id_in(bytes, field.part()?)?, &field)?,
            2 => once(&mut name, text(bytes, field.part()?)?.to_owned(), &field)?,
            _ => {}
        }
    }
    Ok((id.unwrap_or(0), name.unwrap_or_default()))
}

/// `PackageId`, `TypeId`, `EntryId`.
fn id_in(bytes: &[u8], message: &Part) -> Result<u32, AaptError> {
    let mut id = None;
    for field in fields(bytes, message) {
        let field = field?;
        if field.number == 1 {
            once(&mut id, field.u32()?, &field)?;
        }
    }
    Ok(id.unwrap_or(0))
}

fn too_many(place: &str) -> AaptError {
    AaptError::TooMany { place: place.to_owned(), limit: limits::RESOURCE_VALUES }
}
