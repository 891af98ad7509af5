//! Binary XML: reading as Android does, and edits of `<meta-data>` and of addressed places.

use inject::format::axml::{
    AxmlError, Document, MetaEdit, NodeKind, PathEdit, Scalar, dump, edit_meta_data, edit_paths, read_path,
};
use proptest::prelude::*;

use super::build::arsc::{Pool, pool};
use super::build::axml::{NONE, Node, document, manifest};

fn to(name: &str, value: &str) -> MetaEdit {
    MetaEdit { name: name.to_owned(), value: value.into() }
}

fn meta(bytes: &[u8]) -> Vec<(String, Option<Scalar>)> {
    let manifest = Document::parse(bytes).unwrap().manifest();
    manifest.meta_data.into_iter().map(|meta| (meta.name, meta.value)).collect()
}

fn pair(name: &str, value: &str) -> (String, Option<Scalar>) {
    (name.to_owned(), Some(Scalar::Text(value.to_owned())))
}

#[test]
fn a_value_is_replaced_in_both_its_words() {
    let bytes = manifest(true, true, &[("id", Some("old")), ("other", Some("stays"))]);
    let edited = edit_meta_data(&bytes, &[to("id", "new")], false).unwrap();
    assert_eq!(meta(&edited.bytes), [pair("id", "new"), pair("other", "stays")]);
    let document = Document::parse(&edited.bytes).unwrap();
    for node in document.nodes() {
        if let NodeKind::Start { attributes, .. } = &node.kind {
            assert!(attributes.iter().all(|attribute| attribute.raw == attribute.data));
        }
    }
    let wide: Vec<u8> = "old".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(!edited.bytes.windows(wide.len()).any(|window| window == wide));
}

#[test]
fn duplicates_are_all_changed_and_shared_texts_stay_for_others() {
    let bytes = manifest(false, true, &[("id", Some("same")), ("id", Some("two")), ("other", Some("same"))]);
    let edited = edit_meta_data(&bytes, &[to("id", "new")], false).unwrap();
    assert_eq!(meta(&edited.bytes), [pair("id", "new"), pair("id", "new"), pair("other", "same")]);
    // The text of a value may be the name of something: an attribute, an element.
    let bytes = manifest(false, true, &[("id", Some("manifest"))]);
    let edited = edit_meta_data(&bytes, &[to("id", "new")], false).unwrap();
    assert_eq!(Document::parse(&edited.bytes).unwrap().manifest().package.as_deref(), Some("com.example"));
}

#[test]
fn a_number_stays_a_number_or_is_refused() {
    let bytes = manifest(true, true, &[("id", None)]);
    assert_eq!(meta(&bytes), [("id".to_owned(), Some(Scalar::Int(42)))]);
    let edited = edit_meta_data(&bytes, &[to("id", "4711")], false).unwrap().bytes;
    assert_eq!(meta(&edited), [("id".to_owned(), Some(Scalar::Int(4711)))]);
    assert_eq!(edit_meta_data(&edited, &[to("id", "42")], false).unwrap().bytes, bytes, "and back");
    // What would be read back as another text, or as none, is refused.
    for no in ["new", "", "007", "-1", "4294967296", "0x10", "1.0"] {
        let error = edit_meta_data(&bytes, &[to("id", no)], false).unwrap_err();
        assert!(matches!(error, AxmlError::WrongKind { .. }), "{no}");
        assert!(error.to_string().contains("found the number 42"), "{error}");
    }
}

