//! The fixed parts of local file headers (APPNOTE 4.3.7) and central directory records (4.3.12).
//!
//! Must not: interpret more than the fields a rewriter needs; the rest stays raw.

/// `0x04034b50`, a local file header.
pub(super) const LOCAL_SIGNATURE: [u8; 4] = *b"PK\x03\x04";
/// `0x02014b50`, a central directory record.
pub(super) const CENTRAL_SIGNATURE: [u8; 4] = *b"PK\x01\x02";
/// `0x08074b50`, the optional signature of a data descriptor (APPNOTE 4.3.9.3).
pub(super) const DESCRIPTOR_SIGNATURE: [u8; 4] = *b"PK\x07\x08";

/// Length of the fixed part of a local header.
pub(super) const LOCAL_LEN: usize = 30;
/// Length of the fixed part of a central directory record.
pub(super) const CENTRAL_LEN: usize = 46;

/// Version needed to extract zip64 (APPNOTE 4.4.3.2).
const VERSION_ZIP64: u8 = 45;

/// Compression method 0 (APPNOTE 4.4.5).
pub const METHOD_STORED: u16 = 0;
/// Compression method 8 (APPNOTE 4.4.5).
pub const METHOD_DEFLATED: u16 = 8;

/// General purpose bit 0: encrypted.
pub(super) const FLAG_ENCRYPTED: u16 = 1;
/// General purpose bit 3: sizes and CRC are in a data descriptor behind the data.
pub(super) const FLAG_DESCRIPTOR: u16 = 1 << 3;
/// General purpose bit 11: the name is UTF-8.
pub(super) const FLAG_UTF8: u16 = 1 << 11;

/// DOS date and time of entries made here: 1981-01-01 01:01:02, as the Android Gradle plugin writes it, so that the
/// same input always gives the same output.
pub(super) const FIXED_TIME: u16 = 0x0821;
/// See [`FIXED_TIME`].
pub(super) const FIXED_DATE: u16 = 0x0221;

/// The fixed part of a local header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Local([u8; LOCAL_LEN]);

impl Local {
    /// Reads it; `None` when the signature is missing.
    pub(super) fn parse(raw: [u8; LOCAL_LEN]) -> Option<Self> {
        raw.starts_with(&LOCAL_SIGNATURE).then_some(Self(raw))
    }

    /// A header for an entry made here; sizes and CRC are still 0.
    pub(super) fn new(method: u16, name_len: u16, utf8: bool) -> Self {
        let mut header = Self([0; LOCAL_LEN]);
        header.0[..4].copy_from_slice(&LOCAL_SIGNATURE);
        header.0[4] = version_needed(method);
        header.set_flags(if utf8 { FLAG_UTF8 } else { 0 });
        header.set_method(method);
        header.0[10..12].copy_from_slice(&FIXED_TIME.to_le_bytes());
        header.0[12..14].copy_from_slice(&FIXED_DATE.to_le_bytes());
        header.0[26..28].copy_from_slice(&name_len.to_le_bytes());
        header
    }

    pub(super) fn flags(&self) -> u16 {
        u16::from_le_bytes([self.0[6], self.0[7]])
    }

    /// CRC-32, compressed and uncompressed size.
    pub(super) fn content(&self) -> [u32; 3] {
        [14, 18, 22].map(|at| u32::from_le_bytes([self.0[at], self.0[at + 1], self.0[at + 2], self.0[at + 3]]))
    }

    pub(super) fn name_len(&self) -> u16 {
        u16::from_le_bytes([self.0[26], self.0[27]])
    }

    pub(super) fn extra_len(&self) -> u16 {
        u16::from_le_bytes([self.0[28], self.0[29]])
    }

    pub(super) fn set_flags(&mut self, flags: u16) {
        self.0[6..8].copy_from_slice(&flags.to_le_bytes());
    }

    pub(super) fn set_method(&mut self, method: u16) {
        self.0[8..10].copy_from_slice(&method.to_le_bytes());
    }

    pub(super) fn set_name_len(&mut self, len: u16) {
        self.0[26..28].copy_from_slice(&len.to_le_bytes());
    }

    pub(super) fn set_extra_len(&mut self, len: u16) {
        self.0[28..30].copy_from_slice(&len.to_le_bytes());
    }

