//! Deflate streams (RFC 1951) of contents that change near their end only: an executable, whose signature lies there.
//!
//! What lies before a place between two blocks is kept bit by bit, and only the rest is deflated again: deflating an
//! executable whole takes longer than everything else together. Before signatures stands a mark, an empty stored block,
//! where the next change cuts again: so the stream does not depend on how many changes there were.
//!
//! Most of a signature is hashes, which nothing makes smaller: they are stored, because trying takes longer than all the rest.
//!
//! Must not: keep anything of a stream whose content was not read.

use std::ops::Range;

use zlib_rs::{Deflate, DeflateFlush, Status};

use super::reader::BlockEnd;
use crate::format::inflate::{Inflater, Stop, WINDOW};

/// Bytes deflated at a time.
const STEP: usize = 256 * 1024;
/// LEN and NLEN of an empty stored block (RFC 1951 3.2.4).
const EMPTY: [u8; 4] = [0, 0, 0xff, 0xff];
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

impl Cut {
    /// Where a block ended, with the content before it. `None` where that is not as much as a match can reach.
    pub fn new(end: &BlockEnd, window: &[u8]) -> Option<Self> {
        let window = window.get(window.len().checked_sub(WINDOW)?..)?.to_vec();
        let bits = usize::try_from(end.bit % 8).ok()?;
        let open = if bits > 0 { end.open } else { 0 };
        Some(Self { kept: end.bit / 8, bits, open, mark: end.mark, window })
    }

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
        if self.bits > 0 && bytes.first()? & ((1 << self.bits) - 1) != self.open {
            return None;
        }
        let mut inflater = Inflater::between(&self.window, u32::try_from(self.bits).ok()?);
        let (mut content, mut at) = (Vec::new(), 0);
        loop {
            let (taken, stopped) = inflater.step(bytes.get(at..)?, true, false).ok()?;
            at += taken;
            content.extend_from_slice(inflater.piece());
            if content.len() > len || stopped == Stop::Input {
                return None;
            }
            if stopped == Stop::End {
                return (content.len() == len && at == bytes.len()).then_some(content);
            }
        }
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

/// Deflates what is behind a mark, but for what is noise. Where signatures begin there is another mark, so that the next change
/// keeps all that lies before them; what is behind depends on nothing but the content, so the bytes are the same whatever the
/// way.
fn tail(out: &mut Vec<u8>, window: &[u8], rest: &[u8], signed: usize) -> Option<()> {
    let part = |range: Range<usize>, flush, out: &mut Vec<u8>| {
        let mut deflater = Deflate::new(LEVEL, false, 15);
        let before = rest.get(range.start.saturating_sub(WINDOW)..range.start)?;
        let before = [window.get(window.len().saturating_sub(WINDOW - before.len())..)?, before].concat();
        if !before.is_empty() {
            deflater.set_dictionary(&before).ok()?;
        }
        run(&mut deflater, rest.get(range)?, flush, out)
    };
    let mut at = signed.min(rest.len());
    if at > 0 {
        part(0..at, DeflateFlush::SyncFlush, out)?;
    }
    loop {
        let noise = noise(rest, at);
        if noise.is_empty() {
            return part(at..rest.len(), DeflateFlush::Finish, out);
        }
        if at < noise.start {
            part(at..noise.start, DeflateFlush::SyncFlush, out)?;
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
            Status::Ok | Status::BufError => {}
        }
    }
}

fn position(count: u64) -> Option<usize> {
    usize::try_from(count).ok()
}
