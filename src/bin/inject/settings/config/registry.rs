//! The registry of an environment in `inject.toml`, with the keys that belong to it.
//!
//! Must not: read a reference while the file is read, or ask a registry.

use std::ops::Range;
use std::path::PathBuf;

use inject::credentials::EnvironmentName;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Reader, Value};
use crate::exit::Failure;
use crate::settings::source::Source;
use crate::suggest::nearest;

/// Keys of an environment that belong to one kind of registry.
pub(super) const REGISTRY_KEYS: [(&[&str], &str); 11] = [
    (&["http", "oauth", "postgres"], "url"),
    (&["http", "oauth"], "token"),
    (&["http", "oauth", "postgres"], "ca"),
    (&["postgres"], "key"),
    (&["oauth"], "endpoint"),
    (&["oauth"], "metadata"),
    (&["exec", "genexus"], "command"),
    (&["genexus"], "model"),
    (&["genexus"], "connection"),
    (&["fixed"], "client-id"),
    (&["fixed"], "client-secret"),
];

/// The kinds of registries.
const KINDS: [&str; 7] = ["embedded", "postgres", "http", "oauth", "exec", "genexus", "fixed"];

/// Keys of `connection`, and whether what stands there is secret.
const CONNECTION_KEYS: [(&str, bool); 5] = [
    ("conn-user", false),
    ("conn-password", true),
    ("repository", false),
    ("user-name", false),
    ("user-password", true),
];

/// Which registry an environment has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RegistryRef {
    /// `embedded`: this environment's own.
    #[default]
    Own,
    /// `embedded:NAME`: shared by those that name it.
    Embedded(EnvironmentName),
    /// `http`: an access manager behind the contract.
    Http {
        /// `url`, an address or a reference.
        url: Text,
        /// `token`.
        token: Option<Source>,
        /// `ca`: certificates to trust, PEM.
        ca: Option<PathBuf>,
    },
    /// `oauth`: an authorization server that registers clients.
    Oauth {
        /// `url`: the issuer, an address or a reference.
        url: Text,
        /// `endpoint`: the registration endpoint, where the server does not say it.
        endpoint: Option<String>,
        /// `token`: the initial access token.
        token: Option<Source>,
        /// `ca`: certificates to trust, PEM.
        ca: Option<PathBuf>,
        /// `metadata`: client metadata to send.
        metadata: serde_json::Map<String, serde_json::Value>,
    },
    /// `postgres`: the database of a team.
    Postgres {
        /// `url`: a connection string, which holds a password.
        url: Source,
        /// `key`: what seals the secrets.
        key: Source,
        /// `ca`: certificates to trust, PEM.
        ca: Option<PathBuf>,
    },
    /// `exec`: a program, without a shell.
    Exec(Vec<String>),
    /// `genexus`: what GAM answered at an F5.
    Genexus {
        /// `model`: the model folder, from the configuration's folder.
        model: String,
        /// `command` with `connection`: a program that registers there.
        asking: Option<Asking>,
    },
    /// `fixed`: exactly these values.
    Fixed {
        /// `client-id`.
        id: Text,
        /// `client-secret`.
        secret: Option<Source>,
    },
}

/// A program that registers in GAM, and what it needs for that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// `command`.
    pub words: Vec<String>,
    /// `conn-user`.
    pub conn_user: Text,
    /// `conn-password`.
    pub conn_password: Source,
    /// `repository`.
    pub repository: Text,
    /// `user-name`.
    pub user_name: Text,
    /// `user-password`.
    pub user_password: Source,
}

impl Asking {
    /// `connection`, as it stands in the configuration.
    fn connection(&self) -> serde_json::Value {
        let Self { words: _, conn_user, conn_password, repository, user_name, user_password } = self;
        serde_json::json!({
            "conn-user": conn_user.written(),
            "conn-password": conn_password.written(),
            "repository": repository.written(),
            "user-name": user_name.written(),
            "user-password": user_password.written(),
        })
    }
}

