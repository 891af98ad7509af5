//! The store: this machine's side (GeneXus: the IDE's). Credentials by application, environment and registry, and the
//! active environment of each checkout.
//!
//! Lies in the home, outside every project tree; secrets in it are sealed. Nothing here is exported.
//!
//! Must not: ask a registry, or make a credential up.

use std::path::Path;

use rusqlite::{Row, params};

pub use super::database::DatabaseError as StoreError;
use super::database::{Database, Schema};
use super::home::Home;
use super::proof::Table;
use super::registry::RegistryIdentity;
use super::{ClientId, ClientSecret, EnvironmentName, Fingerprint};
use super::{intent, ledger};
use crate::host::clock;
use crate::host::random::OsRandom;

const SCHEMA: Schema = Schema {
    kind: "store",
    // "injS"
    application_id: 0x696e_6a53,
    version: 4,
    older: &[(1, ledger::SCHEMA), (2, PROVEN), (3, intent::SCHEMA)],
    tables: &[CREDENTIAL, CHECKOUT, ledger::REGISTRATION, ledger::PENDING, intent::INTENT],
    sql: "
        CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
        CREATE TABLE credential (
            application TEXT NOT NULL,
            environment TEXT NOT NULL,
            registry TEXT NOT NULL,
            client_id TEXT NOT NULL,
            sealed_secret BLOB,
            registered INTEGER NOT NULL,
            updated INTEGER NOT NULL,
            PRIMARY KEY (application, environment, registry)
        ) STRICT;
        CREATE TABLE checkout (folder TEXT PRIMARY KEY, environment TEXT NOT NULL) STRICT;
    ",
};

const CREDENTIAL: Table = Table {
    name: "credential",
    plural: "credentials",
    since: 3,
    columns: &["application", "environment", "registry", "client_id", "sealed_secret", "registered", "updated"],
};
const CHECKOUT: Table =
    Table { name: "checkout", plural: "active environments", since: 3, columns: &["folder", "environment"] };

/// From version 3 on rows are proven.
const PROVEN: &str = "
    ALTER TABLE credential ADD COLUMN mac BLOB;
    ALTER TABLE checkout ADD COLUMN mac BLOB;
    ALTER TABLE registration ADD COLUMN mac BLOB;
    ALTER TABLE pending ADD COLUMN mac BLOB;
";

const NAME: &str = "store.db";

/// Which credential: one application in one environment, on the registry that environment has now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Package or bundle id, or GeneXus' main object.
    pub application: String,
    /// The environment.
    pub environment: EnvironmentName,
    /// Its registry.
    pub registry: RegistryIdentity,
}

/// What the store holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Which.
    pub key: Key,
    /// The Client Id.
    pub id: ClientId,
    /// The secret, where one is known.
    pub secret: Option<ClientSecret>,
    /// Whether the registry has confirmed it. A claimed id that no registry knows yet is not.
    pub registered: bool,
}

/// The store, open.
#[derive(Debug)]
pub struct Store {
    pub(super) database: Database,
}

impl Store {
    /// Opens the store of `home`, or makes it.
    pub fn open(home: impl Into<Home>) -> Result<Self, StoreError> {
        let database = Database::open_or_create(&home.into(), Path::new(NAME), SCHEMA, &mut OsRandom)?;
        Ok(Self { database })
    }

    /// Opens the store of `home` if there is one.
    pub fn open_existing(home: impl Into<Home>) -> Result<Option<Self>, StoreError> {
        let database = Database::open_existing(&home.into(), Path::new(NAME), SCHEMA, &mut OsRandom)?;
        Ok(database.map(|database| Self { database }))
    }

    /// The credential of `key`.
    pub fn get(&self, key: &Key) -> Result<Option<Stored>, StoreError> {
        let condition = "application = ?1 AND environment = ?2 AND registry = ?3";
        let of = params![key.application, key.environment.as_str(), key.registry.0];
        let row = self.database.find(&CREDENTIAL, condition, of, read_row)?;
        row.map(|row| self.open_row(row)).transpose()
    }

    /// What the same application has in another environment on the same registry: one registered with a secret first.
    pub fn get_shared(&self, key: &Key) -> Result<Option<Stored>, StoreError> {
        let rest = "WHERE application = ?1 AND environment <> ?2 AND registry = ?3
                    ORDER BY registered DESC, sealed_secret IS NULL, updated LIMIT 1";
        let of = params![key.application, key.environment.as_str(), key.registry.0];
        let row = self.database.all(&CREDENTIAL, rest, of, read_row)?.into_iter().next();
        row.map(|row| self.open_row(row)).transpose()
    }

    /// All of it, by application and environment.
    pub fn list(&self) -> Result<Vec<Stored>, StoreError> {
        let rows = self.database.all(&CREDENTIAL, "ORDER BY application, environment, registry", [], read_row)?;
        rows.into_iter().map(|row| self.open_row(row)).collect()
    }

    /// Claims a Client Id for `key`: the one already there, or `fresh`. Of two processes at once, both get one id.
    pub fn claim(&mut self, key: &Key, fresh: &ClientId) -> Result<Stored, StoreError> {
        self.whole(|store| {
            store.database.execute(
                "INSERT INTO credential (application, environment, registry, client_id, registered, updated)
                 VALUES (?1, ?2, ?3, ?4, 0, ?5) ON CONFLICT DO NOTHING",
                params![key.application, key.environment.as_str(), key.registry.0, fresh.as_str(), now()],
            )?;
            let what = format!("the credential of {} in {}", key.application, key.environment);
            store.get(key)?.ok_or_else(|| store.database.row(what, "it vanished while it was claimed"))
        })
    }

