//! What kind of artifact a file is, by its content; the name decides nothing.
//!
//! Must not: judge whether the artifact is sound.

use crate::format::read_at::ReadAt;
use crate::format::zip::{Archive, ZipError};

/// Kinds of single-file artifacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileKind {
    /// Android package.
    Apk,
    /// Android App Bundle.
    Aab,
    /// A set of packages (`.apks`, `.xapk`, `.apkm`): packages within a zip.
    ApkSet,
    /// iOS package.
    Ipa,
    /// GeneXus metadata, packed.
    Gxsd,
    /// A zip that is none of these.
    OtherZip,
}

impl FileKind {
    /// For messages.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Apk => "an Android package (APK)",
            Self::Aab => "an Android App Bundle (AAB)",
            Self::ApkSet => "a set of Android packages",
            Self::Ipa => "an iOS package (IPA)",
            Self::Gxsd => "a GeneXus metadata archive (gxsd)",
            Self::OtherZip => "a ZIP archive, but neither an APK, an AAB, a set of APKs nor an IPA",
        }
    }

    /// Looks at the entries.
    pub fn of<S: ReadAt + ?Sized>(source: &S) -> Result<Self, ZipError> {
        let archive = Archive::open(source)?;
        Ok(Self::of_archive(&archive))
    }

    /// Looks at the entries of an open archive.
    pub fn of_archive<S: ReadAt + ?Sized>(archive: &Archive<'_, S>) -> Self {
        let ends_with = |tail: &[u8]| archive.entries().iter().any(|entry| entry.name().ends_with(tail));
        let starts_with = |head: &[u8]| archive.entries().iter().any(|entry| entry.name().starts_with(head));
        if archive.find(b"AndroidManifest.xml").is_some() {
            Self::Apk
        } else if archive.find(b"BundleConfig.pb").is_some() || ends_with(b"/manifest/AndroidManifest.xml") {
            Self::Aab
        } else if starts_with(b"Payload/") {
            Self::Ipa
        } else if archive.find(b"toc.pb").is_some() || ends_with(b".apk") {
            Self::ApkSet
        } else if archive.find(b"gxversion.json").is_some() {
            Self::Gxsd
        } else {
            Self::OtherZip
        }
    }
}
