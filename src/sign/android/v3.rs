//! APK Signature Scheme v3 and v3.1 (source.android.com): signers for ranges of Android versions, with the lineage of
//! certificates where the key was rotated.
//!
//! Must not: compute digests (see `content_digest`) or judge a lineage (see `lineage`).

use super::content_digest::ContentDigests;
use super::encoding::{attribute, pair, prefixed, sequence};
use super::{AndroidSignError, Lineage, SignatureAlgorithm};
use crate::format::x509::Certificate;
use crate::sign::Identity;

/// The lineage of certificates ("proof of rotation").
const ATTRIBUTE_LINEAGE: u32 = 0x3ba0_6f8c;
/// In a v3 block: the Android version from which a v3.1 block must be there.
const ATTRIBUTE_ROTATION_MIN_SDK: u32 = 0x559f_8b02;

/// One signer of a v3 or v3.1 block.
pub(super) struct Signer<'a> {
    pub(super) identity: &'a Identity,
    /// First and last API level it is for.
    pub(super) sdk: (u32, u32),
    pub(super) lineage: Option<&'a Lineage>,
    /// Where a v3.1 block takes over.
    pub(super) rotation_min_sdk: Option<u32>,
}

/// The value of the v3 or v3.1 pair.
pub(super) fn block(signer: &Signer<'_>, digests: &ContentDigests) -> Result<Vec<u8>, AndroidSignError> {
    let identity = signer.identity;
    let algorithm = SignatureAlgorithm::of(identity.key());
    let certificates: Vec<&[u8]> = identity.certificates().iter().map(Certificate::raw).collect();
    let mut attributes = Vec::new();
    if let Some(lineage) = signer.lineage {
        attributes.extend(attribute(ATTRIBUTE_LINEAGE, &lineage.encode()));
    }
    if let Some(sdk) = signer.rotation_min_sdk {
        attributes.extend(attribute(ATTRIBUTE_ROTATION_MIN_SDK, &sdk.to_le_bytes()));
    }
    let range = [signer.sdk.0.to_le_bytes(), signer.sdk.1.to_le_bytes()].concat();
    let signed = [
        prefixed(&pair(algorithm.id(), algorithm.content_digest_of(digests)?)),
        prefixed(&sequence(&certificates)),
        range.clone(),
        prefixed(&attributes),
    ]
    .concat();
    let signature = identity.key().sign(algorithm.digest(), &[&signed])?;
    let encoded =
        [prefixed(&signed), range, prefixed(&pair(algorithm.id(), &signature)), prefixed(&identity.key().public_key())]
            .concat();
    Ok(prefixed(&prefixed(&encoded)))
}
