//! Fuzz bodies: plain functions over arbitrary bytes, which ordinary tests and the fuzzer run.

pub mod apple;
pub mod credential;
pub mod dex;
pub mod genexus;
pub mod inflate;
pub mod javascript;
pub mod metamorphic;
pub mod project;
pub mod resources;
pub mod signatures;
pub mod site;
