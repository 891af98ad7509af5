//! The middle of a stream (RFC 1951), inflated before what lies before it: several processors inflate one stream.
//!
//! Nothing tells where blocks begin, so one is looked for whose header makes complete codes; few bits do that by chance.
//! What a match takes from before it is not known yet: units of 16 bits stand for bytes, and from 256 on for places in the
//! window. Whoever inflates what lies before sees whether a block does begin there, and puts bytes in these places. The idea
//! is Kerbiriou's and Chikhi's (pugz, 2019).
//!
//! Must not: be taken for the content before somebody came to the bit at which it begins.

use super::{INPUT, Inflater, State, Stop, WINDOW};

/// The first unit that stands for a place in the window.
const PLACES: u16 = 256;
/// Values that a unit could have.
const UNITS: usize = 1 << 16;
/// Bytes in which a beginning is looked for: blocks of zlib take up to some tens of KiB.
const SEARCHED: usize = 128 * 1024;
/// Beginnings that are tried: one of some thousand bits passes for one, and is found out as soon as all lengths are read.
const TRIED: usize = 1024;
/// Blocks that a guess has at most: they may be empty.
const ENDS: usize = 4096;

/// Where a block ended in a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// Bits of the stream before it.
    pub bit: u64,
    /// The byte that the last of them lie in, and nothing else of it.
    pub open: u8,
    /// Bytes of the guess before it.
    pub made: usize,
    /// Whether the block was an empty stored one.
    pub empty: bool,
}

/// Some of a stream, from a bit on where a block may begin.
#[derive(Debug)]
pub struct Guess {
    inflater: Inflater<u16>,
    start: u64,
    ends: Vec<End>,
}

impl Guess {
    /// Room for `len` bytes of content.
    pub fn new(len: usize) -> Self {
        let mut inflater = Inflater::with_room(WINDOW + len);
        // Nothing is written there.
        inflater.out.iter_mut().zip(PLACES..).take(WINDOW).for_each(|(unit, place)| *unit = place);
        Self { inflater, start: 0, ends: Vec::new() }
    }

    /// Inflates `input`, which lies `first` bytes into a stream, from the first block on that seems to begin in it before the
    /// bit `until`, up to the end of the first block that ends there or behind, as far as there is input and room.
    /// `complete` where nothing follows the input. Says whether there is such a block.
    pub fn make(&mut self, input: &[u8], first: u64, until: u64, complete: bool) -> bool {
        let input_bits = 8 * input.len().min(SEARCHED);
        let beginnings = (0..input_bits).step_by(STRIDE).flat_map(|at| Beginnings::new(input, at));
        for at in beginnings.take(TRIED) {
            let (byte, bit) = (at / 8, u32::try_from(at % 8).unwrap_or(0));
            self.start = first * 8 + at as u64;
            if self.start >= until {
                break;
            }
            self.inflater.restart(first + byte as u64, bit);
            if self.inflate(input.get(byte..).unwrap_or_default(), until, complete).is_some() {
                return true;
            }
        }
        false
    }

    fn inflate(&mut self, input: &[u8], until: u64, complete: bool) -> Option<()> {
        self.ends.clear();
        let mut at = 0;
        loop {
            let (taken, stopped) = self.inflater.step(input.get(at..)?, complete, true).ok()?;
            at += taken;
            match stopped {
                Stop::Block => self.ends.push(End {
                    bit: self.inflater.position(),
                    open: self.inflater.open_byte(),
                    made: self.inflater.end - WINDOW,
                    empty: self.inflater.was_empty(),
                }),
                Stop::Input if !complete => return Some(()),
                Stop::Input => return None,
                Stop::Piece | Stop::End => return Some(()),
            }
            if self.inflater.is_full()
                || self.ends.len() == ENDS
                || self.inflater.position() >= until
                || input.len() - at < INPUT && !complete
            {
                return Some(());
            }
        }
    }

    /// The bit at which it begins.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// Where blocks end in it.
    pub fn ends(&self) -> &[End] {
        &self.ends
    }

    /// Bytes of content.
    pub fn len(&self) -> usize {
        self.inflater.end - WINDOW
    }

    /// Whether there is no content.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes `to.len()` bytes of content from `from` on, which must be there.
    pub fn read(&self, from: usize, bytes: &Bytes, to: &mut [u8]) {
        let units = self.inflater.out.get(WINDOW + from..WINDOW + from + to.len());
        bytes.write(units.unwrap_or_default(), to);
    }
}

/// Bits looked at together: of a word those behind which there are enough others.
const STRIDE: usize = 48;

/// Bits at which the header of a block with codes of its own, which is not the last one, may lie (section 3.2.7): it has no
/// more symbols than there are, and the code of lengths is complete.
struct Beginnings<'i> {
    input: &'i [u8],
    /// The first of them, the first of a byte.
    at: usize,
    /// One for each bit that is left.
    left: u64,
}

impl<'i> Beginnings<'i> {
    /// Among [`STRIDE`] bits from `at` on, which is the first of a byte.
    fn new(input: &'i [u8], at: usize) -> Self {
        let bits = word(input, at / 8);
        // For each bit whether those behind it are these: of the type of block, and the highest four of both counts.
        let type_2 = !bits & !(bits >> 1) & (bits >> 2);
        let many = |from: u32| (from..from + 4).fold(u64::MAX, |all, by| all & bits >> by);
        Self { input, at, left: type_2 & !many(4) & !many(9) & ((1 << STRIDE) - 1) }
    }
}

