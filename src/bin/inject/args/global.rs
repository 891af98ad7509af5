//! Options of every command, as typed.
//!
//! Must not: read a file or an environment variable, other than those clap shows in `--help`.

// Doc comments here are help texts, where backticks would show; options are independent yes-or-no questions.
#![allow(clippy::doc_markdown, clippy::struct_excessive_bools)]

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Options of every command.
#[derive(Debug, Args, Clone)]
pub struct Global {
    /// The environment; else `INJECT_ENV`, the active one (`inject env use`), `default-env`
    #[arg(long, global = true, value_name = "NAME")]
    pub env: Option<String>,
    /// The configuration; else `INJECT_CONFIG`, else inject.toml here or above, up to the repository's root
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Results as JSON on standard output; the same as --format json
    #[arg(long, global = true, conflicts_with = "format")]
    pub json: bool,
    /// For whom results, findings and errors are put on standard output
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value_t = Format::Human)]
    pub format: Format,
    /// Let commands that only read (verify, inspect, identify, scan, doctor, --dry-run) run the programs that inject.toml
    /// names; the others run them anyway
    #[arg(long, global = true)]
    pub allow_exec: bool,
    /// Say nothing but errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Colours
    #[arg(long, global = true, value_enum, default_value_t = When::Auto)]
    pub color: When,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, ValueEnum, PartialEq, Eq)]
pub enum When {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Who reads standard output.
#[derive(Debug, Clone, Copy, ValueEnum, PartialEq, Eq)]
pub enum Format {
    /// People
    Human,
    /// Programs; the schema is in docs/output.schema.json
    Json,
    /// GitHub Actions: annotations
    Github,
    /// Azure Pipelines: issues
    Azure,
    /// MSBuild: canonical errors and warnings
    Msbuild,
    /// Code scanning: SARIF 2.1.0
    Sarif,
}
