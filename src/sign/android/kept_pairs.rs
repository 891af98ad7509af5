//! Which pairs of the input's signing block stay although the package is signed anew: channels, mostly.
//!
//! Must not: keep what a new signature makes untrue, or change what it keeps.

use std::collections::BTreeSet;

use crate::format::apk_signing_block::{SigningBlock, id, pair_id, pair_name};

/// The pairs that stay. By default none: apksigner leaves them out too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeptPairs(Which);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Which {
    /// Those of these IDs, none of which can not be kept.
    Named(BTreeSet<u32>),
    /// Whatever can be kept.
    All,
}

impl Default for Which {
    fn default() -> Self {
        Self::Named(BTreeSet::new())
    }
}

/// Why pairs cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeptPairsError {
    /// Not a list of IDs.
    #[error(
        "{found:?} is no ID of 32 bits; expected numbers such as 0x71777777, in hexadecimal or decimal, with commas between them, or all"
    )]
    Unknown {
        /// What was given.
        found: String,
    },
    /// A pair that a new signature makes anew, or untrue.
    #[error("{} is the {}, and {why}; leave it out of the list", pair_name(*id), id::describe(*id))]
    Never {
        /// Its ID.
        id: u32,
        /// What becomes of it.
        why: &'static str,
    },
}

/// Why the pair of an ID never stays; `None` where it may.
fn never(id: u32) -> Option<&'static str> {
    match id {
        id::V2 | id::V3 | id::V31 | id::V32 => Some("signing makes the signatures anew"),
        id::PADDING => Some("it is made anew for the size that the block has"),
        id::STAMP | id::STAMP_V1 => Some("it signs the package as it was, so it would not hold any more"),
        _ => None,
    }
}

impl KeptPairs {
    /// Reads a list such as `0x71777777,0x881155ff`, or `all`: each that can be kept.
    pub fn parse(list: &str) -> Result<Self, KeptPairsError> {
        let mut named = BTreeSet::new();
        let mut is_all = false;
        for word in list.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            if word == "all" {
                is_all = true;
                continue;
            }
            let Some(id) = pair_id(word) else { return Err(KeptPairsError::Unknown { found: word.to_owned() }) };
            if let Some(why) = never(id) {
                return Err(KeptPairsError::Never { id, why });
            }
            named.insert(id);
        }
        Ok(Self(if is_all { Which::All } else { Which::Named(named) }))
    }

    /// Whether the pair of an ID stays, where there is one.
    pub fn has(&self, id: u32) -> bool {
        match &self.0 {
            Which::Named(named) => named.contains(&id),
            Which::All => never(id).is_none(),
        }
    }

    /// The IDs that were named.
    pub fn named(&self) -> impl Iterator<Item = u32> {
        let named = match &self.0 {
            Which::Named(named) => Some(named),
            Which::All => None,
        };
        named.into_iter().flatten().copied()
    }

    /// The pairs of a block that stay, in their order, but for those that get another value.
    pub(crate) fn of(&self, block: &SigningBlock, others: &BTreeSet<u32>) -> Vec<(u32, Vec<u8>)> {
        let kept = block.pairs().filter(|(id, _)| self.has(*id) && !others.contains(id));
        kept.map(|(id, value)| (id, value.to_vec())).collect()
    }

    /// Whether a pair of this ID can be kept at all.
    pub fn can_keep(id: u32) -> bool {
        never(id).is_none()
    }
}
