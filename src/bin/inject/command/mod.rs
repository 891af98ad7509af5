//! One file per subcommand, with its arguments beside it in `args`.
//!
//! Must not: hold what two commands share; that belongs to `settings` or the library.

pub mod credential;
pub mod doctor;
pub mod env;
pub mod hook;
pub mod identify;
pub mod init;
pub mod inspect;
pub mod main_job;
pub mod man;
pub mod register;
pub mod registry;
pub mod scan;
pub mod verify;
