//! Resources of bundles: bytes that are none, or not whole, or not small.

use inject::format::aapt::{AaptError, Document, Table, edit_strings, is_document};
use inject::format::axml::DataAttribute;
use proptest::prelude::*;

use super::aapt::{malformed, metas, read, set, set_meta, string, to, words_of};
use super::build::aapt::{
    bytes, element, entry, kind, manifest, meta, package, prim, reference, strings, text, unknown, value, varint, words,
};

#[test]
fn other_files_are_no_documents() {
    assert!(is_document(&manifest(&[])));
    let compiled = super::build::axml::manifest(true, true, &[("a", Some("x"))]);
    let random: Vec<u8> = (0..200_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let table = strings(&[("a", "x")]);
    for no in [
        b"<?xml version=\"1.0\"?><a/>".as_slice(),
        b"\n<a b='x'/>",
        b"\n\n<manifest package=\"com.example\">\n</manifest>\n",
        b"",
        b"\n",
        b"\n\0",
        &compiled,
        &random,
        &table,
        &words("a"),
    ] {
        assert!(!is_document(no), "{no:?}");
    }
    // The whole of it counts.
    assert!(!is_document(&[manifest(&[]), vec![0]].concat()));
}

#[test]
fn hostile_lengths_numbers_and_groups_are_refused_with_their_place() {
    let within = |inner: &[u8]| bytes(2, inner);
    let cases: [(Vec<u8>, &str); 10] = [
        (vec![0x12, 0x05, 0x00], "more than the 1 bytes that are left"),
        (vec![0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], "more than the 0 bytes"),
        (vec![0x12], "the end of the message"),
        (vec![0x80], "the end of the message"),
        (vec![0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02], "a longer one"),
        ([vec![0x08], vec![0x80; 10], vec![0]].concat(), "a longer one"),
        (vec![0x02, 0x00], "0"),
        ([varint(0x2000_0000 << 3), vec![0]].concat(), "536870912"),
        (vec![0x0b, 0x0c], "3"),
        (vec![0x0d, 1, 2, 3], "the end of the message after 3 bytes"),
    ];
    for (hostile, said) in cases {
        let (_, found) = malformed(Table::parse(&hostile));
        assert!(found.starts_with(said), "{found}");
        // In a package it is two bytes further on.
        let (outer, _) = malformed(Table::parse(&hostile));
        let (inner, found) = malformed(Table::parse(&within(&hostile)));
        assert_eq!(inner, outer + 2);
        assert!(found.starts_with(said), "{found}");
        malformed(Document::parse(&hostile));
    }
    for end in [0x0e, 0x0f, 0x0c] {
        malformed(Table::parse(&[end]));
    }
}

#[test]
fn elements_nested_deeper_than_the_limit_are_refused() {
    let nested = |depth: usize| (0..depth).fold(element("a", &[], &[]), |inner, _| element("a", &[], &[inner]));
    assert!(is_document(&nested(256)));
    let (_, found) = malformed(Document::parse(&nested(257)));
    assert_eq!(found, "257");
    malformed(Document::parse(&nested(20_000)));
}

#[test]
fn a_small_file_of_very_many_attributes_is_refused() {
    let empty = bytes(4, []).repeat(1 << 18);
    assert!(is_document(&bytes(1, [bytes(3, "a"), empty[2..].to_vec()].concat())));
    let (_, found) = malformed(Document::parse(&bytes(1, [bytes(3, "a"), empty].concat())));
    assert_eq!(found, "more than 262144");
}

#[test]
fn more_values_of_one_name_than_the_limit_are_refused() {
    let one = value("", &text("x"));
    let table = |entries: &[Vec<u8>]| package(0x7f, "p", &[kind(1, "string", entries)]);
    for entries in
        [vec![entry(0, "a", &vec![one.clone(); 8193])], vec![entry(0, "a", std::slice::from_ref(&one)); 8193]]
    {
        let table = table(&entries);
        let found = Table::parse(&table).unwrap().find("string", "a");
        assert!(matches!(found, Err(AaptError::TooMany { .. })), "{found:?}");
        assert!(matches!(edit_strings(&table, &[to("a", "y")], true), Err(AaptError::TooMany { .. })));
    }
}

fn rich_table() -> Vec<u8> {
    let held = [value("", &text("x")), value("de-DE", &text("y")), value("sr-Latn", &bytes(3, bytes(1, "z")))];
    let entries = [entry(0, "a", &held), entry(1, "b", &[value("", &reference(0x7f01_0000))])];
    let raw = kind(2, "raw", &[entry(0, "c", &[value("", &bytes(5, bytes(1, "res/c")))])]);
    [unknown(), package(0x7f, "p", &[kind(1, "string", &entries), raw])].concat()
}

fn rich_document() -> Vec<u8> {
    manifest(&[
        meta("a", "x\\\\", None),
        meta("a", "7", Some(prim(6, 7))),
        meta("b", "true", Some(prim(8, 1))),
        element("activity", &[], &[words("w"), element("intent-filter", &[], &[element("data", &[], &[])])]),
    ])
}

fn survives(hostile: &[u8]) {
    crate::fuzz_bodies::aapt::aapt(hostile);
}

#[test]
fn a_file_that_is_cut_anywhere_or_has_any_bit_changed_breaks_nothing() {
    for whole in [rich_table(), rich_document()] {
        for cut in 0..whole.len() {
            survives(&whole[..cut]);
        }
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut flipped = whole.clone();
                flipped[at] ^= 1 << bit;
                survives(&flipped);
            }
            for byte in [0, 0x7f, 0x80, 0xff] {
                let mut other = whole.clone();
                other[at] = byte;
                survives(&other);
            }
        }
    }
}

