//! JAR signatures (JAR File Specification, "Signed JAR File") as Android verifies them: PKCS#7 block over the signature
//! file, signature file over the manifest, manifest over every entry.
//!
//! Rules depend on the API levels a package is for: before 4.3 (18) the first digest named counts, later the strongest;
//! before 7.0 (24) only the first `SignerInfo`.
//!
//! Must not: decide whether v1 is needed (see `super`).

mod algorithm;
mod digests;
mod manifest;
mod witness;

use std::collections::{BTreeSet, HashMap, HashSet};

use super::contents::Contents;
use algorithm::{Named, first_refusing};
use digests::{MANIFEST, digests};
use manifest::Section;
pub(super) use witness::Witness;

use crate::format::cms::{self, SignedData, SignerInfo};
use crate::format::der::tag;
use crate::format::read_at::ReadAt;
use crate::format::x509::{Certificate, same_name};
use crate::format::zip::{Archive, METHOD_DEFLATED, METHOD_STORED};
use crate::format::{limits, oid};
use crate::verify::code::Code;
use crate::verify::hash::Hash;
use crate::verify::public_key;
use crate::verify::report::Report;

/// Android 4.4: signed attributes are read as they should be.
const SDK_SIGNED_ATTRIBUTES: u32 = 19;
/// Android 7: every `SignerInfo` is tried, and signed attributes name their content type.
const SDK_ALL_SIGNER_INFOS: u32 = 24;

/// The block signatures that were found, for the stripping protection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schemes {
    pub(super) v2: bool,
    pub(super) v3: bool,
}

/// Judges the JAR signature; the certificates of its signers if it verifies.
pub(super) fn verify<S: ReadAt + ?Sized, O: ReadAt + ?Sized>(
    report: &mut Report,
    archive: &Archive<'_, S>,
    sdk: (u32, u32),
    schemes: Schemes,
    contents: &Contents<'_, O>,
) -> Option<Vec<Certificate>> {
    let before = report.errors();
    let Some(index) = archive.find(MANIFEST.as_bytes()) else {
        report.add(Code::V1None, MANIFEST, "the entry is missing: the package has no v1 signature; sign it");
        return None;
    };
    let text = read(report, archive, index)?;
    let sections = manifest::sections(&text);
    let by_name = named_sections(report, MANIFEST, &sections)?;
    let mut signers = Vec::new();
    for (name, index) in signature_blocks(archive) {
        signers.extend(verify_signer(report, archive, &name, index, (&text, &sections, &by_name), sdk, schemes));
    }
    if report.errors() > before {
        return None;
    }
    match signers.len() {
        0 => report.add(Code::V1None, "META-INF/", "no signature block with its signature file: sign the package"),
        1..=limits::SIGNERS => entries(report, archive, &by_name, &signers, sdk, contents),
        count => {
            report.add(Code::V1Signers, "META-INF/", format!("{count} signers, Android accepts {}", limits::SIGNERS));
        }
    }
    let ok = report.errors() == before;
    ok.then(|| signers.into_iter().map(|signer| signer.certificate).collect())
}

struct Signer {
    certificate: Certificate,
    /// The entries its signature file names.
    entries: HashSet<String>,
}

fn read<S: ReadAt + ?Sized>(report: &mut Report, archive: &Archive<'_, S>, index: usize) -> Option<Vec<u8>> {
    let entry = archive.entries().get(index)?;
    let size = entry.uncompressed_size();
    if size > limits::JAR_SIGNATURE_BYTES {
        let message = format!("{size} bytes, the limit is {}", limits::JAR_SIGNATURE_BYTES);
        report.add(Code::V1Limit, entry.display_name(), message);
        return None;
    }
    archive.read(index).map_err(|error| report.add(Code::ZipContent, entry.display_name(), error.to_string())).ok()
}

/// Individual sections by their name.
fn named_sections<'s>(
    report: &mut Report,
    file: &str,
    sections: &'s [Section],
) -> Option<HashMap<String, &'s Section>> {
    let mut by_name = HashMap::new();
    for (index, section) in sections.iter().enumerate().skip(1) {
        let Some(name) = &section.name else {
            report.add(Code::V1Manifest, file, format!("section {index} has no Name; sign the package again"));
            return None;
        };
        if by_name.insert(name.clone(), section).is_some() {
            report.add(Code::V1Manifest, file, format!("two sections for {name:?}; sign the package again"));
            return None;
        }
    }
    Some(by_name)
}

