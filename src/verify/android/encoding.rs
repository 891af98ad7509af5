//! Reading the length-prefixed little-endian encoding of schemes v2, v3, v4 and the lineage.
//!
//! Must not: know what is encoded, or allocate by a claimed length.

/// A position in encoded bytes.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or_else(|| format!("{len} bytes expected, only {} left", self.rest.len()))?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn word(&mut self) -> Result<u32, String> {
        Ok(self.take(4)?.first_chunk().map_or(0, |word| u32::from_le_bytes(*word)))
    }

    /// Bytes behind their 32-bit length.
    pub(super) fn prefixed(&mut self) -> Result<&'a [u8], String> {
        let len = self.word()?;
        self.take(usize::try_from(len).unwrap_or(usize::MAX))
    }

    /// All elements that are left, each behind its length.
    pub(super) fn elements(mut self) -> Result<Vec<&'a [u8]>, String> {
        let mut elements = Vec::new();
        while !self.is_empty() {
            elements.push(self.prefixed()?);
        }
        Ok(elements)
    }
}

/// A number and the rest of an element.
pub(super) fn numbered(element: &[u8]) -> Result<(u32, &[u8]), String> {
    let mut cursor = Cursor::new(element);
    Ok((cursor.word()?, cursor.rest()))
}

/// A number and bytes behind their length.
pub(super) fn pair(element: &[u8]) -> Result<(u32, &[u8]), String> {
    let mut cursor = Cursor::new(element);
    Ok((cursor.word()?, cursor.prefixed()?))
}
