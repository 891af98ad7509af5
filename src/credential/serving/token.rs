//! Access tokens: who was recognised, until when, under a code (HMAC-SHA-256) of this process that counts with the secret of
//! that moment alone. There is no list of them: nothing has to be bounded, and no application can push out another's.
//!
//! Must not: say anything of a secret, or go on after the secret was replaced or the application revoked.

use crate::format::hex;
use serde_json::json;
use zeroize::Zeroizing;

use super::authorization::Authorization;
use super::recognition::{At, Recognized, Refused, form};
use super::{Dialect, Served, gam_problem, held, json_reply, problem};
use crate::credential::registry::directory::Entry;
use crate::credential::secret::keyed;
use crate::credential::{ClientId, ClientSecret};
use crate::host::clock;
use crate::host::random::{OsRandom, Randomness};
use crate::host::server::{Reply, Request};

/// How long an access token lives, in seconds.
const LIFE: u64 = 3600;
/// What makes two tokens of one second differ, in bytes.
const NONCE: usize = 16;
/// Bytes of the code.
const CODE: usize = 32;

impl Served {
    /// An access token for an application that is recognised.
    pub(super) fn access_token(&self, request: &Request, dialect: Dialect) -> Reply {
        let form = match form(request) {
            Ok(form) => form,
            Err(what) => return problem(400, "invalid_request", what),
        };
        let Some(grant) = form.member("grant_type") else {
            return problem(400, "invalid_request", "grant_type is missing");
        };
        let Recognized { entry, by_secret: _ } = match self.recognize(request, &form) {
            Ok(recognized) => recognized,
            Err(refused) => return self.refusal(request, &refused, dialect, At::Token),
        };
        match (grant, dialect) {
            // GAM's clients name a scope always. Here there is none: what is asked for cannot be given.
            ("client_credentials", Dialect::Rfc6749) if form.member("scope").is_some() => {
                problem(400, "invalid_scope", "there are no scopes here")
            }
            ("client_credentials", Dialect::Rfc6749 | Dialect::Gam) => self.grant(&entry),
            // The application is good; there are no users here. GAM says so in this order.
            ("password", Dialect::Gam) => gam_problem(401, "11", "no user is known here: this is no server for logins"),
            ("device", Dialect::Gam) => gam_problem(401, "169", "no anonymous user is known here"),
            (_, Dialect::Rfc6749 | Dialect::Gam) => {
                problem(400, "unsupported_grant_type", "client_credentials is expected")
            }
        }
    }

    fn grant(&self, entry: &Entry) -> Reply {
        let mut nonce = [0; NONCE];
        if OsRandom.fill(&mut nonce).is_err() {
            return problem(500, "server_error", "no randomness from the operating system");
        }
        let now = clock::unix_seconds();
        let token = AccessToken { ends: now + LIFE, id: entry.id.clone(), nonce };
        let text = token.text(&self.code(&token, entry));
        held(&self.counts).token(now, token.ends);
        json_reply(200, &json!({ "access_token": text.as_str(), "token_type": "Bearer", "expires_in": LIFE }))
    }

    /// What an access token counts with: this process, what it says, and the secret that its application has.
    fn code(&self, token: &AccessToken, entry: &Entry) -> [u8; CODE] {
        let secret = entry.secret.as_ref().map(ClientSecret::expose);
        let mut signed = Zeroizing::new(b"access token\0".to_vec());
        signed.extend(token.content());
        // Without a secret and with an empty one are two.
        signed.push(u8::from(secret.is_some()));
        signed.extend(keyed(&self.key, secret.unwrap_or_default().as_bytes()));
        keyed(&self.key, &signed)
    }

    /// RFC 7662: what an access token is, for the holder of a registration token, or for the application whose it is.
    pub(super) fn introspect(&self, request: &Request) -> Reply {
        let form = match form(request) {
            Ok(form) => form,
            Err(what) => return problem(400, "invalid_request", what),
        };
        let asks = match Authorization::read(&request.authorization) {
            Authorization::Bearer(given)
                if form.member("client_secret").is_none() && self.is_registration_token(&given) =>
            {
                None
            }
            Authorization::Bearer(_)
            | Authorization::Basic(..)
            | Authorization::Unusable
            | Authorization::Several
            | Authorization::None => match self.recognize(request, &form) {
                Ok(Recognized { entry, by_secret: true }) => Some(entry.id),
                // Whoever has the app knows its id: that is no authorization (section 4).
                Ok(Recognized { by_secret: false, .. }) => {
                    return self.refusal(request, &Refused::Secret, Dialect::Rfc6749, At::Introspection);
                }
                Err(refused) => return self.refusal(request, &refused, Dialect::Rfc6749, At::Introspection),
            },
        };
        let Some(text) = form.member("token") else {
            return problem(400, "invalid_request", "token is missing");
        };
        // Section 2.2: of a token that somebody else may ask for is said what is said of one that is none.
        let inactive = || json_reply(200, &json!({ "active": false }));
        let Some((token, code)) = AccessToken::parse(text) else { return inactive() };
        if token.ends <= clock::unix_seconds() || asks.is_some_and(|asks| asks != token.id) {
            return inactive();
        }
        // Bound to a name: a lock in a match's head would be held until its end.
        let entry = self.directory().entry(&token.id);
        match entry {
            Ok(Some(entry)) if entry.revoked.is_none() && same(&self.code(&token, &entry), &code) => json_reply(
                200,
                &json!({
                    "active": true,
                    "client_id": token.id.as_str(),
                    "token_type": "Bearer",
                    "exp": token.ends,
                    "iat": token.ends.saturating_sub(LIFE),
                }),
            ),
            Ok(_) => inactive(),
            Err(error) => self.fault(&error),
        }
    }
}

/// What an access token says.
struct AccessToken {
    ends: u64,
    nonce: [u8; NONCE],
    id: ClientId,
}

impl AccessToken {
    fn content(&self) -> Vec<u8> {
        [&self.ends.to_be_bytes(), &self.nonce[..], self.id.as_str().as_bytes()].concat()
    }

    /// As it is given out: hexadecimal, which every client takes.
    fn text(&self, code: &[u8; CODE]) -> Zeroizing<String> {
        let bytes = [code, self.content().as_slice()].concat();
        Zeroizing::new(hex::lower(bytes))
    }

    fn parse(text: &str) -> Option<(Self, [u8; CODE])> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let pair = |pair: &[u8]| match *pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        };
        let bytes: Vec<u8> = text.as_bytes().chunks(2).map(pair).collect::<Option<_>>()?;
        let (code, rest) = bytes.split_first_chunk::<CODE>()?;
        let (ends, rest) = rest.split_first_chunk::<8>()?;
        let (nonce, id) = rest.split_first_chunk::<NONCE>()?;
        let id = ClientId::parse(std::str::from_utf8(id).ok()?).ok()?;
        Some((Self { ends: u64::from_be_bytes(*ends), nonce: *nonce, id }, *code))
    }
}

/// Compares in a time that does not depend on where they differ.
fn same(one: &[u8; CODE], other: &[u8; CODE]) -> bool {
    one.iter().zip(other).fold(0, |found, (x, y)| found | (x ^ y)) == 0
}
