//! Deflate streams (RFC 1951) of contents that change near their end only: an executable, whose signature lies there.
//!
//! What lies before a place between two blocks is kept bit by bit, and only the rest is deflated again: deflating an
//! executable whole takes longer than everything else together. Behind what is kept stands a mark, an empty stored block,
//! where the next change cuts again: so the stream does not depend on how many changes there were.
//!
//! Most of a signature is hashes, which nothing makes smaller: they are stored, because trying takes longer than all the rest.
//!
//! An inflater stops between two blocks, but does not tell the bit: it is found by reading on from each candidate.
//!
//! Must not: keep anything of a stream whose content was not read.

use std::ops::Range;

use zlib_rs::{Deflate, DeflateFlush, Inflate, InflateFlush, Status};

use super::archive::Archive;
use super::eocd::read;
use super::error::ZipError;
use super::reader::{BlockEnd, EMPTY};
use crate::format::read_at::ReadAt;

/// Bytes that a match can reach back.
pub const WINDOW: usize = 32 * 1024;
/// Bytes inflated at a time.
const STEP: usize = 256 * 1024;
/// Bits before the position that the inflater reports in which a block may have ended: what it holds back.
const HELD_BITS: usize = 64;
/// What Xcode and most others deflate with. The highest level takes three times as long for a hundredth.
const LEVEL: i32 = 6;
/// Bytes that are judged together.
const JUDGED: usize = 32 * 1024;
/// The most bytes of a stored block (RFC 1951 3.2.4).
const STORED: usize = 0xffff;

/// A bit between two blocks of a stream, and what is needed to go on from there.
#[derive(Clone, PartialEq, Eq)]
pub struct Cut {
    /// Whole bytes of the stream before it.
    kept: u64,
    /// How many bits of the next byte are before it too, and that byte with nothing but them.
    bits: usize,
    open: u8,
    /// Whether a mark ends there.
    mark: bool,
    /// The content before it, as far as a match can reach.
    window: Vec<u8>,
}

impl std::fmt::Debug for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cut").field("kept", &self.kept).field("bits", &self.bits).finish_non_exhaustive()
    }
}

impl<S: ReadAt + ?Sized> Archive<'_, S> {
    /// The exact place where a block of an entry's stream ended, found by reading what is behind it: `rest`. `window` is the
    /// content before it. `None` where that cannot be told.
    pub fn cut(&self, index: usize, end: &BlockEnd, window: &[u8], rest: &[u8]) -> Result<Option<Cut>, ZipError> {
        let range = self.index.entries[index].data_range();
        // The byte before the one that the first candidate lies in serves none.
        let from = end.taken.saturating_sub(HELD_BITS as u64 / 8 + 1);
        let Some(start) = range.start.checked_add(from).filter(|&start| start <= range.end) else { return Ok(None) };
        let stream = read(self.source, start, range.end - start)?;
        Ok(find(&stream, from, end, window, rest))
    }
}

/// `stream` begins `from` bytes behind the beginning of the whole one.
fn find(stream: &[u8], from: u64, end: &BlockEnd, window: &[u8], rest: &[u8]) -> Option<Cut> {
    // A shorter window is one that cannot be told from a part of it.
    let window = window.get(window.len().checked_sub(WINDOW)?..)?.to_vec();
    let latest = usize::try_from(end.taken.checked_sub(from)?).ok()?.checked_mul(8)?;
    let candidates = if end.mark { 0..1 } else { 0..HELD_BITS };
    let mut bits = candidates.filter_map(|held| latest.checked_sub(held));
    let bit = bits.find(|&bit| inflate_from(stream, bit, &window, rest.len(), Some(rest)).is_some())?;
    let (byte, bits) = (bit / 8, bit % 8);
    let open = if bits > 0 { stream.get(byte)? & ((1 << bits) - 1) } else { 0 };
    Some(Cut { kept: from + byte as u64, bits, open, mark: end.mark, window })
}

impl Cut {
    /// Bytes of the stream that are kept.
    pub fn kept(&self) -> u64 {
        self.kept
    }

