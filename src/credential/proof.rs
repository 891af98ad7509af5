//! What proves that a database is as it was written last: a code over each row, one over all of them, and their numbers.
//!
//! `SQLite` notices little of a damage: a flipped bit in an index, or a page that is cut, reads as "not there", and what is not
//! there is registered anew. So each row has a column `mac`, HMAC-SHA-256 (RFC 2104) over its table and every other column;
//! `meta` holds `head`, the same over the version and all of those codes in their order, and `counts`, for the message. Both
//! keys are derived from that of the home. What an older copy of a whole file was, this one does not tell from the newer.
//!
//! Must not: know what a column means, or look anything up by an index, which may be what is damaged.

use hmac::{Hmac, Mac};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, Statement, params};
use sha2::Sha256;

use super::seal::SealKey;
use super::secret::hmac;

/// A table whose rows are proven.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    /// Its name.
    pub(super) name: &'static str,
    /// What its rows are called, in messages.
    pub(super) plural: &'static str,
    /// The version of the schema from which on it is there, and proven.
    pub(super) since: i32,
    /// Its columns but `mac`. They are named to `SQLite` and never read from it: a name that is damaged is none then.
    pub(super) columns: &'static [&'static str],
}

impl Table {
    /// What selects a row with its code.
    pub(super) fn selected(&self) -> String {
        format!("{}, mac", self.columns.join(", "))
    }
}

/// How much is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Every row. Enough for who reads, for nothing is read by an index.
    Rows,
    /// Indices and free pages too: what is written goes by them.
    Whole,
}

/// Why it is not proven.
#[derive(Debug)]
pub(super) enum Unproven {
    /// It cannot be read.
    Sqlite(rusqlite::Error),
    /// Expected and found.
    Damaged(String),
}

impl From<rusqlite::Error> for Unproven {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// The codes of one database.
#[derive(Clone)]
pub(super) struct Proof {
    row: Hmac<Sha256>,
    head: Hmac<Sha256>,
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Proof(redacted)")
    }
}

impl Proof {
    /// With the key of a home.
    pub(super) fn of(key: &SealKey) -> Self {
        Self { row: hmac(&key.derive("row")), head: hmac(&key.derive("head")) }
    }

    /// Whether a row is as it was written: a statement over [`Table::selected`] has found it.
    pub(super) fn check_row(&self, table: &Table, row: &Row<'_>) -> Result<(), Unproven> {
        let found = self.code(table, 0, row)?;
        if mac(table, 0, row)?.as_deref() == Some(&found[..]) { Ok(()) } else { Err(changed(table)) }
    }

    /// Proves all rows of all tables.
    pub(super) fn check(&self, connection: &Connection, tables: &[Table], depth: Depth) -> Result<(), Unproven> {
        if depth == Depth::Whole {
            check_structure(connection)?;
        }
        let meta = |name| {
            let sql = "SELECT value FROM meta NOT INDEXED WHERE name = ?1";
            connection.query_row(sql, [name], |row| row.get::<_, Vec<u8>>(0)).optional()
        };
        let (head, counts) = (meta("head")?, meta("counts")?);
        let mut now = self.start(connection)?;
        let mut found = Vec::new();
        for table in tables {
            let mut statement = scan(connection, table)?;
            let mut rows = statement.query([])?;
            let mut codes = Vec::new();
            while let Some(row) = rows.next()? {
                let code = self.code(table, 1, row)?;
                if mac(table, 1, row)?.as_deref() != Some(&code[..]) {
                    return Err(changed(table));
                }
                codes.push(code);
            }
            now.table(table, &codes);
            found.push((table, codes.len()));
        }
        if head.as_deref() == Some(&now.code()[..]) {
            return Ok(());
        }
        let counts = counts.map(|counts| String::from_utf8_lossy(&counts).into_owned()).unwrap_or_default();
        let expected = |table: &Table| {
            let line = counts.lines().find_map(|line| line.strip_prefix(table.name)?.strip_prefix('='))?;
            line.parse::<usize>().ok()
        };
        let differs = found.iter().find_map(|(table, now)| {
            let expected = expected(table).filter(|expected| expected != now)?;
            Some(format!("{expected} {} were there, {now} are", table.plural))
        });
        Err(Unproven::Damaged(differs.unwrap_or_else(|| "what it holds is not what was written last".to_owned())))
    }

