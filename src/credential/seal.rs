//! Sealing of secrets at rest: XChaCha20-Poly1305 (RFC 8439 and draft-irtf-cfrg-xchacha) under one key per home.
//!
//! The key lies in the file `key` beside the databases, readable by its owner only; it keeps a secret out of a copied
//! database, a backup of it, or a bug report, not from the owner of the account.
//!
//! Must not: make a new key where databases exist that an old one sealed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::secret::keyed;
use crate::host::file::FileError;
use crate::host::interrupt;
use crate::host::private;
use crate::host::random::Randomness;
use crate::host::replacement::{Writers, create_held};

/// First line of the key file, before the 64 digits.
const HEADER: &str = "inject-key-1 ";
/// Bytes of the nonce before each sealed value.
const NONCE: usize = 24;

/// The folder of the stores, with the key for what lies in it where that is not the file beside.
#[derive(Debug, Clone)]
pub struct Home {
    /// The folder.
    pub folder: PathBuf,
    /// The key, given from outside: then no key file is made or read.
    pub key: Option<SealKey>,
}

impl From<&Path> for Home {
    fn from(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), key: None }
    }
}

impl From<&PathBuf> for Home {
    fn from(folder: &PathBuf) -> Self {
        Self::from(folder.as_path())
    }
}

impl From<&Home> for Home {
    fn from(home: &Home) -> Self {
        home.clone()
    }
}

impl Home {
    /// The key: given, or that of the folder, made where none of `databases` exists.
    pub(super) fn key(&self, databases: &[&Path], random: &mut dyn Randomness) -> Result<SealKey, SealError> {
        match &self.key {
            Some(key) => Ok(key.clone()),
            None => SealKey::load_or_create(&self.folder, databases, random),
        }
    }
}

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
        "{} is not a key file: expected \"inject-key-1\" and 64 hexadecimal digits; restore it from a backup, the secrets \
         in the store can be read with no other key", path.display()
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
    /// Authentication of a sealed value failed.
    #[error("a sealed value does not open: it was changed, or sealed with another key")]
    Unsealable,
}

impl SealKey {
    /// Reads the key of `home`, or makes it where none of `databases` exists. Of two processes at once, both get one key.
    pub(super) fn load_or_create(
        home: &Path,
        databases: &[&Path],
        random: &mut dyn Randomness,
    ) -> Result<Self, SealError> {
        let path = home.join("key");
        if let Some(key) = Self::load(&path)? {
            return Ok(key);
        }
        if let Some(sealed) = databases.iter().find(|database| database.exists()) {
            // Another process may have made both since the look above.
            return Self::load(&path)?
                .ok_or_else(|| SealError::Missing { path: path.clone(), sealed: sealed.to_path_buf() });
        }
        let mut key = Zeroizing::new([0; 32]);
        random.fill(key.as_mut()).map_err(FileError::on("make a key for", &path))?;
        let mut unique = [0; 8];
        random.fill(&mut unique).map_err(FileError::on("make a key for", &path))?;
        let temporary = home.join(format!(".key-{:016x}", u64::from_le_bytes(unique)));
        let _section = interrupt::section();
        let written = write_key(&temporary, &key).and_then(|_lock| {
            // A hard link fails when the name exists: the first of two processes wins, and both read the winner's.
            match fs::hard_link(&temporary, &path) {
                Err(error) if !path.exists() => Err(FileError::on("create", &path)(error)),
                _ => Ok(()),
            }
        });
        let _ = fs::remove_file(&temporary);
        written?;
        Self::load(&path)?.ok_or(SealError::Malformed { path })
    }

    fn load(path: &Path) -> Result<Option<Self>, SealError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FileError::on("read", path)(error).into()),
        };
        check_private(path)?;
        let key = text.strip_prefix(HEADER).and_then(Self::of_digits);
        key.map(Some).ok_or_else(|| SealError::Malformed { path: path.to_owned() })
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

/// Writes a key. While what is returned is open, nobody sweeps it away.
fn write_key(path: &Path, key: &[u8; 32]) -> Result<File, FileError> {
    use std::fmt::Write as _;
    let mut text = Zeroizing::new(String::with_capacity(HEADER.len() + 65));
    text.push_str(HEADER);
    for byte in key {
        let _ = write!(text, "{byte:02x}");
    }
    text.push('\n');
    let taken = || io::Error::new(io::ErrorKind::ResourceBusy, "another process took it away");
    let held = create_held(path, Writers::Several)?;
    let mut file = held.ok_or_else(taken).map_err(FileError::on("create", path))?;
    private::keep(path)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(FileError::on("write", path))?;
    Ok(file)
}

/// Refuses a file that others can read.
pub(super) fn check_private(path: &Path) -> Result<(), SealError> {
    match private::open_bits(path)? {
        None => Ok(()),
        Some(mode) => Err(SealError::Permissions { path: path.to_owned(), mode }),
    }
}
