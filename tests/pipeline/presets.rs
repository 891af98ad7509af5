//! Every shipped preset on a package or folder of its kind: found by looking, every place reached, coupled values only
//! where the environment defines them.

use std::collections::BTreeMap;
use std::path::Path;

use inject::artifact::apk::Apk;
use inject::format::arsc;
use inject::format::zip::{Archive, METHOD_DEFLATED, METHOD_STORED};
use inject::pipeline::Gate;
use inject::pipeline::job::{Inspected, Planned};
use inject::pipeline::signing::{AndroidSigning, Signing};
use inject::placement::Kind;
use inject::placement::preset::Preset;
use inject::placement::template::Values;

use crate::format::build::aapt;
use crate::format::build::arsc::{Body, Layout, Type, package, pool, strings, table};
use crate::format::build::axml::manifest;
use crate::format::build::zip::{Item, Zip};

/// A package with these string resources, raw resources (under shortened paths) and files.
fn apk(strings_: &[&str], raws: &[(&str, &str)], files: &[(&str, &str)]) -> Vec<u8> {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    apk_of(strings_, raws, &files)
}

fn apk_of(strings_: &[&str], raws: &[(&str, &str)], files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut values: Vec<String> = strings_.iter().map(|name| format!("old {name}")).collect();
    let paths: Vec<String> = (0..raws.len()).map(|index| format!("res/a{index}")).collect();
    values.extend(paths.iter().cloned());
    let mut keys: Vec<&str> = strings_.to_vec();
    keys.extend(raws.iter().map(|(name, _)| *name));
    let entry = |index: usize| Some((index as u32, Body::String(index as u32)));
    let of_strings: Vec<_> = (0..strings_.len()).map(entry).collect();
    let of_raws: Vec<_> = (strings_.len()..keys.len()).map(entry).collect();
    let mut types = vec![strings(Layout::Dense, "", &of_strings)];
    types.push(Type { id: 2, ..strings(Layout::Dense, "", &of_raws) });
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let table = table(&pool(&values), &[package(&["string", "raw"], &keys, types)]);
    let mut items = vec![
        Item::new("AndroidManifest.xml", METHOD_DEFLATED, &manifest(true, true, &[])),
        Item::new("resources.arsc", METHOD_STORED, &table),
    ];
    items.extend(paths.iter().zip(raws).map(|(path, (_, text))| Item::new(path, METHOD_DEFLATED, text.as_bytes())));
    items.extend(files.iter().map(|(name, text)| Item::new(name, METHOD_DEFLATED, text)));
    Zip::of(items).build()
}

const COGNITO: &str = r#"{"auth":{"plugins":{"awsCognitoAuthPlugin":{"CognitoUserPool":{"Default":{"AppClientId":"o","AppClientSecret":"o"}},"Auth":{"Default":{"OAuth":{"AppClientId":"o"}}}}}}}"#;