    /// Writes down what there is now, within the transaction that changed it.
    pub(super) fn stamp(&self, connection: &Connection, tables: &[Table]) -> rusqlite::Result<()> {
        let mut now = self.start(connection)?;
        let mut counts = String::new();
        for table in tables {
            let mut codes = Vec::new();
            let mut changed = Vec::new();
            {
                let mut statement = scan(connection, table)?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    let code = self.code(table, 1, row)?;
                    if mac(table, 1, row)?.as_deref() != Some(&code[..]) {
                        changed.push((row.get::<_, i64>(0)?, code));
                    }
                    codes.push(code);
                }
            }
            let mut update = connection.prepare(&format!("UPDATE {} SET mac = ?2 WHERE rowid = ?1", table.name))?;
            for (row, code) in changed {
                update.execute(params![row, &code[..]])?;
            }
            now.table(table, &codes);
            counts.extend([table.name, "=", &codes.len().to_string(), "\n"]);
        }
        let code = now.code();
        for (name, value) in [("counts", counts.as_bytes()), ("head", &code[..])] {
            // What is there already is not written again.
            let sql = "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE
                       SET value = excluded.value WHERE value <> excluded.value";
            connection.execute(sql, params![name, value])?;
        }
        Ok(())
    }

    fn start(&self, connection: &Connection) -> rusqlite::Result<Head> {
        let mut head = Head(self.head.clone());
        for name in ["application_id", "user_version"] {
            let value = connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0))?;
            put(&mut head.0, name, &value.to_be_bytes());
        }
        Ok(head)
    }

    /// Over the table's name, and name, type and value of each column but the code's own. They are in the row from `from` on.
    fn code(&self, table: &Table, from: usize, row: &Row<'_>) -> rusqlite::Result<[u8; 32]> {
        let mut mac = self.row.clone();
        put(&mut mac, "table", table.name.as_bytes());
        for (index, name) in table.columns.iter().enumerate() {
            put(&mut mac, "column", name.as_bytes());
            match row.get_ref(from + index)? {
                ValueRef::Null => put(&mut mac, "null", &[]),
                ValueRef::Integer(value) => put(&mut mac, "integer", &value.to_be_bytes()),
                ValueRef::Real(value) => put(&mut mac, "real", &value.to_bits().to_be_bytes()),
                ValueRef::Text(value) => put(&mut mac, "text", value),
                ValueRef::Blob(value) => put(&mut mac, "blob", value),
            }
        }
        Ok(mac.finalize().into_bytes().into())
    }
}

/// Asks `SQLite` whether its own structures hold.
pub(super) fn check_structure(connection: &Connection) -> Result<(), Unproven> {
    let said: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if said == "ok" { Ok(()) } else { Err(Unproven::Damaged(said)) }
}

fn changed(table: &Table) -> Unproven {
    Unproven::Damaged(format!("one of its {} is not as it was written", table.plural))
}

/// All rows in their order, each behind its number.
fn scan<'c>(connection: &'c Connection, table: &Table) -> rusqlite::Result<Statement<'c>> {
    connection.prepare(&format!("SELECT rowid, {} FROM {} NOT INDEXED ORDER BY rowid", table.selected(), table.name))
}

/// The code that a row has, behind its other columns; none where it is of another type.
fn mac(table: &Table, from: usize, row: &Row<'_>) -> rusqlite::Result<Option<Vec<u8>>> {
    let mac = row.get_ref(from + table.columns.len())?;
    Ok(mac.as_blob_or_null().ok().flatten().map(<[u8]>::to_vec))
}

/// The code over everything, as it grows.
struct Head(Hmac<Sha256>);

impl Head {
    fn table(&mut self, table: &Table, codes: &[[u8; 32]]) {
        put(&mut self.0, "table", table.name.as_bytes());
        put(&mut self.0, "rows", &(codes.len() as u64).to_be_bytes());
        for code in codes {
            self.0.update(code);
        }
    }

    fn code(self) -> [u8; 32] {
        self.0.finalize().into_bytes().into()
    }
}

/// A value with its type and its length before it, so that no two lists of values give the same bytes.
fn put(mac: &mut Hmac<Sha256>, kind: &str, value: &[u8]) {
    for part in [kind.as_bytes(), value] {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
}
