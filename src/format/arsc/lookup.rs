//! What a table says: values by name or by id, per package and configuration.
//!
//! Must not: change anything, or choose between configurations.

use std::collections::BTreeSet;

use super::parse::{Body, Entry, Layout, TYPE_STRING, TypeChunk};
use super::{ArscError, Package, Table};
use crate::format::chunk::ChunkError;
use crate::format::limits;
use crate::format::secret::Redacted;

/// What a resource is in one configuration (`Res_value`).
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// A plain string, or the path of a file resource.
    String(String),
    /// A string with style spans.
    Styled(String),
    /// A reference to another resource (`TYPE_REFERENCE`, `TYPE_DYNAMIC_REFERENCE`).
    Reference(u32),
    /// `@null`
    Null,
    /// Any other simple value.
    Other {
        /// `Res_value.dataType`
        data_type: u8,
        /// `Res_value.data`
        data: u32,
    },
    /// A bag: an array, style, plural.
    Complex,
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::String(_) => f.debug_tuple("String").field(&Redacted).finish(),
            Self::Styled(_) => f.debug_tuple("Styled").field(&Redacted).finish(),
            Self::Reference(id) => f.debug_tuple("Reference").field(id).finish(),
            Self::Null => f.write_str("Null"),
            Self::Other { data_type, data } => {
                f.debug_struct("Other").field("data_type", data_type).field("data", data).finish()
            }
            Self::Complex => f.write_str("Complex"),
        }
    }
}

impl Value {
    /// Bytes of its text.
    pub(in crate::format) fn text_len(&self) -> usize {
        match self {
            Self::String(text) | Self::Styled(text) => text.len(),
            Self::Reference(_) | Self::Null | Self::Other { .. } | Self::Complex => 0,
        }
    }
}

impl std::fmt::Display for Value {
    /// Says what kind of value it is; a text may be a secret and is not shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::String(_) => f.write_str("a plain string"),
            Self::Styled(_) => f.write_str("a styled string"),
            Self::Reference(id) => write!(f, "a reference to 0x{id:08x}"),
            Self::Null => f.write_str("@null"),
            Self::Other { data_type, data } => write!(f, "a value of type 0x{data_type:02x}, data 0x{data:08x}"),
            Self::Complex => f.write_str("a bag (array, plural or style)"),
        }
    }
}

/// One value of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Name of the package that defines it.
    pub package: String,
    /// Id of that package.
    pub package_id: u32,
    /// Resource id.
    pub id: u32,
    /// Qualifiers, or `default`.
    pub config: String,
    /// What it is there.
    pub value: Value,
}

impl Found {
    /// Its configuration and the path it has there, where it is one.
    pub(in crate::format) fn into_file(self) -> Option<(String, String)> {
        match self.value {
            Value::String(path) => Some((self.config, path)),
            Value::Styled(_) | Value::Reference(_) | Value::Null | Value::Other { .. } | Value::Complex => None,
        }
    }
}

/// An entry with where it stands.
pub(super) struct Place<'t, 'a> {
    pub(super) package: &'t Package<'a>,
    pub(super) part: &'t TypeChunk<'a>,
    pub(super) entry: Entry,
}

impl<'a> Table<'a> {
    /// Every value of a resource, in file order; empty when there is none.
    pub fn find(&self, kind: &str, name: &str) -> Result<Vec<Found>, ArscError> {
        let mut out = Vec::new();
        let mut bytes = 0;
        for place in self.places(kind, name)? {
            let found = self.found(&place)?;
            bytes += found.value.text_len();
            if bytes > limits::RESOURCE_TEXT_BYTES {
                return Err(too_many(kind, name));
            }
            out.push(found);
        }
        Ok(out)
    }

    /// The paths a file resource has (`raw`, `xml`, `drawable`, ...), each with its configuration.
    pub fn files(&self, kind: &str, name: &str) -> Result<Vec<(String, String)>, ArscError> {
        Ok(self.find(kind, name)?.into_iter().filter_map(Found::into_file).collect())
    }

