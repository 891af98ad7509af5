//! New values of attributes and texts, and new `<meta-data>`.
//!
//! Must not: change the kind of a value: a number stays a number, because an application asks for what it declared.

use std::collections::BTreeMap;

use super::AaptError;
use super::item::set_text;
use super::wire::{Edits, bytes_field, number_field};
use super::xml::{Attribute, Child, Document, Node, PathElement, Text};
use crate::format::axml::{
    ANDROID, DataEdit, Edited, MetaEdit, NAME, PathEdit, RESOURCE, Scalar, VALUE, data_of, means,
};
use crate::format::node_path::{Matcher, NodePath};

/// Field numbers: the source's text in an attribute, and a child in an element.
const VALUE_TEXT: u32 = 3;
const CHILD: u32 = 5;

/// The manifest with every `<meta-data>` of these names, and these attributes of `<data>`, changed. With `create`, a name that
/// is absent becomes a new element at the end of `<application>`.
pub fn edit_manifest(bytes: &[u8], edits: &[MetaEdit], data: &[DataEdit], create: bool) -> Result<Edited, AaptError> {
    let mut grown: Option<Vec<u8>> = None;
    let mut created = Vec::new();
    let mut sorted: Vec<&MetaEdit> = edits.iter().collect();
    // The result does not depend on their order.
    sorted.sort_by_key(|edit| (&edit.name, edit.value.expose()));
    for edit in &sorted {
        let bytes = grown.as_deref().unwrap_or(bytes);
        let document = Document::parse(bytes)?;
        if document.meta_data(&edit.name).is_empty() {
            if !create {
                return Err(AaptError::NotFound { place: place(&edit.name) });
            }
            grown = Some(add_meta_data(&document, edit)?);
            created.push(edit.name.clone());
        }
    }
    let bytes = grown.as_deref().unwrap_or(bytes);
    let document = Document::parse(bytes)?;
    let mut work = Work::default();
    for edit in sorted {
        for node in document.meta_data(&edit.name) {
            work.attribute(value_of(node, &edit.name)?, &place(&edit.name), edit.value.expose())?;
        }
    }
    let elements = document.filter_elements();
    for edit in data {
        for element in &edit.elements {
            let node = elements.get(*element).map(|(_, node)| *node);
            let attribute = node.and_then(|node| node.attribute(edit.attribute.id(), edit.attribute.name()));
            let attribute = attribute.ok_or_else(|| AaptError::NotFound { place: edit.place.clone() })?;
            work.attribute(attribute, &edit.place, edit.value.expose())?;
        }
    }
    Ok(Edited { bytes: work.apply(bytes)?, created })
}

/// The document with existing attributes and texts changed; each path changes everything it means.
pub fn edit_paths(bytes: &[u8], edits: &[PathEdit]) -> Result<Vec<u8>, AaptError> {
    let document = Document::parse(bytes)?;
    let mut work = Work::default();
    for edit in edits {
        let found = places(&document, &NodePath::parse(&edit.path)?);
        if found.is_empty() {
            return Err(AaptError::NotFound { place: edit.path.clone() });
        }
        for here in found {
            match here {
                Here::Attribute(attribute) => work.attribute(attribute, &edit.path, edit.value.expose())?,
                Here::Text(text) => work.text(text, &edit.path, edit.value.expose())?,
                Here::Mixed(node) => {
                    return Err(AaptError::WrongKind {
                        place: edit.path.clone(),
                        offset: node.around.start(),
                        expected: "a text alone",
                        found: "an element with children, or several texts".to_owned(),
                    });
                }
            }
        }
    }
    work.apply(bytes)
}

/// The texts at a path, in document order.
pub fn read_path(bytes: &[u8], path: &str) -> Result<Vec<String>, AaptError> {
    let document = Document::parse(bytes)?;
    let text = |here: Here<'_>| match here {
        Here::Attribute(attribute) => Some(attribute.text()),
        Here::Text(text) => Some(text.content.clone()),
        Here::Mixed(_) => None,
    };
    Ok(places(&document, &NodePath::parse(path)?).into_iter().filter_map(text).collect())
}

