//! An OAuth 2.0 authorization server that registers clients itself: RFC 7591 to register, RFC 7592 to manage.
//!
//! Such a server picks the Client Id, makes a second client when it is asked twice, and has no way to find one without its
//! registration token; many show a secret once (capability class C). So everything it says is in the ledger before it is
//! used, and a registration whose answer was lost is reported, not repeated: only a person can see on the server whether
//! it came through.
//!
//! Must not: send the initial access token anywhere but to the registration endpoint, or a registration token anywhere but
//! to its own address on that server.

pub mod answer;
pub mod discovery;

use std::time::Duration;

use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::answer::is_markup;
use super::patience::{self, Repeat};
use super::{
    Application, Capability, Proposal, Registered, Registry, RegistryError, RegistryIdentity, Standing, Wanted,
};
use crate::credential::ledger::{Held, Ledger, Management, Pending};
use crate::credential::{ClientId, ClientSecret};
use crate::host::clock;
use crate::host::http::{Ask, Body, Client, HttpError, Proof, Reply, check, origin};
use crate::host::interrupt;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of an answer: metadata of a client or a server has some thousand.
const LIMIT: u64 = 1024 * 1024;

/// What is known of a server.
#[derive(Clone)]
pub struct Config {
    /// The issuer: where `/.well-known` is looked for.
    pub issuer: String,
    /// The registration endpoint, where the server does not say it itself.
    pub endpoint: Option<String>,
    /// The initial access token.
    pub token: Option<Zeroizing<String>>,
    /// PEM of certificates to trust instead of the built-in ones.
    pub roots: Option<Vec<u8>>,
    /// Client metadata beside what is sent by itself (RFC 7591, section 2).
    pub metadata: Map<String, Value>,
    /// How long one answer may take, where not as long as usual.
    pub patience: Option<Duration>,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { issuer, endpoint, token: _, roots: _, metadata, patience } = self;
        let mut shown = f.debug_struct("Config");
        shown.field("issuer", issuer).field("endpoint", endpoint).field("metadata", metadata);
        shown.field("patience", patience).finish_non_exhaustive()
    }
}

/// An authorization server.
pub struct Oauth {
    identity: RegistryIdentity,
    config: Config,
    client: Client,
    endpoint: Option<String>,
}

impl std::fmt::Debug for Oauth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Oauth").field("identity", &self.identity).finish_non_exhaustive()
    }
}

impl Oauth {
    /// The server of `config`. Nothing is asked yet.
    pub fn new(config: Config) -> Result<Self, RegistryError> {
        let identity = Self::identity_of(&config.issuer);
        let failed =
            |error: HttpError| RegistryError::Failed { registry: identity.clone(), problem: error.to_string() };
        for url in std::iter::once(&config.issuer).chain(&config.endpoint) {
            check(url).map_err(failed)?;
        }
        let patience = config.patience.unwrap_or(PATIENCE);
        let client = Client::new(config.roots.as_deref(), patience, LIMIT).map_err(failed)?;
        Ok(Self { identity, endpoint: config.endpoint.clone(), config, client })
    }

    /// Which registry an issuer stands for.
    pub fn identity_of(issuer: &str) -> RegistryIdentity {
        RegistryIdentity(format!("oauth:{}", issuer.trim_end_matches('/')))
    }

    fn failed(&self, problem: impl Into<String>) -> RegistryError {
        RegistryError::Failed { registry: self.identity.clone(), problem: problem.into() }
    }

    fn unsupported(&self, what: &'static str, why: &'static str) -> RegistryError {
        RegistryError::Unsupported { registry: self.identity.clone(), what, why }
    }

    /// The registration endpoint: given, or as the server says.
    fn endpoint(&mut self) -> Result<String, RegistryError> {
        if let Some(endpoint) = &self.endpoint {
            return Ok(endpoint.clone());
        }
        let server = discovery::discover(&self.client, &self.config.issuer).map_err(|problem| self.failed(problem))?;
        let endpoint = server.registration_endpoint.ok_or_else(|| {
            self.failed(
                "the server names no registration_endpoint: dynamic registration is switched off there, or it is not \
                 said; give its address as endpoint",
            )
        })?;
        check(&endpoint).map_err(|error| self.failed(error.to_string()))?;
        self.endpoint = Some(endpoint.clone());
        Ok(endpoint)
    }

