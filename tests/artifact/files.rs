//! Places in a set of files: found by name and pattern, in archives within archives, changed all at once.

use inject::artifact::files::{Below, Changes, FileSet, Files, FilesError, Found};
use inject::format::limits;
use inject::format::zip::{Archive, METHOD_DEFLATED, METHOD_STORED};
use inject::placement::{Absence, Address, Kind, Place, Template};
use proptest::prelude::*;

use super::{Memory, memory};
use crate::format::build::zip::{Item, Zip, virtual_entry};

fn place(at: &str, absence: Absence) -> Place {
    Place::new(Address::parse(at).unwrap(), Template::default(), absence)
}

fn find(files: &dyn Files, at: &str) -> Vec<Found> {
    FileSet::new(files, Kind::Tree).find(&place(at, Absence::Fail)).unwrap()
}

fn values(files: &dyn Files, at: &str) -> Vec<String> {
    find(files, at).into_iter().flat_map(|found| found.values).collect()
}

fn change(files: &dyn Files, values: &[(&str, &str)]) -> Result<Changes, FilesError> {
    let set = FileSet::new(files, Kind::Tree);
    let mut spots = Vec::new();
    for (at, value) in values {
        let found = set.find(&place(at, Absence::Create))?;
        spots.extend(found.into_iter().map(|found| (found.spot, *value)));
    }
    set.change(spots.iter().map(|(spot, value)| (spot, *value)))
}

/// What a zip has besides contents that change: a gap, extra fields, descriptors, a comment, another order.
fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let items = entries.iter().enumerate().map(|(index, (name, content))| {
        let mut item = Item::new(name, if index % 2 == 0 { METHOD_DEFLATED } else { METHOD_STORED }, content);
        item.local_extra = vec![0x55, 0x54, 1, 0, 7];
        item.central_extra = vec![0x55, 0x54, 1, 0, 9];
        item.descriptor = (index % 3 == 1).then_some(16);
        item
    });
    let mut zip = Zip::of(items);
    zip.items.last_mut().unwrap().gap = virtual_entry(5);
    zip.order = (0..entries.len()).rev().collect();
    zip.comment = b"a comment".to_vec();
    zip.build()
}

