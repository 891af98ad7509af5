//! `inject registry init | list | revoke`, and `serve` in a file of its own: the access manager's side, where it is ours to keep.
//!
//! Must not: show a secret.

pub mod args;
#[cfg(feature = "serve")]
pub mod serve;

use inject::credentials::ClientId;
use inject::registry::Entry;
use inject::system::Civil;
use serde::Serialize;

use crate::exit::{Code, Failure};
use crate::render::Output;
use crate::results::Outcome;
use crate::settings::Settings;
use crate::settings::config::{Keeper, kept_by};
use args::RegistryAction;

/// A registry is ready.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Ready {
    /// Identity of the registry.
    registry: String,
    /// Whether anything changed.
    changed: bool,
}

impl Outcome for Ready {
    const COMMAND: &'static str = "registry init";
}

/// What a registry holds.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Listed {
    /// Identity of the registry.
    registry: String,
    applications: Vec<Registered>,
}

impl Outcome for Listed {
    const COMMAND: &'static str = "registry list";
}

/// A registered application.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Registered {
    /// The Client Id, which is public.
    client_id: String,
    /// The application's id.
    application: String,
    /// The name it is registered with.
    name: String,
    /// Whether it has a secret.
    has_secret: bool,
    /// When it was registered: RFC 3339, in UTC.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    created: String,
    /// When it was revoked: RFC 3339, in UTC; null: it is not.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    revoked: Option<String>,
}

/// An application is revoked.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Revoked {
    /// Identity of the registry.
    registry: String,
    /// The Client Id, which is public.
    client_id: String,
    /// The application's id.
    application: String,
    /// False: it was revoked before.
    changed: bool,
}

impl Outcome for Revoked {
    const COMMAND: &'static str = "registry revoke";
}

/// Runs it.
pub fn run(settings: &Settings, action: &RegistryAction, out: Output) -> Result<Code, Failure> {
    match action {
        RegistryAction::Init => init(settings, out),
        #[cfg(feature = "serve")]
        RegistryAction::Serve(serve) => serve::run(settings, serve, out),
        #[cfg(not(feature = "serve"))]
        RegistryAction::Serve(_) => Err(crate::features::SERVE.lacking("inject registry serve")),
        RegistryAction::List => list(settings, out),
        RegistryAction::Revoke { client_id } => revoke(settings, client_id, out),
    }
}

fn init(settings: &Settings, out: Output) -> Result<Code, Failure> {
    let chosen = settings.environment()?;
    let identity = settings.registry_identity(&chosen)?;
    let registry = &chosen.env.registry;
    let Some(kept) = registry.kept() else {
        let what = format!("the registry of {} is {}: its owner sets it up there", chosen.name, registry.word());
        return Err(Failure::usage(what).remedy(format!("this works on {}", kept_by(&[Keeper::InjectOnceMade]))));
    };
    let changed = kept.init(settings, &chosen)?;
    match changed {
        None => out.note(&format!("{identity} is made by the first registration")),
        Some(true) => out.done(&format!("{identity} is ready for version {}", env!("CARGO_PKG_VERSION"))),
        Some(false) => out.note(&format!("{identity} is ready already")),
    }
    out.json(&Ready { registry: identity.0, changed: changed == Some(true) });
    Ok(Code::Done)
}

fn list(settings: &Settings, out: Output) -> Result<Code, Failure> {
    let chosen = settings.environment()?;
    let mut directory = settings.directory(&chosen)?;
    let entries = directory.entries()?;
    let registered = |entry: &Entry| Registered {
        client_id: entry.id.as_str().to_owned(),
        application: entry.application.clone(),
        name: entry.name.clone(),
        has_secret: entry.secret.is_some(),
        created: Civil::of(entry.created).rfc3339(),
        revoked: entry.revoked.map(|at| Civil::of(at).rfc3339()),
    };
    out.json(&Listed {
        registry: directory.identity().0.clone(),
        applications: entries.iter().map(registered).collect(),
    });
    if entries.is_empty() {
        out.note(&format!("{} holds no application", directory.identity()));
    }
    for Entry { id, application, name, secret, created, revoked } in &entries {
        let state = match (revoked, secret) {
            (Some(at), _) => format!("revoked {}", Civil::of(*at).rfc3339()),
            (None, Some(_)) => "with a secret".to_owned(),
            (None, None) => "public".to_owned(),
        };
        let name = if name == application { String::new() } else { format!("  {name:?}") };
        out.result(&format!("{id}  {application}{name}  {state}  since {}", Civil::of(*created).rfc3339()));
    }
    Ok(Code::Done)
}

fn revoke(settings: &Settings, client_id: &str, out: Output) -> Result<Code, Failure> {
    let chosen = settings.environment()?;
    let id = ClientId::parse(client_id).map_err(|e| Failure::of(Code::Usage, e))?;
    let mut directory = settings.directory(&chosen)?;
    let Some(entry) = directory.entry(&id)? else {
        let failure = Failure::new(Code::Registry, format!("{} does not know {id}", directory.identity()));
        return Err(failure.remedy(format!("see what it holds: inject registry list --env {}", chosen.name)));
    };
    let changed = entry.revoked.is_none() && directory.revoke_entry(&id)?;
    if changed {
        out.done(&format!("{id} of {} is revoked in {}", entry.application, directory.identity()));
    } else {
        out.note(&format!("{id} of {} was revoked before", entry.application));
    }
    out.json(&Revoked {
        registry: directory.identity().0.clone(),
        client_id: id.as_str().to_owned(),
        application: entry.application,
        changed,
    });
    Ok(Code::Done)
}
