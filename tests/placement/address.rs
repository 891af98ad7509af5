//! One grammar: what is parsed prints back, and what is wrong says what would be right.

use inject::placement::{Address, FilePath, Kind, Locator, Target};
use proptest::prelude::*;

use crate::fuzz_bodies::address::address;

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nearly_addresses(words in prop::collection::vec(prop::sample::select(WORDS), 0..8)) {
        address(words.concat().as_bytes());
    }

    #[test]
    fn any_text(text in "\\PC{0,40}") {
        address(text.as_bytes());
    }
}

/// What addresses are put together of.
const WORDS: &[&str] = &[
    "apk:",
    "ipa:",
    "tree:",
    "./",
    "/",
    "string/",
    "raw/",
    "xml/",
    "meta-data/",
    "intent-filter/",
    "dex/",
    "signing-block/",
    "0x",
    "71777777",
    "a",
    "b.json",
    "x.plist",
    "y.xml",
    "z.js",
    "p.properties",
    "#",
    "@",
    "!/",
    "[",
    "]",
    "=",
    "(",
    ")",
    "1",
    "+1",
    "01",
    "\"",
    "'",
    "*",
    "**",
    "..",
    ".",
    "{main}",
    "{Main}",
    "scheme",
    "~1",
    "\u{e9}",
    " ",
];

#[test]
fn every_form_parses_and_prints_back() {
    for text in [
        "string/client_id",
        "string/client_id@en-rUS",
        "apk:string/client_id",
        "raw/main_properties#/properties/IntegratedSecurityObjClientID",
        "raw/config",
        "raw/config#",
        "meta-data/com.example.CLIENT_ID",
        "intent-filter/*#scheme",
        "intent-filter/com.example.LoginActivity#scheme[=gxgamold]",
        "intent-filter/com.example.LoginActivity#pathPrefix[=/a[b]=c]",
        "dex/setClientId",
        "dex/setClientId[1]",
        "dex/setClientId(2)",
        "dex/Lcom/example/Main;-><init>(0)[3]",
        "dex/Lcom/example/Main;->setClientId",
        "dex/\"an old value\"",
        "assets/config.json#/a/0/b",
        "assets/**/*.json#/client_id",
        "assets/client_credentials.json",
        "ipa:Payload/*.app/Info.plist#CFBundleURLTypes/0/CFBundleURLSchemes/0",
        "assets/config.xml#/config/oauth/@client",
        "assets/config.xml#/config/item[@name='a=b']/@value",
        "assets/app.properties#client.id",
        "main.js#GAM_CLIENT_ID",
        "main.js#settings.GAM_CLIENT_ID[2]",
        "main.js#[\"client.id\"]",
        "main.js#settings[\"client.id\"].NAME[1]",
        "main.js#\"a.b\".NAME",
        "assets/index.android.bundle#GAM_CLIENT_ID",
        "main.jsbundle#GAM_CLIENT_ID",
        "main.js#\"an old value\"",
        "**/*.html#\"https://old.example/a?b=c#d\"",
        ".env#\"a \\\"b\\\" \\\\ c\"",
        "raw/config#\"old\"",
        "assets/config.xml#\"old\"",
        "Info.plist#\"old\"",
        "notes.android.gxsd!/notes.properties.json#/properties/IntegratedSecurityObjClientID",
        "./string/of/a/folder.json#/x",
        "./apk:folder/a.json#/x",
        "signing-block/0x71777777",
        "apk:signing-block/0x00000000",
        "./signing-block/0x71777777",
        "tree:./ipa:a.json",
    ] {
        let address = Address::parse(text).unwrap_or_else(|error| panic!("{error}"));
        let printed = address.to_string();
        assert_eq!(Address::parse(&printed).unwrap(), address, "{text}");
        if text != "raw/config#" {
            assert_eq!(printed, text);
        }
    }
}

#[test]
fn an_id_of_a_pair_has_one_spelling_and_those_of_android_are_refused_by_name() {
    let printed = |text: &str| Address::parse(text).map(|address| address.to_string());
    for text in ["signing-block/0x71777777", "signing-block/1903654775", "signing-block/0x071777777"] {
        assert_eq!(printed(text).unwrap(), "signing-block/0x71777777");
    }
    assert_eq!(printed("signing-block/0xABCDEF").unwrap(), "signing-block/0x00abcdef");
    assert_eq!(printed("signing-block/4294967295").unwrap(), "signing-block/0xffffffff");
    for text in ["", "0x", "x", "-1", "+1", "0x+1", "0x1g", "1.0", " 1", "0x1/a", "0x1#a", "4294967296", "0x100000000"]
    {
        let error = printed(&format!("signing-block/{text}")).unwrap_err();
        assert_eq!(
            (error.problem.as_str(), error.expected.contains("hexadecimal")),
            ("no ID of 32 bits", true),
            "{text}"
        );
    }
    for (id, meaning) in [
        (0x7109_871a_u32, "APK Signature Scheme v2"),
        (0xf053_68c0, "APK Signature Scheme v3"),
        (0x1b93_ad61, "APK Signature Scheme v3.1"),
        (0x70e1_c89f, "APK Signature Scheme v3.2"),
        (0x4272_6577, "padding"),
        (0x504b_4453, "dependency information for Google Play"),
        (0x2b09_189e, "source stamp"),
        (0x6dff_800d, "source stamp"),
        (0x2146_444e, "Google Play metadata"),
    ] {
        for text in [format!("signing-block/{id}"), format!("apk:signing-block/0x{id:x}")] {
            let error = Address::parse(&text).unwrap_err().to_string();
            assert!(error.contains(&format!("0x{id:08x} is the ID of {meaning}, which is not a place")), "{error}");
        }
    }
    // Those of tools that write a channel there are nobody's.
    for id in ["0x71777777", "0x881155ff"] {
        printed(&format!("signing-block/{id}")).unwrap();
    }
}