#[test]
fn a_truth_value_stays_one_and_keeps_its_text() {
    // <a b="true"/> with the text of the source left beside it, and <c b="false"/> without.
    let strings = pool(&["a", "b", "c", "true"]);
    let nodes = [
        Node::Start(0, vec![(NONE, 1, 3, 0x12, 1)]),
        Node::Start(2, vec![(NONE, 1, NONE, 0x12, 0)]),
        Node::End(2),
        Node::End(0),
    ];
    let bytes = document(&strings, &[], &nodes);
    let path = |path: &str, value: &str| PathEdit { path: path.to_owned(), value: value.into() };
    let all = |bytes: &[u8]| {
        let document = Document::parse(bytes).unwrap();
        let mut all = Vec::new();
        for node in document.nodes() {
            if let NodeKind::Start { attributes, .. } = &node.kind {
                let raw = |raw: u32| document.string(raw).map(std::borrow::Cow::into_owned);
                all.extend(attributes.iter().map(|attribute| (raw(attribute.raw), document.scalar(attribute))));
            }
        }
        all
    };
    assert_eq!(edit_paths(&bytes, &[path("/a/@b", "true"), path("/a/c/@b", "false")]).unwrap(), bytes);
    let edited = edit_paths(&bytes, &[path("/a/@b", "false"), path("/a/c/@b", "true")]).unwrap();
    assert_eq!(all(&edited), [(Some("false".to_owned()), Scalar::Bool(false)), (None, Scalar::Bool(true))]);
    assert!(matches!(edit_paths(&bytes, &[path("/a/@b", "yes")]), Err(AxmlError::WrongKind { .. })));
}

#[test]
fn a_resource_counts_before_a_value() {
    // <meta-data android:name="id" android:value="old" android:resource="@0x7f010000"/>, and with @null
    for (resource, refused) in [(0x7f01_0000, true), (0, false)] {
        let strings = pool(&["name", "value", "resource", "manifest", "application", "meta-data", "id", "old"]);
        let attributes = vec![(NONE, 0, 6, 3, 6), (NONE, 1, 7, 3, 7), (NONE, 2, NONE, 1, resource)];
        let nodes = [
            Node::Start(3, vec![]),
            Node::Start(4, vec![]),
            Node::Start(5, attributes),
            Node::End(5),
            Node::End(4),
            Node::End(3),
        ];
        let bytes = document(&strings, &[0x0101_0003, 0x0101_0024, 0x0101_0025], &nodes);
        let edited = edit_meta_data(&bytes, &[to("id", "new")], false);
        assert_eq!(edited.is_err(), refused);
        if let Err(error) = edited {
            let text = error.to_string();
            assert!(text.contains("a reference to 0x7f010000, which Android reads"), "{text}");
        }
    }
}

#[test]
fn mixed_content_is_refused() {
    // <a>one<b/>two</a>, and <a><b>one</b></a>
    let strings = pool(&["a", "b", "one", "two"]);
    let nodes =
        [Node::Start(0, vec![]), Node::Text(2), Node::Start(1, vec![]), Node::End(1), Node::Text(3), Node::End(0)];
    let bytes = document(&strings, &[], &nodes);
    let path = |path: &str| PathEdit { path: path.to_owned(), value: "new".into() };
    let error = edit_paths(&bytes, &[path("/a")]).unwrap_err();
    assert!(error.to_string().contains("found an element with children"), "{error}");
    let nodes = [Node::Start(0, vec![]), Node::Start(1, vec![]), Node::Text(2), Node::End(1), Node::End(0)];
    let bytes = document(&strings, &[], &nodes);
    assert!(edit_paths(&bytes, &[path("/a/b")]).is_ok());
    assert!(matches!(edit_paths(&bytes, &[path("/a")]), Err(AxmlError::WrongKind { .. })));
}

#[test]
fn a_resource_is_not_replaced() {
    // <meta-data android:name="id" android:resource="@0x7f010000"/>
    let strings = pool(&["name", "resource", "manifest", "application", "meta-data", "id"]);
    let nodes = [
        Node::Start(2, vec![]),
        Node::Start(3, vec![]),
        Node::Start(4, vec![(NONE, 0, 5, 3, 5), (NONE, 1, NONE, 1, 0x7f01_0000)]),
        Node::End(4),
        Node::End(3),
        Node::End(2),
    ];
    let bytes = document(&strings, &[0x0101_0003, 0x0101_0025], &nodes);
    let error = edit_meta_data(&bytes, &[to("id", "x")], true).unwrap_err().to_string();
    assert!(error.contains("found android:resource"), "{error}");
    let manifest = Document::parse(&bytes).unwrap().manifest();
    assert_eq!(manifest.meta_data[0].resource, Some(Scalar::Reference(0x7f01_0000)));
}

