//! What the intent filters of a manifest's components take: the attributes of their `<data>` elements, among them the schemes
//! and hosts of redirect URLs.
//!
//! Must not: decide which of them is meant, or resolve a reference.

use super::manifest::Scalar;
use super::{Attribute, Document, NAME, NodeKind};

/// Elements of an application that may have intent filters.
const COMPONENTS: [&str; 5] = ["activity", "activity-alias", "service", "receiver", "provider"];

/// Whether such an element may have intent filters.
pub(in crate::format) fn is_component(element: &str) -> bool {
    COMPONENTS.contains(&element)
}

/// An attribute of `<data>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataAttribute {
    /// `android:scheme`
    Scheme,
    /// `android:host`
    Host,
    /// `android:port`
    Port,
    /// `android:path`
    Path,
    /// `android:pathPrefix`
    PathPrefix,
    /// `android:pathPattern`
    PathPattern,
    /// `android:mimeType`
    MimeType,
}

impl DataAttribute {
    /// Every one of them: name and resource id.
    const ALL: [(&'static str, u32, Self); 7] = [
        ("scheme", 0x0101_0027, Self::Scheme),
        ("host", 0x0101_0028, Self::Host),
        ("port", 0x0101_0029, Self::Port),
        ("path", 0x0101_002a, Self::Path),
        ("pathPrefix", 0x0101_002b, Self::PathPrefix),
        ("pathPattern", 0x0101_002c, Self::PathPattern),
        ("mimeType", 0x0101_0026, Self::MimeType),
    ];

    /// By its name, without the prefix.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, ..)| *known == name).map(|(.., attribute)| *attribute)
    }

    /// Its name, without the prefix.
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// Its resource id.
    pub(crate) fn id(self) -> u32 {
        self.row().1
    }

    fn row(self) -> (&'static str, u32, Self) {
        Self::ALL.into_iter().find(|(.., attribute)| *attribute == self).unwrap_or(("", 0, self))
    }
}

/// A `<data>` element that has an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterData {
    /// The class of the component, as the manifest writes it; one that begins with a dot is in the package.
    pub component: String,
    /// Which of all `<data>` elements in intent filters, from 0.
    pub nth: usize,
    /// What the attribute says.
    pub value: Scalar,
}

/// Every `<data>` in the intent filters of components that has this attribute, in document order.
pub fn filter_data(document: &Document<'_>, attribute: DataAttribute) -> Vec<FilterData> {
    let with = |(nth, (component, attributes)): (usize, (String, &[Attribute]))| {
        let found = document.attribute(attributes, attribute.id(), attribute.name())?;
        Some(FilterData { component, nth, value: document.scalar(found) })
    };
    elements(document).into_iter().enumerate().filter_map(with).collect()
}

/// The attribute of the n-th element.
pub(super) fn attribute<'d>(document: &'d Document<'_>, nth: usize, attribute: DataAttribute) -> Option<&'d Attribute> {
    let (_, attributes) = elements(document).into_iter().nth(nth)?;
    document.attribute(attributes, attribute.id(), attribute.name())
}

/// Every `<data>` in an intent filter, with the class of its component.
fn elements<'d>(document: &'d Document<'_>) -> Vec<(String, &'d [Attribute])> {
    let mut path: Vec<String> = Vec::new();
    let mut component = String::new();
    let mut found = Vec::new();
    for node in &document.nodes {
        match &node.kind {
            NodeKind::Start { name, attributes, .. } => {
                path.push(document.string(*name).unwrap_or_default().into_owned());
                let names: Vec<&str> = path.iter().map(String::as_str).collect();
                match names.as_slice() {
                    ["manifest", "application", element] if is_component(element) => {
                        let class = document.attribute(attributes, NAME, "name");
                        component = class.and_then(|class| document.attribute_text(class)).unwrap_or_default();
                    }
                    ["manifest", "application", element, "intent-filter", "data"] if is_component(element) => {
                        found.push((component.clone(), attributes.as_slice()));
                    }
                    _ => {}
                }
            }
            NodeKind::End { .. } => {
                path.pop();
            }
            NodeKind::StartNamespace { .. } | NodeKind::EndNamespace { .. } | NodeKind::Text { .. } => {}
        }
    }
    found
}
