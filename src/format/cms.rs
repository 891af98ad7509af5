//! CMS `SignedData` (RFC 5652, PKCS#7 before it), BER tolerated: JAR signatures, Apple's code signatures (both detached)
//! and provisioning profiles (which hold what they sign).
//!
//! Must not: verify; it takes the structure apart and keeps the bytes that are signed.

use super::der::{DerError, Reader, Tlv, tag};
use super::oid;
use super::x509::Certificate;

/// `[UNIVERSAL 4]`, constructed.
const CONSTRUCTED_OCTET_STRING: u8 = 0x24;

/// A `SignedData`.
#[derive(Debug)]
pub struct SignedData<'a> {
    /// `eContentType`: what is signed.
    pub content_type: &'a [u8],
    /// What is signed; `None` where the signature is detached.
    pub content: Option<Vec<u8>>,
    /// The certificates that came along.
    pub certificates: Vec<Certificate>,
    /// The signers.
    pub signers: Vec<SignerInfo<'a>>,
}

/// A `SignerInfo`.
#[derive(Debug)]
pub struct SignerInfo<'a> {
    /// Issuer and serial number, encoded; `None` for a subject key identifier.
    pub issuer_and_serial: Option<(&'a [u8], &'a [u8])>,
    /// Its key identifier, where that names the signer.
    pub key_identifier: Option<&'a [u8]>,
    /// OID of the digest.
    pub digest_algorithm: &'a [u8],
    /// OID of the signature.
    pub signature_algorithm: &'a [u8],
    /// What is signed instead of the content.
    pub signed_attributes: Option<SignedAttributes<'a>>,
    /// The signature.
    pub signature: &'a [u8],
}

/// Signed attributes.
#[derive(Debug)]
pub struct SignedAttributes<'a> {
    /// Type and the one value of each.
    values: Vec<(&'a [u8], Vec<Tlv<'a>>)>,
    /// The bytes that are signed: the set with its universal tag (RFC 5652 5.4), in the order of the file.
    pub signed: Vec<u8>,
}

impl<'a> SignedAttributes<'a> {
    /// All values of an attribute.
    pub fn all(&self, kind: &[u8]) -> Option<&[Tlv<'a>]> {
        self.values.iter().find(|(found, _)| *found == kind).map(|(_, values)| values.as_slice())
    }

    /// The single value of an attribute.
    pub fn single(&self, kind: &[u8]) -> Option<Tlv<'a>> {
        match self.values.iter().find(|(found, _)| *found == kind) {
            Some((_, values)) => match values.as_slice() {
                [one] => Some(*one),
                _ => None,
            },
            None => None,
        }
    }
}

/// The certificate of a signature's first signer, in DER; nothing is verified.
pub fn signer_certificate(raw: &[u8]) -> Option<Vec<u8>> {
    let signed = parse(raw).ok()?;
    let (issuer, serial) = signed.signers.first()?.issuer_and_serial?;
    let own = signed.certificates.iter().find(|own| own.issuer() == issuer && own.serial() == serial)?;
    Some(own.raw().to_vec())
}

