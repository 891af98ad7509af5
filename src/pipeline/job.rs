//! One surface over all kinds of artifacts: what it is decides which steps are taken, and nobody above has to know.
//!
//! Must not: do a step itself; each kind's module does.

use std::path::Path;
use std::sync::OnceLock;

use super::apk::{self, ApkJobError};
use super::apple::{self, AppleJobError};
use super::fault::Fault;
use super::gate::{Gate, Reach};
use super::locate::{Located, NotOwn, Old, Outcome, Search};
use super::old_copies::OldCopies;
use super::plan::{Description, Done, PlannedPlace, ReleaseFault};
use super::tree::{self, TreeJobError};
use zeroize::Zeroizing;

use crate::artifact::apple::Compared;
use crate::artifact::genexus::Mains;
use crate::artifact::kind::FileKind;
use crate::format::zip::{Archive, ZipError};
use crate::host::file::FileError;
use crate::host::replacement::Replacement;
use crate::pipeline::ArtifactFile;
use crate::placement::template::Values;
use crate::placement::{Address, Place};
use crate::verify;
use crate::verify::injected::Expected;
use crate::verify::leak::{self, Foreign};

/// Why an artifact was not injected. Nothing was written.
///
/// Its text says what, where, and what was expected; [`JobError::fault`] what a program may offer to do about it.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct JobError(Box<Cause>);

/// Where it comes from.
#[derive(Debug, thiserror::Error)]
pub(super) enum Cause {
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
    /// What it is, for programs.
    pub fn fault(&self) -> Fault<'_> {
        Fault::of(&self.0)
    }

    /// The place that is not there, where that is all that is wrong.
    pub fn missing_place(&self) -> Option<&Address> {
        match self.fault() {
            Fault::NoPlace { address, .. } | Fault::LeftEmpty { address } => Some(address),
            _ => None,
        }
    }
}

/// The copies of values in an artifact.
#[derive(Debug)]
#[non_exhaustive]
pub struct Copies {
    /// Those that are there, or would have to be made.
    pub found: Vec<Located>,
    /// Places that cannot be read, or are not there and should be, and why.
    pub unread: Vec<(Address, JobError)>,
    /// What stays although a place leads there, because it holds another Client Id: the warnings of [`Planned::finish`].
    pub not_own: Vec<verify::Finding>,
}

/// What the kinds answer, as this module does. No `From`: the kinds' errors are nobody else's to know.
trait Answer<T> {
    fn of_job(self) -> Result<T, JobError>;
}

impl<T, E: Into<Cause>> Answer<T> for Result<T, E> {
    fn of_job(self) -> Result<T, JobError> {
        self.map_err(|error| JobError(Box::new(error.into())))
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
            None if needs_key => Err(JobError(Box::new(Cause::NoKey("an app")))),
            None => Ok(apple::Signing::Unsigned),
        }
    }

    fn android(&self) -> Result<&apk::Signing<'_>, JobError> {
        self.android.as_ref().ok_or(JobError(Box::new(Cause::NoKey("an Android package"))))
    }
}

/// An artifact, inspected.
#[derive(Debug)]
pub struct Inspected {
    kind: Kinds<apk::Inspected, tree::Inspected, apple::Inspected>,
    /// The main objects of GeneXus, as soon as somebody asked.
    mains: OnceLock<Mains>,
    /// The main object that is meant, where the artifact does not say it.
    own: Option<String>,
}

/// The kinds of artifact that are worked on.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one of them per artifact")]
enum Kinds<A, T, I> {
    /// An Android package.
    Apk(A),
    /// A folder of files.
    Tree(T),
    /// An app for Apple's systems.
    Apple(I),
}

/// Finishes what a run that was killed had begun in the folder `path`, or drops it where something else has written there
/// since. Whoever writes does this first; it is nothing to do for a file. Says what a person must not miss.
pub fn repair(path: &Path) -> Result<Option<String>, JobError> {
    if !path.is_dir() {
        return Ok(None);
    }
    if let Some(said) = apple::Inspected::repair(path).of_job()? {
        return Ok(said);
    }
    tree::Inspected::repair(path).of_job()
}

/// What a run that was killed left in the folder `path`, and what [`repair`] will do about it; `None` where there is nothing.
/// Nothing is written.
pub fn pending(path: &Path) -> Result<Option<String>, JobError> {
    if !path.is_dir() {
        return Ok(None);
    }
    if let Some(said) = apple::Inspected::pending(path).of_job()? {
        return Ok(said);
    }
    tree::Inspected::pending(path).of_job()
}

