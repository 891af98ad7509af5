//! String pools.

use inject::format::chunk::Chunk;
use inject::format::string_pool::{Appended, MARK, PoolEdit, PoolError, StringPool};
use proptest::prelude::*;

use super::build::arsc::{Pool, pool};

fn read(bytes: &[u8]) -> StringPool<'_> {
    StringPool::parse(Chunk::at(bytes, 0, bytes.len()).unwrap()).unwrap()
}

fn texts(bytes: &[u8]) -> Vec<String> {
    let pool = read(bytes);
    (0..pool.len()).map(|index| pool.text(index).unwrap().into_owned()).collect()
}

fn set(slot: u32, text: &str) -> PoolEdit {
    PoolEdit { set: [(slot, text.into())].into(), ..PoolEdit::default() }
}

fn append(text: &str) -> PoolEdit {
    PoolEdit { append: vec![Appended { text: text.into(), marked: true }], ..PoolEdit::default() }
}

#[test]
fn utf8_lengths_are_both_there_and_take_two_bytes_from_128() {
    let long = "\u{1F600}".repeat(50);
    let bytes = read(&pool(&["x"]).build()).rewrite(&set(0, &long)).unwrap();
    // 100 UTF-16 units in one byte, 300 bytes in two.
    assert_eq!(bytes[32..35], [100, 0x81, 44]);
    assert_eq!(texts(&bytes), [long]);
}

#[test]
fn utf8_ends_at_0x7fff_and_utf16_goes_on_with_two_words() {
    let longest = "a".repeat(0x7fff);
    let utf8 = pool(&["x"]).build();
    assert_eq!(texts(&read(&utf8).rewrite(&set(0, &longest)).unwrap()), std::slice::from_ref(&longest));
    let error = read(&utf8).rewrite(&set(0, &format!("{longest}a"))).unwrap_err();
    assert!(matches!(error, PoolError::TooLong { found: 0x8000, limit: 0x7fff, .. }), "{error}");
    // Fewer characters than the limit, but more bytes.
    assert!(read(&utf8).rewrite(&set(0, &"\u{20ac}".repeat(0x3000))).is_err());
    let utf16 = Pool { utf16: true, ..pool(&["x"]) }.build();
    let long = "b".repeat(0x1_2345);
    let bytes = read(&utf16).rewrite(&set(0, &long)).unwrap();
    assert_eq!(bytes[32..36], [0x01, 0x80, 0x45, 0x23]);
    assert_eq!(texts(&bytes), [long]);
}

#[test]
fn appending_keeps_styles_and_moves_their_start() {
    let styled = Pool { styles: vec![vec![(2, 0, 3)]], ..pool(&["styled", "plain", "b"]) };
    let old = styled.build();
    let new = read(&old).rewrite(&append("new")).unwrap();
    assert_eq!(texts(&new), ["styled", "plain", "b", "new"]);
    let start = |bytes: &[u8]| u32::from_le_bytes(bytes[24..28].try_into().unwrap()) as usize;
    assert_ne!(start(&new), start(&old));
    assert_eq!(new[start(&new)..], old[start(&old)..]);
    assert_eq!(read(&new).style_count(), 1);
    assert!(read(&new).span_names().contains(&2));
}

#[test]
fn the_sorted_flag_goes_when_order_may_be_lost() {
    let sorted = Pool { sorted: true, ..pool(&["a", "b"]) }.build();
    assert!(read(&sorted).is_sorted());
    assert!(!read(&read(&sorted).rewrite(&append("0")).unwrap()).is_sorted());
    assert!(!read(&read(&sorted).rewrite(&set(0, "z")).unwrap()).is_sorted());
}

#[test]
fn strings_that_share_bytes_are_parted_by_an_edit() {
    // The second string's offset is the first one's.
    let mut bytes = pool(&["same", "xxxx"]).build();
    bytes[32..36].copy_from_slice(&[0; 4]);
    assert_eq!(texts(&bytes), ["same", "same"]);
    assert_eq!(texts(&read(&bytes).rewrite(&set(0, "new")).unwrap()), ["new", "same"]);
}

#[test]
fn inserting_and_taking_away() {
    let bytes = pool(&["a", "b"]).build();
    let edit = PoolEdit { insert: Some((1, vec!["i".into(), "j".into()])), ..PoolEdit::default() };
    assert_eq!(texts(&read(&bytes).rewrite(&edit).unwrap()), ["a", "i", "j", "b"]);
    let longer = read(&bytes).rewrite(&append("gone")).unwrap();
    assert!(longer.windows(4).any(|window| window == MARK));
    assert!(read(&longer).is_marked(2) && !read(&longer).is_marked(1));
    let back = read(&longer).rewrite(&PoolEdit { drop_tail: 1, ..PoolEdit::default() }).unwrap();
    assert_eq!(back, bytes);
}

fn any_pool() -> impl Strategy<Value = Pool> {
    let strings = prop::collection::vec("[a-z\u{e9}\u{1F600}]{0,9}", 1..8);
    (strings, any::<bool>(), any::<bool>(), 0..3_usize).prop_map(|(strings, utf16, styled, gap)| {
        let styles = if styled { vec![vec![(0, 0, 1), (0, 1, 1)]] } else { Vec::new() };
        Pool { strings, styles, utf16, sorted: false, gap: gap * 2 }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_edit_is_identity_and_an_edit_changes_one_string(
        pool in any_pool(), at in any::<prop::sample::Index>(), a in ".{0,200}", b in ".{0,200}",
    ) {
        let bytes = pool.build();
        prop_assert_eq!(read(&bytes).rewrite(&PoolEdit::default()).unwrap(), bytes.clone());
        let at = at.index(pool.strings.len());
        let first = read(&bytes).rewrite(&set(at as u32, &a)).unwrap();
        let mut expected = pool.strings.clone();
        expected[at] = a.clone();
        prop_assert_eq!(texts(&first), expected);
        prop_assert_eq!(first.len() % 4, 0);
        // The value before leaves no trace.
        let other = read(&first).rewrite(&set(at as u32, &b)).unwrap();
        prop_assert_eq!(read(&other).rewrite(&set(at as u32, &a)).unwrap(), first);
    }
}
