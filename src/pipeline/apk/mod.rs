//! Android packages: found, edited, aligned, signed, verified and put in place.
//!
//! * `error`: what can go wrong with a package alone.
//! * `package`: one that was inspected.
//! * `write`: the new package, from its changed contents to what was verified and has no name yet.
//! * `v1_files`, `v4_file`: the files of these schemes.
//!
//! Must not: obtain credentials; values come from the caller, between plan and apply.

mod error;
mod package;
mod v1_files;
mod v4_file;
mod write;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

pub(super) use package::{Package, check_signer};
pub(super) use v1_files::{sign as sign_jar, stale};
pub(super) use write::new_entry;

use super::fault::Cause;
use super::kind::{Artifact, Kind, Task, same_file};
use super::locate::{Hit, Outcome, Placed, Search};
use super::old_copies::{OldCopies, OldHunt};
use super::plan::{self, ApkFacts, Description, Done, Form, ReleaseFault};
use super::refusal::Words;
use super::signing::{AndroidSigning, KeyKind, Signing};
use crate::artifact::apk::{Apk, Changes, Facts, Found, MANIFEST, Spot};
use crate::artifact::genexus::{self, Mains};
use crate::format::apk_signing_block::SigningBlock;
use crate::format::read_at::ReadAt;
use crate::format::zip::{Entry, Index};
use crate::host::interrupt;
use crate::host::replacement::Replacement;
use crate::placement::template::Values;
use crate::placement::{Address, Place};
use crate::sign::android;
use crate::verify::injected::{self, Expected};
use crate::verify::leak::Hunt;
use crate::verify::{self, Code};
use package::{NEW_KEY, WORDS, options};
use write::Written;

/// What a package, or a bundle, says of itself.
pub(super) fn describe<S: ReadAt + ?Sized>(form: Form, apk: &Apk<'_, S>) -> Description {
    let Facts { package, split, version_name, version_code, min_sdk, target_sdk, debuggable, test_only, .. } =
        apk.facts().clone();
    let facts = ApkFacts {
        package,
        split,
        version_name,
        version_code,
        min_sdk,
        target_sdk,
        debuggable,
        test_only,
        abis: apk.abis(),
        modules: apk.module_names().map(str::to_owned).collect(),
        entries: apk.archive().entries().len(),
    };
    Description { form, facts: plan::Facts::Apk(facts) }
}

/// What a release must not be and the manifest says, which is the entry `place`.
pub(super) fn release_faults(facts: &Facts, place: &'static str) -> Vec<ReleaseFault> {
    let faults = [
        (facts.debuggable, Code::ReleaseDebuggable, "debuggable"),
        (facts.test_only, Code::ReleaseTestOnly, "testOnly"),
    ];
    let there = faults.into_iter().filter(|(wrong, ..)| *wrong);
    there.map(|(_, code, what)| ReleaseFault { code, place, what }).collect()
}

/// The spots of a place.
pub(super) fn hits<S: ReadAt + ?Sized>(apk: &Apk<'_, S>, place: &Place) -> Result<Vec<Hit<Spot>>, Cause> {
    let hit = |Found { spot, values, left }: Found| {
        let (entry, missing, object) = (spot.entry.clone(), spot.missing, spot.object().to_owned());
        let (address, implied) = (place.at.clone(), false);
        Hit { spot, address, implied, entry, missing, object, values, left }
    };
    Ok(apk.find(place)?.into_iter().map(hit).collect())
}

/// New contents with every value in its spot.
pub(super) fn changes<S: ReadAt + ?Sized>(
    apk: &Apk<'_, S>,
    placed: &Placed<Spot>,
    values: &Values<'_>,
) -> Result<Changes, Cause> {
    let rendered = placed.rendered(values)?;
    let pairs: Vec<_> = rendered.into_iter().map(|(_, spot, value)| (spot.clone(), value)).collect();
    Ok(apk.change(&pairs)?)
}

