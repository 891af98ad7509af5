//! `registry = "fixed"`: exactly these values, for which nobody is asked.
//!
//! Must not: read them; whoever needs the credential does.

use inject::registry::{Registry, RegistryIdentity, Unasked};

use super::given::Given;
use super::{Configured, Examined, Form, Keeper, Kept, Key, Kind, Need, ProbedServer, RegistryRef, Remote, Text};
use crate::exit::Failure;
use crate::settings::source::Source;
use crate::settings::{Chosen, Settings};

/// What is known of it.
pub const KIND: Kind = Kind {
    word: "fixed",
    takes_name: false,
    classes: &[],
    remote: Remote::Never,
    keeper: Keeper::Owner,
    keys: &[
        Key::new("client-id", Form::Text, Need::Given("write client-id = \"env:NAME\""), "the Client Id"),
        Key::new("client-secret", Form::Reference, Need::Optional, "the secret; needed where one is embedded"),
    ],
    read,
};

/// Exactly these values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// `client-id`.
    pub id: Text,
    /// `client-secret`.
    pub secret: Option<Source>,
}

fn read(given: &mut Given<'_, '_, '_>) -> Option<RegistryRef> {
    let id = given.text("client-id");
    let secret = given.reference("client-secret");
    Some(RegistryRef::Fixed(Fixed { id: id?, secret }))
}

impl Configured for Fixed {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn keys(&self) -> Vec<(&'static str, serde_json::Value)> {
        Vec::new()
    }

    fn references(&mut self) -> Vec<&mut Source> {
        let Self { id, secret } = self;
        id.source_mut().into_iter().chain(secret).collect()
    }

    fn address(&self) -> Option<&Source> {
        None
    }

    fn unasked(&self) -> Option<String> {
        None
    }

    fn identity(&self, _: &Settings, chosen: &Chosen) -> Result<RegistryIdentity, Failure> {
        Ok(RegistryIdentity(format!("{}:{}", KIND.word, chosen.name)))
    }

    fn open(&self, settings: &Settings, chosen: &Chosen) -> Result<Box<dyn Registry>, Failure> {
        Ok(Box::new(Unasked(self.identity(settings, chosen)?)))
    }

    fn open_without_programs(&self, settings: &Settings, chosen: &Chosen) -> Result<Box<dyn Registry>, Failure> {
        self.open(settings, chosen)
    }

    fn kept(&self) -> Option<&dyn Kept> {
        None
    }

    fn fixed(&self) -> Option<&Fixed> {
        Some(self)
    }

    fn server(&self) -> Option<ProbedServer<'_>> {
        None
    }

    fn examined(&self) -> Examined<'_> {
        Examined::Asked
    }
}
