//! The outside world: files, clock, randomness. Every effect of the library goes through here.
//!
//! Must not: know formats, credentials or policy.

pub mod clock;
pub mod command;
pub mod file;
pub mod folder;
pub mod git;
pub mod given;
pub mod http;
pub mod interrupt;
pub mod keyring;
pub mod lock;
pub mod names;
pub mod private;
pub mod process;
pub mod random;
pub mod replacement;
pub mod rights;
#[cfg(feature = "serve")]
pub mod server;
pub mod sharing;
pub mod sink;
pub mod transaction;
pub mod workers;
