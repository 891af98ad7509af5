//! Which digest and signature algorithms of PKCS#7 blocks which Android versions accept.
//!
//! The platform changed its providers several times; what counts is that every version in the package's range accepts.
//!
//! Must not: verify anything.

use crate::format::oid;
use crate::verify::hash::Hash;
use crate::verify::public_key::Padding;

/// A signature algorithm as a `SignerInfo` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) padding: Padding,
    /// `None` where the OID names only the kind of key.
    pub(super) hash: Option<Hash>,
}

const NAMED: [(&[u8], Padding, Option<Hash>); 20] = [
    (oid::RSA, Padding::Pkcs1, None),
    (oid::MD5_WITH_RSA, Padding::Pkcs1, Some(Hash::Md5)),
    (oid::SHA1_WITH_RSA, Padding::Pkcs1, Some(Hash::Sha1)),
    (oid::SHA224_WITH_RSA, Padding::Pkcs1, Some(Hash::Sha224)),
    (oid::SHA256_WITH_RSA, Padding::Pkcs1, Some(Hash::Sha256)),
    (oid::SHA384_WITH_RSA, Padding::Pkcs1, Some(Hash::Sha384)),
    (oid::SHA512_WITH_RSA, Padding::Pkcs1, Some(Hash::Sha512)),
    (oid::DSA, Padding::Dsa, None),
    (oid::SHA1_WITH_DSA, Padding::Dsa, Some(Hash::Sha1)),
    (oid::SHA224_WITH_DSA, Padding::Dsa, Some(Hash::Sha224)),
    (oid::SHA256_WITH_DSA, Padding::Dsa, Some(Hash::Sha256)),
    (oid::SHA384_WITH_DSA, Padding::Dsa, Some(Hash::Sha384)),
    (oid::SHA512_WITH_DSA, Padding::Dsa, Some(Hash::Sha512)),
    (oid::EC, Padding::Ecdsa, None),
    (oid::SHA1_WITH_ECDSA, Padding::Ecdsa, Some(Hash::Sha1)),
    (oid::SHA224_WITH_ECDSA, Padding::Ecdsa, Some(Hash::Sha224)),
    (oid::SHA256_WITH_ECDSA, Padding::Ecdsa, Some(Hash::Sha256)),
    (oid::SHA384_WITH_ECDSA, Padding::Ecdsa, Some(Hash::Sha384)),
    (oid::SHA512_WITH_ECDSA, Padding::Ecdsa, Some(Hash::Sha512)),
    (b"\x2b\x0e\x03\x02\x1b", Padding::Dsa, Some(Hash::Sha1)),
];

impl Named {
    pub(super) fn of_oid(content: &[u8]) -> Option<Self> {
        NAMED.iter().find(|(oid, ..)| *oid == content).map(|&(_, padding, hash)| Self { padding, hash })
    }
}

/// Ranges of API levels that accept the pair, `u32::MAX` for "and later".
fn accepted(digest: Hash, signature: Named) -> &'static [(u32, u32)] {
    const LATER: u32 = u32::MAX;
    /// Android 5.0 to 6.0 took any mixture.
    const MIXED: &[(u32, u32)] = &[(21, 23)];
    const ALWAYS: &[(u32, u32)] = &[(0, LATER)];
    const SINCE_18: &[(u32, u32)] = &[(18, LATER)];
    const SINCE_21: &[(u32, u32)] = &[(21, LATER)];
    const NOT_9_TO_17: &[(u32, u32)] = &[(0, 8), (18, LATER)];
    const NOT_9_TO_20: &[(u32, u32)] = &[(0, 8), (21, LATER)];
    match (signature.padding, digest, signature.hash) {
        (Padding::Pkcs1, Hash::Md5 | Hash::Sha1, None) | (Padding::Dsa, Hash::Sha1, None) => ALWAYS,
        (Padding::Pkcs1, Hash::Sha224, None) => NOT_9_TO_20,
        (Padding::Pkcs1, Hash::Sha256, None) => NOT_9_TO_17,
        (Padding::Dsa, Hash::Sha224 | Hash::Sha256, None) => &[(22, LATER)],
        (Padding::Ecdsa, Hash::Sha224, None) => SINCE_21,
        (Padding::Pkcs1, Hash::Sha384 | Hash::Sha512, None)
        | (Padding::Ecdsa, Hash::Sha1 | Hash::Sha256 | Hash::Sha384 | Hash::Sha512, None) => SINCE_18,
        (_, _, None) | (Padding::Pss, ..) => &[],
        (padding, digest, Some(hash)) if hash == digest => match (padding, hash) {
            (Padding::Pkcs1, Hash::Md5 | Hash::Sha224) => NOT_9_TO_20,
            (Padding::Pkcs1, Hash::Sha1) => ALWAYS,
            (Padding::Pkcs1, Hash::Sha256) => NOT_9_TO_17,
            (Padding::Dsa, Hash::Sha1) => &[(9, LATER)],
            (Padding::Dsa, Hash::Sha384 | Hash::Sha512) => &[(21, 22)],
            (Padding::Ecdsa, Hash::Sha1) => SINCE_18,
            _ => SINCE_21,
        },
        _ => MIXED,
    }
}

/// The first API level of `sdk` that does not accept the pair.
pub(super) fn first_refusing(digest: Hash, signature: Named, sdk: (u32, u32)) -> Option<u32> {
    let mut level = sdk.0;
    for &(first, last) in accepted(digest, signature) {
        if level < first {
            return Some(level);
        }
        if level <= last {
            if last >= sdk.1 {
                return None;
            }
            level = last + 1;
        }
    }
    Some(level)
}
