//! `inject credential list | show | set | forget | rotate | revoke`: the local store, and what changes it together with the
//! registry.
//!
//! Must not: print a secret but for `show --reveal`; `mask`, which does too, has a file of its own.

pub mod args;
pub mod backup;
pub mod key;
pub mod mask;

use inject::credentials::{ClientId, ClientSecret, Key, Store, Stored};
use inject::registry::{Application, Ledger, Registry};
use serde::Serialize;

use crate::exit::{Code, Failure};
use crate::render::Output;
use crate::results::Outcome;
use crate::settings::Settings;
use crate::settings::source::Source;
use args::CredentialAction;

/// What the store holds.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Listed {
    credentials: Vec<ListedCredential>,
}

impl Outcome for Listed {
    const COMMAND: &'static str = "credential list";
}

/// A credential of the store.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ListedCredential {
    #[serde(flatten)]
    about: About,
    /// The Client Id, which is public.
    client_id: String,
    /// Keyed fingerprint of the secret; null: none.
    secret_fingerprint: Option<String>,
    /// False: the id is only claimed.
    registered: bool,
}

/// Which credential.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct About {
    /// The application's id.
    application: String,
    /// The environment's name.
    environment: String,
    /// Identity of the registry.
    registry: String,
}

impl From<&Key> for About {
    fn from(key: &Key) -> Self {
        Self {
            application: key.application.clone(),
            environment: key.environment.as_str().to_owned(),
            registry: key.registry.0.clone(),
        }
    }
}

/// A credential.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Shown<'s> {
    #[serde(flatten)]
    about: About,
    /// The Client Id, which is public.
    client_id: &'s str,
    /// The secret, with `--reveal`; null: none, or not revealed.
    client_secret: Option<&'s str>,
    /// Keyed fingerprint of the secret; null: none.
    secret_fingerprint: Option<String>,
}

impl Outcome for Shown<'_> {
    const COMMAND: &'static str = "credential show";
}

/// A credential was brought here.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WasSet {
    #[serde(flatten)]
    about: About,
    /// The Client Id, which is public.
    client_id: String,
    /// Whether it has a secret.
    has_secret: bool,
    /// Whether anything changed.
    changed: bool,
}

impl Outcome for WasSet {
    const COMMAND: &'static str = "credential set";
}

/// A credential was forgotten here; the registry keeps it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Forgotten {
    #[serde(flatten)]
    about: About,
    /// Whether there was one.
    changed: bool,
}

impl Outcome for Forgotten {
    const COMMAND: &'static str = "credential forget";
}

/// A credential has a new secret.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Rotated {
    #[serde(flatten)]
    about: About,
    /// The Client Id, which is public.
    client_id: String,
    /// Keyed fingerprint of the new secret.
    secret_fingerprint: String,
    /// Always true.
    changed: bool,
}

impl Outcome for Rotated {
    const COMMAND: &'static str = "credential rotate";
}

/// A credential was revoked in its registry, and forgotten here.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Revoked {
    #[serde(flatten)]
    about: About,
    /// The Client Id, which is public.
    client_id: String,
    /// False: the registry had it no more.
    changed: bool,
}

impl Outcome for Revoked {
    const COMMAND: &'static str = "credential revoke";
}

/// Runs it.
pub fn run(settings: &Settings, action: &CredentialAction, out: Output) -> Result<Code, Failure> {
    match action {
        CredentialAction::List => list(settings, out),
        CredentialAction::Show { app, reveal } => show(settings, app.as_deref(), *reveal, out),
        CredentialAction::Set { app, client_id, secret, replace } => {
            set(settings, app.as_deref(), client_id, secret.as_deref(), *replace, out)
        }
        CredentialAction::Mask { ci } => mask::run(settings, *ci, out),
        CredentialAction::Forget { app } => forget(settings, app.as_deref(), out),
        CredentialAction::Export { file, pass } => backup::export(settings, file, pass, out),
        CredentialAction::Import { file, pass, replace } => backup::import(settings, file, pass, *replace, out),
        CredentialAction::Key { to } => key::run(settings, to.as_deref(), out),
        CredentialAction::Rotate { app } => rotate(settings, app.as_deref(), out),
        CredentialAction::Revoke { app } => revoke(settings, app.as_deref(), out),
    }
}

