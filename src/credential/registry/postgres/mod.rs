//! The registry of a team in a `PostgreSQL` database, 13 or later.
//!
//! Capability class A. Registrations of one application follow each other (an advisory lock); within, `INSERT ... ON
//! CONFLICT DO NOTHING` and then `SELECT`, because one statement for both does not see what another one commits meanwhile.
//! Every question asked twice has the effect of once, so a database that goes away in the middle is asked again.
//!
//! Secrets are sealed with a key that the team holds. The database and its administrators have none.
//!
//! Must not: make or change tables but in `init`, or say a connection string.

mod connection;
mod schema;

use std::fmt;

use postgres::types::{ToSql, Type};
use postgres::{Client, Row, Transaction};

use super::directory::{Directory, Entry, open, seal};
use super::{Application, Capability, Proposal, Registered, Registry, RegistryError, RegistryIdentity, Wanted};
use crate::credential::ledger::Ledger;
use crate::credential::seal::SealKey;
use crate::credential::{ClientId, ClientSecret};
use crate::host::random::OsRandom;

pub use connection::{Address, AddressError};

/// How often a question is asked where the connection breaks.
const TRIES: u32 = 4;
const COLUMNS: &str = "client_id, application, name, sealed_secret, extract(epoch FROM created)::bigint, \
                       extract(epoch FROM revoked)::bigint";

/// A team's registry.
pub struct Postgres {
    identity: RegistryIdentity,
    address: Address,
    key: SealKey,
    client: Option<Client>,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").field("identity", &self.identity).finish_non_exhaustive()
    }
}

/// Why a question has no answer.
enum Problem {
    /// The database, or the way to it.
    Database(postgres::Error),
    /// Everything else.
    Registry(RegistryError),
}

impl From<postgres::Error> for Problem {
    fn from(error: postgres::Error) -> Self {
        Self::Database(error)
    }
}

impl From<RegistryError> for Problem {
    fn from(error: RegistryError) -> Self {
        Self::Registry(error)
    }
}

impl Postgres {
    /// The registry at an address. Nothing is asked yet.
    pub fn new(address: Address, key: SealKey) -> Self {
        Self { identity: address.identity(), address, key, client: None }
    }

    /// Makes the tables, or brings older ones to this version. Says whether anything changed.
    pub fn init(&mut self) -> Result<bool, RegistryError> {
        let check = self.key.derive("key check");
        self.connected(false, |registry, client| schema::init(client, &check).map_err(|error| registry.problem(error)))
    }

    fn failed(&self, problem: impl Into<String>) -> RegistryError {
        RegistryError::Failed { registry: self.identity.clone(), problem: problem.into() }
    }

    fn problem(&self, error: schema::SchemaError) -> Problem {
        match error {
            schema::SchemaError::Database(error) => Problem::Database(error),
            other @ (schema::SchemaError::Missing
            | schema::SchemaError::Version { .. }
            | schema::SchemaError::Key
            | schema::SchemaError::Server(_)) => Problem::Registry(self.failed(other.to_string())),
        }
    }

    /// Asks with a connection, and again with a new one where it broke.
    fn connected<T>(
        &mut self,
        checked: bool,
        mut ask: impl FnMut(&Self, &mut Client) -> Result<T, Problem>,
    ) -> Result<T, RegistryError> {
        let mut tried = 0;
        loop {
            tried += 1;
            let answered = self.connect(checked).and_then(|mut client| {
                let answer = ask(self, &mut client);
                self.client = Some(client);
                answer
            });
            match answered {
                Ok(answer) => return Ok(answer),
                Err(Problem::Registry(error)) => return Err(error),
                Err(Problem::Database(error)) => {
                    self.client = None;
                    if tried == TRIES || !connection::may_pass(&error) {
                        return Err(self.failed(connection::describe(&error)));
                    }
                    std::thread::sleep(std::time::Duration::from_millis(250) * tried.pow(2));
                }
            }
        }
    }

    fn connect(&mut self, checked: bool) -> Result<Client, Problem> {
        if let Some(client) = self.client.take().filter(|client| !client.is_closed()) {
            return Ok(client);
        }
        let mut client = self.address.connect()?;
        if checked {
            schema::check(&mut client, &self.key.derive("key check")).map_err(|error| self.problem(error))?;
        }
        Ok(client)
    }

    fn read(&self, row: &Row) -> Result<Entry, Problem> {
        let text: String = row.try_get(0)?;
        let wrong = |problem: String| {
            Problem::Registry(self.failed(format!("the row of client_id {text:?} is not valid: {problem}")))
        };
        let id = ClientId::parse(&text).map_err(|e| wrong(e.to_string()))?;
        let sealed: Option<Vec<u8>> = row.try_get(3)?;
        let secret = sealed.map(|sealed| open(&self.key, &text, &sealed)).transpose().map_err(wrong)?;
        let moment = |at: Option<i64>| at.and_then(|at| u64::try_from(at).ok());
        Ok(Entry {
            id,
            application: row.try_get(1)?,
            name: row.try_get(2)?,
            secret,
            created: moment(row.try_get(4)?).unwrap_or(0),
            revoked: moment(row.try_get(5)?),
        })
    }

    fn by_id(&self, transaction: &mut Transaction<'_>, id: &ClientId) -> Result<Option<Entry>, Problem> {
        let sql = format!("SELECT {COLUMNS} FROM inject.application WHERE client_id = $1");
        transaction.query_opt(&sql, &[&id.as_str()])?.map(|row| self.read(&row)).transpose()
    }