impl Inspected {
    /// Step 1: looks what is at `path`, and inspects it. Nothing is written.
    pub fn new(path: &Path) -> Result<Self, JobError> {
        let inspected = Self::start(path)?;
        if let Kinds::Apple(app) = &inspected.kind {
            app.settle().of_job()?;
        }
        Ok(inspected)
    }

    /// The same, but does not wait for all that has to be read before it can be injected: that goes on beside what follows,
    /// and what is wrong there is an error of [`Planned::check`].
    pub fn start(path: &Path) -> Result<Self, JobError> {
        Self::reading(path, Compared::Best)
    }

    /// The same where it will be verified: what only verification asks for is read along with everything else, and not a
    /// second time.
    pub fn to_verify(path: &Path) -> Result<Self, JobError> {
        Self::reading(path, Compared::All)
    }

    fn reading(path: &Path, compared: Compared) -> Result<Self, JobError> {
        Ok(Self { kind: Self::look_at(path, compared)?, mains: OnceLock::new(), own: None })
    }

    fn look_at(
        path: &Path,
        compared: Compared,
    ) -> Result<Kinds<apk::Inspected, tree::Inspected, apple::Inspected>, JobError> {
        if path.is_dir() {
            if let Some(app) = apple::Inspected::folder(path, compared).of_job()? {
                return Ok(Kinds::Apple(app));
            }
            return Ok(Kinds::Tree(tree::Inspected::new(path).of_job()?));
        }
        let source = ArtifactFile::open(path).of_job()?;
        let archive = Archive::open(&source).of_job()?;
        match FileKind::of_archive(&archive) {
            FileKind::Apk => {
                let index = archive.index();
                Ok(Kinds::Apk(apk::Inspected::over(path, source, index).of_job()?))
            }
            FileKind::Ipa => {
                let index = archive.index();
                Ok(Kinds::Apple(apple::Inspected::ipa(path, source, index, compared).of_job()?))
            }
            other => Err(JobError(Box::new(Cause::Kind(other)))),
        }
    }

    /// The package or bundle id: how an artifact finds its application. A folder has none.
    pub fn id(&self) -> Option<&str> {
        match &self.kind {
            Kinds::Apk(apk) => Some(&apk.facts().package),
            Kinds::Tree(_) => None,
            Kinds::Apple(app) => Some(app.id()),
        }
    }

    /// The main objects of GeneXus that it holds metadata of, and which of them it is itself.
    pub fn mains(&self) -> Result<&Mains, JobError> {
        if let Some(mains) = self.mains.get() {
            return Ok(mains);
        }
        let mains = match &self.kind {
            Kinds::Apk(apk) => apk.mains().of_job()?,
            Kinds::Tree(tree) => tree.mains().of_job()?,
            Kinds::Apple(app) => app.mains().of_job()?,
        };
        Ok(self.mains.get_or_init(|| mains))
    }

    /// Says which main object is meant, where the artifact does not: metadata of several.
    pub fn stands_for(&mut self, main: impl Into<String>) {
        self.own = Some(main.into());
    }

    /// What these places ask of the main objects; who has none pays nothing for them.
    fn search<'a>(&'a self, places: &'a [Place]) -> Result<Search<'a>, JobError> {
        let asks = places.iter().any(|place| place.by_object || place.at.names_main());
        let mains = if asks { self.mains()? } else { &NO_MAINS };
        Ok(Search { places, mains, own: self.own.as_deref() })
    }

    /// The key it is signed with; `None` where nothing is signed.
    pub fn key_kind(&self) -> Option<KeyKind> {
        match &self.kind {
            Kinds::Apk(_) => Some(KeyKind::Android),
            Kinds::Tree(_) => None,
            Kinds::Apple(app) => app.needs_key().then_some(KeyKind::Apple),
        }
    }

    /// Whether one of these addresses is there: how a preset is found by looking.
    pub fn has_one_of(&self, addresses: &[Address]) -> Result<bool, JobError> {
        match &self.kind {
            Kinds::Apk(apk) => apk.has_one_of(addresses).of_job(),
            Kinds::Tree(tree) => tree.has_one_of(addresses).of_job(),
            Kinds::Apple(app) => app.has_one_of(addresses).of_job(),
        }
    }

