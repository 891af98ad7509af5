//! Property lists (Apple, `plist(5)` and `CFBinaryPList.c`): one value read or changed, the format kept.
//!
//! * `path`: key paths.
//! * `xml`: XML property lists by byte range: comments, CDATA, indentation and line ends stay.
//! * `binary`: binary property lists through the crate `plist`, guarded against what expands without end.
//! * `strings`: `.strings` files that are text.
//! * `openstep`: the old style that Xcode's projects have, by byte range.
//! * `suffix`: keys and files for one platform or device.
//!
//! After every edit the result is read again: the old tree with the edit must equal the new one, or there is no result.
//!
//! Must not: turn one format into another, or change the type of a value.

#![allow(clippy::wildcard_enum_match_arm, reason = "plist::Value is open, and belongs to another crate")]

mod binary;
mod openstep;
mod path;
mod strings;
mod suffix;
mod xml;

use std::collections::BTreeMap;

use plist::Value;

pub use openstep::read_openstep;
pub use path::{KeyPath, KeyPathError};
pub use suffix::{overriding, places, without_device};

use super::setting::Setting;
use super::text::EncodingError;
use super::xml::{XmlError, check};
use path::{Child, Missing, value_at};

/// Why a property list cannot be read or edited.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlistError {
    /// Not a key path.
    #[error(transparent)]
    Path(#[from] KeyPathError),
    /// Not well-formed XML.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// Not text.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// XML, but no property list.
    #[error("no property list: {problem}")]
    Structure {
        /// Place, expected and found.
        problem: String,
    },
    /// Not a binary property list that can be read.
    #[error("no binary property list that can be read: {problem}")]
    Binary {
        /// Why not.
        problem: String,
    },
    /// None of the formats.
    #[error("neither a binary nor an XML property list, nor a .strings file: at byte {offset:#x} {problem}")]
    Text {
        /// Where, in bytes of the decoded text.
        offset: usize,
        /// Expected and found.
        problem: &'static str,
    },
    /// Nothing there.
    #[error("nothing at {path:?}: {missing} is missing")]
    NotFound {
        /// The path.
        path: String,
        /// The first step that leads nowhere.
        missing: String,
    },
    /// A value of a type that a text cannot be.
    #[error("{path:?} is {found}, which the given value is not")]
    Type {
        /// The path.
        path: String,
        /// The type that is there.
        found: &'static str,
    },
    /// Two paths that lead to one place, and two values.
    #[error("{path:?} and another path lead to one value, and are given different ones; keep one of them")]
    Conflict {
        /// One of the paths.
        path: String,
    },
    /// What was made does not read as it should: a fault of this program, and nothing is returned.
    #[error("the edited property list does not read as the old one with the edit in it")]
    Check,
}

/// A property list with nothing in it, as Xcode writes one.
pub const EMPTY: &[u8] = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">
<plist version=\"1.0\">
<dict>
</dict>
</plist>
";

/// How a property list is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Binary,
    Xml,
    Strings,
    OpenStep,
}

impl Format {
    fn of(bytes: &[u8]) -> Self {
        if bytes.starts_with(b"bplist") {
            return Self::Binary;
        }
        // The first character that is no byte order mark, zero byte of UTF-16, or blank.
        let first = bytes
            .iter()
            .find(|byte| !matches!(byte, 0xef | 0xbb | 0xbf | 0xfe | 0xff | 0 | b' ' | b'\t' | b'\r' | b'\n'));
        // Data at the top has a hexadecimal digit behind its bracket, and no property list of an app is only that.
        match first {
            Some(b'<') => Self::Xml,
            _ if openstep::is_openstep(bytes) => Self::OpenStep,
            _ => Self::Strings,
        }
    }
}

/// The whole tree.
pub fn read(bytes: &[u8]) -> Result<Value, PlistError> {
    match Format::of(bytes) {
        Format::Binary => binary::read(bytes),
        Format::Xml => xml::read(bytes),
        Format::Strings => strings::read(bytes),
        Format::OpenStep => read_openstep(bytes),
    }
}

/// Every value at `path`, as text; none where it leads nowhere.
pub fn get(bytes: &[u8], path: &str) -> Result<Vec<String>, PlistError> {
    let path = KeyPath::parse(path)?;
    let root = read(bytes)?;
    let places = path.resolve(&root);
    Ok(places.iter().filter_map(|at| value_at(&root, at)).map(shown).collect())
}

/// The property list with `value` at every place `path` leads to. `create` makes what is missing.
pub fn set(bytes: &[u8], path: &str, value: &str, create: bool) -> Result<Vec<u8>, PlistError> {
    set_all(bytes, &[Setting { at: path, value, create }])
}

