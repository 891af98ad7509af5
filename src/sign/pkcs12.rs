//! PKCS#12 files (RFC 7292) opened: DER, and BER as Bouncy Castle writes it; what follows the structure is ignored, as keytool does.
//!
//! Must not: call a password wrong where neither MAC nor padding says so.

use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error as P12Error;

use super::identity_error::IdentityError;
use super::password::Password;
use crate::format::der::{self, DerError, Reader, tag};
use crate::format::{limits, oid};

/// A constructed OCTET STRING, in parts (X.690 8.7).
const OCTETS_IN_PARTS: u8 = 0x24;
/// `encryptedContent [0] IMPLICIT OCTET STRING`, whole and in parts.
const ENCRYPTED: [u8; 2] = [0x80, 0xa0];
/// The bit of a tag that says that values are within.
const CONSTRUCTED: u8 = 0x20;

/// Opens a file.
pub(super) fn open(bytes: &[u8], password: &Password) -> Result<Pkcs12Archive, IdentityError> {
    let whole = Reader::new(bytes).expect(tag::SEQUENCE, "PFX").map_err(damaged)?;
    let parts = Parts::read(&whole.reader()).map_err(damaged)?;
    if !parts.is_ber {
        return opened(whole.raw, password);
    }
    // The MAC is over the content as it was written; that has another encoding, which is read after it.
    match Pkcs12Archive::from_pkcs12(&Parts::pfx(&parts.content, parts.mac), password.reveal()) {
        Ok(_) | Err(P12Error::DerError(_)) => {}
        Err(error) => return Err(refused(&error, bytes)),
    }
    let content = definite(&parts.content, 0).map_err(damaged)?;
    opened(&Parts::pfx(&content, &[]), password)
}

fn opened(pfx: &[u8], password: &Password) -> Result<Pkcs12Archive, IdentityError> {
    Pkcs12Archive::from_pkcs12(pfx, password.reveal()).map_err(|error| refused(&error, pfx))
}

fn damaged(error: impl std::fmt::Display) -> IdentityError {
    IdentityError::Keystore { kind: "PKCS#12", problem: error.to_string() }
}

fn refused(error: &P12Error, bytes: &[u8]) -> IdentityError {
    match error {
        P12Error::MacError(_) | P12Error::UnpadError => IdentityError::WrongPassword { what: "keystore" },
        P12Error::Pkcs5Error(problem) if problem.contains("decryption failed") => {
            IdentityError::WrongPassword { what: "keystore" }
        }
        P12Error::UnsupportedEncryptionScheme | P12Error::UnsupportedMacAlgorithm | P12Error::Pkcs5Error(_) => {
            IdentityError::KeystoreEncryption { problem: encryption(bytes).unwrap_or_else(|| error.to_string()) }
        }
        P12Error::IoError(_)
        | P12Error::DerError(_)
        | P12Error::InvalidVersion
        | P12Error::UnsupportedContentType
        | P12Error::UnsupportedCertificateType
        | P12Error::X509Error(_)
        | P12Error::InvalidLength
        | P12Error::InvalidParameters
        | P12Error::InvalidData
        | P12Error::InvalidPrivateKey => damaged(error),
    }
}

/// The name of an encryption that is known and not read.
fn encryption(bytes: &[u8]) -> Option<String> {
    // 1.2.840.113549.1.12.1.n (RFC 7292 appendix C).
    let names =
        [(1, "RC4 with 128 bits"), (2, "RC4 with 40 bits"), (4, "triple DES with two keys"), (5, "RC2 with 128 bits")];
    let mut found = names.iter().filter(|(last, _)| {
        let oid = [0x06, 0x0a, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, *last];
        bytes.windows(oid.len()).any(|window| window == oid)
    });
    found.next().map(|(_, name)| (*name).to_owned())
}

/// The members of a PFX.
struct Parts<'a> {
    /// What the MAC is over: the encoded `AuthenticatedSafe`.
    content: Vec<u8>,
    /// `MacData` as it stands.
    mac: &'a [u8],
    /// Whether a length is indefinite, or a text in parts.
    is_ber: bool,
}

