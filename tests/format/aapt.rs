//! Resources of App Bundles: identity first, then edits on the wire.

use inject::format::aapt::{AaptError, Document, Table, edit_manifest, edit_paths, edit_strings, read_path};
use inject::format::arsc::{StringEdit, Value};
use inject::format::axml::{DataAttribute, DataEdit, MetaEdit, PathEdit, Scalar};

use super::build::aapt::{
    attribute, bytes, element, entry, kind, manifest, message, meta, number, package, prim, reference, strings, text,
    unknown, value, wide_bytes, words,
};

pub fn to(name: &str, value: &str) -> StringEdit {
    StringEdit { name: name.to_owned(), config: None, value: value.into() }
}

fn at(name: &str, config: &str, value: &str) -> StringEdit {
    StringEdit { name: name.to_owned(), config: Some(config.to_owned()), value: value.into() }
}

pub fn set(table: &[u8], name: &str, value: &str) -> Vec<u8> {
    edit_strings(table, &[to(name, value)], false).unwrap()
}

/// Configuration and value of a string.
pub fn read(table: &[u8], name: &str) -> Vec<(String, Value)> {
    let found = Table::parse(table).unwrap().find("string", name).unwrap();
    found.into_iter().map(|found| (found.config, found.value)).collect()
}

pub fn string(config: &str, text: &str) -> (String, Value) {
    (config.to_owned(), Value::String(text.to_owned()))
}

fn to_meta(name: &str, value: &str) -> MetaEdit {
    MetaEdit { name: name.to_owned(), value: value.into() }
}

pub fn set_meta(document: &[u8], name: &str, value: &str) -> Result<Vec<u8>, AaptError> {
    edit_manifest(document, &[to_meta(name, value)], &[], false).map(|edited| edited.bytes)
}

pub fn metas(document: &[u8]) -> Vec<(String, Option<Scalar>)> {
    let manifest = Document::parse(document).unwrap().manifest();
    manifest.meta_data.into_iter().map(|meta| (meta.name, meta.value)).collect()
}

pub fn words_of(name: &str, value: &str) -> (String, Option<Scalar>) {
    (name.to_owned(), Some(Scalar::Text(value.to_owned())))
}

fn wrong(result: Result<Vec<u8>, AaptError>) -> (String, usize, String) {
    let error = result.unwrap_err();
    assert!(error.is_refusal(), "{error}");
    let AaptError::WrongKind { place, offset, found, .. } = error else { panic!("{error}") };
    (place, offset, found)
}

pub fn malformed<T>(result: Result<T, AaptError>) -> (usize, String) {
    match result.err() {
        Some(AaptError::Malformed { offset, found, .. }) => (offset, found),
        Some(other) => panic!("{other}"),
        None => panic!("it is read"),
    }
}

#[test]
fn the_empty_edit_changes_nothing() {
    let table = strings(&[("a", "x"), ("b", "")]);
    assert_eq!(edit_strings(&table, &[], true).unwrap(), table);
    let document = manifest(&[meta("a", "x", None)]);
    assert_eq!(edit_manifest(&document, &[], &[], true).unwrap().bytes, document);
    assert_eq!(edit_paths(&document, &[]).unwrap(), document);
}

#[test]
fn a_value_and_the_lengths_around_it_are_all_that_changes() {
    let table = strings(&[("before", "x"), ("a", "old"), ("behind", "y")]);
    assert_eq!(set(&table, "a", "newer"), strings(&[("before", "x"), ("a", "newer"), ("behind", "y")]));
    let document = |value: &str| manifest(&[meta("before", "x", None), meta("a", value, None), words("w")]);
    assert_eq!(set_meta(&document("old"), "a", "newer").unwrap(), document("newer"));
}

