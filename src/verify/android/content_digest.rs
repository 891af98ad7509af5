//! Recomputes the content digests of a package from its bytes: one pass, in pieces of 1 MiB.
//!
//! Must not: share code with the signer's computation, which this is to check.

use std::io;

use sha2::{Digest, Sha256, Sha512};

use super::algorithm::ContentDigest;
use super::merkle;
use crate::format::read_at::ReadAt;

/// Where the three protected sections lie.
#[derive(Debug, Clone)]
pub(super) struct Sections {
    /// Start of the signing block: what precedes it are the entries.
    pub(super) block: u64,
    /// Start of the central directory.
    pub(super) directory: u64,
    /// The end record, its directory offset replaced by `block`.
    pub(super) end_record: Vec<u8>,
    /// Offset of the end record.
    pub(super) end_offset: u64,
}

const CHUNK: usize = 1024 * 1024;

/// The digests asked for, in that order.
pub(super) fn compute<S: ReadAt + ?Sized>(
    source: &S,
    sections: &Sections,
    kinds: &[ContentDigest],
) -> io::Result<Vec<Vec<u8>>> {
    let mut sha256 = kinds.contains(&ContentDigest::ChunkedSha256).then(Vec::new);
    let mut sha512 = kinds.contains(&ContentDigest::ChunkedSha512).then(Vec::new);
    let mut verity = kinds.contains(&ContentDigest::VeritySha256).then(|| merkle::Tree::new(&[0; 8]));
    let mut count = 0u32;
    let mut feed = |chunk: &[u8]| {
        let head = [&[0xa5], u32::try_from(chunk.len()).unwrap_or(0).to_le_bytes().as_slice()].concat();
        if let Some(hashes) = &mut sha256 {
            hashes.extend_from_slice(&Sha256::new().chain_update(&head).chain_update(chunk).finalize());
        }
        if let Some(hashes) = &mut sha512 {
            hashes.extend_from_slice(&Sha512::new().chain_update(&head).chain_update(chunk).finalize());
        }
        if let Some(tree) = &mut verity {
            tree.update(chunk);
        }
        count += 1;
    };
    let mut buf = vec![0; CHUNK];
    for range in [0..sections.block, sections.directory..sections.end_offset] {
        let mut at = range.start;
        while at < range.end {
            let len = usize::try_from(range.end - at).unwrap_or(CHUNK).min(CHUNK);
            let part = buf.get_mut(..len).ok_or(io::ErrorKind::InvalidInput)?;
            source.read_exact_at(part, at)?;
            feed(part);
            at += len as u64;
        }
    }
    sections.end_record.chunks(CHUNK).for_each(feed);
    let root = |hashes: &[u8]| [&[0x5a], count.to_le_bytes().as_slice(), hashes].concat();
    let protected = sections.block + (sections.end_offset - sections.directory) + sections.end_record.len() as u64;
    let verity = verity.map(|tree| [tree.finish().0.as_slice(), &protected.to_le_bytes()].concat());
    Ok(kinds
        .iter()
        .map(|kind| match kind {
            ContentDigest::ChunkedSha256 => Sha256::digest(root(sha256.as_deref().unwrap_or_default())).to_vec(),
            ContentDigest::ChunkedSha512 => Sha512::digest(root(sha512.as_deref().unwrap_or_default())).to_vec(),
            ContentDigest::VeritySha256 => verity.clone().unwrap_or_default(),
        })
        .collect())
}
