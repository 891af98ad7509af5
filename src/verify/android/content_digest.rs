//! Recomputes the content digests of a package from its bytes: one pass, in chunks of 1 MiB.
//!
//! Before a package takes its place, chunks that were copied whole from the original are taken as the writer hashed them,
//! but for a sample; a package as it lies on a disk is hashed to its last byte.
//!
//! Must not: share code with the signer's computation, which this is to check.

use std::io;
use std::ops::Range;

use sha2::{Digest, Sha256, Sha512};

use super::algorithm::ContentDigest;
use super::merkle;
use crate::format::read_at::ReadAt;

/// Of the chunks that were copied from the original, one in this many is hashed again; in a large package fewer, so that
/// there are about four.
const SAMPLED: usize = 16;

/// What the writer of a package says of its first section: the SHA-256 of every chunk, and what it did not copy from the
/// original as it was.
#[derive(Debug, Clone)]
pub struct Copied<'a> {
    /// By chunk.
    pub hashes: &'a [[u8; 32]],
    /// Ranges of the section that are new, in order.
    pub fresh: &'a [Range<u64>],
}

impl Copied<'_> {
    /// The hash of a whole chunk that was copied, where it is not to be hashed again.
    fn taken(&self, index: usize, range: Range<u64>) -> Option<&[u8; 32]> {
        let behind = self.fresh.partition_point(|fresh| fresh.end <= range.start);
        let touched = self
            .fresh
            .get(behind..)
            .is_some_and(|rest| rest.iter().take_while(|fresh| fresh.start < range.end).any(|fresh| !fresh.is_empty()));
        let whole = range.end - range.start == CHUNK;
        let every = SAMPLED.max(self.hashes.len() / 4);
        self.hashes.get(index).filter(|_| whole && !touched && !index.is_multiple_of(every))
    }
}

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

const CHUNK: u64 = 1024 * 1024;
/// Bytes read at a time: small enough to be in the processor's cache still when they are hashed.
const STEP: usize = 128 * 1024;

/// The digests asked for, in that order.
pub(super) fn compute<S: ReadAt + ?Sized>(
    source: &S,
    sections: &Sections,
    kinds: &[ContentDigest],
    copied: Option<&Copied<'_>>,
) -> io::Result<Vec<Vec<u8>>> {
    // Other digests than that one need the bytes themselves.
    let copied = copied.filter(|_| kinds == [ContentDigest::ChunkedSha256]);
    let mut sha256 = kinds.contains(&ContentDigest::ChunkedSha256).then(Vec::new);
    let mut sha512 = kinds.contains(&ContentDigest::ChunkedSha512).then(Vec::new);
    let mut verity = kinds.contains(&ContentDigest::VeritySha256).then(|| merkle::Tree::new(&[0; 8]));
    let mut count = 0u32;
    let mut buf = vec![0; STEP];
    // One chunk of `len` bytes, piece by piece from `next`; or its hash, where that is known.
    let mut chunk =
        |len: u64, known: Option<&[u8; 32]>, next: &mut dyn FnMut(&mut [u8]) -> io::Result<()>| -> io::Result<()> {
            if let Some((hashes, known)) = sha256.as_mut().zip(known) {
                hashes.extend_from_slice(known);
                count += 1;
                return Ok(());
            }
            let head = [&[0xa5], u32::try_from(len).unwrap_or(0).to_le_bytes().as_slice()].concat();
            let mut short = sha256.is_some().then(|| Sha256::new().chain_update(&head));
            let mut long = sha512.is_some().then(|| Sha512::new().chain_update(&head));
            let mut left = len;
            while left > 0 {
                let step = usize::try_from(left).unwrap_or(STEP).min(STEP);
                let part = buf.get_mut(..step).ok_or(io::ErrorKind::InvalidInput)?;
                next(part)?;
                if let Some(hasher) = &mut short {
                    hasher.update(&*part);
                }
                if let Some(hasher) = &mut long {
                    hasher.update(&*part);
                }
                if let Some(tree) = &mut verity {
                    tree.update(part);
                }
                left -= step as u64;
            }
            if let Some((hashes, hasher)) = sha256.as_mut().zip(short) {
                hashes.extend_from_slice(&hasher.finalize());
            }
            if let Some((hashes, hasher)) = sha512.as_mut().zip(long) {
                hashes.extend_from_slice(&hasher.finalize());
            }
            count += 1;
            Ok(())
        };
    for (range, copied) in [(0..sections.block, copied), (sections.directory..sections.end_offset, None)] {
        let mut at = range.start;
        let mut index = 0;
        while at < range.end {
            let end = at + (range.end - at).min(CHUNK);
            let known = copied.and_then(|copied| copied.taken(index, at..end));
            chunk(end - at, known, &mut |part| {
                source.read_exact_at(part, at)?;
                at += part.len() as u64;
                Ok(())
            })?;
            at = end;
            index += 1;
        }
    }
    let mut end_record = sections.end_record.as_slice();
    while !end_record.is_empty() {
        chunk((end_record.len() as u64).min(CHUNK), None, &mut |part| io::Read::read_exact(&mut end_record, part))?;
    }
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
