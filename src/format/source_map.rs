//! The `mappings` of a source map (ECMA-426): where each piece of a generated file comes from. A piece that moves within its
//! line gets its new column; everything else stays as it is written.
//!
//! Must not: read the JSON around it.

/// Why mappings cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("mappings, character {offset}: expected {expected}")]
pub struct SourceMapError {
    /// Where.
    pub offset: usize,
    /// What should be there.
    pub expected: &'static str,
}

/// A text of the generated file that got another length. Columns are UTF-16 units (ECMA-426, 9.1), of the unedited file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shift {
    /// The line, from 0.
    pub line: usize,
    /// The column behind the text.
    pub end: i64,
    /// How much longer it is now.
    pub by: i64,
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// More digits than a column can have: 32 bits and the sign, five in a digit (ECMA-426, 6.1).
const LONGEST: usize = 7;

/// The mappings of the edited file.
pub fn shifted(mappings: &str, shifts: &[Shift]) -> Result<String, SourceMapError> {
    let mut out = String::with_capacity(mappings.len().saturating_add(shifts.len() * 2));
    let mut offset = 0;
    for (number, line) in mappings.split(';').enumerate() {
        if number > 0 {
            out.push(';');
        }
        let here: Vec<&Shift> = shifts.iter().filter(|shift| shift.line == number).collect();
        if here.is_empty() {
            out.push_str(line);
        } else {
            shift_line(line, offset, &here, &mut out)?;
        }
        offset += line.len() + 1;
    }
    Ok(out)
}

fn shift_line(line: &str, start: usize, shifts: &[&Shift], out: &mut String) -> Result<(), SourceMapError> {
    let (mut column, mut moved_column) = (0_i64, 0_i64);
    let mut offset = start;
    for (number, segment) in line.split(',').enumerate() {
        if number > 0 {
            out.push(',');
        }
        if segment.is_empty() {
            offset += 1;
            continue;
        }
        let wrong = SourceMapError { offset, expected: "a base64 VLQ number" };
        let (step, digits) = decode(segment).ok_or(wrong)?;
        column = column.saturating_add(step);
        let before = shifts.iter().filter(|shift| shift.end <= column);
        let by = before.fold(0_i64, |by, shift| by.saturating_add(shift.by));
        let target = column.saturating_add(by);
        let moved = target.saturating_sub(moved_column);
        moved_column = target;
        if moved == step {
            out.push_str(segment);
        } else {
            encode(moved, out);
            out.push_str(segment.get(digits..).unwrap_or_default());
        }
        offset += segment.len() + 1;
    }
    Ok(())
}

/// The first number of a segment, and how many digits it has.
fn decode(segment: &str) -> Option<(i64, usize)> {
    let (mut bits, mut shift) = (0_i64, 0);
    for (index, digit) in segment.bytes().enumerate().take(LONGEST) {
        let value = DIGITS.iter().position(|&known| known == digit)?;
        let value = i64::try_from(value).ok()?;
        bits |= (value & 31) << shift;
        shift += 5;
        if value & 32 == 0 {
            let number = bits >> 1;
            return Some((if bits & 1 == 1 { -number } else { number }, index + 1));
        }
    }
    None
}

fn encode(number: i64, out: &mut String) {
    let mut bits = number.unsigned_abs() << 1 | u64::from(number < 0);
    loop {
        let mut digit = usize::try_from(bits & 31).unwrap_or(0);
        bits >>= 5;
        if bits > 0 {
            digit |= 32;
        }
        out.push(DIGITS.get(digit).map_or('A', |&digit| char::from(digit)));
        if bits == 0 {
            return;
        }
    }
}
