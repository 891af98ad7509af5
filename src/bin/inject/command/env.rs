//! `inject env list | use | add | show`: environments.
//!
//! Must not: keep the active environment in the project tree.

pub mod args;

use std::collections::BTreeMap;
use std::fmt::Write;

use inject::credentials::{EnvironmentName, Store};
use inject::system::files::{self, Stamp};
use inject::system::{FileError, Like, Replacement};
use serde::Serialize;

use crate::exit::{Code, Failure};
use crate::render::Output;
use crate::results::{Embedding, Outcome};
use crate::settings::config::{Config, Env};
use crate::settings::{Origin, Settings};
use crate::suggest::nearest;
use args::EnvAction;

/// The environments of `inject.toml`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Listed {
    environments: Vec<ListedEnvironment>,
}

impl Outcome for Listed {
    const COMMAND: &'static str = "env list";
}

/// An environment of `inject.toml`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ListedEnvironment {
    /// The environment's name.
    environment: String,
    /// Whether it is the one that counts here.
    active: bool,
    /// The registry, as `inject.toml` says it.
    registry: String,
    /// Whether artifacts get the secret.
    secret: Embedding,
    /// Whether it is for releases.
    release: bool,
}

/// An environment is active now.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Activated {
    /// The environment's name.
    environment: String,
    /// The folder it is active in.
    checkout: String,
}

impl Outcome for Activated {
    const COMMAND: &'static str = "env use";
}

/// An environment was added.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Added {
    /// The environment's name.
    environment: String,
    /// The file that was changed.
    config: String,
}

impl Outcome for Added {
    const COMMAND: &'static str = "env add";
}

/// What says which environment counts.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum SaidBy {
    /// `--env`.
    Option,
    /// `INJECT_ENV`.
    Variable,
    /// `inject env use`.
    Checkout,
    /// `default-env` in inject.toml.
    Config,
}

impl From<Origin> for SaidBy {
    fn from(origin: Origin) -> Self {
        match origin {
            Origin::Flag => Self::Option,
            Origin::Variable => Self::Variable,
            Origin::Active => Self::Checkout,
            Origin::Config => Self::Config,
        }
    }
}

/// The environment that counts here.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Shown {
    /// The environment's name.
    environment: String,
    from: SaidBy,
    /// Identity of the registry.
    registry: String,
    /// Whether artifacts get the secret.
    secret: Embedding,
    /// Whether it is for releases.
    release: bool,
    /// Its own values, by name.
    values: BTreeMap<String, String>,
}

impl Outcome for Shown {
    const COMMAND: &'static str = "env show";
}

fn embedding(env: &Env) -> Embedding {
    if env.omit_secret { Embedding::Omit } else { Embedding::Embed }
}

/// Runs it.
pub fn run(settings: &Settings, action: &EnvAction, out: Output) -> Result<Code, Failure> {
    match action {
        EnvAction::List => {
            list(settings, out);
            Ok(Code::Done)
        }
        EnvAction::Use { name } => activate(settings, name, out),
        EnvAction::Add { name, from } => add(settings, name, from.as_deref(), out),
        EnvAction::Show => show(settings, out),
    }
}

fn list(settings: &Settings, out: Output) {
    let active = settings.environment().ok().map(|chosen| chosen.name);
    let envs: Vec<(&EnvironmentName, &Env)> = settings.config.iter().flat_map(|config| &config.envs).collect();
    let listed = |(name, env): &(&EnvironmentName, &Env)| ListedEnvironment {
        environment: name.as_str().to_owned(),
        active: active.as_ref() == Some(*name),
        registry: env.registry.shown(),
        secret: embedding(env),
        release: env.release,
    };
    out.json(&Listed { environments: envs.iter().map(listed).collect() });
    if envs.is_empty() {
        out.note("no inject.toml names environments: any name is one, each with an embedded registry of its own");
    }
    for (name, env) in envs {
        let mark = if active.as_ref() == Some(name) { "*" } else { " " };
        out.result(&format!(
            "{mark} {name}  registry {}{}",
            env.registry.shown(),
            if env.release { "  release" } else { "" }
        ));
    }
}

fn parse(name: &str) -> Result<EnvironmentName, Failure> {
    EnvironmentName::parse(name).map_err(|e| Failure::of(Code::Usage, e))
}

fn activate(settings: &Settings, name: &str, out: Output) -> Result<Code, Failure> {
    let name = parse(name)?;
    settings.env(&name, None)?;
    Store::open(&settings.home)?.activate(&settings.checkout, &name)?;
    out.done(&format!("{name} is the active environment of {}", settings.checkout.display()));
    let checkout = settings.checkout.to_string_lossy().into_owned();
    out.json(&Activated { environment: name.as_str().to_owned(), checkout });
    Ok(Code::Done)
}