    /// What follows [`Self::kept`] bytes in a stream that goes on with `rest`, where signatures begin at `signed`; `None`
    /// only where the deflater fails.
    pub fn deflate(&self, rest: &[u8], signed: usize) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        if !self.mark {
            if self.bits > 0 {
                out.push(self.open);
            }
            // The mark, whatever the bit it begins at: three bits of its header, then zeros up to the end of the byte.
            if self.bits == 0 || self.bits > 5 {
                out.push(0);
            }
            out.extend_from_slice(&EMPTY);
        }
        tail(&mut out, &self.window, rest, signed)?;
        Some(out)
    }

    /// The content behind the cut in a stream that goes on with these bytes and ends with them; `None` where it does not,
    /// or is longer than `len`.
    pub fn inflate(&self, bytes: &[u8], len: usize) -> Option<Vec<u8>> {
        let same_open = self.bits == 0 || bytes.first()? & ((1 << self.bits) - 1) == self.open;
        same_open.then(|| inflate_from(bytes, self.bits, &self.window, len, None))?
    }
}

/// A stream of `content` with a mark at `limit`, where signatures begin; `None` only where the deflater fails.
pub fn deflate_marked(content: &[u8], limit: usize) -> Option<Vec<u8>> {
    let (kept, rest) = content.split_at(limit.min(content.len()));
    let (mut out, mut deflater) = (Vec::new(), MarkedDeflater::new());
    deflater.kept(kept, &mut out)?;
    deflater.finish(rest, 0, &mut out)?;
    Some(out)
}

/// Deflates a content that comes in pieces, with a mark before its last one.
pub struct MarkedDeflater {
    deflater: Deflate,
    window: Vec<u8>,
}

impl std::fmt::Debug for MarkedDeflater {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MarkedDeflater").finish_non_exhaustive()
    }
}

impl Default for MarkedDeflater {
    fn default() -> Self {
        Self::new()
    }
}

impl MarkedDeflater {
    /// At the beginning of a content.
    pub fn new() -> Self {
        Self { deflater: Deflate::new(LEVEL, false, 15), window: Vec::new() }
    }

    /// The next piece of what is before the mark; what comes of it goes to `out`. `None` only where the deflater fails.
    pub fn kept(&mut self, piece: &[u8], out: &mut Vec<u8>) -> Option<()> {
        run(&mut self.deflater, piece, DeflateFlush::NoFlush, out)?;
        let piece = piece.get(piece.len().saturating_sub(WINDOW)..)?;
        let over = (self.window.len() + piece.len()).saturating_sub(WINDOW);
        self.window.drain(..over.min(self.window.len()));
        self.window.extend_from_slice(piece);
        Some(())
    }

    /// The mark, and what is behind it; signatures begin at `signed` in that.
    pub fn finish(mut self, rest: &[u8], signed: usize, out: &mut Vec<u8>) -> Option<()> {
        run(&mut self.deflater, &[], DeflateFlush::SyncFlush, out)?;
        if !out.ends_with(&EMPTY) {
            return None;
        }
        tail(out, &self.window, rest, signed)
    }
}

/// Deflates what is behind a mark, but for what is noise. Up to the beginning of signatures and a little beyond nothing is
/// judged: another mark there would be where the next change cuts, and the bytes would depend on the way.
fn tail(out: &mut Vec<u8>, window: &[u8], rest: &[u8], signed: usize) -> Option<()> {
    let mut at = 0;
    loop {
        let judged = at.max(signed.saturating_add(JUDGED));
        let noise = noise(rest, judged);
        let (part, last) = (rest.get(at..noise.start)?, noise.is_empty());
        if last || !part.is_empty() {
            let mut deflater = Deflate::new(LEVEL, false, 15);
            let before = rest.get(at.saturating_sub(WINDOW)..at)?;
            let before = [window.get(window.len().saturating_sub(WINDOW - before.len())..)?, before].concat();
            if !before.is_empty() {
                deflater.set_dictionary(&before).ok()?;
            }
            run(&mut deflater, part, if last { DeflateFlush::Finish } else { DeflateFlush::SyncFlush }, out)?;
        }
        if last {
            return Some(());
        }
        // Both kinds of part end with a byte, so that a block's header is a byte too.
        for block in rest.get(noise.clone())?.chunks(STORED) {
            let len = u16::try_from(block.len()).ok()?;
            out.push(0);
            out.extend_from_slice(&[len.to_le_bytes(), (!len).to_le_bytes()].concat());
            out.extend_from_slice(block);
        }
        at = noise.end;
    }
}

/// The first bytes from `at` on that look like noise; empty and at the end where there are none. What is left over behind
/// whole pieces is not judged.
fn noise(content: &[u8], at: usize) -> Range<usize> {
    let pieces = content.get(at..).unwrap_or_default().as_chunks::<JUDGED>().0;
    let Some(first) = pieces.iter().position(is_noise) else { return content.len()..content.len() };
    let count = pieces.iter().skip(first).take_while(|piece| is_noise(piece)).count();
    at + first * JUDGED..at + (first + count) * JUDGED
}