/// Edits of one document.
#[derive(Default)]
struct Work<'e> {
    edits: Edits,
    /// What each place gets, by its offset.
    seen: BTreeMap<usize, &'e str>,
}

impl<'e> Work<'e> {
    /// Whether a place is new to this work; two values for it are a conflict.
    fn is_new(&mut self, at: usize, place: &str, value: &'e str) -> Result<bool, AaptError> {
        match self.seen.insert(at, value) {
            None => Ok(true),
            Some(other) if other == value => Ok(false),
            Some(_) => Err(AaptError::Conflict { place: place.to_owned() }),
        }
    }

    fn text(&mut self, text: &Text, place: &str, value: &'e str) -> Result<(), AaptError> {
        let at = text.field.range.start;
        if self.is_new(at, place, value)? && text.content != value {
            // Without any field it would be no text.
            let part = text.field.part()?.clone();
            let around = text.around.within(&part).parts();
            self.edits.replace(&around, part.start..part.end, value.as_bytes().to_vec());
        }
        Ok(())
    }

    fn attribute(&mut self, attribute: &Attribute, place: &str, value: &'e str) -> Result<(), AaptError> {
        let at = attribute.around.start();
        if !self.is_new(at, place, value)? {
            return Ok(());
        }
        let scalar = attribute.scalar();
        let said = super::xml::unescaped(&attribute.raw);
        match &scalar {
            Scalar::Text(now) => {
                let item = attribute.item.as_ref().zip(attribute.item_field.as_ref());
                if let Some((item, field)) = item
                    && now != value
                {
                    if !item.is_text() {
                        return Err(wrong(place, at, "a plain text", "a styled text"));
                    }
                    let around = attribute.around.within(field.part()?).parts();
                    item.set_text(&mut self.edits, &around, value);
                }
                // What the source said is what is compiled where nothing is yet, and a reader of the bundle shows it.
                if said != value && (item.is_none() || attribute.raw_field.is_some()) {
                    self.source(attribute, &escaped(value));
                }
            }
            typed @ (Scalar::Int(_) | Scalar::Bool(_)) if said == value && means(value, typed) => {}
            typed @ (Scalar::Int(_) | Scalar::Bool(_)) => {
                let (expected, data) = match typed {
                    Scalar::Int(data) => ("a text, or a number as the new value", *data),
                    Scalar::Bool(truth) => {
                        ("a text, or true or false as the new value", if *truth { u32::MAX } else { 0 })
                    }
                    Scalar::Text(_) | Scalar::Reference(_) | Scalar::Other { .. } => ("a text", 0),
                };
                let new = data_of(typed, data, value).ok_or_else(|| wrong(place, at, expected, &scalar.to_string()))?;
                if new == data {
                    return Ok(());
                }
                let item = attribute.item.as_ref().zip(attribute.item_field.as_ref());
                // An id compiles to a truth value, but no truth value is written in it.
                let (item, field) = item
                    .filter(|(item, _)| item.is_number())
                    .ok_or_else(|| wrong(place, at, "a text", "a resource id"))?;
                item.set_number(&mut self.edits, &attribute.around.within(field.part()?).parts(), new);
                if attribute.raw_field.is_some() {
                    self.source(attribute, value);
                }
            }
            Scalar::Reference(_) | Scalar::Other { .. } => {
                return Err(wrong(place, at, "a text", &scalar.to_string()));
            }
        }
        Ok(())
    }

    /// Another text of the source.
    fn source(&mut self, attribute: &Attribute, raw: &str) {
        set_text(&mut self.edits, &attribute.around.parts(), (VALUE_TEXT, attribute.raw_field.as_ref()), raw);
    }

    fn apply(self, bytes: &[u8]) -> Result<Vec<u8>, AaptError> {
        if self.edits.is_empty() { Ok(bytes.to_vec()) } else { Ok(self.edits.apply(bytes)?) }
    }
}