#[test]
fn an_equal_value_is_no_change() {
    // The length is longer than it needs to be: an edit that writes the same text anew could lose that.
    let item = bytes(2, wide_bytes(1, "same", 3));
    let table = package(0x7f, "p", &[kind(1, "string", &[entry(0, "a", &[value("", &item)])])]);
    assert_eq!(set(&table, "a", "same"), table);
    let document = manifest(&[meta("a", "same", Some(text("same")))]);
    assert_eq!(set_meta(&document, "a", "same").unwrap(), document);
    // Written with an escape that needs none.
    let document = manifest(&[meta("a", "s\\u0061me", None)]);
    assert_eq!(set_meta(&document, "a", "same").unwrap(), document);
    // A number in another form.
    let document = manifest(&[meta("a", "0x10", Some(prim(7, 16)))]);
    assert_eq!(set_meta(&document, "a", "16").unwrap(), document);
}

#[test]
fn an_empty_text_is_not_written_and_comes_back() {
    let table = strings(&[("a", "x"), ("b", "y")]);
    let empty = set(&table, "a", "");
    assert_eq!(empty, strings(&[("a", ""), ("b", "y")]));
    assert_eq!(read(&empty, "a"), [string("default", "")]);
    assert_eq!(set(&empty, "a", "x"), table);
}

#[test]
fn fields_that_are_not_known_are_kept_at_every_level() {
    let table = |content: &str| {
        let text = message(&[unknown(), bytes(1, content), unknown()]);
        let item = message(&[unknown(), bytes(2, text), unknown()]);
        let held = message(&[bytes(1, unknown()), bytes(2, message(&[unknown(), bytes(4, item), unknown()]))]);
        let entry = message(&[bytes(2, "a"), unknown(), bytes(6, [unknown(), held, unknown()].concat()), unknown()]);
        let kind = message(&[bytes(2, "string"), unknown(), bytes(3, entry), unknown()]);
        let package = message(&[bytes(1, unknown()), unknown(), bytes(3, kind), unknown()]);
        message(&[unknown(), bytes(2, package), unknown()])
    };
    assert_eq!(set(&table("old"), "a", "another"), table("another"));
    let document = |content: &str, added: &[u8]| {
        let value = attribute("value", 0x0101_0024, content, &unknown());
        let own = message(&[bytes(3, "meta-data"), unknown(), attribute("name", 0x0101_0003, "a", &[]), value]);
        let node = |own: Vec<u8>| message(&[unknown(), bytes(1, own), unknown()]);
        let application = message(&[bytes(3, "application"), bytes(5, node(own)), unknown(), added.to_vec()]);
        node(message(&[unknown(), bytes(3, "manifest"), bytes(5, node(application)), unknown()]))
    };
    assert_eq!(set_meta(&document("old", &[]), "a", "another").unwrap(), document("another", &[]));
    let added = bytes(5, meta("b", "new", None));
    let created = edit_manifest(&document("old", &[]), &[to_meta("b", "new")], &[], true).unwrap();
    assert_eq!((created.bytes, created.created), (document("old", &added), vec!["b".to_owned()]));
}

/// Each length that stands around a value is alone at the border at some size of it.
#[test]
fn lengths_that_get_longer_and_shorter_are_right_at_every_level() {
    for border in [128, 16384_usize] {
        for length in border - 60..border + 4 {
            let (short, long) = ("s".to_owned(), "l".repeat(length));
            let table = |value: &str| strings(&[("a", value), ("b", "y")]);
            assert_eq!(set(&table(&short), "a", &long), table(&long), "{length}");
            assert_eq!(set(&table(&long), "a", &short), table(&short), "{length}");
            assert_eq!(set(&table(&long), "a", &long[1..]), table(&long[1..]), "{length}");
            assert_eq!(set(&table(&long[1..]), "a", &long), table(&long), "{length}");
            let document = |value: &str| manifest(&[meta("a", value, Some(text(value)))]);
            assert_eq!(set_meta(&document(&short), "a", &long).unwrap(), document(&long), "{length}");
            assert_eq!(set_meta(&document(&long), "a", &long[1..]).unwrap(), document(&long[1..]), "{length}");
        }
    }
}

