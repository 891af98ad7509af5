//! Signing Android packages, in this order:
//!
//! 1. [`Schemes`]: which schemes, from minSdk, the input and the user's wish.
//! 2. [`v1`]: MANIFEST.MF, signature file and PKCS#7 block, before the archive is closed (they are entries).
//! 3. The archive is laid out and aligned; `format::apk_signing_block::padding_before` brings the signing block to a page.
//! 4. [`ContentHasher`]: fed the three sections while they are written.
//! 5. [`signing_block()`]: v2, v3 (v3.1) over the digests; it goes between entries and central directory, and the end record
//!    gets the new offset of the directory.
//! 6. [`v4`]: a separate file about the finished package.
//!
//! Must not: read or write archives; the pipeline does.

mod content_digest;
mod encoding;
mod kept_pairs;
mod lineage;
mod schemes;
mod signing_block;
pub mod v1;
mod v2;
mod v3;
pub mod v4;

pub use content_digest::{CHUNK, ContentDigest, ContentDigests, ContentHasher, SectionLength, TwoChunks};
pub use kept_pairs::{KeptPairs, KeptPairsError};
pub use lineage::{DEFAULT_CAPABILITIES, Lineage, LineageError};
pub use schemes::{Schemes, SchemesError};
pub use signing_block::{
    DEFAULT_ROTATION_MIN_SDK, DroppedPair, Rotation, STAMP_ENTRY, Signers, dropped_pairs, signing_block,
};

use super::key::{Algorithm, Digest, KeyError, PrivateKey};

/// Why a package cannot be signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AndroidSignError {
    /// The key failed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The lineage does not fit.
    #[error(transparent)]
    Lineage(#[from] LineageError),
    /// No JAR signature is possible.
    #[error(transparent)]
    Jar(#[from] v1::JarError),
    /// The finished package could not be read.
    #[error("reading the signed package for v4 failed: {0}")]
    Package(std::io::Error),
    /// v4 beside v3.1 has a longer form that is not written.
    #[error(
        "v4 together with a rotation from API level 33 on (v3.1) is not supported; rotate from 28 on (v3), or leave v4 out"
    )]
    V4WithV31,
    /// A digest that the signer needs was not computed: a mistake of the caller.
    #[error("the content digest {kind:?} was not computed, but the signer needs it")]
    DigestMissing {
        /// Which.
        kind: ContentDigest,
    },
    /// After a rotation, older Androids need the signature of the first key.
    #[error(
        "the key was rotated, and Androids before the rotation need the signature of the original key; pass the keystore of {oldest:?} too"
    )]
    OriginalMissing {
        /// Subject of the first certificate of the lineage.
        oldest: String,
    },
    /// A lineage says something only to v3.
    #[error("a lineage was given but v3 is off; only v3 carries a lineage: turn v3 on or leave the lineage out")]
    RotationWithoutV3,
}

/// Signature algorithms of schemes v2 to v4 that are written here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// 0x0103.
    RsaPkcs1Sha256,
    /// 0x0104.
    RsaPkcs1Sha512,
    /// 0x0201.
    EcdsaSha256,
    /// 0x0202.
    EcdsaSha512,
}

impl SignatureAlgorithm {
    /// The algorithm apksigner takes for a key: SHA-256 up to RSA 3072 and P-256, SHA-512 above.
    pub fn of(key: &PrivateKey) -> Self {
        match (key.algorithm(), key.bits()) {
            (Algorithm::Rsa, ..=3072) => Self::RsaPkcs1Sha256,
            (Algorithm::Rsa, _) => Self::RsaPkcs1Sha512,
            (Algorithm::Ec, ..=256) => Self::EcdsaSha256,
            (Algorithm::Ec, _) => Self::EcdsaSha512,
        }
    }

    /// Its ID.
    pub fn id(self) -> u32 {
        match self {
            Self::RsaPkcs1Sha256 => 0x0103,
            Self::RsaPkcs1Sha512 => 0x0104,
            Self::EcdsaSha256 => 0x0201,
            Self::EcdsaSha512 => 0x0202,
        }
    }

    /// The digest it signs.
    pub fn digest(self) -> Digest {
        match self {
            Self::RsaPkcs1Sha256 | Self::EcdsaSha256 => Digest::Sha256,
            Self::RsaPkcs1Sha512 | Self::EcdsaSha512 => Digest::Sha512,
        }
    }

    /// The content digest it goes with.
    pub fn content_digest(self) -> ContentDigest {
        match self {
            Self::RsaPkcs1Sha256 | Self::EcdsaSha256 => ContentDigest::ChunkedSha256,
            Self::RsaPkcs1Sha512 | Self::EcdsaSha512 => ContentDigest::ChunkedSha512,
        }
    }

    fn content_digest_of(self, digests: &ContentDigests) -> Result<&[u8], AndroidSignError> {
        let kind = self.content_digest();
        digests.value(kind).ok_or(AndroidSignError::DigestMissing { kind })
    }
}

/// The content digests that signing with these identities needs, for [`ContentHasher::new`].
pub fn needed_digests(signers: &Signers<'_>) -> Vec<ContentDigest> {
    let mut kinds: Vec<_> =
        signers.identities().iter().map(|identity| SignatureAlgorithm::of(identity.key()).content_digest()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}
