//! What a kind of artifact is: the steps that differ from kind to kind. `job` has what is the same for all, and the list of them.
//!
//! A kind has one room, which implements [`Artifact`] (what it says and verifies) and [`Kind`] (how a value gets in), and one
//! function that opens what lies at a path where it is of this kind.
//!
//! Must not: know any kind.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::ArtifactFile;
use super::fault::Cause;
use super::gate::Gate;
use super::locate::{Hit, Outcome, Placed, Search};
use super::old_copies::OldHunt;
use super::plan::{Description, Done, ReleaseFault};
use super::refusal::Words;
use super::signing::{KeyKind, Signing};
use super::source_tree::SourceTree;
use crate::artifact::genexus::Mains;
use crate::artifact::kind::FileKind;
use crate::format::zip::Index;
use crate::placement::template::Values;
use crate::placement::{self, Address, Place};
use crate::verify::injected::Expected;
use crate::verify::leak::Hunt;
use crate::verify::{self, Finding};

/// What lies at a path, before a kind takes it.
pub(super) enum Location {
    /// A folder.
    Folder(PathBuf),
    /// Packages of a folder, by name: a base and its splits.
    Packages { folder: PathBuf, names: Vec<String> },
    /// An archive that was opened.
    Archive { path: PathBuf, file: Arc<ArtifactFile>, index: Arc<Index>, kind: FileKind },
}

/// An artifact of some kind: what it says of itself, and what verification says of it.
pub(super) trait Artifact: fmt::Debug + Send + Sync {
    /// What it is called in messages.
    fn words(&self) -> &'static Words;

    /// The package or bundle id: how an artifact finds its application.
    fn id(&self) -> Option<&str>;

    /// What addresses call its kind.
    fn kind(&self) -> placement::Kind;

    /// What it is and says of itself, for people.
    fn describe(&self) -> Description;

    /// The main objects of GeneXus that it holds metadata of.
    fn mains(&self) -> Result<Mains, Cause>;

    /// What it is the source of, where nothing is built yet.
    fn source_tree(&self) -> Option<SourceTree> {
        None
    }

    /// What a release must not be, and this is.
    fn release_faults(&self) -> Vec<ReleaseFault>;

    /// The key it is signed with; `None` where nothing is signed.
    fn key_kind(&self) -> Option<KeyKind>;

    /// Whether all of it can be read that an injection has to read.
    fn check_readable(&self) -> Result<(), Cause> {
        Ok(())
    }

    /// Whether it can be signed as asked: before anything is obtained for it.
    fn check_signing(&self, signing: &Signing<'_>) -> Result<(), Cause>;

    /// Whether something is at an address.
    fn has(&self, address: &Address) -> Result<bool, Cause>;

    /// What verification says of container and signature; nothing of credentials.
    fn verify_signature(&self, min_sdk: Option<u32>) -> Result<verify::Report, Cause>;

    /// Adds what verification says of the places and of what belongs to them; nothing of other credentials.
    fn verify_places(&self, report: &mut verify::Report, expected: &[Expected]);

    /// Searches all of it, as it is.
    fn search(&self, hunt: &mut Hunt<'_>, report: &mut verify::Report);

    /// Addresses of what is there and has no other name: pairs of an APK Signing Block.
    fn pairs(&self) -> Result<Vec<Address>, Cause> {
        Ok(Vec::new())
    }

    /// What the artifact's program may read instead of these values, and holds something else.
    fn overrides(&self, _expected: &[Expected]) -> Vec<Finding> {
        Vec::new()
    }
}

/// How a value gets into an artifact of a kind.
pub(super) trait Kind: Artifact + Sized + 'static {
    /// A place in it.
    type Spot: fmt::Debug + Send + Sync;
    /// New contents.
    type Changes;

    /// Begins to read what will be needed, beside what follows.
    fn read_ahead(&self) {}

    /// The spots of a place.
    fn find(&self, place: &Place) -> Result<Vec<Hit<Self::Spot>>, Cause>;

    /// Adds to what was found what only the artifact's surroundings tell.
    fn look_around(&self, _found: &mut Outcome<Self::Spot>) {}

    /// Looks at a plan as a whole.
    fn judge_plan(&self, _search: Search<'_>, _placed: &mut Placed<Self::Spot>) -> Result<(), Cause> {
        Ok(())
    }

    /// New contents with every value in its spot; what comes out as it was is left out.
    fn changes(&self, placed: &Placed<Self::Spot>, values: &Values<'_>) -> Result<Self::Changes, Cause>;

    /// These contents, each with its name.
    fn contents<'c>(&self, changes: &'c Self::Changes) -> Vec<(String, &'c [u8])>;

    /// Searches what does not change.
    fn search_rest(
        &self,
        placed: &Placed<Self::Spot>,
        hunt: &mut OldHunt<'_>,
        changes: &Self::Changes,
    ) -> Result<(), Cause>;

    /// Whether a plan that is signed can be as asked: before anything is obtained for it.
    fn check_plan(&self, _placed: &Placed<Self::Spot>, signing: &Signing<'_>) -> Result<(), Cause> {
        self.check_signing(signing)
    }

    /// Whether something could be written at `output`.
    fn probe(&self, placed: &Placed<Self::Spot>, output: &Path) -> Result<(), Cause>;

    /// Applies the values, signs, verifies, and puts the finished artifact at `output`, or leaves everything as it was.
    fn finish(&self, placed: &Placed<Self::Spot>, task: &Task<'_>) -> Result<Done, Cause>;
}

/// What is asked for.
#[derive(Clone, Copy)]
pub(super) struct Task<'a> {
    pub(super) values: &'a Values<'a>,
    pub(super) signing: &'a Signing<'a>,
    pub(super) output: &'a Path,
    pub(super) gate: Gate<'a>,
}

/// Whether two paths lead to one file.
pub(super) fn same_file(a: &Path, b: &Path) -> bool {
    match (std::fs::canonicalize(a), std::fs::canonicalize(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}