#[test]
fn a_length_that_is_longer_than_needed_keeps_its_width_while_it_fits() {
    let table = |content: &str, width: usize| {
        let item = wide_bytes(2, wide_bytes(1, content, width), width);
        let held = wide_bytes(6, wide_bytes(2, wide_bytes(4, item, width), width), width);
        let entry = wide_bytes(3, [bytes(2, "a"), held].concat(), width);
        let kind = wide_bytes(3, [bytes(2, "string"), entry].concat(), width);
        wide_bytes(2, [bytes(2, "p"), kind].concat(), width)
    };
    for width in [2, 3, 5, 10] {
        assert_eq!(set(&table("old", width), "a", "newer"), table("newer", width), "{width}");
    }
    // Two bytes no longer hold it, so it gets the three it takes.
    let long = "l".repeat(20_000);
    assert_eq!(set(&table("old", 2), "a", &long), table(&long, 1));
}

#[test]
fn a_field_that_may_stand_once_is_refused_where_it_stands_twice() {
    let string = text("x");
    let twice = [
        // The text, the item's content, the value's item, the entry's name, and a value beside a bag.
        value("", &bytes(2, [bytes(1, "x"), bytes(1, "y")].concat())),
        value("", &[string.clone(), string.clone()].concat()),
        value("", &[string.clone(), bytes(3, bytes(1, "y"))].concat()),
        bytes(6, bytes(2, [bytes(4, &string), bytes(4, &string)].concat())),
        bytes(6, bytes(2, [bytes(4, &string), bytes(5, [])].concat())),
        bytes(6, [bytes(2, bytes(4, &string)), bytes(2, bytes(4, &string))].concat()),
        bytes(6, [bytes(1, []), bytes(1, []), bytes(2, bytes(4, &string))].concat()),
        bytes(2, "again"),
        [bytes(1, []), bytes(1, [])].concat(),
    ];
    for held in twice {
        let table = package(0x7f, "p", &[kind(1, "string", &[entry(0, "a", &[held])])]);
        let (offset, found) = malformed(edit_strings(&table, &[to("a", "new")], false));
        assert!(found.ends_with("again"), "{found}");
        assert!(offset > 0 && offset < table.len());
        assert_eq!(malformed(Table::parse(&table).unwrap().find("string", "a")), (offset, found));
    }
    // The second text of the first case is at the end of the file.
    let held = value("", &bytes(2, [bytes(1, "x"), bytes(1, "y")].concat()));
    let table = package(0x7f, "p", &[kind(1, "string", &[entry(0, "a", &[held])])]);
    assert_eq!(
        malformed(edit_strings(&table, &[to("a", "new")], false)),
        (table.len() - 3, "field 1 again".to_owned())
    );
    for field in [bytes(2, "other"), bytes(1, number(1, 2))] {
        let again = [bytes(1, number(1, 1)), bytes(2, "p"), field];
        malformed(Table::parse(&bytes(2, again.concat())));
        malformed(Table::parse(&bytes(2, bytes(3, again.concat()))));
    }
    let value_twice = attribute("value", 0x0101_0024, "x", &bytes(3, "y"));
    let item_twice = attribute("value", 0x0101_0024, "x", &[bytes(6, text("x")), bytes(6, text("y"))].concat());
    for attribute in [value_twice, item_twice] {
        malformed(Document::parse(&element("a", &[attribute], &[])));
    }
    malformed(Document::parse(&[element("a", &[], &[]), element("b", &[], &[])].concat()));
    malformed(Document::parse(&[element("a", &[], &[]), words("b")].concat()));
}

#[test]
fn everything_of_one_name_is_read_and_edited() {
    let table = |values: [&str; 5]| {
        let held = |index: usize| value("", &text(values[index]));
        let first =
            kind(1, "string", &[entry(0, "a", &[held(0)]), entry(1, "a", &[held(1)]), entry(2, "b", &[held(2)])]);
        let again = kind(2, "string", &[entry(0, "a", &[held(3)])]);
        let other = package(0x80, "com.example.feature", &[kind(1, "string", &[entry(0, "a", &[held(4)])])]);
        [package(0x7f, "com.example", &[first, again]), other].concat()
    };
    let before = table(["one", "two", "stays", "three", "four"]);
    let found = Table::parse(&before).unwrap().find("string", "a").unwrap();
    let ids: Vec<u32> = found.iter().map(|found| found.id).collect();
    assert_eq!(ids, [0x7f01_0000, 0x7f01_0001, 0x7f02_0000, 0x8001_0000]);
    assert_eq!(found[3].package, "com.example.feature");
    assert_eq!(set(&before, "a", "new"), table(["new", "new", "stays", "new", "new"]));
    assert_eq!(Table::parse(&before).unwrap().names("string").unwrap(), ["a", "b"]);
    assert_eq!(Table::parse(&before).unwrap().resource_name(0x7f01_0002).unwrap().as_deref(), Some("string/b"));
}

