//! Deflate streams (RFC 1951) of contents that change near their end only: an executable, whose signature lies there.
//!
//! What lies before a limit is kept bit by bit, up to the last block boundary, and only the rest is deflated again:
//! deflating an executable whole takes longer than everything else together. Behind what is kept stands a mark, an empty
//! stored block, where the next change cuts again: so the stream does not depend on how many changes there were.
//!
//! Must not: keep anything of a stream whose content was not compared.

use zlib_rs::{Deflate, DeflateFlush, Inflate, InflateFlush, Status};

/// Bytes that a match can reach back.
const WINDOW: usize = 32 * 1024;
/// Bytes inflated at a time.
const STEP: usize = 256 * 1024;
/// Bits before the position that the inflater reports in which a block may have ended: what it holds back.
const HELD_BITS: usize = 64;
const LEVEL: i32 = 9;

/// LEN and NLEN of an empty stored block (RFC 1951 3.2.4).
const EMPTY: [u8; 4] = [0, 0, 0xff, 0xff];

/// A place between two blocks.
struct Boundary {
    /// Bytes of the stream that the inflater had taken; the block ended in the last of them, or before.
    taken: usize,
    /// Bytes of content before it.
    content: usize,
    /// Whether an empty stored block ends there, so that it is the beginning of a byte.
    mark: bool,
}

/// The stream of `new`, cut at `limit`: what is before it comes from `old`, a stream of `old_len` bytes of content, where
/// that has the same content up to there.
pub fn deflate_cut(old: Option<(&[u8], usize)>, new: &[u8], limit: usize) -> Option<Vec<u8>> {
    let limit = limit.min(new.len());
    if let Some((stream, len)) = old
        && let Some(spliced) = splice(stream, len, new, limit)
    {
        return Some(spliced);
    }
    let mut out = Vec::new();
    run(&mut Deflate::new(LEVEL, false, 15), new.get(..limit)?, DeflateFlush::SyncFlush, &mut out)?;
    if !out.ends_with(&EMPTY) {
        return None;
    }
    tail(&mut out, new, limit)?;
    Some(out)
}

/// Deflates what is behind a mark.
fn tail(out: &mut Vec<u8>, new: &[u8], from: usize) -> Option<()> {
    let mut deflater = Deflate::new(LEVEL, false, 15);
    let window = new.get(from.saturating_sub(WINDOW)..from)?;
    if !window.is_empty() {
        deflater.set_dictionary(window).ok()?;
    }
    run(&mut deflater, new.get(from..)?, DeflateFlush::Finish, out)
}

fn run(deflater: &mut Deflate, content: &[u8], flush: DeflateFlush, out: &mut Vec<u8>) -> Option<()> {
    let mut buf = vec![0; STEP];
    loop {
        let (taken, made) = (position(deflater.total_in())?, position(deflater.total_out())?);
        let status = deflater.compress(content.get(taken..)?, &mut buf, flush).ok()?;
        let more = position(deflater.total_out())? - made;
        out.extend_from_slice(buf.get(..more)?);
        let all = position(deflater.total_in())? == content.len();
        match status {
            Status::StreamEnd => return Some(()),
            // A flush is complete when it leaves room.
            _ if all && more < buf.len() && flush != DeflateFlush::Finish => return Some(()),
            Status::BufError if more == 0 => return None,
            _ => {}
        }
    }
}

