//! The archive itself: what Android asks of it at installation, and what costs memory or a store's approval.
//!
//! Must not: look at signatures.

use crate::format::read_at::ReadAt;
use crate::format::zip::{Alignment, Archive, METHOD_STORED, Rules};
use crate::verify::archives;
use crate::verify::code::Code;
use crate::verify::report::Report;

/// From this targetSdkVersion on Android refuses a compressed or unaligned resource table (error -124).
const SDK_ARSC_STORED: u32 = 30;

/// Judges entries and their alignment.
pub(super) fn verify<S: ReadAt + ?Sized>(report: &mut Report, archive: &Archive<'_, S>, target_sdk: Option<u32>) {
    if archive.find(b"AndroidManifest.xml").is_none() {
        report.add(Code::ApkManifest, "AndroidManifest.xml", "the entry is missing; this is no installable package");
    }
    for name in [b"AndroidManifest.xml".as_slice(), b"resources.arsc"] {
        if let Some(index) = archive.find(name)
            && let Err(error) = archive.stream(index, |_| {})
        {
            report.add(Code::ZipContent, String::from_utf8_lossy(name), error.to_string());
        }
    }
    if let Some(index) = archive.find(b"resources.arsc") {
        let entry = &archive.entries()[index];
        let offset = entry.data_offset();
        if entry.method() != METHOD_STORED || !offset.is_multiple_of(4) {
            let found = if entry.method() == METHOD_STORED {
                format!("its data is at offset {offset:#x}")
            } else {
                "it is compressed".to_owned()
            };
            let message = format!("{found}, expected stored at a multiple of 4; store and align it");
            match target_sdk {
                Some(SDK_ARSC_STORED..) => report.add(Code::ApkArsc, "resources.arsc", message),
                _ => report.add_warning(Code::ApkArsc, "resources.arsc", message),
            }
        }
    }
    archives::headers(report, archive, Rules::Android, "Android and apksigner refuse that");
    let wanted = Alignment::ANDROID;
    for entry in archive.entries() {
        let offset = entry.data_offset();
        if entry.method() != METHOD_STORED || entry.uncompressed_size() == 0 || entry.name() == b"resources.arsc" {
            continue;
        }
        let multiple = wanted.of(entry.name());
        if !offset.is_multiple_of(u64::from(multiple)) {
            let library = multiple != wanted.stored;
            report.add(
                if library { Code::ApkAlignmentLibrary } else { Code::ApkAlignment },
                entry.display_name(),
                format!("stored at offset {offset:#x}, expected a multiple of {multiple}; align the package"),
            );
        }
    }
}
