//! JKS, the keystore of Java before version 9. The crate for it panics on damaged files, so it is read here.
//!
//! ```text
//! u32 0xfeedfeed   u32 version   u32 count   entries   SHA-1(password as UTF-16BE, "Mighty Aphrodite", all before)
//! ```
//! A key is protected by XOR with a chain of SHA-1 values and confirmed by SHA-1(password, key).
//!
//! Must not: write this format (it protects poorly), or allocate by a length that the file claims.

use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use super::identity_error::IdentityError;
use super::password::Password;
use crate::format::der::{Reader, tag};
use crate::format::oid;

/// Length of a SHA-1 value, and of the salt of a protected key.
const SHA1_LEN: usize = 20;

/// A private key entry, still protected.
pub(super) struct Entry {
    pub(super) alias: String,
    protected: Vec<u8>,
    /// Certificates in DER, the key's own first.
    pub(super) chain: Vec<Vec<u8>>,
}

/// The private keys of a store whose password is right. Its structure is read first: of a damaged one the digest says nothing.
pub(super) fn read(bytes: &[u8], password: &Password) -> Result<Vec<Entry>, IdentityError> {
    let damaged = |problem: String| IdentityError::Keystore { kind: "JKS", problem };
    let mut cursor = Cursor { rest: bytes };
    let parse = |cursor: &mut Cursor<'_>| -> Option<Result<Vec<Entry>, u32>> {
        cursor.word()?;
        let version = cursor.word()?;
        let count = cursor.word()?;
        let mut entries = Vec::new();
        for _ in 0..count {
            let kind = cursor.word()?;
            let alias = cursor.text()?;
            cursor.take(8)?;
            match kind {
                1 => {
                    let protected = cursor.counted()?.to_vec();
                    let certificates = cursor.word()?;
                    let mut chain = Vec::new();
                    for _ in 0..certificates {
                        chain.push(cursor.certificate(version)?);
                    }
                    entries.push(Entry { alias, protected, chain });
                }
                2 => {
                    cursor.certificate(version)?;
                }
                other => return Some(Err(other)),
            }
        }
        Some(Ok(entries))
    };
    let parsed = parse(&mut cursor);
    let at = bytes.len().saturating_sub(cursor.rest.len());
    let entries = match parsed {
        Some(Ok(entries)) => entries,
        Some(Err(kind)) => return Err(damaged(format!("entry of kind {kind}, expected 1 (key) or 2 (certificate)"))),
        None => return Err(damaged(format!("it is cut at byte {at}"))),
    };
    // What follows the digest is nobody's; keytool does not read it either.
    let digest = cursor.take(SHA1_LEN).ok_or_else(|| damaged(format!("it is cut at byte {at}, before its digest")))?;
    let mut hasher = Sha1::new();
    hasher.update(utf16(password).as_slice());
    hasher.update(b"Mighty Aphrodite");
    hasher.update(bytes.get(..at).unwrap_or_default());
    if hasher.finalize().as_slice() != digest {
        return Err(IdentityError::WrongPassword { what: "keystore" });
    }
    Ok(entries)
}

impl Entry {
    /// The PKCS#8 encoding of the key.
    pub(super) fn unlock(&self, password: &Password) -> Result<Zeroizing<Vec<u8>>, IdentityError> {
        let damaged = |problem: &str| IdentityError::Keystore {
            kind: "JKS",
            problem: format!("key {:?}: {problem}", self.alias),
        };
        let parse = || {
            let mut info = Reader::new(&self.protected).expect(tag::SEQUENCE, "EncryptedPrivateKeyInfo").ok()?.reader();
            let mut algorithm = info.expect(tag::SEQUENCE, "algorithm").ok()?.reader();
            let algorithm = algorithm.expect(tag::OID, "algorithm").ok()?.content;
            Some((algorithm, info.expect(tag::OCTET_STRING, "encryptedData").ok()?.content))
        };
        let (algorithm, data) = parse().ok_or_else(|| damaged("not an EncryptedPrivateKeyInfo structure"))?;
        if algorithm != oid::JKS_KEY_PROTECTOR {
            return Err(damaged(&format!("protected by {}, expected Sun's key protector", oid::dotted(algorithm))));
        }
        let (salt, rest) = data.split_at_checked(SHA1_LEN).ok_or_else(|| damaged("cut"))?;
        let (masked, check) = rest
            .len()
            .checked_sub(SHA1_LEN)
            .and_then(|len| rest.split_at_checked(len))
            .ok_or_else(|| damaged("cut"))?;
        let password = utf16(password);
        let mut key = Zeroizing::new(masked.to_vec());
        let mut mask = salt.to_vec();
        for part in key.chunks_mut(SHA1_LEN) {
            mask = Sha1::new().chain_update(password.as_slice()).chain_update(&mask).finalize().to_vec();
            for (byte, mask) in part.iter_mut().zip(&mask) {
                *byte ^= mask;
            }
        }
        let found = Sha1::new().chain_update(password.as_slice()).chain_update(key.as_slice()).finalize();
        if found.as_slice() != check {
            return Err(IdentityError::WrongKeyPassword { alias: self.alias.clone() });
        }
        Ok(key)
    }
}

fn utf16(password: &Password) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(password.reveal().encode_utf16().flat_map(u16::to_be_bytes).collect())
}

struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    fn word(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    /// Bytes behind their 32-bit length.
    fn counted(&mut self) -> Option<&'a [u8]> {
        let len = self.word()?;
        self.take(usize::try_from(len).ok()?)
    }

    /// Modified UTF-8 behind its 16-bit length.
    fn text(&mut self) -> Option<String> {
        let len = u16::from_be_bytes(self.take(2)?.try_into().ok()?);
        Some(String::from_utf8_lossy(self.take(usize::from(len))?).into_owned())
    }

    fn certificate(&mut self, version: u32) -> Option<Vec<u8>> {
        if version >= 2 {
            self.text()?;
        }
        Some(self.counted()?.to_vec())
    }
}
