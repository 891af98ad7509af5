//! The lineage of signing certificates (source.android.com, "APK Signature Scheme v3", "Proof-of-rotation").
//!
//! Must not: say who may sign; it tells whether the chain of signatures holds.

use super::algorithm::Algorithm;
use super::encoding::Cursor;
use crate::format::x509::Certificate;

/// A chain that holds, oldest certificate first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lineage {
    certificates: Vec<Vec<u8>>,
}

impl Lineage {
    /// Checks the value of the attribute.
    pub(super) fn verify(encoded: &[u8]) -> Result<Self, String> {
        let mut cursor = Cursor::new(encoded);
        let version = cursor.word()?;
        if version != 1 {
            return Err(format!("version {version}, expected 1"));
        }
        let mut certificates: Vec<Vec<u8>> = Vec::new();
        let mut parent: Option<(Certificate, u32)> = None;
        for (index, node) in cursor.elements()?.into_iter().enumerate() {
            let number = index + 1;
            let mut node = Cursor::new(node);
            let signed = node.prefixed()?;
            let _flags = node.word()?;
            let algorithm = node.word()?;
            let signature = node.prefixed()?;
            let mut inner = Cursor::new(signed);
            let raw = inner.prefixed()?;
            let certificate = Certificate::parse(raw).map_err(|e| format!("certificate {number}: {e}"))?;
            let parent_algorithm = inner.word()?;
            if let Some((parent, expected)) = &parent {
                if *expected != parent_algorithm {
                    return Err(format!("node {number} is signed with {parent_algorithm:#x}, expected {expected:#x}"));
                }
                if !signature_holds(parent.public_key(), parent_algorithm, signed, signature) {
                    return Err(format!("certificate {number} is not signed by certificate {index}"));
                }
            }
            if certificates.iter().any(|earlier| earlier == raw) {
                return Err(format!("certificate {number} occurs twice"));
            }
            certificates.push(raw.to_vec());
            parent = Some((certificate, algorithm));
        }
        if certificates.is_empty() {
            return Err("no certificate".to_owned());
        }
        Ok(Self { certificates })
    }

    pub(super) fn newest(&self) -> &[u8] {
        self.certificates.last().map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn oldest(&self) -> &[u8] {
        self.certificates.first().map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether it begins as `earlier` does.
    pub(super) fn extends(&self, earlier: &Self) -> bool {
        self.certificates.starts_with(&earlier.certificates)
    }
}

/// Whether `signature` by an algorithm of schemes v2 to v4 is one of the key over `signed`.
pub fn signature_holds(public_key: &[u8], algorithm: u32, signed: &[u8], signature: &[u8]) -> bool {
    Algorithm::of(algorithm).is_some_and(|algorithm| algorithm.verify(public_key, signed, signature) == Ok(true))
}
