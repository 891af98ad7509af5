//! One entry's content, piece by piece, in bounded memory; inflated (RFC 1951) where it is deflated, and checked against
//! the directory at its end.
//!
//! On request it stops wherever a block of the deflate stream ends: there the stream can be cut (see `splice`).
//!
//! Must not: decide which entries to open.

use zlib_rs::{Inflate, InflateFlush, Status};

use super::archive::{Archive, Entry};
use super::error::ZipError;
use super::header::METHOD_DEFLATED;
use crate::format::read_at::ReadAt;

/// Bytes read, and bytes inflated, at a time: small enough to be hashed while they are in the processor's cache.
const STEP: usize = 256 * 1024;
/// Bytes that are kept unread while more can be had: an inflater that stops with nothing left to read may stop for that
/// reason, and not for a block's end.
const AHEAD: usize = 256;
/// Bytes behind the position that are kept, to recognise what ended.
const BEHIND: usize = 8;
/// LEN and NLEN of an empty stored block (RFC 1951 3.2.4).
pub(super) const EMPTY: [u8; 4] = [0, 0, 0xff, 0xff];

/// A place between two blocks of a deflate stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockEnd {
    /// Bytes of the stream that the inflater had taken; the block ended in the last of them, or before.
    pub taken: u64,
    /// Bytes of content before it.
    pub content: u64,
    /// Whether an empty stored block ends there, so that it is the beginning of a byte.
    pub mark: bool,
    /// CRC-32 of the content before it.
    pub crc: u32,
}

/// Some of a content.
#[derive(Debug)]
pub struct Piece<'r> {
    /// The bytes.
    pub bytes: &'r [u8],
    /// Set where a block ended behind them.
    pub block_end: Option<BlockEnd>,
}

/// The content of an entry, read once.
pub struct Reader<'a, S: ReadAt + ?Sized> {
    source: &'a S,
    entry: &'a Entry,
    inflater: Option<Inflate>,
    /// Where the next bytes are read.
    at: u64,
    input: Vec<u8>,
    taken: usize,
    out: Vec<u8>,
    crc: crc32fast::Hasher,
    ended: bool,
    /// Bytes of content so far, and at the last end of a block.
    size: u64,
    last_end: Option<u64>,
}

impl<S: ReadAt + ?Sized> std::fmt::Debug for Reader<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Contents may hold secrets.
        f.debug_struct("Reader").field("entry", &self.entry.display_name()).finish_non_exhaustive()
    }
}

impl<S: ReadAt + ?Sized> Archive<'_, S> {
    /// A reader of an entry. A method other than 8 is stored, as Android reads it.
    pub fn reader(&self, index: usize) -> Reader<'_, S> {
        let entry = &self.index.entries[index];
        let deflated = entry.method() == METHOD_DEFLATED;
        // Most entries are small; clearing full buffers for each costs more than inflating it. One byte more than is
        // expected, so that an entry that is longer is found out.
        let size = |claimed: u32| usize::try_from(claimed).unwrap_or(STEP).saturating_add(1).min(STEP);
        Reader {
            source: self.source,
            entry,
            inflater: deflated.then(|| Inflate::new(false, 15)),
            at: entry.data_range().start,
            input: Vec::new(),
            taken: 0,
            out: if deflated { vec![0; size(entry.uncompressed_size())] } else { Vec::new() },
            crc: crc32fast::Hasher::new(),
            ended: !deflated,
            size: 0,
            last_end: None,
        }
    }
}

