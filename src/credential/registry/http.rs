//! A small JSON contract over HTTP, for a procedure that stands before an access manager: GeneXus' GAM has no registration
//! of its own to call, so its owner exposes this (`docs/registry-http.yaml` is the contract, `OpenAPI`).
//!
//! * `GET URL/applications/CLIENT_ID`, `GET URL/applications?application=ID`: 200 with the application (see `answer`), or
//!   404.
//! * `POST URL/applications` with `client_id`, `application`, `name`, `proposal` (`known` or `fresh`), `wants_secret`, and
//!   `client_secret` where the caller has one: 201 where it was made, 200 where it was there. Asked twice it answers the
//!   same, so a lost answer is asked for again.
//! * `PUT URL/applications/CLIENT_ID/secret` with `client_secret`: the secret is replaced, on purpose; 200, or 404.
//! * `DELETE URL/applications/CLIENT_ID`: revoked; 204, or 404.
//!
//! Must not: send the token or a secret anywhere but below that URL.

use std::time::Duration;

use serde_json::json;
use zeroize::Zeroizing;

use super::patience::{self, Repeat};
use super::{Application, Capability, Registered, Registry, RegistryError, RegistryIdentity, Wanted, answer};
use crate::credential::ledger::Ledger;
use crate::credential::{ClientId, ClientSecret};
use crate::format::text::unmarked;
use crate::host::http::{Ask, Body, Client, HttpError, Proof, Reply, encoded};

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of an answer: one application has some hundred.
const LIMIT: u64 = 1024 * 1024;
/// An access manager behind the contract.
pub struct Http {
    identity: RegistryIdentity,
    url: String,
    token: Option<Zeroizing<String>>,
    client: Client,
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http").field("identity", &self.identity).finish_non_exhaustive()
    }
}

impl Http {
    /// The contract at `url`. `roots`: PEM of certificates to trust instead of the built-in ones.
    pub fn new(url: &str, token: Option<Zeroizing<String>>, roots: Option<&[u8]>) -> Result<Self, RegistryError> {
        let identity = Self::identity_of(url);
        let url = url.trim_end_matches('/').to_owned();
        let failed =
            |error: HttpError| RegistryError::Failed { registry: identity.clone(), problem: error.to_string() };
        crate::host::http::check(&url).map_err(failed)?;
        let client = Client::new(roots, PATIENCE, LIMIT).map_err(failed)?;
        Ok(Self { identity, url, token, client })
    }

    /// Which registry an address stands for.
    pub fn identity_of(url: &str) -> RegistryIdentity {
        RegistryIdentity(format!("http:{}", url.trim_end_matches('/')))
    }

    fn failed(&self, problem: String) -> RegistryError {
        RegistryError::Failed { registry: self.identity.clone(), problem }
    }

    fn proof(&self) -> Proof<'_> {
        self.token.as_deref().map_or(Proof::None, |token| Proof::Bearer(token))
    }

    /// Asks until there is an answer. Every question of the contract may be asked again.
    fn ask(&self, ask: Ask<'_>) -> Result<Reply, RegistryError> {
        patience::ask(&self.client, ask, Repeat::Freely).map_err(|error| self.failed(error.to_string()))
    }

    /// What a reply holds; an error where it is none of the contract's.
    fn read(&self, ask: Ask<'_>, reply: &Reply) -> Result<Option<Registered>, RegistryError> {
        match reply.status {
            200 | 201 => answer::parse(&reply.body, reply.status == 200)
                .map_err(|problem| self.failed(format!("{} {}: the answer is {problem}", ask.method, ask.url))),
            404 if ask.method == "GET" => Ok(None),
            status => {
                let why = gam_error(&reply.body).unwrap_or_else(|| meaning(status).to_owned());
                Err(self.failed(format!("{} {}: status {status}: {why}", ask.method, ask.url)))
            }
        }
    }
}

impl Registry for Http {
    fn identity(&self) -> &RegistryIdentity {
        &self.identity
    }

    fn capability(&self) -> Capability {
        Capability::GetOrCreate
    }

    fn find(&mut self, application: &Application, id: Option<&ClientId>) -> Result<Option<Registered>, RegistryError> {
        let url = match id {
            Some(id) => format!("{}/applications/{}", self.url, encoded(id.as_str())),
            None => format!("{}/applications?application={}", self.url, encoded(&application.id)),
        };
        let ask = Ask { method: "GET", url: &url, proof: self.proof(), body: Body::Empty, headers: &[] };
        let reply = self.ask(ask)?;
        self.read(ask, &reply)
    }

