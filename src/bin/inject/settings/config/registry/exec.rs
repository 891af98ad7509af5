//! `registry = "exec"`: a program, without a shell.
//!
//! Must not: run it.

use inject::registry::{self, Capability, Registry, RegistryIdentity, Unasked};

use super::given::Given;
use super::{Configured, Examined, Fixed, Form, Keeper, Kept, Key, Kind, Need, ProbedServer, RegistryRef, Remote};
use crate::exit::Failure;
use crate::settings::source::Source;
use crate::settings::{Chosen, Settings};

/// What is known of it.
pub const KIND: Kind = Kind {
    word: "exec",
    takes_name: false,
    classes: &[Capability::GetOrCreate],
    remote: Remote::Always,
    keeper: Keeper::Owner,
    keys: &[Key::new(
        "command",
        Form::List,
        Need::Filled("write command = [\"PROGRAM\", \"ARGUMENT\"]; no shell is involved"),
        "the program and its arguments",
    )],
    read,
};

/// A program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exec {
    /// `command`.
    pub words: Vec<String>,
}

fn read(given: &mut Given<'_, '_, '_>) -> Option<RegistryRef> {
    Some(RegistryRef::Exec(Exec { words: given.list("command")? }))
}

impl Configured for Exec {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn shown(&self) -> String {
        format!("{}:{}", KIND.word, self.words.join(" "))
    }

    fn keys(&self) -> Vec<(&'static str, serde_json::Value)> {
        vec![("command", self.words.clone().into())]
    }

    fn references(&mut self) -> Vec<&mut Source> {
        Vec::new()
    }

    fn address(&self) -> Option<&Source> {
        None
    }

    fn unasked(&self) -> Option<String> {
        Some(self.words.join(" "))
    }

    fn identity(&self, _: &Settings, _: &Chosen) -> Result<RegistryIdentity, Failure> {
        Ok(registry::Exec::new(self.words.clone()).identity().clone())
    }

    fn open(&self, _: &Settings, _: &Chosen) -> Result<Box<dyn Registry>, Failure> {
        Ok(Box::new(registry::Exec::new(self.words.clone())))
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
        None
    }

    fn examined(&self) -> Examined<'_> {
        Examined::Asked
    }
}
