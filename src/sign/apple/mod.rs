//! Apple's code signing of one Mach-O file, every slice of it.
//!
//! * `signer`: who signs: the chain, the team, the designated requirement.
//! * `slice`: what a signature says, kept from the old one wherever there is one.
//! * `directory`: the code directories, patched where only hashes of bundle files differ, else made anew.
//!
//! Two ways lead to the new file. Where the new signature fits into the space of the old one, nothing else of the file
//! changes, and page hashes that were verified are kept. Else `__LINKEDIT` grows and every page is hashed: of
//! a file that is one image, wherever it lies ([`room`], [`sign_in_room`]); of one of several, in memory ([`sign`]).
//!
//! Must not: know bundles (see `pipeline`), or take time or randomness.

mod directory;
mod signer;
mod slice;

pub use signer::{Signer, SignerError};

use std::collections::BTreeSet;

use super::key::{Digest, KeyError};
use crate::format::code_signature::HashType;
use crate::format::der_entitlements::NoDerForm;
use crate::format::macho::{Container, MachOError, Room};
use crate::format::outline::{Outline, PageKind};

/// Why a file was not signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppleSignError {
    /// The file.
    #[error(transparent)]
    MachO(#[from] MachOError),
    /// Its code is encrypted.
    #[error(
        "the code is encrypted (FairPlay, cryptid {id}): it comes from a store and runs under that store's signature \
         only; take the build that was sent to the store"
    )]
    Encrypted {
        /// What the file says.
        id: u32,
    },
    /// The entitlements given or there.
    #[error("entitlements: {problem}")]
    Entitlements {
        /// What is wrong with them.
        problem: String,
    },
    /// Entitlements that cannot be written in DER.
    #[error(transparent)]
    NoDerForm(#[from] NoDerForm),
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// What is signed, beside the file itself.
#[derive(Debug, Clone, Copy)]
pub struct Code<'a> {
    /// The identifier of code that has none yet: the bundle's, else the file's name.
    pub identifier: &'a str,
    /// Whether that is its identifier even where the old signature has another one.
    pub renamed: bool,
    /// The bundle's `Info.plist`.
    pub info: Option<&'a [u8]>,
    /// The bundle's seal.
    pub resources: Option<&'a [u8]>,
    /// Entitlements as a property list, instead of those that are there.
    pub entitlements: Option<&'a [u8]>,
}

/// A signed file.
#[derive(Debug)]
pub struct Signed {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether every signature went into the place of the old one.
    pub in_place: bool,
}

/// Signatures, each with where it lies in the file.
pub type Signatures = Vec<(u64, Vec<u8>)>;

/// New signatures for the place of the old ones; `None` where one of them does not fit.
/// Nothing else of the file changes, so its outline is all that is needed.
pub fn sign_in_place(
    outline: &Outline,
    code: &Code<'_>,
    signer: &Signer<'_>,
) -> Result<Option<Signatures>, AppleSignError> {
    if let Some(id) = outline.file.encrypted() {
        return Err(AppleSignError::Encrypted { id });
    }
    let mut signatures = Vec::new();
    for (index, range) in outline.signature_ranges() {
        match slice::in_place(outline, index, code, signer)? {
            Some(signature) => signatures.push((range.start, signature)),
            None => return Ok(None),
        }
    }
    Ok((signatures.len() == outline.file.slices.len()).then_some(signatures))
}

/// Room for the signature of a file that is one image: how the file changes, the bytes of the room, and the page hashes
/// that the signature will hold. `head` is its beginning, [`Slice::head_len`](crate::format::macho::Slice::head_len) bytes.
/// `None` for a file of several images, which would have to move.
pub fn room(
    outline: &Outline,
    head: &[u8],
    code: &Code<'_>,
    signer: &Signer<'_>,
) -> Result<Option<(Room, usize, Vec<PageKind>)>, AppleSignError> {
    if outline.file.container == Container::Thin { slice::room(outline, 0, head, code, signer) } else { Ok(None) }
}

/// The signature for that room: `grown` is the file with the room, `old` the file without it, of which the new signature
/// keeps what the old one said. `None` where it does not fit.
pub fn sign_in_room(
    grown: &Outline,
    old: &Outline,
    code: &Code<'_>,
    signer: &Signer<'_>,
) -> Result<Option<Vec<u8>>, AppleSignError> {
    slice::in_room(grown, old.signature(0), 0, code, signer)
}

/// The digests that code will be signed with: a seal that the signature holds needs a hash of each kind.
pub fn hash_types(outline: &Outline) -> BTreeSet<HashType> {
    slice::all_hash_types(outline)
}

/// Signs every slice of a file.
pub fn sign(file: &[u8], code: &Code<'_>, signer: &Signer<'_>) -> Result<Signed, AppleSignError> {
    let outline = Outline::of(file)?;
    if let Some(signatures) = sign_in_place(&outline, code, signer)? {
        // Nothing moves: bytes between and behind slices stay too.
        let mut bytes = file.to_vec();
        for (at, signature) in signatures {
            let start = usize::try_from(at).unwrap_or(usize::MAX);
            if let Some(place) = bytes.get_mut(start..start.saturating_add(signature.len())) {
                place.copy_from_slice(&signature);
            }
        }
        return Ok(Signed { bytes, in_place: true });
    }
    let mut images = Vec::new();
    for (index, slice) in outline.file.slices.iter().enumerate() {
        let image = match slice::in_place(&outline, index, code, signer)? {
            Some(signature) => {
                let mut image = slice.bytes(file).to_vec();
                let place = slice.signature.and_then(|command| image.get_mut(command.range()));
                if let Some(place) = place {
                    place.copy_from_slice(&signature);
                }
                image
            }
            None => slice::grown(file, slice, code, signer)?,
        };
        images.push(image);
    }
    Ok(Signed { bytes: outline.file.with_images(file, &images)?, in_place: false })
}

/// A hash as code directories hold it.
fn hash(kind: HashType, bytes: &[u8]) -> Vec<u8> {
    let mut hash = full_digest(kind).of(&[bytes]);
    hash.truncate(kind.size());
    hash
}

fn full_digest(kind: HashType) -> Digest {
    match kind {
        HashType::Sha1 => Digest::Sha1,
        HashType::Sha256 | HashType::Sha256Truncated => Digest::Sha256,
        HashType::Sha384 => Digest::Sha384,
    }
}
