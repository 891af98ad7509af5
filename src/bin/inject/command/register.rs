//! `inject register`: obtain or reuse, without embedding.
//!
//! Must not: touch an artifact.

use inject::credentials::{
    Change, ChangeError, ClientId, ClientSecret, Credential, Intent, Key, Lookup, Needs, ObtainError, Obtained, Origin,
    Registration, Request, Settled, Store, Take, finish, look_up, obtain,
};
use inject::registry::{Application, Capability, Registry, RegistryError};
use inject::system::Civil;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::args::Side;
use crate::exit::{Code, Failure};
use crate::render::Output;
use crate::results::Outcome;
use crate::settings::config;
use crate::settings::{Chosen, Settings};
use crate::variables::{self, variable};

/// What is asked for beside the application.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    /// `--force`.
    pub force: bool,
    /// `--new` or `--no-register`; else the environment decides.
    pub registration: Option<Registration>,
    /// `--take`.
    pub take: Option<Side>,
    /// `--again`.
    pub again: bool,
}

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
pub fn run(settings: &Settings, app: Option<&str>, wish: Wish, out: Output) -> Result<Code, Failure> {
    let chosen = settings.environment()?;
    let (application, _) = match app {
        Some(name) => settings.named_app(name)?,
        None => settings.only_app()?,
    };
    let how = How {
        refresh: wish.force || wish.take.is_some(),
        registration: wish.registration.unwrap_or_else(|| chosen.registration(false)),
        offline: false,
        again: wish.again,
        take: wish.take.map(|side| match side {
            Side::Store => Take::Store,
            Side::Registry => Take::Registry,
        }),
    };
    let obtained = obtain_or_reuse(settings, &chosen, &application, how, out)?;
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

/// How a credential is obtained.
#[derive(Debug, Clone, Copy)]
pub struct How {
    /// Ask the registry even where the store has an answer.
    pub refresh: bool,
    /// Whether a new application may be made.
    pub registration: Registration,
    /// Ask nobody outside of this machine.
    pub offline: bool,
    /// Register anew although an earlier registration may have come through.
    pub again: bool,
    /// Whose secret counts where two differ.
    pub take: Option<Take>,
}

/// The heart, with what people are told.
pub fn obtain_or_reuse(
    settings: &Settings,
    chosen: &Chosen,
    application: &Application,
    how: How,
    out: Output,
) -> Result<Obtained, Failure> {
    if let Some(fixed) = fixed(chosen)? {
        let (credential, from) = fixed.whole()?;
        out.note(&format!("using {from} as given, for {} in {}", application.id, chosen.name));
        return Ok(Obtained { credential, origin: Origin::Fixed, expires: None, settled: None });
    }
    let request = settings.request(application, chosen, how.registration)?;
    let request = Request { refresh: how.refresh, again: how.again, take: how.take, ..request };
    let mut store = Store::open(&settings.home)?;
    if how.offline && chosen.env.registry.is_remote() {
        let mut unasked = settings.registry_within(chosen)?;
        return match look_up(&request, Some(&store), unasked.as_mut())? {
            Lookup::InStore(credential) | Lookup::InRegistry(credential) => {
                Ok(Obtained { credential, origin: Origin::Store, expires: None, settled: None })
            }
            Lookup::Unregistered(_) => {
                let registry = unasked.identity().clone();
                Err(ObtainError::Registry(RegistryError::Offline { registry }).into())
            }
        };
    }
    let mut registry = settings.registry(chosen)?;
    announce(&request, &store, registry.as_ref(), out)?;
    // What an earlier run began is said whatever becomes of this one. Who says whose secret counts needs no more to be known.
    match finish(&request.key, application, &mut store, registry.as_mut()) {
        Err(ChangeError::Open(_)) if how.take.is_some() => {}
        settled => {
            if let Some(settled) = settled? {
                tell_settled(&settled, out);
            }
        }
    }
    let obtained = obtain(&request, &mut store, registry.as_mut())?;
    // One that another run left since.
    if let Some(settled) = &obtained.settled {
        tell_settled(settled, out);
    }
    let id = &obtained.credential.id;
    match obtained.origin {
        Origin::Registered => out.warn(&format!(
            "a NEW application was registered: {} as {id} in {} (registry {})",
            application.id,
            chosen.name,
            registry.identity()
        )),
        Origin::Registry => {
            out.note(&format!("{} has {id} in {}, from {}", application.id, chosen.name, registry.identity()));
        }
        Origin::Fixed | Origin::Store => {
            out.detail(&format!("{} has {id} in {}, from the store", application.id, chosen.name));
        }
    }
    if let Some(expires) = obtained.expires {
        out.warn(&format!("the secret of {id} ends at {}: the server says so", Civil::of(expires).rfc3339()));
    }
    Ok(obtained)
}

/// Says which changes were begun and are not known to have ended.
pub fn tell_open(intents: &[Intent], out: Output) {
    for intent in intents {
        let Key { application, environment, .. } = &intent.key;
        out.warn(&format!(
            "{intent}, and is not finished; finish it: inject register {application} --env {environment}"
        ));
    }
}

/// Says what became of a change that an earlier run began.
fn tell_settled(Settled { intent, finished }: &Settled, out: Output) {
    match (finished, &intent.change) {
        (true, Change::Revoke) => {
            out.warn(&format!("{intent}: the registry has revoked it, and the store has forgotten it now"));
        }
        (true, Change::Rotate(_) | Change::Take(_)) => out.warn(&format!(
            "{intent}: the registry has it, and the store has it now; apps that carry the old secret are refused"
        )),
        (false, _) => out.warn(&format!("{intent}, and did not reach the registry: nothing was changed")),
        // None is: the library's enumeration is open to others.
        (true, _) => out.warn(&format!("{intent}, and is finished now")),
    }
}

/// Finishes what an earlier run began with a credential, before anything is planned with it.
pub fn settle(
    settings: &Settings,
    chosen: &Chosen,
    application: &Application,
    offline: bool,
    out: Output,
) -> Result<(), Failure> {
    // A credential that is given from outside is nobody's to finish.
    if is_fixed(chosen) {
        return Ok(());
    }
    let key = settings.key(application, chosen)?;
    let Some(mut store) = Store::open_existing(&settings.home)? else { return Ok(()) };
    if store.intent(&key)?.is_none() {
        return Ok(());
    }
    let mut registry = if offline { settings.registry_within(chosen)? } else { settings.registry(chosen)? };
    if let Some(settled) = finish(&key, application, &mut store, registry.as_mut())? {
        tell_settled(&settled, out);
    }
    Ok(())
}

/// What a registry that says things once means for who registers there, before that happens.
fn announce(request: &Request<'_>, store: &Store, registry: &dyn Registry, out: Output) -> Result<(), Failure> {
    let is_new = store.get(&request.key)?.is_none() && store.get_shared(&request.key)?.is_none();
    if !is_new || request.needs == Needs::IdOnly || request.registration == Registration::Never {
        return Ok(());
    }
    match registry.capability() {
        Capability::GetOrCreate => {}
        Capability::EchoByToken => out.note(&format!(
            "{} shows a secret again to the holder of the registration token alone, which the store keeps",
            registry.identity()
        )),
        Capability::ShownOnce => out.warn(&format!(
            "{} may never show this secret again: the store becomes the only copy; back it up: inject credential export",
            registry.identity()
        )),
    }
    Ok(())
}

/// A credential that is given from outside.
pub enum Fixed {
    /// It is, and this is where it is from.
    Known(Credential, String),
    /// A program has it, or its secret alone where the Client Id is known, and is not run by this command.
    NotRun(Option<ClientId>, Failure),
}

impl Fixed {
    /// All of it.
    pub fn whole(self) -> Result<(Credential, String), Failure> {
        match self {
            Self::Known(credential, from) => Ok((credential, from)),
            Self::NotRun(_, failure) => Err(failure),
        }
    }
}

/// Whether a credential is given from outside. Nothing is read for it.
pub fn is_fixed(chosen: &Chosen) -> bool {
    chosen.env.registry.fixed().is_some() || variable(variables::CLIENT_ID).is_some()
}

/// A credential that is given from outside, exactly so: by `INJECT_CLIENT_ID` and `INJECT_CLIENT_SECRET`, or by the
/// references of an environment with `registry = "fixed"`.
pub fn fixed(chosen: &Chosen) -> Result<Option<Fixed>, Failure> {
    if let Some(credential) = from_variables(chosen)? {
        return Ok(Some(Fixed::Known(credential, variables::CLIENT_ID.to_owned())));
    }
    let Some(config::Fixed { id, secret }) = chosen.env.registry.fixed() else { return Ok(None) };
    let of = |key: &str| chosen.key(key);
    let id = match id.read(&of("client-id")) {
        Err(failure) if id.is_not_run() => return Ok(Some(Fixed::NotRun(None, failure))),
        read => ClientId::parse(&read?).map_err(|e| Failure::of(Code::Usage, e).during(of("client-id")))?,
    };
    let secret = match secret {
        Some(source) if !chosen.env.omit_secret => {
            let text = match source.read(&of("client-secret")) {
                Err(failure) if source.is_not_run() => return Ok(Some(Fixed::NotRun(Some(id), failure))),
                read => read?,
            };
            Some(ClientSecret::parse(&text).map_err(|e| Failure::of(Code::Usage, e).during(of("client-secret")))?)
        }
        None if !chosen.env.omit_secret => {
            return Err(Failure::usage(format!("[env.{}] has no client-secret, and embeds a secret", chosen.name))
                .remedy("write client-secret = \"env:NAME\" there")
                .remedy("or make it a public client: secret = \"omit\""));
        }
        _ => None,
    };
    Ok(Some(Fixed::Known(Credential { id, secret }, format!("the credential of [env.{}]", chosen.name))))
}

/// `INJECT_CLIENT_ID` and `INJECT_CLIENT_SECRET`: exactly these.
fn from_variables(chosen: &Chosen) -> Result<Option<Credential>, Failure> {
    let secret = variable(variables::CLIENT_SECRET).map(Zeroizing::new);
    let Some(id) = variable(variables::CLIENT_ID) else {
        return match secret {
            None => Ok(None),
            Some(_) => {
                Err(Failure::usage(format!("{} is set without {}", variables::CLIENT_SECRET, variables::CLIENT_ID))
                    .remedy("set both, or neither"))
            }
        };
    };
    let id = ClientId::parse(&id).map_err(|e| Failure::of(Code::Usage, e).during(variables::CLIENT_ID))?;
    let secret = secret
        .map(|text| ClientSecret::parse(&text))
        .transpose()
        .map_err(|e| Failure::of(Code::Usage, e).during(variables::CLIENT_SECRET))?;
    if secret.is_none() && !chosen.env.omit_secret {
        return Err(Failure::usage(format!(
            "{} is set without {}, and {} embeds a secret",
            variables::CLIENT_ID,
            variables::CLIENT_SECRET,
            chosen.name
        ))
        .remedy(format!("set {} too", variables::CLIENT_SECRET))
        .remedy(format!("or make it a public client: secret = \"omit\" in [env.{}]", chosen.name)));
    }
    Ok(Some(Credential { id, secret: secret.filter(|_| !chosen.env.omit_secret) }))
}
