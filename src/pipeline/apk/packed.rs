//! What an APK and an App Bundle have in common: how they are read, what their places get, and the order of the steps. Step 3 and
//! step 8 are here; what is signed and how it is laid out differs.
//!
//! Must not: sign, or lay an archive out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::v1_files;
use crate::artifact::apk::{Apk, Changes, Facts, Found, Modules, Spot};
use crate::artifact::genexus::{self, Mains};
use crate::format::apk_signing_block::{SigningBlock, id, pair_name};
use crate::format::zip::{Alignment, Archive, Change, Entry, Index, METHOD_DEFLATED, NewEntry, Rewrite, Rules};
use crate::host::interrupt;
use crate::host::replacement::Replacement;
use crate::pipeline::ArtifactFile;
use crate::pipeline::fault::Cause;
use crate::pipeline::kind::{Artifact, Task, same_file};
use crate::pipeline::locate::{Hit, Placed};
use crate::pipeline::old_copies::{OldCopies, OldHunt};
use crate::pipeline::plan::{self, ApkFacts, Description, Done, Form, PairFacts, ReleaseFault};
use crate::pipeline::signing::AndroidSigning;
use crate::placement::template::Values;
use crate::placement::{Address, Place};
use crate::sign::android::KeptPairs;
use crate::verify::injected::{self, Expected};
use crate::verify::leak::Hunt;
use crate::verify::{self, Code};

/// An APK or a bundle, opened.
#[derive(Debug)]
pub(in crate::pipeline) struct Packed {
    pub(in crate::pipeline) source: Arc<ArtifactFile>,
    index: Arc<Index>,
    pub(in crate::pipeline) path: PathBuf,
    pub(in crate::pipeline) facts: Facts,
    modules: Modules,
    /// Whether files beside its path are about it: not where it lies in an archive.
    pub(in crate::pipeline) has_neighbors: bool,
}

impl Packed {
    pub(in crate::pipeline) fn over(path: &Path, source: Arc<ArtifactFile>, index: Arc<Index>) -> Result<Self, Cause> {
        let apk = Apk::over(Archive::with_index(&*source, Arc::clone(&index)))?;
        let (facts, modules) = (apk.facts().clone(), apk.modules());
        Ok(Self { source, index, path: path.to_owned(), facts, modules, has_neighbors: true })
    }

