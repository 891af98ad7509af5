//! Embedded code signatures: a superblob of blobs by slot (Apple's `cs_blobs.h`, `codedirectory.h`, `requirement.h`). All
//! numbers are big-endian.
//!
//! * [`code_directory`]: what is hashed, and what for.
//! * [`requirement`]: the designated requirement.
//!
//! Must not: hash, sign, or judge a signature.

pub mod code_directory;
pub mod requirement;

pub use code_directory::{CodeDirectory, Directory, HashType};

use super::limits;
use super::macho::Platform;

/// The superblob of an embedded signature.
pub const MAGIC_EMBEDDED: u32 = 0xfade_0cc0;
/// A code directory.
pub const MAGIC_DIRECTORY: u32 = 0xfade_0c02;
/// A set of requirements.
pub const MAGIC_REQUIREMENTS: u32 = 0xfade_0c01;
/// One requirement.
pub const MAGIC_REQUIREMENT: u32 = 0xfade_0c00;
/// Entitlements as an XML property list.
pub const MAGIC_ENTITLEMENTS: u32 = 0xfade_7171;
/// Entitlements in DER.
pub const MAGIC_ENTITLEMENTS_DER: u32 = 0xfade_7172;
/// A wrapper of anything else: the CMS signature.
pub const MAGIC_WRAPPER: u32 = 0xfade_0b01;

/// Slots of blobs in a superblob; as `-n` also of hashes in a code directory.
pub mod slot {
    /// The code directory; as a hash slot it does not exist.
    pub const DIRECTORY: u32 = 0;
    /// Hash only: the bundle's `Info.plist`.
    pub const INFO: u32 = 1;
    /// Requirements.
    pub const REQUIREMENTS: u32 = 2;
    /// Hash only: `_CodeSignature/CodeResources`.
    pub const RESOURCES: u32 = 3;
    /// Entitlements, XML.
    pub const ENTITLEMENTS: u32 = 5;
    /// Entitlements, DER.
    pub const ENTITLEMENTS_DER: u32 = 7;
    /// The last slot that has a hash: library constraints.
    pub const LAST_SPECIAL: u32 = 11;
    /// The first further code directory, with another digest.
    pub const ALTERNATE: u32 = 0x1000;
    /// Behind the last further one.
    pub const ALTERNATE_END: u32 = 0x1006;
    /// The CMS signature.
    pub const SIGNATURE: u32 = 0x1_0000;
}

/// Why bytes are not a code signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("code signature, at byte {offset}: {problem}")]
pub struct SignatureError {
    /// Offset within the blob that was read.
    pub offset: usize,
    /// Expected and found.
    pub problem: String,
}

fn wrong(offset: usize, problem: impl Into<String>) -> SignatureError {
    SignatureError { offset, problem: problem.into() }
}

/// A blob within a superblob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blob<'a> {
    /// What it is.
    pub slot: u32,
    /// Its magic number.
    pub magic: u32,
    /// Header and content: what is hashed.
    pub raw: &'a [u8],
}

impl<'a> Blob<'a> {
    /// What stands behind the header.
    pub fn content(&self) -> &'a [u8] {
        self.raw.get(8..).unwrap_or_default()
    }
}

/// A superblob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuperBlob<'a> {
    /// Its own bytes, without the padding behind it.
    pub raw: &'a [u8],
    /// In the order of its index.
    pub blobs: Vec<Blob<'a>>,
}

