//! What the fuzz targets share: the bodies, which lie in `tests/fuzz_bodies` because ordinary tests run them too, and the
//! program's reader of `inject.toml`.
#![allow(dead_code, unused_imports, clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../../tests/fuzz_bodies/mod.rs"]
pub mod fuzz_bodies;

/// The builders of the tests, under the name that bodies know them by.
#[path = "../../tests/format"]
mod format {
    pub mod build {
        pub mod dex;
        pub mod zip;
    }
}

/// The program's modules, which find each other at the root of their crate.
#[path = "../../src/bin/inject"]
mod program {
    pub mod args;
    pub mod carried;
    pub mod command;
    pub mod events;
    pub mod exit;
    pub mod features;
    pub mod hooks;
    pub mod progress;
    pub mod render;
    pub mod results;
    pub mod settings;
    pub mod statements;
    pub mod suggest;
    pub mod summary;
    pub mod targets;
    pub mod units;
    pub mod usage;
    pub mod variables;
}
use program::{
    args, carried, command, events, exit, features, hooks, progress, render, results, settings, statements, suggest, summary, targets,
    units, usage, variables,
};

/// What is wrong with a configuration, as the program prints it.
pub fn config_problems(text: &str) -> Result<(), Vec<String>> {
    match settings::config::Config::parse("inject.toml".into(), text) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.lines()),
    }
}
