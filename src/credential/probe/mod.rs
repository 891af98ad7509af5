//! Is a credential alive? The real server is asked, as an app would ask it.
//!
//! Two kinds of servers: OAuth 2.0 (client credentials, RFC 6749 section 4.4, then introspection, RFC 7662), and `GAM`
//! (a login with a user that cannot be). A server that answers alike to the right and to the wrong says nothing: then the
//! answer is that it cannot be checked, which is neither alive nor dead.
//!
//! Must not: send a secret to `GAM` unless that is wanted, because its .NET server writes it to a log on exceptions.

pub mod answer;

use std::fmt::Write;
use std::time::Duration;

use zeroize::Zeroizing;

use super::registry::oauth::discovery::discover;
use super::{ClientSecret, Credential};
use crate::format::base64;
use crate::host::http::{Ask, Body, Client, HttpError, Proof, check, encoded};
use crate::host::random::{OsRandom, Randomness};

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of an answer.
const LIMIT: u64 = 256 * 1024;

/// Which server is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Server {
    /// An issuer, or a token endpoint where `/.well-known` says nothing.
    Oauth(String),
    /// The address of `GAM`'s access tokens.
    Gam(String),
}

impl Server {
    /// The server at an address: `GAM` where the path is one of its own.
    pub fn at(url: &str) -> Self {
        let path = url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        if path.ends_with("/oauth/access_token") || path.ends_with("/oauth/gam/v2.0/access_token") {
            Self::Gam(url.to_owned())
        } else {
            Self::Oauth(url.to_owned())
        }
    }
}

/// What came out. It repeats nothing that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probed {
    /// The server recognises it.
    Alive,
    /// The server refuses it, and why.
    Refused(String),
    /// It cannot be told, and why.
    Unknown(String),
}

/// Asks a server. `send_secret` counts for `GAM` alone. `roots`: PEM of certificates to trust instead of the built-in ones.
pub fn probe(
    server: &Server,
    credential: &Credential,
    send_secret: bool,
    roots: Option<&[u8]>,
) -> Result<Probed, HttpError> {
    let client = Client::new(roots, PATIENCE, LIMIT)?;
    let (Server::Oauth(url) | Server::Gam(url)) = server;
    check(url)?;
    let asked = match server {
        Server::Gam(url) => gam(&client, url, credential, send_secret),
        Server::Oauth(url) => oauth(&client, url, credential),
    };
    match asked {
        Ok(probed) => Ok(probed),
        // A server that cannot be reached says nothing of the credential.
        Err(error @ (HttpError::Connection { .. } | HttpError::Certificate { .. })) => {
            Ok(Probed::Unknown(error.to_string()))
        }
        Err(error) => Err(error),
    }
}

fn oauth(client: &Client, url: &str, credential: &Credential) -> Result<Probed, HttpError> {
    let Some(secret) = &credential.secret else {
        return Ok(Probed::Unknown("a public client identifies itself with a user's login alone".to_owned()));
    };
    let (token, introspection) = match discover(client, url) {
        Ok(server) => (server.token_endpoint.unwrap_or_else(|| url.to_owned()), server.introspection_endpoint),
        // No issuer: then it is the endpoint itself.
        Err(_) => (url.to_owned(), None),
    };
    check(&token)?;
    let pair = Zeroizing::new(format!(
        "{}:{}",
        encoded(credential.id.as_str()),
        Zeroizing::new(encoded(secret.expose())).as_str()
    ));
    let pair = Zeroizing::new(base64::encode(pair.as_bytes()));
    let ask = |url: &str, form: &[u8]| {
        client.ask(Ask { method: "POST", url, proof: Proof::Basic(&pair), body: Body::Form(form), headers: &[] })
    };
    let first = ask(&token, b"grant_type=client_credentials")?;
    let probed = answer::token(first.status, &first.body);
    let Some(endpoint) = introspection.filter(|_| matches!(probed, Probed::Unknown(_))) else { return Ok(probed) };
    check(&endpoint)?;
    // Whoever may ask about a token, even one that is none, was recognised.
    let second = ask(&endpoint, b"token=inject-probe")?;
    Ok(answer::introspection(second.status, &second.body).unwrap_or(probed))
}

fn gam(client: &Client, url: &str, credential: &Credential, send_secret: bool) -> Result<Probed, HttpError> {
    // A user that cannot be, so that nobody's account is locked.
    let mut bytes = [0; 16];
    if OsRandom.fill(&mut bytes).is_err() {
        return Ok(Probed::Unknown("no randomness from the operating system".to_owned()));
    }
    let nobody = bytes.iter().fold("inject-probe-".to_owned(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    });
    let secret = credential.secret.as_ref().filter(|_| send_secret).map(ClientSecret::expose);
    let id = encoded(credential.id.as_str());
    let mut form = Zeroizing::new(String::with_capacity(4096));
    let _ = write!(form, "client_id={id}&grant_type=password&scope=FullControl&username={nobody}&password={nobody}");
    if let Some(secret) = secret {
        let _ = write!(form, "&client_secret={}", Zeroizing::new(encoded(secret)).as_str());
    }
    let headers = [("GeneXus-Agent", "SmartDevice Application")];
    let body = Body::Form(form.as_bytes());
    let reply = client.ask(Ask { method: "POST", url, proof: Proof::None, body, headers: &headers })?;
    Ok(answer::gam(reply.status, &reply.body, credential.secret.is_some(), secret.is_some()))
}
