//! The fuzz bodies on random bytes and on damaged fixtures.

use proptest::prelude::*;

use super::build::arsc::{Body, Layout, package, pool, strings, table};
use super::build::axml::manifest;
use crate::fuzz_bodies::{archive, differential, metamorphic, nested, resources as fuzz_bodies};

fn tables() -> Vec<Vec<u8>> {
    [Layout::Dense, Layout::Offset16, Layout::Sparse]
        .into_iter()
        .map(|layout| {
            let entries =
                [Some((0, Body::String(0))), Some((1, Body::Compact(1))), Some((2, Body::Bag(vec![(3, 0), (16, 7)])))];
            let mut values = pool(&["styled", "one", "b", "two"]);
            values.styles = vec![vec![(2, 0, 1)]];
            let mut flagged = strings(layout, "de", &entries);
            flagged.flagged = Some(3);
            table(&values, &[package(&["string"], &["s", "a", "b"], vec![strings(layout, "", &entries), flagged])])
        })
        .collect()
}

fn damage(mut bytes: Vec<u8>, changes: &[(prop::sample::Index, u8)], cut: Option<prop::sample::Index>) -> Vec<u8> {
    for (at, byte) in changes {
        let at = at.index(bytes.len());
        bytes[at] = *byte;
    }
    if let Some(cut) = cut {
        bytes.truncate(cut.index(bytes.len()));
    }
    bytes
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    let byte = prop_oneof![any::<u8>(), Just(0), Just(1), Just(0xff)];
    prop::collection::vec((any::<prop::sample::Index>(), byte), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        fuzz_bodies::arsc(&bytes);
        fuzz_bodies::axml(&bytes);
        crate::fuzz_bodies::aapt::aapt(&bytes);
        fuzz_bodies::text(&bytes);
        crate::fuzz_bodies::site::site(&bytes);
        crate::fuzz_bodies::project::project(&bytes);
        archive::any(&bytes);
        differential::any(&bytes);
    }

    #[test]
    fn archives_of_every_kind(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        archive::edited(&bytes);
        nested::nested(&bytes);
    }

    #[test]
    fn damaged_archives(changes in changes(), cut in any::<Option<prop::sample::Index>>()) {
        let demo = include_bytes!("../../testdata/demo.apk");
        archive::any(&damage(demo.to_vec(), &changes, None));
        archive::any(&damage(demo.to_vec(), &changes, cut));
    }

    #[test]
    fn damaged_tables(which in 0..3_usize, changes in changes(), cut in any::<Option<prop::sample::Index>>()) {
        fuzz_bodies::arsc(&damage(tables()[which].clone(), &changes, None));
        fuzz_bodies::arsc(&damage(tables()[which].clone(), &changes, cut));
    }

    #[test]
    fn damaged_manifests(utf16: bool, mapped: bool, changes in changes()) {
        let bytes = manifest(utf16, mapped, if mapped { &[("a", Some("x")), ("b", None)] } else { &[] });
        fuzz_bodies::axml(&damage(bytes, &changes, None));
    }

    #[test]
    fn nearly_text(text in "[\\[\\]{}\":,ab01 \\\\/<>&;='!\\-\n#u]{0,60}") {
        fuzz_bodies::text(text.as_bytes());
        crate::fuzz_bodies::site::site(text.as_bytes());
        crate::fuzz_bodies::project::project(text.as_bytes());
        let _ = metamorphic::documents(text.as_bytes());
        differential::any(text.as_bytes());
    }

    #[test]
    fn nearly_documents(
        kind in 0..5_usize,
        words in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..8),
    ) {
        let word = |(is_any, which): &(prop::sample::Index, prop::sample::Index)| {
            let own = if is_any.index(8) == 0 { VALUES } else { WORDS[kind] };
            own[which.index(own.len())]
        };
        let inner: String = words.iter().map(word).collect();
        let [head, tail] = FRAMES[kind];
        let text = format!("{head}{inner}{tail}");
        let _ = metamorphic::documents(text.as_bytes());
        differential::any(text.as_bytes());
    }
}

