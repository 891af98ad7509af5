//! `SQLite` files as this crate keeps them: made whole or not at all, private, never mistaken for empty.
//!
//! A new file is built under a temporary name and linked to its own, so nobody ever sees a half-made one: a file that is
//! empty, cut or foreign is therefore an error and never "no credentials". Rollback journal (mode DELETE), because
//! switching a new file to WAL ignores the busy handler.
//!
//! "Not there" is believed of a database that has proven itself alone ([`super::proof`]): whoever looks for a row gets one that is
//! as it was written, or the proof that there is none. There is one way to write: all is proven before and marked after, in one
//! transaction, so that what differs then is what was changed within it.
//!
//! Must not: know what the tables mean.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Params, Row, Transaction, TransactionBehavior};

use super::home::Home;
use super::made::{self, exists};
use super::proof::{Depth, Proof, Table, Unproven, check_structure};
use super::seal::{SealError, SealKey, check_private};
use crate::host::file::{self, FileError};
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
    /// Its tables but `meta`, which is the same in all.
    pub(super) tables: &'static [Table],
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
    /// It was there once.
    #[error(
        "the {kind} {} is gone: {known}, and it is not there; nothing was made in its place, because a new {kind} would give \
         new credentials to applications that have some; restore it from a backup{anew}", path.display()
    )]
    Gone {
        /// "store", "registry".
        kind: &'static str,
        /// Where it was.
        path: PathBuf,
        /// Who knows that it was there.
        known: String,
        /// What to do where it is not wanted any more.
        anew: String,
    },
    /// It does not prove itself.
    #[error(
        "the {kind} {} is damaged: {problem}; nothing was made or changed, because a new {kind} would give new credentials \
         to applications that have some; restore it from a backup", path.display()
    )]
    Damaged {
        /// "store", "registry".
        kind: &'static str,
        /// The file.
        path: PathBuf,
        /// What was expected and found.
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
    pub(super) key: SealKey,
    schema: Schema,
    proof: Proof,
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
        if !is_there(home, name, schema)? {
            let key = home.key(random)?;
            create(&path, schema, &key, random)?;
            made::add(folder, name)?;
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
        if is_there(home, name, schema)? { Self::open(home, name, schema, random).map(Some) } else { Ok(None) }
    }

    fn open(home: &Home, name: &Path, schema: Schema, random: &mut dyn Randomness) -> Result<Self, DatabaseError> {
        let path = home.folder.join(name);
        private::check_own(&home.folder)?;
        check_private(&path)?;
        let key = home.key(random)?;
        let kind = schema.kind;
        let foreign = |problem: String| DatabaseError::Foreign { kind, path: path.clone(), problem };
        if fs::metadata(&path).map_err(FileError::on("inspect", &path))?.len() == 0 {
            return Err(foreign("it is empty".to_owned()));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let sqlite = failure(kind, "opened", &path);
        let connection = Connection::open_with_flags(&path, flags).map_err(&sqlite)?;
        connection.busy_timeout(BUSY).map_err(&sqlite)?;
        // A commit lasts once its journal's name is gone. Without this the folder is not synced, and a power loss takes back
        // what was reported as done (https://sqlite.org/pragma.html#pragma_synchronous).
        connection.pragma_update(None, "synchronous", "EXTRA").map_err(&sqlite)?;
        // Old values are overwritten in the file, not only unlinked.
        connection.pragma_update(None, "secure_delete", true).map_err(&sqlite)?;
        let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0)).map_err(&sqlite);
        if pragma("application_id")? != schema.application_id {
            return Err(foreign("it is another program's database, or a damaged one".to_owned()));
        }
        let version = pragma("user_version")?;
        if version > schema.version {
            let expected = schema.version;
            return Err(foreign(format!("its version is {version}, this program knows version {expected} and older")));
        }
        if version < 1 {
            return Err(foreign(format!("its version is {version}, the first one is 1")));
        }
        if !opens(&connection, &key).map_err(&sqlite)? {
            return Err(foreign(home.other_key()));
        }
        let proof = Proof::of(&key);
        let database = Self { connection, path: path.clone(), key, schema, proof };
        if version < schema.version {
            database.migrate()?;
        }
        sweep_abandoned(&path);
        sweep_abandoned(&home.key_file());
        sweep_abandoned(&made::list(&home.folder));
        // Made by a version without a list, or by a process that was killed then. Where nothing can be written, nothing is
        // made anew either.
        if !made::is_listed(&home.folder, name)? {
            let _ = made::add(&home.folder, name);
        }
        Ok(database)
    }

    /// The row of `table` that `condition` finds, as it was written; or the proof that there is none. More than one is an
    /// error of whoever asks.
    pub(super) fn find<T>(
        &self,
        table: &Table,
        condition: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, DatabaseError> {
        let failed = self.failed("read");
        let state = self.state()?;
        let sql = format!("SELECT {} FROM {} NOT INDEXED WHERE {condition}", table.selected(), table.name);
        let mut statement = self.connection.prepare(&sql).map_err(&failed)?;
        let mut rows = statement.query(params).map_err(&failed)?;
        let found = match rows.next().map_err(&failed)? {
            Some(row) => {
                if state.is_some() {
                    self.proof.check_row(table, row).map_err(|unproven| self.unproven(unproven))?;
                }
                Some(read(row).map_err(&failed)?)
            }
            None => None,
        };
        if found.is_none() && state.is_some() {
            self.prove(Depth::Rows)?;
        }
        Ok(found)
    }

    /// The rows of `table` that `rest` chooses and orders, of a database that has proven itself.
    pub(super) fn all<T>(
        &self,
        table: &Table,
        rest: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, DatabaseError> {
        let failed = self.failed("read");
        if let Some(_state) = self.state()? {
            self.prove(Depth::Rows)?;
            return self.chosen(table, rest, params, read).map_err(failed);
        }
        self.chosen(table, rest, params, read).map_err(failed)
    }

    fn chosen<T>(
        &self,
        table: &Table,
        rest: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        let mut statement =
            self.connection.prepare(&format!("SELECT {} FROM {} NOT INDEXED {rest}", table.selected(), table.name))?;
        statement.query_map(params, read)?.collect()
    }

    /// All that `work` writes, or nothing. The database has proven itself before, and is marked as it is then.
    pub(super) fn write<T, E: From<DatabaseError>>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let _section = interrupt::section();
        let failed = self.failed("written");
        // Unchecked: that none is open already is seen here, where all are begun, and `SQLite` refuses a second one.
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate);
        let transaction = transaction.map_err(&failed)?;
        self.prove(Depth::Whole)?;
        let done = work()?;
        self.proof.stamp(&self.connection, self.schema.tables).map_err(&failed)?;
        transaction.commit().map_err(&failed)?;
        Ok(done)
    }

    /// Writes one statement, and says how many rows it changed.
    pub(super) fn execute(&self, sql: &str, params: impl Params) -> Result<usize, DatabaseError> {
        self.connection.execute(sql, params).map_err(self.failed("written"))
    }

    /// One state of the database for several questions; none within a transaction that writes, which has proven everything.
    fn state(&self) -> Result<Option<Transaction<'_>>, DatabaseError> {
        if !self.connection.is_autocommit() {
            return Ok(None);
        }
        let state = Transaction::new_unchecked(&self.connection, TransactionBehavior::Deferred);
        state.map(Some).map_err(self.failed("read"))
    }

    fn prove(&self, depth: Depth) -> Result<(), DatabaseError> {
        let proven = self.proof.check(&self.connection, self.schema.tables, depth);
        proven.map_err(|unproven| self.unproven(unproven))
    }

    fn unproven(&self, unproven: Unproven) -> DatabaseError {
        match unproven {
            Unproven::Sqlite(error) => self.failed("read")(error),
            Unproven::Damaged(problem) => {
                DatabaseError::Damaged { kind: self.schema.kind, path: self.path.clone(), problem }
            }
        }
    }

    /// Brings an older version to this one, whole or not at all. Of two processes at once, one does it.
    fn migrate(&self) -> Result<(), DatabaseError> {
        let _section = interrupt::section();
        let failed = self.failed("brought to this version");
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate);
        let transaction = transaction.map_err(&failed)?;
        let version =
            || transaction.pragma_query_value(None, "user_version", |row| row.get::<_, i32>(0)).map_err(&failed);
        let before = version()?;
        let tables: Vec<Table> = self.schema.tables.iter().copied().filter(|table| table.since <= before).collect();
        if tables.is_empty() {
            // Of a version that proved nothing: all that can be asked is whether it is sound, and that it is so old.
            check_structure(&self.connection).map_err(|unproven| self.unproven(unproven))?;
            let sql = "SELECT count(*) FROM meta NOT INDEXED WHERE name = 'head'";
            if transaction.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(&failed)? > 0 {
                let problem = format!("its version says {before}, and it has what later ones have");
                return Err(self.unproven(Unproven::Damaged(problem)));
            }
        } else {
            let proven = self.proof.check(&self.connection, &tables, Depth::Whole);
            proven.map_err(|unproven| self.unproven(unproven))?;
        }
        for (from, sql) in self.schema.older {
            if version()? == *from {
                transaction.execute_batch(sql).map_err(&failed)?;
                transaction.pragma_update(None, "user_version", from + 1).map_err(&failed)?;
            }
        }
        self.proof.stamp(&self.connection, self.schema.tables).map_err(&failed)?;
        transaction.commit().map_err(&failed)
    }

    /// For `map_err` on an operation of this database.
    pub(super) fn failed(&self, operation: &'static str) -> impl Fn(rusqlite::Error) -> DatabaseError + use<> {
        failure(self.schema.kind, operation, &self.path)
    }

    /// For a row that cannot be.
    pub(super) fn row(&self, what: impl Into<String>, problem: impl std::fmt::Display) -> DatabaseError {
        let (kind, path) = (self.schema.kind, self.path.clone());
        DatabaseError::Row { kind, path, what: what.into(), problem: problem.to_string() }
    }
}

