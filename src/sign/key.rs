//! Private keys: RSA with PKCS#1 v1.5 padding (RFC 8017 8.2) and ECDSA with deterministic nonces (RFC 6979, with the digest
//! of the curve's own strength), so that the same input always gives the same signature.
//!
//! Must not: show a key in any way; read containers (see `identity`).

use std::fmt;

use p256::ecdsa::signature::hazmat::PrehashSigner;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::traits::PublicKeyParts;
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use crate::format::x509::PublicKeyInfo;
use crate::format::{der, limits, oid};

/// The shortest RSA keys that sign: an app that was published with such a key is updated with no other one.
const RSA_LEAST: usize = 1024;
/// Shorter ones are warned of.
pub(super) const RSA_STRONG: usize = 2048;

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// RSA shorter than 1024 bits, or longer than can be handled.
    #[error("the RSA key has {bits} bits, expected {RSA_LEAST} to {max}; make a new key of 2048 bits or more", max = limits::RSA_BITS)]
    RsaSize {
        /// Its size.
        bits: usize,
    },
    /// The encoding is not what its algorithm asks.
    #[error("the {algorithm} private key is damaged: {problem}")]
    Malformed {
        /// RSA or EC.
        algorithm: &'static str,
        /// What is wrong; nothing of the key.
        problem: &'static str,
    },
    /// A curve other than P-256, P-384, P-521.
    #[error("the EC key is on the curve {curve}, expected P-256, P-384 or P-521")]
    Curve {
        /// Its OID.
        curve: String,
    },
    /// A curve by its numbers instead of its name.
    #[error(
        "the EC key has its curve as explicit parameters, expected the name of P-256, P-384 or P-521; if it is one of them: `openssl \
         pkey -in OLD -out NEW -ec_param_enc named_curve`, and a new certificate or keystore with it"
    )]
    ExplicitCurve,
    /// DSA, Ed25519, ...
    #[error("private keys of algorithm {algorithm} are not supported, expected RSA or EC{hint}")]
    Algorithm {
        /// Its OID.
        algorithm: String,
        /// What to do, where there is more to say.
        hint: &'static str,
    },
    /// The primitive failed; an RSA key whose parts do not fit each other.
    #[error("signing with the {algorithm} key failed; the key is damaged")]
    Failed {
        /// RSA or EC.
        algorithm: &'static str,
    },
}

/// Digests that signatures are made over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// SHA-1: JAR signatures for Android before 4.3 only.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Digest {
    /// The digest of the concatenation of `parts`.
    pub fn of(self, parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Self::Sha1 => hash::<Sha1>(parts),
            Self::Sha256 => hash::<Sha256>(parts),
            Self::Sha384 => hash::<Sha384>(parts),
            Self::Sha512 => hash::<Sha512>(parts),
        }
    }

    /// Its OID.
    pub fn oid(self) -> &'static [u8] {
        match self {
            Self::Sha1 => oid::SHA1,
            Self::Sha256 => oid::SHA256,
            Self::Sha384 => oid::SHA384,
            Self::Sha512 => oid::SHA512,
        }
    }

    fn len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

fn hash<D: sha2::Digest>(parts: &[&[u8]]) -> Vec<u8> {
    let mut hasher = D::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().to_vec()
}

/// The algorithm of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA.
    Rsa,
    /// ECDSA.
    Ec,
}

/// A private key. Its memory is overwritten when it is dropped, and `Debug` shows only its kind.
pub struct PrivateKey(Kind);

enum Kind {
    Rsa(Box<rsa::PrivateKey>),
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    P521(p521::ecdsa::SigningKey),
}

impl PrivateKey {
    /// Takes over an RSA key.
    pub(super) fn from_rsa(key: rsa::PrivateKey) -> Result<Self, KeyError> {
        let bits = key.n().as_ref().bit_width() as usize;
        if !(RSA_LEAST..=limits::RSA_BITS).contains(&bits) {
            return Err(KeyError::RsaSize { bits });
        }
        Ok(Self(Kind::Rsa(Box::new(key))))
    }

