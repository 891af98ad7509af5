//! Value templates: literal text with names in braces, `{client_id}`, `{client_secret}`, and the environment's values.
//!
//! `{{` and `}}` are literal braces. `{credential_json}` is the whole credential as a JSON object, for whole files.
//! `{reversed_client_id}` is the Client Id with the parts between its dots in reverse order: the URL scheme of Google's ids.
//! `{raised}`, which stands alone, is no value but a rule: the number that is there, one higher whenever another place of
//! the artifact changes.
//!
//! What a template made can be read again: which Client Id and which secret a value at its place holds.
//!
//! Must not: know a value; rendering takes them.

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

/// Names that every environment has.
pub const BUILT_IN: [&str; 7] =
    ["client_id", "client_secret", "credential_json", "reversed_client_id", "environment", "application", RAISED];

/// The name of a number that rises.
const RAISED: &str = "raised";

/// A template, parsed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Name(String),
}

/// Why a text is no template, or cannot be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// A brace without its partner.
    #[error("value {template:?}: the brace at character {at} has no partner; write {{{{ or }}}} for a literal brace")]
    Brace {
        /// The text.
        template: String,
        /// From 1.
        at: usize,
    },
    /// A name that nobody defines.
    #[error("value {template:?}: {{{name}}} is not defined; known here: {known}")]
    Unknown {
        /// The text.
        template: String,
        /// The name.
        name: String,
        /// What could stand there.
        known: String,
    },
    /// A number that rises, where it cannot.
    #[error("value {template:?}: {{raised}} {}", match .why {
        RaisedError::NotAlone => "stands alone: it is the number that is there, one higher",
        RaisedError::NoCounter => "is for folders only",
    })]
    Raised {
        /// The text.
        template: String,
        /// Why not.
        why: RaisedError,
    },
}

/// Why `{raised}` is not what it is meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RaisedError {
    /// With text or names around it.
    NotAlone,
    /// In an artifact where nothing is counted.
    NoCounter,
}

/// The credential in a value that stands at a place, read by the place's template.
#[derive(Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Held {
    /// The Client Id.
    pub client_id: Option<Zeroizing<String>>,
    /// The Client Secret.
    pub client_secret: Option<Zeroizing<String>>,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client_id, client_secret: _ } = self;
        f.debug_struct("Held").field("has_client_id", &client_id.is_some()).finish_non_exhaustive()
    }
}

/// The credential of another main object of the same artifact.
#[derive(Clone, Copy)]
pub struct OtherMain<'a> {
    /// The main object's name.
    pub main: &'a str,
    /// The application's id.
    pub application: &'a str,
    /// The Client Id.
    pub client_id: &'a str,
    /// The Client Secret; absent for a public client.
    pub client_secret: Option<&'a str>,
}

impl fmt::Debug for OtherMain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtherMain").field("main", &self.main).finish_non_exhaustive()
    }
}

/// What names stand for. Borrowed, and gone after rendering.
#[derive(Clone, Copy)]
pub struct Values<'a> {
    /// The Client Id.
    pub client_id: &'a str,
    /// The Client Secret; absent for a public client.
    pub client_secret: Option<&'a str>,
    /// The environment's name.
    pub environment: &'a str,
    /// The application's id.
    pub application: &'a str,
    /// The environment's own values.
    pub other: &'a BTreeMap<String, String>,
    /// Credentials of other main objects that the artifact holds metadata of.
    pub mains: &'a [OtherMain<'a>],
}

impl fmt::Debug for Values<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The secret is among them.
        f.debug_struct("Values").field("application", &self.application).finish_non_exhaustive()
    }
}

