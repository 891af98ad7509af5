//! Who signed the code that is there, and what that signature says.
//!
//! Must not: verify a signature, or say who may sign next.

use std::collections::BTreeMap;

use crate::format::cms;
use crate::format::code_signature::SuperBlob;
use crate::format::outline::Outline;

/// What a signature says of who made it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct SignedBy {
    pub(super) signed: bool,
    pub(super) leaf: Option<Vec<u8>>,
    pub(super) team: Option<String>,
    pub(super) entitlements: Option<Vec<u8>>,
    /// `PLATFORM_*` of its first slice, signed or not.
    pub(super) platform: Option<u32>,
}

/// Who signed what, by path.
pub(super) type Signers = BTreeMap<String, SignedBy>;

/// Who signed a Mach-O file; several slices by several are nobody's.
pub(super) fn signed_by(outline: &Outline) -> SignedBy {
    let mut all: Vec<SignedBy> = Vec::new();
    let platform = outline.file.slices.first().and_then(|slice| slice.platform).map(|platform| platform.id);
    for index in 0..outline.file.slices.len() {
        let blob = outline.signature(index).and_then(|raw| SuperBlob::parse(raw).ok());
        let Some(blob) = blob else {
            return SignedBy { platform, ..SignedBy::default() };
        };
        let team = blob.directories().ok().and_then(|all| all.first()?.team.map(str::to_owned));
        let leaf = blob.cms().and_then(cms::signer_certificate);
        let entitlements = blob.entitlements().map(<[u8]>::to_vec);
        all.push(SignedBy { signed: true, leaf, team, entitlements, platform });
    }
    let first = all.first().cloned().unwrap_or_default();
    if all.iter().all(|other| other.leaf == first.leaf) { first } else { SignedBy { leaf: None, ..first } }
}
