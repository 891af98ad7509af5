//! What holds for one run: flags, environment variables, `inject.toml`, defaults, in that order.
//!
//! Must not: print, or change anything.

pub mod access;
pub mod config;
pub mod places;
pub mod signing;
pub mod source;

use std::path::{Component, Path, PathBuf};

use inject::credentials::{EnvironmentName, Home, Key, Needs, Registration, SealKey, Store};
use inject::embed::{App, Apps, Embedder, Environment, Presets};
use inject::registry::{Application, Directory, Registry, RegistryIdentity};
use inject::system::files;

use crate::args::global::Global;
use crate::exit::{Code, Failure};
use crate::suggest::nearest;
use crate::variables::{self, variable};
use config::{Config, Env, Keeper, kept_by};
use source::Source;

/// Where a value came from, in order of precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A flag.
    Flag,
    /// An environment variable.
    Variable,
    /// `inject env use`.
    Active,
    /// `inject.toml`.
    Config,
}

impl Origin {
    /// For messages.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Flag => "--env",
            Self::Variable => variables::ENV,
            Self::Active => "inject env use",
            Self::Config => "default-env in inject.toml",
        }
    }
}

/// What holds for one run.
#[derive(Debug)]
pub struct Settings {
    /// The folder of the stores.
    pub home: Home,
    /// `inject.toml`, where there is one.
    pub config: Option<Config>,
    /// The folder that an active environment belongs to.
    pub checkout: PathBuf,
    flag: Option<String>,
    programs: Programs,
}

/// Whether programs that `inject.toml` names are run: references that begin with `exec:`, and registries that are programs. A
/// checkout of somebody else may name any program, so whoever only looks runs none of them unasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Programs {
    /// They are: this command obtains or changes something.
    Run,
    /// They are not: this command only reads.
    Leave,
}

/// An environment, chosen.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// Its name.
    pub name: EnvironmentName,
    /// Why this one.
    pub origin: Origin,
    /// Its settings.
    pub env: Env,
}

impl Settings {
    /// Reads what there is.
    pub fn load(global: &Global, programs: Programs) -> Result<Self, Failure> {
        let here = std::env::current_dir().map_err(|e| Failure::of(Code::Usage, e))?;
        let given = global.config.clone().or_else(|| variable(variables::CONFIG).map(PathBuf::from));
        let path = match &given {
            Some(path) => Some(path.clone()),
            None => find_config(&here),
        };
        let mut config = path.map(|path| read_config(&path)).transpose()?;
        if let (Some(config), Programs::Leave) = (&mut config, programs) {
            for env in config.envs.values_mut() {
                env.registry = std::mem::take(&mut env.registry).without_programs();
            }
        }
        let checkout = match &config {
            Some(config) => config.path.parent().map_or(here.clone(), Path::to_owned),
            None => repository_root(&here).unwrap_or(&here).to_owned(),
        };
        let checkout = files::resolved(&checkout).unwrap_or(checkout);
        let home = Home::with_key(&home()?, store_key()?);
        Ok(Self { home, config, checkout, flag: global.env.clone(), programs })
    }

    /// The top of the repository that the project is in; else the project itself.
    pub fn repository(&self) -> &Path {
        repository_root(&self.checkout).unwrap_or(&self.checkout)
    }

    /// The environment: flag, variable, active, default.
    pub fn environment(&self) -> Result<Chosen, Failure> {
        let (text, origin) = if let Some(text) = &self.flag {
            (text.clone(), Origin::Flag)
        } else if let Some(text) = variable(variables::ENV) {
            (text, Origin::Variable)
        } else if let Some(name) = self.active()? {
            (name.as_str().to_owned(), Origin::Active)
        } else if let Some(name) = self.config.as_ref().and_then(|config| config.default_env.as_ref()) {
            (name.as_str().to_owned(), Origin::Config)
        } else {
            return Err(Failure::usage("which environment? none is given, active or the default")
                .remedy(format!("name one: --env NAME or {}", variables::ENV))
                .remedy("or make one the active one of this checkout: inject env use NAME"));
        };
        let name = EnvironmentName::parse(&text)
            .map_err(|e| Failure::of(Code::Usage, e).during(format!("environment from {}", origin.describe())))?;
        let env = self.env(&name, Some(origin))?;
        Ok(Chosen { name, origin, env })
    }