#[test]
fn a_configuration_is_edited_alone() {
    let table = |plain: &str, german: &str| {
        let held = [value("", &text(plain)), value("de-DE", &text(german))];
        package(0x7f, "p", &[kind(1, "string", &[entry(0, "a", &held)])])
    };
    let before = table("x", "y");
    assert_eq!(read(&before, "a"), [string("default", "x"), string("de-rDE", "y")]);
    assert_eq!(edit_strings(&before, &[at("a", "de-rDE", "new")], false).unwrap(), table("x", "new"));
    assert_eq!(set(&before, "a", "new"), table("new", "new"));
    let both = edit_strings(&before, &[at("a", "default", "one"), at("a", "de-rDE", "two")], false).unwrap();
    assert_eq!(both, table("one", "two"));
    let error = edit_strings(&before, &[at("a", "fr", "new")], true).unwrap_err();
    assert_eq!(error, AaptError::NotFound { place: "resource string/a in configuration fr".to_owned() });
}

#[test]
fn two_values_for_one_place_are_a_conflict() {
    let table = strings(&[("a", "x")]);
    for (one, two) in
        [(to("a", "1"), to("a", "2")), (to("a", "1"), at("a", "default", "2")), (to("a", "x"), to("a", "2"))]
    {
        let error = edit_strings(&table, &[one, two], true).unwrap_err();
        assert!(error.is_conflict(), "{error}");
    }
    assert_eq!(edit_strings(&table, &[to("a", "1"), to("a", "1")], false).unwrap(), strings(&[("a", "1")]));
    assert!(edit_strings(&table, &[to("new", "1"), to("new", "2")], true).unwrap_err().is_conflict());
    let document = manifest(&[meta("a", "x", None)]);
    for name in ["a", "new"] {
        let error = edit_manifest(&document, &[to_meta(name, "1"), to_meta(name, "2")], &[], true).unwrap_err();
        assert!(error.is_conflict(), "{error}");
    }
    let path = |path: &str, value: &str| PathEdit { path: path.to_owned(), value: value.into() };
    let error = edit_paths(&document, &[path("/manifest/@package", "a"), path("//@package", "b")]);
    assert!(matches!(error, Err(AaptError::Conflict { .. } | AaptError::Path(_))), "{error:?}");
}

#[test]
fn what_is_no_plain_string_is_refused_with_its_kind() {
    let styled = bytes(4, [bytes(1, "x"), bytes(2, [bytes(1, "b"), number(3, 1)].concat())].concat());
    let cases = [
        (styled, "a styled string"),
        (reference(0x7f01_0001), "a reference to 0x7f010001"),
        (bytes(5, bytes(1, "res/a.xml")), "a plain string"),
        (prim(6, 7), "a value of type 0x10, data 0x00000007"),
        (Vec::new(), "@null"),
    ];
    for (item, said) in cases {
        let table = package(0x7f, "p", &[kind(1, "string", &[entry(0, "a", &[value("", &item)])])]);
        let (place, _, found) = wrong(edit_strings(&table, &[to("a", "new")], false));
        assert_eq!((place.as_str(), found.as_str()), ("string/a in configuration default", said));
    }
    let plural = bytes(6, bytes(2, bytes(5, bytes(5, []))));
    let table = package(0x7f, "p", &[kind(1, "string", &[entry(0, "a", &[plural])])]);
    assert_eq!(wrong(edit_strings(&table, &[to("a", "new")], false)).2, "a bag (array, plural or style)");
    // One configuration of several refuses the whole edit, and alone it does not.
    let held = [value("", &text("x")), value("de", &reference(0x7f01_0001))];
    let table = package(0x7f, "p", &[kind(1, "string", &[entry(0, "a", &held)])]);
    wrong(edit_strings(&table, &[to("a", "new")], false));
    let edited = edit_strings(&table, &[at("a", "default", "new")], false).unwrap();
    assert_eq!(read(&edited, "a"), [string("default", "new"), ("de".to_owned(), Value::Reference(0x7f01_0001))]);
}

