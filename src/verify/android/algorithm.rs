//! Signature algorithms of schemes v2 to v4 and of lineages, by ID (source.android.com, "Signature Algorithm IDs").
//!
//! Must not: compute content digests.

use crate::verify::hash::Hash;
use crate::verify::public_key::{self, Padding};

/// How contents are hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ContentDigest {
    ChunkedSha256,
    ChunkedSha512,
    VeritySha256,
}

impl ContentDigest {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ChunkedSha256 => "CHUNKED_SHA256",
            Self::ChunkedSha512 => "CHUNKED_SHA512",
            Self::VeritySha256 => "VERITY_CHUNKED_SHA256",
        }
    }
}

/// One algorithm.
#[derive(Debug, Clone, Copy)]
pub(super) struct Algorithm {
    pub(super) name: &'static str,
    padding: Padding,
    hash: Hash,
    pub(super) content: ContentDigest,
    /// The first API level that knows it.
    pub(super) min_sdk: u32,
}

impl Algorithm {
    pub(super) fn of(id: u32) -> Option<Self> {
        use ContentDigest::{ChunkedSha256, ChunkedSha512, VeritySha256};
        let (name, padding, hash, content, min_sdk) = match id {
            0x0101 => ("RSA-PSS with SHA-256", Padding::Pss, Hash::Sha256, ChunkedSha256, 24),
            0x0102 => ("RSA-PSS with SHA-512", Padding::Pss, Hash::Sha512, ChunkedSha512, 24),
            0x0103 => ("RSA with SHA-256", Padding::Pkcs1, Hash::Sha256, ChunkedSha256, 24),
            0x0104 => ("RSA with SHA-512", Padding::Pkcs1, Hash::Sha512, ChunkedSha512, 24),
            0x0201 => ("ECDSA with SHA-256", Padding::Ecdsa, Hash::Sha256, ChunkedSha256, 24),
            0x0202 => ("ECDSA with SHA-512", Padding::Ecdsa, Hash::Sha512, ChunkedSha512, 24),
            0x0301 => ("DSA with SHA-256", Padding::Dsa, Hash::Sha256, ChunkedSha256, 24),
            0x0421 => ("RSA with SHA-256 over a verity tree", Padding::Pkcs1, Hash::Sha256, VeritySha256, 28),
            0x0423 => ("ECDSA with SHA-256 over a verity tree", Padding::Ecdsa, Hash::Sha256, VeritySha256, 28),
            0x0425 => ("DSA with SHA-256 over a verity tree", Padding::Dsa, Hash::Sha256, VeritySha256, 28),
            _ => return None,
        };
        Some(Self { name, padding, hash, content, min_sdk })
    }

    pub(super) fn verify(&self, public_key: &[u8], signed: &[u8], signature: &[u8]) -> Result<bool, String> {
        public_key::verify(public_key, self.padding, self.hash, &[signed], signature)
    }
}
