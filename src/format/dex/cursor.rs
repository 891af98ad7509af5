//! Bounded reads of a dex file: little-endian integers, and `uleb128`, `uleb128p1`, `sleb128` ("LEB128").
//!
//! Must not: know what is read.

use super::DexError;

/// A place in the file; every read moves it, and none goes past the end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn take(&mut self, size: usize) -> Result<&'a [u8], DexError> {
        let end = self.at.checked_add(size);
        let part = end.and_then(|end| self.bytes.get(self.at..end)).ok_or_else(|| DexError::Malformed {
            offset: self.at,
            expected: format!("{size} more bytes"),
            found: format!("the end of the file at {}", self.bytes.len()),
        })?;
        self.at = end.unwrap_or(self.at);
        Ok(part)
    }

    pub(super) fn u8(&mut self) -> Result<u8, DexError> {
        Ok(self.take(1)?.first().copied().unwrap_or(0))
    }

    pub(super) fn u16(&mut self) -> Result<u16, DexError> {
        Ok(self.take(2)?.try_into().map_or(0, u16::from_le_bytes))
    }

    pub(super) fn u32(&mut self) -> Result<u32, DexError> {
        Ok(self.take(4)?.try_into().map_or(0, u32::from_le_bytes))
    }

    /// An unsigned offset or count as `usize`.
    pub(super) fn size(&mut self) -> Result<usize, DexError> {
        Ok(size(self.u32()?))
    }

    /// At most five bytes; the fifth holds the four highest bits.
    pub(super) fn uleb(&mut self) -> Result<u32, DexError> {
        let start = self.at;
        let mut value = 0u32;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.u8()?;
            if shift == 28 && byte > 0x0f {
                return Err(DexError::malformed(start, "a uleb128 of 32 bits", "a longer one"));
            }
            value |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        Ok(value)
    }

    /// `None` is -1, the `NO_INDEX` of the format.
    pub(super) fn uleb_plus_1(&mut self) -> Result<Option<u32>, DexError> {
        Ok(self.uleb()?.checked_sub(1))
    }

    pub(super) fn sleb(&mut self) -> Result<i32, DexError> {
        let start = self.at;
        let mut value = 0i64;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.u8()?;
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let unused = 64 - 7 - shift;
                let value = (value << unused) >> unused;
                return i32::try_from(value).map_err(|_| DexError::malformed(start, "an sleb128 of 32 bits", value));
            }
        }
        Err(DexError::malformed(start, "an sleb128 of at most five bytes", "a longer one"))
    }
}

/// A 32-bit size or offset of the file as `usize`.
pub(super) fn size(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// The shortest `uleb128` of a value.
pub(super) fn push_uleb(out: &mut Vec<u8>, mut value: u32) {
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or(0);
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

/// The shortest `sleb128` of a value.
pub(super) fn push_sleb(out: &mut Vec<u8>, mut value: i32) {
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or(0);
        value >>= 7;
        // The last byte's highest bit is the sign.
        if value == if low & 0x40 == 0 { 0 } else { -1 } {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

/// How many bytes [`push_uleb`] writes.
pub(super) fn uleb_len(value: u32) -> usize {
    match value {
        0..=0x7f => 1,
        0x80..=0x3fff => 2,
        0x4000..=0x1f_ffff => 3,
        0x20_0000..=0xfff_ffff => 4,
        _ => 5,
    }
}