#[test]
fn a_raw_string_stays_one() {
    let table = |content: &str| {
        let item = bytes(3, bytes(1, content));
        package(0x7f, "p", &[kind(1, "string", &[entry(0, "a", &[value("", &item)])])])
    };
    assert_eq!(read(&table("x"), "a"), [string("default", "x")]);
    assert_eq!(set(&table("x"), "a", "new"), table("new"));
}

#[test]
fn a_string_that_is_absent_is_made_behind_the_last_id() {
    let before = |more: &[Vec<u8>]| {
        let entries = [vec![entry(3, "a", &[value("", &text("x"))])], more.to_vec()].concat();
        package(0x7f, "p", &[kind(2, "string", &entries), kind(1, "id", &[entry(9, "b", &[])])])
    };
    let made = |text_: &str| before(&[entry(4, "new", &[value("", &text(text_))])]);
    assert_eq!(edit_strings(&before(&[]), &[to("new", "v")], true).unwrap(), made("v"));
    assert_eq!(edit_strings(&before(&[]), &[at("new", "default", "")], true).unwrap(), made(""));
    assert_eq!(edit_strings(&made("v"), &[to("new", "w")], true).unwrap(), made("w"), "it is there now");
    let error = edit_strings(&before(&[]), &[to("new", "v")], false).unwrap_err();
    assert_eq!(error, AaptError::NotFound { place: "resource string/new".to_owned() });
    // Of several packages the application's, wherever it stands.
    let other = package(0x80, "q", &[kind(1, "string", &[])]);
    let both = edit_strings(&[other.clone(), before(&[])].concat(), &[to("new", "v")], true).unwrap();
    assert_eq!(both, [other, made("v")].concat());
}

#[test]
fn a_string_of_other_configurations_gets_the_default_one() {
    let table = |values: &[Vec<u8>]| package(0x7f, "p", &[kind(1, "string", &[entry(5, "a", values)])]);
    let german = value("de", &text("x"));
    let before = table(std::slice::from_ref(&german));
    let made = edit_strings(&before, &[at("a", "default", "v")], true).unwrap();
    assert_eq!(made, table(&[german.clone(), value("", &text("v"))]));
    // Where no configuration is named, those count that are there.
    assert_eq!(edit_strings(&before, &[to("a", "v")], true).unwrap(), table(&[value("de", &text("v"))]));
    let error = edit_strings(&before, &[at("a", "default", "v")], false).unwrap_err();
    assert_eq!(error, AaptError::NotFound { place: "resource string/a in configuration default".to_owned() });
    // Which of two entries is meant nobody says; where one of them has it, it is there.
    let twice = |values: &[Vec<u8>]| {
        package(0x7f, "p", &[kind(1, "string", &[entry(5, "a", std::slice::from_ref(&german)), entry(6, "a", values)])])
    };
    let error = edit_strings(&twice(&[]), &[at("a", "default", "v")], true).unwrap_err();
    assert!(matches!(error, AaptError::CannotCreate { .. }), "{error}");
    let there = edit_strings(&twice(&[value("", &text("x"))]), &[at("a", "default", "v")], true).unwrap();
    assert_eq!(there, twice(&[value("", &text("v"))]));
}

#[test]
fn what_cannot_be_made_is_refused_with_the_reason() {
    let none = package(0x7f, "p", &[kind(1, "id", &[])]);
    let full = package(0x7f, "p", &[kind(1, "string", &[entry(0xffff, "a", &[value("", &text("x"))])])]);
    let cases = [
        (Vec::new(), to("new", "v"), "the table has no package"),
        (none, to("new", "v"), "the table has no strings at all"),
        (full.clone(), to("new", "v"), "the highest id of its type is taken"),
        (full, at("new", "de", "v"), "only the default configuration can be created"),
    ];
    for (table, edit, said) in cases {
        let error = edit_strings(&table, &[edit], true).unwrap_err();
        assert!(error.is_refusal());
        let AaptError::CannotCreate { place, reason } = error else { panic!("{error}") };
        assert_eq!((place.as_str(), reason.as_str()), ("string/new", said));
    }
}

