//! What GeneXus and GAM exchange when an F5 registers applications, as text: `OutputParms.json` is read, `InputParms.json` is
//! written.
//!
//! The keys are theirs, misspelt ones included; absent text is the *text* `"null"`. A file may be UTF-8 or UTF-16.
//!
//! Must not: touch a file, or repeat a secret in an error.

use std::marker::PhantomData;

use serde::de::{IgnoredAny, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::fault::Fault;
use crate::credential::registry::answer::{Hidden, is_list};
use crate::credential::registry::{Application, Registered};
use crate::credential::{ClientId, ClientSecret};
use crate::format::text::{self, EncodingError};

/// Characters of GAM's own words, and of names, that are repeated.
const QUOTED: usize = 300;
/// Errors of GAM that are repeated.
const ERRORS: usize = 5;

/// What GAM answered.
#[derive(Debug)]
pub struct Answer {
    /// The applications, in the order of the file.
    pub applications: Vec<Listed>,
    /// GAM's own words, where it refused; no part of a secret that the file holds.
    pub refused: Option<String>,
}

/// An application of an answer.
pub struct Listed {
    /// Its name: the main object's.
    pub name: String,
    /// Its Client Id, as it stands there; empty where there is none.
    pub client_id: String,
    secret: Option<Zeroizing<String>>,
}

/// Why a text is no answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    /// Expected and found.
    pub text: String,
    /// Whether it ends too early, and so may be complete in a moment.
    pub unfinished: bool,
    /// Whether another look may help: a file that is being written over may be anything.
    pub passing: bool,
}

/// Values for a connection to GAM.
pub struct Connection {
    /// `ConnUser`, `ConnPassword`: of the database.
    pub database: (String, Zeroizing<String>),
    /// `Repository`.
    pub repository: String,
    /// `UserName`, `UserPassword`: of GAM's administrator.
    pub user: (String, Zeroizing<String>),
}

impl std::fmt::Debug for Listed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?}, secret: {}", self.name, self.client_id, self.has_secret())
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connection(redacted)")
    }
}

impl Listed {
    /// Whether it has a secret.
    pub fn has_secret(&self) -> bool {
        self.secret.is_some()
    }
}

impl Answer {
    /// Reads the content of `OutputParms.json`. `secrets` may stand in GAM's words, and are not repeated.
    pub fn parse(bytes: &[u8], secrets: &[&str]) -> Result<Self, Problem> {
        let text = match text::read(bytes).map_err(|error| encoding(&error, bytes.len()))? {
            std::borrow::Cow::Borrowed(text) => Zeroizing::new(text.to_owned()),
            std::borrow::Cow::Owned(text) => Zeroizing::new(text),
        };
        let wrong = |text: &str| Problem { text: text.to_owned(), unfinished: false, passing: false };
        if text.trim().is_empty() {
            return Err(Problem { text: "it is empty".to_owned(), unfinished: true, passing: true });
        }
        if is_list(text.as_bytes()) {
            return Err(wrong("it is a list of JSON, expected an object with isOK and Applications"));
        }
        let Raw { is_ok, applications, errors, connection } = serde_json::from_str(&text).map_err(|e| syntax(&e))?;
        if connection.is_some() {
            return Err(wrong("it is what GeneXus sends (InputParms.json), not what GAM answered"));
        }
        let is_ok = match is_ok {
            Some(Truth::Is(is_ok)) => is_ok,
            Some(Truth::Said(text)) if text.eq_ignore_ascii_case("true") => true,
            Some(Truth::Said(text)) if text.eq_ignore_ascii_case("false") => false,
            Some(Truth::Said(_)) => return Err(wrong("isOK is neither true nor false")),
            None => return Err(wrong("it has no isOK; expected what GAM answers to GeneXus (OutputParms.json)")),
        };
        let applications: Vec<Listed> = applications.unwrap_or_default().into_iter().map(listed).collect();
        let errors = errors.unwrap_or_default();
        let refused = (!is_ok || !errors.is_empty()).then(|| {
            let held = applications.iter().filter_map(|listed| listed.secret.as_ref()).map(|secret| secret.as_str());
            let secrets: Vec<&str> = secrets.iter().copied().chain(held).collect();
            words(&errors, &secrets)
        });
        Ok(Self { applications, refused })
    }

