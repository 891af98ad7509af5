//! X.509 certificates (RFC 5280), as much as signing and verifying need: the parts that are compared, raw, and a
//! readable subject.
//!
//! Android does not judge certificates: validity, issuer and usage are for people to read. Only the key and the exact
//! bytes count, so the raw encoding is kept and certificates that are BER but not DER are read all the same.
//!
//! Must not: verify a signature, or decide whether a certificate is good.

use std::ops::Range;

use super::der::{DerError, Reader, Tlv, tag};
use super::oid;

/// A certificate and where its parts lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    raw: Vec<u8>,
    serial: Range<usize>,
    issuer: Range<usize>,
    subject: Range<usize>,
    public_key: Range<usize>,
    not_before: String,
    not_after: String,
    to_be_signed: Range<usize>,
    signature_algorithm: Range<usize>,
    signature: Range<usize>,
}

impl Certificate {
    /// Reads a certificate; bytes behind it are an error.
    pub fn parse(raw: &[u8]) -> Result<Self, DerError> {
        let mut outer = Reader::new(raw);
        let certificate = outer.expect(tag::SEQUENCE, "certificate")?;
        outer.end("the certificate")?;
        let mut parts = certificate.reader();
        let to_be_signed = parts.expect(tag::SEQUENCE, "TBSCertificate")?;
        let mut tbs = to_be_signed.reader();
        let signature_algorithm = parts.expect(tag::SEQUENCE, "signatureAlgorithm")?;
        let signature = parts.expect(tag::BIT_STRING, "signature")?;
        tbs.optional(tag::context(0))?;
        let serial = tbs.expect(tag::INTEGER, "serialNumber")?;
        tbs.expect(tag::SEQUENCE, "signature algorithm")?;
        let issuer = tbs.expect(tag::SEQUENCE, "issuer")?;
        let mut validity = tbs.expect(tag::SEQUENCE, "validity")?.reader();
        let (not_before, not_after) = (time(&validity.any()?), time(&validity.any()?));
        let subject = tbs.expect(tag::SEQUENCE, "subject")?;
        let public_key = tbs.expect(tag::SEQUENCE, "subjectPublicKeyInfo")?;
        PublicKeyInfo::parse(public_key.raw)?;
        let place = |tlv: &Tlv<'_>| {
            // Both slices are of `raw`; the difference of their addresses is the offset.
            let start = tlv.raw.as_ptr().addr() - raw.as_ptr().addr();
            start..start + tlv.raw.len()
        };
        Ok(Self {
            raw: raw.to_vec(),
            serial: place(&serial),
            issuer: place(&issuer),
            subject: place(&subject),
            public_key: place(&public_key),
            not_before,
            not_after,
            to_be_signed: place(&to_be_signed),
            signature_algorithm: place(&signature_algorithm),
            signature: place(&signature),
        })
    }

    /// The certificate as it was read.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The serial number, encoded.
    pub fn serial(&self) -> &[u8] {
        self.part(&self.serial)
    }

    /// The issuer's name, encoded.
    pub fn issuer(&self) -> &[u8] {
        self.part(&self.issuer)
    }

    /// The subject's name, encoded.
    pub fn subject(&self) -> &[u8] {
        self.part(&self.subject)
    }

    /// The subject's name for people, as RFC 4514 orders it: `CN=Android Debug, O=Android, C=US`.
    pub fn subject_text(&self) -> String {
        name_text(self.subject()).unwrap_or_else(|_| "(unreadable)".to_owned())
    }

    /// The issuer's name for people.
    pub(crate) fn issuer_text(&self) -> String {
        name_text(self.issuer()).unwrap_or_else(|_| "(unreadable)".to_owned())
    }

    /// The first attribute of that type in the subject's name.
    pub(crate) fn subject_attribute(&self, oid: &[u8]) -> Option<String> {
        let mut names = Reader::new(self.subject()).expect(tag::SEQUENCE, "Name").ok()?.reader();
        while !names.is_empty() {
            let mut set = names.expect(tag::SET, "RelativeDistinguishedName").ok()?.reader();
            while !set.is_empty() {
                let mut pair = set.expect(tag::SEQUENCE, "AttributeTypeAndValue").ok()?.reader();
                let kind = pair.expect(tag::OID, "attribute type").ok()?;
                let value = pair.any().ok()?;
                if kind.content == oid {
                    return Some(text(&value));
                }
            }
        }
        None
    }

    /// The `SubjectPublicKeyInfo`, encoded.
    pub fn public_key(&self) -> &[u8] {
        self.part(&self.public_key)
    }

    /// Start and end of the validity as written, `YYYYMMDDHHMMSSZ`.
    pub fn validity(&self) -> (&str, &str) {
        (&self.not_before, &self.not_after)
    }

    /// What its key may be used for by its extended key usage (RFC 5280, 4.2.1.12), as object identifiers; `None` where it has none, which
    /// is for anything.
    pub(crate) fn purposes(&self) -> Result<Option<Vec<Vec<u8>>>, DerError> {
        let mut tbs = Reader::new(self.part(&self.to_be_signed)).expect(tag::SEQUENCE, "TBSCertificate")?.reader();
        let extensions = loop {
            // Version, the fields that were read before, and unique identifiers stand before them.
            if tbs.is_empty() {
                return Ok(None);
            }
            let field = tbs.any()?;
            if field.tag == tag::context(3) {
                break field;
            }
        };
        let mut extensions = extensions.reader().expect(tag::SEQUENCE, "extensions")?.reader();
        while !extensions.is_empty() {
            let mut extension = extensions.expect(tag::SEQUENCE, "extension")?.reader();
            if extension.expect(tag::OID, "extension identifier")?.content != oid::EXTENDED_KEY_USAGE {
                continue;
            }
            extension.optional(tag::BOOLEAN)?;
            let value = extension.expect(tag::OCTET_STRING, "extension value")?;
            let mut list = Reader::new(value.content).expect(tag::SEQUENCE, "extended key usage")?.reader();
            let mut purposes = Vec::new();
            while !list.is_empty() {
                purposes.push(list.expect(tag::OID, "purpose")?.content.to_vec());
            }
            return Ok(Some(purposes));
        }
        Ok(None)
    }

    /// What the issuer did.
    pub(crate) fn issued(&self) -> Result<Issued<'_>, DerError> {
        let mut algorithm =
            Reader::new(self.part(&self.signature_algorithm)).expect(tag::SEQUENCE, "algorithm")?.reader();
        let algorithm = algorithm.expect(tag::OID, "algorithm")?.content;
        let signature = Reader::new(self.part(&self.signature)).expect(tag::BIT_STRING, "signature")?.bits()?;
        Ok(Issued { to_be_signed: self.part(&self.to_be_signed), algorithm, signature })
    }

    fn part(&self, range: &Range<usize>) -> &[u8] {
        self.raw.get(range.clone()).unwrap_or_default()
    }
}

