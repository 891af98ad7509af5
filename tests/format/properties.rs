//! Java properties by byte range.

use inject::format::properties::{get, set};
use proptest::prelude::*;

fn edit(text: &str, key: &str, value: &str) -> String {
    String::from_utf8(set(text.as_bytes(), key, value, false).unwrap()).unwrap()
}

#[test]
fn only_the_value_changes() {
    let text = "# a comment\r\n! another = one\r\n  a.b : old value \r\nc=1\\\r\n   2\r\nd\r\n\r\ne==x\r\n";
    assert_eq!(edit(text, "a.b", "new"), text.replace("old value ", "new"));
    assert_eq!(get(text.as_bytes(), "c").unwrap(), ["12"]);
    assert_eq!(edit(text, "c", "3"), text.replace("1\\\r\n   2", "3"));
    assert_eq!(edit(text, "d", "4"), text.replace("\nd\r", "\nd=4\r"));
    assert_eq!(get(text.as_bytes(), "e").unwrap(), ["=x"]);
    assert_eq!(edit(text, "e", "y"), text.replace("e==x", "e=y"));
}

#[test]
fn keys_and_values_are_decoded() {
    assert_eq!(get(b"a\\ b\\=c=\\u00e9\\ud83d\\ude00\\t", "a b=c").unwrap(), ["é😀\t"]);
    assert_eq!(get("k=é".as_bytes(), "k").unwrap(), ["é"], "UTF-8");
    assert_eq!(get(b"k=\xe9", "k").unwrap(), ["é"], "ISO 8859-1");
    assert_eq!(edit("k=x", "k", " é\\😀"), "k=\\ \\u00E9\\\\\\uD83D\\uDE00");
}

#[test]
fn duplicates_are_all_edited_and_a_missing_key_is_made_on_request() {
    assert_eq!(edit("k=1\nx=2\nk=3", "k", "v"), "k=v\nx=2\nk=v");
    let message = set(b"k=1", "z", "v", false).unwrap_err().to_string();
    assert_eq!(message, "no key \"z\"; there: k");
    assert_eq!(set(b"k=1\r\nl=2", "a b", "v", true).unwrap(), b"k=1\r\nl=2\r\na\\ b=v\r\n");
    assert_eq!(set(b"", "z", "v", true).unwrap(), b"z=v\n");
    for unfinished in ["k=1\\", "k=1\\\n", "k=1\\\r\n", "k=1\\\r", "k=1\\\r\r\\\r", "k=1\\\\"] {
        let made = set(unfinished.as_bytes(), "z", "v", true).unwrap();
        assert_eq!(get(&made, "z").unwrap(), ["v"], "{unfinished:?}");
    }
    assert!(set(b"\xff\xfek\0", "k", "v", true).unwrap_err().to_string().contains("UTF-16"));
}

#[test]
fn an_equal_value_keeps_its_escapes() {
    for (text, value) in [("k = \\u0041b\r\n", "Ab"), ("k=a\\\n  b\nx=1", "ab"), ("k", ""), ("k:\\ x\nk=y", " x")] {
        let edited = set(text.as_bytes(), "k", value, false).unwrap();
        let expected = text.replace("k=y", "k=\\ x");
        assert_eq!(String::from_utf8(edited).unwrap(), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_set_reads_back(key in "[^\\p{Cc}]{1,8}", value in "\\PC*", other in "[a-z]{3}") {
        let text = format!("{other}1=x\n");
        let made = set(text.as_bytes(), &key, &value, true).unwrap();
        prop_assert_eq!(get(&made, &key).unwrap(), vec![value]);
        let empty = set(&made, &key, "", false).unwrap();
        prop_assert_eq!(get(&empty, &key).unwrap(), vec![""]);
    }

    #[test]
    fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = get(&bytes, "a");
        let _ = set(&bytes, "a", "v", true);
    }
}
