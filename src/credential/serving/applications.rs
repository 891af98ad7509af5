//! The contract of the registry `http`, answered: `docs/registry-http.yaml`.
//!
//! Must not: answer who holds no registration token.

use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::form::Form;
use super::{Served, gam_problem, json_reply, problem};
use crate::credential::ledger::NoLedger;
use crate::credential::registry::{Application, Proposal, Registered, RegistryError, Wanted};
use crate::credential::{ClientId, ClientSecret};
use crate::format::text::unmarked;
use crate::host::server::{Reply, Request};

/// A question to register.
#[derive(Deserialize)]
struct Question {
    client_id: String,
    application: String,
    name: Option<String>,
    #[serde(default)]
    proposal: Word,
    #[serde(default)]
    wants_secret: bool,
    client_secret: Option<Zeroizing<String>>,
}

#[derive(Deserialize, Default, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Word {
    #[default]
    Known,
    Fresh,
}

impl Served {
    pub(super) fn register(&self, request: &Request) -> Reply {
        self.allowed(request, || self.registered(&request.body))
    }

    pub(super) fn find(&self, request: &Request) -> Reply {
        self.allowed(request, || self.by_application(&request.query))
    }

    pub(super) fn get(&self, request: &Request) -> Reply {
        self.allowed(request, || with_id(&request.named, |id| self.by_id(id)))
    }

    pub(super) fn revoke(&self, request: &Request) -> Reply {
        self.allowed(request, || with_id(&request.named, |id| self.revoked(id)))
    }

    pub(super) fn replace(&self, request: &Request) -> Reply {
        self.allowed(request, || with_id(&request.named, |id| self.replaced(id, &request.body)))
    }

    fn allowed(&self, request: &Request, then: impl FnOnce() -> Reply) -> Reply {
        self.may_register(request).map_or_else(|refused| refused, |()| then())
    }

    fn registered(&self, body: &[u8]) -> Reply {
        // What is wrong is not repeated: it may be a secret.
        let Ok(question) = serde_json::from_slice::<Question>(unmarked(body)) else {
            return problem(400, "invalid_request", "no question of the contract; see docs/registry-http.yaml");
        };
        let secret = question.client_secret.as_ref().map(|text| ClientSecret::parse(text)).transpose();
        let (Ok(id), Ok(secret)) = (ClientId::parse(&question.client_id), secret) else {
            return problem(400, "invalid_client_metadata", "client_id or client_secret cannot be one");
        };
        if question.application.trim().is_empty() {
            return problem(400, "invalid_client_metadata", "application is empty");
        }
        let name = question.name.unwrap_or_else(|| question.application.clone());
        let application = Application { id: question.application, name };
        let proposal = if question.proposal == Word::Fresh { Proposal::Fresh(id) } else { Proposal::Known(id) };
        let wanted = Wanted {
            application: &application,
            environment: &self.config.environment,
            proposal: &proposal,
            secret: secret.as_ref(),
            wants_secret: question.wants_secret,
            refresh: true,
            again: false,
        };
        match self.directory().register(&wanted, &mut NoLedger) {
            Ok(registered) => json_reply(if registered.existed { 200 } else { 201 }, &shown(&registered)),
            Err(RegistryError::Revoked { .. }) => gam_problem(409, "111", "the application is revoked"),
            Err(error) => self.fault(&error),
        }
    }

    fn by_application(&self, query: &str) -> Reply {
        let query = match Form::parse(query.as_bytes()) {
            Ok(query) => query,
            Err(unusable) => return problem(400, "invalid_request", unusable.text()),
        };
        let Some(id) = query.member("application") else {
            return problem(400, "invalid_request", "application is missing");
        };
        let application = Application { id: id.to_owned(), name: id.to_owned() };
        let found = self.directory().find(&application, None);
        self.found(found)
    }

    fn by_id(&self, id: &ClientId) -> Reply {
        let nameless = Application { id: String::new(), name: String::new() };
        let found = self.directory().find(&nameless, Some(id));
        self.found(found)
    }

    fn found(&self, found: Result<Option<Registered>, RegistryError>) -> Reply {
        match found {
            Ok(Some(registered)) => json_reply(200, &shown(&registered)),
            Ok(None) => gam_problem(404, "236", "the application is not registered"),
            Err(error) => self.fault(&error),
        }
    }

    fn revoked(&self, id: &ClientId) -> Reply {
        match self.directory().revoke_entry(id) {
            Ok(true) => json_reply(200, &json!({ "client_id": id.as_str() })),
            Ok(false) => gam_problem(404, "236", "the application is not registered, or was revoked"),
            Err(error) => self.fault(&error),
        }
    }

    fn replaced(&self, id: &ClientId, body: &[u8]) -> Reply {
        #[derive(Deserialize)]
        struct New {
            client_secret: Zeroizing<String>,
        }
        let new = serde_json::from_slice::<New>(unmarked(body))
            .ok()
            .and_then(|new| ClientSecret::parse(&new.client_secret).ok());
        let Some(secret) = new else {
            return problem(400, "invalid_request", "client_secret is missing, or cannot be one");
        };
        let nameless = Application { id: String::new(), name: String::new() };
        match self.directory().replace_secret(&nameless, id, &secret) {
            Ok(registered) => json_reply(200, &shown(&registered)),
            Err(RegistryError::Unknown { .. }) => gam_problem(404, "236", "the application is not registered"),
            Err(error) => self.fault(&error),
        }
    }
}

fn with_id(text: &str, then: impl FnOnce(&ClientId) -> Reply) -> Reply {
    match ClientId::parse(text) {
        Ok(id) => then(&id),
        Err(_) => problem(400, "invalid_request", "the path holds no client_id"),
    }
}

fn shown(registered: &Registered) -> Value {
    json!({
        "client_id": registered.id.as_str(),
        "client_secret": registered.secret.as_ref().map(ClientSecret::expose),
        "existed": registered.existed,
        "application": registered.application,
    })
}