    /// An `RSAPrivateKey` (RFC 8017 A.1.2).
    pub(super) fn from_pkcs1(der: &[u8]) -> Result<Self, KeyError> {
        let wrong = |problem| KeyError::Malformed { algorithm: "RSA", problem };
        let parse = || {
            let mut key = der::Reader::new(der).expect(der::tag::SEQUENCE, "RSAPrivateKey")?.reader();
            key.expect(der::tag::INTEGER, "version")?;
            key.expect(der::tag::INTEGER, "modulus")
        };
        let modulus = parse().map_err(|_| wrong("not an RSAPrivateKey structure"))?;
        let bits = crate::format::x509::bit_len(modulus.unsigned());
        if !(RSA_LEAST..=limits::RSA_BITS).contains(&bits) {
            return Err(KeyError::RsaSize { bits });
        }
        let key = rsa::PrivateKey::from_pkcs1_der(der).map_err(|_| wrong("its numbers do not fit each other"))?;
        Self::from_rsa(key)
    }

    /// A private scalar on a named curve (SEC 1, `ECPrivateKey`).
    pub(super) fn from_scalar(curve: &[u8], scalar: &[u8]) -> Result<Self, KeyError> {
        let wrong = |_| KeyError::Malformed { algorithm: "EC", problem: "its number is not one of the curve" };
        // Some writers drop leading zeros, some add them.
        let fit = |len: usize| -> zeroize::Zeroizing<Vec<u8>> {
            let zeros = scalar.iter().take_while(|&&byte| byte == 0).count();
            let digits = scalar.get(zeros..).unwrap_or_default();
            let mut fitted = zeroize::Zeroizing::new(vec![0; len.saturating_sub(digits.len())]);
            fitted.extend_from_slice(digits);
            fitted
        };
        Ok(Self(match curve {
            oid::P256 => Kind::P256(p256::ecdsa::SigningKey::from_slice(&fit(32)).map_err(wrong)?),
            oid::P384 => Kind::P384(p384::ecdsa::SigningKey::from_slice(&fit(48)).map_err(wrong)?),
            oid::P521 => Kind::P521(p521::ecdsa::SigningKey::from_slice(&fit(66)).map_err(wrong)?),
            other => return Err(KeyError::Curve { curve: oid::dotted(other) }),
        }))
    }

    /// RSA or EC.
    pub fn algorithm(&self) -> Algorithm {
        match self.0 {
            Kind::Rsa(_) => Algorithm::Rsa,
            Kind::P256(_) | Kind::P384(_) | Kind::P521(_) => Algorithm::Ec,
        }
    }

    /// Bits of the modulus or of the curve's field.
    pub fn bits(&self) -> usize {
        match &self.0 {
            Kind::Rsa(key) => key.n().as_ref().bit_width() as usize,
            Kind::P256(_) => 256,
            Kind::P384(_) => 384,
            Kind::P521(_) => 521,
        }
    }

    /// The `SubjectPublicKeyInfo` (RFC 5280 4.1.2.7) in DER.
    pub fn public_key(&self) -> Vec<u8> {
        let (algorithm, key) = match &self.0 {
            Kind::Rsa(key) => {
                let numbers = der::sequence(&[
                    &der::unsigned(&key.n().as_ref().to_be_bytes()),
                    &der::unsigned(&key.e().to_be_bytes()),
                ]);
                (der::sequence(&[&der::oid(oid::RSA), &der::NULL]), numbers)
            }
            Kind::P256(key) => (ec(oid::P256), key.verifying_key().to_sec1_point(false).as_bytes().to_vec()),
            Kind::P384(key) => (ec(oid::P384), key.verifying_key().to_sec1_point(false).as_bytes().to_vec()),
            Kind::P521(key) => (ec(oid::P521), key.verifying_key().to_sec1_point(false).as_bytes().to_vec()),
        };
        der::sequence(&[&algorithm, &der::bits(&key)])
    }

