//! Folders of files: found, edited, verified and put in place together.
//!
//! * `folder`: the files.
//! * `raised`: numbers that rise when anything else changes.
//! * `sealed`: what Apple's code signing sealed.
//! * `error`: what can go wrong with a folder alone.
//!
//! Must not: obtain credentials; values come from the caller, between plan and apply.

mod error;
mod folder;
mod raised;
mod sealed;

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::fault::Cause;
use super::kind::{Artifact, Kind, Location, Task};
use super::locate::{Hit, Placed, Search, locate};
use super::old_copies::{OldCopies, OldHunt};
use super::plan::{Description, Done, Facts, FolderFacts, Form, ReleaseFault};
use super::refusal::{Refusal, Words};
use super::signing::{KeyKind, Signing};
use super::source_tree::SourceTree;
use crate::artifact::files::{self, FileSet, Files, Spot};
use crate::artifact::genexus::{self, MAINS, Mains};
use crate::artifact::web;
use crate::format::calendar::generalized;
use crate::host::file::FileError;
use crate::host::transaction::Transaction;
use crate::host::{clock, sharing};
use crate::placement::template::Values;
use crate::placement::{self, Absence, Address, Locator, Place};
use crate::verify::injected::{self, Expected};
use crate::verify::leak::Hunt;
use crate::verify::site;
use crate::verify::{self, Code};
use error::FolderFault;
use folder::{Folder, Renewed};

static WORDS: Words = Words {
    this: "this folder",
    new: "the new files",
    example: "config.json#/client_id",
    make: Some("--preset generic --create"),
};

/// A folder, inspected.
#[derive(Debug)]
pub struct FileTree {
    folder: Folder,
}

/// New contents of files.
pub struct Changes {
    files: files::Changes,
    /// What a person must not miss.
    warnings: Vec<String>,
}

impl FileTree {
    /// The folder at a place; `None` where something else is there.
    pub(super) fn open(at: &Location) -> Result<Option<Self>, Cause> {
        let Location::Folder(path) = at else { return Ok(None) };
        let folder = Folder::open(path)?;
        if folder.names().next().is_none() {
            return Err(FolderFault::Empty(path.clone()).into());
        }
        Ok(Some(Self { folder }))
    }

    /// What runs that were killed left in a folder, and where their journal lies.
    pub(super) fn left(path: &Path) -> Result<Option<(PathBuf, Vec<String>)>, Cause> {
        let folder = Folder::open(path)?;
        Ok(Some((folder.root().to_owned(), folder.ours().to_vec())))
    }

    fn files(&self) -> FileSet<'_> {
        FileSet::new(&self.folder, placement::Kind::Tree)
    }

    fn check_output(&self, output: &Path) -> Result<(), Cause> {
        let same = std::fs::canonicalize(output).is_ok_and(|output| output == self.folder.root());
        if same {
            return Ok(());
        }
        Err(Refusal::InPlace { what: "a folder", short: "folder", output: output.to_owned() }.into())
    }

    /// What no longer fits among the files of a site because of what changes.
    fn misfits(&self, renewed: &Renewed<'_>, changes: &files::Changes) -> Vec<verify::Finding> {
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
            let before = judged(&self.folder);
            found.retain(|finding| !before.contains(finding));
        }
        found
    }

    /// A secret that everybody can read is none.
    fn public_secret(&self, placed: &Placed<Spot>, values: &Values<'_>) -> Option<String> {
        values.client_secret.filter(|secret| !secret.is_empty())?;
        let served = self.folder.names().any(|name| name == "index.html" || name.ends_with("/index.html"));
        let public = |spot: &Spot| served || matches!(spot.locator, Locator::Js(_) | Locator::Text(_));
        let mut secret = placed.places.iter().zip(&placed.spots).filter(|(place, _)| place.value.needs_secret());
        let (_, spot) = secret.find(|(_, spot)| public(spot))?;
        Some(format!(
            "the secret in {} can be read by everybody who opens the site; secret = \"omit\" in the environment leaves it out",
            spot.file()
        ))
    }
}

