//! A `code_item` in which some `const-string` become `const-string/jumbo`, or the other way round, or are new: the
//! instructions behind them move, and with them branches, switch payloads, `try_item`s and `encoded_catch_handler_list` ("Dalvik
//! bytecode", "Instruction formats", `code_item`). The line table follows in `debug`.
//!
//! Must not: decide which instructions change, or know what a string says.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::DexError;
use super::cursor::{Cursor, push_sleb, push_uleb, size};
use super::instruction::{CONST_STRING, CONST_STRING_JUMBO, Instruction, instructions};
use super::parse::{Code, Dex};
use super::separate::{Instead, NewLoad, Rewritten};
use crate::format::limits;

/// A replaced range of the file.
pub(super) type Edit = (Range<usize>, Vec<u8>);

/// Units of a conditional branch that goes around a `goto/32`.
const FAR_IF: usize = 5;

/// Where the units of one code are afterwards.
#[derive(Debug)]
pub(super) struct Moved {
    /// Old and new place of each instruction with what is new in front of it, and of the end.
    places: Vec<(usize, usize)>,
}

impl Moved {
    fn exact(&self, old: usize) -> Option<usize> {
        let found = self.places.binary_search_by_key(&old, |place| place.0).ok()?;
        self.places.get(found).map(|place| place.1)
    }

    /// Of any unit: as far behind the start of its instruction as it was, but not behind the code.
    pub(super) fn nearest(&self, old: usize) -> usize {
        let after = self.places.partition_point(|place| place.0 <= old);
        let (before, now) = after.checked_sub(1).and_then(|index| self.places.get(index)).copied().unwrap_or_default();
        let next = self.places.get(after).map_or(now, |place| place.1);
        now.saturating_add(old.saturating_sub(before)).min(next)
    }
}

/// One instruction and what becomes of it.
struct Line<'a> {
    old: Instruction<'a>,
    /// Units afterwards; 0 for a nop that aligned a payload and is not needed any more.
    units: usize,
    /// A nop is put before this payload, which must be aligned to two units.
    nop_before: bool,
    /// The line a branch goes to, or that has the payload.
    target: Option<usize>,
}

impl Line<'_> {
    fn is_goto(&self) -> bool {
        matches!(self.old.opcode(), 0x28..=0x2a)
    }

    fn is_if(&self) -> bool {
        matches!(self.old.opcode(), 0x32..=0x3d)
    }

    fn is_nop(&self) -> bool {
        self.old.opcode() == 0 && !self.old.is_payload()
    }

    /// Units that the instruction needs for a distance.
    fn needed(&self, distance: i64) -> usize {
        // A distance of 0 is the longest form's alone.
        let fits = |narrow: bool| distance != 0 && narrow;
        if self.is_goto() {
            return if fits(i8::try_from(distance).is_ok()) {
                1
            } else if fits(i16::try_from(distance).is_ok()) {
                2
            } else {
                3
            };
        }
        if self.is_if() && !fits(i16::try_from(distance).is_ok()) { FAR_IF } else { self.units }
    }
}

/// What changes in the code item at `start`, from front to back, and where its instructions are afterwards. `resized`
/// are the `const-string` instructions that take the other width, by offset in the file, with the new string index;
/// `rewritten` those that are more than they were, or other ones.
pub(super) fn recode(
    dex: &Dex<'_>,
    start: usize,
    resized: &BTreeMap<usize, u32>,
    rewritten: &BTreeMap<usize, Rewritten<u32>>,
) -> Result<(Vec<Edit>, Moved), DexError> {
    let code = dex.code(start)?;
    let mut lines = lines(&code, resized, rewritten)?;
    let places = place(&mut lines, &code)?;
    let old = lines.iter().map(|line| line.old.at).chain([code.insns.len() / 2]);
    let moved = Moved { places: old.zip(places.iter().copied()).collect() };
    let mut edits = vec![(size_field(start, 12, 4), units(places.last().copied().unwrap_or(0), &code)?.to_vec())];
    let tables = tables(&code, &lines, &places)?;
    for (number, line) in lines.iter().enumerate() {
        let at = code.at.saturating_add(line.old.at.saturating_mul(2));
        if line.nop_before {
            edits.push((at..at, vec![0, 0]));
        }
        let here = places.get(number).copied().unwrap_or(0);
        let target = line.target.and_then(|target| places.get(target)).copied();
        let new = match (resized.get(&at), tables.get(&number), target) {
            // No branch and no payload is rewritten.
            _ if let Some(rewritten) = rewritten.get(&at) => rewrite(line, rewritten),
            (Some(index), ..) => const_string(line, *index),
            (_, Some(table), _) => table.clone(),
            (_, _, Some(target)) => branch(line, distance(here, target), &code)?,
            _ if line.units == 0 => Vec::new(),
            _ => continue,
        };
        if new != line.old.bytes {
            edits.push((at..at.saturating_add(line.old.bytes.len()), new));
        }
    }
    edits.extend(tries(&code, start, &moved)?);
    edits.sort_by_key(|edit| edit.0.start);
    Ok((edits, moved))
}

