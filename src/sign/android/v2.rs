//! APK Signature Scheme v2 (source.android.com): one block of signers over the content digest.
//!
//! Must not: compute digests (see `content_digest`) or place the block (see `signing_block`).

use super::content_digest::ContentDigests;
use super::encoding::{attribute, pair, prefixed, sequence};
use super::{AndroidSignError, SignatureAlgorithm};
use crate::format::x509::Certificate;
use crate::sign::Identity;

/// Stripping protection: the value names the later scheme that must be there too.
const ATTRIBUTE_STRIPPING: u32 = 0xbeef_f00d;

/// The value of the v2 pair. `with_v3` protects the v3 block from being taken away.
pub(super) fn block(identity: &Identity, digests: &ContentDigests, with_v3: bool) -> Result<Vec<u8>, AndroidSignError> {
    let algorithm = SignatureAlgorithm::of(identity.key());
    let attributes = if with_v3 { attribute(ATTRIBUTE_STRIPPING, &3u32.to_le_bytes()) } else { Vec::new() };
    let certificates: Vec<&[u8]> = identity.certificates().iter().map(Certificate::raw).collect();
    // Digests, certificates, attributes, and the empty fourth element that apksigner writes.
    let signed = sequence(&[
        pair(algorithm.id(), algorithm.content_digest_of(digests)?),
        sequence(&certificates),
        attributes,
        Vec::new(),
    ]);
    let signature = identity.key().sign(algorithm.digest(), &[&signed])?;
    let signer = sequence(&[signed, pair(algorithm.id(), &signature), identity.key().public_key()]);
    Ok(prefixed(&prefixed(&signer)))
}
