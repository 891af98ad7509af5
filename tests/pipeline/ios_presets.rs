//! Every shipped preset for apps of Apple's systems, on the files that an app of its kind carries.

use std::collections::BTreeMap;

use inject::artifact::files::{FileSet, Spot};
use inject::format::plist::EMPTY;
use inject::placement::preset::Preset;
use inject::placement::template::Values;
use inject::placement::{Absence, Address, Kind, Place, Template};
use zeroize::Zeroizing;

use crate::artifact::{Memory, memory};
use crate::format::build::zip::{Item, Zip};

/// A property list of these texts.
pub fn plist(pairs: &[(&str, &str)]) -> Vec<u8> {
    pairs
        .iter()
        .fold(EMPTY.to_vec(), |list, (path, value)| inject::format::plist::set(&list, path, value, true).unwrap())
}

pub const ID: &str = "123-abc.apps.googleusercontent.com";
const COGNITO: &str = r#"{"auth":{"plugins":{"awsCognitoAuthPlugin":{"CognitoUserPool":{"Default":{"AppClientId":"o","AppClientSecret":"o"}}}}}}"#;
const PROPERTIES: &str = r#"{"properties":{"A":"1","IntegratedSecurityObjClientID":"o","A":"2"}}"#;
const PANEL: &str = r#"{"instance":{"instanceProperties":{"@IsMain":"True","@IntegratedSecurityObjClientID":"o"}}}"#;

pub type Example = (Memory, Vec<(&'static str, &'static str)>);

