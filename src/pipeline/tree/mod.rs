//! Folders of files: inspect, plan, apply, verify, commit all files together.
//!
//! Must not: obtain credentials; values come from the caller, between plan and apply.

mod folder;
mod raised;

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::gate::Gate;
use super::plan::{Description, Done, Held, PlannedPlace, ReleaseFault};
use crate::artifact::files::{Changes, FileSet, Files, FilesError, Spot};
use crate::artifact::tree::{MAINS, mains};
use crate::artifact::web::{self, WebError};
use crate::format::limits;
use crate::host::file::FileError;
use crate::host::transaction::{Transaction, TransactionError};
use crate::placement::template::{TemplateError, Values};
use crate::placement::{Absence, Address, Kind, Locator, Place};
use crate::verify;
use crate::verify::injected::{self, Expected};
use crate::verify::leak::{Foreign, Hunt};
use crate::verify::site;
use folder::{Folder, Renewed};
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
    /// Somewhere else to write.
    #[error("a folder is changed in place; copy it to {} first", .0.display())]
    Output(PathBuf),
    /// The new files do not verify.
    #[error("the new files do not verify, so none was put in place: {}", verify::findings_text(.0))]
    Unsound(Vec<verify::Finding>),
}

/// A folder, inspected.
#[derive(Debug)]
pub struct Inspected {
    folder: Folder,
    mains: Vec<String>,
}

/// A folder, inspected, and what would change in it.
#[derive(Debug)]
pub struct Planned {
    inspected: Inspected,
    /// The places, in the order of presets and configuration.
    pub places: Vec<PlannedPlace>,
    /// Where each of them is.
    spots: Vec<Spot>,
    /// Files in which a place could be made.
    notes: Vec<String>,
}

impl Inspected {
    /// Step 1: lists the folder. What a killed run left half done in it is finished or taken away first.
    pub fn new(path: &Path) -> Result<Self, TreeJobError> {
        let folder = Folder::open(path)?;
        if folder.names().next().is_none() {
            return Err(TreeJobError::Empty(path.to_owned()));
        }
        let mains = mains(&folder)?;
        Ok(Self { folder, mains })
    }

