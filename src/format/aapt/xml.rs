//! The elements of an `XmlNode` message, each with its place in the file.
//!
//! Must not: know element names, or change anything.

use super::AaptError;
use super::item::{Item, once};
use super::wire::{Around, Field, Fields, Part, fields, malformed, text};
use crate::format::arsc::Value;
use crate::format::axml::Scalar;
use crate::format::limits;
use crate::format::node_path::Element;

/// A whole document.
pub struct Document<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) root: Node,
}

impl std::fmt::Debug for Document<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Its texts may be secrets.
        f.debug_struct("Document").field("size", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// An element.
pub(super) struct Node {
    pub(super) name: String,
    namespace: String,
    /// Prefix and URI.
    declared: Vec<(String, String)>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) children: Vec<Child>,
    /// The messages around what is in it, the element's own the innermost.
    pub(super) around: Around,
}

pub(super) enum Child {
    Element(Node),
    Text(Text),
}

/// A text between elements.
pub(super) struct Text {
    pub(super) content: String,
    /// Its `XmlNode` with the messages around that, and the field.
    pub(super) around: Around,
    pub(super) field: Field,
}

pub(super) struct Attribute {
    pub(super) name: String,
    namespace: String,
    pub(super) id: u32,
    /// As it is written: the text of the source, with its escapes.
    pub(super) raw: String,
    pub(super) raw_field: Option<Field>,
    /// What it was compiled to.
    pub(super) item: Option<Item>,
    pub(super) item_field: Option<Field>,
    /// The messages around what is in it, the attribute's own the innermost.
    pub(super) around: Around,
}

/// Whether this is such a document from its first byte to its last: text XML and compiled XML are not.
pub fn is_document(bytes: &[u8]) -> bool {
    // The tag of an element: most other files are told apart here.
    bytes.first() == Some(&0x0a) && Document::parse(bytes).is_ok_and(|document| !document.root.name.is_empty())
}

impl<'a> Document<'a> {
    /// Reads the structure. It does not recurse: a thread's stack may be small.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, AaptError> {
        let mut open = Vec::new();
        match content(bytes, &Around::default(), &Part::whole(bytes))? {
            Some(Content::Element(around, element)) => open.push(Open::new(bytes, around, &element)),
            Some(Content::Text(_)) | None => return Err(no_element()),
        }
        let mut parts = 0;
        while let Some(top) = open.last_mut() {
            let Some(field) = top.fields.next() else {
                let node = open.pop().map(Open::close).ok_or_else(no_element)?;
                match open.last_mut() {
                    Some(outer) => outer.node.children.push(Child::Element(node)),
                    None => return Ok(Self { bytes, root: node }),
                }
                continue;
            };
            let field = field?;
            parts += 1;
            if parts > limits::PROTO_XML_PARTS {
                let more = format!("more than {}", limits::PROTO_XML_PARTS);
                return Err(malformed(field.range.start, "fewer elements and attributes", more));
            }
            let Some(message) = top.take(bytes, &field)? else { continue };
            match content(bytes, &top.node.around, message)? {
                Some(Content::Text(text)) => top.node.children.push(Child::Text(text)),
                Some(Content::Element(..)) if open.len() > limits::NESTING => {
                    let (expected, depth) = ("elements nested less deep than the limit", open.len());
                    return Err(malformed(message.start, expected, depth.to_string()));
                }
                Some(Content::Element(around, element)) => open.push(Open::new(bytes, around, &element)),
                None => {}
            }
        }
        Err(no_element())
    }

    /// Calls `see` for every element from the outermost on, in document order, with the names of those around it and its own.
    pub(super) fn walk<'n>(&'n self, mut see: impl FnMut(&[&str], &'n Node)) {
        let mut path = Vec::new();
        walk(&self.root, &mut path, &mut see);
    }
}

fn walk<'n>(node: &'n Node, path: &mut Vec<&'n str>, see: &mut impl FnMut(&[&str], &'n Node)) {
    path.push(&node.name);
    see(path, node);
    for child in &node.children {
        if let Child::Element(inner) = child {
            walk(inner, path, see);
        }
    }
    path.pop();
}

