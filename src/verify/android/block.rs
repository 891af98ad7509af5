//! What the signers of schemes v2 and v3 have in common: digests, certificates, signatures and the public key over them.
//!
//! Must not: know what differs between the schemes (API levels, attributes: `v2`, `v3`).

use super::algorithm::{Algorithm, ContentDigest};
use super::encoding::{Cursor, numbered, pair};
use crate::format::x509::Certificate;
use crate::verify::code::Code;
use crate::verify::public_key::same_key;
use crate::verify::report::Report;

/// A digest that a signer claims for the contents.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub(super) kind: ContentDigest,
    pub(super) value: Vec<u8>,
    pub(super) code: Code,
    pub(super) place: String,
}

/// Codes of the findings of one scheme.
pub(super) struct Codes {
    pub(super) malformed: Code,
    pub(super) algorithm: Code,
    pub(super) signature: Code,
    pub(super) digest: Code,
    pub(super) certificate: Code,
}

/// Checks the signatures over `signed_data`; whether one could be checked and all that could hold.
pub(super) fn signatures(
    report: &mut Report,
    codes: &Codes,
    place: &str,
    signed_data: &[u8],
    signatures: &[u8],
    public_key: &[u8],
    sdk: (u32, u32),
) -> Result<Vec<u32>, String> {
    let mut ids = Vec::new();
    let mut known = 0;
    let mut first_sdk = u32::MAX;
    for element in Cursor::new(signatures).elements()? {
        let (id, signature) = pair(element)?;
        ids.push(id);
        let Some(algorithm) = Algorithm::of(id) else {
            report.add_warning(
                codes.algorithm,
                place,
                format!("signature algorithm {id:#06x} is unknown; the signature is not checked"),
            );
            continue;
        };
        if algorithm.min_sdk > sdk.1 {
            continue;
        }
        known += 1;
        first_sdk = first_sdk.min(algorithm.min_sdk);
        let name = algorithm.name;
        match algorithm.verify(public_key, signed_data, signature) {
            Ok(true) => {}
            Ok(false) => report.add(
                codes.signature,
                place,
                format!("the {name} signature is not one of this key over the signed data; sign the package again"),
            ),
            Err(problem) => report.add(codes.signature, place, format!("{name}: {problem}; sign the package again")),
        }
    }
    if ids.is_empty() {
        report.add(codes.signature, place, "no signature, expected at least one; sign the package again");
    } else if known == 0 || first_sdk > sdk.0 {
        report.add(
            codes.algorithm,
            place,
            format!("no signature that Android of API level {} knows; sign the package again", sdk.0),
        );
    }
    Ok(ids)
}

/// Checks digests and certificates: the algorithms are those of the signatures, the first certificate is the key's.
pub(super) fn contents(
    report: &mut Report,
    codes: &Codes,
    place: &str,
    (digests, certificates): (&[u8], &[u8]),
    ids: &[u32],
    public_key: &[u8],
    claims: &mut Vec<Claim>,
) -> Result<Vec<Certificate>, String> {
    let mut digest_ids = Vec::new();
    for element in Cursor::new(digests).elements()? {
        let (id, value) = pair(element)?;
        digest_ids.push(id);
        if let Some(algorithm) = Algorithm::of(id) {
            let (code, place) = (codes.digest, place.to_owned());
            claims.push(Claim { kind: algorithm.content, value: value.to_vec(), code, place });
        }
    }
    if digest_ids != ids {
        report.add(
            codes.malformed,
            place,
            format!("digests are of algorithms {digest_ids:#x?}, signatures of {ids:#x?}, expected the same"),
        );
    }
    let mut parsed = Vec::new();
    for (index, raw) in Cursor::new(certificates).elements()?.into_iter().enumerate() {
        match Certificate::parse(raw) {
            Ok(certificate) => parsed.push(certificate),
            Err(error) => report.add(codes.certificate, place, format!("certificate {}: {error}", index + 1)),
        }
    }
    match parsed.first() {
        None => report.add(codes.certificate, place, "no certificate, expected the signer's; sign the package again"),
        Some(own) if !same_key(own.public_key(), public_key) => report.add(
            codes.certificate,
            place,
            format!("the certificate of {:?} is not of the key that signed", own.subject_text()),
        ),
        Some(_) => {}
    }
    Ok(parsed)
}

/// The additional attributes of a signer.
pub(super) fn attributes(encoded: &[u8]) -> Result<Vec<(u32, &[u8])>, String> {
    Cursor::new(encoded).elements()?.into_iter().map(numbered).collect()
}
