//! The signature of a Mach-O file, slice by slice.
//!
//! Must not: read anything but the file and what is bound to it.

use super::{Bound, Verified, cms, digest};
use crate::format::apple_plist::{self, Dictionary};
use crate::format::code_signature::code_directory::{self, VERSION_EXEC_SEGMENT};
use crate::format::code_signature::{Blob, CodeDirectory, SuperBlob, slot};
use crate::format::der_entitlements;
use crate::format::macho::{Slice, TYPE_EXECUTE};
use crate::format::outline::{Outline, PageKind};
use crate::verify::code::Code;
use crate::verify::report::Report;

/// Special slots that no known signer binds to anything that can be found here.
const UNKNOWN_SLOTS: [u32; 2] = [4, 6];

pub(super) fn check(report: &mut Report, path: &str, outline: &Outline, bound: Bound<'_>) -> Verified {
    let mut verified = Verified { signed: true, ..Verified::default() };
    for (index, slice) in outline.file.slices.iter().enumerate() {
        let place = format!("{path} ({})", slice.architecture());
        if let Some(encryption) = slice.encryption.filter(|encryption| encryption.id != 0) {
            let message =
                format!("its code is encrypted (cryptid {}): it runs as the store delivers it only", encryption.id);
            report.add(Code::AppleEncrypted, place.clone(), message);
        }
        verified.platform = verified.platform.or(slice.platform.map(|platform| platform.id));
        let Some(signature) = outline.signature(index) else {
            verified.signed = false;
            if !bound.in_bundle {
                report.add(Code::AppleUnsignedImage, place, "not signed; a device loads signed code only");
            }
            continue;
        };
        geometry(report, &place, slice);
        let pages = |kind| outline.pages(index, kind);
        match SuperBlob::parse(signature) {
            Ok(blob) => superblob(report, &place, slice, &pages, &blob, bound, &mut verified),
            Err(error) => report.add(Code::AppleSuperblob, place, error.to_string()),
        }
    }
    verified
}

/// The signature is the last thing in its slice, within `__LINKEDIT`.
fn geometry(report: &mut Report, place: &str, slice: &Slice) {
    let Some(signature) = slice.signature else { return };
    let end = u64::from(signature.offset) + u64::from(signature.size);
    let Some(linkedit) = slice.segment("__LINKEDIT") else {
        report.add(Code::AppleGeometry, place, "no segment __LINKEDIT, expected one that holds the signature");
        return;
    };
    let segment_end = linkedit.file_offset + linkedit.file_size;
    if segment_end != end {
        report.add(
            Code::AppleGeometry,
            place,
            format!("__LINKEDIT ends at {segment_end:#x}, the signature at {end:#x}; they must end together"),
        );
    }
    if linkedit.vm_size < linkedit.file_size {
        report.add(
            Code::AppleGeometry,
            place,
            format!(
                "__LINKEDIT takes {:#x} bytes in memory and {:#x} in the file",
                linkedit.vm_size, linkedit.file_size
            ),
        );
    }
    if !signature.offset.is_multiple_of(16) {
        report.add(
            Code::AppleAlignment,
            place,
            format!("the signature begins at {:#x}, no multiple of 16", signature.offset),
        );
    }
    let behind = (slice.range.len() as u64).saturating_sub(end);
    if behind > 0 {
        report.add(Code::AppleTrailing, place, format!("{behind} bytes behind the signature, which nothing covers"));
    }
}

