//! Inflating (RFC 1951), piece by piece, from any bit of a stream on. It stops between two blocks on request and tells the
//! bit: there a stream can be cut and go on with other content (see `zip::splice`).
//!
//! A symbol's base value, its length and its extra bits are one table entry, and a word of the stream is taken at a time:
//! what libdeflate showed to be fast, in safe code. Where zlib refuses a stream this does too: incomplete codes but for one
//! code of one bit, more symbols than there are, matches from before the beginning.
//!
//! * `source`: the bits of a stream.
//! * `table`: codes as tables.
//! * `guess`: the middle of a stream, before what lies before it is known.
//!
//! Must not: hold more than a window and a piece; know where the stream lies.

use std::hint::cold_path;

mod error;
mod guess;
mod source;
mod table;

pub use error::InflateError;
use error::{BLOCK, CODES, DISTANCE, STORED, SYMBOL};
pub use guess::{Bytes, End, Guess};
use source::{Source, filled, low};
use table::{
    DISTANCE_BITS, DISTANCE_ENTRIES, DISTANCE_SYMBOLS, END_SYMBOL, INVALID, LENGTH_BITS, LITERAL, LITERAL_BITS,
    LITERAL_ENTRIES, LITERAL_SYMBOLS, SECOND, SPECIAL, build, distance, fixed_lengths, length_symbol, literal,
};

/// Bytes that a match can reach back (section 2).
pub const WINDOW: usize = 32 * 1024;
/// Bytes of a stream from which on one step surely goes on, unless the stream ends with them: the longest header of a block
/// (section 3.2.7) and some words.
pub const INPUT: usize = 1024;
/// Bytes inflated at a time: small enough to be hashed while they are in the processor's cache.
const PIECE: usize = 256 * 1024;
/// The longest match (section 3.2.5).
const LONGEST: usize = 258;
/// Bytes copied at a time.
const STRIDE: usize = 16;
/// Bytes copied whatever the length of a match: one in twenty is longer. So many may be written behind it.
const AT_ONCE: usize = 2 * STRIDE;
/// Room behind the place up to which a match begins: the longest one, and what is written behind it.
const SLACK: usize = LONGEST + AT_ONCE;
/// Bytes of the stream that one turn reads at most: two words, the second one of them at most seven bytes behind the first.
const AHEAD: usize = 16;
/// The order in which the lengths of codes of lengths come (section 3.2.7).
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// Why a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It needs [`INPUT`] bytes, or to know that there are no more.
    Input,
    /// The piece is full.
    Piece,
    /// A block ended that is not the last one.
    Block,
    /// The stream ended.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Header,
    /// Bytes that a stored block still has.
    Stored(usize),
    Coded,
    Ended,
}

/// How a byte of content is told: by itself, or by more than it where the window is not known yet.
pub trait Unit: Copy + Default + From<u8> {}

impl Unit for u8 {}

impl Unit for u16 {}

/// The codes of a block.
struct Tables {
    literals: [u32; LITERAL_ENTRIES],
    distances: [u32; DISTANCE_ENTRIES],
}

/// A stream, inflated up to some place.
pub struct Inflater<T = u8> {
    /// What is left of the last byte that was taken: fewer than eight bits.
    bits: u64,
    count: u32,
    /// That byte.
    open: u8,
    /// Bits to be passed over first.
    skipped: u32,
    state: State,
    last: bool,
    /// Whether the block was an empty stored one.
    empty: bool,
    /// Whether the tables are those of fixed codes.
    fixed: bool,
    tables: Box<Tables>,
    /// The window and the piece.
    out: Vec<T>,
    start: usize,
    end: usize,
    taken: u64,
    made: u64,
}

impl<T> std::fmt::Debug for Inflater<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Contents may hold secrets.
        f.debug_struct("Inflater").field("taken", &self.taken).field("made", &self.made).finish_non_exhaustive()
    }
}

impl Inflater {
    /// At the beginning of a stream whose content is `len` bytes long, as far as that is known: most are short, and clearing
    /// room for more takes longer than inflating them.
    pub fn new(len: u64) -> Self {
        // One byte more, so that a content that is longer is found out.
        Self::with_room(usize::try_from(len).unwrap_or(usize::MAX).saturating_add(1).min(WINDOW + PIECE))
    }

    /// `skipped` bits (fewer than eight) into a stream, between two blocks, with the content before that place as far as a
    /// match can reach.
    pub fn between(window: &[u8], skipped: u32) -> Self {
        let window = window.get(window.len().saturating_sub(WINDOW)..).unwrap_or_default();
        let mut inflater = Self::new(u64::MAX);
        if let Some(front) = inflater.out.get_mut(..window.len()) {
            front.copy_from_slice(window);
        }
        (inflater.start, inflater.end, inflater.skipped) = (window.len(), window.len(), skipped % 8);
        inflater
    }
}

