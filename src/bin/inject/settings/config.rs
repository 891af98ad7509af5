//! `inject.toml`: parsed whole, every problem collected with its line and a remedy.
//!
//! Must not: read a file, or look at the command line.

mod registry;

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::ops::{Deref, DerefMut, Range};
use std::path::PathBuf;

use inject::credentials::EnvironmentName;
use inject::embed::App;
use inject::place::{Absence, Address, Place, Preset, Template};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::exit::{Code, Failure};
use crate::suggest::nearest;
pub use registry::{Examined, Fixed, Genexus, Keeper, RegistryRef, kept_by};

/// A configuration, validated.
#[derive(Debug, Default)]
pub struct Config {
    /// Where it was read.
    pub path: PathBuf,
    /// `default-env`.
    pub default_env: Option<EnvironmentName>,
    /// `receipts`: the folder that receipts go to, relative to the configuration.
    pub receipts: Option<String>,
    /// Applications by key.
    pub apps: BTreeMap<String, ListedApp>,
    /// Environments by name.
    pub envs: BTreeMap<EnvironmentName, Env>,
    /// Presets by name.
    pub presets: BTreeMap<String, Preset>,
}

/// `[app.KEY]`.
#[derive(Debug, Clone)]
pub struct ListedApp {
    /// As the library knows it.
    pub app: App,
    /// Globs of artifacts, relative to the configuration.
    pub artifacts: Vec<String>,
}

impl Deref for ListedApp {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

impl DerefMut for ListedApp {
    fn deref_mut(&mut self) -> &mut App {
        &mut self.app
    }
}

/// `[env.NAME]`.
#[derive(Debug, Clone, Default)]
pub struct Env {
    /// `registry`.
    pub registry: RegistryRef,
    /// `secret = "omit"`.
    pub omit_secret: bool,
    /// `register = "never"`.
    pub never_register: bool,
    /// `release = true`.
    pub release: bool,
    /// `signer`: SHA-256 of the certificate, lowercase hexadecimal.
    pub signer: Option<String>,
    /// `probe`: the server that `verify --probe` asks.
    pub probe: Option<String>,
    /// `[env.NAME.values]`.
    pub values: BTreeMap<String, String>,
}

/// One problem of a configuration.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    line: usize,
    column: usize,
    message: String,
    remedy: String,
}

/// Problems that are shown at once.
const SHOWN: usize = 50;

/// Every problem of a configuration.
#[derive(Debug)]
pub struct ConfigError {
    /// The file.
    pub path: PathBuf,
    /// At least one, by line.
    pub problems: Vec<Problem>,
    /// How many there are in all.
    pub count: usize,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.count;
        write!(f, "{}: {count} problem{}", self.path.display(), if count == 1 { "" } else { "s" })
    }
}

impl ConfigError {
    /// As a failure: a line for each problem, and one for what to do about it.
    pub fn failure(&self, code: Code) -> Failure {
        Failure { details: self.lines(), ..Failure::new(code, self.to_string()) }
    }

    /// Where each problem is, and what to do about it.
    pub fn lines(&self) -> Vec<String> {
        let lines = self.problems.iter().flat_map(|Problem { line, column, message, remedy }| {
            [format!("  {line}:{column}: {message}"), format!("      {remedy}")]
        });
        let more = self.count - self.problems.len();
        let more = (more > 0).then(|| format!("  and {more} more, which are not shown"));
        lines.chain(more).collect()
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Parses the text of `path`.
    pub fn parse(path: PathBuf, text: &str) -> Result<Self, ConfigError> {
        let mut reader = Reader { problems: Vec::new(), values: BTreeMap::new(), presets: BTreeMap::new() };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            reader.problem(error.span().unwrap_or(0..0), error.message(), "correct the TOML syntax (toml.io)");
        }
        let config = reader.config(path.clone(), table.get_ref());
        if reader.problems.is_empty() {
            return Ok(config);
        }
        let mut found = reader.problems;
        found.sort_by_key(|(at, ..)| *at);
        let count = found.len();
        // Nobody reads more of them at once.
        found.truncate(SHOWN);
        let problem = |(at, message, remedy)| {
            let before = text.get(..at).unwrap_or(text);
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            Problem { line, column, message, remedy }
        };
        Err(ConfigError { path, problems: found.into_iter().map(problem).collect(), count })
    }
}

type Value<'i> = Spanned<DeValue<'i>>;