fn superblob<'f>(
    report: &mut Report,
    place: &str,
    slice: &Slice,
    found: &dyn Fn(PageKind) -> Option<&'f [u8]>,
    blob: &SuperBlob<'_>,
    bound: Bound<'_>,
    verified: &mut Verified,
) {
    let directories = match blob.directories() {
        Ok(directories) => directories,
        Err(error) => return report.add(Code::AppleDirectory, place, error.to_string()),
    };
    if blob.find(slot::DIRECTORY).is_none() {
        return report.add(Code::AppleDirectory, place, "no code directory: nothing of the code is signed");
    }
    for directory in &directories {
        let place = format!("{place} {:?}", directory.hash_type);
        pages(report, &place, slice, found, directory);
        special(report, &place, blob, directory, bound);
        let (cdhash, full) = digest(directory.hash_type, directory.raw);
        verified.cdhashes.push(cdhash.get(..20).unwrap_or(&cdhash).to_vec());
        verified.cdhashes.push(full);
        verified.hash_types.insert(directory.hash_type);
        verified.identifiers.insert(directory.identifier.to_owned());
    }
    let claimed = entitlements(report, place, slice, blob, &directories);
    // What cannot be read is said, and sets no flag that could be expected.
    let has_some = [slot::ENTITLEMENTS, slot::ENTITLEMENTS_DER].iter().any(|slot| blob.find(*slot).is_some());
    if claimed.is_some() || !has_some {
        exec_flags(report, place, claimed.as_ref(), &directories);
    }
    verified.entitlements = verified.entitlements.take().or(claimed);
    let leaf = blob.cms().and_then(|raw| cms::check(report, place, raw, &directories));
    if blob.cms().is_none() && directories.iter().any(|directory| directory.team.is_some()) {
        report.add(Code::AppleCms, place, "the code directory names a team, but nobody signed it");
    }
    verified.leaf = verified.leaf.take().or(leaf);
}

fn pages<'f>(
    report: &mut Report,
    place: &str,
    slice: &Slice,
    found: &dyn Fn(PageKind) -> Option<&'f [u8]>,
    directory: &CodeDirectory<'_>,
) {
    if directory.unusual {
        report.add(Code::AppleDirectory, place, "scattered or pre-encrypted pages, which are not supported");
        return;
    }
    let offset = slice.signature.map_or(0, |signature| u64::from(signature.offset));
    if directory.code_limit != offset {
        // Other pages would be others anyway.
        return report.add(
            Code::AppleCodeLimit,
            place,
            format!("{:#x} bytes are hashed, expected all up to the signature at {offset:#x}", directory.code_limit),
        );
    }
    let Some(found) = found((directory.hash_type, directory.page_exponent)) else {
        return report.add(Code::ApplePages, place, "its page hashes were not looked at");
    };
    let (len, size) = (directory.hash_type.size(), directory.page_size());
    let (found, hashes) = (found.chunks_exact(len), directory.pages());
    if hashes.len() != found.len() {
        let pages = size.map_or("one page".to_owned(), |size| format!("{size} bytes each"));
        let message = format!("{} page hashes, expected {} of {pages}", hashes.len(), found.len());
        report.add(Code::ApplePages, place, message);
    }
    let differs = found.zip(hashes).enumerate().filter(|(_, (found, expected))| found != expected);
    let wrong: Vec<usize> = differs.map(|(index, _)| index).collect();
    if let Some(first) = wrong.first() {
        report.add(
            Code::ApplePageHash,
            place,
            format!("{} pages are not what was signed, the first at {:#x}", wrong.len(), first * size.unwrap_or(0)),
        );
    }
}

