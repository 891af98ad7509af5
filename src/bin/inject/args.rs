//! The command line, as typed. Nothing here is checked beyond its form.
//!
//! Must not: read a file or an environment variable, other than those clap shows in `--help`.

// Doc comments here are help texts, where backticks would show; options are independent yes-or-no questions.
#![allow(clippy::doc_markdown, clippy::struct_excessive_bools)]

pub mod global;
pub mod look;
pub mod signing;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::command::credential::args::CredentialAction;
use crate::command::env::args::EnvAction;
use crate::command::hook::args::{HOOK, Hook};
use crate::command::init::args::{INIT, Init};
use crate::command::main_job::args::Main;
use crate::command::register::args::Register;
use crate::command::registry::args::RegistryAction;
use crate::command::scan::args::{SCAN, Scan};
use crate::command::verify::args::Verify;
use global::Global;
use look::Look;

const EXAMPLES: &str = "\
Examples:
  inject app.apk --env prod --ks release.p12 --ks-pass env:KEYSTORE_PASSWORD
  inject app.apk --env dev --debug-key -o app-dev.apk
  inject App.ipa --env prod --p12 id.p12 --p12-pass env:P12_PASSWORD
  inject app.apk --env dev --dry-run
  inject verify app.apk --env prod
  inject register com.example.app --env prod

Exit codes:
  0  done or up to date
  1  internal
  2  usage or configuration
  3  artifact unreadable or unsupported
  4  no place found
  5  registry or store
  6  signing
  7  verification failed or a foreign credential found
  8  --check found changes
  9  conflict between store and registry";

/// Puts the right client credentials of the right environment into built apps, leaves them installable, and proves it.
#[derive(Debug, Parser)]
#[command(name = "inject", bin_name = "inject", version, after_help = EXAMPLES, max_term_width = 110, disable_help_subcommand = true,
    subcommand_precedence_over_arg = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(flatten)]
    pub main: Main,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write inject.toml for the project here, with environments dev and prod
    #[command(after_help = INIT)]
    Init(Init),
    /// Environments: list, use, add, show
    #[command(after_help = "Examples:\n  inject env show --env prod\n  inject env list")]
    Env {
        #[command(subcommand)]
        action: EnvAction,
    },
    /// Obtain or reuse a credential without embedding it
    #[command(after_help = "Example:\n  inject register com.example.app --env prod")]
    Register(Register),
    /// The access manager's side, where it is ours: init, serve, list, revoke
    #[command(after_help = "Examples:\n  inject registry init --env prod\n  inject registry list --env prod")]
    Registry {
        #[command(subcommand)]
        action: RegistryAction,
    },
    /// The local store: list, show, set, forget, rotate, revoke, export, import, key
    #[command(
        after_help = "Examples:\n  inject credential list\n  inject credential export b --pass env:BACKUP_PASSPHRASE"
    )]
    Credential {
        #[command(subcommand)]
        action: CredentialAction,
    },
    /// Check that artifacts carry exactly the environment's credential, and are sound
    #[command(after_help = "Examples:\n  inject verify app.apk --env prod\n  inject verify app.apk --signature-only")]
    Verify(Verify),
    /// What an artifact is, and every place that holds a credential; secrets are never shown
    #[command(
        after_help = "Examples:\n  inject inspect app.apk\n  inject inspect app.apk --at 'assets/config.json#/id' --json"
    )]
    Inspect(Look),
    /// Which application and environment does an artifact carry? By the local store, and by registries
    #[command(after_help = IDENTIFY)]
    Identify(Look),
    /// Look for every known secret of every environment, in any encoding, in any files
    #[command(after_help = SCAN)]
    Scan(Scan),
    /// Integrate with a build tool, a CI system or git: print what that takes, or write it
    #[command(after_help = HOOK)]
    Hook(Hook),
    /// What is set up, what is missing, what to do
    #[command(after_help = DOCTOR)]
    Doctor {
        /// Ask the registry of the environment too; nothing is registered
        #[arg(long)]
        online: bool,
    },
    /// Print completions for a shell
    #[command(after_help = "Example:\n  inject completions zsh > _inject")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, of a command where one is named
    #[command(after_help = "Examples:\n  inject man > inject.1\n  inject man credential set > inject-credential-set.1")]
    Man {
        /// The words of the command
        #[arg(value_name = "COMMAND", conflicts_with = "all")]
        words: Vec<String>,
        /// Write the pages of all commands into this folder, for packages
        #[arg(long, value_name = "DIR")]
        all: Option<PathBuf>,
    },
}

const DOCTOR: &str = "\
Exit codes:
  0  usable
  2  something must be done

Example:
  inject doctor --env prod --online";

const IDENTIFY: &str = "\
Exit codes:
  0  one environment
  4  no credential at any place that was looked at
  7  an id that the store does not know, or several environments mixed

Example:
  inject identify app.apk";
