//! New values of `<meta-data>`, and of attributes and texts addressed by a path.
//!
//! Only the string pool, the sizes around it and the words of edited values change; every other byte is copied. Which
//! string a value gets is decided in [`crate::format::slots`], so the result does not depend on which values were edited
//! in before.
//!
//! Must not: replace a reference (`android:resource`), or make a text of a number, which would change what the application
//! asks for.

use std::collections::{BTreeMap, HashSet};

use super::data::{self, DataAttribute};
use super::parse::{NO_STRING, PathElement, TYPE_STRING};
use super::{Attribute, AxmlError, Document, NAME, NodeKind, RESOURCE, Scalar, VALUE, create};
use crate::format::chunk::ChunkError;
use crate::format::node_path::{Matcher, NodePath};
use crate::format::secret::SecretText;
use crate::format::slots::{self, Unit};
use crate::format::splice::Splices;

/// A new value of `<meta-data android:name=NAME android:value=...>` under `<application>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetaEdit {
    /// `android:name`
    pub name: String,
    /// The text.
    pub value: SecretText,
}

/// A new value of an attribute of `<data>` in intent filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataEdit {
    /// Which elements ([`super::FilterData::nth`]).
    pub elements: Vec<usize>,
    /// Which attribute of them.
    pub attribute: DataAttribute,
    /// What it is called in messages.
    pub place: String,
    /// The text.
    pub value: SecretText,
}

/// A new value at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathEdit {
    /// See [`crate::format::node_path`].
    pub path: String,
    /// The text.
    pub value: SecretText,
}

/// An edited document, and what is worth telling about it.
#[derive(Clone, PartialEq, Eq)]
pub struct Edited {
    /// The document.
    pub bytes: Vec<u8>,
    /// Names that were added.
    pub created: Vec<String>,
}

impl std::fmt::Debug for Edited {
    /// The document holds the values.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { bytes, created } = self;
        f.debug_struct("Edited").field("size", &bytes.len()).field("created", created).finish()
    }
}

/// Where a string goes: the words that refer to it, and the `Res_value` that becomes a string.
struct Target {
    /// `rawValue`, or the text of a text node.
    raw_at: usize,
    raw: u32,
    /// The first byte of a `Res_value`, when there is one to set.
    value_at: Option<usize>,
    /// The string that is there as `Res_value.data`.
    data: Option<u32>,
    /// For a number or truth value its data, and the new data: it stays what it is.
    number: Option<(u32, u32)>,
    /// Whether the place reads as `text` already.
    equal: bool,
    place: String,
    text: SecretText,
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
    edits.sort_by_key(|edit| (&edit.name, edit.value.expose()));
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
            grown = Some(create::add_meta_data(&document, &edit.name, edit.value.expose())?);
            created.push(edit.name.clone());
        }
    }
    let bytes = grown.as_deref().unwrap_or(bytes);
    let document = Document::parse(bytes)?;
    let mut targets = Vec::new();
    for edit in &edits {
        for attributes in meta_data(&document, &edit.name) {
            let place = place(&edit.name);
            let resource = document.attribute(attributes, RESOURCE, "resource");
            let value = document.attribute(attributes, VALUE, "value");
            // PackageParser.parseMetaData takes the resource wherever there is one.
            let counts = resource.filter(|found| value.is_none() || refers(&document.scalar(found)));
            match (counts, value) {
                (None, Some(value)) => targets.push(Target::attribute(&document, value, place, edit.value.expose())?),
                (Some(resource), _) => {
                    let (offset, expected) = (resource.offset, "android:value alone");
                    let found = format!("android:resource, {}, which Android reads", document.scalar(resource));
                    return Err(AxmlError::WrongKind { place, offset, expected, found });
                }
                (None, None) => {
                    let offset = attributes.first().map_or(0, |first| first.offset);
                    let (expected, found) = ("android:value", "neither value nor resource".to_owned());
                    return Err(AxmlError::WrongKind { place, offset, expected, found });
                }
            }
        }
    }
    for edit in data {
        for element in &edit.elements {
            let attribute = data::attribute(&document, *element, edit.attribute)
                .ok_or_else(|| AxmlError::NotFound { place: edit.place.clone() })?;
            targets.push(Target::attribute(&document, attribute, edit.place.clone(), edit.value.expose())?);
        }
    }
    // What was made just now gets its strings as what was there does.
    Ok(Edited { bytes: write(&document, targets, created.is_empty())?, created })
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
            let (place, text) = (edit.path.clone(), edit.value.clone());
            targets.push(match here {
                Here::Attribute(attribute) => Target::attribute(&document, attribute, place, text.expose())?,
                Here::Text { at, text: raw, data } => {
                    let reads = |slot: u32| document.pool.reads(slot, text.expose());
                    let equal = reads(raw) && data.is_none_or(reads);
                    Target { raw_at: at, raw, value_at: data.map(|_| at + 4), data, number: None, equal, place, text }
                }
                Here::Mixed { offset } => {
                    let (expected, found) = ("a text alone", "an element with children, or several texts".to_owned());
                    return Err(AxmlError::WrongKind { place, offset, expected, found });
                }
            });
        }
    }
    write(&document, targets, true)
}

