//! Checking one signature: RSA (RFC 8017) of any size that old tools made, ECDSA and DSA (FIPS 186-4).
//!
//! Public data only, at a bounded cost: sizes and exponents beyond `format::limits` are refused, not computed.
//!
//! Must not: read containers, or decide which algorithms are good enough.

use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::BoxedUint;
use sha2::{Sha256, Sha384, Sha512};

use super::hash::Hash;
use crate::format::der::{self, Reader, tag};
use crate::format::x509::{PublicKeyInfo, bit_len};
use crate::format::{limits, oid};

/// How a signature was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Padding {
    /// RSASSA-PKCS1-v1_5.
    Pkcs1,
    /// RSASSA-PSS with MGF1 of the same digest and a salt of its length.
    Pss,
    /// ECDSA.
    Ecdsa,
    /// DSA.
    Dsa,
}

/// Whether `signature` is one of the key over the concatenation of `parts`; an error says why it cannot be judged.
pub(crate) fn verify(
    public_key: &[u8],
    padding: Padding,
    hash: Hash,
    parts: &[&[u8]],
    signature: &[u8],
) -> Result<bool, String> {
    let key = PublicKeyInfo::parse(public_key).map_err(|e| format!("the public key is not readable: {e}"))?;
    let digest = hash.of(parts);
    match (key, padding) {
        (PublicKeyInfo::Rsa { modulus, exponent }, Padding::Pkcs1 | Padding::Pss) => {
            rsa(modulus, exponent, padding, hash, &digest, signature)
        }
        (PublicKeyInfo::Ec { curve, point }, Padding::Ecdsa) => ecdsa(curve, point, &digest, signature),
        (PublicKeyInfo::Dsa { p, q, g, y }, Padding::Dsa) => dsa([p, q, g, y], &digest, signature),
        (key, padding) => Err(format!("a key of {} cannot make a signature of kind {padding:?}", key.describe())),
    }
}

/// Whether two encodings are of the same key: equal, or equal numbers (some signers encoded a negative modulus).
pub(crate) fn same_key(a: &[u8], b: &[u8]) -> bool {
    if a == b {
        return true;
    }
    match (PublicKeyInfo::parse(a), PublicKeyInfo::parse(b)) {
        (Ok(a @ PublicKeyInfo::Rsa { .. }), Ok(b)) => a == b,
        _ => false,
    }
}

fn uint(bytes: &[u8], bits: usize) -> Option<BoxedUint> {
    BoxedUint::from_be_slice(bytes, u32::try_from(bits.next_multiple_of(64)).ok()?).ok()
}

fn rsa(
    modulus: &[u8],
    exponent: &[u8],
    padding: Padding,
    hash: Hash,
    digest: &[u8],
    signature: &[u8],
) -> Result<bool, String> {
    let bits = bit_len(modulus);
    let key = uint(modulus, bits)
        .zip(uint(exponent, bit_len(exponent).max(1)))
        .filter(|_| bits <= limits::RSA_BITS)
        .and_then(|(n, e)| rsa::PublicKey::new_with_size_limits(n, e, 512..=limits::RSA_BITS).ok());
    let Some(key) = key else {
        return Err(format!(
            "the RSA key of {bits} bits is not valid (512 to {} bits, an odd exponent below 2^33)",
            limits::RSA_BITS
        ));
    };
    Ok(match (padding, hash) {
        (Padding::Pss, Hash::Sha256) => key.pss_verify_prehash::<Sha256>(digest, signature).is_ok(),
        (Padding::Pss, Hash::Sha384) => key.pss_verify_prehash::<Sha384>(digest, signature).is_ok(),
        (Padding::Pss, Hash::Sha512) => key.pss_verify_prehash::<Sha512>(digest, signature).is_ok(),
        (Padding::Pss, _) => return Err(format!("RSA-PSS with {} is not supported", hash.name())),
        _ => {
            let algorithm = der::sequence(&[&der::oid(hash.oid()), &der::NULL]);
            let mut prefix = der::sequence(&[&algorithm, &der::octets(digest)]);
            prefix.truncate(prefix.len() - digest.len());
            let scheme = rsa::Pkcs1v15Sign { hash_len: Some(digest.len()), prefix: prefix.into() };
            key.verify(scheme, digest, signature).is_ok()
        }
    })
}

