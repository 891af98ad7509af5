//! The address grammar: one parser for presets, `inject.toml` and `--at`.
//!
//! ```text
//! address  = [ kind ":" ] target                kind = apk | aab | ipa | app | tree | ios (ipa and app)
//! target   = "string/" NAME [ "@" CONFIG ]      a string resource, in one or all configurations
//!          | "raw/" NAME [ "#" POINTER ]        a raw resource, found through resources.arsc; globs in NAME
//!          | "xml/" NAME "#" XPATH             a compiled XML resource, in every configuration; globs in NAME
//!          | "meta-data/" NAME                  <meta-data> of the application in AndroidManifest.xml
//!          | "intent-filter/" CLASS "#" ATTRIBUTE [ "[=" TEXT "]" ]
//!                                               an attribute of <data> in the intent filters of a component: scheme,
//!                                               host, port, path, pathPrefix, pathPattern, mimeType; only where it is
//!                                               TEXT; * in CLASS and TEXT any characters
//!          | "dex/" METHOD [ "(" PARAMETER ")" ] [ "[" INDEX "]" ]   the string constant passed to a method
//!          | 'dex/"' TEXT '"'                   a string constant, wherever it is used
//!          | "signing-block/" ID                a pair of the APK Signing Block: ID in decimal, or 0x and hexadecimal
//!          | PATH { "!/" PATH } [ "#" LOCATOR ] a file; "!/" enters a nested zip; globs * ? ** [..] {..}
//! locator  = POINTER                            JSON pointer (RFC 6901), "" or starting with "/"; in an array, the
//!                                               step * is each element, [KEY=TEXT] each that has this member, in an
//!                                               object the object if it has it; ** is everything at any depth
//!          | KEY { "/" KEY }                    in *.plist, *.strings, *.loctable, *.stringsdict; an element of an
//!                                               array by its number or its content: [KEY=TEXT] and [=TEXT], * in TEXT
//!                                               any characters; * all
//!          | XPATH                              in *.xml, *.gam, *.config: /a/b (text), /a/b/@c (attribute)
//!          | { NAME "." } NAME [ "[" INDEX "]" ]  in *.js, *.mjs, *.cjs: a property, by what holds it, or one of its
//!                                               constants; a NAME with dots, brackets or quotes is written ["NAME"]
//!          | KEY                                in *.properties
//!          | '"' TEXT '"'                       in any text file: what stands there, by its value
//! ```
//! A file whose path begins like a resource or a kind is written with `./` in front. `{main}` in the path of a file, and `{Main}` in
//! a pointer, are the name of the artifact's main object, in lower case and as it is.
//!
//! Must not: look into an artifact.

use std::fmt;

use super::{ByValue, Kind, mistyped};
use crate::format::apk_signing_block::{self, id};
use crate::format::axml::DataAttribute;
use crate::format::js::Property;
use crate::format::plist::KeyPath;

/// An address, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The kind it is limited to.
    pub kind: Option<Kind>,
    /// What it points at.
    pub target: Target,
}

/// What an address points at.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// A string resource.
    String {
        /// Entry name.
        name: String,
        /// Configuration as aapt prints it (`default`, `en-rUS`); all that define it where absent.
        config: Option<String>,
    },
    /// A resource that is a file, in every configuration.
    Resource {
        /// Its type.
        kind: ResourceKind,
        /// Entry name.
        name: String,
        /// Where in it.
        locator: Locator,
    },
    /// A `<meta-data>` element.
    MetaData {
        /// `android:name`.
        name: String,
    },
    /// An attribute of `<data>` in intent filters.
    IntentFilter {
        /// `android:name` of the component; `*` stands for any characters.
        class: String,
        /// The attribute, without the prefix.
        attribute: String,
        /// Only where it is this; `*` stands for any characters.
        value: Option<String>,
    },
    /// A string constant passed to a method.
    DexMethod {
        /// `setClientId` or `Lpkg/Class;->method`.
        method: String,
        /// Which parameter, from 0, among all behind `this`; the one that is a String where absent.
        parameter: Option<u32>,
        /// Which of several calls that pass a constant, from 0.
        index: Option<u32>,
    },
    /// A string constant by value.
    DexText {
        /// The text that is there.
        text: ByValue,
    },
    /// A pair of the APK Signing Block: its whole value.
    SigningBlock {
        /// Its ID, one that means nothing to Android.
        id: u32,
    },
    /// A file.
    File {
        /// Which.
        path: FilePath,
        /// Where in it.
        locator: Locator,
    },
}