    /// The application with this Client Id. Several entries with one are one application, unless their secrets differ.
    pub fn by_id(&self, id: &ClientId) -> Result<Option<&Listed>, Fault> {
        one(&self.applications.iter().filter(|listed| listed.client_id == id.as_str()).collect::<Vec<_>>(), "")
    }

    /// The application with this name, else with this id as its name, else with one of them in other capitals: names of objects
    /// differ in more than these.
    pub fn by_name(&self, application: &Application) -> Result<Option<&Listed>, Fault> {
        let names = [&application.name, &application.id];
        let exact = names.map(|name| self.named(|listed| listed == name.as_str()));
        let folded = names.map(|name| self.named(|listed| listed.to_lowercase() == name.to_lowercase()));
        let found = exact.into_iter().chain(folded).find(|found| !found.is_empty());
        one(&found.unwrap_or_default(), &application.name)
    }

    fn named(&self, is: impl Fn(&str) -> bool) -> Vec<&Listed> {
        self.applications.iter().filter(|listed| !listed.name.is_empty() && is(&listed.name)).collect()
    }

    /// Names with Client Ids, for messages.
    pub fn shown(&self) -> Vec<String> {
        self.applications
            .iter()
            .map(|listed| format!("{} ({})", shown(&listed.name), shown(&listed.client_id)))
            .collect()
    }

    /// Client Ids that several entries have: GAM allows it.
    pub fn shared_ids(&self) -> Vec<&str> {
        let ids = || self.applications.iter().map(|listed| listed.client_id.as_str()).filter(|id| !id.is_empty());
        let mut shared: Vec<&str> = ids().filter(|id| ids().filter(|other| other == id).count() > 1).collect();
        shared.sort_unstable();
        shared.dedup();
        shared
    }
}

impl Listed {
    /// As registries answer.
    pub fn registered(&self) -> Result<Registered, Fault> {
        let wrong = |problem: String| Fault::Entry { name: shown(&self.name), problem };
        let id = ClientId::parse(&self.client_id).map_err(|error| wrong(error.to_string()))?;
        let secret = self.secret.as_ref().map(|secret| ClientSecret::parse(secret)).transpose();
        let secret = secret.map_err(|error| wrong(error.to_string()))?;
        // Whose it is was compared before: by its id and its name.
        Ok(Registered { id, secret, existed: true, expires: None, application: None })
    }
}

/// The one application that these entries are.
fn one<'l>(entries: &[&'l Listed], name: &str) -> Result<Option<&'l Listed>, Fault> {
    let Some(first) = entries.first() else { return Ok(None) };
    if entries.iter().any(|entry| entry.client_id != first.client_id) {
        let mut ids: Vec<String> = entries.iter().map(|entry| shown(&entry.client_id)).collect();
        ids.sort_unstable();
        ids.dedup();
        return Err(Fault::Ambiguous { name: shown(name), ids });
    }
    let secrets: Vec<&&Listed> = entries.iter().filter(|entry| entry.has_secret()).collect();
    let parsed = |entry: &Listed| entry.secret.as_ref().and_then(|secret| ClientSecret::parse(secret).ok());
    if let [one, others @ ..] = secrets.as_slice()
        && others.iter().any(|other| parsed(other) != parsed(one))
    {
        return Err(Fault::TwoSecrets { id: shown(&first.client_id) });
    }
    Ok(Some(secrets.first().map_or(first, |entry| **entry)))
}

/// The content of `InputParms.json` that registers one application, as the IDE writes it.
pub fn input(name: &str, id: &ClientId, secret: Option<&ClientSecret>, connection: &Connection) -> Zeroizing<String> {
    let Connection { database, repository, user } = connection;
    let value = json!({
        "Applications": [{
            "ClientAutoRegisterAnomymousUser": false,
            "ClientEncriptionKey": null,
            "ClientId": id.as_str(),
            "ClientSecret": secret.map_or(ABSENT, ClientSecret::expose),
            "Description": null,
            "Environment": null,
            "GUID": id.as_str(),
            "Name": name,
            "Version": null,
        }],
        "FilesPath": null,
        "IdeConnection": {
            "ConnPassword": database.1.as_str(),
            "ConnUser": database.0,
            "Repository": repository,
            "UserName": user.0,
            "UserPassword": user.1.as_str(),
        },
        "RepositoryGUID": null,
    });
    Zeroizing::new(value.to_string())
}

