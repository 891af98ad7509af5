//! The content of entries: inflating (RFC 1951) in bounded memory, and deflating what is changed.
//!
//! Must not: decide which entries to open.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::archive::Archive;
use super::error::ZipError;
use crate::format::limits;
use crate::format::read_at::ReadAt;

/// Bytes read, and bytes inflated, at a time.
const STEP: usize = 64 * 1024;

impl<S: ReadAt + ?Sized> Archive<'_, S> {
    /// The whole content of an entry, checked against the size and CRC of the directory.
    pub fn read(&self, index: usize) -> Result<Vec<u8>, ZipError> {
        let entry = &self.index.entries[index];
        let size = entry.uncompressed_size();
        if size > limits::ENTRY_BYTES {
            return Err(ZipError::Limit {
                what: format!("the size of entry {:?} in bytes", entry.display_name()),
                found: size,
                limit: limits::ENTRY_BYTES,
            });
        }
        // The size is the file's claim: grow with what really comes, so that a lie allocates nothing.
        let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or(0).min(16 * STEP));
        self.stream(index, |chunk| content.extend_from_slice(chunk))?;
        Ok(content)
    }

    /// Passes the content of an entry to `sink` piece by piece, and checks it against the size and CRC of the directory.
    /// A method other than 8 is stored, as Android reads it.
    pub fn stream(&self, index: usize, mut sink: impl FnMut(&[u8])) -> Result<(), ZipError> {
        let mut reader = self.reader(index);
        while let Some(piece) = reader.next(false)? {
            sink(piece.bytes);
        }
        Ok(())
    }

    /// The first `len` bytes of the content, fewer where it has fewer; read from the first pieces alone, so nothing is
    /// checked against the directory.
    pub fn start(&self, index: usize, len: usize) -> Result<Vec<u8>, ZipError> {
        let Some(entry) = self.index.entries.get(index) else { return Ok(Vec::new()) };
        let range = entry.data_range();
        let mut raw =
            vec![0; usize::try_from(range.end - range.start).unwrap_or(STEP).min(len.saturating_mul(2) + 512)];
        self.source.read_exact_at(&mut raw, range.start).map_err(|source| ZipError::Read {
            offset: range.start,
            len: raw.len() as u64,
            source,
        })?;
        if !entry.is_deflated() {
            raw.truncate(len);
            return Ok(raw);
        }
        let mut out = vec![0; len];
        let mut inflater = Decompress::new(false);
        let done = inflater.decompress(&raw, &mut out, FlushDecompress::None).map_err(|e| ZipError::Content {
            name: entry.display_name(),
            problem: format!("not valid deflate data: {e}"),
        });
        done?;
        out.truncate(usize::try_from(inflater.total_out()).unwrap_or(0));
        Ok(out)
    }
}

/// Deflates `content` (RFC 1951, no wrapper) at the usual level; the same content always gives the same bytes.
pub fn deflate(content: &[u8]) -> Vec<u8> {
    let mut deflater = Compress::new(Compression::default(), false);
    let mut out = Vec::with_capacity(content.len() / 2 + 64);
    loop {
        let consumed = usize::try_from(deflater.total_in()).unwrap_or(content.len());
        let status = deflater.compress_vec(&content[consumed..], &mut out, FlushCompress::Finish);
        match status {
            Ok(Status::StreamEnd) => return out,
            // `compress_vec` fills the spare capacity and never grows it.
            _ => out.reserve(content.len() / 8 + 4096),
        }
    }
}

/// Deflates a content piece by piece, at the level of [`deflate`].
#[derive(Debug)]
pub struct Deflater(Compress);

impl Default for Deflater {
    fn default() -> Self {
        Self(Compress::new(Compression::default(), false))
    }
}

impl Deflater {
    /// The next piece; what of the stream is complete is appended to `out`.
    pub fn feed(&mut self, mut piece: &[u8], out: &mut Vec<u8>) {
        while !piece.is_empty() {
            out.reserve(ROOM);
            let before = self.0.total_in();
            let _ = self.0.compress_vec(piece, out, FlushCompress::None);
            let taken = usize::try_from(self.0.total_in() - before).unwrap_or(piece.len());
            piece = piece.get(taken..).unwrap_or_default();
        }
    }

    /// The end of the stream.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        loop {
            out.reserve(ROOM);
            if matches!(self.0.compress_vec(&[], out, FlushCompress::Finish), Ok(Status::StreamEnd)) {
                return;
            }
        }
    }
}

/// Bytes of room that a stream is continued with.
const ROOM: usize = 64 * 1024;