    /// Every copy of every place.
    pub fn locate(&self, places: &[Place]) -> Result<Copies, JobError> {
        fn told<S, E: Into<Cause>>(outcome: Outcome<S, E>) -> Copies {
            let unread = outcome.errors.into_iter().map(|(at, error)| (at, JobError(Box::new(error.into())))).collect();
            let not_own = outcome.not_own.iter().map(NotOwn::finding).collect();
            Copies { found: outcome.copies.into_iter().map(|(copy, _)| copy).collect(), unread, not_own }
        }
        let search = self.search(places)?;
        Ok(match &self.kind {
            Kinds::Apk(apk) => told(apk.locate(search).map_error(ApkJobError::Apk)),
            Kinds::Tree(tree) => told(tree.locate(search).map_error(TreeJobError::Files)),
            Kinds::Apple(app) => told(app.locate(search).of_job()?),
        })
    }

    /// Where these values lie, anywhere in the artifact: what each is called, and the entry.
    pub fn holders(&self, values: &[Foreign]) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for value in values {
            let mut report = verify::Report::default();
            self.verify_content(&mut report, &[], std::slice::from_ref(value));
            let places = report.findings.into_iter().filter(leak::is_found);
            found.extend(places.map(|finding| (value.what.clone(), finding.place)));
        }
        found
    }

    /// Where the credential that these copies hold lies beside them: what [`Planned::finish`] refuses, in the same words. `places` are
    /// those that were located; `new` may be there.
    pub fn old_copies(&self, places: &[Place], copies: &[&Located], new: &[&str]) -> Vec<verify::Finding> {
        let mut old = Old::default();
        for copy in copies {
            if let Some(place) = places.get(copy.place) {
                old.take(copy, &place.value);
            }
        }
        let copies = OldCopies::beside(&old, new, Reach::Whole);
        let mut report = verify::Report::default();
        if !copies.sought().is_empty() {
            self.verify_content(&mut report, &[], copies.sought());
        }
        OldCopies::told(report)
    }

    /// What it is and says of itself, for people.
    pub fn describe(&self) -> Description {
        match &self.kind {
            Kinds::Apk(apk) => apk.describe(),
            Kinds::Tree(tree) => tree.describe(),
            Kinds::Apple(app) => app.describe(),
        }
    }

    /// What a release must not be, and this is.
    pub fn release_faults(&self) -> Vec<ReleaseFault> {
        match &self.kind {
            Kinds::Apk(apk) => apk::release_faults(apk.facts()),
            Kinds::Tree(tree) => tree.release_faults(),
            Kinds::Apple(app) => app.release_faults(),
        }
    }

    /// What verification says of container and signature; nothing of credentials. It is the same after [`Self::new`] and
    /// [`Self::to_verify`]; what was not read then is read now.
    pub fn verify_signature(&self, min_sdk: Option<u32>) -> Result<verify::Report, JobError> {
        match &self.kind {
            Kinds::Apk(apk) => apk.verify_signature(min_sdk).of_job(),
            Kinds::Tree(_) => Ok(verify::Report::default()),
            Kinds::Apple(app) => app.verify_signature().of_job(),
        }
    }

    /// Adds what verification says of the places, and of credentials that should not be there.
    pub fn verify_content(&self, report: &mut verify::Report, expected: &[Expected], foreign: &[Foreign]) {
        match &self.kind {
            Kinds::Apk(apk) => apk.verify_content(report, expected, foreign),
            Kinds::Tree(tree) => tree.verify_content(report, expected, foreign),
            Kinds::Apple(app) => app.verify_content(report, expected, foreign),
        }
    }

    /// What the artifact's program may read instead of these values, and holds something else: the warnings of
    /// [`Planned::finish`], in the same words.
    pub fn overrides(&self, expected: &[Expected]) -> Vec<verify::Finding> {
        match &self.kind {
            Kinds::Apk(_) | Kinds::Tree(_) => Vec::new(),
            Kinds::Apple(app) => app.overrides(expected),
        }
    }

    /// Step 2: every address becomes spots, or an error before anything is obtained. `presets` is for messages.
    pub fn plan(self, places: &[Place], presets: &str) -> Result<Planned, JobError> {
        let search = self.search(places)?;
        let (mains, own) = (search.mains.clone(), search.own.map(str::to_owned));
        let search = Search { places, mains: &mains, own: own.as_deref() };
        match self.kind {
            Kinds::Apk(apk) => apk.plan(search, presets).map(Kinds::Apk).of_job(),
            Kinds::Tree(tree) => tree.plan(search, presets).map(Kinds::Tree).of_job(),
            Kinds::Apple(app) => app.plan(search, presets).map(Kinds::Apple).of_job(),
        }
        .map(Planned)
    }
}

