//! The PKCS#7 block of a JAR signature (RFC 5652 `SignedData`, detached), BER tolerated.
//!
//! Must not: verify; it takes the structure apart and keeps the bytes that are signed.

use crate::format::der::{DerError, Reader, Tlv, tag};
use crate::format::oid;
use crate::format::x509::Certificate;

/// A `SignedData`.
#[derive(Debug)]
pub(super) struct SignedData<'a> {
    pub(super) content_type: &'a [u8],
    pub(super) certificates: Vec<Certificate>,
    pub(super) signers: Vec<SignerInfo<'a>>,
}

/// A `SignerInfo`.
#[derive(Debug)]
pub(super) struct SignerInfo<'a> {
    /// Issuer and serial number, encoded; `None` for a subject key identifier.
    pub(super) issuer_and_serial: Option<(&'a [u8], &'a [u8])>,
    pub(super) digest_algorithm: &'a [u8],
    pub(super) signature_algorithm: &'a [u8],
    pub(super) signed_attributes: Option<SignedAttributes<'a>>,
    pub(super) signature: &'a [u8],
}

/// Signed attributes.
#[derive(Debug)]
pub(super) struct SignedAttributes<'a> {
    /// Type and the one value of each.
    values: Vec<(&'a [u8], Vec<Tlv<'a>>)>,
    /// The bytes that are signed: the set with its universal tag (RFC 5652 5.4), in the order of the file.
    pub(super) signed: Vec<u8>,
}

impl<'a> SignedAttributes<'a> {
    /// The single value of an attribute.
    pub(super) fn single(&self, kind: &[u8]) -> Option<Tlv<'a>> {
        match self.values.iter().find(|(found, _)| *found == kind) {
            Some((_, values)) => match values.as_slice() {
                [one] => Some(*one),
                _ => None,
            },
            None => None,
        }
    }
}

/// Takes a block apart.
pub(super) fn parse(raw: &[u8]) -> Result<SignedData<'_>, DerError> {
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
    Ok(SignedData { content_type, certificates, signers })
}

fn signer<'a>(raw: &Tlv<'a>) -> Result<SignerInfo<'a>, DerError> {
    let mut info = raw.reader();
    info.expect(tag::INTEGER, "version")?;
    let id = info.any()?;
    let issuer_and_serial = if id.tag == tag::SEQUENCE {
        let mut id = id.reader();
        Some((id.expect(tag::SEQUENCE, "issuer")?.raw, id.expect(tag::INTEGER, "serialNumber")?.raw))
    } else {
        None
    };
    let digest_algorithm = algorithm(&info.expect(tag::SEQUENCE, "digestAlgorithm")?)?;
    let signed_attributes = info.optional(tag::context(0))?.map(|set| attributes(&set)).transpose()?;
    let signature_algorithm = algorithm(&info.expect(tag::SEQUENCE, "signatureAlgorithm")?)?;
    let signature = info.expect(tag::OCTET_STRING, "signature")?.content;
    Ok(SignerInfo { issuer_and_serial, digest_algorithm, signature_algorithm, signed_attributes, signature })
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