/// The property list with several values. Paths mean what is there before any of them: `[KEY=TEXT]` finds an element whose KEY
/// another one changes.
pub fn set_all(bytes: &[u8], settings: &[Setting<'_>]) -> Result<Vec<u8>, PlistError> {
    let old = read(bytes)?;
    let mut wanted = old.clone();
    let (mut edits, mut later) = (Vec::new(), Vec::new());
    let mut seen: BTreeMap<Vec<Child>, &str> = BTreeMap::new();
    for setting in settings {
        let path = KeyPath::parse(setting.at)?;
        let places = path.resolve(&old);
        if places.is_empty() {
            later.push(setting);
        }
        for at in places {
            let Some(there) = value_at(&old, &at) else { continue };
            let found = type_name(there);
            match seen.insert(at.clone(), setting.value) {
                Some(other) if other != setting.value => {
                    return Err(PlistError::Conflict { path: setting.at.to_owned() });
                }
                Some(_) => continue,
                None => {}
            }
            let new = converted(there, setting.value)
                .ok_or_else(|| PlistError::Type { path: setting.at.to_owned(), found })?;
            if let Some(place) = value_at_mut(&mut wanted, &at) {
                *place = new.clone();
            }
            edits.push(Edit::Replace { at, value: new });
        }
    }
    let mut content = written(bytes, &old, &wanted, &edits)?;
    for setting in later {
        content = made(&content, setting)?;
    }
    Ok(content)
}

/// The property list with a value where nothing is.
fn made(bytes: &[u8], setting: &Setting<'_>) -> Result<Vec<u8>, PlistError> {
    if Format::of(bytes) == Format::Xml {
        check(setting.at, setting.value)?;
    }
    let path = KeyPath::parse(setting.at)?;
    let old = read(bytes)?;
    let not_found = || PlistError::NotFound { path: setting.at.to_owned(), missing: path.first_missing(&old) };
    let missing = path.missing(&old).filter(|_| setting.create).ok_or_else(not_found)?;
    // A .strings file has one level.
    if Format::of(bytes) == Format::Strings && missing.keys.len() > 1 {
        return Err(not_found());
    }
    let mut wanted = old.clone();
    let edit = insertion(&mut wanted, missing, setting.value).ok_or_else(not_found)?;
    written(bytes, &old, &wanted, &[edit])
}

/// The bytes of a changed tree, read again.
fn written(bytes: &[u8], old: &Value, wanted: &Value, edits: &[Edit]) -> Result<Vec<u8>, PlistError> {
    let new = match Format::of(bytes) {
        Format::Binary if same(old, wanted) => bytes.to_vec(),
        Format::Binary => binary::write(wanted)?,
        Format::Xml => xml::edit(bytes, edits)?,
        Format::Strings => strings::edit(bytes, edits)?,
        Format::OpenStep => openstep::edit(bytes, edits)?,
    };
    if same(&read(&new)?, wanted) { Ok(new) } else { Err(PlistError::Check) }
}

/// One change of a tree.
enum Edit {
    /// The value at a place becomes another one of the same type.
    Replace { at: Vec<Child>, value: Value },
    /// A key of a dictionary, or an element behind the last of an array (no key).
    Insert { parent: Vec<Child>, key: Option<String>, value: Value },
}

/// Puts what is missing into the tree.
fn insertion(root: &mut Value, missing: Missing, value: &str) -> Option<Edit> {
    let Missing { parent, keys } = missing;
    let (first, rest) = keys.split_first()?;
    // Below a new key, a number is the first element of a new array.
    let made = rest.iter().rev().try_fold(Value::String(value.to_owned()), |inner, key| match key.as_str() {
        "0" => Some(Value::Array(vec![inner])),
        number if number.bytes().all(|byte| byte.is_ascii_digit()) => None,
        key => Some(Value::Dictionary([(key.to_owned(), inner)].into_iter().collect())),
    })?;
    match value_at_mut(root, &parent)? {
        Value::Dictionary(dictionary) => {
            dictionary.insert(first.clone(), made.clone());
            Some(Edit::Insert { parent, key: Some(first.clone()), value: made })
        }
        Value::Array(array) if first.parse() == Ok(array.len()) => {
            array.push(made.clone());
            Some(Edit::Insert { parent, key: None, value: made })
        }
        _ => None,
    }
}

fn value_at_mut<'v>(root: &'v mut Value, at: &[Child]) -> Option<&'v mut Value> {
    at.iter().try_fold(root, |value, child| match child {
        Child::Key(key) => value.as_dictionary_mut()?.get_mut(key),
        Child::Index(index) => value.as_array_mut()?.get_mut(*index),
    })
}

/// A text as a value of the type that is there; that value itself where it reads so.
fn converted(there: &Value, text: &str) -> Option<Value> {
    match there {
        Value::Boolean(_) | Value::Integer(_) | Value::Real(_) | Value::Date(_) if shown(there) == text => {
            Some(there.clone())
        }
        Value::String(_) => Some(Value::String(text.to_owned())),
        Value::Boolean(_) => text.parse().ok().map(Value::Boolean),
        // 007 would lose its zeros.
        Value::Integer(_) => text.parse::<i64>().ok().filter(|number| number.to_string() == text).map(Value::from),
        Value::Real(_) => text.parse().ok().map(Value::Real),
        Value::Date(_) => plist::Date::from_xml_format(text).ok().map(Value::Date),
        _ => None,
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Array(_) => "an array",
        Value::Dictionary(_) => "a dictionary",
        Value::Boolean(_) => "a boolean",
        Value::Data(_) => "data",
        Value::Date(_) => "a date",
        Value::Real(_) => "a real number",
        Value::Integer(_) => "an integer",
        Value::String(_) => "a string",
        Value::Uid(_) => "a UID",
        _ => "of a type that is not known",
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Date(date) => date.to_xml_format(),
        Value::Array(_) => "[...]".to_owned(),
        Value::Dictionary(_) => "{...}".to_owned(),
        other => type_name(other).to_owned(),
    }
}

/// Whether two trees are the same, order included; a number that is none equals itself here.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Real(a), Value::Real(b)) => a.to_bits() == b.to_bits(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Dictionary(a), Value::Dictionary(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|((k, a), (l, b))| k == l && same(a, b))
        }
        _ => a == b,
    }
}
