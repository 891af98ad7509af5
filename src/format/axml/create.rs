//! New `<meta-data>` elements at the end of `<application>`.
//!
//! An attribute is known by its resource id, found through the index of its name (`RES_XML_RESOURCE_MAP_TYPE`): a name
//! that the map lacks goes in behind the last mapped string, and every reference to a later string grows with it.
//!
//! Must not: touch an existing element but for those references.

use super::parse::NO_STRING;
use super::{ANDROID, AxmlError, Document, NAME, Node, NodeKind, VALUE};
use crate::format::chunk::{self, ChunkError};
use crate::format::splice::Splices;
use crate::format::string_pool::{Appended, PoolEdit};

/// The document with `<meta-data android:name=NAME android:value=VALUE/>` added.
pub(super) fn add_meta_data(document: &Document<'_>, name: &str, value: &str) -> Result<Vec<u8>, AxmlError> {
    let refuse =
        |reason: &str| AxmlError::CannotCreate { place: format!("meta-data {name}"), reason: reason.to_owned() };
    let (line, end) =
        application(document).ok_or_else(|| refuse("the document has no <application> in a <manifest>"))?;
    let pool = &document.pool;
    // A map may be longer than the pool (`ResXMLTree::setTo` compares neither): what it says of strings that are not there stays
    // behind, and moves with them.
    let mapped = u32::try_from(document.ids.len()).unwrap_or(u32::MAX).min(pool.len());
    // Attribute names: those the map has, and those it gets.
    let mut new_names: Vec<(u32, &str)> = Vec::new();
    let mut attribute_name = |id: u32, text: &'static str| {
        if let Some(index) = (0..mapped).zip(&document.ids).find(|(_, known)| **known == id).map(|(index, _)| index) {
            return index;
        }
        let index = mapped.saturating_add(u32::try_from(new_names.len()).unwrap_or(u32::MAX));
        new_names.push((id, text));
        index
    };
    let name_index = attribute_name(NAME, "name");
    let value_index = attribute_name(VALUE, "value");
    let shift = u32::try_from(new_names.len()).unwrap_or(u32::MAX);
    let moved = |index: u32| if index >= mapped && index != NO_STRING { index.saturating_add(shift) } else { index };

    // Other strings: those the pool has, and those behind its end; the value last, for an edit may take it away again.
    let mut append: Vec<Appended> = Vec::new();
    let mut string = |text: &str| {
        if let Some(index) = pool.find(text).filter(|index| *index >= pool.style_count()) {
            return moved(index);
        }
        let at = append.iter().position(|appended| appended.text.expose() == text).unwrap_or_else(|| {
            append.push(Appended { text: text.into(), marked: false });
            append.len() - 1
        });
        moved(pool.len()).saturating_add(u32::try_from(at).unwrap_or(u32::MAX))
    };
    let (element, android, name_text) = (string("meta-data"), string(ANDROID), string(name));
    let value_text = pool.len().saturating_add(shift).saturating_add(u32::try_from(append.len()).unwrap_or(u32::MAX));
    append.push(Appended { text: value.into(), marked: true });

    let mut splices = Splices::new();
    if shift > 0 {
        document.string_words(|at, index| {
            if moved(index) != index {
                splices.set_u32(at, moved(index));
            }
        });
    }
    let insert = (shift > 0).then(|| (mapped, new_names.iter().map(|(_, text)| (*text).to_owned()).collect()));
    let new_pool = pool.rewrite(&PoolEdit { insert, append, ..PoolEdit::default() })?;
    let old = pool.chunk();
    let mut size = document.root.bytes.len() - old.bytes.len() + new_pool.len();
    splices.replace(old.offset..old.end(), new_pool);

    let ids: Vec<u8> = new_names.iter().flat_map(|(id, _)| id.to_le_bytes()).collect();
    match document.map {
        _ if ids.is_empty() => {}
        Some(map) => {
            let bytes = u32::try_from(map.bytes.len() + ids.len()).unwrap_or(u32::MAX);
            splices.set_u32(map.offset + 4, bytes);
            // Where their names are in the pool: behind the last id, or before those of no string. Odd bytes at the end of the chunk
            // stay where they are, at its end.
            splices.insert(map.offset + map.header_size + mapped as usize * 4, ids.clone());
            size += ids.len();
        }
        None => {
            let mut map = header(chunk::XML_RESOURCE_MAP, 8, 8 + ids.len());
            map.extend_from_slice(&ids);
            size += map.len();
            splices.insert(old.end(), map);
        }
    }

    let mut node = node(chunk::XML_START_ELEMENT, line, 36 + 2 * 20);
    words(&mut node, &[NO_STRING, element]);
    // attributeStart, attributeSize, attributeCount, idIndex, classIndex, styleIndex
    for half in [20_u16, 20, 2, 0, 0, 0] {
        node.extend_from_slice(&half.to_le_bytes());
    }
    // Sorted by resource id: name before value. Res_value { size 8, res0 0, TYPE_STRING } is the word 0x03000008.
    words(&mut node, &[android, name_index, name_text, 0x0300_0008, name_text]);
    words(&mut node, &[android, value_index, value_text, 0x0300_0008, value_text]);
    node.extend(self::node(chunk::XML_END_ELEMENT, line, 24));
    words(&mut node, &[NO_STRING, element]);
    size += node.len();
    splices.insert(end.chunk.offset, node);

    let size = u32::try_from(size).map_err(|_| ChunkError::new(4, "a document under 4 GiB", size))?;
    splices.set_u32(4, size);
    Ok(splices.apply(document.bytes)?)
}

/// The line of the first `<application>` of a `<manifest>`, and the node that closes it.
fn application<'d, 'a>(document: &'d Document<'a>) -> Option<(u32, &'d Node<'a>)> {
    let mut path = Vec::new();
    let mut open = None;
    for node in &document.nodes {
        match node.kind {
            NodeKind::Start { name, .. } => {
                path.push(document.string(name).unwrap_or_default());
                if path.iter().map(AsRef::as_ref).eq(["manifest", "application"]) {
                    open = Some(node.line);
                }
            }
            NodeKind::End { .. } => {
                if let Some(line) = open.filter(|_| path.len() == 2) {
                    return Some((line, node));
                }
                path.pop();
            }
            NodeKind::StartNamespace { .. } | NodeKind::EndNamespace { .. } | NodeKind::Text { .. } => {}
        }
    }
    None
}

fn header(kind: u16, header_size: u16, size: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(size);
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&header_size.to_le_bytes());
    out.extend_from_slice(&u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes());
    out
}

/// `ResXMLTree_node`, without a comment.
fn node(kind: u16, line: u32, size: usize) -> Vec<u8> {
    let mut out = header(kind, 16, size);
    words(&mut out, &[line, NO_STRING]);
    out
}

fn words(out: &mut Vec<u8>, words: &[u32]) {
    for word in words {
        out.extend_from_slice(&word.to_le_bytes());
    }
}
