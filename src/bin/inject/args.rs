//! The command line, as typed. Nothing here is checked beyond its form.
//!
//! Must not: read a file or an environment variable, other than those clap shows in `--help`.

// Doc comments here are help texts, where backticks would show; options are independent yes-or-no questions.
#![allow(clippy::doc_markdown, clippy::struct_excessive_bools)]

mod credential;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use credential::{Ci, CredentialAction};

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
#[command(name = "inject", version, after_help = EXAMPLES, max_term_width = 110, disable_help_subcommand = true,
    subcommand_precedence_over_arg = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(flatten)]
    pub main: Main,
    #[command(subcommand)]
    pub command: Option<Command>,
}

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

/// The main job.
#[derive(Debug, Args)]
pub struct Main {
    /// The artifacts: APKs of one application, or of several that inject.toml names
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

/// Android signing.
#[derive(Debug, Args)]
#[command(next_help_heading = "Signing")]
pub struct Signing {
    /// Keystore, PKCS#12 or JKS; else `KEYSTORE_FILE`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "debug_key", "unsigned"])]
    pub ks: Option<PathBuf>,
    /// Alias in the keystore; else `KEY_ALIAS`
    #[arg(long, value_name = "ALIAS")]
    pub ks_key_alias: Option<String>,
    /// Password of the keystore: env:NAME, file:PATH, stdin or prompt; else `KEYSTORE_PASSWORD`
    #[arg(long, value_name = "SRC")]
    pub ks_pass: Option<String>,
    /// Password of the key, likewise; else `KEY_PASSWORD`, else the keystore's
    #[arg(long, value_name = "SRC")]
    pub key_pass: Option<String>,
    /// Private key, PEM or PKCS#8
    #[arg(long, value_name = "FILE", requires = "cert", conflicts_with_all = ["debug_key", "unsigned"])]
    pub key: Option<PathBuf>,
    /// Certificate chain, PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    pub cert: Option<PathBuf>,
    /// Sign with ~/.android/debug.keystore, made when absent
    #[arg(long, conflicts_with = "unsigned")]
    pub debug_key: bool,
    /// Leave the artifact unsigned on purpose
    #[arg(long)]
    pub unsigned: bool,
    /// Accept a key other than the one that signed the input (devices will refuse the update)
    #[arg(long)]
    pub allow_new_signer: bool,
    /// Signature schemes, for example v2,v3; default: by the lowest Android version and by what the input had
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub schemes: Vec<String>,
    /// Lowest Android API level to sign for; default: the manifest's
    #[arg(long, value_name = "API")]
    pub min_sdk: Option<u32>,
    /// Signing certificate lineage, for a rotated key
    #[arg(long, value_name = "FILE")]
    pub lineage: Option<PathBuf>,
    /// Keystore of the key before the rotation, for Androids that do not know the lineage
    #[arg(long, value_name = "FILE")]
    pub old_ks: Option<PathBuf>,
    /// Alias in it
    #[arg(long, value_name = "ALIAS")]
    pub old_ks_key_alias: Option<String>,
    /// Its password: env:NAME, file:PATH, stdin or prompt
    #[arg(long, value_name = "SRC")]
    pub old_ks_pass: Option<String>,
    /// API level from which the rotated key counts: 28 (v3), or 33 and above (v3.1); default 33
    #[arg(long, value_name = "API")]
    pub rotation_min_sdk: Option<u32>,
    /// Also write a v4 signature (ARTIFACT.idsig)
    #[arg(long)]
    pub v4: bool,
    #[command(flatten)]
    pub apple: AppleSigning,
}

/// Apple signing.
#[derive(Debug, Args)]
#[command(next_help_heading = "Signing for Apple's systems (also --key, --cert, --unsigned, --allow-new-signer)")]
pub struct AppleSigning {
    /// Identity, PKCS#12
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "unsigned", "ad_hoc"])]
    pub p12: Option<PathBuf>,
    /// Its password: env:NAME, file:PATH, stdin or prompt
    #[arg(long, value_name = "SRC", requires = "p12")]
    pub p12_pass: Option<String>,
    /// Certificates of issuers that the identity lacks, PEM or DER; repeatable
    #[arg(long, value_name = "FILE")]
    pub chain: Vec<PathBuf>,
    /// Provisioning profile; the best fit for the app and for each extension is chosen; repeatable
    #[arg(long, value_name = "FILE")]
    pub profile: Vec<PathBuf>,
    /// Entitlements of the app instead of those it has, a property list
    #[arg(long, value_name = "FILE")]
    pub entitlements: Option<PathBuf>,
    /// Sign by nobody, for simulators
    #[arg(long, conflicts_with_all = ["key", "unsigned"])]
    pub ad_hoc: bool,
}