#[test]
fn pitfall_10_creation_inserts_the_name_of_value_among_the_mapped() {
    for (utf16, mapped) in [(true, true), (true, false), (false, true), (false, false)] {
        let bytes = manifest(utf16, mapped, &[]);
        assert!(matches!(edit_meta_data(&bytes, &[to("id", "x")], false), Err(AxmlError::NotFound { .. })));
        let edited = edit_meta_data(&bytes, &[to("id", "x"), to("key", "y")], true).unwrap();
        assert_eq!(meta(&edited.bytes), [pair("id", "x"), pair("key", "y")]);
        assert_eq!(edited.created, ["id", "key"]);
        let document = Document::parse(&edited.bytes).unwrap();
        assert_eq!(document.manifest().package.as_deref(), Some("com.example"), "references followed the insertion");
        let ids: Vec<Vec<Option<u32>>> = document
            .nodes()
            .iter()
            .filter_map(|node| match &node.kind {
                NodeKind::Start { attributes, .. } if attributes.len() == 2 => {
                    Some(attributes.iter().map(|attribute| document.resource_id(attribute)).collect())
                }
                _ => None,
            })
            .collect();
        assert_eq!(ids, vec![vec![Some(0x0101_0003), Some(0x0101_0024)]; 2], "sorted by resource id");
        assert_eq!(document.pool().is_utf8(), !utf16);
        assert!(dump(&document).contains("A: android:value(0x01010024)=\"x\""), "{}", dump(&document));
    }
    // Without any map, and without an application.
    let nodes = [Node::Start(0, vec![]), Node::Start(1, vec![]), Node::End(1), Node::End(0)];
    let bytes = document(&pool(&["manifest", "application"]), &[], &nodes);
    assert_eq!(meta(&edit_meta_data(&bytes, &[to("id", "x")], true).unwrap().bytes), [pair("id", "x")]);
    let bytes = document(&pool(&["manifest", "other"]), &[], &nodes);
    assert!(matches!(edit_meta_data(&bytes, &[to("id", "x")], true), Err(AxmlError::CannotCreate { .. })));
}

#[test]
fn attributes_are_found_by_id_before_name() {
    // Obfuscators empty the names: only the map tells what they are.
    let strings = pool(&["", "manifest", "uses-sdk", "S", "application"]);
    let nodes = [
        Node::Start(1, vec![]),
        Node::Start(2, vec![(NONE, 0, 3, 3, 3)]),
        Node::End(2),
        Node::Start(4, vec![]),
        Node::End(4),
        Node::End(1),
    ];
    let bytes = document(&strings, &[0x0101_020c], &nodes);
    let manifest = Document::parse(&bytes).unwrap().manifest();
    assert_eq!(manifest.min_sdk, Some(Scalar::Text("S".into())), "a codename is no number");
    assert_eq!(manifest.target_sdk, None);
}