/// The signature of a certificate's issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Issued<'a> {
    /// What was signed.
    pub to_be_signed: &'a [u8],
    /// OID of the signature algorithm, encoded content.
    pub algorithm: &'a [u8],
    /// The signature.
    pub signature: &'a [u8],
}

/// A `SubjectPublicKeyInfo` (RFC 5280 4.1.2.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKeyInfo<'a> {
    /// RSA (RFC 8017 A.1.1), as big-endian magnitudes.
    Rsa {
        /// n.
        modulus: &'a [u8],
        /// e.
        exponent: &'a [u8],
    },
    /// EC (RFC 5480).
    Ec {
        /// The OID of the named curve, encoded content; empty where the curve is given by explicit parameters.
        curve: &'a [u8],
        /// The point (SEC 1 2.3.3).
        point: &'a [u8],
    },
    /// DSA (RFC 3279 2.3.2), as big-endian magnitudes.
    Dsa {
        /// p.
        p: &'a [u8],
        /// q.
        q: &'a [u8],
        /// g.
        g: &'a [u8],
        /// y.
        y: &'a [u8],
    },
    /// Another algorithm.
    Other {
        /// Its OID, encoded content.
        algorithm: &'a [u8],
    },
}

impl<'a> PublicKeyInfo<'a> {
    /// Reads an encoded `SubjectPublicKeyInfo`.
    pub fn parse(raw: &'a [u8]) -> Result<Self, DerError> {
        let mut outer = Reader::new(raw);
        let mut info = outer.expect(tag::SEQUENCE, "SubjectPublicKeyInfo")?.reader();
        outer.end("the SubjectPublicKeyInfo")?;
        let mut algorithm = info.expect(tag::SEQUENCE, "algorithm of the public key")?.reader();
        let oid = algorithm.expect(tag::OID, "algorithm of the public key")?.content;
        let bits = info.expect(tag::BIT_STRING, "public key")?;
        match oid {
            oid::RSA => {
                let mut key = Reader::new(bits.bits()?).expect(tag::SEQUENCE, "RSAPublicKey")?.reader();
                let modulus = key.expect(tag::INTEGER, "modulus")?.unsigned();
                let exponent = key.expect(tag::INTEGER, "publicExponent")?.unsigned();
                Ok(Self::Rsa { modulus, exponent })
            }
            oid::EC => {
                let curve = algorithm.optional(tag::OID)?.map(|oid| oid.content).unwrap_or_default();
                Ok(Self::Ec { curve, point: bits.bits()? })
            }
            oid::DSA => {
                let mut parameters = algorithm.expect(tag::SEQUENCE, "Dss-Parms")?.reader();
                let p = parameters.expect(tag::INTEGER, "p")?.unsigned();
                let q = parameters.expect(tag::INTEGER, "q")?.unsigned();
                let g = parameters.expect(tag::INTEGER, "g")?.unsigned();
                let y = Reader::new(bits.bits()?).expect(tag::INTEGER, "DSAPublicKey")?.unsigned();
                Ok(Self::Dsa { p, q, g, y })
            }
            algorithm => Ok(Self::Other { algorithm }),
        }
    }

