//! Small manifests in binary XML.

use super::arsc::{Pool, header, words};

pub const NONE: u32 = u32::MAX;

/// An attribute: namespace, name, raw value, type, data.
pub type Attribute = (u32, u32, u32, u8, u32);

pub enum Node {
    Namespace(u32, u32),
    EndNamespace(u32, u32),
    Start(u32, Vec<Attribute>),
    End(u32),
    Text(u32),
}

pub fn document(pool: &Pool, ids: &[u32], nodes: &[Node]) -> Vec<u8> {
    let mut body = pool.build();
    if !ids.is_empty() {
        body.extend(header(0x180, 8, 8 + ids.len() * 4));
        words(&mut body, ids);
    }
    for (line, node) in (1..).zip(nodes) {
        let mut part = |kind: u16, ext: &[u8]| {
            body.extend(header(kind, 16, 16 + ext.len()));
            words(&mut body, &[line, NONE]);
            body.extend(ext);
        };
        let mut ext = Vec::new();
        match node {
            Node::Namespace(prefix, uri) => {
                words(&mut ext, &[*prefix, *uri]);
                part(0x100, &ext);
            }
            Node::EndNamespace(prefix, uri) => {
                words(&mut ext, &[*prefix, *uri]);
                part(0x101, &ext);
            }
            Node::Start(name, attributes) => {
                words(&mut ext, &[NONE, *name]);
                for half in [20_u16, 20, attributes.len() as u16, 0, 0, 0] {
                    ext.extend(half.to_le_bytes());
                }
                for (namespace, name, raw, kind, data) in attributes {
                    words(&mut ext, &[*namespace, *name, *raw, 8 | u32::from(*kind) << 24, *data]);
                }
                part(0x102, &ext);
            }
            Node::End(name) => {
                words(&mut ext, &[NONE, *name]);
                part(0x103, &ext);
            }
            Node::Text(text) => {
                words(&mut ext, &[*text, 8, 0]);
                part(0x104, &ext);
            }
        }
    }
    let mut out = header(3, 8, 8 + body.len());
    out.extend(body);
    out
}

/// A manifest whose application has these `<meta-data>`: name, and value or (with `=`) nothing to point at but a number.
/// With `mapped` false the resource map lacks `value`.
pub fn manifest(utf16: bool, mapped: bool, meta: &[(&str, Option<&str>)]) -> Vec<u8> {
    let mut strings: Vec<String> = vec!["name".into()];
    let mut ids = vec![0x0101_0003];
    if mapped {
        strings.push("value".into());
        ids.push(0x0101_0024);
    }
    let mut index = |text: &str| {
        let at = strings.iter().skip(ids.len()).position(|known| known == text).map(|at| at + ids.len());
        at.unwrap_or_else(|| {
            strings.push(text.to_owned());
            strings.len() - 1
        }) as u32
    };
    let (prefix, uri) = (index("android"), index(inject::format::axml::ANDROID));
    let (root, package, id) = (index("manifest"), index("package"), index("com.example"));
    let (application, element) = (index("application"), index("meta-data"));
    let mut nodes = vec![
        Node::Namespace(prefix, uri),
        Node::Start(root, vec![(NONE, package, id, 3, id)]),
        Node::Start(application, vec![]),
    ];
    for (name, value) in meta {
        let name = index(name);
        let mut attributes = vec![(uri, 0, name, 3, name)];
        match value {
            Some(value) => {
                let value = index(value);
                attributes.push((uri, 1, value, 3, value));
            }
            None => attributes.push((uri, 1, NONE, 0x10, 42)),
        }
        nodes.push(Node::Start(element, attributes));
        nodes.push(Node::End(element));
    }
    nodes.extend([Node::End(application), Node::End(root), Node::EndNamespace(prefix, uri)]);
    document(&Pool { strings, utf16, ..Pool::default() }, &ids, &nodes)
}
