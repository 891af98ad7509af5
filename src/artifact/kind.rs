//! What kind of artifact a file is, by its content; the name decides nothing.
//!
//! Must not: judge whether the artifact is sound.

use super::apple::is_ipa;
use crate::format::read_at::ReadAt;
use crate::format::text;
use crate::format::zip::{Archive, Entry, Rules, ZipError};

/// Bytes that tell a manifest as it is written from a binary one.
const BEGINNING: usize = 64;

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
    /// An Android library, which is built into an app.
    Aar,
    /// A manifest as it is written, alone or packed: a project, and not what is built of it.
    Source,
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
            Self::Aar => "an Android library (AAR)",
            Self::Source => "an Android project that is not built (its manifest is text)",
            Self::OtherZip => "a ZIP archive, but neither an APK, an AAB, a set of APKs nor an IPA",
        }
    }

    /// Looks at the entries.
    pub fn of<S: ReadAt + ?Sized>(source: &S) -> Result<Self, ZipError> {
        let archive = Archive::open_by(source, Rules::Common)?;
        Ok(Self::of_archive(&archive))
    }

    /// Looks at the entries of an open archive.
    pub fn of_archive<S: ReadAt + ?Sized>(archive: &Archive<'_, S>) -> Self {
        let ends_with = |tail: &[u8]| archive.entries().iter().any(|entry| entry.name().ends_with(tail));
        if let Some(index) = archive.find(b"AndroidManifest.xml") {
            let is_text = archive.start(index, BEGINNING).is_ok_and(|manifest| is_markup(&manifest));
            let is_library = || [&b"classes.jar"[..], b"R.txt"].iter().any(|name| archive.find(name).is_some());
            match is_text {
                false => Self::Apk,
                true if is_library() => Self::Aar,
                true => Self::Source,
            }
        } else if archive.find(b"BundleConfig.pb").is_some() || ends_with(b"/manifest/AndroidManifest.xml") {
            Self::Aab
        } else if is_ipa(archive.entries().iter().map(Entry::name)) {
            Self::Ipa
        } else if archive.find(b"toc.pb").is_some() || ends_with(b".apk") {
            Self::ApkSet
        } else if archive.find(b"gxversion.json").is_some() {
            Self::Gxsd
        } else {
            Self::OtherZip
        }
    }

    /// Whether Android's tools read it, so that it has to fit their rules of archives.
    pub fn is_for_android(self) -> bool {
        match self {
            Self::Apk | Self::Aab | Self::ApkSet => true,
            Self::Ipa | Self::Gxsd | Self::Aar | Self::Source | Self::OtherZip => false,
        }
    }

    /// What to do with a file of a kind that cannot be worked on; nothing where that is not known.
    pub fn remedy(self) -> Option<&'static str> {
        match self {
            Self::Aar => Some("build the app that uses it, and give its APK or App Bundle"),
            Self::Source => Some("build it (Gradle, or aapt2 and zipalign), and give the APK or App Bundle"),
            Self::Apk | Self::Aab | Self::ApkSet | Self::Ipa | Self::Gxsd | Self::OtherZip => None,
        }
    }
}

/// Whether a file that is no archive is a manifest as it is written.
pub fn is_manifest_text(content: &[u8]) -> bool {
    is_markup(content) && text::read(content).is_ok_and(|text| text.contains("<manifest"))
}

/// Whether a content is XML as it is written, in whatever encoding.
fn is_markup(content: &[u8]) -> bool {
    let marks = [&b"\xef\xbb\xbf"[..], b"\xff\xfe", b"\xfe\xff"];
    let content = marks.iter().find_map(|mark| content.strip_prefix(*mark)).unwrap_or(content);
    let mut characters = content.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte != 0);
    let (first, second) = (characters.next(), characters.next());
    first == Some(&b'<') && second.is_some_and(|byte| b"?!".contains(byte) || byte.is_ascii_alphabetic())
}
