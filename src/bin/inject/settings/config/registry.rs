//! Registries in `inject.toml`: what every kind has to say of itself, and the one list of kinds. Everything that can be told
//! from it is: which key belongs to which kind, messages, suggestions, what `env add` copies, the tables in `docs/`.
//!
//! A new kind is a file below `registry/` and a line in the list. What it has not decided does not compile.
//!
//! Must not: read a reference while the file is read, or ask a registry.

mod embedded;
mod exec;
mod fixed;
mod genexus;
mod given;
mod http;
mod key;
mod oauth;
mod postgres;
#[cfg(test)]
#[allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests read and write pages of this repository")]
mod tests;
mod text;

use std::fmt::Debug;
use std::ops::{Deref, DerefMut, Range};
use std::path::Path;

use inject::registry::{Capability, Directory, Registry, RegistryIdentity};
use toml::de::DeTable;

use super::{Reader, Value};
use crate::exit::Failure;
use crate::settings::source::Source;
use crate::settings::{Chosen, Settings};
use crate::suggest::nearest;
pub use embedded::Embedded;
pub use exec::Exec;
pub use fixed::Fixed;
pub use genexus::Genexus;
use given::Given;
pub use http::Http;
use key::{Form, Key, Need};
pub use oauth::Oauth;
pub use postgres::Postgres;
pub use text::Text;

/// What is known of a kind before anything is configured.
#[derive(Debug)]
pub struct Kind {
    /// The value of `registry`.
    pub word: &'static str,
    /// Whether a name may follow the word, behind a colon.
    pub takes_name: bool,
    /// What it can do, the best first: which of several it is, a server decides. None where it registers nothing.
    pub classes: &'static [Capability],
    /// When asking it leaves this machine or starts a program.
    pub remote: Remote,
    /// Who keeps it.
    pub keeper: Keeper,
    /// The keys that stand beside `registry`.
    pub keys: &'static [Key],
    /// Reads them. `None` where a problem was said.
    read: fn(&mut Given<'_, '_, '_>) -> Option<RegistryRef>,
}

/// When asking a registry leaves this machine or starts a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remote {
    /// Never.
    Never,
    /// Where this key is given.
    With(&'static str),
    /// Always.
    Always,
}

/// Who keeps a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeper {
    /// `inject`; the first registration makes it.
    Inject,
    /// `inject`; `inject registry init` makes it.
    InjectOnceMade,
    /// Somebody else.
    Owner,
}

/// Keys that mean the same for every server. They come first where keys are listed.
const SERVER_KEYS: [&str; 3] = ["url", "token", "ca"];

/// The certificates that a server is recognized by.
const CA: Key = Key::new("ca", Form::Path, Need::Optional, "certificates to trust instead of the built-in ones, PEM");

/// A registry as it is configured. Nothing is decided by default but what its kind says already.
pub trait Configured: Debug {
    /// Its kind.
    fn kind(&self) -> &'static Kind;

    /// The value of `registry`.
    fn word(&self) -> String {
        self.kind().word.to_owned()
    }

    /// The registry in a list of environments.
    fn shown(&self) -> String {
        self.word()
    }

    /// The keys beside, as another environment on the same registry has them. References stay references. Values that are
    /// given as they are belong to one environment, and are not among them.
    fn keys(&self) -> Vec<(&'static str, serde_json::Value)>;

    /// Every reference in it.
    fn references(&mut self) -> Vec<&mut Source>;

    /// The reference that its address is behind, where it is behind one.
    fn address(&self) -> Option<&Source>;

    /// The program that asking it takes, where programs are not run: the registry itself, or one that has a token or a key
    /// for it.
    fn unasked(&self) -> Option<String>;

    /// Which registry that is. No token is read for it.
    fn identity(&self, settings: &Settings, chosen: &Chosen) -> Result<RegistryIdentity, Failure>;

    /// The registry, to be asked.
    fn open(&self, settings: &Settings, chosen: &Chosen) -> Result<Box<dyn Registry>, Failure>;

    /// The registry as far as it is there without a program.
    fn open_without_programs(&self, settings: &Settings, chosen: &Chosen) -> Result<Box<dyn Registry>, Failure>;

    /// The registry as `inject` keeps it; `None` where somebody else does.
    fn kept(&self) -> Option<&dyn Kept>;

    /// The credential itself, where it is given as it is.
    fn fixed(&self) -> Option<&Fixed>;

    /// The server that applications identify themselves to.
    fn server(&self) -> Option<ProbedServer<'_>>;

    /// How `doctor` looks at it.
    fn examined(&self) -> Examined<'_>;
}

/// A registry that `inject` keeps.
pub trait Kept {
    /// What it holds.
    fn directory(&self, settings: &Settings, chosen: &Chosen) -> Result<Box<dyn Directory + Send>, Failure>;

    /// Makes it; whether that changed anything. `None` where the first registration does.
    fn init(&self, settings: &Settings, chosen: &Chosen) -> Result<Option<bool>, Failure>;
}

/// A server that knows which credentials are alive.
#[derive(Debug, Clone, Copy)]
pub struct ProbedServer<'a> {
    /// The issuer, where the registry names one.
    pub issuer: Option<&'a Text>,
    /// Certificates to trust.
    pub ca: Option<&'a Path>,
}

