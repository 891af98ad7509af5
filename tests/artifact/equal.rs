//! An equal value is no change: what a place reads as already stays as it is written, in every editor. A different one changes it.

use std::fmt::Write;

use inject::artifact::document::{Edit, edit, read};
use inject::artifact::files::FileSet;
use inject::format::arsc::{self, StringEdit};
use inject::format::axml::{self, DataAttribute, DataEdit, MetaEdit};
use inject::format::compressed::Encoding;
use inject::format::dex::{self, Dex, DexEdit};
use inject::placement::{Absence, Address, Kind, Locator, Place, Template};
use plist::Value;
use proptest::prelude::*;

use super::memory;
use crate::format::build::arsc::{Body, Layout, package, pool, strings, table};
use crate::format::build::axml::{NONE, Node, document};
use crate::format::build::zip::{Item, Zip};

/// A file, a place in it, what that reads as, and something else.
struct Case {
    bytes: Vec<u8>,
    locator: Locator,
    value: String,
    other: &'static str,
}

fn case(bytes: impl AsRef<[u8]>, locator: Locator, value: &str, other: &'static str) -> Case {
    Case { bytes: bytes.as_ref().to_vec(), locator, value: value.to_owned(), other }
}

/// Sets the value that is there, then the other one and back.
fn check(case: &Case) {
    let Case { bytes, locator, value, other } = case;
    let shown = || format!("{locator}: {}", String::from_utf8_lossy(bytes));
    let set = |value: &str| edit(bytes, &[Edit { locator, value, create: false }]);
    let set = |value: &str| set(value).unwrap_or_else(|error| panic!("{}: {error}", shown()));
    let now = read(bytes, locator).unwrap();
    assert!(!now.is_empty() && now.iter().all(|now| now == value), "{} reads as {now:?}", shown());
    let same = set(value);
    assert!(same == *bytes, "{} became {}", shown(), String::from_utf8_lossy(&same));
    let changed = set(other);
    assert_ne!(changed, *bytes, "{}", shown());
    assert!(read(&changed, locator).unwrap().iter().all(|now| now == other), "{}", shown());
}

fn json(bytes: impl AsRef<[u8]>, value: &str) -> Case {
    case(bytes, Locator::Json("/k".into()), value, "other")
}

fn xml(bytes: impl AsRef<[u8]>, path: &str, value: &str) -> Case {
    case(bytes, Locator::Xml(path.into()), value, "other")
}

fn list(inner: &str, value: &str, other: &'static str) -> Case {
    let text = format!("<plist version=\"1.0\"><dict><key>k</key>{inner}</dict></plist>");
    case(text, Locator::Plist("k".into()), value, other)
}

fn properties(text: &[u8], value: &str) -> Case {
    case(text, Locator::Properties("k".into()), value, "other")
}

fn strings_file(text: &str, value: &str) -> Case {
    case(text, Locator::Plist("k".into()), value, "other")
}

fn js(text: &str, value: &str) -> Case {
    case(text, Locator::Js("k".into()), value, "other")
}

