//! The structure of a document: string pool, resource map and nodes (`ResXMLTree_node`, `ResXMLTree_attrExt`,
//! `ResXMLTree_attribute`, `ResXMLTree_cdataExt`), each with its offset in the file.
//!
//! Must not: know element names.

use std::borrow::Cow;

use super::AxmlError;
use crate::format::chunk::{self, Chunk, ChunkError, Chunks, read_u32};
use crate::format::limits;
use crate::format::node_path::Element;
use crate::format::string_pool::StringPool;

/// `Res_value::TYPE_STRING`
pub(super) const TYPE_STRING: u8 = 0x03;
/// `ResStringPool_ref` of nothing.
pub(super) const NO_STRING: u32 = u32::MAX;

/// A whole document.
#[derive(Debug)]
pub struct Document<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) root: Chunk<'a>,
    pub(super) pool: StringPool<'a>,
    pub(super) map: Option<Chunk<'a>>,
    /// Resource ids of the first strings of the pool, as attribute names (`RES_XML_RESOURCE_MAP_TYPE`).
    pub(super) ids: Vec<u32>,
    pub(super) nodes: Vec<Node<'a>>,
}

/// `ResXMLTree_node`
#[derive(Debug)]
pub struct Node<'a> {
    pub(super) chunk: Chunk<'a>,
    /// Line in the source.
    pub line: u32,
    /// What it is.
    pub kind: NodeKind,
}

impl Node<'_> {
    /// Where it is in the file.
    pub fn offset(&self) -> usize {
        self.chunk.offset
    }
}

/// What a node is. Numbers are string pool indices; [`u32::MAX`] is none.
#[derive(Debug)]
pub enum NodeKind {
    /// `RES_XML_START_NAMESPACE_TYPE`
    StartNamespace {
        /// Prefix.
        prefix: u32,
        /// URI.
        uri: u32,
    },
    /// `RES_XML_END_NAMESPACE_TYPE`
    EndNamespace {
        /// Prefix.
        prefix: u32,
        /// URI.
        uri: u32,
    },
    /// `RES_XML_START_ELEMENT_TYPE`
    Start {
        /// Namespace URI.
        namespace: u32,
        /// Name.
        name: u32,
        /// Attributes, in file order.
        attributes: Vec<Attribute>,
    },
    /// `RES_XML_END_ELEMENT_TYPE`
    End {
        /// Namespace URI.
        namespace: u32,
        /// Name.
        name: u32,
    },
    /// `RES_XML_CDATA_TYPE`
    Text {
        /// The text.
        text: u32,
    },
}

/// `ResXMLTree_attribute`
#[derive(Debug, Clone, Copy)]
pub struct Attribute {
    /// Where it is in the file.
    pub offset: usize,
    /// Namespace URI.
    pub namespace: u32,
    /// Name.
    pub name: u32,
    /// The text as written in the source.
    pub raw: u32,
    /// `Res_value.dataType`
    pub data_type: u8,
    /// `Res_value.data`
    pub data: u32,
}

impl<'a> Document<'a> {
    /// Reads the structure. Bytes behind the document are kept by edits and otherwise ignored.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, AxmlError> {
        let root = Chunk::at(bytes, 0, bytes.len())?;
        // Android reads a document whatever kind stands here, and tools that make documents unreadable for others write 0.
        if ![chunk::XML, chunk::NULL].contains(&root.kind) {
            let found = format!("kind 0x{:04x}", root.kind);
            return Err(ChunkError::new(0, "binary XML (kind 0x0003)", found).into());
        }
        let (mut pool, mut map, mut nodes) = (None, None, Vec::new());
        let (mut depth, mut is_closed) = (0_usize, false);
        for part in Chunks::new(bytes, root.header_size, root.end()) {
            let part = match part {
                Ok(part) => part,
                // Nobody reads further once the outermost element is closed.
                Err(_) if is_closed => break,
                Err(error) => return Err(error.into()),
            };
            match part.kind {
                chunk::STRING_POOL if pool.is_none() => pool = Some(StringPool::parse(part)?),
                chunk::XML_RESOURCE_MAP if map.is_none() => map = Some(part),
                _ => {
                    let Some(node) = Node::parse(part)? else { continue };
                    match node.kind {
                        NodeKind::Start { .. } => depth += 1,
                        NodeKind::End { .. } => {
                            is_closed |= depth == 1;
                            depth = depth.saturating_sub(1);
                        }
                        NodeKind::StartNamespace { .. } | NodeKind::EndNamespace { .. } | NodeKind::Text { .. } => {}
                    }
                    if depth > limits::NESTING {
                        let expected = "elements nested less deep than the limit";
                        return Err(ChunkError::new(part.offset, expected, depth).into());
                    }
                    nodes.push(node);
                }
            }
        }
        let pool = pool.ok_or_else(|| ChunkError::new(root.header_size, "a string pool", "none in the document"))?;
        let ids = map.and_then(|map: Chunk<'a>| map.bytes.get(map.header_size..)).unwrap_or_default();
        let ids = ids.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect();
        Ok(Self { bytes, root, pool, map, ids, nodes })
    }