impl<T: Unit> Inflater<T> {
    fn with_room(room: usize) -> Self {
        Self {
            bits: 0,
            count: 0,
            open: 0,
            skipped: 0,
            state: State::Header,
            last: false,
            empty: false,
            fixed: false,
            tables: Box::new(Tables { literals: [0; LITERAL_ENTRIES], distances: [0; DISTANCE_ENTRIES] }),
            out: vec![T::default(); room + SLACK],
            start: 0,
            end: 0,
            taken: 0,
            made: 0,
        }
    }

    /// Inflates some of `input`, which goes on where the last step stopped; `complete` where nothing follows it. How many
    /// bytes were taken, and why it stopped; [`Self::piece`] is what they mean. With `stop` a step ends where a block does.
    pub fn step(&mut self, input: &[u8], complete: bool, stop: bool) -> Result<(usize, Stop), InflateError> {
        self.make_room();
        let mut source = Source { input, at: 0, bits: self.bits, count: self.count, missing: 0, complete };
        let stopped = self.run(&mut source, stop)?;
        source.give_back()?;
        (self.bits, self.count) = (source.bits, source.count);
        if let Some(byte) = source.at.checked_sub(1).and_then(|at| input.get(at)) {
            self.open = *byte;
        }
        self.taken += source.at as u64;
        self.made += (self.end - self.start) as u64;
        Ok((source.at, stopped))
    }

    /// What the last step made.
    pub fn piece(&self) -> &[T] {
        self.out.get(self.start..self.end).unwrap_or_default()
    }

    /// Bits of the stream before the place where it stopped.
    pub fn position(&self) -> u64 {
        self.taken * 8 - u64::from(self.count)
    }

    /// Bytes of the stream that were taken, whether or not bits of the last one are left.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// The last byte of which something was taken, with nothing but the bits that were.
    pub fn open_byte(&self) -> u8 {
        // Fewer than eight bits are left of it.
        self.open & (0xff_u8 >> self.count)
    }

    /// Bytes of content so far.
    pub fn made(&self) -> u64 {
        self.made
    }

    /// Whether the block that ended last was an empty stored one.
    pub fn was_empty(&self) -> bool {
        self.empty
    }

    /// Whether nothing more has room.
    fn is_full(&self) -> bool {
        self.end + SLACK >= self.out.len()
    }

    /// Moves the window to the front where the next piece has no room.
    fn make_room(&mut self) {
        if self.is_full() {
            let kept = self.end.min(WINDOW);
            self.out.copy_within(self.end - kept..self.end, 0);
            self.end = kept;
            if self.out.len() < WINDOW + PIECE + SLACK {
                self.out.resize(WINDOW + PIECE + SLACK, T::default());
            }
        }
        self.start = self.end;
    }

    fn run(&mut self, source: &mut Source<'_>, stop: bool) -> Result<Stop, InflateError> {
        loop {
            let ended = match self.state {
                State::Ended => return Ok(Stop::End),
                State::Header if !source.has(INPUT) => return Ok(Stop::Input),
                State::Header => {
                    self.header(source)?;
                    continue;
                }
                State::Stored(left) => self.stored(source, left),
                State::Coded => match self.coded::<false>(source)? {
                    Stop::Input if source.complete => self.coded::<true>(source)?,
                    other @ (Stop::Input | Stop::Piece | Stop::Block | Stop::End) => other,
                },
            };
            match ended {
                Stop::Block if self.last => self.state = State::Ended,
                Stop::Block => {
                    self.state = State::Header;
                    if stop {
                        return Ok(Stop::Block);
                    }
                }
                other @ (Stop::Input | Stop::Piece | Stop::End) => return Ok(other),
            }
        }
    }

    /// The header of a block (section 3.2.3).
    fn header(&mut self, source: &mut Source<'_>) -> Result<(), InflateError> {
        source.refill()?;
        source.take(std::mem::take(&mut self.skipped));
        self.last = source.take(1) == 1;
        self.empty = false;
        match source.take(2) {
            0 => {
                source.take(source.count % 8);
                source.refill()?;
                let (len, complement) = (source.take(16), source.take(16));
                if len ^ complement != 0xffff {
                    return Err(STORED);
                }
                source.give_back()?;
                self.empty = len == 0;
                self.state = State::Stored(len as usize);
            }
            1 => {
                if !self.fixed {
                    build(&mut self.tables.literals, LITERAL_BITS, &fixed_lengths(), literal)?;
                    build(&mut self.tables.distances, DISTANCE_BITS, &[5; 32], distance)?;
                    self.fixed = true;
                }
                self.state = State::Coded;
            }
            2 => {
                self.fixed = false;
                self.dynamic(source)?;
                self.state = State::Coded;
            }
            _ => return Err(BLOCK),
        }
        Ok(())
    }