fn special(report: &mut Report, place: &str, blob: &SuperBlob<'_>, directory: &CodeDirectory<'_>, bound: Bound<'_>) {
    let last = directory.special_count().clamp(slot::ENTITLEMENTS_DER, slot::LAST_SPECIAL);
    for slot in 1..=last {
        let (what, content) = match slot {
            slot::INFO | slot::RESOURCES if !bound.in_bundle => continue,
            slot::INFO => ("Info.plist", bound.info),
            slot::RESOURCES => ("CodeResources", bound.resources),
            slot::REQUIREMENTS => ("requirements", blob.find(slot).map(|blob| blob.raw)),
            slot::ENTITLEMENTS => ("entitlements", blob.find(slot).map(|blob| blob.raw)),
            slot::ENTITLEMENTS_DER => ("entitlements in DER", blob.find(slot).map(|blob| blob.raw)),
            _ => ("constraints", blob.find(slot).map(|blob| blob.raw)),
        };
        let place = format!("{place} slot -{slot}");
        match (directory.special(slot).filter(|_| directory.binds(slot)), content) {
            (None, None) => {}
            (Some(_), None) if UNKNOWN_SLOTS.contains(&slot) => {
                report.add(Code::AppleSlotUnknown, place, "it holds a hash of something that is not known");
            }
            (Some(_), None) => {
                report.add(Code::AppleSlotMissing, place, format!("{what}: a hash, but nothing that it could be of"));
            }
            (None, Some(_)) => {
                report.add(
                    Code::AppleSlotUnbound,
                    place,
                    format!("{what}: it is there, but the signature does not hold its hash"),
                );
            }
            (Some(expected), Some(content)) => {
                if digest(directory.hash_type, content).0 != expected {
                    report.add(Code::AppleSlot, place, format!("{what}: it is not what was signed; sign again"));
                }
            }
        }
    }
}

/// The flags of the executable segment that entitlements set are those of the entitlements.
fn exec_flags(report: &mut Report, place: &str, claimed: Option<&Dictionary>, directories: &[CodeDirectory<'_>]) {
    let expected = claimed.map_or(0, code_directory::exec_flags);
    for directory in directories {
        let found = directory.exec_segment.map(|(.., flags)| flags & !code_directory::EXEC_MAIN_BINARY);
        if let Some(found) = found.filter(|found| *found != expected) {
            let message =
                format!("execSegFlags say {found:#x}, expected {expected:#x} by the entitlements; sign again");
            report.add(Code::AppleExecFlags, format!("{place} {:?}", directory.hash_type), message);
        }
    }
}

/// The entitlements in both forms, which must say the same.
fn entitlements(
    report: &mut Report,
    place: &str,
    slice: &Slice,
    blob: &SuperBlob<'_>,
    directories: &[CodeDirectory<'_>],
) -> Option<Dictionary> {
    let xml = blob.find(slot::ENTITLEMENTS).map(Blob::content);
    let der = blob.find(slot::ENTITLEMENTS_DER).map(Blob::content);
    let read = xml.and_then(|xml| match apple_plist::read_dictionary(xml) {
        Ok(dictionary) => Some(dictionary),
        Err(error) => {
            report.add(Code::AppleEntitlements, place, error.to_string());
            None
        }
    });
    let executable = slice.file_type == TYPE_EXECUTE;
    let old = directories.first().is_some_and(|first| first.version < VERSION_EXEC_SEGMENT);
    if executable && read.as_ref().is_some_and(|read| !read.is_empty()) && (der.is_none() || old) {
        let message =
            "the signature is in a form of before iOS 15, whose entitlements no system of today reads; sign again";
        report.add_warning(Code::AppleEntitlementsDer, place, message);
    }
    // Of before iOS 15.
    let Some(der) = der else { return read };
    let decoded = der_entitlements::decode(der);
    match (&decoded, &read) {
        (Err(error), _) => report.add(Code::AppleEntitlementsDer, place, error.to_string()),
        (Ok(decoded), Some(read)) if !same(&decoded.entitlements, read) => {
            report.add(
                Code::AppleEntitlementsDiffer,
                place,
                "XML and DER entitlements say different things; sign again",
            );
        }
        (Ok(decoded), _) if !decoded.canonical => {
            report.add(Code::AppleEntitlementsForm, place, "DER entitlements are not in the form of today");
        }
        _ => {}
    }
    read.or(decoded.ok().map(|decoded| decoded.entitlements))
}

/// Equal, whatever the order of keys.
fn same(a: &Dictionary, b: &Dictionary) -> bool {
    let sorted = |dictionary: &Dictionary| der_entitlements::encode(dictionary);
    sorted(a) == sorted(b)
}
