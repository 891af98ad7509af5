//! What a package says of itself, and what of its places is not made.

use inject::artifact::apk::Apk;
use inject::format::zip::{METHOD_DEFLATED, METHOD_STORED};
use inject::placement::{Absence, Address, Place, Template};

use crate::format::build::arsc::{self, Body, Layout, pool, strings};
use crate::format::build::axml::{NONE, Node, document};
use crate::format::build::zip::{Item, Zip};

/// A package of a manifest and, where one is given, a table.
fn package(manifest: &[u8], table: Option<&[u8]>) -> Vec<u8> {
    let table = table.map(|table| Item::new("resources.arsc", METHOD_STORED, table));
    Zip::of([Item::new("AndroidManifest.xml", METHOD_DEFLATED, manifest)].into_iter().chain(table)).build()
}

fn problem(bytes: &[u8], at: &str, absence: Absence) -> String {
    let place = Place::new(Address::parse(at).unwrap(), Template::default(), absence);
    Apk::open(bytes).unwrap().find(&place).unwrap_err().to_string()
}

#[test]
fn a_codename_is_the_platform_before_it_for_signatures() {
    let levels = |name: &str| {
        let strings = pool(&["", "", "manifest", "uses-sdk", name]);
        let attributes = vec![(NONE, 0, 4, 3, 4), (NONE, 1, 4, 3, 4)];
        let nodes = [Node::Start(2, vec![]), Node::Start(3, attributes), Node::End(3), Node::End(2)];
        // minSdkVersion, targetSdkVersion
        let bytes = package(&document(&strings, &[0x0101_020c, 0x0101_0270], &nodes), None);
        let apk = Apk::open(&bytes[..]).unwrap();
        (apk.facts().min_sdk, apk.facts().target_sdk)
    };
    for (name, lowest, target) in [
        ("N", 23, 24),
        ("M", 22, 23),
        ("O", 25, 26),
        ("Q", 27, 29),
        ("Tiramisu", 30, 33),
        ("UpsideDownCake.f1ngerpr1nt", 31, 34),
        ("Baklava", 1, 36),
        ("29", 29, 29),
    ] {
        assert_eq!(levels(name), (Some(lowest), Some(target)), "{name}");
    }
}

#[test]
fn names_that_were_taken_away_or_shortened_are_said() {
    let strings_of = |names: &[&str]| {
        let entries: Vec<_> = (0_u32..).zip(names).map(|(key, _)| Some((key, Body::String(0)))).collect();
        arsc::table(&pool(&["text"]), &[arsc::package(&["string"], names, vec![strings(Layout::Dense, "", &entries)])])
    };
    let manifest = document(&pool(&["manifest"]), &[], &[Node::Start(0, vec![]), Node::End(0)]);
    for (names, says) in [
        (&["0_resource_name_obfuscated"][..], "taken away (aapt2 optimize --collapse-resource-names)"),
        (&["kept", "0_resource_name_obfuscated"], "taken away"),
        (&["a", "b", "c", "d", "aa"], "shortened (AndResGuard does that)"),
    ] {
        let bytes = package(&manifest, Some(&strings_of(names)));
        for absence in [Absence::Fail, Absence::Create] {
            let said = problem(&bytes, "string/client_id", absence);
            assert!(said.contains(says) && said.contains("#no_collapse"), "{said}");
        }
    }
    // What was kept is there, and what has names is as ever.
    let kept = package(&manifest, Some(&strings_of(&["kept", "0_resource_name_obfuscated"])));
    let place = Place::new(Address::parse("string/kept").unwrap(), Template::default(), Absence::Fail);
    assert_eq!(Apk::open(&kept[..]).unwrap().find(&place).unwrap().len(), 1);
    let named = package(&manifest, Some(&strings_of(&["app_name", "b", "c", "d"])));
    assert!(problem(&named, "string/client_id", Absence::Fail).contains("no such string resource"));
}

#[test]
fn metadata_of_a_component_is_not_the_applications() {
    let strings = pool(&["name", "value", "manifest", "application", "activity", "meta-data", "key", "text"]);
    let nodes = [
        Node::Start(2, vec![]),
        Node::Start(3, vec![]),
        Node::Start(4, vec![]),
        Node::Start(5, vec![(NONE, 0, 6, 3, 6), (NONE, 1, 7, 3, 7)]),
        Node::End(5),
        Node::End(4),
        Node::End(3),
        Node::End(2),
    ];
    let bytes = package(&document(&strings, &[0x0101_0003, 0x0101_0024], &nodes), None);
    for absence in [Absence::Fail, Absence::Create] {
        let said = problem(&bytes, "meta-data/key", absence);
        assert!(said.contains("this meta-data in <activity>"), "{said}");
    }
    assert!(problem(&bytes, "meta-data/other", Absence::Fail).contains("no such meta-data"));
}