    /// The codes of a block (section 3.2.7).
    fn dynamic(&mut self, source: &mut Source<'_>) -> Result<(), InflateError> {
        let counts = [source.take(5), source.take(5), source.take(4)].map(|count| count as usize);
        let (literals, distances, codes) = (counts[0] + 257, counts[1] + 1, counts[2] + 4);
        if literals > LITERAL_SYMBOLS || distances > DISTANCE_SYMBOLS {
            return Err(CODES);
        }
        let mut lengths = [0; ORDER.len()];
        for index in ORDER.into_iter().take(codes) {
            source.refill()?;
            lengths[index] = source.take(3).to_le_bytes()[0];
        }
        let mut table = [0; 1 << LENGTH_BITS];
        build(&mut table, LENGTH_BITS, &lengths, length_symbol)?;
        let mut lengths = [0; LITERAL_SYMBOLS + DISTANCE_SYMBOLS];
        let all = lengths.get_mut(..literals + distances).ok_or(CODES)?;
        let mut at = 0;
        while at < all.len() {
            source.refill()?;
            let entry = table[low(source.bits, LENGTH_BITS)];
            source.take(entry & 0xff);
            let (value, times) = match entry >> 16 {
                16 => (at.checked_sub(1).and_then(|before| all.get(before).copied()).ok_or(CODES)?, 3 + source.take(2)),
                17 => (0, 3 + source.take(3)),
                18 => (0, 11 + source.take(7)),
                length => (u8::try_from(length).map_err(|_| CODES)?, 1),
            };
            let end = at + times as usize;
            all.get_mut(at..end).ok_or(CODES)?.fill(value);
            at = end;
        }
        let (literals, distances) = all.split_at_checked(literals).ok_or(CODES)?;
        if literals.get(END_SYMBOL).is_none_or(|&length| length == 0) {
            return Err(CODES);
        }
        build(&mut self.tables.literals, LITERAL_BITS, literals, literal)?;
        build(&mut self.tables.distances, DISTANCE_BITS, distances, distance)
    }

    /// Some of a stored block (section 3.2.4).
    fn stored(&mut self, source: &mut Source<'_>, left: usize) -> Stop {
        let rest = source.input.get(source.at..).unwrap_or_default();
        let len = left.min(rest.len()).min((self.out.len() - SLACK).saturating_sub(self.end));
        if let (Some(to), Some(from)) = (self.out.get_mut(self.end..self.end + len), rest.get(..len)) {
            to.iter_mut().zip(from).for_each(|(to, &from)| *to = T::from(from));
        }
        self.end += len;
        source.at += len;
        self.state = State::Stored(left - len);
        match left - len {
            0 => Stop::Block,
            _ if self.is_full() => Stop::Piece,
            _ => Stop::Input,
        }
    }

