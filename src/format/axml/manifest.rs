//! What an `AndroidManifest.xml` says that matters to putting values in and signing.
//!
//! Must not: judge it.

use super::parse::TYPE_STRING;
use super::{Attribute, Document, NAME, NodeKind, RESOURCE, VALUE};
use crate::format::secret::Redacted;

/// The value of an attribute (`Res_value`).
#[derive(Clone, PartialEq, Eq)]
pub enum Scalar {
    /// Text.
    Text(String),
    /// A whole number.
    Int(u32),
    /// A truth value.
    Bool(bool),
    /// A reference into the resource table.
    Reference(u32),
    /// Anything else.
    Other {
        /// `Res_value.dataType`
        data_type: u8,
        /// `Res_value.data`
        data: u32,
    },
}

impl std::fmt::Debug for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(_) => f.debug_tuple("Text").field(&Redacted).finish(),
            Self::Int(number) => f.debug_tuple("Int").field(number).finish(),
            Self::Bool(truth) => f.debug_tuple("Bool").field(truth).finish(),
            Self::Reference(id) => f.debug_tuple("Reference").field(id).finish(),
            Self::Other { data_type, data } => {
                f.debug_struct("Other").field("data_type", data_type).field("data", data).finish()
            }
        }
    }
}

/// One `<meta-data>` of the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetaData {
    /// `android:name`
    pub name: String,
    /// `android:value`
    pub value: Option<Scalar>,
    /// `android:resource`
    pub resource: Option<Scalar>,
}

/// The attributes of a manifest that are asked for; what is not written is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// `package`
    pub package: Option<String>,
    /// `split`: the name of a split APK.
    pub split: Option<String>,
    /// `android:isSplitRequired`
    pub split_required: Option<Scalar>,
    /// `android:requiredSplitTypes`
    pub required_split_types: Option<Scalar>,
    /// `android:splitTypes`
    pub split_types: Option<Scalar>,
    /// `android:versionCode`
    pub version_code: Option<Scalar>,
    /// `android:versionName`
    pub version_name: Option<Scalar>,
    /// `android:targetSandboxVersion`
    pub target_sandbox: Option<Scalar>,
    /// `uses-sdk android:minSdkVersion`: a number, a codename, or a reference.
    pub min_sdk: Option<Scalar>,
    /// `uses-sdk android:targetSdkVersion`: likewise.
    pub target_sdk: Option<Scalar>,
    /// `application android:debuggable`
    pub debuggable: Option<Scalar>,
    /// `application android:testOnly`
    pub test_only: Option<Scalar>,
    /// `application android:extractNativeLibs`
    pub extract_native_libs: Option<Scalar>,
    /// `<meta-data>` directly under `<application>`, in document order.
    pub meta_data: Vec<MetaData>,
    /// `<meta-data>` of components and elsewhere: the element it is in, and `android:name`.
    pub other_meta_data: Vec<(String, String)>,
}

impl Manifest {
    /// Takes in what an element says: the values of its attributes by resource id, else by name; texts by name alone; and what
    /// it is called (`android:name`). `path` are the names of the elements from the outermost to this one.
    pub(in crate::format) fn take(
        &mut self,
        path: &[&str],
        by_id: impl Fn(u32, &str) -> Option<Scalar>,
        plain: impl Fn(&str) -> Option<String>,
        name: impl FnOnce() -> Option<String>,
    ) {
        match path {
            ["manifest"] => {
                self.package = plain("package");
                self.split = plain("split");
                self.split_required = by_id(0x0101_0591, "isSplitRequired");
                self.required_split_types = by_id(0x0101_064e, "requiredSplitTypes");
                self.split_types = by_id(0x0101_064f, "splitTypes");
                self.version_code = by_id(0x0101_021b, "versionCode");
                self.version_name = by_id(0x0101_021c, "versionName");
                self.target_sandbox = by_id(0x0101_054c, "targetSandboxVersion");
            }
            ["manifest", "uses-sdk"] => {
                // Several elements: the last that says something counts, as in PackageParser.
                self.min_sdk = by_id(0x0101_020c, "minSdkVersion").or(self.min_sdk.take());
                self.target_sdk = by_id(0x0101_0270, "targetSdkVersion").or(self.target_sdk.take());
            }
            ["manifest", "application"] => {
                self.debuggable = by_id(0x0101_000f, "debuggable");
                self.test_only = by_id(0x0101_0272, "testOnly");
                self.extract_native_libs = by_id(0x0101_04ea, "extractNativeLibs");
            }
            ["manifest", "application", "meta-data"] => self.meta_data.push(MetaData {
                name: name().unwrap_or_default(),
                value: by_id(VALUE, "value"),
                resource: by_id(RESOURCE, "resource"),
            }),
            [.., element, "meta-data"] => {
                self.other_meta_data.push(((*element).to_owned(), name().unwrap_or_default()));
            }
            _ => {}
        }
    }
}

impl Document<'_> {
    /// Reads the document as a manifest; another document gives an empty one.
    pub fn manifest(&self) -> Manifest {
        let mut out = Manifest::default();
        let mut path: Vec<String> = Vec::new();
        for node in &self.nodes {
            match &node.kind {
                NodeKind::Start { name, attributes, .. } => {
                    path.push(self.string(*name).unwrap_or_default().into_owned());
                    let names: Vec<&str> = path.iter().map(String::as_str).collect();
                    self.element(&names, attributes, &mut out);
                }
                NodeKind::End { .. } => {
                    path.pop();
                }
                NodeKind::StartNamespace { .. } | NodeKind::EndNamespace { .. } | NodeKind::Text { .. } => {}
            }
        }
        out
    }

    fn element(&self, path: &[&str], attributes: &[Attribute], out: &mut Manifest) {
        let by_id = |id: u32, name: &str| self.attribute(attributes, id, name).map(|found| self.scalar(found));
        let plain = |name: &str| {
            let found = attributes.iter().find(|attribute| self.string(attribute.name).as_deref() == Some(name))?;
            self.attribute_text(found)
        };
        let name = || self.attribute(attributes, NAME, "name").and_then(|found| self.attribute_text(found));
        out.take(path, by_id, plain, name);
    }

    /// The value of an attribute.
    pub fn scalar(&self, attribute: &Attribute) -> Scalar {
        let Attribute { data_type, data, .. } = *attribute;
        match data_type {
            TYPE_STRING => Scalar::Text(self.string(data).unwrap_or_default().into_owned()),
            0x01 | 0x07 => Scalar::Reference(data),
            0x10 | 0x11 => Scalar::Int(data),
            0x12 => Scalar::Bool(data != 0),
            _ => Scalar::Other { data_type, data },
        }
    }
}

impl std::fmt::Display for Scalar {
    /// Says what kind of value it is; a text may be a secret and is not shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(_) => f.write_str("a text"),
            Self::Int(number) => write!(f, "the number {number}"),
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Reference(id) => write!(f, "a reference to 0x{id:08x}"),
            Self::Other { data_type, data } => write!(f, "a value of type 0x{data_type:02x}, data 0x{data:08x}"),
        }
    }
}
