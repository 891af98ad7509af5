//! Is a credential alive? The real server is asked, as an app would ask it.
//!
//! Two kinds of servers: OAuth 2.0 (client credentials, RFC 6749 section 4.4, then introspection, RFC 7662), and `GAM`
//! (a login with a user that cannot be). A server that answers alike to the right and to the wrong says nothing: then the
//! answer is that it cannot be checked, which is neither alive nor dead.
//!
//! Must not: send a secret to `GAM` unless that is wanted, because its .NET server writes it to a log on exceptions.

use std::fmt::Write;
use std::time::Duration;

use zeroize::Zeroizing;

use super::registry::oauth::discovery::discover;
use super::{ClientSecret, Credential};
use crate::format::base64;
use crate::host::http::{Ask, Body, Client, HttpError, Proof, Reply, check, encoded};
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

/// What came out.
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
    let probed = read_token(&first);
    let Some(endpoint) = introspection.filter(|_| matches!(probed, Probed::Unknown(_))) else { return Ok(probed) };
    check(&endpoint)?;
    // Whoever may ask about a token, even one that is none, was recognised.
    let second = ask(&endpoint, b"token=inject-probe")?;
    Ok(match second.status {
        200 if json(&second).get("active").is_some() => Probed::Alive,
        401 => Probed::Refused("it is refused by introspection too: a wrong secret, or an unknown client".to_owned()),
        _ => probed,
    })
}

/// Errors of a token endpoint (RFC 6749, 5.2; RFC 8707) that are repeated.
const ERRORS: [&str; 9] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "invalid_target",
    "server_error",
    "temporarily_unavailable",
];

/// What an answer of a token endpoint says of the client.
fn read_token(reply: &Reply) -> Probed {
    let body = json(reply);
    let error = body.get("error").and_then(serde_json::Value::as_str).unwrap_or_default();
    match (reply.status, error) {
        (200, _) if body.get("access_token").is_some() => Probed::Alive,
        // It was recognised, and may not use this grant or scope.
        (400, "unauthorized_client" | "invalid_scope" | "invalid_target") => Probed::Alive,
        (400 | 401, "invalid_client") | (401, _) => Probed::Refused(
            "a wrong secret, or a client that the server does not know; which one, it does not say".to_owned(),
        ),
        (status, error) => {
            // Any other word may be what was sent.
            let error = if ERRORS.contains(&error) { format!(" {error}") } else { String::new() };
            Probed::Unknown(format!("the server answers {status}{error}, to the right and to the wrong alike perhaps"))
        }
    }
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
    Ok(read_gam(&reply, credential.secret.is_some(), secret.is_some()))
}

/// What an answer of `GAM` says of the application. Codes are looked at, never the status: it differs between its servers.
fn read_gam(reply: &Reply, has_secret: bool, sent: bool) -> Probed {
    let body = json(reply);
    let code = body.get("error").and_then(|error| error.get("code"));
    let code = code.map(|code| code.as_str().map_or_else(|| code.to_string(), str::to_owned)).unwrap_or_default();
    let unsent =
        || Probed::Unknown("GAM knows the Client Id; the secret was not sent (--probe-secret sends it)".to_owned());
    match code.as_str() {
        "236" => Probed::Refused("GAM does not know this Client Id in its repository (236)".to_owned()),
        "111" => Probed::Refused("the application is revoked in GAM (111)".to_owned()),
        "116" if sent => Probed::Refused("GAM has another secret for this Client Id (116)".to_owned()),
        "116" if !has_secret => Probed::Refused("GAM wants a secret for this Client Id (116)".to_owned()),
        // The application was good, the user is not.
        "8" | "11" | "18" if sent || !has_secret => Probed::Alive,
        "116" | "8" | "11" | "18" => unsent(),
        "100" => Probed::Unknown("OAuth is switched off for the application in GAM (100)".to_owned()),
        "2" | "30" => Probed::Unknown(format!("GAM works on another repository ({code})")),
        code if !code.is_empty() && code.len() <= 8 && code.bytes().all(|byte| byte.is_ascii_digit()) => {
            Probed::Unknown(format!("GAM answers {code}; see GAM's list of error codes"))
        }
        _ => Probed::Unknown(format!(
            "status {} and no code of GAM; is it the address of GAM's access tokens?",
            reply.status
        )),
    }
}

fn json(reply: &Reply) -> serde_json::Value {
    serde_json::from_slice(&reply.body).unwrap_or_default()
}