/// What stands where there is no text.
const ABSENT: &str = "null";

/// A text of a file for a message: no control characters, and not without end.
pub fn shown(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().take(QUOTED) {
        if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "isOK")]
    is_ok: Option<Truth>,
    #[serde(rename = "Applications")]
    applications: Option<Vec<Object<RawApplication>>>,
    #[serde(rename = "Errors")]
    errors: Option<Vec<Value>>,
    #[serde(rename = "IdeConnection")]
    connection: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Truth {
    Is(bool),
    Said(String),
}

#[derive(Deserialize)]
struct RawApplication {
    #[serde(rename = "Name")]
    name: Option<String>,
    #[serde(rename = "ClientId")]
    client_id: Option<String>,
    #[serde(rename = "ClientSecret")]
    secret: Option<Hidden>,
}

/// An object, and no list that has its members in their order.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = T;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_map(Members(PhantomData)).map(Self)
    }
}

fn listed(Object(raw): Object<RawApplication>) -> Listed {
    let there = |text: &str| Some(text.trim()).filter(|text| !text.is_empty() && *text != ABSENT).map(str::to_owned);
    Listed {
        name: raw.name.as_deref().and_then(there).unwrap_or_default(),
        client_id: raw.client_id.as_deref().and_then(there).unwrap_or_default(),
        secret: raw.secret.and_then(|Hidden(secret)| there(&secret)).map(Zeroizing::new),
    }
}

fn encoding(error: &EncodingError, len: usize) -> Problem {
    let at = match error {
        EncodingError::Utf16Broken { offset } | EncodingError::Utf8 { offset } => *offset,
        EncodingError::Utf16 => 0,
    };
    // A character that is cut is the last one.
    Problem { text: error.to_string(), unfinished: at + 4 > len, passing: true }
}

fn syntax(error: &serde_json::Error) -> Problem {
    // The error's own text may quote the file.
    let what = if error.is_eof() {
        "it ends in the middle of the JSON"
    } else if !error.is_data() {
        "it is no JSON"
    } else if error.to_string().starts_with("duplicate field") {
        "a member stands there twice in one object"
    } else {
        "it has members of other types than expected"
    };
    let text = format!("{what} (line {}, column {})", error.line(), error.column());
    Problem { text, unfinished: error.is_eof(), passing: !error.is_data() }
}

/// GAM's own words: codes and messages, as far as they are texts.
fn words(errors: &[Value], secrets: &[&str]) -> String {
    let mut said: Vec<String> = errors.iter().take(ERRORS).filter_map(word).collect();
    if errors.len() > ERRORS {
        said.push(format!("and {} more", errors.len() - ERRORS));
    }
    let text = without(&said.join("; "), secrets);
    if text.is_empty() { "it gives no reason".to_owned() } else { text }
}

/// A text of others for a message, without these secrets.
pub fn without(text: &str, secrets: &[&str]) -> String {
    let mut secrets: Vec<&str> = secrets.iter().copied().filter(|secret| !secret.is_empty()).collect();
    // One may be part of another.
    secrets.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
    shown(&secrets.into_iter().fold(text.to_owned(), |text, secret| text.replace(secret, "[secret]")))
}

fn word(error: &Value) -> Option<String> {
    match error {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(members) => {
            let part = |names: &[&str]| {
                let member = members.iter().find(|(key, _)| names.iter().any(|name| key.eq_ignore_ascii_case(name)));
                member.and_then(|(_, value)| word(value).filter(|_| !value.is_object()))
            };
            let parts = [part(&["Code", "Id"]), part(&["Message", "Description", "Text"])];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            (!parts.is_empty()).then(|| parts.join(": "))
        }
        Value::Null | Value::Bool(_) | Value::Array(_) => None,
    }
}
