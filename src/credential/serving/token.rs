//! Recognising an application by Client Id and secret, and access tokens that say who was recognised.
//!
//! Must not: compare a secret in a time that depends on it, or keep an access token in the clear.

use std::collections::HashMap;

use serde_json::json;
use zeroize::Zeroizing;

use super::form::{basic, member, parse};
use super::{Service, gam_problem, held, json_reply, problem};
use crate::credential::registry::RegistryError;
use crate::credential::secret::keyed;
use crate::credential::{ClientId, ClientSecret};
use crate::host::clock;
use crate::host::random::{OsRandom, Randomness};
use crate::host::server::{Reply, Request};

/// How long an access token lives, in seconds.
const LIFE: u64 = 3600;
/// Access tokens that are remembered; beyond, the oldest go.
const TOKENS: usize = 10_000;

/// How errors look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `GAM`'s objects with codes.
    Gam,
    /// RFC 6749, section 5.2: one refusal for all, so that nobody learns which ids there are.
    Rfc6749,
}

/// Why an application is not recognised.
enum Refused {
    Unknown,
    Revoked,
    Secret,
    Fault(RegistryError),
}

/// Access tokens by their digest.
#[derive(Debug, Default)]
pub(super) struct AccessTokens {
    by_digest: HashMap<[u8; 32], (ClientId, u64)>,
}

impl AccessTokens {
    fn add(&mut self, digest: [u8; 32], id: ClientId, now: u64) {
        if self.by_digest.len() >= TOKENS {
            self.by_digest.retain(|_, (_, ends)| *ends > now);
        }
        while self.by_digest.len() >= TOKENS {
            let oldest = self.by_digest.iter().min_by_key(|(_, (_, ends))| *ends).map(|(digest, _)| *digest);
            let Some(oldest) = oldest else { break };
            self.by_digest.remove(&oldest);
        }
        self.by_digest.insert(digest, (id, now + LIFE));
    }

    /// How many are valid.
    pub(super) fn live(&self, now: u64) -> usize {
        self.by_digest.values().filter(|(_, ends)| *ends > now).count()
    }
}

impl Service {
    /// An access token for an application that is recognised.
    pub(super) fn access_token(&self, request: &Request, dialect: Dialect) -> Reply {
        let form = parse(&request.body);
        let Some(grant) = member(&form, "grant_type") else {
            return problem(400, "invalid_request", "grant_type is missing");
        };
        let id = match self.recognise(request, &form) {
            Ok(Some(id)) => id,
            Ok(None) => return problem(400, "invalid_request", "client_id is missing"),
            Err(refused) => return self.refusal(request, &refused, dialect),
        };
        match (grant, dialect) {
            ("client_credentials", _) => self.grant(id),
            // The application is good; there are no users here. GAM says so in this order.
            ("password", Dialect::Gam) => gam_problem(401, "11", "no user is known here: this is no server for logins"),
            ("device", Dialect::Gam) => gam_problem(401, "169", "no anonymous user is known here"),
            _ => problem(400, "unsupported_grant_type", "client_credentials is expected"),
        }
    }

    fn grant(&self, id: ClientId) -> Reply {
        let mut bytes = Zeroizing::new([0; 32]);
        if OsRandom.fill(bytes.as_mut()).is_err() {
            return problem(500, "server_error", "no randomness from the operating system");
        }
        let token: Zeroizing<String> = Zeroizing::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect());
        held(&self.access).add(keyed(&self.key, token.as_bytes()), id, clock::unix_seconds());
        json_reply(
            200,
            &json!({ "access_token": token.as_str(), "token_type": "Bearer", "expires_in": LIFE, "scope": "" }),
        )
    }

    /// The application that a request names, if it is who it says. `None`: it names none.
    fn recognise(&self, request: &Request, form: &[(String, Zeroizing<String>)]) -> Result<Option<ClientId>, Refused> {
        let header = request.authorization.as_ref().and_then(|header| basic(header));
        let (id, secret) = match &header {
            Some((id, secret)) => (Some(id.as_str()), Some(secret.as_str())),
            None => (member(form, "client_id"), member(form, "client_secret")),
        };
        let Some(id) = id.filter(|id| !id.is_empty()) else { return Ok(None) };
        let secret = secret.filter(|secret| !secret.is_empty());
        let Ok(id) = ClientId::parse(id) else { return Err(Refused::Unknown) };
        let entry = self.directory().entry(&id).map_err(Refused::Fault)?;
        // Digests are compared, the same way whether there is an entry or not.
        let digest = |text: &str| keyed(&self.key, text.as_bytes());
        let right = entry.as_ref().and_then(|entry| entry.secret.as_ref()).map(ClientSecret::expose);
        let equal = digest(right.unwrap_or_default()) == digest(secret.unwrap_or_default());
        let Some(entry) = &entry else { return Err(Refused::Unknown) };
        if entry.revoked.is_some() {
            return Err(Refused::Revoked);
        }
        match (right, secret) {
            (_, None) if self.config.public => Ok(Some(id)),
            (Some(_), Some(_)) if equal => Ok(Some(id)),
            _ => Err(Refused::Secret),
        }
    }

    fn refusal(&self, request: &Request, refused: &Refused, dialect: Dialect) -> Reply {
        let (code, message) = match refused {
            Refused::Unknown => ("236", "the application is not registered"),
            Refused::Revoked => ("111", "the application is revoked"),
            Refused::Secret => ("116", "the secret of the application is not valid"),
            Refused::Fault(error) => return self.fault(error),
        };
        self.refused(request);
        match dialect {
            Dialect::Gam => gam_problem(401, code, message),
            Dialect::Rfc6749 => {
                let mut reply = problem(401, "invalid_client", "the client is not recognised");
                reply.headers.push(("WWW-Authenticate", "Basic realm=\"inject\"".to_owned()));
                reply
            }
        }
    }

    /// RFC 7662: what an access token is, for an application or the holder of a registration token.
    pub(super) fn introspect(&self, request: &Request) -> Reply {
        let form = parse(&request.body);
        if !self.may_register(request) {
            match self.recognise(request, &form) {
                Ok(Some(_)) => {}
                Ok(None) => return problem(401, "invalid_client", "who asks must say who it is"),
                Err(refused) => return self.refusal(request, &refused, Dialect::Rfc6749),
            }
        }
        let Some(token) = member(&form, "token") else {
            return problem(400, "invalid_request", "token is missing");
        };
        let now = clock::unix_seconds();
        let known = held(&self.access).by_digest.get(&keyed(&self.key, token.as_bytes())).cloned();
        let Some((id, ends)) = known.filter(|(_, ends)| *ends > now) else {
            return json_reply(200, &json!({ "active": false }));
        };
        // What was revoked meanwhile has no token any more.
        match self.directory().entry(&id) {
            Ok(Some(entry)) if entry.revoked.is_none() => json_reply(
                200,
                &json!({
                    "active": true,
                    "client_id": id.as_str(),
                    "token_type": "Bearer",
                    "exp": ends,
                    "iat": ends.saturating_sub(LIFE),
                }),
            ),
            Ok(_) => json_reply(200, &json!({ "active": false })),
            Err(error) => self.fault(&error),
        }
    }
}
