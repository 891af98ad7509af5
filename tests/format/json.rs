//! JSON by byte range.

use inject::format::json::{JsonError, Value, each, get, has_parent, set, set_all};
use inject::format::setting::Setting;
use proptest::prelude::*;

fn edit(text: &str, pointer: &str, value: &str) -> String {
    String::from_utf8(set(text.as_bytes(), pointer, value, false).unwrap()).unwrap()
}

fn create(text: &str, pointer: &str, value: &str) -> String {
    String::from_utf8(set(text.as_bytes(), pointer, value, true).unwrap()).unwrap()
}

fn error(text: &[u8], pointer: &str, create: bool) -> String {
    set(text, pointer, "v", create).unwrap_err().to_string()
}

#[test]
fn only_the_value_changes() {
    let text = "\u{feff}{\r\n\t\"b\" : 1.50e+3,\r\n\t\"a\":[ {\"k\" :\"old\" } ,null],\"u\":\"\\u00e9\\/\" }\n";
    assert_eq!(edit(text, "/a/0/k", "new"), text.replace("\"old\"", "\"new\""));
    assert_eq!(edit(text, "/b", "7"), text.replace("1.50e+3", "7"));
    assert_eq!(edit(text, "/u", "é/"), text, "what reads as the value already keeps its escapes");
    assert_eq!(edit(text, "/a/1", "x"), text.replace("null", "\"x\""));
    assert_eq!(get(text.as_bytes(), "/u").unwrap(), [Value::String("é/".into())]);
    assert_eq!(get(text.as_bytes(), "/b").unwrap(), [Value::Literal("1.50e+3".into())]);
}

#[test]
fn a_duplicate_key_is_edited_twice_and_survives() {
    let text = r#"{"EnableIntegratedSecurity":"True","x":"1","EnableIntegratedSecurity":"False"}"#;
    assert_eq!(
        edit(text, "/EnableIntegratedSecurity", "v"),
        r#"{"EnableIntegratedSecurity":"v","x":"1","EnableIntegratedSecurity":"v"}"#
    );
    assert_eq!(edit(text, "/x", "2"), text.replace("\"1\"", "\"2\""));
}