fn project() -> Memory {
    let inner = archive(&[("deep.json", br#"{"id":"old"}"#), ("rest.txt", b"rest")]);
    let outer = archive(&[
        ("a.json", br#"{"id":"old", "id":"older"}"#),
        ("keep.bin", b"kept as it is"),
        ("inner.zip", &inner),
        ("z.properties", b"id=old\n"),
    ]);
    memory([
        ("one.gxsd", outer.as_slice()),
        ("two.gxsd", outer.as_slice()),
        ("app/config.json", br#"{"id": "old"}"#),
        ("app/other.json", br#"{"none": 1}"#),
        ("app/readme.json", b"no JSON at all"),
    ])
}

#[test]
fn places_are_found_in_files_and_in_archives_at_any_depth() {
    let files = project();
    assert_eq!(values(&files, "app/config.json#/id"), ["old"]);
    assert_eq!(values(&files, "*.gxsd!/a.json#/id"), ["old", "older", "old", "older"]);
    assert_eq!(values(&files, "one.gxsd!/inner.zip!/deep.json#/id"), ["old"]);
    let found = find(&files, "*.gxsd!/*.zip!/*#/id");
    let shown: Vec<String> = found.iter().map(|found| found.spot.file()).collect();
    assert_eq!(shown, ["one.gxsd!/inner.zip!/deep.json", "two.gxsd!/inner.zip!/deep.json"]);
    let set = FileSet::new(&files, Kind::Tree);
    assert!(set.has(&Address::parse("**/*.json#/id").unwrap()).unwrap());
    assert!(!set.has(&Address::parse("**/*.json#/absent").unwrap()).unwrap());
    assert!(!set.has(&Address::parse("string/client_id").unwrap()).unwrap());
    assert!(!set.has(&Address::parse("apk:app/config.json#/id").unwrap()).unwrap());
    assert!(set.find(&place("apk:nothing#/id", Absence::Fail)).unwrap().is_empty());
}

#[test]
fn a_pattern_passes_over_other_files_but_not_over_damaged_ones() {
    let mut files = project();
    assert_eq!(values(&files, "app/*.json#/id"), ["old"]);
    // Without a pattern the file was meant.
    let named = FileSet::new(&files, Kind::Tree).find(&place("app/readme.json#/id", Absence::Skip));
    assert!(matches!(named, Err(FilesError::Document { .. })));
    files.0.insert("app/damaged.json".to_owned(), br#"{"id": "old" "#.to_vec());
    let set = FileSet::new(&files, Kind::Tree);
    let damaged = set.find(&place("app/*.json#/id", Absence::Skip)).unwrap_err();
    assert!(damaged.to_string().starts_with("app/damaged.json: not valid JSON"), "{damaged}");
    assert!(set.has(&Address::parse("app/*.json#/id").unwrap()).unwrap());
    // What is no archive is not entered, unless its name is that of one: it is damaged then, and an empty one is too.
    files.0.insert("three".to_owned(), b"text".to_vec());
    assert_eq!(values(&files, "*!/a.json#/id").len(), 4);
    for damaged in [&b"text"[..], b""] {
        files.0.insert("three.gxsd".to_owned(), damaged.to_vec());
        let error = FileSet::new(&files, Kind::Tree).find(&place("*.gxsd!/a.json#/id", Absence::Skip)).unwrap_err();
        assert!(error.to_string().starts_with("three.gxsd: "), "{error}");
    }
    files.0.remove("three.gxsd");
    let cut = files.0["one.gxsd"][..100].to_vec();
    files.0.insert("four.gxsd".to_owned(), cut);
    let error = FileSet::new(&files, Kind::Tree).find(&place("*.gxsd!/a.json#/id", Absence::Skip)).unwrap_err();
    assert!(error.to_string().starts_with("four.gxsd: "), "{error}");
}

#[test]
fn absence_is_an_error_passed_over_or_made() {
    let files = project();
    let set = FileSet::new(&files, Kind::Tree);
    let missing = |at: &str, absence| {
        let found = set.find(&place(at, absence));
        found.map(|found| found.into_iter().map(|found| found.spot.file()).collect::<Vec<_>>())
    };
    for at in ["app/config.json#/absent", "nowhere.json#/id", "one.gxsd!/nowhere.json#/id"] {
        assert!(matches!(missing(at, Absence::Fail), Err(FilesError::NoPlace { .. })), "{at}");
        assert!(missing(at, Absence::Skip).unwrap().is_empty(), "{at}");
        assert!(missing(at, Absence::Offer).unwrap().is_empty(), "{at}");
        assert_eq!(missing(at, Absence::Create).unwrap().len(), 1, "{at}");
    }
    assert_eq!(missing("app/*.json#/absent", Absence::CreateWithin).unwrap().len(), 3);
    assert!(missing("nowhere.json#/id", Absence::CreateWithin).unwrap().is_empty());
    assert_eq!(missing("*.gxsd!/new.json#/id", Absence::Create).unwrap().len(), 2);
    for at in ["*.nothing#/id", "nothing.zip!/new.json#/id", "nowhere.js#NAME"] {
        assert!(matches!(missing(at, Absence::Create), Err(FilesError::NoPlace { .. })), "{at}");
    }
}

#[test]
fn an_archive_is_written_around_what_changes() {
    let files = project();
    let changes = change(
        &files,
        &[
            ("one.gxsd!/a.json#/id", "new"),
            ("one.gxsd!/inner.zip!/deep.json#/id", "new"),
            ("one.gxsd!/made.json#/a/b", "new"),
            ("one.gxsd!/made.json#/c", "new"),
            ("app/config.json#/id", "new"),
            ("app/config.json#/more", "new"),
        ],
    )
    .unwrap();
    assert_eq!(changes.contents.keys().collect::<Vec<_>>(), ["app/config.json", "one.gxsd"]);
    assert_eq!(changes.contents["app/config.json"], br#"{"id": "new","more": "new"}"#);
    let mut after = files.clone();
    after.0.extend(changes.contents);
    assert_eq!(values(&after, "one.gxsd!/a.json#/id"), ["new", "new"]);
    assert_eq!(values(&after, "one.gxsd!/inner.zip!/deep.json#/id"), ["new"]);
    assert_eq!(values(&after, "one.gxsd!/made.json"), [r#"{"a":{"b":"new"},"c":"new"}"#]);
    assert_eq!(values(&after, "two.gxsd!/a.json#/id"), ["old", "older"]);

    let (old, new) = (&files.0["one.gxsd"], &after.0["one.gxsd"]);
    let (old, new) = (Archive::open(old).unwrap(), Archive::open(new).unwrap());
    let name = |archive: &Archive<'_, Vec<u8>>| {
        archive.entries().iter().map(inject::format::zip::Entry::display_name).collect::<Vec<_>>()
    };
    assert_eq!(name(&new)[..4], name(&old)[..]);
    let raw = |archive: &Archive<'_, Vec<u8>>, name: &str| {
        let entry = &archive.entries()[archive.find(name.as_bytes()).unwrap()];
        let range = entry.local_offset() as usize..entry.data_range().end as usize;
        archive.source()[range].to_vec()
    };
    for kept in ["keep.bin", "z.properties"] {
        assert_eq!(raw(&new, kept), raw(&old, kept), "{kept}");
    }
    // Time, date and the extra field stay with an entry that changes.
    assert_eq!(raw(&new, "a.json")[10..14], raw(&old, "a.json")[10..14]);
    assert!(raw(&new, "a.json").windows(5).any(|window| window == [0x55, 0x54, 1, 0, 7]));
    assert!(after.0["one.gxsd"].ends_with(b"a comment"));
}

#[test]
fn what_is_there_already_changes_nothing() {
    let files = project();
    let same = [("app/config.json#/id", "old"), ("*.gxsd!/inner.zip!/deep.json#/id", "old")];
    assert!(change(&files, &same).unwrap().is_empty());
    // A, then B, then A again is A.
    let round = |from: &Memory, value: &str| {
        let mut to = from.clone();
        let all = [("app/config.json#/id", value), ("*.gxsd!/inner.zip!/deep.json#/id", value)];
        to.0.extend(change(from, &all).unwrap().contents);
        to
    };
    let a = round(&files, "a");
    assert!(round(&round(&a, "value-of-b"), "a").0 == a.0);
}

#[test]
fn two_values_for_one_spot_are_refused() {
    let files = project();
    let both = [("app/config.json#/id", "a"), ("app/c*.json#/id", "b")];
    let error = change(&files, &both).unwrap_err();
    let text = "places app/config.json#/id and app/c*.json#/id are the same spot in app/config.json";
    assert!(error.to_string().starts_with(text), "{error}");
    assert!(change(&files, &[("app/config.json#/id", "a"), ("app/c*.json#/id", "a")]).is_ok());
    assert!(!format!("{:?}", change(&files, &[("app/config.json#/id", "hidden")]).unwrap()).contains("hidden"));
}

#[test]
fn depth_and_size_have_limits() {
    let mut content = br#"{"id":"old"}"#.to_vec();
    let mut name = "a.json".to_owned();
    let mut at = "a.json#/id".to_owned();
    for depth in 1..=limits::NESTED_ARCHIVES + 1 {
        content = archive(&[(&name, &content)]);
        name = format!("{depth}.zip");
        at = format!("{name}!/{at}");
        let files = memory([(name.as_str(), content.as_slice())]);
        let found = FileSet::new(&files, Kind::Tree).find(&place(&at, Absence::Fail));
        if depth <= limits::NESTED_ARCHIVES {
            assert_eq!(found.unwrap()[0].values, ["old"], "{depth}");
            assert_eq!(change(&files, &[(&at, "new")]).unwrap().contents.len(), 1);
        } else {
            assert!(matches!(found, Err(FilesError::Address { .. })), "{depth}");
        }
    }
    let big = archive(&[("big.json", &vec![b' '; usize::try_from(limits::NESTED_BYTES).unwrap() + 1])]);
    let files = memory([("big.zip", big.as_slice())]);
    let error = FileSet::new(&files, Kind::Tree).find(&place("big.zip!/big.json#/id", Absence::Skip)).unwrap_err();
    assert!(error.to_string().starts_with("big.zip!/big.json: it has 67108865 bytes"), "{error}");
}

#[test]
fn a_folder_of_files_is_a_set_too() {
    let files = project();
    let below = Below::new(&files, "app/");
    assert_eq!(below.names().collect::<Vec<_>>(), ["config.json", "other.json", "readme.json"]);
    assert_eq!(values(&below, "config.json#/id"), ["old"]);
}

#[test]
fn an_archive_is_a_set_without_its_folders() {
    let bytes = archive(&[("a/", b""), ("a/b.json", br#"{"id":"old"}"#)]);
    let archive = Archive::open(&bytes).unwrap();
    assert_eq!(archive.names().collect::<Vec<_>>(), ["a/b.json"]);
    assert_eq!(values(&archive, "**/*.json#/id"), ["old"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_archives_are_errors_and_nothing_else(
        at in any::<prop::sample::Index>(), byte: u8, cut in any::<Option<prop::sample::Index>>()
    ) {
        let mut files = project();
        let content = files.0.get_mut("one.gxsd").unwrap();
        let at = at.index(content.len());
        content[at] = byte;
        if let Some(cut) = cut {
            content.truncate(cut.index(content.len()));
        }
        let values = [("*.gxsd!/a.json#/id", "new"), ("one.gxsd!/inner.zip!/deep.json#/id", "new")];
        let _ = change(&files, &values);
        let _ = FileSet::new(&files, Kind::Tree).has(&Address::parse("*.gxsd!/inner.zip!/deep.json#/id").unwrap());
    }
}

#[test]
fn a_pattern_enters_what_is_of_tools_only_where_it_names_it() {
    let json = &br#"{"id":"old"}"#[..];
    let files = memory([
        ("a.json", json),
        (".git/b.json", json),
        ("web/node_modules/c/c.json", json),
        ("web/node_modules.json", json),
        ("web/.gitignore/d.json", json),
        (".git/.gitignore/e.json", json),
    ]);
    let found = |at: &str, kind: Kind| -> Vec<String> {
        let found = FileSet::new(&files, kind).find(&place(at, Absence::Skip)).unwrap();
        found.into_iter().map(|found| found.spot.file()).collect()
    };
    let plain = ["a.json", "web/.gitignore/d.json", "web/node_modules.json"];
    assert_eq!(found("**/*.json#/id", Kind::Tree), plain);
    assert_eq!(found("**/node_modules/**/*.json#/id", Kind::Tree), ["web/node_modules/c/c.json"]);
    assert_eq!(found(".git/*.json#/id", Kind::Tree), [".git/b.json"]);
    assert_eq!(found("{.git,web}/*.json#/id", Kind::Tree), [".git/b.json", "web/node_modules.json"]);
    assert_eq!(found("**/.gitignore/*.json#/id", Kind::Tree), ["web/.gitignore/d.json"]);
    assert_eq!(found("web/node_modules/c/c.json#/id", Kind::Tree), ["web/node_modules/c/c.json"]);
    // An app that carries its modules reads them.
    assert_eq!(found("**/*.json#/id", Kind::App).len(), 6);
}