fn ecdsa(curve: &[u8], point: &[u8], digest: &[u8], signature: &[u8]) -> Result<bool, String> {
    let Some((r, s)) = numbers(signature) else { return Ok(false) };
    let bad_point = |_| "the EC public key is not a point of its curve".to_owned();
    let fixed = |len: usize| -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(2 * len);
        for number in [r, s] {
            out.resize(out.len() + len.checked_sub(number.len())?, 0);
            out.extend_from_slice(number);
        }
        Some(out)
    };
    Ok(match curve {
        oid::P256 => {
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(bad_point)?;
            let signature = fixed(32).and_then(|raw| p256::ecdsa::Signature::from_slice(&raw).ok());
            signature.is_some_and(|signature| key.verify_prehash(digest, &signature).is_ok())
        }
        oid::P384 => {
            let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(bad_point)?;
            let signature = fixed(48).and_then(|raw| p384::ecdsa::Signature::from_slice(&raw).ok());
            signature.is_some_and(|signature| key.verify_prehash(digest, &signature).is_ok())
        }
        oid::P521 => {
            let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(bad_point)?;
            let signature = fixed(66).and_then(|raw| p521::ecdsa::Signature::from_slice(&raw).ok());
            signature.is_some_and(|signature| key.verify_prehash(digest, &signature).is_ok())
        }
        other => return Err(format!("the curve {} is not supported", oid::dotted(other))),
    })
}

#[allow(clippy::many_single_char_names, reason = "the names of FIPS 186-4")]
fn dsa(numbers_of_key: [&[u8]; 4], digest: &[u8], signature: &[u8]) -> Result<bool, String> {
    let [p, q, g, y] = numbers_of_key;
    let (bits, q_bits) = (bit_len(p), bit_len(q));
    let invalid = || format!("the DSA key of {bits} bits is not valid");
    if !(512..=limits::DSA_BITS).contains(&bits) || !(160..=256).contains(&q_bits) || bit_len(g).max(bit_len(y)) > bits
    {
        return Err(invalid());
    }
    let Some((r, s)) = numbers(signature) else { return Ok(false) };
    if bit_len(r) > q_bits || bit_len(s) > q_bits {
        return Ok(false);
    }
    let key = || {
        let (p, q) = (uint(p, bits)?, uint(q, q_bits)?);
        let (g, y) = (uint(g, bits)?, uint(y, bits)?);
        let q_last_is_even = numbers_of_key[1].last().is_none_or(|last| last % 2 == 0);
        if y >= p || q_last_is_even {
            return None;
        }
        let components = dsa::Components::from_components_unchecked(p, q, g).ok()?;
        dsa::VerifyingKey::from_components(components, y).ok()
    };
    let key = key().ok_or_else(invalid)?;
    let signature = uint(r, q_bits).zip(uint(s, q_bits)).and_then(|(r, s)| dsa::Signature::from_components(r, s));
    Ok(signature.is_some_and(|signature| key.verify_prehash(digest, &signature).is_ok()))
}

/// The two numbers of an `Ecdsa-Sig-Value` or `Dss-Sig-Value` (RFC 3279 2.2).
fn numbers(signature: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut outer = Reader::new(signature);
    let mut pair = outer.expect(tag::SEQUENCE, "signature").ok()?.reader();
    outer.end("signature").ok()?;
    let (r, s) = (pair.expect(tag::INTEGER, "r").ok()?, pair.expect(tag::INTEGER, "s").ok()?);
    pair.end("signature").ok()?;
    let negative = |number: &der::Tlv<'_>| number.content.first().is_none_or(|first| first & 0x80 != 0);
    (!negative(&r) && !negative(&s)).then(|| (r.unsigned(), s.unsigned()))
}
