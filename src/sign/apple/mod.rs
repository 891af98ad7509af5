//! Apple's code signing of one Mach-O file, every slice of it.
//!
//! * `signer`: who signs: the chain, the team, the designated requirement.
//! * `slice`: what a signature says, kept from the old one wherever there is one.
//! * `directory`: the code directories, patched where only hashes of bundle files differ, else made anew.
//!
//! Two ways lead to the new file. Where the new signature fits into the space of the old one, nothing else of the file
//! changes, and page hashes that were verified are kept. Else `__LINKEDIT` grows and every page is hashed.
//!
//! Must not: know bundles (see `pipeline`), or take time or randomness.

mod directory;
mod signer;
mod slice;

pub use signer::{Signer, SignerError};

use super::key::{Digest, KeyError};
use crate::format::code_signature::HashType;
use crate::format::der_entitlements::NoDerForm;
use crate::format::macho::{MachO, MachOError};

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

/// Signs every slice of a file.
pub fn sign(file: &[u8], code: &Code<'_>, signer: &Signer<'_>) -> Result<Signed, AppleSignError> {
    let parsed = MachO::parse(file)?;
    if let Some(id) = parsed.encrypted() {
        return Err(AppleSignError::Encrypted { id });
    }
    let mut in_place = true;
    let mut images = Vec::new();
    for slice in &parsed.slices {
        let signed = slice::sign(file, slice, code, signer)?;
        in_place &= signed.in_place;
        images.push(signed.bytes);
    }
    if in_place {
        // Nothing moved: bytes between and behind slices stay too.
        let mut bytes = file.to_vec();
        for (slice, image) in parsed.slices.iter().zip(&images) {
            if let Some(place) = bytes.get_mut(slice.range.clone()) {
                place.copy_from_slice(image);
            }
        }
        return Ok(Signed { bytes, in_place });
    }
    Ok(Signed { bytes: parsed.with_images(file, &images)?, in_place })
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
