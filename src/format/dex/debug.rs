//! `debug_info_item`: the names in a method's line table.
//!
//! Must not: run the line table.

use super::DexError;
use super::cursor::Cursor;
use super::value::Part;

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
            0x01 | 0x03..=0x06 => {
                cursor.uleb()?;
            }
            // DBG_ADVANCE_LINE.
            0x02 => {
                cursor.sleb()?;
            }
            _ => {}
        }
        sink(Part::Raw(start..cursor.at()))?;
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
