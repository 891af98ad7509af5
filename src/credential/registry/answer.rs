//! What a registry answers in JSON, over HTTP or from a program: one application, or none.
//!
//! ```json
//! { "client_id": "...", "client_secret": "...", "existed": true }
//! ```
//! `{}` and `null` say that there is none; other members are passed over. `existed` may be missing. An `application` that is
//! named must be the one that was asked for; whether it is, `obtain` sees.
//!
//! Must not: repeat any part of an answer in an error; it may hold a secret.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use zeroize::Zeroizing;

use super::Registered;
use crate::credential::{ClientId, ClientSecret};
use crate::format::text::unmarked;

/// One application, as it stands in an answer.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Raw {
    client_id: Option<String>,
    client_secret: Option<Hidden>,
    existed: Option<bool>,
    /// A text; anything else is a member of another meaning.
    application: Option<Value>,
}

/// A text whose memory is overwritten.
pub(super) struct Hidden(pub(super) Zeroizing<String>);

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

/// The application of an answer; `existed` where the answer does not say. The error is what is wrong with it.
pub fn parse(bytes: &[u8], existed: bool) -> Result<Option<Registered>, String> {
    let raw: Option<Raw> = read(bytes)?;
    let Some(raw) = raw.filter(|raw| raw.client_id.is_some()) else { return Ok(None) };
    let id = ClientId::parse(raw.client_id.as_deref().unwrap_or_default()).map_err(|e| e.to_string())?;
    let secret = raw.client_secret.as_ref().map(|Hidden(secret)| secret.as_str()).filter(|secret| !secret.is_empty());
    let secret = secret.map(ClientSecret::parse).transpose().map_err(|e| e.to_string())?;
    let application = raw.application.as_ref().and_then(Value::as_str).map(str::to_owned);
    Ok(Some(Registered { id, secret, existed: raw.existed.unwrap_or(existed), expires: None, application }))
}

/// The JSON of an answer, an object. The error is what is wrong with it.
pub(super) fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, String> {
    if is_list(bytes) {
        return Err("a list of JSON; expected an object with client_id and client_secret".to_owned());
    }
    serde_json::from_slice(unmarked(bytes)).map_err(|error| {
        // The error's own text may quote the answer.
        let what = if error.is_data() { "members of other types than expected" } else { "no JSON" };
        let html = if is_markup(bytes) { ", but HTML or XML" } else { "" };
        format!("{what}{html} (line {}, column {}); expected client_id and client_secret", error.line(), error.column())
    })
}

/// Whether an answer is a list: what reads an object by its members takes a list for them in their order.
pub(in crate::credential) fn is_list(bytes: &[u8]) -> bool {
    unmarked(bytes).trim_ascii_start().first() == Some(&b'[')
}

/// Whether an answer is a page for people.
pub(super) fn is_markup(bytes: &[u8]) -> bool {
    unmarked(bytes).iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}
