//! What can go wrong with an app alone, and what kind of failure each is.
//!
//! Must not: hold a value or anything of a key.

use std::path::PathBuf;

use crate::artifact::apple::{IpaError, LayoutError, Misnamed, TreeError};
use crate::format::code_resources::SealError;
use crate::format::mobileprovision::ProfileError;
use crate::pipeline::fault::{Failing, Fault};
use crate::pipeline::refusal::Words;
use crate::sign::apple::{AppleSignError, SignerError};
use crate::verify;

/// What an app is called in messages.
pub(super) static WORDS: Words =
    Words { this: "this app", new: "the new app", example: "Info.plist#ClientId", make: None };

/// Why an app was not injected.
#[derive(Debug, thiserror::Error)]
pub(super) enum AppFault {
    /// No app, or several, in an archive of Xcode.
    #[error("{count} apps in {}, expected one", .folder.display())]
    Archive {
        /// Where they should be.
        folder: PathBuf,
        /// How many.
        count: usize,
    },
    /// A new file where no seal reaches.
    #[error("{file} would lie outside {base}, where codesign takes no file; name {base}/{file}")]
    OutsideContents {
        /// The file.
        file: String,
        /// The folder that the seal is of.
        base: String,
    },
    /// Identifiers that agreed before, and would not any more.
    #[error("a device would not install the app: {}", refused(.wrong))]
    Identifiers {
        /// Which.
        wrong: Vec<Misnamed>,
    },
    /// Signing a file.
    #[error("{path}: {source}")]
    Sign {
        /// Which.
        path: String,
        /// Why not.
        source: AppleSignError,
    },
    /// A seal.
    #[error("{path}: {source}")]
    Seal {
        /// Which.
        path: String,
        /// What is wrong.
        source: SealError,
    },
    /// A certificate whose time is over.
    #[error("the certificate of {subject:?} expired at {at}; a device rejects code signed with it")]
    Expired {
        /// Whose.
        subject: String,
        /// When, `YYYYMMDDHHMMSSZ`.
        at: String,
    },
    /// A certificate whose time has not begun.
    #[error("the certificate of {subject:?} is valid from {from} on; until then a device rejects code signed with it")]
    NotYetValid {
        /// Whose.
        subject: String,
        /// From when, `YYYYMMDDHHMMSSZ`.
        from: String,
    },
    /// A certificate for something else than code.
    #[error("the certificate of {subject:?} {usage}; a device rejects code signed with it")]
    Usage {
        /// Whose.
        subject: String,
        /// What it is for.
        usage: String,
    },
    /// A profile that cannot be read.
    #[error("{name}: {source}")]
    Profile {
        /// Which.
        name: String,
        /// Why not.
        source: ProfileError,
    },
    /// Entitlements that cannot be read.
    #[error("entitlements: {problem}")]
    Entitlements {
        /// Why not.
        problem: String,
    },
    /// Another team than the input's.
    #[error(
        "{bundle} was signed by team {old} and the certificate given is of team {new}: a device would refuse the update, \
         and the app would lose its keychain and its groups"
    )]
    Team {
        /// Which code.
        bundle: String,
        /// The input's.
        old: String,
        /// The certificate's.
        new: String,
    },
    /// The profile does not let the app run as it would be signed.
    #[error("{bundle} would not run: {}", verify::findings_text(.findings))]
    ProfileDoesNotFit {
        /// Which code.
        bundle: String,
        /// Why.
        findings: Vec<verify::Finding>,
    },
}

/// Each with the place that puts it right.
fn refused(all: &[Misnamed]) -> String {
    let one = |wrong: &Misnamed| format!("{}: {wrong}; set it too: {}", wrong.file, wrong.place());
    all.iter().map(one).collect::<Vec<_>>().join("; ")
}

impl Failing for AppFault {
    fn fault(&self) -> Fault<'_> {
        match self {
            Self::Archive { .. } | Self::Seal { .. } => Fault::Artifact,
            Self::OutsideContents { .. } | Self::Identifiers { .. } => Fault::Request,
            Self::Sign { .. }
            | Self::Expired { .. }
            | Self::NotYetValid { .. }
            | Self::Usage { .. }
            | Self::Profile { .. }
            | Self::Entitlements { .. } => Fault::Signing,
            Self::Team { .. } => Fault::NewTeam,
            Self::ProfileDoesNotFit { .. } => Fault::Profile,
        }
    }
}

impl Failing for SignerError {
    fn fault(&self) -> Fault<'_> {
        Fault::Issuers
    }
}

impl Failing for IpaError {
    fn fault(&self) -> Fault<'_> {
        Fault::Artifact
    }
}

impl Failing for LayoutError {
    fn fault(&self) -> Fault<'_> {
        Fault::Artifact
    }
}

impl Failing for TreeError {
    fn fault(&self) -> Fault<'_> {
        Fault::Artifact
    }
}