fn size_field(start: usize, at: usize, bytes: usize) -> Range<usize> {
    let at = start.saturating_add(at);
    at..at.saturating_add(bytes)
}

fn units(units: usize, code: &Code<'_>) -> Result<[u8; 4], DexError> {
    let units = u32::try_from(units).map_err(|_| too_long(code))?;
    Ok(units.to_le_bytes())
}

fn too_long(code: &Code<'_>) -> DexError {
    let advice = "build the app with fewer strings per dex file; this method is too long for a longer instruction";
    DexError::unsupported(code.at, "code that would pass a limit of the format", advice)
}

fn distance(from: usize, to: usize) -> i64 {
    i64::try_from(to).unwrap_or(i64::MAX).saturating_sub(i64::try_from(from).unwrap_or(i64::MAX))
}

/// The instructions with their targets, and the widths that are asked for.
fn lines<'a>(
    code: &Code<'a>,
    resized: &BTreeMap<usize, u32>,
    rewritten: &BTreeMap<usize, Rewritten<u32>>,
) -> Result<Vec<Line<'a>>, DexError> {
    let mut lines = Vec::new();
    for instruction in instructions(code.insns, code.at) {
        let old = instruction?;
        let at = code.at.saturating_add(old.at.saturating_mul(2));
        let units = match (resized.contains_key(&at), old.opcode()) {
            _ if let Some(rewritten) = rewritten.get(&at) => rewritten_units(&old, rewritten),
            (true, CONST_STRING) => 3,
            (true, CONST_STRING_JUMBO) => 2,
            _ => old.bytes.len() / 2,
        };
        lines.push(Line { old, units, nop_before: false, target: None });
    }
    let line_at: HashMap<usize, usize> = lines.iter().enumerate().map(|(number, line)| (line.old.at, number)).collect();
    let mut shortest = true;
    for line in lines.iter_mut().filter(|line| !line.old.is_payload()) {
        let Some(by) = line.old.branch().or_else(|| line.old.array_payload()) else { continue };
        let to = isize::try_from(by).ok().and_then(|by| line.old.at.checked_add_signed(by));
        line.target = to.and_then(|to| line_at.get(&to)).copied();
        if line.target.is_none() {
            let at = code.at.saturating_add(line.old.at.saturating_mul(2));
            return Err(DexError::malformed(at, "a branch to an instruction", format!("a distance of {by} units")));
        }
        shortest &= !line.is_goto() || line.needed(i64::from(by)) == line.units;
    }
    // Where a compiler wrote each goto as short as can be, that is kept, so that growing and shrinking again is no
    // change at all. Else none gets shorter.
    if shortest {
        lines.iter_mut().filter(|line| line.is_goto()).for_each(|line| line.units = 1);
    }
    Ok(lines)
}

