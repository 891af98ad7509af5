//! `registry = "embedded"`: a file of this machine, for one environment or for those that name it.
//!
//! Must not: make the file; the first registration does.

use inject::credentials::EnvironmentName;
use inject::registry::{self, Capability, Directory, Registry, RegistryIdentity};

use super::given::Given;
use super::{Configured, Examined, Fixed, Keeper, Kept, Kind, ProbedServer, RegistryRef, Remote};
use crate::exit::Failure;
use crate::settings::source::Source;
use crate::settings::{Chosen, Settings};

/// What is known of it.
pub const KIND: Kind = Kind {
    word: "embedded",
    takes_name: true,
    classes: &[Capability::GetOrCreate],
    remote: Remote::Never,
    keeper: Keeper::Inject,
    keys: &[],
    read,
};

/// A file of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Embedded {
    /// The name that environments share it under; else it is this environment's own.
    pub name: Option<EnvironmentName>,
}

fn read(given: &mut Given<'_, '_, '_>) -> Option<RegistryRef> {
    let name = match given.name {
        Some(name) => Some(given.reader.name(given.span.clone(), name)?),
        None => None,
    };
    Some(RegistryRef::Embedded(Embedded { name }))
}

impl Embedded {
    fn at(&self, settings: &Settings, chosen: &Chosen) -> registry::Embedded {
        registry::Embedded::new(&settings.home, self.name.as_ref().unwrap_or(&chosen.name))
    }
}

impl Configured for Embedded {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn word(&self) -> String {
        match &self.name {
            Some(name) => format!("{}:{name}", KIND.word),
            None => KIND.word.to_owned(),
        }
    }

    fn keys(&self) -> Vec<(&'static str, serde_json::Value)> {
        Vec::new()
    }

    fn references(&mut self) -> Vec<&mut Source> {
        Vec::new()
    }

    fn address(&self) -> Option<&Source> {
        None
    }

    fn unasked(&self) -> Option<String> {
        None
    }

    fn identity(&self, settings: &Settings, chosen: &Chosen) -> Result<RegistryIdentity, Failure> {
        Ok(self.at(settings, chosen).identity().clone())
    }

    fn open(&self, settings: &Settings, chosen: &Chosen) -> Result<Box<dyn Registry>, Failure> {
        Ok(Box::new(self.at(settings, chosen)))
    }

    fn open_without_programs(&self, settings: &Settings, chosen: &Chosen) -> Result<Box<dyn Registry>, Failure> {
        self.open(settings, chosen)
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

impl Kept for Embedded {
    fn directory(&self, settings: &Settings, chosen: &Chosen) -> Result<Box<dyn Directory + Send>, Failure> {
        Ok(Box::new(self.at(settings, chosen)))
    }

    fn init(&self, _: &Settings, _: &Chosen) -> Result<Option<bool>, Failure> {
        Ok(None)
    }
}
