//! Places within the bytes of one file: read one, change some. The same for every kind of artifact.
//!
//! XML is what the content says it is: text, the binary form of Android, or that of App Bundles.
//!
//! Must not: know where the file lies.

use std::borrow::Cow;

use memchr::memmem;

use super::list;
use crate::format::aapt::{self, AaptError};
use crate::format::axml::{self, AxmlError, PathEdit};
use crate::format::js::{self, JsError};
use crate::format::json::{self, JsonError};
use crate::format::plist::{self, PlistError};
use crate::format::properties::{self, PropertiesError};
use crate::format::setting::Setting;
use crate::format::verbatim::{self, VerbatimError};
use crate::format::xml::{self, XmlError};
use crate::placement::{ByValue, Locator};

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
    /// Compiled XML.
    #[error(transparent)]
    BinaryXml(#[from] AxmlError),
    /// Compiled XML of an App Bundle.
    #[error(transparent)]
    ProtoXml(#[from] AaptError),
    /// Java properties.
    #[error(transparent)]
    Properties(#[from] PropertiesError),
    /// A property list.
    #[error(transparent)]
    Plist(#[from] PlistError),
    /// A text by its value.
    #[error(transparent)]
    Verbatim(#[from] VerbatimError),
    /// A file with a place that is there no longer.
    #[error("the file is gone, and one with this place cannot be made")]
    Gone,
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
                | Self::Verbatim(VerbatimError::NotFound { .. })
        )
    }
}

impl DocumentError {
    /// Whether something is at the place that cannot be set: of another type, computed, or not alone.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Json(error) => matches!(error, JsonError::Type { .. } | JsonError::Container { .. }),
            Self::Js(error) => {
                !matches!(
                    error,
                    JsError::Encoding(_) | JsError::Hermes { .. } | JsError::Syntax { .. } | JsError::Depth { .. }
                ) && !self.is_conflict()
            }
            Self::Xml(error) => matches!(error, XmlError::NotText { .. } | XmlError::Value { .. }),
            Self::BinaryXml(error) => matches!(error, AxmlError::WrongKind { .. }),
            Self::ProtoXml(error) => error.is_refusal(),
            Self::Plist(error) => matches!(error, PlistError::Type { .. } | PlistError::Xml(XmlError::Value { .. })),
            Self::Verbatim(error) => matches!(error, VerbatimError::NotText { .. } | VerbatimError::Value { .. }),
            Self::Properties(_) | Self::Gone | Self::NotText => false,
        }
    }

    /// Whether two values were given for one place.
    pub fn is_conflict(&self) -> bool {
        matches!(
            self,
            Self::Json(JsonError::Conflict { .. })
                | Self::Js(JsError::Conflict { .. })
                | Self::Plist(PlistError::Conflict { .. })
                | Self::BinaryXml(AxmlError::Conflict { .. })
                | Self::ProtoXml(AaptError::Conflict { .. })
                | Self::Verbatim(VerbatimError::Conflict { .. })
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
        Locator::Xml(path) => match XmlForm::of(bytes) {
            XmlForm::Text => xml::get(bytes, path)?,
            XmlForm::Compiled => axml::read_path(&axml::Document::parse(bytes)?, path)?,
            XmlForm::Proto => aapt::read_path(bytes, path)?,
        },
        Locator::Properties(key) => properties::get(bytes, key)?,
        Locator::Plist(path) => plist::get(bytes, path)?,
        Locator::Text(text) => vec![text.sought().to_owned(); verbatim::count(bytes, text.sought())?],
    })
}

/// What an edit of a place leaves although a reader may mean it, in words: for JavaScript, where a property may stand anywhere.
pub fn left(bytes: &[u8], locator: &Locator) -> Vec<String> {
    let Locator::Js(name) = locator else { return Vec::new() };
    // What cannot be read was said before.
    let left = js::left(bytes, name).unwrap_or_default();
    let shown = |left: &js::Left| {
        let address = left.address.as_ref().map(|address| format!(" (#{address})")).unwrap_or_default();
        format!("{} at {}{address}", left.what, left.at)
    };
    let shown: Vec<String> = left.iter().map(shown).collect();
    if shown.is_empty() {
        Vec::new()
    } else {
        vec![format!("other values of that name stay as they are: {}", list(&shown))]
    }
}

