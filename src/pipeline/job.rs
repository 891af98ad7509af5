//! One surface over all kinds of artifacts: what it is decides which steps are taken, and nobody above has to know.
//!
//! Must not: do a step itself; each kind's module does.

use std::path::Path;

use super::apk::{self, ApkJobError};
use super::apple::{self, AppleJobError};
use super::gate::Gate;
use super::plan::{Description, Done, Held, PlannedPlace, ReleaseFault};
use super::tree::{self, TreeJobError};
use crate::artifact::apk::ApkError;
use crate::artifact::files::FilesError;
use crate::artifact::kind::FileKind;
use crate::format::zip::{Archive, ZipError};
use crate::host::file::FileError;
use crate::host::replacement::Replacement;
use crate::pipeline::ArtifactFile;
use crate::placement::template::Values;
use crate::placement::{Address, Place};
use crate::verify;
use crate::verify::injected::Expected;
use crate::verify::leak::Foreign;

/// Why an artifact was not injected. Nothing was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JobError {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is no archive.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// It is of a kind that is not worked on.
    #[error("this is {}, which this version does not work on", .0.describe())]
    Kind(FileKind),
    /// A package.
    #[error(transparent)]
    Apk(#[from] ApkJobError),
    /// A folder.
    #[error(transparent)]
    Tree(#[from] TreeJobError),
    /// An app for Apple's systems.
    #[error(transparent)]
    Apple(#[from] AppleJobError),
    /// No key was given for an artifact of this kind: a fault of the caller.
    #[error("no key to sign {0} with")]
    NoKey(&'static str),
}

impl JobError {
    /// The place that is not there, where that is all that is wrong.
    pub fn missing_place(&self) -> Option<&Address> {
        match self {
            Self::Apk(ApkJobError::Apk(ApkError::NoPlace { address, .. }))
            | Self::Tree(TreeJobError::Files(FilesError::NoPlace { address, .. }))
            | Self::Apple(AppleJobError::Files(FilesError::NoPlace { address, .. })) => Some(address),
            _ => None,
        }
    }
}

/// How the outputs are signed. Artifacts of several kinds in one run have a key each.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Signing<'a> {
    /// Android packages.
    pub android: Option<apk::Signing<'a>>,
    /// Apps for Apple's systems.
    pub apple: Option<apple::Signing<'a>>,
}

/// What kind of key an artifact is signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyKind {
    /// An Android signing key.
    Android,
    /// An identity for Apple's code signing.
    Apple,
}

impl Signing<'_> {
    /// How an app is signed; one that needs no key is left unsigned where none was given.
    fn apple(&self, needs_key: bool) -> Result<apple::Signing<'_>, JobError> {
        match self.apple {
            Some(signing) => Ok(signing),
            None if needs_key => Err(JobError::NoKey("an app")),
            None => Ok(apple::Signing::Unsigned),
        }
    }

    fn android(&self) -> Result<&apk::Signing<'_>, JobError> {
        self.android.as_ref().ok_or(JobError::NoKey("an Android package"))
    }
}

/// An artifact, inspected.
#[derive(Debug)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "there is one of them per artifact")]
pub enum Inspected {
    /// An Android package.
    Apk(apk::Inspected),
    /// A folder of files.
    Tree(tree::Inspected),
    /// An app for Apple's systems.
    Apple(apple::Inspected),
}

impl Inspected {
    /// Step 1: looks what is at `path`, and inspects it.
    pub fn new(path: &Path) -> Result<Self, JobError> {
        if path.is_dir() {
            if let Some(app) = apple::Inspected::folder(path)? {
                return Ok(Self::Apple(app));
            }
            return Ok(Self::Tree(tree::Inspected::new(path)?));
        }
        let source = ArtifactFile::open(path)?;
        let archive = Archive::open(&source)?;
        match FileKind::of_archive(&archive) {
            FileKind::Apk => {
                let index = archive.index();
                Ok(Self::Apk(apk::Inspected::over(path, source, index)?))
            }
            FileKind::Ipa => {
                let index = archive.index();
                Ok(Self::Apple(apple::Inspected::ipa(path, source, index)?))
            }
            other => Err(JobError::Kind(other)),
        }
    }

