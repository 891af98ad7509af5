//! The constants of calls that are named, code by code: what has to change, or who else reads them, by name.
//!
//! Must not: decide what changes; `separate` does.

use std::collections::{BTreeMap, BTreeSet};

use super::DexError;
use super::argument::Passed;
use super::cursor::size;
use super::flow::Flow;
use super::parse::Dex;
use super::separate::{Refusal, Rewritten, Text, Wish, separate};

/// Readers and methods that a message names.
const LISTED: usize = 8;

/// What becomes of all codes.
#[derive(Default)]
pub(super) struct Changes<'e> {
    /// `const-string` instructions that change where they are, by offset in the file.
    pub(super) in_place: BTreeMap<usize, &'e [u8]>,
    /// Those that load nothing any more.
    pub(super) gone: BTreeSet<usize>,
    /// By offset of the code, and of the instruction.
    pub(super) codes: BTreeMap<usize, BTreeMap<usize, Rewritten<Text<'e>>>>,
}

/// Whether these operands can get texts of their own: what [`super::edit()`] would refuse, before there is a value. Each
/// comes with the number of its place.
pub fn check_passed(bytes: &[u8], passed: &[(Passed, usize)]) -> Result<(), DexError> {
    let wish = |(passed, place): &(Passed, usize)| Wish { passed: *passed, place: *place, value: &[] };
    let wishes: Vec<Wish<'_>> = passed.iter().map(wish).collect();
    changes(&Dex::all(bytes)?, &wishes, &BTreeMap::new()).map(|_| ())
}

/// Finds it. `others` are constants that change anyway, by offset in the file.
pub(super) fn changes<'e>(
    all: &[Dex<'_>],
    wishes: &[Wish<'e>],
    others: &BTreeMap<usize, &'e [u8]>,
) -> Result<Changes<'e>, DexError> {
    let mut by_code: BTreeMap<usize, Vec<Wish<'e>>> = BTreeMap::new();
    for wish in wishes {
        by_code.entry(wish.passed.code).or_default().push(*wish);
    }
    let mut changes = Changes::default();
    for (start, wishes) in by_code {
        let Some(dex) = all.first() else { break };
        let flow = Flow::of(dex.code(start)?)?;
        let separated = match separate(&flow, &wishes, others) {
            Ok(separated) => separated,
            Err(Refusal::Error(error)) => return Err(error),
            Err(Refusal::Shared { call, others, why }) => return Err(shared(all, start, &flow, call, &others, why)?),
        };
        changes.in_place.extend(separated.in_place);
        changes.gone.extend(separated.gone);
        if !separated.rewritten.is_empty() {
            changes.codes.insert(start, separated.rewritten);
        }
    }
    Ok(changes)
}

/// Whether each of these operands has its value already, on every path. `strings` are those of the file, by index.
pub(super) fn read_already(all: &[Dex<'_>], wishes: &[Wish<'_>], strings: &[&[u8]]) -> Result<bool, DexError> {
    let mut by_code: BTreeMap<usize, Vec<&Wish<'_>>> = BTreeMap::new();
    for wish in wishes {
        by_code.entry(wish.passed.code).or_default().push(wish);
    }
    for (start, wishes) in by_code {
        let Some(dex) = all.first() else { return Ok(false) };
        let flow = Flow::of(dex.code(start)?)?;
        let reads = |wish: &&Wish<'_>| {
            let roots = flow.number(wish.passed.call).map(|number| flow.roots(number, wish.passed.operand));
            let text =
                |origin: usize| flow.all.get(origin)?.string().and_then(|index| strings.get(size(index)).copied());
            roots.is_some_and(|roots| !roots.is_empty() && roots.iter().all(|root| text(*root) == Some(wish.value)))
        };
        if !wishes.iter().all(reads) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn shared(
    all: &[Dex<'_>],
    start: usize,
    flow: &Flow<'_>,
    call: usize,
    others: &[usize],
    why: &'static str,
) -> Result<DexError, DexError> {
    let mut owner = None;
    for dex in all {
        if let Some(callers) = dex.callers()?.remove(&start) {
            owner = Some((dex, callers));
            break;
        }
    }
    let offset = flow.offset(call);
    let Some((dex, callers)) = owner else {
        return Err(DexError::malformed(start, "code of a method", "code that no method has"));
    };
    let mut names = Vec::new();
    for caller in callers.iter().take(LISTED) {
        names.push(dex.method_ref(*caller)?.to_string());
    }
    let mut readers: Vec<String> = Vec::new();
    for other in others {
        let reader = reader(dex, flow, *other)?;
        if !readers.contains(&reader) {
            readers.push(reader);
        }
    }
    let more = readers.len().saturating_sub(LISTED);
    readers.truncate(LISTED);
    if more > 0 {
        readers.push(format!("{more} more"));
    }
    let called = reader(dex, flow, call)?;
    Ok(DexError::Shared { offset, call: called, caller: names.join(", "), readers: readers.join(", "), why })
}

/// Who reads a register, for people.
fn reader(dex: &Dex<'_>, flow: &Flow<'_>, number: usize) -> Result<String, DexError> {
    let Some(instruction) = flow.all.get(number) else { return Ok("code".to_owned()) };
    if let Some(invoke) = instruction.invoke() {
        return Ok(format!("the call of {}", dex.method_ref(u32::from(invoke.method))?));
    }
    if let Some(field) = instruction.stored_field() {
        let (class, _, name) = dex.field(u32::from(field))?;
        return Ok(format!("a write to the field {}->{}", dex.type_name(class)?, dex.string(name)?));
    }
    let what = match instruction.opcode() {
        0x0f..=0x11 => "a return",
        0x1d | 0x1e => "a monitor",
        0x32..=0x3d => "a condition",
        0x4b..=0x51 | 0x24 | 0x25 => "an element of an array",
        0x07..=0x09 => "a copy for other code",
        _ => "an instruction",
    };
    Ok(format!("{what} at unit {}", instruction.at))
}
