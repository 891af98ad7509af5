//! `inject credential`, as typed.
//!
//! Must not: read a file or an environment variable.

// Doc comments here are help texts, where backticks would show.
#![allow(clippy::doc_markdown)]

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

const MASK: &str = "\
This is the one command beside show --reveal that prints secrets: as the commands that make the runner hide them. It refuses to
run anywhere else. A runner hides what it was told before, in exactly these forms; it is a net below a step that prints what it
should not, and no wall: whoever can change the pipeline can print a secret in a form that is not among them.

Example, first in a job and again after inject has obtained something:
  inject credential mask";

const KEY: &str = "\
The keyring is the Secret Service on Linux (secret-tool, of libsecret), the keychain on macOS, the Credential Manager on Windows.
The key is written there and read back before it leaves its old place, and no entry is written over. The file then says which
entry it is, so that nothing else must be set; INJECT_STORE_KEY comes before it, as in CI.

Examples:
  inject credential key
  inject credential key --to keyring:store
  inject credential key --to file";

/// A CI system that can hide values at run time.
#[derive(Debug, Clone, Copy, ValueEnum, PartialEq, Eq)]
pub enum Ci {
    /// GitHub Actions
    Github,
    /// Azure Pipelines
    Azure,
}

#[derive(Debug, Subcommand)]
pub enum CredentialAction {
    /// All credentials; no secret is shown
    List,
    /// One credential
    Show {
        /// The application's id
        #[arg(long)]
        app: Option<String>,
        /// Print the secret
        #[arg(long)]
        reveal: bool,
    },
    /// Keep a credential that was obtained elsewhere
    #[command(
        after_help = "Example:\n  inject credential set --app com.example.app --env prod --client-id 0f3c --secret env:SECRET"
    )]
    Set {
        /// The application's id
        #[arg(long)]
        app: Option<String>,
        /// The Client Id
        #[arg(long)]
        client_id: String,
        /// The secret: env:NAME, file:PATH, stdin or prompt; absent for a public client
        #[arg(long, value_name = "SRC")]
        secret: Option<String>,
        /// Replace a credential that is already there
        #[arg(long)]
        replace: bool,
    },
    /// Tell GitHub Actions or Azure Pipelines to hide every secret of the store, and its encoded forms, in the log of this job
    #[command(after_help = MASK)]
    Mask {
        /// For which; default: the one that this runs in
        #[arg(long, value_enum, value_name = "CI")]
        ci: Option<Ci>,
    },
    /// Forget a credential here; the registry keeps it
    Forget {
        /// The application's id
        #[arg(long)]
        app: Option<String>,
    },
    /// Write all credentials to a file, sealed with a passphrase
    #[command(after_help = "Example:\n  inject credential export team.backup --pass env:BACKUP_PASSPHRASE")]
    Export {
        /// The file; it must not exist
        file: PathBuf,
        /// The passphrase: env:NAME, file:PATH, stdin or prompt
        #[arg(long, value_name = "SRC")]
        pass: String,
    },
    /// Take all credentials of such a file, or none of them
    Import {
        /// The file
        file: PathBuf,
        /// The passphrase: env:NAME, file:PATH, stdin or prompt
        #[arg(long, value_name = "SRC")]
        pass: String,
        /// Replace credentials that are different here
        #[arg(long)]
        replace: bool,
    },
    /// Where the key that seals the stores is kept; or move it into the platform's keyring, or back into its file
    #[command(after_help = KEY)]
    Key {
        /// Where to: keyring:NAME or file
        #[arg(long, value_name = "WHERE")]
        to: Option<String>,
    },
    /// Give an application a new secret, in the registry and here; apps that were shipped with the old one stop working
    Rotate {
        /// The application's id
        #[arg(long)]
        app: Option<String>,
    },
    /// Take the registration back, and forget the credential; apps that were shipped with it stop working
    Revoke {
        /// The application's id
        #[arg(long)]
        app: Option<String>,
    },
}