/// Where nobody asks for them.
static NO_MAINS: Mains = Mains { all: Vec::new(), own: None };

/// An artifact, inspected, and what would change in it. Secret-free but for what the artifact holds itself.
#[derive(Debug)]
pub struct Planned(Kinds<apk::Planned, tree::Planned, apple::Planned>);

impl Planned {
    /// The places, in the order of presets and configuration.
    pub fn places(&self) -> &[PlannedPlace] {
        match &self.0 {
            Kinds::Apk(apk) => apk.places(),
            Kinds::Tree(tree) => tree.places(),
            Kinds::Apple(app) => app.places(),
        }
    }

    /// What it holds of other main objects now: their Client Ids and, where they have one, their secrets.
    pub fn kept(&self) -> Vec<Zeroizing<String>> {
        match &self.0 {
            Kinds::Apk(apk) => apk.kept(),
            Kinds::Tree(tree) => tree.kept(),
            Kinds::Apple(app) => app.kept(),
        }
        .to_vec()
    }

    /// The other main objects that it holds copies of a credential of, each once.
    pub fn other_mains(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for name in self.places().iter().filter_map(|place| place.other_main.as_deref()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The key it needs; `None` where nothing is signed.
    pub fn key_kind(&self) -> Option<KeyKind> {
        match &self.0 {
            Kinds::Apk(_) => Some(KeyKind::Android),
            Kinds::Tree(_) => None,
            Kinds::Apple(app) => app.needs_key().then_some(KeyKind::Apple),
        }
    }

    /// What a release must not be, and this is.
    pub fn release_faults(&self) -> Vec<ReleaseFault> {
        match &self.0 {
            Kinds::Apk(apk) => apk::release_faults(apk.facts()),
            Kinds::Tree(tree) => tree.release_faults(),
            Kinds::Apple(app) => app.release_faults(),
        }
    }

    /// Whether a value that the plan puts in place differs from what is there. Nothing is written; what would keep it from being
    /// done is the same error as [`Self::finish`] has, so it can be asked before anything is obtained.
    pub fn would_change(&self, values: &Values<'_>, gate: Gate<'_>) -> Result<bool, JobError> {
        match &self.0 {
            Kinds::Apk(apk) => apk.would_change(values, gate).of_job(),
            Kinds::Tree(tree) => tree.would_change(values, gate).of_job(),
            Kinds::Apple(app) => app.would_change(values, gate).of_job(),
        }
    }

    /// Begins to write what these values will probably make at `output`, beside what follows. Nothing is there before
    /// [`Self::finish`]; where that is not asked, or other values are, nothing of it stays.
    pub fn begin(&self, values: &Values<'_>, output: &Path) {
        if let Kinds::Apple(app) = &self.0 {
            app.begin(values, output);
        }
    }

    /// Whether it can be signed as asked: before anything is obtained for it.
    pub fn check(&self, signing: &Signing<'_>) -> Result<(), JobError> {
        match &self.0 {
            Kinds::Apk(apk) => apk.check(signing.android()?).of_job(),
            Kinds::Tree(_) => Ok(()),
            Kinds::Apple(app) => app.check(&signing.apple(app.needs_key())?).of_job(),
        }
    }

    /// Whether something could be written at `output`.
    pub fn probe(&self, output: &Path) -> Result<(), JobError> {
        match &self.0 {
            Kinds::Apk(_) => Replacement::probe(output).of_job(),
            Kinds::Tree(tree) => tree.probe(output).of_job(),
            Kinds::Apple(app) => app.probe(output).of_job(),
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
        match self.0 {
            Kinds::Apk(apk) => apk.finish(values, signing.android()?, output, gate).of_job(),
            Kinds::Tree(tree) => tree.finish(values, output, gate).of_job(),
            Kinds::Apple(app) => {
                let signing = signing.apple(app.needs_key())?;
                app.finish(values, &signing, output, gate).of_job()
            }
        }
    }
}
