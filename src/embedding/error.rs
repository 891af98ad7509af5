//! Why an artifact was not done.
//!
//! Must not: hold a secret.

use std::path::{Path, PathBuf};

use super::apps::AppError;
use super::environment::SourceError;
use super::places::PlacesError;
use crate::credential::change::ChangeError;
use crate::credential::obtain::ObtainError;
use crate::credential::registry::{InvalidApplication, RegistryError};
use crate::credential::{DatabaseError, EnvironmentName};
use crate::host::file::FileError;
use crate::pipeline::job::JobError;
use crate::pipeline::receipt_error::ReceiptError;
use crate::placement::TemplateError;

/// Why an artifact was not done, or has no credential.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbedError {
    /// It is about this artifact.
    #[error("{}", about(path, error))]
    About {
        /// The artifact.
        path: PathBuf,
        /// What about it.
        error: Box<EmbedError>,
    },
    /// The artifact, its places, its signature.
    #[error(transparent)]
    Job(#[from] JobError),
    /// A place is not there.
    #[error("{error}")]
    NoPlace {
        /// Which, and why.
        error: JobError,
        /// What a preset says of its absence.
        hint: Option<String>,
        /// Whether what is missing was to be made.
        create: bool,
    },
    /// The artifact holds metadata of several main objects, and the application is none of them.
    #[error("{error}; none of them is called {name}")]
    NoSuchMain {
        /// Which there are.
        error: JobError,
        /// The application's name.
        name: String,
    },
    /// It is not known which application is meant.
    #[error(transparent)]
    App(#[from] AppError),
    /// It is not known which places are meant.
    #[error(transparent)]
    Places(#[from] PlacesError),
    /// What is no id or name of an application.
    #[error(transparent)]
    Name(#[from] InvalidApplication),
    /// There is no credential.
    #[error(transparent)]
    Obtain(#[from] ObtainError),
    /// What the environment's source says.
    #[error(transparent)]
    Source(SourceError),
    /// A template names what is not defined.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// No place takes the secret.
    #[error("no place takes the secret of {0}: only the Client Id would be embedded")]
    NoSecretPlace(EnvironmentName),
    /// A release environment, and a build that is none.
    #[error("it is {what}, and {environment} is a release environment")]
    NotRelease {
        /// What it is: "debuggable".
        what: &'static str,
        /// The environment.
        environment: EnvironmentName,
    },
    /// It is signed by somebody else than the environment asks for.
    #[error(transparent)]
    Pin(#[from] PinError),
    /// It is another application's by now.
    #[error("it became {0} while inject worked on it; run again")]
    Became(String),
    /// No credential was obtained for its application, which was said already.
    #[error("no credential of {0}, as said above")]
    NoCredential(String),
    /// A receipt cannot be made.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// A receipt cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Why a key is not the one that the environment pins.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PinError {
    /// No key, on purpose.
    #[error("{0} pins its signer, and the output would be unsigned")]
    Unsigned(EnvironmentName),
    /// No identity.
    #[error("{0} pins its signer, and none is given")]
    None(EnvironmentName),
    /// Another one.
    #[error("{environment} pins the signer {pinned}, the key given is {given}")]
    Other {
        /// The environment.
        environment: EnvironmentName,
        /// SHA-256 of the certificate that it pins.
        pinned: String,
        /// That of the key.
        given: String,
    },
    /// Another one signed the artifact, and its signature stays.
    #[error("{environment} pins the signer {pinned}, and the signature that stays is by {found}")]
    Kept {
        /// The environment.
        environment: EnvironmentName,
        /// SHA-256 of the certificate that it pins.
        pinned: String,
        /// Those of the signers.
        found: String,
    },
}

impl EmbedError {
    /// The same, about an artifact.
    #[must_use]
    pub(super) fn about(self, path: &Path) -> Self {
        Self::About { path: path.to_owned(), error: Box::new(self) }
    }

    /// What it is about an artifact, without saying which.
    pub(super) fn cause(&self) -> &Self {
        if let Self::About { error, .. } = self { error.cause() } else { self }
    }
}

/// An artifact that the error names itself is not named twice.
fn about(path: &Path, error: &EmbedError) -> String {
    let (path, error) = (path.display().to_string(), error.to_string());
    if error.contains(&path) { error } else { format!("{path}: {error}") }
}

impl From<DatabaseError> for EmbedError {
    fn from(error: DatabaseError) -> Self {
        Self::Obtain(error.into())
    }
}

impl From<RegistryError> for EmbedError {
    fn from(error: RegistryError) -> Self {
        Self::Obtain(error.into())
    }
}

impl From<ChangeError> for EmbedError {
    fn from(error: ChangeError) -> Self {
        Self::Obtain(error.into())
    }
}

impl From<SourceError> for EmbedError {
    fn from(error: SourceError) -> Self {
        Self::Source(error)
    }
}
