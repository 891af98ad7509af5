//! `debug_info_item`: the names in a method's line table, and the table of code whose instructions moved.
//!
//! Must not: change which line an instruction has.

use super::DexError;
use super::code::{Edit, Moved};
use super::cursor::{Cursor, push_uleb, size};
use super::value::Part;

const ADVANCE_PC: u8 = 0x01;
/// Special opcodes advance the address by `(opcode - FIRST_SPECIAL) / LINE_RANGE`.
const FIRST_SPECIAL: u8 = 0x0a;
const LINE_RANGE: usize = 15;

/// Every part of one item, in order.
pub(super) fn debug_info(
    cursor: &mut Cursor<'_>,
    sink: &mut dyn FnMut(Part) -> Result<(), DexError>,
) -> Result<(), DexError> {
    let start = cursor.at();
    cursor.uleb()?;
    let parameters = cursor.uleb()?;
    sink(Part::Raw(start..cursor.at()))?;
    for _ in 0..parameters {
        name(cursor, sink)?;
    }
    loop {
        let start = cursor.at();
        let opcode = cursor.u8()?;
        match opcode {
            // DBG_ADVANCE_PC, DBG_START_LOCAL (_EXTENDED), DBG_END_LOCAL, DBG_RESTART_LOCAL.
            ADVANCE_PC | 0x03..=0x06 => {
                cursor.uleb()?;
            }
            // DBG_ADVANCE_LINE.
            0x02 => {
                cursor.sleb()?;
            }
            _ => {}
        }
        sink(Part::Opcode(start..cursor.at()))?;
        match opcode {
            // DBG_END_SEQUENCE.
            0x00 => return Ok(()),
            // DBG_START_LOCAL, DBG_START_LOCAL_EXTENDED: name, type, signature.
            0x03 | 0x04 => {
                name(cursor, sink)?;
                let start = cursor.at();
                cursor.uleb_plus_1()?;
                sink(Part::Raw(start..cursor.at()))?;
                if opcode == 0x04 {
                    name(cursor, sink)?;
                }
            }
            // DBG_SET_FILE.
            0x09 => name(cursor, sink)?,
            _ => {}
        }
    }
}

fn name(cursor: &mut Cursor<'_>, sink: &mut dyn FnMut(Part) -> Result<(), DexError>) -> Result<(), DexError> {
    let start = cursor.at();
    let index = cursor.uleb_plus_1()?;
    sink(Part::NamePlus1(start..cursor.at(), index))
}

/// What changes in the item at `start` where the addresses it speaks of moved.
///
/// A special opcode that cannot advance far enough gets a `DBG_ADVANCE_PC` before it, and loses it where it can again, as
/// compilers write it.
pub(super) fn readdress(bytes: &[u8], start: usize, moved: &Moved) -> Result<Vec<Edit>, DexError> {
    let mut opcodes = Vec::new();
    debug_info(&mut Cursor::new(bytes, start), &mut |part| {
        if let Part::Opcode(range) = part {
            opcodes.push(range);
        }
        Ok(())
    })?;
    let opcode_at = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let (mut old, mut new, mut edits) = (0usize, 0usize, Vec::new());
    let mut rest = opcodes.into_iter().peekable();
    while let Some(mut range) = rest.next() {
        let opcode = opcode_at(range.start);
        let (by, mut line) = match (opcode, opcode.checked_sub(FIRST_SPECIAL)) {
            (_, Some(special)) => (usize::from(special) / LINE_RANGE, Some(usize::from(special) % LINE_RANGE)),
            (ADVANCE_PC, None) => (size(Cursor::new(bytes, range.start.saturating_add(1)).uleb()?), None),
            _ => continue,
        };
        old = old.saturating_add(by);
        let to = moved.nearest(old);
        let now = to.saturating_sub(new);
        new = to;
        // An advance that only a special opcode's lack of room had made.
        if line.is_none()
            && let Some(next) = rest.peek().filter(|next| next.start == range.end)
            && let Some(special) = opcode_at(next.start).checked_sub(FIRST_SPECIAL).map(usize::from)
            && special < LINE_RANGE
            && self::special(by, special).is_none()
            && self::special(now, special).is_some()
        {
            line = Some(special);
            range.end = next.end;
            rest.next();
        } else if now == by {
            continue;
        }
        let mut out = Vec::new();
        match line.and_then(|line| special(now, line)) {
            Some(opcode) => out.push(opcode),
            None => {
                out.push(ADVANCE_PC);
                push_uleb(&mut out, u32::try_from(now).unwrap_or(u32::MAX));
                out.extend(line.and_then(|line| special(0, line)));
            }
        }
        edits.push((range, out));
    }
    Ok(edits)
}

/// The special opcode that advances the address by `units` and the line as `line` says; none where that is too far.
fn special(units: usize, line: usize) -> Option<u8> {
    let adjusted = units.checked_mul(LINE_RANGE)?.checked_add(line)?;
    u8::try_from(adjusted).ok()?.checked_add(FIRST_SPECIAL)
}
