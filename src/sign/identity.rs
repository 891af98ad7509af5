//! Who signs: a private key and the certificates that go with it.
//!
//! Must not: choose between several keys by itself, or accept a certificate of another key.

use super::identity_error::IdentityError;
use super::key::{Algorithm, Digest, KeyError, PrivateKey, RSA_STRONG, same_key};
use super::password::Password;
use super::pkcs8::{self, Encoding};
use super::{keystore, pem};
use crate::format::hex;
use crate::format::mobileprovision::Profile;
use crate::format::x509::{Certificate, PublicKeyInfo};

/// A private key with its certificate chain, the key's own certificate first.
#[derive(Debug)]
pub struct Identity {
    name: String,
    key: PrivateKey,
    certificates: Vec<Certificate>,
    /// What else the keystore has.
    others: Vec<Certificate>,
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
        Ok(Self { name, key, certificates, others: Vec::new() })
    }

    /// Opens a keystore: PKCS#12 (RFC 7292) or JKS, by content. Without an alias it must hold exactly one key.
    /// `key_password` is for JKS keys that have another password than their store.
    pub fn from_keystore(
        bytes: &[u8],
        alias: Option<&str>,
        store_password: &Password,
        key_password: Option<&Password>,
    ) -> Result<Self, IdentityError> {
        Self::of_keystore(keystore::open(bytes, alias, store_password, key_password)?)
    }

    /// Every key of a keystore with its certificates, by its alias; for one that cannot be used, why not.
    #[allow(clippy::type_complexity, reason = "a list of names, each with what opening it gave")]
    pub fn all_from_keystore(
        bytes: &[u8],
        password: &Password,
    ) -> Result<Vec<(String, Result<Self, IdentityError>)>, IdentityError> {
        let all = keystore::open_all(bytes, password)?.into_iter();
        Ok(all.map(|(alias, opened)| (alias, opened.and_then(Self::of_keystore))).collect())
    }

    fn of_keystore(opened: keystore::Opened) -> Result<Self, IdentityError> {
        Ok(Self { others: opened.others, ..Self::new(opened.name, opened.key, opened.chain)? })
    }

    /// SHA-1 of its certificate in hexadecimal, as Apple's tools name identities (`security find-identity`).
    pub fn fingerprint(&self) -> String {
        hex::lower(Digest::Sha1.of(&[self.certificate().raw()])).to_uppercase()
    }

    /// Whether a text is the SHA-1 or the SHA-256 of its certificate in hexadecimal; colons, blanks and case do not count.
    pub fn has_fingerprint(&self, text: &str) -> bool {
        let wanted: String = text.chars().filter(|c| *c != ':' && !c.is_whitespace()).collect();
        let raw = self.certificate().raw();
        [Digest::Sha1, Digest::Sha256].iter().any(|kind| hex::lower(kind.of(&[raw])).eq_ignore_ascii_case(&wanted))
    }

    /// Whether a provisioning profile lists its certificate; one that cannot be read lists none.
    pub fn is_listed_in(&self, profile: &[u8]) -> bool {
        let listed = Profile::parse(profile).map(|profile| profile.certificates).unwrap_or_default();
        listed.iter().any(|listed| listed == self.certificate().raw())
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

    /// Bits of its key where they are fewer than new keys have: Android takes it, and an app that was published with it is updated with
    /// no other one.
    pub fn weak_bits(&self) -> Option<usize> {
        (self.key.algorithm() == Algorithm::Rsa && self.key.bits() < RSA_STRONG).then(|| self.key.bits())
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

    /// Certificates of its keystore that are not behind that of the key by their names: of two issuers of one name, the other.
    pub(crate) fn others(&self) -> &[Certificate] {
        &self.others
    }

    /// The certificate of the key and those behind it, by their names.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }
}

/// The key of an identity, for tests that sign with it.
#[cfg(feature = "internals")]
pub fn key_of(identity: &Identity) -> &PrivateKey {
    identity.key()
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
