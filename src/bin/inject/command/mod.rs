//! One file per subcommand.
//!
//! Must not: hold what two commands share; that belongs to `settings` or the library.

pub mod credential;
pub mod env;
pub mod identify;
pub mod inspect;
pub mod main_job;
pub mod register;
pub mod registry;
pub mod verify;