/// Whether an address means one of several values of a name on purpose.
pub fn picks_one(locator: &Locator) -> bool {
    matches!(locator, Locator::Js(name) if js::Property::parse(name).is_some_and(|property| property.picks()))
}

/// A value for one place.
#[derive(Clone, Copy)]
pub struct Edit<'e> {
    /// Where.
    pub locator: &'e Locator,
    /// What.
    pub value: &'e str,
    /// Whether a missing place is made.
    pub create: bool,
}

/// The file with every value at every place its locator leads to.
pub fn edit<'e>(bytes: &[u8], edits: &[Edit<'e>]) -> Result<Vec<u8>, DocumentError> {
    // Texts are meant as they stand there, whatever the other places bring.
    let by_text = |Edit { locator, value, create }: &Edit<'e>| {
        let Locator::Text(text) = locator else { return None };
        Some((text, Setting { at: text.sought(), value, create: *create }))
    };
    let texts: Vec<(&ByValue, Setting<'_>)> = edits.iter().filter_map(by_text).collect();
    let mut content = if texts.is_empty() { Cow::Borrowed(bytes) } else { Cow::Owned(by_value(bytes, &texts)?) };
    // Compiled XML shares its strings, so its values go in together: the result must not depend on their order.
    let mut compiled = Vec::new();
    // Properties in JavaScript may read one string, which two values cannot share.
    let mut properties_of_js = Vec::new();
    // A pointer may pick by a value that another one changes.
    let (mut in_json, mut in_plist) = (Vec::new(), Vec::new());
    for Edit { locator, value, create } in edits {
        content = Cow::Owned(match locator {
            Locator::Text(_) => continue,
            Locator::Whole => value.as_bytes().to_vec(),
            Locator::Json(pointer) => {
                in_json.push(Setting { at: pointer, value, create: *create });
                continue;
            }
            Locator::Js(name) => {
                properties_of_js.push(Setting { at: name, value, create: *create });
                continue;
            }
            Locator::Xml(path) => match XmlForm::of(&content) {
                XmlForm::Text => xml::set(&content, path, value, *create)?,
                XmlForm::Compiled | XmlForm::Proto => {
                    compiled.push(PathEdit { path: path.clone(), value: (*value).into() });
                    continue;
                }
            },
            Locator::Properties(key) => properties::set(&content, key, value, *create)?,
            Locator::Plist(path) => {
                in_plist.push(Setting { at: path, value, create: *create });
                continue;
            }
        });
    }
    if !in_json.is_empty() {
        content = Cow::Owned(json::set_all(&content, &in_json)?);
    }
    if !in_plist.is_empty() {
        content = Cow::Owned(plist::set_all(&content, &in_plist)?);
    }
    if !properties_of_js.is_empty() {
        content = Cow::Owned(js::set_all(&content, &properties_of_js)?);
    }
    if compiled.is_empty() {
        return Ok(content.into_owned());
    }
    Ok(match XmlForm::of(&content) {
        XmlForm::Proto => aapt::edit_paths(&content, &compiled)?,
        XmlForm::Compiled | XmlForm::Text => axml::edit_paths(&content, &compiled)?,
    })
}

