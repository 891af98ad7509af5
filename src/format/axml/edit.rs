//! New values of `<meta-data>`, and of attributes and texts addressed by a path.
//!
//! Only the string pool, the sizes around it and the words of edited values change; every other byte is copied. Which
//! string a value gets is decided in [`crate::format::slots`], so the result does not depend on which values were edited
//! in before.
//!
//! Must not: replace a reference (`android:resource`), which would change what the application asks for.

use std::collections::{BTreeMap, HashSet};

use super::data::{self, DataAttribute};
use super::parse::{NO_STRING, PathElement, TYPE_STRING};
use super::{Attribute, AxmlError, Document, NAME, NodeKind, RESOURCE, VALUE, create};
use crate::format::chunk::ChunkError;
use crate::format::node_path::{Matcher, NodePath};
use crate::format::slots::{self, Unit};
use crate::format::splice::Splices;

/// A new value of `<meta-data android:name=NAME android:value=...>` under `<application>`.
#[derive(Clone, PartialEq, Eq)]
pub struct MetaEdit {
    /// `android:name`
    pub name: String,
    /// The text.
    pub value: String,
}

impl std::fmt::Debug for MetaEdit {
    /// The value may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, value: _ } = self;
        f.debug_struct("MetaEdit").field("name", name).finish_non_exhaustive()
    }
}

/// A new value of an attribute of `<data>` in intent filters.
#[derive(Clone, PartialEq, Eq)]
pub struct DataEdit {
    /// Which elements ([`super::FilterData::nth`]).
    pub elements: Vec<usize>,
    /// Which attribute of them.
    pub attribute: DataAttribute,
    /// What it is called in messages.
    pub place: String,
    /// The text.
    pub value: String,
}

impl std::fmt::Debug for DataEdit {
    /// The value may hold a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { elements, attribute, place, value: _ } = self;
        f.debug_struct("DataEdit")
            .field("elements", elements)
            .field("attribute", attribute)
            .field("place", place)
            .finish_non_exhaustive()
    }
}

/// A new value at a path.
#[derive(Clone, PartialEq, Eq)]
pub struct PathEdit {
    /// See [`crate::format::node_path`].
    pub path: String,
    /// The text.
    pub value: String,
}

impl std::fmt::Debug for PathEdit {
    /// The value may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { path, value: _ } = self;
        f.debug_struct("PathEdit").field("path", path).finish_non_exhaustive()
    }
}

/// An edited document, and what is worth telling about it.
#[derive(Clone, PartialEq, Eq)]
pub struct Edited {
    /// The document.
    pub bytes: Vec<u8>,
    /// Names whose value was a number, truth value or reference, and is a text now.
    pub retyped: Vec<String>,
    /// Names that were added.
    pub created: Vec<String>,
}

impl std::fmt::Debug for Edited {
    /// The document holds the values.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { bytes, retyped, created } = self;
        f.debug_struct("Edited")
            .field("size", &bytes.len())
            .field("retyped", retyped)
            .field("created", created)
            .finish()
    }
}

/// Where a string goes: the words that refer to it, and the `Res_value` that becomes a string.
struct Target {
    /// `rawValue`, or the text of a text node.
    raw_at: usize,
    raw: u32,
    /// The first byte of a `Res_value`, when there is one to set.
    value_at: Option<usize>,
    data: Option<u32>,
    place: String,
    text: String,
}

/// The document with every `<meta-data>` of these names changed. With `create`, a name that is absent becomes a new
/// element at the end of `<application>`; without, it is [`AxmlError::NotFound`].
pub fn edit_meta_data(bytes: &[u8], edits: &[MetaEdit], create: bool) -> Result<Edited, AxmlError> {
    edit_manifest(bytes, edits, &[], create)
}

