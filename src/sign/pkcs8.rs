//! Private keys outside a keystore: PKCS#8 (RFC 5958), encrypted PKCS#8 (RFC 8018), PKCS#1 and SEC 1.
//!
//! Must not: let anything of a key or a password into an error.

use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::pkcs5::EncryptionScheme;
use pkcs8::pkcs5::pbes2::Kdf;
use zeroize::Zeroizing;

use super::identity_error::IdentityError;
use super::key::{KeyError, PrivateKey};
use super::password::Password;
use crate::format::der::{self, DerError, Reader, tag};
use crate::format::{limits, oid};

/// Encodings of a private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// `PRIVATE KEY`.
    Pkcs8,
    /// `ENCRYPTED PRIVATE KEY`.
    Encrypted,
    /// `RSA PRIVATE KEY`.
    Pkcs1,
    /// `EC PRIVATE KEY`.
    Sec1,
}

impl Encoding {
    /// The encoding a PEM label names.
    pub(super) fn of_label(label: &str) -> Option<Self> {
        Some(match label {
            "PRIVATE KEY" => Self::Pkcs8,
            "ENCRYPTED PRIVATE KEY" => Self::Encrypted,
            "RSA PRIVATE KEY" => Self::Pkcs1,
            "EC PRIVATE KEY" => Self::Sec1,
            _ => return None,
        })
    }

    /// The encoding of a bare DER value, by its first members.
    pub(super) fn of_der(raw: &[u8]) -> Option<Self> {
        let mut members = Reader::new(raw).expect(tag::SEQUENCE, "key").ok()?.reader();
        match (members.any().ok()?.tag, members.any().ok()?.tag) {
            (tag::SEQUENCE, tag::OCTET_STRING) => Some(Self::Encrypted),
            (tag::INTEGER, tag::SEQUENCE) => Some(Self::Pkcs8),
            (tag::INTEGER, tag::INTEGER) => Some(Self::Pkcs1),
            (tag::INTEGER, tag::OCTET_STRING) => Some(Self::Sec1),
            _ => None,
        }
    }
}

/// Reads a key.
pub(super) fn read(raw: &[u8], encoding: Encoding, password: Option<&Password>) -> Result<PrivateKey, IdentityError> {
    match encoding {
        Encoding::Pkcs8 => Ok(plain(raw)?),
        Encoding::Encrypted => encrypted(raw, password),
        Encoding::Pkcs1 => Ok(PrivateKey::from_pkcs1(raw)?),
        Encoding::Sec1 => Ok(sec1(raw, &[])?),
    }
}

/// An unencrypted `PrivateKeyInfo`.
pub(super) fn plain(raw: &[u8]) -> Result<PrivateKey, KeyError> {
    struct Info<'a> {
        algorithm: &'a [u8],
        curve: &'a [u8],
        is_explicit: bool,
        key: &'a [u8],
    }
    let parse = || -> Result<Info<'_>, DerError> {
        let mut info = Reader::new(raw).expect(tag::SEQUENCE, "PrivateKeyInfo")?.reader();
        info.expect(tag::INTEGER, "version")?;
        let mut algorithm = info.expect(tag::SEQUENCE, "algorithm")?.reader();
        let oid = algorithm.expect(tag::OID, "algorithm")?.content;
        let curve = algorithm.optional(tag::OID)?.map(|oid| oid.content).unwrap_or_default();
        let is_explicit = algorithm.peek() == Some(tag::SEQUENCE);
        let key = info.expect(tag::OCTET_STRING, "privateKey")?.content;
        Ok(Info { algorithm: oid, curve, is_explicit, key })
    };
    let info =
        parse().map_err(|_| KeyError::Malformed { algorithm: "PKCS#8", problem: "not a PrivateKeyInfo structure" })?;
    match info.algorithm {
        oid::RSA => PrivateKey::from_pkcs1(info.key),
        oid::EC if info.is_explicit => Err(KeyError::ExplicitCurve),
        oid::EC => sec1(info.key, info.curve),
        oid::DSA => Err(KeyError::Algorithm {
            algorithm: "DSA".to_owned(),
            hint: ": Google Play and current Android versions no longer take new DSA signatures",
        }),
        other => Err(KeyError::Algorithm { algorithm: oid::dotted(other), hint: "" }),
    }
}

