//! One file per subcommand.
//!
//! Must not: hold what two commands share; that belongs to `settings` or the library.

pub mod attest;
pub mod backup;
pub mod credential;
pub mod doctor;
pub mod env;
mod given;
pub mod hook;
pub mod identify;
pub mod init;
pub mod inspect;
pub mod key;
pub mod main_job;
pub mod man;
pub mod mask;
pub mod probe;
pub mod register;
pub mod registry;
pub mod scan;
#[cfg(feature = "serve")]
pub mod serve;
pub mod verify;
