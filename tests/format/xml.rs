//! XML text by byte range.

use inject::format::node_path::NodePath;
use inject::format::xml::{XmlError, get, set};
use proptest::prelude::*;

const TEXT: &str = "\u{feff}<?xml version=\"1.0\"?>\r\n<!DOCTYPE c [<!ENTITY e \"<x>\">]>\r\n<c xmlns:a='urn:a'>\r\n  \
    <!-- <o>not this</o> -->\r\n  <o id='1' a:k = \"old &amp; &#x41;\"/>\r\n  <o id=\"2\"> <!-- kept --> text <![CDATA[<d>]]></o>\r\n  \
    <s>\r\n    <o>deep</o>\r\n  </s>\r\n  <e></e>\r\n</c>\r\n<!-- end -->\r\n";

fn path(text: &str) -> &str {
    NodePath::parse(text).unwrap();
    text
}

fn edit(text: &str, at: &str, value: &str) -> String {
    String::from_utf8(set(text.as_bytes(), path(at), value, false).unwrap()).unwrap()
}

fn create(text: &str, at: &str, value: &str) -> String {
    String::from_utf8(set(text.as_bytes(), path(at), value, true).unwrap()).unwrap()
}

#[test]
fn only_the_value_changes() {
    assert_eq!(get(TEXT.as_bytes(), path("/c/o/@a:k")).unwrap(), ["old & A"]);
    assert_eq!(edit(TEXT, "/c/o/@a:k", "n\"<'\n"), TEXT.replace("old &amp; &#x41;", "n&quot;&lt;'&#10;"));
    assert_eq!(edit(TEXT, "/c/o/@id", "it's").matches("it&apos;s").count(), 1, "only where the quote is the same");
    assert_eq!(edit(TEXT, "/c/o[2]/@id", "3"), TEXT.replace("id=\"2\"", "id=\"3\""));
    assert_eq!(edit(TEXT, "/c/o[@id='2']/@id", "3"), TEXT.replace("id=\"2\"", "id=\"3\""));
    assert_eq!(edit(TEXT, "/c/s/o", "a<b"), TEXT.replace("deep", "a&lt;b"));
    assert_eq!(edit(TEXT, "/c/e", "v"), TEXT.replace("<e></e>", "<e>v</e>"));
}

#[test]
fn comments_and_sections_survive() {
    assert_eq!(get(TEXT.as_bytes(), path("/c/o[2]")).unwrap(), ["text <d>"]);
    assert_eq!(edit(TEXT, "/c/o[2]", "v"), TEXT.replace("text <![CDATA[<d>]]>", " <![CDATA[v]]>"));
    let section = "<a>\n<![CDATA[old]]>\n</a>";
    assert_eq!(edit(section, "/a", "<new>"), section.replace("old", "<new>"));
    let edited = edit(section, "/a", "a]]>b");
    assert_eq!(get(edited.as_bytes(), path("/a")).unwrap(), ["a]]>b"]);
    assert_eq!(edit("<a><!-- c --></a>", "/a", "v"), "<a><!-- c -->v</a>");
}

#[test]
fn an_empty_tag_gets_a_text() {
    assert_eq!(edit("<a><b k='1'/></a>", "/a/b", "v"), "<a><b k='1'>v</b></a>");
    assert_eq!(edit("<a>  </a>", "/a", "v"), "<a>v</a>");
}

#[test]
fn creating_follows_the_document() {
    assert_eq!(create("<a>\n  <b/>\n</a>", "/a/c", "v"), "<a>\n  <b/>\n  <c>v</c>\n</a>");
    assert_eq!(create("<a/>", "/a/c/@k", "v"), "<a><c k=\"v\"/></a>");
    assert_eq!(create("<a x='1'/>", "/a/@k", "v"), "<a x='1' k=\"v\"/>");
    assert_eq!(create("<a></a>", "/a/@k", "v"), "<a k=\"v\"></a>");
    let missing = |at: &str, make| set(b"<a><b/></a>", path(at), "v", make).unwrap_err().to_string();
    assert_eq!(missing("/a/c", false), "nothing at \"/a/c\": c is missing");
    assert_eq!(missing("/a/c/d", true), "nothing at \"/a/c/d\": c is missing");
    assert_eq!(missing("/x", true), "nothing at \"/x\": x is missing");
    assert_eq!(missing("/a/b/@k", false), "nothing at \"/a/b/@k\": @k is missing");
    assert!(missing("/a", false).contains("has child elements"));
}

