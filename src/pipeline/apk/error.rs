//! What can go wrong with a package alone, and what kind of failure each is.
//!
//! Must not: hold a value or anything of a key.

use crate::artifact::apk::ApkError;
use crate::format::apk_signing_block::SigningBlockError;
use crate::pipeline::fault::{Failing, Fault};
use crate::sign::android::{AndroidSignError, SchemesError, SectionLength};

/// A signer that devices, or Google Play, would refuse.
#[derive(Debug, thiserror::Error)]
pub(super) enum SignerFault {
    /// Another key than the input's: subject and digest of each certificate.
    #[error("the input was signed by {input} and the key given is {given}: {consequence}")]
    New { input: String, given: String, consequence: &'static str },
    /// Several signers.
    #[error("the input has {count} signers; a package with several signers cannot be signed again with one key")]
    Several { count: usize },
}

impl Failing for SignerFault {
    fn fault(&self) -> Fault<'_> {
        match self {
            Self::New { .. } => Fault::NewSigner,
            Self::Several { .. } => Fault::SeveralSigners,
        }
    }
}

impl Failing for ApkError {
    fn fault(&self) -> Fault<'_> {
        match self {
            Self::NoPlace { address, near, .. } => Fault::no_place(address, near),
            Self::Address { .. } | Self::Conflict { .. } => Fault::Request,
            Self::Kind(_) => Fault::Kind,
            Self::Proto { source, .. } if source.is_conflict() => Fault::Request,
            Self::Document { source, .. } if source.is_conflict() => Fault::Request,
            error if error.is_refusal() => Fault::Refused,
            Self::Zip(_)
            | Self::Manifest(_)
            | Self::Table(_)
            | Self::NoBase
            | Self::Proto { .. }
            | Self::Document { .. }
            | Self::Read { .. }
            | Self::Nested { .. }
            | Self::Dex { .. }
            | Self::Refused { .. }
            | Self::Files(_) => Fault::Artifact,
        }
    }
}

impl Failing for SigningBlockError {
    fn fault(&self) -> Fault<'_> {
        Fault::Artifact
    }
}

impl Failing for SchemesError {
    fn fault(&self) -> Fault<'_> {
        Fault::Signing
    }
}

impl Failing for AndroidSignError {
    fn fault(&self) -> Fault<'_> {
        Fault::Signing
    }
}

impl Failing for SectionLength {
    fn fault(&self) -> Fault<'_> {
        Fault::Internal
    }
}