    /// Algorithm and size for people: `RSA, 2048 bits`.
    pub fn describe(&self) -> String {
        match self {
            Self::Rsa { modulus, .. } => format!("RSA, {} bits", bit_len(modulus)),
            Self::Ec { curve: oid::P256, .. } => "EC, P-256".to_owned(),
            Self::Ec { curve: oid::P384, .. } => "EC, P-384".to_owned(),
            Self::Ec { curve: oid::P521, .. } => "EC, P-521".to_owned(),
            Self::Ec { curve, .. } => format!("EC, curve {}", oid::dotted(curve)),
            Self::Dsa { p, .. } => format!("DSA, {} bits", bit_len(p)),
            Self::Other { algorithm } => format!("algorithm {}", oid::dotted(algorithm)),
        }
    }
}

/// Significant bits of a big-endian magnitude.
pub fn bit_len(magnitude: &[u8]) -> usize {
    let zeros = magnitude.iter().take_while(|&&byte| byte == 0).count();
    magnitude.get(zeros).map_or(0, |&first| (magnitude.len() - zeros) * 8 - first.leading_zeros() as usize)
}

/// `UTCTime` with its century (RFC 5280 4.1.2.5.1), or `GeneralizedTime` as it is.
fn time(tlv: &Tlv<'_>) -> String {
    let text = String::from_utf8_lossy(tlv.content);
    match tlv.tag {
        tag::UTC_TIME if text.as_bytes().first().is_some_and(|&digit| digit < b'5') => format!("20{text}"),
        tag::UTC_TIME => format!("19{text}"),
        _ => text.into_owned(),
    }
}

/// Whether two encoded names are the same name (RFC 5280 7.1): the kinds of string, case and runs of blanks do not count.
/// Signers wrote the issuer with another kind of string than its certificate has.
pub fn same_name(a: &[u8], b: &[u8]) -> bool {
    let canonical = |raw| {
        let text = name_text(raw).ok()?.to_lowercase();
        Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    a == b || canonical(a).is_some_and(|a| canonical(b) == Some(a))
}

fn name_text(raw: &[u8]) -> Result<String, DerError> {
    let mut parts = Vec::new();
    let mut names = Reader::new(raw).expect(tag::SEQUENCE, "Name")?.reader();
    while !names.is_empty() {
        let mut set = names.expect(tag::SET, "RelativeDistinguishedName")?.reader();
        while !set.is_empty() {
            let mut pair = set.expect(tag::SEQUENCE, "AttributeTypeAndValue")?.reader();
            let kind = pair.expect(tag::OID, "attribute type")?;
            let value = pair.any()?;
            parts.push(format!("{}={}", oid::attribute_name(kind.content), text(&value)));
        }
    }
    parts.reverse();
    Ok(parts.join(", "))
}

fn text(tlv: &Tlv<'_>) -> String {
    if tlv.tag == tag::BMP_STRING {
        let units: Vec<u16> = tlv.content.as_chunks::<2>().0.iter().map(|unit| u16::from_be_bytes(*unit)).collect();
        return String::from_utf16_lossy(&units);
    }
    String::from_utf8_lossy(tlv.content).into_owned()
}
