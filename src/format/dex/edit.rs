//! String constants replaced: which string each reference names afterwards, and the table of strings that needs
//! (`string_id_item`: sorted by UTF-16 code units, without duplicates).
//!
//! Must not: lay anything out (`layout` does), change a name, or decide who may share a constant (`separate` does).

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::DexError;
use super::cursor::{Cursor, push_uleb, size, uleb_len};
use super::layout::{self, adler32};
use super::parse::Dex;
use super::plan::{Plan, Source};
use super::separate::{Rewritten, Text, Wish};
use super::shared::{changes, read_already};
use super::target::{DexEdit, Target};
use super::walk::{StringRef, Usage, Walk, kind, walk};
use crate::format::{limits, mutf8};

/// The file with other constants. No edit gives the same bytes, and so does one whose value is already there.
///
/// A string that nothing refers to afterwards is removed, so an old value does not stay behind; where other code or a
/// name uses the same text, it stays for these. Instructions shared by several methods change for all of them, and so
/// does every use of a register that an instruction fills which is named by itself; [`Target::Passed`] names one use.
pub fn edit(bytes: &[u8], edits: &[DexEdit]) -> Result<Vec<u8>, DexError> {
    let all = Dex::all(bytes)?;
    if edits.is_empty() {
        return Ok(bytes.to_vec());
    }
    for dex in &all {
        let at = dex.header.at.saturating_add(8);
        let found = Cursor::new(bytes, at).u32()?;
        let sum = adler32(bytes.get(at.saturating_add(4)..dex.header.end).unwrap_or_default());
        if found != sum {
            let (expected, found) = (format!("checksum {sum:08x}"), format!("{found:08x}: the file is damaged"));
            return Err(DexError::malformed(at, expected, found));
        }
    }
    let walk = walk(&all)?;
    let strings = sorted_strings(bytes, &walk)?;
    let values: Vec<Cow<'_, [u8]>> = edits.iter().map(|edit| mutf8::encode(edit.value.expose())).collect();
    let mut wanted = wanted(&walk, &strings, edits, &values)?;
    let site_of = |number: usize| walk.strings.get(number).and_then(StringRef::instruction);
    let others = wanted.iter().filter_map(|(number, value)| Some((site_of(*number)?, *value))).collect();
    let passed: Vec<Wish<'_>> = edits
        .iter()
        .zip(&values)
        .filter_map(|(edit, value)| match &edit.target {
            Target::Passed { passed, place } => Some(Wish { passed: *passed, place: *place, value }),
            Target::At(_) | Target::Value(_) => None,
        })
        .collect();
    for edit in edits {
        let Target::Passed { passed, .. } = &edit.target else { continue };
        let item = walk.items.binary_search_by_key(&passed.code, |item| item.range.start).ok();
        if item.and_then(|item| walk.items.get(item)).is_none_or(|item| item.kind != kind::CODE) {
            return Err(DexError::NotFound { target: edit.target.to_string() });
        }
    }
    let is_new = |(number, value): (&usize, &&[u8])| {
        let index = walk.strings.get(*number).map(|string| size(string.index));
        index.and_then(|index| strings.get(index)).is_none_or(|string| string != value)
    };
    // What reads as the values is no edit, whoever else reads the constants.
    if !wanted.iter().any(is_new) && read_already(&all, &passed, &strings)? {
        return Ok(bytes.to_vec());
    }
    let separated = changes(&all, &passed, &others)?;
    let mut gone = BTreeSet::new();
    for (number, site) in walk.strings.iter().map(StringRef::instruction).enumerate() {
        let Some(site) = site else { continue };
        if let Some(value) = separated.in_place.get(&site) {
            wanted.insert(number, value);
        }
        if separated.gone.contains(&site) {
            gone.insert(number);
        }
    }
    wanted.retain(|number, value| is_new((number, &*value)));
    layout::emit(&all, &walk, &plan(&walk, &strings, &wanted, gone, &separated.codes))
}

/// The content of every string. They are in order, and each is exactly what its length says.
fn sorted_strings<'a>(bytes: &'a [u8], walk: &Walk) -> Result<Vec<&'a [u8]>, DexError> {
    let mut strings: Vec<&[u8]> = Vec::with_capacity(walk.string_items.len());
    for item in &walk.string_items {
        let range = walk.items.get(*item).map(|item| item.range.clone()).unwrap_or_default();
        let mut cursor = Cursor::new(bytes, range.start);
        let said = size(cursor.uleb()?);
        let content = bytes.get(cursor.at()..range.end.saturating_sub(1)).unwrap_or_default();
        match mutf8::units(content) {
            Ok(units) if units == said => {}
            Ok(units) => return Err(DexError::malformed(range.start, format!("utf16_size {units}"), said)),
            Err(error) => return Err(DexError::malformed(range.start, "modified UTF-8", error)),
        }
        if strings.last().is_some_and(|before| compare(before, content) != Ordering::Less) {
            let expected = "strings sorted by UTF-16 code units without duplicates";
            return Err(DexError::malformed(range.start, expected, "one out of order"));
        }
        strings.push(content);
    }
    Ok(strings)
}

/// Order by UTF-16 code units. In exact modified UTF-8 that is the order of the bytes, but for U+0000, written `c0 80`.
fn compare(left: &[u8], right: &[u8]) -> Ordering {
    let key = |byte: &u8| if *byte == 0xc0 { 0 } else { *byte };
    left.iter().map(key).cmp(right.iter().map(key))
}

