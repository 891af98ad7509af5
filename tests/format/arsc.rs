//! Resource tables: the pitfalls of the format, one test each, and the properties every edit must have.

use inject::format::arsc::{ArscError, Config, StringEdit, Table, Value, dump, edit};
use proptest::prelude::*;

use super::build::arsc::{Body, Layout, Package, Pool, header, package, pool, strings, table, words};

pub fn to(name: &str, value: &str) -> StringEdit {
    StringEdit { name: name.to_owned(), config: None, value: value.into() }
}

pub fn values(bytes: &[u8], name: &str) -> Vec<(String, Value)> {
    let found = Table::parse(bytes).unwrap().find("string", name).unwrap();
    found.into_iter().map(|found| (found.config, found.value)).collect()
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Two strings and one configuration more.
fn small(layout: Layout) -> Vec<u8> {
    let entries = |one, two| [Some((0, Body::String(one))), Some((1, Body::String(two)))];
    let chunks = vec![strings(layout, "", &entries(0, 1)), strings(layout, "de", &entries(2, 3))];
    table(&pool(&["one", "two", "eins", "zwei"]), &[package(&["string"], &["a", "b"], chunks)])
}

#[test]
fn pitfall_1_a_shared_string_stays_for_the_others() {
    let entries = [Some((0, Body::String(0))), Some((1, Body::String(0)))];
    let bytes =
        table(&pool(&["shared"]), &[package(&["string"], &["a", "b"], vec![strings(Layout::Dense, "", &entries)])]);
    let edited = edit(&bytes, &[to("a", "mine")], false).unwrap();
    assert_eq!(values(&edited, "a"), [("default".into(), text("mine"))]);
    assert_eq!(values(&edited, "b"), [("default".into(), text("shared"))]);
    // A bag, a compact entry, another type and a style's span are users like any other.
    for other in [Body::Bag(vec![(3, 0)]), Body::Compact(0)] {
        let entries = [Some((0, Body::String(0))), Some((1, other))];
        let chunks = vec![strings(Layout::Dense, "", &entries)];
        let bytes = table(&pool(&["shared"]), &[package(&["string"], &["a", "b"], chunks)]);
        assert!(holds(&edit(&bytes, &[to("a", "mine")], false).unwrap(), "shared"));
    }
    let mut raw = strings(Layout::Dense, "", &[Some((1, Body::String(0)))]);
    raw.id = 2;
    let chunks = vec![strings(Layout::Dense, "", &[Some((0, Body::String(0)))]), raw];
    let bytes = table(&pool(&["res/raw/x.json"]), &[package(&["string", "raw"], &["a", "b"], chunks)]);
    let edited = edit(&bytes, &[to("a", "mine")], false).unwrap();
    let files = Table::parse(&edited).unwrap().files("raw", "b").unwrap();
    assert_eq!(files, [("default".to_owned(), "res/raw/x.json".to_owned())]);
    let styled = Pool { styles: vec![vec![(1, 0, 1)]], ..pool(&["styled", "b"]) };
    let chunks = vec![strings(Layout::Dense, "", &[Some((0, Body::String(1)))])];
    let edited = edit(&table(&styled, &[package(&["string"], &["a"], chunks)]), &[to("a", "mine")], false).unwrap();
    assert_eq!(Table::parse(&edited).unwrap().value_pool().unwrap().text(1).unwrap(), "b");
}

#[test]
fn pitfall_1_and_9_an_unshared_string_is_replaced_where_it_is() {
    for layout in [Layout::Dense, Layout::Offset16, Layout::Sparse] {
        let edited = edit(&small(layout), &[to("a", "new")], false).unwrap();
        assert_eq!(values(&edited, "a"), [("default".into(), text("new")), ("de".into(), text("new"))]);
        assert_eq!(values(&edited, "b"), [("default".into(), text("two")), ("de".into(), text("zwei"))]);
        assert!(!holds(&edited, "one") && !holds(&edited, "eins"));
    }
}

#[test]
fn pitfall_1_a_styled_string_is_told_not_replaced() {
    let styled = Pool { styles: vec![vec![(1, 0, 1)]], ..pool(&["styled", "b"]) };
    let chunks = vec![strings(Layout::Dense, "", &[Some((0, Body::String(0)))])];
    let bytes = table(&styled, &[package(&["string"], &["a"], chunks)]);
    let error = edit(&bytes, &[to("a", "x")], false).unwrap_err();
    assert!(error.to_string().contains("not a plain string") && error.to_string().contains("styled"), "{error}");
    assert_eq!(values(&bytes, "a"), [("default".into(), Value::Styled("styled".into()))]);
}

#[test]
fn pitfall_2_and_3_the_pool_keeps_its_encoding_and_loses_the_sorted_flag() {
    for utf16 in [false, true] {
        let values_pool = Pool { utf16, sorted: true, ..pool(&["one"]) };
        let chunks = vec![strings(Layout::Dense, "", &[Some((0, Body::String(0)))])];
        let edited =
            edit(&table(&values_pool, &[package(&["string"], &["a"], chunks)]), &[to("a", "\u{1F600}")], false);
        let edited = edited.unwrap();
        assert_eq!(values(&edited, "a"), [("default".into(), text("\u{1F600}"))]);
        assert_eq!(edited.windows(6).any(|window| window == [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]), !utf16);
        let table = Table::parse(&edited).unwrap();
        assert!(!table.value_pool().unwrap().is_sorted());
        assert_eq!(table.value_pool().unwrap().is_utf8(), !utf16);
    }
}

#[test]
fn pitfall_4_compact_entries_and_flagged_chunks() {
    let mut flagged = strings(Layout::Offset16, "fr", &[Some((0, Body::Compact(1)))]);
    flagged.flagged = Some(2);
    let chunks = vec![strings(Layout::Offset16, "", &[Some((0, Body::Compact(0)))]), flagged];
    let bytes = table(&pool(&["one", "un", "flag.name"]), &[package(&["string"], &["a"], chunks)]);
    assert_eq!(values(&bytes, "a"), [("default".into(), text("one")), ("fr".into(), text("un"))]);
    let edited = edit(&bytes, &[to("a", "new")], false).unwrap();
    assert_eq!(values(&edited, "a"), [("default".into(), text("new")), ("fr".into(), text("new"))]);
    assert!(Table::parse(&bytes).unwrap().needs_android_14() && holds(&edited, "flag.name"));
}

#[test]
fn pitfall_5_packages_of_all_shapes() {
    // An empty library chunk, RES_NULL, an unknown kind.
    let mut noise = header(0x203, 12, 12);
    words(&mut noise, &[0]);
    noise.extend(header(0, 8, 8));
    noise.extend(header(0x7777, 8, 16));
    noise.extend([0xaa; 8]);
    for (id, head, offset) in [(0x7f, 288, 0), (0x7f, 284, 0), (0, 288, 0), (2, 288, 0), (0x7f, 288, 3)] {
        let mut chunk = strings(Layout::Dense, "", &[Some((0, Body::String(0)))]);
        chunk.id = 1 + offset as u8;
        let one = Package {
            id,
            header: head,
            type_id_offset: offset,
            noise: noise.clone(),
            ..package(&["string"], &["a"], vec![chunk])
        };
        let bytes = table(&pool(&["one"]), &[one.clone(), one]);
        assert_eq!(values(&bytes, "a").len(), 2, "both packages of one id");
        let edited = edit(&bytes, &[to("a", "new")], false).unwrap();
        assert_eq!(values(&edited, "a"), [("default".into(), text("new")), ("default".into(), text("new"))]);
        assert!(holds(&edited, "\u{0}") && edited.windows(8).filter(|window| *window == [0xaa; 8]).count() >= 4);
    }
    // Tables without packages, or with nothing at all.
    for bytes in [table(&pool(&[]), &[]), [header(2, 12, 12), vec![0; 4]].concat()] {
        assert_eq!(edit(&bytes, &[], true).unwrap(), bytes);
        let error = edit(&bytes, &[to("a", "x")], false).unwrap_err();
        assert!(matches!(error, ArscError::NotFound { .. }));
        assert!(matches!(edit(&bytes, &[to("a", "x")], true).unwrap_err(), ArscError::CannotCreate { .. }));
    }
}

#[test]
fn pitfall_6_configurations_and_what_is_no_string() {
    let bytes = small(Layout::Dense);
    let german = StringEdit { config: Some("de".into()), ..to("a", "neu") };
    let edited = edit(&bytes, &[german], false).unwrap();
    assert_eq!(values(&edited, "a"), [("default".into(), text("one")), ("de".into(), text("neu"))]);
    let french = StringEdit { config: Some("fr".into()), ..to("a", "x") };
    assert!(edit(&bytes, &[french], false).unwrap_err().to_string().contains("in configuration fr"));
    for (kind, data, said) in [(0, 0, "@null"), (1, 0x7f01_0002, "0x7f010002"), (1, 0, "@null"), (0x10, 7, "0x10")] {
        let chunks = vec![strings(Layout::Dense, "de", &[Some((0, Body::Value(kind, data)))])];
        let bytes = table(&pool(&[]), &[package(&["string"], &["a"], chunks)]);
        let error = edit(&bytes, &[to("a", "x")], false).unwrap_err().to_string();
        assert!(error.contains(said) && error.contains("configuration de"), "{error}");
    }
    let two = [to("a", "x"), StringEdit { config: Some("de".into()), ..to("a", "y") }];
    assert!(matches!(edit(&bytes, &two, false), Err(ArscError::Conflict { .. })));
}

#[test]
fn references_are_followed_and_do_not_run_in_circles() {
    let reference = |id| Some((0, Body::Value(1, id)));
    let entries = [Some((1, Body::String(0))), reference(0x7f01_0000), reference(0x7f01_0003), reference(0x7f01_0002)];
    let bytes =
        table(&pool(&["end"]), &[package(&["string"], &["r", "s"], vec![strings(Layout::Dense, "", &entries)])]);
    let table = Table::parse(&bytes).unwrap();
    let found = table.resolve(0x7f01_0001).unwrap();
    assert_eq!(found.iter().map(|found| found.value.clone()).collect::<Vec<_>>(), [text("end")]);
    assert_eq!(table.resolve(0x7f01_0002).unwrap(), []);
    assert_eq!(table.resource_name(0x7f01_0000).unwrap().as_deref(), Some("string/s"));
    assert_eq!(table.string_names().unwrap(), ["r", "s"]);
}

#[test]
fn configurations_read_as_aapt_writes_them() {
    let with = |fields: &[(usize, &[u8])]| {
        let mut bytes = vec![64, 0, 0, 0];
        bytes.resize(64, 0);
        for (at, field) in fields {
            bytes[*at..*at + field.len()].copy_from_slice(field);
        }
        Config::new(&bytes).qualifiers()
    };
    assert_eq!(with(&[]), "default");
    assert_eq!(with(&[(8, b"en"), (10, b"US")]), "en-rUS");
    assert_eq!(with(&[(8, b"sr"), (36, b"Latn")]), "b+sr+Latn");
    assert_eq!(with(&[(8, b"sr"), (36, b"Cyrl"), (52, &[1])]), "sr", "a script that was computed is not written");
    assert_eq!(with(&[(8, b"en"), (10, b"US"), (40, b"posix")]), "b+en+US+posix");
    assert_eq!(with(&[(8, &[0xad, 0x05])]), "fil", "three letters in 15 bits");
    assert_eq!(with(&[(4, &[54, 1]), (6, &[4, 0])]), "mcc310-mnc4");
    assert_eq!(with(&[(30, &[88, 2]), (12, &[2]), (24, &[21, 0])]), "sw600dp-land-v21");
    assert_eq!(with(&[(14, &[64, 1])]), "xhdpi");
    assert_eq!(with(&[(14, &[0xfe, 0xff]), (24, &[26, 0])]), "anydpi-v26");
    assert_eq!(with(&[(28, &[0x80 | 4]), (29, &[0x26]), (48, &[2])]), "ldrtl-xlarge-round-watch-night");
    assert_ne!(with(&[(50, &[1])]), "default", "what has no name is not the default");
}

#[test]
fn a_dump_shows_each_value() {
    let bytes = small(Layout::Sparse);
    let dump = dump(&Table::parse(&bytes).unwrap());
    assert!(dump.contains("0x7f010001 string/b [de] \"zwei\""), "{dump}");
    assert_eq!(dump.lines().count(), 5);
}

/// Entries of the strings a, b, c, d, which may share texts, in the default and another configuration; the texts may be
/// what an edit writes, too.
fn any_table() -> impl Strategy<Value = Vec<u8>> {
    let layout = prop_oneof![Just(Layout::Dense), Just(Layout::Offset16), Just(Layout::Sparse)];
    let entry = prop_oneof![4 => (0..5_u32).prop_map(Body::String), 1 => (0..5_u32).prop_map(Body::Compact)];
    let entries = prop::collection::vec(entry, 8);
    let texts = Just(vec!["alpha", "dev", "prod", "", "tail"]).prop_shuffle();
    (layout, entries, texts, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(layout, entries, texts, utf16, styled, bag)| {
            let shift = u32::from(styled);
            let body = |body: &Body| match body {
                Body::Compact(slot) => Body::Compact(slot + shift),
                Body::String(slot) => Body::String(slot + shift),
                other => other.clone(),
            };
            let part =
                |half: &[Body]| -> Vec<_> { (0..).zip(half).map(|(key, entry)| Some((key, body(entry)))).collect() };
            let mut chunks =
                vec![strings(layout, "", &part(&entries[..4])), strings(layout, "de", &part(&entries[4..]))];
            if bag {
                let mut array = strings(Layout::Dense, "", &[Some((0, Body::Bag(vec![(3, shift), (3, shift + 4)])))]);
                array.id = 2;
                chunks.push(array);
            }
            let mut all: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            let mut styles = Vec::new();
            if styled {
                all.insert(0, "styled".to_owned());
                styles.push(vec![(1, 0, 1)]);
            }
            let values = Pool { strings: all, styles, utf16, ..Pool::default() };
            table(&values, &[package(&["string", "array"], &["a", "b", "c", "d"], chunks)])
        },
    )
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![Just("dev".to_owned()), Just("prod".to_owned()), Just(String::new()), "[x\u{e9}\u{1F600}]{1,12}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_edit_reads_back_and_touches_nothing_else(bytes in any_table(), a in value(), b in value()) {
        prop_assert_eq!(edit(&bytes, &[], false).unwrap(), bytes.clone());
        let edited = edit(&bytes, &[to("a", &a), to("b", &b)], false).unwrap();
        for (name, value) in [("a", &a), ("b", &b)] {
            prop_assert!(values(&edited, name).iter().all(|(_, found)| *found == text(value)));
        }
        for name in ["c", "d"] {
            prop_assert_eq!(values(&edited, name), values(&bytes, name));
        }
        // What stays is told by the dump of everything else.
        let lines = |bytes: &[u8]| -> Vec<String> {
            let dump = dump(&Table::parse(bytes).unwrap());
            dump.lines().filter(|line| !line.contains("/a [") && !line.contains("/b [")).map(str::to_owned).collect()
        };
        prop_assert_eq!(lines(&edited), lines(&bytes));
        let swapped = edit(&bytes, &[to("b", &b), to("a", &a)], false).unwrap();
        prop_assert_eq!(swapped, edited, "the order of the edits does not matter");
    }

    #[test]
    fn dev_after_prod_is_dev(bytes in any_table(), dev in [value(), value()], prod in [value(), value()], create: bool) {
        let both = |values: &[String; 2]| [to("a", &values[0]), to(if create { "new" } else { "b" }, &values[1])];
        let first = edit(&bytes, &both(&dev), create).unwrap();
        prop_assert_eq!(&edit(&first, &both(&dev), create).unwrap(), &first, "again changes nothing");
        let there = edit(&first, &both(&prod), create).unwrap();
        let back = edit(&there, &both(&dev), create).unwrap();
        prop_assert_eq!(back, first);
    }

    #[test]
    fn an_equal_value_changes_nothing(bytes in any_table()) {
        let now = values(&bytes, "a");
        if let [(_, Value::String(one)), (_, Value::String(two))] = now.as_slice() && one == two {
            prop_assert_eq!(edit(&bytes, &[to("a", one)], false).unwrap(), bytes);
        }
    }

    #[test]
    fn the_value_before_is_gone(bytes in any_table(), secret in "secret[0-9]{6}") {
        let edits = [to("a", &secret), to("c", &secret)];
        let with = edit(&bytes, &edits, false).unwrap();
        let without = edit(&with, &[to("a", "dev"), to("c", "prod")], false).unwrap();
        let wide: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
        prop_assert!(!holds(&without, &secret));
        prop_assert!(!without.windows(wide.len()).any(|window| window == wide));
    }
}