/// The texts at a path, in document order.
pub fn read_path(document: &Document<'_>, path: &str) -> Result<Vec<String>, AxmlError> {
    let path = NodePath::parse(path)?;
    let text = |here: Here<'_>| match here {
        Here::Attribute(attribute) => document.attribute_text(attribute),
        Here::Text { text, .. } => document.string(text).map(std::borrow::Cow::into_owned),
        Here::Mixed { .. } => None,
    };
    Ok(places(document, &path).into_iter().filter_map(text).collect())
}

impl Target {
    /// Of an attribute. A number stays a number and a truth value one, because an application asks for what it declared.
    fn attribute(document: &Document<'_>, attribute: &Attribute, place: String, text: &str) -> Result<Self, AxmlError> {
        let scalar = document.scalar(attribute);
        // What the source said: a reader may ask for it instead of the value.
        let said = |text: &str| document.pool.reads(attribute.raw, text);
        let (number, equal, text) = match &scalar {
            Scalar::Text(_) => {
                let equal = document.pool.reads(attribute.data, text) && (attribute.raw == NO_STRING || said(text));
                (None, equal, text.into())
            }
            typed @ (Scalar::Int(_) | Scalar::Bool(_)) if said(text) && means(text, typed) => {
                (Some(attribute.data), true, text.into())
            }
            typed @ (Scalar::Int(_) | Scalar::Bool(_) | Scalar::Reference(_) | Scalar::Other { .. }) => {
                let data = data_of(typed, attribute.data, text).ok_or_else(|| AxmlError::WrongKind {
                    place: place.clone(),
                    offset: attribute.offset,
                    expected: match typed {
                        Scalar::Int(_) => "a text, or a number as the new value",
                        Scalar::Bool(_) => "a text, or true or false as the new value",
                        Scalar::Text(_) | Scalar::Reference(_) | Scalar::Other { .. } => "a text",
                    },
                    found: scalar.to_string(),
                })?;
                let equal = data == attribute.data;
                // A number that stays may have been written in another form, 0x10.
                let written = document.string(attribute.raw).filter(|_| equal);
                (Some(data), equal, written.map_or_else(|| text.into(), |written| written.into_owned().into()))
            }
        };
        Ok(Self {
            raw_at: attribute.offset + 8,
            raw: attribute.raw,
            value_at: Some(attribute.offset + 12),
            data: number.is_none().then_some(attribute.data),
            number: number.map(|number| (attribute.data, number)),
            equal,
            place,
            text,
        })
    }
}

/// The data of a value of the type that is there, where the text is one as it would be read back.
pub(in crate::format) fn data_of(typed: &Scalar, data: u32, text: &str) -> Option<u32> {
    match typed {
        Scalar::Int(_) => text.parse::<u32>().ok().filter(|number| number.to_string() == text),
        Scalar::Bool(truth) => match text.parse() {
            Ok(new) if new == *truth => Some(data),
            // As aapt2 writes them.
            Ok(new) => Some(if new { u32::MAX } else { 0 }),
            Err(_) => None,
        },
        Scalar::Text(_) | Scalar::Reference(_) | Scalar::Other { .. } => None,
    }
}

/// Whether a source that says `text` means this value: a number may be in any form that the compiler takes.
pub(in crate::format) fn means(text: &str, typed: &Scalar) -> bool {
    match typed {
        Scalar::Int(number) => match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            Some(digits) => u32::from_str_radix(digits, 16) == Ok(*number),
            None => text.parse() == Ok(*number) || text.parse() == Ok(number.cast_signed()),
        },
        Scalar::Bool(truth) => text.eq_ignore_ascii_case(if *truth { "true" } else { "false" }),
        Scalar::Text(_) | Scalar::Reference(_) | Scalar::Other { .. } => false,
    }
}

