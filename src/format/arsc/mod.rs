//! Compiled resource tables, `resources.arsc` (`ResTable_header` and what follows in AOSP `ResourceTypes.h`): read in
//! place, and string resources edited with every other byte kept.
//!
//! * `parse`: chunks -> packages -> type chunks -> entries, all offsets checked.
//! * `config`: qualifiers as people and aapt write them.
//! * `lookup`: names and ids -> values per configuration.
//! * `edit`: new values of string resources; `create`: new string resources.
//! * `dump`: a table as text, for fixtures and differences.
//!
//! Must not: guess which of several meanings was intended (it reports what is there), or rename anything.

mod config;
mod create;
mod dump;
mod edit;
mod lookup;
mod parse;

pub use config::Config;
pub use dump::dump;
pub use edit::{StringEdit, edit};
pub use lookup::{Found, Value};
pub use parse::{Package, Table};

use super::chunk::ChunkError;
use super::splice::SpliceError;
use super::string_pool::PoolError;

/// Why a table cannot be read or edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArscError {
    /// The bytes are not a table.
    #[error(transparent)]
    Malformed(#[from] ChunkError),
    /// A string pool cannot be read or written.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// Parts of the table overlap, so that one cannot be changed alone.
    #[error(transparent)]
    Overlap(#[from] SpliceError),
    /// No such resource, or not in that configuration.
    #[error("no resource {kind}/{name}{}; check the name, or create it first", at_config(.config.as_deref()))]
    NotFound {
        /// Type name.
        kind: String,
        /// Entry name.
        name: String,
        /// The configuration that was asked for.
        config: Option<String>,
    },
    /// The resource holds something else than a plain string.
    #[error(
        "string/{name} in configuration {config}, entry at offset {offset}: expected a plain string, found {found}; not \
         a plain string, so it is not replaced"
    )]
    NotPlainString {
        /// Entry name.
        name: String,
        /// Its configuration.
        config: String,
        /// Where the entry is.
        offset: usize,
        /// What is there.
        found: String,
    },
    /// Two edits want different values in one place.
    #[error("two different values for string/{name} in configuration {config}; give one")]
    Conflict {
        /// Entry name.
        name: String,
        /// Its configuration.
        config: String,
    },
    /// The resource cannot be created in this table.
    #[error(
        "string/{name} cannot be created: {reason}; declare a placeholder in the application's strings.xml instead"
    )]
    CannotCreate {
        /// Entry name.
        name: String,
        /// Why not.
        reason: String,
    },
    /// More values than any real resource has.
    #[error("{kind}/{name} has more than {limit} values, or too much text in them; no real table does")]
    TooMany {
        /// Type name.
        kind: String,
        /// Entry name.
        name: String,
        /// The limit.
        limit: usize,
    },
}

fn at_config(config: Option<&str>) -> String {
    config.map(|config| format!(" in configuration {config}")).unwrap_or_default()
}
