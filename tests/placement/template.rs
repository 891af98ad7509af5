//! Templates and the shipped presets.

use std::collections::BTreeMap;

use inject::placement::preset::Preset;
use inject::placement::template::Values;
use inject::placement::{Absence, Template};

fn render(template: &str, secret: Option<&str>) -> String {
    let other = BTreeMap::from([("server_url".to_owned(), "https://example.com".to_owned())]);
    let values = Values {
        client_id: "the-id",
        client_secret: secret,
        environment: "dev",
        application: "com.example",
        other: &other,
        mains: &[],
    };
    Template::parse(template).unwrap().render(&values).unwrap().to_string()
}

#[test]
fn names_are_replaced_and_the_rest_stays() {
    assert_eq!(render("{client_id}", Some("s")), "the-id");
    assert_eq!(render("a{client_id}b{client_secret}c", Some("s")), "athe-idbsc");
    assert_eq!(render("{{{client_id}}}", Some("s")), "{the-id}");
    assert_eq!(render("{server_url}/{environment}/{application}", None), "https://example.com/dev/com.example");
    assert_eq!(render("{client_secret}", None), "", "an omitted secret leaves nothing in its place");
    assert_eq!(render("{credential_json}", Some("q\"")), r#"{"client_id":"the-id","client_secret":"q\""}"#);
    assert_eq!(render("{credential_json}", None), r#"{"client_id":"the-id"}"#);
    assert_eq!(render("", None), "");
}

#[test]
fn what_is_wrong_is_said() {
    for text in ["{", "}", "{a", "a}b", "{a b}", "{{}"] {
        let message = Template::parse(text).unwrap_err().to_string();
        assert!(message.contains("has no partner"), "{text}: {message}");
    }
    let message = Template::parse("{server}").unwrap().check(["server_url"].into_iter()).unwrap_err().to_string();
    assert!(message.contains("{server} is not defined") && message.contains("{server_url}"), "{message}");
}

#[test]
fn a_number_that_rises_stands_alone_and_has_no_value() {
    assert!(Template::parse("{raised}").unwrap().is_raised());
    assert!(!Template::parse("raised").unwrap().is_raised());
    let message = Template::parse("v{raised}").unwrap_err().to_string();
    assert!(message.contains("{raised} stands alone"), "{message}");
}

#[test]
fn what_is_parsed_prints_back() {
    for text in ["{raised}", "{client_id}", "a{{b}}c", "{a.b-c_d}x", ""] {
        assert_eq!(Template::parse(text).unwrap().to_string(), text);
    }
}

#[test]
fn a_value_is_read_only_where_the_template_fits_all_of_it() {
    let read = |template: &str, value: &str| {
        let held = Template::parse(template).unwrap().read(value);
        (held.client_id.map(|id| id.to_string()), held.client_secret.map(|secret| secret.to_string()))
    };
    let id = |id: &str| (Some(id.to_owned()), None);
    assert_eq!(read("{client_id}", "the-id"), id("the-id"));
    assert_eq!(read("gxgam{client_id}", "gxgamthe-id"), id("the-id"));
    assert_eq!(read("{client_id}://{host}/x", "a://b/x"), id("a"));
    assert_eq!(read("{reversed_client_id}", "com.example.1"), id("1.example.com"));
    assert_eq!(read("{client_id}:{client_secret}", "a:b"), (Some("a".to_owned()), Some("b".to_owned())));
    let json = "\u{feff}{\"client_id\":\"a\",\"client_secret\":\"b\"}";
    assert_eq!(read("{credential_json}", json), (Some("a".to_owned()), Some("b".to_owned())));
    for (template, value) in [
        ("gxgam{client_id}", "https"),
        ("{client_id}.x", "a.y"),
        ("{client_id}.x", "a.x.b"),
        ("{client_id}{client_secret}", "ab"),
        ("{credential_json}", "{"),
        ("{environment}", "dev"),
        ("fixed", "fixed"),
    ] {
        assert_eq!(read(template, value), (None, None), "{template} {value}");
    }
}

#[test]
fn every_shipped_preset_parses() {
    for name in Preset::names() {
        let preset = Preset::shipped(name).unwrap().unwrap();
        assert!(preset.places.is_empty() != preset.any_of.is_empty() && !preset.about.is_empty(), "{name}");
        assert!(!preset.fits.is_empty() || !preset.any_of.is_empty(), "{name}");
    }
    let generic = Preset::shipped("generic").unwrap().unwrap();
    assert_eq!(generic.places[2].absence, Absence::Create);
    assert!(Preset::shipped("no such preset").is_none());
    assert!(Preset::parse("mine", "about = 'x'\nfits = []\n[[place]]\nat = 'string/'\nvalue = ''").is_err());
}
