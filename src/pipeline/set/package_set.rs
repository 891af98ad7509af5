//! A set of packages, inspected: which of them have a place, and what they are together.
//!
//! Must not: write anything.

use std::collections::BTreeSet;

use super::error::SetError;
use super::home::{self, Home};
use super::member::Member;
use super::rules;
use crate::artifact::apk as packages;
use crate::pipeline::apk;
use crate::pipeline::fault::Cause;
use crate::pipeline::kind::Location;
use crate::pipeline::locate::{Hit, Placed};
use crate::pipeline::old_copies::OldHunt;
use crate::pipeline::plan::PlannedPlace;
use crate::pipeline::refusal::Words;
use crate::pipeline::signing::AndroidSigning;
use crate::placement::{Address, Place};
use crate::sign::android::KeptPairs;
use crate::verify::{self, Report};

/// What a set is called in messages.
pub(super) static WORDS: Words =
    Words { this: "this set of packages", new: "the new set", example: "string/client_id", make: None };

/// A set, inspected. It has a member at least; the first one is a base, where there is one.
#[derive(Debug)]
pub(in crate::pipeline) struct PackageSet {
    pub(super) home: Home,
    pub(super) members: Vec<Member>,
}

/// A place in a package of a set.
#[derive(Debug, Clone)]
pub(in crate::pipeline) struct Spot {
    pub(super) member: usize,
    pub(super) spot: packages::Spot,
}

impl PackageSet {
    /// The set at a place; `None` where something else is there.
    pub(in crate::pipeline) fn open(at: &Location) -> Result<Option<Self>, Cause> {
        let Some((path, home, mut members)) = home::open(at)? else { return Ok(None) };
        // Bases first, then by name: `base-master.apk` before `base-de.apk`.
        members.sort_by(|a, b| (a.split().is_some(), &a.name).cmp(&(b.split().is_some(), &b.name)));
        if let Some((base, splits)) = members.split_first_mut() {
            for split in splits {
                split.package.complement(&base.package.packed.facts);
            }
        }
        if members.is_empty() {
            return Err(SetError::Empty(path).into());
        }
        Ok(Some(Self { home, members }))
    }

    /// What Android would not install of it.
    pub(super) fn problems(&self) -> Vec<verify::Finding> {
        rules::problems(&self.members, self.home.has_variants())
    }

    /// Whether a package has the place: those that have not are none of its business.
    pub(super) fn having(&self, address: &Address) -> Result<Vec<usize>, Cause> {
        let mut having = Vec::new();
        for (index, member) in self.members.iter().enumerate() {
            if member.package.packed.has(address).map_err(member.about())? {
                having.push(index);
            }
        }
        Ok(having)
    }

    /// The code of all packages is one program: calls that pass different constants are a question, and so are those whose value is
    /// not known, which are what is left where that is accepted.
    pub(super) fn one_program(&self, place: &Place) -> Result<Vec<String>, Cause> {
        let (mut constants, mut calling, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
        let with_code: Vec<&Member> =
            self.members.iter().filter(|member| member.package.packed.apk().has_code()).collect();
        for member in with_code.iter().filter(|_| with_code.len() > 1 && !self.home.has_variants()) {
            let passing = member.package.packed.apk().passed(&place.at).map_err(Cause::from).map_err(member.about())?;
            // A package that knows a constant says of its other calls itself.
            if passing.constants.is_empty() {
                unknown.extend(passing.unknown.iter().map(|call| format!("{}: {call}", member.name)));
            } else {
                calling.push(member.name.clone());
            }
            constants.extend(passing.constants);
        }
        let address = || Box::new(place.at.clone());
        if calling.len() > 1 && constants.iter().any(|constant| Some(constant) != constants.first()) {
            return Err(SetError::Constants { address: address(), calling }.into());
        }
        if !calling.is_empty() && !unknown.is_empty() && !place.partial {
            return Err(SetError::Calls { address: address(), unknown }.into());
        }
        Ok(if calling.is_empty() { Vec::new() } else { unknown })
    }

    pub(super) fn find_in(&self, index: usize, place: &Place) -> Result<Vec<Hit<Spot>>, Cause> {
        let Some(member) = self.members.get(index) else { return Ok(Vec::new()) };
        let hits = member.package.packed.find(place).map_err(member.about())?;
        let within = |hit: Hit<packages::Spot>| Hit {
            spot: Spot { member: index, spot: hit.spot },
            entry: member.entry(&hit.entry),
            address: hit.address,
            implied: hit.implied,
            missing: hit.missing,
            object: hit.object,
            values: hit.values,
            left: hit.left,
        };
        Ok(hits.into_iter().map(within).collect())
    }

    /// Verifies every package, and that they are by one signer. What is said of the set is what its base says.
    pub(super) fn verify_each(&self, mut one: impl FnMut(&Member) -> Result<Report, Cause>) -> Result<Report, Cause> {
        let mut reports = Vec::new();
        for member in &self.members {
            reports.push(one(member)?);
        }
        Ok(rules::one_report(&self.members, reports))
    }
}

/// The entries of a package that change, and the pairs of its signing block.
pub(super) type Changed = (BTreeSet<usize>, BTreeSet<u32>);

/// New contents, a package each, in the order of the set.
pub(in crate::pipeline) struct Changes(pub(super) Vec<packages::Changes>);

impl Changes {
    /// What does not stay: the entries and the pairs that change, a package each.
    pub(super) fn kept(&self) -> Vec<Changed> {
        let of = |changes: &packages::Changes| (changes.replaced.keys().copied().collect(), changes.pairs.ids());
        self.0.iter().map(of).collect()
    }
}

impl PackageSet {
    /// Searches all but what changes for what was there before; with the pairs of a signing block: all of them where it stays, else
    /// those that are taken over.
    pub(super) fn search_kept(
        &self,
        hunt: &mut OldHunt<'_>,
        kept: Option<&KeptPairs>,
        changed: &[Changed],
    ) -> Result<(), Cause> {
        for (member, (entries, pairs)) in self.members.iter().zip(changed) {
            let packed = &member.package.packed;
            hunt.within(&member.name, |hunt| {
                hunt.package(&packed.archive(), entries);
                packed.search_pairs(hunt, pairs, kept)
            })?;
        }
        self.home.search_old(hunt);
        Ok(())
    }

