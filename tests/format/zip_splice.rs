//! A deflate stream spliced near its end inflates to the same bytes as one made anew.

use inject::format::zip::{deflate, deflate_cut};
use proptest::prelude::*;

fn inflate(stream: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::DeflateDecoder::new(stream), &mut out).unwrap();
    out
}

/// Bytes that compress as code does: runs, repetitions, noise.
fn content(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed | 1;
    let mut out = Vec::with_capacity(len);
    while out.len() < len {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        match state >> 61 {
            0..=2 => out.extend_from_slice(&state.to_le_bytes()),
            3 | 4 => out.extend_from_slice(&[0; 23]),
            5 => out.extend_from_slice(b"_objc_msgSend_stub"),
            _ if out.len() > 100 => {
                let from = (state as usize) % (out.len() - 64);
                out.extend_from_within(from..from + 64);
            }
            _ => out.push(state as u8),
        }
    }
    out.truncate(len);
    out
}

#[test]
fn most_of_a_long_stream_is_kept_and_the_way_does_not_matter() {
    for seed in 0..24 {
        let old = content(seed, 700_000 + seed as usize * 13);
        let stream = deflate(&old);
        let limit = old.len() - 20_000;
        let changed = |seed| [&old[..limit], &content(seed, 20_000)].concat();
        let (dev, prod) = (changed(seed + 99), changed(seed + 999));
        let cut = |stream: &[u8], new: &[u8]| deflate_cut(Some((stream, old.len())), new, limit).unwrap();
        let in_dev = cut(&stream, &dev);
        assert_eq!(inflate(&in_dev), dev, "{seed}");
        let kept = in_dev.iter().zip(&stream).take_while(|(a, b)| a == b).count();
        assert!(kept > stream.len() / 2, "{seed}: {kept} of {}", stream.len());
        let in_prod = cut(&in_dev, &prod);
        assert_eq!(inflate(&in_prod), prod);
        assert_eq!(in_prod, cut(&stream, &prod), "by way of dev");
        assert_eq!(cut(&in_prod, &dev), in_dev, "and back");
        // What is deflated whole is cut too.
        let whole = deflate_cut(None, &dev, limit).unwrap();
        assert_eq!(inflate(&whole), dev);
        assert_eq!(cut(&cut(&whole, &prod), &dev), whole);
    }
}

#[test]
fn another_beginning_is_deflated_whole() {
    let old = content(7, 300_000);
    let mut new = old.clone();
    new[5] ^= 1;
    let stream = deflate(&old);
    let cut = deflate_cut(Some((&stream, old.len())), &new, 280_000);
    assert_eq!(cut, deflate_cut(None, &new, 280_000));
    assert_eq!(inflate(&cut.unwrap()), new);
}

#[test]
fn contents_of_one_byte_and_of_noise() {
    let noise: Vec<u8> = (0..300_000_u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect();
    for old in [noise, vec![0; 300_000]] {
        let mut new = old.clone();
        new[290_000..].fill(7);
        let cut = deflate_cut(Some((&deflate(&old), old.len())), &new, 290_000).unwrap();
        assert_eq!(inflate(&cut), new);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_ways_inflate_to_the_same(seed: u64, len in 1_usize..400_000, tail in 0_usize..60_000, grow in 0_usize..5_000) {
        let old = content(seed, len);
        let limit = len.saturating_sub(tail);
        let new = [&old[..limit], &content(!seed, len - limit + grow)].concat();
        let cut = deflate_cut(Some((&deflate(&old), len)), &new, limit).unwrap();
        prop_assert_eq!(inflate(&cut), new.clone());
        prop_assert_eq!(inflate(&deflate_cut(None, &new, limit).unwrap()), new);
    }

    #[test]
    fn a_damaged_stream_is_not_kept(seed: u64, at: prop::sample::Index, byte: u8) {
        let old = content(seed, 150_000);
        let mut stream = deflate(&old);
        let at = at.index(stream.len());
        stream[at] = byte;
        let cut = deflate_cut(Some((&stream, old.len())), &old, 140_000).unwrap();
        prop_assert_eq!(inflate(&cut), old);
    }
}