/// One of two sides.
#[derive(Debug, Clone, Copy, ValueEnum, PartialEq, Eq)]
pub enum Side {
    /// The local store: its secret is put into the registry.
    Store,
    /// The registry: its secret is put into the store.
    Registry,
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
    Register {
        /// The application: its key, id or name in inject.toml, else its id
        app: Option<String>,
        /// Ask the registry even where the store has an answer
        #[arg(long)]
        force: bool,
        /// A new application is an error
        #[arg(long)]
        no_register: bool,
        /// A new application is meant, also where the environment says register = "never"
        #[arg(long, conflicts_with = "no_register")]
        new: bool,
        /// Where store and registry differ: whose secret counts; asks the registry
        #[arg(long, value_enum, value_name = "WHO")]
        take: Option<Side>,
        /// Register anew although an earlier registration may have come through without its answer, after looking there
        #[arg(long, conflicts_with_all = ["no_register", "take", "force"])]
        again: bool,
    },
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

const INIT: &str = "\
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

const IDENTIFY: &str = "\
Exit codes:
  0  one environment
  4  no credential at any place that was looked at
  7  an id that the store does not know, or several environments mixed

Example:
  inject identify app.apk";

const SCAN: &str = "\
Looks into archives and compressed files, between the entries of archives, and for every value as it is, in UTF-16,
Base64, hexadecimal, escapes, percent and character references, backwards, in halves, and with every byte changed by one
key. Encrypted contents and other compressions are not seen.

Exit codes:
  0  none was found
  7  one was found, or something could not be read

Examples:
  inject scan dist/ app.apk
  inject scan --staged        # as a git pre-commit hook";

const HOOK: &str = "\
Each file says in its first lines where it goes, what it does and how it finds the environment. With --write it is put there;
a file that is there already and different stays, unless --force.

Examples:
  inject hook gradle --write
  inject hook pre-commit --write
  inject hook github --env prod --artifact app/build/outputs/apk/release/app-release.apk --write
  inject hook msbuild --app Notes --artifact 'web/gxmetadata'";

/// An integration.
#[derive(Debug, Args)]
pub struct Hook {
    /// With what
    #[arg(value_enum, value_name = "KIND")]
    pub kind: HookKind,
    /// An artifact that it names; repeatable; default: what was built, or those of inject.toml
    #[arg(long, value_name = "PATH")]
    pub artifact: Vec<String>,
    /// The application that it names, where artifacts do not say it themselves
    #[arg(long, value_name = "APP")]
    pub app: Option<String>,
    /// For gradle: needs nothing of the Android plugin
    #[arg(long)]
    pub plain: bool,
    /// Put the files where they go, instead of printing them
    #[arg(long)]
    pub write: bool,
    /// Replace files that are different
    #[arg(long, requires = "write")]
    pub force: bool,
}

/// With what `hook` integrates.
#[derive(Debug, Clone, Copy, ValueEnum, PartialEq, Eq)]
pub enum HookKind {
    /// Android's Gradle plugin: every APK that is built
    Gradle,
    /// A Run Script phase: the app before Xcode signs it
    Xcode,
    /// MSBuild, F5 in GeneXus
    Msbuild,
    /// .NET MAUI: the APK and the IPA that are made
    Maui,
    /// A lane of fastlane
    Fastlane,
    /// A workflow with the composite action of this repository; needs --env
    Github,
    /// A job of GitLab CI to extend; needs --env
    Gitlab,
    /// Steps of Azure Pipelines; needs --env
    Azure,
    /// git: no commit holds a credential
    PreCommit,
}

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
