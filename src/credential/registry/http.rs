//! A small JSON contract over HTTP, for a procedure that stands before an access manager: GeneXus' GAM has no registration
//! of its own to call, so its owner exposes this (`docs/registry-http.yaml` is the contract, `OpenAPI`).
//!
//! * `GET URL/applications/CLIENT_ID`, `GET URL/applications?application=ID`: 200 with the application (see `answer`), or
//!   404.
//! * `POST URL/applications` with `client_id`, `application`, `name`, `proposal` (`known` or `fresh`), `wants_secret`, and
//!   `client_secret` where the caller has one: 201 where it was made, 200 where it was there. Asked twice it answers the
//!   same, so a lost answer is asked for again.
//!
//! Must not: send the token or a secret anywhere but below that URL.

use std::time::Duration;

use serde_json::json;
use zeroize::Zeroizing;

use super::{Application, Capability, Proposal, Registered, Registry, RegistryError, RegistryIdentity, answer};
use crate::credential::{ClientId, ClientSecret};
use crate::host::http::{Ask, Client, HttpError, Reply};

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of an answer: one application has some hundred.
const LIMIT: u64 = 1024 * 1024;
/// How often a question is asked where the server is busy or an answer was lost.
const TRIES: u32 = 4;
/// The longest pause a server may ask for.
const LONGEST_PAUSE: u64 = 20;

/// An access manager behind the contract.
#[derive(Debug)]
pub struct Http {
    identity: RegistryIdentity,
    url: String,
    client: Client,
}

impl Http {
    /// The contract at `url`. `roots`: PEM of certificates to trust instead of the built-in ones.
    pub fn new(url: &str, token: Option<Zeroizing<String>>, roots: Option<&[u8]>) -> Result<Self, RegistryError> {
        let identity = Self::identity_of(url);
        let url = url.trim_end_matches('/').to_owned();
        let failed =
            |error: HttpError| RegistryError::Failed { registry: identity.clone(), problem: error.to_string() };
        crate::host::http::check(&url).map_err(failed)?;
        let client = Client::new(token, roots, PATIENCE, LIMIT).map_err(failed)?;
        Ok(Self { identity, url, client })
    }

    /// Which registry an address stands for.
    pub fn identity_of(url: &str) -> RegistryIdentity {
        RegistryIdentity(format!("http:{}", url.trim_end_matches('/')))
    }

    fn failed(&self, problem: String) -> RegistryError {
        RegistryError::Failed { registry: self.identity.clone(), problem }
    }

    /// Asks until there is an answer. Every question of the contract may be asked again.
    fn ask(&self, ask: Ask<'_>) -> Result<Reply, RegistryError> {
        let mut pause = 1;
        for _ in 1..TRIES {
            let wait = match self.client.ask(ask) {
                Ok(Reply { status: 429 | 502 | 503 | 504, retry_after, .. }) => retry_after.unwrap_or(pause),
                // An answer that was lost on the way.
                Err(HttpError::Connection { .. }) => pause,
                answered => return answered.map_err(|error| self.failed(error.to_string())),
            };
            std::thread::sleep(Duration::from_secs(wait.min(LONGEST_PAUSE)));
            pause *= 2;
        }
        self.client.ask(ask).map_err(|error| self.failed(error.to_string()))
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
        let ask = Ask { method: "GET", url: &url, body: None };
        let reply = self.ask(ask)?;
        self.read(ask, &reply)
    }

    fn register(
        &mut self,
        application: &Application,
        id: &Proposal,
        secret: Option<&ClientSecret>,
        wants_secret: bool,
    ) -> Result<Registered, RegistryError> {
        let (word, proposed) = id.parts();
        let mut body = json!({
            "client_id": proposed.as_str(),
            "application": application.id,
            "name": application.name,
            "proposal": word,
            "wants_secret": wants_secret,
        });
        if let (Some(secret), Some(body)) = (secret, body.as_object_mut()) {
            body.insert("client_secret".to_owned(), secret.expose().into());
        }
        let body = Zeroizing::new(body.to_string());
        let url = format!("{}/applications", self.url);
        let ask = Ask { method: "POST", url: &url, body: Some(body.as_bytes()) };
        let reply = self.ask(ask)?;
        let registered = self.read(ask, &reply)?;
        let registered = registered.ok_or_else(|| self.failed(format!("POST {url}: the answer holds no client_id")))?;
        if let Proposal::Known(known) = id
            && registered.id != *known
        {
            let problem = format!("POST {url}: asked for {known}, it answered for {}", registered.id);
            return Err(self.failed(problem));
        }
        Ok(registered)
    }
}

/// Percent-encoding of everything that is not unreserved (RFC 3986, section 2.3).
fn encoded(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
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
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
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
