//! `inject env`, as typed.
//!
//! Must not: read a file or an environment variable, other than those clap shows in `--help`.

// Doc comments here are help texts, where backticks would show; options are independent yes-or-no questions.
#![allow(clippy::doc_markdown, clippy::struct_excessive_bools)]

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum EnvAction {
    /// The environments of inject.toml; the active one is marked
    List,
    /// Make an environment the active one of this checkout, outside version control
    Use {
        /// Its name
        name: String,
    },
    /// Add an environment to inject.toml
    Add {
        /// Its name
        name: String,
        /// Copy the settings of this one; its registry is copied only where it is shared
        #[arg(long, value_name = "OTHER")]
        from: Option<String>,
    },
    /// Show the environment that would be used, and where that comes from
    Show,
}