/// What each preset is for, and what must be in its place afterwards.
pub fn example(preset: &str) -> (Vec<u8>, Vec<(&'static str, &'static str)>) {
    match preset {
        "generic" => (
            apk(&["client_id", "client_secret"], &[], &[]),
            vec![("string/client_id", "ID"), ("string/client_secret", "SECRET")],
        ),
        "salesforce-android" => (
            apk(&["remoteAccessConsumerKey", "oauthRedirectURI"], &[], &[]),
            vec![("string/remoteAccessConsumerKey", "ID"), ("string/oauthRedirectURI", "app:/callback")],
        ),
        "salesforce-hybrid" => (
            apk(
                &[],
                &[],
                &[("assets/www/bootconfig.json", r#"{"remoteAccessConsumerKey":"o","oauthRedirectURI":"o"}"#)],
            ),
            vec![
                ("assets/www/bootconfig.json#/remoteAccessConsumerKey", "ID"),
                ("assets/www/bootconfig.json#/oauthRedirectURI", "app:/callback"),
            ],
        ),
        "firebase-android" => (
            apk(&["default_web_client_id", "google_app_id", "project_id"], &[], &[]),
            // No value defined: left as it was built.
            vec![("string/default_web_client_id", "ID"), ("string/google_app_id", "old google_app_id")],
        ),
        "amplify-gen1" => (
            apk(&[], &[("amplifyconfiguration", COGNITO)], &[]),
            vec![
                (
                    "raw/amplifyconfiguration#/auth/plugins/awsCognitoAuthPlugin/CognitoUserPool/Default/AppClientId",
                    "ID",
                ),
                (
                    "raw/amplifyconfiguration#/auth/plugins/awsCognitoAuthPlugin/CognitoUserPool/Default/AppClientSecret",
                    "SECRET",
                ),
                ("raw/amplifyconfiguration#/auth/plugins/awsCognitoAuthPlugin/Auth/Default/OAuth/AppClientId", "ID"),
            ],
        ),
        "amplify-gen2" => (
            apk(&[], &[("amplify_outputs", r#"{"auth":{"user_pool_client_id":"o"}}"#)], &[]),
            vec![("raw/amplify_outputs#/auth/user_pool_client_id", "ID")],
        ),
        "auth0-android" => (
            apk(&["com_auth0_client_id", "com_auth0_domain"], &[], &[]),
            vec![("string/com_auth0_client_id", "ID"), ("string/com_auth0_domain", "old com_auth0_domain")],
        ),
        "genexus-android" => {
            // A key that stands twice, as GeneXus writes it, survives.
            let properties = r#"{"properties":{"EnableIntegratedSecurity":"True","IntegratedSecurityObjClientID":"o","EnableIntegratedSecurity":"True"}}"#;
            let panel =
                r#"{"instance":{"instanceProperties":{"@IsMain":"True","@IntegratedSecurityObjClientID":"o"}}}"#;
            let raws = [("notes_properties", properties), ("notes_panel", panel), ("strings_properties", "a = b")];
            let demo = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/demo.apk")).unwrap();
            let archive = Archive::open(&demo).unwrap();
            let dex = archive.read(archive.find(b"classes.dex").unwrap()).unwrap();
            (
                apk_of(&[], &raws, &[("classes.dex", &dex)]),
                vec![
                    ("dex/setClientId", "ID"),
                    ("raw/notes_properties#/properties/IntegratedSecurityObjClientID", "ID"),
                    ("raw/notes_panel#/instance/instanceProperties/@IntegratedSecurityObjClientID", "ID"),
                    ("raw/strings_properties", "a = b"),
                    ("dex/setApiUri", "https://dev.example.com/demo"),
                ],
            )
        }
        "msal-android" => (
            apk(&[], &[("auth_config", r#"{"client_id":"o","redirect_uri":"o","account_mode":"SINGLE"}"#)], &[]),
            vec![("raw/auth_config#/client_id", "ID"), ("raw/auth_config#/redirect_uri", "app:/callback")],
        ),
        "appauth-android" => (
            apk(&[], &[("auth_config", r#"{"client_id":"o","client_secret":"o","discovery_uri":"u"}"#)], &[]),
            vec![("raw/auth_config#/client_id", "ID"), ("raw/auth_config#/client_secret", "SECRET")],
        ),
        other => panic!("no package for preset {other}; write one"),
    }
}

/// A package in which no preset has a place.
pub fn without_places() -> Vec<u8> {
    apk(&["app_name"], &[], &[])
}

/// A GeneXus package.
pub fn genexus_package() -> Vec<u8> {
    example("genexus-android").0
}

/// The App Bundle of the same sources as a package.
fn bundle_of(package: &[u8]) -> Vec<u8> {
    let archive = Archive::open(package).unwrap();
    let content = |name: &str| archive.read(archive.find(name.as_bytes()).unwrap()).unwrap();
    let compiled = content("resources.arsc");
    let table = arsc::Table::parse(&compiled).unwrap();
    let kind_of = |id: u64, kind: &str| {
        let names = table.names(kind).unwrap();
        let entries: Vec<Vec<u8>> = names
            .iter()
            .enumerate()
            .map(|(index, name)| {
                let arsc::Value::String(value) = table.find(kind, name).unwrap().remove(0).value else {
                    panic!("{name}")
                };
                let item = if kind == "raw" { aapt::bytes(5, aapt::bytes(1, value)) } else { aapt::text(&value) };
                aapt::entry(index as u64, name, &[aapt::value("", &item)])
            })
            .collect();
        aapt::kind(id, kind, &entries)
    };
    let resources = aapt::package(0x7f, "com.example", &[kind_of(1, "string"), kind_of(2, "raw")]);
    let mut items = vec![
        Item::new("BundleConfig.pb", METHOD_STORED, b""),
        Item::new("base/manifest/AndroidManifest.xml", METHOD_DEFLATED, &aapt::manifest(&[])),
        Item::new("base/resources.pb", METHOD_DEFLATED, &resources),
    ];
    for entry in archive.entries() {
        let name = entry.display_name();
        let folder = match name.as_str() {
            "AndroidManifest.xml" | "resources.arsc" => continue,
            "classes.dex" => "dex/",
            name if name.starts_with("res/") || name.starts_with("assets/") => "",
            _ => "root/",
        };
        items.push(Item::new(&format!("base/{folder}{name}"), METHOD_DEFLATED, &content(&name)));
    }
    Zip::of(items).build()
}

fn inspected(folder: &Path, bytes: &[u8]) -> Inspected {
    let path = folder.join("app.apk");
    std::fs::write(&path, bytes).unwrap();
    Inspected::new(&path).unwrap()
}

/// Puts the values in, unsigned.
fn finish(planned: &Planned, values: &Values<'_>, output: &Path) -> inject::pipeline::Done {
    let mut signing = Signing::default();
    signing.android = Some(AndroidSigning::Unsigned);
    planned.finish(values, &signing, output, Gate::default()).unwrap()
}

#[test]
fn every_preset_reaches_every_place_of_its_kind_and_fits_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let other = BTreeMap::from([("redirect_uri".to_owned(), "app:/callback".to_owned())]);
    let values = Values {
        client_id: "ID",
        client_secret: Some("SECRET"),
        environment: "dev",
        application: "com.example",
        other: &other,
        mains: &[],
    };
    let both = |name| [false, true].map(|is_bundle| (name, is_bundle));
    for (name, is_bundle) in of_kind(Kind::Apk).flat_map(both) {
        let (bytes, expected) = example(name);
        let bytes = if is_bundle { bundle_of(&bytes) } else { bytes };
        for candidate in of_kind(Kind::Apk).map(|name| Preset::shipped(name).unwrap().unwrap()) {
            let fits = inspected(folder.path(), &bytes).has_one_of(&candidate.fits).unwrap();
            assert_eq!(fits, candidate.name == name, "{} on a package of {name}", candidate.name);
        }
        let preset = Preset::shipped(name).unwrap().unwrap();
        let defined = |place: &inject::placement::Place| place.value.check(["redirect_uri"].into_iter()).is_ok();
        let places: Vec<_> = preset.places.into_iter().filter(defined).collect();
        let planned = inspected(folder.path(), &bytes).plan(&places, name).unwrap();
        let output = folder.path().join("out.apk");
        finish(&planned, &values, &output);
        let after = std::fs::read(&output).unwrap();
        let apk = Apk::open(&after).unwrap();
        for (address, value) in expected {
            let place = inject::placement::Place::new(
                inject::placement::Address::parse(address).unwrap(),
                inject::placement::Template::default(),
                inject::placement::Absence::Fail,
            );
            let found = apk.find(&place).unwrap();
            assert_eq!(found.len(), 1, "{name}: {address}");
            assert_eq!(found[0].values, [value], "{name}: {address}");
        }
        let made = Archive::open(&after).unwrap();
        assert!(!made.entries().iter().any(|entry| entry.name().ends_with(b"assets/client_credentials.json")));
    }
}

/// Shipped presets that have a place in artifacts of a kind.
pub fn of_kind(kind: Kind) -> impl Iterator<Item = &'static str> {
    Preset::names().filter(move |name| {
        let preset = Preset::shipped(name).unwrap().unwrap();
        preset.places.iter().any(|place| place.at.kind.is_none_or(|own| own == kind))
    })
}

#[test]
fn every_preset_has_places_in_a_known_kind_or_chooses_among_others() {
    for name in Preset::names() {
        let preset = Preset::shipped(name).unwrap().unwrap();
        for other in &preset.any_of {
            assert!(!Preset::shipped(other).unwrap().unwrap().places.is_empty(), "{name}: {other}");
        }
        for hint in &preset.hints {
            assert!(preset.places.iter().any(|place| place.at == hint.0), "{name}: {}", hint.0);
        }
    }
}

/// Files of a folder, by name, and what must be in its places afterwards.
pub type Example = (Vec<(&'static str, Vec<u8>)>, Vec<(&'static str, &'static str)>);

/// A folder that each preset is for.
pub fn folder_example(preset: &str) -> Example {
    match preset {
        "generic" => (
            vec![("client_credentials.json", br#"{"client_id":"o"}"#.to_vec())],
            vec![("client_credentials.json", r#"{"client_id":"ID","client_secret":"SECRET"}"#)],
        ),
        "genexus-kbn" => {
            let list = r#"{"apps":[{"n":"Sub.Notes","properties":{"IntegratedSecurityObjClientID":"o"}},{"n":"Other","properties":{"IntegratedSecurityObjClientID":"o"}}]}"#;
            let own =
                br#"{"properties":{"IntegratedSecurityObjClientID":"o","IntegratedSecurityObjClientSecret":"o"}}"#;
            let panel =
                br#"{"instance":{"instanceProperties":{"@IsMain":"True","@IntegratedSecurityObjClientID":"o"}}}"#;
            let version = br#"{ "version":"7"}"#;
            let packed = Zip::of([
                Item::new("sub.notes.properties.json", METHOD_DEFLATED, own),
                Item::new("sub.notes.panel.json", METHOD_DEFLATED, panel),
                Item::new("gxversion.json", METHOD_STORED, br#"{ "version":"9"}"#),
            ]);
            (
                vec![
                    ("sdapps.json", list.into()),
                    ("sub.notes.properties.json", own.to_vec()),
                    ("sub.notes.panel.ios.json", panel.to_vec()),
                    ("gxversion.json", version.to_vec()),
                    ("sub.notes.android.gxsd", packed.build()),
                ],
                vec![
                    ("sdapps.json#/apps/0/properties/IntegratedSecurityObjClientID", "ID"),
                    ("sdapps.json#/apps/1/properties/IntegratedSecurityObjClientID", "o"),
                    ("sub.notes.properties.json#/properties/IntegratedSecurityObjClientID", "ID"),
                    ("sub.notes.properties.json#/properties/IntegratedSecurityObjClientSecret", "SECRET"),
                    ("sub.notes.panel.ios.json#/instance/instanceProperties/@IntegratedSecurityObjClientID", "ID"),
                    ("*.gxsd!/sub.notes.properties.json#/properties/IntegratedSecurityObjClientID", "ID"),
                    ("*.gxsd!/sub.notes.properties.json#/properties/IntegratedSecurityObjClientSecret", "SECRET"),
                    ("*.gxsd!/sub.notes.panel.json#/instance/instanceProperties/@IntegratedSecurityObjClientID", "ID"),
                    ("gxversion.json#/version", "10"),
                    ("*.gxsd!/gxversion.json#/version", "10"),
                ],
            )
        }
        "genexus-angular" => (
            vec![
                ("assets/app.settings.json", br#"{"GAM_CLIENT_ID":"o","GAM_CLIENT_SECRET":"o"}"#.to_vec()),
                ("main.js", br#"const e={GAM_CLIENT_ID:"o",GAM_CLIENT_SECRET:'o',SERVICE_URL:`u`};"#.to_vec()),
                ("vendor.js", b"const a = 1;".to_vec()),
            ],
            vec![
                ("assets/app.settings.json#/GAM_CLIENT_ID", "ID"),
                ("assets/app.settings.json#/GAM_CLIENT_SECRET", "SECRET"),
                ("main.js#GAM_CLIENT_ID", "ID"),
                ("main.js#GAM_CLIENT_SECRET", "SECRET"),
                // No value defined: left as it was built.
                ("main.js#SERVICE_URL", "u"),
            ],
        ),
        "amplify-gen1" => (
            vec![("www/amplifyconfiguration.json", COGNITO.into())],
            vec![
                ("*/*.json#/auth/plugins/awsCognitoAuthPlugin/CognitoUserPool/Default/AppClientId", "ID"),
                ("*/*.json#/auth/plugins/awsCognitoAuthPlugin/CognitoUserPool/Default/AppClientSecret", "SECRET"),
                ("*/*.json#/auth/plugins/awsCognitoAuthPlugin/Auth/Default/OAuth/AppClientId", "ID"),
            ],
        ),
        "amplify-gen2" => (
            vec![("amplify_outputs.json", br#"{"auth":{"user_pool_client_id":"o"}}"#.to_vec())],
            vec![("amplify_outputs.json#/auth/user_pool_client_id", "ID")],
        ),
        "salesforce-hybrid" => (
            vec![("www/bootconfig.json", br#"{"remoteAccessConsumerKey":"o","oauthRedirectURI":"o"}"#.to_vec())],
            vec![
                ("www/bootconfig.json#/remoteAccessConsumerKey", "ID"),
                ("www/bootconfig.json#/oauthRedirectURI", "o"),
            ],
        ),
        other => panic!("no folder for preset {other}; write one"),
    }
}

#[test]
fn every_preset_reaches_every_place_of_a_folder_and_fits_no_other() {
    let other = BTreeMap::new();
    let values = Values {
        client_id: "ID",
        client_secret: Some("SECRET"),
        environment: "dev",
        application: "com.example",
        other: &other,
        mains: &[],
    };
    for name in of_kind(Kind::Tree) {
        let folder = tempfile::tempdir().unwrap();
        let (files, expected) = folder_example(name);
        for (name, content) in &files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let inspected = || {
            let mut inspected = Inspected::new(folder.path()).unwrap();
            inspected.stands_for("Sub.Notes");
            inspected
        };
        for candidate in of_kind(Kind::Tree).map(|name| Preset::shipped(name).unwrap().unwrap()) {
            let fits = inspected().has_one_of(&candidate.fits).unwrap();
            assert_eq!(fits, candidate.name == name, "{} on a folder of {name}", candidate.name);
        }
        let preset = Preset::shipped(name).unwrap().unwrap();
        let mut places = preset.places;
        places.retain(|place| place.value.check([].into_iter()).is_ok());
        let done = finish(&inspected().plan(&places, name).unwrap(), &values, folder.path());
        assert!(done.written && done.report.is_sound(), "{name}");
        for (address, value) in expected {
            let place = inject::placement::Place::new(
                inject::placement::Address::parse(address).unwrap(),
                inject::placement::Template::default(),
                inject::placement::Absence::Fail,
            );
            let expected =
                inject::verify::injected::Expected { address: place.at, entry: None, value: value.to_owned().into() };
            let mut report = inject::verify::Report::default();
            inspected().verify_content(&mut report, &[expected], &[]);
            assert!(report.is_sound(), "{name}: {address}: {:?}", report.findings);
        }
        let again = finish(&inspected().plan(&places, name).unwrap(), &values, folder.path());
        assert!(!again.written, "{name}");
    }
}

#[test]
fn generic_makes_a_file_where_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = apk(&["app_name"], &[], &[]);
    let generic = Preset::shipped("generic").unwrap().unwrap();
    assert!(!inspected(folder.path(), &bytes).has_one_of(&generic.fits).unwrap());
    let planned = inspected(folder.path(), &bytes).plan(&generic.places, "generic").unwrap();
    let output = folder.path().join("out.apk");
    let values = Values {
        client_id: "ID",
        client_secret: None,
        environment: "dev",
        application: "com.example",
        other: &BTreeMap::new(),
        mains: &[],
    };
    finish(&planned, &values, &output);
    let after = std::fs::read(&output).unwrap();
    let archive = Archive::open(&after).unwrap();
    let index = archive.find(b"assets/client_credentials.json").unwrap();
    assert_eq!(archive.read(index).unwrap(), br#"{"client_id":"ID"}"#);
}