#[test]
fn files_and_references_are_found_by_name_and_id() {
    let file = |path: &str| bytes(5, bytes(1, path));
    let raw = kind(
        2,
        "raw",
        &[entry(0, "c", &[value("", &file("res/raw/c.json")), value("de", &file("res/raw-de/c.json"))])],
    );
    let named = bytes(1, bytes(3, "com.example:string/a"));
    let entries = [
        entry(0, "a", &[value("", &text("res/raw/c.json"))]),
        entry(1, "b", &[value("", &reference(0x7f01_0000))]),
        entry(2, "n", &[value("", &named)]),
        entry(3, "m", &[value("", &bytes(1, bytes(3, "string/none")))]),
        entry(4, "loop", &[value("", &reference(0x7f01_0004))]),
    ];
    let table = package(0x7f, "com.example", &[kind(1, "string", &entries), raw]);
    let table = Table::parse(&table).unwrap();
    let files = [("default", "res/raw/c.json"), ("de", "res/raw-de/c.json")];
    let files = files.map(|(config, path)| (config.to_owned(), path.to_owned()));
    assert_eq!(table.files("raw", "c").unwrap(), files);
    // The string that says the same is no file.
    assert_eq!(table.resource_of("res/raw/c.json").unwrap(), Some(("raw".to_owned(), "c".to_owned())));
    assert_eq!(table.resource_of("res/raw/d.json").unwrap(), None);
    for id in [0x7f01_0000, 0x7f01_0001, 0x7f01_0002] {
        let found = table.resolve(id).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].value, Value::String("res/raw/c.json".to_owned()));
    }
    assert!(table.resolve(0x7f01_0004).unwrap().is_empty());
    assert_eq!(table.find("string", "m").unwrap()[0].value, Value::Reference(0));
}

#[test]
fn meta_data_of_text_is_set_in_all_its_words() {
    let both = |value: &str| manifest(&[meta("a", value, Some(text(value)))]);
    assert_eq!(set_meta(&both("old"), "a", "new").unwrap(), both("new"));
    // What was compiled counts; the source's text goes along, a backslash of it doubled.
    let document = manifest(&[meta("a", "old", Some(text("compiled")))]);
    assert_eq!(metas(&document), [words_of("a", "compiled")]);
    let edited = set_meta(&document, "a", "a\\n").unwrap();
    assert_eq!(edited, manifest(&[meta("a", "a\\\\n", Some(text("a\\n")))]));
    assert_eq!(metas(&edited), [words_of("a", "a\\n")]);
    let plain = |value: &str| manifest(&[meta("a", value, None)]);
    assert_eq!(set_meta(&plain("old"), "a", "C:\\new").unwrap(), plain("C:\\\\new"));
    assert_eq!(metas(&plain("C:\\\\new\\n\\u0041\\@")), [words_of("a", "C:\\new\nA@")]);
    // As aapt2 was seen to compile them.
    let sources = [
        ("back\\slash", "backslash"),
        ("ends\\", "ends"),
        ("ab\\ud83d\\ude00cd", "abcd"),
        ("ab\\u00zz cd", "ab"),
        (" \"a  b\" 'c' ", " \"a  b\" 'c' "),
        ("@string/x", "@string/x"),
        ("?attr/x", "?attr/x"),
    ];
    for (source, text) in sources {
        assert_eq!(metas(&plain(source)), [words_of("a", text)], "{source}");
    }
    // Only where there is a text of the source it gets another.
    let item = attribute("value", 0x0101_0024, "", &bytes(6, text("old")));
    let name = attribute("name", 0x0101_0003, "a", &[]);
    let document = manifest(&[element("meta-data", &[name, item], &[])]);
    let edited = set_meta(&document, "a", "new").unwrap();
    assert_eq!(edited.len(), document.len());
    assert_eq!(metas(&edited), [words_of("a", "new")]);
}

