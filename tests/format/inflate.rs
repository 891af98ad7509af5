//! Inflating, judged by zlib: the same content or none, however a stream comes.

use flate2::{Compress, Compression, FlushCompress, Status};
use inject::format::inflate::{Inflater, Stop, WINDOW};
use proptest::prelude::*;

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
            let (mut rest, mut at) = (Vec::new(), byte);
            loop {
                let (taken, stop) = inflater.step(&stream[at..], true, false).unwrap();
                at += taken;
                rest.extend_from_slice(inflater.piece());
                if stop == Stop::End {
                    break;
                }
            }
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

#[test]
fn a_buffer_that_is_handed_over_leaves_its_window() {
    let content = content(8, 1_500_000);
    let stream = deflate(&content, 6);
    let (mut inflater, mut all, mut at) = (Inflater::new(content.len() as u64), Vec::new(), 0);
    let mut spares = vec![vec![1; 7], Vec::new(), vec![2; 1_000_000]];
    loop {
        let (taken, stop) = inflater.step(&stream[at..], true, false).unwrap();
        at += taken;
        let (buffer, piece) = inflater.exchange(spares.pop().unwrap_or_default());
        all.extend_from_slice(&buffer[piece]);
        spares.push(buffer);
        assert!(inflater.piece().is_empty());
        if stop == Stop::End {
            break;
        }
    }
    assert!(all == content);
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
