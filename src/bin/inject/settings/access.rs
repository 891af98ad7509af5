//! An environment of `inject.toml`, as the library asks it for credentials.
//!
//! Must not: register anything.

use inject::credentials::{ClientId, ClientSecret, Credential, Registration};
use inject::embed::{Environment, Given, Source, SourceError};
use inject::registry::{Capability, Registry, RegistryIdentity};
use zeroize::Zeroizing;

use super::config::Fixed;
use super::{Chosen, Settings};
use crate::exit::{Code, Failure};
use crate::variables::{self, variable};

/// Where the credentials of a chosen environment come from.
pub struct Access<'a> {
    settings: &'a Settings,
    chosen: &'a Chosen,
}

impl<'a> Access<'a> {
    /// As the configuration says it.
    pub fn new(settings: &'a Settings, chosen: &'a Chosen) -> Self {
        Self { settings, chosen }
    }

    /// The environment.
    pub fn environment(&'a self, registration: Registration) -> Environment<'a> {
        let Chosen { name, env, .. } = self.chosen;
        let mut environment = Environment::new(name.clone(), self);
        environment.needs = self.chosen.needs();
        environment.registration = registration;
        environment.release = env.release;
        environment.signer.clone_from(&env.signer);
        environment.values.clone_from(&env.values);
        environment
    }
}

impl Source for Access<'_> {
    fn identity(&self) -> Result<RegistryIdentity, SourceError> {
        Ok(self.settings.registry_identity(self.chosen)?)
    }

    fn registry(&self) -> Result<Box<dyn Registry>, SourceError> {
        Ok(self.settings.registry(self.chosen)?)
    }

    fn is_remote(&self) -> bool {
        self.chosen.env.registry.is_remote()
    }

    fn capability(&self) -> Result<Option<Capability>, SourceError> {
        Ok(self.chosen.env.registry.kind().classes.last().copied())
    }

    fn has_registry(&self) -> bool {
        self.chosen.env.registry.fixed().is_none()
    }

    fn is_given(&self) -> bool {
        self.chosen.env.registry.fixed().is_some() || variable(variables::CLIENT_ID).is_some()
    }

    fn given(&self) -> Result<Option<Given>, SourceError> {
        Ok(given(self.chosen)?)
    }
}

/// A credential that is given from outside, exactly so: by `INJECT_CLIENT_ID` and `INJECT_CLIENT_SECRET`, or by the
/// references of an environment with `registry = "fixed"`.
pub fn given(chosen: &Chosen) -> Result<Option<Given>, Failure> {
    if let Some(credential) = from_variables(chosen)? {
        return Ok(Some(Given::Known(credential, variables::CLIENT_ID.to_owned())));
    }
    let Some(Fixed { id, secret }) = chosen.env.registry.fixed() else { return Ok(None) };
    let of = |key: &str| chosen.key(key);
    let id = match id.read(&of("client-id")) {
        Err(failure) if id.is_not_run() => return Ok(Some(Given::Unread(None, failure.into()))),
        read => ClientId::parse(&read?).map_err(|e| Failure::of(Code::Usage, e).during(of("client-id")))?,
    };
    let secret = match secret {
        Some(source) if !chosen.env.omit_secret => {
            let text = match source.read(&of("client-secret")) {
                Err(failure) if source.is_not_run() => return Ok(Some(Given::Unread(Some(id), failure.into()))),
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
    Ok(Some(Given::Known(Credential { id, secret }, format!("the credential of [env.{}]", chosen.name))))
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