/// The type of a resource that is a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceKind {
    /// `res/raw`: any file.
    Raw,
    /// `res/xml`: compiled XML.
    Xml,
}

impl ResourceKind {
    /// As resource ids and addresses say it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Xml => "xml",
        }
    }
}

/// The path of a file, nested zips entered one after the other. Each part may be a glob.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FilePath {
    /// At least one part; the last is the file.
    pub parts: Vec<String>,
    /// Whether names match in any case: those of GeneXus' objects do.
    pub(crate) any_case: bool,
}

impl FilePath {
    /// One file, whatever characters its name has.
    pub(crate) fn literal(file: &str) -> Self {
        Self { parts: vec![literal(file)], any_case: false }
    }

    /// Whether a part has wildcards.
    pub(crate) fn is_glob(&self) -> bool {
        self.parts.iter().any(|part| part.contains(['*', '?', '[', '{']))
    }
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Locator {
    /// The whole file.
    Whole,
    /// JSON pointer (RFC 6901).
    Json(String),
    /// Keys of a property list, or of a `.strings` file.
    Plist(String),
    /// Element or attribute of an XML document.
    Xml(String),
    /// Property in JavaScript, with what holds it or the number of a constant.
    Js(String),
    /// Key of a Java properties file.
    Properties(String),
    /// A text by its value, wherever it stands by itself.
    Text(ByValue),
}

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("address {address:?}: {problem}; expected {expected}")]
#[non_exhaustive]
pub struct AddressError {
    /// The text.
    pub address: String,
    /// What is wrong.
    pub problem: String,
    /// What would be right.
    pub expected: &'static str,
}