    /// The package or bundle id: how an artifact finds its application. A folder has none.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Apk(apk) => Some(&apk.facts().package),
            Self::Tree(_) => None,
            Self::Apple(app) => Some(app.id()),
        }
    }

    /// The main objects whose metadata it is, where that is what it is.
    pub fn mains(&self) -> &[String] {
        match self {
            Self::Apk(_) | Self::Apple(_) => &[],
            Self::Tree(tree) => tree.mains(),
        }
    }

    /// The key it is signed with; `None` where nothing is signed.
    pub fn key_kind(&self) -> Option<KeyKind> {
        match self {
            Self::Apk(_) => Some(KeyKind::Android),
            Self::Tree(_) => None,
            Self::Apple(app) => app.needs_key().then_some(KeyKind::Apple),
        }
    }

    /// Whether one of these addresses is there: how a preset is found by looking.
    pub fn has_one_of(&self, addresses: &[Address]) -> Result<bool, JobError> {
        match self {
            Self::Apk(apk) => Ok(apk.has_one_of(addresses)?),
            Self::Tree(tree) => Ok(tree.has_one_of(addresses)?),
            Self::Apple(app) => Ok(app.has_one_of(addresses)?),
        }
    }

    /// The entries in which a place lies; `Err` of the entry where it would have to be made.
    pub fn spots(&self, place: &Place) -> Result<Vec<Result<String, String>>, JobError> {
        match self {
            Self::Apk(apk) => Ok(apk.spots(place)?),
            Self::Tree(tree) => Ok(tree.spots(place)?),
            Self::Apple(app) => Ok(app.spots(place)?),
        }
    }

    /// What is at a place now; an error where it cannot be read.
    pub fn held(&self, place: &Place) -> Result<Vec<Held>, JobError> {
        match self {
            Self::Apk(apk) => Ok(apk.held(place)?),
            Self::Tree(tree) => Ok(tree.held(place)?),
            Self::Apple(app) => Ok(app.held(place)?),
        }
    }

    /// Where these values lie, anywhere in the artifact: what each is called, and the entry.
    pub fn holders(&self, values: &[Foreign]) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for value in values {
            let mut report = verify::Report::default();
            self.verify_content(&mut report, &[], std::slice::from_ref(value));
            let places = report.findings.into_iter().filter(|finding| finding.code == "leak.foreign");
            found.extend(places.map(|finding| (value.what.clone(), finding.place)));
        }
        found
    }

    /// What it is and says of itself, for people.
    pub fn describe(&self) -> Description {
        match self {
            Self::Apk(apk) => apk.describe(),
            Self::Tree(tree) => tree.describe(),
            Self::Apple(app) => app.describe(),
        }
    }

    /// What a release must not be, and this is.
    pub fn release_faults(&self) -> Vec<ReleaseFault> {
        match self {
            Self::Apk(apk) => apk::release_faults(apk.facts()),
            Self::Tree(tree) => tree.release_faults(),
            Self::Apple(app) => app.release_faults(),
        }
    }

    /// What verification says of container and signature; nothing of credentials.
    pub fn verify_signature(&self, min_sdk: Option<u32>) -> Result<verify::Report, JobError> {
        match self {
            Self::Apk(apk) => Ok(apk.verify_signature(min_sdk)?),
            Self::Tree(_) => Ok(verify::Report::default()),
            Self::Apple(app) => Ok(app.verify_signature()?),
        }
    }

    /// Adds what verification says of the places, and of credentials that should not be there.
    pub fn verify_content(&self, report: &mut verify::Report, expected: &[Expected], foreign: &[Foreign]) {
        match self {
            Self::Apk(apk) => apk.verify_content(report, expected, foreign),
            Self::Tree(tree) => tree.verify_content(report, expected, foreign),
            Self::Apple(app) => app.verify_content(report, expected, foreign),
        }
    }

    /// Step 2: every address becomes spots, or an error before anything is obtained. `presets` is for messages.
    pub fn plan(self, places: &[Place], presets: &str) -> Result<Planned, JobError> {
        match self {
            Self::Apk(apk) => Ok(Planned::Apk(apk.plan(places, presets)?)),
            Self::Tree(tree) => Ok(Planned::Tree(tree.plan(places, presets)?)),
            Self::Apple(app) => Ok(Planned::Apple(app.plan(places, presets)?)),
        }
    }
}

