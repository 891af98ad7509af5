//! What every kind of artifact has in common: a planned place, and what was done.
//!
//! Must not: hold a value; a plan is shown to people before anything is obtained.

use zeroize::Zeroizing;

use crate::format::apk_signing_block::{pair_name, pair_text};
use crate::placement::template::{OtherMain, TemplateError, Values, same_object};
use crate::placement::{Address, Template};
use crate::verify::{self, Code};

/// A place, planned: no value in it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedPlace {
    /// The address.
    pub address: Address,
    /// The entry or file it lies in.
    pub entry: String,
    /// The value's template.
    pub value: Template,
    /// Whether it has to be made.
    pub missing: bool,
    /// Another main object than the artifact's own, where the copy belongs to that one.
    pub other_main: Option<String>,
    /// The Client Ids that are there now. They are public.
    pub held_ids: Vec<String>,
    /// What the address means and the edit does not reach, in words.
    pub left: Vec<String>,
}

impl PlannedPlace {
    /// Whether it gets a value: one of another main object does where its credential is among these.
    pub fn is_given(&self, mains: &[OtherMain<'_>]) -> bool {
        self.other_main.as_ref().is_none_or(|main| mains.iter().any(|other| same_object(other.main, main)))
    }

    /// Its value; `None` where it belongs to a main object whose credential is not known.
    pub(super) fn rendered(&self, values: &Values<'_>) -> Result<Option<Zeroizing<String>>, TemplateError> {
        match &self.other_main {
            None => self.value.render(values).map(Some),
            Some(main) => values.of_main(main).map(|values| self.value.render(&values)).transpose(),
        }
    }
}

/// What was done.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Done {
    /// Whether anything was written.
    pub written: bool,
    /// Entries or files whose content changed.
    pub entries: Vec<String>,
    /// Entries that belonged to old signatures and stamps and are gone.
    pub removed: Vec<String>,
    /// What a person must not miss, a line each.
    pub warnings: Vec<String>,
    /// What else a person should know of the output, a line each.
    pub notes: Vec<String>,
    /// What verification says of the output.
    pub report: verify::Report,
    /// Whether the output has another signer than the input.
    pub new_signer: bool,
}

/// What an artifact is and says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description {
    /// What it is.
    pub form: Form,
    /// What it says.
    pub facts: Facts,
}

/// What an artifact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An Android package.
    Apk,
    /// An Android App Bundle.
    Aab,
    /// A base and its splits, in a folder or an archive.
    ApkSet,
    /// An iOS package.
    Ipa,
    /// The folder of an app for Apple's systems.
    App,
    /// An archive of Xcode.
    Xcarchive,
    /// A folder with GeneXus' prototyping metadata.
    Metadata,
    /// Any other folder.
    Folder,
}

impl Form {
    /// What it is, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Apk => "Android package (APK)",
            Self::Aab => "Android App Bundle (AAB)",
            Self::ApkSet => "set of Android packages (base and splits)",
            Self::Ipa => "iOS package (IPA)",
            Self::App => "app (folder)",
            Self::Xcarchive => "archive of Xcode (folder)",
            Self::Metadata => "GeneXus prototyping metadata (folder)",
            Self::Folder => "folder of files",
        }
    }

    /// Whether such a thing has signatures.
    pub fn is_signable(self) -> bool {
        match self {
            Self::Apk | Self::Aab | Self::ApkSet | Self::Ipa | Self::App | Self::Xcarchive => true,
            Self::Metadata | Self::Folder => false,
        }
    }
}

/// What an artifact says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Facts {
    /// An Android package, a set of them, or an App Bundle.
    Apk(ApkFacts),
    /// An app for Apple's systems.
    App(AppFacts),
    /// A folder.
    Folder(FolderFacts),
}

/// What an Android package says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApkFacts {
    /// The package: the application's id.
    pub package: String,
    /// The name of a split.
    pub split: Option<String>,
    /// versionName.
    pub version_name: Option<String>,
    /// versionCode.
    pub version_code: Option<u32>,
    /// minSdkVersion, an API level.
    pub min_sdk: Option<u32>,
    /// targetSdkVersion, an API level.
    pub target_sdk: Option<u32>,
    /// `android:debuggable`.
    pub debuggable: bool,
    /// `android:testOnly`.
    pub test_only: bool,
    /// Architectures that it has native libraries for, as in `lib/ABI/`, sorted.
    pub abis: Vec<String>,
    /// The modules of an App Bundle, the base first; none of an APK.
    pub modules: Vec<String>,
    /// The packages of a set, the base first; none of a single one.
    pub packages: Vec<String>,
    /// Pairs of its APK Signing Block that are beside the signatures, in their order.
    pub pairs: Vec<PairFacts>,
    /// How many entries it has.
    pub entries: usize,
}

