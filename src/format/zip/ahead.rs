//! One entry's content, inflated on several threads: whoever reads it goes on in order, and others inflate what comes next
//! before what lies before it is known ([`Guess`]).
//!
//! The data is divided into spans. A span that somebody else has is waited for only where there is no other to take; one in
//! which nobody found a block, or that turns out to begin elsewhere, is inflated in order as if nobody had tried.
//!
//! Must not: hold more than some spans; let a guess pass for content before the bit is reached at which it begins.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::error::ZipError;
use super::reader::{BlockEnd, Reader};
use crate::format::inflate::{Bytes, Guess};
use crate::format::read_at::ReadAt;

/// Bytes of content that a span should have: long enough that looking for its first block takes little of the time.
const CONTENT: u64 = 512 * 1024;
/// So many times that may be in a span before it is left off: some parts are smaller when they are deflated.
const ROOM: u64 = 2;
/// Bytes of data behind a span in which its last block should end.
const MARGIN: u64 = 64 * 1024;
/// Spans that are held at once beside the one that is read and one for each helper: whoever has made one goes on.
const HELD: usize = 2;
/// One of so many spans is left to whoever reads in order where there is one helper: it inflates faster than it guesses, and
/// with what it does beside that both are busy.
const LEFT: u64 = 3;
/// Bytes of content handed on at a time: they are hashed while they are in the processor's cache.
const PIECE: usize = 256 * 1024;

/// How the data of an entry is divided. Neither is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spans {
    /// Bytes of data in a span.
    pub data: u64,
    /// Bytes of content for which there is room.
    pub content: usize,
}

impl Spans {
    /// For an entry with so much data and content.
    pub fn of(data: u64, content: u64) -> Self {
        // The data of as much content, if all of it were deflated alike.
        let span = u128::from(CONTENT) * u128::from(data) / u128::from(content.max(1));
        let data = u64::try_from(span).unwrap_or(CONTENT).clamp(CONTENT / 32, CONTENT);
        Self { data, content: usize::try_from(CONTENT * ROOM).unwrap_or(PIECE) }
    }

    /// The first bit of a span.
    fn bit(&self, span: u64) -> u64 {
        span * self.data * 8
    }

    /// The span that a bit lies in.
    fn at(&self, bit: u64) -> u64 {
        bit / (self.data * 8)
    }
}

/// Who has a span.
enum Span {
    /// Somebody who has not ended yet.
    Taken,
    /// What was found in it, if anything.
    Made(Option<Guess>),
}

#[derive(Default)]
struct State {
    /// The first that nobody has, or had.
    next: u64,
    spans: BTreeMap<u64, Span>,
    /// Room of spans that were read.
    spare: Vec<Guess>,
    helpers: usize,
    ended: bool,
}

/// What those that read ahead share.
struct Ahead<'a, S: ?Sized> {
    source: &'a S,
    data: Range<u64>,
    spans: Spans,
    state: Mutex<State>,
    changed: Condvar,
}

/// A span that somebody has. It is no longer taken when this is dropped, whatever happened.
struct Claim<'a, 's, S: ?Sized> {
    ahead: &'a Ahead<'s, S>,
    span: u64,
    guess: Option<Guess>,
}

impl<S: ?Sized> Drop for Claim<'_, '_, S> {
    fn drop(&mut self) {
        let made = self.guess.take();
        self.ahead.lock().spans.insert(self.span, Span::Made(made));
        self.ahead.changed.notify_all();
    }
}

/// Tells everybody, when it is dropped, that nothing more is wanted.
struct Ending<'a, 's, S: ?Sized>(&'a Ahead<'s, S>);

impl<S: ?Sized> Drop for Ending<'_, '_, S> {
    fn drop(&mut self) {
        self.0.lock().ended = true;
        self.0.changed.notify_all();
    }
}

impl<'s, S: ?Sized> Ahead<'s, S> {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'g>(&self, state: MutexGuard<'g, State>) -> MutexGuard<'g, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    fn is_there(&self, span: u64) -> bool {
        self.spans.bit(span) / 8 < self.data.end - self.data.start
    }

    /// Takes the next span, and room for it, where there are both; a helper leaves some.
    fn claim<'a>(&'a self, state: &mut State, helps: bool) -> Option<(Claim<'a, 's, S>, Guess)> {
        let left = helps && state.helpers == 1 && state.next.is_multiple_of(LEFT);
        let span = state.next + u64::from(left);
        if state.spans.len() >= state.helpers + HELD || !self.is_there(span) {
            return None;
        }
        state.next = span + 1;
        state.spans.insert(span, Span::Taken);
        let guess = state.spare.pop().unwrap_or_else(|| Guess::new(self.spans.content));
        Some((Claim { ahead: self, span, guess: None }, guess))
    }

    /// Inflates spans as long as any is wanted.
    fn help(&self, buffer: &mut Vec<u8>)
    where
        S: ReadAt,
    {
        self.lock().helpers += 1;
        loop {
            let mut state = self.lock();
            let claimed = loop {
                if state.ended || !self.is_there(state.next) {
                    return;
                }
                match self.claim(&mut state, true) {
                    Some(claimed) => break claimed,
                    None => state = self.wait(state),
                }
            };
            drop(state);
            self.make(claimed, buffer);
        }
    }

    fn make(&self, (mut claim, mut guess): (Claim<'_, 's, S>, Guess), buffer: &mut Vec<u8>)
    where
        S: ReadAt,
    {
        let from = self.data.start + self.spans.bit(claim.span) / 8;
        let len = (self.data.end - from).min(self.spans.data + MARGIN);
        buffer.resize(usize::try_from(len).unwrap_or(0), 0);
        // What cannot be read is told to whoever reads in order.
        if self.source.read_exact_at(buffer, from).is_ok() {
            let (first, until) = (from - self.data.start, self.spans.bit(claim.span + 1));
            if guess.make(buffer, first, until, from + len == self.data.end) {
                claim.guess = Some(guess);
                return;
            }
        }
        self.spare(guess);
    }

    /// What somebody found in a span, as soon as it is there; until then this thread helps. Nothing where nobody took it, or
    /// it was asked for before: then nobody will.
    fn found(&self, span: u64, buffer: &mut Vec<u8>) -> Option<Guess>
    where
        S: ReadAt,
    {
        let mut state = self.lock();
        loop {
            state.spans.retain(|&index, made| index >= span || matches!(made, Span::Taken));
            self.changed.notify_all();
            if !matches!(state.spans.get(&span), Some(Span::Taken)) {
                state.next = state.next.max(span + 1);
                let made = state.spans.remove(&span);
                return made.and_then(|made| if let Span::Made(guess) = made { guess } else { None });
            }
            match self.claim(&mut state, false) {
                Some(claimed) => {
                    drop(state);
                    self.make(claimed, buffer);
                    state = self.lock();
                }
                None => state = self.wait(state),
            }
        }
    }

    /// Gives back room.
    fn spare(&self, guess: Guess) {
        self.lock().spare.push(guess);
    }
}

