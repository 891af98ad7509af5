//! XML text by byte range.

use inject::format::xml::{XmlError, read, set};
use proptest::prelude::*;

const TEXT: &str = "\u{feff}<?xml version='1.0'?>\r\n<!DOCTYPE a [ <!ENTITY e \"]>\"> <!-- > --> ]>\r\n<!-- <a/> -->\n<a>\r\n  <b c='1'  d = \"&lt;x&#x41;\"/>\n  <n:b c=\"2\">t<![CDATA[<&>]]>&amp;</n:b><b c=\"3\"><k/></b>\n</a>\n<?end?>";

fn put(path: &str, value: &str) -> String {
    String::from_utf8(set(TEXT.as_bytes(), path, value, false).unwrap()).unwrap()
}

#[test]
fn places_are_read_decoded() {
    let read = |path| read(TEXT.as_bytes(), path).unwrap();
    assert_eq!(read("/a/b/@c"), ["1", "3"]);
    assert_eq!(read("/a/b[2]/@c"), ["3"]);
    assert_eq!(read("/a/*/@c"), ["1", "2", "3"]);
    assert_eq!(read("/a/b[@c='1']/@d"), ["<xA"]);
    assert_eq!(read("/a/n:b"), ["t<&>&"]);
    assert!(read("/a/x").is_empty());
}

#[test]
fn only_the_place_changes() {
    assert_eq!(put("/a/b[1]/@c", "it's <&\""), TEXT.replace("'1'  d", "'it&apos;s &lt;&amp;\"'  d"));
    assert_eq!(put("/a/b[@c='3']/@c", "\"\n"), TEXT.replace("\"3\"", "\"&quot;&#10;\""));
    assert_eq!(put("/a/n:b", "x<"), TEXT.replace("t<![CDATA[<&>]]>&amp;", "x&lt;"));
    assert_eq!(put("/a/b[1]", "in"), TEXT.replace("41;\"/>", "41;\">in</b>"));
    assert_eq!(put("/a/n:b", "t<&>&"), TEXT, "an equal value stays as it is written");
}

#[test]
fn what_is_refused_says_why() {
    assert!(matches!(set(TEXT.as_bytes(), "/a", "x", false), Err(XmlError::HasChildren { .. })));
    assert!(matches!(set(TEXT.as_bytes(), "/a/z", "x", false), Err(XmlError::NotFound { .. })));
    assert!(matches!(set(TEXT.as_bytes(), "/a/b/@z", "x", false), Err(XmlError::NotFound { .. })));
    assert!(matches!(set(b"<a/>", "/a", "\u{1}", false), Err(XmlError::Character { code: 1, .. })));
    let wide: Vec<u8> = "<a/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(set(&wide, "/a", "x", false), Err(XmlError::Utf16));
    for bad in
        ["", "x", "<a>", "<a></b>", "<a b></a>", "<a b=c/>", "<a/><b/>", "<a><!-- </a>", "<a", "</a>", "<a b='<'/>"]
    {
        assert!(matches!(read(bad.as_bytes(), "/a"), Err(XmlError::Syntax { .. })), "{bad}");
    }
    assert!(read("<a>".repeat(100_000).as_bytes(), "/a").is_err());
}

#[test]
fn creation_follows_the_siblings() {
    let create = |text: &str, path: &str| String::from_utf8(set(text.as_bytes(), path, "v", true).unwrap()).unwrap();
    assert_eq!(create("<a>\n  <b/>\n</a>", "/a/c"), "<a>\n  <b/>\n  <c>v</c>\n</a>");
    assert_eq!(create("<a><b/></a>", "/a/b/@c"), "<a><b c=\"v\"/></a>");
    assert_eq!(create("<a><b x='1' /></a>", "/a/b/@c"), "<a><b x='1' c=\"v\" /></a>");
    assert_eq!(create("<a/>", "/a/b[@n='1']/@c"), "<a><b n=\"1\" c=\"v\"/></a>");
    assert_eq!(create("<a></a>", "/a/b"), "<a><b>v</b></a>");
    for path in ["/x", "/a/b/c", "/a/b[2]"] {
        assert!(matches!(set(b"<a/>", path, "v", true), Err(XmlError::CannotCreate { .. })), "{path}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(a in "[ -~\n\t\r\u{e9}\u{1F600}]{0,20}", b in "[ -~\n]{0,20}") {
        for path in ["/a/b[1]/@c", "/a/n:b", "/a/b[2]/@c"] {
            let first = set(TEXT.as_bytes(), path, &a, false).unwrap();
            prop_assert_eq!(read(&first, path).unwrap(), [a.clone()]);
            let there = set(&first, path, &b, false).unwrap();
            prop_assert_eq!(set(&there, path, &a, false).unwrap(), first);
        }
    }
}