/// These contents, each with its name.
pub(super) fn contents<'c>(index: &Index, changes: &'c Changes) -> Vec<(String, &'c [u8])> {
    let entries = index.entries();
    let name = |index: usize| entries.get(index).map(Entry::display_name).unwrap_or_default();
    let replaced = changes.replaced.iter().map(|(index, content)| (name(*index), content.as_slice()));
    let added = changes.added.iter().map(|(name, content)| (name.clone(), content.as_slice()));
    replaced.chain(added).collect()
}

impl Artifact for Package {
    fn words(&self) -> &'static Words {
        &WORDS
    }

    fn id(&self) -> Option<&str> {
        Some(&self.facts.package)
    }

    fn describe(&self) -> Description {
        describe(Form::Apk, &self.apk())
    }

    fn mains(&self) -> Result<Mains, Cause> {
        Ok(genexus::of_package(&self.apk())?)
    }

    fn release_faults(&self) -> Vec<ReleaseFault> {
        release_faults(&self.facts, MANIFEST)
    }

    fn key_kind(&self) -> Option<KeyKind> {
        Some(KeyKind::Android)
    }

    fn check_signing(&self, signing: &Signing<'_>) -> Result<(), Cause> {
        let signing = signing.android()?;
        if let AndroidSigning::With(request) = signing {
            self.schemes(request)?;
            check_signer(signing, &self.input(), NEW_KEY)?;
        }
        Ok(())
    }

    fn has(&self, address: &Address) -> Result<bool, Cause> {
        Ok(self.apk().has(address)?)
    }

    /// With the v4 signature beside it.
    fn verify_signature(&self, min_sdk: Option<u32>) -> Result<verify::Report, Cause> {
        let path = v4_file::path(&self.path);
        let idsig = v4_file::read(&path)?;
        let idsig = idsig.as_ref().map(|idsig| idsig.as_slice());
        Ok(verify::android::package(&self.archive(), &options(&self.facts, min_sdk, idsig)))
    }

    fn verify_places(&self, report: &mut verify::Report, expected: &[Expected]) {
        injected::apk(report, self.archive(), expected);
    }

    fn search(&self, hunt: &mut Hunt<'_>, report: &mut verify::Report) {
        hunt.archive(report, &*self.source);
    }
}

impl Kind for Package {
    type Spot = Spot;
    type Changes = Changes;

    fn find(&self, place: &Place) -> Result<Vec<Hit<Spot>>, Cause> {
        hits(&self.apk(), place)
    }

    /// A device picks what a split holds before what the base does.
    fn look_around(&self, found: &mut Outcome<Spot>) {
        let splits = if self.facts.needs_splits { self.splits() } else { Vec::new() };
        for (copy, _) in &mut found.copies {
            for (name, split) in &splits {
                match split.has(&copy.address) {
                    Ok(false) => {}
                    Ok(true) => copy
                        .left
                        .push(format!("the split {name} has this place too; inject it as well, with the same key")),
                    Err(error) => copy.left.push(format!("the split {name} may have this place too: {error}")),
                }
            }
        }
    }

    fn judge_plan(&self, _search: Search<'_>, placed: &mut Placed<Spot>) -> Result<(), Cause> {
        Ok(self.apk().check(&placed.spots)?)
    }

    fn changes(&self, placed: &Placed<Spot>, values: &Values<'_>) -> Result<Changes, Cause> {
        changes(&self.apk(), placed, values)
    }

