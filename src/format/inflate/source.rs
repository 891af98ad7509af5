//! The bits of a deflate stream, a word at a time.
//!
//! Must not: take a bit that is not there for one that is.

use super::error::{ENDS, InflateError};

/// The lowest bits of a word, fewer than 32.
#[inline]
pub(super) fn low(bits: u64, count: u32) -> usize {
    usize::try_from(bits & !(!0 << (count & 63))).unwrap_or_default()
}

/// With the next word behind the bits that are there: the bits, where the next byte lies, and how many of them may be taken,
/// which is 56 to 63. Bits above those are of the byte that comes next, which brings them once more.
#[inline]
pub(super) fn filled(word: [u8; 8], bits: u64, at: usize, count: u32) -> (u64, usize, u32) {
    (bits | u64::from_le_bytes(word) << (count & 63), at + ((63 - (count & 63)) >> 3) as usize, count | 0x38)
}

/// The bits of a stream, the lowest of a byte first (section 3.1.1).
pub(super) struct Source<'i> {
    pub(super) input: &'i [u8],
    pub(super) at: usize,
    pub(super) bits: u64,
    /// Bits that may be taken; what is above them in `bits` is what follows, and will be added once more.
    pub(super) count: u32,
    /// Bits among them that are zeros behind the end.
    pub(super) missing: u32,
    pub(super) complete: bool,
}

impl Source<'_> {
    /// Whether so many bytes are there, or all there are.
    pub(super) fn has(&self, len: usize) -> bool {
        self.complete || self.input.len() - self.at >= len
    }

    /// At least 56 bits may be taken afterwards; behind the end of a complete stream they are zeros, but then none of those
    /// may have been taken before.
    pub(super) fn refill(&mut self) -> Result<(), InflateError> {
        if let Some(word) = self.input.get(self.at..).and_then(|rest| rest.first_chunk()) {
            (self.bits, self.at, self.count) = filled(*word, self.bits, self.at, self.count);
            return Ok(());
        }
        if self.count < self.missing {
            return Err(ENDS);
        }
        while self.count < 56 {
            match self.input.get(self.at) {
                Some(byte) => {
                    self.bits |= u64::from(*byte) << self.count;
                    self.at += 1;
                }
                None => self.missing += 8,
            }
            self.count += 8;
        }
        Ok(())
    }

    /// The next bits, at most sixteen.
    pub(super) fn take(&mut self, count: u32) -> u32 {
        let taken = u32::try_from(self.bits & !(!0 << count)).unwrap_or_default();
        self.bits >>= count;
        self.count -= count;
        taken
    }

    /// Whole bytes that were not taken go back.
    pub(super) fn give_back(&mut self) -> Result<(), InflateError> {
        let left = self.count.checked_sub(self.missing).ok_or(ENDS)?;
        self.at -= (left / 8) as usize;
        (self.count, self.missing) = (left % 8, 0);
        self.bits &= !(!0 << self.count);
        Ok(())
    }
}
