//! What answers of servers say of a credential: bytes and a status become alive, refused, or cannot be told.
//!
//! Must not: repeat any part of an answer but the names and numbers of errors that are known; it may be what was sent.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Probed;
use crate::credential::registry::answer::is_list;
use crate::format::text::unmarked;

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

/// What is looked at, whatever else is there.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Raw {
    access_token: Option<IgnoredAny>,
    active: Option<IgnoredAny>,
    error: Option<Failed>,
}

/// The error of OAuth is a word, that of `GAM` has a code.
#[derive(Deserialize)]
#[serde(untagged)]
enum Failed {
    Word(String),
    Code { code: Code },
    Else(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Code {
    Number(u32),
    Text(String),
    Else(IgnoredAny),
}

/// What an answer of a token endpoint says of the client (RFC 6749, section 5).
pub fn token(status: u16, body: &[u8]) -> Probed {
    let raw = read(body);
    let error = match &raw.error {
        Some(Failed::Word(word)) => word.as_str(),
        _ => "",
    };
    match (status, error) {
        (200, _) if raw.access_token.is_some() => Probed::Alive,
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

/// What an answer about a token that is none says of the client who asked (RFC 7662, section 2); `None`: nothing.
pub fn introspection(status: u16, body: &[u8]) -> Option<Probed> {
    match status {
        200 if read(body).active.is_some() => Some(Probed::Alive),
        401 => {
            let why = "it is refused by introspection too: a wrong secret, or an unknown client";
            Some(Probed::Refused(why.to_owned()))
        }
        _ => None,
    }
}

/// What an answer of `GAM` says of the application. Codes are looked at, never the status: it differs between its servers.
/// `sent`: whether the secret was.
pub fn gam(status: u16, body: &[u8], has_secret: bool, sent: bool) -> Probed {
    let code = match read(body).error {
        Some(Failed::Code { code: Code::Number(number) }) => number.to_string(),
        Some(Failed::Code { code: Code::Text(text) }) => text,
        _ => String::new(),
    };
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
        _ => Probed::Unknown(format!("status {status} and no code of GAM; is it the address of GAM's access tokens?")),
    }
}

/// Of what is no such JSON nothing is known.
fn read(body: &[u8]) -> Raw {
    if is_list(body) { Raw::default() } else { serde_json::from_slice(unmarked(body)).unwrap_or_default() }
}