fn list(settings: &Settings, out: Output) -> Result<Code, Failure> {
    let store = Store::open_existing(&settings.home)?;
    let all = store.as_ref().map(Store::list).transpose()?.unwrap_or_default();
    let fingerprint = |stored: &Stored| {
        let store = store.as_ref()?;
        stored.secret.as_ref().map(|secret| store.fingerprint(secret).as_str().to_owned())
    };
    let listed = |stored: &Stored| ListedCredential {
        about: About::from(&stored.key),
        client_id: stored.id.as_str().to_owned(),
        secret_fingerprint: fingerprint(stored),
        registered: stored.registered,
    };
    out.json(&Listed { credentials: all.iter().map(listed).collect() });
    if let Some(store) = &store {
        crate::events::tell_open(&store.intents()?, out);
    }
    if all.is_empty() {
        out.note(&format!("no credentials in {}", settings.home.folder.display()));
    }
    for stored in &all {
        let secret = match fingerprint(stored) {
            Some(fingerprint) => format!("secret {fingerprint}"),
            None => "no secret".to_owned(),
        };
        let Key { application, environment, registry } = &stored.key;
        out.result(&format!("{application}  {environment}  {}  {secret}  {registry}", stored.id));
    }
    Ok(Code::Done)
}

fn application(settings: &Settings, app: Option<&str>) -> Result<Application, Failure> {
    Ok(match app {
        Some(name) => settings.named_app(name)?.0,
        None => settings.only_app().map_err(|failure| failure.remedy("--app APP"))?.0,
    })
}

fn key(settings: &Settings, app: Option<&str>) -> Result<Key, Failure> {
    let chosen = settings.environment()?;
    settings.key(&application(settings, app)?, &chosen)
}

fn missing(key: &Key) -> Failure {
    let what = format!("no credential of {} in {} (registry {})", key.application, key.environment, key.registry);
    let obtain = format!("obtain one: inject register {} --env {}", key.application, key.environment);
    Failure::new(Code::Registry, what).remedy(obtain)
}

fn show(settings: &Settings, app: Option<&str>, reveal: bool, out: Output) -> Result<Code, Failure> {
    let key = key(settings, app)?;
    let store = Store::open_existing(&settings.home)?;
    let stored = store.as_ref().map(|store| store.get(&key)).transpose()?.flatten();
    let (Some(stored), Some(store)) = (stored, store) else { return Err(missing(&key)) };
    crate::events::tell_open(store.intent(&key)?.as_slice(), out);
    let fingerprint = stored.secret.as_ref().map(|secret| store.fingerprint(secret).as_str().to_owned());
    let shown = stored.secret.as_ref().filter(|_| reveal).map(ClientSecret::expose);
    out.json(&Shown {
        about: About::from(&key),
        client_id: stored.id.as_str(),
        client_secret: shown,
        secret_fingerprint: fingerprint.clone(),
    });
    out.result(&format!("client_id      {}", stored.id));
    out.result(&match (shown, &fingerprint) {
        (Some(secret), _) => format!("client_secret  {secret}"),
        (None, Some(fingerprint)) => format!("client_secret  (fingerprint {fingerprint}; --reveal prints it)"),
        (None, None) => "client_secret  none".to_owned(),
    });
    Ok(Code::Done)
}