    /// The nodes, in document order.
    pub fn nodes(&self) -> &[Node<'a>] {
        &self.nodes
    }

    /// The string pool.
    pub fn pool(&self) -> &StringPool<'a> {
        &self.pool
    }

    /// A string of the pool; `None` for [`u32::MAX`] and what cannot be read.
    pub fn string(&self, index: u32) -> Option<Cow<'a, str>> {
        if index == NO_STRING { None } else { self.pool.text(index).ok() }
    }

    /// The resource id that stands for an attribute's name, as `ResXMLParser::getAttributeNameResID`.
    pub fn resource_id(&self, attribute: &Attribute) -> Option<u32> {
        self.ids.get(attribute.name as usize).copied().filter(|id| *id != 0)
    }

    /// An attribute as Android finds it: by resource id through the map; one without an id by its name.
    pub fn attribute<'n>(&self, attributes: &'n [Attribute], id: u32, name: &str) -> Option<&'n Attribute> {
        let by_id = attributes.iter().find(|attribute| self.resource_id(attribute) == Some(id));
        by_id.or_else(|| {
            attributes.iter().find(|attribute| {
                self.resource_id(attribute).is_none() && self.string(attribute.name).as_deref() == Some(name)
            })
        })
    }

    /// The prefix that stands for a namespace.
    pub(super) fn prefix(&self, uri: u32) -> Option<Cow<'a, str>> {
        if uri == NO_STRING {
            return None;
        }
        let wanted = self.pool.raw(uri).ok()?;
        self.nodes.iter().find_map(|node| match node.kind {
            NodeKind::StartNamespace { prefix, uri } if self.pool.raw(uri).is_ok_and(|raw| raw == wanted) => {
                self.string(prefix)
            }
            NodeKind::StartNamespace { .. }
            | NodeKind::EndNamespace { .. }
            | NodeKind::Start { .. }
            | NodeKind::End { .. }
            | NodeKind::Text { .. } => None,
        })
    }

    /// The text of an attribute: a string value, else what the source said.
    pub(super) fn attribute_text(&self, attribute: &Attribute) -> Option<String> {
        let index = if attribute.data_type == TYPE_STRING { attribute.data } else { attribute.raw };
        self.string(index).map(Cow::into_owned)
    }

    /// Calls `see` with every word of the nodes that refers to the pool.
    pub(super) fn string_words(&self, mut see: impl FnMut(usize, u32)) {
        for node in &self.nodes {
            let ext = node.chunk.offset + node.chunk.header_size;
            if let Some(comment) = read_u32(self.bytes, node.chunk.offset + 12) {
                see(node.chunk.offset + 12, comment);
            }
            match &node.kind {
                NodeKind::StartNamespace { prefix: one, uri: two }
                | NodeKind::EndNamespace { prefix: one, uri: two }
                | NodeKind::End { namespace: one, name: two } => {
                    see(ext, *one);
                    see(ext + 4, *two);
                }
                NodeKind::Start { namespace, name, attributes } => {
                    see(ext, *namespace);
                    see(ext + 4, *name);
                    for attribute in attributes {
                        see(attribute.offset, attribute.namespace);
                        see(attribute.offset + 4, attribute.name);
                        see(attribute.offset + 8, attribute.raw);
                        if attribute.data_type == TYPE_STRING {
                            see(attribute.offset + 16, attribute.data);
                        }
                    }
                }
                NodeKind::Text { text } => {
                    see(ext, *text);
                    if let Some(data) = Self::text_data(node) {
                        see(ext + 8, data);
                    }
                }
            }
        }
    }

    /// The typed value of a text, where it is a string too (`ResXMLTree_cdataExt.typedData`).
    pub(super) fn text_data(node: &Node<'_>) -> Option<u32> {
        let ext = node.chunk.header_size;
        let kind = node.chunk.bytes.get(ext + 7)?;
        let data = read_u32(node.chunk.bytes, ext + 8)?;
        (*kind == TYPE_STRING).then_some(data)
    }
}

