//! `inject credential list | show | set | forget | rotate | revoke`: the local store, and what changes it together with the
//! registry.
//!
//! Must not: print a secret but for `show --reveal`; `mask`, which does too, has a file of its own.

use inject::credentials::{ClientId, ClientSecret, Key, Store, Stored};
use inject::registry::{Application, Ledger, Registry};
use serde_json::json;

use crate::args::CredentialAction;
use crate::exit::{Code, Failure};
use crate::render::Output;
use crate::settings::Settings;
use crate::settings::source::Source;

/// Runs it.
pub fn run(settings: &Settings, action: &CredentialAction, out: Output) -> Result<Code, Failure> {
    match action {
        CredentialAction::List => list(settings, out),
        CredentialAction::Show { app, reveal } => show(settings, app.as_deref(), *reveal, out),
        CredentialAction::Set { app, client_id, secret, replace } => {
            set(settings, app.as_deref(), client_id, secret.as_deref(), *replace, out)
        }
        CredentialAction::Mask { ci } => super::mask::run(settings, *ci, out),
        CredentialAction::Forget { app } => forget(settings, app.as_deref(), out),
        CredentialAction::Export { file, pass } => super::backup::export(settings, file, pass, out),
        CredentialAction::Import { file, pass, replace } => super::backup::import(settings, file, pass, *replace, out),
        CredentialAction::Key { to } => super::key::run(settings, to.as_deref(), out),
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
    out.json(&json!({
        "schema": 1,
        "credentials": all.iter().map(|stored| json!({
            "application": stored.key.application,
            "environment": stored.key.environment.as_str(),
            "registry": stored.key.registry.0,
            "client_id": stored.id.as_str(),
            "secret_fingerprint": fingerprint(stored),
            "registered": stored.registered,
        })).collect::<Vec<_>>(),
    }));
    if let Some(store) = &store {
        super::register::tell_open(&store.intents()?, out);
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

/// Which credential, and what is said of it.
fn about(key: &Key, more: &serde_json::Value) -> serde_json::Value {
    let mut json = json!({
        "schema": 1,
        "application": key.application,
        "environment": key.environment.as_str(),
        "registry": key.registry.0,
    });
    if let (Some(json), Some(more)) = (json.as_object_mut(), more.as_object()) {
        json.extend(more.clone());
    }
    json
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
    super::register::tell_open(store.intent(&key)?.as_slice(), out);
    let fingerprint = stored.secret.as_ref().map(|secret| store.fingerprint(secret).as_str().to_owned());
    let shown = stored.secret.as_ref().filter(|_| reveal).map(ClientSecret::expose);
    out.json(&about(
        &key,
        &json!({
            "client_id": stored.id.as_str(),
            "client_secret": shown,
            "secret_fingerprint": fingerprint,
        }),
    ));
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
    out.json(&about(
        &key,
        &json!({
            "client_id": new.id.as_str(),
            "has_secret": new.secret.is_some(),
            "changed": changed,
        }),
    ));
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
    out.json(&about(
        &key,
        &json!({
            "changed": forgotten,
        }),
    ));
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
    out.json(&about(
        &key,
        &json!({
            "client_id": id.as_str(),
            "secret_fingerprint": fingerprint.as_str(),
            "changed": true,
        }),
    ));
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
    out.json(&about(
        &key,
        &json!({
            "client_id": id.as_str(),
            "changed": was,
        }),
    ));
    Ok(Code::Done)
}