#[test]
fn what_is_wrong_is_said_exactly() {
    let error = |text: &[u8]| set(text, path("/a"), "v", false).unwrap_err().to_string();
    assert!(error(b"<a>\n</b>").contains("</b>, expected </a>"));
    assert!(error(b"<a>").contains("expected </a>"));
    assert!(error(b"<a/><a/>").contains("second root"));
    assert!(error(b"<a b='1' b='2'/>").contains("attribute b stands twice"));
    assert!(error(b"<a b='<'/>").contains("without its end"));
    assert!(error(b"<a b=1/>").contains("in quotes"));
    assert!(error(b"text").contains("text outside"));
    assert!(error(b"").contains("no element"));
    assert!(error(b"<a><!-- x </a>").contains("a comment without its end"));
    assert!(error(b"\xfe\xff\0").contains("not UTF-16"));
    assert!(error(b"\xff\xfe\x3c\x00\x00\xd8").contains("byte 0x4 is not UTF-16"));
    assert!(error(b"<a b='1'c='2'/>").contains("expected a blank"));
    assert!(error(b"<a>\xff</a>").contains("is not UTF-8"));
    assert!(error(b"<?xml version='1.0' encoding='windows-1252'?><a>\xff</a>").contains("windows-1252"));
    assert!(error(["<a>".repeat(1000), "</a>".repeat(1000)].concat().as_bytes()).contains("nested deeper"));
    for wrong in ["", "a", "/", "/a/", "/@a", "/a[0]", "/a[x]", "/a[@b=c]", "/a//b", "/a/@b/c", "/a]"] {
        assert!(NodePath::parse(wrong).is_err(), "{wrong}");
    }
    for right in ["/a", "/a/*/@b:c", "/a[2]/b[@x='y/]']", "/a[@x=\"'\"][3]"] {
        assert_eq!(NodePath::parse(right).unwrap().to_string(), right);
    }
}

#[test]
fn a_namespace_is_a_prefix_as_written_or_any() {
    let text = "<m:a xmlns:m='urn:m'><b m:k='1' k='2'/></m:a>";
    assert_eq!(edit(text, "/m:a/b/@m:k", "v"), text.replace("m:k='1'", "m:k='v'"));
    assert_eq!(edit(text, "/*:a/*:b/@k", "v"), text.replace(" k='2'", " k='v'"));
    assert_eq!(get(text.as_bytes(), path("/a/b/@k")).unwrap(), [""; 0]);
    let message = set(text.as_bytes(), path("/*:a/*:c"), "v", true).unwrap_err().to_string();
    assert_eq!(message, "nothing at \"/*:a/*:c\": *:c is missing", "nobody knows the prefix of what is made");
}

#[test]
fn application_gam_keeps_its_mark() {
    let file = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<Application>\r\n\t<Id>0b4a2f6e-5a0c-4a35-bb39-0c1f5a5a1b1c</Id>\r\n</Application>";
    let edited = edit(file, "/Application/Id", "00000000-0000-0000-0000-000000000001");
    assert_eq!(edited, file.replace("0b4a2f6e-5a0c-4a35-bb39-0c1f5a5a1b1c", "00000000-0000-0000-0000-000000000001"));
}

/// `text` in an encoding.
fn encoded(text: &str, encoding: &str) -> Vec<u8> {
    match encoding {
        "le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "be" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        _ => text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect(),
    }
}

#[test]
fn wide_files_stay_wide() {
    for mark in ["", "\u{feff}"] {
        let text = format!("{mark}<?xml version='1.0' encoding='UTF-16'?>\r\n<a k='\u{1f600}'>old<!-- \u{e9} --></a>");
        for order in ["le", "be"] {
            let edited = set(&encoded(&text, order), path("/a"), "\u{20ac}<", false).unwrap();
            assert_eq!(edited, encoded(&text.replace("old", "\u{20ac}&lt;"), order), "{order}");
            assert_eq!(get(&edited, path("/a/@k")).unwrap(), ["\u{1f600}"]);
        }
    }
}

#[test]
fn what_an_encoding_does_not_have_is_a_reference() {
    let text = "<?xml version='1.0' encoding='ISO-8859-1'?><a k='\u{e9}'>old</a>";
    let edited = set(&encoded(text, "latin1"), path("/a"), "\u{e8}\u{20ac}", false).unwrap();
    assert_eq!(edited, encoded(&text.replace("old", "\u{e8}&#8364;"), "latin1"));
    assert_eq!(get(&edited, path("/a")).unwrap(), ["\u{e8}\u{20ac}"]);
    let ascii = "<?xml version='1.0' encoding='windows-1252'?><a>old</a>";
    assert_eq!(edit(ascii, "/a", "\u{e8}"), ascii.replace("old", "&#232;"));
    let section = "<?xml version='1.0' encoding='windows-1252'?><a><![CDATA[old]]></a>";
    let message = set(section.as_bytes(), path("/a"), "\u{e8}", false).unwrap_err().to_string();
    assert!(message.contains("CDATA"), "{message}");
}

