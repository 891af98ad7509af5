//! Android packages: found, edited, aligned, signed, verified and put in place.
//!
//! * `error`: what can go wrong with a package alone.
//! * `packed`: what packages have in common with bundles, and the order of the steps.
//! * `package`: one that was inspected.
//! * `pairs`: one of which nothing changes but pairs of the signing block, with no key.
//! * `write`: the new package, from its changed contents to what was verified and has no name yet.
//! * `v1_files`, `v4_file`: the files of these schemes.
//! * `dm_file`: a profile beside a package.
//!
//! Must not: obtain credentials; values come from the caller, between plan and apply.

pub(super) mod dm_file;
mod error;
mod package;
mod packed;
mod pairs;
mod v1_files;
pub(super) mod v4_file;
mod write;

use std::collections::BTreeSet;
use std::path::Path;

pub(super) use package::{NEW_KEY, Package, check_signer, name_splits};
pub(super) use packed::{LeftOut, Packed, Steps, Written, finish, not_there, rewrite, while_searching};
pub(super) use pairs::unprotected;
pub(super) use v1_files::{sign as sign_jar, stale};

use super::fault::Cause;
use super::kind::{Artifact, Kind, Task};
use super::locate::{Hit, Outcome, Placed, Search};
use super::old_copies::OldHunt;
use super::plan::{Description, Done, Form, ReleaseFault};
use super::refusal::Words;
use super::signing::{AndroidSigning, KeyKind, Signing};
use crate::artifact::apk::{Changes, MANIFEST, Spot};
use crate::artifact::genexus::Mains;
use crate::format::apk_signing_block::{SigningBlock, pair_text};
use crate::host::file::FileError;
use crate::host::replacement::Replacement;
use crate::host::rights::Like;
use crate::placement::template::Values;
use crate::placement::{self, Address, Place};
use crate::sign::android::{self, KeptPairs};
use crate::verify::injected::Expected;
use crate::verify::leak::Hunt;
use crate::verify::{self, archives};
use dm_file::Renewed;
use package::{WORDS, options};

impl Artifact for Package {
    fn words(&self) -> &'static Words {
        &WORDS
    }

    fn id(&self) -> Option<&str> {
        Some(&self.packed.facts.package)
    }

    fn kind(&self) -> placement::Kind {
        placement::Kind::Apk
    }

    fn describe(&self) -> Description {
        self.packed.describe(Form::Apk)
    }

    fn mains(&self) -> Result<Mains, Cause> {
        self.packed.mains()
    }

    fn release_faults(&self) -> Vec<ReleaseFault> {
        self.packed.release_faults(MANIFEST)
    }

    fn key_kind(&self) -> Option<KeyKind> {
        Some(KeyKind::Android)
    }

    fn check_signing(&self, signing: &Signing<'_>) -> Result<(), Cause> {
        let signing = signing.android()?;
        let v1 = match signing {
            AndroidSigning::With(request) => self.schemes(request)?.v1,
            AndroidSigning::Unsigned => false,
        };
        self.check_entries(v1)?;
        if let AndroidSigning::With(_) = signing {
            self.has_new_signer(signing)?;
        }
        Ok(())
    }

    fn has(&self, address: &Address) -> Result<bool, Cause> {
        self.packed.has(address)
    }

    /// With the v4 signature beside it.
    fn verify_signature(&self, min_sdk: Option<u32>) -> Result<verify::Report, Cause> {
        let path = v4_file::path(&self.packed.path);
        let idsig = if self.packed.has_neighbors { v4_file::read(&path)? } else { None };
        let idsig = idsig.as_ref().map(|idsig| idsig.as_slice());
        let archive = self.packed.archive();
        let mut report = verify::android::package(&archive, &options(&self.packed.facts, min_sdk, idsig));
        archives::within(&mut report, &archive, &BTreeSet::new());
        Ok(report)
    }

    fn verify_places(&self, report: &mut verify::Report, expected: &[Expected]) {
        self.packed.verify_places(report, expected);
    }

    fn search(&self, hunt: &mut Hunt<'_>, report: &mut verify::Report) {
        self.packed.search(hunt, report);
    }

    fn pairs(&self) -> Result<Vec<Address>, Cause> {
        Ok(self.packed.apk().pairs()?)
    }
}

impl Kind for Package {
    type Spot = Spot;
    type Changes = Changes;

    fn find(&self, place: &Place) -> Result<Vec<Hit<Spot>>, Cause> {
        self.packed.find(place)
    }

    /// A device picks what a split holds before what the base does.
    fn look_around(&self, found: &mut Outcome<Spot>) {
        if self.packed.facts.needs_splits {
            name_splits(found, &self.splits());
        }
    }