/// `None` where nothing can be kept.
fn splice(old: &[u8], old_len: usize, new: &[u8], limit: usize) -> Option<Vec<u8>> {
    let boundary = last_boundary(old, new, limit)?;
    // What the old stream holds behind the boundary: by it the exact bit is found.
    let from = boundary.content;
    let window = new.get(from.checked_sub(WINDOW)?..from)?;
    let rest = Rest { window, witness: new.get(from..limit)?, len: old_len.checked_sub(from)? };
    if boundary.mark {
        let mut out = old.get(..boundary.taken)?.to_vec();
        if !reads_as(old, boundary.taken.checked_mul(8)?, &rest) {
            return None;
        }
        tail(&mut out, new, from)?;
        return Some(out);
    }
    let end = find_bit(old, &boundary, &rest)?;
    let (bytes, used) = (end / 8, end % 8);
    let mut out = old.get(..bytes)?.to_vec();
    if used > 0 {
        out.push(old.get(bytes)? & ((1 << used) - 1));
    }
    // The mark, whatever the bit it begins at: three bits of its header, then zeros up to the end of the byte.
    if used == 0 || used > 5 {
        out.push(0);
    }
    out.extend_from_slice(&EMPTY);
    tail(&mut out, new, from)?;
    Some(out)
}

/// The last mark before the limit, else the last place between two blocks; `None` where the contents differ before it.
fn last_boundary(stream: &[u8], new: &[u8], limit: usize) -> Option<Boundary> {
    let mut inflater = Inflate::new(false, 15);
    let mut out = vec![0; STEP];
    let (mut last, mut marked): (Option<Boundary>, Option<Boundary>) = (None, None);
    loop {
        let (taken, content) = (position(inflater.total_in())?, position(inflater.total_out())?);
        let status = inflater.decompress(stream.get(taken..)?, &mut out, InflateFlush::Block).ok()?;
        let (now_in, now_out) = (position(inflater.total_in())?, position(inflater.total_out())?);
        let compared = now_out.min(limit);
        if out.get(..compared.checked_sub(content)?)? != new.get(content..compared)? {
            return None;
        }
        if now_out > limit || status == Status::StreamEnd {
            return marked.or(last);
        }
        // It stopped with room left and something to read: only the end of a block makes it do so.
        if now_out - content < out.len() && now_in < stream.len() {
            let empty = last.as_ref().is_some_and(|last| last.content == now_out);
            let mark = empty && stream.get(..now_in).is_some_and(|kept| kept.ends_with(&EMPTY));
            let boundary = || Boundary { taken: now_in, content: now_out, mark };
            if mark {
                marked = Some(boundary());
            }
            last = Some(boundary());
        }
        if (now_in, now_out) == (taken, content) && status == Status::BufError {
            return None;
        }
    }
}

/// What follows a boundary.
struct Rest<'a> {
    /// The content before it.
    window: &'a [u8],
    /// The first of the content behind it.
    witness: &'a [u8],
    /// How much content there is behind it.
    len: usize,
}

/// The bit at which the block ended: the one from which the rest of the stream is read.
fn find_bit(stream: &[u8], boundary: &Boundary, rest: &Rest<'_>) -> Option<usize> {
    let latest = boundary.taken.checked_mul(8)?;
    (0..HELD_BITS).filter_map(|held| latest.checked_sub(held)).find(|&bit| reads_as(stream, bit, rest))
}

/// Whether the blocks from a bit on are the rest: they begin with the witness, have its length, and end with the stream.
fn reads_as(stream: &[u8], bit: usize, rest: &Rest<'_>) -> bool {
    try_read(stream, bit, rest).unwrap_or(false)
}

fn try_read(stream: &[u8], bit: usize, rest: &Rest<'_>) -> Option<bool> {
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
        return Some(false);
    }
    inflater.set_dictionary(rest.window).ok()?;
    loop {
        let (taken, made) = (position(inflater.total_in())?, position(inflater.total_out())?);
        let status = inflater.decompress(input.get(taken..)?, &mut buf, InflateFlush::NoFlush).ok()?;
        let (now_in, now_out) = (position(inflater.total_in())?, position(inflater.total_out())?);
        let (done, now_done) = (made - lead_len(used), now_out - lead_len(used));
        let expected = rest.witness.get(done.min(rest.witness.len())..now_done.min(rest.witness.len()))?;
        if buf.get(..expected.len())? != expected || now_done > rest.len {
            return Some(false);
        }
        if status == Status::StreamEnd {
            return Some(now_done == rest.len && now_in == input.len());
        }
        if (now_in, now_out) == (taken, made) {
            return Some(false);
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
