//! `inject::sign`.

pub mod apple;
pub mod assemble;
mod debug_key;
mod keystore;
mod lineage;
pub mod package;