    /// The metadata that is asked for (RFC 7591, section 2).
    fn metadata(&self, wanted: &Wanted<'_>) -> Map<String, Value> {
        let own = if wanted.wants_secret {
            json!({
                "token_endpoint_auth_method": "client_secret_basic",
                "grant_types": ["client_credentials"],
                "response_types": [],
                "redirect_uris": [],
            })
        } else {
            json!({
                "token_endpoint_auth_method": "none",
                "grant_types": ["authorization_code"],
                "response_types": ["code"],
            })
        };
        let mut metadata = Map::new();
        metadata.insert("client_name".to_owned(), wanted.application.name.clone().into());
        metadata.insert("software_id".to_owned(), wanted.application.id.clone().into());
        metadata.insert("software_version".to_owned(), wanted.environment.as_str().into());
        metadata.extend(own.as_object().cloned().unwrap_or_default());
        metadata.extend(self.config.metadata.clone());
        metadata
    }

    /// Registers, announced before and kept after.
    fn create(&mut self, wanted: &Wanted<'_>, ledger: &mut dyn Ledger) -> Result<Held, RegistryError> {
        let endpoint = self.endpoint()?;
        let body = Zeroizing::new(Value::Object(self.metadata(wanted)).to_string());
        let pending = Pending {
            application: wanted.application.id.clone(),
            environment: wanted.environment.as_str().to_owned(),
            name: wanted.application.name.clone(),
            endpoint: endpoint.clone(),
            started: clock::unix_seconds(),
        };
        // Nobody who ends the run now has a registration without its answer.
        let _section = interrupt::section();
        ledger.announce(&pending)?;
        let proof = self.config.token.as_deref().map_or(Proof::None, |token| Proof::Bearer(token));
        let ask = Ask { method: "POST", url: &endpoint, proof, body: Body::Json(body.as_bytes()), headers: &[] };
        let lost = |why: String| {
            let registry = self.identity.clone();
            Err(RegistryError::PossibleOrphan { registry, why: Some(why), pending: Box::new(pending.clone()) })
        };
        let reply = match patience::ask(&self.client, ask, Repeat::IfUndone) {
            Ok(reply) => reply,
            Err(error @ HttpError::Connection { sent: true, .. }) => return lost(error.to_string()),
            Err(error) => {
                ledger.settle()?;
                return Err(self.failed(error.to_string()));
            }
        };
        let place = format!("POST {endpoint}: status {}", reply.status);
        match reply.status {
            // Older servers say 200.
            200 | 201 if !is_markup(&reply.body) => match answer::parse(&reply.body, None) {
                Ok(held) => {
                    ledger.keep(&held)?;
                    Ok(held)
                }
                Err(problem) => lost(format!("{place}: the answer is {problem}")),
            },
            500 | 502 | 504.. => lost(format!("{place}: {}", self.meaning(&reply))),
            _ => {
                ledger.settle()?;
                Err(self.failed(format!("{place}: {}", self.meaning(&reply))))
            }
        }
    }

    /// Asks about a registration that is known. What is answered is kept before it is looked at: it may be a new token.
    fn manage(
        &mut self,
        method: &'static str,
        held: &Held,
        body: Option<&Map<String, Value>>,
        ledger: &mut dyn Ledger,
    ) -> Result<Held, RegistryError> {
        let management = self.management(held)?;
        let body = body.map(|body| Zeroizing::new(Value::Object(body.clone()).to_string()));
        let content = body.as_ref().map_or(Body::Empty, |body| Body::Json(body.as_bytes()));
        let proof = Proof::Bearer(&management.token);
        let ask = Ask { method, url: &management.address, proof, body: content, headers: &[] };
        let place = format!("{method} {}", management.address);
        let reply =
            patience::ask(&self.client, ask, Repeat::IfUndone).map_err(|error| self.failed(error.to_string()))?;
        if !(200..=201).contains(&reply.status) || is_markup(&reply.body) {
            let status = reply.status;
            return Err(self.failed(format!("{place}: status {status}: {}", self.managing(&reply))));
        }
        self.answered(&place, held, &reply.body, ledger)
    }

