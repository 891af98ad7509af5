//! The signing block of a package: which pairs it gets, in apksigner's order, and what becomes of the pairs that were
//! there before.
//!
//! Must not: hash contents, or decide which schemes to use (see `schemes`).

use std::collections::BTreeSet;

use super::content_digest::ContentDigests;
use super::schemes::Schemes;
use super::v3::Signer;
use super::{AndroidSignError, Lineage, v2, v3};
use crate::format::apk_signing_block::{SigningBlock, build, id};
use crate::format::x509::Certificate;
use crate::sign::Identity;

/// The API level from which v3 is known (Android 9): where a rotated key can begin.
const SDK_V3: u32 = 28;
/// The API level from which v2 is known (Android 7); a v3 signer without rotation says this, as apksigner does.
const SDK_V2: u32 = 24;
/// All later API levels.
const SDK_MAX: u32 = i32::MAX as u32;

/// Who signs: the current identity, and after a rotation the one from before and the proof.
#[derive(Debug, Clone, Copy)]
pub struct Signers<'a> {
    /// The newest identity.
    pub current: &'a Identity,
    /// After a rotation.
    pub rotation: Option<Rotation<'a>>,
}

/// A rotation of the signing key.
#[derive(Debug, Clone, Copy)]
pub struct Rotation<'a> {
    /// The identity older Androids know: the first of the lineage. `None` signs with v3 alone (minSdk 28 and above, or 33).
    pub original: Option<&'a Identity>,
    /// The proof.
    pub lineage: &'a Lineage,
    /// The API level from which the current identity counts: 33 (a v3.1 block) by default, 28 for v3 as before Android 13.
    pub min_sdk: u32,
}

/// The default of [`Rotation::min_sdk`]: platforms before 13 have trouble with rotated keys (apksig's default too).
pub const DEFAULT_ROTATION_MIN_SDK: u32 = 33;

/// The entry of a source stamp. Signing again leaves it out, as apksigner does: its stamp in the signing block is gone too.
pub const STAMP_ENTRY: &[u8] = b"stamp-cert-sha256";

/// A pair of the input that the new block does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DroppedPair {
    /// Its ID.
    pub id: u32,
    /// What it is, for people.
    pub what: &'static str,
    /// Bytes of its value.
    pub len: usize,
}

impl<'a> Signers<'a> {
    /// One identity, never rotated.
    pub fn single(current: &'a Identity) -> Self {
        Self { current, rotation: None }
    }

    /// The identities that sign blocks of the given schemes, each once: their digests are needed.
    pub fn identities(&self) -> Vec<&'a Identity> {
        let mut all = vec![self.current];
        all.extend(self.rotation.and_then(|rotation| rotation.original));
        all
    }

    /// Who signs v1 and v2: the identity that Androids without v3 know.
    pub fn oldest(&self) -> &'a Identity {
        self.rotation.and_then(|rotation| rotation.original).unwrap_or(self.current)
    }

    fn check(&self, schemes: Schemes) -> Result<(), AndroidSignError> {
        let Some(rotation) = &self.rotation else { return Ok(()) };
        rotation.lineage.check_newest(self.current)?;
        match rotation.original {
            Some(original) => rotation.lineage.check_oldest(original)?,
            None if schemes.v1 || schemes.v2 || rotation.min_sdk > SDK_V3 => {
                return Err(AndroidSignError::OriginalMissing {
                    oldest: rotation.lineage.certificates().next().map(Certificate::subject_text).unwrap_or_default(),
                });
            }
            None => {}
        }
        if !schemes.v3 {
            return Err(AndroidSignError::RotationWithoutV3);
        }
        Ok(())
    }
}

/// Builds the signing block of a package with these content digests: v2, v3.1, v3, as far as `schemes` has them, then `others`, as they
/// come, and padding. `None` when no scheme needs a block.
pub fn signing_block(
    signers: &Signers<'_>,
    schemes: Schemes,
    digests: &ContentDigests,
    others: &[(u32, Vec<u8>)],
) -> Result<Option<Vec<u8>>, AndroidSignError> {
    signers.check(schemes)?;
    let mut pairs = Vec::new();
    if schemes.v2 {
        pairs.push((id::V2, v2::block(signers.oldest(), digests, schemes.v3)?));
    }
    if schemes.v3 {
        let whole =
            |lineage| Signer { identity: signers.current, sdk: (SDK_V3, SDK_MAX), lineage, rotation_min_sdk: None };
        match signers.rotation {
            None => pairs.push((id::V3, v3::block(&Signer { sdk: (SDK_V2, SDK_MAX), ..whole(None) }, digests)?)),
            Some(Rotation { original: Some(original), lineage, min_sdk }) if min_sdk > SDK_V3 => {
                let rotated = Signer { sdk: (min_sdk, SDK_MAX), ..whole(Some(lineage)) };
                pairs.push((id::V31, v3::block(&rotated, digests)?));
                let before = Signer {
                    identity: original,
                    sdk: (SDK_V2, min_sdk - 1),
                    lineage: None,
                    rotation_min_sdk: Some(min_sdk),
                };
                pairs.push((id::V3, v3::block(&before, digests)?));
            }
            Some(rotation) => pairs.push((id::V3, v3::block(&whole(Some(rotation.lineage)), digests)?)),
        }
    }
    if pairs.is_empty() {
        return Ok(None);
    }
    let signatures = pairs.iter().map(|(id, value)| (*id, value.as_slice()));
    let others = others.iter().map(|(id, value)| (*id, value.as_slice()));
    let pairs: Vec<(u32, &[u8])> = signatures.chain(others).collect();
    Ok(Some(build(&pairs)))
}

/// The pairs of the input's block that signing again leaves out: everything but signatures, padding and the pairs of the IDs that
/// `stay`. apksigner leaves those out too: they speak about the package as it was (source stamp, Play metadata) or are unknown.
pub fn dropped_pairs(block: &SigningBlock, stay: &BTreeSet<u32>) -> Vec<DroppedPair> {
    let is_made = |id: u32| matches!(id, id::V2 | id::V3 | id::V31 | id::PADDING);
    let dropped = block.pairs().filter(|(id, _)| !is_made(*id) && !stay.contains(id));
    dropped.map(|(id, value)| DroppedPair { id, what: id::describe(id), len: value.len() }).collect()
}