    pub(super) fn set_content(&mut self, crc: u32, compressed: u32, uncompressed: u32) {
        self.0[14..18].copy_from_slice(&crc.to_le_bytes());
        self.0[18..22].copy_from_slice(&compressed.to_le_bytes());
        self.0[22..26].copy_from_slice(&uncompressed.to_le_bytes());
    }

    /// Asks for zip64 of whoever extracts it.
    pub(super) fn set_wide(&mut self) {
        self.0[4] = self.0[4].max(VERSION_ZIP64);
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The fixed part of a central directory record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Central([u8; CENTRAL_LEN]);

impl Central {
    /// Reads it; `None` when the signature is missing.
    pub(super) fn parse(raw: [u8; CENTRAL_LEN]) -> Option<Self> {
        raw.starts_with(&CENTRAL_SIGNATURE).then_some(Self(raw))
    }

    /// A record for an entry made here; sizes, CRC and offset are still 0.
    pub(super) fn new(method: u16, name_len: u16, utf8: bool) -> Self {
        let mut record = Self([0; CENTRAL_LEN]);
        record.0[..4].copy_from_slice(&CENTRAL_SIGNATURE);
        record.0[4] = version_needed(method);
        record.0[6] = version_needed(method);
        record.set_flags(if utf8 { FLAG_UTF8 } else { 0 });
        record.set_method(method);
        record.0[12..14].copy_from_slice(&FIXED_TIME.to_le_bytes());
        record.0[14..16].copy_from_slice(&FIXED_DATE.to_le_bytes());
        record.0[28..30].copy_from_slice(&name_len.to_le_bytes());
        record
    }

    fn word(&self, at: usize) -> u32 {
        u32::from_le_bytes([self.0[at], self.0[at + 1], self.0[at + 2], self.0[at + 3]])
    }

    fn half(&self, at: usize) -> u16 {
        u16::from_le_bytes([self.0[at], self.0[at + 1]])
    }

    pub(super) fn flags(&self) -> u16 {
        self.half(8)
    }

    pub(super) fn method(&self) -> u16 {
        self.half(10)
    }

    pub(super) fn crc(&self) -> u32 {
        self.word(16)
    }

    pub(super) fn compressed_size(&self) -> u32 {
        self.word(20)
    }

    pub(super) fn uncompressed_size(&self) -> u32 {
        self.word(24)
    }

    pub(super) fn name_len(&self) -> u16 {
        self.half(28)
    }

    /// Lengths of name, extra field and comment.
    pub(super) fn variable_lens(&self) -> (usize, usize, usize) {
        (usize::from(self.half(28)), usize::from(self.half(30)), usize::from(self.half(32)))
    }

    /// The upper half of the external attributes, where the record was made on Unix or macOS.
    pub(super) fn unix_mode(&self) -> Option<u32> {
        [3, 19].contains(&self.0[5]).then(|| self.word(38) >> 16)
    }

    pub(super) fn disk(&self) -> u16 {
        self.half(34)
    }

    pub(super) fn set_disk(&mut self, disk: u16) {
        self.0[34..36].copy_from_slice(&disk.to_le_bytes());
    }

    pub(super) fn local_offset(&self) -> u32 {
        self.word(42)
    }

    pub(super) fn set_flags(&mut self, flags: u16) {
        self.0[8..10].copy_from_slice(&flags.to_le_bytes());
    }

    pub(super) fn set_method(&mut self, method: u16) {
        self.0[10..12].copy_from_slice(&method.to_le_bytes());
    }

    pub(super) fn set_content(&mut self, crc: u32, compressed: u32, uncompressed: u32) {
        self.0[16..20].copy_from_slice(&crc.to_le_bytes());
        self.0[20..24].copy_from_slice(&compressed.to_le_bytes());
        self.0[24..28].copy_from_slice(&uncompressed.to_le_bytes());
    }

    pub(super) fn set_local_offset(&mut self, offset: u32) {
        self.0[42..46].copy_from_slice(&offset.to_le_bytes());
    }

    pub(super) fn set_extra_len(&mut self, len: u16) {
        self.0[30..32].copy_from_slice(&len.to_le_bytes());
    }

    /// Asks for zip64 of whoever extracts it.
    pub(super) fn set_wide(&mut self) {
        self.0[6] = self.0[6].max(VERSION_ZIP64);
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Version needed to extract (APPNOTE 4.4.3.2): 2.0 for deflate, 1.0 otherwise.
fn version_needed(method: u16) -> u8 {
    if method == METHOD_DEFLATED { 20 } else { 10 }
}