fn no_element() -> AaptError {
    malformed(0, "an element", "a document without one")
}

/// What an `XmlNode` is: an element, with the messages around what is in it, or a text.
enum Content {
    Element(Around, Part),
    Text(Text),
}

/// `None` is a node of a kind that is not known here.
fn content(bytes: &[u8], around: &Around, message: &Part) -> Result<Option<Content>, AaptError> {
    let mut content: Option<Field> = None;
    for field in fields(bytes, message) {
        let field = field?;
        if matches!(field.number, 1 | 2) {
            once(&mut content, field.clone(), &field)?;
        }
    }
    let Some(field) = content else { return Ok(None) };
    let around = around.within(message);
    let part = field.part()?.clone();
    Ok(Some(if field.number == 2 {
        Content::Text(Text { content: text(bytes, &part)?.to_owned(), around, field })
    } else {
        Content::Element(around.within(&part), part)
    }))
}

/// An element that is being read.
struct Open<'a> {
    fields: Fields<'a>,
    name: Option<String>,
    namespace: Option<String>,
    node: Node,
}

impl<'a> Open<'a> {
    fn new(bytes: &'a [u8], around: Around, element: &Part) -> Self {
        let node = Node {
            name: String::new(),
            namespace: String::new(),
            declared: Vec::new(),
            attributes: Vec::new(),
            children: Vec::new(),
            around,
        };
        Self { fields: fields(bytes, element), name: None, namespace: None, node }
    }

    /// Takes a field in; one that is a node is left to the caller.
    fn take<'f>(&mut self, bytes: &[u8], field: &'f Field) -> Result<Option<&'f Part>, AaptError> {
        match field.number {
            1 => self.node.declared.push(namespace_declaration(bytes, field.part()?)?),
            2 => once(&mut self.namespace, text(bytes, field.part()?)?.to_owned(), field)?,
            3 => once(&mut self.name, text(bytes, field.part()?)?.to_owned(), field)?,
            4 => self.node.attributes.push(Attribute::read(bytes, &self.node.around, field.part()?)?),
            5 => return field.part().map(Some),
            _ => {}
        }
        Ok(None)
    }

    fn close(self) -> Node {
        let (name, namespace) = (self.name.unwrap_or_default(), self.namespace.unwrap_or_default());
        Node { name, namespace, ..self.node }
    }
}

fn namespace_declaration(bytes: &[u8], message: &Part) -> Result<(String, String), AaptError> {
    let (mut prefix, mut uri) = (None, None);
    for field in fields(bytes, message) {
        let field = field?;
        match field.number {
            1 => once(&mut prefix, text(bytes, field.part()?)?.to_owned(), &field)?,
            2 => once(&mut uri, text(bytes, field.part()?)?.to_owned(), &field)?,
            _ => {}
        }
    }
    Ok((prefix.unwrap_or_default(), uri.unwrap_or_default()))
}

impl Attribute {
    fn read(bytes: &[u8], around: &Around, message: &Part) -> Result<Self, AaptError> {
        let (mut namespace, mut name, mut id) = (None, None, None);
        let (mut raw_field, mut item_field): (Option<Field>, Option<Field>) = (None, None);
        for field in fields(bytes, message) {
            let field = field?;
            match field.number {
                1 => once(&mut namespace, text(bytes, field.part()?)?.to_owned(), &field)?,
                2 => once(&mut name, text(bytes, field.part()?)?.to_owned(), &field)?,
                3 => once(&mut raw_field, field.clone(), &field)?,
                5 => once(&mut id, field.u32()?, &field)?,
                6 => once(&mut item_field, field.clone(), &field)?,
                _ => {}
            }
        }
        let raw =
            raw_field.as_ref().map(|field| text(bytes, field.part()?)).transpose()?.unwrap_or_default().to_owned();
        let item = item_field.as_ref().map(|field| Item::read(bytes, field.part()?)).transpose()?;
        Ok(Self {
            name: name.unwrap_or_default(),
            namespace: namespace.unwrap_or_default(),
            id: id.unwrap_or(0),
            raw,
            raw_field,
            item,
            item_field,
            around: around.within(message),
        })
    }