/// Takes a block apart.
pub fn parse(raw: &[u8]) -> Result<SignedData<'_>, DerError> {
    let mut content = Reader::new(raw).expect(tag::SEQUENCE, "ContentInfo")?.reader();
    let kind = content.expect(tag::OID, "contentType")?;
    if kind.content != oid::PKCS7_SIGNED_DATA {
        let problem = format!("content of type {}, expected signedData", oid::dotted(kind.content));
        return Err(DerError { offset: 0, problem });
    }
    let mut data = content.expect(tag::context(0), "content")?.reader().expect(tag::SEQUENCE, "SignedData")?.reader();
    data.expect(tag::INTEGER, "version")?;
    data.expect(tag::SET, "digestAlgorithms")?;
    let mut encapsulated = data.expect(tag::SEQUENCE, "encapContentInfo")?.reader();
    let content_type = encapsulated.expect(tag::OID, "eContentType")?.content;
    let content = match encapsulated.optional(tag::context(0))? {
        Some(wrapped) => Some(octets(&wrapped.reader().any()?)?),
        None => None,
    };
    let mut certificates = Vec::new();
    if let Some(set) = data.optional(tag::context(0))? {
        let mut set = set.reader();
        while !set.is_empty() {
            let value = set.any()?;
            if value.tag == tag::SEQUENCE {
                certificates.push(Certificate::parse(value.raw)?);
            }
        }
    }
    data.optional(tag::context(1))?;
    let mut set = data.expect(tag::SET, "signerInfos")?.reader();
    let mut signers = Vec::new();
    while !set.is_empty() {
        signers.push(signer(&set.expect(tag::SEQUENCE, "SignerInfo")?)?);
    }
    Ok(SignedData { content_type, content, certificates, signers })
}

/// The content of an OCTET STRING, or of the pieces of a constructed one (X.690 8.7.3).
fn octets(value: &Tlv<'_>) -> Result<Vec<u8>, DerError> {
    match value.tag {
        CONSTRUCTED_OCTET_STRING => {
            let (mut content, mut pieces) = (Vec::new(), value.reader());
            while !pieces.is_empty() {
                content.extend_from_slice(pieces.expect(tag::OCTET_STRING, "a piece of eContent")?.content);
            }
            Ok(content)
        }
        // An OCTET STRING; PKCS#7 allowed any type, of which the content is signed.
        _ => Ok(value.content.to_vec()),
    }
}

fn signer<'a>(raw: &Tlv<'a>) -> Result<SignerInfo<'a>, DerError> {
    let mut info = raw.reader();
    info.expect(tag::INTEGER, "version")?;
    let id = info.any()?;
    let (issuer_and_serial, key_identifier) = if id.tag == tag::SEQUENCE {
        let mut id = id.reader();
        (Some((id.expect(tag::SEQUENCE, "issuer")?.raw, id.expect(tag::INTEGER, "serialNumber")?.raw)), None)
    } else {
        (None, Some(id.content))
    };
    let digest_algorithm = algorithm(&info.expect(tag::SEQUENCE, "digestAlgorithm")?)?;
    let signed_attributes = info.optional(tag::context(0))?.map(|set| attributes(&set)).transpose()?;
    let signature_algorithm = algorithm(&info.expect(tag::SEQUENCE, "signatureAlgorithm")?)?;
    let signature = info.expect(tag::OCTET_STRING, "signature")?.content;
    Ok(SignerInfo {
        issuer_and_serial,
        key_identifier,
        digest_algorithm,
        signature_algorithm,
        signed_attributes,
        signature,
    })
}

fn algorithm<'a>(tlv: &Tlv<'a>) -> Result<&'a [u8], DerError> {
    Ok(tlv.reader().expect(tag::OID, "algorithm")?.content)
}

fn attributes<'a>(set: &Tlv<'a>) -> Result<SignedAttributes<'a>, DerError> {
    let mut values: Vec<(&[u8], Vec<Tlv<'_>>)> = Vec::new();
    let mut reader = set.reader();
    while !reader.is_empty() {
        let mut attribute = reader.expect(tag::SEQUENCE, "Attribute")?.reader();
        let kind = attribute.expect(tag::OID, "attrType")?.content;
        if values.iter().any(|(found, _)| *found == kind) {
            let problem = format!("signed attribute {} occurs twice", oid::dotted(kind));
            return Err(DerError { offset: 0, problem });
        }
        let mut set = attribute.expect(tag::SET, "attrValues")?.reader();
        let mut of_kind = Vec::new();
        while !set.is_empty() {
            of_kind.push(set.any()?);
        }
        values.push((kind, of_kind));
    }
    let mut signed = set.raw.to_vec();
    if let Some(first) = signed.first_mut() {
        *first = tag::SET;
    }
    Ok(SignedAttributes { values, signed })
}