    /// What is answered about a registration, kept.
    fn answered(&self, place: &str, held: &Held, body: &[u8], ledger: &mut dyn Ledger) -> Result<Held, RegistryError> {
        let answered = answer::parse(body, Some(held))
            .map_err(|problem| self.failed(format!("{place}: the answer is {problem}")))?;
        if answered.id != held.id {
            return Err(self.failed(format!("{place}: asked for {}, it answered for {}", held.id, answered.id)));
        }
        ledger.keep(&answered)?;
        Ok(answered)
    }

    /// Where a registration is managed; never on another server than the one that registers.
    fn management(&mut self, held: &Held) -> Result<Management, RegistryError> {
        let why = "it gave no registration_access_token; the store holds all there is to know";
        let management =
            held.management.clone().ok_or_else(|| self.unsupported("be asked about a registration", why))?;
        let endpoint = self.endpoint()?;
        check(&management.address).map_err(|error| self.failed(error.to_string()))?;
        if origin(&management.address).is_none() || origin(&management.address) != origin(&endpoint) {
            return Err(self.failed(format!(
                "its registration_client_uri {} is not on the server of {endpoint}; the token was not sent there",
                management.address
            )));
        }
        Ok(management)
    }

    /// What a registration already known gives, asked only where there is something to ask.
    fn known(&mut self, wanted: &Wanted<'_>, held: Held, ledger: &mut dyn Ledger) -> Result<Held, RegistryError> {
        if wanted.wants_secret && held.secret.is_none() {
            // Registered as a public client until now. An update carries the whole metadata (RFC 7592, section 2.2).
            let mut body = self.metadata(wanted);
            body.insert("client_id".to_owned(), held.id.as_str().into());
            return self.manage("PUT", &held, Some(&body), ledger);
        }
        if wanted.refresh {
            return self.manage("GET", &held, None, ledger);
        }
        Ok(held)
    }

    /// What a refusal of the registration endpoint means.
    fn meaning(&self, reply: &Reply) -> String {
        let said = answer::error(&reply.body, self.config.token.as_deref().map(String::as_str));
        let what = match (reply.status, said.as_ref().map(|said| said.code.as_str())) {
            (_, Some("invalid_redirect_uri")) => {
                "the server wants redirect_uris; write them in the environment's table metadata"
            }
            (_, Some("invalid_client_metadata")) => "the server does not accept the metadata of the client",
            (_, Some("invalid_software_statement" | "unapproved_software_statement")) => {
                "the server does not accept the software_statement"
            }
            (300..=399, _) => "a redirection, which is not followed; give the final address",
            (401, _) => "the initial access token is missing, spent or not accepted",
            (403, _) => "the initial access token may not register clients",
            (404 | 405, _) => "nothing registers clients there; is it the registration endpoint?",
            (429 | 503, _) => "the server is busy; try again later",
            (500..=599, _) => "a fault of the server; its log tells more",
            (200..=299, _) => "a page for people, not an answer of RFC 7591",
            _ => "the server refused",
        };
        said.map_or_else(|| what.to_owned(), |said| format!("{what} ({said})"))
    }

    /// What a refusal of a registration's own address means.
    fn managing(&self, reply: &Reply) -> String {
        match reply.status {
            401 => {
                "the server does not know this client any more, or does not accept its registration token".to_owned()
            }
            403 | 405 => "the server does not let its clients be managed so".to_owned(),
            _ => self.meaning(reply),
        }
    }
}

impl Registry for Oauth {
    fn identity(&self) -> &RegistryIdentity {
        &self.identity
    }