impl<'a> SuperBlob<'a> {
    /// Reads an embedded signature; bytes behind it are padding.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, SignatureError> {
        let raw = blob(bytes, 0)?;
        let magic = be32(raw, 0)?;
        if magic != MAGIC_EMBEDDED {
            return Err(wrong(0, format!("magic {magic:#010x}, expected {MAGIC_EMBEDDED:#010x}")));
        }
        let count = be32(raw, 8)? as usize;
        if count > limits::CODE_SIGNATURE_BLOBS {
            return Err(wrong(8, format!("{count} blobs, the limit is {}", limits::CODE_SIGNATURE_BLOBS)));
        }
        let mut blobs: Vec<Blob<'a>> = Vec::new();
        for index in 0..count {
            let at = 12 + index * 8;
            let (slot, offset) = (be32(raw, at)?, be32(raw, at + 4)? as usize);
            if offset < 12 + count * 8 {
                return Err(wrong(at + 4, format!("blob {slot:#x} at {offset} lies within the index")));
            }
            if blobs.iter().any(|blob| blob.slot == slot) {
                return Err(wrong(at, format!("a second blob {slot:#x}; expected one")));
            }
            let content = blob(raw, offset)?;
            blobs.push(Blob { slot, magic: be32(content, 0)?, raw: content });
        }
        Ok(Self { raw, blobs })
    }

    /// The blob of a slot.
    pub fn find(&self, slot: u32) -> Option<&Blob<'a>> {
        self.blobs.iter().find(|blob| blob.slot == slot)
    }

    /// The code directories: the first, then those with other digests, in the order of their slots.
    pub fn directories(&self) -> Result<Vec<CodeDirectory<'a>>, SignatureError> {
        let mut blobs: Vec<&Blob<'a>> = self.blobs.iter().filter(|blob| is_directory(blob.slot)).collect();
        blobs.sort_by_key(|blob| blob.slot);
        blobs.into_iter().map(|blob| CodeDirectory::parse(blob.raw)).collect()
    }

    /// The CMS signature; empty in an ad-hoc one.
    pub fn cms(&self) -> Option<&'a [u8]> {
        self.find(slot::SIGNATURE).map(Blob::content).filter(|content| !content.is_empty())
    }

    /// The XML entitlements.
    pub fn entitlements(&self) -> Option<&'a [u8]> {
        self.find(slot::ENTITLEMENTS).map(Blob::content)
    }
}

/// Whether a slot of a superblob holds a code directory.
pub fn is_directory(slot: u32) -> bool {
    slot == slot::DIRECTORY || (slot::ALTERNATE..slot::ALTERNATE_END).contains(&slot)
}

/// The digests that signers give code for this system: SHA-1 too where some system it is for knows nothing else.
pub fn usual_hash_types(platform: Option<Platform>) -> Vec<HashType> {
    let knows_sha256 = match platform {
        // macOS 10.11.4, iOS and tvOS 11; for watchOS both are always written.
        Some(Platform { id: 1, min_os }) => min_os >= 0x000a_0b04,
        Some(Platform { id: 2 | 3, min_os }) => min_os >= 0x000b_0000,
        Some(Platform { id: 4, .. }) => false,
        _ => true,
    };
    if knows_sha256 { vec![HashType::Sha256] } else { vec![HashType::Sha1, HashType::Sha256] }
}

/// Wraps content in a blob.
pub fn wrap(magic: u32, content: &[u8]) -> Vec<u8> {
    let len = u32::try_from(content.len() + 8).unwrap_or(u32::MAX);
    [magic.to_be_bytes().as_slice(), &len.to_be_bytes(), content].concat()
}

/// Builds the superblob of these blobs, in this order.
pub fn superblob(blobs: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut offset = 12 + blobs.len() * 8;
    let (mut index, mut body) = (Vec::new(), Vec::new());
    for (slot, blob) in blobs {
        index.extend_from_slice(&slot.to_be_bytes());
        index.extend_from_slice(&u32::try_from(offset).unwrap_or(u32::MAX).to_be_bytes());
        offset += blob.len();
        body.extend_from_slice(blob);
    }
    let count = u32::try_from(blobs.len()).unwrap_or(u32::MAX);
    wrap(MAGIC_EMBEDDED, &[count.to_be_bytes().as_slice(), &index, &body].concat())
}

/// The blob at `at`, by its own length.
fn blob(bytes: &[u8], at: usize) -> Result<&[u8], SignatureError> {
    let len = be32(bytes, at.saturating_add(4))? as usize;
    let end = at.checked_add(len).filter(|_| len >= 8);
    end.and_then(|end| bytes.get(at..end))
        .ok_or_else(|| wrong(at, format!("a blob of {len} bytes, expected 8 to {}", bytes.len().saturating_sub(at))))
}

fn be32(bytes: &[u8], at: usize) -> Result<u32, SignatureError> {
    array(bytes, at).map(u32::from_be_bytes)
}

fn be64(bytes: &[u8], at: usize) -> Result<u64, SignatureError> {
    array(bytes, at).map(u64::from_be_bytes)
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], SignatureError> {
    let part = at.checked_add(N).and_then(|end| bytes.get(at..end));
    part.and_then(|part| part.try_into().ok())
        .ok_or_else(|| wrong(at, format!("{N} bytes expected, but only {} left", bytes.len().saturating_sub(at))))
}
