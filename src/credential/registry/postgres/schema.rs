//! The tables of a team's registry: made and brought to this version by `inject registry init`, checked by everybody else.
//!
//! Must not: read or write an application.

use postgres::error::SqlState;
use postgres::{Client, GenericClient};

/// The version this program knows.
const VERSION: i32 = 1;

/// What makes each version of the one before. Version 0 is nothing.
const STEPS: [&str; 1] = ["
    CREATE TABLE inject.application (
        client_id text PRIMARY KEY,
        application text NOT NULL,
        name text NOT NULL,
        sealed_secret bytea,
        created timestamptz NOT NULL DEFAULT now(),
        revoked timestamptz
    );
    CREATE INDEX application_by_id ON inject.application (application, created);
"];

/// The lowest version of the server, as `server_version_num` counts.
const LOWEST_SERVER: i32 = 130_000;

/// Why a database is not usable.
#[derive(Debug, thiserror::Error)]
pub(super) enum SchemaError {
    /// The database says no.
    #[error(transparent)]
    Database(#[from] postgres::Error),
    /// No tables.
    #[error(
        "the database has no registry of inject; make it, once, as a role that may create a schema: inject registry init"
    )]
    Missing,
    /// Another version.
    #[error("the registry in the database has version {found}, this program knows version {VERSION}; {remedy}")]
    Version {
        /// What is there.
        found: i32,
        /// What to do.
        remedy: &'static str,
    },
    /// Another key.
    #[error("the registry in the database was sealed with another key than the one given; give the team's key")]
    Key,
    /// An old server.
    #[error("the server is PostgreSQL {0}, 13 or later is needed")]
    Server(String),
}

/// Whether the tables are those that are known, and sealed with this key.
pub(super) fn check(client: &mut Client, key_check: &[u8]) -> Result<(), SchemaError> {
    let (version, check) = read(client)?.ok_or(SchemaError::Missing)?;
    if version != VERSION {
        let older = version < VERSION;
        let remedy = if older { "bring it to this one: inject registry init" } else { "use a newer inject" };
        return Err(SchemaError::Version { found: version, remedy });
    }
    if check == key_check { Ok(()) } else { Err(SchemaError::Key) }
}

fn read(client: &mut impl GenericClient) -> Result<Option<(i32, Vec<u8>)>, SchemaError> {
    match client.query_opt("SELECT version, key_check FROM inject.meta", &[]) {
        Ok(row) => Ok(row.map(|row| Ok::<_, postgres::Error>((row.try_get(0)?, row.try_get(1)?))).transpose()?),
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Makes the tables, or brings older ones here, whole or not at all. Of two at once, one does it. Says whether it did.
pub(super) fn init(client: &mut Client, key_check: &[u8]) -> Result<bool, SchemaError> {
    let row = client
        .query_one("SELECT current_setting('server_version_num')::int, current_setting('server_version')", &[])?;
    if row.try_get::<_, i32>(0)? < LOWEST_SERVER {
        return Err(SchemaError::Server(row.try_get(1)?));
    }
    let mut transaction = client.transaction()?;
    transaction.execute("SELECT pg_advisory_xact_lock(hashtextextended('inject/schema', 0))", &[])?;
    let there: bool = transaction.query_one("SELECT to_regclass('inject.meta') IS NOT NULL", &[])?.try_get(0)?;
    if !there {
        transaction.batch_execute(
            "CREATE SCHEMA IF NOT EXISTS inject;
             CREATE TABLE inject.meta (version integer NOT NULL, key_check bytea NOT NULL);
             CREATE UNIQUE INDEX one_row ON inject.meta ((true));",
        )?;
        transaction.execute("INSERT INTO inject.meta (version, key_check) VALUES (0, $1)", &[&key_check])?;
    }
    let (version, check) = read(&mut transaction)?.ok_or(SchemaError::Missing)?;
    if check != key_check {
        return Err(SchemaError::Key);
    }
    if version > VERSION {
        return Err(SchemaError::Version { found: version, remedy: "use a newer inject" });
    }
    let missing = STEPS.get(usize::try_from(version).unwrap_or(0)..).unwrap_or_default();
    for step in missing {
        transaction.batch_execute(step)?;
    }
    transaction.execute("UPDATE inject.meta SET version = $1", &[&VERSION])?;
    transaction.commit()?;
    Ok(!missing.is_empty())
}