impl Address {
    /// Parses an address.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let wrong = |problem: &str, expected| {
            Err(AddressError { address: text.to_owned(), problem: problem.to_owned(), expected })
        };
        let (kind, rest) = match Kind::ALL.iter().find_map(|(word, kind)| Some((kind, text.strip_prefix(word)?))) {
            Some((kind, rest)) if rest.starts_with(':') => (Some(*kind), &rest[1..]),
            _ => (None, text),
        };
        if rest.is_empty() {
            return wrong("nothing is addressed", "for example string/client_id or assets/config.json#/client_id");
        }
        if rest.contains(|c: char| c.is_control()) {
            return wrong("it holds a control character", "printable characters");
        }
        let target = if let Some(rest) = rest.strip_prefix("string/") {
            let (name, config) = match rest.split_once('@') {
                Some((name, config)) => (name, Some(config)),
                None => (rest, None),
            };
            if name.is_empty() || name.contains(['/', '#']) || config == Some("") {
                return wrong("the string resource has no valid name", "string/NAME or string/NAME@CONFIG");
            }
            Target::String { name: name.to_owned(), config: config.map(str::to_owned) }
        } else if let Some(rest) = rest.strip_prefix("raw/") {
            let (name, pointer) = match rest.split_once('#') {
                Some((name, pointer)) => (name, Some(pointer)),
                None => (rest, None),
            };
            if name.is_empty() || name.contains('/') {
                return wrong("the raw resource has no valid name", "raw/NAME or raw/NAME#/json/pointer");
            }
            let locator = match pointer {
                None => Locator::Whole,
                Some(pointer) if is_pointer(pointer) => Locator::Json(pointer.to_owned()),
                Some(text) => match quoted(text) {
                    Some(text) => Locator::Text(ByValue::new(text)),
                    None => {
                        let expected = "nothing, /key/0/key (RFC 6901), or a text in quotes: raw/NAME#\"TEXT\"";
                        return wrong("behind '#' stands no JSON pointer", expected);
                    }
                },
            };
            Target::Resource { kind: ResourceKind::Raw, name: name.to_owned(), locator }
        } else if let Some(rest) = rest.strip_prefix("xml/") {
            match rest.split_once('#') {
                Some((name, path)) if !name.is_empty() && !name.contains('/') && path.starts_with('/') => {
                    let (name, locator) = (name.to_owned(), Locator::Xml(path.to_owned()));
                    Target::Resource { kind: ResourceKind::Xml, name, locator }
                }
                _ => return wrong("no XML resource and a path in it", "xml/NAME#/a/b (text) or xml/NAME#/a/b/@c"),
            }
        } else if let Some(name) = rest.strip_prefix("meta-data/") {
            if name.is_empty() {
                return wrong("the meta-data has no name", "meta-data/NAME");
            }
            Target::MetaData { name: name.to_owned() }
        } else if let Some(rest) = rest.strip_prefix("intent-filter/") {
            match intent_filter(rest) {
                Some(target) => target,
                None => {
                    return wrong(
                        "no class, or no attribute of <data>",
                        "intent-filter/CLASS#scheme or intent-filter/CLASS#scheme[=TEXT]; also host, port, path, pathPrefix, \
                         pathPattern, mimeType",
                    );
                }
            }
        } else if let Some(rest) = rest.strip_prefix("dex/") {
            match dex(rest) {
                Some(target) => target,
                None => return wrong("no method and no text", "dex/METHOD, dex/Lpkg/Class;->method or dex/\"text\""),
            }
        } else if let Some(rest) = rest.strip_prefix(apk_signing_block::PAIR) {
            let Some(id) = apk_signing_block::pair_id(rest) else {
                return wrong("no ID of 32 bits", "signing-block/0x71777777, in hexadecimal or decimal");
            };
            if let Some(meaning) = id::meaning(id) {
                let problem = format!("0x{id:08x} is the ID of {meaning}, which is not a place for a value");
                return wrong(&problem, "an ID of your own, for example signing-block/0x71777777");
            }
            Target::SigningBlock { id }
        } else if let Some(meant) = mistyped::meant(rest) {
            let problem = format!("it would be the path of a file, and looks like a mistyped {meant}");
            return wrong(
                &problem,
                "a kind as it is written: string/, raw/, xml/, meta-data/, intent-filter/, dex/, signing-block/; or a file with ./ in front",
            );
        } else {
            match file(rest) {
                Ok(target) => target,
                Err((problem, expected)) => return wrong(problem, expected),
            }
        };
        Ok(Self { kind, target })
    }

    /// Whether it is a pair of the APK Signing Block.
    pub fn is_pair(&self) -> bool {
        matches!(self.target, Target::SigningBlock { .. })
    }

    /// Whether it is a text by its value.
    pub fn is_text(&self) -> bool {
        self.by_value(|_| ByValue::new("")).is_some()
    }

    /// The same file with another place in it.
    #[must_use]
    pub(crate) fn with_locator(&self, new: &Locator) -> Self {
        let mut address = self.clone();
        if let Target::File { locator, .. } = &mut address.target {
            locator.clone_from(new);
        }
        address
    }

    /// Where an address that means a text by its value leads once another value is there; `None` for every other address.
    pub(crate) fn for_value(&self, value: &str) -> Option<Self> {
        self.by_value(|_| ByValue::new(value))
    }

    /// The same where the value may be a secret: the address reads as before, and finds the value.
    pub(crate) fn holding(&self, value: &str) -> Option<Self> {
        self.by_value(|text| text.holding(value))
    }

    fn by_value(&self, new: impl FnOnce(&ByValue) -> ByValue) -> Option<Self> {
        let target = match &self.target {
            Target::DexText { text } => Target::DexText { text: new(text) },
            Target::File { path, locator: Locator::Text(text) } => {
                Target::File { path: path.clone(), locator: Locator::Text(new(text)) }
            }
            Target::Resource { kind, name, locator: Locator::Text(text) } => {
                Target::Resource { kind: *kind, name: name.clone(), locator: Locator::Text(new(text)) }
            }
            Target::String { .. }
            | Target::Resource { .. }
            | Target::MetaData { .. }
            | Target::IntentFilter { .. }
            | Target::DexMethod { .. }
            | Target::SigningBlock { .. }
            | Target::File { .. } => return None,
        };
        Some(Self { kind: self.kind, target })
    }

    /// Whether it depends on the name of the artifact's main object.
    pub fn names_main(&self) -> bool {
        match &self.target {
            Target::File { path, locator } => {
                path.parts.iter().any(|part| part.contains(MAIN_FILE))
                    || matches!(locator, Locator::Json(pointer) if pointer.contains(MAIN_KEY))
            }
            Target::String { .. }
            | Target::Resource { .. }
            | Target::MetaData { .. }
            | Target::IntentFilter { .. }
            | Target::DexMethod { .. }
            | Target::DexText { .. }
            | Target::SigningBlock { .. } => false,
        }
    }

    /// Whether this address, for some main object, is that one.
    pub fn may_become(&self, other: &Self) -> bool {
        let (own, other) = (self.to_string().replace(MAIN_FILE, MAIN_KEY), other.to_string());
        let mut parts = own.split(MAIN_KEY);
        let Some(mut rest) = other.strip_prefix(parts.next().unwrap_or_default()) else { return false };
        let mut parts = parts.peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                return rest.ends_with(part);
            }
            let Some(at) = rest.find(part) else { return false };
            rest = rest.get(at.saturating_add(part.len())..).unwrap_or_default();
        }
        rest.is_empty()
    }

    /// The address for a main object of this name.
    #[must_use]
    pub fn for_main(&self, name: &str) -> Self {
        let mut address = self.clone();
        if let Target::File { path, locator } = &mut address.target {
            let file = literal(&name.to_lowercase());
            path.any_case |= path.parts.iter().any(|part| part.contains(MAIN_FILE));
            for part in &mut path.parts {
                *part = part.replace(MAIN_FILE, &file);
            }
            if let Locator::Json(pointer) = locator {
                *pointer = pointer.replace(MAIN_KEY, &name.replace('~', "~0").replace('/', "~1"));
            }
        }
        address
    }

    /// Splits `ADDRESS=VALUE` at the first `=` outside quotes and brackets.
    pub fn split_assignment(text: &str) -> Option<(&str, &str)> {
        let (mut quoted, mut depth) = (None, 0_u32);
        for (at, c) in text.char_indices() {
            match (quoted, c) {
                (Some(quote), _) if c == quote => quoted = None,
                (None, '"' | '\'') => quoted = Some(c),
                (None, '[') => depth += 1,
                (None, ']') => depth = depth.saturating_sub(1),
                (None, '=') if depth == 0 => return Some((&text[..at], &text[at + 1..])),
                // Within quotes, or nothing of the grammar.
                _ => {}
            }
        }
        None
    }
}