#[test]
fn the_committed_bundle_reads_as_the_package_it_was_built_like() {
    use inject::format::{arsc, axml, zip::Archive};
    let read = |package: &[u8], name: &str| {
        let archive = Archive::open(package).unwrap();
        let index = archive.entries().iter().position(|entry| entry.display_name() == name).unwrap();
        archive.read(index).unwrap()
    };
    let bundle = include_bytes!("../../testdata/demo.aab").as_slice();
    let apk = include_bytes!("../../testdata/demo.apk").as_slice();
    let (proto, compiled) = (read(bundle, "base/resources.pb"), read(apk, "resources.arsc"));
    let (table, other) = (Table::parse(&proto).unwrap(), arsc::Table::parse(&compiled).unwrap());
    let names = other.names("string").unwrap();
    assert!(!names.is_empty());
    assert_eq!(table.names("string").unwrap(), names);
    for name in &names {
        assert_eq!(table.find("string", name).unwrap(), other.find("string", name).unwrap(), "{name}");
    }
    let (proto, compiled) = (read(bundle, "base/manifest/AndroidManifest.xml"), read(apk, "AndroidManifest.xml"));
    let (document, other) = (Document::parse(&proto).unwrap(), axml::Document::parse(&compiled).unwrap());
    assert_eq!(document.manifest(), other.manifest());
    let schemes = axml::filter_data(&other, DataAttribute::Scheme);
    assert_eq!(document.filter_data(DataAttribute::Scheme), schemes);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn there_and_back_is_where_it_was(one in ".{0,200}", two in ".{0,200}", between in ".{0,200}") {
        let table = strings(&[("before", &between), ("a", &one), ("behind", &between)]);
        let there = set(&table, "a", &two);
        prop_assert_eq!(read(&there, "a"), [string("default", &two)]);
        prop_assert_eq!(&set(&there, "a", &two), &there);
        prop_assert_eq!(set(&there, "a", &one), table);
        let escaped = |text: &str| text.replace('\\', "\\\\");
        let document = manifest(&[meta("b", "x", None), meta("a", &escaped(&one), None)]);
        let there = set_meta(&document, "a", &two).unwrap();
        prop_assert_eq!(metas(&there), [words_of("b", "x"), words_of("a", &two)]);
        prop_assert_eq!(set_meta(&there, "a", &one).unwrap(), document);
    }
}
