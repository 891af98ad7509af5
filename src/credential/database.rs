//! `SQLite` files as this crate keeps them: made whole or not at all, private, never mistaken for empty.
//!
//! A new file is built under a temporary name and linked to its own, so nobody ever sees a half-made one: a file that is
//! empty, cut or foreign is therefore an error and never "no credentials". Rollback journal (mode DELETE), because
//! switching a new file to WAL ignores the busy handler.
//!
//! Must not: know what the tables mean.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};

use super::home::Home;
use super::seal::{SealError, SealKey, check_private};
use crate::host::file::FileError;
use crate::host::interrupt;
use crate::host::private;
use crate::host::random::Randomness;
use crate::host::replacement::{Writers, create_held, sweep};

/// How long a writer waits for another one. A transaction here takes milliseconds.
const BUSY: Duration = Duration::from_secs(20);

/// What a file of one kind holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schema {
    /// "store", "registry": for messages.
    pub(super) kind: &'static str,
    /// `PRAGMA application_id`.
    pub(super) application_id: i32,
    /// `PRAGMA user_version`.
    pub(super) version: i32,
    /// What brings an older version one step on: the version it is for, and how.
    pub(super) older: &'static [(i32, &'static str)],
    /// Makes the tables of the first version.
    pub(super) sql: &'static str,
}

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// A file operation.
    #[error(transparent)]
    File(#[from] FileError),
    /// The key, or a sealed value.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// `SQLite` says no.
    #[error("the {kind} {} cannot be {operation}: {source}", path.display())]
    Sqlite {
        /// "store", "registry".
        kind: &'static str,
        /// "opened", "read", "written".
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: rusqlite::Error,
    },
    /// The file exists but is not one of ours.
    #[error(
        "{} is not a {kind} of inject: {problem}; nothing was made in its place, because a new {kind} would give new \
         credentials to applications that have some; restore it from a backup, or move it away on purpose", path.display()
    )]
    Foreign {
        /// "store", "registry".
        kind: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A row that this version cannot understand.
    #[error("the {kind} {} holds {what} that is not valid: {problem}", path.display())]
    Row {
        /// "store", "registry".
        kind: &'static str,
        /// The file.
        path: PathBuf,
        /// Which value.
        what: String,
        /// Why.
        problem: String,
    },
}

/// A database, open.
#[derive(Debug)]
pub(super) struct Database {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    pub(super) kind: &'static str,
    pub(super) key: SealKey,
}

impl Database {
    /// Opens `home/name`, or makes it.
    pub(super) fn open_or_create(
        home: &Home,
        name: &Path,
        schema: Schema,
        random: &mut dyn Randomness,
    ) -> Result<Self, DatabaseError> {
        let folder = &home.folder;
        let path = folder.join(name);
        private::folder(path.parent().unwrap_or(folder))?;
        private::folder(folder)?;
        if !exists(&path)? {
            let key = home.key(&[&folder.join("store.db")], random)?;
            create(&path, schema, &key, random)?;
        }
        Self::open(home, name, schema, random)
    }

    /// Opens `home/name` if it exists.
    pub(super) fn open_existing(
        home: &Home,
        name: &Path,
        schema: Schema,
        random: &mut dyn Randomness,
    ) -> Result<Option<Self>, DatabaseError> {
        if exists(&home.folder.join(name))? { Self::open(home, name, schema, random).map(Some) } else { Ok(None) }
    }

    fn open(home: &Home, name: &Path, schema: Schema, random: &mut dyn Randomness) -> Result<Self, DatabaseError> {
        let path = home.folder.join(name);
        private::check_own(&home.folder)?;
        check_private(&path)?;
        let key = home.key(&[&path], random)?;
        let kind = schema.kind;
        let foreign = |problem: String| DatabaseError::Foreign { kind, path: path.clone(), problem };
        if fs::metadata(&path).map_err(FileError::on("inspect", &path))?.len() == 0 {
            return Err(foreign("it is empty".to_owned()));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let sqlite = |source| DatabaseError::Sqlite { kind, operation: "opened", path: path.clone(), source };
        let mut connection = Connection::open_with_flags(&path, flags).map_err(sqlite)?;
        connection.busy_timeout(BUSY).map_err(sqlite)?;
        // Old values are overwritten in the file, not only unlinked.
        connection.pragma_update(None, "secure_delete", true).map_err(sqlite)?;
        let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0)).map_err(sqlite);
        if pragma("application_id")? != schema.application_id {
            return Err(foreign("it is another program's database, or a damaged one".to_owned()));
        }
        let version = pragma("user_version")?;
        if version > schema.version {
            let expected = schema.version;
            return Err(foreign(format!("its version is {version}, this program knows version {expected} and older")));
        }
        if !opens(&connection, &key).map_err(sqlite)? {
            return Err(foreign(home.other_key()));
        }
        if version < schema.version {
            migrate(&mut connection, schema).map_err(sqlite)?;
        }
        sweep_abandoned(&path);
        sweep_abandoned(&home.key_file());
        Ok(Self { connection, path, kind, key })
    }

    /// For `map_err` on an operation of this database.
    pub(super) fn failed(&self, operation: &'static str) -> impl Fn(rusqlite::Error) -> DatabaseError + use<> {
        let (kind, path) = (self.kind, self.path.clone());
        move |source| DatabaseError::Sqlite { kind, operation, path: path.clone(), source }
    }

    /// For a row that cannot be.
    pub(super) fn row(&self, what: impl Into<String>, problem: impl std::fmt::Display) -> DatabaseError {
        let (kind, path) = (self.kind, self.path.clone());
        DatabaseError::Row { kind, path, what: what.into(), problem: problem.to_string() }
    }
}