fn show(settings: &Settings, out: Output) -> Result<Code, Failure> {
    let chosen = settings.environment()?;
    let (registry, shown) = match chosen.env.registry.unread_address() {
        Some(program) => {
            let word = chosen.env.registry.word();
            (word.clone(), format!("{word}, at the address that {program} prints"))
        }
        None => {
            let identity = settings.registry_identity(&chosen)?.0;
            (identity.clone(), identity)
        }
    };
    let secret = embedding(&chosen.env);
    out.json(&Shown {
        environment: chosen.name.as_str().to_owned(),
        from: chosen.origin.into(),
        registry,
        secret,
        release: chosen.env.release,
        values: chosen.env.values.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
    });
    out.result(&format!("{} (from {})", chosen.name, chosen.origin.describe()));
    out.result(&format!("registry  {shown}"));
    out.result(&format!("secret    {}", secret.word()));
    for (name, value) in &chosen.env.values {
        out.result(&format!("{{{name}}}  {value}"));
    }
    Ok(Code::Done)
}

fn add(settings: &Settings, name: &str, from: Option<&str>, out: Output) -> Result<Code, Failure> {
    let name = parse(name)?;
    let path =
        settings.config.as_ref().map_or_else(|| settings.checkout.join("inject.toml"), |config| config.path.clone());
    let before = Stamp::at(&path).map_err(|e| Failure::of(Code::Usage, e))?;
    let mut text = match before {
        Some(_) => {
            files::read_text(&path, files::TEXT_FILE_BYTES).map_err(|e| Failure::of(Code::Usage, e))?.to_string()
        }
        None => "version = 1\n".to_owned(),
    };
    let existing = settings.config.iter().any(|config| config.envs.contains_key(&name));
    if existing {
        return Err(Failure::usage(format!("{} has an environment {name} already", path.display())));
    }
    let template = match from {
        None => Env::default(),
        Some(other) => {
            let other = parse(other)?;
            match settings.config.iter().find_map(|config| config.envs.get(&other)) {
                Some(env) if env.registry.fixed().is_some() => {
                    let what = format!("the credential of {other} is given as it is, and belongs to {other} alone");
                    return Err(Failure::usage(what).remedy(format!("write [env.{name}] with values of its own")));
                }
                Some(env) => env.clone(),
                None => {
                    let failure = Failure::usage(format!("{} has no environment {other}", path.display()));
                    let names = settings.config.iter().flat_map(|config| config.envs.keys());
                    return Err(match nearest(other.as_str(), names.map(EnvironmentName::as_str)) {
                        Some(near) => failure.remedy(format!("did you mean {near:?}?")),
                        None => failure,
                    });
                }
            }
        }
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(&section(&name, &template));
    // What was added must be what the next run reads.
    Config::parse(path.clone(), &text).map_err(|e| e.failure(Code::Internal))?;
    let write = || {
        let like = Like::at(&path).ok();
        let mut file = Replacement::start(&path)?;
        file.write_all(text.as_bytes())?;
        file.complete(like.as_ref())?;
        Ok::<_, FileError>(file)
    };
    let file = write().map_err(|e| Failure::of(Code::Usage, e))?;
    if Stamp::at(&path).map_err(|e| Failure::of(Code::Usage, e))? != before {
        return Err(Failure::of(Code::Usage, files::Changed(path)));
    }
    file.commit(None).map_err(|e| Failure::of(Code::Usage, e))?;
    out.done(&format!("added [env.{name}] to {}", path.display()));
    out.json(&Added { environment: name.as_str().to_owned(), config: path.to_string_lossy().into_owned() });
    Ok(Code::Done)
}

/// The section as text. A pinned signer is not copied: it belongs to one environment.
fn section(name: &EnvironmentName, env: &Env) -> String {
    let quote = |text: &str| serde_json::Value::from(text).to_string();
    let table = if name.as_str().contains('.') { quote(name.as_str()) } else { name.as_str().to_owned() };
    let mut text = format!("\n[env.{table}]\nregistry = {}\n", quote(&env.registry.word()));
    for (key, value) in env.registry.keys() {
        let _ = writeln!(text, "{key} = {}", written(&value));
    }
    if env.omit_secret {
        text.push_str("secret = \"omit\"\n");
    }
    if env.never_register {
        text.push_str("register = \"never\"\n");
    }
    if env.release {
        text.push_str("release = true\n");
    }
    if let Some(probe) = &env.probe {
        let _ = writeln!(text, "probe = {}", quote(probe));
    }
    if !env.values.is_empty() {
        let _ = writeln!(text, "[env.{table}.values]");
        for (key, value) in &env.values {
            let _ = writeln!(text, "{} = {}", quote_key(key), quote(value));
        }
    }
    text
}

/// A value as TOML has it on one line.
fn written(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(key, value)| format!("{} = {}", quote_key(key), written(value))).collect();
            format!("{{ {} }}", members.join(", "))
        }
        serde_json::Value::Array(items) => format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(", ")),
        other @ (serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_)) => other.to_string(),
    }
}

fn quote_key(key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    if bare { key.to_owned() } else { serde_json::Value::from(key).to_string() }
}
