//! A program as the registry: anything that can print JSON (`vault`, `op`, a script over GeneXus' `MSBuild` tasks, a
//! client of SQL Server or Oracle).
//!
//! It gets the question on standard input and answers on standard output (see `answer`):
//! ```json
//! { "action": "find", "application": "com.example.notes", "name": "Notes", "client_id": "..." }
//! { "action": "register", "application": "...", "name": "...", "client_id": "...", "proposal": "known",
//!   "client_secret": "...", "wants_secret": true }
//! { "action": "replace_secret", "application": "...", "name": "...", "client_id": "...", "client_secret": "..." }
//! { "action": "revoke", "application": "...", "client_id": "..." }
//! ```
//! The last one is answered with `{ "revoked": true }`.
//!
//! `proposal` is `known` (this id or none) or `fresh` (it gives way where the application has another one). A program that
//! only reads, as `vault kv get -format=json -field=data` does, answers both alike; what it does not know it cannot register.
//!
//! Must not: put a secret among the arguments, or what the program said into an error without looking for the secret in it.

use std::time::Duration;

use serde_json::json;
use zeroize::Zeroizing;

use super::{Application, Capability, Registered, Registry, RegistryError, RegistryIdentity, Wanted, answer};
use crate::credential::ledger::Ledger;
use crate::credential::{ClientId, ClientSecret};
use crate::format::text::unmarked;
use crate::host::command;

/// How long a program may take: it may start a database client, or wait for a person's finger on a key.
const PATIENCE: Duration = Duration::from_mins(2);
/// Bytes it may print.
const LIMIT: u64 = 1024 * 1024;
/// Characters of its own words that are repeated.
const QUOTED: usize = 300;

/// A program that is asked.
#[derive(Debug)]
pub struct Exec {
    identity: RegistryIdentity,
    words: Vec<String>,
}

impl Exec {
    /// The program `words[0]` with the other words as arguments.
    pub fn new(words: Vec<String>) -> Self {
        Self { identity: RegistryIdentity(format!("exec:{}", words.join(" "))), words }
    }

    fn ask(
        &self,
        question: &serde_json::Value,
        secret: Option<&ClientSecret>,
    ) -> Result<Option<Registered>, RegistryError> {
        let output = self.run(question, secret)?;
        // A program that says nothing knows nothing.
        if output.trim_ascii().is_empty() {
            return Ok(None);
        }
        answer::parse(&output, true).map_err(|problem| self.failed(format!("it answered {problem}")))
    }

    /// What the program prints. `secret` was put into the question: what it says on an error is repeated without it.
    fn run(
        &self,
        question: &serde_json::Value,
        secret: Option<&ClientSecret>,
    ) -> Result<Zeroizing<Vec<u8>>, RegistryError> {
        let question = Zeroizing::new(question.to_string());
        let answer = command::run(&self.words, question.as_bytes(), PATIENCE, LIMIT)
            .map_err(|error| self.failed(error.to_string()))?;
        if !answer.success {
            let said = String::from_utf8_lossy(&answer.said);
            let said = secret.map_or_else(|| said.to_string(), |secret| said.replace(secret.expose(), "[secret]"));
            let said: String = said.trim().chars().take(QUOTED).map(|c| if c.is_control() { ' ' } else { c }).collect();
            let said = if said.is_empty() { String::new() } else { format!(": {said}") };
            return Err(self.failed(format!("it ended with {}{said}", answer.status)));
        }
        Ok(answer.output)
    }

    fn failed(&self, problem: String) -> RegistryError {
        RegistryError::Failed { registry: self.identity.clone(), problem }
    }
}

/// That an application was revoked.
#[derive(serde::Deserialize)]
struct Revoked {
    revoked: bool,
}

impl Registry for Exec {
    fn identity(&self) -> &RegistryIdentity {
        &self.identity
    }

    fn capability(&self) -> Capability {
        Capability::GetOrCreate
    }

    fn find(&mut self, application: &Application, id: Option<&ClientId>) -> Result<Option<Registered>, RegistryError> {
        let question = json!({
            "action": "find",
            "application": application.id,
            "name": application.name,
            "client_id": id.map(ClientId::as_str),
        });
        self.ask(&question, None)
    }

    fn register(&mut self, wanted: &Wanted<'_>, _: &mut dyn Ledger) -> Result<Registered, RegistryError> {
        let (word, proposed) = wanted.proposal.parts();
        let question = json!({
            "action": "register",
            "application": wanted.application.id,
            "name": wanted.application.name,
            "client_id": proposed.as_str(),
            "proposal": word,
            "client_secret": wanted.secret.map(ClientSecret::expose),
            "wants_secret": wanted.wants_secret,
        });
        let found = self.ask(&question, wanted.secret)?;
        found.ok_or_else(|| RegistryError::NotRegistered { registry: self.identity.clone() })
    }

    fn replace_secret(
        &mut self,
        application: &Application,
        id: &ClientId,
        secret: &ClientSecret,
    ) -> Result<Registered, RegistryError> {
        let question = json!({
            "action": "replace_secret",
            "application": application.id,
            "name": application.name,
            "client_id": id.as_str(),
            "client_secret": secret.expose(),
        });
        // Who only reads answers with the old one.
        match self.ask(&question, Some(secret))? {
            Some(found) if found.id == *id && found.secret.as_ref() == Some(secret) => Ok(found),
            _ => {
                let why = "the program did not answer with the new secret; replace it where it keeps its credentials, \
                           then: inject register --take registry";
                Err(RegistryError::Unsupported { registry: self.identity.clone(), what: "replace a secret", why })
            }
        }
    }

    fn revoke(&mut self, application: &Application, id: &ClientId, _: &mut dyn Ledger) -> Result<bool, RegistryError> {
        let question = json!({ "action": "revoke", "application": application.id, "client_id": id.as_str() });
        // A program that does not know the question answers something else, or nothing: it is not believed.
        let output = self.run(&question, None)?;
        match serde_json::from_slice::<Revoked>(unmarked(&output)) {
            Ok(Revoked { revoked: true }) => Ok(true),
            _ => {
                let why = "the program did not answer that it is revoked; revoke it where it keeps its credentials";
                Err(RegistryError::Unsupported { registry: self.identity.clone(), what: "revoke an application", why })
            }
        }
    }
}
