//! What may hold a secret and can be formatted with `{:?}`: every such type of the codecs and what stands on them, with a canary in it
//! that must not come out. `cargo xtask tidy` finds derived `Debug` on other types.

use std::fmt::Debug;

use inject::artifact::{apk, files};
use inject::findings::{Expected, Foreign};
use inject::format::arsc::{self, StringEdit};
use inject::format::axml::{self, DataAttribute, DataEdit, FilterData, MetaEdit, PathEdit, Scalar};
use inject::format::dex::{self, DexEdit, Load, Target};
use inject::format::json;
use inject::format::secret::SecretText;
use inject::format::setting::Setting;
use inject::format::slots::{Assignment, Unit};
use inject::format::splice::Splices;
use inject::format::string_pool::{Appended, PoolEdit};
use inject::format::zip::{Change, NewEntry, Rewrite, Segment};
use inject::placement::template::{Held, OtherMain, Values};
use inject::placement::{Absence, Address, Locator, Place, Template};
use zeroize::Zeroizing;

/// A text that nothing else says, and that is found in the numbers of its bytes too.
const CANARY: &str = "s3cr3t-canary";

#[test]
fn no_debug_shows_a_secret() {
    let text = || SecretText::from(CANARY);
    let plain = || CANARY.to_owned();
    let zeroizing = || Zeroizing::new(CANARY.to_owned());
    let bytes = || CANARY.as_bytes().to_vec();
    let pool = || PoolEdit {
        set: [(0, text())].into(),
        append: vec![Appended { text: text(), marked: true }],
        ..PoolEdit::default()
    };
    let address = || Address::parse("a.json#/k").unwrap();
    let mut splices = Splices::new();
    splices.replace(0..1, bytes());
    let edit = || DexEdit { target: Target::Value(text()), value: text() };
    let load = || Load { text: plain(), string: 1, at: 2 };
    let held = || dex::Held { site: dex::Site::At(1), texts: vec![plain()], by: String::new() };
    let spot = || files::Spot {
        address: address(),
        path: vec!["a.json".to_owned()],
        locator: Locator::Json("/k".to_owned()),
        missing: false,
        implied: false,
    };
    let found = || files::Found { spot: spot(), values: vec![plain()], left: Vec::new() };
    let json = format!("{{\"k\":\"{CANARY}\"}}");
    let package = crate::cli::repacked(&[("a.json", json.as_bytes())], |_, content| content);
    let place = Place::new(address(), Template::default(), Absence::Fail);
    let in_package = apk::Apk::open(package.as_slice()).unwrap().find(&place).unwrap();
    let mut whose = Held::default();
    whose.client_id = Some(zeroizing());
    whose.client_secret = Some(zeroizing());
    let other = [OtherMain { main: "m", application: "a", client_id: CANARY, client_secret: Some(CANARY) }];
    let own = [("key".to_owned(), plain())].into();
    let values = Values {
        client_id: CANARY,
        client_secret: Some(CANARY),
        environment: "dev",
        application: "a",
        other: &own,
        mains: &other,
    };
    let entry = || NewEntry { name: b"n".to_vec(), content: bytes(), method: 0 };
    let rewrite = Rewrite {
        changes: [(0, Change::Replace(bytes())), (1, Change::Store(bytes()))].into(),
        added: vec![entry()],
        ..Rewrite::default()
    };
    check("SecretText", &text());
    check("Splices", &splices);
    check("template::Held", &whose);
    check("OtherMain", &other);
    check("Values", &values);
    check("Rewrite", &rewrite);
    check("Setting", &Setting { at: "/k", value: CANARY, create: true });
    check("MetaEdit", &MetaEdit { name: "n".to_owned(), value: text() });
    check("PathEdit", &PathEdit { path: "/a".to_owned(), value: text() });
    check("StringEdit", &StringEdit { name: "n".to_owned(), config: None, value: text() });
    let (elements, attribute, place) = (vec![0], DataAttribute::Scheme, "p".to_owned());
    check("DataEdit", &DataEdit { elements, attribute, place, value: text() });
    check("axml::Edited", &axml::Edited { bytes: bytes(), created: Vec::new() });
    check("Unit", &Unit { slot: None, second: None, text: text() });
    check("Appended", &Appended { text: text(), marked: false });
    check("PoolEdit", &pool());
    check("Assignment", &Assignment { edit: pool(), slots: vec![0] });
    check("dex::Target", &Target::Value(text()));
    check("DexEdit", &edit());
    check("Load", &load());
    check("Argument", &dex::Argument::Constants(vec![load()]));
    check("dex::Held", &held());
    check("Followed", &dex::Followed { held: vec![held()], ..dex::Followed::default() });
    check("json::Value", &[json::Value::String(plain()), json::Value::Literal(plain())]);
    check("arsc::Value", &[arsc::Value::String(plain()), arsc::Value::Styled(plain())]);
    check("Scalar", &Scalar::Text(plain()));
    check("FilterData", &FilterData { component: "c".to_owned(), nth: 0, value: Scalar::Text(plain()) });
    check("Change", &[Change::Replace(bytes()), Change::Store(bytes())]);
    check("NewEntry", &entry());
    check("Segment", &Segment::Bytes(bytes()));
    check("files::Found", &found());
    assert_eq!(in_package[0].values, [CANARY]);
    check("apk::Found", &in_package);
    check("files::Changes", &files::Changes { contents: [("a".to_owned(), bytes())].into() });
    let (replaced, added) = ([(0, bytes())].into(), [("a".to_owned(), bytes())].into());
    let pairs = apk::Pairs { values: [(7, bytes())].into(), changed: [7].into() };
    let changes = apk::Changes { replaced, added, pairs, dex: Vec::new(), notes: Vec::new() };
    check("apk::Changes", &changes);
    check("Expected", &Expected { address: address(), entry: None, value: zeroizing() });
    check("Foreign", &Foreign::new("the secret of somebody", zeroizing()));
    check("Template", &Template::parse("{client_secret}").unwrap());
}

fn check(name: &str, value: &dyn Debug) {
    let numbers = format!("{:?}", CANARY.as_bytes());
    let numbers = numbers.trim_matches(['[', ']']);
    for shown in [format!("{value:?}"), format!("{value:#?}").split_whitespace().collect::<Vec<_>>().join(" ")] {
        assert!(!shown.contains(CANARY) && !shown.contains(numbers), "{name} shows it: {shown}");
        assert!(!shown.is_empty(), "{name}");
    }
}

#[test]
fn the_text_is_what_was_put_in() {
    assert_eq!(SecretText::from(CANARY).expose(), CANARY);
    assert!(SecretText::from(CANARY.to_owned()) == SecretText::from(Zeroizing::new(CANARY.to_owned())));
    assert!(SecretText::from(CANARY) != SecretText::default());
}
