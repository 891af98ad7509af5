//! APK Signature Scheme v3 and v3.1 (source.android.com): signers for ranges of API levels, rotation with its lineage.
//!
//! Must not: recompute contents; it returns what the signers claim.

use super::block::{Claim, Codes, attributes, contents, signatures};
use super::encoding::Cursor;
use super::lineage::Lineage;
use crate::format::x509::Certificate;
use crate::verify::code::Code;
use crate::verify::report::Report;

const ATTRIBUTE_LINEAGE: u32 = 0x3ba0_6f8c;
const ATTRIBUTE_ROTATION_MIN_SDK: u32 = 0x559f_8b02;
/// The signer is also for development releases of the version before its range.
const ATTRIBUTE_DEV_RELEASE: u32 = 0xc2a6_b3ba;

const CODES: Codes = Codes {
    malformed: Code::V3Malformed,
    algorithm: Code::V3Algorithm,
    signature: Code::V3Signature,
    digest: Code::V3Digest,
    certificate: Code::V3Certificate,
};

/// A signer that was read.
#[derive(Debug, Clone)]
pub(super) struct Signer {
    pub(super) certificate: Certificate,
    pub(super) sdk: (u32, u32),
    pub(super) lineage: Option<Lineage>,
    pub(super) rotation_min_sdk: Option<u32>,
    pub(super) dev_release: bool,
}

/// Judges a v3 or v3.1 block; its signers in the order of their ranges, and the digests they claim.
pub(super) fn verify(report: &mut Report, scheme: &str, block: &[u8], sdk: (u32, u32)) -> (Vec<Signer>, Vec<Claim>) {
    let (mut found, mut claims) = (Vec::new(), Vec::new());
    let block_name = format!("APK Signature Scheme {scheme} block");
    let signers = Cursor::new(block).prefixed().and_then(|signers| Cursor::new(signers).elements());
    let signers = match signers {
        Ok(signers) => signers,
        Err(problem) => {
            report.add(CODES.malformed, block_name, problem);
            return (found, claims);
        }
    };
    if signers.is_empty() {
        report.add(CODES.malformed, block_name, "no signer, expected at least one");
    }
    for (index, signer) in signers.into_iter().enumerate() {
        let place = format!("{scheme} signer {}", index + 1);
        match verify_signer(report, &place, signer, sdk, &mut claims) {
            Ok(signer) => found.extend(signer),
            Err(problem) => report.add(CODES.malformed, place, format!("{problem}; sign the package again")),
        }
    }
    found.sort_by_key(|signer| signer.sdk);
    (found, claims)
}

fn verify_signer(
    report: &mut Report,
    place: &str,
    signer: &[u8],
    sdk: (u32, u32),
    claims: &mut Vec<Claim>,
) -> Result<Option<Signer>, String> {
    let mut signer = Cursor::new(signer);
    let signed_data = signer.prefixed()?;
    let range = (signer.word()?, signer.word()?);
    let signature_list = signer.prefixed()?;
    let public_key = signer.prefixed()?;
    let wanted = (sdk.0.max(range.0), sdk.1.min(range.1));
    let ids = signatures(report, &CODES, place, signed_data, signature_list, public_key, wanted)?;
    let mut signed = Cursor::new(signed_data);
    let parts = (signed.prefixed()?, signed.prefixed()?);
    let chain = contents(report, &CODES, place, parts, &ids, public_key, claims)?;
    let signed_range = (signed.word()?, signed.word()?);
    if signed_range != range {
        report.add(
            Code::V3Sdk,
            place,
            format!("for API levels {range:?}, but {signed_range:?} was signed; sign the package again"),
        );
    }
    if range.0 > range.1 {
        report.add(Code::V3Sdk, place, format!("for API levels {range:?}, expected the first not above the last"));
    }
    let attributes = attributes(signed.prefixed()?)?;
    let Some(certificate) = chain.into_iter().next() else { return Ok(None) };
    let mut found = Signer { certificate, sdk: range, lineage: None, rotation_min_sdk: None, dev_release: false };
    for (id, value) in attributes {
        match id {
            ATTRIBUTE_LINEAGE => match Lineage::verify(value) {
                Ok(lineage) if lineage.newest() != found.certificate.raw() => report.add(
                    Code::V3Lineage,
                    place,
                    "the lineage does not end with the signer's certificate; sign with the newest key of the lineage",
                ),
                Ok(lineage) => found.lineage = Some(lineage),
                Err(problem) => report.add(Code::V3Lineage, place, format!("the lineage is wrong: {problem}")),
            },
            ATTRIBUTE_ROTATION_MIN_SDK => found.rotation_min_sdk = Some(Cursor::new(value).word()?),
            ATTRIBUTE_DEV_RELEASE => found.dev_release = true,
            id => report.add(Code::V3Attribute, place, format!("additional attribute {id:#010x} is unknown")),
        }
    }
    Ok(Some(found))
}

/// Judges how the signers of v3 and v3.1 divide the API levels among them.
pub(super) fn ranges(report: &mut Report, v3: &[Signer], v31: &[Signer], sdk: (u32, u32)) {
    let place = "APK Signature Scheme v3 block";
    let announced = v3.iter().find_map(|signer| signer.rotation_min_sdk);
    match (announced, v31.first()) {
        (Some(level), None) => report.add(
            Code::V31Stripped,
            place,
            format!(
                "it says that a v3.1 signature for API level {level} is there, but none is; sign the package again"
            ),
        ),
        (Some(level), Some(first)) if level != first.sdk.0 => report.add(
            Code::V31Rotation,
            place,
            format!("it announces v3.1 from API level {level}, but v3.1 begins at {}", first.sdk.0),
        ),
        (None, Some(_)) => report.add(
            Code::V31Unannounced,
            place,
            "v3.1 is there but v3 does not announce it: taking v3.1 away would go unnoticed",
        ),
        _ => {}
    }
    let all: Vec<&Signer> = v3.iter().chain(v31).collect();
    for pair in all.windows(2) {
        let [before, after] = pair else { continue };
        let joined =
            before.sdk.1.checked_add(1) == Some(after.sdk.0) || (after.dev_release && before.sdk.1 == after.sdk.0);
        if !joined {
            report.add(
                Code::V3Sdk,
                place,
                format!("signers for API levels {:?} and {:?}: a gap or an overlap", before.sdk, after.sdk),
            );
        }
        if let (Some(earlier), Some(later)) = (&before.lineage, &after.lineage)
            && !later.extends(earlier)
        {
            report.add(Code::V3Lineage, place, "the lineage of a later API level does not continue that of an earlier");
        }
    }
    if let (Some(first), Some(last)) = (all.first(), all.last())
        && (first.sdk.0 > sdk.0 || last.sdk.1 < sdk.1)
    {
        report.add(
            Code::V3Sdk,
            place,
            format!(
                "signers cover API levels {} to {}, expected {} to {}; sign the package again",
                first.sdk.0, last.sdk.1, sdk.0, sdk.1
            ),
        );
    }
}
