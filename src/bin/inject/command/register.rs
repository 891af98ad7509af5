//! `inject register`: obtain or reuse, without embedding.
//!
//! Must not: touch an artifact.

pub mod args;

use inject::credentials::{Credential, Origin, Registration, Take};
use inject::embed::Event;
use serde::Serialize;

use crate::events::tell;
use crate::exit::{Code, Failure};
use crate::render::Output;
use crate::results::Outcome;
use crate::settings::Settings;
use crate::settings::access::Access;
use args::{Register, Side};

/// An application has a credential.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Registered {
    /// The application's id.
    application: String,
    /// The environment's name.
    environment: String,
    /// Identity of the registry.
    registry: String,
    /// The Client Id, which is public.
    client_id: String,
    /// Whether it has a secret.
    has_secret: bool,
    origin: CameFrom,
}

impl Outcome for Registered {
    const COMMAND: &'static str = "register";
}

/// Where a credential came from.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum CameFrom {
    /// Variables or the configuration.
    Fixed,
    /// The store of this machine.
    Store,
    /// The registry had it.
    Registry,
    /// It was registered now.
    Registered,
}

impl From<Origin> for CameFrom {
    fn from(origin: Origin) -> Self {
        match origin {
            Origin::Fixed => Self::Fixed,
            Origin::Store => Self::Store,
            Origin::Registry => Self::Registry,
            Origin::Registered => Self::Registered,
        }
    }
}

/// Runs it.
pub fn run(settings: &Settings, asked: &Register, out: Output) -> Result<Code, Failure> {
    let chosen = settings.environment()?;
    let (application, _) = match asked.app.as_deref() {
        Some(name) => settings.named_app(name)?,
        None => settings.only_app()?,
    };
    let access = Access::new(settings, &chosen);
    let registration = match (asked.new, asked.never) {
        (true, _) => Registration::Auto,
        (false, never) => chosen.registration(never),
    };
    let environment = access.environment(registration);
    let told = |event: Event<'_>| tell(&event, out);
    let mut embedder = settings.embedder(&environment);
    embedder.on_event = &told;
    embedder.options.refresh = asked.force || asked.take.is_some();
    embedder.options.again = asked.again;
    embedder.options.take = asked.take.map(|side| match side {
        Side::Store => Take::Store,
        Side::Registry => Take::Registry,
    });
    let obtained = embedder.obtain(&application)?;
    let Credential { id, secret } = &obtained.credential;
    out.json(&Registered {
        application: application.id,
        environment: chosen.name.as_str().to_owned(),
        registry: settings.registry_identity(&chosen)?.0,
        client_id: id.as_str().to_owned(),
        has_secret: secret.is_some(),
        origin: obtained.origin.into(),
    });
    out.result(id.as_str());
    Ok(Code::Done)
}