/// A text that stands in the configuration, or a reference to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// As it stands.
    Plain(String),
    /// Where it is.
    Reference(Source),
}

impl RegistryRef {
    /// The value of `registry`.
    pub fn word(&self) -> String {
        match self {
            Self::Own => "embedded".to_owned(),
            Self::Embedded(name) => format!("embedded:{name}"),
            Self::Http { .. } => "http".to_owned(),
            Self::Oauth { .. } => "oauth".to_owned(),
            Self::Postgres { .. } => "postgres".to_owned(),
            Self::Exec(_) => "exec".to_owned(),
            Self::Genexus { .. } => "genexus".to_owned(),
            Self::Fixed { .. } => "fixed".to_owned(),
        }
    }

    /// The keys beside, as another environment on the same registry has them. References stay references. Values that are
    /// given as they are belong to one environment, and are not among them.
    pub fn keys(&self) -> Vec<(&'static str, serde_json::Value)> {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.to_string_lossy().into_owned());
        let mut keys = Vec::new();
        let mut add = |key, value: Option<String>| keys.extend(value.map(|value| (key, value.into())));
        match self {
            Self::Own | Self::Embedded(_) | Self::Fixed { .. } => {}
            Self::Http { url, token, ca } => {
                add("url", Some(url.written()));
                add("token", token.as_ref().map(Source::written));
                add("ca", path(ca));
            }
            Self::Oauth { url, endpoint, token, ca, metadata } => {
                add("url", Some(url.written()));
                add("endpoint", endpoint.clone());
                add("token", token.as_ref().map(Source::written));
                add("ca", path(ca));
                if !metadata.is_empty() {
                    keys.push(("metadata", metadata.clone().into()));
                }
            }
            Self::Postgres { url, key, ca } => {
                add("url", Some(url.written()));
                add("key", Some(key.written()));
                add("ca", path(ca));
            }
            Self::Exec(words) => keys.push(("command", words.clone().into())),
            Self::Genexus { model, asking } => {
                add("model", Some(model.clone()));
                if let Some(asking) = asking {
                    keys.push(("command", asking.words.clone().into()));
                    keys.push(("connection", asking.connection()));
                }
            }
        }
        keys
    }

    /// The same with references that run no program.
    pub fn without_programs(self) -> Self {
        let each = |source: Option<Source>| source.map(Source::without_programs);
        match self {
            Self::Own => Self::Own,
            Self::Embedded(name) => Self::Embedded(name),
            Self::Http { url, token, ca } => Self::Http { url: url.without_programs(), token: each(token), ca },
            Self::Oauth { url, endpoint, token, ca, metadata } => {
                Self::Oauth { url: url.without_programs(), endpoint, token: each(token), ca, metadata }
            }
            Self::Postgres { url, key, ca } => {
                Self::Postgres { url: url.without_programs(), key: key.without_programs(), ca }
            }
            Self::Exec(words) => Self::Exec(words),
            Self::Genexus { model, asking } => {
                let asking = asking.map(|asking| Asking {
                    words: asking.words,
                    conn_user: asking.conn_user.without_programs(),
                    conn_password: asking.conn_password.without_programs(),
                    repository: asking.repository.without_programs(),
                    user_name: asking.user_name.without_programs(),
                    user_password: asking.user_password.without_programs(),
                });
                Self::Genexus { model, asking }
            }
            Self::Fixed { id, secret } => Self::Fixed { id: id.without_programs(), secret: each(secret) },
        }
    }

    /// The program that has its address, where that is not run.
    pub fn unread_address(&self) -> Option<String> {
        let source = match self {
            Self::Http { url, .. } | Self::Oauth { url, .. } => match url {
                Text::Plain(_) => None,
                Text::Reference(source) => Some(source),
            },
            Self::Postgres { url, .. } => Some(url),
            Self::Own | Self::Embedded(_) | Self::Exec(_) | Self::Genexus { .. } | Self::Fixed { .. } => None,
        };
        source.filter(|source| source.is_not_run()).map(Source::written)
    }

