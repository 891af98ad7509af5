//! Inflating, judged by zlib: the same content or none, however a stream comes.

use flate2::{Compress, Compression, FlushCompress, Status};
use inject::format::inflate::{Bytes, Guess, Inflater, Stop, WINDOW};
use proptest::prelude::*;

use super::ahead;
use crate::fuzz_bodies::inflate::{ours, same};

/// Bytes that are repeated near and far, in runs, and not at all.
fn content(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed | 1;
    let mut out = Vec::with_capacity(len + 300);
    while out.len() < len {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let amount = (state >> 40) as usize % 300;
        match state >> 61 {
            0 | 1 => out.extend_from_slice(&state.to_le_bytes()),
            2 => out.extend(std::iter::repeat_n(state as u8, amount)),
            3 => out.extend_from_slice(b"the same text as ever"),
            _ if out.len() > 40_000 => {
                let from = out.len() - 1 - (state >> 20) as usize % 33_000;
                for at in from..from + amount.min(258) {
                    out.push(out[at]);
                }
            }
            4 | 5 if !out.is_empty() => {
                let back = 1 + (state >> 20) as usize % out.len().min(20);
                for _ in 0..amount {
                    out.push(out[out.len() - back]);
                }
            }
            _ => out.push((state >> 33) as u8),
        }
    }
    out.truncate(len);
    out
}

fn deflate(content: &[u8], level: u32) -> Vec<u8> {
    let mut deflater = Compress::new(Compression::new(level), false);
    let mut out = Vec::with_capacity(content.len() + content.len() / 100 + 1000);
    assert_eq!(deflater.compress_vec(content, &mut out, FlushCompress::Finish).unwrap(), Status::StreamEnd);
    out
}

/// Bits, the first of them the lowest of the first byte.
fn bits(groups: &[(u32, u32)]) -> Vec<u8> {
    let all = groups.iter().flat_map(|&(value, count)| (0..count).map(move |bit| value >> bit & 1));
    let all: Vec<u32> = all.collect();
    all.chunks(8).map(|byte| byte.iter().enumerate().fold(0, |sum, (at, bit)| sum | (*bit << at) as u8)).collect()
}

/// A code, whose highest bit comes first.
fn code(value: u32, count: u32) -> (u32, u32) {
    (value.reverse_bits() >> (32 - count), count)
}

#[test]
fn every_level_of_zlib_is_inflated() {
    for (seed, len) in [(1, 0), (2, 1), (3, 500), (4, 40_000), (5, 300_000), (6, 900_000)] {
        for level in 0..=9 {
            let content = content(seed, len);
            assert!(same(&deflate(&content, level)).unwrap().0 == content, "{len} {level}");
        }
    }
}

/// What follows in a stream, and where it ends.
fn rest(inflater: &mut Inflater, stream: &[u8], mut at: usize) -> (Vec<u8>, usize) {
    let mut rest = Vec::new();
    loop {
        let (taken, stop) = inflater.step(&stream[at..], true, false).unwrap();
        at += taken;
        rest.extend_from_slice(inflater.piece());
        if stop == Stop::End {
            return (rest, at);
        }
    }
}

#[test]
fn from_every_end_of_a_block_the_rest_is_inflated() {
    let content = content(7, 700_000);
    for level in [0, 1, 4, 6, 9] {
        let stream = deflate(&content, level);
        let (_, _, places) = ours(&stream, usize::MAX, u64::MAX).unwrap();
        assert!(!places.is_empty() || level == 1, "{level}");
        for (bit, open, made) in places {
            let (byte, used) = ((bit / 8) as usize, (bit % 8) as u32);
            if used > 0 {
                assert_eq!(open, stream[byte] & ((1 << used) - 1));
            }
            let mut inflater = Inflater::between(&content[..made], used);
            let (rest, at) = rest(&mut inflater, &stream, byte);
            assert!(rest == content[made..] && at == stream.len(), "{level} {bit}");
            // What lies before the window is not reached.
            assert!(
                rest.len() < 100_000
                    || Inflater::between(&[], used).step(&stream[byte..], true, false).is_err()
                    || level == 0
            );
        }
    }
}

