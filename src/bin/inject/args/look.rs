//! Where `inspect` and `identify` look, as typed.
//!
//! Must not: read a file or an environment variable, other than those clap shows in `--help`.

// Doc comments here are help texts, where backticks would show; options are independent yes-or-no questions.
#![allow(clippy::doc_markdown, clippy::struct_excessive_bools)]

use std::path::PathBuf;

use clap::Args;

/// Where `inspect` and `identify` look.
#[derive(Debug, Args)]
pub struct Look {
    /// The artifacts
    #[arg(required = true, value_name = "ARTIFACT")]
    pub artifacts: Vec<PathBuf>,
    /// Look at this place too; repeatable
    #[arg(long, value_name = "ADDRESS")]
    pub at: Vec<String>,
    /// Look at the places of this preset, whether it fits or not; default: of every preset that fits
    #[arg(long, value_name = "NAME")]
    pub preset: Vec<String>,
    /// Ask the registries of inject.toml, too, about a Client Id that this machine does not know
    #[arg(long)]
    pub online: bool,
}