/// The main object in the path of a file.
const MAIN_FILE: &str = "{main}";
/// The main object in a pointer.
const MAIN_KEY: &str = "{Main}";

/// A pattern that matches this text alone.
fn literal(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '*' | '?' | '[' | '{' => pattern.extend(['[', c, ']']),
            _ => pattern.push(c),
        }
    }
    pattern
}

fn is_pointer(text: &str) -> bool {
    text.is_empty() || text.starts_with('/')
}

fn dex(rest: &str) -> Option<Target> {
    if let Some(text) = rest.strip_prefix('"') {
        let text = text.strip_suffix('"')?;
        return (!text.is_empty()).then(|| Target::DexText { text: ByValue::new(text) });
    }
    let (method, index) = match rest.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')) {
        Some((method, index)) => (method, Some(index.parse().ok()?)),
        None => (rest, None),
    };
    let (method, parameter) = match method.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')) {
        Some((method, parameter)) => (method, Some(parameter.parse().ok()?)),
        None => (method, None),
    };
    (!method.is_empty()).then(|| Target::DexMethod { method: method.to_owned(), parameter, index })
}

fn intent_filter(rest: &str) -> Option<Target> {
    let (class, attribute) = rest.split_once('#')?;
    let (attribute, value) = match attribute.split_once('[') {
        None => (attribute, None),
        Some((attribute, value)) => (attribute, Some(value.strip_prefix('=')?.strip_suffix(']')?)),
    };
    DataAttribute::named(attribute)?;
    let (attribute, value) = (attribute.to_owned(), value.map(str::to_owned));
    (!class.is_empty()).then(|| Target::IntentFilter { class: class.to_owned(), attribute, value })
}

/// A text in quotes, `\"` and `\\` in it being one character.
fn quoted(text: &str) -> Option<String> {
    let mut chars = text.strip_prefix('"')?.strip_suffix('"')?.chars();
    let mut plain = String::new();
    while let Some(c) = chars.next() {
        match c {
            '"' => return None,
            '\\' => plain.push(chars.next().filter(|c| matches!(c, '"' | '\\'))?),
            c => plain.push(c),
        }
    }
    (!plain.is_empty()).then_some(plain)
}

