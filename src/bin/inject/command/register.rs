//! `inject register`: obtain or reuse, without embedding.
//!
//! Must not: touch an artifact.

use inject::credential::obtain::{Obtained, Origin, Registration, Request, obtain};
use inject::credential::registry::{Application, Capability};
use inject::credential::store::Store;
use inject::credential::{ClientId, ClientSecret, Credential};
use serde_json::json;
use zeroize::Zeroizing;

use crate::exit::{Code, Failure};
use crate::render::Output;
use crate::settings::{Chosen, Settings, variable, variables};

/// Runs it.
pub fn run(
    settings: &Settings,
    app: Option<&str>,
    force: bool,
    no_register: bool,
    out: Output,
) -> Result<Code, Failure> {
    let chosen = settings.environment()?;
    let (application, _) = match app {
        Some(name) => settings.named_app(name)?,
        None => settings.only_app()?,
    };
    let obtained = obtain_or_reuse(settings, &chosen, &application, force, chosen.registration(no_register), out)?;
    let Credential { id, secret } = &obtained.credential;
    out.json(&json!({
        "schema": 1,
        "application": application.id,
        "environment": chosen.name.as_str(),
        "registry": settings.registry(&chosen).identity().0,
        "client_id": id.as_str(),
        "has_secret": secret.is_some(),
        "origin": origin_word(obtained.origin),
    }));
    out.result(id.as_str());
    Ok(Code::Done)
}

/// The one word for where a credential came from.
pub fn origin_word(origin: Origin) -> &'static str {
    match origin {
        Origin::Fixed => "fixed",
        Origin::Store => "store",
        Origin::Registry => "registry",
        Origin::Registered => "registered",
    }
}

/// The heart, with what people are told.
pub fn obtain_or_reuse(
    settings: &Settings,
    chosen: &Chosen,
    application: &Application,
    refresh: bool,
    registration: Registration,
    out: Output,
) -> Result<Obtained, Failure> {
    if let Some(credential) = fixed(chosen)? {
        out.note(&format!("using {} as given, for {} in {}", variables::CLIENT_ID, application.id, chosen.name));
        return Ok(Obtained { credential, origin: Origin::Fixed });
    }
    let mut store = Store::open(&settings.home)?;
    let mut registry = settings.registry(chosen);
    if registry.capability() != Capability::GetOrCreate {
        out.warn(&format!("{} will not show this secret again: the store becomes the only copy", registry.identity()));
    }
    let request =
        Request { key: settings.key(application, chosen), application, needs: chosen.needs(), registration, refresh };
    let obtained = obtain(&request, &mut store, registry.as_mut())?;
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
        _ => out.detail(&format!("{} has {id} in {}, from the store", application.id, chosen.name)),
    }
    Ok(obtained)
}

/// `INJECT_CLIENT_ID` and `INJECT_CLIENT_SECRET`: exactly these.
pub fn fixed(chosen: &Chosen) -> Result<Option<Credential>, Failure> {
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
