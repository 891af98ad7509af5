//! What a manifest says that matters to putting values in and signing, in the words of `axml`.
//!
//! Must not: judge it.

use super::xml::{Attribute, Document, Node};
use crate::format::axml::{DataAttribute, FilterData, Manifest, NAME, is_component};

impl Document<'_> {
    /// Reads the document as a manifest; another document gives an empty one.
    pub fn manifest(&self) -> Manifest {
        let mut out = Manifest::default();
        self.walk(|path, node| {
            let by_id = |id: u32, name: &str| node.attribute(id, name).map(Attribute::scalar);
            let plain =
                |name: &str| node.attributes.iter().find(|attribute| attribute.name == name).map(Attribute::text);
            out.take(path, by_id, plain, || Some(name_of(node)));
        });
        out
    }

    /// Every `<data>` in the intent filters of components that has this attribute, in document order.
    pub fn filter_data(&self, attribute: DataAttribute) -> Vec<FilterData> {
        let with = |(nth, (component, node)): (usize, (String, &Node))| {
            let found = node.attribute(attribute.id(), attribute.name())?;
            Some(FilterData { component, nth, value: found.scalar() })
        };
        self.filter_elements().into_iter().enumerate().filter_map(with).collect()
    }

    /// Every `<data>` in an intent filter, with the class of its component.
    pub(super) fn filter_elements(&self) -> Vec<(String, &Node)> {
        let (mut component, mut found) = (String::new(), Vec::new());
        self.walk(|path, node| match path {
            ["manifest", "application", element] if is_component(element) => component = name_of(node),
            ["manifest", "application", element, "intent-filter", "data"] if is_component(element) => {
                found.push((component.clone(), node));
            }
            _ => {}
        });
        found
    }

    /// Every `<meta-data>` of this name directly under `<application>`.
    pub(super) fn meta_data(&self, name: &str) -> Vec<&Node> {
        let mut found = Vec::new();
        self.walk(|path, node| {
            if path == ["manifest", "application", "meta-data"] && name_of(node) == name {
                found.push(node);
            }
        });
        found
    }
}

fn name_of(node: &Node) -> String {
    node.attribute(NAME, "name").map(Attribute::text).unwrap_or_default()
}
