//! What kind of failure an error of the main job is: all that a program decides on, whatever the artifact was.
//!
//! Must not: say what happened; the error does.

use super::reach::Reach;
use super::source_tree::SourceTree;
use crate::artifact::files::FilesError;
use crate::artifact::kind::FileKind;
use crate::format::zip::ZipError;
use crate::host::file::{Changed, FileError};
use crate::host::transaction::TransactionError;
use crate::placement::template::TemplateError;
use crate::placement::{Address, Locator, ResourceKind, Target};
use crate::verify::Finding;

/// What kind of failure it is.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Fault<'e> {
    /// The artifact cannot be read, is not what it says, or cannot be written.
    Artifact,
    /// It is of a kind that is not worked on.
    Kind,
    /// It is a file that changes together with others of its folder: the folder is what is worked on.
    PartOfFolder,
    /// A compressed copy beside a file cannot be made anew.
    Copy,
    /// What was asked for contradicts itself, or can never be in such an artifact.
    Request,
    /// Such an artifact, an "app" or a "folder", is changed where it is and written nowhere else.
    InPlace(&'static str),
    /// No preset fits, and no place was named.
    NoPlaceAtAll {
        /// An address that such artifacts often have.
        example: &'static str,
        /// Options that make a place of its own, where that has to be asked for.
        make: Option<&'static str>,
        /// What it is the source of, where nothing is built yet.
        source_tree: Option<SourceTree>,
    },
    /// A place is not there.
    NoPlace {
        /// Its address.
        address: &'e Address,
        /// What is there and has a name like it.
        near: &'e [String],
        /// Whether it could be made ([`crate::placement::Absence::Create`]).
        makeable: bool,
    },
    /// What is at a place cannot be set, or not for itself alone: the text says what to address.
    Refused,
    /// The build left the places empty: the app uses no credential.
    LeftEmpty {
        /// The first of them.
        address: &'e Address,
    },
    /// There is metadata of several main objects, and nobody says which one is meant.
    WhichMain,
    /// The artifact cannot be signed as asked.
    Signing,
    /// The identity lacks certificates of its issuers.
    Issuers,
    /// The key is not the one that signed the input.
    NewSigner,
    /// The input has several signers, and one key was given.
    SeveralSigners,
    /// The identity is of another team than the input.
    NewTeam,
    /// The provisioning profile does not fit the app.
    Profile,
    /// The output was verified, and not put in place because of these.
    Unsound(&'e [Finding]),
    /// The gate cannot search all that it reaches, and nothing was put in place because of that.
    Unsearched {
        /// What could not be searched.
        findings: &'e [Finding],
        /// How much was to be searched.
        reach: Reach,
    },
    /// It changed while it was worked on, or another run was cut off meanwhile: the same once more, from the beginning, may do
    /// it.
    Changed,
    /// A fault of this library.
    Internal,
}

impl<'e> Fault<'e> {
    /// A place that is not there.
    pub(super) fn no_place(address: &'e Address, near: &'e [String]) -> Self {
        Self::NoPlace { address, near, makeable: is_makeable(address) }
    }
}

/// An error of the main job, which knows what kind of failure it is. A kind of artifact says it of its own errors.
pub(super) trait Failing: std::error::Error + Send + Sync + 'static {
    /// What kind of failure it is.
    fn fault(&self) -> Fault<'_>;
}

/// Why a step was not done.
#[derive(Debug)]
pub(super) struct Cause(Box<dyn Failing>);

impl<E: Failing> From<E> for Cause {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl Cause {
    /// What kind of failure it is.
    pub(super) fn fault(&self) -> Fault<'_> {
        self.0.fault()
    }

    /// The error itself.
    pub(super) fn error(&self) -> &(dyn std::error::Error + 'static) {
        &*self.0
    }

    /// Whether nothing is wrong but a place that is not there.
    pub(super) fn is_no_place(&self) -> bool {
        matches!(self.fault(), Fault::NoPlace { .. })
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What is neither of the kinds that are worked on.
#[derive(Debug, thiserror::Error)]
#[error("this is {}, which this version does not work on{}", .0.describe(), then(.0.remedy()))]
pub(super) struct OtherKind(pub(super) FileKind);

/// What to do, behind what is wrong.
fn then(remedy: Option<&str>) -> String {
    remedy.map(|remedy| format!("; {remedy}")).unwrap_or_default()
}

impl Failing for OtherKind {
    fn fault(&self) -> Fault<'_> {
        match self.0 {
            FileKind::Gxsd => Fault::PartOfFolder,
            FileKind::Apk
            | FileKind::Aab
            | FileKind::ApkSet
            | FileKind::Ipa
            | FileKind::Aar
            | FileKind::Source
            | FileKind::OtherZip => Fault::Kind,
        }
    }
}

/// No key was given for an artifact of this kind: a fault of the caller.
#[derive(Debug, thiserror::Error)]
#[error("no key to sign {0} with")]
pub(super) struct NoKey(pub(super) &'static str);

impl Failing for NoKey {
    fn fault(&self) -> Fault<'_> {
        Fault::Internal
    }
}

impl Failing for FileError {
    fn fault(&self) -> Fault<'_> {
        Fault::Artifact
    }
}

impl Failing for ZipError {
    fn fault(&self) -> Fault<'_> {
        Fault::Artifact
    }
}

impl Failing for Changed {
    fn fault(&self) -> Fault<'_> {
        Fault::Changed
    }
}

impl Failing for TemplateError {
    fn fault(&self) -> Fault<'_> {
        Fault::Request
    }
}

impl Failing for TransactionError {
    fn fault(&self) -> Fault<'_> {
        match self {
            Self::Changed(_) | Self::Unfinished(_) => Fault::Changed,
            Self::File(_) | Self::Partly { .. } | Self::Journal { .. } => Fault::Artifact,
        }
    }
}

impl Failing for FilesError {
    fn fault(&self) -> Fault<'_> {
        match self {
            Self::NoPlace { address, near, .. } => Fault::no_place(address, near),
            Self::Address { .. } | Self::Conflict { .. } => Fault::Request,
            Self::Document { source, .. } if source.is_conflict() => Fault::Request,
            error if error.is_refusal() => Fault::Refused,
            Self::Document { .. }
            | Self::Read { .. }
            | Self::Nested { .. }
            | Self::Signed { .. }
            | Self::Copy { .. } => Fault::Artifact,
        }
    }
}

/// Whether a place of this kind can be made. Nothing calls a constant that is made, what a component is called by is the build's to
/// say, and neither compiled XML nor a program shows where something new would belong.
fn is_makeable(address: &Address) -> bool {
    !matches!(
        address.target,
        Target::DexMethod { .. }
            | Target::DexText { .. }
            | Target::SigningBlock { .. }
            | Target::IntentFilter { .. }
            | Target::Resource { kind: ResourceKind::Xml, .. }
            | Target::Resource { locator: Locator::Text(_), .. }
            | Target::File { locator: Locator::Js(_) | Locator::Text(_), .. }
    )
}