#[test]
fn a_number_stays_a_number_and_a_truth_value_one() {
    let int = |said: &str, field: u32, value: u64| manifest(&[meta("a", said, Some(prim(field, value)))]);
    assert_eq!(metas(&int("42", 6, 42)), [("a".to_owned(), Some(Scalar::Int(42)))]);
    assert_eq!(set_meta(&int("42", 6, 42), "a", "4711").unwrap(), int("4711", 6, 4711));
    assert_eq!(set_meta(&int("0x2a", 7, 42), "a", "4711").unwrap(), int("4711", 7, 4711));
    // A signed field: what is beyond its positive numbers is a negative one, which takes ten bytes.
    let large = int("4294967295", 6, u64::MAX);
    assert_eq!(set_meta(&int("42", 6, 42), "a", "4294967295").unwrap(), large);
    assert_eq!(metas(&large), [("a".to_owned(), Some(Scalar::Int(u32::MAX)))]);
    assert_eq!(set_meta(&large, "a", "42").unwrap(), int("42", 6, 42));
    for no in ["new", "", "007", "-1", "4294967296", "0x10", "1.0"] {
        let (place, _, found) = wrong(set_meta(&int("42", 6, 42), "a", no));
        assert_eq!((place.as_str(), found.as_str()), ("meta-data a", "the number 42"), "{no}");
    }
    let bool = |said: &str, value: u64| manifest(&[meta("a", said, Some(prim(8, value)))]);
    assert_eq!(set_meta(&bool("true", 1), "a", "false").unwrap(), bool("false", 0));
    assert_eq!(set_meta(&bool("false", 0), "a", "true").unwrap(), bool("true", 1));
    assert_eq!(wrong(set_meta(&bool("true", 1), "a", "yes")).2, "true");
    // An id is compiled to a truth value that is written nowhere.
    let id = manifest(&[meta("a", "@+id/x", Some(bytes(6, [])))]);
    assert_eq!(metas(&id), [("a".to_owned(), Some(Scalar::Bool(false)))]);
    assert_eq!(wrong(set_meta(&id, "a", "true")).2, "a resource id");
    let float = manifest(&[meta("a", "1.5", Some(bytes(7, [vec![3 << 3 | 5], vec![0, 0, 0xc0, 0x3f]].concat())))]);
    assert_eq!(wrong(set_meta(&float, "a", "2.5")).2, "a value of type 0x04, data 0x3fc00000");
}

#[test]
fn references_and_resources_are_refused() {
    let document = manifest(&[meta("a", "@string/x", Some(reference(0x7f01_0000)))]);
    assert_eq!(metas(&document), [("a".to_owned(), Some(Scalar::Reference(0x7f01_0000)))]);
    assert_eq!(wrong(set_meta(&document, "a", "new")).2, "a reference to 0x7f010000");
    let name = attribute("name", 0x0101_0003, "a", &[]);
    let resource = attribute("resource", 0x0101_0025, "@string/x", &bytes(6, reference(0x7f01_0000)));
    let value = attribute("value", 0x0101_0024, "x", &[]);
    for attributes in [vec![name.clone(), resource.clone()], vec![name.clone(), resource, value]] {
        let document = manifest(&[element("meta-data", &attributes, &[])]);
        let found = wrong(set_meta(&document, "a", "new")).2;
        assert_eq!(found, "android:resource, a reference to 0x7f010000, which Android reads");
    }
    let bare = manifest(&[element("meta-data", &[name], &[])]);
    assert_eq!(wrong(set_meta(&bare, "a", "new")).2, "neither value nor resource");
}

#[test]
fn meta_data_that_is_absent_is_made_at_the_end_of_the_application() {
    let before = manifest(&[meta("a", "x", None)]);
    let edits = [to_meta("c", "\\"), to_meta("b", "")];
    let made = edit_manifest(&before, &edits, &[], true).unwrap();
    assert_eq!(made.bytes, manifest(&[meta("a", "x", None), meta("b", "", None), meta("c", "\\\\", None)]));
    assert_eq!(made.created, ["b", "c"]);
    assert_eq!(metas(&made.bytes), [words_of("a", "x"), words_of("b", ""), words_of("c", "\\")]);
    let error = edit_manifest(&before, &edits, &[], false).unwrap_err();
    assert_eq!(error, AaptError::NotFound { place: "meta-data b".to_owned() });
    let error = edit_manifest(&element("manifest", &[], &[]), &edits, &[], true).unwrap_err();
    assert!(matches!(error, AaptError::CannotCreate { .. }), "{error}");
    // Only those directly below the application count.
    let inner = manifest(&[element("activity", &[], &[meta("a", "x", None)])]);
    assert_eq!(edit_manifest(&inner, &[to_meta("a", "y")], &[], true).unwrap().created, ["a"]);
}