fn set(
    settings: &Settings,
    app: Option<&str>,
    client_id: &str,
    secret: Option<&str>,
    replace: bool,
    out: Output,
) -> Result<Code, Failure> {
    let key = key(settings, app)?;
    let id = ClientId::parse(client_id).map_err(|e| Failure::of(Code::Usage, e).during("--client-id"))?;
    let secret = match secret {
        None => None,
        Some(reference) => {
            let text = Source::parse("--secret", reference)?.read("Client Secret")?;
            Some(ClientSecret::parse(&text).map_err(|e| Failure::of(Code::Usage, e).during("--secret"))?)
        }
    };
    let mut store = Store::open(&settings.home)?;
    let new = Stored { key: key.clone(), id, secret, registered: true };
    let mut changed = false;
    match store.get(&key)? {
        Some(old) if old == new => out.note("the store holds exactly this"),
        // A mere claim, that no registry knows yet, gives way.
        Some(old) if old.registered && !replace => {
            let what = format!("{} in {} has a credential already: {}", key.application, key.environment, old.id);
            return Err(Failure::new(Code::Conflict, what).remedy("replace it on purpose: --replace"));
        }
        _ => {
            store.put(&new)?;
            // A person knows what became of a registration that got no answer, and of a change.
            store.ledger(&key).settle()?;
            store.close_intent(&key)?;
            out.done(&format!("{} in {} has {}", key.application, key.environment, new.id));
            changed = true;
        }
    }
    out.json(&WasSet {
        about: About::from(&key),
        client_id: new.id.as_str().to_owned(),
        has_secret: new.secret.is_some(),
        changed,
    });
    Ok(Code::Done)
}

fn forget(settings: &Settings, app: Option<&str>, out: Output) -> Result<Code, Failure> {
    let key = key(settings, app)?;
    let store = Store::open_existing(&settings.home)?;
    let forgotten = store.map(|mut store| store.forget(&key)).transpose()?.unwrap_or(false);
    let what = format!("{} in {} (registry {})", key.application, key.environment, key.registry);
    if forgotten {
        out.done(&format!("forgot the credential of {what}; the registry keeps it"));
    } else {
        out.note(&format!("there was no credential of {what}"));
    }
    out.json(&Forgotten { about: About::from(&key), changed: forgotten });
    Ok(Code::Done)
}

/// What a command that changes both sides works on.
struct Both {
    key: Key,
    application: Application,
    store: Store,
    registry: Box<dyn Registry>,
}

fn both(settings: &Settings, app: Option<&str>) -> Result<Both, Failure> {
    let chosen = settings.environment()?;
    let application = application(settings, app)?;
    let key = settings.key(&application, &chosen)?;
    let Some(store) = Store::open_existing(&settings.home)? else { return Err(missing(&key)) };
    // No registry is asked about what is not known here.
    if !store.get(&key)?.is_some_and(|stored| stored.registered) && store.intent(&key)?.is_none() {
        return Err(missing(&key));
    }
    Ok(Both { registry: settings.registry(&chosen)?, key, application, store })
}

fn rotate(settings: &Settings, app: Option<&str>, out: Output) -> Result<Code, Failure> {
    let Both { key, application, mut store, mut registry } = both(settings, app)?;
    let rotated = inject::credentials::rotate(&key, &application, &mut store, registry.as_mut())?;
    let Some(Stored { id, secret: Some(new), .. }) = rotated else { return Err(missing(&key)) };
    let fingerprint = store.fingerprint(&new);
    out.done(&format!("{id} of {} has a new secret in {}: {fingerprint}", application.id, key.registry));
    out.warn("apps that carry the old secret are refused from now on: inject and ship them again");
    out.json(&Rotated {
        about: About::from(&key),
        client_id: id.as_str().to_owned(),
        secret_fingerprint: fingerprint.as_str().to_owned(),
        changed: true,
    });
    Ok(Code::Done)
}

fn revoke(settings: &Settings, app: Option<&str>, out: Output) -> Result<Code, Failure> {
    let Both { key, application, mut store, mut registry } = both(settings, app)?;
    let revoked = inject::credentials::revoke(&key, &application, &mut store, registry.as_mut())?;
    let Some((id, was)) = revoked else { return Err(missing(&key)) };
    let what = format!("{} of {} in {}", id, application.id, key.registry);
    if was {
        out.done(&format!("revoked {what}, and forgot it here"));
        out.warn("apps that carry it are refused from now on");
    } else {
        out.note(&format!("{what} was not there any more; forgot it here"));
    }
    out.json(&Revoked { about: About::from(&key), client_id: id.as_str().to_owned(), changed: was });
    Ok(Code::Done)
}
