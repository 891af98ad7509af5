//! Client credentials: their types, the store, the registries, and the two flows (look up, obtain).
//!
//! Must not: know artifacts or formats of artifacts.

pub mod backup;
pub mod change;
mod database;
pub mod environment;
pub mod home;
pub mod id;
pub mod intent;
pub mod keeping;
pub mod ledger;
pub mod lookup;
mod made;
pub mod obtain;
pub mod probe;
mod proof;
pub mod registry;
pub mod seal;
pub mod secret;
#[cfg(feature = "serve")]
pub mod serving;
pub mod store;

pub use database::DatabaseError;
pub use environment::{EnvironmentName, InvalidName};
pub use id::{ClientId, InvalidClientId};
pub use secret::{ClientSecret, Fingerprint, InvalidSecret};

/// Client Id and optional Client Secret of one application in one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Public.
    pub id: ClientId,
    /// Absent for a public client.
    pub secret: Option<ClientSecret>,
}
