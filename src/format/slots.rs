//! Which pool string each edited value gets.
//!
//! The result depends on what refers to what, never on the texts before or on earlier edits of the same values, so that
//! dev, then prod, then dev again is dev byte for byte:
//! 1. Strings at the end that an earlier edit appended and that only edited values use are taken away.
//! 2. A string that only edited values use belongs to the first of them, and its text is replaced where it is: the old
//!    text is gone.
//! 3. Every other edited value takes a string others use that already has the text, else one that an edited value
//!    before it got, else a new one at the end.
//!
//! Must not: know where the references stand.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::secret::SecretText;
use super::string_pool::{Appended, PoolEdit, PoolError, StringPool};

/// One value to edit, in an order that does not depend on texts or earlier edits.
#[derive(Debug, Clone)]
pub struct Unit {
    /// The string it has now, if it has one.
    pub slot: Option<u32>,
    /// A second reference that goes with it (`ResXMLTree_attribute.rawValue`).
    pub second: Option<u32>,
    /// The text it shall have.
    pub text: SecretText,
}

/// What came out.
#[derive(Debug, Default)]
pub struct Assignment {
    /// What to change in the pool.
    pub edit: PoolEdit,
    /// The string of each unit.
    pub slots: Vec<u32>,
}

/// Gives each unit its string. `foreign` tells, per string, whether anything but the units refers to it; strings below
/// `protected` are never replaced (they own styles, or stand for attribute names).
pub fn assign(
    pool: &StringPool<'_>,
    foreign: &[bool],
    protected: u32,
    units: &[Unit],
) -> Result<Assignment, PoolError> {
    let is_foreign = |slot: u32| foreign.get(slot as usize).copied().unwrap_or(true);
    let ours: HashSet<u32> = units.iter().flat_map(|unit| [unit.slot, unit.second]).flatten().collect();

    // 1. The tail of earlier edits.
    let mut kept = pool.len();
    while let Some(last) = kept.checked_sub(1)
        && last >= protected
        && !is_foreign(last)
        && ours.contains(&last)
        && pool.is_marked(last)
    {
        kept = last;
    }

    // 2. Owners.
    let mut owners: HashMap<u32, usize> = HashMap::new();
    for (index, unit) in units.iter().enumerate() {
        if let Some(slot) = unit.slot
            && (protected..kept).contains(&slot)
            && !is_foreign(slot)
        {
            owners.entry(slot).or_insert(index);
        }
    }

    // 3. The rest.
    let owns = |index: usize, unit: &Unit| unit.slot.is_some_and(|slot| owners.get(&slot) == Some(&index));
    let wanted: HashMap<Vec<u8>, &str> = units
        .iter()
        .enumerate()
        .filter(|(index, unit)| !owns(*index, unit))
        .map(|(_, unit)| (pool.encode_text(unit.text.expose()).into_owned(), unit.text.expose()))
        .collect();
    let mut known: HashMap<&str, u32> = HashMap::new();
    if !wanted.is_empty() {
        for slot in pool.style_count()..kept {
            if is_foreign(slot)
                && let Ok(raw) = pool.raw(slot)
                && let Some(text) = wanted.get(raw)
            {
                known.entry(text).or_insert(slot);
            }
        }
    }
    let mut out = Assignment::default();
    let mut set = BTreeMap::new();
    for (index, unit) in units.iter().enumerate() {
        let slot = match unit.slot {
            Some(slot) if owns(index, unit) => {
                if !pool.reads(slot, unit.text.expose()) {
                    set.insert(slot, unit.text.clone());
                }
                known.entry(unit.text.expose()).or_insert(slot);
                slot
            }
            _ => *known.entry(unit.text.expose()).or_insert_with(|| {
                let slot = u32::try_from(out.edit.append.len()).unwrap_or(u32::MAX).saturating_add(kept);
                out.edit.append.push(Appended { text: unit.text.clone(), marked: true });
                slot
            }),
        };
        out.slots.push(slot);
    }
    // What nobody refers to any more must not keep its text.
    let used: HashSet<u32> = out.slots.iter().copied().collect();
    for slot in ours.into_iter().filter(|slot| *slot < kept && *slot >= pool.style_count()) {
        if !is_foreign(slot) && !used.contains(&slot) && !pool.raw(slot)?.is_empty() {
            set.insert(slot, SecretText::default());
        }
    }
    out.edit.set = set;
    out.edit.drop_tail = pool.len() - kept;
    // Taking away and putting back the same strings is no edit.
    if out.edit.set.is_empty() && out.edit.drop_tail as usize == out.edit.append.len() {
        let same = (kept..).zip(&out.edit.append).all(|(slot, appended)| {
            pool.raw(slot).is_ok_and(|raw| raw == pool.encode_text(appended.text.expose()).as_ref())
        });
        if same {
            out.edit.drop_tail = 0;
            out.edit.append.clear();
        }
    }
    Ok(out)
}