/// The same with attributes of `<data>` changed too: all strings of the manifest go in together, so that the result does not
/// depend on their order.
pub fn edit_manifest(bytes: &[u8], edits: &[MetaEdit], data: &[DataEdit], create: bool) -> Result<Edited, AxmlError> {
    let mut edits: Vec<&MetaEdit> = edits.iter().collect();
    edits.sort_by(|a, b| (&a.name, &a.value).cmp(&(&b.name, &b.value)));
    for pair in edits.windows(2) {
        if let [a, b] = pair
            && a.name == b.name
            && a.value != b.value
        {
            return Err(AxmlError::Conflict { place: place(&a.name) });
        }
    }
    edits.dedup_by(|a, b| a.name == b.name);
    let mut grown: Option<Vec<u8>> = None;
    let mut created = Vec::new();
    for edit in &edits {
        let bytes = grown.as_deref().unwrap_or(bytes);
        let document = Document::parse(bytes)?;
        if meta_data(&document, &edit.name).is_empty() {
            if !create {
                return Err(AxmlError::NotFound { place: place(&edit.name) });
            }
            grown = Some(create::add_meta_data(&document, &edit.name, &edit.value)?);
            created.push(edit.name.clone());
        }
    }
    let bytes = grown.as_deref().unwrap_or(bytes);
    let document = Document::parse(bytes)?;
    let (mut targets, mut retyped) = (Vec::new(), Vec::new());
    for edit in &edits {
        for attributes in meta_data(&document, &edit.name) {
            let Some(value) = document.attribute(attributes, VALUE, "value") else {
                let (offset, found) = match document.attribute(attributes, RESOURCE, "resource") {
                    Some(resource) => (resource.offset, "android:resource"),
                    None => (attributes.first().map_or(0, |first| first.offset), "neither value nor resource"),
                };
                let (place, expected) = (place(&edit.name), "android:value");
                return Err(AxmlError::WrongKind { place, offset, expected, found: found.to_owned() });
            };
            if value.data_type != TYPE_STRING && !retyped.contains(&edit.name) {
                retyped.push(edit.name.clone());
            }
            targets.push(Target::attribute(value, place(&edit.name), &edit.value));
        }
    }
    for edit in data {
        for element in &edit.elements {
            let attribute = data::attribute(&document, *element, edit.attribute)
                .ok_or_else(|| AxmlError::NotFound { place: edit.place.clone() })?;
            targets.push(Target::attribute(attribute, edit.place.clone(), &edit.value));
        }
    }
    Ok(Edited { bytes: write(&document, targets)?, retyped, created })
}

/// The document with existing attributes and texts changed; each path changes everything it means.
pub fn edit_paths(bytes: &[u8], edits: &[PathEdit]) -> Result<Vec<u8>, AxmlError> {
    let document = Document::parse(bytes)?;
    let mut targets = Vec::new();
    for edit in edits {
        let path = NodePath::parse(&edit.path)?;
        let found = places(&document, &path);
        if found.is_empty() {
            return Err(AxmlError::NotFound { place: edit.path.clone() });
        }
        for here in found {
            if let Here::Attribute(attribute) = here
                && attribute.data_type != TYPE_STRING
            {
                return Err(AxmlError::WrongKind {
                    place: edit.path.clone(),
                    offset: attribute.offset,
                    expected: "a text",
                    found: document.scalar(attribute).to_string(),
                });
            }
            targets.push(match here {
                Here::Attribute(attribute) => Target::attribute(attribute, edit.path.clone(), &edit.value),
                Here::Text { at, text, data } => Target {
                    raw_at: at,
                    raw: text,
                    value_at: data.map(|_| at + 4),
                    data,
                    place: edit.path.clone(),
                    text: edit.value.clone(),
                },
            });
        }
    }
    write(&document, targets)
}

/// The texts at a path, in document order.
pub fn read_path(document: &Document<'_>, path: &str) -> Result<Vec<String>, AxmlError> {
    let path = NodePath::parse(path)?;
    let text = |here: Here<'_>| match here {
        Here::Attribute(attribute) => document.attribute_text(attribute),
        Here::Text { text, .. } => document.string(text).map(std::borrow::Cow::into_owned),
    };
    Ok(places(document, &path).into_iter().filter_map(text).collect())
}

impl Target {
    fn attribute(attribute: &Attribute, place: String, text: &str) -> Self {
        Self {
            raw_at: attribute.offset + 8,
            raw: attribute.raw,
            value_at: Some(attribute.offset + 12),
            data: (attribute.data_type == TYPE_STRING).then_some(attribute.data),
            place,
            text: text.to_owned(),
        }
    }
}

enum Here<'d> {
    Attribute(&'d Attribute),
    Text { at: usize, text: u32, data: Option<u32> },
}

