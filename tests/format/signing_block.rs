//! Pairs of the APK Signing Block: what changes, what stays, and that the way there does not matter.

use std::collections::BTreeMap;

use inject::format::apk_signing_block::{SigningBlock, build, id};
use proptest::prelude::*;

const ID: u32 = 0x7177_7777;

fn parse(block: &[u8]) -> SigningBlock {
    SigningBlock::find(block, block.len() as u64).unwrap().unwrap()
}

fn with(block: &[u8], id: u32, value: &[u8]) -> Vec<u8> {
    parse(block).with_values(&BTreeMap::from([(id, value.to_vec())])).unwrap()
}

/// Pairs without padding, in order.
fn others(block: &[u8], but: u32) -> Vec<(u32, Vec<u8>)> {
    let block = parse(block);
    block.pairs().filter(|(id, _)| ![id::PADDING, but].contains(id)).map(|(id, value)| (id, value.to_vec())).collect()
}

fn ids(block: &[u8]) -> Vec<u32> {
    parse(block).pairs().map(|(id, _)| id).collect()
}

/// A block of exactly these pairs.
fn unpadded(pairs: &[(u32, &[u8])]) -> Vec<u8> {
    let pairs: Vec<u8> = pairs
        .iter()
        .flat_map(|(id, value)| [&(value.len() as u64 + 4).to_le_bytes()[..], &id.to_le_bytes(), value].concat())
        .collect();
    let size = (pairs.len() as u64 + 24).to_le_bytes();
    [&size[..], &pairs, &size, b"APK Sig Block 42"].concat()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_way_does_not_matter(
        first in prop::collection::vec((3u32..9, prop::collection::vec(any::<u8>(), 0..3000)), 1..4),
        values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..5000), 1..4),
        padded in any::<bool>(),
    ) {
        let mut pairs: Vec<(u32, &[u8])> = Vec::new();
        for (id, value) in &first {
            if !pairs.iter().any(|(known, _)| known == id) {
                pairs.push((*id, value));
            }
        }
        // A block without padding stays without; one that is a whole number of pages counts as padded.
        let block = if padded { build(&pairs) } else { unpadded(&pairs) };
        let a = with(&block, ID, &values[0]);
        prop_assert_eq!(with(&a, ID, &values[0]), a.clone(), "a second time");
        let mut on_the_way = a.clone();
        for value in &values {
            on_the_way = with(&on_the_way, ID, value);
            let parsed = parse(&on_the_way);
            prop_assert_eq!(parsed.value(ID).unwrap().0, value.as_slice());
            prop_assert_eq!(others(&on_the_way, ID), others(&block, ID));
            if padded {
                prop_assert!(on_the_way.len().is_multiple_of(4096));
            }
        }
        if padded {
            prop_assert_eq!(with(&on_the_way, ID, &values[0]), a);
            // As if it had been signed with it.
            let mut all = pairs.clone();
            all.push((ID, &values[0]));
            prop_assert_eq!(with(&block, ID, &values[0]), build(&all));
        }
    }
}

#[test]
fn nothing_to_change_changes_nothing() {
    for len in 3990..4110 {
        let value = vec![7; len];
        for block in [build(&[(id::V2, &value), (ID, b"a")]), unpadded(&[(ID, b"a"), (id::V2, &value)])] {
            assert_eq!(with(&block, ID, b"a"), block, "{len}");
            assert_eq!(parse(&block).with_values(&BTreeMap::new()).unwrap(), block, "{len}");
        }
    }
}

#[test]
fn a_pair_keeps_its_place_and_padding_too() {
    let block = unpadded(&[(id::V2, b"v2"), (ID, b"old"), (id::PADDING, &[0; 4000]), (9, b"nine")]);
    let new = with(&block, ID, b"a longer value");
    assert_eq!(ids(&new), [id::V2, ID, id::PADDING, 9]);
    assert!(new.len().is_multiple_of(4096), "what has a padding pair is padded");
    assert_eq!(with(&with(&new, ID, &[1; 4096]), ID, b"a longer value"), new);
    // One that is made stands behind the others, in front of padding at the end.
    let added = with(&block, 5, b"five");
    assert_eq!(ids(&added), [id::V2, ID, id::PADDING, 9, 5]);
    let added = with(&build(&[(id::V2, b"v2"), (9, b"nine")]), 5, b"five");
    assert_eq!(ids(&added), [id::V2, 9, 5, id::PADDING]);
}

#[test]
fn padding_that_is_not_needed_is_none_at_the_end_and_a_page_elsewhere() {
    // 8 and 24 of the block, 12 of the pair.
    let exact = vec![1; 4096 - 32 - 12];
    let block = build(&[(ID, b"a")]);
    let whole = with(&block, ID, &exact);
    assert_eq!((ids(&whole), whole.len()), (vec![ID], 4096));
    assert_eq!(with(&whole, ID, b"a"), block);
    // From all sides of a page.
    for len in exact.len() - 20..exact.len() + 20 {
        assert_eq!(with(&with(&block, ID, &vec![1; len]), ID, b"a"), block, "{len}");
        let within = unpadded(&[(id::PADDING, b""), (9, b""), (ID, b"a")]);
        let filled = with(&within, ID, b"b");
        let on_the_way = with(&filled, ID, &vec![1; len - 12]);
        assert_eq!(ids(&on_the_way), [id::PADDING, 9, ID], "{len}");
        assert_eq!(with(&on_the_way, ID, b"b"), filled, "{len}");
    }
}

#[test]
fn a_block_without_padding_stays_without() {
    let block = unpadded(&[(id::V2, b"v2")]);
    let new = with(&block, ID, b"value");
    assert_eq!(new, unpadded(&[(id::V2, b"v2"), (ID, b"value")]));
}

#[test]
fn a_value_beyond_the_limit_is_refused() {
    let values = BTreeMap::from([(ID, vec![0; 33 * 1024 * 1024])]);
    let error = parse(&build(&[(id::V2, b"v2")])).with_values(&values).unwrap_err().to_string();
    assert!(error.contains("the APK Signing Block has") && error.contains("the limit is 33554432"), "{error}");
}