    /// Signs the concatenation of `parts`: PKCS#1 v1.5, or ECDSA as the DER `Ecdsa-Sig-Value`.
    pub fn sign(&self, digest: Digest, parts: &[&[u8]]) -> Result<Vec<u8>, KeyError> {
        let failed = |_| KeyError::Failed { algorithm: "EC" };
        Ok(match &self.0 {
            Kind::Rsa(key) => {
                let info = der::sequence(&[&der::oid(digest.oid()), &der::NULL]);
                // DigestInfo (RFC 8017 9.2) without the digest itself: what the crate calls the prefix.
                let mut whole = der::sequence(&[&info, &der::octets(&vec![0; digest.len()])]);
                whole.truncate(whole.len() - digest.len());
                let padding = rsa::Pkcs1v15Sign { hash_len: Some(digest.len()), prefix: whole.into() };
                key.sign(padding, &digest.of(parts)).map_err(|_| KeyError::Failed { algorithm: "RSA" })?
            }
            Kind::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign_prehash(&digest.of(parts)).map_err(failed)?;
                signature.to_der().as_bytes().to_vec()
            }
            Kind::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign_prehash(&digest.of(parts)).map_err(failed)?;
                signature.to_der().as_bytes().to_vec()
            }
            Kind::P521(key) => {
                let signature: p521::ecdsa::Signature = key.sign_prehash(&digest.of(parts)).map_err(failed)?;
                signature.to_der().as_bytes().to_vec()
            }
        })
    }

    /// The OID of the signature algorithm, for certificates and signatures made with this key.
    pub(super) fn signature_oid(&self, digest: Digest) -> &'static [u8] {
        match (self.algorithm(), digest) {
            (Algorithm::Rsa, Digest::Sha1) => oid::SHA1_WITH_RSA,
            (Algorithm::Rsa, Digest::Sha256) => oid::SHA256_WITH_RSA,
            (Algorithm::Rsa, Digest::Sha384) => oid::SHA384_WITH_RSA,
            (Algorithm::Rsa, Digest::Sha512) => oid::SHA512_WITH_RSA,
            (Algorithm::Ec, Digest::Sha1) => oid::SHA1_WITH_ECDSA,
            (Algorithm::Ec, Digest::Sha256) => oid::SHA256_WITH_ECDSA,
            (Algorithm::Ec, Digest::Sha384) => oid::SHA384_WITH_ECDSA,
            (Algorithm::Ec, Digest::Sha512) => oid::SHA512_WITH_ECDSA,
        }
    }
}

fn ec(curve: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::oid(oid::EC), &der::oid(curve)])
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(..)")
    }
}

/// Whether two encodings are of one key.
pub(super) fn same_key(a: &[u8], b: &[u8]) -> bool {
    a == b
        || match (PublicKeyInfo::parse(a), PublicKeyInfo::parse(b)) {
            (
                Ok(PublicKeyInfo::Rsa { modulus, exponent }),
                Ok(PublicKeyInfo::Rsa { modulus: other, exponent: other_exponent }),
            ) => modulus == other && exponent == other_exponent,
            // Points may be compressed in a certificate; the x coordinate and curve decide, up to the sign that a
            // signature made with the wrong key would show.
            (Ok(PublicKeyInfo::Ec { curve, point }), Ok(PublicKeyInfo::Ec { curve: other, point: other_point })) => {
                curve == other && compressed(point) == compressed(other_point)
            }
            _ => false,
        }
}

/// The compressed form of a point (SEC 1 2.3.3).
fn compressed(point: &[u8]) -> Option<Vec<u8>> {
    match point.split_first()? {
        (4, coordinates) => {
            let (x, y) = coordinates.split_at(coordinates.len() / 2);
            let sign = 2 + (y.last()? & 1);
            Some([&[sign], x].concat())
        }
        (2 | 3, _) => Some(point.to_vec()),
        _ => None,
    }
}
