//! `inject::sign`.

pub mod apple;
pub mod assemble;
mod content_digest;
mod debug_key;
mod keystore;
mod lineage;
pub mod package;