impl<'a> Parts<'a> {
    fn read(members: &Reader<'a>) -> Result<Self, DerError> {
        let mut members = members.clone();
        members.expect(tag::INTEGER, "version")?;
        let mut safe = members.expect(tag::SEQUENCE, "authSafe")?.reader();
        safe.expect(tag::OID, "content type")?;
        let content = safe.expect(tag::context(0), "content")?.reader();
        let mac = members.rest();
        let text = content.clone().any()?;
        if ![tag::OCTET_STRING, OCTETS_IN_PARTS].contains(&text.tag) {
            // Signed instead of protected by a password: what reads it says so.
            return Ok(Self { content: Vec::new(), mac, is_ber: false });
        }
        let content = octets(&text, 0)?;
        let is_ber = text.tag == OCTETS_IN_PARTS || !is_definite(&content, 0);
        Ok(Self { content, mac, is_ber })
    }

    /// A PFX of these contents.
    fn pfx(content: &[u8], mac: &[u8]) -> Vec<u8> {
        let content = der::value(tag::context(0), &[&der::octets(content)]);
        let safe = der::sequence(&[&der::oid(oid::PKCS7_DATA), &content]);
        der::sequence(&[&der::unsigned(&[3]), &safe, mac])
    }
}

/// The bytes of an OCTET STRING, whole or in parts.
fn octets(text: &der::Tlv<'_>, depth: usize) -> Result<Vec<u8>, DerError> {
    if text.tag & CONSTRUCTED == 0 {
        return Ok(text.content.to_vec());
    }
    let mut parts = text.reader();
    let mut whole = Vec::with_capacity(text.content.len());
    while !parts.is_empty() {
        whole.extend(octets(&within(parts.any()?, depth)?, depth.saturating_add(1))?);
    }
    Ok(whole)
}

/// An error where values lie too deep.
fn within(value: der::Tlv<'_>, depth: usize) -> Result<der::Tlv<'_>, DerError> {
    if depth < limits::NESTING {
        return Ok(value);
    }
    Err(DerError { offset: 0, problem: format!("values nested deeper than {}", limits::NESTING) })
}

/// Whether all lengths are definite, and no text is in parts.
fn is_definite(mut raw: &[u8], depth: usize) -> bool {
    while !raw.is_empty() {
        let mut reader = Reader::new(raw);
        let Ok(value) = reader.any() else { return true };
        let indefinite = raw.get(1) == Some(&0x80) || value.tag == OCTETS_IN_PARTS;
        let inner = value.tag & CONSTRUCTED != 0 && depth < limits::NESTING;
        if indefinite || inner && !is_definite(value.content, depth.saturating_add(1)) {
            return false;
        }
        raw = reader.rest();
    }
    true
}

/// The values with definite lengths and texts in one part.
fn definite(raw: &[u8], depth: usize) -> Result<Vec<u8>, DerError> {
    let mut reader = Reader::new(raw);
    let mut out = Vec::with_capacity(raw.len());
    // EncryptedContentInfo: its third member is a text, however it is tagged.
    let (mut count, mut is_data) = (0_u32, false);
    while !reader.is_empty() {
        let value = within(reader.any()?, depth)?;
        count = count.saturating_add(1);
        is_data |= count == 1 && value.tag == tag::OID && value.content == oid::PKCS7_DATA;
        let [whole, parts] = ENCRYPTED;
        if value.tag == OCTETS_IN_PARTS {
            out.extend(der::octets(&octets(&value, depth)?));
        } else if value.tag == parts && is_data && count == 3 {
            out.extend(der::value(whole, &[&octets(&value, depth)?]));
        } else if value.tag & CONSTRUCTED != 0 {
            out.extend(der::value(value.tag, &[&definite(value.content, depth.saturating_add(1))?]));
        } else {
            out.extend_from_slice(value.raw);
        }
    }
    Ok(out)
}
