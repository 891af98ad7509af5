//! What kind of failure an error of the main job is: all that a program decides on, whatever the artifact was.
//!
//! Must not: say what happened; the error does.

use super::apk::ApkJobError;
use super::apple::AppleJobError;
use super::job::Cause;
use super::tree::{RaisedError, TreeJobError};
use crate::artifact::apk::ApkError;
use crate::artifact::files::FilesError;
use crate::artifact::kind::FileKind;
use crate::artifact::web::WebError;
use crate::host::transaction::TransactionError;
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
    /// It changed while it was worked on, or another run was cut off meanwhile: the same once more, from the beginning, may do
    /// it.
    Changed,
    /// A fault of this library.
    Internal,
}

impl<'e> Fault<'e> {
    pub(super) fn of(cause: &'e Cause) -> Self {
        match cause {
            Cause::Apk(error) => Self::of_apk(error),
            Cause::Tree(error) => Self::of_tree(error),
            Cause::Apple(error) => Self::of_apple(error),
            Cause::Kind(FileKind::Gxsd) => Self::PartOfFolder,
            Cause::Kind(_) => Self::Kind,
            Cause::File(_) | Cause::Zip(_) => Self::Artifact,
            Cause::NoKey(_) => Self::Internal,
        }
    }

    fn of_apk(error: &'e ApkJobError) -> Self {
        match error {
            ApkJobError::Apk(ApkError::NoPlace { address, near, .. }) => {
                Self::NoPlace { address, near, makeable: is_makeable(address) }
            }
            ApkJobError::Apk(ApkError::Address { .. } | ApkError::Conflict { .. }) | ApkJobError::Template(_) => {
                Self::Request
            }
            ApkJobError::Apk(ApkError::Kind(_)) => Self::Kind,
            ApkJobError::Apk(ApkError::Document { source, .. }) if source.is_conflict() => Self::Request,
            ApkJobError::Apk(error) if error.is_refusal() => Self::Refused,
            ApkJobError::Apk(_) | ApkJobError::File(_) | ApkJobError::Zip(_) | ApkJobError::SigningBlock(_) => {
                Self::Artifact
            }
            ApkJobError::Changed(_) => Self::Changed,
            ApkJobError::LeftEmpty { address, .. } => Self::LeftEmpty { address },
            ApkJobError::Main { .. } => Self::WhichMain,
            ApkJobError::NoPlaceAtAll { .. } => Self::NoPlaceAtAll { example: "string/client_id" },
            ApkJobError::Schemes(_) | ApkJobError::Sign(_) => Self::Signing,
            ApkJobError::NewSigner { .. } => Self::NewSigner,
            ApkJobError::SeveralSigners { .. } => Self::SeveralSigners,
            ApkJobError::Unsound(findings) | ApkJobError::Leak(findings) => Self::Unsound(findings),
            ApkJobError::Digest(_) => Self::Internal,
        }
    }

    fn of_tree(error: &'e TreeJobError) -> Self {
        match error {
            TreeJobError::Files(error) | TreeJobError::Raised(RaisedError::Files(error)) => Self::of_files(error),
            TreeJobError::Template(_) => Self::Request,
            TreeJobError::Output(_) => Self::InPlace("folder"),
            TreeJobError::LeftEmpty { address, .. } => Self::LeftEmpty { address },
            TreeJobError::Main { .. } => Self::WhichMain,
            TreeJobError::NoPlaceAtAll { .. } => Self::NoPlaceAtAll { example: "config.json#/client_id" },
            TreeJobError::Unsound(findings) | TreeJobError::Leak(findings) => Self::Unsound(findings),
            TreeJobError::Changed(_) => Self::Changed,
            TreeJobError::Transaction(error) => Self::of_transaction(error),
            TreeJobError::Web(WebError::Unmakeable { .. }) => Self::Copy,
            TreeJobError::File(_)
            | TreeJobError::Web(_)
            | TreeJobError::Raised(_)
            | TreeJobError::Empty(_)
            | TreeJobError::TooManyFiles { .. } => Self::Artifact,
        }
    }

    fn of_apple(error: &'e AppleJobError) -> Self {
        match error {
            AppleJobError::Files(error) => Self::of_files(error),
            AppleJobError::Template(_) | AppleJobError::OutsideContents { .. } => Self::Request,
            AppleJobError::Output(_) => Self::InPlace("app"),
            AppleJobError::LeftEmpty { address, .. } => Self::LeftEmpty { address },
            AppleJobError::Main { .. } => Self::WhichMain,
            AppleJobError::NoPlaceAtAll { .. } => Self::NoPlaceAtAll { example: "Info.plist#ClientId" },
            AppleJobError::Signer(_) => Self::Issuers,
            AppleJobError::Sign { .. }
            | AppleJobError::Expired { .. }
            | AppleJobError::Profile { .. }
            | AppleJobError::Entitlements { .. } => Self::Signing,
            AppleJobError::Team { .. } => Self::NewTeam,
            AppleJobError::Changed(_) => Self::Changed,
            AppleJobError::Transaction(error) => Self::of_transaction(error),
            AppleJobError::ProfileDoesNotFit { .. } => Self::Profile,
            AppleJobError::Unsound(findings) | AppleJobError::Leak(findings) => Self::Unsound(findings),
            AppleJobError::File(_)
            | AppleJobError::Zip(_)
            | AppleJobError::Ipa(_)
            | AppleJobError::Archive { .. }
            | AppleJobError::Layout(_)
            | AppleJobError::Tree(_)
            | AppleJobError::Seal { .. } => Self::Artifact,
        }
    }

    fn of_transaction(error: &TransactionError) -> Self {
        match error {
            TransactionError::Changed(_) | TransactionError::Unfinished(_) => Self::Changed,
            TransactionError::File(_) | TransactionError::Journal { .. } => Self::Artifact,
        }
    }

    fn of_files(error: &'e FilesError) -> Self {
        match error {
            FilesError::NoPlace { address, near, .. } => {
                Self::NoPlace { address, near, makeable: is_makeable(address) }
            }
            FilesError::Address { .. } | FilesError::Conflict { .. } => Self::Request,
            FilesError::Document { source, .. } if source.is_conflict() => Self::Request,
            error if error.is_refusal() => Self::Refused,
            FilesError::Read { .. }
            | FilesError::Document { .. }
            | FilesError::Nested { .. }
            | FilesError::Signed { .. }
            | FilesError::Copy { .. } => Self::Artifact,
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
            | Target::IntentFilter { .. }
            | Target::Resource { kind: ResourceKind::Xml, .. }
            | Target::File { locator: Locator::Js(_), .. }
    )
}
