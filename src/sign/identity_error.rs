//! Why an identity cannot be had from a keystore, a key or a certificate.
//!
//! Must not: hold a password or anything of a key.

use super::key::KeyError;
use crate::format::der::DerError;

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
    /// A keystore whose encryption is not read.
    #[error(
        "the PKCS#12 keystore is encrypted in a way that is not read: {problem}; convert it with `keytool -importkeystore -srckeystore \
         OLD -destkeystore NEW -deststoretype pkcs12`"
    )]
    KeystoreEncryption {
        /// How.
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