    pub(in crate::pipeline) fn archive(&self) -> Archive<'_, ArtifactFile> {
        Archive::with_index(&*self.source, Arc::clone(&self.index))
    }

    pub(in crate::pipeline) fn apk(&self) -> Apk<'_, ArtifactFile> {
        Apk::again(self.archive(), self.facts.clone(), self.modules.clone())
    }

    /// The APK Signing Block, where there is one.
    pub(in crate::pipeline) fn block(&self) -> Result<Option<SigningBlock>, Cause> {
        Ok(SigningBlock::find(&*self.source, self.archive().directory_offset())?)
    }

    /// What it says of itself.
    pub(in crate::pipeline) fn describe(&self, form: Form) -> Description {
        let Facts { package, split, version_name, version_code, min_sdk, target_sdk, debuggable, test_only, .. } =
            self.facts.clone();
        let apk = self.apk();
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
            packages: Vec::new(),
            pairs: self.pair_facts(),
            entries: apk.archive().entries().len(),
        };
        Description { form, facts: plan::Facts::Apk(facts) }
    }

    /// The pairs that are beside the signatures. A block that cannot be read is a finding of verification.
    fn pair_facts(&self) -> Vec<PairFacts> {
        let Ok(Some(block)) = self.block() else { return Vec::new() };
        let beside = block.pairs().filter(|(id, _)| id::is_beside(*id));
        let fact =
            |(id, value): (u32, &[u8])| PairFacts { package: None, id, what: id::describe(id), bytes: value.len() };
        beside.map(fact).collect()
    }

    pub(in crate::pipeline) fn mains(&self) -> Result<Mains, Cause> {
        Ok(genexus::of_package(&self.apk())?)
    }

    /// What a release must not be and the manifest says, which is the entry `place`.
    pub(in crate::pipeline) fn release_faults(&self, place: &'static str) -> Vec<ReleaseFault> {
        let faults = [
            (self.facts.debuggable, Code::ReleaseDebuggable, "debuggable"),
            (self.facts.test_only, Code::ReleaseTestOnly, "testOnly"),
        ];
        let there = faults.into_iter().filter(|(wrong, ..)| *wrong);
        there.map(|(_, code, what)| ReleaseFault { code, place, what }).collect()
    }

    pub(in crate::pipeline) fn has(&self, address: &Address) -> Result<bool, Cause> {
        Ok(self.apk().has(address)?)
    }

    pub(in crate::pipeline) fn verify_places(&self, report: &mut verify::Report, expected: &[Expected]) {
        injected::apk(report, self.archive(), expected);
    }

    pub(in crate::pipeline) fn search(&self, hunt: &mut Hunt<'_>, report: &mut verify::Report) {
        hunt.archive(report, &*self.source);
    }

    /// The spots of a place.
    pub(in crate::pipeline) fn find(&self, place: &Place) -> Result<Vec<Hit<Spot>>, Cause> {
        let hit = |Found { spot, values, left }: Found| {
            let (entry, missing, object) = (spot.entry.clone(), spot.missing, spot.object().to_owned());
            let (address, implied) = (place.at.clone(), false);
            Hit { spot, address, implied, entry, missing, object, values, left }
        };
        Ok(self.apk().find(place)?.into_iter().map(hit).collect())
    }

    /// Refuses spots that cannot change for themselves alone.
    pub(in crate::pipeline) fn judge_plan(&self, placed: &Placed<Spot>) -> Result<(), Cause> {
        Ok(self.apk().check(&placed.spots)?)
    }

    /// New contents with every value in its spot.
    pub(in crate::pipeline) fn changes(&self, placed: &Placed<Spot>, values: &Values<'_>) -> Result<Changes, Cause> {
        let rendered = placed.rendered(values)?;
        let pairs: Vec<_> = rendered.into_iter().map(|(_, spot, value)| (spot.clone(), value)).collect();
        Ok(self.apk().change(&pairs)?)
    }

    /// These contents, each with its name.
    pub(in crate::pipeline) fn contents<'c>(&self, changes: &'c Changes) -> Vec<(String, &'c [u8])> {
        let replaced = changes.replaced.iter().map(|(index, content)| (self.name(*index), content.as_slice()));
        let added = changes.added.iter().map(|(name, content)| (name.clone(), content.as_slice()));
        replaced.chain(added).chain(changes.pairs.contents()).collect()
    }

    pub(in crate::pipeline) fn search_rest(&self, hunt: &mut OldHunt<'_>, changes: &Changes) {
        hunt.package(&self.archive(), &changes.replaced.keys().copied().collect());
    }

    /// Searches the pairs of the signing block but those that change: all of them where the block stays, else (`kept`) those that are
    /// taken over into the new one.
    pub(in crate::pipeline) fn search_pairs(
        &self,
        hunt: &mut OldHunt<'_>,
        changed: &BTreeSet<u32>,
        kept: Option<&KeptPairs>,
    ) -> Result<(), Cause> {
        if let Some(block) = self.block()? {
            let stays = |id: u32| !changed.contains(&id) && kept.is_none_or(|kept| kept.has(id));
            let others = block.pairs().filter(|(id, _)| stays(*id));
            hunt.contents(others.map(|(id, value)| (pair_name(id), value)));
        }
        Ok(())
    }

    /// The pairs that are taken over into a new block, where these IDs get another value.
    pub(in crate::pipeline) fn kept_pairs(
        &self,
        kept: &KeptPairs,
        given: &BTreeSet<u32>,
    ) -> Result<Vec<(u32, Vec<u8>)>, Cause> {
        Ok(self.block()?.map(|block| kept.of(&block, given)).unwrap_or_default())
    }

    pub(in crate::pipeline) fn name(&self, index: usize) -> String {
        self.index.entries().get(index).map(Entry::display_name).unwrap_or_default()
    }
}

