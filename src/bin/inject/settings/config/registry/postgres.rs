//! `registry = "postgres"`: the database of a team.
//!
//! Must not: hold the connection string, which has a password in it.

use std::path::PathBuf;

#[cfg(feature = "postgres")]
use inject::credentials::SealKey;
#[cfg(feature = "postgres")]
use inject::registry::{self, PostgresAddress};
use inject::registry::{Capability, Directory, Registry, RegistryIdentity, Unasked};

use super::given::Given;
use super::{CA, Configured, Examined, Fixed, Form, Keeper, Kept, Key, Kind, Need, ProbedServer, RegistryRef, Remote};
#[cfg(feature = "postgres")]
use crate::exit::Code;
use crate::exit::Failure;
#[cfg(not(feature = "postgres"))]
use crate::features::POSTGRES;
use crate::settings::source::Source;
use crate::settings::{Chosen, Settings};

/// What is known of it.
pub const KIND: Kind = Kind {
    word: "postgres",
    takes_name: false,
    classes: &[Capability::GetOrCreate],
    remote: Remote::Always,
    keeper: Keeper::InjectOnceMade,
    keys: &[
        Key::new(
            "url",
            Form::Reference,
            Need::Given("write url = \"env:NAME\"; the variable holds postgres://USER:PASSWORD@HOST/DATABASE"),
            "`postgres://USER:PASSWORD@HOST/DATABASE`",
        ),
        Key::new(
            "key",
            Form::Reference,
            Need::Given("write key = \"env:NAME\"; the variable holds 64 hexadecimal digits: openssl rand -hex 32"),
            "what seals the secrets: 64 hexadecimal digits",
        ),
        CA,
    ],
    read,
};

/// The database of a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Postgres {
    /// `url`: a connection string, which holds a password.
    pub url: Source,
    /// `key`: what seals the secrets.
    pub key: Source,
    /// `ca`: certificates to trust, PEM.
    pub ca: Option<PathBuf>,
}

fn read(given: &mut Given<'_, '_, '_>) -> Option<RegistryRef> {
    let url = given.reference("url");
    let key = given.reference("key");
    let ca = given.path("ca");
    Some(RegistryRef::Postgres(Postgres { url: url?, key: key?, ca }))
}

#[cfg(feature = "postgres")]
impl Postgres {
    fn at(&self, settings: &Settings, chosen: &Chosen) -> Result<registry::Postgres, Failure> {
        let of = |key: &str| chosen.key(key);
        let roots = settings.beside(self.ca.as_deref())?;
        let address = PostgresAddress::parse(&self.url.read(&of("url"))?, roots.as_deref())
            .map_err(|e| Failure::of(Code::Usage, e).during(of("url")))?;
        let key = SealKey::of_digits(&self.key.read(&of("key"))?).ok_or_else(|| {
            Failure::usage(format!("{} is no key: 64 hexadecimal digits are expected", of("key")))
                .remedy("make one for the team, and keep it where its secrets are kept: openssl rand -hex 32")
        })?;
        Ok(registry::Postgres::new(address, key))
    }

    fn called(&self, chosen: &Chosen) -> Result<RegistryIdentity, Failure> {
        let of = chosen.key("url");
        let address = PostgresAddress::parse(&self.url.read(&of)?, None);
        Ok(address.map_err(|e| Failure::of(Code::Usage, e).during(of))?.identity())
    }
}

/// A build without the client: the environment is read, and whatever needs its registry says why not.
#[cfg(not(feature = "postgres"))]
#[allow(clippy::unused_self, reason = "the same questions as of a build with the client")]
impl Postgres {
    fn lacking(chosen: &Chosen) -> Failure {
        POSTGRES.lacking(&format!("registry = {:?} in [env.{}]", KIND.word, chosen.name))
    }

    fn called(&self, chosen: &Chosen) -> Result<RegistryIdentity, Failure> {
        Err(Self::lacking(chosen))
    }
}

impl Configured for Postgres {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn keys(&self) -> Vec<(&'static str, serde_json::Value)> {
        let Self { url, key, ca } = self;
        let ca = ca.as_ref().map(|ca| ("ca", ca.to_string_lossy().into()));
        [("url", url.written().into()), ("key", key.written().into())].into_iter().chain(ca).collect()
    }

    fn references(&mut self) -> Vec<&mut Source> {
        let Self { url, key, ca: _ } = self;
        vec![url, key]
    }

    fn address(&self) -> Option<&Source> {
        Some(&self.url)
    }

    fn unasked(&self) -> Option<String> {
        self.key.is_not_run().then(|| self.key.written())
    }

    fn identity(&self, _: &Settings, chosen: &Chosen) -> Result<RegistryIdentity, Failure> {
        self.called(chosen)
    }

    fn open(&self, settings: &Settings, chosen: &Chosen) -> Result<Box<dyn Registry>, Failure> {
        Ok(self.directory(settings, chosen)?)
    }

    fn open_without_programs(&self, settings: &Settings, chosen: &Chosen) -> Result<Box<dyn Registry>, Failure> {
        Ok(Box::new(Unasked(self.identity(settings, chosen)?)))
    }

    fn kept(&self) -> Option<&dyn Kept> {
        Some(self)
    }

    fn fixed(&self) -> Option<&Fixed> {
        None
    }

    fn server(&self) -> Option<ProbedServer<'_>> {
        None
    }

    fn examined(&self) -> Examined<'_> {
        Examined::Asked
    }
}

#[cfg(feature = "postgres")]
impl Kept for Postgres {
    fn directory(&self, settings: &Settings, chosen: &Chosen) -> Result<Box<dyn Directory + Send>, Failure> {
        Ok(Box::new(self.at(settings, chosen)?))
    }

    fn init(&self, settings: &Settings, chosen: &Chosen) -> Result<Option<bool>, Failure> {
        Ok(Some(self.at(settings, chosen)?.init()?))
    }
}

#[cfg(not(feature = "postgres"))]
impl Kept for Postgres {
    fn directory(&self, _: &Settings, chosen: &Chosen) -> Result<Box<dyn Directory + Send>, Failure> {
        Err(Self::lacking(chosen))
    }

    fn init(&self, _: &Settings, chosen: &Chosen) -> Result<Option<bool>, Failure> {
        Err(Self::lacking(chosen))
    }
}