#[test]
fn elements_are_picked_by_a_member_or_all_at_once() {
    let text =
        r#"{"apps":[{"n":"A.B","p":{"id":"1"}},{"n":"C","p":{"id":"2"}},{"n":3,"p":{}},"n"],"*":{"[n=C]":"key"}}"#;
    let of = |pointer: &str| get(text.as_bytes(), pointer).unwrap();
    let id = |id: &str| Value::String(id.to_owned());
    assert_eq!(of("/apps/[n=A.B]/p/id"), [id("1")]);
    assert_eq!(of("/apps/*/p/id"), [id("1"), id("2")]);
    assert_eq!(of("/apps/[n=3]/p"), [Value::Object]);
    assert_eq!(of("/apps/[n=c]/p/id"), []);
    assert_eq!(of("/apps/[m=C]/p/id"), []);
    // In an object they are keys like any other.
    assert_eq!(of("/*/[n=C]"), [id("key")]);
    assert_eq!(edit(text, "/apps/[n=C]/p/id", "x"), text.replace("\"2\"", "\"x\""));
    assert_eq!(create(text, "/apps/[n=3]/p/id", "x"), text.replace("\"p\":{}", "\"p\":{\"id\":\"x\"}"));
    // What only picks cannot be made.
    assert!(error(text.as_bytes(), "/apps/[n=D]/p/id", true).contains("no index of it"));
    assert!(error(text.as_bytes(), "/new/[n=D]", true).contains("cannot make"));
    assert!(error(text.as_bytes(), "/apps/[n=D]/p/id", false).contains("is missing"));
    let two = r#"[{"a":{}},{"a":{}}]"#;
    assert_eq!(create(two, "/*/a/b", "x"), r#"[{"a":{"b":"x"}},{"a":{"b":"x"}}]"#);
    assert_eq!(get(br#"[{"k":"a/b~c"}]"#, "/[k=a~1b~0c]/k").unwrap(), [id("a/b~c")]);
}

#[test]
fn a_number_stays_a_number_and_a_boolean_one() {
    assert_eq!(edit(r#"{"v": 1.5e3,"s":"1"}"#, "/v", "-20"), r#"{"v": -20,"s":"1"}"#);
    assert_eq!(edit(r#"{"v":1,"s":"1"}"#, "/s", "2"), r#"{"v":1,"s":"2"}"#);
    for text in ["x", "", "1x", "01", "+1", " 1", "1 ", "--1"] {
        let error = set(br#"{"v":1}"#, "/v", text, false).unwrap_err();
        assert!(matches!(error, JsonError::Type { kind: "a number", .. }), "{text}: {error}");
    }
    assert_eq!(edit(r#"{"v":true}"#, "/v", "false"), r#"{"v":false}"#);
    assert!(
        error(br#"{"v":true}"#, "/v", false)
            .starts_with("\"/v\" is a boolean at line 1, column 6 (byte 0x5), which the given")
    );
    assert_eq!(edit(r#"{"v":null}"#, "/v", "true"), r#"{"v":"true"}"#, "null says nothing of a type");
}

#[test]
fn values_are_escaped_and_pointers_unescaped() {
    assert_eq!(edit(r#"{"a/b":{"m~n":"x"}}"#, "/a~1b/m~0n", "q\"\\\n\u{1}é"), r#"{"a/b":{"m~n":"q\"\\\n\u0001é"}}"#);
    assert_eq!(edit(r#"{"":"x"}"#, "/", "y"), r#"{"":"y"}"#);
    assert_eq!(edit(r#"{"\u0061":"x"}"#, "/a", "y"), r#"{"\u0061":"y"}"#, "keys are compared decoded");
    assert_eq!(edit("\"whole\"", "", "y"), "\"y\"");
}

#[test]
fn creating_follows_the_document() {
    assert_eq!(create("{\n  \"a\": 1\n}", "/b", "v"), "{\n  \"a\": 1,\n  \"b\": \"v\"\n}");
    assert_eq!(create("{\"a\":1}", "/b", "v"), "{\"a\":1,\"b\":\"v\"}");
    assert_eq!(create("{}", "/b/c", "v"), "{\"b\":{\"c\":\"v\"}}");
    assert_eq!(create("{ }", "/b", "v"), "{\"b\":\"v\" }");
    assert_eq!(create("{\"l\": []}", "/l/0", "v"), "{\"l\": [\"v\"]}");
    assert_eq!(create("{\"l\": [\n 1]}", "/l/-", "v"), "{\"l\": [\n 1,\n \"v\"]}");
    assert_eq!(create("{\"a\" : 1}", "/b/c", "v"), "{\"a\" : 1,\"b\" : {\"c\" : \"v\"}}");
    assert_eq!(create("{\"b\":\"old\"}", "/b", "v"), "{\"b\":\"v\"}");
}

#[test]
fn what_cannot_be_is_said_exactly() {
    assert_eq!(error(b"{\"a\":1,\"b\":2}", "/c", false), "nothing at \"/c\": \"c\" is missing; there: a, b");
    assert!(error(b"{\"a\":{}}", "/a", false).contains("\"/a\" is an object at line 1, column 6"));
    assert!(error(b"{\"a\":1}", "/a/b", true).contains("\"/a\" is no object or array"));
    assert!(error(b"[1]", "/5", true).contains("\"5\" is no index"));
    assert!(error(b"[1]", "/00", true).contains("\"00\" is no index"));
    assert!(error(b"{}", "a", false).contains("is not a JSON pointer"));
    assert!(error(b"{}", "/a~2", false).contains("is not a JSON pointer"));
    assert!(
        error(b"{\n \"a\": tru}", "/a", false).contains("line 2, column 7 (byte 0x8): expected a value, found 't'")
    );
    assert!(error(b"{\"a\":1,}", "/a", false).contains("expected a key in quotes"));
    assert!(error(b"{\"a\":01}", "/a", false).contains("expected ',' or '}'"));
    assert!(error(b"{\"a\":\"\\x\"}", "/a", false).contains("expected an escape character"));
    assert!(error(b"{\"a\":1} x", "/a", false).contains("expected the end of the document"));
    assert!(error(b"{\"a\":\"\xff\"}", "/a", false).contains("byte 0x6 is not UTF-8"));
    assert!(error(b"\xff\xfe{\0}\0", "/a", false).contains("UTF-16"));
    assert!(error(b"{\0}\0", "/a", false).contains("UTF-16"));
    assert!(error(b"\0{\0}", "/a", false).contains("UTF-16"));
    // A NUL alone is no UTF-16.
    assert!(error(b"{\0\"a\":1}", "/a", false).contains("(byte 0x1): expected a key in quotes, found '\\0'"));
    assert!(error(b"\0\0\0\0", "/a", false).contains("expected a value, found '\\0'"));
    assert!(error(b"", "/a", false).contains("found the end of the file"));
    let deep = ["[".repeat(100_000), "]".repeat(100_000)].concat();
    assert!(matches!(set(deep.as_bytes(), "/0", "v", false), Err(JsonError::Depth { .. })));
}

#[test]
fn a_step_of_two_stars_is_any_depth_and_each_value_once() {
    let text = r#"{"id":"0","a":[{"id":"1","b":{"id":"2"}}],"**":{"c":{"id":"3"}}}"#;
    let ids = |pointer: &str| {
        let found = get(text.as_bytes(), pointer).unwrap();
        found
            .into_iter()
            .map(|value| if let Value::String(id) = value { id } else { panic!("{pointer}") })
            .collect::<String>()
    };
    assert_eq!(ids("/**/id"), "0123");
    assert_eq!(ids("/**/**/id"), "0123");
    assert_eq!(ids("/a/**/id"), "12");
    assert_eq!(ids("/**/[id=2]/id"), "2");
    assert_eq!(edit(text, "/**/b/id", "x"), text.replace("\"2\"", "\"x\""));
    assert_eq!(edit(text, "/**/id", "x").matches("\"x\"").count(), 4);
    // It does not say where something is to be made.
    assert!(error(text.as_bytes(), "/**/new", true).contains("cannot make"));
}

#[test]
fn a_member_picks_the_object_itself_where_no_key_has_that_name() {
    let text =
        r#"{"p":{"main":"True","id":"1"},"q":{"main":"False","id":"2"},"r":{"main":"True","[main=True]":{"id":"3"}}}"#;
    let id = |text: &str| Value::String(text.to_owned());
    assert_eq!(get(text.as_bytes(), "/p/[main=True]/id").unwrap(), [id("1")]);
    assert_eq!(get(text.as_bytes(), "/q/[main=True]/id").unwrap(), []);
    assert_eq!(get(text.as_bytes(), "/r/[main=True]/id").unwrap(), [id("3")]);
}

#[test]
fn a_pick_is_decided_by_what_follows_it() {
    let text = r#"{"l":[{"id":"1","k":"x"},{"id":"2","in":{"k":"x","id":"3"}},{"\u006b":"x","id":"4"},{"k":{"k":"x"},"id":"5"}]}"#;
    let ids = |pointer: &str| {
        let found = get(text.as_bytes(), pointer).unwrap();
        let text = |value| if let Value::String(text) = value { text } else { String::new() };
        found.into_iter().map(text).collect::<String>()
    };
    assert_eq!(ids("/l/[k=x]/id"), "14");
    assert_eq!(ids("/**/[k=x]/id"), "134");
    assert_eq!(ids("/l/*/in/[k=x]/id"), "3");
    assert_eq!(ids("/l/[**=x]/id"), "1245", "any member, at any depth");
    // What is wrong behind a place is said all the same.
    for (pointer, damaged) in [("/a", r#"{"a":"1","b":[}"#), ("/[k=x]/a", r#"{"k":"x","a":"1",}"#)] {
        assert!(matches!(get(damaged.as_bytes(), pointer), Err(JsonError::Syntax { .. })), "{damaged}");
    }
}

#[test]
fn a_large_document_is_followed_and_edited_by_what_is_asked_for() {
    let items: Vec<String> = (0..20_000).map(|n| format!(r#"{{"i":{n},"v":[1,{{"a":"b"}}]}}"#)).collect();
    let text = format!(r#"{{"first":"x","items":[{}],"last":"x"}}"#, items.join(","));
    for pointer in ["/first", "/last"] {
        let key = format!("\"{}\":", pointer.trim_start_matches('/'));
        assert_eq!(edit(&text, pointer, "new"), text.replace(&format!("{key}\"x\""), &format!("{key}\"new\"")));
    }
    assert_eq!(get(text.as_bytes(), "/items/19999/v/1/a").unwrap(), [Value::String("b".into())]);
    assert_eq!(get(text.as_bytes(), "/items/*/i").unwrap().len(), 20_000);
    assert_eq!(get(text.as_bytes(), "/items/[i=777]/i").unwrap(), [Value::Literal("777".into())]);
}

#[test]
fn a_parent_is_all_but_the_last_step() {
    let text = br#"{"a":{"b":"1"},"l":[{"n":"x"}]}"#;
    for (pointer, there) in
        [("/new", true), ("/a/b", true), ("/a/c", true), ("/b/c", false), ("/l/[n=x]/y", true), ("/l/[n=z]/y", false)]
    {
        assert_eq!(has_parent(text, pointer).unwrap(), there, "{pointer}");
    }
    assert!(has_parent(b"{", "/a").is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn an_independent_reader_sees_the_edit_and_nothing_else(value in ".*", old in ".*", key in "[a-z~/\"é]{0,4}") {
        let document = serde_json::json!({ "before": [1, {"x": old}], &key: old, "unrelated": null });
        let text = serde_json::to_string_pretty(&document).unwrap();
        let pointer = format!("/{}", key.replace('~', "~0").replace('/', "~1"));
        let edited = set(text.as_bytes(), &pointer, &value, false).unwrap();
        let mut expected = document.clone();
        expected[&key] = value.clone().into();
        prop_assert_eq!(serde_json::from_slice::<serde_json::Value>(&edited).unwrap(), expected);
        prop_assert_eq!(get(&edited, &pointer).unwrap(), vec![Value::String(value)]);
        let back = set(&edited, &pointer, &old, false).unwrap();
        prop_assert_eq!(String::from_utf8(back).unwrap(), text);
    }

    #[test]
    fn what_we_accept_is_what_serde_accepts(text in "[\\[\\]{}:,\"0-9a-eE+.\\\\ nulltrfs-]{0,12}") {
        let ours = get(text.as_bytes(), "").is_ok();
        // Numbers beyond a double are valid JSON that the other reader refuses.
        let theirs = serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok();
        prop_assert_eq!(ours, theirs, "{}", text);
    }

    #[test]
    fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), pointer in "(/[a-z0-9~-]{0,3}){0,3}") {
        let _ = get(&bytes, &pointer);
        let _ = set(&bytes, &pointer, "v", true);
    }
}

#[test]
fn several_values_mean_what_was_there_before() {
    let text = r#"{"apps":[{"n":"A","id":"1"},{"n":"B","id":"2"}]}"#;
    let edit = |at, value, create| Setting { at, value, create };
    let all = |edits: &[Setting<'_>]| set_all(text.as_bytes(), edits).map(|bytes| String::from_utf8(bytes).unwrap());
    let edits = [edit("/apps/[n=A]/n", "C", false), edit("/apps/[n=A]/id", "9", false), edit("/new/k", "v", true)];
    let expected = r#"{"apps":[{"n":"C","id":"9"},{"n":"B","id":"2"}],"new":{"k":"v"}}"#;
    assert_eq!(all(&edits).unwrap(), expected);
    let backwards: Vec<Setting<'_>> = edits.into_iter().rev().collect();
    assert_eq!(all(&backwards).unwrap(), expected, "in any order");
    // What one makes, another may need.
    let edits = [edit("/new/a", "1", true), edit("/new/b", "2", true)];
    assert!(all(&edits).unwrap().ends_with(r#","new":{"a":"1","b":"2"}}"#));
    // One place, two values, also where one of them is there already.
    let twice = [edit("/apps/0/id", "1", false), edit("/apps/[n=A]/id", "9", false)];
    assert!(matches!(all(&twice), Err(JsonError::Conflict { .. })));
    let same = [edit("/apps/0/id", "9", false), edit("/apps/[n=A]/id", "9", false)];
    assert_eq!(all(&same).unwrap(), text.replace("\"1\"", "\"9\""));
}

#[test]
fn values_below_each_element() {
    let text = |text: &str| Value::String(text.to_owned());
    let bytes = br#"{"apps":[{"n":"a","p":{"q":"1"}},{"p":{"q":"2","q":"3"}},7,{"n":"b"}]}"#;
    assert_eq!(
        each(bytes, "/apps/*", &["/n", "/p/q"]).unwrap(),
        [
            [vec![text("a")], vec![text("1")]],
            [vec![], vec![text("2"), text("3")]],
            [vec![], vec![]],
            [vec![text("b")], vec![]],
        ]
    );
    assert!(each(bytes, "/none/*", &["/n"]).unwrap().is_empty());
    assert!(each(bytes, "/apps/*", &["n"]).is_err() && each(b"{", "/apps", &["/n"]).is_err());
}
