//! `inject hook`, as typed.
//!
//! Must not: read a file or an environment variable, other than those clap shows in `--help`.

// Doc comments here are help texts, where backticks would show; options are independent yes-or-no questions.
#![allow(clippy::doc_markdown, clippy::struct_excessive_bools)]

use clap::{Args, ValueEnum};

/// What `--help` says at its end.
pub const HOOK: &str = "\
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
