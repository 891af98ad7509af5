//! Verifying Android packages as the platform and apksigner do, in this order: archive, signing block, v3 and v3.1, v2,
//! contents, v1, v4, and whether the schemes name the same signer.
//!
//! Must not: import `sign`; parse the manifest (the caller says for which API levels).

mod algorithm;
mod block;
pub mod bundle;
mod container;
mod content_digest;
mod contents;
mod encoding;
mod kept;
mod lineage;
mod merkle;
mod v1;
mod v2;
mod v3;
mod v4;

pub use content_digest::Copied;
pub use kept::kept;
pub use lineage::signature_holds as lineage_signature;

use crate::format::hex;
use block::Claim;
use content_digest::Sections;
use contents::Contents;
use sha2::{Digest, Sha256};
use v1::Witness;

use super::code::Code;
use super::report::{Report, Scheme, Signature, Signer};
use crate::format::apk_signing_block::{SigningBlock, id};
use crate::format::read_at::ReadAt;
use crate::format::x509::{Certificate, PublicKeyInfo};
use crate::format::zip::{Archive, ZipError};

/// What the manifest says and what else is at hand.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// minSdkVersion; 1 where the manifest has none.
    pub min_sdk: Option<u32>,
    /// The newest API level to judge for; all where `None`.
    pub max_sdk: Option<u32>,
    /// targetSdkVersion.
    pub target_sdk: Option<u32>,
    /// targetSandboxVersion.
    pub target_sandbox: Option<u32>,
    /// The `.idsig` file of v4.
    pub idsig: Option<&'a [u8]>,
}

/// The API level of Android 7, which knows v2.
const SDK_V2: u32 = 24;
/// The API level of Android 8, which knows targetSandboxVersion 2.
const SDK_SANDBOX: u32 = 26;
/// The API level of Android 9, which knows v3.
const SDK_V3: u32 = 28;
/// From this targetSdkVersion on v1 alone is refused.
const SDK_BLOCK_REQUIRED: u32 = 30;
/// The API level of Android 13, which knows v3.1.
const SDK_V31: u32 = 33;
/// All later API levels.
const SDK_MAX: u32 = i32::MAX as u32;

/// Judges a package: the archive, all its signatures and their signers.
pub fn apk<S: ReadAt + ?Sized>(source: &S, options: &Options<'_>) -> Report {
    match Archive::open(source) {
        Ok(archive) => package(&archive, options),
        Err(error) => unreadable(&error),
    }
}

/// The same of an archive that is open.
pub fn package<S: ReadAt + ?Sized>(archive: &Archive<'_, S>, options: &Options<'_>) -> Report {
    judge(archive, options, &Contents::<S>::All)
}

/// Judges what was made of `original`, before it takes its place.
///
/// Signatures and structure are judged as by [`package`]. Of the contents, what the run before has just read, hashed and
/// written as it was is not read a second time, which would be half of all work:
/// * For v2 and later, chunks of 1 MiB that were `copied` whole keep the hash that the writer found on the way, but for one
///   in sixteen (about four of a large package), which are hashed again here: a writer that hashes wrongly does so everywhere. Every chunk with a new byte
///   in it, the directory and the end record are hashed.
/// * For v1, an entry is passed over when its bytes and its record are those of the original, compared here, and the
///   digest that was signed now is the one that whoever signed the original found. Two signers who do not know each
///   other agree about the same bytes. Whatever was changed or added, whatever the original's manifest does not name,
///   or names with other digests, is inflated and hashed.
///
/// `inject verify` never passes over anything.
pub fn rewritten<S: ReadAt + ?Sized, O: ReadAt + ?Sized>(
    archive: &Archive<'_, S>,
    original: &Archive<'_, O>,
    copied: Option<&Copied<'_>>,
    options: &Options<'_>,
) -> Report {
    judge(archive, options, &Contents::Since(Witness::new(original).as_ref(), copied))
}

/// Who signed a package and by which schemes: signatures and certificates are judged, contents are not read.
pub fn signatures<S: ReadAt + ?Sized>(archive: &Archive<'_, S>, options: &Options<'_>) -> Report {
    judge(archive, options, &Contents::<S>::Unread)
}

fn unreadable(error: &ZipError) -> Report {
    let mut report = Report::default();
    report.add(Code::ZipUnreadable, "the archive", error.to_string());
    report
}

