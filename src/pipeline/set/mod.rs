//! Sets of packages that are one application: a base and its splits in a folder, or packed in an archive (`.apks` of bundletool,
//! `.xapk`, `.apkm`).
//!
//! A place belongs to the package that holds it. All packages of a set are signed by one signer, as Android asks; those that
//! nothing changes in and that are signed so already stay as they are.
//!
//! * `error`: what can go wrong with a set alone.
//! * `home`: where the packages lie.
//! * `member`: one of them.
//! * `package_set`: all of them.
//! * `rules`: what Android refuses to install.
//! * `finish`: steps 3 to 8.
//! * `folder`, `archive`: the new packages take their places.
//! * `listing`: what an archive says of its packages.
//!
//! Must not: obtain credentials; values come from the caller, between plan and apply.

mod archive;
mod error;
mod finish;
mod folder;
mod home;
mod listing;
mod member;
mod package_set;
mod rules;

use std::path::Path;

pub(super) use package_set::PackageSet;

use super::apk::{name_splits, not_there};
use super::fault::Cause;
use super::kind::{Artifact, Kind, Task};
use super::locate::{Hit, Outcome, Placed, Search};
use super::old_copies::OldHunt;
use super::plan::{ApkFacts, Description, Done, Facts, Form, PairFacts, ReleaseFault};
use super::refusal::Words;
use super::signing::{KeyKind, Signing};
use crate::artifact::apk as packages;
use crate::artifact::genexus::Mains;
use crate::placement::template::Values;
use crate::placement::{self, Absence, Address, Place};
use crate::verify::Report;
use crate::verify::injected::{self, Expected};
use crate::verify::leak::Hunt;
use error::SetError;
use member::Member;
use package_set::{Changes, Spot, WORDS};

impl Artifact for PackageSet {
    fn words(&self) -> &'static Words {
        &WORDS
    }

    fn id(&self) -> Option<&str> {
        self.members.first().map(|member| member.package.packed.facts.package.as_str())
    }

    fn kind(&self) -> placement::Kind {
        placement::Kind::Apk
    }

    fn describe(&self) -> Description {
        let base = self.members.first().map(|member| member.package.packed.describe(Form::ApkSet));
        let Some(Description { facts: Facts::Apk(base), .. }) = base else {
            return Description { form: Form::ApkSet, facts: Facts::Apk(ApkFacts::default()) };
        };
        let mut facts = ApkFacts { entries: 0, pairs: Vec::new(), ..base };
        for member in &self.members {
            facts.packages.push(member.name.clone());
            if let Description { facts: Facts::Apk(theirs), .. } = member.package.packed.describe(Form::Apk) {
                facts.abis.extend(theirs.abis);
                facts.entries += theirs.entries;
                facts.debuggable |= theirs.debuggable;
                facts.test_only |= theirs.test_only;
                let package = || Some(member.name.clone());
                facts.pairs.extend(theirs.pairs.into_iter().map(|pair| PairFacts { package: package(), ..pair }));
            }
        }
        facts.abis.sort_unstable();
        facts.abis.dedup();
        Description { form: Form::ApkSet, facts: Facts::Apk(facts) }
    }

    /// Metadata lies in one package.
    fn mains(&self) -> Result<Mains, Cause> {
        let mut mains = Mains::default();
        for member in &self.members {
            let theirs = member.package.packed.mains().map_err(member.about())?;
            if !theirs.all.is_empty() {
                return Ok(theirs);
            }
            mains = theirs;
        }
        Ok(mains)
    }

    fn release_faults(&self) -> Vec<ReleaseFault> {
        let mut faults: Vec<ReleaseFault> = Vec::new();
        for fault in self.members.iter().flat_map(|member| member.package.release_faults()) {
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
        faults
    }

    fn key_kind(&self) -> Option<KeyKind> {
        Some(KeyKind::Android)
    }

    fn check_signing(&self, signing: &Signing<'_>) -> Result<(), Cause> {
        self.home.check_signing(signing.android()?)?;
        self.members.iter().try_for_each(|member| member.package.check_signing(signing).map_err(member.about()))
    }

    fn has(&self, address: &Address) -> Result<bool, Cause> {
        Ok(!self.having(address)?.is_empty())
    }

    fn verify_signature(&self, min_sdk: Option<u32>) -> Result<Report, Cause> {
        let mut report = self.verify_each(|member| member.package.verify_signature(min_sdk).map_err(member.about()))?;
        report.findings.extend(self.problems());
        report.findings.extend(self.home.verify().findings);
        self.home.verify_within(&mut report, &self.members);
        Ok(report)
    }

    /// An app reads the block of the base.
    fn pairs(&self) -> Result<Vec<Address>, Cause> {
        let mut all: Vec<Address> = Vec::new();
        for member in self.bases().into_iter().filter_map(|index| self.members.get(index)) {
            let pairs = member.package.pairs().map_err(member.about())?;
            let new: Vec<Address> = pairs.into_iter().filter(|pair| !all.contains(pair)).collect();
            all.extend(new);
        }
        Ok(all)
    }

    fn verify_places(&self, report: &mut Report, expected: &[Expected]) {
        let members = self.members.iter();
        let members = members.map(|member| (member.name.as_str(), member.package.packed.archive())).collect();
        injected::packages(report, members, expected);
    }

    fn search(&self, hunt: &mut Hunt<'_>, report: &mut Report) {
        for member in &self.members {
            hunt.part(report, &member.name, |hunt, report| member.package.search(hunt, report));
        }
        self.home.search_rest(hunt, report);
    }
}

