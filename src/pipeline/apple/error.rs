//! Why an app was not injected.
//!
//! Must not: hold a value or anything of a key.

use std::path::PathBuf;

use crate::artifact::apple::{IpaError, LayoutError, TreeError};
use crate::artifact::files::FilesError;
use crate::format::code_resources::SealError;
use crate::format::mobileprovision::ProfileError;
use crate::format::zip::ZipError;
use crate::host::file::Changed;
use crate::host::file::FileError;
use crate::host::transaction::TransactionError;
use crate::placement::Address;
use crate::placement::template::TemplateError;
use crate::sign::apple::{AppleSignError, SignerError};
use crate::verify;

/// Why an app was not injected. Nothing was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppleJobError {
    /// A file operation.
    #[error(transparent)]
    File(#[from] FileError),
    /// The container.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// No app in the container.
    #[error(transparent)]
    Ipa(#[from] IpaError),
    /// No app, or several, in an archive of Xcode.
    #[error("{count} apps in {}, expected one", .folder.display())]
    Archive {
        /// Where they should be.
        folder: PathBuf,
        /// How many.
        count: usize,
    },
    /// The bundles.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// A file of the app.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The places.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// A value template.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// No place at all.
    #[error("no place for a credential was found in this app: none of the presets {presets} fits")]
    NoPlaceAtAll {
        /// What was tried.
        presets: String,
    },
    /// Places that the build left empty, and nothing else.
    #[error("nothing was put into this app: {address} in {entry} is empty in this build, and stays so")]
    LeftEmpty {
        /// The first of them.
        address: Box<Address>,
        /// Where it lies.
        entry: String,
    },
    /// Metadata of several main objects.
    #[error("which main object is this app? it holds metadata of {}", .mains.join(", "))]
    Main {
        /// Their names.
        mains: Vec<String>,
    },
    /// A new file where no seal reaches.
    #[error("{file} would lie outside {base}, where codesign takes no file; name {base}/{file}")]
    OutsideContents {
        /// The file.
        file: String,
        /// The folder that the seal is of.
        base: String,
    },
    /// A folder is changed where it is.
    #[error("an app in a folder is changed in place; copy it to {} first", .0.display())]
    Output(PathBuf),
    /// Putting files in place.
    #[error(transparent)]
    Transaction(#[from] TransactionError),
    /// Something else wrote there.
    #[error(transparent)]
    Changed(#[from] Changed),
    /// Who signs.
    #[error(transparent)]
    Signer(#[from] SignerError),
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
    #[error("the certificate of {subject:?} expired at {at}; a device takes no code signed with it")]
    Expired {
        /// Whose.
        subject: String,
        /// When, `YYYYMMDDHHMMSSZ`.
        at: String,
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
    /// The output does not verify.
    #[error("the new app does not verify, so it was not put in place: {}", verify::findings_text(.0))]
    Unsound(Vec<verify::Finding>),
    /// A credential that must not be in what would be written.
    #[error("nothing was written, because the new app would hold what must not be there: {}", verify::findings_text(.0))]
    Leak(Vec<verify::Finding>),
}
