//! Binary property lists (`CFBinaryPList.c`, "bplist00"): objects, an offset table, a trailer of 32 bytes.
//!
//! The crate `plist` reads and writes them. Objects are shared by reference, so a small file can stand for a tree without
//! end: its size is counted here before the crate sees it.
//!
//! Must not: read values itself.

use std::io::Cursor;

use plist::Value;

use super::PlistError;
use crate::format::limits;

const TRAILER: usize = 32;
/// Bytes that a value takes in memory beside its text.
const VALUE: usize = 64;

pub(super) fn read(bytes: &[u8]) -> Result<Value, PlistError> {
    Objects::new(bytes)?.measure()?;
    Value::from_reader(Cursor::new(bytes)).map_err(|error| wrong(error.to_string()))
}

pub(super) fn write(value: &Value) -> Result<Vec<u8>, PlistError> {
    let mut out = Vec::new();
    value.to_writer_binary(&mut out).map_err(|error| wrong(error.to_string()))?;
    Ok(out)
}

fn wrong(problem: impl Into<String>) -> PlistError {
    PlistError::Binary { problem: problem.into() }
}

/// The graph of objects, without their values.
struct Objects<'b> {
    bytes: &'b [u8],
    offset_size: usize,
    ref_size: usize,
    count: usize,
    top: usize,
    table: usize,
}

/// How far the count of an object is.
#[derive(Clone, Copy)]
enum Seen {
    Not,
    /// Being counted: to meet it again is a cycle.
    Open,
    /// What its tree takes in memory, and how deep it is.
    Done {
        bytes: usize,
        depth: usize,
    },
}

impl<'b> Objects<'b> {
    fn new(bytes: &'b [u8]) -> Result<Self, PlistError> {
        let start = bytes.len().checked_sub(TRAILER).ok_or_else(|| wrong("it is shorter than its trailer"))?;
        let trailer = bytes.get(start..).unwrap_or_default();
        let size = |at: usize| usize::from(trailer.get(at).copied().unwrap_or(0));
        let number = |at: usize| unsigned(trailer, at, 8).ok_or_else(|| wrong("a number of its trailer is too large"));
        let objects = Self {
            bytes,
            offset_size: size(6),
            ref_size: size(7),
            count: number(8)?,
            top: number(16)?,
            table: number(24)?,
        };
        let table_len = objects.count.checked_mul(objects.offset_size);
        let fits = table_len.and_then(|len| objects.table.checked_add(len)).is_some_and(|end| end <= start);
        let sizes = 1..=8;
        if !fits || !sizes.contains(&objects.offset_size) || !sizes.contains(&objects.ref_size) {
            return Err(wrong("its offset table lies outside the file"));
        }
        Ok(objects)
    }

    /// Measures the tree that the objects stand for; an error where it is too large, too deep or a cycle.
    fn measure(&self) -> Result<(), PlistError> {
        let mut seen = vec![Seen::Not; self.count];
        // Objects that are open, with their children that are still to be measured.
        let mut stack = Vec::new();
        let mut next = Some(self.top);
        loop {
            if let Some(object) = next.take() {
                *seen.get_mut(object).ok_or_else(|| wrong(format!("object {object} does not exist")))? = Seen::Open;
                let (bytes, children) = self.object(object)?;
                stack.push((object, children, bytes, 0_usize));
                if stack.len() > limits::NESTING {
                    return Err(wrong(format!("it is nested deeper than {} levels", limits::NESTING)));
                }
            }
            let Some((object, children, bytes, depth)) = stack.last_mut() else { return Ok(()) };
            if *bytes > limits::PLIST_BYTES {
                let limit = limits::PLIST_BYTES;
                return Err(wrong(format!(
                    "its values would take more than {limit} bytes, each counted where it is used"
                )));
            }
            let Some(child) = children.pop() else {
                let (object, bytes, depth) = (*object, *bytes, *depth);
                stack.pop();
                if let Some(seen) = seen.get_mut(object) {
                    *seen = Seen::Done { bytes, depth };
                }
                if let Some((_, _, all, deepest)) = stack.last_mut() {
                    *all = all.saturating_add(bytes);
                    *deepest = (*deepest).max(depth + 1);
                }
                continue;
            };
            match seen.get(child).copied().unwrap_or(Seen::Not) {
                Seen::Open => return Err(wrong(format!("object {child} contains itself"))),
                Seen::Done { bytes: more, depth: below } => {
                    *bytes = bytes.saturating_add(more);
                    *depth = (*depth).max(below + 1);
                    if stack.len() + below > limits::NESTING {
                        return Err(wrong(format!("it is nested deeper than {} levels", limits::NESTING)));
                    }
                }
                Seen::Not => next = Some(child),
            }
        }
    }

    /// What an object takes in memory by itself, and the objects it refers to: of an array or set its elements, of a
    /// dictionary keys and values.
    fn object(&self, object: usize) -> Result<(usize, Vec<usize>), PlistError> {
        let outside = || wrong(format!("object {object} lies outside the file"));
        let entry = object.checked_mul(self.offset_size).and_then(|at| at.checked_add(self.table));
        let at = entry.and_then(|at| unsigned(self.bytes, at, self.offset_size)).ok_or_else(outside)?;
        let marker = *self.bytes.get(at).ok_or_else(outside)?;
        // Data, ASCII and UTF-16 (up to three bytes of UTF-8 a unit) have a size, containers have references.
        let (unit, refs) = match marker >> 4 {
            0x4 | 0x5 => (1, 0),
            0x6 => (3, 0),
            0xa..=0xc => (0, 1),
            0xd => (0, 2),
            _ => return Ok((VALUE, Vec::new())),
        };
        let (len, first) = match usize::from(marker & 0xf) {
            // The length does not fit: an integer object follows.
            0xf => {
                let int = at.checked_add(1).and_then(|at| self.bytes.get(at)).copied().ok_or_else(outside)?;
                if int >> 4 != 1 || int & 0xf > 3 {
                    return Err(wrong(format!("object {object} has no valid length")));
                }
                let size = 1_usize << (int & 0xf);
                (unsigned(self.bytes, at + 2, size).ok_or_else(outside)?, at + 2 + size)
            }
            len => (len, at + 1),
        };
        let bytes = len.saturating_mul(unit).saturating_add(VALUE);
        let end = len.checked_mul(refs).and_then(|refs| refs.checked_mul(self.ref_size));
        let list = end.and_then(|len| self.bytes.get(first..first.checked_add(len)?)).ok_or_else(outside)?;
        let children = list.chunks_exact(self.ref_size).map(|bytes| unsigned(bytes, 0, self.ref_size));
        Ok((bytes, children.collect::<Option<_>>().ok_or_else(outside)?))
    }
}

/// A big-endian number of `size` bytes.
fn unsigned(bytes: &[u8], at: usize, size: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(size)?)?;
    let number = bytes.iter().try_fold(0_u64, |number, &byte| Some(number.checked_mul(256)? | u64::from(byte)))?;
    usize::try_from(number).ok()
}