/// Whether every byte is as frequent as others. Of random bytes the squares of the frequencies add up to 1/256 and one
/// hundred-and-twenty-eighth of that; with a fiftieth more, less than half a percent could be saved.
fn is_noise(piece: &[u8; JUDGED]) -> bool {
    let mut counts = [0_u64; 256];
    for byte in piece {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let squares: u64 = counts.iter().map(|count| count * count).sum();
    squares * 256 * 50 < (JUDGED * JUDGED) as u64 * 51
}

fn run(deflater: &mut Deflate, content: &[u8], flush: DeflateFlush, out: &mut Vec<u8>) -> Option<()> {
    let mut buf = vec![0; STEP];
    let before = position(deflater.total_in())?;
    loop {
        let (taken, made) = (position(deflater.total_in())? - before, position(deflater.total_out())?);
        let status = deflater.compress(content.get(taken..)?, &mut buf, flush).ok()?;
        let more = position(deflater.total_out())? - made;
        out.extend_from_slice(buf.get(..more)?);
        let all = position(deflater.total_in())? - before == content.len();
        match status {
            Status::StreamEnd => return Some(()),
            // A flush is complete when it leaves room.
            _ if all && more < buf.len() && flush != DeflateFlush::Finish => return Some(()),
            Status::BufError if more == 0 => return None,
            _ => {}
        }
    }
}

/// The content of the blocks from a bit on, which end with the stream; `None` where it has another length than `len` or
/// is not the content that is known.
fn inflate_from(stream: &[u8], bit: usize, window: &[u8], len: usize, known: Option<&[u8]>) -> Option<Vec<u8>> {
    let (byte, used) = (bit / 8, bit % 8);
    let mut inflater = Inflate::new(false, 15);
    let mut buf = vec![0; STEP];
    // The bits before `bit` in its byte are replaced by blocks of another content, which is then forgotten.
    let mut input = lead_in(used);
    if used > 0 {
        *input.last_mut()? |= stream.get(byte)? & !((1_u8 << used) - 1);
    }
    input.extend_from_slice(stream.get(byte + usize::from(used > 0)..)?);
    for _ in 0..blocks_in_lead(used) {
        let at = position(inflater.total_in())?;
        inflater.decompress(input.get(at..)?, &mut buf, InflateFlush::Block).ok()?;
    }
    if position(inflater.total_out())? != lead_len(used) {
        return None;
    }
    inflater.set_dictionary(window).ok()?;
    let mut content = Vec::new();
    loop {
        let (taken, made) = (position(inflater.total_in())?, position(inflater.total_out())?);
        let status = inflater.decompress(input.get(taken..)?, &mut buf, InflateFlush::NoFlush).ok()?;
        let (now_in, now_out) = (position(inflater.total_in())?, position(inflater.total_out())?);
        let piece = buf.get(..now_out - made)?;
        if known.is_some_and(|known| known.get(content.len()..content.len() + piece.len()) != Some(piece)) {
            return None;
        }
        content.extend_from_slice(piece);
        if content.len() > len {
            return None;
        }
        if status == Status::StreamEnd {
            return (content.len() == len && now_in == input.len()).then_some(content);
        }
        if (now_in, now_out) == (taken, made) {
            return None;
        }
    }
}

/// Whole blocks with fixed codes (RFC 1951 3.2.6) that end `used` bits into a byte.
fn lead_in(used: usize) -> Vec<u8> {
    let mut bits: Vec<bool> = Vec::new();
    let header = [false, true, false];
    if used % 2 == 1 {
        // One literal of nine bits, the lowest of them (144), makes the length odd.
        bits.extend(header);
        bits.extend([true, true, false, false, true, false, false, false, false]);
        bits.extend([false; 7]);
    }
    while bits.len() % 8 != used {
        bits.extend(header);
        bits.extend([false; 7]);
    }
    bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |value, &bit| value << 1 | u8::from(bit))).collect()
}

/// How many blocks `lead_in` has.
fn blocks_in_lead(used: usize) -> usize {
    let odd = used % 2;
    let mut len = odd * 19;
    let mut blocks = odd;
    while len % 8 != used {
        len += 10;
        blocks += 1;
    }
    blocks
}

/// How many bytes `lead_in` means.
fn lead_len(used: usize) -> usize {
    used % 2
}

fn position(count: u64) -> Option<usize> {
    usize::try_from(count).ok()
}
