//! One place within the bytes of one file: read it, change it. The same for every kind of artifact.
//!
//! Must not: know where the file lies.

use crate::format::js::{self, JsError};
use crate::format::json::{self, JsonError};
use crate::format::plist::{self, PlistError};
use crate::format::properties::{self, PropertiesError};
use crate::format::xml::{self, XmlError};
use crate::placement::Locator;

/// Why a place in a file cannot be read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// JavaScript.
    #[error(transparent)]
    Js(#[from] JsError),
    /// XML text.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// Java properties.
    #[error(transparent)]
    Properties(#[from] PropertiesError),
    /// A property list.
    #[error(transparent)]
    Plist(#[from] PlistError),
    /// A whole file that is to be read as text and is none.
    #[error("the file is no UTF-8 text")]
    NotText,
}

impl DocumentError {
    /// Whether the file is fine and the place is not in it.
    pub fn is_absence(&self) -> bool {
        matches!(
            self,
            Self::Json(JsonError::NotFound { .. })
                | Self::Js(JsError::NotFound { .. } | JsError::Create { .. })
                | Self::Plist(PlistError::NotFound { .. })
                | Self::Xml(XmlError::NotFound { .. })
                | Self::Properties(PropertiesError::NotFound { .. })
        )
    }
}

/// Every value at `locator`; none where it leads nowhere.
pub fn read(bytes: &[u8], locator: &Locator) -> Result<Vec<String>, DocumentError> {
    Ok(match locator {
        Locator::Whole => vec![std::str::from_utf8(bytes).map_err(|_| DocumentError::NotText)?.to_owned()],
        Locator::Json(pointer) => json::get(bytes, pointer)?
            .into_iter()
            .map(|value| match value {
                json::Value::String(text) | json::Value::Literal(text) => text,
                json::Value::Object => "{...}".to_owned(),
                json::Value::Array => "[...]".to_owned(),
            })
            .collect(),
        Locator::Js(name) => js::get(bytes, name)?,
        Locator::Xml(path) => xml::get(bytes, path)?,
        Locator::Properties(key) => properties::get(bytes, key)?,
        Locator::Plist(path) => plist::get(bytes, path)?,
    })
}

/// The file with `value` at every place `locator` leads to; `create` makes a missing one.
pub fn write(bytes: &[u8], locator: &Locator, value: &str, create: bool) -> Result<Vec<u8>, DocumentError> {
    Ok(match locator {
        Locator::Whole => value.as_bytes().to_vec(),
        Locator::Json(pointer) => json::set(bytes, pointer, value, create)?,
        Locator::Js(name) => js::set(bytes, name, value, create)?,
        Locator::Xml(path) => xml::set(bytes, path, value, create)?,
        Locator::Properties(key) => properties::set(bytes, key, value, create)?,
        Locator::Plist(path) => plist::set(bytes, path, value, create)?,
    })
}

/// The content of a file that is made for one place.
pub fn create(locator: &Locator, value: &str) -> Option<Vec<u8>> {
    match locator {
        Locator::Whole => Some(value.as_bytes().to_vec()),
        Locator::Json(pointer) => json::set(b"{}", pointer, value, true).ok(),
        Locator::Properties(key) => properties::set(b"", key, value, true).ok(),
        Locator::Plist(path) => plist::set(plist::EMPTY, path, value, true).ok(),
        Locator::Xml(_) | Locator::Js(_) => None,
    }
}