/// Texts by their values. An error names the text of the address, not what stands there: that may be a secret.
fn by_value(bytes: &[u8], texts: &[(&ByValue, Setting<'_>)]) -> Result<Vec<u8>, VerbatimError> {
    let settings: Vec<Setting<'_>> = texts.iter().map(|(_, setting)| *setting).collect();
    let written = |sought: String| {
        let place = texts.iter().find(|(place, _)| place.sought() == sought);
        place.map(|(place, _)| place.text().to_owned()).unwrap_or(sought)
    };
    verbatim::set_all(bytes, &settings).map_err(|error| match error {
        VerbatimError::NotFound { text } => VerbatimError::NotFound { text: written(text) },
        VerbatimError::Value { text } => VerbatimError::Value { text: written(text) },
        VerbatimError::Conflict { text } => VerbatimError::Conflict { text: written(text) },
        error @ (VerbatimError::NotText { .. } | VerbatimError::Search(_)) => error,
    })
}

/// Whether a missing place could be made in this file: for a pointer that picks among what is there, only where what it picks
/// is there. Every other place is made with what leads to it.
pub fn could_hold(bytes: &[u8], locator: &Locator) -> bool {
    match locator {
        Locator::Json(pointer) if pointer.split('/').any(json::picks) => {
            json::has_parent(bytes, pointer).unwrap_or_default()
        }
        // What is meant by its value is there, or it is not meant.
        Locator::Text(_) => false,
        Locator::Whole
        | Locator::Json(_)
        | Locator::Plist(_)
        | Locator::Xml(_)
        | Locator::Js(_)
        | Locator::Properties(_) => true,
    }
}

/// Whether a place can be in a file: a text by its value stands in it, the last key of a JSON pointer is written in it, as it is or
/// with an escape. True of anything else.
pub fn may_hold(bytes: &[u8], locator: &Locator) -> bool {
    if let Locator::Text(_) = locator {
        return mentions(bytes, locator);
    }
    let Locator::Json(pointer) = locator else { return true };
    let last = pointer.rsplit('/').next().unwrap_or_default();
    last.is_empty()
        || json::picks(last)
        || last.bytes().all(|byte| byte.is_ascii_digit())
        || mentions(bytes, locator)
        || memmem::find(bytes, b"\\u").is_some()
}

/// Whether the last name of a place stands anywhere in these bytes: what tells a damaged file that holds the place from one
/// of another kind.
pub fn mentions(bytes: &[u8], locator: &Locator) -> bool {
    let name = match locator {
        Locator::Whole => return true,
        Locator::Text(text) => text.sought().to_owned(),
        Locator::Json(pointer) => pointer.rsplit('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~"),
        Locator::Xml(path) => {
            let last = path.rsplit('/').next().unwrap_or_default();
            last.split('[').next().unwrap_or_default().trim_start_matches('@').to_owned()
        }
        Locator::Plist(path) => {
            let key = |step: &&str| !step.starts_with(['[', '*']) && step.parse::<usize>().is_err();
            path.rsplit('/').find(key).unwrap_or_default().to_owned()
        }
        Locator::Js(text) => js::Property::parse(text).map_or_else(|| text.clone(), |property| property.name),
        Locator::Properties(name) => name.clone(),
    };
    let forms: [Vec<u8>; 3] = [
        name.clone().into_bytes(),
        name.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        name.encode_utf16().flat_map(u16::to_be_bytes).collect(),
    ];
    forms.iter().any(|form| memmem::find(bytes, form).is_some())
}

/// How XML is written.
enum XmlForm {
    Text,
    Compiled,
    Proto,
}

impl XmlForm {
    /// Neither compiled form looks like text: one begins with `RES_XML_TYPE` (0x0003) and a header of 8 bytes, the other one is a
    /// message from its first byte to its last.
    fn of(content: &[u8]) -> Self {
        if content.starts_with(&[3, 0, 8, 0]) {
            Self::Compiled
        } else if aapt::is_document(content) {
            Self::Proto
        } else {
            Self::Text
        }
    }
}

/// The content of a file that is made for one place.
pub fn create(locator: &Locator, value: &str) -> Option<Vec<u8>> {
    match locator {
        Locator::Whole => Some(value.as_bytes().to_vec()),
        Locator::Json(pointer) => json::set(b"{}", pointer, value, true).ok(),
        Locator::Properties(key) => properties::set(b"", key, value, true).ok(),
        Locator::Plist(path) => plist::set(plist::EMPTY, path, value, true).ok(),
        Locator::Xml(_) | Locator::Js(_) | Locator::Text(_) => None,
    }
}