    fn judge_plan(&self, _search: Search<'_>, placed: &mut Placed<Spot>) -> Result<(), Cause> {
        self.packed.judge_plan(placed)?;
        placed.notes.extend(not_there(&placed.pairs, [&self.packed])?);
        self.judge_pairs(placed)
    }

    fn check_plan(&self, placed: &Placed<Spot>, signing: &Signing<'_>) -> Result<(), Cause> {
        self.check_signing(signing)?;
        self.check_pair(pairs::first(placed), signing.android()?)?;
        self.check_kept_pairs(&placed.pairs, signing.android()?)
    }

    fn changes(&self, placed: &Placed<Spot>, values: &Values<'_>) -> Result<Changes, Cause> {
        self.packed.changes(placed, values)
    }

    fn contents<'c>(&self, changes: &'c Changes) -> Vec<(String, &'c [u8])> {
        self.packed.contents(changes)
    }

    /// Other pairs stay where nothing is signed.
    fn search_rest(&self, placed: &Placed<Spot>, hunt: &mut OldHunt<'_>, changes: &Changes) -> Result<(), Cause> {
        self.packed.search_rest(hunt, changes);
        let stays = placed.kept.is_some() || changes.is_empty();
        self.packed.search_pairs(hunt, &changes.pairs.ids(), if stays { None } else { Some(&placed.pairs) })
    }

    fn probe(&self, _placed: &Placed<Spot>, output: &Path) -> Result<(), Cause> {
        Ok(Replacement::probe(output)?)
    }

    fn finish(&self, placed: &Placed<Spot>, task: &Task<'_>) -> Result<Done, Cause> {
        match &placed.kept {
            Some(kept) => self.finish_pairs(kept, placed, task),
            None => finish(self, placed, task),
        }
    }
}

impl Steps for Package {
    fn packed(&self) -> &Packed {
        &self.packed
    }

    fn signed_as_asked(&self, signing: &AndroidSigning<'_>) -> Result<Option<verify::Report>, Cause> {
        self.is_signed_as_asked(signing)
    }

    fn has_new_signer(&self, signing: &AndroidSigning<'_>) -> Result<bool, Cause> {
        check_signer(signing, &self.input(), NEW_KEY)
    }

    fn write(
        &self,
        placed: &Placed<Spot>,
        changes: Changes,
        left_out: (&[usize], Option<&SigningBlock>),
        task: &Task<'_>,
    ) -> Result<Written, Cause> {
        self.check_pair(pairs::first(placed), task.signing.android()?)?;
        self.check_kept_pairs(&placed.pairs, task.signing.android()?)?;
        self.write_new(&placed.expected(task.values)?, (changes, &placed.pairs), left_out, task)
    }

    /// A v4 signature of the old package would be stale, so it goes first. A profile goes where the package goes.
    fn put_in_place(&self, written: Written, output: &Path) -> Result<Vec<String>, Cause> {
        let Written { new, idsig, dex, report: _ } = written;
        let (mut profile, mut notes) = (None, Vec::new());
        match dm_file::renewed(&self.packed.path, output, &dex)? {
            None => {}
            Some((target, Renewed::Content(content))) => {
                let mut file = Replacement::start(&target)?;
                file.write_all(&content)?;
                profile = Some(file);
            }
            Some((target, Renewed::Stale)) => {
                let _ = v4_file::remove_stale(&target)?;
                notes.push(dm_file::left_out(&target));
            }
        }
        let idsig_path = v4_file::path(output);
        let was_there = v4_file::remove_stale(&idsig_path)?;
        new.commit(None)?;
        // Who may read the package may read what belongs to it.
        let like = Like::at(output).map_err(FileError::on("inspect", output))?.beside();
        if let Some(idsig) = idsig {
            let mut file = Replacement::start(&idsig_path)?;
            file.write_all(&idsig)?;
            file.commit(Some(&like))?;
        } else if was_there {
            notes.push(v4_file::gone(&idsig_path));
        }
        if let Some(profile) = profile {
            profile.commit(Some(&like))?;
        }
        Ok(notes)
    }

    fn notes(&self, _: &AndroidSigning<'_>, (removed, block, stay): LeftOut<'_>) -> Vec<String> {
        let dropped = block.map(|block| android::dropped_pairs(block, stay)).unwrap_or_default();
        let mut notes = Vec::new();
        if !dropped.is_empty() {
            let texts: Vec<String> = dropped.iter().map(|pair| pair_text(pair.id, pair.len)).collect();
            let can_stay = dropped.iter().any(|pair| KeptPairs::can_keep(pair.id));
            let how = if can_stay { "; what an app needs stays with --keep-signing-block-ids" } else { "" };
            notes.push(format!("left out of the signing block: {}{how}", texts.join(", ")));
        }
        if removed.iter().any(|name| name.as_bytes() == v1_files::STAMP) {
            notes.push("the source stamp is gone; its signature no longer fits".to_owned());
        }
        notes
    }
}
