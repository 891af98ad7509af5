//! Recognising an application by Client Id and secret (RFC 6749, section 2.3).
//!
//! Must not: compare a secret in a time that depends on it, or take one of two ways to authenticate.

use super::authorization::{Authorization, basic_challenge, bearer_challenge};
use super::form::Form;
use super::{Dialect, Served, gam_problem, problem};
use crate::credential::registry::RegistryError;
use crate::credential::registry::directory::Entry;
use crate::credential::secret::keyed;
use crate::credential::{ClientId, ClientSecret};
use crate::host::server::{Reply, Request};

/// An application that is recognised.
pub(super) struct Recognized {
    pub(super) entry: Entry,
    /// Whether by its secret: an id alone is no proof.
    pub(super) by_secret: bool,
}

/// Why an application is not recognised.
pub(super) enum Refused {
    /// The request is none (RFC 6749, section 5.2: `invalid_request`).
    Request(&'static str),
    /// It names no application.
    Nobody,
    /// A scheme that is not understood, or does not read as it should.
    Scheme,
    Unknown,
    Revoked,
    Secret,
    Fault(RegistryError),
}

/// The form that a request of RFC 6749 or RFC 7662 has, and nothing in the address that belongs in there.
pub(super) fn form(request: &Request) -> Result<Form, &'static str> {
    if let Some(content_type) = &request.content_type {
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err("the content is no application/x-www-form-urlencoded");
        }
    }
    // Addresses are written into logs (RFC 6749, section 2.3.1).
    let query = Form::parse(request.query.as_bytes()).map_err(super::form::Unusable::text)?;
    if query.members().any(|(name, _)| ["client_id", "client_secret", "grant_type", "token"].contains(&name)) {
        return Err("a parameter is in the address; it belongs in the content");
    }
    Form::parse(&request.body).map_err(super::form::Unusable::text)
}

impl Served {
    /// The application that a request names, if it is who it says.
    pub(super) fn recognize(&self, request: &Request, form: &Form) -> Result<Recognized, Refused> {
        let (named, given) = (form.member("client_id"), form.member("client_secret"));
        match Authorization::read(&request.authorization) {
            Authorization::Several => Err(Refused::Request("more than one header Authorization")),
            Authorization::Basic(..) | Authorization::Bearer(_) | Authorization::Unusable if given.is_some() => {
                Err(Refused::Request("two ways to authenticate at once"))
            }
            Authorization::Bearer(_) | Authorization::Unusable => Err(Refused::Scheme),
            Authorization::Basic(id, _) if named.is_some_and(|named| named != id.as_str()) => {
                Err(Refused::Request("client_id is not the one in the header Authorization"))
            }
            Authorization::Basic(id, secret) => self.matching(Some(&id), Some(&secret)),
            Authorization::None => self.matching(named, given),
        }
    }

    fn matching(&self, id: Option<&str>, secret: Option<&str>) -> Result<Recognized, Refused> {
        let id = id.filter(|id| !id.is_empty()).ok_or(Refused::Nobody)?;
        let secret = secret.filter(|secret| !secret.is_empty());
        let id = ClientId::parse(id).map_err(|_| Refused::Unknown)?;
        let entry = self.directory().entry(&id).map_err(Refused::Fault)?;
        // Digests are compared, the same way whether there is an entry or not.
        let digest = |text: &str| keyed(&self.key, text.as_bytes());
        let right = entry.as_ref().and_then(|entry| entry.secret.as_ref()).map(ClientSecret::expose);
        let is_right = right.is_some();
        let equal = digest(right.unwrap_or_default()) == digest(secret.unwrap_or_default());
        let Some(entry) = entry else { return Err(Refused::Unknown) };
        if entry.revoked.is_some() {
            return Err(Refused::Revoked);
        }
        match (is_right, secret) {
            (_, None) if self.config.public => Ok(Recognized { entry, by_secret: false }),
            (true, Some(_)) if equal => Ok(Recognized { entry, by_secret: true }),
            (true | false, Some(_) | None) => Err(Refused::Secret),
        }
    }

    /// What an application hears that is not recognised. `at` names who else might be, where a token is looked at.
    pub(super) fn refusal(&self, request: &Request, refused: &Refused, dialect: Dialect, at: At) -> Reply {
        let (code, message) = match refused {
            Refused::Request(what) => return problem(400, "invalid_request", what),
            Refused::Fault(error) => return self.fault(error),
            Refused::Nobody => return Self::nobody(at),
            Refused::Scheme => return self.refused(request, Self::unrecognized(at)),
            Refused::Unknown => ("236", "the application is not registered"),
            Refused::Revoked => ("111", "the application is revoked"),
            Refused::Secret => ("116", "the secret of the application is not valid"),
        };
        let reply = match dialect {
            Dialect::Gam => gam_problem(401, code, message),
            Dialect::Rfc6749 => Self::unrecognized(at),
        };
        self.refused(request, reply)
    }

    fn nobody(at: At) -> Reply {
        match at {
            At::Token => problem(400, "invalid_request", "client_id is missing"),
            At::Introspection => {
                let mut reply = problem(401, "invalid_client", "who asks must say who it is");
                reply.headers.extend([basic_challenge(), bearer_challenge(false)].map(|it| ("WWW-Authenticate", it)));
                reply
            }
        }
    }

    fn unrecognized(at: At) -> Reply {
        let mut reply = problem(401, "invalid_client", "the client is not recognised");
        reply.headers.push(("WWW-Authenticate", basic_challenge()));
        match at {
            At::Token => {}
            At::Introspection => reply.headers.push(("WWW-Authenticate", bearer_challenge(true))),
        }
        reply
    }
}

/// Where an application says who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    Token,
    /// Holders of a registration token may ask there, too.
    Introspection,
}