/// Names and indices of the PKCS#7 blocks.
fn signature_blocks<S: ReadAt + ?Sized>(archive: &Archive<'_, S>) -> Vec<(String, usize)> {
    let is_block = |name: &str| {
        name.starts_with("META-INF/") && [".RSA", ".DSA", ".EC"].iter().any(|extension| name.ends_with(extension))
    };
    let entries = archive.entries().iter().enumerate();
    entries.map(|(index, entry)| (entry.display_name(), index)).filter(|(name, _)| is_block(name)).collect()
}

fn verify_signer<S: ReadAt + ?Sized>(
    report: &mut Report,
    archive: &Archive<'_, S>,
    block_name: &str,
    index: usize,
    (manifest_text, manifest_sections, by_name): (&[u8], &[Section], &HashMap<String, &Section>),
    sdk: (u32, u32),
    schemes: Schemes,
) -> Option<Signer> {
    let file_name = format!("{}.SF", block_name.rsplit_once('.').map_or(block_name, |(stem, _)| stem));
    let Some(file_index) = archive.find(file_name.as_bytes()) else {
        report.add_warning(Code::V1Block, block_name, format!("{file_name} is missing; the block is ignored"));
        return None;
    };
    let block = read(report, archive, index)?;
    let file = read(report, archive, file_index)?;
    let signed = match cms::parse(&block) {
        Ok(signed) => signed,
        Err(error) => {
            report.add(Code::V1Block, block_name, format!("not a PKCS#7 SignedData: {error}; sign the package again"));
            return None;
        }
    };
    let certificate = signer_certificate(report, block_name, &signed, &file, sdk)?;
    let sections = manifest::sections(&file);
    let main = sections.first();
    if main.and_then(|main| main.value("Signature-Version")).is_none() {
        report.add(Code::V1File, &file_name, "no Signature-Version; sign the package again");
        return None;
    }
    let main = main?;
    stripping(report, &file_name, main, schemes, sdk);
    let in_file = named_sections(report, &file_name, &sections)?;
    let by_signtool = main.value("Created-By").is_some_and(|by| by.contains("signtool"));
    let whole = whole_manifest(report, &file_name, main, manifest_text, sdk);
    if !by_signtool && let Some(manifest_main) = manifest_sections.first() {
        let bytes = manifest_text.get(manifest_main.range.clone()).unwrap_or_default();
        for (hash, expected) in digests(main, "-Digest-Manifest-Main-Attributes", sdk) {
            if hash.of(&[bytes]) != expected {
                let message = format!("the {} digest of the main attributes of {MANIFEST} differs", hash.name());
                report.add(Code::V1File, &file_name, message);
            }
        }
    }
    if !whole {
        for (name, section) in &in_file {
            let Some(in_manifest) = by_name.get(name) else {
                report.add(Code::V1File, &file_name, format!("{name:?} is not in {MANIFEST}; sign the package again"));
                continue;
            };
            section_digest(report, &file_name, name, section, manifest_text, in_manifest, by_signtool, sdk);
        }
    }
    Some(Signer { certificate, entries: in_file.into_keys().collect() })
}

/// The certificate of the first `SignerInfo` that verifies.
fn signer_certificate(
    report: &mut Report,
    place: &str,
    signed: &SignedData<'_>,
    file: &[u8],
    sdk: (u32, u32),
) -> Option<Certificate> {
    let tried = if sdk.0 < SDK_ALL_SIGNER_INFOS { 1 } else { usize::MAX };
    for info in signed.signers.iter().take(tried) {
        match verify_info(signed, info, file, sdk) {
            Ok(Some(certificate)) => return Some(certificate.clone()),
            Ok(None) => {}
            Err(problem) => {
                report.add(Code::V1Block, place, format!("{problem}; sign the package again"));
                return None;
            }
        }
    }
    report.add(
        Code::V1Signature,
        place,
        "no signature in it is one over its signature file: it was changed, or the block is another's; sign the package again",
    );
    None
}

