//! Signing: keys, certificates, CMS and the Android and Apple schemes. Pure: time and randomness are passed in.
//!
//! Start with an [`Identity`] (from a keystore, PEM files or [`debug_key`]); [`android`] shows the order of the schemes,
//! [`apple`] how an executable is signed.
//!
//! Must not: read files, or be imported by `verify`.

pub mod android;
pub mod apple;
pub mod cms;
pub mod debug_key;
mod identity;
mod identity_error;
mod jks;
mod key;
mod keystore;
mod password;
mod pem;
mod pkcs12;
mod pkcs8;

#[cfg(feature = "internals")]
pub use identity::key_of;
pub use identity::{Identity, read_certificates as certificates};
pub use identity_error::IdentityError;
pub use key::{Algorithm, Digest, KeyError, PrivateKey};
pub use keystore::{KeystoreKind, aliases};
pub use password::Password;