#[test]
fn dots_in_front_say_that_it_is_a_file_however_many_there_are() {
    let file = Address::parse("./string/a.json#/x").unwrap();
    for text in ["././string/a.json#/x", "./././string/a.json#/x"] {
        assert_eq!(Address::parse(text).unwrap(), file);
        assert_eq!(Address::parse(text).unwrap().to_string(), "./string/a.json#/x");
    }
    assert_ne!(Address::parse("string/a").unwrap(), Address::parse("./string/a").unwrap());
}

#[test]
fn parts_are_what_they_look_like() {
    let address = Address::parse("apk:string/a@de").unwrap();
    assert_eq!(address.kind, Some(Kind::Apk));
    assert_eq!(address.target, Target::String { name: "a".into(), config: Some("de".into()) });
    let Target::File { path: FilePath { parts, .. }, locator, .. } =
        Address::parse("a.gxsd!/b.json#/c").unwrap().target
    else {
        panic!()
    };
    assert_eq!((parts, locator), (vec!["a.gxsd".into(), "b.json".into()], Locator::Json("/c".into())));
    let Target::File { locator, .. } = Address::parse("x.plist#A/B/0").unwrap().target else { panic!() };
    assert_eq!(locator, Locator::Plist("A/B/0".into()));
    for name in ["application.gam", "web.config", "a.XML"] {
        let Target::File { locator, .. } = Address::parse(&format!("{name}#/a/@b")).unwrap().target else { panic!() };
        assert_eq!(locator, Locator::Xml("/a/@b".into()), "{name}");
    }
}

#[test]
fn what_is_wrong_says_what_would_be_right() {
    for (text, expected) in [
        ("", "for example string/client_id"),
        ("apk:", "for example string/client_id"),
        ("string/", "string/NAME"),
        ("string/a@", "string/NAME@CONFIG"),
        ("raw/a#b", "RFC 6901"),
        ("meta-data/", "meta-data/NAME"),
        ("dex/", "dex/METHOD"),
        ("dex/\"\"", "dex/METHOD"),
        ("dex/\"open", "dex/METHOD"),
        ("dex/m[x]", "dex/METHOD"),
        ("a.js#NAME[x]", "FILE.js#settings.NAME or FILE.js#NAME[0]"),
        ("a.js#a..b", "FILE.js#settings.NAME"),
        ("a.js#a[\"b\"", "FILE.js#settings.NAME"),
        ("a.js#a[\"b\"]c", "FILE.js#settings.NAME"),
        ("a.html#b", "FILE#\"TEXT\""),
        ("a.html#\"b\"c\"", "FILE#\"TEXT\""),
        ("a.html#\"b\\\"", "FILE#\"TEXT\""),
        ("raw/a#\"", "raw/NAME#\"TEXT\""),
        ("a.js#a\"b", "FILE.js#settings.NAME"),
        ("a.js#a[0].b", "FILE.js#settings.NAME"),
        ("a.js#", "FILE.js#NAME"),
        ("dex/m(x)", "dex/METHOD"),
        ("dex/(1)", "dex/METHOD"),
        ("intent-filter/*", "intent-filter/CLASS#scheme"),
        ("intent-filter/#scheme", "intent-filter/CLASS#scheme"),
        ("intent-filter/*#nope", "intent-filter/CLASS#scheme"),
        ("intent-filter/*#scheme[old]", "intent-filter/CLASS#scheme[=TEXT]"),
        ("intent-filter/*#scheme[=old", "intent-filter/CLASS#scheme[=TEXT]"),
        ("/etc/passwd", "inside the artifact"),
        ("assets/../../x", "inside the artifact"),
        ("a!/", "inside the artifact"),
        ("a.json#b", "RFC 6901"),
        ("a.xml#b", "FILE.xml#/a/b"),
        ("a.plist#A//B", "FILE.plist#Key"),
        ("a.properties#", "FILE.properties#key"),
        ("a\nb", "printable"),
    ] {
        let message = Address::parse(text).unwrap_err().to_string();
        assert!(message.contains(expected), "{text}: {message}");
    }
}

#[test]
fn the_main_object_stands_for_itself() {
    let text = "tree:{main}.*.gxsd!/{main}.json#/apps/[n={Main}]/{main}";
    let address = Address::parse(text).unwrap();
    assert!(address.names_main());
    let of = |name: &str| address.for_main(name).to_string();
    assert_eq!(of("Sub.Notes"), "tree:sub.notes.*.gxsd!/sub.notes.json#/apps/[n=Sub.Notes]/{main}");
    // A name is no pattern, and no more than one step.
    assert_eq!(of("A*[b/~"), "tree:a[*][[]b/~.*.gxsd!/a[*][[]b/~.json#/apps/[n=A*[b~1~0]/{main}");
    assert!(!address.for_main("x").names_main());
    assert!(!Address::parse("{mains}.json#/{main}").unwrap().names_main());
}

#[test]
fn an_assignment_is_split_outside_quotes_and_brackets() {
    assert_eq!(Address::split_assignment("string/a={client_id}"), Some(("string/a", "{client_id}")));
    assert_eq!(Address::split_assignment("a#/b=x=y"), Some(("a#/b", "x=y")));
    assert_eq!(Address::split_assignment("a.xml#/b[@n='c=d']/@e=f"), Some(("a.xml#/b[@n='c=d']/@e", "f")));
    assert_eq!(Address::split_assignment("dex/\"a=b\"=c"), Some(("dex/\"a=b\"", "c")));
    assert_eq!(Address::split_assignment("string/a"), None);
}
