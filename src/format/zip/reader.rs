//! One entry's content, piece by piece, in bounded memory; inflated (RFC 1951) where it is deflated, and checked against
//! the directory at its end.
//!
//! On request it stops wherever a block of the deflate stream ends: there the stream can be cut (see `splice`).
//!
//! Must not: decide which entries to open.

use super::archive::{Archive, Entry};
use super::error::ZipError;
use crate::format::inflate::{Bytes, Guess, INPUT, Inflater, Stop};
use crate::format::read_at::ReadAt;

/// Bytes read at a time.
const STEP: usize = 128 * 1024;

/// A place between two blocks of a deflate stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockEnd {
    /// Bits of the stream before it.
    pub bit: u64,
    /// The byte that the last of them lie in, and nothing else of it, where they do not fill it.
    pub open: u8,
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
    pub(super) source: &'a S,
    pub(super) entry: &'a Entry,
    inflater: Option<Inflater>,
    /// Where the next bytes are read.
    at: u64,
    input: Vec<u8>,
    taken: usize,
    crc: crc32fast::Hasher,
    /// Bytes of content so far.
    pub(super) size: u64,
}

impl<S: ReadAt + ?Sized> std::fmt::Debug for Reader<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Contents may hold secrets.
        f.debug_struct("Reader").field("entry", &self.entry.display_name()).finish_non_exhaustive()
    }
}

impl<S: ReadAt + ?Sized> Archive<'_, S> {
    /// A reader of an entry. What it holds under a method other than 0 and 8 its sizes say ([`Entry::is_deflated`]).
    pub fn reader(&self, index: usize) -> Reader<'_, S> {
        let entry = &self.index.entries[index];
        let deflated = entry.is_deflated();
        Reader {
            source: self.source,
            entry,
            inflater: deflated.then(|| Inflater::new(entry.uncompressed_size())),
            at: entry.data_range().start,
            input: Vec::new(),
            taken: 0,
            crc: crc32fast::Hasher::new(),
            size: 0,
        }
    }
}

impl<S: ReadAt + ?Sized> Reader<'_, S> {
    /// The next piece; `None` at the end, where size and CRC were found to be those of the directory. With `stop` a piece
    /// ends where a block does.
    pub fn next(&mut self, stop: bool) -> Result<Option<Piece<'_>>, ZipError> {
        let block_end = if self.inflater.is_some() {
            self.inflate(stop)?
        } else {
            self.fill()?;
            self.taken = self.input.len();
            None
        };
        let bytes = self.inflater.as_ref().map_or(self.input.as_slice(), Inflater::piece);
        self.size += bytes.len() as u64;
        self.check_size()?;
        if bytes.is_empty() && block_end.is_none() {
            return check(self.entry, self.size, self.crc.clone().finalize()).map(|()| None);
        }
        self.crc.update(bytes);
        let crc = || self.crc.clone().finalize();
        Ok(Some(Piece { bytes, block_end: block_end.map(|end| BlockEnd { crc: crc(), ..end }) }))
    }

    /// Bits of the entry's data before the place where it stopped; `None` where it is not deflated.
    pub(super) fn position(&self) -> Option<u64> {
        self.inflater.as_ref().map(Inflater::position)
    }

    /// Says of a guess that begins where this stopped what its units stand for; `false` where it begins elsewhere.
    pub(super) fn tell(&self, guess: &Guess, bytes: &mut Bytes) -> bool {
        self.inflater.as_ref().is_some_and(|inflater| inflater.tell(guess, bytes))
    }

    /// Takes content for read that a guess holds.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> Result<(), ZipError> {
        self.size += bytes.len() as u64;
        self.check_size()?;
        self.crc.update(bytes);
        Ok(())
    }

    /// Goes on behind a guess whose content was taken for read.
    pub(super) fn follow(&mut self, guess: &mut Guess, bytes: &Bytes) {
        let Some(inflater) = self.inflater.as_mut() else { return };
        inflater.follow(guess, bytes);
        self.input.clear();
        (self.taken, self.at) = (0, self.entry.data_range().start + inflater.taken());
    }

    /// CRC-32 of what was read.
    pub(super) fn crc(&self) -> u32 {
        self.crc.clone().finalize()
    }

    fn check_size(&self) -> Result<(), ZipError> {
        let expected = self.entry.uncompressed_size();
        if self.size > expected {
            let problem = format!("more than the {expected} bytes that the central directory says");
            return Err(wrong(self.entry, problem));
        }
        Ok(())
    }

    /// Inflates some bytes; the block that ended behind them. Neither at the end.
    fn inflate(&mut self, stop: bool) -> Result<Option<BlockEnd>, ZipError> {
        let end = self.entry.data_range().end;
        loop {
            if self.input.len() - self.taken < INPUT && self.at < end {
                self.fill()?;
            }
            let Some(inflater) = self.inflater.as_mut() else { return Ok(None) };
            let rest = self.input.get(self.taken..).unwrap_or_default();
            let (taken, stopped) = inflater.step(rest, self.at == end, stop).map_err(|error| {
                let problem = format!("not valid deflate data after {} bytes: {error}", inflater.position() / 8);
                wrong(self.entry, problem)
            })?;
            self.taken += taken;
            match stopped {
                Stop::Block => {
                    let (bit, open, content) = (inflater.position(), inflater.open_byte(), inflater.made());
                    return Ok(Some(BlockEnd { bit, open, content, mark: inflater.was_empty(), crc: 0 }));
                }
                Stop::Input if inflater.piece().is_empty() && self.at == end => {
                    return Err(wrong(self.entry, "the deflate data has no end".to_owned()));
                }
                Stop::Input if inflater.piece().is_empty() => {}
                Stop::Input | Stop::Piece | Stop::End => return Ok(None),
            }
        }
    }

    /// Reads more of the entry, behind what was not taken yet.
    fn fill(&mut self) -> Result<(), ZipError> {
        let end = self.entry.data_range().end;
        self.input.drain(..self.taken);
        self.taken = 0;
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
    if entry.claims_encryption() {
        return ZipError::Encrypted { name: entry.display_name() };
    }
    ZipError::Content { name: entry.display_name(), problem }
}

fn check(entry: &Entry, size: u64, crc: u32) -> Result<(), ZipError> {
    let expected = entry.uncompressed_size();
    if size != expected {
        return Err(wrong(entry, format!("{size} bytes, expected {expected} by the central directory")));
    }
    if crc != entry.crc() {
        let problem = format!("CRC-32 {crc:08x}, expected {:08x} by the central directory", entry.crc());
        return Err(wrong(entry, problem));
    }
    Ok(())
}
