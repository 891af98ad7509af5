//! The header `Authorization` (RFC 9110, section 11): a scheme, whose case does not count, and what goes with it.
//!
//! Must not: repeat what it read.

use zeroize::Zeroizing;

use super::form::decoded;
use super::{REALM, Served, problem};
use crate::credential::secret::keyed;
use crate::format::base64;
use crate::host::server::{Reply, Request};

/// What a request says of who sends it.
pub enum Authorization {
    /// Nothing.
    None,
    /// `Basic` (RFC 7617): id and secret of a client, each percent-encoded before (RFC 6749, section 2.3.1).
    Basic(Zeroizing<String>, Zeroizing<String>),
    /// `Bearer` (RFC 6750).
    Bearer(Zeroizing<String>),
    /// Another scheme, or one that does not read as it should.
    Unusable,
    /// More than one header.
    Several,
}

impl Authorization {
    /// Reads the headers of a request.
    pub fn read(headers: &[Zeroizing<String>]) -> Self {
        match headers {
            [] => Self::None,
            [one] => Self::parse(one),
            [_, _, ..] => Self::Several,
        }
    }

    /// Reads one header.
    pub fn parse(header: &str) -> Self {
        let (scheme, rest) = header.trim().split_once(' ').unwrap_or((header, ""));
        let rest = rest.trim();
        if scheme.eq_ignore_ascii_case("bearer") && !rest.is_empty() {
            Self::Bearer(Zeroizing::new(rest.to_owned()))
        } else if scheme.eq_ignore_ascii_case("basic") {
            basic(rest).map_or(Self::Unusable, |(id, secret)| Self::Basic(id, secret))
        } else {
            Self::Unusable
        }
    }
}

fn basic(pair: &str) -> Option<(Zeroizing<String>, Zeroizing<String>)> {
    let pair = Zeroizing::new(base64::decode(pair.as_bytes())?);
    let at = pair.iter().position(|byte| *byte == b':')?;
    Some((decoded(pair.get(..at)?)?, decoded(pair.get(at + 1..)?)?))
}

impl Served {
    /// Whether the holder of a registration token asks; else what to say.
    pub(super) fn may_register(&self, request: &Request) -> Result<(), Reply> {
        let problem = |status, error, description| {
            let mut reply = problem(status, error, description);
            reply.headers.push(("WWW-Authenticate", bearer_challenge(error == "invalid_token")));
            reply
        };
        match Authorization::read(&request.authorization) {
            Authorization::Bearer(given) if self.is_registration_token(&given) => Ok(()),
            Authorization::Several => Err(problem(400, "invalid_request", "more than one header Authorization")),
            // Nothing was tried: RFC 6750, section 3.1, has no error for it.
            Authorization::None => Err(problem(401, "unauthorized", "a registration token is missing")),
            Authorization::Bearer(_) | Authorization::Basic(..) | Authorization::Unusable => {
                Err(self.refused(request, problem(401, "invalid_token", "the registration token is not accepted")))
            }
        }
    }

    pub(super) fn is_registration_token(&self, given: &str) -> bool {
        // Digests under a key of this process: their comparison tells nothing of the texts. All are compared.
        let given = keyed(&self.key, given.as_bytes());
        self.config.tokens.iter().fold(false, |found, token| found | (keyed(&self.key, token.as_bytes()) == given))
    }
}

/// What RFC 6750, section 3, asks for.
pub(super) fn bearer_challenge(was_wrong: bool) -> String {
    format!("Bearer realm=\"{REALM}\"{}", if was_wrong { ", error=\"invalid_token\"" } else { "" })
}

/// What RFC 7617, section 2, asks for.
pub(super) fn basic_challenge() -> String {
    format!("Basic realm=\"{REALM}\", charset=\"UTF-8\"")
}