/// What guesses are read with.
struct Pieces {
    bytes: Bytes,
    piece: Vec<u8>,
}

impl<S: ReadAt + Sync + ?Sized> Reader<'_, S> {
    /// Reads the rest of a deflated entry, beginning where a block does or anywhere else. `helper` is asked now and then for
    /// another thread; what it returns is dropped when that thread ends. Pieces go to `to` in order; those that begin between
    /// `stops` (bytes of content) end where a block does, as with [`Reader::next`].
    pub fn read_ahead<H: Send>(
        mut self,
        spans: Spans,
        stops: &Range<u64>,
        mut helper: impl FnMut() -> Option<H>,
        mut to: impl FnMut(&[u8], Option<BlockEnd>),
    ) -> Result<(), ZipError> {
        let ahead = Ahead {
            source: self.source,
            data: self.entry.data_range(),
            spans,
            state: Mutex::default(),
            changed: Condvar::new(),
        };
        let (mut buffer, mut pieces) = (Vec::new(), Pieces { bytes: Bytes::default(), piece: vec![0; PIECE] });
        std::thread::scope(|scope| {
            let _ending = Ending(&ahead);
            // The block that it is in.
            if !self.reach(0, stops, &mut to)? {
                return Ok(());
            }
            while let Some(bit) = self.position() {
                let span = ahead.spans.at(bit);
                let guess = ahead.found(span, &mut buffer);
                while let Some(helper) = helper() {
                    let ahead = &ahead;
                    let help = move || {
                        ahead.help(&mut Vec::new());
                        drop(helper);
                    };
                    // Where no thread is to be had, it goes on without.
                    let _ = std::thread::Builder::new().spawn_scoped(scope, help);
                }
                let mut between = false;
                if let Some(mut guess) = guess {
                    let taken = self.take(&mut guess, stops, &mut pieces, &mut to)?;
                    // It may end within a block.
                    between = taken && guess.ends().last().map(|end| end.bit) == self.position();
                    ahead.spare(guess);
                }
                if !between && !self.reach(ahead.spans.bit(span + 1), stops, &mut to)? {
                    return Ok(());
                }
            }
            Ok(())
        })
    }

    /// Reads up to the end of the first block that ends at a bit or behind it; says whether there is one.
    fn reach(
        &mut self,
        bit: u64,
        stops: &Range<u64>,
        to: &mut impl FnMut(&[u8], Option<BlockEnd>),
    ) -> Result<bool, ZipError> {
        loop {
            let stop = stops.contains(&self.size);
            let Some(piece) = self.next(true)? else { return Ok(false) };
            to(piece.bytes, piece.block_end.filter(|_| stop));
            if piece.block_end.is_some_and(|end| end.bit >= bit) {
                return Ok(true);
            }
        }
    }

    /// Takes the content of a guess, if it begins here.
    fn take(
        &mut self,
        guess: &mut Guess,
        stops: &Range<u64>,
        pieces: &mut Pieces,
        to: &mut impl FnMut(&[u8], Option<BlockEnd>),
    ) -> Result<bool, ZipError> {
        if !self.tell(guess, &mut pieces.bytes) {
            return Ok(false);
        }
        let (mut from, mut ends) = (0, guess.ends().iter().peekable());
        loop {
            let stop = stops.contains(&self.size);
            while ends.next_if(|end| end.made < from || !stop && end.made == from).is_some() {}
            let end = ends.peek().filter(|end| stop && end.made - from <= PIECE);
            let len = end.map_or(guess.len(), |end| end.made) - from;
            let part = pieces.piece.get_mut(..len.min(PIECE)).unwrap_or_default();
            if part.is_empty() && end.is_none() {
                break;
            }
            guess.read(from, &pieces.bytes, part);
            self.pass(part)?;
            let (content, crc) = (self.size, self.crc());
            let block_end = end.map(|end| BlockEnd { bit: end.bit, open: end.open, content, mark: end.empty, crc });
            to(part, block_end);
            from += part.len();
            if block_end.is_some() {
                ends.next();
            }
        }
        self.follow(guess, &pieces.bytes);
        Ok(true)
    }
}