    /// The places in signing blocks, each with its package.
    fn pairs<'p>(&'p self, placed: &'p Placed<Spot>) -> impl Iterator<Item = (&'p Member, &'p PlannedPlace)> {
        let pairs = placed.places.iter().zip(&placed.spots).filter(|(_, spot)| spot.spot.is_pair());
        pairs.filter_map(|(place, spot)| Some((self.members.get(spot.member)?, place)))
    }

    /// Looks at the pairs of a plan: says what has to be said of them, and whose signatures stay where nothing else changes.
    pub(super) fn judge_pairs(&self, placed: &mut Placed<Spot>) -> Result<(), Cause> {
        let mut warnings: Vec<String> = Vec::new();
        for (_, place) in self.pairs(placed).filter(|(_, place)| place.value.needs_secret()) {
            let warning = apk::unprotected(&place.address);
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
        let first = self.pairs(placed).next().map(|(_, place)| place.address.clone());
        placed.warnings.extend(warnings);
        if let Some(first) = first.filter(|_| placed.spots.iter().all(|spot| spot.spot.is_pair())) {
            let takes: BTreeSet<usize> = placed.spots.iter().map(|spot| spot.member).collect();
            let mut index = 0..;
            let report = self.verify_each(|member| {
                let takes = index.next().is_some_and(|index| takes.contains(&index));
                if takes { member.package.kept(&first).map_err(member.about()) } else { Ok(member.package.input()) }
            })?;
            placed.kept = Some(WORDS.sound(report)?);
        }
        Ok(())
    }

    /// Refuses a signature without a block, where pairs are to be in one.
    pub(super) fn check_pairs(&self, placed: &Placed<Spot>, signing: &AndroidSigning<'_>) -> Result<(), Cause> {
        let mut pairs = self.pairs(placed);
        pairs.try_for_each(|(member, place)| {
            member.package.check_pair(Some(&place.address), signing).map_err(member.about())
        })?;
        let mut members = self.members.iter();
        members.try_for_each(|member| member.package.check_kept_pairs(&placed.pairs, signing).map_err(member.about()))
    }

    /// The packages in which something that is nowhere yet is made.
    pub(super) fn bases(&self) -> Vec<usize> {
        let bases = self.members.iter().enumerate().filter(|(_, member)| member.split().is_none());
        let bases: Vec<usize> = bases.map(|(index, _)| index).collect();
        if bases.is_empty() { vec![0] } else { bases }
    }

    /// Whether any of them has another signer than before; an error where that is not wanted.
    pub(super) fn has_new_signer(&self, signing: &AndroidSigning<'_>) -> Result<bool, Cause> {
        let mut new = false;
        for member in &self.members {
            let input = member.package.input();
            new |= apk::check_signer(signing, &input, apk::NEW_KEY).map_err(member.about())?;
        }
        Ok(new)
    }
}