/// The certificate when the signature holds, `None` when it does not; an error where no version would go on.
fn verify_info<'d>(
    signed: &'d SignedData<'_>,
    info: &SignerInfo<'_>,
    file: &[u8],
    sdk: (u32, u32),
) -> Result<Option<&'d Certificate>, String> {
    let digest = Hash::of_oid(info.digest_algorithm)
        .ok_or_else(|| format!("digest algorithm {} is unknown", oid::dotted(info.digest_algorithm)))?;
    let named = Named::of_oid(info.signature_algorithm)
        .ok_or_else(|| format!("signature algorithm {} is unknown", oid::dotted(info.signature_algorithm)))?;
    if let Some(level) = first_refusing(digest, named, sdk) {
        return Err(format!(
            "{} with {:?} of {} is not accepted by Android of API level {level}",
            digest.name(),
            named.padding,
            named.hash.unwrap_or(digest).name()
        ));
    }
    let certificate = info.issuer_and_serial.and_then(|(issuer, serial)| {
        signed.certificates.iter().find(|found| found.serial() == serial && same_name(found.issuer(), issuer))
    });
    let certificate = certificate.ok_or("the certificate of the signer is missing")?;
    let attributes = match &info.signed_attributes {
        None => None,
        Some(_) if sdk.0 < SDK_SIGNED_ATTRIBUTES => {
            return Err(format!("signed attributes, which Android below API level {SDK_SIGNED_ATTRIBUTES} misreads"));
        }
        Some(attributes) => {
            if sdk.1 >= SDK_ALL_SIGNER_INFOS {
                let kind = attributes.single(oid::CONTENT_TYPE).filter(|value| value.tag == tag::OID);
                if kind.ok_or("no content type in the signed attributes")?.content != signed.content_type {
                    return Ok(None);
                }
            }
            let value = attributes.single(oid::MESSAGE_DIGEST).filter(|value| value.tag == tag::OCTET_STRING);
            if value.ok_or("no digest in the signed attributes")?.content != digest.of(&[file]) {
                return Ok(None);
            }
            Some(attributes.signed.as_slice())
        }
    };
    let hash = named.hash.unwrap_or(digest);
    let signed_bytes = attributes.unwrap_or(file);
    let holds = public_key::verify(certificate.public_key(), named.padding, hash, &[signed_bytes], info.signature)?;
    Ok(holds.then_some(certificate))
}

/// The signature file says which block signatures must be there too.
fn stripping(report: &mut Report, place: &str, main: &Section, schemes: Schemes, sdk: (u32, u32)) {
    let Some(list) = main.value("X-Android-APK-Signed").filter(|_| sdk.1 >= 24) else { return };
    for id in list.split(',').map(str::trim).filter(|id| !id.is_empty()) {
        let found = match id {
            "2" => schemes.v2,
            "3" => schemes.v3,
            _ => {
                report.add(Code::V1Scheme, place, format!("it names the unknown signature scheme {id:?}"));
                continue;
            }
        };
        if !found {
            report.add(
                Code::V1Stripped,
                place,
                format!(
                    "it says that a v{id} signature is there, but none is: it was taken away; sign the package again"
                ),
            );
        }
    }
}

/// Whether the digest of the whole manifest holds; if not, its sections are checked one by one.
fn whole_manifest(report: &mut Report, place: &str, main: &Section, manifest: &[u8], sdk: (u32, u32)) -> bool {
    let digests = digests(main, "-Digest-Manifest", sdk);
    let mut holds = !digests.is_empty();
    for (hash, expected) in digests {
        if hash.of(&[manifest]) != expected {
            holds = false;
            report.add(
                Code::V1ManifestDigest,
                place,
                format!("the {} digest of the whole {MANIFEST} differs; its sections decide", hash.name()),
            );
        }
    }
    holds
}

