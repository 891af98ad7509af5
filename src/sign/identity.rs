//! Who signs: a private key and the certificates that go with it.
//!
//! Must not: choose between several keys by itself, or accept a certificate of another key.

use super::key::{KeyError, PrivateKey};
use super::password::Password;
use super::pkcs8::{self, Encoding};
use super::{keystore, pem};
use crate::format::der::DerError;
use crate::format::x509::{Certificate, PublicKeyInfo};

/// Why there is no identity. No text holds a password or anything of a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// Neither a keystore nor PEM nor DER.
    #[error("not a keystore: expected PKCS#12 or JKS, found {found}")]
    UnknownKind {
        /// What it looks like.
        found: String,
    },
    /// The password does not open it.
    #[error("wrong password for the {what}; check the password and that it belongs to this file")]
    WrongPassword {
        /// `keystore`, `private key`, or `key "alias"`.
        what: &'static str,
    },
    /// The store opens, the key in it does not.
    #[error("the keystore opens, but key {alias:?} has another password; give the key's own password")]
    WrongKeyPassword {
        /// The key.
        alias: String,
    },
    /// The key is encrypted and no password was given.
    #[error("the {what} is encrypted and no password was given")]
    PasswordMissing {
        /// What needs one.
        what: &'static str,
    },
    /// No key of that name.
    #[error("the keystore has no key {alias:?}; it has: {}", list(.available))]
    NoSuchAlias {
        /// What was asked for.
        alias: String,
        /// What there is.
        available: Vec<String>,
    },
    /// Several keys, none chosen.
    #[error("the keystore has {} keys and none was chosen; choose one of: {}", .available.len(), list(.available))]
    AmbiguousAlias {
        /// What there is.
        available: Vec<String>,
    },
    /// No private key at all.
    #[error("the {what} has no private key")]
    NoKey {
        /// Keystore or file.
        what: &'static str,
    },
    /// No certificate with the key.
    #[error("{what} has no certificate; a signature needs the certificate of its key")]
    NoCertificate {
        /// Which key or file.
        what: String,
    },
    /// Key and certificate do not belong together.
    #[error(
        "the private key ({key}) does not belong to the certificate of {subject:?} ({certificate}); give the certificate of this key"
    )]
    Mismatch {
        /// Kind of the key.
        key: String,
        /// Subject of the certificate.
        subject: String,
        /// Kind of the certificate's key.
        certificate: String,
    },
    /// Damaged keystore.
    #[error("the {kind} keystore is damaged: {problem}")]
    Keystore {
        /// PKCS#12 or JKS.
        kind: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// A certificate that cannot be read.
    #[error("certificate {index}: {source}")]
    Certificate {
        /// Which, from 1.
        index: usize,
        /// Why.
        source: DerError,
    },
    /// An encryption that is not read.
    #[error(
        "the private key is encrypted in a way that is not read: {problem}; convert it with `openssl pkcs8 -topk8 -in OLD -out NEW`"
    )]
    Encryption {
        /// How.
        problem: String,
    },
    /// The key itself.
    #[error(transparent)]
    Key(#[from] KeyError),
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "no key at all".to_owned() } else { names.join(", ") }
}

/// A private key with its certificate chain, the key's own certificate first.
#[derive(Debug)]
pub struct Identity {
    name: String,
    key: PrivateKey,
    certificates: Vec<Certificate>,
}

impl Identity {
    /// Puts an identity together; the first certificate must be that of the key.
    pub(super) fn new(name: String, key: PrivateKey, certificates: Vec<Certificate>) -> Result<Self, IdentityError> {
        let Some(own) = certificates.first() else {
            return Err(IdentityError::NoCertificate { what: format!("key {name:?}") });
        };
        if !same_key(&key.public_key(), own.public_key()) {
            let describe = |raw: &[u8]| PublicKeyInfo::parse(raw).map_or("unreadable".to_owned(), |key| key.describe());
            return Err(IdentityError::Mismatch {
                key: describe(&key.public_key()),
                subject: own.subject_text(),
                certificate: describe(own.public_key()),
            });
        }
        Ok(Self { name, key, certificates })
    }

    /// Opens a keystore: PKCS#12 (RFC 7292) or JKS, by content. Without an alias it must hold exactly one key.
    /// `key_password` is for JKS keys that have another password than their store.
    pub fn from_keystore(
        bytes: &[u8],
        alias: Option<&str>,
        store_password: &Password,
        key_password: Option<&Password>,
    ) -> Result<Self, IdentityError> {
        keystore::open(bytes, alias, store_password, key_password)
    }

    /// A private key file (PEM or DER: PKCS#8, encrypted PKCS#8, PKCS#1, SEC 1) and a certificate file (PEM chain or one
    /// DER certificate). `name` names the signature files of v1.
    pub fn from_files(
        name: &str,
        key: &[u8],
        certificates: &[u8],
        password: Option<&Password>,
    ) -> Result<Self, IdentityError> {
        let key = read_key(key, password)?;
        let mut chain = read_certificates(certificates)?;
        // The key's own certificate goes first whatever the order of the file.
        let own = key.public_key();
        if let Some(at) = chain.iter().position(|certificate| same_key(&own, certificate.public_key())) {
            let certificate = chain.remove(at);
            chain.insert(0, certificate);
        }
        Self::new(name.to_owned(), key, chain)
    }

    /// The alias, or the name given with the files.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key.
    pub(crate) fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// The certificate of the key.
    pub fn certificate(&self) -> &Certificate {
        // `new` refuses an empty chain.
        &self.certificates[0]
    }

    /// The certificate of the key and those behind it.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }
}

/// The key of an identity, for tests that sign with it.
#[cfg(feature = "internals")]
pub fn key_of(identity: &Identity) -> &PrivateKey {
    identity.key()
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

fn read_key(bytes: &[u8], password: Option<&Password>) -> Result<PrivateKey, IdentityError> {
    if !pem::is_pem(bytes) {
        let encoding = Encoding::of_der(bytes).ok_or(IdentityError::NoKey { what: "key file" })?;
        return pkcs8::read(bytes, encoding, password);
    }
    for block in pem::blocks(bytes) {
        let Some(encoding) = Encoding::of_label(&block.label) else { continue };
        if block.has_headers {
            return Err(IdentityError::Encryption { problem: "OpenSSL's own PEM encryption (Proc-Type)".to_owned() });
        }
        let der = block.der.ok_or(KeyError::Malformed { algorithm: "PEM", problem: "its body is not base64" })?;
        return pkcs8::read(&der, encoding, password);
    }
    Err(IdentityError::NoKey { what: "key file" })
}

/// Certificates of a PEM file, or the one of a DER file.
pub fn read_certificates(bytes: &[u8]) -> Result<Vec<Certificate>, IdentityError> {
    let parse = |index: usize, raw: &[u8]| {
        Certificate::parse(raw).map_err(|source| IdentityError::Certificate { index, source })
    };
    if !pem::is_pem(bytes) {
        return Ok(vec![parse(1, bytes)?]);
    }
    let mut certificates = Vec::new();
    for block in pem::blocks(bytes) {
        if matches!(block.label.as_str(), "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE") {
            let der = block.der.unwrap_or_default();
            certificates.push(parse(certificates.len() + 1, &der)?);
        }
    }
    if certificates.is_empty() {
        return Err(IdentityError::NoCertificate { what: "the certificate file".to_owned() });
    }
    Ok(certificates)
}
