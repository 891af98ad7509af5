//! Verifying App Bundles: the archive, by rules of bundletool, and the JAR signature that Google Play asks for, by those of Android 7
//! and later.
//!
//! Must not: parse resources, or judge what Play makes of a bundle.

use super::contents::Contents;
use super::v1::{self, Witness};
use super::{SDK_MAX, Signed};
use crate::format::apk_signing_block::{SigningBlock, id};
use crate::format::read_at::ReadAt;
use crate::format::zip::{Archive, Rules};
use crate::verify::archives;
use crate::verify::code::Code;
use crate::verify::report::Report;

/// Rules of Android 7 and later, which reads JAR signatures as `jarsigner` does.
const SDK: u32 = 24;
/// The base module's manifest.
const MANIFEST: &str = "base/manifest/AndroidManifest.xml";
/// What every bundle is configured by.
const CONFIG: &str = "BundleConfig.pb";

/// Judges a bundle: the archive, its signature and its signers.
pub fn whole<S: ReadAt + ?Sized>(archive: &Archive<'_, S>) -> Report {
    judge(archive, &Contents::<S>::All)
}

/// Judges what was made of `original`, before it takes its place: an entry is inflated and hashed unless its bytes are the
/// original's, compared here, and the original's own signature has the digest that was signed now.
pub fn rewritten<S: ReadAt + ?Sized, O: ReadAt + ?Sized>(
    archive: &Archive<'_, S>,
    original: &Archive<'_, O>,
) -> Report {
    judge(archive, &Contents::Since(Witness::new(original).as_ref(), None))
}

/// Who signed a bundle: signatures and certificates are judged, contents are not read.
pub fn signatures<S: ReadAt + ?Sized>(archive: &Archive<'_, S>) -> Report {
    judge(archive, &Contents::<S>::Unread)
}

/// Judges the archive alone: what a bundle that is unsigned on purpose must still be.
pub fn container<S: ReadAt + ?Sized>(archive: &Archive<'_, S>) -> Report {
    let mut report = Report::default();
    entries(&mut report, archive);
    report
}

fn judge<S: ReadAt + ?Sized, O: ReadAt + ?Sized>(archive: &Archive<'_, S>, contents: &Contents<'_, O>) -> Report {
    let mut report = Report::default();
    if !matches!(contents, Contents::Unread) {
        entries(&mut report, archive);
    }
    // apksigner signs bundles too, with a block that nobody reads; its JAR signature names the schemes in it.
    let block = SigningBlock::find(archive.source(), archive.directory_offset()).unwrap_or_else(|error| {
        report.add(Code::ApkBlock, "APK Signing Block", error.to_string());
        None
    });
    let has = |id| block.as_ref().is_some_and(|block| block.value(id).is_some());
    let schemes = v1::Schemes { v2: has(id::V2), v3: has(id::V3) };
    let v1 = v1::verify(&mut report, archive, (SDK, SDK_MAX), schemes, contents);
    report.signatures = Signed { v1, ..Signed::default() }.signatures();
    report
}

/// Judges whether every local header of an archive of packages says what its directory does.
pub fn headers<S: ReadAt + ?Sized>(archive: &Archive<'_, S>) -> Report {
    let mut report = Report::default();
    archives::headers(&mut report, archive, Rules::Android, archives::READERS);
    report
}

/// What bundletool asks of the archive, and whether what was read of it is what was packed.
fn entries<S: ReadAt + ?Sized>(report: &mut Report, archive: &Archive<'_, S>) {
    for name in [CONFIG, MANIFEST] {
        if archive.find(name.as_bytes()).is_none() {
            report.add(Code::AabEntry, name, "the entry is missing; build the bundle again");
        }
    }
    archives::headers(report, archive, Rules::Android, archives::READERS);
    for (index, entry) in archive.entries().iter().enumerate() {
        let name = entry.display_name();
        if name.ends_with('/') {
            report.add(Code::AabFolder, name, "an entry for a folder, which bundletool refuses; pack without them");
        } else if (name == CONFIG || name.ends_with("/resources.pb") || name.ends_with("/manifest/AndroidManifest.xml"))
            && let Err(error) = archive.stream(index, |_| {})
        {
            report.add(Code::ZipContent, name, error.to_string());
        }
    }
}