/// An artifact, inspected, and what would change in it. Secret-free but for what the artifact holds itself.
#[derive(Debug)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "there is one of them per artifact")]
pub enum Planned {
    /// An Android package.
    Apk(apk::Planned),
    /// A folder of files.
    Tree(tree::Planned),
    /// An app for Apple's systems.
    Apple(apple::Planned),
}

impl Planned {
    /// The places, in the order of presets and configuration.
    pub fn places(&self) -> &[PlannedPlace] {
        match self {
            Self::Apk(apk) => &apk.places,
            Self::Tree(tree) => &tree.places,
            Self::Apple(app) => &app.places,
        }
    }

    /// Whether it holds a credential of each of several main objects.
    pub fn has_neighbours(&self) -> bool {
        matches!(self, Self::Tree(tree) if tree.inspected().mains().len() > 1)
    }

    /// The key it needs; `None` where nothing is signed.
    pub fn key_kind(&self) -> Option<KeyKind> {
        match self {
            Self::Apk(_) => Some(KeyKind::Android),
            Self::Tree(_) => None,
            Self::Apple(app) => app.needs_key().then_some(KeyKind::Apple),
        }
    }

    /// What a release must not be, and this is.
    pub fn release_faults(&self) -> Vec<ReleaseFault> {
        match self {
            Self::Apk(apk) => apk::release_faults(apk.facts()),
            Self::Tree(tree) => tree.release_faults(),
            Self::Apple(app) => app.release_faults(),
        }
    }

    /// Whether a value that the plan puts in place differs from what is there.
    pub fn would_change(&self, values: &Values<'_>) -> Result<bool, JobError> {
        match self {
            Self::Apk(apk) => Ok(apk.would_change(values)?),
            Self::Tree(tree) => Ok(tree.would_change(values)?),
            Self::Apple(app) => Ok(app.would_change(values)?),
        }
    }

    /// Whether it can be signed as asked: before anything is obtained for it.
    pub fn check(&self, signing: &Signing<'_>) -> Result<(), JobError> {
        match self {
            Self::Apk(apk) => Ok(apk.check(signing.android()?)?),
            Self::Tree(_) => Ok(()),
            Self::Apple(app) => Ok(app.check(&signing.apple(app.needs_key())?)?),
        }
    }

    /// Whether something could be written at `output`.
    pub fn probe(&self, output: &Path) -> Result<(), JobError> {
        match self {
            Self::Apk(_) => Ok(Replacement::probe(output)?),
            Self::Tree(tree) => Ok(tree.probe(output)?),
            Self::Apple(app) => Ok(app.probe(output)?),
        }
    }

    /// Steps 3 and on: applies the values and puts the finished artifact at `output`.
    /// The gate may keep it from being written.
    pub fn finish(
        self,
        values: &Values<'_>,
        signing: &Signing<'_>,
        output: &Path,
        gate: Gate<'_>,
    ) -> Result<Done, JobError> {
        match self {
            Self::Apk(apk) => Ok(apk.finish(values, signing.android()?, output, gate)?),
            Self::Tree(tree) => Ok(tree.finish(values, output, gate)?),
            Self::Apple(app) => {
                let signing = signing.apple(app.needs_key())?;
                Ok(app.finish(values, &signing, output, gate)?)
            }
        }
    }
}
