//! `encoded_value`, `encoded_array`, `encoded_annotation`: walked part by part, so that whoever looks for strings need
//! not know the rest.
//!
//! Must not: resolve an index.

use std::ops::Range;

use super::DexError;
use super::cursor::Cursor;
use crate::format::limits;

/// A piece of a structure with strings in it. Together the pieces are all its bytes.
#[derive(Debug, Clone)]
pub(super) enum Part {
    /// Bytes without a string index.
    Raw(Range<usize>),
    /// An opcode of the line table with its operands, up to the first string index.
    Opcode(Range<usize>),
    /// A `VALUE_STRING` with its header byte.
    Value(Range<usize>, u32),
    /// A `uleb128` string index.
    Name(Range<usize>, u32),
    /// A `uleb128p1` string index; none is a part too.
    NamePlus1(Range<usize>, Option<u32>),
}

pub(super) const VALUE_STRING: u8 = 0x17;

/// One `encoded_value`.
pub(super) fn value(
    cursor: &mut Cursor<'_>,
    depth: usize,
    sink: &mut dyn FnMut(Part) -> Result<(), DexError>,
) -> Result<(), DexError> {
    let start = cursor.at();
    if depth > limits::NESTING {
        let expected = format!("values nested at most {} deep", limits::NESTING);
        return Err(DexError::malformed(start, expected, "deeper ones"));
    }
    let header = cursor.u8()?;
    let (kind, argument) = (header & 0x1f, header >> 5);
    let most = match kind {
        0x00 | 0x1c | 0x1d | 0x1e => 0,
        0x02 | 0x03 | 0x1f => 1,
        0x04 | 0x10 | 0x15..=0x1b => 3,
        0x06 | 0x11 => 7,
        _ => return Err(DexError::malformed(start, "an encoded_value", format!("value_type 0x{kind:02x}"))),
    };
    if argument > most {
        let found = format!("value_arg {argument} of value_type 0x{kind:02x}");
        return Err(DexError::malformed(start, format!("value_arg at most {most}"), found));
    }
    match kind {
        0x1c => {
            sink(Part::Raw(start..cursor.at()))?;
            array(cursor, depth + 1, sink)
        }
        0x1d => {
            sink(Part::Raw(start..cursor.at()))?;
            annotation(cursor, depth + 1, sink)
        }
        0x1e | 0x1f => sink(Part::Raw(start..cursor.at())),
        _ => {
            let bytes = cursor.take(usize::from(argument) + 1)?;
            if kind == VALUE_STRING {
                let index = bytes.iter().rev().fold(0u32, |index, byte| index << 8 | u32::from(*byte));
                sink(Part::Value(start..cursor.at(), index))
            } else {
                sink(Part::Raw(start..cursor.at()))
            }
        }
    }
}

/// `encoded_array`.
pub(super) fn array(
    cursor: &mut Cursor<'_>,
    depth: usize,
    sink: &mut dyn FnMut(Part) -> Result<(), DexError>,
) -> Result<(), DexError> {
    let start = cursor.at();
    let count = cursor.uleb()?;
    sink(Part::Raw(start..cursor.at()))?;
    for _ in 0..count {
        value(cursor, depth, sink)?;
    }
    Ok(())
}

/// `encoded_annotation`.
pub(super) fn annotation(
    cursor: &mut Cursor<'_>,
    depth: usize,
    sink: &mut dyn FnMut(Part) -> Result<(), DexError>,
) -> Result<(), DexError> {
    let start = cursor.at();
    cursor.uleb()?;
    let count = cursor.uleb()?;
    sink(Part::Raw(start..cursor.at()))?;
    for _ in 0..count {
        let start = cursor.at();
        let name = cursor.uleb()?;
        sink(Part::Name(start..cursor.at(), name))?;
        value(cursor, depth, sink)?;
    }
    Ok(())
}