/// A pair of an APK Signing Block that no signature covers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PairFacts {
    /// The package of a set that has it.
    pub package: Option<String>,
    /// Its ID.
    pub id: u32,
    /// What it is, for people; `unknown` where nobody knows.
    pub what: &'static str,
    /// Bytes of its value.
    pub bytes: usize,
}

impl PairFacts {
    /// Where it is, as places call it.
    pub fn entry(&self) -> String {
        let package = self.package.iter().map(|package| format!("{package}!/"));
        package.chain([pair_name(self.id)]).collect()
    }
}

impl std::fmt::Display for PairFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(package) = &self.package {
            write!(f, "{package}!/")?;
        }
        f.write_str(&pair_text(self.id, self.bytes))
    }
}

/// What an app for Apple's systems says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppFacts {
    /// `CFBundleIdentifier`: the application's id.
    pub bundle_id: String,
    /// `CFBundleShortVersionString`.
    pub version: Option<String>,
    /// `CFBundleVersion`.
    pub build: Option<String>,
    /// The team that signed it.
    pub team: Option<String>,
    /// The provisioning profile in it.
    pub profile: Option<ProfileFacts>,
    /// Code within: bundles and images, by their paths.
    pub nested_code: Vec<String>,
}

/// What a provisioning profile says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProfileFacts {
    /// Its name.
    pub name: String,
    /// The last day on which it counts: `YYYY-MM-DD`.
    pub last_day: String,
}

/// What a folder says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FolderFacts {
    /// How many files it has.
    pub files: usize,
    /// GeneXus' main objects, by name.
    pub mains: Vec<String>,
}

impl Facts {
    /// For people: each fact with its name, as in ("version", "1.2 (34)").
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        match self {
            Self::Apk(apk) => {
                lines.push(("package", apk.package.clone()));
                lines.extend(apk.split.clone().map(|split| ("split", split)));
                let code = apk.version_code.map(|code| format!("({code})"));
                let version: Vec<String> = apk.version_name.iter().cloned().chain(code).collect();
                if !version.is_empty() {
                    lines.push(("version", version.join(" ")));
                }
                let shown = |sdk: Option<u32>| sdk.map_or_else(|| "not given".to_owned(), |sdk| sdk.to_string());
                let levels = format!("lowest {}, target {}", shown(apk.min_sdk), shown(apk.target_sdk));
                lines.push(("API levels", levels));
                let flags = [(apk.debuggable, "debuggable"), (apk.test_only, "testOnly")];
                let flags: Vec<&str> = flags.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
                if !flags.is_empty() {
                    lines.push(("flags", flags.join(", ")));
                }
                if !apk.modules.is_empty() {
                    lines.push(("modules", apk.modules.join(", ")));
                }
                if !apk.packages.is_empty() {
                    lines.push(("packages", apk.packages.join(", ")));
                }
                lines.push(("entries", apk.entries.to_string()));
                if !apk.pairs.is_empty() {
                    let pairs: Vec<String> = apk.pairs.iter().map(PairFacts::to_string).collect();
                    lines.push(("beside", pairs.join(", ")));
                }
            }
            Self::App(app) => {
                lines.push(("bundle id", app.bundle_id.clone()));
                match (&app.version, &app.build) {
                    (Some(version), Some(build)) => lines.push(("version", format!("{version} ({build})"))),
                    (Some(one), None) | (None, Some(one)) => lines.push(("version", one.clone())),
                    (None, None) => {}
                }
                lines.extend(app.team.clone().map(|team| ("team", team)));
                let profile = app.profile.as_ref();
                lines.extend(profile.map(|known| ("profile", format!("{} (until {})", known.name, known.last_day))));
                if !app.nested_code.is_empty() {
                    lines.push(("nested code", app.nested_code.join(", ")));
                }
            }
            Self::Folder(folder) => {
                lines.push(("files", folder.files.to_string()));
                if !folder.mains.is_empty() {
                    lines.push(("mains", folder.mains.join(", ")));
                }
            }
        }
        lines
    }
}

/// Something that an artifact of a release environment must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReleaseFault {
    /// What it says, for machines and documentation.
    pub code: Code,
    /// Where it is said.
    pub place: &'static str,
    /// What it is: "debuggable".
    pub what: &'static str,
}