impl Values<'_> {
    /// All that may be in an artifact because of them.
    pub fn texts(&self) -> Vec<&str> {
        let own = [Some(self.client_id), self.client_secret, Some(self.environment), Some(self.application)];
        let mains = self.mains.iter().flat_map(|main| [Some(main.client_id), main.client_secret]);
        own.into_iter().chain(mains).flatten().chain(self.other.values().map(String::as_str)).collect()
    }

    /// The values of another main object; `None` where its credential is not known.
    pub fn of_main(&self, main: &str) -> Option<Self> {
        let other = self.mains.iter().find(|other| same_object(other.main, main))?;
        let OtherMain { application, client_id, client_secret, .. } = *other;
        Some(Self { client_id, client_secret, application, ..*self })
    }
}

/// Whether two names are those of one object: case counts for nothing, and resource names have `_` for the dots of modules.
pub fn same_object(left: &str, right: &str) -> bool {
    object_key(left) == object_key(right)
}

/// What is the same for all names of one object.
pub(crate) fn object_key(name: &str) -> String {
    name.to_lowercase().replace('.', "_")
}

impl Template {
    /// Parses a template.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut chars = text.chars().enumerate().peekable();
        while let Some((at, c)) = chars.next() {
            let brace = || TemplateError::Brace { template: text.to_owned(), at: at + 1 };
            match c {
                '{' | '}' if chars.peek().is_some_and(|(_, next)| *next == c) => {
                    chars.next();
                    literal.push(c);
                }
                '{' => {
                    let mut name = String::new();
                    loop {
                        match chars.next() {
                            Some((_, '}')) => break,
                            Some((_, c)) if c.is_ascii_alphanumeric() || "._-".contains(c) => name.push(c),
                            _ => return Err(brace()),
                        }
                    }
                    if !literal.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut literal)));
                    }
                    parts.push(Part::Name(name));
                }
                '}' => return Err(brace()),
                _ => literal.push(c),
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        let template = Self { parts };
        if template.names().any(|name| name == RAISED) && !template.is_raised() {
            return Err(TemplateError::Raised { template: text.to_owned(), why: RaisedError::NotAlone });
        }
        Ok(template)
    }

    /// Whether it is the number that is there, one higher.
    pub fn is_raised(&self) -> bool {
        matches!(self.parts.as_slice(), [Part::Name(name)] if name == RAISED)
    }

    /// The value where it depends on nothing.
    pub(crate) fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            [Part::Name(_)] | [_, _, ..] => None,
        }
    }

    /// Whether the value is the Client Id and nothing else.
    pub fn is_client_id(&self) -> bool {
        matches!(self.parts.as_slice(), [Part::Name(name)] if name == "client_id")
    }

    /// Whether the Client Id is part of the value, in whatever form.
    pub fn holds_client_id(&self) -> bool {
        self.names().any(|name| ["client_id", "credential_json", "reversed_client_id"].contains(&name))
    }

    /// Whether the Client Id or the secret is part of the value, in whatever form.
    pub fn holds_credential(&self) -> bool {
        self.holds_client_id() || self.needs_secret()
    }

    /// Whether a brace in it is a literal one: who writes `{{client_id}}` may not know that.
    pub fn has_literal_brace(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Text(text) if text.contains(['{', '}'])))
    }

    /// The credential in a value that stands where this template is put; what it does not fit holds none.
    pub fn read(&self, text: &str) -> Held {
        let mut held = Held::default();
        let mut rest = text;
        let mut parts = self.parts.iter().peekable();
        while let Some(part) = parts.next() {
            match part {
                Part::Text(literal) => match rest.strip_prefix(literal.as_str()) {
                    Some(behind) => rest = behind,
                    None => return Held::default(),
                },
                Part::Name(name) => {
                    let end = match parts.peek() {
                        None => rest.len(),
                        Some(Part::Text(literal)) => match rest.find(literal.as_str()) {
                            Some(end) => end,
                            None => return Held::default(),
                        },
                        // Where one name ends and the next begins is not to be told.
                        Some(Part::Name(_)) => return Held::default(),
                    };
                    let (value, behind) = rest.split_at(end);
                    held.take(name, value);
                    rest = behind;
                }
            }
        }
        if rest.is_empty() { held } else { Held::default() }
    }

    /// Whether the secret is part of the value.
    pub fn needs_secret(&self) -> bool {
        self.names().any(|name| name == "client_secret" || name == "credential_json")
    }

    /// Checks that every name is built in or one of `other`.
    pub fn check<'a>(&self, other: impl Iterator<Item = &'a str> + Clone) -> Result<(), TemplateError> {
        for name in self.names() {
            if !BUILT_IN.contains(&name) && !other.clone().any(|known| known == name) {
                // Who looks for a value does not look for the one that is a rule.
                let values = BUILT_IN.into_iter().filter(|name| *name != RAISED);
                let known: Vec<String> = values.chain(other).map(|known| format!("{{{known}}}")).collect();
                return Err(TemplateError::Unknown {
                    template: self.to_string(),
                    name: name.to_owned(),
                    known: known.join(", "),
                });
            }
        }
        Ok(())
    }

    /// The value. An omitted secret is the empty text, so that an old one does not stay in its place.
    pub fn render(&self, values: &Values<'_>) -> Result<Zeroizing<String>, TemplateError> {
        self.check(values.other.keys().map(String::as_str))?;
        if self.is_raised() {
            return Err(TemplateError::Raised { template: self.to_string(), why: RaisedError::NoCounter });
        }
        let parts: Vec<Zeroizing<String>> = self.parts.iter().map(|part| part.render(values)).collect();
        // Full capacity at once: growing would leave copies behind that nobody overwrites.
        let mut text = Zeroizing::new(String::with_capacity(parts.iter().map(|part| part.len()).sum()));
        for part in &parts {
            text.push_str(part);
        }
        Ok(text)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Name(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }
}

