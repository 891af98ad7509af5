//! Who signed the code directories: CMS with Apple's attributes, and the chain of certificates.
//!
//! Must not: judge whether the root is Apple's; who trusts what is the device's.

use super::{digest, of};
use crate::format::apple_plist::{self, Value};
use crate::format::cms::{self, SignedAttributes, SignedData};
use crate::format::code_signature::CodeDirectory;
use crate::format::der::tag;
use crate::format::oid;
use crate::format::x509::{Certificate, PublicKeyInfo, same_name};
use crate::verify::code::Code;
use crate::verify::hash::Hash;
use crate::verify::public_key::{self, Padding};
use crate::verify::report::Report;

/// Certificates of a chain: leaf, intermediate, root, with room for an enterprise's own.
const CHAIN: usize = 8;
/// The root that every device has, so that it need not come along.
const APPLE_ROOT: &str = "Apple Root CA";

/// The signer's certificate, where there is one.
pub(super) fn check(
    report: &mut Report,
    place: &str,
    raw: &[u8],
    directories: &[CodeDirectory<'_>],
) -> Option<Certificate> {
    let signed = match cms::parse(raw) {
        Ok(signed) => signed,
        Err(error) => {
            report.add(Code::AppleCms, place, error.to_string());
            return None;
        }
    };
    let [signer] = signed.signers.as_slice() else {
        report.add(Code::AppleCms, place, format!("{} signers, expected one", signed.signers.len()));
        return None;
    };
    let attribute = signer.signed_attributes.as_ref().and_then(|attributes| attributes.single(oid::CONTENT_TYPE));
    if signed.content_type != oid::PKCS7_DATA || attribute.is_some_and(|value| value.content != oid::PKCS7_DATA) {
        report.add(Code::AppleCms, place, "it is not over data, as a code signature is");
    }
    let (first, leaf) = (directories.first()?, leaf(&signed));
    let Some(leaf) = leaf else {
        report.add(Code::AppleCms, place, "the signer's certificate is not there");
        return None;
    };
    let Some(hash) = Hash::of_oid(signer.digest_algorithm) else {
        let name = oid::dotted(signer.digest_algorithm);
        report.add(Code::AppleCms, place, format!("digest {name}, which is not known"));
        return None;
    };
    let tbs = match &signer.signed_attributes {
        Some(attributes) => {
            check_attributes(report, place, attributes, hash, directories);
            attributes.signed.as_slice()
        }
        None => first.raw,
    };
    match padding(signer.signature_algorithm, leaf.public_key()) {
        None => {
            let name = oid::dotted(signer.signature_algorithm);
            report.add(Code::AppleCms, place, format!("signature algorithm {name}, which is not known"));
        }
        Some(padding) => {
            let good = public_key::verify(leaf.public_key(), padding, hash, &[tbs], signer.signature);
            if good != Ok(true) {
                let why = good.err().unwrap_or_else(|| "it is not one of the signer's key".to_owned());
                report.add(Code::AppleCmsSignature, place, format!("the signature does not verify: {why}"));
            }
        }
    }
    if let Some(usage) = other_usage(&leaf) {
        report.add(Code::AppleCertificateUsage, place, format!("the certificate of {:?} {usage}", leaf.subject_text()));
    }
    chain(report, place, &signed.certificates, &leaf);
    let unit = leaf.subject_attribute(oid::ORGANIZATIONAL_UNIT);
    for directory in directories {
        if directory.team.is_some() && directory.team != unit.as_deref() {
            let message = format!(
                "team {:?}, but the certificate is of {:?}",
                directory.team.unwrap_or_default(),
                unit.as_deref().unwrap_or("none")
            );
            report.add(Code::AppleTeam, place, message);
        }
    }
    Some(leaf)
}

/// Whether the one signer signed this content; else why not.
pub(super) fn signs(signed: &SignedData<'_>, content: &[u8]) -> Result<(), String> {
    let [signer] = signed.signers.as_slice() else {
        return Err(format!("{} signers, expected one", signed.signers.len()));
    };
    let leaf = leaf(signed).ok_or("the signer's certificate is not there")?;
    let hash = Hash::of_oid(signer.digest_algorithm);
    let hash = hash.ok_or_else(|| format!("digest {}, which is not known", oid::dotted(signer.digest_algorithm)))?;
    let tbs = match &signer.signed_attributes {
        Some(attributes) => {
            let stated = attributes.single(oid::MESSAGE_DIGEST).filter(|value| value.tag == tag::OCTET_STRING);
            if stated.map(|value| value.content) != Some(hash.of(&[content]).as_slice()) {
                return Err("its content has another digest".to_owned());
            }
            attributes.signed.as_slice()
        }
        None => content,
    };
    let padding = padding(signer.signature_algorithm, leaf.public_key());
    let padding = padding.ok_or_else(|| {
        format!("signature algorithm {}, which is not known", oid::dotted(signer.signature_algorithm))
    })?;
    match public_key::verify(leaf.public_key(), padding, hash, &[tbs], signer.signature) {
        Ok(true) => Ok(()),
        Ok(false) => Err("the signature is not one of the signer's key".to_owned()),
        Err(why) => Err(why),
    }
}

fn leaf(signed: &SignedData<'_>) -> Option<Certificate> {
    let signer = signed.signers.first()?;
    let by_name = |certificate: &&Certificate| {
        signer
            .issuer_and_serial
            .is_some_and(|(issuer, serial)| same_name(certificate.issuer(), issuer) && certificate.serial() == serial)
    };
    signed.certificates.iter().find(by_name).cloned()
}

fn check_attributes(
    report: &mut Report,
    place: &str,
    attributes: &SignedAttributes<'_>,
    hash: Hash,
    directories: &[CodeDirectory<'_>],
) {
    let Some(first) = directories.first() else { return };
    let stated = attributes.single(oid::MESSAGE_DIGEST).filter(|value| value.tag == tag::OCTET_STRING);
    if stated.map(|value| value.content) != Some(hash.of(&[first.raw]).as_slice()) {
        report.add(Code::AppleCmsDigest, place, "it signs another code directory than the one that is there");
    }
    let full: Vec<Vec<u8>> = directories.iter().map(|directory| digest(directory.hash_type, directory.raw).1).collect();
    match attributes.single(oid::CODE_DIRECTORY_HASHES) {
        None => report.add_warning(Code::AppleCmsHashes, place, "no list of code directory hashes (9.1)"),
        Some(value) => {
            let list = apple_plist::read_dictionary(value.content).ok();
            let list = list.as_ref().and_then(|list| list.get("cdhashes")).and_then(Value::as_array);
            let list: Option<Vec<&[u8]>> = list.map(|list| list.iter().filter_map(Value::as_data).collect());
            let wanted: Vec<&[u8]> = full.iter().map(|hash| hash.get(..20).unwrap_or(hash)).collect();
            if list != Some(wanted) {
                report.add(
                    Code::AppleCmsHashes,
                    place,
                    "the list of code directory hashes (9.1) is not that of the directories",
                );
            }
        }
    }
    match attributes.all(oid::CODE_DIRECTORY_DIGESTS) {
        None => {
            if directories.iter().any(|directory| of(directory.hash_type) != Hash::Sha1) {
                report.add_warning(Code::AppleCmsDigests, place, "no digests of code directories (9.2)");
            }
        }
        Some(values) => {
            let mut stated = Vec::new();
            for value in values {
                let mut pair = value.reader();
                let kind = pair.expect(tag::OID, "digest").ok().and_then(|kind| Hash::of_oid(kind.content));
                let content = pair.expect(tag::OCTET_STRING, "digest").ok().map(|value| value.content.to_vec());
                stated.extend(kind.zip(content));
            }
            let wanted = directories.iter().zip(&full);
            let all = wanted.clone().all(|(directory, hash)| stated.contains(&(of(directory.hash_type), hash.clone())));
            if !all || values.len() != directories.len() {
                report.add(
                    Code::AppleCmsDigests,
                    place,
                    "the digests of code directories (9.2) are not one for each of them",
                );
            }
        }
    }
}

/// Every certificate is signed by the next one, up to a root or to Apple's.
fn chain(report: &mut Report, place: &str, certificates: &[Certificate], leaf: &Certificate) {
    let mut last = leaf;
    for _ in 0..CHAIN {
        if same_name(last.subject(), last.issuer()) {
            if !issued_by(last, last) {
                report.add(Code::AppleChain, place, format!("the root {:?} is damaged", last.subject_text()));
            }
            return;
        }
        let issuers: Vec<&Certificate> =
            certificates.iter().filter(|issuer| same_name(issuer.subject(), last.issuer())).collect();
        let Some(issuer) = issuers.iter().find(|issuer| issued_by(last, issuer)) else {
            let issuer = last.issuer_text();
            if issuers.is_empty() && issuer.contains(APPLE_ROOT) {
                return;
            }
            let subject = last.subject_text();
            let message = if issuers.is_empty() {
                format!("the certificate of {issuer:?} is not there, which issued that of {subject:?}")
            } else {
                format!("the certificate of {subject:?} is not signed by {issuer:?}")
            };
            report.add(Code::AppleChain, place, message);
            return;
        };
        last = issuer;
    }
    report.add(Code::AppleChain, place, format!("more than {CHAIN} certificates in the chain"));
}

/// Whether the key of `issuer` signed a certificate.
pub fn issued_by(certificate: &Certificate, issuer: &Certificate) -> bool {
    let Ok(issued) = certificate.issued() else { return false };
    let how = hash_of(issued.algorithm).zip(padding(issued.algorithm, issuer.public_key()));
    how.is_some_and(|(hash, padding)| {
        public_key::verify(issuer.public_key(), padding, hash, &[issued.to_be_signed], issued.signature) == Ok(true)
    })
}

/// What the key of a certificate is for, if that is something else than code.
pub fn other_usage(certificate: &Certificate) -> Option<String> {
    let purposes = match certificate.purposes() {
        Ok(purposes) => purposes?,
        Err(error) => return Some(format!("has an extended key usage that cannot be read: {error}")),
    };
    let signs = |purpose: &Vec<u8>| [oid::CODE_SIGNING, oid::ANY_PURPOSE].contains(&purpose.as_slice());
    if purposes.iter().any(signs) {
        return None;
    }
    let purposes: Vec<String> = purposes.iter().map(|purpose| purpose_text(purpose)).collect();
    Some(format!("is for {}, expected code signing", purposes.join(", ")))
}

/// A purpose of RFC 5280 (4.2.1.12) by its name.
fn purpose_text(purpose: &[u8]) -> String {
    match purpose {
        oid::SERVER_AUTHENTICATION => "server authentication".to_owned(),
        oid::CLIENT_AUTHENTICATION => "client authentication".to_owned(),
        oid::EMAIL_PROTECTION => "email".to_owned(),
        oid::TIME_STAMPING => "time stamps".to_owned(),
        other => oid::dotted(other),
    }
}

fn hash_of(algorithm: &[u8]) -> Option<Hash> {
    Some(match algorithm {
        oid::SHA1_WITH_RSA | oid::SHA1_WITH_ECDSA => Hash::Sha1,
        oid::SHA256_WITH_RSA | oid::SHA256_WITH_ECDSA => Hash::Sha256,
        oid::SHA384_WITH_RSA | oid::SHA384_WITH_ECDSA => Hash::Sha384,
        oid::SHA512_WITH_RSA | oid::SHA512_WITH_ECDSA => Hash::Sha512,
        oid::MD5_WITH_RSA => Hash::Md5,
        _ => return None,
    })
}

/// How a signature was made, by its algorithm; in CMS that may be the bare algorithm of the key.
fn padding(algorithm: &[u8], public_key: &[u8]) -> Option<Padding> {
    let known = algorithm == oid::RSA || algorithm == oid::EC || hash_of(algorithm).is_some();
    match PublicKeyInfo::parse(public_key) {
        Ok(PublicKeyInfo::Rsa { .. }) if known => Some(Padding::Pkcs1),
        Ok(PublicKeyInfo::Ec { .. }) if known => Some(Padding::Ecdsa),
        _ => None,
    }
}