    /// The program that asking it takes and that is not run, where programs are not: the registry itself, or one that has a
    /// token or a key for it.
    pub fn unasked(&self) -> Option<String> {
        let first = |sources: &[Option<&Source>]| {
            sources.iter().flatten().find(|source| source.is_not_run()).map(|source| source.written())
        };
        match self {
            Self::Exec(words) => Some(words.join(" ")),
            Self::Genexus { asking, .. } => asking.as_ref().map(|asking| asking.words.join(" ")),
            Self::Http { token, .. } | Self::Oauth { token, .. } => first(&[token.as_ref()]),
            Self::Postgres { key, .. } => first(&[Some(key)]),
            Self::Own | Self::Embedded(_) | Self::Fixed { .. } => None,
        }
    }

    /// Whether asking it leaves this machine or starts a program.
    pub fn is_remote(&self) -> bool {
        match self {
            Self::Own | Self::Embedded(_) | Self::Fixed { .. } | Self::Genexus { asking: None, .. } => false,
            Self::Http { .. }
            | Self::Oauth { .. }
            | Self::Postgres { .. }
            | Self::Exec(_)
            | Self::Genexus { asking: Some(_), .. } => true,
        }
    }
}

impl Text {
    /// The same, where no program may be run.
    fn without_programs(self) -> Self {
        match self {
            Self::Plain(text) => Self::Plain(text),
            Self::Reference(source) => Self::Reference(source.without_programs()),
        }
    }

    /// As it stands in the configuration.
    fn written(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Reference(source) => source.written(),
        }
    }

    /// Whether it is a program that is not run.
    pub fn is_not_run(&self) -> bool {
        matches!(self, Self::Reference(source) if source.is_not_run())
    }

    /// The text; `what` is it called in messages.
    pub fn read(&self, what: &str) -> Result<String, Failure> {
        match self {
            Self::Plain(text) => Ok(text.clone()),
            Self::Reference(source) => Ok(source.read(what)?.to_string()),
        }
    }
}

