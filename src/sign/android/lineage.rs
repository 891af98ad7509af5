//! The lineage of signing certificates (source.android.com, "APK Signature Scheme v3", "Proof-of-rotation"): each
//! certificate is vouched for by the one before it. Read from and written as the file of `apksigner rotate` / `--lineage`
//! and as the attribute of a v3 signer.
//!
//! Must not: trust a chain whose signatures were not checked: [`Lineage`] exists only when they verify.

use super::encoding::{pair, prefixed};
use super::{AndroidSignError, SignatureAlgorithm};
use crate::format::x509::Certificate;
use crate::sign::Identity;
use crate::sign::key::same_key;

/// Starts the file.
const MAGIC: u32 = 0x3eff_39d1;
/// The one version of file and attribute.
const VERSION: u32 = 1;
/// What a past signer may still do by default: everything but roll back (apksigner's default).
pub const DEFAULT_CAPABILITIES: u32 = 0b1_0111;

/// Why a lineage cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LineageError {
    /// Not a lineage file.
    #[error("not a signing lineage: {problem}; expected the file that `apksigner rotate --out` writes")]
    Malformed {
        /// What is wrong.
        problem: String,
    },
    /// The newest certificate is not the signer's.
    #[error(
        "the lineage ends with the certificate of {newest:?}, but the signer is {signer:?}; pass the keystore of the newest certificate as signer"
    )]
    NotNewest {
        /// Subject of the last certificate.
        newest: String,
        /// Subject of the signer.
        signer: String,
    },
    /// The original signer is needed and is not in the lineage.
    #[error(
        "{signer:?} is not in the lineage, which begins with {oldest:?}; pass the keystore of that certificate as the original signer"
    )]
    NotOldest {
        /// Subject of the given signer.
        signer: String,
        /// Subject of the first certificate.
        oldest: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Node {
    certificate: Certificate,
    /// The algorithm the node before signed with; 0 in the first.
    parent_algorithm: u32,
    flags: u32,
    /// The algorithm this node signs the next with.
    algorithm: u32,
    signature: Vec<u8>,
}

/// A lineage whose chain of signatures holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lineage {
    nodes: Vec<Node>,
}

impl Lineage {
    /// Reads the file of `apksigner rotate`. `verify` checks one signature: the `SubjectPublicKeyInfo` of the signer, the
    /// ID of the algorithm, the bytes signed, the signature (it is `verify::android::lineage_signature`, handed in by the
    /// caller because signing and verifying share no code).
    pub fn from_file(bytes: &[u8], verify: impl Fn(&[u8], u32, &[u8], &[u8]) -> bool) -> Result<Self, LineageError> {
        let mut cursor = Cursor { rest: bytes };
        let wrong = |problem: String| LineageError::Malformed { problem };
        let magic = cursor.word();
        if magic != Some(MAGIC) {
            return Err(wrong("it does not start with d1 39 ff 3e".to_owned()));
        }
        if cursor.word() != Some(VERSION) {
            return Err(wrong("its version is not 1".to_owned()));
        }
        let encoded = cursor.counted().ok_or_else(|| wrong("it is cut".to_owned()))?;
        Self::decode(encoded, verify)
    }

    /// Reads the value of the attribute 0x3ba06f8c; `verify` as in [`Self::from_file`].
    pub fn decode(bytes: &[u8], verify: impl Fn(&[u8], u32, &[u8], &[u8]) -> bool) -> Result<Self, LineageError> {
        let wrong = |problem: String| LineageError::Malformed { problem };
        let mut cursor = Cursor { rest: bytes };
        if cursor.word() != Some(VERSION) {
            return Err(wrong("the version of its encoding is not 1".to_owned()));
        }
        let mut nodes: Vec<Node> = Vec::new();
        while !cursor.rest.is_empty() {
            let index = nodes.len() + 1;
            let (node, signed) = cursor
                .counted()
                .and_then(node)
                .ok_or_else(|| wrong(format!("node {index} is cut or holds no certificate")))?;
            if let Some(parent) = nodes.last()
                && (parent.algorithm != node.parent_algorithm
                    || !verify(parent.certificate.public_key(), node.parent_algorithm, signed, &node.signature))
            {
                return Err(wrong(format!("the signature over node {index} by node {} is wrong", index - 1)));
            }
            if nodes.iter().any(|earlier| earlier.certificate == node.certificate) {
                return Err(wrong(format!("the certificate of node {index} occurs twice")));
            }
            nodes.push(node);
        }
        if nodes.is_empty() {
            return Err(wrong("it holds no certificate".to_owned()));
        }
        Ok(Self { nodes })
    }