impl Iterator for Beginnings<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while self.left != 0 {
            let at = self.at + self.left.trailing_zeros() as usize;
            self.left &= self.left - 1;
            // At least 57 bits from it on, and from the 57th on: up to nineteen lengths of three bits, behind 17 others.
            let (low, high) = (word(self.input, at / 8) >> (at % 8), word(self.input, at / 8 + 7) >> (at % 8));
            let count = ((low >> 13) & 15) + 4;
            let lengths = (low >> 17 & ((1 << 39) - 1) | high << 39) & ((1 << (3 * count)) - 1);
            let taken = |by: u32| SHARES[usize::try_from(lengths >> by & 0xfff).unwrap_or(0)];
            if [0, 12, 24, 36, 48].into_iter().map(taken).sum::<u16>() == 128 {
                return Some(at);
            }
        }
        None
    }
}

/// Eight bytes; behind the end there are zeros, which are no header.
fn word(input: &[u8], at: usize) -> u64 {
    input.get(at..).and_then(|rest| rest.first_chunk()).copied().map_or(0, u64::from_le_bytes)
}

/// What four codes of these lengths take of 128: a code of one bit half of it, one of seven bits one.
const SHARES: [u16; 4096] = {
    let (mut shares, mut lengths) = ([0; 4096], 0);
    while lengths < 4096 {
        let mut by = 0;
        while by < 12 {
            let length = (lengths >> by) & 7;
            if length > 0 {
                shares[lengths] += 128 >> length;
            }
            by += 3;
        }
        lengths += 1;
    }
    shares
};

/// The byte that each unit stands for: itself, or one of the window.
pub struct Bytes(Vec<u8>);

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Contents may hold secrets.
        f.debug_struct("Bytes").finish_non_exhaustive()
    }
}

impl Default for Bytes {
    fn default() -> Self {
        let mut bytes = vec![0; UNITS];
        bytes.iter_mut().zip(0..=u8::MAX).for_each(|(to, byte)| *to = byte);
        Self(bytes)
    }
}

impl Bytes {
    fn set(&mut self, window: &[u8; WINDOW]) {
        if let Some(places) = self.0.get_mut(usize::from(PLACES)..).and_then(<[u8]>::first_chunk_mut) {
            *places = *window;
        }
    }

    /// Writes what units stand for. Most are bytes, and many of those that are not come together.
    fn write(&self, units: &[u16], to: &mut [u8]) {
        const GROUP: usize = 64;
        // As long as an index can be, so that none needs a check.
        let Some(bytes) = self.0.first_chunk::<UNITS>() else { return };
        let ((groups, rest), (places, rest_places)) = (units.as_chunks::<GROUP>(), to.as_chunks_mut::<GROUP>());
        for (group, places) in groups.iter().zip(places) {
            if group.iter().fold(0, |all, unit| all | unit) < PLACES {
                places.iter_mut().zip(group).for_each(|(place, unit)| *place = unit.to_le_bytes()[0]);
            } else {
                places.iter_mut().zip(group).for_each(|(place, unit)| *place = bytes[usize::from(*unit)]);
            }
        }
        rest_places.iter_mut().zip(rest).for_each(|(place, unit)| *place = bytes[usize::from(*unit)]);
    }
}

impl Inflater<u16> {
    /// Begins once more, in the byte `byte` of a stream, behind an unknown window.
    fn restart(&mut self, byte: u64, skipped: u32) {
        (self.bits, self.count, self.open, self.skipped) = (0, 0, 0, skipped);
        (self.state, self.last, self.empty, self.fixed) = (State::Header, false, false, false);
        (self.start, self.end, self.taken, self.made) = (WINDOW, WINDOW, byte, 0);
    }
}

impl Inflater {
    /// Says of a guess that begins where this stopped what its units stand for; `false` where it begins elsewhere.
    pub fn tell(&self, guess: &Guess, bytes: &mut Bytes) -> bool {
        let meets = self.state == State::Header && self.position() == guess.start;
        let window = self.out.get(..self.end).and_then(<[u8]>::last_chunk).filter(|_| meets);
        window.map(|window| bytes.set(window)).is_some()
    }

    /// Goes on where a guess ends of which that was said.
    pub fn follow(&mut self, guess: &mut Guess, bytes: &Bytes) {
        let from = &mut guess.inflater;
        if let (Some(units), Some(window)) = (from.out.get(from.end - WINDOW..from.end), self.out.get_mut(..WINDOW)) {
            bytes.write(units, window);
        }
        (self.start, self.end) = (WINDOW, WINDOW);
        (self.bits, self.count, self.open, self.skipped) = (from.bits, from.count, from.open, from.skipped);
        (self.state, self.last, self.empty, self.fixed) = (from.state, from.last, from.empty, from.fixed);
        std::mem::swap(&mut self.tables, &mut from.tables);
        (self.taken, self.made) = (from.taken, self.made + from.made);
    }
}