    /// The environment that `inject env use` made active here.
    pub fn active(&self) -> Result<Option<EnvironmentName>, Failure> {
        let Some(store) = Store::open_existing(&self.home)? else { return Ok(None) };
        Ok(store.active_environment(&self.checkout)?)
    }

    /// The settings of an environment. Without `inject.toml`, every name is one.
    pub fn env(&self, name: &EnvironmentName, origin: Option<Origin>) -> Result<Env, Failure> {
        let Some(config) = &self.config else { return Ok(Env::default()) };
        // A file without environments restricts nothing.
        if config.envs.is_empty() {
            return Ok(Env::default());
        }
        config.envs.get(name).cloned().ok_or_else(|| {
            let names: Vec<&str> = config.envs.keys().map(EnvironmentName::as_str).collect();
            let failure = Failure::usage(format!(
                "unknown environment {:?}{}; {} has {}",
                name.as_str(),
                origin.map(|origin| format!(" (from {})", origin.describe())).unwrap_or_default(),
                config.path.display(),
                names.join(", ")
            ));
            match nearest(name.as_str(), names.iter().copied()) {
                Some(near) => failure.remedy(format!("did you mean {near:?}?")),
                None => failure.remedy(format!("add it: inject env add {name}")),
            }
        })
    }

    /// The applications that are listed.
    pub fn apps(&self) -> Apps<'_> {
        let listed = self.config.iter().flat_map(|config| &config.apps);
        listed.map(|(key, listed)| (key.as_str(), &listed.app)).collect()
    }

    /// The application that `--app` names.
    pub fn named_app(&self, name: &str) -> Result<(Application, Option<&App>), Failure> {
        Ok(self.apps().named(name)?)
    }

    /// The only application of the configuration.
    pub fn only_app(&self) -> Result<(Application, Option<&App>), Failure> {
        Ok(self.apps().only()?)
    }

    /// The presets that can be named.
    pub fn presets(&self) -> Presets<'_> {
        Presets::new(self.config.as_ref().map(|config| &config.presets))
    }

    /// The main job in an environment.
    pub fn embedder<'a>(&'a self, environment: &'a Environment<'a>) -> Embedder<'a> {
        let mut embedder = Embedder::new(&self.home, environment);
        (embedder.apps, embedder.presets) = (self.apps(), self.presets());
        embedder
    }

    /// The registry of an environment.
    pub fn registry(&self, chosen: &Chosen) -> Result<Box<dyn Registry>, Failure> {
        match self.unasked(chosen) {
            Some(_) => chosen.env.registry.open_without_programs(self, chosen),
            None => chosen.env.registry.open(self, chosen),
        }
    }

    /// The registry of an environment, where it is ours to keep.
    pub fn directory(&self, chosen: &Chosen) -> Result<Box<dyn Directory + Send>, Failure> {
        let registry = &chosen.env.registry;
        let Some(kept) = registry.kept() else {
            let what = format!(
                "the registry of {} is {}: its owner lists, revokes and serves there",
                chosen.name,
                registry.word()
            );
            let works = kept_by(&[Keeper::Inject, Keeper::InjectOnceMade]);
            return Err(Failure::usage(what).remedy(format!("this works on {works}")));
        };
        kept.directory(self, chosen)
    }

    /// A path of the configuration from the root, without `.` and `..`, whether it is there or not.
    pub fn plain_path(&self, path: &str) -> PathBuf {
        plain(&self.checkout.join(path))
    }

    /// The content of a file that the configuration names: beside it, as everything that is named there.
    pub fn beside(&self, file: Option<&Path>) -> Result<Option<Vec<u8>>, Failure> {
        let folder = self.config.as_ref().and_then(|config| config.path.parent()).unwrap_or(Path::new("."));
        let read = |path: PathBuf| {
            let content = files::read(&path, files::KEY_FILE_BYTES).map_err(|e| Failure::of(Code::Usage, e))?;
            Ok::<_, Failure>(content.to_vec())
        };
        file.map(|file| read(folder.join(file))).transpose()
    }

    /// Which registry that is. No token is read for it.
    pub fn registry_identity(&self, chosen: &Chosen) -> Result<RegistryIdentity, Failure> {
        chosen.env.registry.identity(self, chosen)
    }

    /// The program that keeps this command from asking the registry.
    pub fn unasked(&self, chosen: &Chosen) -> Option<String> {
        chosen.env.registry.unasked().filter(|_| self.programs == Programs::Leave)
    }

    /// The key of a credential.
    pub fn key(&self, application: &Application, chosen: &Chosen) -> Result<Key, Failure> {
        application.check().map_err(|error| Failure::of(Code::Usage, error))?;
        let registry = self.registry_identity(chosen)?;
        Ok(Key { application: application.id.clone(), environment: chosen.name.clone(), registry })
    }
}

