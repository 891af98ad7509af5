//! APK Signature Scheme v4 (source.android.com): the `.idsig` file with which a device installs while it still downloads
//! (`adb install --incremental`). A signature over the root of a fs-verity tree of the finished package.
//!
//! Must not: change the package; hold more of it than one hash per page of 4096 bytes.

use std::io;

use sha2::{Digest as _, Sha256};

use super::encoding::prefixed;
use super::{AndroidSignError, ContentDigests, SignatureAlgorithm, Signers};
use crate::format::read_at::ReadAt;

const VERSION: u32 = 2;
const HASH_SHA256: u32 = 1;
const LOG2_PAGE: u8 = 12;
const PAGE: usize = 1 << LOG2_PAGE;
/// Bytes read at a time.
const STEP: usize = 256 * PAGE;
const HASH: usize = 32;

/// Makes the file for `package`, which is finished and has these content digests.
pub fn idsig<S: ReadAt + ?Sized>(
    signers: &Signers<'_>,
    package: &S,
    digests: &ContentDigests,
) -> Result<Vec<u8>, AndroidSignError> {
    if signers.rotation.is_some_and(|rotation| rotation.original.is_some() && rotation.min_sdk > 28) {
        return Err(AndroidSignError::V4WithV31);
    }
    let identity = signers.current;
    let algorithm = SignatureAlgorithm::of(identity.key());
    let digest = algorithm.content_digest_of(digests)?;
    let (root, tree) = tree(package).map_err(AndroidSignError::Package)?;
    let certificate = identity.certificate().raw();
    // Salt and additional data are empty.
    let hashing = [HASH_SHA256.to_le_bytes().as_slice(), &[LOG2_PAGE], &prefixed(&[]), &prefixed(&root)].concat();
    let said = [prefixed(digest), prefixed(certificate), prefixed(&[])].concat();
    let body = [package.size().to_le_bytes().as_slice(), &hashing, &said].concat();
    let size = u32::try_from(body.len() + 4).unwrap_or(u32::MAX).to_le_bytes();
    let signature = identity.key().sign(algorithm.digest(), &[&size, &body])?;
    let signing =
        [said, prefixed(&identity.key().public_key()), algorithm.id().to_le_bytes().to_vec(), prefixed(&signature)]
            .concat();
    Ok([VERSION.to_le_bytes().to_vec(), prefixed(&hashing), prefixed(&signing), prefixed(&tree)].concat())
}

/// Root hash and tree, the level under the root first.
fn tree<S: ReadAt + ?Sized>(package: &S) -> io::Result<([u8; HASH], Vec<u8>)> {
    let size = package.size();
    let mut level = Vec::new();
    let mut buf = vec![0; STEP];
    let mut at = 0;
    while at < size {
        let len = usize::try_from(size - at).unwrap_or(STEP).min(STEP);
        let (part, beyond) = buf.split_at_mut(len);
        package.read_exact_at(part, at)?;
        // The last page counts as filled up with zeros.
        beyond.fill(0);
        let pages = len.next_multiple_of(PAGE);
        level.extend(hashes(buf.get(..pages).unwrap_or_default()));
        at += len as u64;
    }
    let mut levels = Vec::new();
    loop {
        level.resize(level.len().next_multiple_of(PAGE).max(PAGE), 0);
        let next: Vec<u8> = hashes(&level).collect();
        levels.push(level);
        if let Ok(root) = next.as_slice().try_into() {
            levels.reverse();
            return Ok((root, levels.concat()));
        }
        level = next;
    }
}

fn hashes(pages: &[u8]) -> impl Iterator<Item = u8> {
    pages.chunks(PAGE).flat_map(|page| <[u8; HASH]>::from(Sha256::digest(page)))
}
