//! What can go wrong with a bundle alone, and what kind of failure each is.
//!
//! Must not: hold a value or anything of a key.

use crate::pipeline::fault::{Failing, Fault};

/// What was asked for and no bundle can have.
#[derive(Debug, thiserror::Error)]
pub(super) enum BundleSigningError {
    /// A scheme of packages.
    #[error(
        "an App Bundle has a JAR signature (v1) only, because Google Play signs the packages it makes of it; leave out the schemes"
    )]
    Scheme,
    /// A rotated key.
    #[error(
        "an App Bundle is signed with the upload key alone, and a JAR signature has no lineage; leave out the lineage and the old keys"
    )]
    Lineage,
    /// A pair of a signing block.
    #[error(
        "{pair} is to be kept, and an App Bundle has no APK Signing Block: Google Play makes the packages that have one; leave \
         --keep-signing-block-ids out"
    )]
    Pair { pair: String },
}

impl Failing for BundleSigningError {
    fn fault(&self) -> Fault<'_> {
        Fault::Signing
    }
}