/// Whether a database is there; one that was made once and is gone is an error.
fn is_there(home: &Home, name: &Path, schema: Schema) -> Result<bool, DatabaseError> {
    let path = home.folder.join(name);
    // An environment's name is a file's.
    file::check_name(&path).map_err(FileError::on("use", &path))?;
    if exists(&path)? {
        return Ok(true);
    }
    // It is listed after it has its name, so one that another process has just made is there by now.
    if !made::is_listed(&home.folder, name)? || exists(&path)? {
        return Ok(exists(&path)?);
    }
    let list = made::list(&home.folder);
    let known = format!("{} names it", list.display());
    let anew = format!(", or take its line out of {} to begin anew on purpose", list.display());
    Err(DatabaseError::Gone { kind: schema.kind, path, known, anew })
}

/// For `map_err` on an operation of a database. A damage is one, whatever was being done.
fn failure(
    kind: &'static str,
    operation: &'static str,
    path: &Path,
) -> impl Fn(rusqlite::Error) -> DatabaseError + use<> {
    let path = path.to_owned();
    move |source| match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            DatabaseError::Damaged { kind, path: path.clone(), problem: source.to_string() }
        }
        _ => DatabaseError::Sqlite { kind, operation, path: path.clone(), source },
    }
}

/// Refuses a key that did not seal this database.
pub(super) fn check_key(home: &Home, path: &Path, key: &SealKey) -> Result<(), DatabaseError> {
    let kind = "database";
    let sqlite = failure(kind, "read", path);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(&sqlite)?;
    connection.busy_timeout(BUSY).map_err(&sqlite)?;
    if opens(&connection, key).map_err(&sqlite)? {
        return Ok(());
    }
    Err(DatabaseError::Foreign { kind, path: path.to_owned(), problem: home.other_key() })
}

/// Whether this key sealed it.
fn opens(connection: &Connection, key: &SealKey) -> rusqlite::Result<bool> {
    let sql = "SELECT value FROM meta NOT INDEXED WHERE name = 'key_check'";
    let check: Option<Vec<u8>> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
    Ok(check.as_deref() == Some(&key.derive("key check")[..]))
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
    Proof::of(key).stamp(&connection, schema.tables).map_err(sqlite)?;
    connection.close().map_err(|(_, source)| sqlite(source))
}
