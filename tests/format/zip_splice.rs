//! An entry that changes near its end keeps its deflate stream up to a block's end, and inflates to the new content.

use std::collections::BTreeMap;

use inject::format::zip::{Archive, Rewrite, Segment, Splice, deflate_marked};
use proptest::prelude::*;

use crate::fuzz_bodies::splice::{content, inflate, last_cut, read, splice, with_end, zipped};

#[test]
fn most_of_a_long_stream_is_kept_and_the_way_does_not_matter() {
    for seed in 0..24 {
        let old = content(seed, 700_000 + seed as usize * 13);
        let limit = old.len() - 20_000;
        let changed = |seed| [&old[..limit], &content(seed, 20_000)].concat();
        let (dev, prod) = (changed(seed + 99), changed(seed + 999));
        for level in [4, 6, 9] {
            let original = zipped(&old, level);
            let (in_dev, kept) = with_end(&original, &dev, limit).unwrap();
            assert_eq!(read(&in_dev), dev, "{seed}");
            assert!(kept > original.len() as u64 / 2, "{seed}: {kept} of {}", original.len());
            let in_prod = with_end(&in_dev, &prod, limit).unwrap().0;
            assert_eq!(read(&in_prod), prod);
            assert_eq!(in_prod, with_end(&original, &prod, limit).unwrap().0, "by way of dev");
            assert_eq!(with_end(&in_prod, &dev, limit).unwrap().0, in_dev, "and back");
        }
    }
}

#[test]
fn a_stream_with_a_mark_is_cut_there() {
    let old = content(7, 300_000);
    let limit = 280_000;
    let stream = deflate_marked(&old, limit).unwrap();
    assert_eq!(inflate(&stream), old);
    // As the entry of an archive it is kept up to the mark exactly, and with the same end it is the same.
    let base = zipped(&old, 6);
    let archive = Archive::open(&base).unwrap();
    let splice =
        Splice { kept: 0, rest: Segment::Bytes(stream.clone()), crc: crc32fast::hash(&old), len: old.len() as u64 };
    let layout = archive.layout_with(&Rewrite::default(), &BTreeMap::from([(0, splice)])).unwrap();
    let mut marked: Vec<u8> = Vec::new();
    for segment in &layout.segments {
        if let Segment::Bytes(new) = segment {
            marked.extend_from_slice(new);
        }
    }
    marked.extend_from_slice(&layout.directory);
    marked.extend(layout.eocd(layout.payload_len).unwrap());
    let (cut, from) = last_cut(&Archive::open(&marked).unwrap(), limit).unwrap();
    assert_eq!(from, limit);
    assert!(stream[..cut.kept() as usize].ends_with(&[0, 0, 0xff, 0xff]));
    assert_eq!(with_end(&marked, &old, limit).unwrap().0, marked);
    assert_eq!(with_end(&marked, &[&old[..limit], b"x"].concat(), limit).unwrap().1, cut.kept());
}

#[test]
fn contents_of_one_byte_and_of_noise() {
    let noise: Vec<u8> = (0..300_000_u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect();
    for old in [noise, vec![0; 300_000]] {
        let mut new = old.clone();
        new[290_000..].fill(7);
        let original = zipped(&old, 6);
        // One block of one byte a million times over has no place to cut.
        if let Some((spliced, _)) = with_end(&original, &new, 290_000) {
            assert_eq!(read(&spliced), new);
        }
    }
}

/// Bytes as hashes are.
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed | 1;
    let next = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..len).map(next).collect()
}

#[test]
fn hashes_are_stored_and_the_way_does_not_matter_wherever_they_begin() {
    let code = content(5, 400_000);
    // What lies before the signature ends with noise or does not, and so does what is behind.
    for quiet in [0, 20_000, 40_000, 100_000] {
        let old = [&code[..], &noise(1, quiet)].concat();
        let limit = old.len();
        let ends = [
            noise(2, 200_000),
            [noise(3, 130_000), vec![0; 20_000]].concat(),
            [content(9, 40_000), noise(4, 130_001), content(8, 70_000), noise(6, 98_304)].concat(),
            [noise(2, 33_000), content(7, 5)].concat(),
            content(2, 90_000),
        ];
        let original = zipped(&[&old[..], &ends[4]].concat(), 6);
        for end in &ends {
            let new = [&old[..], end].concat();
            let (direct, kept) = with_end(&original, &new, limit).unwrap();
            assert_eq!(read(&direct), new);
            // In the same blocks, zlib needs as much.
            let whole = zipped(&new, 6).len();
            assert!(direct.len() <= whole + whole / 200, "{} and {whole}", direct.len());
            for other in &ends {
                let way = with_end(&original, &[&old[..], other].concat(), limit).unwrap().0;
                let (back, again) = with_end(&way, &new, limit).unwrap();
                assert_eq!(back, direct, "{quiet}");
                assert!(again >= kept);
            }
            let marked = deflate_marked(&new, limit).unwrap();
            assert_eq!(inflate(&marked), new);
        }
    }
}

#[test]
fn an_end_that_is_damaged_does_not_pass() {
    let old = content(3, 400_000);
    let original = zipped(&old, 6);
    let archive = Archive::open(&original).unwrap();
    let (cut, from) = last_cut(&archive, 380_000).unwrap();
    let rest = cut.deflate(&old[from..], 380_000 - from).unwrap();
    for at in (0..rest.len()).step_by(rest.len() / 50) {
        let mut broken = rest.clone();
        broken[at] ^= 0x10;
        assert_ne!(cut.inflate(&broken, old.len() - from).as_deref(), Some(&old[from..]), "{at}");
    }
    assert_eq!(cut.inflate(&rest[..rest.len() - 1], old.len() - from), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_ways_inflate_to_the_same(seed: u64, len in 100_000_usize..400_000, tail in 0_usize..60_000, grow in 0_usize..5_000) {
        let old = content(seed, len);
        let limit = len.saturating_sub(tail);
        let new = [&old[..limit], &content(!seed, len - limit + grow)].concat();
        if let Some((spliced, _)) = with_end(&zipped(&old, 6), &new, limit) {
            prop_assert_eq!(read(&spliced), new.clone());
        }
        prop_assert_eq!(inflate(&deflate_marked(&new, limit).unwrap()), new);
    }

    #[test]
    fn ends_of_every_kind(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        splice(&bytes);
    }
}