    /// Some of a block with codes: literals and matches (section 3.2.5). Ends some words before the input does, or with `LAST`
    /// where the stream does.
    #[inline(never)]
    fn coded<const LAST: bool>(&mut self, source: &mut Source<'_>) -> Result<Stop, InflateError> {
        let Tables { literals, distances } = &*self.tables;
        let (out, mut end) = (self.out.as_mut_slice(), self.end);
        // What is used most lies in registers, and goes back where this is left. Of `count` the lowest byte counts.
        let (mut bits, mut count) = (source.bits, source.count);
        let mut rest = source.input.get(source.at..).unwrap_or_default();
        let stopped = 'stopped: {
            /// What one turn reads, so that nothing of it needs a check.
            macro_rules! ahead {
                () => {
                    match rest.first_chunk::<AHEAD>() {
                        Some(ahead) => ahead,
                        None if LAST => &[0; AHEAD],
                        None => break 'stopped Stop::Input,
                    }
                };
            }
            let (mut ahead, mut at) = (ahead!(), 0);
            /// At least 56 bits.
            macro_rules! refill {
                () => {
                    if LAST {
                        (source.bits, source.count) = (bits, count & 0xff);
                        source.refill()?;
                        (bits, count) = (source.bits, source.count);
                    } else if let Some(word) = ahead.get(at..).and_then(|rest| rest.first_chunk()) {
                        (bits, at, count) = filled(*word, bits, at, count);
                    }
                };
            }
            /// Goes on behind what was read ahead.
            macro_rules! pass {
                () => {
                    rest = rest.get(at..).unwrap_or_default();
                };
            }
            macro_rules! take {
                ($entry:expr) => {
                    bits >>= $entry & 63;
                    count = count.wrapping_sub($entry);
                };
            }
            macro_rules! look {
                () => {
                    literals[low(bits, LITERAL_BITS)]
                };
            }
            refill!();
            pass!();
            let mut entry = look!();
            loop {
                (ahead, at) = (ahead!(), 0);
                // Of 56 bits: three literals of 11; or two, and what follows after another word.
                if entry & LITERAL != 0 {
                    let Some(room) = out.get_mut(end..).and_then(|rest| rest.first_chunk_mut::<3>()) else {
                        break 'stopped Stop::Piece;
                    };
                    take!(entry);
                    room[0] = T::from(byte(entry));
                    end += 1;
                    entry = look!();
                    if entry & LITERAL != 0 {
                        take!(entry);
                        room[1] = T::from(byte(entry));
                        end += 1;
                        entry = look!();
                        if entry & LITERAL != 0 {
                            take!(entry);
                            room[2] = T::from(byte(entry));
                            end += 1;
                            refill!();
                            pass!();
                            entry = look!();
                            continue;
                        }
                    }
                    // A match takes up to 48 bits. The entry stays what it is: its bits are there already.
                    refill!();
                }
                let Some(room) = out.get_mut(end..).and_then(|rest| rest.first_chunk_mut::<{ SLACK + 1 }>()) else {
                    pass!();
                    break 'stopped Stop::Piece;
                };
                if entry & SPECIAL != 0 {
                    cold_path();
                    if entry & SECOND != 0 {
                        take!(LITERAL_BITS);
                        entry = literals[second(entry, bits) & (LITERAL_ENTRIES - 1)];
                        if entry & LITERAL != 0 {
                            take!(entry);
                            room[0] = T::from(byte(entry));
                            end += 1;
                            refill!();
                            pass!();
                            entry = look!();
                            continue;
                        }
                    }
                    if entry & INVALID != 0 {
                        return Err(SYMBOL);
                    }
                    if entry & SPECIAL != 0 {
                        take!(entry);
                        pass!();
                        break 'stopped Stop::Block;
                    }
                }
                let len = value(entry, bits);
                take!(entry);
                entry = distances[low(bits, DISTANCE_BITS)];
                if entry & SPECIAL != 0 {
                    cold_path();
                    if entry & SECOND != 0 {
                        take!(DISTANCE_BITS);
                        entry = distances[second(entry, bits) & (DISTANCE_ENTRIES - 1)];
                    }
                    if entry & INVALID != 0 {
                        return Err(SYMBOL);
                    }
                }
                let back = value(entry, bits);
                take!(entry);
                // The next entry is on its way while the match is copied.
                refill!();
                pass!();
                entry = look!();
                let from = end.checked_sub(back).ok_or(DISTANCE)?;
                match out.get_mut(from..) {
                    Some(both) if back >= STRIDE && both.len() - AT_ONCE >= back => {
                        both.copy_within(..STRIDE, back);
                        both.copy_within(STRIDE..AT_ONCE, back + STRIDE);
                        if len > AT_ONCE {
                            repeat(out, end + AT_ONCE, back, len - AT_ONCE);
                        }
                    }
                    _ => repeat(out, end, back, len),
                }
                end += len;
            }
        };
        if !LAST {
            source.at = source.input.len() - rest.len();
        }
        (source.bits, source.count) = (bits, count & 0xff);
        self.end = end;
        Ok(stopped)
    }
}

/// The literal of an entry.
fn byte(entry: u32) -> u8 {
    entry.to_le_bytes()[2]
}

/// The length or distance of an entry: its base value, and the extra bits behind its code. A shift looks at six bits; the two
/// above those of the code's length are clear where there is a value.
fn value(entry: u32, bits: u64) -> usize {
    (entry >> 16) as usize + (low(bits, entry & 63) >> ((entry >> 8) & 63))
}

/// The place in a table that an entry and the bits behind it lead to.
fn second(entry: u32, bits: u64) -> usize {
    (entry >> 16) as usize + low(bits, (entry >> 8) & 15)
}

/// Writes `len` units that lie `back` units before `end` once more, and some more behind them: for the few matches that are
/// long, or reach back by little.
#[cold]
#[inline(never)]
fn repeat<T: Unit>(out: &mut [T], end: usize, back: usize, len: usize) {
    let (mut from, mut to, last) = (end - back, end, end + len);
    if back >= STRIDE {
        while to < last {
            let Some(some) = out.get(from..).and_then(|rest| rest.first_chunk::<STRIDE>()).copied() else { return };
            let Some(place) = out.get_mut(to..).and_then(|rest| rest.first_chunk_mut::<STRIDE>()) else { return };
            *place = some;
            (from, to) = (from + STRIDE, to + STRIDE);
        }
    } else if back == 1 {
        let byte = out.get(from).copied().unwrap_or_default();
        if let Some(run) = out.get_mut(to..last) {
            run.fill(byte);
        }
    } else {
        // What is written here is read here.
        while to < last {
            let Some(byte) = out.get(from).copied() else { return };
            let Some(place) = out.get_mut(to) else { return };
            *place = byte;
            (from, to) = (from + 1, to + 1);
        }
    }
}
