//! Many known texts in many forms, found in one pass over bytes: a bit table over eight bytes tells in most places that
//! nothing begins there, a second one asks again, and what both let through is compared whole, so that nothing is found by
//! accident. What programs break into lines is put together again around line ends, and nowhere else.
//!
//! Must not: know what a text is, or keep more of what it reads than the longest form.

use std::collections::{BTreeSet, HashMap};

use zeroize::Zeroizing;

use super::forms::{Form, forms};

/// Bits of the table: small enough for the processor's nearest cache, and large enough for thousands of forms.
const TABLE_BITS: u32 = 18;
/// Blanks and line ends that may stand between two lines of one text, indentation included.
const BETWEEN_LINES: usize = 128;
/// Characters of a line, as programs wrap: the fewest that are counted on where a content comes in pieces.
const LINE: usize = 16;
/// Blanks between two lines that are counted on there.
const USUAL_INDENT: usize = 32;
/// Bytes that are asked at once whether a line ends in them.
const PIECE: usize = 32;
/// Characters that are put together at a time.
const JOINED: usize = 16 * 1024;
/// Bytes that are looked up.
const KEY: usize = 8;
/// Differences of neighbours in these bytes.
const DIFFERENCES: u64 = 0x00ff_ffff_ffff_ffff;
/// The zero bytes of Latin characters in UTF-16. The order of bytes is seen by where such a text begins alone.
const WIDE: u64 = 0xff00_ff00_ff00_ff00;

struct Needle {
    /// Which text.
    owner: usize,
    form: Form,
    /// What is compared: bytes, or differences of neighbours.
    bytes: Zeroizing<Vec<u8>>,
    wraps: bool,
}

/// What is looked for.
pub(crate) struct Needles {
    all: Vec<Needle>,
    table: Vec<u64>,
    /// The same by another hash: seldom asked, so it need not be near.
    second: Vec<u64>,
    /// By the first eight bytes.
    plain: HashMap<u64, Vec<usize>>,
    /// By the first seven differences.
    differences: HashMap<u64, Vec<usize>>,
    longest: usize,
    /// Characters of the shortest and of the longest text that may be broken into lines.
    wrapped: Option<(usize, usize)>,
}

