//! Fuzz bodies: plain functions over arbitrary bytes, which ordinary tests and the fuzzer run.

pub mod aapt;
pub mod address;
pub mod apple;
pub mod archive;
pub mod choices;
pub mod config;
pub mod credential;
pub mod dex;
pub mod differential;
pub mod genexus;
pub mod inflate;
pub mod javascript;
pub mod keystores;
pub mod metamorphic;
pub mod nested;
pub mod project;
pub mod records;
pub mod resources;
pub mod signatures;
pub mod site;
pub mod splice;