    /// A lineage of two: `old` vouches for `new`. For tests; people have `apksigner rotate`.
    #[cfg(feature = "internals")]
    pub fn rotate(old: &Identity, new: &Identity) -> Result<Self, AndroidSignError> {
        let first = Node {
            certificate: old.certificate().clone(),
            parent_algorithm: 0,
            flags: DEFAULT_CAPABILITIES,
            algorithm: 0,
            signature: Vec::new(),
        };
        Self { nodes: vec![first] }.extend(old, new)
    }

    /// Adds a certificate: `newest`, the last of this lineage, vouches for `next`.
    #[cfg(feature = "internals")]
    fn extend(mut self, newest: &Identity, next: &Identity) -> Result<Self, AndroidSignError> {
        self.check_newest(newest)?;
        let algorithm = SignatureAlgorithm::of(newest.key());
        let certificate = next.certificate().clone();
        let signed = [prefixed(certificate.raw()), algorithm.id().to_le_bytes().to_vec()].concat();
        let signature = newest.key().sign(algorithm.digest(), &[&signed])?;
        if let Some(last) = self.nodes.last_mut() {
            last.algorithm = algorithm.id();
        }
        self.nodes.push(Node {
            certificate,
            parent_algorithm: algorithm.id(),
            flags: DEFAULT_CAPABILITIES,
            algorithm: 0,
            signature,
        });
        Ok(self)
    }

    /// The certificates, oldest first.
    pub(crate) fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.nodes.iter().map(|node| &node.certificate)
    }

    /// Refuses a signer that is not the newest.
    pub(super) fn check_newest(&self, signer: &Identity) -> Result<(), LineageError> {
        match self.nodes.last() {
            Some(last) if last.certificate.raw() == signer.certificate().raw() => Ok(()),
            last => Err(LineageError::NotNewest {
                newest: last.map(|node| node.certificate.subject_text()).unwrap_or_default(),
                signer: signer.certificate().subject_text(),
            }),
        }
    }

    /// Refuses an original signer that is not the oldest.
    pub(super) fn check_oldest(&self, signer: &Identity) -> Result<(), LineageError> {
        match self.nodes.first() {
            Some(first) if same_key(first.certificate.public_key(), signer.certificate().public_key()) => Ok(()),
            first => Err(LineageError::NotOldest {
                oldest: first.map(|node| node.certificate.subject_text()).unwrap_or_default(),
                signer: signer.certificate().subject_text(),
            }),
        }
    }

    /// The value of the attribute.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = VERSION.to_le_bytes().to_vec();
        for node in &self.nodes {
            let signed = [prefixed(node.certificate.raw()), node.parent_algorithm.to_le_bytes().to_vec()].concat();
            let encoded = [
                prefixed(&signed),
                node.flags.to_le_bytes().to_vec(),
                pair(node.algorithm, &node.signature)[4..].to_vec(),
            ];
            out.extend(prefixed(&encoded.concat()));
        }
        out
    }

    /// The file of `apksigner rotate`, for tests.
    #[cfg(feature = "internals")]
    pub fn to_file(&self) -> Vec<u8> {
        [MAGIC.to_le_bytes().to_vec(), VERSION.to_le_bytes().to_vec(), prefixed(&self.encode())].concat()
    }
}

/// A node, and the bytes its parent signed.
fn node(bytes: &[u8]) -> Option<(Node, &[u8])> {
    let mut cursor = Cursor { rest: bytes };
    let signed = cursor.counted()?;
    let flags = cursor.word()?;
    let algorithm = cursor.word()?;
    let signature = cursor.counted()?.to_vec();
    let mut inner = Cursor { rest: signed };
    let certificate = Certificate::parse(inner.counted()?).ok()?;
    let parent_algorithm = inner.word()?;
    Some((Node { certificate, parent_algorithm, flags, algorithm, signature }, signed))
}

struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    fn word(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn counted(&mut self) -> Option<&'a [u8]> {
        let len = self.word()?;
        self.take(usize::try_from(len).ok()?)
    }
}