    /// The oldest registration of the application: the one that shipped apps carry.
    fn by_application(&self, transaction: &mut Transaction<'_>, application: &str) -> Result<Option<Entry>, Problem> {
        let sql = format!(
            "SELECT {COLUMNS} FROM inject.application WHERE application = $1 AND revoked IS NULL
             ORDER BY created, client_id LIMIT 1"
        );
        transaction.query_opt(&sql, &[&application])?.map(|row| self.read(&row)).transpose()
    }

    fn get_or_create(&self, client: &mut Client, wanted: &Wanted<'_>) -> Result<Registered, Problem> {
        let application = wanted.application;
        let (_, proposed) = wanted.proposal.parts();
        let mut transaction = client.transaction()?;
        // Two machines that never saw each other propose two ids for one application: the second one adopts the first's.
        let lock = "SELECT pg_advisory_xact_lock(hashtextextended('inject/' || $1::text, 0))";
        transaction.execute(lock, &[&application.id])?;
        let mut found = self.by_id(&mut transaction, proposed)?;
        if found.is_none() && matches!(wanted.proposal, Proposal::Fresh(_)) {
            found = self.by_application(&mut transaction, &application.id)?;
        }
        if found.as_ref().is_some_and(|entry| entry.revoked.is_some()) {
            let (registry, id) = (self.identity.clone(), proposed.clone());
            return Err(RegistryError::Revoked { registry, id }.into());
        }
        let existed = found.is_some();
        let id = found.as_ref().map_or(proposed, |entry| &entry.id).clone();
        let sealed = if wanted.wants_secret && found.as_ref().is_none_or(|entry| entry.secret.is_none()) {
            let made = match wanted.secret {
                Some(secret) => Ok(secret.clone()),
                None => ClientSecret::generate(&mut OsRandom),
            };
            let sealed =
                made.and_then(|secret| seal(&self.key, id.as_str(), &secret)).map_err(RegistryError::Random)?;
            Some(sealed)
        } else {
            None
        };
        if !existed {
            let values: [&(dyn ToSql + Sync); 4] = [&id.as_str(), &application.id, &application.name, &sealed];
            transaction.execute(
                "INSERT INTO inject.application (client_id, application, name, sealed_secret) VALUES ($1, $2, $3, $4)
                 ON CONFLICT DO NOTHING",
                &values,
            )?;
        } else if sealed.is_some() {
            let sql = "UPDATE inject.application SET sealed_secret = $2 WHERE client_id = $1 AND sealed_secret IS NULL";
            transaction.execute(sql, &[&id.as_str(), &sealed])?;
        }
        // What is there counts, whoever put it there.
        let entry = self.by_id(&mut transaction, &id)?;
        transaction.commit()?;
        let entry = entry.ok_or_else(|| self.failed(format!("the row of {id} vanished while it was registered")))?;
        Ok(entry.registered(existed))
    }
}

impl Registry for Postgres {
    fn identity(&self) -> &RegistryIdentity {
        &self.identity
    }

    fn capability(&self) -> Capability {
        Capability::GetOrCreate
    }

    fn find(&mut self, application: &Application, id: Option<&ClientId>) -> Result<Option<Registered>, RegistryError> {
        self.connected(true, |registry, client| {
            let mut transaction = client.transaction()?;
            let found = match id {
                Some(id) => registry.by_id(&mut transaction, id)?,
                None => registry.by_application(&mut transaction, &application.id)?,
            };
            let found = found.filter(|entry| entry.revoked.is_none());
            Ok(found.map(|entry| entry.registered(true)))
        })
    }

    fn register(&mut self, wanted: &Wanted<'_>, _: &mut dyn Ledger) -> Result<Registered, RegistryError> {
        self.connected(true, |registry, client| registry.get_or_create(client, wanted))
    }

    fn replace_secret(
        &mut self,
        _: &Application,
        id: &ClientId,
        secret: &ClientSecret,
    ) -> Result<Registered, RegistryError> {
        let sealed = seal(&self.key, id.as_str(), secret)?;
        let sql = "UPDATE inject.application SET sealed_secret = $2 WHERE client_id = $1 AND revoked IS NULL";
        let changed = self.connected(true, |_, client| Ok(client.execute(sql, &[&id.as_str(), &sealed])?))?;
        if changed == 0 {
            return Err(RegistryError::Unknown { registry: self.identity.clone(), id: id.clone() });
        }
        Ok(Registered { id: id.clone(), secret: Some(secret.clone()), existed: true, expires: None, application: None })
    }

    fn revoke(&mut self, _: &Application, id: &ClientId, _: &mut dyn Ledger) -> Result<bool, RegistryError> {
        self.revoke_entry(id)
    }
}

impl Directory for Postgres {
    fn revoke_entry(&mut self, id: &ClientId) -> Result<bool, RegistryError> {
        // What is revoked has no use for its secret any more; its id is never given again.
        let sql = "UPDATE inject.application SET revoked = now(), sealed_secret = NULL
                   WHERE client_id = $1 AND revoked IS NULL";
        self.connected(true, |_, client| Ok(client.execute(sql, &[&id.as_str()])? > 0))
    }

    fn entry(&mut self, id: &ClientId) -> Result<Option<Entry>, RegistryError> {
        // One question and one answer, not five: this is what a served registry is asked most.
        let sql = format!("SELECT {COLUMNS} FROM inject.application WHERE client_id = $1");
        self.connected(true, |registry, client| {
            let rows = client.query_typed(&sql, &[(&id.as_str(), Type::TEXT)])?;
            rows.first().map(|row| registry.read(row)).transpose()
        })
    }

    fn entries(&mut self) -> Result<Vec<Entry>, RegistryError> {
        let sql = format!("SELECT {COLUMNS} FROM inject.application ORDER BY application, created, client_id");
        self.connected(true, |registry, client| {
            client.query(&sql, &[])?.iter().map(|row| registry.read(row)).collect::<Result<_, _>>()
        })
    }
}
