//! APK Signature Scheme v2 (source.android.com), as Android 7 and later verify it.
//!
//! Must not: recompute contents; it returns what the signers claim.

use super::block::{Claim, Codes, attributes, contents, signatures};
use super::encoding::Cursor;
use crate::format::limits;
use crate::format::x509::Certificate;
use crate::verify::code::Code;
use crate::verify::report::Report;

const ATTRIBUTE_STRIPPING: u32 = 0xbeef_f00d;

const CODES: Codes = Codes {
    malformed: Code::V2Malformed,
    algorithm: Code::V2Algorithm,
    signature: Code::V2Signature,
    digest: Code::V2Digest,
    certificate: Code::V2Certificate,
};

/// Judges the v2 block; the certificates of its signers and the digests they claim. `v3_found` for the stripping
/// protection.
pub(super) fn verify(
    report: &mut Report,
    block: &[u8],
    sdk: (u32, u32),
    v3_found: bool,
) -> (Vec<Certificate>, Vec<Claim>) {
    let (mut certificates, mut claims) = (Vec::new(), Vec::new());
    let signers = Cursor::new(block).prefixed().and_then(|signers| Cursor::new(signers).elements());
    let signers = match signers {
        Ok(signers) => signers,
        Err(problem) => {
            report.add(CODES.malformed, "APK Signature Scheme v2 block", problem);
            return (certificates, claims);
        }
    };
    if signers.is_empty() {
        report.add(CODES.malformed, "APK Signature Scheme v2 block", "no signer, expected at least one");
    }
    if signers.len() > limits::SIGNERS {
        report.add(
            Code::V2Signers,
            "APK Signature Scheme v2 block",
            format!("{} signers, Android accepts {}", signers.len(), limits::SIGNERS),
        );
        return (certificates, claims);
    }
    for (index, signer) in signers.into_iter().enumerate() {
        let place = format!("v2 signer {}", index + 1);
        match verify_signer(report, &place, signer, sdk, v3_found, &mut claims) {
            Ok(chain) => certificates.extend(chain.into_iter().take(1)),
            Err(problem) => report.add(CODES.malformed, place, format!("{problem}; sign the package again")),
        }
    }
    (certificates, claims)
}

fn verify_signer(
    report: &mut Report,
    place: &str,
    signer: &[u8],
    sdk: (u32, u32),
    v3_found: bool,
    claims: &mut Vec<Claim>,
) -> Result<Vec<Certificate>, String> {
    let mut signer = Cursor::new(signer);
    let signed_data = signer.prefixed()?;
    let signature_list = signer.prefixed()?;
    let public_key = signer.prefixed()?;
    let ids = signatures(report, &CODES, place, signed_data, signature_list, public_key, sdk)?;
    let mut signed = Cursor::new(signed_data);
    let parts = (signed.prefixed()?, signed.prefixed()?);
    let chain = contents(report, &CODES, place, parts, &ids, public_key, claims)?;
    for (id, value) in attributes(signed.prefixed()?)? {
        if id != ATTRIBUTE_STRIPPING {
            report.add(Code::V2Attribute, place, format!("additional attribute {id:#010x} is unknown"));
            continue;
        }
        let scheme = Cursor::new(value).word()?;
        if scheme == 3 && !v3_found {
            report.add(
                Code::V2Stripped,
                place,
                "it says that a v3 signature is there, but none is: it was taken away; sign the package again",
            );
        }
    }
    Ok(chain)
}
