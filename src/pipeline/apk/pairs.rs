//! A package of which nothing changes but pairs of the APK Signing Block. No signature covers these (source.android.com, "APK
//! Signature Scheme v2": the block is left out of the digests), so those that are there stay, and no key is needed.
//!
//! The block starts where it did, everything in front of it, the central directory and every other pair keep their bytes; the
//! directory's offset follows, which the schemes leave out of what they digest. What is in front is copied by the system.
//!
//! Contents are not hashed, neither before nor after: that they are what was signed is as true as it was. What is checked is in
//! [`verify::android::kept`]; `inject verify` checks all of it.
//!
//! Must not: sign, or make a block where there is none.

use std::collections::BTreeSet;
use std::path::Path;

use super::error::PairError;
use super::package::{Package, WORDS, options};
use super::packed::{Steps, Written};
use super::{v1_files, v4_file};
use crate::artifact::apk::{Pairs, Spot};
use crate::format::apk_signing_block::{SigningBlock, id, pair_text};
use crate::format::zip::Archive;
use crate::host::file::Changed;
use crate::host::interrupt;
use crate::host::replacement::Replacement;
use crate::pipeline::ArtifactFile;
use crate::pipeline::fault::Cause;
use crate::pipeline::kind::{Kind, Task, same_file};
use crate::pipeline::locate::Placed;
use crate::pipeline::old_copies::OldCopies;
use crate::pipeline::plan::{Done, PlannedPlace};
use crate::pipeline::signing::AndroidSigning;
use crate::placement::Address;
use crate::sign::android::KeptPairs;
use crate::verify::injected::{self, Expected};
use crate::verify::{self, Code, Finding};

/// The API level from which v2 counts (Android 7): for whom a package without a v1 signature is judged.
const SDK_V2: u32 = 24;

impl Package {
    /// Looks at the pairs of a plan: says what has to be said of them, and whose signatures stay where nothing else changes.
    pub(super) fn judge_pairs(&self, placed: &mut Placed<Spot>) -> Result<(), Cause> {
        let Some(first) = first(placed) else { return Ok(()) };
        let address = first.clone();
        let secret = pairs(placed).filter(|place| place.value.needs_secret());
        let warnings: Vec<String> = secret.map(|place| unprotected(&place.address)).collect();
        placed.warnings.extend(warnings);
        if !placed.spots.iter().all(Spot::is_pair) {
            return Ok(());
        }
        placed.kept = Some(self.kept(&address)?);
        Ok(())
    }

    /// The signatures that stay where only pairs change, `address` being one of them.
    pub(in crate::pipeline) fn kept(&self, address: &Address) -> Result<verify::Report, Cause> {
        let Some(block) = self.packed.block()? else {
            return Err(PairError::NoBlock { address: address.clone() }.into());
        };
        if [id::V2, id::V3].iter().all(|id| block.value(*id).is_none()) {
            return Err(PairError::NoSignature { address: address.clone() }.into());
        }
        let archive = self.packed.archive();
        let mut report = verify::android::signatures(&archive, &self.judged());
        if archive.data_end() > block.range().start {
            let problem = "an entry reaches into it; build the package again";
            report.findings.push(Finding::new(Code::ApkBlock, "APK Signing Block", problem));
        }
        if !report.is_sound() {
            return Err(PairError::Unsound { address: address.clone(), findings: report.findings }.into());
        }
        Ok(report)
    }

    /// Refuses a signature without a block, where a pair is to be in one.
    pub(in crate::pipeline) fn check_pair(
        &self,
        address: Option<&Address>,
        signing: &AndroidSigning<'_>,
    ) -> Result<(), Cause> {
        let Some(address) = address else { return Ok(()) };
        let has_block = match signing {
            AndroidSigning::Unsigned => false,
            AndroidSigning::With(request) => self.schemes(request)?.has_block(),
        };
        if has_block { Ok(()) } else { Err(PairError::NoScheme { address: address.clone() }.into()) }
    }

    /// Refuses a signature without a block, where pairs of the old one are to stay.
    pub(in crate::pipeline) fn check_kept_pairs(
        &self,
        kept: &KeptPairs,
        signing: &AndroidSigning<'_>,
    ) -> Result<(), Cause> {
        let has_block = match signing {
            AndroidSigning::Unsigned => false,
            AndroidSigning::With(request) => self.schemes(request)?.has_block(),
        };
        match self.packed.kept_pairs(kept, &BTreeSet::new())?.first() {
            Some((id, value)) if !has_block => Err(PairError::NotKept { pair: pair_text(*id, value.len()) }.into()),
            Some(_) | None => Ok(()),
        }
    }

