//! The content of entries: inflating (RFC 1951) in bounded memory, and deflating what is changed.
//!
//! Must not: decide which entries to open.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::archive::Archive;
use super::error::ZipError;
use super::header::METHOD_DEFLATED;
use crate::format::limits;
use crate::format::read_at::ReadAt;

/// Bytes read, and bytes inflated, at a time.
const STEP: usize = 64 * 1024;

/// The bound on what [`Archive::read`] inflates.
pub fn inflated_size_limit() -> u64 {
    limits::ENTRY_BYTES
}

impl<S: ReadAt + ?Sized> Archive<'_, S> {
    /// The whole content of an entry, checked against the size and CRC of the directory.
    pub fn read(&self, index: usize) -> Result<Vec<u8>, ZipError> {
        let entry = &self.index.entries[index];
        let size = u64::from(entry.uncompressed_size());
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
        let entry = &self.index.entries[index];
        let wrong = |problem: String| ZipError::Content { name: entry.display_name(), problem };
        let expected = u64::from(entry.uncompressed_size());
        let mut crc = crc32fast::Hasher::new();
        let mut size = 0u64;
        let mut take = |chunk: &[u8]| {
            size += chunk.len() as u64;
            if size > expected {
                return Err(wrong(format!("more than the {expected} bytes that the central directory says")));
            }
            crc.update(chunk);
            sink(chunk);
            Ok(())
        };
        if entry.method() == METHOD_DEFLATED {
            self.inflate(index, &mut take)?;
        } else {
            self.raw(index, take)?;
        }
        if size != expected {
            return Err(wrong(format!("{size} bytes, expected {expected} by the central directory")));
        }
        let found = crc.finalize();
        if found != entry.crc() {
            return Err(wrong(format!("CRC-32 {found:08x}, expected {:08x} by the central directory", entry.crc())));
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
        if entry.method() != METHOD_DEFLATED {
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

    /// The entry's bytes as they lie in the file: a deflate stream, where its method says so.
    pub fn stream_of(&self, index: usize) -> Result<Vec<u8>, ZipError> {
        let mut stream = Vec::new();
        self.raw(index, |piece| {
            stream.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(stream)
    }

    /// Passes the entry's bytes as they lie in the file to `sink`.
    fn raw(&self, index: usize, mut sink: impl FnMut(&[u8]) -> Result<(), ZipError>) -> Result<(), ZipError> {
        let range = self.index.entries[index].data_range();
        // Most entries are small; clearing two full buffers for each costs more than inflating it.
        let mut buf = vec![0; usize::try_from(range.end - range.start).unwrap_or(STEP).min(STEP)];
        let mut at = range.start;
        while at < range.end {
            let len = (range.end - at).min(STEP as u64);
            let part = &mut buf[..usize::try_from(len).unwrap_or(STEP)];
            self.source.read_exact_at(part, at).map_err(|source| ZipError::Read { offset: at, len, source })?;
            sink(part)?;
            at += len;
        }
        Ok(())
    }

    fn inflate(&self, index: usize, mut sink: impl FnMut(&[u8]) -> Result<(), ZipError>) -> Result<(), ZipError> {
        let entry = &self.index.entries[index];
        let wrong = |problem: String| ZipError::Content { name: entry.display_name(), problem };
        let mut inflater = Decompress::new(false);
        // One byte more than is expected, so that an entry that is longer is found out.
        let mut out = vec![0; usize::try_from(entry.uncompressed_size()).unwrap_or(STEP).saturating_add(1).min(STEP)];
        let mut ended = false;
        self.raw(index, |mut input| {
            while !ended {
                let (before_in, before_out) = (inflater.total_in(), inflater.total_out());
                let status = inflater
                    .decompress(input, &mut out, FlushDecompress::None)
                    .map_err(|e| wrong(format!("not valid deflate data after {before_in} bytes: {e}")))?;
                let consumed = usize::try_from(inflater.total_in() - before_in).unwrap_or(input.len());
                let produced = usize::try_from(inflater.total_out() - before_out).unwrap_or(out.len());
                sink(&out[..produced])?;
                input = &input[consumed..];
                ended = status == Status::StreamEnd;
                if input.is_empty() && produced < out.len() || consumed == 0 && produced == 0 {
                    break;
                }
            }
            Ok(())
        })?;
        if ended { Ok(()) } else { Err(wrong("the deflate data has no end".to_owned())) }
    }
}

/// Deflates `content` (RFC 1951, no wrapper) at the highest level; the same content always gives the same bytes.
pub fn deflate(content: &[u8]) -> Vec<u8> {
    let mut deflater = Compress::new(Compression::best(), false);
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
