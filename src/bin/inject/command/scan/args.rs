//! `inject scan`, as typed.
//!
//! Must not: read a file or an environment variable, other than those clap shows in `--help`.

// Doc comments here are help texts, where backticks would show; options are independent yes-or-no questions.
#![allow(clippy::doc_markdown, clippy::struct_excessive_bools)]

use std::path::PathBuf;

use clap::Args;

/// What `--help` says at its end.
pub const SCAN: &str = "\
Looks into archives and compressed files, between the entries of archives, and for every value as it is, in UTF-16,
Base64, hexadecimal, escapes, percent and character references, backwards, in halves, and with every byte changed by one
key. Encrypted contents and other compressions are not seen.

Exit codes:
  0  none was found
  7  one was found, or something could not be read

Examples:
  inject scan dist/ app.apk
  inject scan --staged        # as a git pre-commit hook";

/// What `scan` looks through.
#[derive(Debug, Args)]
pub struct Scan {
    /// Files and folders
    #[arg(required_unless_present = "staged", value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// What git is about to commit here, Client Ids included
    #[arg(long)]
    pub staged: bool,
    /// Client Ids too, which are no secret
    #[arg(long)]
    pub ids: bool,
}
