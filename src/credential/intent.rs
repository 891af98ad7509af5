//! Changes that begin in a registry and end in the store: written down before the registry is asked, so that whoever is killed or
//! fails between the two leaves behind what was begun, with the new secret.
//!
//! Must not: ask a registry.

use std::fmt;

use rusqlite::{Row, params};

use super::database::DatabaseError;
use super::ledger;
use super::proof::Table;
use super::registry::RegistryIdentity;
use super::store::{Key, Store, now};
use super::{ClientId, ClientSecret, EnvironmentName};
use crate::format::calendar::Civil;

/// The table, from version 4 of the store on.
pub(super) const SCHEMA: &str = "
    CREATE TABLE intent (
        application TEXT NOT NULL,
        registry TEXT NOT NULL,
        environment TEXT NOT NULL,
        change TEXT NOT NULL,
        client_id TEXT NOT NULL,
        sealed_secret BLOB,
        started INTEGER NOT NULL,
        mac BLOB,
        PRIMARY KEY (application, registry)
    ) STRICT;
";
pub(super) const INTENT: Table = Table {
    name: "intent",
    plural: "changes under way",
    since: 4,
    columns: &["application", "registry", "environment", "change", "client_id", "sealed_secret", "started"],
};

/// What is being changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// The secret gives way to this new one.
    Rotate(ClientSecret),
    /// The registry's secret gives way to the store's.
    Take(ClientSecret),
    /// The registration is taken back.
    Revoke,
}

/// A change that was begun and is not known to have ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Which credential; every environment that shares its Client Id is meant.
    pub key: Key,
    /// The Client Id.
    pub id: ClientId,
    /// What was to become of it.
    pub change: Change,
    /// When, in seconds since 1970.
    pub started: u64,
}

impl Intent {
    /// The secret that the registry may have by now.
    pub fn secret(&self) -> Option<&ClientSecret> {
        match &self.change {
            Change::Rotate(secret) | Change::Take(secret) => Some(secret),
            Change::Revoke => None,
        }
    }

    pub(super) fn begun(key: &Key, id: &ClientId, change: Change) -> Self {
        let started = u64::try_from(now()).unwrap_or(0);
        Self { key: key.clone(), id: id.clone(), change, started }
    }
}

impl fmt::Display for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, id, change, started } = self;
        let what = match change {
            Change::Rotate(_) => "a rotation",
            Change::Take(_) => "a transfer of the store's secret to the registry",
            Change::Revoke => "a revocation",
        };
        let Key { application, environment, registry } = key;
        let at = Civil::of(*started).rfc3339();
        write!(f, "{what} was begun at {at} for {id} of {application} in {environment} (registry {registry})")
    }
}

impl Store {
    /// A change of the application of `key` on its registry that was begun and not finished.
    pub fn intent(&self, key: &Key) -> Result<Option<Intent>, DatabaseError> {
        let raw = self.database.find(&INTENT, ledger::OF, params![key.application, key.registry.0], read_row)?;
        raw.map(|raw| self.open_intent(raw)).transpose()
    }

    /// All of them.
    pub fn intents(&self) -> Result<Vec<Intent>, DatabaseError> {
        let raw = self.database.all(&INTENT, "ORDER BY application, registry", [], read_row)?;
        raw.into_iter().map(|raw| self.open_intent(raw)).collect()
    }

    /// Writes down what is about to be asked of a registry.
    pub(super) fn intend(&mut self, intent: &Intent) -> Result<(), DatabaseError> {
        let Intent { key, id, change, started } = intent;
        let word = match change {
            Change::Rotate(_) => "rotate",
            Change::Take(_) => "take",
            Change::Revoke => "revoke",
        };
        let secret = intent.secret().map(ClientSecret::expose);
        let sealed = ledger::seal(&self.database, &context(key, id), secret)?;
        let (environment, registry) = (key.environment.as_str(), &key.registry.0);
        let started = i64::try_from(*started).unwrap_or(i64::MAX);
        self.whole(|store| {
            let sql = "INSERT OR REPLACE INTO intent
                       (application, registry, environment, change, client_id, sealed_secret, started)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            let of = params![key.application, registry, environment, word, id.as_str(), sealed, started];
            store.database.execute(sql, of).map(drop)
        })
    }

    /// Nothing is open any more: the change ended, or a person decided what counts.
    pub fn close_intent(&mut self, key: &Key) -> Result<(), DatabaseError> {
        self.whole(|store| store.close(key))
    }

    /// Likewise, within a transaction.
    pub(super) fn close(&self, key: &Key) -> Result<(), DatabaseError> {
        let sql = "DELETE FROM intent WHERE application = ?1 AND registry = ?2";
        self.database.execute(sql, params![key.application, key.registry.0]).map(drop)
    }

    fn open_intent(&self, raw: Raw) -> Result<Intent, DatabaseError> {
        let what = format!("the change of {} that is under way", raw.application);
        let wrong = |problem: &dyn fmt::Display| self.database.row(&what, problem);
        let id = ClientId::parse(&raw.client_id).map_err(|e| wrong(&e))?;
        let environment = EnvironmentName::parse(&raw.environment).map_err(|e| wrong(&e))?;
        let key = Key { application: raw.application, environment, registry: RegistryIdentity(raw.registry) };
        let secret = ledger::open(&self.database, &context(&key, &id), raw.sealed_secret)?;
        let secret = secret.map(|text| ClientSecret::parse(&text)).transpose().map_err(|e| wrong(&e))?;
        let change = match (raw.change.as_str(), secret) {
            ("rotate", Some(secret)) => Change::Rotate(secret),
            ("take", Some(secret)) => Change::Take(secret),
            ("revoke", None) => Change::Revoke,
            (other, _) => return Err(wrong(&format!("{other:?} is no change that this version knows"))),
        };
        Ok(Intent { key, id, change, started: raw.started })
    }
}

struct Raw {
    application: String,
    registry: String,
    environment: String,
    change: String,
    client_id: String,
    sealed_secret: Option<Vec<u8>>,
    started: u64,
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        application: row.get("application")?,
        registry: row.get("registry")?,
        environment: row.get("environment")?,
        change: row.get("change")?,
        client_id: row.get("client_id")?,
        sealed_secret: row.get("sealed_secret")?,
        started: u64::try_from(row.get::<_, i64>("started")?).unwrap_or(0),
    })
}

/// What a sealed secret belongs to.
fn context(key: &Key, id: &ClientId) -> String {
    format!("intent/{}/{}/{id}", key.application, key.registry)
}