/// The attribute of a `<meta-data>` that Android reads, where that is its value.
fn value_of<'n>(node: &'n Node, name: &str) -> Result<&'n Attribute, AaptError> {
    let (resource, value) = (node.attribute(RESOURCE, "resource"), node.attribute(VALUE, "value"));
    let refers = |found: &Attribute| matches!(found.scalar(), Scalar::Reference(id) if id != 0);
    let at = node.around.start();
    // PackageParser.parseMetaData takes the resource wherever there is one.
    match (resource.filter(|found| value.is_none() || refers(found)), value) {
        (None, Some(value)) => Ok(value),
        (Some(resource), _) => {
            let found = format!("android:resource, {}, which Android reads", resource.scalar());
            Err(wrong(&place(name), at, "android:value alone", &found))
        }
        (None, None) => Err(wrong(&place(name), at, "android:value", "neither value nor resource")),
    }
}

/// The manifest with a new `<meta-data>` at the end of its application.
fn add_meta_data(document: &Document<'_>, edit: &MetaEdit) -> Result<Vec<u8>, AaptError> {
    let mut application = None;
    document.walk(|path, node| {
        if path == ["manifest", "application"] && application.is_none() {
            application = Some(node);
        }
    });
    let application = application.ok_or_else(|| AaptError::CannotCreate {
        place: place(&edit.name),
        reason: "the manifest has no <application>".to_owned(),
    })?;
    let attribute = |name: &str, value: &str, id: u32| {
        let value = if value.is_empty() { Vec::new() } else { bytes_field(VALUE_TEXT, escaped(value).as_bytes()) };
        let fields =
            [bytes_field(1, ANDROID.as_bytes()), bytes_field(2, name.as_bytes()), value, number_field(5, id.into())];
        bytes_field(4, &fields.concat())
    };
    let element = [
        bytes_field(3, b"meta-data"),
        attribute("name", &edit.name, NAME),
        attribute("value", edit.value.expose(), VALUE),
    ];
    let node = bytes_field(1, &element.concat());
    let end = application.around.end();
    let mut edits = Edits::default();
    edits.replace(&application.around.parts(), end..end, bytes_field(CHILD, &node));
    Ok(edits.apply(document.bytes)?)
}

enum Here<'n> {
    Attribute(&'n Attribute),
    Text(&'n Text),
    /// An element whose text is not one text alone.
    Mixed(&'n Node),
}

/// What a path means. The text of an element is its own text, not that of its children.
fn places<'n>(document: &'n Document<'_>, path: &NodePath) -> Vec<Here<'n>> {
    let mut out = Vec::new();
    look(&document.root, &mut Vec::new(), &mut Matcher::new(path), path, &mut out);
    out
}

fn look<'n>(
    node: &'n Node,
    outer: &mut Vec<&'n Node>,
    matcher: &mut Matcher<'_>,
    path: &NodePath,
    out: &mut Vec<Here<'n>>,
) {
    let hit = {
        let element = PathElement { node, outer: outer.as_slice() };
        let hit = matcher.enter(&element);
        let found = path.attribute().filter(|_| hit).and_then(|name| find_attribute(node, outer, name));
        out.extend(found.map(Here::Attribute));
        hit && path.attribute().is_none()
    };
    outer.push(node);
    let (mut texts, mut children) = (0, false);
    for child in &node.children {
        match child {
            Child::Element(inner) => {
                children = true;
                look(inner, outer, matcher, path, out);
            }
            Child::Text(text) if hit => {
                texts += 1;
                out.push(Here::Text(text));
            }
            Child::Text(_) => {}
        }
    }
    outer.pop();
    matcher.leave();
    if hit && (children || texts > 1) {
        out.push(Here::Mixed(node));
    }
}

fn find_attribute<'n>(node: &'n Node, outer: &[&'n Node], name: &str) -> Option<&'n Attribute> {
    let index = PathElement { node, outer }.index_of(name)?;
    node.attributes.get(index)
}

/// A text as the source would say it, for aapt2 to compile: see [`super::xml::unescaped`]. Nothing but a backslash needs it.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
}

fn wrong(place: &str, offset: usize, expected: &'static str, found: &str) -> AaptError {
    AaptError::WrongKind { place: place.to_owned(), offset, expected, found: found.to_owned() }
}

fn place(name: &str) -> String {
    format!("meta-data {name}")
}
