//! Folders of files: inspect, plan, apply, verify, commit all files together.
//!
//! Must not: obtain credentials; values come from the caller, between plan and apply.

mod folder;
mod raised;

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::gate::Gate;
use super::locate::{Hit, NoPlan, Outcome, Placed, Search, locate};
use super::old_copies::OldCopies;
use super::plan::{Description, Done, Facts, FolderFacts, Form, PlannedPlace, ReleaseFault};
use crate::artifact::files::{Changes, FileSet, Files, FilesError, Spot};
use crate::artifact::genexus::{self, MAINS, Mains};
use crate::artifact::web::{self, WebError};
use crate::format::limits;
use crate::host::file::{Changed, FileError};
use crate::host::transaction::{Transaction, TransactionError};
use crate::placement::template::{TemplateError, Values};
use crate::placement::{Absence, Address, Kind, Locator, Place};
use crate::verify::injected::{self, Expected};
use crate::verify::leak::{Foreign, Hunt};
use crate::verify::site;
use crate::verify::{self, Code};
pub(super) use folder::Folder;
use folder::Renewed;
pub use raised::RaisedError;

/// Why a folder was not injected. None of its files was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TreeJobError {
    /// A file operation.
    #[error(transparent)]
    File(#[from] FileError),
    /// The files.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// Putting them in place.
    #[error(transparent)]
    Transaction(#[from] TransactionError),
    /// Something else wrote there.
    #[error(transparent)]
    Changed(#[from] Changed),
    /// What belongs to a file that changes.
    #[error(transparent)]
    Web(#[from] WebError),
    /// A value template.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A number that should rise.
    #[error(transparent)]
    Raised(#[from] RaisedError),
    /// Nothing to look at.
    #[error("there is no file in {}", .0.display())]
    Empty(PathBuf),
    /// Too much to look at.
    #[error("there are more than {} files in {}; name the folder that is served or packed", limits::TREE_FILES, .path.display())]
    TooManyFiles {
        /// The folder.
        path: PathBuf,
    },
    /// No place at all.
    #[error("no place for a credential was found in this folder: none of the presets {presets} fits")]
    NoPlaceAtAll {
        /// What was tried.
        presets: String,
    },
    /// Places that the build left empty, and nothing else.
    #[error("nothing was put into this folder: {address} in {entry} is empty in this build, and stays so")]
    LeftEmpty {
        /// The first of them.
        address: Box<Address>,
        /// Where it lies.
        entry: String,
    },
    /// Metadata of several main objects.
    #[error("which main object is meant? this is the metadata of {}", .mains.join(", "))]
    Main {
        /// Their names.
        mains: Vec<String>,
    },
    /// Somewhere else to write.
    #[error("a folder is changed in place; copy it to {} first", .0.display())]
    Output(PathBuf),
    /// The new files do not verify.
    #[error("the new files do not verify, so none was put in place: {}", verify::findings_text(.0))]
    Unsound(Vec<verify::Finding>),
    /// A credential that must not be in what would be written.
    #[error("nothing was written, because the new files would hold what must not be there: {}", verify::findings_text(.0))]
    Leak(Vec<verify::Finding>),
}

/// A folder, inspected.
#[derive(Debug)]
pub struct Inspected {
    folder: Folder,
}

/// A folder, inspected, and what would change in it.
#[derive(Debug)]
pub struct Planned {
    inspected: Inspected,
    placed: Placed<Spot>,
}

impl Inspected {
    /// Step 1: lists the folder.
    pub fn new(path: &Path) -> Result<Self, TreeJobError> {
        let folder = Folder::open(path)?;
        if folder.names().next().is_none() {
            return Err(TreeJobError::Empty(path.to_owned()));
        }
        Ok(Self { folder })
    }

    /// Finishes or drops what a killed run left there, and says what a person must not miss.
    pub fn repair(path: &Path) -> Result<Option<String>, TreeJobError> {
        Folder::open(path)?.repair()
    }

    /// What a killed run left, and what happens to it.
    pub fn pending(path: &Path) -> Result<Option<String>, TreeJobError> {
        Folder::open(path)?.pending()
    }

    fn files(&self) -> FileSet<'_> {
        FileSet::new(&self.folder, Kind::Tree)
    }

    /// The main objects of GeneXus whose metadata this is; none where it is something else.
    pub fn mains(&self) -> Result<Mains, TreeJobError> {
        Ok(genexus::of_folder(&self.folder)?)
    }

    /// Whether one of these addresses is there: how a preset is found by looking.
    pub fn has_one_of(&self, addresses: &[Address]) -> Result<bool, TreeJobError> {
        for address in addresses {
            if self.files().has(address)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Every copy of every place.
    pub(super) fn locate(&self, search: Search<'_>) -> Outcome<Spot, FilesError> {
        locate(search, FilesError::is_no_place, |place| {
            Ok(self.files().find(place)?.into_iter().map(Hit::from).collect())
        })
    }

    /// What the folder is, for people.
    pub fn describe(&self) -> Description {
        let mains = self.mains().unwrap_or_default();
        let form = if mains.all.is_empty() { Form::Folder } else { Form::Metadata };
        let files = self.folder.names().count();
        let mains = mains.all.into_iter().map(|main| main.name).collect();
        Description { form, facts: Facts::Folder(FolderFacts { files, mains }) }
    }

    /// What a release must not be, and this is.
    pub fn release_faults(&self) -> Vec<ReleaseFault> {
        let prototype = ReleaseFault { code: Code::ReleasePrototype, place: MAINS, what: "prototyping metadata" };
        if self.folder.names().any(|name| name == MAINS) { vec![prototype] } else { Vec::new() }
    }

    /// Adds what verification says of the places, and of credentials that should not be there.
    pub fn verify_content(&self, report: &mut verify::Report, expected: &[Expected], foreign: &[Foreign]) {
        injected::files(report, &self.folder, Kind::Tree, expected);
        site::files(report, &self.folder);
        Hunt::new(foreign, &injected::values(expected)).files(report, &self.folder);
    }

    /// Step 2: every address becomes spots, or an error before anything is obtained. `presets` is for messages.
    pub(super) fn plan(self, search: Search<'_>, presets: &str) -> Result<Planned, TreeJobError> {
        let mut placed = Placed::of(self.locate(search), search.places).map_err(|why| match why {
            NoPlan::Place(error) => error.into(),
            NoPlan::LeftEmpty { address, entry } => TreeJobError::LeftEmpty { address: Box::new(address), entry },
            NoPlan::Main { mains } => TreeJobError::Main { mains },
            NoPlan::Nothing => TreeJobError::NoPlaceAtAll { presets: presets.to_owned() },
        })?;
        // Files in which a place could be made.
        let offered = search.places.iter().filter(|place| place.absence == Absence::Offer);
        let within = |place: &Place| Place { absence: Absence::CreateWithin, ..place.clone() };
        let within: Vec<Place> = offered.map(within).collect();
        let lacking = self.locate(Search { places: &within, ..search }).copies;
        placed.notes.extend(
            lacking
                .into_iter()
                .filter(|(copy, _)| copy.missing)
                .map(|(copy, _)| format!("{} does not hold {}; --create makes it", copy.entry, copy.address)),
        );
        Ok(Planned { inspected: self, placed })
    }
}

impl Planned {
    /// What a release must not be, and this is.
    pub fn release_faults(&self) -> Vec<ReleaseFault> {
        self.inspected.release_faults()
    }

    /// What it holds of other main objects now.
    pub fn kept(&self) -> &[Zeroizing<String>] {
        &self.placed.old.others
    }

    /// The places, in the order of presets and configuration.
    pub fn places(&self) -> &[PlannedPlace] {
        &self.placed.places
    }

    /// Whether a value that the plan puts in place differs from what is there; an error where the gate or an old copy would
    /// keep it from being done.
    pub fn would_change(&self, values: &Values<'_>, gate: Gate<'_>) -> Result<bool, TreeJobError> {
        let (changes, _) = self.changes(&self.rendered(values)?)?;
        let contents = changes.contents.iter().map(|(name, content)| (name.clone(), content.as_slice()));
        gate.changed(values, contents).map_err(TreeJobError::Leak)?;
        let mut copies = OldCopies::of(&self.placed.old, values, gate);
        let judged = copies.judged(|hunt| hunt.files(&self.inspected.folder, &changes.contents));
        judged.map_err(TreeJobError::Leak)?;
        Ok(!changes.is_empty())
    }

    /// Whether the files could be replaced now.
    pub fn probe(&self, output: &Path) -> Result<(), TreeJobError> {
        self.check_output(output)?;
        let mut names: Vec<&str> =
            self.placed.spots.iter().filter_map(|spot| spot.path.first()).map(String::as_str).collect();
        names.sort_unstable();
        // One file of each folder tells.
        names.dedup_by_key(|name| name.rsplit_once('/').map(|(folder, _)| folder));
        for name in names {
            Transaction::probe(self.inspected.folder.root(), name)?;
        }
        Ok(())
    }

    fn check_output(&self, output: &Path) -> Result<(), TreeJobError> {
        let same = std::fs::canonicalize(output).is_ok_and(|output| output == self.inspected.folder.root());
        if same { Ok(()) } else { Err(TreeJobError::Output(output.to_owned())) }
    }

    /// The values of all places that get one.
    fn rendered(&self, values: &Values<'_>) -> Result<Vec<(&Spot, Zeroizing<String>)>, TreeJobError> {
        Ok(self.placed.rendered(values)?.into_iter().map(|(_, spot, value)| (spot, value)).collect())
    }

    /// The new contents, and what a person must not miss. Numbers rise where anything else changes, and only then; what
    /// belongs to a file of a site is kept in step with it.
    fn changes(&self, values: &[(&Spot, Zeroizing<String>)]) -> Result<(Changes, Vec<String>), TreeJobError> {
        let files = self.inspected.files();
        let pairs: Vec<(&Spot, &str)> = values.iter().map(|(spot, value)| (*spot, value.as_str())).collect();
        let mut changes = files.change(pairs.iter().copied())?;
        let placed = || self.placed.places.iter().zip(&self.placed.spots);
        let rising = || placed().filter(|(place, _)| place.value.is_raised());
        if !changes.is_empty() && rising().next().is_some() {
            let number = raised::next(&files, rising().map(|(place, _)| &place.address))?;
            let rising = rising().map(|(_, spot)| (spot, number.as_str()));
            changes = files.change(pairs.into_iter().chain(rising))?;
        }
        let mut old = web::Old::new();
        for (spot, value) in values {
            let Some(file) = spot.path.first() else { continue };
            let replaced = old.entry(file.clone()).or_default();
            // Only scripts have maps that may repeat what stood there.
            if matches!(spot.locator, Locator::Js(_)) {
                let was = files.values_at(spot)?.into_iter().map(Zeroizing::new);
                replaced.extend(was.map(|was| (was, value.clone())));
            }
        }
        let warnings = web::keep_in_step(&self.inspected.folder, &old, &mut changes)?;
        Ok((changes, warnings))
    }

    /// Steps 3 to 6: applies the values and puts all new files in place.
    /// The gate may keep it from being written.
    pub fn finish(self, values: &Values<'_>, output: &Path, gate: Gate<'_>) -> Result<Done, TreeJobError> {
        self.check_output(output)?;
        // 3. Nobody else works here from now on, and what is read counts.
        let mut transaction = Transaction::start(self.inspected.folder.root())?;
        let folder = &self.inspected.folder;
        let planned = || self.placed.spots.iter().filter_map(|spot| spot.path.first()).map(String::as_str);
        folder.unchanged(planned())?;
        let rendered = self.rendered(values)?;
        let expected = self.placed.expected(values)?;

        // 4. Apply: new contents, beside the old ones.
        let (changes, warnings) = self.changes(&rendered)?;
        for (name, content) in &changes.contents {
            transaction.put(name, folder.stamp(name), content)?;
        }

        // 5. Verify what was written, independently of what wrote it.
        let mut report = verify::Report::default();
        let renewed = Renewed::new(&self.inspected.folder, transaction.new_files());
        injected::files(&mut report, &renewed, Kind::Tree, &expected);
        report.findings.extend(self.misfits(&renewed, &changes));
        let contents = changes.contents.iter().map(|(name, content)| (name.clone(), content.as_slice()));
        gate.changed(values, contents).map_err(TreeJobError::Leak)?;
        gate.files(values, &renewed).map_err(TreeJobError::Leak)?;
        let mut copies = OldCopies::of(&self.placed.old, values, gate);
        let judged = copies.judged(|hunt| hunt.files(&self.inspected.folder, &changes.contents));
        judged.map_err(TreeJobError::Leak)?;
        if !report.is_sound() {
            let wrong = report.findings.into_iter().filter(|finding| finding.severity == verify::Severity::Error);
            return Err(TreeJobError::Unsound(wrong.collect()));
        }

        // 6. Commit: all of them, or none.
        let mut done = Done { warnings, notes: self.placed.notes.clone(), report, ..Done::default() };
        done.warnings.extend(self.placed.warnings.iter().cloned());
        done.warnings.extend(self.public_secret(values));
        if !changes.is_empty() {
            done.notes.extend(copies.notes());
        }
        if let Some(prepared) = transaction.prepare()? {
            prepared.commit()?;
            done.written = true;
            done.entries = changes.contents.into_keys().collect();
        } else {
            folder.unchanged(planned())?;
        }
        Ok(done)
    }

    /// What no longer fits among the files of a site because of what changes.
    fn misfits(&self, renewed: &Renewed<'_>, changes: &Changes) -> Vec<verify::Finding> {
        let judged = |files: &dyn Files| {
            let mut report = verify::Report::default();
            site::files(&mut report, files);
            report.findings
        };
        if changes.is_empty() {
            return Vec::new();
        }
        let mut found = judged(renewed);
        found.retain(|finding| changes.contents.contains_key(&finding.place));
        // What did not fit before is for the gate to say.
        if !found.is_empty() {
            let before = judged(&self.inspected.folder);
            found.retain(|finding| !before.contains(finding));
        }
        found
    }

    /// A secret that everybody can read is none.
    fn public_secret(&self, values: &Values<'_>) -> Option<String> {
        values.client_secret.filter(|secret| !secret.is_empty())?;
        let served = self.inspected.folder.names().any(|name| name == "index.html" || name.ends_with("/index.html"));
        let public = |spot: &Spot| served || matches!(spot.locator, Locator::Js(_));
        let mut secret =
            self.placed.places.iter().zip(&self.placed.spots).filter(|(place, _)| place.value.needs_secret());
        let (_, spot) = secret.find(|(_, spot)| public(spot))?;
        Some(format!(
            "the secret in {} can be read by everybody who opens the site; secret = \"omit\" in the environment leaves it out",
            spot.file()
        ))
    }
}
