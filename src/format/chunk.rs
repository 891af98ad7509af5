//! Chunks of compiled Android resources (`ResChunk_header` in AOSP `ResourceTypes.h`): kind, header size, size; walked
//! by size, so that a kind nobody here knows is stepped over.
//!
//! Must not: know what a chunk holds.

/// `RES_NULL_TYPE`
pub const NULL: u16 = 0x0000;
/// `RES_STRING_POOL_TYPE`
pub const STRING_POOL: u16 = 0x0001;
/// `RES_TABLE_TYPE`
pub const TABLE: u16 = 0x0002;
/// `RES_XML_TYPE`
pub const XML: u16 = 0x0003;
/// `RES_XML_START_NAMESPACE_TYPE`
pub const XML_START_NAMESPACE: u16 = 0x0100;
/// `RES_XML_END_NAMESPACE_TYPE`
pub const XML_END_NAMESPACE: u16 = 0x0101;
/// `RES_XML_START_ELEMENT_TYPE`
pub const XML_START_ELEMENT: u16 = 0x0102;
/// `RES_XML_END_ELEMENT_TYPE`
pub const XML_END_ELEMENT: u16 = 0x0103;
/// `RES_XML_CDATA_TYPE`
pub const XML_CDATA: u16 = 0x0104;
/// `RES_XML_RESOURCE_MAP_TYPE`
pub const XML_RESOURCE_MAP: u16 = 0x0180;
/// `RES_TABLE_PACKAGE_TYPE`
pub const TABLE_PACKAGE: u16 = 0x0200;
/// `RES_TABLE_TYPE_TYPE`
pub const TABLE_TYPE: u16 = 0x0201;
/// `RES_TABLE_TYPE_SPEC_TYPE`
pub const TABLE_TYPE_SPEC: u16 = 0x0202;
/// `RES_TABLE_FLAGGED` (Android 16): holds type chunks that count only where a feature flag is set.
pub const TABLE_FLAGGED: u16 = 0x0207;
/// `RES_TABLE_FLAG_LIST` (Android 16)
pub const TABLE_FLAG_LIST: u16 = 0x0208;

/// Bytes that are not a well-formed chunk.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at offset {offset}: expected {expected}, found {found}; the file is damaged or not compiled resources")]
pub struct ChunkError {
    /// Where in the file.
    pub offset: usize,
    /// What should be there.
    pub expected: &'static str,
    /// What is there.
    pub found: String,
}

impl ChunkError {
    pub(crate) fn new(offset: usize, expected: &'static str, found: impl std::fmt::Display) -> Self {
        Self { offset, expected, found: found.to_string() }
    }
}

/// One chunk, within the bytes of its container.
#[derive(Debug, Clone, Copy)]
pub struct Chunk<'a> {
    /// `ResChunk_header.type`
    pub kind: u16,
    /// `ResChunk_header.headerSize`: where the content starts.
    pub header_size: usize,
    /// Where the chunk starts in the file.
    pub offset: usize,
    /// The whole chunk, header included.
    pub bytes: &'a [u8],
}

impl<'a> Chunk<'a> {
    /// The chunk at `offset` of `data`, which must end at or before `end`.
    pub fn at(data: &'a [u8], offset: usize, end: usize) -> Result<Self, ChunkError> {
        let room = data.get(offset..end.min(data.len())).unwrap_or_default();
        let short = || ChunkError::new(offset, "a chunk header of 8 bytes", format!("{} bytes", room.len()));
        let kind = read_u16(room, 0).ok_or_else(short)?;
        let header_size = usize::from(read_u16(room, 2).ok_or_else(short)?);
        let size = read_u32(room, 4).ok_or_else(short)? as usize;
        if header_size < 8 || size < header_size {
            let found = format!("header size {header_size}, size {size}");
            return Err(ChunkError::new(offset, "a header of at least 8 bytes within the chunk", found));
        }
        let bytes = room.get(..size).ok_or_else(|| {
            ChunkError::new(
                offset,
                "a chunk that ends within its container",
                format!("size {size} of {} left", room.len()),
            )
        })?;
        Ok(Self { kind, header_size, offset, bytes })
    }

    /// Where the chunk ends in the file.
    pub fn end(&self) -> usize {
        self.offset + self.bytes.len()
    }

    /// A `u8` of the chunk.
    pub fn u8(&self, at: usize) -> Result<u8, ChunkError> {
        self.bytes.get(at).copied().ok_or_else(|| self.short(at))
    }

    /// A little-endian `u16` of the chunk.
    pub fn u16(&self, at: usize) -> Result<u16, ChunkError> {
        read_u16(self.bytes, at).ok_or_else(|| self.short(at))
    }

    /// A little-endian `u32` of the chunk.
    pub fn u32(&self, at: usize) -> Result<u32, ChunkError> {
        read_u32(self.bytes, at).ok_or_else(|| self.short(at))
    }

    fn short(&self, at: usize) -> ChunkError {
        let found = format!("the end of a chunk of {} bytes", self.bytes.len());
        ChunkError::new(self.offset.saturating_add(at), "another field of the chunk", found)
    }
}

/// The chunks of a range, in order. Fewer than 8 bytes at the end are left alone, as `ResTable::addInternal` does.
#[derive(Debug, Clone)]
pub struct Chunks<'a> {
    data: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Chunks<'a> {
    /// The chunks of `data[start..end]`, with offsets counted in `data`.
    pub fn new(data: &'a [u8], start: usize, end: usize) -> Self {
        Self { data, at: start, end: end.min(data.len()) }
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Result<Chunk<'a>, ChunkError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at.saturating_add(8) > self.end {
            return None;
        }
        let chunk = Chunk::at(self.data, self.at, self.end);
        // After an error there is no known next place.
        self.at = chunk.as_ref().map_or(self.end, Chunk::end);
        Some(chunk)
    }
}

pub(crate) fn read_u16(bytes: &[u8], at: usize) -> Option<u16> {
    let part = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(part.try_into().ok()?))
}

pub(crate) fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    let part = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(part.try_into().ok()?))
}
