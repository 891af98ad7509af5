//! Pairs of the APK Signing Block as places: what they hold, and what they are to hold.
//!
//! No build makes such a pair, so the address itself asks for it: where nothing is, it is made.
//!
//! Must not: make a block, or change a pair that has a meaning to Android (addresses of these do not parse).

use std::collections::{BTreeMap, BTreeSet};

use zeroize::Zeroizing;

use super::spot::{Found, Slot, Spot};
use super::{Apk, ApkError};
use crate::format::apk_signing_block::{SigningBlock, id, pair_name};
use crate::format::read_at::ReadAt;
use crate::placement::{Absence, Address, Kind, Place, Target};

/// Values that pairs are to hold.
#[derive(Default)]
pub struct Pairs {
    /// By ID: every place, whether it changes or not.
    pub values: BTreeMap<u32, Vec<u8>>,
    /// The IDs of those that change or are made.
    pub changed: BTreeSet<u32>,
}

impl Pairs {
    /// The IDs of all of them.
    pub fn ids(&self) -> BTreeSet<u32> {
        self.values.keys().copied().collect()
    }

    /// Names and values of those that change.
    pub fn contents(&self) -> impl Iterator<Item = (String, &[u8])> {
        let changed = self.values.iter().filter(|(id, _)| self.changed.contains(id));
        changed.map(|(id, value)| (pair_name(*id), value.as_slice()))
    }
}

impl<S: ReadAt + ?Sized> Apk<'_, S> {
    /// The APK Signing Block, where there is one.
    pub fn block(&self) -> Result<Option<SigningBlock>, ApkError> {
        Ok(SigningBlock::find(self.archive.source(), self.archive.directory_offset())?)
    }

    /// The addresses of the pairs that are there and mean nothing to Android, each once.
    pub fn pairs(&self) -> Result<Vec<Address>, ApkError> {
        if self.kind() != Kind::Apk {
            return Ok(Vec::new());
        }
        let block = self.block()?;
        let ids: BTreeSet<u32> = block.iter().flat_map(SigningBlock::pairs).map(|(id, _)| id).collect();
        let others = ids.into_iter().filter(|id| id::meaning(*id).is_none());
        Ok(others.map(|id| Address { kind: None, target: Target::SigningBlock { id } }).collect())
    }

    /// The pair that a place is: with its value, or to be made.
    pub(super) fn find_pair(&self, place: &Place, id: u32) -> Result<Vec<Found>, ApkError> {
        // With apk: in front it is for packages, and not for the bundle that they are made of.
        if place.at.kind.is_some() && self.kind() != Kind::Apk {
            return Ok(Vec::new());
        }
        let found = self.look_at_pair(&place.at, id)?;
        let is_made = match place.absence {
            Absence::Fail | Absence::Create | Absence::CreateWithin => found.is_empty(),
            Absence::Skip | Absence::Offer => false,
        };
        Ok(if is_made { vec![pair(&place.at, id, None)] } else { found })
    }

    /// What a pair holds now.
    pub(super) fn look_at_pair(&self, address: &Address, id: u32) -> Result<Vec<Found>, ApkError> {
        let refused = |problem| ApkError::Refused { address: Box::new(address.clone()), problem };
        if self.kind() != Kind::Apk {
            let problem = "an App Bundle has no APK Signing Block; the packages that are made of it have one each: inject those, \
                           or write apk: in front to pass over bundles";
            return Err(ApkError::Address { address: Box::new(address.clone()), problem: problem.to_owned() });
        }
        let Some(block) = self.block()? else { return Ok(Vec::new()) };
        let mut values = block.pairs().filter(|(there, _)| *there == id).map(|(_, value)| value);
        let Some(value) = values.next() else { return Ok(Vec::new()) };
        let others = values.count();
        if others > 0 {
            return Err(refused(format!(
                "the APK Signing Block has {} pairs of this ID, expected one, because which of them an app reads is not known; \
                 sign the package again, which leaves them out",
                others + 1
            )));
        }
        let value = std::str::from_utf8(value).map_err(|error| {
            refused(format!(
                "the pair holds {} bytes that are no UTF-8 text (byte {}), so something else uses this ID; take another one",
                value.len(),
                error.valid_up_to()
            ))
        })?;
        Ok(vec![pair(address, id, Some(value.to_owned()))])
    }

    /// What the pairs of these spots are to hold.
    pub(super) fn change_pairs(&self, values: &[(Spot, Zeroizing<String>)]) -> Result<Pairs, ApkError> {
        let mut pairs = Pairs::default();
        for (spot, value) in values {
            if let Slot::Pair { id } = spot.slot {
                pairs.values.insert(id, value.as_bytes().to_vec());
            }
        }
        if !pairs.values.is_empty() {
            let block = self.block()?;
            let there = |id| block.as_ref().and_then(|block| Some(block.value(id)?.0));
            let changed = pairs.values.iter().filter(|(id, value)| there(**id) != Some(value.as_slice()));
            pairs.changed = changed.map(|(id, _)| *id).collect();
        }
        Ok(pairs)
    }
}

fn pair(address: &Address, id: u32, value: Option<String>) -> Found {
    let (address, entry, missing) = (address.clone(), pair_name(id), value.is_none());
    let spot = Spot { address, entry, missing, resource: None, slot: Slot::Pair { id } };
    Found { spot, values: value.into_iter().collect(), left: Vec::new() }
}