/// What an app of a preset's kind carries, and what is there afterwards.
pub fn example(preset: &str) -> Example {
    let cognito = "**/amplifyconfiguration.json#/auth/plugins/awsCognitoAuthPlugin/CognitoUserPool/Default";
    let one = |name: &str, content: Vec<u8>| memory([("Info.plist", EMPTY), (name, content.as_slice())]);
    match preset {
        "generic" => (
            memory([("Info.plist", plist(&[("ClientId", "o")]).as_slice())]),
            vec![("Info.plist#ClientId", ID), ("Info.plist#ClientSecret", "SECRET")],
        ),
        "amplify-gen1" => (
            one("amplifyconfiguration.json", COGNITO.into()),
            vec![
                (&*format!("{cognito}/AppClientId").leak(), ID),
                (&*format!("{cognito}/AppClientSecret").leak(), "SECRET"),
            ],
        ),
        "amplify-gen2" => (
            one("amplify_outputs.json", br#"{"auth":{"user_pool_client_id":"o"}}"#.to_vec()),
            vec![("amplify_outputs.json#/auth/user_pool_client_id", ID)],
        ),
        "auth0-ios" => (
            one("Auth0.plist", plist(&[("ClientId", "o"), ("Domain", "old")])),
            // No value defined: left as it was built.
            vec![("Auth0.plist#ClientId", ID), ("Auth0.plist#Domain", "old")],
        ),
        "okta-ios" => (
            one("Okta.plist", plist(&[("clientId", "o"), ("issuer", "old"), ("redirectUri", "o")])),
            vec![
                ("Okta.plist#clientId", ID),
                ("Okta.plist#issuer", "old"),
                ("Okta.plist#redirectUri", "app:/callback"),
            ],
        ),
        "salesforce-ios" => (
            one("bootconfig.plist", plist(&[("remoteAccessConsumerKey", "o"), ("oauthRedirectURI", "o")])),
            vec![
                ("bootconfig.plist#remoteAccessConsumerKey", ID),
                ("bootconfig.plist#oauthRedirectURI", "app:/callback"),
            ],
        ),
        "salesforce-hybrid" => (
            one("www/bootconfig.json", br#"{"remoteAccessConsumerKey":"o","oauthRedirectURI":"o"}"#.to_vec()),
            vec![
                ("www/bootconfig.json#/remoteAccessConsumerKey", ID),
                ("www/bootconfig.json#/oauthRedirectURI", "app:/callback"),
            ],
        ),
        "firebase-ios" => {
            let schemes = [
                ("CFBundleURLTypes/0/CFBundleURLName", "app"),
                ("CFBundleURLTypes/0/CFBundleURLSchemes/0", "com.example.app"),
                ("CFBundleURLTypes/1/CFBundleURLName", "google"),
                ("CFBundleURLTypes/1/CFBundleURLSchemes/0", "com.googleusercontent.apps.999-old"),
            ];
            let services = plist(&[
                ("CLIENT_ID", "999-old.apps.googleusercontent.com"),
                ("REVERSED_CLIENT_ID", "com.googleusercontent.apps.999-old"),
                ("GOOGLE_APP_ID", "old"),
            ]);
            (
                memory([("Info.plist", plist(&schemes).as_slice()), ("GoogleService-Info.plist", services.as_slice())]),
                vec![
                    ("GoogleService-Info.plist#CLIENT_ID", ID),
                    ("GoogleService-Info.plist#REVERSED_CLIENT_ID", "com.googleusercontent.apps.123-abc"),
                    ("Info.plist#CFBundleURLTypes/1/CFBundleURLSchemes/0", "com.googleusercontent.apps.123-abc"),
                    ("Info.plist#CFBundleURLTypes/0/CFBundleURLSchemes/0", "com.example.app"),
                    ("GoogleService-Info.plist#GOOGLE_APP_ID", "old"),
                ],
            )
        }
        "genexus-ios" => {
            let packed = Zip::of([
                Item::new("notes.properties.json", 8, PROPERTIES.as_bytes()),
                Item::new("notes.panel.json", 8, PANEL.as_bytes()),
            ])
            .build();
            let list = r#"{"apps":[{"n":"Notes","properties":{"IntegratedSecurityObjClientID":"o"}}]}"#;
            let info = plist(&[("GXDefaultServerAddress", "https://old.example.com/")]);
            (
                memory([
                    ("Info.plist", info.as_slice()),
                    ("notes.properties.json", PROPERTIES.as_bytes()),
                    ("notes.ios.gxsd", packed.as_slice()),
                    ("gxmetadata/sdapps.json", list.as_bytes()),
                    ("gxmetadata/notes.panel.ios.json", PANEL.as_bytes()),
                ]),
                vec![
                    ("notes.properties.json#/properties/IntegratedSecurityObjClientID", ID),
                    ("notes.ios.gxsd!/notes.properties.json#/properties/IntegratedSecurityObjClientID", ID),
                    (
                        "notes.ios.gxsd!/notes.panel.json#/instance/instanceProperties/@IntegratedSecurityObjClientID",
                        ID,
                    ),
                    ("gxmetadata/sdapps.json#/apps/0/properties/IntegratedSecurityObjClientID", ID),
                    ("gxmetadata/notes.panel.ios.json#/instance/instanceProperties/@IntegratedSecurityObjClientID", ID),
                    ("Info.plist#GXDefaultServerAddress", "https://new.example.com/"),
                ],
            )
        }
        other => panic!("no app for preset {other}; write one"),
    }
}

pub fn shipped() -> impl Iterator<Item = Preset> {
    let all = Preset::names().map(|name| Preset::shipped(name).unwrap().unwrap());
    all.filter(|preset| preset.places.iter().any(|place| place.at.kind.is_some_and(|kind| kind.covers(Kind::Ipa))))
}

#[test]
fn every_preset_reaches_every_place_of_its_kind_and_fits_no_other() {
    let other = BTreeMap::from([
        ("redirect_uri".to_owned(), "app:/callback".to_owned()),
        ("server_url".to_owned(), "https://new.example.com/".to_owned()),
    ]);
    let values = Values {
        client_id: ID,
        client_secret: Some("SECRET"),
        environment: "dev",
        application: "a",
        other: &other,
        mains: &[],
    };
    assert_eq!(shipped().count(), 9);
    for preset in shipped() {
        let (mut files, expected) = example(&preset.name);
        for kind in [Kind::Ipa, Kind::App] {
            for candidate in shipped().filter(|candidate| candidate.name != "generic" || kind == Kind::Ipa) {
                let set = FileSet::new(&files, kind);
                let fits = candidate.fits.iter().any(|address| set.has(address).unwrap());
                assert_eq!(fits, candidate.name == preset.name, "{} on an app of {}", candidate.name, preset.name);
            }
        }
        let set = FileSet::new(&files, Kind::Ipa);
        let defined = |place: &&Place| place.value.check(other.keys().map(String::as_str)).is_ok();
        let mut pairs: Vec<(Spot, Zeroizing<String>)> = Vec::new();
        for place in preset.places.iter().filter(defined) {
            let place = Place { at: place.at.for_main("Notes"), ..place.clone() };
            let found = set.find(&place).unwrap();
            pairs.extend(found.into_iter().map(|found| (found.spot, place.value.render(&values).unwrap())));
        }
        let changes = set.change(pairs.iter().map(|(spot, value)| (spot, value.as_str()))).unwrap();
        files.0.extend(changes.contents);
        for (address, value) in expected {
            let at = Address::parse(address).unwrap();
            let place = Place::new(at, Template::default(), Absence::Fail);
            let found = FileSet::new(&files, Kind::Ipa).find(&place).unwrap();
            assert_eq!(found[0].values, [value], "{}: {address}", preset.name);
        }
        if preset.name == "genexus-ios" {
            let text = String::from_utf8(files.0["notes.properties.json"].clone()).unwrap();
            assert_eq!(text, PROPERTIES.replace("\"o\"", &format!("\"{ID}\"")), "the key that stands twice survives");
        }
    }
}