impl Needles {
    /// Every form of every text; `allowed` are texts that may be there, and have parts in common with these.
    pub(crate) fn new<'t>(texts: impl IntoIterator<Item = &'t str>, allowed: &[&str]) -> Self {
        Self::of_forms(texts, allowed, |_| true)
    }

    /// The same for some forms.
    pub(crate) fn of_forms<'t>(
        texts: impl IntoIterator<Item = &'t str>,
        allowed: &[&str],
        wanted: impl Fn(Form) -> bool,
    ) -> Self {
        let mut all = Self {
            all: Vec::new(),
            table: vec![0; 1 << (TABLE_BITS - 6)],
            second: vec![0; 1 << (TABLE_BITS - 6)],
            plain: HashMap::new(),
            differences: HashMap::new(),
            longest: KEY,
            wrapped: None,
        };
        for (owner, text) in texts.into_iter().enumerate() {
            for shape in forms(text, allowed).into_iter().filter(|shape| wanted(shape.form)) {
                all.add(Needle { owner, form: shape.form, bytes: shape.bytes, wraps: shape.wraps });
            }
        }
        all
    }

    fn add(&mut self, needle: Needle) {
        let mut first = [0; KEY];
        for (slot, byte) in first.iter_mut().zip(needle.bytes.iter()) {
            *slot = *byte;
        }
        let number = self.all.len();
        let key = u64::from_le_bytes(first);
        let key = if needle.form == Form::Xor {
            let key = key & DIFFERENCES;
            self.differences.entry(key).or_default().push(number);
            !key
        } else {
            self.plain.entry(key).or_default().push(number);
            key
        };
        for (table, (word, bit)) in [(&mut self.table, slot(key)), (&mut self.second, second_slot(key))] {
            if let Some(word) = table.get_mut(word) {
                *word |= bit;
            }
        }
        let len = needle.bytes.len();
        self.longest = self.longest.max(2 * (len + 1));
        if needle.wraps {
            self.longest = self.longest.max(len + (len / LINE + 2) * USUAL_INDENT);
            let (shortest, longest) = self.wrapped.unwrap_or((len, len));
            self.wrapped = Some((len.min(shortest), len.max(longest)));
        }
        self.all.push(needle);
    }

    fn may_be(&self, key: u64) -> bool {
        let (word, bit) = slot(key);
        self.table.get(word).is_some_and(|word| word & bit != 0)
    }

    /// The second answer, for what the first table let through.
    #[cold]
    fn is_likely(&self, key: u64) -> bool {
        let (word, bit) = second_slot(key);
        self.second.get(word).is_some_and(|word| word & bit != 0)
    }

    /// Adds what is found in `bytes` and does not end within the first `seen` of them.
    fn find(&self, bytes: &[u8], seen: usize, found: &mut BTreeSet<(usize, Form)>) {
        for (at, window) in bytes.windows(KEY).enumerate() {
            let key = window.try_into().map_or(0, u64::from_le_bytes);
            let difference = (key ^ key >> 8) & DIFFERENCES;
            // Differences are looked up the other way round, so that both tables are one.
            if (self.may_be(key) || self.may_be(!difference)) && (self.is_likely(key) || self.is_likely(!difference)) {
                self.compare(key, difference, bytes.get(at..).unwrap_or_default(), seen.saturating_sub(at), found);
            }
            if key & WIDE == 0 && key != 0 {
                self.compare_wide(bytes.get(at..).unwrap_or_default(), seen.saturating_sub(at), found);
            }
        }
    }

    /// Adds what is found in `bytes` when its lines are put together.
    fn find_wrapped(&self, bytes: &[u8], found: &mut BTreeSet<(usize, Form)>) {
        let Some((shortest, longest)) = self.wrapped else { return };
        let mut joined = Zeroizing::new(Vec::new());
        let mut at = 0;
        while let Some(end) = next_line_end(bytes, at) {
            let beside = [end.checked_sub(1), end.checked_add(1)].map(|at| at.and_then(|at| bytes.get(at)).copied());
            // Nearly all line ends of what is no text.
            if !beside.iter().all(|byte| byte.is_some_and(|byte| is_wrapped(byte) || is_blank(byte))) {
                at = end + 1;
                continue;
            }
            let (before, behind) = bytes.split_at(end);
            let last =
                before.iter().rposition(|byte| !is_blank(*byte) || is_line_end(*byte)).map_or(0, |last| last + 1);
            let between = end - last + behind.iter().take_while(|byte| is_blank(**byte)).count();
            at = last + between;
            // The end of the line before, back from its last character.
            let line = before.get(..last).filter(|_| between <= BETWEEN_LINES).unwrap_or_default();
            let start = line.iter().rev().take(longest - 1).take_while(|byte| is_wrapped(**byte)).count();
            if start == 0 {
                continue;
            }
            let (mut next, mut lines) = (last, 0);
            joined.clear();
            joined.extend_from_slice(line.get(line.len() - start..).unwrap_or_default());
            // The lines behind it.
            loop {
                let rest = bytes.get(next..).unwrap_or_default();
                let blanks = rest.iter().take_while(|byte| is_blank(**byte)).count();
                let ends = rest.iter().take(blanks).any(|byte| is_line_end(*byte));
                let rest = rest.get(blanks..).unwrap_or_default();
                let run = rest.iter().take(JOINED).take_while(|byte| is_wrapped(**byte)).count();
                let goes_on = blanks == 0 && lines > 0 || ends && blanks <= BETWEEN_LINES;
                if run == 0 || !goes_on {
                    break;
                }
                lines += 1;
                joined.extend_from_slice(rest.get(..run).unwrap_or_default());
                next += blanks + run;
                if joined.len() >= JOINED {
                    self.compare_joined(&joined, found);
                    let surplus = joined.len() - (longest - 1).min(joined.len());
                    joined.drain(..surplus);
                }
            }
            if lines > 0 && joined.len() >= shortest {
                self.compare_joined(&joined, found);
            }
            at = at.max(next);
        }
    }

    #[cold]
    fn compare_joined(&self, joined: &[u8], found: &mut BTreeSet<(usize, Form)>) {
        for (at, window) in joined.windows(KEY).enumerate() {
            let key = window.try_into().map_or(0, u64::from_le_bytes);
            if !self.may_be(key) || !self.is_likely(key) {
                continue;
            }
            let rest = joined.get(at..).unwrap_or_default();
            let numbers = self.plain.get(&key).map_or(&[][..], Vec::as_slice);
            let needles = numbers.iter().filter_map(|number| self.all.get(*number));
            let here = needles.filter(|needle| needle.wraps && rest.starts_with(&needle.bytes));
            found.extend(here.map(|needle| (needle.owner, needle.form)));
        }
    }

    /// Forms that are text themselves, and lie there in UTF-16, as string pools hold whatever they are given.
    #[cold]
    fn compare_wide(&self, rest: &[u8], seen: usize, found: &mut BTreeSet<(usize, Form)>) {
        let mut first = [0; KEY];
        for (slot, byte) in first.iter_mut().zip(rest.iter().step_by(2)) {
            *slot = *byte;
        }
        let key = u64::from_le_bytes(first);
        let difference = (key ^ key >> 8) & DIFFERENCES;
        if !self.may_be(key) && !self.may_be(!difference) {
            return;
        }
        let units = rest.chunks(2).take(self.longest).take_while(|unit| unit.get(1).is_none_or(|high| *high == 0));
        let narrow: Zeroizing<Vec<u8>> = Zeroizing::new(units.filter_map(|unit| unit.first().copied()).collect());
        let mut within = BTreeSet::new();
        self.compare(key, difference, &narrow, seen.div_ceil(2), &mut within);
        // The text itself in UTF-16 is a form of its own.
        found.extend(within.iter().filter(|(owner, _)| !within.contains(&(*owner, Form::Plain))));
    }

    #[cold]
    fn compare<'n>(&'n self, key: u64, difference: u64, rest: &[u8], seen: usize, found: &mut BTreeSet<(usize, Form)>) {
        let numbers = |map: &'n HashMap<u64, Vec<usize>>, key: u64| map.get(&key).map_or(&[][..], Vec::as_slice);
        for needle in numbers(&self.plain, key).iter().filter_map(|number| self.all.get(*number)) {
            if rest.starts_with(&needle.bytes) && needle.bytes.len() > seen {
                found.insert((needle.owner, needle.form));
            }
        }
        for needle in numbers(&self.differences, difference).iter().filter_map(|number| self.all.get(*number)) {
            let neighbours = rest.iter().zip(rest.iter().skip(1)).map(|(this, next)| this ^ next);
            let same = neighbours.zip(needle.bytes.iter()).take_while(|(one, other)| one == *other).count();
            if same == needle.bytes.len() && needle.bytes.len() + 1 > seen {
                found.insert((needle.owner, needle.form));
            }
        }
    }
}

