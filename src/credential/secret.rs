//! Client Secrets: a type that cannot be printed by accident.
//!
//! Must not: implement `Display`, `Serialize` or a `Debug` that shows anything of the value.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::format::limits;
use crate::host::random::Randomness;

/// Characters a Client Secret may have at most.
const MAX_CHARS: usize = limits::SECRET_CHARS;

/// A Client Secret (RFC 6749, section 2.3.1). Its memory is overwritten when it is dropped.
#[derive(Clone)]
pub struct ClientSecret(Zeroizing<String>);

/// Why a text is no Client Secret. Says nothing of the text but its length.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSecret {
    /// Nothing, or blanks only.
    #[error("the Client Secret is empty")]
    Empty,
    /// Too long.
    #[error("the Client Secret has {0} characters, at most {MAX_CHARS} are possible")]
    TooLong(usize),
    /// RFC 6749 appendix A.2 allows %x20-7E.
    #[error("the Client Secret holds a character that is not printable ASCII (RFC 6749, appendix A.2)")]
    Character,
}

impl ClientSecret {
    /// Takes a text; blanks around it are dropped, because registries pad their columns with them.
    pub fn parse(text: &str) -> Result<Self, InvalidSecret> {
        let text = text.trim();
        let chars = text.chars().count();
        if text.is_empty() {
            Err(InvalidSecret::Empty)
        } else if chars > MAX_CHARS {
            Err(InvalidSecret::TooLong(chars))
        } else if text.chars().any(|c| !(' '..='~').contains(&c)) {
            Err(InvalidSecret::Character)
        } else {
            Ok(Self(Zeroizing::new(text.to_owned())))
        }
    }

    /// A new one in GAM's form: two random keys of 16 bytes as 64 uppercase hexadecimal digits.
    pub fn generate(random: &mut dyn Randomness) -> std::io::Result<Self> {
        use fmt::Write;
        let mut bytes = Zeroizing::new([0; 32]);
        random.fill(bytes.as_mut())?;
        // Full capacity at once: growing would leave copies behind that nobody overwrites.
        let mut text = Zeroizing::new(String::with_capacity(64));
        for byte in bytes.iter() {
            let _ = write!(text, "{byte:02X}");
        }
        Ok(Self(text))
    }

    /// The value. Every call is a place to review.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What two people can compare without revealing the value: it means something only under one store's key.
    pub fn fingerprint(&self, key: &[u8; 32]) -> Fingerprint {
        Fingerprint::of(self.0.as_bytes(), key)
    }
}

impl PartialEq for ClientSecret {
    fn eq(&self, other: &Self) -> bool {
        // Constant time in the value: differences accumulate, nothing returns early.
        let (a, b) = (self.0.as_bytes(), other.0.as_bytes());
        a.len() == b.len() && a.iter().zip(b).fold(0, |found, (x, y)| found | (x ^ y)) == 0
    }
}

impl Eq for ClientSecret {}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(redacted)")
    }
}

/// A keyed fingerprint: the first 6 bytes of HMAC-SHA-256 (RFC 2104), as 12 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Of any value.
    pub fn of(value: &[u8], key: &[u8; 32]) -> Self {
        Self(keyed(key, value).iter().take(6).map(|byte| format!("{byte:02x}")).collect())
    }

    /// The 12 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// HMAC-SHA-256 (RFC 2104).
pub(super) fn keyed(key: &[u8; 32], value: &[u8]) -> [u8; 32] {
    let mut mac = hmac(key);
    mac.update(value);
    mac.finalize().into_bytes().into()
}

/// HMAC-SHA-256 with this key, over nothing yet.
pub(super) fn hmac(key: &[u8; 32]) -> Hmac<Sha256> {
    // The type wants a whole block; RFC 2104 pads a shorter key with zeros itself.
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key);
    Hmac::new((&*block).into())
}
