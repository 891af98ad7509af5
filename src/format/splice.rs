//! Edits of a byte string as a list of replaced ranges: everything outside them is copied, so what is not named is
//! never touched. All positions are those of the unedited bytes.
//!
//! Must not: know any format.

use std::ops::Range;

/// Two replacements that overlap, or one outside the bytes: a mistake of the codec, or a hostile document whose parts
/// overlap.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the parts to replace overlap or lie outside the {size} bytes: {start}..{end} after {previous_end}")]
pub struct SpliceError {
    /// Start of the later part.
    pub start: usize,
    /// End of the later part.
    pub end: usize,
    /// Where the part before it ends.
    pub previous_end: usize,
    /// Size of the unedited bytes.
    pub size: usize,
}

/// A list of replacements.
#[derive(Default)]
pub struct Splices {
    list: Vec<(Range<usize>, Vec<u8>)>,
}

impl std::fmt::Debug for Splices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // New bytes may hold secrets.
        f.debug_list().entries(self.list.iter().map(|(range, bytes)| (range, bytes.len()))).finish()
    }
}

impl Splices {
    /// No replacement yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts `bytes` in place of `range`.
    pub fn replace(&mut self, range: Range<usize>, bytes: impl Into<Vec<u8>>) {
        self.list.push((range, bytes.into()));
    }

    /// Puts `bytes` before what is at `at`; several at one place keep the order of the calls.
    pub fn insert(&mut self, at: usize, bytes: impl Into<Vec<u8>>) {
        self.list.push((at..at, bytes.into()));
    }

    /// Overwrites a little-endian `u32`.
    pub fn set_u32(&mut self, at: usize, value: u32) {
        self.replace(at..at.saturating_add(4), value.to_le_bytes());
    }

    /// Nothing is replaced.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The edited bytes.
    pub fn apply(mut self, source: &[u8]) -> Result<Vec<u8>, SpliceError> {
        self.list.sort_by_key(|(range, _)| (range.start, range.end));
        let grown: usize = self.list.iter().map(|(_, bytes)| bytes.len()).sum();
        let mut out = Vec::with_capacity(source.len().saturating_add(grown));
        let mut done = 0;
        for (range, bytes) in &self.list {
            let wrong = SpliceError { start: range.start, end: range.end, previous_end: done, size: source.len() };
            let kept = source.get(done..range.start).ok_or_else(|| wrong.clone())?;
            if range.end < range.start || range.end > source.len() {
                return Err(wrong);
            }
            out.extend_from_slice(kept);
            out.extend_from_slice(bytes);
            done = range.end;
        }
        out.extend_from_slice(source.get(done..).unwrap_or_default());
        Ok(out)
    }
}
