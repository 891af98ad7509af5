//! `inject init`, as typed.
//!
//! Must not: read a file or an environment variable, other than those clap shows in `--help`.

// Doc comments here are help texts, where backticks would show; options are independent yes-or-no questions.
#![allow(clippy::doc_markdown, clippy::struct_excessive_bools)]

use std::path::PathBuf;

use clap::Args;

/// What `--help` says at its end.
pub const INIT: &str = "\
Found are Android modules of Gradle with their flavours, targets of Xcode, what GeneXus generates, sites of Angular, and the
native projects of Flutter, React Native, Capacitor, Cordova and .NET. What the files do not say becomes a comment.

Examples:
  inject init
  inject init --dry-run";

/// What `init` looks at and does.
#[derive(Debug, Args)]
pub struct Init {
    /// The folder of the project
    #[arg(value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
    /// Print what would be written
    #[arg(long)]
    pub dry_run: bool,
    /// Replace an inject.toml that is there
    #[arg(long)]
    pub force: bool,
}