    /// The least that such a server may do: some echo the secret to the registration token, many do not.
    fn capability(&self) -> Capability {
        Capability::ShownOnce
    }

    /// There is no way to ask: only the ledger knows.
    fn find(&mut self, _: &Application, _: Option<&ClientId>) -> Result<Option<Registered>, RegistryError> {
        Ok(None)
    }

    fn register(&mut self, wanted: &Wanted<'_>, ledger: &mut dyn Ledger) -> Result<Registered, RegistryError> {
        let (held, existed) = match ledger.held()?.filter(|_| !wanted.again) {
            Some(held) => (self.known(wanted, held, ledger)?, true),
            None => {
                if let Proposal::Known(_) = wanted.proposal
                    && !wanted.again
                {
                    let why = "it can be asked with a registration token alone, and the store has none for it";
                    return Err(self.unsupported("be asked about this Client Id", why));
                }
                if let Some(pending) = ledger.pending()?.filter(|_| !wanted.again) {
                    let (registry, pending) = (self.identity.clone(), Box::new(pending));
                    return Err(RegistryError::PossibleOrphan { registry, why: None, pending });
                }
                (self.create(wanted, ledger)?, false)
            }
        };
        if wanted.wants_secret && held.secret.is_none() {
            return Err(self.failed(format!(
                "it registered {} without a secret, as a public client; write secret = \"omit\" for the environment, or \
                 token_endpoint_auth_method in its table metadata",
                held.id
            )));
        }
        let Held { id, secret, expires, .. } = held;
        let secret = secret.filter(|_| wanted.wants_secret);
        Ok(Registered { id, secret, existed, expires, application: None })
    }

    /// By the management of the registration (RFC 7592, section 2.1). Who does not know it, or its token any more, has not got it.
    fn standing(&mut self, _: &Application, id: &ClientId, ledger: &mut dyn Ledger) -> Result<Standing, RegistryError> {
        let Some(held) = ledger.held()?.filter(|held| held.id == *id) else { return Ok(Standing::Gone) };
        let management = self.management(&held)?;
        let proof = Proof::Bearer(&management.token);
        let ask = Ask { method: "GET", url: &management.address, proof, body: Body::Empty, headers: &[] };
        let reply =
            patience::ask(&self.client, ask, Repeat::IfUndone).map_err(|error| self.failed(error.to_string()))?;
        match reply.status {
            200..=201 if !is_markup(&reply.body) => {
                let place = format!("GET {}", management.address);
                let Held { id, secret, expires, .. } = self.answered(&place, &held, &reply.body, ledger)?;
                Ok(Standing::Registered(Registered { id, secret, existed: true, expires, application: None }))
            }
            401 | 404 | 410 => {
                ledger.drop_held()?;
                Ok(Standing::Gone)
            }
            status => {
                let why = self.managing(&reply);
                Ok(Standing::Unknown(format!("GET {}: status {status}: {why}", management.address)))
            }
        }
    }

    fn replace_secret(&mut self, _: &Application, _: &ClientId, _: &ClientSecret) -> Result<Registered, RegistryError> {
        let why = "RFC 7592 has no rotation; credential revoke and then register give a new Client Id and secret";
        Err(self.unsupported("replace a secret", why))
    }

    fn revoke(&mut self, _: &Application, id: &ClientId, ledger: &mut dyn Ledger) -> Result<bool, RegistryError> {
        let Some(held) = ledger.held()?.filter(|held| held.id == *id) else { return Ok(false) };
        let management = self.management(&held)?;
        let ask = Ask {
            method: "DELETE",
            url: &management.address,
            proof: Proof::Bearer(&management.token),
            body: Body::Empty,
            headers: &[],
        };
        let reply =
            patience::ask(&self.client, ask, Repeat::IfUndone).map_err(|error| self.failed(error.to_string()))?;
        match reply.status {
            200..=299 => {
                ledger.drop_held()?;
                Ok(true)
            }
            status => {
                let why = self.managing(&reply);
                Err(self.failed(format!("DELETE {}: status {status}: {why}", management.address)))
            }
        }
    }
}
