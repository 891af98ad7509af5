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

/// A bundle that its readers do not open.
#[derive(Debug, thiserror::Error)]
pub(super) enum BundleEntryError {
    /// A name that neither bundletool nor a JAR signature takes.
    #[error(
        "the name of entry {number} of the central directory, {name:?}, is not UTF-8 or has a zero byte: neither bundletool nor \
         a JAR signature takes it; build the bundle again with a tool that writes names in UTF-8"
    )]
    Name { number: usize, name: String },
}

impl Failing for BundleEntryError {
    fn fault(&self) -> Fault<'_> {
        Fault::Artifact
    }
}

impl Failing for BundleSigningError {
    fn fault(&self) -> Fault<'_> {
        Fault::Signing
    }
}
