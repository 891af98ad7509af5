//! What the store keeps for registries that say things once: registration tokens, secrets that are shown at registration
//! alone, and registrations that were begun.
//!
//! A registry announces a registration before it sends it and keeps the answer before anybody uses it. Who is killed
//! between the two leaves the announcement behind: the next run reports exactly what may exist without anybody knowing it.
//!
//! Must not: ask a registry.

use std::fmt;
use std::time::Duration;

use rusqlite::params;
use zeroize::Zeroizing;

use super::database::{Database, DatabaseError};
use super::proof::Table;
use super::store::{Key, Store, now};
use super::{ClientId, ClientSecret};
use crate::format::calendar::Civil;
use crate::host::lock::{self, Lock};
use crate::host::random::OsRandom;

/// How long a process waits for another one that registers the same application: that one waits for a server.
const PATIENCE: Duration = Duration::from_mins(3);

/// The tables, from version 2 of the store on.
pub(super) const SCHEMA: &str = "
    CREATE TABLE registration (
        application TEXT NOT NULL,
        registry TEXT NOT NULL,
        client_id TEXT NOT NULL,
        sealed_secret BLOB,
        expires INTEGER,
        address TEXT,
        sealed_token BLOB,
        updated INTEGER NOT NULL,
        PRIMARY KEY (application, registry)
    ) STRICT;
    CREATE TABLE pending (
        application TEXT NOT NULL,
        registry TEXT NOT NULL,
        environment TEXT NOT NULL,
        name TEXT NOT NULL,
        endpoint TEXT NOT NULL,
        started INTEGER NOT NULL,
        PRIMARY KEY (application, registry)
    ) STRICT;
";

/// What registries said, in the store.
pub(super) const REGISTRATION: Table = Table {
    name: "registration",
    plural: "registrations",
    since: 3,
    columns: &[
        "application",
        "registry",
        "client_id",
        "sealed_secret",
        "expires",
        "address",
        "sealed_token",
        "updated",
    ],
};
/// What was sent to them, and not answered.
pub(super) const PENDING: Table = Table {
    name: "pending",
    plural: "registrations under way",
    since: 3,
    columns: &["application", "registry", "environment", "name", "endpoint", "started"],
};

/// Where a registration is managed, and with which token (RFC 7592): sent nowhere else.
#[derive(Clone, PartialEq, Eq)]
pub struct Management {
    /// The address, `registration_client_uri`.
    pub address: String,
    /// The registration access token.
    pub token: Zeroizing<String>,
}

impl fmt::Debug for Management {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Management").field("address", &self.address).finish_non_exhaustive()
    }
}

/// What a registry said last of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The Client Id.
    pub id: ClientId,
    /// The secret, where one was shown.
    pub secret: Option<ClientSecret>,
    /// When it ends, in seconds since 1970.
    pub expires: Option<u64>,
    /// How the registration is managed, where the registry lets it be.
    pub management: Option<Management>,
}

/// A registration that was sent, and whose answer is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The application, as `software_id`.
    pub application: String,
    /// The environment, as `software_version`.
    pub environment: String,
    /// The name, as `client_name`.
    pub name: String,
    /// Where it was sent.
    pub endpoint: String,
    /// When, in seconds since 1970.
    pub started: u64,
}

impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { application, environment, name, endpoint, started } = self;
        write!(
            f,
            "{endpoint} may hold a client that nobody here knows the id of: client_name {name:?}, software_id \
             {application:?}, software_version {environment:?}, registered about {}",
            Civil::of(*started).rfc3339()
        )
    }
}

/// The ledger of one application on one registry.
pub trait Ledger {
    /// Waits until nobody else registers or changes this application here, and keeps others waiting until the lock is dropped.
    fn lock(&self) -> Result<Lock, DatabaseError>;

    /// What the registry said last.
    fn held(&self) -> Result<Option<Held>, DatabaseError>;

    /// A registration whose answer is not known.
    fn pending(&self) -> Result<Option<Pending>, DatabaseError>;

    /// A registration is about to be sent.
    fn announce(&mut self, pending: &Pending) -> Result<(), DatabaseError>;

    /// An answer, durable when this returns; nothing is pending any more.
    fn keep(&mut self, held: &Held) -> Result<(), DatabaseError>;

    /// The registry certainly registered nothing, or a person looked after it.
    fn settle(&mut self) -> Result<(), DatabaseError>;

    /// The registration is gone.
    fn drop_held(&mut self) -> Result<(), DatabaseError>;
}

/// The ledger in the store.
#[derive(Debug)]
pub struct StoreLedger<'s> {
    store: &'s mut Store,
    key: Key,
}

impl Store {
    /// The ledger of the application of `key` on its registry.
    pub fn ledger(&mut self, key: &Key) -> StoreLedger<'_> {
        StoreLedger { key: key.clone(), store: self }
    }
}

impl StoreLedger<'_> {
    fn database(&self) -> &Database {
        &self.store.database
    }

    fn delete(&mut self, table: &str) -> Result<(), DatabaseError> {
        let sql = format!("DELETE FROM {table} WHERE application = ?1 AND registry = ?2");
        let of = params![self.key.application, self.key.registry.0];
        self.store.whole(|store| store.database.execute(&sql, of).map(drop))
    }
}

