//! What a manifest says that matters to putting values in and signing, in the words of `axml`.
//!
//! Must not: judge it.

use super::xml::{Attribute, Document, Node};
use crate::format::axml::{DataAttribute, FilterData, Manifest, MetaData, NAME, RESOURCE, VALUE, is_component};

impl Document<'_> {
    /// Reads the document as a manifest; another document gives an empty one.
    pub fn manifest(&self) -> Manifest {
        let mut out = Manifest::default();
        self.walk(|path, node| {
            let by_id = |id: u32, name: &str| node.attribute(id, name).map(Attribute::scalar);
            let plain =
                |name: &str| node.attributes.iter().find(|attribute| attribute.name == name).map(Attribute::text);
            match path {
                ["manifest"] => {
                    out.package = plain("package");
                    out.split = plain("split");
                    out.split_required = by_id(0x0101_0591, "isSplitRequired");
                    out.required_split_types = by_id(0x0101_064e, "requiredSplitTypes");
                    out.version_code = by_id(0x0101_021b, "versionCode");
                    out.version_name = by_id(0x0101_021c, "versionName");
                    out.target_sandbox = by_id(0x0101_054c, "targetSandboxVersion");
                }
                ["manifest", "uses-sdk"] => {
                    out.min_sdk = by_id(0x0101_020c, "minSdkVersion").or(out.min_sdk.take());
                    out.target_sdk = by_id(0x0101_0270, "targetSdkVersion").or(out.target_sdk.take());
                }
                ["manifest", "application"] => {
                    out.debuggable = by_id(0x0101_000f, "debuggable");
                    out.test_only = by_id(0x0101_0272, "testOnly");
                    out.extract_native_libs = by_id(0x0101_04ea, "extractNativeLibs");
                }
                ["manifest", "application", "meta-data"] => out.meta_data.push(MetaData {
                    name: name_of(node),
                    value: by_id(VALUE, "value"),
                    resource: by_id(RESOURCE, "resource"),
                }),
                _ => {}
            }
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
