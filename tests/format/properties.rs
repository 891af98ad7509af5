//! Java properties.

use inject::format::properties::{PropertiesError, keys, read, set};
use proptest::prelude::*;

const TEXT: &[u8] = b"# a=comment\r\n! b=comment\r\n  plain = one two \r\ncolon:x\r\nspace   y\r\nlong = a,\\\r\n   b\r\nk\\ e\\:y=z\r\ndup=1\r\ndup=2\r\nbare\r\nlatin=caf\xe9\r\nuni=\\u00e9\\t\r\n";

fn get(key: &str) -> Option<String> {
    read(TEXT, key).unwrap()
}

#[test]
fn values_are_read_as_java_reads_them() {
    let all = [
        ("plain", "one two "),
        ("colon", "x"),
        ("space", "y"),
        ("long", "a,b"),
        ("k e:y", "z"),
        ("dup", "2"),
        ("bare", ""),
        ("latin", "caf\u{e9}"),
        ("uni", "\u{e9}\t"),
    ];
    for (key, value) in all {
        assert_eq!(get(key).as_deref(), Some(value), "{key}");
    }
    assert_eq!((get("a"), get("# a")), (None, None));
    assert_eq!(keys(TEXT).unwrap().len(), 10);
}

#[test]
fn only_the_value_changes() {
    let cases: [(&str, &str, &[u8], &[u8]); 5] = [
        ("plain", "\u{e9}\u{1F600}", b"one two ", b"\\u00E9\\uD83D\\uDE00"),
        ("long", " x", b"a,\\\r\n   b", b"\\ x"),
        ("dup", "3", b"dup=1\r\ndup=2", b"dup=3\r\ndup=3"),
        ("bare", "v", b"bare", b"bare=v"),
        ("k e:y", "a\\b\n", b"=z", b"=a\\\\b\\n"),
    ];
    for (key, value, old, new) in cases {
        let at = TEXT.windows(old.len()).position(|window| window == old).unwrap();
        let expected = [&TEXT[..at], new, &TEXT[at + old.len()..]].concat();
        assert_eq!(set(TEXT, key, value, false).unwrap(), expected, "{key}");
    }
    assert_eq!(set(TEXT, "uni", "\u{e9}\t", false).unwrap(), TEXT, "an equal value stays as it is written");
}

#[test]
fn creation_appends_a_line_of_the_files_kind() {
    assert_eq!(set(b"a=1\r\nb=2", "c d", "3", true).unwrap(), b"a=1\r\nb=2\r\nc\\ d=3\r\n");
    assert_eq!(set(b"", "a", "1", true).unwrap(), b"a=1\n");
    assert_eq!(read(&set(b"a=1\\\n", "b", "2", true).unwrap(), "b").unwrap().as_deref(), Some("2"));
    assert_eq!(read(&set(b"a=1\\", "b", "2", true).unwrap(), "b").unwrap().as_deref(), Some("2"));
    assert_eq!(set(b"a\\", "a", "1", false).unwrap(), b"a=1", "a backslash at the end escapes nothing");
    assert!(matches!(set(TEXT, "none", "x", false), Err(PropertiesError::NotFound { .. })));
    assert_eq!(set(&[0xff, 0xfe, b'a', 0], "a", "x", true), Err(PropertiesError::Utf16));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(key in "[ -~\u{e9}]{1,8}", a in any::<String>(), b in "[ -~\n]{0,9}") {
        let first = set(TEXT, &key, &a, true).unwrap();
        prop_assert_eq!(read(&first, &key).unwrap(), Some(a.clone()));
        let there = set(&first, &key, &b, false).unwrap();
        prop_assert_eq!(set(&there, &key, &a, false).unwrap(), first);
    }
}