impl Chosen {
    /// What is embedded.
    pub fn needs(&self) -> Needs {
        if self.env.omit_secret { Needs::IdOnly } else { Needs::Secret }
    }

    /// A key of it, as messages call it.
    pub fn key(&self, key: &str) -> String {
        format!("{key} in [env.{}]", self.name)
    }

    /// Whether new applications may be made.
    pub fn registration(&self, flag_never: bool) -> Registration {
        if self.env.never_register || flag_never { Registration::Never } else { Registration::Auto }
    }
}

/// A path without `.` and `..`, whether it is there or not.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part @ (Component::Prefix(_) | Component::RootDir | Component::Normal(_)) => plain.push(part),
        }
    }
    plain
}

fn home() -> Result<PathBuf, Failure> {
    if let Some(home) = variable(variables::HOME) {
        return std::path::absolute(home).map_err(|e| Failure::of(Code::Usage, e));
    }
    let under = |variable_name, tail: &str| variable(variable_name).map(|base| Path::new(&base).join(tail));
    let found = if cfg!(windows) {
        under("LOCALAPPDATA", "inject")
    } else if cfg!(target_os = "macos") {
        under("HOME", "Library/Application Support/inject")
    } else {
        under("XDG_DATA_HOME", "inject").or_else(|| under("HOME", ".local/share/inject"))
    };
    found.ok_or_else(|| {
        Failure::usage("no folder for the store: neither INJECT_HOME nor a home directory is set")
            .remedy("set INJECT_HOME to a folder outside the project")
    })
}

/// The key of the stores, where it is given from outside.
fn store_key() -> Result<Option<SealKey>, Failure> {
    let Some(reference) = variable(variables::STORE_KEY) else { return Ok(None) };
    let text = Source::parse(variables::STORE_KEY, &reference)?.read(variables::STORE_KEY)?;
    SealKey::of_digits(&text).map(Some).ok_or_else(|| {
        Failure::usage(format!("{} leads to no key: 64 hexadecimal digits are expected", variables::STORE_KEY))
            .remedy("make one: openssl rand -hex 32")
    })
}

fn read_config(path: &Path) -> Result<Config, Failure> {
    let text = files::read_given_text(path, files::TEXT_FILE_BYTES).map_err(|e| Failure::of(Code::Usage, e))?;
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    Config::parse(path, &text).map_err(|e| e.failure(Code::Usage))
}

/// `inject.toml` here or above, up to the root of the repository.
fn find_config(here: &Path) -> Option<PathBuf> {
    for folder in here.ancestors() {
        let path = folder.join("inject.toml");
        if path.is_file() {
            return Some(path);
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

fn repository_root(here: &Path) -> Option<&Path> {
    here.ancestors().find(|folder| folder.join(".git").exists())
}