/// The content that a guess holds, told by an inflater that came to where it begins.
fn told(inflater: &Inflater, guess: &Guess) -> Option<Vec<u8>> {
    let mut bytes = Bytes::default();
    let mut content = vec![0; guess.len()];
    inflater.tell(guess, &mut bytes).then(|| guess.read(0, &bytes, &mut content))?;
    Some(content)
}

/// An inflater that went on to a bit.
fn up_to(stream: &[u8], bit: u64) -> Inflater {
    let (mut inflater, mut at) = (Inflater::new(u64::MAX), 0);
    while inflater.position() < bit {
        at += inflater.step(&stream[at..], true, true).unwrap().0;
    }
    inflater
}

#[test]
fn the_middle_of_a_stream_is_told_before_what_lies_before_it() {
    let content = ahead::content(21, 900_000);
    // The first level of this deflater has blocks with fixed codes alone.
    for level in [2, 4, 6, 9] {
        let stream = deflate(&content, level);
        let places = ours(&stream, usize::MAX, u64::MAX).unwrap().2;
        let (mut guess, mut found) = (Guess::new(300_000), 0);
        for first in (20_000..stream.len() - 2000).step_by(31_013) {
            let until = (first as u64 + 40_000) * 8;
            let made = guess.make(&stream[first..], first as u64, until, true);
            let next = places.iter().find(|(bit, _, made)| *bit >= first as u64 * 8 && *made > WINDOW);
            let Some((bit, _, before)) = next.filter(|_| made && guess.start() < until) else { continue };
            // Zlib's blocks have codes of their own in this content, but for the last one and what noise makes it store.
            if guess.start() != *bit {
                continue;
            }
            found += 1;
            let mut inflater = up_to(&stream, *bit);
            let told = told(&inflater, &guess).unwrap();
            assert!(told == content[*before..before + guess.len()], "{level} {first}");
            for end in guess.ends() {
                let place = (end.bit, end.open, before + end.made);
                assert!(places.contains(&place), "{level} {place:?}");
            }
            let last = guess.ends().last().unwrap();
            let whole = places.iter().filter(|(end, _, _)| (*bit + 1..=last.bit).contains(end)).count();
            assert_eq!(guess.ends().len(), whole, "every block is told");
            assert!(guess.ends().iter().rev().skip(1).all(|end| end.bit < until), "and none behind the span");
            // Wherever it ends, the rest follows.
            let mut bytes = Bytes::default();
            assert!(inflater.tell(&guess, &mut bytes));
            inflater.follow(&mut guess, &bytes);
            assert_eq!(inflater.made() as usize, before + told.len());
            let from = inflater.taken() as usize;
            let (rest, at) = rest(&mut inflater, &stream, from);
            assert!(rest == content[before + told.len()..] && at == stream.len(), "{level} {first}");
        }
        assert!(found > 3, "{level}: {found}");
    }
}

#[test]
fn a_guess_that_ends_within_a_block_is_followed_and_none_is_told_elsewhere() {
    let content = ahead::content(22, 600_000);
    let stream = deflate(&content, 6);
    let first = stream.len() / 3;
    // No room, or no input, for its first block.
    let mut whole = Guess::new(600_000);
    assert!(whole.make(&stream[first..], first as u64, u64::MAX, true));
    let beginning = (whole.start() / 8) as usize - first;
    for (room, len) in [(1000, stream.len() - first), (600_000, beginning + 3000), (600_000, beginning + 40_000)] {
        let mut guess = Guess::new(room);
        assert!(guess.make(&stream[first..first + len], first as u64, u64::MAX, len == stream.len() - first));
        assert!(guess.start() == whole.start() && guess.len() < whole.len(), "{room} {len}");
        let mut inflater = up_to(&stream, guess.start());
        assert_eq!(inflater.position(), guess.start());
        let before = inflater.made() as usize;
        assert!(told(&inflater, &guess).unwrap() == content[before..before + guess.len()]);
        let later = up_to(&stream, guess.start() + 1);
        assert!(told(&later, &guess).is_none(), "behind it");
        assert!(told(&up_to(&stream, 1), &guess).is_none(), "before it");
        let mut bytes = Bytes::default();
        assert!(inflater.tell(&guess, &mut bytes));
        inflater.follow(&mut guess, &bytes);
        let from = inflater.taken() as usize;
        let (rest, _) = rest(&mut inflater, &stream, from);
        assert!(content.ends_with(&rest) && rest.len() == content.len() - before - guess.len());
    }
}

