//! One surface over all kinds of artifacts: what it is decides which steps are taken, and nobody above has to know.
//!
//! Must not: do a step itself; each kind's module does.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use zeroize::Zeroizing;

use super::fault::{Cause, Fault, OtherKind};
use super::gate::Gate;
use super::kind::{Artifact, Kind, Location, Task};
use super::locate::{Located, NotOwn, Old, Outcome, Placed, Search, locate};
use super::old_copies::OldCopies;
use super::plan::{Description, Done, PlannedPlace, ReleaseFault};
use super::reach::Reach;
use super::signing::{KeyKind, Signing};
use super::source_tree::SourceTree;
use super::{ArtifactFile, Input};
use super::{apk, apple, bundle, set, tree};
use crate::artifact::genexus::Mains;
use crate::artifact::kind::{FileKind, is_manifest_text};
use crate::format::read_at::ReadAt as _;
use crate::format::zip::{Archive, Rules};
use crate::host::transaction;
use crate::placement::template::Values;
use crate::placement::{self, Address, Place};
use crate::sign::android::KeptPairs;
use crate::verify;
use crate::verify::injected::{self, Expected};
use crate::verify::leak::{self, Foreign, Hunt};

/// A kind of artifact, registered.
struct Registered {
    /// Opens what lies at a path, where it is of this kind.
    open: fn(&Location) -> Opening,
    /// The folder in which a journal of this kind would lie, and what runs that were killed left there.
    left: fn(&Path) -> Result<Option<Leftovers>, Cause>,
}

/// Bytes at the beginning of a file that is no archive which say what it is.
const MANIFEST_START: u64 = 64 * 1024;

/// An artifact, where it is of a kind.
type Opening = Result<Option<Arc<dyn Opened>>, Cause>;
/// A folder, and what was left there, by name.
type Leftovers = (PathBuf, Vec<String>);

/// Every kind, in the order in which they are asked: any folder is a folder of files.
const KINDS: [Registered; 5] = [
    Registered { open: |at| opened(apk::Package::open(at)), left: |_| Ok(None) },
    Registered { open: |at| opened(bundle::Bundle::open(at)), left: |_| Ok(None) },
    Registered { open: |at| opened(set::PackageSet::open(at)), left: |_| Ok(None) },
    Registered { open: |at| opened(apple::App::open(at)), left: apple::App::left },
    Registered { open: |at| opened(tree::FileTree::open(at)), left: tree::FileTree::left },
];

fn opened<K: Kind>(artifact: Result<Option<K>, Cause>) -> Opening {
    Ok(artifact?.map(|artifact| -> Arc<dyn Opened> { Arc::new(artifact) }))
}

/// Why an artifact was not injected. Nothing was written.
///
/// Its text says what, where, and what was expected; [`JobError::fault`] what a program may offer to do about it.
pub struct JobError(Cause);

impl JobError {
    /// What it is, for programs.
    pub fn fault(&self) -> Fault<'_> {
        self.0.fault()
    }

    /// The place that is not there, where that is all that is wrong.
    pub fn missing_place(&self) -> Option<&Address> {
        if let Fault::NoPlace { address, .. } | Fault::LeftEmpty { address } = self.fault() {
            return Some(address);
        }
        None
    }
}

impl fmt::Debug for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl std::error::Error for JobError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.error().source()
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