impl Reader {
    /// `registry` of an environment with the keys that belong to it.
    pub(super) fn registry(&mut self, env: Range<usize>, table: &DeTable<'_>) -> RegistryRef {
        let named = table.iter().find(|(key, _)| key.get_ref() == "registry");
        let text = match named {
            None => "embedded".to_owned(),
            Some((_, value)) => match self.string("registry", value) {
                None => return RegistryRef::Own,
                Some(text) => text,
            },
        };
        let span = named.map_or(env, |(_, value)| value.span());
        let kind = text.split_once(':').map_or(text.as_str(), |(kind, _)| kind).to_owned();
        for (key, _) in table {
            let name = key.get_ref().as_ref();
            if let Some((of, _)) =
                REGISTRY_KEYS.iter().find(|(of, known)| *known == name && !of.contains(&kind.as_str()))
            {
                let kinds: Vec<String> = of.iter().map(|of| format!("{of:?}")).collect();
                let kinds = match kinds.as_slice() {
                    [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
                    kinds => kinds.concat(),
                };
                let message = format!("{name} belongs to registry = {kinds}, here it is {text:?}");
                self.problem(key.span(), message, format!("remove it, or write registry = {kinds}"));
            }
        }
        let given = |key: &str| table.iter().find(|(found, _)| found.get_ref() == key).map(|(_, value)| value);
        match text.split_once(':') {
            None if text == "embedded" => RegistryRef::Own,
            Some(("embedded", name)) => self.name(span, name).map_or(RegistryRef::Own, RegistryRef::Embedded),
            None if text == "http" => {
                let url = given("url").and_then(|value| self.text("url", value));
                let token = given("token").and_then(|value| self.reference("token", value));
                let ca = given("ca").and_then(|value| self.string("ca", value)).map(PathBuf::from);
                if url.is_none() && given("url").is_none() {
                    self.problem(
                        span,
                        "registry \"http\" has no url",
                        "write url = \"https://...\" or url = \"env:NAME\"",
                    );
                }
                url.map_or(RegistryRef::Own, |url| RegistryRef::Http { url, token, ca })
            }
            None if text == "oauth" => {
                let url = given("url").and_then(|value| self.text("url", value));
                if given("url").is_none() {
                    let remedy = "write url = \"https://...\", the issuer";
                    self.problem(span, "registry \"oauth\" has no url", remedy);
                }
                let endpoint = given("endpoint").and_then(|value| self.string("endpoint", value));
                let token = given("token").and_then(|value| self.reference("token", value));
                let ca = given("ca").and_then(|value| self.string("ca", value)).map(PathBuf::from);
                let metadata = given("metadata").map(|value| self.metadata(value)).unwrap_or_default();
                url.map_or(RegistryRef::Own, |url| RegistryRef::Oauth { url, endpoint, token, ca, metadata })
            }
            None if text == "exec" => {
                let words = given("command").map(|value| self.strings("command", value)).unwrap_or_default();
                if words.is_empty() {
                    let remedy = "write command = [\"PROGRAM\", \"ARGUMENT\"]; no shell is involved";
                    self.problem(span, "registry \"exec\" has no command", remedy);
                }
                RegistryRef::Exec(words.into_iter().map(Spanned::into_inner).collect())
            }
            None if text == "genexus" => self.genexus(span, table),
            None if text == "fixed" => {
                let id = given("client-id").and_then(|value| self.text("client-id", value));
                let secret = given("client-secret").and_then(|value| self.reference("client-secret", value));
                if id.is_none() && given("client-id").is_none() {
                    self.problem(span, "registry \"fixed\" has no client-id", "write client-id = \"env:NAME\"");
                }
                id.map_or(RegistryRef::Own, |id| RegistryRef::Fixed { id, secret })
            }
            None if text == "postgres" => {
                for (key, remedy) in [
                    ("url", "write url = \"env:NAME\"; the variable holds postgres://USER:PASSWORD@HOST/DATABASE"),
                    ("key", "write key = \"env:NAME\"; the variable holds 64 hexadecimal digits: openssl rand -hex 32"),
                ] {
                    if given(key).is_none() {
                        self.problem(span.clone(), format!("registry \"postgres\" has no {key}"), remedy);
                    }
                }
                let url = given("url").and_then(|value| self.reference("url", value));
                let key = given("key").and_then(|value| self.reference("key", value));
                let ca = given("ca").and_then(|value| self.string("ca", value)).map(PathBuf::from);
                url.zip(key).map_or(RegistryRef::Own, |(url, key)| RegistryRef::Postgres { url, key, ca })
            }
            _ => {
                let remedy = match nearest(&kind, KINDS) {
                    Some(near) if near != kind => format!("did you mean {near:?}?"),
                    _ => format!("write {}, or \"embedded:NAME\"", KINDS.map(|kind| format!("{kind:?}")).join(", ")),
                };
                self.problem(span, format!("unknown registry {text:?}"), remedy);
                RegistryRef::Own
            }
        }
    }

    /// GeneXus' file, and a program beside it.
    fn genexus(&mut self, span: Range<usize>, table: &DeTable<'_>) -> RegistryRef {
        let given = |key: &str| table.iter().find(|(found, _)| found.get_ref() == key).map(|(_, value)| value);
        let model = given("model").and_then(|value| self.string("model", value)).unwrap_or_default();
        if model.is_empty() {
            let remedy =
                "write model = \"PATH\", the environment's model folder: Library/GAM/OutputParms.json lies in it";
            self.problem(span, "registry \"genexus\" has no model", remedy);
        }
        let words = given("command").map(|value| (self.strings("command", value), value.span()));
        let asking = match (words, given("connection")) {
            (None, None) => None,
            (None, Some(connection)) => {
                let remedy = "write command = [\"PROGRAM\", \"ARGUMENT\"], or remove it";
                self.problem(connection.span(), "connection is for a command, and there is none", remedy);
                None
            }
            (Some((words, span)), connection) => {
                if words.is_empty() {
                    self.problem(span.clone(), "command is empty", "write command = [\"PROGRAM\", \"ARGUMENT\"]");
                }
                let words = words.into_iter().map(Spanned::into_inner).collect();
                match connection {
                    Some(connection) => self.asking(words, connection),
                    None => {
                        let remedy = "write [env.NAME.connection] with conn-user, conn-password, repository, user-name and \
                                      user-password";
                        self.problem(span, "command has no connection", remedy);
                        None
                    }
                }
            }
        };
        RegistryRef::Genexus { model, asking }
    }

    /// `connection`: all of it is needed.
    fn asking(&mut self, words: Vec<String>, value: &Value<'_>) -> Option<Asking> {
        let table = self.table("env.NAME.connection", value)?;
        for (key, _) in table {
            let name = key.get_ref().as_ref();
            if !CONNECTION_KEYS.iter().any(|(known, _)| *known == name) {
                self.unknown(key.span(), name, &CONNECTION_KEYS.map(|(known, _)| known));
            }
        }
        for (name, is_secret) in CONNECTION_KEYS {
            if !table.contains_key(name) {
                let remedy =
                    if is_secret { "write a reference to it: env:NAME" } else { "write it, or a reference to it" };
                self.problem(value.span(), format!("connection has no {name}"), remedy);
            }
        }
        let given = |key: &str| table.iter().find(|(found, _)| found.get_ref() == key).map(|(_, value)| value);
        let conn_user = given("conn-user").and_then(|value| self.text("conn-user", value));
        let conn_password = given("conn-password").and_then(|value| self.reference("conn-password", value));
        let repository = given("repository").and_then(|value| self.text("repository", value));
        let user_name = given("user-name").and_then(|value| self.text("user-name", value));
        let user_password = given("user-password").and_then(|value| self.reference("user-password", value));
        Some(Asking {
            words,
            conn_user: conn_user?,
            conn_password: conn_password?,
            repository: repository?,
            user_name: user_name?,
            user_password: user_password?,
        })
    }

    /// Client metadata, as JSON.
    fn metadata(&mut self, value: &Value<'_>) -> serde_json::Map<String, serde_json::Value> {
        let Some(table) = self.table("env.NAME.metadata", value) else { return serde_json::Map::new() };
        let mut metadata = serde_json::Map::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if ["client_id", "client_secret"].contains(&name) {
                let remedy = "remove it; the server gives it";
                self.problem(key.span(), format!("{name} is no metadata of a client"), remedy);
                continue;
            }
            match json(value.get_ref()) {
                Some(value) => {
                    metadata.insert(name.to_owned(), value);
                }
                None => {
                    let kind = value.get_ref().type_str();
                    let remedy = "write a text, a number, true, false, a list or a table";
                    self.problem(value.span(), format!("{name} is of type {kind}"), remedy);
                }
            }
        }
        metadata
    }

    /// A text, or a reference to one.
    fn text(&mut self, key: &str, value: &Value<'_>) -> Option<Text> {
        let text = self.string(key, value)?;
        Some(match Source::of_reference(&text) {
            Some(source) => Text::Reference(source),
            None => Text::Plain(text),
        })
    }

    /// A reference to a secret. What stands there instead may be the secret itself, so it is not repeated.
    fn reference(&mut self, key: &str, value: &Value<'_>) -> Option<Source> {
        let text = self.string(key, value)?;
        let source = Source::of_reference(&text);
        if source.is_none() {
            let message = format!("{key} is no reference; secrets do not stand in this file");
            self.problem(
                value.span(),
                message,
                "write \"env:NAME\", \"file:PATH\", \"exec:PROGRAM ARGUMENT\" or \"keyring:NAME\"",
            );
        }
        source
    }
}

/// A value of TOML as one of JSON, which has no dates and no fractions here.
fn json(value: &DeValue<'_>) -> Option<serde_json::Value> {
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
    members.collect::<Option<serde_json::Map<_, _>>>().map(Into::into)
}
