//! The embedded registry: one `SQLite` file per registry below the home, for one machine.
//!
//! Capability class A. `BEGIN IMMEDIATE` makes "register or give me what is there" one step for any number of processes.
//!
//! Must not: be read by anything but this module.

use std::path::{Path, PathBuf};

use rusqlite::params;

use super::directory::{Directory, Entry, open, seal};
use super::{Application, Capability, Proposal, Registered, Registry, RegistryError, RegistryIdentity, Wanted};
use crate::credential::database::{Database, DatabaseError, Schema};
use crate::credential::home::Home;
use crate::credential::ledger::Ledger;
use crate::credential::proof::Table;
use crate::credential::store::now;
use crate::credential::{ClientId, ClientSecret, EnvironmentName};
use crate::host::random::OsRandom;

const SCHEMA: Schema = Schema {
    kind: "registry",
    // "injR"
    application_id: 0x696e_6a52,
    version: 3,
    older: &[
        (1, "ALTER TABLE application ADD COLUMN revoked INTEGER"),
        (2, "ALTER TABLE application ADD COLUMN mac BLOB"),
    ],
    tables: &[APPLICATION],
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

const APPLICATION: Table = Table {
    name: "application",
    plural: "applications",
    since: 3,
    columns: &["client_id", "application", "name", "sealed_secret", "created", "revoked"],
};

/// An embedded registry, by name. Its file is made by the first registration.
#[derive(Debug)]
pub struct Embedded {
    identity: RegistryIdentity,
    home: Home,
    file: PathBuf,
    /// Whether this process has used it: one that goes away later was not never there.
    seen: bool,
}

impl Embedded {
    /// The registry `name` below `home`.
    pub fn new(home: impl Into<Home>, name: &EnvironmentName) -> Self {
        Self {
            identity: RegistryIdentity(format!("embedded:{name}")),
            home: home.into(),
            file: Path::new("registry").join(format!("{name}.db")),
            seen: false,
        }
    }

    /// The registry, if it was made.
    fn existing(&mut self) -> Result<Option<Database>, DatabaseError> {
        let database = Database::open_existing(&self.home, &self.file, SCHEMA, &mut OsRandom)?;
        if database.is_none() && self.seen {
            let (path, known) = (self.home.folder.join(&self.file), "this process has used it".to_owned());
            return Err(DatabaseError::Gone { kind: SCHEMA.kind, path, known, anew: String::new() });
        }
        self.seen |= database.is_some();
        Ok(database)
    }

    /// The application that is there, or a new one; within a transaction.
    fn get_or_create(&self, database: &Database, wanted: &Wanted<'_>) -> Result<Registered, RegistryError> {
        let application = wanted.application;
        let (_, proposed) = wanted.proposal.parts();
        let mut existing = by_id(database, proposed)?;
        if existing.is_none() && matches!(wanted.proposal, Proposal::Fresh(_)) {
            existing = by_application(database, application)?;
        }
        if existing.as_ref().is_some_and(|row| row.revoked.is_some()) {
            // Found by its id: by application only those are found that are not revoked.
            return Err(RegistryError::Revoked { registry: self.identity.clone(), id: proposed.clone() });
        }
        let existed = existing.is_some();
        let client_id = existing.as_ref().map_or(proposed.as_str(), |row| &row.client_id).to_owned();
        let needs_secret = wanted.wants_secret && existing.as_ref().is_none_or(|row| row.sealed_secret.is_none());
        let sealed = if needs_secret {
            let new = match wanted.secret {
                Some(secret) => secret.clone(),
                None => ClientSecret::generate(&mut OsRandom)?,
            };
            Some(seal(&database.key, &client_id, &new)?)
        } else {
            None
        };
        let row = match existing {
            Some(mut row) => {
                if sealed.is_some() {
                    let sql = "UPDATE application SET sealed_secret = ?2 WHERE client_id = ?1";
                    database.execute(sql, params![row.client_id, sealed])?;
                    row.sealed_secret = sealed;
                }
                row
            }
            None => {
                let created = now();
                database.execute(
                    "INSERT INTO application (client_id, application, name, sealed_secret, created)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![client_id, application.id, application.name, sealed, created],
                )?;
                let (application, name) = (application.id.clone(), application.name.clone());
                Row { client_id, application, name, sealed_secret: sealed, created, revoked: None }
            }
        };
        Ok(row.open(database)?.registered(existed))
    }

    /// The registry, made where it never was.
    fn made(&mut self) -> Result<Database, DatabaseError> {
        if let Some(database) = self.existing()? {
            return Ok(database);
        }
        let database = Database::open_or_create(&self.home, &self.file, SCHEMA, &mut OsRandom)?;
        self.seen = true;
        Ok(database)
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
        let Some(database) = self.existing()? else { return Ok(None) };
        let found = match id {
            Some(id) => by_id(&database, id)?,
            None => by_application(&database, application)?,
        };
        let found = found.filter(|row| row.revoked.is_none()).map(|row| row.open(&database)).transpose()?;
        Ok(found.map(|entry| entry.registered(true)))
    }

    fn register(&mut self, wanted: &Wanted<'_>, _: &mut dyn Ledger) -> Result<Registered, RegistryError> {
        let database = self.made()?;
        database.write(|| self.get_or_create(&database, wanted))
    }

    fn replace_secret(
        &mut self,
        _: &Application,
        id: &ClientId,
        secret: &ClientSecret,
    ) -> Result<Registered, RegistryError> {
        let Some(database) = self.existing()? else {
            return Err(RegistryError::Unknown { registry: self.identity.clone(), id: id.clone() });
        };
        let sealed = seal(&database.key, id.as_str(), secret)?;
        let sql = "UPDATE application SET sealed_secret = ?2 WHERE client_id = ?1 AND revoked IS NULL";
        if database.write(|| database.execute(sql, params![id.as_str(), sealed]))? == 0 {
            return Err(RegistryError::Unknown { registry: self.identity.clone(), id: id.clone() });
        }
        Ok(Registered { id: id.clone(), secret: Some(secret.clone()), existed: true, expires: None, application: None })
    }

    fn revoke(&mut self, _: &Application, id: &ClientId, _: &mut dyn Ledger) -> Result<bool, RegistryError> {
        self.revoke_entry(id)
    }
}

struct Row {
    client_id: String,
    application: String,
    name: String,
    sealed_secret: Option<Vec<u8>>,
    created: i64,
    revoked: Option<i64>,
}

impl Row {
    fn open(self, database: &Database) -> Result<Entry, DatabaseError> {
        let what = || format!("the application {:?}", self.client_id);
        let id = ClientId::parse(&self.client_id).map_err(|e| database.row(what(), e))?;
        let secret = self.sealed_secret.as_ref().map(|sealed| open(&database.key, &self.client_id, sealed));
        let secret = secret.transpose().map_err(|problem| database.row(what(), problem))?;
        let moment = |at: i64| u64::try_from(at).unwrap_or(0);
        let Self { application, name, created, revoked, .. } = self;
        Ok(Entry { id, application, name, secret, created: moment(created), revoked: revoked.map(moment) })
    }
}

impl Directory for Embedded {
    fn revoke_entry(&mut self, id: &ClientId) -> Result<bool, RegistryError> {
        let Some(database) = self.existing()? else {
            return Ok(false);
        };
        // What is revoked has no use for its secret any more; its id is never given again.
        let sql = "UPDATE application SET revoked = ?2, sealed_secret = NULL WHERE client_id = ?1 AND revoked IS NULL";
        Ok(database.write(|| database.execute(sql, params![id.as_str(), now()]))? > 0)
    }

    fn entry(&mut self, id: &ClientId) -> Result<Option<Entry>, RegistryError> {
        let Some(database) = self.existing()? else { return Ok(None) };
        Ok(by_id(&database, id)?.map(|row| row.open(&database)).transpose()?)
    }

    fn entries(&mut self) -> Result<Vec<Entry>, RegistryError> {
        let Some(database) = self.existing()? else { return Ok(Vec::new()) };
        let rows = database.all(&APPLICATION, "ORDER BY application, created, rowid", [], read_row)?;
        rows.into_iter().map(|row| Ok(row.open(&database)?)).collect()
    }
}

fn by_id(database: &Database, id: &ClientId) -> Result<Option<Row>, DatabaseError> {
    database.find(&APPLICATION, "client_id = ?1", [id.as_str()], read_row)
}

/// The oldest registration of the application: the one that shipped apps carry.
fn by_application(database: &Database, application: &Application) -> Result<Option<Row>, DatabaseError> {
    let rest = "WHERE application = ?1 AND revoked IS NULL ORDER BY created, rowid LIMIT 1";
    Ok(database.all(&APPLICATION, rest, [&application.id], read_row)?.into_iter().next())
}

fn read_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        client_id: row.get("client_id")?,
        application: row.get("application")?,
        name: row.get("name")?,
        sealed_secret: row.get("sealed_secret")?,
        created: row.get("created")?,
        revoked: row.get("revoked")?,
    })
}