#[test]
fn what_xml_cannot_hold_is_refused() {
    for no in ["\0", "a\u{1}", "\u{b}", "\u{fffe}", "\u{ffff}"] {
        for at in ["/a", "/a/@k", "/a/@new", "/a/b"] {
            let error = set(b"<a k='x'></a>", at, no, true).unwrap_err();
            assert!(matches!(error, XmlError::Value { .. }), "{no:?} {at}: {error}");
        }
    }
    for yes in ["a\tb", "a\nb", "a\r\nb", "\u{fffd}", "\u{10000}"] {
        assert_eq!(get(&set(b"<a>x</a>", "/a", yes, false).unwrap(), "/a").unwrap(), [yes]);
    }
    let section = b"<a><![CDATA[x]]></a>";
    assert_eq!(edit("<a><![CDATA[x]]></a>", "/a", "a\nb"), "<a><![CDATA[a\nb]]></a>");
    assert!(set(section, "/a", "a\rb", false).unwrap_err().to_string().contains("carriage return"));
}

#[test]
fn a_section_that_is_split_does_not_grow() {
    let text = "<a><!-- k --><![CDATA[old]]></a>";
    let first = edit(text, "/a", "x]]>y");
    assert_eq!(first, "<a><!-- k --><![CDATA[x]]]]><![CDATA[>y]]></a>");
    assert_eq!(get(first.as_bytes(), "/a").unwrap(), ["x]]>y"]);
    assert_eq!(edit(&first, "/a", "x]]>y"), first);
    assert_eq!(edit(&first, "/a", "old"), text, "and back");
    // Sections that are no neighbors are two; the one that has no value goes, so that none can come to lie beside the other.
    let two = "<a><![CDATA[one]]> <![CDATA[two]]></a>";
    assert_eq!(edit(two, "/a", "new"), "<a><![CDATA[new]]> </a>");
}

#[test]
fn an_equal_value_keeps_its_entities() {
    let text = "<a k='&#97;&amp;'>&lt;x<![CDATA[&]]></a>";
    assert_eq!(edit(text, "/a/@k", "a&"), text);
    assert_eq!(edit(text, "/a", "<x&"), text);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_set_reads_back(value in "[^\\p{Cc}\u{fffe}\u{ffff}]*") {
        for at in ["/c/o[1]/@a:k", "/c/s/o", "/c/o[2]", "/c/e"] {
            let edited = set(TEXT.as_bytes(), path(at), &value, false);
            if !at.contains('@') && value.trim() != value {
                prop_assert!(matches!(edited, Err(XmlError::Value { .. })), "white space around");
                continue;
            }
            let edited = edited.unwrap();
            prop_assert_eq!(get(&edited, path(at)).unwrap(), vec![value.clone()]);
            prop_assert_eq!(set(&edited, path(at), &value, false).unwrap(), edited);
        }
    }

    #[test]
    fn hostile_text_never_panics(text in "[<>/!\\[\\]CDATA?a-c='\" &;#x-]{0,60}", at in "(/[a-c]){1,3}(/@a)?") {
        let _ = get(text.as_bytes(), path(&at));
        let _ = set(text.as_bytes(), path(&at), "v", true);
    }
}

#[test]
fn sections_beside_the_one_with_the_value_go() {
    assert_eq!(edit("<a><![CDATA[x]]>y<![CDATA[z]]></a>", "/a", "]]>"), "<a><![CDATA[]]]]><![CDATA[>]]></a>");
    assert_eq!(edit("<a><![CDATA[]]]]><![CDATA[>]]></a>", "/a", "v"), "<a><![CDATA[v]]></a>");
    assert_eq!(edit("<a>x<!--c--> <![CDATA[ ]]></a>", "/a", "v"), "<a><!--c--> <![CDATA[v]]></a>");
}

/// What stands there is told as a parser tells it (XML 1.0, 2.11 and 3.3.3), so that a value which only looks the same is set.
#[test]
fn white_space_reads_as_parsers_read_it() {
    let text = "<a b='x\n\ty\r\nz&#10;'>p\r\nq\rr&#13;<![CDATA[\r\n]]>.</a>".as_bytes();
    assert_eq!(get(text, "/a/@b").unwrap(), ["x  y z\n"]);
    assert_eq!(get(text, "/a").unwrap(), ["p\nq\nr\r\n."]);
    let broken = "<a b='x\ny'/>".as_bytes();
    assert_eq!(set(broken, "/a/@b", "x y", false).unwrap(), broken);
    assert_eq!(set(broken, "/a/@b", "x\ny", false).unwrap(), b"<a b='x&#10;y'/>");
}
