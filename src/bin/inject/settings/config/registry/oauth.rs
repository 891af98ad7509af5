//! `registry = "oauth"`: an authorization server that registers clients (RFC 7591, RFC 7592).
//!
//! Must not: send the token anywhere; what asks does.

use std::path::PathBuf;

use inject::registry::{self, Capability, OauthConfig, Registry, RegistryIdentity, Unasked};
use serde_json::{Map, Value};
use toml::de::DeValue;

use super::given::Given;
use super::{
    CA, Configured, Examined, Fixed, Form, Keeper, Kept, Key, Kind, Need, ProbedServer, RegistryRef, Remote, Text,
};
use crate::exit::Failure;
use crate::settings::source::Source;
use crate::settings::{Chosen, Settings};

/// What is known of it.
pub const KIND: Kind = Kind {
    word: "oauth",
    takes_name: false,
    classes: &[Capability::EchoByToken, Capability::ShownOnce],
    remote: Remote::Always,
    keeper: Keeper::Owner,
    keys: &[
        Key::new(
            "url",
            Form::Text,
            Need::Given("write url = \"https://...\", the issuer"),
            "the issuer; `/.well-known` says the rest",
        ),
        Key::new(
            "endpoint",
            Form::Plain,
            Need::Optional,
            "the registration endpoint, where the server does not say it",
        ),
        Key::new("token", Form::Reference, Need::Optional, "the initial access token"),
        CA,
        Key::new("metadata", Form::Table, Need::Optional, "client metadata that is sent beside"),
    ],
    read,
};

/// An authorization server that registers clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oauth {
    /// `url`: the issuer, an address or a reference.
    pub url: Text,
    /// `endpoint`: the registration endpoint, where the server does not say it.
    pub endpoint: Option<String>,
    /// `token`: the initial access token.
    pub token: Option<Source>,
    /// `ca`: certificates to trust, PEM.
    pub ca: Option<PathBuf>,
    /// `metadata`: client metadata to send.
    pub metadata: Map<String, Value>,
}

fn read(given: &mut Given<'_, '_, '_>) -> Option<RegistryRef> {
    let url = given.text("url");
    let endpoint = given.plain("endpoint");
    let token = given.reference("token");
    let ca = given.path("ca");
    let metadata = metadata(given).unwrap_or_default();
    Some(RegistryRef::Oauth(Oauth { url: url?, endpoint, token, ca, metadata }))
}

/// Client metadata, as JSON.
fn metadata(given: &mut Given<'_, '_, '_>) -> Option<Map<String, Value>> {
    let value = given.value("metadata", Form::Table)?;
    let table = given.reader.table("env.NAME.metadata", value)?;
    let mut metadata = Map::new();
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        if ["client_id", "client_secret"].contains(&name) {
            let remedy = "remove it; the server gives it";
            given.reader.problem(key.span(), format!("{name} is no metadata of a client"), remedy);
            continue;
        }
        match json(value.get_ref()) {
            Some(value) => {
                metadata.insert(name.to_owned(), value);
            }
            None => {
                let kind = value.get_ref().type_str();
                let remedy = "write a text, a number, true, false, a list or a table";
                given.reader.problem(value.span(), format!("{name} is of type {kind}"), remedy);
            }
        }
    }
    Some(metadata)
}

/// A value of TOML as one of JSON, which has no dates and no fractions here.
fn json(value: &DeValue<'_>) -> Option<Value> {
    if let Some(text) = value.as_str() {
        return Some(text.into());
    }
    if let Some(truth) = value.as_bool() {
        return Some(truth.into());
    }
    if let Some(number) = value.as_integer() {
        return number.as_str().parse::<i64>().ok().map(Into::into);
    }
    if let Some(array) = value.as_array() {
        return array.iter().map(|item| json(item.get_ref())).collect();
    }
    let table = value.as_table()?;
    let members = table.iter().map(|(key, value)| Some((key.get_ref().to_string(), json(value.get_ref())?)));
    members.collect::<Option<Map<_, _>>>().map(Into::into)
}

impl Configured for Oauth {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn keys(&self) -> Vec<(&'static str, Value)> {
        let Self { url, endpoint, token, ca, metadata } = self;
        let mut keys = vec![("url", url.written().into())];
        keys.extend(endpoint.as_ref().map(|endpoint| ("endpoint", endpoint.clone().into())));
        keys.extend(token.as_ref().map(|token| ("token", token.written().into())));
        keys.extend(ca.as_ref().map(|ca| ("ca", ca.to_string_lossy().into())));
        if !metadata.is_empty() {
            keys.push(("metadata", metadata.clone().into()));
        }
        keys
    }

    fn references(&mut self) -> Vec<&mut Source> {
        let Self { url, endpoint: _, token, ca: _, metadata: _ } = self;
        url.source_mut().into_iter().chain(token).collect()
    }

    fn address(&self) -> Option<&Source> {
        self.url.source()
    }

    fn unasked(&self) -> Option<String> {
        self.token.as_ref().filter(|token| token.is_not_run()).map(Source::written)
    }

    fn identity(&self, _: &Settings, chosen: &Chosen) -> Result<RegistryIdentity, Failure> {
        Ok(registry::Oauth::identity_of(&self.url.read(&chosen.key("url"))?))
    }

    fn open(&self, settings: &Settings, chosen: &Chosen) -> Result<Box<dyn Registry>, Failure> {
        let issuer = self.url.read(&chosen.key("url"))?;
        let token = self.token.as_ref().map(|source| source.read(&chosen.key("token"))).transpose()?;
        Ok(Box::new(registry::Oauth::new(OauthConfig {
            issuer,
            endpoint: self.endpoint.clone(),
            token,
            roots: settings.beside(self.ca.as_deref())?,
            metadata: self.metadata.clone(),
            patience: None,
        })?))
    }

    fn open_without_programs(&self, settings: &Settings, chosen: &Chosen) -> Result<Box<dyn Registry>, Failure> {
        Ok(Box::new(Unasked(self.identity(settings, chosen)?)))
    }

    fn kept(&self) -> Option<&dyn Kept> {
        None
    }

    fn fixed(&self) -> Option<&Fixed> {
        None
    }

    fn server(&self) -> Option<ProbedServer<'_>> {
        Some(ProbedServer { issuer: Some(&self.url), ca: self.ca.as_deref() })
    }

    fn examined(&self) -> Examined<'_> {
        Examined::Asked
    }
}