/// Finds the place of every line, and of the end: branches take more units until all reach.
fn place(lines: &mut [Line<'_>], code: &Code<'_>) -> Result<Vec<usize>, DexError> {
    for _ in 0..limits::DEX_LAYOUT_ROUNDS {
        let mut places = Vec::with_capacity(lines.len().saturating_add(1));
        let mut at = 0usize;
        for number in 0..lines.len() {
            // A payload begins at an even unit, behind a nop where that takes one.
            let is_payload = lines.get(number).is_some_and(|line| line.old.is_payload());
            let nop = number.checked_sub(1).filter(|before| is_payload && lines.get(*before).is_some_and(Line::is_nop));
            if let Some(nop) = nop.and_then(|nop| lines.get_mut(nop)) {
                at = at.saturating_sub(nop.units);
                nop.units = at % 2;
                at = at.saturating_add(nop.units);
            }
            let Some(line) = lines.get_mut(number) else { continue };
            if is_payload {
                line.nop_before = nop.is_none() && at % 2 == 1;
                at = at.saturating_add(usize::from(line.nop_before));
            }
            places.push(at);
            at = at.saturating_add(line.units);
        }
        places.push(at);
        let mut grown = false;
        for (line, here) in lines.iter_mut().zip(&places).filter(|(line, _)| line.is_goto() || line.is_if()) {
            let there = line.target.and_then(|target| places.get(target)).copied().unwrap_or(0);
            let needed = line.needed(distance(*here, there));
            if needed > line.units {
                line.units = needed;
                grown = true;
            }
        }
        if !grown {
            return Ok(places);
        }
    }
    let found = format!("branches that reach after more than {} rounds", limits::DEX_LAYOUT_ROUNDS);
    Err(DexError::unsupported(code.at, found, "build the app anew; no compiler writes such code"))
}

fn const_string(line: &Line<'_>, index: u32) -> Vec<u8> {
    let opcode = if line.units == 3 { CONST_STRING_JUMBO } else { CONST_STRING };
    let register = line.old.bytes.get(1).copied().unwrap_or(0);
    let bytes = index.to_le_bytes();
    let width = line.units.saturating_mul(2).saturating_sub(2);
    [&[opcode, register], bytes.get(..width).unwrap_or_default()].concat()
}

/// The form of a new load: as short as the index lets it be.
fn load(load: NewLoad<u32>) -> Vec<u8> {
    let index = load.text.to_le_bytes();
    match u16::try_from(load.text) {
        Ok(_) => [&[CONST_STRING, load.register][..], index.get(..2).unwrap_or_default()].concat(),
        Err(_) => [&[CONST_STRING_JUMBO, load.register][..], &index].concat(),
    }
}

fn rewritten_units(old: &Instruction<'_>, rewritten: &Rewritten<u32>) -> usize {
    let new: usize = rewritten.loads().map(|new| load(*new).len() / 2).sum();
    let own = if matches!(rewritten.instead, Instead::Load(_)) { 0 } else { old.bytes.len() / 2 };
    new.saturating_add(own)
}

/// What is in front of an instruction, itself or what is there instead, and what is behind it.
fn rewrite(line: &Line<'_>, rewritten: &Rewritten<u32>) -> Vec<u8> {
    let mut out: Vec<u8> = rewritten.before.iter().copied().flat_map(load).collect();
    match &rewritten.instead {
        Instead::Same => out.extend(line.old.bytes),
        Instead::Load(new) => out.extend(load(*new)),
        // const/16 and const, of 0: null, in as many units as the const-string has.
        Instead::Null => {
            let opcode = if line.old.opcode() == CONST_STRING { 0x13 } else { 0x14 };
            out.extend([opcode, line.old.bytes.get(1).copied().unwrap_or(0)]);
            out.extend(line.old.bytes.iter().skip(2).map(|_| 0));
        }
    }
    out.extend(rewritten.behind.iter().copied().flat_map(load));
    out
}

/// A goto, an if, or the instruction that names a payload.
fn branch(line: &Line<'_>, distance: i64, code: &Code<'_>) -> Result<Vec<u8>, DexError> {
    let (opcode, register) = (line.old.opcode(), line.old.bytes.get(1).copied().unwrap_or(0));
    let far = |distance: i64| i32::try_from(distance).map(i32::to_le_bytes).map_err(|_| too_long(code));
    let near = |distance: i64| i16::try_from(distance).map(i16::to_le_bytes).map_err(|_| too_long(code));
    Ok(match (line.is_goto(), line.is_if(), line.units) {
        (true, _, 1) => vec![0x28, i8::try_from(distance).map_err(|_| too_long(code))?.to_le_bytes()[0]],
        (true, _, 2) => [[0x29, 0], near(distance)?].concat(),
        (true, ..) => [&[0x2a, 0][..], &far(distance)?].concat(),
        // The opposite condition, around a goto/32: opposites are neighbours, an even opcode before an odd one.
        (_, true, FAR_IF) => {
            let beyond = far(distance.saturating_sub(2))?;
            [&[opcode ^ 1, register, 5, 0, 0x2a, 0][..], &beyond].concat()
        }
        (_, true, _) => [[opcode, register], near(distance)?].concat(),
        _ => [&[opcode, register][..], &far(distance)?].concat(),
    })
}

/// By line, the switch payloads as they are afterwards; their targets count from the switch.
fn tables(code: &Code<'_>, lines: &[Line<'_>], places: &[usize]) -> Result<BTreeMap<usize, Vec<u8>>, DexError> {
    let at = |line: &Line<'_>| code.at.saturating_add(line.old.at.saturating_mul(2));
    let line_at: HashMap<usize, usize> = lines.iter().enumerate().map(|(number, line)| (line.old.at, number)).collect();
    let mut tables: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
    let mut targets = 0usize;
    for (number, switch) in lines.iter().enumerate().filter(|(_, line)| line.old.is_switch()) {
        let Some((of, payload)) = switch.target.and_then(|of| Some((of, lines.get(of)?))) else { continue };
        let (first, distances) = payload.old.payload_table();
        targets = targets.saturating_add(distances.len());
        if targets > limits::DEX_SWITCH_TARGETS {
            let found = format!("more than {} switch targets in one method", limits::DEX_SWITCH_TARGETS);
            return Err(DexError::unsupported(code.at, found, "build the app anew; no compiler writes such code"));
        }
        let mut bytes = payload.old.bytes.get(..first).unwrap_or_default().to_vec();
        for by in distances {
            let to = isize::try_from(by).ok().and_then(|by| switch.old.at.checked_add_signed(by));
            let to = to.and_then(|to| line_at.get(&to)).and_then(|line| places.get(*line));
            let (Some(to), Some(here)) = (to, places.get(number)) else {
                let found = format!("a distance of {by} units");
                return Err(DexError::malformed(at(payload), "switch targets that are instructions", found));
            };
            bytes.extend(i32::try_from(distance(*here, *to)).map_err(|_| too_long(code))?.to_le_bytes());
        }
        if tables.insert(of, bytes.clone()).is_some_and(|other| other != bytes) {
            let found = "a payload of two switches that move apart";
            return Err(DexError::unsupported(at(payload), found, "build the app anew; no compiler writes such code"));
        }
    }
    Ok(tables)
}