    fn contents<'c>(&self, changes: &'c Changes) -> Vec<(String, &'c [u8])> {
        contents(&self.index, changes)
    }

    fn search_rest(&self, hunt: &mut OldHunt<'_>, changes: &Changes) -> Result<(), Cause> {
        hunt.package(&self.archive(), &changes.replaced.keys().copied().collect());
        Ok(())
    }

    fn probe(&self, _placed: &Placed<Spot>, output: &Path) -> Result<(), Cause> {
        Ok(Replacement::probe(output)?)
    }

    /// Steps 3 to 8.
    fn finish(&self, placed: &Placed<Spot>, task: &Task<'_>) -> Result<Done, Cause> {
        let Task { values, output, gate, .. } = *task;
        let signing = task.signing.android()?;
        // What was planned for is still there: another run of this plan may have put its output in its place.
        self.source.file().unchanged()?;
        // 3. Apply: new contents of the entries that change.
        let archive = &self.archive();
        let changes = self.changes(placed, values)?;
        let mut copies = OldCopies::of(&placed.old, values, gate);
        if changes.is_empty()
            && same_file(output, &self.path)
            && let Some(report) = self.is_signed_as_asked(signing)?
        {
            // Nothing was there before that is not there now; a secret that is kept out may be.
            copies.judged(&WORDS, |hunt| {
                hunt.package(archive, &BTreeSet::new());
                Ok(())
            })?;
            gate.whole(&WORDS, values, |hunt, report| self.search(hunt, report))?;
            self.source.file().unchanged()?;
            let notes = [placed.notes.clone(), copies.notes()].concat();
            return Ok(Done { report, notes, warnings: placed.warnings.clone(), ..Done::default() });
        }
        gate.changed(&WORDS, values, self.contents(&changes))?;
        copies.judged(&WORDS, |hunt| {
            hunt.contents(self.contents(&changes));
            Ok(())
        })?;
        let input = self.input();
        let new_signer = check_signer(signing, &input, NEW_KEY)?;
        let block = SigningBlock::find(&*self.source, archive.directory_offset())?;
        let dropped = block.as_ref().map(android::dropped_pairs).unwrap_or_default();
        let stale = v1_files::stale(archive);
        let mut entries: Vec<String> =
            changes.replaced.keys().map(|&index| archive.entries()[index].display_name()).collect();
        entries.extend(changes.added.keys().cloned());
        let of_changes = changes.notes.clone();

        // 4. to 7., while another thread searches what does not change for what was there before.
        let kept: BTreeSet<usize> = changes.replaced.keys().copied().collect();
        let copies = Mutex::new(copies);
        let search = || {
            copies.lock().unwrap_or_else(PoisonError::into_inner).judged(&WORDS, |hunt| {
                hunt.package(archive, &kept);
                Ok(())
            })
        };
        let (written, searched) = std::thread::scope(|scope| {
            let searching = std::thread::Builder::new().spawn_scoped(scope, search);
            let written = self.write(placed, changes, (&stale, block.as_ref()), task);
            // Where no thread is to be had, this one does it.
            (written, searching.map_or_else(|_| Ok(search()), std::thread::ScopedJoinHandle::join))
        });
        let copies = copies.into_inner().unwrap_or_else(PoisonError::into_inner);
        match searched {
            Ok(found) => found?,
            Err(panic) => std::panic::resume_unwind(panic),
        }
        let Written { mut new, idsig, report } = written?;

        // 8. Commit; a v4 signature of the old package would be stale, so it goes first. What was read several times was one
        // content all along, and nobody's newer build is lost. The input is closed before: where it is the output too, not
        // every system lets an open file be replaced.
        let removed: Vec<String> = stale.iter().map(|&index| archive.entries()[index].display_name()).collect();
        let like = self.source.file().metadata().clone();
        new.complete(Some(&like))?;
        let _section = interrupt::section();
        self.source.file().unchanged()?;
        if same_file(output, &self.path) {
            self.source.file().close();
        }
        let idsig_path = v4_file::path(output);
        v4_file::remove(&idsig_path)?;
        new.commit(None)?;
        if let Some(idsig) = idsig {
            let mut file = Replacement::start(&idsig_path)?;
            file.write_all(&idsig)?;
            file.commit(None)?;
        }
        let mut notes = placed.notes.clone();
        notes.extend(of_changes);
        notes.extend(copies.notes());
        notes.extend(
            dropped.iter().map(|pair| format!("left out of the signing block: {} ({} bytes)", pair.what, pair.len)),
        );
        if removed.iter().any(|name| name.as_bytes() == v1_files::STAMP) {
            notes.push("the source stamp is gone; its signature no longer fits".to_owned());
        }
        let warnings = placed.warnings.clone();
        Ok(Done { written: true, entries, removed, warnings, notes, report, new_signer })
    }
}