fn file(rest: &str) -> Result<Target, (&'static str, &'static str)> {
    // However often it stands there: what is left would be taken for a resource where it is printed.
    let rest = rest.trim_start_matches("./");
    let (path, locator) = match rest.split_once('#') {
        Some((path, locator)) => (path, Some(locator)),
        None => (rest, None),
    };
    let parts: Vec<String> = path.split("!/").map(str::to_owned).collect();
    if parts.iter().any(|part| part.is_empty() || part.starts_with('/') || part.split('/').any(|step| step == "..")) {
        return Err((
            "the path is empty, absolute or leaves the artifact",
            "a path inside the artifact, as zipinfo lists it",
        ));
    }
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
    let locator = match (locator, extension.as_str()) {
        (None, _) => Locator::Whole,
        (Some(text), _) if quoted(text).is_some() => Locator::Text(ByValue::new(quoted(text).unwrap_or_default())),
        (Some(keys), "plist" | "strings" | "loctable" | "stringsdict") => {
            if KeyPath::parse(keys).is_err() {
                return Err(("behind '#' stands no key path", "FILE.plist#Key/Sub/0 or FILE.plist#Key/[Name=text]/0"));
            }
            Locator::Plist(keys.to_owned())
        }
        (Some(path), "xml" | "gam" | "config") if path.starts_with('/') => Locator::Xml(path.to_owned()),
        (Some(_), "xml" | "gam" | "config") => {
            return Err(("behind '#' stands no path", "FILE.xml#/a/b (text) or FILE.xml#/a/b/@c"));
        }
        (Some(""), _) if extension == "properties" || extension == "js" => {
            return Err(("behind '#' stands nothing", "FILE.properties#key or FILE.js#NAME"));
        }
        (Some(key), "properties") => Locator::Properties(key.to_owned()),
        (Some(name), "js" | "mjs" | "cjs" | "bundle" | "jsbundle") => match Property::parse(name) {
            Some(_) => Locator::Js(name.to_owned()),
            None => {
                return Err((
                    "behind '#' stands no property",
                    "FILE.js#NAME, FILE.js#settings.NAME or FILE.js#NAME[0]; a name with dots, brackets or quotes: \
                     FILE.js#[\"a.b\"]",
                ));
            }
        },
        (Some(pointer), _) if is_pointer(pointer) => Locator::Json(pointer.to_owned()),
        (Some(_), _) => {
            return Err((
                "behind '#' stands no JSON pointer",
                "FILE#/key/0/key (RFC 6901), or a text by its value in quotes: FILE#\"TEXT\"",
            ));
        }
    };
    Ok(Target::File { path: FilePath { parts, any_case: false }, locator })
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.parts.join("!/"))
    }
}

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Text(text) => write!(f, "#\"{}\"", text.text().replace('\\', "\\\\").replace('"', "\\\"")),
            Self::Json(at) | Self::Plist(at) | Self::Xml(at) | Self::Js(at) | Self::Properties(at) => {
                write!(f, "#{at}")
            }
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String { name, config: None } => write!(f, "string/{name}"),
            Self::String { name, config: Some(config) } => write!(f, "string/{name}@{config}"),
            Self::Resource { kind, name, locator } => write!(f, "{}/{name}{locator}", kind.word()),
            Self::MetaData { name } => write!(f, "meta-data/{name}"),
            Self::IntentFilter { class, attribute, value: None } => write!(f, "intent-filter/{class}#{attribute}"),
            Self::IntentFilter { class, attribute, value: Some(value) } => {
                write!(f, "intent-filter/{class}#{attribute}[={value}]")
            }
            Self::DexMethod { method, parameter, index } => {
                write!(f, "dex/{method}")?;
                parameter.map_or(Ok(()), |parameter| write!(f, "({parameter})"))?;
                index.map_or(Ok(()), |index| write!(f, "[{index}]"))
            }
            Self::DexText { text } => write!(f, "dex/\"{}\"", text.text()),
            Self::SigningBlock { id } => f.write_str(&apk_signing_block::pair_name(*id)),
            Self::File { path, locator } => {
                let text = path.to_string();
                let like_a_resource =
                    ["string/", "raw/", "xml/", "meta-data/", "intent-filter/", "dex/", apk_signing_block::PAIR]
                        .iter()
                        .any(|p| text.starts_with(p));
                let word = text.split_once(':').map(|(word, _)| word);
                let like_a_kind = Kind::ALL.iter().any(|(kind, _)| Some(*kind) == word);
                write!(
                    f,
                    "{}{text}{locator}",
                    if like_a_resource || like_a_kind || mistyped::meant(&text).is_some() { "./" } else { "" }
                )
            }
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(kind) = self.kind {
            write!(f, "{}:", kind.word())?;
        }
        self.target.fmt(f)
    }
}
