//! Sealing of secrets at rest: XChaCha20-Poly1305 (RFC 8439 and draft-irtf-cfrg-xchacha) under one key per home.
//!
//! It keeps a secret out of a copied database, a backup of it, or a bug report, not from the owner of the account.
//!
//! Must not: know where the key is kept (see [`super::home`]).

use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::secret::keyed;
use crate::host::file::FileError;
use crate::host::keyring::{KEYRING, KeyringError};
use crate::host::private;
use crate::host::random::Randomness;

/// First line of a key file, before the 64 digits.
pub(super) const HEADER: &str = "inject-key-1 ";
/// Bytes of the nonce before each sealed value.
const NONCE: usize = 24;

/// The key of one home. Overwritten when dropped.
#[derive(Clone)]
pub struct SealKey(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey(redacted)")
    }
}

/// Why sealing, unsealing or reading the key failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// A file operation.
    #[error(transparent)]
    File(#[from] FileError),
    /// The key file is not one.
    #[error(
        "{} is not a key file: expected \"inject-key-1\" and 64 hexadecimal digits, or \"inject-key-in keyring:NAME\"; \
         restore it from a backup, the secrets in the store can be read with no other key", path.display()
    )]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// Others may read it.
    #[error("{} can be read by others (mode {mode:03o}, expected 600); run: chmod 600 {}", path.display(), path.display())]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// No key, but something sealed.
    #[error("{} is missing, and {} was sealed with it; restore it from a backup", path.display(), sealed.display())]
    Missing {
        /// The key file.
        path: PathBuf,
        /// A database it sealed.
        sealed: PathBuf,
    },
    /// The key file refers to the keyring, which has not got it.
    #[error("the key of the stores is in the keyring's entry {entry:?}, says {}: {source}", path.display())]
    Keyring {
        /// The key file.
        path: PathBuf,
        /// The entry.
        entry: String,
        /// Why it is not read.
        source: KeyringError,
    },
    /// What the keyring has is something else.
    #[error("the entry {entry:?} of {KEYRING} holds no key: 64 hexadecimal digits are expected")]
    NoKey {
        /// The entry.
        entry: String,
    },
    /// Authentication of a sealed value failed.
    #[error("a sealed value does not open: it was changed, or sealed with another key")]
    Unsealable,
}

impl SealKey {
    /// A new key.
    pub(super) fn generate(random: &mut dyn Randomness) -> std::io::Result<Self> {
        let mut key = Zeroizing::new([0; 32]);
        random.fill(key.as_mut())?;
        Ok(Self(key))
    }

    /// A key of its bytes.
    pub(super) fn of_bytes(bytes: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*bytes))
    }

    /// A key of its 64 hexadecimal digits.
    pub fn of_digits(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text.strip_prefix(HEADER).unwrap_or(text);
        if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let mut key = Zeroizing::new([0; 32]);
        for (byte, pair) in key.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
            if let [high, low] = pair {
                *byte = nibble(*high) << 4 | nibble(*low);
            }
        }
        Some(Self(key))
    }

    /// Its 64 hexadecimal digits.
    pub(super) fn digits(&self) -> Zeroizing<String> {
        use std::fmt::Write;
        let mut text = Zeroizing::new(String::with_capacity(64));
        for byte in self.0.iter() {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// Seals `secret`; `context` names what it belongs to, and must be the same when it is opened.
    pub(super) fn seal(&self, secret: &[u8], context: &str, random: &mut dyn Randomness) -> std::io::Result<Vec<u8>> {
        let mut nonce = [0; NONCE];
        random.fill(&mut nonce)?;
        let sealed = self
            .cipher()
            .encrypt(&XNonce::from(nonce), Payload { msg: secret, aad: context.as_bytes() })
            .map_err(|_| std::io::Error::other("sealing failed"))?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Opens what [`SealKey::seal`] made.
    pub(super) fn open(&self, sealed: &[u8], context: &str) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (nonce, data) = sealed.split_first_chunk::<NONCE>().ok_or(SealError::Unsealable)?;
        self.cipher()
            .decrypt(&XNonce::from(*nonce), Payload { msg: data, aad: context.as_bytes() })
            .map(Zeroizing::new)
            .map_err(|_| SealError::Unsealable)
    }

    /// Whether two are the same.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.derive("same") == other.derive("same")
    }

    /// A key for fingerprints and other marks, derived (RFC 2104) so that it tells nothing of this one.
    pub(super) fn derive(&self, purpose: &str) -> [u8; 32] {
        keyed(&self.0, purpose.as_bytes())
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20).wrapping_sub(b'a').wrapping_add(10),
    }
}

/// Refuses a file that others can read.
pub(super) fn check_private(path: &Path) -> Result<(), SealError> {
    for own in path.parent().into_iter().chain([path]) {
        private::check_own(own)?;
    }
    match private::open_bits(path)? {
        None => Ok(()),
        Some(mode) => Err(SealError::Permissions { path: path.to_owned(), mode }),
    }
}