fn slot(key: u64) -> (usize, u64) {
    let hash = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - TABLE_BITS);
    (usize::try_from(hash >> 6).unwrap_or(0), 1 << (hash & 63))
}

fn second_slot(key: u64) -> (usize, u64) {
    slot(key.rotate_left(32) ^ 0x94d0_49bb_1331_11eb)
}

/// In most pieces of this size is none, which is told of all its bytes at once.
fn next_line_end(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let has_none = |piece: &&[u8]| !piece.iter().fold(false, |any, byte| any | is_line_end(*byte));
    let without = rest.chunks_exact(PIECE).take_while(has_none).count() * PIECE;
    let within = rest.get(without..)?.iter().position(|byte| is_line_end(*byte))?;
    Some(from + without + within)
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

fn is_blank(byte: u8) -> bool {
    is_line_end(byte) || matches!(byte, b' ' | b'\t')
}

/// A character of what is broken into lines: the digits of Base64 in both alphabets.
fn is_wrapped(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// A search through one content that comes in pieces.
pub(crate) struct Search<'n> {
    needles: &'n Needles,
    /// The end of what came, so that a text across two pieces is found.
    tail: Vec<u8>,
    found: BTreeSet<(usize, Form)>,
}

impl<'n> Search<'n> {
    pub(crate) fn new(needles: &'n Needles) -> Self {
        Self { needles, tail: Vec::new(), found: BTreeSet::new() }
    }

    pub(crate) fn feed(&mut self, piece: &[u8]) {
        let keep = self.needles.longest - 1;
        // Across the border, then the piece itself.
        let (before, head) = (self.tail.len(), piece.len().min(keep));
        self.tail.extend_from_slice(piece.get(..head).unwrap_or_default());
        self.needles.find(&self.tail, before, &mut self.found);
        self.needles.find(piece, 0, &mut self.found);
        self.needles.find_wrapped(&self.tail, &mut self.found);
        self.needles.find_wrapped(piece, &mut self.found);
        if piece.len() >= keep {
            self.tail.clear();
            self.tail.extend_from_slice(piece.get(piece.len() - keep..).unwrap_or_default());
        } else {
            let surplus = self.tail.len().saturating_sub(keep);
            self.tail.drain(..surplus);
        }
    }

    /// Which texts were found, and in which forms. A half says nothing where the whole is there too, and neither does a key,
    /// which is found where there is none.
    pub(crate) fn finish(self) -> Vec<(usize, Vec<Form>)> {
        let mut owners: Vec<(usize, Vec<Form>)> = Vec::new();
        for (owner, form) in self.found {
            match owners.last_mut().filter(|last| last.0 == owner) {
                Some((_, forms)) => forms.push(form),
                None => owners.push((owner, vec![form])),
            }
        }
        for (_, forms) in &mut owners {
            if forms.contains(&Form::Plain) {
                forms.retain(|form| *form != Form::Xor);
            }
            if forms.len() > 1 {
                forms.retain(|form| *form != Form::Half);
            }
        }
        owners
    }
}
