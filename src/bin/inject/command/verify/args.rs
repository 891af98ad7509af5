//! `inject verify`, as typed.
//!
//! Must not: read a file or an environment variable, other than those clap shows in `--help`.

// Doc comments here are help texts, where backticks would show; options are independent yes-or-no questions.
#![allow(clippy::doc_markdown, clippy::struct_excessive_bools)]

use std::path::PathBuf;

use clap::Args;

/// What is verified.
#[derive(Debug, Args)]
pub struct Verify {
    /// The artifacts; default: those of inject.toml
    #[arg(value_name = "ARTIFACT")]
    pub artifacts: Vec<PathBuf>,
    /// The application, as in the main job
    #[arg(long, value_name = "APP")]
    pub app: Option<String>,
    /// A place and its value, as in the main job
    #[arg(long, value_name = "ADDRESS=VALUE")]
    pub at: Vec<String>,
    /// Presets to use, as in the main job
    #[arg(long, value_name = "NAME")]
    pub preset: Vec<String>,
    /// The receipt of the injection must be about this file, and say the same of it
    #[arg(long, value_name = "FILE", conflicts_with = "signature_only")]
    pub receipt: Option<PathBuf>,
    /// Write the verdict here where everything is right: an in-toto Simple Verification Result (v0.2)
    #[arg(long, value_name = "FILE", conflicts_with = "signature_only")]
    pub svr: Option<PathBuf>,
    /// Add the verdict to this file as Markdown, for people who look at a pipeline
    #[arg(long, value_name = "FILE")]
    pub summary: Option<PathBuf>,
    /// Ask the real server whether the credential is alive: probe in the environment, or the issuer of registry "oauth"
    #[arg(long)]
    pub probe: bool,
    /// Send the secret to GAM too, whose .NET server may write it to its log
    #[arg(long, requires = "probe")]
    pub probe_secret: bool,
    /// Look at container and signature alone, without an environment
    #[arg(long, conflicts_with_all = ["app", "at", "preset", "probe"])]
    pub signature_only: bool,
    /// Lowest Android API level to verify for; default: the manifest's
    #[arg(long, value_name = "API")]
    pub min_sdk: Option<u32>,
}