struct Reader {
    /// Where each problem is, in bytes, what it is, and what to do about it.
    problems: Vec<(usize, String, String)>,
    /// Where the values of an application's places stand, in their order.
    values: BTreeMap<String, Vec<Range<usize>>>,
    /// The presets of the file, those that are wrong included.
    presets: BTreeMap<String, Option<Preset>>,
}

impl Reader {
    fn problem(&mut self, span: Range<usize>, message: impl Into<String>, remedy: impl Into<String>) {
        self.problems.push((span.start, message.into(), remedy.into()));
    }

    fn unknown(&mut self, span: Range<usize>, key: &str, known: &[&str]) {
        let remedy = match nearest(key, known.iter().copied()) {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("known here: {}", known.join(", ")),
        };
        self.problem(span, format!("unknown key {key:?}"), remedy);
    }

    fn string(&mut self, key: &str, value: &Value<'_>) -> Option<String> {
        let found = value.get_ref().as_str().map(str::to_owned);
        if found.is_none() {
            let kind = value.get_ref().type_str();
            self.problem(value.span(), format!("{key} is of type {kind}"), "write a text in quotes");
        }
        found
    }

    fn boolean(&mut self, key: &str, value: &Value<'_>) -> bool {
        value.get_ref().as_bool().unwrap_or_else(|| {
            let kind = value.get_ref().type_str();
            self.problem(value.span(), format!("{key} is of type {kind}"), "write true or false");
            false
        })
    }

    fn strings(&mut self, key: &str, value: &Value<'_>) -> Vec<Spanned<String>> {
        let Some(array) = value.get_ref().as_array() else {
            let kind = value.get_ref().type_str();
            self.problem(value.span(), format!("{key} is of type {kind}"), "write a list of texts: [\"...\"]");
            return Vec::new();
        };
        let texts = array.iter().map(|item| self.string(key, item).map(|text| Spanned::new(item.span(), text)));
        texts.collect::<Vec<_>>().into_iter().flatten().collect()
    }