impl Artifact for FileTree {
    fn words(&self) -> &'static Words {
        &WORDS
    }

    fn id(&self) -> Option<&str> {
        None
    }

    fn kind(&self) -> placement::Kind {
        placement::Kind::Tree
    }

    fn describe(&self) -> Description {
        let mains = self.mains().unwrap_or_default();
        let form = if mains.all.is_empty() { Form::Folder } else { Form::Metadata };
        let files = self.folder.names().count();
        let mains = mains.all.into_iter().map(|main| main.name).collect();
        Description { form, facts: Facts::Folder(FolderFacts { files, mains }) }
    }

    fn mains(&self) -> Result<Mains, Cause> {
        Ok(genexus::of_folder(&self.folder)?)
    }

    fn source_tree(&self) -> Option<SourceTree> {
        SourceTree::of(&self.folder)
    }

    fn release_faults(&self) -> Vec<ReleaseFault> {
        let prototype = ReleaseFault { code: Code::ReleasePrototype, place: MAINS, what: "prototyping metadata" };
        if self.folder.names().any(|name| name == MAINS) { vec![prototype] } else { Vec::new() }
    }

    fn key_kind(&self) -> Option<KeyKind> {
        None
    }

    fn check_signing(&self, _signing: &Signing<'_>) -> Result<(), Cause> {
        Ok(())
    }

    fn has(&self, address: &Address) -> Result<bool, Cause> {
        Ok(self.files().has(address)?)
    }

    fn verify_signature(&self, _min_sdk: Option<u32>) -> Result<verify::Report, Cause> {
        Ok(sealed::verify(&self.folder, &generalized(clock::unix_seconds())))
    }

    fn verify_places(&self, report: &mut verify::Report, expected: &[Expected]) {
        injected::files(report, &self.folder, placement::Kind::Tree, expected);
        site::files(report, &self.folder);
    }

    fn search(&self, hunt: &mut Hunt<'_>, report: &mut verify::Report) {
        hunt.files(report, &self.folder);
    }
}

impl Kind for FileTree {
    type Spot = Spot;
    type Changes = Changes;

    fn find(&self, place: &Place) -> Result<Vec<Hit<Spot>>, Cause> {
        Ok(self.files().find(place)?.into_iter().map(Hit::from).collect())
    }

    /// Says in which files a place could be made.
    fn judge_plan(&self, search: Search<'_>, placed: &mut Placed<Spot>) -> Result<(), Cause> {
        let offered = search.places.iter().filter(|place| place.absence == Absence::Offer);
        let within = |place: &Place| Place { absence: Absence::CreateWithin, ..place.clone() };
        let within: Vec<Place> = offered.map(within).collect();
        let lacking = locate(Search { places: &within, ..search }, |place| self.find(place)).copies;
        placed.notes.extend(
            lacking
                .into_iter()
                .filter(|(copy, _)| copy.missing)
                .map(|(copy, _)| format!("{} does not hold {}; --create makes it", copy.entry, copy.address)),
        );
        Ok(())
    }

    /// Numbers rise where anything else changes, and only then; what belongs to a file of a site is kept in step with it.
    fn changes(&self, placed: &Placed<Spot>, values: &Values<'_>) -> Result<Changes, Cause> {
        let rendered = placed.rendered(values)?;
        let values: Vec<(&Spot, Zeroizing<String>)> =
            rendered.into_iter().map(|(_, spot, value)| (spot, value)).collect();
        let files = self.files();
        let pairs: Vec<(&Spot, &str)> = values.iter().map(|(spot, value)| (*spot, value.as_str())).collect();
        let mut changes = files.change(pairs.iter().copied())?;
        let places = || placed.places.iter().zip(&placed.spots);
        let rising = || places().filter(|(place, _)| place.value.is_raised());
        if !changes.is_empty() && rising().next().is_some() {
            let number = raised::next(&files, rising().map(|(place, _)| &place.address))?;
            let rising = rising().map(|(_, spot)| (spot, number.as_str()));
            changes = files.change(pairs.into_iter().chain(rising))?;
        }
        let mut old = web::Old::new();
        for (spot, value) in &values {
            let Some(file) = spot.path.first() else { continue };
            let replaced = old.entry(file.clone()).or_default();
            // Only scripts have maps that may repeat what stood there.
            if matches!(spot.locator, Locator::Js(_) | Locator::Text(_)) {
                let was = files.values_at(spot)?.into_iter().map(Zeroizing::new);
                replaced.extend(was.map(|was| (was, value.clone())));
            }
        }
        let warnings = web::keep_in_step(&self.folder, &old, &mut changes)?;
        Ok(Changes { files: changes, warnings })
    }