impl<'a> Node<'a> {
    fn parse(chunk: Chunk<'a>) -> Result<Option<Self>, AxmlError> {
        let ext = chunk.header_size;
        let pair = || -> Result<(u32, u32), ChunkError> { Ok((chunk.u32(ext)?, chunk.u32(ext + 4)?)) };
        let kind = match chunk.kind {
            chunk::XML_START_NAMESPACE => {
                let (prefix, uri) = pair()?;
                NodeKind::StartNamespace { prefix, uri }
            }
            chunk::XML_END_NAMESPACE => {
                let (prefix, uri) = pair()?;
                NodeKind::EndNamespace { prefix, uri }
            }
            chunk::XML_END_ELEMENT => {
                let (namespace, name) = pair()?;
                NodeKind::End { namespace, name }
            }
            chunk::XML_CDATA => NodeKind::Text { text: chunk.u32(ext)? },
            chunk::XML_START_ELEMENT => {
                let (namespace, name) = pair()?;
                NodeKind::Start { namespace, name, attributes: attributes(&chunk)? }
            }
            _ => return Ok(None),
        };
        if ext < 16 {
            return Err(ChunkError::new(chunk.offset + 2, "a node header of 16 bytes", ext).into());
        }
        Ok(Some(Self { chunk, line: chunk.u32(8)?, kind }))
    }
}

fn attributes(chunk: &Chunk<'_>) -> Result<Vec<Attribute>, AxmlError> {
    let ext = chunk.header_size;
    let start = ext + usize::from(chunk.u16(ext + 8)?);
    let size = usize::from(chunk.u16(ext + 10)?);
    let count = usize::from(chunk.u16(ext + 12)?);
    if count > 0 && size < 20 {
        return Err(ChunkError::new(chunk.offset + ext + 10, "attributes of at least 20 bytes", size).into());
    }
    let mut out = Vec::new();
    for index in 0..count {
        let at = start + index * size;
        out.push(Attribute {
            offset: chunk.offset + at,
            namespace: chunk.u32(at)?,
            name: chunk.u32(at + 4)?,
            raw: chunk.u32(at + 8)?,
            data_type: chunk.u8(at + 15)?,
            data: chunk.u32(at + 16)?,
        });
    }
    Ok(out)
}

/// An element for path matching: names as written in the source, and without their prefix.
pub(super) struct PathElement<'d, 'a> {
    pub(super) document: &'d Document<'a>,
    pub(super) namespace: u32,
    pub(super) name: u32,
    pub(super) attributes: &'d [Attribute],
}

impl Element for PathElement<'_, '_> {
    fn is_named(&self, name: &str) -> bool {
        self.document.is_named(self.namespace, self.name, name)
    }

    fn attribute(&self, name: &str) -> Option<String> {
        self.attribute_named(name).and_then(|attribute| self.document.attribute_text(attribute))
    }
}

impl<'d> PathElement<'d, '_> {
    /// The attribute of this name, with prefix or bare; the first in file order.
    pub(super) fn attribute_named(&self, name: &str) -> Option<&'d Attribute> {
        self.attributes.iter().find(|attribute| self.document.is_named(attribute.namespace, attribute.name, name))
    }
}

impl Document<'_> {
    fn is_named(&self, namespace: u32, name: u32, wanted: &str) -> bool {
        let Some(text) = self.string(name) else { return false };
        if text == wanted {
            return true;
        }
        let Some((prefix, local)) = wanted.split_once(':') else { return false };
        local == text && self.prefix(namespace).as_deref() == Some(prefix)
    }
}
