//! New string resources (pitfall 7).

use inject::format::arsc::{ArscError, StringEdit, Table, Value, edit};

use super::arsc::{to, values};
use super::build::arsc::{Body, Layout, Package, package, pool, strings, table};

#[allow(clippy::unnecessary_wraps)] // what the builder takes
fn string(slot: u32) -> Option<(u32, Body)> {
    Some((slot, Body::String(slot)))
}

#[test]
fn every_layout_grows_with_its_siblings() {
    for layout in [Layout::Dense, Layout::Offset16, Layout::Sparse] {
        for count in 1..4_u32 {
            let entries: Vec<_> = (0..count).map(string).collect();
            let mut partial = entries.clone();
            partial[0] = None;
            let chunks = vec![strings(layout, "", &entries), strings(layout, "de", &partial)];
            let bytes = table(&pool(&["x", "y", "z"]), &[package(&["string"], &["a", "b", "c"], chunks)]);
            let edited = edit(&bytes, &[to("new", "value"), to("also", "other")], true).unwrap();
            for (name, value) in [("new", "value"), ("also", "other")] {
                assert_eq!(values(&edited, name), [("default".to_owned(), Value::String(value.to_owned()))]);
            }
            for name in ["a", "b", "c"] {
                assert_eq!(values(&edited, name), values(&bytes, name), "{layout:?} {count}");
            }
            let ids: Vec<u32> = ["also", "new"]
                .iter()
                .flat_map(|name| Table::parse(&edited).unwrap().find("string", name).unwrap())
                .map(|found| found.id)
                .collect();
            assert_eq!(ids, [0x7f01_0000 + count, 0x7f01_0001 + count], "only at the end, in the order of names");
            // Every chunk of the type and its spec count alike, where they list all entries.
            let counts: Vec<u32> = chunks_of(&edited)
                .filter(|(kind, flags, _)| *kind == 0x202 || flags & 1 == 0)
                .map(|(_, _, count)| count)
                .collect();
            assert!(counts.iter().all(|found| *found == count + 2), "{counts:?}");
        }
    }
}

/// Kind, flags and entry count of specs and types.
fn chunks_of(bytes: &[u8]) -> impl Iterator<Item = (u16, u8, u32)> + '_ {
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let package = 12 + word(16);
    let mut at = package + 288;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let (here, kind) = (at, u16::from_le_bytes([bytes[at], bytes[at + 1]]));
            at += word(at + 4);
            if matches!(kind, 0x201 | 0x202) {
                return Some((kind, bytes[here + 9], word(here + 12) as u32));
            }
        }
        None
    })
}

#[test]
fn a_type_pool_behind_the_key_pool_is_still_found() {
    let chunks = vec![strings(Layout::Dense, "", &[string(0)])];
    let bytes = table(&pool(&["x"]), &[Package { keys_first: true, ..package(&["string"], &["a"], chunks) }]);
    let edited = edit(&bytes, &[to("new", "value")], true).unwrap();
    assert_eq!(values(&edited, "a"), values(&bytes, "a"));
    assert_eq!(values(&edited, "new"), [("default".to_owned(), Value::String("value".to_owned()))]);
}

#[test]
fn a_flagged_chunk_grows_too() {
    let mut flagged = strings(Layout::Dense, "fr", &[string(0)]);
    flagged.flagged = Some(1);
    let chunks = vec![strings(Layout::Dense, "", &[string(0)]), flagged];
    let bytes = table(&pool(&["x", "flag"]), &[package(&["string"], &["a"], chunks)]);
    let edited = edit(&bytes, &[to("new", "value")], true).unwrap();
    assert_eq!(values(&edited, "a"), values(&bytes, "a"));
    assert_eq!(values(&edited, "new").len(), 1);
}

#[test]
fn what_cannot_be_created_is_told() {
    let chunks = vec![strings(Layout::Dense, "de", &[string(0)])];
    let only_german = table(&pool(&["x"]), &[package(&["string"], &["a"], chunks)]);
    let error = edit(&only_german, &[to("new", "x")], true).unwrap_err();
    assert!(error.to_string().contains("no default configuration"), "{error}");
    let chunks = vec![strings(Layout::Dense, "", &[string(0)])];
    let no_strings = table(&pool(&["x"]), &[package(&["raw"], &["a"], chunks.clone())]);
    assert!(edit(&no_strings, &[to("new", "x")], true).unwrap_err().to_string().contains("no string type"));
    let bytes = table(&pool(&["x"]), &[package(&["string"], &["a"], chunks)]);
    assert!(matches!(edit(&bytes, &[to("new", "x")], false), Err(ArscError::NotFound { .. })));
    let german = StringEdit { config: Some("de".into()), ..to("new", "x") };
    assert!(matches!(edit(&bytes, &[german], true), Err(ArscError::CannotCreate { .. })));
}

#[test]
fn a_full_16_bit_chunk_is_told() {
    // Bags fill the 256 KiB that 16-bit offsets reach.
    let bag = Body::Bag(vec![(16, 0); 0x4000 * 4 / 3]);
    let chunks = vec![strings(Layout::Offset16, "", &[Some((0, bag)), string(0)])];
    let bytes = table(&pool(&["x"]), &[package(&["string"], &["a", "b"], chunks)]);
    let error = edit(&bytes, &[to("new", "x")], true).unwrap_err();
    assert!(error.to_string().contains("16-bit offsets"), "{error}");
}

#[test]
fn a_default_is_made_where_other_configurations_alone_have_the_string() {
    let default = |text: &str| StringEdit { config: Some("default".into()), ..to("b", text) };
    for layout in [Layout::Dense, Layout::Offset16, Layout::Sparse] {
        for others in [vec![string(0), None, string(2)], vec![None, None, string(2)], vec![string(0), None, None]] {
            let german = [string(0), string(1), string(2)];
            let chunks = vec![strings(layout, "", &others), strings(layout, "de", &german)];
            let bytes = table(&pool(&["x", "y", "z"]), &[package(&["string"], &["a", "b", "c"], chunks)]);
            let edited = edit(&bytes, &[default("new")], true).unwrap();
            let both = [("default", "new"), ("de", "y")];
            let both = both.map(|(config, text)| (config.to_owned(), Value::String(text.to_owned())));
            assert_eq!(values(&edited, "b"), both, "{layout:?}");
            for name in ["a", "c"] {
                assert_eq!(values(&edited, name), values(&bytes, name), "{layout:?}");
            }
            let ids = |bytes: &[u8]| -> Vec<u32> {
                let found = Table::parse(bytes).unwrap().find("string", "b").unwrap();
                found.into_iter().map(|found| found.id).collect()
            };
            assert_eq!(ids(&edited), [0x7f01_0001; 2], "the id stays");
            assert_eq!(edit(&edited, &[default("new")], true).unwrap(), edited, "again changes nothing");
            let there = edit(&edited, &[default("other")], true).unwrap();
            assert_eq!(edit(&there, &[default("new")], true).unwrap(), edited, "and back");
            assert!(matches!(edit(&bytes, &[default("new")], false), Err(ArscError::NotFound { .. })));
        }
    }
    // A chunk whose offsets end before has no room for the id.
    let chunks = vec![strings(Layout::Dense, "", &[string(0)]), strings(Layout::Dense, "de", &[string(0), string(1)])];
    let bytes = table(&pool(&["x", "y"]), &[package(&["string"], &["a", "b"], chunks)]);
    let error = edit(&bytes, &[default("new")], true).unwrap_err();
    assert!(error.to_string().contains("no place for this id"), "{error}");
}