    /// Keeps a credential, durably, in the place of what was there.
    pub fn put(&mut self, stored: &Stored) -> Result<(), StoreError> {
        self.whole(|store| store.write(stored))
    }

    /// Likewise, and its secret in every environment that shares its Client Id, all of them or none. A change that was under way
    /// is over.
    pub fn put_everywhere(&mut self, stored: &Stored) -> Result<(), StoreError> {
        let shares = |other: &Stored| {
            other.key.application == stored.key.application
                && other.key.registry == stored.key.registry
                && other.key.environment != stored.key.environment
                && other.id == stored.id
                && other.secret.is_some()
                && stored.secret.is_some()
        };
        self.whole(|store| {
            for other in store.list()?.into_iter().filter(shares) {
                store.write(&Stored { secret: stored.secret.clone(), ..other })?;
            }
            store.write(stored)?;
            store.close(&stored.key)
        })
    }

    /// All that `work` writes, or nothing: where it fails or the process ends, nothing was written.
    pub(super) fn whole<T, E: From<StoreError>>(&mut self, work: impl FnOnce(&Self) -> Result<T, E>) -> Result<T, E> {
        self.database.write(|| work(self))
    }

    /// Writes a credential, within a transaction.
    pub(super) fn write(&self, stored: &Stored) -> Result<(), StoreError> {
        let sealed = self.seal(stored)?;
        let Stored { key, id, registered, .. } = stored;
        let (environment, registry) = (key.environment.as_str(), &key.registry.0);
        self.database.execute(
            "INSERT OR REPLACE INTO credential
             (application, environment, registry, client_id, sealed_secret, registered, updated)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![key.application, environment, registry, id.as_str(), sealed, registered, now()],
        )?;
        Ok(())
    }

    /// Forgets the credential of `key`; says whether there was one. Where no environment has one of the application on that
    /// registry any more, a change of it that was under way is over.
    pub fn forget(&mut self, key: &Key) -> Result<bool, StoreError> {
        self.whole(|store| {
            let was = store.remove(key)?;
            let is_same =
                |other: &Stored| other.key.application == key.application && other.key.registry == key.registry;
            if !store.list()?.iter().any(is_same) {
                store.close(key)?;
            }
            Ok(was)
        })
    }

    /// Forgets a credential, within a transaction.
    pub(super) fn remove(&self, key: &Key) -> Result<bool, StoreError> {
        let sql = "DELETE FROM credential WHERE application = ?1 AND environment = ?2 AND registry = ?3";
        let of = params![key.application, key.environment.as_str(), key.registry.0];
        Ok(self.database.execute(sql, of)? > 0)
    }

    /// The active environment of a checkout.
    pub fn active_environment(&self, folder: &Path) -> Result<Option<EnvironmentName>, StoreError> {
        let of = [folder.to_string_lossy()];
        let read = |row: &Row<'_>| row.get::<_, String>("environment");
        let name = self.database.find(&CHECKOUT, "folder = ?1", of, read)?;
        name.map(|name| EnvironmentName::parse(&name).map_err(|e| self.database.row("an active environment", e)))
            .transpose()
    }

    /// Makes an environment the active one of a checkout.
    pub fn activate(&mut self, folder: &Path, environment: &EnvironmentName) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO checkout (folder, environment) VALUES (?1, ?2)";
        let of = params![folder.to_string_lossy(), environment.as_str()];
        self.whole(|store| store.database.execute(sql, of).map(drop))
    }

    /// The keyed fingerprint of a secret, comparable within this store.
    pub fn fingerprint(&self, secret: &ClientSecret) -> Fingerprint {
        secret.fingerprint(&self.database.key.derive("fingerprint"))
    }

    fn seal(&self, stored: &Stored) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(secret) = &stored.secret else { return Ok(None) };
        let sealed =
            self.database.key.seal(secret.expose().as_bytes(), &context(&stored.key, &stored.id), &mut OsRandom);
        sealed.map(Some).map_err(|e| self.database.row("a secret", e))
    }

    fn open_row(&self, raw: RawRow) -> Result<Stored, StoreError> {
        let what = format!("the credential of {} in {}", raw.application, raw.environment);
        let id = ClientId::parse(&raw.client_id).map_err(|e| self.database.row(&what, e))?;
        let environment = EnvironmentName::parse(&raw.environment).map_err(|e| self.database.row(&what, e))?;
        let key = Key { application: raw.application, environment, registry: RegistryIdentity(raw.registry) };
        let secret = match raw.sealed_secret {
            None => None,
            Some(sealed) => {
                let bytes = self.database.key.open(&sealed, &context(&key, &id))?;
                let text = std::str::from_utf8(&bytes).map_err(|e| self.database.row(&what, e))?;
                Some(ClientSecret::parse(text).map_err(|e| self.database.row(&what, e))?)
            }
        };
        Ok(Stored { key, id, secret, registered: raw.registered })
    }
}

struct RawRow {
    application: String,
    environment: String,
    registry: String,
    client_id: String,
    sealed_secret: Option<Vec<u8>>,
    registered: bool,
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<RawRow> {
    Ok(RawRow {
        application: row.get("application")?,
        environment: row.get("environment")?,
        registry: row.get("registry")?,
        client_id: row.get("client_id")?,
        sealed_secret: row.get("sealed_secret")?,
        registered: row.get("registered")?,
    })
}

fn context(key: &Key, id: &ClientId) -> String {
    format!("store/{}/{}/{}/{id}", key.application, key.environment, key.registry)
}

/// For columns.
pub(super) fn now() -> i64 {
    i64::try_from(clock::unix_seconds()).unwrap_or(i64::MAX)
}