    fn register(&mut self, wanted: &Wanted<'_>, _: &mut dyn Ledger) -> Result<Registered, RegistryError> {
        let (word, proposed) = wanted.proposal.parts();
        let mut body = json!({
            "client_id": proposed.as_str(),
            "application": wanted.application.id,
            "name": wanted.application.name,
            "proposal": word,
            "wants_secret": wanted.wants_secret,
        });
        if let (Some(secret), Some(body)) = (wanted.secret, body.as_object_mut()) {
            body.insert("client_secret".to_owned(), secret.expose().into());
        }
        let body = Zeroizing::new(body.to_string());
        let url = format!("{}/applications", self.url);
        let ask =
            Ask { method: "POST", url: &url, proof: self.proof(), body: Body::Json(body.as_bytes()), headers: &[] };
        let reply = self.ask(ask)?;
        let registered = self.read(ask, &reply)?;
        registered.ok_or_else(|| self.failed(format!("POST {url}: the answer holds no client_id")))
    }

    fn replace_secret(
        &mut self,
        _: &Application,
        id: &ClientId,
        secret: &ClientSecret,
    ) -> Result<Registered, RegistryError> {
        let body = Zeroizing::new(json!({ "client_secret": secret.expose() }).to_string());
        let url = format!("{}/applications/{}/secret", self.url, encoded(id.as_str()));
        let ask =
            Ask { method: "PUT", url: &url, proof: self.proof(), body: Body::Json(body.as_bytes()), headers: &[] };
        let reply = self.ask(ask)?;
        if reply.status == 404 {
            return Err(RegistryError::Unknown { registry: self.identity.clone(), id: id.clone() });
        }
        match self.read(ask, &reply)? {
            Some(registered) if registered.id == *id && registered.secret.as_ref() == Some(secret) => Ok(registered),
            _ => Err(self.failed(format!("PUT {url}: the answer does not hold the secret that was sent"))),
        }
    }

    fn revoke(&mut self, _: &Application, id: &ClientId, _: &mut dyn Ledger) -> Result<bool, RegistryError> {
        let url = format!("{}/applications/{}", self.url, encoded(id.as_str()));
        let ask = Ask { method: "DELETE", url: &url, proof: self.proof(), body: Body::Empty, headers: &[] };
        let reply = self.ask(ask)?;
        match reply.status {
            200 | 204 => Ok(true),
            404 => Ok(false),
            _ => self.read(ask, &reply).map(|_| false),
        }
    }
}

fn meaning(status: u16) -> &'static str {
    match status {
        300..=399 => "a redirection, which is not followed; give the final address",
        401 => "the token is missing or not accepted",
        403 => "the token may not do this",
        404 | 405 => "nothing answers there; is the address the one of the registration procedure?",
        429 | 503 => "the server is busy; try again later",
        500..=599 => "a fault of the server; its log tells more",
        _ => "not an answer of the contract",
    }
}

/// GAM's error in an answer, `{"error":{"code":"236",...}}`, and what it means. Its message is not repeated.
fn gam_error(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(unmarked(body)).ok()?;
    let code = body.get("error")?.get("code")?;
    let code = code.as_str().map_or_else(|| code.to_string(), str::to_owned);
    let meaning = match code.as_str() {
        "236" => "GAM does not know this Client Id in its repository",
        "116" => "GAM has another secret for this Client Id",
        "111" => "the application is revoked in GAM",
        "100" => "OAuth is switched off for the application in GAM",
        "2" | "30" => "GAM works on another repository; check the connection of the procedure",
        "138" => "GAM has an application of this name under another Client Id",
        "169" => "GAM allows no anonymous user for the application",
        "174" => "GAM does not know the application's GUID",
        "103" => "GAM does not accept the session of the procedure",
        "8" | "11" | "18" => "GAM does not accept the user of the procedure",
        code if code.len() <= 8 && code.bytes().all(|byte| byte.is_ascii_digit()) => {
            return Some(format!("GAM's error {code}; see GAM's list of error codes"));
        }
        _ => return None,
    };
    Some(format!("{meaning} (GAM's error {code})"))
}