/// By number of the reference, its new text, of the edits that name constants.
fn wanted<'v>(
    walk: &Walk,
    strings: &[&[u8]],
    edits: &[DexEdit],
    values: &'v [Cow<'_, [u8]>],
) -> Result<BTreeMap<usize, &'v [u8]>, DexError> {
    let mut wanted: BTreeMap<usize, &[u8]> = BTreeMap::new();
    for (edit, value) in edits.iter().zip(values) {
        let units = mutf8::utf16_len(edit.value.expose());
        if units > limits::DEX_STRING_UNITS {
            let (target, limit) = (edit.target.to_string(), limits::DEX_STRING_UNITS);
            return Err(DexError::TooLong { target, found: units, limit });
        }
        let old = match &edit.target {
            Target::Value(text) => {
                strings.binary_search_by(|string| compare(string, &mutf8::encode(text.expose()))).ok()
            }
            Target::At(_) => None,
            Target::Passed { .. } => continue,
        };
        let is_meant = |string: &StringRef| match edit.target {
            Target::At(offset) => string.usage != Usage::Name && string.site() == offset,
            Target::Value(_) => string.usage != Usage::Name && Some(size(string.index)) == old,
            Target::Passed { .. } => false,
        };
        let mut found = false;
        for (number, string) in walk.strings.iter().enumerate().filter(|(_, string)| is_meant(string)) {
            found = true;
            if wanted.get(&number).is_some_and(|other| *other != value.as_ref()) {
                return Err(DexError::Conflict { offset: string.site() });
            }
            wanted.insert(number, value);
        }
        if !found {
            return Err(DexError::NotFound { target: edit.target.to_string() });
        }
    }
    Ok(wanted)
}

fn plan(
    walk: &Walk,
    strings: &[&[u8]],
    wanted: &BTreeMap<usize, &[u8]>,
    gone: BTreeSet<usize>,
    codes: &BTreeMap<usize, BTreeMap<usize, Rewritten<Text<'_>>>>,
) -> Plan {
    // 1. Which old strings are still used; one that nobody ever used is none of our business.
    let mut replaced = BTreeSet::new();
    let mut used = vec![false; strings.len()];
    let mut mark = |index: usize| {
        if let Some(used) = used.get_mut(index) {
            *used = true;
        }
    };
    let mut values: BTreeMap<&[u8], Option<usize>> = BTreeMap::new();
    let mut texts: Vec<&[u8]> = Vec::new();
    for (number, string) in walk.strings.iter().enumerate() {
        if gone.contains(&number) {
            replaced.insert(size(string.index));
            continue;
        }
        match wanted.get(&number) {
            None => mark(size(string.index)),
            Some(value) => {
                replaced.insert(size(string.index));
                texts.push(value);
            }
        }
    }
    for load in codes.values().flat_map(BTreeMap::values).flat_map(Rewritten::loads) {
        match load.text {
            Text::Old(index) => mark(size(index)),
            Text::New(value) => texts.push(value),
        }
    }
    for text in texts {
        let existing = strings.binary_search_by(|string| compare(string, text)).ok();
        if let Some(index) = existing {
            mark(index);
        }
        values.insert(text, existing);
    }
    // 2. The new table: what stays and what is new, in order.
    let mut fresh: Vec<&[u8]> = values.iter().filter(|(_, old)| old.is_none()).map(|(value, _)| *value).collect();
    fresh.sort_by(|left, right| compare(left, right));
    let kept = (0..strings.len()).filter(|index| used.get(*index) == Some(&true) || !replaced.contains(index));
    let mut table: Vec<(Source, &[u8])> =
        kept.map(|index| (Source::Old(index), strings.get(index).copied().unwrap_or_default())).collect();
    table.extend(fresh.iter().enumerate().map(|(number, value)| (Source::New(number), *value)));
    table.sort_by(|(_, left), (_, right)| compare(left, right));
    // 3. The new index of every reference.
    let mut new_of_old = vec![0; strings.len()];
    let mut new_of_value: BTreeMap<&[u8], usize> = BTreeMap::new();
    for (position, (source, content)) in table.iter().enumerate() {
        new_of_value.insert(content, position);
        if let Source::Old(index) = source
            && let Some(slot) = new_of_old.get_mut(*index)
        {
            *slot = position;
        }
    }
    let index_of = |(number, string): (usize, &StringRef)| match wanted.get(&number) {
        Some(value) => new_of_value.get(value).copied().unwrap_or(0),
        None => new_of_old.get(size(string.index)).copied().unwrap_or(0),
    };
    let indices = walk.strings.iter().enumerate().map(index_of).collect();
    let index_of = |text: Text<'_>| {
        let index = match text {
            Text::Old(index) => new_of_old.get(size(index)),
            Text::New(value) => new_of_value.get(value),
        };
        u32::try_from(index.copied().unwrap_or(0)).unwrap_or(u32::MAX)
    };
    let of_code = |code: &BTreeMap<usize, Rewritten<Text<'_>>>| {
        code.iter().map(|(at, rewritten)| (*at, rewritten.map(&index_of))).collect()
    };
    let codes = codes.iter().map(|(start, code)| (*start, of_code(code))).collect();
    let new = fresh.into_iter().map(data_item).collect();
    Plan { new, table: table.into_iter().map(|(source, _)| source).collect(), indices, gone, codes }
}

/// `string_data_item`.
fn data_item(content: &[u8]) -> Vec<u8> {
    let units = mutf8::units(content).unwrap_or(0);
    let units = u32::try_from(units).unwrap_or(u32::MAX);
    let mut item = Vec::with_capacity(content.len().saturating_add(uleb_len(units)).saturating_add(1));
    push_uleb(&mut item, units);
    item.extend_from_slice(content);
    item.push(0);
    item
}