fn judge<S: ReadAt + ?Sized, O: ReadAt + ?Sized>(
    archive: &Archive<'_, S>,
    options: &Options<'_>,
    contents: &Contents<'_, O>,
) -> Report {
    let mut report = Report::default();
    let source = archive.source();
    if !matches!(contents, Contents::Unread) {
        container::verify(&mut report, archive, options.target_sdk);
    }
    let sdk = (options.min_sdk.unwrap_or(1), options.max_sdk.unwrap_or(SDK_MAX));
    let block = match SigningBlock::find(source, archive.directory_offset()) {
        Ok(block) => block,
        Err(error) => {
            report.add(Code::ApkBlock, "APK Signing Block", error.to_string());
            None
        }
    };
    let mut signed = Signed::default();
    if let Some(block) = &block {
        signed = verify_block(&mut report, archive, block, sdk, contents);
    }
    if options.target_sandbox.is_some_and(|version| version > 1) && sdk.1 >= SDK_SANDBOX && !signed.found_any() {
        report.add(
            Code::ApkSandbox,
            "AndroidManifest.xml",
            "targetSandboxVersion 2 asks for v2 or later; sign with v2",
        );
    }
    if sdk.0 < SDK_V2 || !signed.found_any() {
        let schemes = v1::Schemes { v2: signed.found_v2, v3: signed.found_v3 };
        signed.v1 = v1::verify(&mut report, archive, sdk, schemes, contents);
    }
    if let Some(idsig) = options.idsig {
        let newest = signed.v3.iter().flatten().last().map(|signer| &signer.certificate);
        let certificate = newest.or_else(|| signed.v2.iter().flatten().next());
        let expected = certificate.map(|certificate| v4::Expected { certificate, digests: &signed.digests });
        signed.v4 = v4::verify(&mut report, source, idsig, expected.as_ref());
    }
    same_signers(&mut report, &signed);
    if let Some(target_sdk @ SDK_BLOCK_REQUIRED..) = options.target_sdk
        && sdk.1 >= target_sdk
        && signed.v1.is_some()
        && !signed.found_any()
    {
        report.add(
            Code::ApkTarget,
            "AndroidManifest.xml",
            format!("targetSdkVersion {target_sdk} asks for v2 or later, found v1 alone; sign with v2 and v3"),
        );
    }
    report.signatures = signed.signatures();
    report
}

/// Judges the archive alone: what a package that is unsigned on purpose must still be.
pub fn archive<S: ReadAt + ?Sized>(source: &S, target_sdk: Option<u32>) -> Report {
    match Archive::open(source) {
        Ok(archive) => container_of(&archive, target_sdk),
        Err(error) => unreadable(&error),
    }
}

/// The same of an archive that is open.
pub fn container_of<S: ReadAt + ?Sized>(archive: &Archive<'_, S>, target_sdk: Option<u32>) -> Report {
    let mut report = Report::default();
    container::verify(&mut report, archive, target_sdk);
    report
}

/// What was found and what of it verified.
#[derive(Debug, Default)]
struct Signed {
    found_v2: bool,
    found_v3: bool,
    v1: Option<Vec<Certificate>>,
    v2: Option<Vec<Certificate>>,
    v3: Option<Vec<v3::Signer>>,
    /// The signers of `v3` from here on are of the v3.1 block.
    v31_from: usize,
    v4: Option<Certificate>,
    /// The content digests of verified block signatures.
    digests: Vec<Vec<u8>>,
}

impl Signed {
    fn found_any(&self) -> bool {
        self.found_v2 || self.found_v3
    }

    fn signatures(&self) -> Vec<Signature> {
        let mut all = Vec::new();
        let mut add = |scheme, certificates: Vec<&Certificate>| {
            if !certificates.is_empty() {
                all.push(Signature { scheme, signers: certificates.into_iter().map(signer).collect() });
            }
        };
        add(Scheme::V1, self.v1.iter().flatten().collect());
        add(Scheme::V2, self.v2.iter().flatten().collect());
        let v3: Vec<&Certificate> = self.v3.iter().flatten().map(|signer| &signer.certificate).collect();
        let (v3, v31) = v3.split_at(self.v31_from.min(v3.len()));
        add(Scheme::V3, v3.to_vec());
        add(Scheme::V31, v31.to_vec());
        add(Scheme::V4, self.v4.iter().collect());
        all
    }
}

fn signer(certificate: &Certificate) -> Signer {
    let key = PublicKeyInfo::parse(certificate.public_key());
    Signer {
        sha256: Sha256::digest(certificate.raw()).into(),
        subject: certificate.subject_text(),
        key: key.map_or_else(|_| "unreadable".to_owned(), |key| key.describe()),
        certificate: certificate.raw().to_vec(),
    }
}