    /// Which resource a file is, as type and name; the first where several share it.
    pub fn resource_of(&self, path: &str) -> Result<Option<(String, String)>, ArscError> {
        let Some(slot) = self.values.as_ref().and_then(|values| values.find(path)) else { return Ok(None) };
        for package in &self.packages {
            for part in &package.types {
                for entry in part.entries() {
                    let entry = entry?;
                    if !matches!(entry.body, Body::Simple { kind: TYPE_STRING, data, .. } if data == slot) {
                        continue;
                    }
                    let kind = package.type_name(part.id).filter(|kind| kind != "string");
                    let key = package.keys.as_ref().and_then(|keys| keys.text(entry.key).ok());
                    if let Some((kind, key)) = kind.zip(key) {
                        return Ok(Some((kind, key.into_owned())));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Whether it uses 16-bit offsets or compact entries (`FLAG_OFFSET16`, `ResTable_entry::FLAG_COMPACT`), which tools
    /// and devices before Android 14 misread.
    pub fn needs_android_14(&self) -> bool {
        self.packages.iter().flat_map(|package| &package.types).any(|part| {
            part.layout == Layout::Offset16 || part.entries().filter_map(Result::ok).any(|entry| entry.compact)
        })
    }

    /// The names of all string resources, sorted.
    pub fn string_names(&self) -> Result<Vec<String>, ArscError> {
        self.names("string")
    }

    /// The names of all resources of a type, sorted.
    pub fn names(&self, kind: &str) -> Result<Vec<String>, ArscError> {
        let mut names = BTreeSet::new();
        for package in &self.packages {
            let Some(keys) = &package.keys else { continue };
            let ids = package.type_ids(kind);
            let mut seen = BTreeSet::new();
            for part in package.types.iter().filter(|part| ids.contains(&part.id)) {
                for entry in part.entries() {
                    seen.insert(entry?.key);
                }
            }
            for key in seen {
                names.insert(keys.text(key)?.into_owned());
            }
        }
        Ok(names.into_iter().collect())
    }

    /// The name of a resource id, as `type/name`.
    pub fn resource_name(&self, id: u32) -> Result<Option<String>, ArscError> {
        let Some(place) = self.places_of(id)?.into_iter().next() else { return Ok(None) };
        let kind = place.package.type_name(place.part.id);
        let key = place.package.keys.as_ref().and_then(|keys| keys.text(place.entry.key).ok());
        Ok(kind.zip(key).map(|(kind, key)| format!("{kind}/{key}")))
    }

    /// What a resource id stands for, references followed (as `ResTable::resolveReference`): every value it can have.
    pub fn resolve(&self, id: u32) -> Result<Vec<Found>, ArscError> {
        let mut out = Vec::new();
        let mut bytes = 0;
        let mut seen = BTreeSet::from([id]);
        let mut ids = vec![id];
        for _ in 0..limits::REFERENCE_HOPS {
            let mut next = Vec::new();
            for id in ids {
                for place in self.places_of(id)? {
                    let found = self.found(&place)?;
                    bytes += found.value.text_len();
                    match found.value {
                        Value::Reference(to) => {
                            if seen.insert(to) {
                                next.push(to);
                            }
                        }
                        Value::String(_) | Value::Styled(_) | Value::Null | Value::Other { .. } | Value::Complex => {
                            out.push(found);
                        }
                    }
                }
                if out.len() + next.len() > limits::RESOURCE_VALUES || bytes > limits::RESOURCE_TEXT_BYTES {
                    return Err(too_many("id", &format!("0x{id:08x}")));
                }
            }
            if next.is_empty() {
                break;
            }
            ids = next;
        }
        Ok(out)
    }

    /// Every place of a resource, in file order.
    pub(super) fn places(&self, kind: &str, name: &str) -> Result<Vec<Place<'_, 'a>>, ArscError> {
        let mut out = Vec::new();
        for package in &self.packages {
            let ids = package.type_ids(kind);
            let keys = if ids.is_empty() { continue } else { package.key_indices(name) };
            if keys.is_empty() {
                continue;
            }
            for part in package.types.iter().filter(|part| ids.contains(&part.id)) {
                for entry in part.entries() {
                    let entry = entry?;
                    if keys.contains(&entry.key) {
                        out.push(Place { package, part, entry });
                    }
                    if out.len() > limits::RESOURCE_VALUES {
                        return Err(too_many(kind, name));
                    }
                }
            }
        }
        Ok(out)
    }

    fn places_of(&self, id: u32) -> Result<Vec<Place<'_, 'a>>, ArscError> {
        let [package_id, kind, ..] = id.to_be_bytes();
        let mut out = Vec::new();
        // Package 0 is "this one" in a shared library's own references.
        let packages = self.packages.iter().filter(|package| package.id & 0xff == u32::from(package_id));
        for package in packages {
            for part in package.types.iter().filter(|part| part.id == kind) {
                if let Some(entry) = part.entry_of(id & 0xffff) {
                    out.push(Place { package, part, entry: entry? });
                }
                if out.len() > limits::RESOURCE_VALUES {
                    return Err(too_many("id", &format!("0x{id:08x}")));
                }
            }
        }
        Ok(out)
    }

    fn found(&self, place: &Place<'_, 'a>) -> Result<Found, ArscError> {
        Ok(Found {
            package: place.package.name.clone(),
            package_id: place.package.id,
            id: place.package.resource_id(place.part.id, place.entry.index),
            config: place.part.config.qualifiers(),
            value: self.value(&place.entry)?,
        })
    }

    /// What an entry holds.
    pub(super) fn value(&self, entry: &Entry) -> Result<Value, ArscError> {
        let Body::Simple { kind, data, data_at } = entry.body else { return Ok(Value::Complex) };
        Ok(match (kind, data) {
            (TYPE_STRING, index) => {
                let pool = self
                    .values
                    .as_ref()
                    .ok_or_else(|| ChunkError::new(data_at, "a value string pool", "a string value without one"))?;
                let text = pool.text(index)?.into_owned();
                if index < pool.style_count() { Value::Styled(text) } else { Value::String(text) }
            }
            (0x00 | 0x01, 0) => Value::Null,
            (0x01 | 0x07, id) => Value::Reference(id),
            (data_type, data) => Value::Other { data_type, data },
        })
    }
}

fn too_many(kind: &str, name: &str) -> ArscError {
    ArscError::TooMany { kind: kind.to_owned(), name: name.to_owned(), limit: limits::RESOURCE_VALUES }
}