/// How `doctor` looks at a registry.
#[derive(Debug, Clone, Copy)]
pub enum Examined<'a> {
    /// It is asked for an application.
    Asked,
    /// GeneXus' file has more to show.
    Genexus(&'a Genexus),
}

/// The list of kinds: which registry an environment has, and what is known of each kind.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident in $module:ident,)+) => {
        /// Which registry an environment has.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum RegistryRef {
            $($(#[$doc])* $kind($kind),)+
        }

        /// What is known of each kind.
        pub const KINDS: &[&Kind] = &[$(&$module::KIND),+];

        impl Deref for RegistryRef {
            type Target = dyn Configured;

            fn deref(&self) -> &Self::Target {
                match self {
                    $(Self::$kind(registry) => registry,)+
                }
            }
        }

        impl DerefMut for RegistryRef {
            fn deref_mut(&mut self) -> &mut Self::Target {
                match self {
                    $(Self::$kind(registry) => registry,)+
                }
            }
        }
    };
}

kinds! {
    /// A file of this machine.
    Embedded in embedded,
    /// The database of a team.
    Postgres in postgres,
    /// An access manager behind the contract.
    Http in http,
    /// An authorization server that registers clients.
    Oauth in oauth,
    /// A program, without a shell.
    Exec in exec,
    /// What GAM answered at an F5.
    Genexus in genexus,
    /// Exactly these values.
    Fixed in fixed,
}

impl Default for RegistryRef {
    fn default() -> Self {
        Self::Embedded(Embedded::default())
    }
}

impl RegistryRef {
    /// The same with references that run no program.
    pub fn without_programs(mut self) -> Self {
        self.references().into_iter().for_each(Source::leave_program);
        self
    }

    /// The program that has its address, where that is not run.
    pub fn unread_address(&self) -> Option<String> {
        self.address().filter(|source| source.is_not_run()).map(Source::written)
    }

    /// Whether asking it leaves this machine or starts a program.
    pub fn is_remote(&self) -> bool {
        match self.kind().remote {
            Remote::Never => false,
            Remote::With(name) => self.keys().iter().any(|(key, _)| *key == name),
            Remote::Always => true,
        }
    }
}

/// The keys of all kinds, each once.
pub(super) fn keys() -> Vec<&'static str> {
    let mut keys = SERVER_KEYS.to_vec();
    for key in KINDS.iter().flat_map(|kind| kind.keys) {
        if !keys.contains(&key.name) {
            keys.push(key.name);
        }
    }
    keys
}

/// The kinds that a key belongs to, as a sentence has them.
fn owners(key: &str) -> Vec<&'static str> {
    let has = |kind: &&&Kind| kind.keys.iter().any(|known| known.name == key);
    let mut owners: Vec<&str> = KINDS.iter().filter(has).map(|kind| kind.word).collect();
    owners.sort_unstable();
    owners
}

/// The kinds that somebody keeps: `"embedded" and "postgres"`.
pub fn kept_by(keepers: &[Keeper]) -> String {
    let kept = KINDS.iter().filter(|kind| keepers.contains(&kind.keeper));
    listed(&kept.map(|kind| kind.word).collect::<Vec<_>>(), "and")
}

/// Words in quotes: `"a", "b" or "c"`.
fn listed(words: &[&str], last: &str) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    match quoted.as_slice() {
        [others @ .., end] if !others.is_empty() => format!("{} {last} {end}", others.join(", ")),
        words => words.concat(),
    }
}

impl Reader {
    /// `registry` of an environment with the keys that belong to it.
    pub(super) fn registry(&mut self, env: Range<usize>, table: &DeTable<'_>) -> RegistryRef {
        let named = table.iter().find(|(key, _)| key.get_ref() == "registry");
        let text = match named {
            None => embedded::KIND.word.to_owned(),
            Some((_, value)) => match self.string("registry", value) {
                None => return RegistryRef::default(),
                Some(text) => text,
            },
        };
        let span = named.map_or(env, |(_, value)| value.span());
        let (word, name) = text.split_once(':').map_or((text.as_str(), None), |(word, name)| (word, Some(name)));
        for (key, _) in table {
            let known = key.get_ref().as_ref();
            let owners = owners(known);
            if !owners.is_empty() && !owners.contains(&word) {
                let kinds = listed(&owners, "or");
                let message = format!("{known} belongs to registry = {kinds}, here it is {text:?}");
                self.problem(key.span(), message, format!("remove it, or write registry = {kinds}"));
            }
        }
        let kind = KINDS.iter().find(|kind| kind.word == word && (name.is_none() || kind.takes_name));
        let Some(kind) = kind else {
            self.problem(span, format!("unknown registry {text:?}"), meant(word));
            return RegistryRef::default();
        };
        let mut given = Given { reader: self, keys: kind.keys, span, name, table };
        given.check(&format!("registry {word:?}"));
        (kind.read)(&mut given).unwrap_or_default()
    }
}

/// What was meant by an unknown kind, else all that there are.
fn meant(word: &str) -> String {
    match nearest(word, KINDS.iter().map(|kind| kind.word)) {
        Some(near) if near != word => format!("did you mean {near:?}?"),
        Some(_) | None => {
            let words = KINDS.iter().map(|kind| format!("{:?}", kind.word));
            let named = KINDS.iter().filter(|kind| kind.takes_name).map(|kind| format!("or \"{}:NAME\"", kind.word));
            format!("write {}", words.chain(named).collect::<Vec<_>>().join(", "))
        }
    }
}