impl Kind for PackageSet {
    type Spot = Spot;
    type Changes = Changes;

    /// What is in no package is made in the base, or missing there.
    fn find(&self, place: &Place) -> Result<Vec<Hit<Spot>>, Cause> {
        for other in &place.unless {
            if self.has(other)? {
                return Ok(Vec::new());
            }
        }
        let place = Place { unless: Vec::new(), ..place.clone() };
        let unknown = self.one_program(&place)?;
        let members = match place.absence {
            // Each package has a block of its own, and an app reads that of the base.
            _ if place.at.is_pair() => self.bases(),
            Absence::Fail | Absence::Create => {
                let having = self.having(&place.at)?;
                if having.is_empty() { self.bases() } else { having }
            }
            Absence::Skip | Absence::Offer | Absence::CreateWithin => (0..self.members.len()).collect(),
        };
        let mut hits = Vec::new();
        for index in members {
            hits.extend(self.find_in(index, &place)?);
        }
        if let Some(first) = hits.first_mut() {
            first.left.extend(unknown);
        }
        Ok(hits)
    }

    /// Splits of the same folder that were not given.
    fn look_around(&self, found: &mut Outcome<Spot>) {
        let Some(base) = self.members.first().filter(|_| self.home.is_folder()) else { return };
        let mut splits = base.package.splits();
        splits.retain(|(name, _)| self.members.iter().all(|member| member.name != *name));
        name_splits(found, &splits);
    }

    fn judge_plan(&self, _search: Search<'_>, placed: &mut Placed<Spot>) -> Result<(), Cause> {
        let problems = self.problems();
        if !problems.is_empty() {
            return Err(SetError::Refused(problems).into());
        }
        for (index, member) in self.members.iter().enumerate() {
            let spots: Vec<packages::Spot> =
                placed.spots.iter().filter(|spot| spot.member == index).map(|spot| spot.spot.clone()).collect();
            member.package.packed.apk().check(&spots).map_err(Cause::from).map_err(member.about())?;
        }
        let all = self.members.iter().map(|member| &member.package.packed);
        placed.notes.extend(not_there(&placed.pairs, all)?);
        self.judge_pairs(placed)
    }

    fn changes(&self, placed: &Placed<Spot>, values: &Values<'_>) -> Result<Changes, Cause> {
        let mut pairs: Vec<Vec<_>> = self.members.iter().map(|_| Vec::new()).collect();
        for (_, spot, value) in placed.rendered(values)? {
            if let Some(pairs) = pairs.get_mut(spot.member) {
                pairs.push((spot.spot.clone(), value));
            }
        }
        let mut changes = Vec::new();
        for (member, pairs) in self.members.iter().zip(pairs) {
            changes.push(member.package.packed.apk().change(&pairs).map_err(Cause::from).map_err(member.about())?);
        }
        Ok(Changes(changes))
    }

    fn contents<'c>(&self, changes: &'c Changes) -> Vec<(String, &'c [u8])> {
        let of = |(member, changes): (&Member, &'c packages::Changes)| {
            let contents = member.package.packed.contents(changes);
            contents.into_iter().map(|(name, content)| (member.entry(&name), content)).collect::<Vec<_>>()
        };
        self.members.iter().zip(&changes.0).flat_map(of).collect()
    }

    fn search_rest(&self, placed: &Placed<Spot>, hunt: &mut OldHunt<'_>, changes: &Changes) -> Result<(), Cause> {
        let pairs = if placed.kept.is_some() { None } else { Some(&placed.pairs) };
        self.search_kept(hunt, pairs, &changes.kept())
    }

    fn check_plan(&self, placed: &Placed<Spot>, signing: &Signing<'_>) -> Result<(), Cause> {
        self.check_signing(signing)?;
        self.check_pairs(placed, signing.android()?)
    }

    fn probe(&self, _placed: &Placed<Spot>, output: &Path) -> Result<(), Cause> {
        self.home.probe(&self.members, output)
    }

    fn finish(&self, placed: &Placed<Spot>, task: &Task<'_>) -> Result<Done, Cause> {
        finish::finish(self, placed, task)
    }
}
