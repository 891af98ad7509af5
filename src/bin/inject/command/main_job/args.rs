//! The main job, as typed.
//!
//! Must not: read a file or an environment variable, other than those clap shows in `--help`.

// Doc comments here are help texts, where backticks would show; options are independent yes-or-no questions.
#![allow(clippy::doc_markdown, clippy::struct_excessive_bools)]

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::args::signing::Signing;

/// The main job.
#[derive(Debug, Args)]
pub struct Main {
    /// The artifacts: APKs, AABs, IPAs, apps or folders, of one application or of several that inject.toml names
    #[arg(value_name = "ARTIFACT")]
    pub artifacts: Vec<PathBuf>,
    /// The application: its key, id or name in inject.toml, else its id; default: by the package of the artifact
    #[arg(long, value_name = "APP")]
    pub app: Option<String>,
    /// Write here instead of replacing the artifact
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// A place and its value, for example string/client_id={client_id}; repeatable
    #[arg(long, value_name = "ADDRESS=VALUE")]
    pub at: Vec<String>,
    /// Presets to use; default: those of inject.toml, else found by looking
    #[arg(long, value_name = "NAME")]
    pub preset: Vec<String>,
    /// Make a place given by --at or inject.toml where it is missing
    #[arg(long)]
    pub create: bool,
    /// Accept an edit that does not reach all its address means, or that no place takes the secret; verify then says partial
    #[arg(long)]
    pub partial: bool,
    /// Show what would be done; nothing is written or registered
    #[arg(long)]
    pub dry_run: bool,
    /// Exit with 8 when something would change; nothing is written or registered
    #[arg(long, conflicts_with = "dry_run")]
    pub check: bool,
    /// Write a receipt here: an in-toto Statement about the output, without a secret; for several artifacts a folder
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dry_run", "check"])]
    pub receipt: Option<PathBuf>,
    /// Add what was done to this file as Markdown, for people who look at a pipeline
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dry_run", "check"])]
    pub summary: Option<PathBuf>,
    /// Where credentials of other environments keep an artifact from being written
    #[arg(long, value_enum, value_name = "WHERE", default_value_t = GateReach::Changed)]
    pub gate: GateReach,
    #[command(flatten)]
    pub obtain: Obtain,
    #[command(flatten)]
    pub signing: Signing,
}

/// How much is searched before an artifact is written.
#[derive(Debug, Clone, Copy, ValueEnum, PartialEq, Eq)]
pub enum GateReach {
    /// In every content that changes
    Changed,
    /// Anywhere in the artifact
    Whole,
    /// Nowhere
    Off,
}

/// How a credential is obtained.
#[derive(Debug, Args, Clone, Copy)]
pub struct Obtain {
    /// Ask no registry over the network
    #[arg(long)]
    pub offline: bool,
    /// Ask the registry even where the store has an answer
    #[arg(long, conflicts_with = "offline")]
    pub refresh: bool,
    /// A new application is an error
    #[arg(long)]
    pub no_register: bool,
}