    fn table<'v, 'i>(&mut self, key: &str, value: &'v Value<'i>) -> Option<&'v DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            let kind = value.get_ref().type_str();
            self.problem(value.span(), format!("{key} is of type {kind}"), format!("write a table: [{key}]"));
        }
        table
    }

    fn name(&mut self, span: Range<usize>, text: &str) -> Option<EnvironmentName> {
        EnvironmentName::parse(text)
            .inspect_err(|error| self.problem(span, error.to_string(), "choose another name"))
            .ok()
    }

    fn config(&mut self, path: PathBuf, table: &DeTable<'_>) -> Config {
        let mut config = Config { path, ..Config::default() };
        let mut default = None;
        let mut versioned = false;
        // What applications name must be known first.
        if let Some(value) = table.get("preset") {
            self.own_presets(value);
        }
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "version" => {
                    versioned = true;
                    if value.get_ref().as_integer().is_none_or(|version| version.as_str() != "1") {
                        self.problem(value.span(), "version is not 1", "write version = 1");
                    }
                }
                "default-env" => {
                    default = self.string("default-env", value).map(|text| (text, value.span()));
                }
                "receipts" => config.receipts = self.string("receipts", value),
                "app" => self.apps(value, &mut config.apps),
                "env" => self.envs(value, &mut config.envs),
                "preset" => {}
                other => {
                    let known = ["version", "default-env", "receipts", "app", "env", "preset"];
                    self.unknown(key.span(), other, &known);
                }
            }
        }
        if !versioned {
            self.problem(0..0, "version is missing", "write version = 1 on the first line");
        }
        if let Some((text, span)) = default
            && let Some(name) = self.name(span.clone(), &text)
        {
            if !config.envs.contains_key(&name) {
                let names = config.envs.keys().map(EnvironmentName::as_str);
                let remedy = match nearest(&text, names) {
                    Some(near) => format!("did you mean {near:?}?"),
                    None => format!("add [env.{name}]"),
                };
                self.problem(span, format!("default-env {text:?} is no environment of this file"), remedy);
            }
            config.default_env = Some(name);
        }
        for (key, app) in &config.apps {
            let spans = self.values.remove(key).unwrap_or_default();
            for (place, span) in app.places.iter().zip(spans) {
                for (name, env) in &config.envs {
                    if let Err(error) = place.value.check(env.values.keys().map(String::as_str)) {
                        let remedy = format!("define it in [env.{name}.values]");
                        self.problem(span.clone(), format!("place {}: environment {name}: {error}", place.at), remedy);
                    }
                }
            }
        }
        config.presets =
            std::mem::take(&mut self.presets).into_iter().filter_map(|(name, preset)| Some((name, preset?))).collect();
        config
    }

    fn own_presets(&mut self, value: &Value<'_>) {
        let Some(table) = self.table("preset.NAME", value) else { return };
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let preset = Preset::of_table(name, value.clone()).inspect_err(|error| {
                let span = error.span.clone().unwrap_or_else(|| key.span());
                self.problem(span, error.to_string(), "the form is that of the shipped ones: about, fits, [[place]]");
            });
            self.presets.insert(name.to_owned(), preset.ok());
        }
        let own: Vec<(String, Vec<String>)> = self
            .presets
            .iter()
            .filter_map(|(name, preset)| Some((name.clone(), preset.as_ref()?.any_of.clone())))
            .collect();
        for (name, other) in own.iter().flat_map(|(name, any_of)| any_of.iter().map(move |other| (name, other))) {
            let span = table.get_key_value(name.as_str()).map_or(0..0, |(key, _)| key.span());
            let places = match self.presets.get(other) {
                Some(own) => own.as_ref().is_none_or(|own| own.any_of.is_empty()),
                None => Preset::shipped(other).is_some_and(|shipped| shipped.is_ok_and(|own| own.any_of.is_empty())),
            };
            if !places {
                let message = format!("preset {name:?}: any-of names {other:?}, which is no preset with places");
                self.problem(span, message, "name presets that have places of their own");
            }
        }
    }

    fn apps(&mut self, value: &Value<'_>, apps: &mut BTreeMap<String, ListedApp>) {
        let Some(table) = self.table("app.NAME", value) else { return };
        let mut ids = HashSet::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let Some(table) = self.table(&format!("app.{name}"), value) else { continue };
            let app = App { name: name.to_owned(), ..App::default() };
            let mut app = ListedApp { app, artifacts: Vec::new() };
            for (key, value) in table {
                match key.get_ref().as_ref() {
                    "id" => app.id = self.string("id", value).unwrap_or_default(),
                    "android" => app.android = self.string("android", value),
                    "ios" => app.ios = self.string("ios", value),
                    "name" => app.name = self.string("name", value).unwrap_or_default(),
                    "preset" => app.presets = self.presets(value),
                    "artifacts" => {
                        app.artifacts = self.strings("artifacts", value).into_iter().map(Spanned::into_inner).collect();
                    }
                    "place" => {
                        let (places, values) = self.places(value).into_iter().unzip();
                        app.places = places;
                        self.values.insert(name.to_owned(), values);
                    }
                    other => self.unknown(
                        key.span(),
                        other,
                        &["id", "android", "ios", "name", "preset", "artifacts", "place"],
                    ),
                }
            }
            if app.id.is_empty() {
                let remedy = "write id = \"com.example.app\", the package or bundle id of its artifacts";
                self.problem(key.span(), format!("app {name:?} has no id"), remedy);
            }
            let mut own: Vec<&String> =
                [Some(&app.id), app.android.as_ref(), app.ios.as_ref()].into_iter().flatten().collect();
            own.sort();
            own.dedup();
            for id in own.into_iter().filter(|id| !id.is_empty()) {
                if !ids.insert(id.clone()) {
                    let message = format!("app {name:?} has the id {id:?} of another one");
                    self.problem(key.span(), message, "one application per id");
                }
            }
            apps.insert(name.to_owned(), app);
        }
    }

    fn presets(&mut self, value: &Value<'_>) -> Vec<String> {
        let mut presets = Vec::new();
        for preset in self.strings("preset", value) {
            let name = preset.get_ref();
            if !self.presets.contains_key(name) && Preset::shipped(name).is_none() {
                let mut known: Vec<&str> = self.presets.keys().map(String::as_str).collect();
                for shipped in Preset::names() {
                    known.push(shipped);
                }
                let remedy = match nearest(name, known.iter().copied()) {
                    Some(near) => format!("did you mean {near:?}?"),
                    None => format!("known: {}", known.join(", ")),
                };
                self.problem(preset.span(), format!("unknown preset {name:?}"), remedy);
            }
            presets.push(preset.into_inner());
        }
        presets
    }

    /// The places, each with where its value stands.
    fn places(&mut self, value: &Value<'_>) -> Vec<(Place, Range<usize>)> {
        let Some(array) = value.get_ref().as_array() else {
            self.problem(value.span(), "place is not a list", "write [[app.NAME.place]] before each place");
            return Vec::new();
        };
        let mut places: Vec<(Place, Range<usize>)> = Vec::new();
        for item in array {
            let Some(table) = self.table("place", item) else { continue };
            let (mut at, mut template, mut absence) = (None, None, Absence::Fail);
            for (key, value) in table {
                match key.get_ref().as_ref() {
                    "at" => {
                        let text = self.string("at", value).unwrap_or_default();
                        match Address::parse(&text) {
                            Ok(address) => at = Some((address, value.span())),
                            Err(error) => {
                                self.problem(value.span(), error.to_string(), "see \"Addresses\" in the documentation");
                            }
                        }
                    }
                    "value" => {
                        let text = self.string("value", value).unwrap_or_default();
                        match Template::parse(&text) {
                            Ok(parsed) => template = Some((parsed, value.span())),
                            Err(error) => self.problem(value.span(), error.to_string(), "for example {client_id}"),
                        }
                    }
                    "create" => {
                        if self.boolean("create", value) {
                            absence = Absence::Create;
                        }
                    }
                    other => self.unknown(key.span(), other, &["at", "value", "create"]),
                }
            }
            match (at, template) {
                (Some((at, span)), Some((value, value_span))) => {
                    if places.iter().any(|(place, _)| place.at == at) {
                        self.problem(span, format!("the place {at} is given twice"), "keep one of them");
                    }
                    places.push((Place::new(at, value, absence), value_span));
                }
                (None, _) if !table.contains_key("at") => {
                    self.problem(item.span(), "a place without an address", "write at = \"string/client_id\"");
                }
                (_, None) if !table.contains_key("value") => {
                    self.problem(item.span(), "a place without a value", "write value = \"{client_id}\"");
                }
                _ => {}
            }
        }
        places
    }

    fn envs(&mut self, value: &Value<'_>, envs: &mut BTreeMap<EnvironmentName, Env>) {
        let Some(table) = self.table("env.NAME", value) else { return };
        let registry_keys = registry::keys();
        for (key, value) in table {
            let Some(name) = self.name(key.span(), key.get_ref()) else { continue };
            let Some(table) = self.table(&format!("env.{name}"), value) else { continue };
            let mut env = Env { registry: self.registry(key.span(), table), ..Env::default() };
            for (key, value) in table {
                match key.get_ref().as_ref() {
                    "registry" => {}
                    key if registry_keys.contains(&key) => {}
                    "secret" => env.omit_secret = self.choice("secret", value, ["embed", "omit"]),
                    "register" => env.never_register = self.choice("register", value, ["auto", "never"]),
                    "release" => env.release = self.boolean("release", value),
                    "probe" => env.probe = self.string("probe", value),
                    "signer" => env.signer = self.signer(value),
                    "values" => env.values = self.values(value),
                    other => {
                        let mut known = vec!["registry", "secret", "register", "release", "signer", "probe", "values"];
                        known.extend(&registry_keys);
                        self.unknown(key.span(), other, &known);
                    }
                }
            }
            envs.insert(name, env);
        }
    }

    /// Whether the second of two words stands there.
    fn choice(&mut self, key: &str, value: &Value<'_>, words: [&str; 2]) -> bool {
        let Some(text) = self.string(key, value) else { return false };
        if !words.contains(&text.as_str()) {
            let remedy = format!("write {:?} or {:?}", words[0], words[1]);
            self.problem(value.span(), format!("{key} = {text:?}"), remedy);
        }
        text == words[1]
    }

    fn signer(&mut self, value: &Value<'_>) -> Option<String> {
        let text = self.string("signer", value)?;
        let digits: String = text.strip_prefix("sha256:").unwrap_or_default().replace(':', "").to_ascii_lowercase();
        if digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Some(digits);
        }
        let remedy = "write \"sha256:\" and the 64 hexadecimal digits of the certificate's SHA-256 digest";
        self.problem(value.span(), "signer is no certificate digest", remedy);
        None
    }

    fn values(&mut self, value: &Value<'_>) -> BTreeMap<String, String> {
        let Some(table) = self.table("env.NAME.values", value) else { return BTreeMap::new() };
        let mut values = BTreeMap::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if inject::place::BUILT_IN.contains(&name) {
                let remedy = "choose another name; credentials never stand in this file";
                self.problem(key.span(), format!("{name:?} has a meaning of its own"), remedy);
            } else if let Some(text) = self.string(name, value) {
                values.insert(name.to_owned(), text);
            }
        }
        values
    }
}
