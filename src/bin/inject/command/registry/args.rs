//! `inject registry`, as typed.
//!
//! Must not: read a file or an environment variable, other than those clap shows in `--help`.

// Doc comments here are help texts, where backticks would show; options are independent yes-or-no questions.
#![allow(clippy::doc_markdown, clippy::struct_excessive_bools)]

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

const SERVE: &str = "\
What is served:
  /applications         the contract of registry = \"http\", for holders of a registration token
  /oauth/token          an application identifies itself, with the errors of RFC 6749
  /oauth/access_token   the same with the error codes of GAM: 236, 116, 111; beyond this machine with --gam always
  /introspect           RFC 7662
  /health, /metrics     beyond this machine /metrics is for holders of a registration token

An environment with secret = \"omit\" recognises applications by their Client Id alone.

Examples:
  inject registry serve --env dev --token env:REGISTRATION_TOKEN
  inject registry serve --env prod --tls-cert chain.pem --tls-key key.pem --token file:token";

#[derive(Debug, Subcommand)]
pub enum RegistryAction {
    /// Make the registry of the environment, or bring an older one to this version
    Init,
    /// Serve it: to builds as the registry "http", and to apps that identify themselves. For prototyping and small teams;
    /// it knows applications, no users
    #[command(after_help = SERVE)]
    Serve(Serve),
    /// The applications it holds; no secret is shown
    List,
    /// Revoke an application; its Client Id is never given again
    Revoke {
        /// The Client Id
        client_id: String,
    },
}

/// How a registry is served.
#[derive(Debug, Args)]
pub struct Serve {
    /// Address and port to listen on; port 0 takes a free one, which is printed
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8421")]
    pub listen: std::net::SocketAddr,
    /// Certificate chain, PEM; without one only this machine is listened to
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Its private key, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// A token for registering, revoking and replacing secrets: env:NAME, file:PATH, stdin or prompt; repeatable
    #[arg(long, value_name = "SRC")]
    pub token: Vec<String>,
    /// Where GAM's routes are served; their answers tell which Client Ids there are
    #[arg(long, value_enum, value_name = "WHERE", default_value_t = Gam::Local)]
    pub gam: Gam,
}

/// Where GAM's routes are served.
#[derive(Debug, Clone, Copy, ValueEnum, PartialEq, Eq)]
pub enum Gam {
    /// Where this machine alone is listened to
    Local,
    /// Anywhere
    Always,
    /// Nowhere
    Never,
}
