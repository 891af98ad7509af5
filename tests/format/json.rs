//! JSON by byte range.

use inject::format::json::{JsonError, find, read, set};
use proptest::prelude::*;

fn put(text: &str, pointer: &str, value: &str) -> String {
    String::from_utf8(set(text.as_bytes(), pointer, value, false).unwrap()).unwrap()
}

fn create(text: &str, pointer: &str, value: &str) -> String {
    String::from_utf8(set(text.as_bytes(), pointer, value, true).unwrap()).unwrap()
}

#[test]
fn only_the_value_changes() {
    let text = "\u{feff}{ \"a\" :\t{\"b\": [1, \"x\" ,2] },\r\n\"c\":null}\n";
    assert_eq!(put(text, "/a/b/1", "q\"\\\n\u{1}\u{e9}"), text.replace("\"x\"", "\"q\\\"\\\\\\n\\u0001\u{e9}\""));
    assert_eq!(put(text, "/c", "y"), text.replace("null", "\"y\""));
    assert_eq!(put(text, "/a/b/0", "1"), text.replace("[1", "[\"1\""));
    assert_eq!(put(r#"{"a":"\u0062"}"#, "/a", "b"), r#"{"a":"\u0062"}"#, "an equal value stays as it is written");
}

#[test]
fn pointers_are_those_of_rfc_6901() {
    let text = r#"{"foo":["bar","baz"],"":"0","a/b":"1","c%d":"2","m~n":"8"," ":"7","\u0061":"x"}"#;
    let all = [("/foo/0", "bar"), ("/", "0"), ("/a~1b", "1"), ("/c%d", "2"), ("/m~0n", "8"), ("/ ", "7"), ("/a", "x")];
    for (pointer, value) in all {
        assert_eq!(read(text.as_bytes(), pointer).unwrap(), [value]);
    }
    assert_eq!(find(text.as_bytes(), "").unwrap()[0].range, 0..text.len());
    assert!(matches!(read(b"{}", "a"), Err(JsonError::Pointer { .. })));
    assert!(matches!(read(b"{}", "/~2"), Err(JsonError::Pointer { .. })));
    assert_eq!(find(text.as_bytes(), "/foo/00").unwrap(), []);
}

#[test]
fn every_duplicate_is_edited() {
    let text = r#"{"a":{"k":"1"},"a":{"k":"2","k":"3"}}"#;
    assert_eq!(read(text.as_bytes(), "/a/k").unwrap(), ["1", "2", "3"]);
    assert_eq!(put(text, "/a/k", "x"), r#"{"a":{"k":"x"},"a":{"k":"x","k":"x"}}"#);
}

#[test]
fn creation_follows_the_formatting() {
    assert_eq!(create("{\n    \"a\": 1\n}\n", "/b", "x"), "{\n    \"a\": 1,\n    \"b\": \"x\"\n}\n");
    assert_eq!(create(r#"{"a":1}"#, "/b", "x"), r#"{"a":1,"b":"x"}"#);
    assert_eq!(create(r#"{"a": 1}"#, "/b", "x"), r#"{"a": 1, "b": "x"}"#);
    assert_eq!(create("{}", "/a/b", "x"), r#"{"a":{"b":"x"}}"#);
    assert_eq!(create("{\r\n\t\"a\": {}\r\n}", "/a/b", "x"), "{\r\n\t\"a\": {\r\n\t\t\"b\": \"x\"\r\n\t}\r\n}");
    assert_eq!(create(r#"{"a":[1]}"#, "/a/-", "x"), r#"{"a":[1,"x"]}"#);
    assert_eq!(create(r#"{"a":[]}"#, "/a/0", "x"), r#"{"a":["x"]}"#);
    for (text, pointer) in [(r#"{"a":[1]}"#, "/a/5"), (r#"{"a":1}"#, "/a/b"), ("1", "/a"), ("{}", "/a/0")] {
        assert!(
            matches!(set(text.as_bytes(), pointer, "x", true), Err(JsonError::CannotCreate { .. })),
            "{text} {pointer}"
        );
    }
    assert!(matches!(set(b"{}", "/a", "x", false), Err(JsonError::NotFound { .. })));
}

#[test]
fn what_is_refused_says_why_and_where() {
    let error = set(b"{\"a\":{}}", "/a", "x", false).unwrap_err().to_string();
    assert!(error.contains("found an object") && error.contains("offset 5"), "{error}");
    let error = set(b"{\n \"a\": tru}", "/a", "x", false).unwrap_err().to_string();
    assert!(error.starts_with("line 2, column 7 (offset 8)"), "{error}");
    for bad in ["", "{", "{\"a\":1,}", "[1,]", "01", "1.", "\"\\x\"", "\"\n\"", "{} {}", "nul", "-", "1e", "{a:1}"] {
        assert!(matches!(set(bad.as_bytes(), "/a", "x", true), Err(JsonError::Syntax { .. })), "{bad}");
    }
    let wide: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(set(&wide, "/a", "x", true), Err(JsonError::Utf16));
    assert_eq!(set(&[&[0xff, 0xfe], wide.as_slice()].concat(), "/a", "x", true), Err(JsonError::Utf16));
    let deep = "[".repeat(100_000);
    assert!(matches!(find(deep.as_bytes(), "/0"), Err(JsonError::Syntax { .. })));
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf =
        prop_oneof![Just(serde_json::Value::Null), any::<i32>().prop_map(Into::into), ".{0,8}".prop_map(Into::into)];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from);
        let map = prop::collection::btree_map("[ab~/]{1,2}", inner, 0..4);
        prop_oneof![list, map.prop_map(|map| serde_json::Value::Object(map.into_iter().collect()))]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// serde_json is the judge.
    #[test]
    fn an_edit_is_what_serde_would_do(value in any_json(), a in "[ab~/]{1,2}", b in "[ab~/]{1,2}", text in ".{0,9}", pretty: bool) {
        let bytes = if pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) }.unwrap();
        let escape = |key: &str| key.replace('~', "~0").replace('/', "~1");
        let pointer = format!("/{}/{}", escape(&a), escape(&b));
        let mut expected = value.clone();
        match set(&bytes, &pointer, &text, false) {
            Ok(edited) => {
                *expected.pointer_mut(&pointer).unwrap() = text.clone().into();
                prop_assert_eq!(serde_json::from_slice::<serde_json::Value>(&edited).unwrap(), expected);
            }
            Err(JsonError::NotFound { .. }) => prop_assert!(expected.pointer(&pointer).is_none()),
            Err(_) => prop_assert!(expected.pointer(&pointer).unwrap().is_object() || expected.pointer(&pointer).unwrap().is_array()),
        }
        if let Ok(created) = set(&bytes, &pointer, &text, true) {
            let created: serde_json::Value = serde_json::from_slice(&created).unwrap();
            prop_assert_eq!(created.pointer(&pointer), Some(&text.into()));
        }
    }
}