#[test]
fn nothing_is_guessed_where_no_block_with_codes_of_its_own_begins() {
    let noise: Vec<u8> = (0..200_000_u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect();
    for bytes in [noise, vec![0; 200_000], vec![0xff; 200_000], Vec::new(), vec![4; 7]] {
        let mut guess = Guess::new(100_000);
        for complete in [true, false] {
            assert!(!guess.make(&bytes, 5, u64::MAX, complete), "{:02x?}", &bytes[..bytes.len().min(4)]);
        }
    }
    // Nor before the bit that it should.
    let stream = deflate(&ahead::content(23, 400_000), 6);
    let mut guess = Guess::new(100_000);
    assert!(guess.make(&stream[10_000..], 10_000, u64::MAX, true));
    let start = guess.start();
    assert!(!guess.make(&stream[10_000..], 10_000, start, true));
    assert!(guess.make(&stream[10_000..], 10_000, start + 1, true) && guess.start() == start);
}

/// A block with fixed codes (RFC 1951 3.2.6) of these literals, matches and the end.
fn fixed(last: bool, content: &[u8], matches: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut groups = vec![(u32::from(last), 1), (1, 2)];
    groups.extend(content.iter().map(|&byte| match u32::from(byte) {
        low @ 0..144 => code(0x30 + low, 8),
        high => code(0x190 + high - 144, 9),
    }));
    for &(length, distance) in matches {
        groups.push(if length < 280 { code(length - 256, 7) } else { code(0xc0 + length - 280, 8) });
        groups.push(code(distance, 5));
    }
    groups.push(code(0, 7));
    groups
}

#[test]
fn what_no_deflater_writes_is_taken_or_refused_as_zlib_does() {
    // Symbols of length 285 and 257, of distance 0; a run.
    let (run, _) = same(&bits(&fixed(true, b"ab", &[(285, 0), (257, 1)]))).unwrap();
    assert_eq!(run.len(), 2 + 258 + 3);
    // From before the beginning, in the first block and in a later one.
    assert!(same(&bits(&fixed(true, b"a", &[(257, 1)]))).is_none());
    let two = [fixed(false, b"a", &[]), fixed(true, b"b", &[(257, 1)])].concat();
    assert_eq!(same(&bits(&two)).unwrap().0, b"ababa");
    // Symbols that there are not: 286 and 287, distances 30 and 31.
    for (length, distance) in [(286, 0), (287, 0), (257, 30), (257, 31)] {
        assert!(same(&bits(&fixed(true, b"aaaa", &[(length, distance)]))).is_none(), "{length} {distance}");
    }
    // A type of block that there is not, and a stored one whose complement is none.
    assert!(same(&bits(&[(1, 1), (3, 2), (0, 30)])).is_none());
    assert!(same(&[1, 1, 0, 0xfe, 0xff, 7]).is_some());
    assert!(same(&[1, 1, 0, 0xff, 0xff, 7]).is_none());
    assert!(same(&[1, 2, 0, 0xfd, 0xff, 7]).is_none(), "too short");
    assert!(same(&[]).is_none());
    assert_eq!(same(&[3, 0]).unwrap().0, b"", "nothing at all");
    assert_eq!(same(&[3, 0, 9, 9, 9]).unwrap().0, b"", "what follows is not taken");
}

/// A block with these lengths of codes, each told by a code of four bits for a length; then groups of its content.
fn dynamic(literals: &[u32], distances: &[u32], content: &[(u32, u32)]) -> Vec<u8> {
    let count = |of: &[u32]| u32::try_from(of.len()).unwrap();
    let mut groups = vec![(1, 1), (2, 2), (count(literals) - 257, 5), (count(distances) - 1, 5), (15, 4)];
    // Lengths 0 to 15 have codes of four bits; repetitions have none.
    let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    groups.extend(order.iter().map(|&symbol| (if symbol < 16 { 4 } else { 0 }, 3)));
    groups.extend(literals.iter().chain(distances).map(|&length| code(length, 4)));
    groups.extend_from_slice(content);
    bits(&groups)
}

#[test]
fn codes_that_are_none_are_refused_and_single_ones_taken_as_zlib_does() {
    let lengths = |of: &[(usize, u32)]| {
        let mut lengths = vec![0; 257 + 29];
        for &(symbol, length) in of {
            lengths[symbol] = length;
        }
        lengths
    };
    let two = lengths(&[(97, 1), (256, 1)]);
    assert_eq!(same(&dynamic(&two, &[0], &[code(0, 1), code(0, 1), code(1, 1)])).unwrap().0, b"aa");
    // One code alone: the end.
    assert_eq!(same(&dynamic(&lengths(&[(256, 1)]), &[0], &[code(0, 1)])).unwrap().0, b"");
    assert!(same(&dynamic(&lengths(&[(256, 1)]), &[0], &[code(1, 1)])).is_none());
    // No end; too many codes; too few.
    assert!(same(&dynamic(&lengths(&[(97, 1), (98, 1)]), &[0], &[code(1, 1)])).is_none());
    assert!(same(&dynamic(&lengths(&[(97, 1), (98, 1), (256, 1)]), &[0], &[code(1, 1)])).is_none());
    assert!(same(&dynamic(&lengths(&[(97, 2), (256, 2)]), &[0], &[code(1, 2)])).is_none());
    // One distance, used rightly and wrongly; none, used.
    let three = lengths(&[(97, 2), (256, 2), (257, 2), (285, 2)]);
    let used = |distance| [code(0, 2), code(2, 2), code(distance, 1), code(1, 2)];
    assert_eq!(same(&dynamic(&three, &[1], &used(0))).unwrap().0, b"aaaa");
    assert!(same(&dynamic(&three, &[1], &used(1))).is_none());
    assert!(same(&dynamic(&three, &[0], &used(0))).is_none());
    assert!(same(&dynamic(&three, &[0, 2], &used(0))).is_none(), "one distance of two bits");
    assert!(same(&dynamic(&three, &[0; 31], &[code(1, 2)])).is_none(), "31 distances");
    // Codes of 15 bits, for which the tables have a second look: a code of each length, and two of the last.
    let mut long: Vec<(usize, u32)> = (1..=15).map(|length| (95 + length as usize, length)).collect();
    long.push((256, 15));
    let all: Vec<(u32, u32)> = (1..=15).map(|length| code((1 << length) - 2, length)).collect();
    let content = [all.as_slice(), &[code(0x7fff, 15)]].concat();
    assert_eq!(same(&dynamic(&lengths(&long), &[0], &content)).unwrap().0, (96..=110).collect::<Vec<u8>>());
    // The same for distances.
    let mut literals = lengths(&[(97, 1), (256, 2), (285, 2)]);
    literals.truncate(286);
    let distances: Vec<u32> = (1..=15).chain([15]).collect();
    for (index, length) in (1..=15).enumerate() {
        let a = vec![code(0, 1); 300];
        let distance = code((1 << length) - 2, length);
        // Extra bits of distances 4 and on.
        let extra = (0, (index as u32 / 2).saturating_sub(1));
        let content = [a.as_slice(), &[code(3, 2), distance, extra, code(2, 2)]].concat();
        assert_eq!(same(&dynamic(&literals, &distances, &content)).unwrap().0.len(), 558, "{index}");
    }
}

#[test]
fn a_stream_that_ends_early_is_refused_wherever_it_ends() {
    for (level, len) in [(6, 3000), (1, 300), (0, 300), (9, 40)] {
        let stream = deflate(&content(11, len), level);
        for end in 0..stream.len() {
            assert!(same(&stream[..end]).is_none(), "{level} {end}");
        }
    }
}

#[test]
fn a_match_reaches_as_far_as_the_window() {
    let far = [content(12, 1000), content(13, WINDOW - 1000), content(12, 1000)].concat();
    assert!(same(&deflate(&far, 9)).unwrap().0 == far);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(stream in prop::collection::vec(any::<u8>(), 0..120)) {
        same(&stream);
    }

    #[test]
    fn damaged_streams(seed: u64, len in 0_usize..3000, level in 0_u32..10, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut stream = deflate(&content(seed, len), level);
        for (at, byte) in changes {
            let at = at.index(stream.len());
            stream[at] ^= byte;
        }
        same(&stream);
    }
}