/// `try_item`s and the handlers behind them, with the padding before.
fn tries(code: &Code<'_>, start: usize, moved: &Moved) -> Result<Vec<Edit>, DexError> {
    if code.tries.is_empty() {
        return Ok(Vec::new());
    }
    let lost = |at: usize| {
        let found = format!("unit {at}, in the middle of one or behind them");
        DexError::malformed(code.at, "try_items and handlers that begin and end at instructions", found)
    };
    let (handlers, new_offsets) = handlers(code, &|at| moved.exact(at).ok_or_else(|| lost(at)))?;
    let mut items: Vec<u8> = Vec::with_capacity(code.tries.len());
    for row in code.tries.chunks_exact(8) {
        let mut cursor = Cursor::new(row, 0);
        let (from, count, handler) = (cursor.size()?, cursor.u16()?, cursor.u16()?);
        let to = from.saturating_add(usize::from(count));
        let mut at = moved.exact(from).ok_or_else(|| lost(from))?;
        let end = moved.exact(to).ok_or_else(|| lost(to))?;
        let Some(handler) = new_offsets.get(&usize::from(handler)) else {
            return Err(DexError::malformed(code.at, "try_items that name a handler", format!("offset {handler}")));
        };
        // A range that grew beyond 16 bits becomes two with one handler.
        loop {
            let part = u16::try_from(end.saturating_sub(at)).unwrap_or(u16::MAX);
            items.extend(units(at, code)?);
            items.extend(part.to_le_bytes());
            items.extend(handler.to_le_bytes());
            at = at.saturating_add(usize::from(part));
            if at >= end {
                break;
            }
        }
    }
    let count = u16::try_from(items.len() / 8).map_err(|_| too_long(code))?;
    let insns_end = code.at.saturating_add(code.insns.len());
    let odd = moved.places.last().is_some_and(|end| end.1 % 2 == 1);
    let padding: &[u8] = if odd { &[0, 0] } else { &[] };
    Ok(vec![
        (size_field(start, 6, 2), count.to_le_bytes().to_vec()),
        (insns_end..code.end, [padding, &items, &handlers].concat()),
    ])
}

/// `encoded_catch_handler_list` with moved addresses, and by old offset in it the new one of each handler.
fn handlers(
    code: &Code<'_>,
    moved: &dyn Fn(usize) -> Result<usize, DexError>,
) -> Result<(Vec<u8>, HashMap<usize, u16>), DexError> {
    let mut cursor = Cursor::new(code.handlers, 0);
    let (mut out, mut offsets) = (Vec::with_capacity(code.handlers.len()), HashMap::new());
    let address = |out: &mut Vec<u8>, cursor: &mut Cursor<'_>| {
        let to = moved(size(cursor.uleb()?))?;
        push_uleb(out, u32::try_from(to).map_err(|_| too_long(code))?);
        Ok::<(), DexError>(())
    };
    let count = cursor.uleb()?;
    push_uleb(&mut out, count);
    for _ in 0..count {
        offsets.insert(cursor.at(), u16::try_from(out.len()).map_err(|_| too_long(code))?);
        let pairs = cursor.sleb()?;
        push_sleb(&mut out, pairs);
        for _ in 0..pairs.unsigned_abs() {
            push_uleb(&mut out, cursor.uleb()?);
            address(&mut out, &mut cursor)?;
        }
        if pairs <= 0 {
            address(&mut out, &mut cursor)?;
        }
    }
    Ok((out, offsets))
}
