//! A text by value: where it stands by itself, and nowhere else.

use inject::format::setting::Setting;
use inject::format::verbatim::{VerbatimError, count, set_all};

fn set(content: &[u8], values: &[(&str, &str)]) -> Result<Vec<u8>, VerbatimError> {
    let settings: Vec<Setting<'_>> = values.iter().map(|(at, value)| Setting { at, value, create: false }).collect();
    set_all(content, &settings)
}

#[test]
fn a_text_that_stands_by_itself_is_found_whatever_surrounds_it() {
    for content in [
        "old-id",
        "\"old-id\"",
        "a='old-id';b",
        "<meta content=old-id>",
        "<p>old-id</p>",
        "<!--old-id-->",
        "ID=old-id\nB=1",
        "The id is old-id. It",
        "https://example.com/old-id/x?old=1",
        "?id=old-id&x=1",
        r#"self.push([1,"{\"id\":\"old-id\"}"])"#,
        r#""\nold-id""#,
        r#""\\\told-id""#,
        r"\x22old-id\x22",
        r"\u0022old-id\u0022",
        "%22old-id%22",
        "--old-id--",
        "..old-id..",
        "id:old-id,",
        "\u{feff}old-id".trim_start_matches('\u{feff}'),
    ] {
        assert_eq!(count(content.as_bytes(), "old-id").unwrap(), 1, "{content}");
        let new = set(content.as_bytes(), &[("old-id", "the_new.id")]).unwrap();
        assert_eq!(String::from_utf8(new.clone()).unwrap(), content.replace("old-id", "the_new.id"));
        assert_eq!(set(&new, &[("the_new.id", "old-id")]).unwrap(), content.as_bytes());
    }
}

#[test]
fn a_part_of_a_longer_text_stays() {
    for content in [
        "xold-id",
        "old-idx",
        "7old-id",
        "_old-id",
        "old-id_",
        "my-old-id",
        "old-id-2",
        "www.old-id",
        "old-id.com",
        "\u{e9}old-id",
        "old-id\u{e9}",
        r"\\nold-id",
        r"\qold-id",
        r"x22old-id",
        r"\\x22old-id",
        "%2old-id",
        "u0022old-id",
    ] {
        assert_eq!(count(content.as_bytes(), "old-id").unwrap(), 0, "{content}");
        let error = set(content.as_bytes(), &[("old-id", "new")]).unwrap_err();
        assert_eq!(error, VerbatimError::NotFound { text: "old-id".to_owned() });
    }
    let content = b"a old-id\nmy-old-id old-id";
    assert_eq!(set(content, &[("old-id", "new")]).unwrap(), b"a new\nmy-old-id new");
}

#[test]
fn values_go_in_at_once_and_the_longest_text_counts() {
    assert_eq!(set(b"a b", &[("a", "b"), ("b", "c")]).unwrap(), b"b c");
    let both = [("old", "1"), ("old/secret", "2")];
    assert_eq!(set(b"old old/secret", &both).unwrap(), b"1 2");
    // Where only the longer one stands, the shorter one is not there.
    assert_eq!(set(b"old/secret", &both).unwrap_err(), VerbatimError::NotFound { text: "old".to_owned() });
    // What is a part of a longer word hides none that stands by itself.
    assert_eq!(set(b"a bc a b", &[("a", "1"), ("a b", "2")]).unwrap(), b"1 bc 2");
    assert_eq!(
        set(b"a b c", &[("a b", "1"), ("b c", "2"), ("c", "3")]).unwrap_err(),
        VerbatimError::NotFound { text: "b c".to_owned() }
    );
    assert_eq!(set(b"a", &[("a", "b"), ("a", "b")]).unwrap(), b"b");
    assert_eq!(set(b"a", &[("a", "b"), ("a", "c")]).unwrap_err(), VerbatimError::Conflict { text: "a".to_owned() });
}

#[test]
fn a_value_that_would_have_to_be_quoted_is_refused_and_not_shown() {
    assert_eq!(set(b"a", &[("a", "zA9-._~+/=:@")]).unwrap(), b"zA9-._~+/=:@");
    for value in
        ["s3\"x", "s3'x", "s3\\x", "s3<x", "s3&x", "s3 x", "s3`x", "s3$x", "s3{x", "s3\nx", "s3%x", "s3\u{e9}x", "s3#x"]
    {
        let error = set(b"a", &[("a", value)]).unwrap_err();
        assert_eq!(error, VerbatimError::Value { text: "a".to_owned() });
        assert!(!error.to_string().contains("s3"), "{error}");
        // What is there already needs no quotes.
        assert_eq!(set(value.as_bytes(), &[(value, value)]).unwrap(), value.as_bytes());
    }
}

#[test]
fn only_text_is_changed() {
    let bytes = b"old-id\0";
    assert_eq!(count(bytes, "old-id").unwrap_err(), VerbatimError::NotText { at: 6 });
    assert_eq!(set(bytes, &[("old-id", "new")]).unwrap_err(), VerbatimError::NotText { at: 6 });
    // Bytes of any other encoding that has ASCII as it is stay.
    assert_eq!(set(b"\xff 'old-id' \xfe", &[("old-id", "new")]).unwrap(), b"\xff 'new' \xfe");
}