/// The signatures of the signing block, and the contents they claim.
fn verify_block<S: ReadAt + ?Sized, O: ReadAt + ?Sized>(
    report: &mut Report,
    archive: &Archive<'_, S>,
    block: &SigningBlock,
    sdk: (u32, u32),
    depth: &Contents<'_, O>,
) -> Signed {
    let pair = |id| block.value(id).map(|(value, _)| value);
    let v3_block = pair(id::V3).filter(|_| sdk.1 >= SDK_V3);
    let v31_block = pair(id::V31).filter(|_| sdk.1 >= SDK_V31);
    let v2_block = pair(id::V2).filter(|_| sdk.1 >= SDK_V2);
    let mut signed = Signed { found_v3: v3_block.is_some(), ..Signed::default() };

    let before = report.errors();
    let mut v3_claims = Vec::new();
    let mut v3 = None;
    if let Some(value) = v3_block {
        let wanted = (sdk.0.max(SDK_V3), sdk.1);
        let (mut signers, claims) = v3::verify(report, "v3", value, wanted);
        v3_claims.extend(claims);
        let mut newer = Vec::new();
        if let Some(value) = v31_block {
            let (signers, claims) = v3::verify(report, "v3.1", value, (sdk.0.max(SDK_V31), sdk.1));
            v3_claims.extend(claims);
            newer = signers;
        }
        v3::ranges(report, &signers, &newer, wanted);
        signed.v31_from = signers.len();
        signers.extend(newer);
        v3 = Some(signers).filter(|_| report.errors() == before);
    } else if v31_block.is_some() {
        report.add(Code::V31Alone, "APK Signing Block", "a v3.1 signature without v3; sign the package again");
    }

    let before = report.errors();
    let mut v2_claims = Vec::new();
    let mut v2 = None;
    // Android 9 and later looks at v2 only where there is no v3.
    if let Some(value) = v2_block.filter(|_| sdk.0 < SDK_V3 || !signed.found_v3) {
        let (certificates, claims) = v2::verify(report, value, (sdk.0.max(SDK_V2), sdk.1), signed.found_v3);
        v2_claims = claims;
        v2 = Some(certificates).filter(|_| report.errors() == before);
    }
    signed.found_v2 = v2_block.is_some();

    let [v3_holds, v2_holds] = match *depth {
        Contents::Unread => [true; 2],
        Contents::All => contents(report, archive, block, [&v3_claims, &v2_claims], None),
        Contents::Since(_, copied) => contents(report, archive, block, [&v3_claims, &v2_claims], copied),
    };
    signed.v3 = v3.filter(|_| v3_holds);
    signed.v2 = v2.filter(|_| v2_holds);
    let claims = v3_claims.into_iter().chain(v2_claims);
    signed.digests = claims.map(|claim| claim.value).collect();
    signed
}

/// Recomputes the contents once and compares them with the claims of each scheme.
fn contents<S: ReadAt + ?Sized>(
    report: &mut Report,
    archive: &Archive<'_, S>,
    block: &SigningBlock,
    claims: [&[Claim]; 2],
    copied: Option<&Copied<'_>>,
) -> [bool; 2] {
    let mut kinds: Vec<_> = claims.iter().flat_map(|claims| claims.iter().map(|claim| claim.kind)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let source = archive.source();
    let end_offset = archive.eocd().offset();
    let compute = || {
        let mut end_record = vec![0; usize::try_from(source.size() - end_offset).unwrap_or(0)];
        source.read_exact_at(&mut end_record, end_offset)?;
        if let Some(offset) = end_record.get_mut(16..20) {
            offset.copy_from_slice(&u32::try_from(block.range().start).unwrap_or(u32::MAX).to_le_bytes());
        }
        let directory = archive.directory_offset();
        let sections = Sections { block: block.range().start, directory, end_record, end_offset };
        content_digest::compute(source, &sections, &kinds, copied)
    };
    let found = match compute() {
        Ok(found) => found,
        Err(error) => {
            report.add(Code::ZipUnreadable, "the archive", format!("reading it failed: {error}"));
            return [false; 2];
        }
    };
    claims.map(|claims| {
        let mut holds = true;
        for claim in claims {
            let actual = kinds.iter().position(|kind| *kind == claim.kind).and_then(|at| found.get(at));
            if actual != Some(&claim.value) {
                holds = false;
                report.add(
                    claim.code,
                    &claim.place,
                    format!(
                        "the {} digest of the contents is {}, signed was {}: the package was changed; sign it again",
                        claim.kind.name(),
                        hex::lower(actual.map(Vec::as_slice).unwrap_or_default()),
                        hex::lower(&claim.value)
                    ),
                );
            }
        }
        holds
    })
}

/// All schemes must name the same signer, up to a rotation with its lineage: a device that is updated switches scheme.
fn same_signers(report: &mut Report, signed: &Signed) {
    if let (Some(v1), Some(v2)) = (&signed.v1, &signed.v2) {
        let differs =
            |a: &[Certificate], b: &[Certificate]| a.iter().any(|one| b.iter().all(|two| one.raw() != two.raw()));
        if differs(v1, v2) || differs(v2, v1) {
            report.add(
                Code::ApkSigners,
                "v1 and v2",
                "they are signed by different certificates; sign the package again",
            );
        }
    }
    let (Some(v3), Some(old)) = (&signed.v3, signed.v1.as_ref().or(signed.v2.as_ref())) else { return };
    let (Some(first), [old]) = (v3.first(), old.as_slice()) else {
        report.add(
            Code::ApkSigners,
            "v3",
            "v3 allows one signer at a time, v1 or v2 have several; sign the package again",
        );
        return;
    };
    let oldest = v3.iter().find_map(|signer| signer.lineage.as_ref());
    let root = oldest.map_or(first.certificate.raw(), |lineage| lineage.oldest());
    if root != old.raw() {
        report.add(
            Code::ApkSigners,
            "v3",
            "v1 or v2 are signed by a certificate that is neither that of v3 nor the first of its lineage; sign again",
        );
    }
}