/// Whether an attribute is a reference to something.
fn refers(scalar: &Scalar) -> bool {
    matches!(scalar, Scalar::Reference(id) if *id != 0)
}

enum Here<'d> {
    Attribute(&'d Attribute),
    Text {
        at: usize,
        text: u32,
        data: Option<u32>,
    },
    /// An element whose text is not one text alone.
    Mixed {
        offset: usize,
    },
}

/// An element that is open.
struct Open {
    hit: bool,
    offset: usize,
    children: bool,
    texts: usize,
}

/// What a path means. The text of an element is its own text nodes, not those of its children.
fn places<'d>(document: &'d Document<'_>, path: &NodePath) -> Vec<Here<'d>> {
    let mut matcher = Matcher::new(path);
    let mut open: Vec<Open> = Vec::new();
    let mut out = Vec::new();
    for node in &document.nodes {
        match &node.kind {
            NodeKind::Start { namespace, name, attributes } => {
                if let Some(parent) = open.last_mut() {
                    parent.children = true;
                }
                let element = PathElement { document, namespace: *namespace, name: *name, attributes };
                let hit = matcher.enter(&element);
                open.push(Open { hit, offset: node.chunk.offset, children: false, texts: 0 });
                if let Some(found) = path.attribute().filter(|_| hit).and_then(|name| element.attribute_named(name)) {
                    out.push(Here::Attribute(found));
                }
            }
            NodeKind::End { .. } => {
                matcher.leave();
                let mixed = |element: &Open| element.hit && (element.children || element.texts > 1);
                if let Some(element) = open.pop().filter(|element| path.attribute().is_none() && mixed(element)) {
                    out.push(Here::Mixed { offset: element.offset });
                }
            }
            NodeKind::Text { text } => {
                let Some(element) = open.last_mut().filter(|element| path.attribute().is_none() && element.hit) else {
                    continue;
                };
                element.texts += 1;
                let at = node.chunk.offset + node.chunk.header_size;
                out.push(Here::Text { at, text: *text, data: Document::text_data(node) });
            }
            NodeKind::StartNamespace { .. } | NodeKind::EndNamespace { .. } => {}
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
            NodeKind::StartNamespace { .. } | NodeKind::EndNamespace { .. } | NodeKind::Text { .. } => {}
        }
    }
    out
}

fn place(name: &str) -> String {
    format!("meta-data {name}")
}

/// Gives every target its string. `as_built` is a document without anything that was made for this edit.
fn write(document: &Document<'_>, targets: Vec<Target>, as_built: bool) -> Result<Vec<u8>, AxmlError> {
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
    // What reads as the values is no edit, whichever of several equal strings it names.
    if places.is_empty() || as_built && places.values().all(|target| target.equal) {
        return Ok(document.bytes.to_vec());
    }
    let mut splices = Splices::new();
    for target in places.values() {
        if let (Some((old, new)), Some(at)) = (target.number, target.value_at)
            && old != new
        {
            splices.set_u32(at + 4, new);
        }
    }
    // A number has a text only where the compiler left it there.
    places.retain(|_, target| target.number.is_none() || target.raw != NO_STRING);
    let pool = &document.pool;
    let mut ours = HashSet::new();
    for target in places.values() {
        ours.insert(target.raw_at);
        ours.extend(target.value_at.filter(|_| target.number.is_none()).map(|at| at + 4));
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
    let named = u32::try_from(document.ids.len()).unwrap_or(u32::MAX).min(pool.len());
    // A map may be longer than the pool was: what an edit appended stands for no name.
    let named = (0..named).rev().find(|slot| !pool.is_marked(*slot)).map_or(0, |last| last.saturating_add(1));
    let assigned = slots::assign(pool, &foreign, named.max(pool.style_count()), &units)?;

    for (target, slot) in places.values().zip(&assigned.slots) {
        // Where a value has no text of the source beside it, it gets none.
        if target.raw != *slot && (target.raw != NO_STRING || target.data.is_none()) {
            splices.set_u32(target.raw_at, *slot);
        }
        if let Some(at) = target.value_at.filter(|_| target.number.is_none() && target.data != Some(*slot)) {
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
