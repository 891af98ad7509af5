//! CMS `SignedData` (RFC 5652, PKCS#7 before it): one signer, detached content, with or without signed attributes.
//!
//! JAR signatures have no signed attributes; Apple's code signatures have many. With attributes the content type and the
//! digest of the content are always among them (RFC 5652 11).
//!
//! Must not: know what is signed, or take the time by itself.

use super::identity::Identity;
use super::key::{Algorithm, Digest, KeyError};
use crate::format::x509::Certificate;
use crate::format::{der, oid};

/// A signed attribute: its type (encoded OID content) and its one value, encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The type.
    pub kind: Vec<u8>,
    /// The value in DER.
    pub value: Vec<u8>,
}

impl Attribute {
    fn encode(&self) -> Vec<u8> {
        der::sequence(&[&der::oid(&self.kind), &der::value(der::tag::SET, &[&self.value])])
    }
}

/// Signs `content`, which is not included. `attributes: None` signs the content itself; `Some` signs attributes about it,
/// the given ones added to content type and digest.
pub fn sign_detached(
    identity: &Identity,
    digest: Digest,
    content: &[u8],
    attributes: Option<&[Attribute]>,
) -> Result<Vec<u8>, KeyError> {
    let digest_algorithm = der::sequence(&[&der::oid(digest.oid()), &der::NULL]);
    let (signed, attributes) = match attributes {
        None => (None, Vec::new()),
        Some(more) => {
            let hash = der::octets(&digest.of(&[content]));
            let mut all = vec![
                Attribute { kind: oid::CONTENT_TYPE.to_vec(), value: der::oid(oid::PKCS7_DATA) }.encode(),
                Attribute { kind: oid::MESSAGE_DIGEST.to_vec(), value: hash }.encode(),
            ];
            all.extend(more.iter().map(Attribute::encode));
            let set = der::set_of(all);
            let mut implicit = set.clone();
            if let Some(first) = implicit.first_mut() {
                *first = der::tag::context(0);
            }
            (Some(set), implicit)
        }
    };
    let signature = identity.key().sign(digest, &[signed.as_deref().unwrap_or(content)])?;
    // The bare algorithm of the key, as apksigner writes it: Android before 5.0 knows no other for ECDSA.
    let signature_algorithm = match identity.key().algorithm() {
        Algorithm::Rsa => der::sequence(&[&der::oid(oid::RSA), &der::NULL]),
        Algorithm::Ec => der::sequence(&[&der::oid(oid::EC), &der::NULL]),
    };
    let certificate = identity.certificate();
    let signer = der::sequence(&[
        &der::unsigned(&[1]),
        &der::sequence(&[certificate.issuer(), certificate.serial()]),
        &digest_algorithm,
        &attributes,
        &signature_algorithm,
        &der::octets(&signature),
    ]);
    let certificates: Vec<&[u8]> = identity.certificates().iter().map(Certificate::raw).collect();
    let data = der::sequence(&[
        &der::unsigned(&[1]),
        &der::value(der::tag::SET, &[&digest_algorithm]),
        &der::sequence(&[&der::oid(oid::PKCS7_DATA)]),
        &der::value(der::tag::context(0), &certificates),
        &der::value(der::tag::SET, &[&signer]),
    ]);
    Ok(der::sequence(&[&der::oid(oid::PKCS7_SIGNED_DATA), &der::value(der::tag::context(0), &[&data])]))
}