/// What was written and verified, and has no name yet.
pub(in crate::pipeline) struct Written {
    pub(in crate::pipeline) new: Replacement,
    /// The v4 signature beside it.
    pub(in crate::pipeline) idsig: Option<Vec<u8>>,
    /// The checksums of dex files that changed: the old one and the new one each.
    pub(in crate::pipeline) dex: Vec<(u32, u32)>,
    pub(in crate::pipeline) report: verify::Report,
}

/// What is not in the output: entries by name, the block of the input, and which of its pairs stay all the same.
pub(in crate::pipeline) type LeftOut<'a> = (&'a [String], Option<&'a SigningBlock>, &'a BTreeSet<u32>);

/// The steps that are not the same for both.
pub(in crate::pipeline) trait Steps: Artifact {
    fn packed(&self) -> &Packed;

    /// The input, if it is signed exactly as asked, and sound: then there is nothing to do where nothing changes.
    fn signed_as_asked(&self, signing: &AndroidSigning<'_>) -> Result<Option<verify::Report>, Cause>;

    /// Refuses what cannot be signed as asked. Says whether the signer is a new one.
    fn has_new_signer(&self, signing: &AndroidSigning<'_>) -> Result<bool, Cause>;

    /// Steps 4 to 7: signs, lays out, writes and verifies. Nothing is under the output's name yet.
    fn write(
        &self,
        placed: &Placed<Spot>,
        changes: Changes,
        left_out: (&[usize], Option<&SigningBlock>),
        task: &Task<'_>,
    ) -> Result<Written, Cause>;

    /// Gives what was written its name, and what lies beside it too. Says what a person should know.
    fn put_in_place(&self, written: Written, output: &Path) -> Result<Vec<String>, Cause>;

    /// What a person should know of the output, with what was left out of the input.
    fn notes(&self, signing: &AndroidSigning<'_>, left_out: LeftOut<'_>) -> Vec<String>;
}

/// Steps 3 to 8.
pub(in crate::pipeline) fn finish(steps: &impl Steps, placed: &Placed<Spot>, task: &Task<'_>) -> Result<Done, Cause> {
    let Task { values, output, gate, .. } = *task;
    let (packed, words) = (steps.packed(), steps.words());
    let signing = task.signing.android()?;
    // What was planned for is still there: another run of this plan may have put its output in its place.
    packed.source.file().unchanged()?;
    // 3. Apply: new contents of the entries that change.
    let archive = &packed.archive();
    let changes = packed.changes(placed, values)?;
    let mut copies = OldCopies::of(&placed.old, values, gate);
    if changes.is_empty()
        && same_file(output, &packed.path)
        && let Some(report) = steps.signed_as_asked(signing)?
    {
        // Nothing was there before that is not there now; a secret that is kept out may be.
        copies.judged(words, |hunt| {
            hunt.package(archive, &BTreeSet::new());
            packed.search_pairs(hunt, &changes.pairs.ids(), None)
        })?;
        gate.whole(words, values, |hunt, report| packed.search(hunt, report))?;
        packed.source.file().unchanged()?;
        let notes = [placed.notes.clone(), copies.notes()].concat();
        return Ok(Done { report, notes, warnings: placed.warnings.clone(), ..Done::default() });
    }
    gate.changed(words, values, packed.contents(&changes))?;
    copies.judged(words, |hunt| {
        hunt.contents(packed.contents(&changes));
        Ok(())
    })?;
    let new_signer = steps.has_new_signer(signing)?;
    let block = packed.block()?;
    let stale = v1_files::stale(archive);
    let mut entries: Vec<String> = changes.replaced.keys().map(|&index| packed.name(index)).collect();
    entries.extend(changes.added.keys().cloned());
    entries.extend(changes.pairs.contents().map(|(name, _)| name));
    let given_pairs = changes.pairs.ids();
    let stay = packed
        .kept_pairs(&placed.pairs, &given_pairs)?
        .into_iter()
        .map(|(id, _)| id)
        .chain(given_pairs.iter().copied())
        .collect();
    let mut notes = [placed.notes.clone(), changes.notes.clone()].concat();

    // 4. to 7., while another thread searches what does not change for what was there before.
    let kept: BTreeSet<usize> = changes.replaced.keys().copied().collect();
    let search = |copies: &mut OldCopies| {
        copies.judged(words, |hunt| {
            hunt.package(archive, &kept);
            packed.search_pairs(hunt, &given_pairs, Some(&placed.pairs))
        })
    };
    let write = || steps.write(placed, changes, (&stale, block.as_ref()), task);
    let (copies, written) = while_searching(copies, search, write)?;
    let mut written = written?;
    let report = written.report.clone();

    // 8. Commit. What was read several times was one content all along, and nobody's newer build is lost. The input is closed
    // before: where it is the output too, not every system lets an open file be replaced.
    let removed: Vec<String> = stale.iter().map(|&index| packed.name(index)).collect();
    let like = packed.source.file().like()?;
    written.new.complete(Some(&like))?;
    let _section = interrupt::section();
    packed.source.file().unchanged()?;
    if same_file(output, &packed.path) {
        packed.source.file().close();
    }
    let beside = steps.put_in_place(written, output)?;
    notes.extend(copies.notes());
    notes.extend(beside);
    notes.extend(steps.notes(signing, (&removed, block.as_ref(), &stay)));
    let warnings = placed.warnings.clone();
    Ok(Done { written: true, entries, removed, warnings, notes, report, new_signer })
}

/// What is said of pairs that were to stay and that none of these has.
pub(in crate::pipeline) fn not_there<'p>(
    kept: &KeptPairs,
    all: impl IntoIterator<Item = &'p Packed>,
) -> Result<Option<String>, Cause> {
    let mut missing: BTreeSet<u32> = kept.named().collect();
    if missing.is_empty() {
        return Ok(None);
    }
    for packed in all {
        let there: BTreeSet<u32> = packed.block()?.iter().flat_map(SigningBlock::pairs).map(|(id, _)| id).collect();
        missing.retain(|id| !there.contains(id));
    }
    let names: Vec<String> = missing.into_iter().map(pair_name).collect();
    Ok((!names.is_empty()).then(|| format!("there is no {} to keep", names.join(" and no "))))
}

/// Does `work` while another thread searches for what was there before. What that finds comes first.
pub(in crate::pipeline) fn while_searching<T>(
    copies: OldCopies,
    search: impl Fn(&mut OldCopies) -> Result<(), Cause> + Sync,
    work: impl FnOnce() -> T,
) -> Result<(OldCopies, T), Cause> {
    let copies = Mutex::new(copies);
    let search = || search(&mut copies.lock().unwrap_or_else(PoisonError::into_inner));
    let (done, searched) = std::thread::scope(|scope| {
        let searching = std::thread::Builder::new().spawn_scoped(scope, search);
        let done = work();
        // Where no thread is to be had, this one does it.
        (done, searching.map_or_else(|_| Ok(search()), std::thread::ScopedJoinHandle::join))
    });
    match searched {
        Ok(found) => found?,
        Err(panic) => std::panic::resume_unwind(panic),
    }
    Ok((copies.into_inner().unwrap_or_else(PoisonError::into_inner), done))
}

/// What becomes of the entries: those that change or are made, and those of old signatures, which go.
pub(in crate::pipeline) fn rewrite(changes: Changes, stale: &[usize], alignment: Option<Alignment>) -> Rewrite {
    let mut rewrite = Rewrite {
        changes: stale.iter().map(|&index| (index, Change::Remove)).collect(),
        added: changes.added.into_iter().map(|(name, content)| new_entry(name, content)).collect(),
        alignment,
        payload_end: None,
        headers: Some(Rules::Android),
    };
    rewrite.changes.extend(changes.replaced.into_iter().map(|(index, content)| (index, Change::Replace(content))));
    rewrite
}

fn new_entry(name: String, content: Vec<u8>) -> NewEntry {
    NewEntry { name: name.into_bytes(), content, method: METHOD_DEFLATED }
}