#[allow(clippy::too_many_arguments, reason = "the two sections and what they are of")]
fn section_digest(
    report: &mut Report,
    place: &str,
    name: &str,
    section: &Section,
    manifest: &[u8],
    in_manifest: &Section,
    by_signtool: bool,
    sdk: (u32, u32),
) {
    let digests = digests(section, "-Digest", sdk);
    if digests.is_empty() {
        report.add(Code::V1File, place, format!("no digest of the section of {name:?}; sign the package again"));
    }
    let mut bytes = manifest.get(in_manifest.range.clone()).unwrap_or_default();
    if by_signtool && bytes.ends_with(b"\n\n") {
        // Mozilla's signtool digested the section without its blank line.
        bytes = bytes.get(..bytes.len() - 1).unwrap_or_default();
    }
    for (hash, expected) in digests {
        if hash.of(&[bytes]) != expected {
            report.add(
                Code::V1File,
                place,
                format!(
                    "the {} digest of the section of {name:?} in {MANIFEST} differs; sign the package again",
                    hash.name()
                ),
            );
        }
    }
}

/// Whether an entry must be in the manifest.
fn is_protected(name: &str) -> bool {
    if name.ends_with('/') {
        return false;
    }
    let Some(rest) = name.strip_prefix("META-INF/") else { return true };
    let upper = rest.to_ascii_uppercase();
    let ignored = upper == "MANIFEST.MF"
        || upper.starts_with("SIG-")
        || [".SF", ".RSA", ".DSA", ".EC"].iter().any(|extension| upper.ends_with(extension));
    rest.contains('/') || !ignored
}

/// Every entry has its digest in the manifest and is signed by the same signers; nothing in the manifest is missing.
fn entries<S: ReadAt + ?Sized, O: ReadAt + ?Sized>(
    report: &mut Report,
    archive: &Archive<'_, S>,
    by_name: &HashMap<String, &Section>,
    signers: &[Signer],
    sdk: (u32, u32),
    contents: &Contents<'_, O>,
) {
    let missing: BTreeSet<&String> = by_name.keys().filter(|name| archive.find(name.as_bytes()).is_none()).collect();
    for name in missing {
        report.add(Code::V1Entry, name, format!("{MANIFEST} names it, but it is not in the archive"));
    }
    let mut first_signers: Option<(String, Vec<bool>)> = None;
    for index in 0..archive.entries().len() {
        let name = archive.entries()[index].display_name();
        if !is_protected(&name) {
            continue;
        }
        let Some(section) = by_name.get(&name) else {
            report.add(Code::V1Entry, name, format!("it is not in {MANIFEST}: it was added after signing; sign again"));
            continue;
        };
        let of_entry: Vec<bool> = signers.iter().map(|signer| signer.entries.contains(&name)).collect();
        match &first_signers {
            _ if !of_entry.contains(&true) => {
                report.add(Code::V1Entry, &name, "no signature file names it: it is not signed; sign again");
            }
            None => first_signers = Some((name.clone(), of_entry)),
            Some((other, first)) if *first != of_entry => {
                report.add(Code::V1Entry, &name, format!("it and {other:?} are signed by different signers"));
            }
            Some(_) => {}
        }
        let digests = digests(section, "-Digest", sdk);
        if digests.is_empty() {
            report.add(Code::V1Entry, &name, format!("{MANIFEST} has no digest of it; sign again"));
            continue;
        }
        match contents {
            Contents::Unread => continue,
            Contents::Since(Some(original), _) if original.vouches(archive, index, &digests, sdk) => continue,
            Contents::Since(..) | Contents::All => {}
        }
        let entry = &archive.entries()[index];
        let method = entry.method();
        if ![METHOD_STORED, METHOD_DEFLATED].contains(&method) && !entry.is_deflated() {
            let problem = format!(
                "compression method {method}: Android and apksigner inflate whatever is not stored, and its data is not deflated; \
                 build anew, or sign without v1"
            );
            report.add(Code::V1Entry, &name, problem);
            continue;
        }
        let mut hashers: Vec<_> = digests.iter().map(|(hash, _)| hash.hasher()).collect();
        let streamed = archive.stream(index, |chunk| hashers.iter_mut().for_each(|hasher| hasher.update(chunk)));
        if let Err(error) = streamed {
            report.add(Code::ZipContent, &name, error.to_string());
            continue;
        }
        for ((hash, expected), hasher) in digests.into_iter().zip(hashers) {
            if hasher.finish() != expected {
                report.add(
                    Code::V1Entry,
                    &name,
                    format!(
                        "its {} digest differs from {MANIFEST}: it was changed after signing; sign again",
                        hash.name()
                    ),
                );
            }
        }
    }
}