/// An `ECPrivateKey` (RFC 5915); the curve may stand outside of it.
fn sec1(raw: &[u8], curve: &[u8]) -> Result<PrivateKey, KeyError> {
    let parse = || -> Result<_, DerError> {
        let mut key = Reader::new(raw).expect(tag::SEQUENCE, "ECPrivateKey")?.reader();
        key.expect(tag::INTEGER, "version")?;
        let scalar = key.expect(tag::OCTET_STRING, "privateKey")?.content;
        let parameters = key.optional(tag::context(0))?;
        let is_explicit = parameters.as_ref().is_some_and(|tlv| tlv.reader().peek() == Some(tag::SEQUENCE));
        let named = parameters.filter(|_| !is_explicit);
        let inner = named.map(|tlv| tlv.reader().expect(tag::OID, "named curve")).transpose()?;
        Ok((scalar, inner.map(|oid| oid.content), is_explicit))
    };
    let (scalar, inner, is_explicit) =
        parse().map_err(|_| KeyError::Malformed { algorithm: "EC", problem: "not an ECPrivateKey structure" })?;
    if is_explicit {
        return Err(KeyError::ExplicitCurve);
    }
    PrivateKey::from_scalar(if curve.is_empty() { inner.unwrap_or_default() } else { curve }, scalar)
}

/// An `EncryptedPrivateKeyInfo` with PBES2.
fn encrypted(raw: &[u8], password: Option<&Password>) -> Result<PrivateKey, IdentityError> {
    let password = password.ok_or(IdentityError::PasswordMissing { what: "private key" })?;
    let info = EncryptedPrivateKeyInfoRef::try_from(raw).map_err(|_| IdentityError::Encryption {
        problem: "not PBES2 (RFC 8018), the one encryption of key files that is read".to_owned(),
    })?;
    within_limits(&info.encryption_algorithm)?;
    let document = info.decrypt(password.reveal()).map_err(undecrypted)?;
    let der = Zeroizing::new(document.as_bytes().to_vec());
    // A wrong password passes the padding check once in 256 times; what comes out is no key then.
    match Encoding::of_der(&der) {
        Some(Encoding::Pkcs8) => Ok(plain(&der)?),
        None | Some(Encoding::Encrypted | Encoding::Pkcs1 | Encoding::Sec1) => {
            Err(IdentityError::WrongPassword { what: "private key" })
        }
    }
}

/// A wrong password shows as padding that does not fit, or as no structure behind it. Anything else is an encryption that is not
/// read, whatever the password.
#[allow(clippy::wildcard_enum_match_arm, reason = "of another crate, and not exhaustive")]
fn undecrypted(error: pkcs8::Error) -> IdentityError {
    match error {
        pkcs8::Error::Asn1(_) | pkcs8::Error::EncryptedPrivateKey(pkcs8::pkcs5::Error::DecryptFailed) => {
            IdentityError::WrongPassword { what: "private key" }
        }
        other => IdentityError::Encryption { problem: other.to_string() },
    }
}

#[allow(clippy::wildcard_enum_match_arm, reason = "of another crate; what is not limited here is not opened there")]
fn within_limits(scheme: &EncryptionScheme) -> Result<(), IdentityError> {
    let beyond = |problem: String| Err(IdentityError::Encryption { problem });
    let EncryptionScheme::Pbes2(parameters) = scheme else {
        return beyond("not PBES2 (RFC 8018), the one encryption of key files that is read".to_owned());
    };
    match &parameters.kdf {
        Kdf::Pbkdf2(kdf) if kdf.iteration_count > limits::PASSWORD_ROUNDS => {
            beyond(format!("{} PBKDF2 rounds, the limit is {}", kdf.iteration_count, limits::PASSWORD_ROUNDS))
        }
        Kdf::Scrypt(kdf) => {
            let memory = kdf.cost_parameter.saturating_mul(u64::from(kdf.block_size)).saturating_mul(128);
            if memory > limits::PASSWORD_MEMORY_BYTES || kdf.parallelization > 16 {
                return beyond(format!("scrypt with {memory} bytes, the limit is {}", limits::PASSWORD_MEMORY_BYTES));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// An unencrypted `PrivateKeyInfo` of an RSA key, for the keystore that `debug_key` writes.
pub(super) fn encode_rsa(pkcs1: &[u8]) -> Zeroizing<Vec<u8>> {
    let algorithm = der::sequence(&[&der::oid(oid::RSA), &der::NULL]);
    let key = Zeroizing::new(der::octets(pkcs1));
    Zeroizing::new(der::sequence(&[&der::unsigned(&[]), &algorithm, &key]))
}