#[test]
fn data_of_intent_filters_is_numbered_and_set() {
    let document = |schemes: [&str; 3]| {
        let data = |index: usize| element("data", &[attribute("scheme", 0x0101_0027, schemes[index], &[])], &[]);
        let host = element("data", &[attribute("host", 0x0101_0028, "h", &[])], &[]);
        let activity = |name: &str, inner: Vec<u8>| {
            let filter = element("intent-filter", &[], &[inner, host.clone()]);
            element("activity", &[attribute("name", 0x0101_0003, name, &[])], &[filter])
        };
        let outside = element("other", &[], &[element("intent-filter", &[], &[data(2)])]);
        manifest(&[activity(".A", data(0)), outside, activity(".B", data(1))])
    };
    let before = document(["one", "two", "stays"]);
    let found = Document::parse(&before).unwrap().filter_data(DataAttribute::Scheme);
    let found: Vec<_> = found.into_iter().map(|data| (data.component, data.nth, data.value)).collect();
    let scheme = |text: &str| Scalar::Text(text.to_owned());
    assert_eq!(found, [(".A".to_owned(), 0, scheme("one")), (".B".to_owned(), 2, scheme("two"))]);
    let edit = |elements: &[usize]| DataEdit {
        elements: elements.to_vec(),
        attribute: DataAttribute::Scheme,
        place: "here".to_owned(),
        value: "new".into(),
    };
    let set = |elements: &[usize]| edit_manifest(&before, &[], &[edit(elements)], false).map(|edited| edited.bytes);
    assert_eq!(set(&[2]).unwrap(), document(["one", "new", "stays"]));
    assert_eq!(set(&[0, 2]).unwrap(), document(["new", "new", "stays"]));
    for absent in [1, 4] {
        assert_eq!(set(&[absent]).unwrap_err(), AaptError::NotFound { place: "here".to_owned() });
    }
}

#[test]
fn paths_mean_attributes_with_prefix_and_texts() {
    let document = |name: &str, text: &str| {
        let declared = bytes(1, [bytes(1, "app"), bytes(2, "urn:example")].concat());
        let namespaced = bytes(4, [bytes(1, "urn:example"), bytes(2, "name"), bytes(3, name)].concat());
        let inner = element("b", &[namespaced], &[words(text)]);
        bytes(1, [declared, bytes(3, "a"), bytes(5, inner)].concat())
    };
    let edit = |path: &str, value: &str| [PathEdit { path: path.to_owned(), value: value.into() }];
    let before = document("old", "words");
    for path in ["/a/b/@app:name", "/a/b/@name"] {
        assert_eq!(read_path(&before, path).unwrap(), ["old"]);
        assert_eq!(edit_paths(&before, &edit(path, "n\\")).unwrap(), document("n\\\\", "words"), "{path}");
    }
    assert_eq!(read_path(&before, "/a/b").unwrap(), ["words"]);
    // No text is compiled, so nothing is escaped in it.
    assert_eq!(edit_paths(&before, &edit("/a/b", "n\\")).unwrap(), document("old", "n\\"));
    assert_eq!(edit_paths(&edit_paths(&before, &edit("/a/b", "")).unwrap(), &edit("/a/b", "words")).unwrap(), before);
    for absent in ["/a/b/@other:name", "/a/@name", "/a/c", "/b"] {
        let error = edit_paths(&before, &edit(absent, "x")).unwrap_err();
        assert_eq!(error, AaptError::NotFound { place: absent.to_owned() });
    }
    let mixed = element("a", &[], &[words("one"), element("b", &[], &[]), words("two")]);
    assert_eq!(wrong(edit_paths(&mixed, &edit("/a", "x"))).2, "an element with children, or several texts");
}
