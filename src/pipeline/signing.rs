//! How outputs are signed: what is asked for, kind by kind of key.
//!
//! Must not: sign.

use super::fault::{Cause, NoKey};
use crate::format::x509::Certificate;
use crate::sign::Identity;
use crate::sign::android::{Schemes, Signers};

/// How the outputs are signed. Artifacts of several kinds in one run have a key each.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Signing<'a> {
    /// Android packages.
    pub android: Option<AndroidSigning<'a>>,
    /// Apps for Apple's systems.
    pub apple: Option<AppleSigning<'a>>,
}

/// What kind of key an artifact is signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum KeyKind {
    /// An Android signing key.
    Android,
    /// An identity for Apple's code signing.
    Apple,
}

impl Signing<'_> {
    /// How an app is signed; one that needs no key is left unsigned where none was given.
    pub(super) fn apple(&self, needs_key: bool) -> Result<AppleSigning<'_>, Cause> {
        match self.apple {
            Some(signing) => Ok(signing),
            None if needs_key => Err(NoKey("an app").into()),
            None => Ok(AppleSigning::Unsigned),
        }
    }

    pub(super) fn android(&self) -> Result<&AndroidSigning<'_>, Cause> {
        self.android.as_ref().ok_or_else(|| NoKey("an Android package").into())
    }
}

/// How a package is signed.
#[derive(Debug, Clone, Copy)]
pub enum AndroidSigning<'a> {
    /// With these identities.
    With(AndroidSigningRequest<'a>),
    /// Not at all, on purpose.
    Unsigned,
}

/// With which identities, and how.
#[derive(Debug, Clone, Copy)]
pub struct AndroidSigningRequest<'a> {
    /// Who signs.
    pub signers: Signers<'a>,
    /// Instead of the choice by minSdkVersion and input.
    pub schemes: Option<Schemes>,
    /// Instead of the manifest's minSdkVersion.
    pub min_sdk: Option<u32>,
    /// Also write the `.idsig` of v4.
    pub v4: bool,
    /// Accept another signer than the input's.
    pub allow_new_signer: bool,
}

/// How an app is signed.
#[derive(Debug, Clone, Copy)]
pub enum AppleSigning<'a> {
    /// With this identity.
    With(AppleSigningRequest<'a>),
    /// By nobody: for simulators.
    AdHoc,
    /// Not at all, on purpose.
    Unsigned,
}

/// With which identity, and how.
#[derive(Debug, Clone, Copy)]
pub struct AppleSigningRequest<'a> {
    /// Who signs.
    pub identity: &'a Identity,
    /// Certificates of issuers that the identity lacks.
    pub issuers: &'a [Certificate],
    /// Profiles to choose from, each with its name for messages.
    pub profiles: &'a [(String, Vec<u8>)],
    /// Entitlements of the app instead of those it has.
    pub entitlements: Option<&'a [u8]>,
    /// Entitlements of single bundles instead of those they have, each with its bundle's identifier.
    pub entitlements_of: &'a [(String, Vec<u8>)],
    /// Keep the entitlements as they are where the profile is of another team; else they follow it.
    pub keep_entitlements: bool,
    /// Accept a certificate or team that the input's signature or profile does not name.
    pub allow_new_signer: bool,
    /// The time, seconds since 1970.
    pub now: u64,
}