fn wide(text: &str) -> Vec<u8> {
    format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn json_however_it_is_escaped() {
    for case in [
        json(r#"{"k" : "https:\/\/h\/\u0041\u00E9\ud83d\ude00"}"#, "https://h/A\u{e9}\u{1f600}"),
        json("\u{feff}{\"\\u006b\":\"\\u0061\",\"k\":\"a\"}", "a"),
        json(r#"{"k":"\"\\\t\u000a"}"#, "\"\\\t\n"),
        case(r#"{"k":1.50}"#, Locator::Json("/k".into()), "1.50", "1.5"),
        case(r#"{"k":[{"n":"\u0078","v":"\u0076"}]}"#, Locator::Json("/k/[n=x]/v".into()), "v", "w"),
    ] {
        check(&case);
    }
}

#[test]
fn xml_however_it_is_escaped() {
    for case in [
        xml("<a b='x&#38;&#x79;&quot;\nz'/>", "/a/@b", "x&y\" z"),
        xml("<a b = \"&gt;>\" />", "/a/@b", ">>"),
        xml("<a> \n<![CDATA[x<]]>&amp;&#121;<!-- no -->z </a>", "/a", "x<&yz"),
        xml("<a><![CDATA[]]></a>", "/a", ""),
        xml("<a></a>", "/a", ""),
        xml("<a/>", "/a", ""),
        xml("<a>x\r\ny</a>", "/a", "x\ny"),
        xml("<a><b>&#120;</b><b>x</b></a>", "/a/b", "x"),
        // A section cannot hold a carriage return; the text beside it does.
        xml("<a>x&#13;<![CDATA[y]]></a>", "/a", "x\ry"),
        // No document can hold it, and this one does.
        xml("<a b='&#1;'/>", "/a/@b", "\u{1}"),
        xml(wide("<a b='&#x41;'/>"), "/a/@b", "A"),
        xml(b"<?xml version='1.0' encoding='iso-8859-1'?><a b='\xe9&#233;'/>", "/a/@b", "\u{e9}\u{e9}"),
    ] {
        check(&case);
    }
}

#[test]
fn an_entity_of_the_document_is_not_its_own_name() {
    let declared = "<!DOCTYPE a [<!ENTITY e \"dev\">]><a b='&e;'>&e;</a>";
    for path in ["/a", "/a/@b"] {
        let locator = Locator::Xml(path.into());
        let edited = edit(declared.as_bytes(), &[Edit { locator: &locator, value: "&e;", create: false }]).unwrap();
        assert!(String::from_utf8(edited).unwrap().contains("&amp;e;"));
    }
}

#[test]
fn property_lists_however_they_are_written() {
    let plain = |value: &Value| {
        let mut out = Vec::new();
        value.to_writer_binary(&mut out).unwrap();
        out
    };
    let element = || Locator::Plist("0".into());
    // A binary list in a layout that is not the writer's: "k" as UTF-16.
    let odd = [
        b"bplist00\xa1\x01\x61\0k\x08\x0a".as_slice(),
        &[0; 6],
        &[1, 1],
        &2_u64.to_be_bytes(),
        &0_u64.to_be_bytes(),
        &13_u64.to_be_bytes(),
    ];
    for case in [
        list("<string>x&#38;&#x79;<![CDATA[<]]></string>", "x&y<", "other"),
        list("<string></string>", "", "other"),
        list("<string/>", "", "other"),
        list("<string>&#1;</string>", "\u{1}", "other"),
        list("<string>x&#13;<![CDATA[y]]></string>", "x\ry", "other"),
        list("<true></true>", "true", "false"),
        list("<true />", "true", "false"),
        list("<false ><!-- no --></false>", "false", "true"),
        list("<integer> 0x10 </integer>", "16", "17"),
        list("<integer>+7</integer>", "7", "8"),
        list("<integer>18446744073709551615</integer>", "18446744073709551615", "8"),
        list("<real>1.50</real>", "1.5", "2.5"),
        list("<real>-0.0</real>", "-0", "0"),
        list("<real>nan</real>", "NaN", "1"),
        list("<real>+infinity</real>", "inf", "1"),
        list("<date> 2020-01-01T00:00:00Z </date>", "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"),
        case(odd.concat(), element(), "k", "other"),
        case(plain(&Value::Array(vec![u64::MAX.into()])), element(), "18446744073709551615", "8"),
        case(plain(&Value::Array(vec![Value::Real(f64::NAN)])), element(), "NaN", "1"),
        case(plain(&Value::Array(vec![Value::Real(-0.0)])), element(), "-0", "0"),
    ] {
        check(&case);
    }
}

#[test]
fn strings_files_however_they_are_escaped() {
    for case in [
        strings_file("k = word;", "word"),
        strings_file("k;", "k"),
        strings_file("'k' = '\\U0041\\U00e9\\'';", "A\u{e9}'"),
        strings_file(r#""k" = "\UD83D\UDE00";"#, "\u{1f600}"),
        strings_file(r#""k" = "\101\60\0";"#, "A0\0"),
        strings_file(r#""k" = "\a\b\f\v\q\u0041";"#, "\x07\x08\x0c\x0bqu0041"),
        strings_file("\"k\" = \"a\\\nb\";", "a\nb"),
        case(wide("\"k\" = \"\\U0041\";"), Locator::Plist("k".into()), "A", "other"),
    ] {
        check(&case);
    }
    let error = read(br#""k" = "\200";"#, &Locator::Plist("k".into())).unwrap_err().to_string();
    assert!(error.contains("NextStep"), "{error}");
}

#[test]
fn properties_however_they_are_escaped() {
    for case in [
        properties(b"k:\\u0041\\\n  b\\c\\ ", "Abc "),
        properties(b"k", ""),
        properties(b"k \xc3\xa9\\u00e9", "\u{e9}\u{e9}"),
        // ISO 8859-1 beside an escape that it does not have.
        properties(b"k=\\u4e2d\xe9", "\u{4e2d}\u{e9}"),
        properties(b"k=\\\xc3\xa9", "\u{e9}"),
        properties(b"k=\\ud83d\\ude00", "\u{1f600}"),
        properties(b"\\u006b = x\nk=\\x", "x"),
    ] {
        check(&case);
    }
}

#[test]
fn javascript_however_it_is_written() {
    for case in [
        js(
            r#"a = {k: "\x41\u{e9}\
b"}"#,
            "A\u{e9}b",
        ),
        js("a = {k: `x` + 'y'}", "xy"),
        js(r#"JSON.parse('{"k":"\\u0041\\/"}')"#, "A/"),
    ] {
        check(&case);
    }
}

#[test]
fn a_whole_file() {
    check(&case("\u{feff}a\r\n", Locator::Whole, "\u{feff}a\r\n", "other"));
}

/// How a character may be written, by a number that chance gives.
type Spelling = fn(&mut String, char, u8);

fn spelled(value: &str, choices: &[u8], spelling: Spelling) -> String {
    let mut out = String::new();
    for (c, choice) in value.chars().zip(choices.iter().cycle()) {
        spelling(&mut out, c, *choice);
    }
    out
}

fn units(out: &mut String, c: char, mark: &str) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        let _ = write!(out, "{mark}{unit:04x}");
    }
}

fn in_json(out: &mut String, c: char, choice: u8) {
    match (c, choice % 3) {
        ('/', 0) => out.push_str("\\/"),
        ('"' | '\\', 0 | 1) => out.extend(['\\', c]),
        ('"' | '\\', _) | (_, 2) => units(out, c, "\\u"),
        _ => out.push(c),
    }
}

fn in_xml(out: &mut String, c: char, choice: u8) {
    let number = u32::from(c);
    let _ = match choice % 4 {
        0 => write!(out, "&#{number};"),
        1 => write!(out, "&#x{number:X};"),
        2 if !"&<\"'>".contains(c) => write!(out, "{c}"),
        2 => write!(out, "&#0{number};"),
        _ => out.write_str(&c.to_string().replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")),
    };
}

fn in_xml_text(out: &mut String, c: char, choice: u8) {
    match choice % 5 {
        4 => out.extend(["<![CDATA[", &c.to_string(), "]]>"]),
        choice => in_xml(out, c, choice),
    }
}

fn in_properties(out: &mut String, c: char, choice: u8) {
    match (c, choice % 3) {
        (_, 0) => units(out, c, "\\u"),
        ('\\' | ' ', _) => out.extend(['\\', c]),
        (_, 1) if !"utnrf".contains(c) => out.extend(['\\', c]),
        _ => out.push(c),
    }
}

fn in_strings(out: &mut String, c: char, choice: u8) {
    match (c, choice % 4) {
        (_, 0) => units(out, c, "\\U"),
        (' '..='~', 1) => {
            let _ = write!(out, "\\{:03o}", u32::from(c));
        }
        ('\\' | '"', _) => out.extend(['\\', c]),
        (_, 2) if !"Uabfnrtv01234567".contains(c) => out.extend(['\\', c]),
        _ => out.push(c),
    }
}

fn in_js(out: &mut String, c: char, choice: u8) {
    match (c, choice % 3) {
        (_, 0) => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
        ('\\' | '"', _) => out.extend(['\\', c]),
        (_, 1) => units(out, c, "\\u"),
        _ => out.push(c),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_spelling_of_any_value(
        value in "[!-~\u{e9}\u{4e2d}\u{1f600}]([ -~\u{e9}\u{4e2d}\u{1f600}]{0,12}[!-~\u{e9}\u{1f600}])?",
        choices in prop::collection::vec(any::<u8>(), 1..14),
    ) {
        prop_assume!(value != "other");
        let spelled = |spelling: Spelling| spelled(&value, &choices, spelling);
        for case in [
            json(format!(r#"{{"k": "{}"}}"#, spelled(in_json)), &value),
            xml(format!("<a b=\"{}\"/>", spelled(in_xml)), "/a/@b", &value),
            xml(format!("<a> {}\n</a>", spelled(in_xml_text)), "/a", &value),
            list(&format!("<string>{}</string>", spelled(in_xml_text)), &value, "other"),
            properties(format!("k = {}\n", spelled(in_properties)).as_bytes(), &value),
            strings_file(&format!("\"k\" = \"{}\";", spelled(in_strings)), &value),
            js(&format!("x = {{k: \"{}\"}}", spelled(in_js)), &value),
        ] {
            check(&case);
        }
    }
}

/// One string of a table.
fn string(name: &str, value: &str) -> StringEdit {
    StringEdit { name: name.to_owned(), config: None, value: value.into() }
}

#[test]
fn strings_of_a_resource_table_whichever_of_several_equal_ones_they_name() {
    // Twice in the pool, both with other users; a and b name the second one.
    let values = pool(&["same", "same", "old"]);
    let entries = [Some((0, 1)), Some((1, 1)), Some((2, 0)), Some((3, 1)), Some((4, 2))];
    let entries = entries.map(|entry| entry.map(|(key, slot)| (key, Body::String(slot))));
    let parts = vec![strings(Layout::Dense, "", &entries)];
    let bytes = table(&values, &[package(&["string"], &["a", "b", "c", "d", "e"], parts)]);
    for edits in [vec![string("a", "same")], vec![string("a", "same"), string("b", "same")]] {
        assert!(arsc::edit(&bytes, &edits, false).unwrap() == bytes);
        assert!(arsc::edit(&bytes, &edits, true).unwrap() == bytes);
    }
    assert!(arsc::edit(&bytes, &[string("a", "other")], false).unwrap() != bytes);
}

#[test]
fn strings_of_a_pool_in_utf8_of_four_bytes() {
    // aapt writes surrogates of three bytes each, other tools UTF-8 as it is: <length><length> f0 9f 98 80 00.
    let face = "\u{1f600}";
    let values = pool(&["abcd", "kept"]);
    let parts = vec![strings(Layout::Dense, "", &[Some((0, Body::String(0))), Some((1, Body::String(1)))])];
    let mut bytes = table(&values, &[package(&["string"], &["a", "b"], parts)]);
    let at = bytes.windows(6).position(|window| window == b"\x04\x04abcd").unwrap();
    bytes[at] = 2;
    bytes[at + 2..at + 6].copy_from_slice(face.as_bytes());
    assert!(arsc::edit(&bytes, &[string("a", face)], false).unwrap() == bytes);
    // Beside one that changes, it keeps its bytes too.
    let beside = arsc::edit(&bytes, &[string("a", face), string("b", "other")], false).unwrap();
    assert!(beside != bytes && beside.windows(4).any(|window| window == face.as_bytes()));
    // What is broken reads as U+FFFD, and is not one.
    bytes[at + 2] = 0xff;
    assert!(arsc::edit(&bytes, &[string("a", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}")], false).unwrap() != bytes);
}

/// A manifest with an attribute of meta-data and of an intent filter, and a text: raw value, type and data of the attributes.
fn manifest((raw, kind, data): (u32, u8, u32)) -> Vec<u8> {
    let names = ["name", "value", "scheme", "manifest", "application", "meta-data", "id"];
    let parts = ["activity", "intent-filter", "data", "text", "value of it", "value of it", "0x10", "TRUE"];
    let strings = pool(&[names.as_slice(), parts.as_slice()].concat());
    let nodes = [
        Node::Start(3, vec![]),
        Node::Start(4, vec![]),
        Node::Start(5, vec![(NONE, 0, 6, 3, 6), (NONE, 1, raw, kind, data)]),
        Node::End(5),
        Node::Start(7, vec![]),
        Node::Start(8, vec![]),
        Node::Start(9, vec![(NONE, 2, raw, kind, data)]),
        Node::End(9),
        Node::End(8),
        Node::End(7),
        Node::Start(10, vec![]),
        Node::Text(11),
        Node::End(10),
        Node::End(4),
        Node::End(3),
    ];
    document(&strings, &[0x0101_0003, 0x0101_0024, 0x0101_0027], &nodes)
}

#[test]
fn values_of_compiled_xml_whatever_stands_beside_them() {
    // Text without what the source said, with it in another string, a number and a truth value in other forms.
    for (attribute, value, other) in [
        ((NONE, 3, 11), "value of it", "other"),
        ((12, 3, 11), "value of it", "other"),
        ((11, 3, 11), "value of it", "other"),
        ((13, 0x11, 16), "16", "17"),
        ((13, 0x11, 16), "0x10", "17"),
        ((NONE, 0x10, 16), "16", "17"),
        ((14, 0x12, u32::MAX), "true", "false"),
        ((14, 0x12, 1), "TRUE", "false"),
    ] {
        let bytes = manifest(attribute);
        let meta = |value: &str| [MetaEdit { name: "id".to_owned(), value: value.into() }];
        let data = |value: &str| {
            let (place, value) = (String::new(), value.into());
            [DataEdit { elements: vec![0], attribute: DataAttribute::Scheme, place, value }]
        };
        let path = Locator::Xml("/manifest/application/meta-data/@value".into());
        let set = |value: &str| edit(&bytes, &[Edit { locator: &path, value, create: false }]).unwrap();
        assert!(axml::edit_manifest(&bytes, &meta(value), &[], true).unwrap().bytes == bytes, "{attribute:?} {value}");
        assert!(axml::edit_manifest(&bytes, &[], &data(value), false).unwrap().bytes == bytes, "{attribute:?} {value}");
        assert!(set(value) == bytes, "{attribute:?} {value}");
        assert!(axml::edit_manifest(&bytes, &meta(other), &[], false).unwrap().bytes != bytes);
        assert!(axml::edit_manifest(&bytes, &[], &data(other), false).unwrap().bytes != bytes);
        assert!(set(other) != bytes);
    }
    // What the source said is not what Android reads: that is another value.
    for (attribute, value) in [((14, 0x12, 0), "true"), ((12, 3, 13), "value of it")] {
        let bytes = manifest(attribute);
        let meta = [MetaEdit { name: "id".to_owned(), value: value.into() }];
        assert!(axml::edit_manifest(&bytes, &meta, &[], false).unwrap().bytes != bytes, "{attribute:?}");
    }
    check(&case(manifest((NONE, 3, 11)), Locator::Xml("/manifest/application/text".into()), "value of it", "other"));
}

#[test]
fn beside_a_value_that_changes_the_form_of_an_equal_one_stays() {
    let bytes = manifest((13, 0x11, 16));
    let path = |path: &str| Locator::Xml(format!("/manifest/application/{path}"));
    let (number, text) = (path("meta-data/@value"), path("text"));
    let set = |number: &Locator, value| {
        let edits =
            [Edit { locator: number, value, create: false }, Edit { locator: &text, value: "other", create: false }];
        edit(&bytes, &edits).unwrap()
    };
    let alone = edit(&bytes, &[Edit { locator: &text, value: "other", create: false }]).unwrap();
    assert!(set(&number, "16") == alone, "0x10 stays 0x10");
}

#[test]
fn constants_of_a_dex_file() {
    let shared: &[u8] = include_bytes!("../../testdata/dex/shared.dex");
    let everything: &[u8] = include_bytes!("../../testdata/dex/everything.dex");
    let to = |target: dex::Target, value: &str| [DexEdit { target, value: value.into() }];
    for (bytes, text) in [(everything, "client-dev"), (shared, "three")] {
        let target = || dex::Target::Value(text.into());
        assert!(dex::edit(bytes, &to(target(), text)).unwrap() == bytes);
        assert!(dex::edit(bytes, &to(target(), "other")).unwrap() != bytes);
    }
    // What calls pass, each by itself: where others read the constant too, it would be loaded anew for another value.
    let mut tried = 0;
    for constant in Dex::parse(shared).unwrap().constants_to("setClientId").unwrap() {
        let dex::Argument::Constants(loads) = &constant.value else { continue };
        let [first, others @ ..] = loads.as_slice() else { continue };
        if others.iter().any(|load| load.text != first.text) {
            continue;
        }
        let target = || dex::Target::Passed { passed: constant.passed, place: 0 };
        // Where it cannot be separated, another value is refused.
        match dex::edit(shared, &to(target(), &first.text)) {
            Ok(same) => assert!(same == shared, "{}", constant.caller.name),
            Err(error) => panic!("{}: {error}", constant.caller.name),
        }
        if let Ok(changed) = dex::edit(shared, &to(target(), "other")) {
            assert!(changed != shared);
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried}");
}

#[test]
fn files_in_archives_and_their_compressed_copies() {
    let text = br#"{"k":"\u0041\/"}"#;
    let inner = Zip::of([Item::new("a.json", 8, text)]).build();
    let outer = Zip::of([Item::new("inner.zip", 8, &inner), Item::new("b.json", 0, text)]).build();
    let gzip = Encoding::ALL.map(|encoding| {
        let copy = encoding.encode(text, &[]).unwrap();
        (format!("c.json{}", encoding.extension()), copy)
    });
    let mut files = vec![("outer.zip", outer.as_slice()), ("c.json", text.as_slice())];
    files.extend(gzip.iter().map(|(name, copy)| (name.as_str(), copy.as_slice())));
    let files = memory(files);
    let set = FileSet::new(&files, Kind::Tree);
    for (at, changed) in
        [("outer.zip!/inner.zip!/a.json#/k", 1), ("outer.zip!/b.json#/k", 1), ("c.json#/k", 1 + gzip.len())]
    {
        let place = Place::new(Address::parse(at).unwrap(), Template::default(), Absence::Fail);
        let found = set.find(&place).unwrap();
        let change = |value| set.change(found.iter().map(|found| (&found.spot, value))).unwrap();
        assert!(change("A/").is_empty(), "{at}");
        assert_eq!(change("other").contents.len(), changed, "{at}");
    }
}
