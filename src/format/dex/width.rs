//! Which code gets longer or shorter: `const-string` that take the other width because the index of their string crosses
//! 65535, and instructions that `separate` adds; and what follows from that: the code items they are in, and the line tables of these, which other code may share.
//!
//! Must not: change an instruction that can stay as it is.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::DexError;
use super::code::{Edit, recode};
use super::debug::readdress;
use super::parse::Dex;
use super::plan::Plan;
use super::walk::{Form, Usage, Walk, kind};

/// The line table that a code gets instead of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    /// That of another item of the file, with the same bytes.
    Item(usize),
    /// One of [`Widths::copies`].
    Copy(usize),
}

/// A `debug_info_item` that is written behind another, as that one with changes.
#[derive(Debug)]
pub(super) struct DebugCopy {
    pub(super) of: usize,
    pub(super) edits: Vec<Edit>,
}

/// What changes its length.
#[derive(Debug, Default)]
pub(super) struct Widths {
    /// References that are written by `edits`, by number (as in [`Walk::strings`]).
    pub(super) resized: BTreeSet<usize>,
    /// In code items, and in line tables that none but their code uses.
    pub(super) edits: Vec<Edit>,
    pub(super) copies: Vec<DebugCopy>,
    /// By number (as in [`Walk::offsets`]), what it points to now.
    pub(super) tables: BTreeMap<usize, Table>,
    /// Line tables that nobody uses any more.
    pub(super) gone: BTreeSet<usize>,
}

/// Finds what changes. A file whose `const-string/jumbo` are all needed stays one: those that are not needed any more
/// become `const-string`, so that the way to a value leaves no trace. In others they were wanted, and stay.
pub(super) fn widths(dex: &Dex<'_>, walk: &Walk, plan: &Plan) -> Result<Widths, DexError> {
    let is_wide = |index: usize| u16::try_from(index).is_err();
    let instructions = || walk.strings.iter().enumerate().filter(|(_, string)| string.usage == Usage::Instruction);
    let only_needed =
        instructions().all(|(_, string)| string.form == Form::Half || u16::try_from(string.index).is_err());
    let mut widths = Widths::default();
    let item_at = |at: usize| walk.items.partition_point(|item| item.range.start <= at).saturating_sub(1);
    let none = BTreeMap::new();
    let mut by_item: BTreeMap<usize, BTreeMap<usize, u32>> = BTreeMap::new();
    for (number, string) in instructions() {
        if plan.gone.contains(&number) {
            widths.resized.insert(number);
            continue;
        }
        let index = plan.indices.get(number).copied().unwrap_or(0);
        let other = match string.form {
            Form::Half => is_wide(index),
            Form::Word | Form::Uleb | Form::UlebPlus1 | Form::Value => only_needed && !is_wide(index),
        };
        if other {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            by_item.entry(item_at(string.site())).or_default().insert(string.site(), index);
            widths.resized.insert(number);
        }
    }
    for start in plan.codes.keys() {
        by_item.entry(item_at(*start)).or_default();
    }
    if by_item.is_empty() {
        return Ok(widths);
    }
    // The line table of each code, and the code of each line table.
    let of_code: HashMap<usize, usize> =
        walk.offsets.iter().enumerate().map(|(number, offset)| (offset.range.start, number)).collect();
    let mut users: HashMap<usize, usize> = HashMap::new();
    for offset in &walk.offsets {
        *users.entry(offset.item).or_default() += 1;
    }
    // By line table, what each code that moved needs of it.
    let mut wanted: BTreeMap<usize, Vec<(usize, Vec<Edit>)>> = BTreeMap::new();
    for (item, resized) in by_item {
        let start = walk.items.get(item).map_or(0, |item| item.range.start);
        let rewritten = plan.codes.get(&start).unwrap_or(&none);
        let (edits, moved) = recode(dex, start, &resized, rewritten)?;
        widths.edits.extend(edits);
        let pointer = of_code.get(&start.saturating_add(8)).copied();
        let table = pointer.and_then(|number| walk.offsets.get(number)).map(|offset| offset.item);
        if let (Some(pointer), Some(table)) = (pointer, table) {
            let at = walk.items.get(table).map_or(0, |item| item.range.start);
            wanted.entry(table).or_default().push((pointer, readdress(dex.bytes, at, &moved)?));
        }
    }
    // A table that changes itself is none to point to.
    let mut same = same_bytes(dex, walk);
    if let Some(same) = &mut same {
        same.retain(|_, item| !wanted.contains_key(item));
    }
    for (table, codes) in wanted {
        widths.line_table(dex, walk, table, users.get(&table).copied().unwrap_or(0), codes, same.as_ref());
    }
    Ok(widths)
}

/// The line tables by their bytes; none where the compiler did not merge those that are the same.
fn same_bytes<'a>(dex: &Dex<'a>, walk: &Walk) -> Option<HashMap<&'a [u8], usize>> {
    let mut same = HashMap::new();
    for (number, item) in walk.items.iter().enumerate().filter(|(_, item)| item.kind == kind::DEBUG_INFO) {
        if same.insert(dex.bytes.get(item.range.clone()).unwrap_or_default(), number).is_some() {
            return None;
        }
    }
    Some(same)
}

impl Widths {
    /// One line table: `codes` point to it and want it changed, of `users` in all.
    fn line_table(
        &mut self,
        dex: &Dex<'_>,
        walk: &Walk,
        table: usize,
        users: usize,
        codes: Vec<(usize, Vec<Edit>)>,
        same: Option<&HashMap<&[u8], usize>>,
    ) {
        let mut left = users;
        let mut own: Vec<(usize, Vec<Edit>)> = Vec::new();
        for (pointer, edits) in codes.into_iter().filter(|(_, edits)| !edits.is_empty()) {
            left = left.saturating_sub(1);
            match same.and_then(|same| same.get(changed(dex, walk, table, &edits).as_slice())) {
                Some(other) => {
                    self.tables.insert(pointer, Table::Item(*other));
                }
                None => own.push((pointer, edits)),
            }
        }
        // The item itself changes where all that is left wants the same.
        let alike = own.windows(2).all(|pair| matches!(pair, [(_, one), (_, other)] if one == other));
        if left == 0
            && alike
            && let Some((_, edits)) = own.pop()
        {
            self.edits.extend(edits);
            return;
        }
        for (pointer, edits) in own {
            let known = self.copies.iter().position(|copy| copy.of == table && copy.edits == edits);
            let copy = known.unwrap_or(self.copies.len());
            if known.is_none() {
                self.copies.push(DebugCopy { of: table, edits });
            }
            self.tables.insert(pointer, Table::Copy(copy));
        }
        if left == 0 {
            self.gone.insert(table);
        }
    }
}

/// The bytes of an item with changes.
fn changed(dex: &Dex<'_>, walk: &Walk, item: usize, edits: &[Edit]) -> Vec<u8> {
    let range = walk.items.get(item).map(|item| item.range.clone()).unwrap_or_default();
    let (mut out, mut done) = (Vec::with_capacity(range.len()), range.start);
    for (at, new) in edits {
        out.extend_from_slice(dex.bytes.get(done..at.start).unwrap_or_default());
        out.extend_from_slice(new);
        done = at.end;
    }
    out.extend_from_slice(dex.bytes.get(done..range.end).unwrap_or_default());
    out
}