/// The databases of a home, whose key seals all of them.
pub(super) fn all_in(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let mut found = Vec::new();
    for folder in [folder.to_owned(), folder.join("registry")] {
        if !exists(&folder)? {
            continue;
        }
        for entry in fs::read_dir(&folder).map_err(FileError::on("list", &folder))? {
            let path = entry.map_err(FileError::on("list", &folder))?.path();
            let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if !hidden && path.extension().is_some_and(|extension| extension == "db") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Refuses a key that did not seal this database.
pub(super) fn check_key(home: &Home, path: &Path, key: &SealKey) -> Result<(), DatabaseError> {
    let kind = "database";
    let sqlite = |source| DatabaseError::Sqlite { kind, operation: "read", path: path.to_owned(), source };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(sqlite)?;
    connection.busy_timeout(BUSY).map_err(sqlite)?;
    if opens(&connection, key).map_err(sqlite)? {
        return Ok(());
    }
    Err(DatabaseError::Foreign { kind, path: path.to_owned(), problem: home.other_key() })
}

/// Whether this key sealed it.
fn opens(connection: &Connection, key: &SealKey) -> rusqlite::Result<bool> {
    let sql = "SELECT value FROM meta WHERE name = 'key_check'";
    let check: Option<Vec<u8>> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
    Ok(check.as_deref() == Some(&key.derive("key check")[..]))
}

/// Whether a file is there. A folder that cannot be looked into is an error, for it is not an empty one.
fn exists(path: &Path) -> Result<bool, FileError> {
    path.try_exists().map_err(FileError::on("look for", path))
}

fn create(path: &Path, schema: Schema, key: &SealKey, random: &mut dyn Randomness) -> Result<(), DatabaseError> {
    let _section = interrupt::section();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (temporary, held) = loop {
        let mut unique = [0; 8];
        random.fill(&mut unique).map_err(FileError::on("create", path))?;
        let temporary = path.with_file_name(format!(".{name}-{:016x}", u64::from_le_bytes(unique)));
        if let Some(file) = create_held(&temporary, Writers::Several)? {
            break (temporary, file);
        }
    };
    let built = private::keep(&temporary).map_err(DatabaseError::from).and_then(|()| build(&temporary, schema, key));
    let made = built.and_then(|()| match fs::hard_link(&temporary, path) {
        // The first of two processes wins; the other one opens the winner's.
        Err(error) if !path.exists() => Err(FileError::on("create", path)(error).into()),
        _ => Ok(()),
    });
    let _ = fs::remove_file(&temporary);
    let _ = fs::remove_file(journal(&temporary));
    // Until here nobody swept the name away; where a held file cannot be removed, not we either.
    drop(held);
    let _ = fs::remove_file(&temporary);
    made
}

/// Removes what a killed run left of a database that it was making.
fn sweep_abandoned(path: &Path) {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return };
    for temporary in sweep(folder, &format!(".{}-", name.to_string_lossy())) {
        let _ = fs::remove_file(journal(&temporary));
    }
}

/// Brings an older version to this one, whole or not at all. Of two processes at once, one does it.
fn migrate(connection: &mut Connection, schema: Schema) -> rusqlite::Result<()> {
    let _section = interrupt::section();
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (from, sql) in schema.older {
        let version: i32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version == *from {
            transaction.execute_batch(sql)?;
            transaction.pragma_update(None, "user_version", from + 1)?;
        }
    }
    transaction.commit()
}

/// The rollback journal of a database.
fn journal(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-journal");
    PathBuf::from(name)
}

/// Makes a database of an empty file.
fn build(path: &Path, schema: Schema, key: &SealKey) -> Result<(), DatabaseError> {
    let sqlite = |source| DatabaseError::Sqlite { kind: schema.kind, operation: "made", path: path.to_owned(), source };
    let connection = Connection::open(path).map_err(sqlite)?;
    connection.pragma_update(None, "application_id", schema.application_id).map_err(sqlite)?;
    connection.pragma_update(None, "user_version", schema.version).map_err(sqlite)?;
    connection.execute_batch(schema.sql).map_err(sqlite)?;
    for (_, sql) in schema.older {
        connection.execute_batch(sql).map_err(sqlite)?;
    }
    let check = key.derive("key check");
    connection.execute("INSERT INTO meta (name, value) VALUES ('key_check', ?1)", [&check[..]]).map_err(sqlite)?;
    connection.close().map_err(|(_, source)| sqlite(source))
}
