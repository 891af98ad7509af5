//! The embedded registry: one `SQLite` file per registry below the home, for one machine.
//!
//! Capability class A. `BEGIN IMMEDIATE` makes "register or give me what is there" one step for any number of processes.
//!
//! Must not: be read by anything but this module.

use std::path::{Path, PathBuf};

use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use super::{Application, Capability, Proposal, Registered, Registry, RegistryError, RegistryIdentity};
use crate::credential::database::{Database, DatabaseError, Schema};
use crate::credential::{ClientId, ClientSecret, EnvironmentName};
use crate::host::clock;
use crate::host::random::OsRandom;

const SCHEMA: Schema = Schema {
    kind: "registry",
    // "injR"
    application_id: 0x696e_6a52,
    version: 1,
    sql: "
        CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
        CREATE TABLE application (
            client_id TEXT PRIMARY KEY,
            application TEXT NOT NULL,
            name TEXT NOT NULL,
            sealed_secret BLOB,
            created INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX application_by_id ON application (application, created);
    ",
};

/// An embedded registry, by name. Its file is made by the first registration.
#[derive(Debug)]
pub struct Embedded {
    identity: RegistryIdentity,
    home: PathBuf,
    file: PathBuf,
}

impl Embedded {
    /// The registry `name` below `home`.
    pub fn new(home: &Path, name: &EnvironmentName) -> Self {
        Self {
            identity: RegistryIdentity(format!("embedded:{name}")),
            home: home.to_owned(),
            file: Path::new("registry").join(format!("{name}.db")),
        }
    }
}

impl Registry for Embedded {
    fn identity(&self) -> &RegistryIdentity {
        &self.identity
    }

    fn capability(&self) -> Capability {
        Capability::GetOrCreate
    }

    fn find(&mut self, application: &Application, id: Option<&ClientId>) -> Result<Option<Registered>, RegistryError> {
        let Some(mut database) = Database::open_existing(&self.home, &self.file, SCHEMA, &mut OsRandom)? else {
            return Ok(None);
        };
        let failed = database.failed("read");
        let transaction = database.connection.transaction().map_err(&failed)?;
        let found = match id {
            Some(id) => by_id(&transaction, id).map_err(&failed)?,
            None => by_application(&transaction, application).map_err(&failed)?,
        };
        transaction.finish().map_err(&failed)?;
        Ok(found.map(|row| row.open(&database)).transpose()?)
    }

    fn register(
        &mut self,
        application: &Application,
        id: &Proposal,
        secret: Option<&ClientSecret>,
        wants_secret: bool,
    ) -> Result<Registered, RegistryError> {
        let mut database = Database::open_or_create(&self.home, &self.file, SCHEMA, &mut OsRandom)?;
        let failed = database.failed("written");
        let key = database.key.clone();
        let behavior = TransactionBehavior::Immediate;
        let transaction = database.connection.transaction_with_behavior(behavior).map_err(&failed)?;
        let (Proposal::Known(proposed) | Proposal::Fresh(proposed)) = id;
        let mut existing = by_id(&transaction, proposed).map_err(&failed)?;
        if existing.is_none() && matches!(id, Proposal::Fresh(_)) {
            existing = by_application(&transaction, application).map_err(&failed)?;
        }
        let existed = existing.is_some();
        let client_id = existing.as_ref().map_or(proposed.as_str(), |row| &row.client_id).to_owned();
        let needs_secret = wants_secret && existing.as_ref().is_none_or(|row| row.sealed_secret.is_none());
        let sealed = if needs_secret {
            let new = match secret {
                Some(secret) => secret.clone(),
                None => ClientSecret::generate(&mut OsRandom)?,
            };
            Some(key.seal(new.expose().as_bytes(), &context(&client_id), &mut OsRandom)?)
        } else {
            None
        };
        let row = match existing {
            Some(mut row) => {
                if sealed.is_some() {
                    transaction
                        .execute(
                            "UPDATE application SET sealed_secret = ?2 WHERE client_id = ?1",
                            params![row.client_id, sealed],
                        )
                        .map_err(&failed)?;
                    row.sealed_secret = sealed;
                }
                row
            }
            None => {
                let created = i64::try_from(clock::unix_seconds()).unwrap_or(i64::MAX);
                transaction
                    .execute(
                        "INSERT INTO application (client_id, application, name, sealed_secret, created)
                         VALUES (?1, ?2, ?3, ?4, ?5)",
                        params![client_id, application.id, application.name, sealed, created],
                    )
                    .map_err(&failed)?;
                Row { client_id, sealed_secret: sealed }
            }
        };
        transaction.commit().map_err(&failed)?;
        Ok(Registered { existed, ..row.open(&database)? })
    }
}

struct Row {
    client_id: String,
    sealed_secret: Option<Vec<u8>>,
}

impl Row {
    fn open(self, database: &Database) -> Result<Registered, DatabaseError> {
        let what = || format!("the application {:?}", self.client_id);
        let id = ClientId::parse(&self.client_id).map_err(|e| database.row(what(), e))?;
        let secret = match &self.sealed_secret {
            None => None,
            Some(sealed) => {
                let bytes = database.key.open(sealed, &context(&self.client_id))?;
                let text = std::str::from_utf8(&bytes).map_err(|e| database.row(what(), e))?;
                Some(ClientSecret::parse(text).map_err(|e| database.row(what(), e))?)
            }
        };
        Ok(Registered { id, secret, existed: true })
    }
}

fn by_id(transaction: &Transaction<'_>, id: &ClientId) -> rusqlite::Result<Option<Row>> {
    let sql = "SELECT client_id, sealed_secret FROM application WHERE client_id = ?1";
    transaction.query_row(sql, [id.as_str()], read_row).optional()
}

/// The oldest registration of the application: the one that shipped apps carry.
fn by_application(transaction: &Transaction<'_>, application: &Application) -> rusqlite::Result<Option<Row>> {
    let sql = "SELECT client_id, sealed_secret FROM application WHERE application = ?1
               ORDER BY created, rowid LIMIT 1";
    transaction.query_row(sql, [&application.id], read_row).optional()
}

fn read_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row { client_id: row.get(0)?, sealed_secret: row.get(1)? })
}

fn context(client_id: &str) -> String {
    format!("registry/{client_id}")
}