    fn files(&self) -> FileSet<'_> {
        FileSet::new(&self.folder, Kind::Tree)
    }

    /// The main objects whose metadata this is; none where it is something else.
    pub fn mains(&self) -> &[String] {
        &self.mains
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

    /// The files in which a place lies; `Err` of the file where it would have to be made.
    pub fn spots(&self, place: &Place) -> Result<Vec<Result<String, String>>, TreeJobError> {
        let found = self.files().find(place)?;
        let spot = |spot: Spot| if spot.missing { Err(spot.file()) } else { Ok(spot.file()) };
        Ok(found.into_iter().map(|found| spot(found.spot)).collect())
    }

    /// What is at a place now; an error where it cannot be read.
    pub fn held(&self, place: &Place) -> Result<Vec<Held>, TreeJobError> {
        let found = self.files().find(place)?.into_iter().filter(|found| !found.spot.missing);
        Ok(found
            .map(|found| Held {
                entry: found.spot.file(),
                values: found.values.into_iter().map(Zeroizing::new).collect(),
            })
            .collect())
    }

    /// What the folder is, for people.
    pub fn describe(&self) -> Description {
        let kind = if self.mains.is_empty() { "folder of files" } else { "GeneXus prototyping metadata (folder)" };
        let mut facts = vec![("files", self.folder.names().count().to_string())];
        if !self.mains.is_empty() {
            facts.push(("mains", self.mains.join(", ")));
        }
        Description { kind, signable: false, facts }
    }

    /// What a release must not be, and this is.
    pub fn release_faults(&self) -> Vec<ReleaseFault> {
        let prototype = ReleaseFault { code: "release.prototype", place: MAINS, what: "prototyping metadata" };
        if self.mains.is_empty() { Vec::new() } else { vec![prototype] }
    }

    /// Adds what verification says of the places, and of credentials that should not be there.
    pub fn verify_content(&self, report: &mut verify::Report, expected: &[Expected], foreign: &[Foreign]) {
        injected::files(report, &self.folder, Kind::Tree, expected);
        site::files(report, &self.folder);
        Hunt::new(foreign, &injected::values(expected)).files(report, &self.folder);
    }

    /// Step 2: every address becomes spots, or an error before anything is obtained. `presets` is for messages.
    pub fn plan(self, places: &[Place], presets: &str) -> Result<Planned, TreeJobError> {
        let (mut planned, mut spots, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        for place in places {
            let all = self.files().find(place)?;
            if place.absence == Absence::Offer {
                let within = Place { absence: Absence::CreateWithin, ..place.clone() };
                let lacking = self.files().find(&within)?.into_iter().filter(|found| found.spot.missing);
                notes.extend(
                    lacking.map(|found| format!("{} does not hold {}; --create makes it", found.spot.file(), place.at)),
                );
            }
            for found in all {
                planned.push(PlannedPlace::new(place, found.spot.file(), found.spot.missing, found.values));
                spots.push(found.spot);
            }
        }
        if planned.iter().all(|place| place.value.is_raised()) {
            return Err(TreeJobError::NoPlaceAtAll { presets: presets.to_owned() });
        }
        Ok(Planned { inspected: self, places: planned, spots, notes })
    }
}

impl Planned {
    /// What a release must not be, and this is.
    pub fn release_faults(&self) -> Vec<ReleaseFault> {
        self.inspected.release_faults()
    }

    /// Whether a value that the plan puts in place differs from what is there.
    pub fn would_change(&self, values: &Values<'_>) -> Result<bool, TreeJobError> {
        Ok(!self.changes(&self.rendered(values)?)?.0.is_empty())
    }

    /// Whether the files could be replaced now.
    pub fn probe(&self, output: &Path) -> Result<(), TreeJobError> {
        self.check_output(output)?;
        let mut names: Vec<&str> = self.spots.iter().filter_map(|spot| spot.path.first()).map(String::as_str).collect();
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

    /// The values of all places but those that rise.
    fn rendered(&self, values: &Values<'_>) -> Result<Vec<(&Spot, Zeroizing<String>)>, TreeJobError> {
        let places = self.places.iter().zip(&self.spots).filter(|(place, _)| !place.value.is_raised());
        places.map(|(place, spot)| Ok((spot, place.value.render(values)?))).collect()
    }

    /// The new contents, and what a person must not miss. Numbers rise where anything else changes, and only then; what
    /// belongs to a file of a site is kept in step with it.
    fn changes(&self, values: &[(&Spot, Zeroizing<String>)]) -> Result<(Changes, Vec<String>), TreeJobError> {
        let files = self.inspected.files();
        let pairs: Vec<(&Spot, &str)> = values.iter().map(|(spot, value)| (*spot, value.as_str())).collect();
        let mut changes = files.change(pairs.iter().copied())?;
        let rising = || self.places.iter().zip(&self.spots).filter(|(place, _)| place.value.is_raised());
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
        let rendered = self.rendered(values)?;
        let expected: Vec<Expected> = rendered
            .iter()
            .map(|(spot, value)| Expected {
                address: spot.address.clone(),
                entry: Some(spot.file()),
                value: value.clone(),
            })
            .collect();

        // 4. Apply: new contents, beside the old ones.
        let (changes, warnings) = self.changes(&rendered)?;
        for (name, content) in &changes.contents {
            transaction.put(name, content)?;
        }

        // 5. Verify what was written, independently of what wrote it.
        let mut report = verify::Report::default();
        let renewed = Renewed::new(&self.inspected.folder, transaction.new_files());
        injected::files(&mut report, &renewed, Kind::Tree, &expected);
        report.findings.extend(self.misfits(&renewed, &changes));
        let contents = changes.contents.iter().map(|(name, content)| (name.clone(), content.as_slice()));
        gate.changed(values, contents).map_err(TreeJobError::Unsound)?;
        gate.files(values, &renewed).map_err(TreeJobError::Unsound)?;
        if !report.is_sound() {
            let wrong = report.findings.into_iter().filter(|finding| finding.severity == verify::Severity::Error);
            return Err(TreeJobError::Unsound(wrong.collect()));
        }

        // 6. Commit: all of them, or none.
        let mut done = Done { warnings, notes: self.notes.clone(), report, ..Done::default() };
        done.warnings.extend(self.public_secret(values));
        if let Some(prepared) = transaction.prepare()? {
            prepared.commit()?;
            done.written = true;
            done.entries = changes.contents.into_keys().collect();
        }
        Ok(done)
    }

    /// What was inspected.
    pub fn inspected(&self) -> &Inspected {
        &self.inspected
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
        let mut secret = self.places.iter().zip(&self.spots).filter(|(place, _)| place.value.needs_secret());
        let (_, spot) = secret.find(|(_, spot)| public(spot))?;
        Some(format!(
            "the secret in {} can be read by everybody who opens the site; secret = \"omit\" in the environment leaves it out",
            spot.file()
        ))
    }
}