#[test]
fn paths_reach_attributes_and_texts() {
    let strings = pool(&["a", "b", "c", "one", "two", "text"]);
    let nodes = [
        Node::Start(0, vec![]),
        Node::Start(1, vec![(NONE, 2, 3, 3, 3)]),
        Node::Text(5),
        Node::End(1),
        Node::Start(1, vec![(NONE, 2, 4, 3, 4)]),
        Node::End(1),
        Node::End(0),
    ];
    let bytes = document(&strings, &[], &nodes);
    let read = |bytes: &[u8], path: &str| read_path(&Document::parse(bytes).unwrap(), path).unwrap();
    assert_eq!(read(&bytes, "/a/b/@c"), ["one", "two"]);
    assert_eq!(read(&bytes, "/a/b[2]/@c"), ["two"]);
    assert_eq!(read(&bytes, "/a/b[@c='one']"), ["text"]);
    let edits = [("/a/b[2]/@c", "zwei"), ("/a/b", "Text")];
    let edits = edits.map(|(path, value)| PathEdit { path: path.to_owned(), value: value.into() });
    let edited = edit_paths(&bytes, &edits).unwrap();
    assert_eq!(read(&edited, "/a/b/@c"), ["one", "zwei"]);
    assert_eq!(read(&edited, "/a/b"), ["Text"]);
    let missing = PathEdit { path: "/a/x".into(), value: "".into() };
    assert!(matches!(edit_paths(&bytes, &[missing]), Err(AxmlError::NotFound { .. })));
    for bad in ["", "a", "/", "/a[0]", "/a[", "/a/@", "/@a", "/a/@b/c", "/a[@b=c]"] {
        assert!(read_path(&Document::parse(&bytes).unwrap(), bad).is_err(), "{bad}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn dev_after_prod_is_dev(
        utf16: bool, mapped: bool,
        old in ["[ab]", "[ab]", "[ab]"],
        dev in ["[abc]{1,2}", "[abc\u{1F600}]{1,2}"], prod in ["[abd]{1,2}", "[abd]{1,2}"],
    ) {
        let metas = [("id", Some(old[0].as_str())), ("id", Some(old[1].as_str())), ("other", Some(old[2].as_str()))];
        let bytes = manifest(utf16, mapped, if mapped { &metas } else { &[] });
        prop_assert_eq!(&edit_meta_data(&bytes, &[], false).unwrap().bytes, &bytes);
        let edit = |bytes: &[u8], values: &[String; 2]| {
            edit_meta_data(bytes, &[to("id", &values[0]), to("key", &values[1])], true).unwrap().bytes
        };
        let first = edit(&bytes, &dev);
        let mut expected = meta(&bytes);
        for found in expected.iter_mut().filter(|(name, _)| name == "id") {
            found.1 = Some(Scalar::Text(dev[0].clone()));
        }
        if !mapped {
            expected.push(pair("id", &dev[0]));
        }
        expected.push(pair("key", &dev[1]));
        prop_assert_eq!(meta(&first), expected);
        prop_assert_eq!(&edit(&first, &dev), &first);
        prop_assert_eq!(edit(&edit(&first, &prod), &dev), first);
    }
}

#[test]
fn a_pool_with_styles_is_read() {
    let strings = Pool { styles: vec![vec![(1, 0, 1)]], ..pool(&["manifest", "b"]) };
    let bytes = document(&strings, &[], &[Node::Start(0, vec![]), Node::End(0)]);
    assert_eq!(dump(&Document::parse(&bytes).unwrap()), "E: manifest (line=1)\n");
}

#[test]
fn what_android_reads_is_read() {
    let bytes = manifest(true, true, &[("id", Some("old"))]);
    let edited = |bytes: &[u8]| edit_meta_data(bytes, &[to("id", "new")], false).unwrap().bytes;
    // Any kind of the outermost chunk.
    let mut kindless = bytes.clone();
    kindless[0] = 0;
    assert_eq!(meta(&edited(&kindless)), [pair("id", "new")]);
    assert_eq!(edited(&kindless)[1..], edited(&bytes)[1..]);
    // What lies behind the end of the outermost element: the last node is one that closes a namespace, of 24 bytes.
    let mut sizeless = bytes.clone();
    let last = sizeless.len() - 24;
    sizeless[last + 4..last + 8].fill(0);
    assert_eq!(meta(&edited(&sizeless)), [pair("id", "new")]);
    assert_eq!(edited(&sizeless)[edited(&bytes).len() - 16..], edited(&bytes)[edited(&bytes).len() - 16..]);
    // The same within an element is damage.
    let mut damaged = bytes.clone();
    let end = damaged.len() - 3 * 24;
    damaged[end + 4..end + 8].fill(0);
    assert!(Document::parse(&damaged).is_err());
}

#[test]
fn more_strings_than_offsets_are_read_and_not_edited() {
    let bytes = manifest(true, true, &[("id", Some("old"))]);
    let mut many = bytes.clone();
    // ResStringPool_header.stringCount, behind two chunk headers.
    let count = u32::from_le_bytes(many[16..20].try_into().unwrap());
    many[16..20].copy_from_slice(&(count + 20).to_le_bytes());
    assert_eq!(meta(&many), [pair("id", "old")]);
    assert_eq!(edit_meta_data(&many, &[to("id", "old")], false).unwrap().bytes, many);
    let error = edit_meta_data(&many, &[to("id", "new")], false).unwrap_err();
    assert!(error.to_string().contains("it counts more strings than it has offsets"), "{error}");
}

#[test]
fn a_map_that_is_longer_than_the_pool_does_not_grow_it() {
    let strings = pool(&["name", "value", "manifest", "application", "meta-data", "shared"]);
    // The value is a name too, so that it cannot be replaced where it is.
    let nodes = [
        Node::Start(2, vec![]),
        Node::Start(3, vec![]),
        Node::Start(4, vec![(NONE, 0, 5, 3, 5), (NONE, 1, 5, 3, 5)]),
        Node::End(4),
        Node::End(3),
        Node::End(2),
    ];
    let ids = [0x0101_0003, 0x0101_0024, 0, 0, 0, 0, 0, 0, 0, 0];
    let bytes = document(&strings, &ids, &nodes);
    let edited = |bytes: &[u8], value: &str| edit_meta_data(bytes, &[to("shared", value)], false).unwrap().bytes;
    let dev = edited(&bytes, "dev-id");
    assert_eq!(meta(&dev), [pair("shared", "dev-id")]);
    assert_eq!(edited(&dev, "dev-id"), dev);
    assert_eq!(edited(&edited(&dev, "another"), "dev-id"), dev);
}

#[test]
fn a_resource_map_that_is_longer_than_the_string_pool_is_no_hindrance() {
    // <manifest><application/></manifest> with ids for strings that are not there, `name` and `value` among them.
    let strings = pool(&["manifest", "application"]);
    let nodes = [Node::Start(0, vec![]), Node::Start(1, vec![]), Node::End(1), Node::End(0)];
    for ids in [
        vec![0; 9],
        vec![0, 0, 0x0101_0003, 0x0101_0024, 0x0101_0025],
        vec![0, 0, 0x0101_0024],
        vec![0x0101_0024, 0x0101_0003, 0x0101_0001],
    ] {
        let bytes = document(&strings, &ids, &nodes);
        let edited = edit_meta_data(&bytes, &[to("id", "new")], true).unwrap();
        assert_eq!(edited.created, ["id"]);
        assert_eq!(meta(&edited.bytes), [pair("id", "new")]);
        let read = Document::parse(&edited.bytes).unwrap();
        for node in read.nodes() {
            let NodeKind::Start { attributes, .. } = &node.kind else { continue };
            for attribute in attributes {
                let name = read.string(attribute.name).unwrap();
                let id = read.resource_id(attribute).unwrap();
                assert!(
                    matches!((&*name, id), ("name", 0x0101_0003) | ("value", 0x0101_0024)) || ids.len() == 3,
                    "{name}"
                );
            }
        }
        // The second run changes nothing, another value and back neither.
        let again = edit_meta_data(&edited.bytes, &[to("id", "new")], true).unwrap();
        assert!(again.created.is_empty() && again.bytes == edited.bytes);
        let other = edit_meta_data(&edited.bytes, &[to("id", "other")], true).unwrap();
        assert_eq!(edit_meta_data(&other.bytes, &[to("id", "new")], true).unwrap().bytes, edited.bytes);
    }
}