impl Ledger for StoreLedger<'_> {
    fn lock(&self) -> Result<Lock, DatabaseError> {
        let database = self.database();
        let of = format!("{}\n{}", self.key.application, self.key.registry);
        let name: String = super::Fingerprint::of(of.as_bytes(), &database.key.derive("lock")).as_str().to_owned();
        let home = database.path.parent().unwrap_or(&database.path);
        Ok(lock::acquire(&home.join("locks").join(name), PATIENCE)?)
    }

    fn held(&self) -> Result<Option<Held>, DatabaseError> {
        read(self.database(), &self.key)
    }

    fn pending(&self) -> Result<Option<Pending>, DatabaseError> {
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Pending {
                application: self.key.application.clone(),
                environment: row.get("environment")?,
                name: row.get("name")?,
                endpoint: row.get("endpoint")?,
                started: u64::try_from(row.get::<_, i64>("started")?).unwrap_or(0),
            })
        };
        self.database().find(&PENDING, OF, params![self.key.application, self.key.registry.0], read)
    }

    fn announce(&mut self, pending: &Pending) -> Result<(), DatabaseError> {
        let sql = "INSERT OR REPLACE INTO pending (application, registry, environment, name, endpoint, started)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let started = i64::try_from(pending.started).unwrap_or(i64::MAX);
        let Pending { environment, name, endpoint, .. } = pending;
        let of = params![self.key.application, self.key.registry.0, environment, name, endpoint, started];
        self.store.whole(|store| store.database.execute(sql, of).map(drop))
    }

    fn keep(&mut self, held: &Held) -> Result<(), DatabaseError> {
        let key = &self.key;
        self.store.whole(|store| write(&store.database, key, held))
    }

    fn settle(&mut self) -> Result<(), DatabaseError> {
        self.delete("pending")
    }

    fn drop_held(&mut self) -> Result<(), DatabaseError> {
        self.delete("registration")
    }
}

/// Which row is an application's on a registry.
pub(super) const OF: &str = "application = ?1 AND registry = ?2";

/// What the registry of `key` said last of its application.
pub(super) fn read(database: &Database, key: &Key) -> Result<Option<Held>, DatabaseError> {
    type Row = (String, Option<Vec<u8>>, Option<i64>, Option<String>, Option<Vec<u8>>);
    let read = |row: &rusqlite::Row<'_>| {
        let (id, secret) = (row.get("client_id")?, row.get("sealed_secret")?);
        Ok((id, secret, row.get("expires")?, row.get("address")?, row.get("sealed_token")?))
    };
    let row: Option<Row> = database.find(&REGISTRATION, OF, params![key.application, key.registry.0], read)?;
    let Some((id, secret, expires, address, token)) = row else { return Ok(None) };
    let what = || format!("the registration of {}", key.application);
    let id = ClientId::parse(&id).map_err(|e| database.row(what(), e))?;
    let secret = open(database, &context(key, &id, "secret"), secret)?;
    let secret = secret.map(|text| ClientSecret::parse(&text)).transpose().map_err(|e| database.row(what(), e))?;
    let token = open(database, &context(key, &id, "token"), token)?;
    let management = address.zip(token).map(|(address, token)| Management { address, token });
    Ok(Some(Held { id, secret, expires: expires.and_then(|at| u64::try_from(at).ok()), management }))
}

/// Keeps what a registry said, within a transaction; nothing is pending any more.
pub(super) fn write(database: &Database, key: &Key, held: &Held) -> Result<(), DatabaseError> {
    let Held { id, secret, expires, management } = held;
    let secret = seal(database, &context(key, id, "secret"), secret.as_ref().map(ClientSecret::expose))?;
    let token = management.as_ref().map(|management| management.token.as_str());
    let token = seal(database, &context(key, id, "token"), token)?;
    let address = management.as_ref().map(|management| management.address.as_str());
    let expires = expires.and_then(|at| i64::try_from(at).ok());
    let (application, registry) = (&key.application, &key.registry.0);
    database.execute(
        "INSERT OR REPLACE INTO registration
         (application, registry, client_id, sealed_secret, expires, address, sealed_token, updated)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![application, registry, id.as_str(), secret, expires, address, token, now()],
    )?;
    let sql = "DELETE FROM pending WHERE application = ?1 AND registry = ?2";
    database.execute(sql, params![application, registry]).map(drop)
}

/// What a sealed value belongs to.
fn context(key: &Key, id: &ClientId, what: &str) -> String {
    format!("ledger/{}/{}/{id}/{what}", key.application, key.registry)
}

pub(super) fn seal(database: &Database, context: &str, value: Option<&str>) -> Result<Option<Vec<u8>>, DatabaseError> {
    let sealed = value.map(|value| database.key.seal(value.as_bytes(), context, &mut OsRandom)).transpose();
    sealed.map_err(|e| database.row("a value to seal", e))
}

pub(super) fn open(
    database: &Database,
    context: &str,
    sealed: Option<Vec<u8>>,
) -> Result<Option<Zeroizing<String>>, DatabaseError> {
    let Some(sealed) = sealed else { return Ok(None) };
    let bytes = database.key.open(&sealed, context)?;
    let text = std::str::from_utf8(&bytes).map_err(|e| database.row("a sealed value", e))?;
    Ok(Some(Zeroizing::new(text.to_owned())))
}

/// No ledger: for registries that can be asked again whatever happened, where there is no store.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoLedger;

impl Ledger for NoLedger {
    fn lock(&self) -> Result<Lock, DatabaseError> {
        Ok(Lock::nothing())
    }

    fn held(&self) -> Result<Option<Held>, DatabaseError> {
        Ok(None)
    }

    fn pending(&self) -> Result<Option<Pending>, DatabaseError> {
        Ok(None)
    }

    fn announce(&mut self, _: &Pending) -> Result<(), DatabaseError> {
        Ok(())
    }

    fn keep(&mut self, _: &Held) -> Result<(), DatabaseError> {
        Ok(())
    }

    fn settle(&mut self) -> Result<(), DatabaseError> {
        Ok(())
    }

    fn drop_held(&mut self) -> Result<(), DatabaseError> {
        Ok(())
    }
}
