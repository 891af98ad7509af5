//! Answers of RFC 7591 and RFC 7592, as real servers give them: types that differ, members that are missing.
//!
//! Must not: repeat a secret or a token in an error.

use serde::Deserialize;
use serde_json::Value;

use crate::credential::ledger::{Held, Management};
use crate::credential::registry::answer::{Hidden, read};
use crate::credential::{ClientId, ClientSecret};
use crate::format::text::unmarked;

/// Characters of a server's own words that are repeated.
const QUOTED: usize = 200;

/// One client, as it stands in an answer.
#[derive(Deserialize)]
struct Raw {
    client_id: String,
    client_secret: Option<Hidden>,
    /// A number, or a text of one.
    client_secret_expires_at: Option<Value>,
    registration_access_token: Option<Hidden>,
    registration_client_uri: Option<String>,
}

/// What an answer says of a client. What it does not say stays as it was `before`.
pub fn parse(bytes: &[u8], before: Option<&Held>) -> Result<Held, String> {
    let raw: Raw = read(bytes)?;
    let id = ClientId::parse(&raw.client_id).map_err(|e| e.to_string())?;
    let shown = raw.client_secret.as_ref().map(|Hidden(secret)| secret.as_str()).filter(|secret| !secret.is_empty());
    let shown = shown.map(ClientSecret::parse).transpose().map_err(|e| e.to_string())?;
    let expires = raw
        .client_secret_expires_at
        .and_then(|at| at.as_u64().or_else(|| at.as_str()?.parse().ok()))
        // RFC 7591, section 3.2.1: 0 is never.
        .filter(|at| *at > 0);
    let token = raw.registration_access_token.map(|Hidden(token)| token);
    let was = before.and_then(|before| before.management.clone());
    let (address, old) = was.map(|was| (was.address, was.token)).unzip();
    let management = raw
        .registration_client_uri
        .or(address)
        .zip(token.or(old))
        .map(|(address, token)| Management { address, token });
    Ok(Held {
        id,
        expires: if shown.is_some() { expires } else { expires.or(before.and_then(|before| before.expires)) },
        secret: shown.or_else(|| before.and_then(|before| before.secret.clone())),
        management,
    })
}

/// An error of RFC 7591, section 3.2.2, or RFC 6750.
#[derive(Debug)]
pub struct Said {
    /// `error`.
    pub code: String,
    description: String,
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.code)?;
        if self.description.is_empty() { Ok(()) } else { write!(f, ": {}", self.description) }
    }
}

/// The error of an answer; `token` is not repeated from it.
pub fn error(bytes: &[u8], token: Option<&str>) -> Option<Said> {
    let body: Value = serde_json::from_slice(unmarked(bytes)).ok()?;
    let word = |text: &str| text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let repeats = |text: &str| token.is_some_and(|token| !token.is_empty() && text.contains(token));
    let code = body.get("error")?.as_str().filter(|code| word(code) && !repeats(code))?.to_owned();
    let description = body.get("error_description").and_then(Value::as_str).unwrap_or_default();
    let description = token.map_or_else(|| description.to_owned(), |token| description.replace(token, "[token]"));
    let description = description.chars().take(QUOTED).map(|c| if c.is_control() { ' ' } else { c }).collect();
    Some(Said { code, description })
}
