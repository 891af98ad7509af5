//! `registry = "http"`: an access manager behind the contract of `docs/registry-http.yaml`.
//!
//! Must not: send the token anywhere; what asks does.

use std::path::PathBuf;

use inject::registry::{self, Capability, Registry, RegistryIdentity, Unasked};

use super::given::Given;
use super::{
    CA, Configured, Examined, Fixed, Form, Keeper, Kept, Key, Kind, Need, ProbedServer, RegistryRef, Remote, Text,
};
use crate::exit::Failure;
use crate::settings::source::Source;
use crate::settings::{Chosen, Settings};

/// What is known of it.
pub const KIND: Kind = Kind {
    word: "http",
    takes_name: false,
    classes: &[Capability::GetOrCreate],
    remote: Remote::Always,
    keeper: Keeper::Owner,
    keys: &[
        Key::new(
            "url",
            Form::Text,
            Need::Given("write url = \"https://...\" or url = \"env:NAME\""),
            "the address in front of `/applications`",
        ),
        Key::new("token", Form::Reference, Need::Optional, "the registration token"),
        CA,
    ],
    read,
};

/// An access manager behind the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    /// `url`, an address or a reference.
    pub url: Text,
    /// `token`.
    pub token: Option<Source>,
    /// `ca`: certificates to trust, PEM.
    pub ca: Option<PathBuf>,
}

fn read(given: &mut Given<'_, '_, '_>) -> Option<RegistryRef> {
    let url = given.text("url");
    let token = given.reference("token");
    let ca = given.path("ca");
    Some(RegistryRef::Http(Http { url: url?, token, ca }))
}

impl Configured for Http {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn keys(&self) -> Vec<(&'static str, serde_json::Value)> {
        let Self { url, token, ca } = self;
        let mut keys = vec![("url", url.written().into())];
        keys.extend(token.as_ref().map(|token| ("token", token.written().into())));
        keys.extend(ca.as_ref().map(|ca| ("ca", ca.to_string_lossy().into())));
        keys
    }

    fn references(&mut self) -> Vec<&mut Source> {
        let Self { url, token, ca: _ } = self;
        url.source_mut().into_iter().chain(token).collect()
    }

    fn address(&self) -> Option<&Source> {
        self.url.source()
    }

    fn unasked(&self) -> Option<String> {
        self.token.as_ref().filter(|token| token.is_not_run()).map(Source::written)
    }

    fn identity(&self, _: &Settings, chosen: &Chosen) -> Result<RegistryIdentity, Failure> {
        Ok(registry::Http::identity_of(&self.url.read(&chosen.key("url"))?))
    }

    fn open(&self, settings: &Settings, chosen: &Chosen) -> Result<Box<dyn Registry>, Failure> {
        let url = self.url.read(&chosen.key("url"))?;
        let token = self.token.as_ref().map(|source| source.read(&chosen.key("token"))).transpose()?;
        let roots = settings.beside(self.ca.as_deref())?;
        Ok(Box::new(registry::Http::new(&url, token, roots.as_deref())?))
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
        Some(ProbedServer { issuer: None, ca: self.ca.as_deref() })
    }

    fn examined(&self) -> Examined<'_> {
        Examined::Asked
    }
}