    /// What it is once the bundle is compiled: the item decides where there is one.
    pub(super) fn scalar(&self) -> Scalar {
        match self.item.as_ref().map(|item| &item.value) {
            None => Scalar::Text(unescaped(&self.raw)),
            Some(Value::String(text) | Value::Styled(text)) => Scalar::Text(text.clone()),
            Some(Value::Reference(id)) => Scalar::Reference(*id),
            Some(Value::Other { data_type: 0x10 | 0x11, data }) => Scalar::Int(*data),
            Some(Value::Other { data_type: 0x12, data }) => Scalar::Bool(*data != 0),
            Some(Value::Other { data_type, data }) => Scalar::Other { data_type: *data_type, data: *data },
            Some(Value::Null) => Scalar::Reference(0),
            Some(Value::Complex) => Scalar::Other { data_type: 0, data: 0 },
        }
    }

    /// Its text: a string, else what the source said.
    pub(super) fn text(&self) -> String {
        match self.scalar() {
            Scalar::Text(text) => text,
            Scalar::Int(_) | Scalar::Bool(_) | Scalar::Reference(_) | Scalar::Other { .. } => unescaped(&self.raw),
        }
    }
}

impl Node {
    /// An attribute as Android finds it: by resource id; one without an id by its name.
    pub(super) fn attribute(&self, id: u32, name: &str) -> Option<&Attribute> {
        let by_id = self.attributes.iter().find(|attribute| attribute.id == id);
        by_id.or_else(|| self.attributes.iter().find(|attribute| attribute.id == 0 && attribute.name == name))
    }

    /// The prefix that stands for a namespace in this element or those around it.
    fn prefix<'n>(&'n self, uri: &str, outer: &[&'n Self]) -> Option<&'n str> {
        let all = std::iter::once(self).chain(outer.iter().rev().copied());
        let mut declared = all.flat_map(|node| &node.declared);
        declared.find(|(_, known)| known == uri && !uri.is_empty()).map(|(prefix, _)| prefix.as_str())
    }
}

/// An element for path matching, with those around it.
pub(super) struct PathElement<'n, 'o> {
    pub(super) node: &'n Node,
    pub(super) outer: &'o [&'n Node],
}

impl PathElement<'_, '_> {
    /// Which attribute has this name, with prefix or bare; the first in file order.
    pub(super) fn index_of(&self, name: &str) -> Option<usize> {
        let is_it = |attribute: &Attribute| self.is_called(&attribute.namespace, &attribute.name, name);
        self.node.attributes.iter().position(is_it)
    }

    fn is_called(&self, namespace: &str, local: &str, wanted: &str) -> bool {
        if local == wanted {
            return true;
        }
        let Some((prefix, name)) = wanted.split_once(':') else { return false };
        name == local && self.node.prefix(namespace, self.outer) == Some(prefix)
    }
}

impl Element for PathElement<'_, '_> {
    fn is_named(&self, name: &str) -> bool {
        self.is_called(&self.node.namespace, &self.node.name, name)
    }

    fn attribute(&self, name: &str) -> Option<String> {
        self.index_of(name).and_then(|index| self.node.attributes.get(index)).map(Attribute::text)
    }
}

/// A text of the source as aapt2 compiles it where it has compiled nothing yet: a backslash and what follows are one character.
/// All else is as it is, measured: quotes, blanks, and an `@` or `?` at the start. `cargo xtask oracle-bundle` compares.
pub(super) fn unescaped(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('t') => out.push('\t'),
            Some('n') => out.push('\n'),
            Some(c @ ('#' | '@' | '?' | '"' | '\'' | '\\')) => out.push(c),
            Some('u') => {
                let digits: String = chars.by_ref().take(4).collect();
                let code = digits.chars().try_fold(0, |code, digit| Some(code << 4 | digit.to_digit(16)?));
                // aapt2 goes no further at what is no digit, and half of a pair is no character to it.
                let Some(code) = code else { break };
                out.extend(char::from_u32(code));
            }
            // Of other escapes the backslash alone goes.
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}