impl<S: ReadAt + ?Sized> Reader<'_, S> {
    /// The next piece; `None` at the end, where size and CRC were found to be those of the directory. With `stop` a piece
    /// ends where a block does.
    pub fn next(&mut self, stop: bool) -> Result<Option<Piece<'_>>, ZipError> {
        let block_end;
        let bytes = if self.inflater.is_some() {
            let (produced, end) = self.inflate(stop)?;
            block_end = end;
            self.out.get(..produced).unwrap_or_default()
        } else {
            self.fill()?;
            block_end = None;
            self.taken = self.input.len();
            self.input.as_slice()
        };
        self.size += bytes.len() as u64;
        let expected = u64::from(self.entry.uncompressed_size());
        if self.size > expected {
            let problem = format!("more than the {expected} bytes that the central directory says");
            return Err(wrong(self.entry, problem));
        }
        if bytes.is_empty() && block_end.is_none() {
            return check(self.entry, self.size, self.crc.clone().finalize()).map(|()| None);
        }
        self.crc.update(bytes);
        let crc = || self.crc.clone().finalize();
        Ok(Some(Piece { bytes, block_end: block_end.map(|end| BlockEnd { crc: crc(), ..end }) }))
    }

    /// Hands over the buffer that the last piece of a deflated entry lies in, from its beginning on; `spare` takes its place.
    pub fn exchange(&mut self, mut spare: Vec<u8>) -> Vec<u8> {
        spare.resize(self.out.len(), 0);
        std::mem::replace(&mut self.out, spare)
    }

    /// Inflates some bytes: how many, and whether a block ended behind them. None at the end.
    fn inflate(&mut self, stop: bool) -> Result<(usize, Option<BlockEnd>), ZipError> {
        let flush = if stop { InflateFlush::Block } else { InflateFlush::NoFlush };
        let end = self.entry.data_range().end;
        while !self.ended {
            if self.input.len() - self.taken <= AHEAD && self.at < end {
                self.fill()?;
            }
            let Some(inflater) = self.inflater.as_mut() else { break };
            let (before_in, before_out) = (inflater.total_in(), inflater.total_out());
            let rest = self.input.get(self.taken..).unwrap_or_default();
            let status = inflater.decompress(rest, &mut self.out, flush).map_err(|error| {
                let problem = format!("not valid deflate data after {before_in} bytes: {}", error.as_str());
                wrong(self.entry, problem)
            })?;
            let consumed = usize::try_from(inflater.total_in() - before_in).unwrap_or(rest.len());
            let produced = usize::try_from(inflater.total_out() - before_out).unwrap_or(self.out.len());
            self.taken += consumed;
            self.ended = status == Status::StreamEnd;
            let (taken, content) = (inflater.total_in(), inflater.total_out());
            // It stopped with room left and something to read: only the end of a block makes it do so.
            let block_ended = stop && !self.ended && produced < self.out.len() && self.taken < self.input.len();
            if block_ended {
                let empty = self.last_end == Some(content);
                let mark = empty && self.input.get(..self.taken).is_some_and(|kept| kept.ends_with(&EMPTY));
                self.last_end = Some(content);
                return Ok((produced, Some(BlockEnd { taken, content, mark, crc: 0 })));
            }
            if produced > 0 {
                return Ok((produced, None));
            }
            if consumed == 0 && !self.ended {
                return Err(wrong(self.entry, "the deflate data has no end".to_owned()));
            }
        }
        Ok((0, None))
    }

    /// Reads more of the entry, behind what was not taken yet.
    fn fill(&mut self) -> Result<(), ZipError> {
        let end = self.entry.data_range().end;
        let behind = if self.inflater.is_some() { BEHIND } else { 0 };
        let kept = self.taken.saturating_sub(behind);
        self.input.drain(..kept);
        self.taken -= kept;
        let from = self.input.len();
        let len = (end - self.at).min(STEP as u64);
        self.input.resize(from + usize::try_from(len).unwrap_or(STEP), 0);
        let part = self.input.get_mut(from..).unwrap_or_default();
        let read = self.source.read_exact_at(part, self.at);
        read.map_err(|source| ZipError::Read { offset: self.at, len, source })?;
        self.at += len;
        Ok(())
    }
}

fn wrong(entry: &Entry, problem: String) -> ZipError {
    ZipError::Content { name: entry.display_name(), problem }
}

fn check(entry: &Entry, size: u64, crc: u32) -> Result<(), ZipError> {
    let expected = u64::from(entry.uncompressed_size());
    if size != expected {
        return Err(wrong(entry, format!("{size} bytes, expected {expected} by the central directory")));
    }
    if crc != entry.crc() {
        let problem = format!("CRC-32 {crc:08x}, expected {:08x} by the central directory", entry.crc());
        return Err(wrong(entry, problem));
    }
    Ok(())
}
