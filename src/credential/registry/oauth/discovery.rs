//! What an authorization server says of itself: RFC 8414, and `OpenID` Connect Discovery 1.0 section 4, which came before.
//!
//! Must not: trust what another server says in its name.

use serde::Deserialize;

use crate::credential::registry::answer;
use crate::credential::registry::patience::{self, Repeat};
use crate::format::text::unmarked;
use crate::host::http::{Ask, Body, Client, Proof};

/// Characters of an address that is repeated.
const LONGEST: usize = 200;

/// The endpoints of a server.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Server {
    issuer: String,
    /// RFC 7591.
    pub registration_endpoint: Option<String>,
    /// RFC 6749.
    pub token_endpoint: Option<String>,
    /// RFC 7662.
    pub introspection_endpoint: Option<String>,
}

impl Server {
    /// Of metadata that was found for `issuer`. The error is what is wrong with it.
    pub fn parse(bytes: &[u8], issuer: &str) -> Result<Self, String> {
        if answer::is_list(bytes) {
            return Err("no metadata of a server, but a list".to_owned());
        }
        let server: Self = serde_json::from_slice(unmarked(bytes))
            .map_err(|error| format!("no metadata of a server (line {}, column {})", error.line(), error.column()))?;
        // RFC 8414, section 3.3: or somebody else could name endpoints that get the token.
        let issuer = issuer.trim_end_matches('/');
        let said = server.issuer.trim_end_matches('/');
        if said == issuer {
            return Ok(server);
        }
        // What is no plain address may be anything.
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/[]%".contains(c);
        let is_address = said.starts_with("https://") || said.starts_with("http://");
        if said.len() <= LONGEST && is_address && said.chars().all(plain) {
            return Err(format!(
                "the server says that its issuer is {said:?}, expected {issuer:?}; write what it says"
            ));
        }
        Err(format!("the server says that its issuer is something else than {issuer:?}, and no plain address"))
    }
}

/// Asks the server of `issuer`.
pub fn discover(client: &Client, issuer: &str) -> Result<Server, String> {
    let issuer = issuer.trim_end_matches('/');
    let mut looked = Vec::new();
    for url in places(issuer) {
        let ask = Ask { method: "GET", url: &url, proof: Proof::None, body: Body::Empty, headers: &[] };
        let reply = patience::ask(client, ask, Repeat::Freely).map_err(|error| error.to_string())?;
        match reply.status {
            200 if !answer::is_markup(&reply.body) => {
                return Server::parse(&reply.body, issuer).map_err(|problem| format!("GET {url}: {problem}"));
            }
            status => looked.push(format!("{url} (status {status})")),
        }
    }
    Err(format!("no metadata of a server at {}; give the registration endpoint as endpoint", looked.join(", ")))
}

/// Where metadata may be, each on the server of the issuer: before the path of the issuer (RFC 8414, section 3.1), or behind it (`OpenID` Connect).
pub fn places(issuer: &str) -> Vec<String> {
    let slash = issuer.find("://").and_then(|at| issuer.get(at + 3..)?.find('/').map(|slash| at + 3 + slash));
    let (origin, path) = issuer.split_at_checked(slash.unwrap_or(issuer.len())).unwrap_or((issuer, ""));
    let mut places = vec![format!("{issuer}/.well-known/openid-configuration")];
    places.push(format!("{origin}/.well-known/oauth-authorization-server{path}"));
    if !path.is_empty() {
        places.push(format!("{issuer}/.well-known/oauth-authorization-server"));
    }
    places
}