impl Held {
    fn take(&mut self, name: &str, value: &str) {
        let text = |value: &str| Some(Zeroizing::new(value.to_owned()));
        match name {
            "client_id" => self.client_id = text(value),
            "reversed_client_id" => self.client_id = Some(Zeroizing::new(reversed(value))),
            "client_secret" => self.client_secret = text(value),
            "credential_json" => {
                #[derive(serde::Deserialize)]
                struct Credential {
                    client_id: Option<Zeroizing<String>>,
                    client_secret: Option<Zeroizing<String>>,
                }
                if let Ok(credential) = serde_json::from_str::<Credential>(value.trim_start_matches('\u{feff}')) {
                    self.client_id = credential.client_id;
                    self.client_secret = credential.client_secret;
                }
            }
            _ => {}
        }
    }
}

/// The parts between the dots in reverse order.
fn reversed(id: &str) -> String {
    id.split('.').rev().collect::<Vec<_>>().join(".")
}

impl Part {
    fn render(&self, values: &Values<'_>) -> Zeroizing<String> {
        Zeroizing::new(match self {
            Self::Text(text) => text.clone(),
            Self::Name(name) => match name.as_str() {
                "client_id" => values.client_id.to_owned(),
                "reversed_client_id" => reversed(values.client_id),
                "client_secret" => values.client_secret.unwrap_or_default().to_owned(),
                "environment" => values.environment.to_owned(),
                "application" => values.application.to_owned(),
                "credential_json" => return credential_json(values.client_id, values.client_secret),
                other => values.other.get(other).cloned().unwrap_or_default(),
            },
        })
    }
}

/// `{"client_id":"...","client_secret":"..."}`, the secret left out where there is none.
fn credential_json(id: &str, secret: Option<&str>) -> Zeroizing<String> {
    let quote = |text: &str| Zeroizing::new(serde_json::Value::from(text).to_string());
    let id = quote(id);
    Zeroizing::new(match secret {
        None => format!("{{\"client_id\":{}}}", *id),
        Some(secret) => format!("{{\"client_id\":{},\"client_secret\":{}}}", *id, *quote(secret)),
    })
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Text(text) => f.write_str(&text.replace('{', "{{").replace('}', "}}"))?,
                Part::Name(name) => write!(f, "{{{name}}}")?,
            }
        }
        Ok(())
    }
}