/// An artifact of any kind: what the kinds do, each in its own types, without these types.
trait Opened: Artifact {
    /// Every copy of every place.
    fn copies(&self, search: Search<'_>) -> Copies;

    /// Every address becomes spots.
    fn plan(self: Arc<Self>, search: Search<'_>, presets: &str) -> Result<Box<dyn AnyPlan>, Cause>;
}

impl<K: Kind> Opened for K {
    fn copies(&self, search: Search<'_>) -> Copies {
        let outcome = found(self, search);
        let unread = outcome.errors.into_iter().map(|(at, error)| (at, JobError(error))).collect();
        let not_own = outcome.not_own.iter().map(NotOwn::finding).collect();
        Copies { found: outcome.copies.into_iter().map(|(copy, _)| copy).collect(), unread, not_own }
    }

    fn plan(self: Arc<Self>, search: Search<'_>, presets: &str) -> Result<Box<dyn AnyPlan>, Cause> {
        self.read_ahead();
        let mut placed =
            Placed::of(found(&*self, search), search.places, self.words(), presets, || self.source_tree())?;
        placed.pairs = search.pairs.clone();
        self.judge_plan(search, &mut placed)?;
        Ok(Box::new(Plan { artifact: self, placed }))
    }
}

fn found<K: Kind>(artifact: &K, search: Search<'_>) -> Outcome<K::Spot> {
    let mut outcome = locate(search, |place| artifact.find(place));
    artifact.look_around(&mut outcome);
    outcome
}

/// A plan for an artifact of a kind.
#[derive(Debug)]
struct Plan<K: Kind> {
    artifact: Arc<K>,
    placed: Placed<K::Spot>,
}

/// A plan for an artifact of any kind.
trait AnyPlan: fmt::Debug + Send + Sync {
    fn artifact(&self) -> &dyn Artifact;
    fn places(&self) -> &[PlannedPlace];
    fn others(&self) -> &[Zeroizing<String>];
    fn would_change(&self, values: &Values<'_>, gate: Gate<'_>) -> Result<bool, Cause>;
    fn kept(&self) -> Option<&verify::Report>;
    fn check(&self, signing: &Signing<'_>) -> Result<(), Cause>;
    fn probe(&self, output: &Path) -> Result<(), Cause>;
    fn finish(&self, task: &Task<'_>) -> Result<Done, Cause>;
}

impl<K: Kind> AnyPlan for Plan<K> {
    fn artifact(&self) -> &dyn Artifact {
        &*self.artifact
    }

    fn places(&self) -> &[PlannedPlace] {
        &self.placed.places
    }

    fn others(&self) -> &[Zeroizing<String>] {
        &self.placed.old.others
    }

    fn would_change(&self, values: &Values<'_>, gate: Gate<'_>) -> Result<bool, Cause> {
        let artifact = &*self.artifact;
        artifact.check_readable()?;
        let changes = artifact.changes(&self.placed, values)?;
        let contents = artifact.contents(&changes);
        gate.changed(artifact.words(), values, contents.iter().cloned())?;
        let changed: Vec<&str> = contents.iter().map(|(name, _)| name.as_str()).collect();
        gate.input(artifact.words(), values, &changed, |hunt, report| artifact.search(hunt, report))?;
        OldCopies::of(&self.placed.old, values, gate).judged(artifact.words(), |hunt| {
            hunt.contents(contents.iter().cloned());
            artifact.search_rest(&self.placed, hunt, &changes)
        })?;
        Ok(!contents.is_empty())
    }

    fn kept(&self) -> Option<&verify::Report> {
        self.placed.kept.as_ref()
    }

    fn check(&self, signing: &Signing<'_>) -> Result<(), Cause> {
        if self.placed.kept.is_some() { Ok(()) } else { self.artifact.check_plan(&self.placed, signing) }
    }

    fn probe(&self, output: &Path) -> Result<(), Cause> {
        self.artifact.probe(&self.placed, output)
    }

    fn finish(&self, task: &Task<'_>) -> Result<Done, Cause> {
        self.artifact.finish(&self.placed, task)
    }
}

/// An artifact, inspected.
#[derive(Debug)]
pub struct Inspected {
    artifact: Arc<dyn Opened>,
    /// The main objects of GeneXus, as soon as somebody asked.
    mains: OnceLock<Mains>,
    /// The main object that is meant, where the artifact does not say it.
    own: Option<String>,
    /// Pairs of a signing block that stay although the package is signed anew.
    pairs: KeptPairs,
}

/// Finishes what a run that was killed had begun in the folder `path`, or drops it where something else has written there
/// since. Whoever writes does this first; it is nothing to do for a file. Says what a person must not miss.
pub fn repair(path: &Path) -> Result<Option<String>, JobError> {
    match left(path).map_err(JobError)? {
        Some((root, ours)) => transaction::repair(&root, &ours).map_err(|error| JobError(error.into())),
        None => Ok(None),
    }
}

/// What a run that was killed left in the folder `path`, and what [`repair`] will do about it; `None` where there is nothing.
/// Nothing is written.
pub fn pending(path: &Path) -> Result<Option<String>, JobError> {
    match left(path).map_err(JobError)? {
        Some((root, ours)) => transaction::pending(&root, &ours).map_err(|error| JobError(error.into())),
        None => Ok(None),
    }
}

/// Whether a file that is no archive is the manifest of an Android project.
fn is_manifest(file: &ArtifactFile) -> bool {
    let len = usize::try_from(file.size().min(MANIFEST_START)).unwrap_or(0);
    let mut start = vec![0; len];
    file.read_exact_at(&mut start, 0).is_ok() && is_manifest_text(&start)
}

/// What runs that were killed left in a folder, and where their journal would lie.
fn left(path: &Path) -> Result<Option<Leftovers>, Cause> {
    if !path.is_dir() {
        return Ok(None);
    }
    for kind in &KINDS {
        if let Some((root, ours)) = (kind.left)(path)? {
            return Ok((!ours.is_empty()).then_some((root, ours)));
        }
    }
    Ok(None)
}

impl Inspected {
    /// Step 1: looks what is at `path`, and inspects it. Nothing is written. Of an app for Apple's systems the code is read when it is
    /// first asked for: what is wrong there is an error of whoever needs it, [`Planned::check`] at the latest.
    pub fn new(path: &Path) -> Result<Self, JobError> {
        Self::of(&Input::from(path))
    }

    /// The same for what may be packages of a folder.
    pub fn of(input: &Input) -> Result<Self, JobError> {
        let artifact = Self::look_at(input).map_err(JobError)?;
        Ok(Self { artifact, mains: OnceLock::new(), own: None, pairs: KeptPairs::default() })
    }

    fn look_at(Input { path, packages }: &Input) -> Result<Arc<dyn Opened>, Cause> {
        let location = if !packages.is_empty() {
            Location::Packages { folder: path.clone(), names: packages.clone() }
        } else if path.is_dir() {
            Location::Folder(path.to_owned())
        } else {
            let file = Arc::new(ArtifactFile::open(path)?);
            let archive = match Archive::open_by(&*file, Rules::Common) {
                Err(_) if is_manifest(&file) => return Err(OtherKind(FileKind::Source).into()),
                archive => archive?,
            };
            let (index, kind) = (archive.index(), FileKind::of_archive(&archive));
            if kind.is_for_android() {
                archive.fits_android()?;
            }
            drop(archive);
            Location::Archive { path: path.to_owned(), file, index, kind }
        };
        for kind in &KINDS {
            if let Some(artifact) = (kind.open)(&location)? {
                return Ok(artifact);
            }
        }
        Err(OtherKind(match location {
            Location::Archive { kind, .. } => kind,
            Location::Folder(_) | Location::Packages { .. } => FileKind::OtherZip,
        })
        .into())
    }

    /// The package or bundle id: how an artifact finds its application. A folder has none.
    pub fn id(&self) -> Option<&str> {
        self.artifact.id()
    }

    /// The main objects of GeneXus that it holds metadata of, and which of them it is itself.
    pub fn mains(&self) -> Result<&Mains, JobError> {
        if let Some(mains) = self.mains.get() {
            return Ok(mains);
        }
        let mains = self.artifact.mains().map_err(JobError)?;
        Ok(self.mains.get_or_init(|| mains))
    }

    /// Says which main object is meant, where the artifact does not: metadata of several.
    pub fn stands_for(&mut self, main: impl Into<String>) {
        self.own = Some(main.into());
    }

    /// Says which pairs of an APK Signing Block stay although the package is signed anew: those that are there and have no place.
    pub fn keep_pairs(&mut self, pairs: KeptPairs) {
        self.pairs = pairs;
    }

    /// What these places ask of the main objects; who has none pays nothing for them.
    fn search<'a>(&'a self, places: &'a [Place]) -> Result<Search<'a>, JobError> {
        let asks = places.iter().any(|place| place.by_object || place.at.names_main());
        let mains = if asks { self.mains()? } else { &NO_MAINS };
        Ok(Search { places, mains, own: self.own.as_deref(), pairs: &self.pairs })
    }

    /// The key it is signed with; `None` where nothing is signed.
    pub fn key_kind(&self) -> Option<KeyKind> {
        self.artifact.key_kind()
    }

    /// Whether one of these addresses is there: how a preset is found by looking.
    pub fn has_one_of(&self, addresses: &[Address]) -> Result<bool, JobError> {
        for address in addresses {
            if self.artifact.has(address).map_err(JobError)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether an address is for artifacts of this kind: one that begins with the word of another kind is passed over.
    pub fn is_meant(&self, address: &Address) -> bool {
        let own = self.artifact.kind();
        // A bundle has what its packages have, but for their signing blocks.
        address.kind.is_none_or(|kind| kind.covers(own) && !(address.is_pair() && own != placement::Kind::Apk))
    }

    /// Addresses of what is there and has no other name: pairs of an APK Signing Block that mean nothing to Android.
    pub fn pairs(&self) -> Result<Vec<Address>, JobError> {
        self.artifact.pairs().map_err(JobError)
    }

    /// Every copy of every place.
    pub fn locate(&self, places: &[Place]) -> Result<Copies, JobError> {
        Ok(self.artifact.copies(self.search(places)?))
    }

    /// Where these values lie, anywhere in the artifact: what each is called, and the entry.
    pub fn holders(&self, values: &[Foreign]) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for value in values {
            let mut report = verify::Report::default();
            self.artifact.search(&mut Hunt::new(std::slice::from_ref(value), &[]), &mut report);
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
            self.artifact.search(&mut Hunt::new(copies.sought(), &[]), &mut report);
        }
        OldCopies::told(report)
    }

    /// What it is and says of itself, for people.
    pub fn describe(&self) -> Description {
        self.artifact.describe()
    }

    /// What it is the source of, where somebody gives the folder of a project instead of what is built of it.
    pub fn source_tree(&self) -> Option<SourceTree> {
        self.artifact.source_tree()
    }

    /// What a release must not be, and this is.
    pub fn release_faults(&self) -> Vec<ReleaseFault> {
        self.artifact.release_faults()
    }

    /// What verification says of container and signature; nothing of credentials.
    pub fn verify_signature(&self, min_sdk: Option<u32>) -> Result<verify::Report, JobError> {
        self.artifact.verify_signature(min_sdk).map_err(JobError)
    }

    /// Adds what verification says of the places, and of credentials that should not be there.
    pub fn verify_content(&self, report: &mut verify::Report, expected: &[Expected], foreign: &[Foreign]) {
        self.artifact.verify_places(report, expected);
        self.artifact.search(&mut Hunt::new(foreign, &injected::values(expected)), report);
    }

    /// What the artifact's program may read instead of these values, and holds something else: the warnings of
    /// [`Planned::finish`], in the same words.
    pub fn overrides(&self, expected: &[Expected]) -> Vec<verify::Finding> {
        self.artifact.overrides(expected)
    }

    /// Step 2: every address becomes spots, or an error before anything is obtained. `presets` is for messages.
    pub fn plan(&self, places: &[Place], presets: &str) -> Result<Planned, JobError> {
        let search = self.search(places)?;
        Arc::clone(&self.artifact).plan(search, presets).map(Planned).map_err(JobError)
    }
}

/// Where nobody asks for them.
static NO_MAINS: Mains = Mains { all: Vec::new(), own: None };

/// An artifact, inspected, and what would change in it. Secret-free but for what the artifact holds itself.
#[derive(Debug)]
pub struct Planned(Box<dyn AnyPlan>);

impl Planned {
    /// The places, in the order of presets and configuration.
    pub fn places(&self) -> &[PlannedPlace] {
        self.0.places()
    }

    /// What it holds of other main objects now: their Client Ids and, where they have one, their secrets.
    pub fn kept(&self) -> &[Zeroizing<String>] {
        self.0.others()
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

    /// The key it needs; `None` where nothing is signed, or the signatures that are there stay.
    pub fn key_kind(&self) -> Option<KeyKind> {
        self.0.artifact().key_kind().filter(|_| self.0.kept().is_none())
    }

    /// Whether such an artifact is signed.
    pub fn is_signable(&self) -> bool {
        self.0.artifact().key_kind().is_some()
    }

    /// The signers whose signatures stay as they are, where the plan changes nothing that they cover; `None` where it is signed anew.
    pub fn kept_signers(&self) -> Option<&[verify::Signer]> {
        self.0.kept().map(verify::Report::signers)
    }

    /// What a release must not be, and this is.
    pub fn release_faults(&self) -> Vec<ReleaseFault> {
        self.0.artifact().release_faults()
    }

    /// Whether a value that the plan puts in place differs from what is there. Nothing is written; what would keep it from being
    /// done is the same error as [`Self::finish`] has, so it can be asked before anything is obtained.
    pub fn would_change(&self, values: &Values<'_>, gate: Gate<'_>) -> Result<bool, JobError> {
        self.0.would_change(values, gate).map_err(JobError)
    }

    /// Whether it can be signed as asked: before anything is obtained for it.
    pub fn check(&self, signing: &Signing<'_>) -> Result<(), JobError> {
        self.0.check(signing).map_err(JobError)
    }

    /// Whether something could be written at `output`.
    pub fn probe(&self, output: &Path) -> Result<(), JobError> {
        self.0.probe(output).map_err(JobError)
    }

    /// Steps 3 and on: applies the values and puts the finished artifact at `output`. It may be done again for another output;
    /// where the output took the artifact's own place, the plan is of something that is no more, and that is an error.
    /// The gate may keep it from being written.
    pub fn finish(
        &self,
        values: &Values<'_>,
        signing: &Signing<'_>,
        output: &Path,
        gate: Gate<'_>,
    ) -> Result<Done, JobError> {
        self.0.finish(&Task { values, signing, output, gate }).map_err(JobError)
    }
}