    /// For whom the signatures that stay are judged. Where there is no v1, Androids that know nothing else are none of it.
    fn judged(&self) -> verify::android::Options<'static> {
        let min_sdk = self.packed.facts.min_sdk.unwrap_or(1);
        let has_v1 = v1_files::is_signed(&self.packed.archive());
        options(&self.packed.facts, Some(if has_v1 { min_sdk } else { min_sdk.max(SDK_V2) }), None)
    }

    /// Puts values into pairs, and the package at the output.
    pub(super) fn finish_pairs(
        &self,
        kept: &verify::Report,
        placed: &Placed<Spot>,
        task: &Task<'_>,
    ) -> Result<Done, Cause> {
        let Task { values, output, gate, .. } = *task;
        let packed = &self.packed;
        packed.source.file().unchanged()?;
        // 1. Apply, and search what changes and what stays.
        let changes = packed.changes(placed, values)?;
        gate.changed(&WORDS, values, packed.contents(&changes))?;
        let mut copies = OldCopies::of(&placed.old, values, gate);
        copies.judged(&WORDS, |hunt| {
            hunt.contents(packed.contents(&changes));
            self.search_rest(placed, hunt, &changes)
        })?;
        let in_place = same_file(output, &packed.path);
        let mut done = Done {
            notes: [placed.notes.clone(), copies.notes()].concat(),
            warnings: placed.warnings.clone(),
            ..Done::default()
        };
        if changes.is_empty() && in_place {
            gate.whole(&WORDS, values, |hunt, report| packed.search(hunt, report))?;
            packed.source.file().unchanged()?;
            done.report = kept.clone();
            return Ok(done);
        }

        let mut written = self.write_kept(kept, &placed.expected(values)?, &changes.pairs, output)?;
        let new = &mut written.new;
        done.report = written.report.clone();
        let finished = ArtifactFile::over(new.reader()?);
        gate.whole(&WORDS, values, |hunt, report| hunt.archive(report, &finished))?;

        // 4. Commit.
        let like = packed.source.file().like()?;
        new.complete(Some(&like))?;
        let _section = interrupt::section();
        packed.source.file().unchanged()?;
        if in_place {
            packed.source.file().close();
        }
        let idsig = v4_file::path(output);
        let had_v4 = v4_file::remove_stale(&idsig)?;
        done.notes.extend(self.put_in_place(written, output)?);
        if had_v4 {
            done.warnings.push(format!(
                "{} is gone: a v4 signature covers the APK Signing Block, and making a new one takes the key; sign the package \
                 with --v4 where one is needed",
                idsig.display()
            ));
        }
        done.written = true;
        done.entries = changes.pairs.contents().map(|(name, _)| name).collect();
        Ok(done)
    }

    /// Writes the same up to the block, the new block, and the rest behind it; and verifies that.
    pub(in crate::pipeline) fn write_kept(
        &self,
        kept: &verify::Report,
        expected: &[Expected],
        pairs: &Pairs,
        output: &Path,
    ) -> Result<Written, Cause> {
        // There was one when this was planned.
        let Some(block) = self.packed.block()? else { return Err(Changed(self.packed.path.clone()).into()) };
        let mut new = Replacement::start(output)?;
        self.write_pairs(&mut new, &block, pairs)?;
        let report = self.verify_pairs(&new, kept, pairs, expected)?;
        Ok(Written { new, idsig: None, dex: Vec::new(), report })
    }

    fn write_pairs(&self, new: &mut Replacement, block: &SigningBlock, pairs: &Pairs) -> Result<(), Cause> {
        let archive = &self.packed.archive();
        let start = block.range().start;
        let block = block.with_values(&pairs.values)?;
        let end = archive.eocd_at(start + block.len() as u64)?;
        let (source, range) = self.packed.source.lies(0..start);
        new.copy(source, range)?;
        new.write_all(&block)?;
        new.write_all(archive.directory())?;
        Ok(new.write_all(&end)?)
    }

    fn verify_pairs(
        &self,
        new: &Replacement,
        kept: &verify::Report,
        pairs: &Pairs,
        expected: &[Expected],
    ) -> Result<verify::Report, Cause> {
        let finished = ArtifactFile::over(new.reader()?);
        let archive = Archive::open(&finished)?;
        let ids = pairs.ids();
        let mut report = verify::android::kept(&archive, &self.packed.archive(), (&ids, kept), &self.judged());
        injected::apk(&mut report, archive, expected);
        WORDS.sound(report)
    }
}

/// What is said of a place that takes the secret.
pub(in crate::pipeline) fn unprotected(address: &Address) -> String {
    format!(
        "{address} takes the secret, and no signature covers the APK Signing Block: anybody can read it there, and change it without \
         breaking a signature; put the Client Id alone there"
    )
}

/// The places that are pairs.
fn pairs(placed: &Placed<Spot>) -> impl Iterator<Item = &PlannedPlace> {
    placed.places.iter().zip(&placed.spots).filter(|(_, spot)| spot.is_pair()).map(|(place, _)| place)
}

/// The first of them.
pub(super) fn first(placed: &Placed<Spot>) -> Option<&Address> {
    pairs(placed).next().map(|place| &place.address)
}
