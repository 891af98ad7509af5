//! What can go wrong with a package alone, and what kind of failure each is.
//!
//! Must not: hold a value or anything of a key.

use crate::artifact::apk::ApkError;
use crate::format::apk_signing_block::SigningBlockError;
use crate::pipeline::fault::{Failing, Fault};
use crate::placement::Address;
use crate::sign::android::{AndroidSignError, SchemesError, SectionLength};
use crate::verify::{Finding, findings_text};

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

/// An entry that a package cannot be signed with.
#[derive(Debug, thiserror::Error)]
pub(super) enum EntryFault {
    /// A name that Android does not take.
    #[error(
        "the name of entry {number} of the central directory, {name:?}, is not UTF-8 or has a zero byte: Android and aapt2 do \
         not open such a package; build it again with a tool that writes names in UTF-8"
    )]
    Name { number: usize, name: String },
    /// A name that a JAR manifest cannot hold.
    #[error(
        "the name of entry {number} of the central directory, {name:?}, has a half of a character (an encoded surrogate), which the \
         manifest of a v1 signature cannot hold; build it again with names in UTF-8, or sign without v1 (--schemes v2,v3) where \
         minSdkVersion is 24 or above"
    )]
    Surrogate { number: usize, name: String },
    /// Data that is not what a v1 verifier takes it for.
    #[error(
        "entry {name:?} has the compression method {method}: verifiers of v1 inflate whatever is not stored, and its data is not \
         deflated; build it again, or sign without v1 (--schemes v2,v3) where minSdkVersion is 24 or above"
    )]
    Method { name: String, method: u16 },
}

impl Failing for EntryFault {
    fn fault(&self) -> Fault<'_> {
        Fault::Artifact
    }
}

/// A pair of the signing block that cannot be put in.
#[derive(Debug, thiserror::Error)]
pub(super) enum PairError {
    /// No block, and nothing that would make one.
    #[error(
        "place {address}: this package has no APK Signing Block to put the value in: it is unsigned, or has a v1 signature alone; \
         sign it with v2 or later first (apksigner, Gradle), or name a place in its contents too, so that this run signs it"
    )]
    NoBlock { address: Address },
    /// A block in which nothing is signed.
    #[error(
        "place {address}: the APK Signing Block of this package holds neither a v2 nor a v3 signature, so nothing says that it is \
         in order; sign the package with v2 or later first, or name a place in its contents too, so that this run signs it"
    )]
    NoSignature { address: Address },
    /// Signatures that would stay, and do not hold.
    #[error(
        "place {address}: the package would keep its signatures, and they are not in order: {}; sign it again first",
        findings_text(.findings)
    )]
    Unsound { address: Address, findings: Vec<Finding> },
    /// Schemes that make no block.
    #[error(
        "place {address}: the output would have no APK Signing Block: it is made for v2 and v3 alone; sign with one of them"
    )]
    NoScheme { address: Address },
    /// The same for a pair that is there and was to stay.
    #[error(
        "{pair} is to be kept, and the output would have no APK Signing Block: it is made for v2 and v3 alone; sign with one of \
         them, or leave --keep-signing-block-ids out"
    )]
    NotKept { pair: String },
}

impl Failing for PairError {
    fn fault(&self) -> Fault<'_> {
        match self {
            Self::NoBlock { .. } | Self::NoSignature { .. } => Fault::Refused,
            Self::Unsound { findings, .. } => Fault::Unsound(findings),
            Self::NoScheme { .. } | Self::NotKept { .. } => Fault::Signing,
        }
    }
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
            | Self::Block(_)
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