    fn contents<'c>(&self, changes: &'c Changes) -> Vec<(String, &'c [u8])> {
        changes.files.contents.iter().map(|(name, content)| (name.clone(), content.as_slice())).collect()
    }

    fn search_rest(&self, _placed: &Placed<Spot>, hunt: &mut OldHunt<'_>, changes: &Changes) -> Result<(), Cause> {
        hunt.folder(&self.folder, |name| self.folder.size(name), &changes.files.contents);
        Ok(())
    }

    /// Whether the files could be replaced now.
    fn probe(&self, placed: &Placed<Spot>, output: &Path) -> Result<(), Cause> {
        self.check_output(output)?;
        let mut names: Vec<&str> =
            placed.spots.iter().filter_map(|spot| spot.path.first()).map(String::as_str).collect();
        names.sort_unstable();
        for name in &names {
            let path = self.folder.root().join(name);
            sharing::check(&path).map_err(FileError::on("replace", &path))?;
        }
        // One file of each folder tells of its rights.
        names.dedup_by_key(|name| name.rsplit_once('/').map(|(folder, _)| folder));
        for name in names {
            Transaction::probe(self.folder.root(), name)?;
        }
        Ok(())
    }

    /// Steps 3 to 6.
    fn finish(&self, placed: &Placed<Spot>, task: &Task<'_>) -> Result<Done, Cause> {
        let Task { values, output, gate, .. } = *task;
        self.check_output(output)?;
        // 3. Nobody else works here from now on, and what is read counts.
        let mut transaction = Transaction::start(self.folder.root())?;
        let folder = &self.folder;
        let planned = || placed.spots.iter().filter_map(|spot| spot.path.first()).map(String::as_str);
        folder.unchanged(planned())?;
        let expected = placed.expected(values)?;

        // 4. Apply: new contents, beside the old ones.
        let changes = self.changes(placed, values)?;
        for (name, content) in &changes.files.contents {
            transaction.put(name, folder.stamp(name), content)?;
        }

        // 5. Verify what was written, independently of what wrote it.
        let mut report = verify::Report::default();
        let renewed = Renewed::new(&self.folder, transaction.new_files());
        injected::files(&mut report, &renewed, placement::Kind::Tree, &expected);
        report.findings.extend(self.misfits(&renewed, &changes.files));
        gate.changed(&WORDS, values, self.contents(&changes))?;
        gate.whole(&WORDS, values, |hunt, report| hunt.files(report, &renewed))?;
        let mut copies = OldCopies::of(&placed.old, values, gate);
        copies.judged(&WORDS, |hunt| {
            hunt.contents(self.contents(&changes));
            self.search_rest(placed, hunt, &changes)
        })?;
        let report = WORDS.sound(report)?;

        // 6. Commit: all of them, or none.
        let Changes { files: changes, warnings } = changes;
        let mut done = Done { warnings, notes: placed.notes.clone(), report, ..Done::default() };
        done.warnings.extend(placed.warnings.iter().cloned());
        done.warnings.extend(self.public_secret(placed, values));
        done.warnings.extend(sealed::broken(folder, changes.contents.keys().map(String::as_str)));
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
}