/// Found by fuzzing: an extra field that is not as it would be written, of an entry that is aligned as it is.
#[test]
fn archives_that_left_a_trace() {
    archive::edited(include_bytes!("damaged_extra.fuzz"));
}

/// A member that stands twice, of which only the first has the place: what another reader drops is read and edited here.
#[test]
fn readers_are_compared_where_both_see_the_place() {
    for text in
        [r#"{"a":[{"b":"y"}],"a":"x"}"#, r#"{"a":"x","a":[{"b":"y"}]}"#, r#"{"a":"x","a":7}"#, "<a b='x\n\0y'/>"]
    {
        differential::any(text.as_bytes());
    }
}

#[test]
fn values_leave_no_trace() {
    for table in tables() {
        assert!(metamorphic::compiled(&table) > 0);
    }
    for (utf16, mapped) in [(false, false), (false, true), (true, false), (true, true)] {
        for meta_data in [&[][..], &[("a", Some("x")), ("b", None)], &[("a", Some("plain")), ("b", Some("x"))]] {
            if mapped || meta_data.is_empty() {
                assert!(metamorphic::compiled(&manifest(utf16, mapped, meta_data)) > 0, "{utf16} {mapped}");
            }
        }
    }
}

/// Each kind has something to compare.
#[test]
fn every_kind_of_document_is_compared() {
    let first = ["\"x\"", "x", "<key>a</key><string>x</string>", "x", "\"x\""];
    for ([head, tail], value) in FRAMES.iter().zip(first) {
        let text = format!("{head}{value}{tail}");
        assert!(metamorphic::documents(text.as_bytes()) > 0, "{text}");
    }
}

/// JSON, XML, property lists, properties, JavaScript: around what is put together.
const FRAMES: [[&str; 2]; 5] = [
    ["{\"a\":", "}"],
    ["<a b='x'>", "</a>"],
    ["<plist><dict>", "</dict></plist>"],
    ["a=", "\n"],
    ["var a={NAME:", "};"],
];

/// What it is put together of.
const WORDS: [&[&str]; 5] = [
    &[
        "\"x\"",
        "\"\\u0078\"",
        "\"\"",
        ",\"a\":",
        "[{\"b\":\"y\"}]",
        "{\"b\":\"z\"}",
        "7",
        "null",
        " ",
        "/*c*/",
        "[",
        "]",
        "}",
    ],
    &[
        "x",
        "&#120;",
        "&lt;",
        "<![CDATA[x]]>",
        "<![CDATA[]]]]><![CDATA[>]]>",
        "<b>y</b>",
        "<b/>",
        "<!--c-->",
        " ",
        "\n",
        "<?p i?>",
        "]]&gt;",
    ],
    &[
        "<key>a</key>",
        "<string>x</string>",
        "<string/>",
        "<string><![CDATA[x]]></string>",
        "<integer>7</integer>",
        "<data>eHg=</data>",
        "<array><dict><key>b</key><string>y</string></dict></array>",
        "<true/>",
        "<!--c-->",
        "\n",
    ],
    &["x", "\\u0078", "\\\n ", "\n", "a:", "b=", "#c", "!c", " ", "\\=", "\t", "\u{e9}"],
    &[
        "\"x\"",
        "'x'",
        "`x`",
        "'\\x78'",
        "||",
        "??",
        "?",
        ":",
        "(",
        ")",
        "c",
        "+",
        ",NAME:",
        "};b={NAME:",
        "};a.NAME=",
        "\"\"",
        "!",
        "=>",
        "get NAME(){return ",
        "}",
        "/*c*/",
        "\n",
    ],
];

/// Of any kind.
const VALUES: &[&str] = &["</script", "\u{1f600}", "\u{2028}", "\\", "\u{1a}\0\0\0", "\"", "'", "`", "${", "]]>", "&"];
