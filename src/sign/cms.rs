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

/// A signed attribute: its type (encoded OID content) and its values, encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The type.
    pub kind: Vec<u8>,
    /// The values in DER.
    pub values: Vec<Vec<u8>>,
}

impl Attribute {
    /// An attribute of one value.
    pub fn one(kind: &[u8], value: Vec<u8>) -> Self {
        Self { kind: kind.to_vec(), values: vec![value] }
    }

    fn encode(&self) -> Vec<u8> {
        der::sequence(&[&der::oid(&self.kind), &der::set_of(self.values.clone())])
    }
}

/// Signs `content`, which is not included; the certificates of the identity come along. JAR signatures are made so.
pub fn sign_detached(identity: &Identity, digest: Digest, content: &[u8]) -> Result<Vec<u8>, KeyError> {
    let signature = identity.key().sign(digest, &[content])?;
    // The bare algorithm of the key, as apksigner writes it: Android before 5.0 knows no other for ECDSA.
    let algorithm = match identity.key().algorithm() {
        Algorithm::Rsa => rsa_algorithm(),
        Algorithm::Ec => der::sequence(&[&der::oid(oid::EC), &der::NULL]),
    };
    let certificates: Vec<&Certificate> = identity.certificates().iter().collect();
    Ok(signed_data(identity, digest, &certificates, &[], &algorithm, &signature))
}

/// Signs attributes about `content`, which is not included: its type and digest, and the given ones. `certificates` come
/// along.
pub fn sign_with_attributes(
    identity: &Identity,
    digest: Digest,
    content: &[u8],
    attributes: &[Attribute],
    certificates: &[&Certificate],
) -> Result<Vec<u8>, KeyError> {
    let hash = der::octets(&digest.of(&[content]));
    let mut all = vec![
        Attribute::one(oid::CONTENT_TYPE, der::oid(oid::PKCS7_DATA)).encode(),
        Attribute::one(oid::MESSAGE_DIGEST, hash).encode(),
    ];
    all.extend(attributes.iter().map(Attribute::encode));
    let set = der::set_of(all);
    let signature = identity.key().sign(digest, &[&set])?;
    let mut implicit = set;
    if let Some(first) = implicit.first_mut() {
        *first = der::tag::context(0);
    }
    let algorithm = match identity.key().algorithm() {
        Algorithm::Rsa => rsa_algorithm(),
        Algorithm::Ec => der::sequence(&[&der::oid(identity.key().signature_oid(digest))]),
    };
    Ok(signed_data(identity, digest, certificates, &implicit, &algorithm, &signature))
}

fn rsa_algorithm() -> Vec<u8> {
    der::sequence(&[&der::oid(oid::RSA), &der::NULL])
}

fn signed_data(
    identity: &Identity,
    digest: Digest,
    certificates: &[&Certificate],
    attributes: &[u8],
    algorithm: &[u8],
    signature: &[u8],
) -> Vec<u8> {
    let digest_algorithm = der::sequence(&[&der::oid(digest.oid()), &der::NULL]);
    let certificate = identity.certificate();
    let signer = der::sequence(&[
        &der::unsigned(&[1]),
        &der::sequence(&[certificate.issuer(), certificate.serial()]),
        &digest_algorithm,
        attributes,
        algorithm,
        &der::octets(signature),
    ]);
    let certificates: Vec<&[u8]> = certificates.iter().map(|certificate| certificate.raw()).collect();
    let data = der::sequence(&[
        &der::unsigned(&[1]),
        &der::value(der::tag::SET, &[&digest_algorithm]),
        &der::sequence(&[&der::oid(oid::PKCS7_DATA)]),
        &der::value(der::tag::context(0), &certificates),
        &der::value(der::tag::SET, &[&signer]),
    ]);
    der::sequence(&[&der::oid(oid::PKCS7_SIGNED_DATA), &der::value(der::tag::context(0), &[&data])])
}
