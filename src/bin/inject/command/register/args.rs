//! `inject register`, as typed.
//!
//! Must not: read a file or an environment variable, other than those clap shows in `--help`.

// Doc comments here are help texts, where backticks would show; options are independent yes-or-no questions.
#![allow(clippy::doc_markdown, clippy::struct_excessive_bools)]

use clap::{Args, ValueEnum};

/// What is registered, and how.
#[derive(Debug, Args)]
pub struct Register {
    /// The application: its key, id or name in inject.toml, else its id
    pub app: Option<String>,
    /// Ask the registry even where the store has an answer
    #[arg(long)]
    pub force: bool,
    /// A new application is an error
    #[arg(long = "no-register", id = "no_register")]
    pub never: bool,
    /// A new application is meant, also where the environment says register = "never"
    #[arg(long, conflicts_with = "no_register")]
    pub new: bool,
    /// Where store and registry differ: whose secret counts; asks the registry
    #[arg(long, value_enum, value_name = "WHO")]
    pub take: Option<Side>,
    /// Register anew although an earlier registration may have come through without its answer, after looking there
    #[arg(long, conflicts_with_all = ["no_register", "take", "force"])]
    pub again: bool,
}

/// One of two sides.
#[derive(Debug, Clone, Copy, ValueEnum, PartialEq, Eq)]
pub enum Side {
    /// The local store: its secret is put into the registry.
    Store,
    /// The registry: its secret is put into the store.
    Registry,
}