/// What a path means. The text of an element is its own text nodes, not those of its children.
fn places<'d>(document: &'d Document<'_>, path: &NodePath) -> Vec<Here<'d>> {
    let mut matcher = Matcher::new(path);
    let mut open: Vec<bool> = Vec::new();
    let mut out = Vec::new();
    for node in &document.nodes {
        match &node.kind {
            NodeKind::Start { namespace, name, attributes } => {
                let element = PathElement { document, namespace: *namespace, name: *name, attributes };
                let hit = matcher.enter(&element);
                open.push(hit);
                if let Some(found) = path.attribute().filter(|_| hit).and_then(|name| element.attribute_named(name)) {
                    out.push(Here::Attribute(found));
                }
            }
            NodeKind::End { .. } => {
                matcher.leave();
                open.pop();
            }
            NodeKind::Text { text } if path.attribute().is_none() && open.last() == Some(&true) => {
                let at = node.chunk.offset + node.chunk.header_size;
                out.push(Here::Text { at, text: *text, data: Document::text_data(node) });
            }
            _ => {}
        }
    }
    out
}

/// The attributes of every `<meta-data>` of this name directly under `<application>`.
fn meta_data<'d>(document: &'d Document<'_>, name: &str) -> Vec<&'d [Attribute]> {
    let mut path = Vec::new();
    let mut out = Vec::new();
    for node in &document.nodes {
        match &node.kind {
            NodeKind::Start { name: element, attributes, .. } => {
                path.push(document.string(*element).unwrap_or_default());
                let here = path.iter().map(AsRef::as_ref).eq(["manifest", "application", "meta-data"]);
                let own = document.attribute(attributes, NAME, "name").filter(|_| here);
                if own.and_then(|own| document.attribute_text(own)).as_deref() == Some(name) {
                    out.push(attributes.as_slice());
                }
            }
            NodeKind::End { .. } => {
                path.pop();
            }
            _ => {}
        }
    }
    out
}

fn place(name: &str) -> String {
    format!("meta-data {name}")
}

/// Gives every target its string.
fn write(document: &Document<'_>, targets: Vec<Target>) -> Result<Vec<u8>, AxmlError> {
    // In document order, each place once: the result must not depend on the order of the edits.
    let mut places: BTreeMap<usize, Target> = BTreeMap::new();
    for target in targets {
        if let Some(other) = places.get(&target.raw_at) {
            if other.text != target.text {
                return Err(AxmlError::Conflict { place: target.place });
            }
            continue;
        }
        places.insert(target.raw_at, target);
    }
    if places.is_empty() {
        return Ok(document.bytes.to_vec());
    }
    let pool = &document.pool;
    let mut ours = HashSet::new();
    for target in places.values() {
        ours.insert(target.raw_at);
        ours.extend(target.value_at.map(|at| at + 4));
    }
    let mut foreign = vec![false; pool.len() as usize];
    let mut refer = |slot: u32| {
        if let Some(flag) = foreign.get_mut(slot as usize) {
            *flag = true;
        }
    };
    document.string_words(|at, slot| {
        if !ours.contains(&at) {
            refer(slot);
        }
    });
    pool.span_names().into_iter().for_each(&mut refer);
    let some = |slot: u32| (slot != NO_STRING && slot < pool.len()).then_some(slot);
    let units: Vec<Unit> = places
        .values()
        .map(|target| match target.data {
            Some(data) => Unit { slot: some(data), second: some(target.raw), text: target.text.clone() },
            None => Unit { slot: some(target.raw), second: None, text: target.text.clone() },
        })
        .collect();
    // A string below the end of the map stands for an attribute name.
    let named = u32::try_from(document.ids.len()).unwrap_or(u32::MAX);
    let assigned = slots::assign(pool, &foreign, named.max(pool.style_count()), &units)?;

    let mut splices = Splices::new();
    for (target, slot) in places.values().zip(&assigned.slots) {
        if target.raw != *slot {
            splices.set_u32(target.raw_at, *slot);
        }
        if let Some(at) = target.value_at.filter(|_| target.data != Some(*slot)) {
            // Res_value { size 8, res0, TYPE_STRING, data }
            let [b0, b1, b2, b3] = slot.to_le_bytes();
            splices.replace(at..at + 8, [8, 0, 0, TYPE_STRING, b0, b1, b2, b3]);
        }
    }
    if !assigned.edit.is_empty() {
        let new = pool.rewrite(&assigned.edit)?;
        let old = pool.chunk();
        let size = document.root.bytes.len() - old.bytes.len() + new.len();
        let size = u32::try_from(size).map_err(|_| ChunkError::new(4, "a document under 4 GiB", size))?;
        splices.set_u32(4, size);
        splices.replace(old.offset..old.end(), new);
    }
    Ok(splices.apply(document.bytes)?)
}
