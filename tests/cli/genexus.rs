//! GeneXus' prototyping metadata: every copy of the Client Id, the number that tells the navigator to look again, and
//! which main object is meant.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{Run, World, apk_holds, entry, holds, values, zipped};
use crate::pipeline::presets::genexus_package;

const TYPE: &str = "7be41ed5-31f4-4a2a-b7a4-3e6b2b9c0a11";
/// The version that every copy starts with.
const VERSION: &str = "11195196";

/// The properties of a main object as they are written: one line, one key twice.
fn properties(id: Option<&str>, secret: Option<&str>, prefix: &str) -> String {
    let id = id.map(|id| format!(r#","{prefix}IntegratedSecurityObjClientID":"{id}""#)).unwrap_or_default();
    let secret =
        secret.map(|secret| format!(r#","{prefix}IntegratedSecurityObjClientSecret":"{secret}""#)).unwrap_or_default();
    format!(
        r#"{{"{prefix}IsMain":"True","{prefix}EnableIntegratedSecurity":"True"{id}{secret},"{prefix}EnableIntegratedSecurity":"True"}}"#
    )
}

/// A main object of the fixture.
#[derive(Clone, Copy)]
pub struct Main {
    pub name: &'static str,
    pub id: Option<&'static str>,
    pub secret: Option<&'static str>,
}

impl Main {
    pub fn new(name: &'static str) -> Self {
        Self { name, id: Some("00000000000000000000000000000001"), secret: None }
    }
}

/// `gxmetadata/` of these main objects.
pub fn metadata(mains: &[Main]) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let apps: Vec<String> = mains
        .iter()
        .map(|Main { name, id, secret }| {
            format!(r#"{{"n":"{name}","t":"{TYPE}","properties":{}}}"#, properties(*id, *secret, ""))
        })
        .collect();
    let mut put = |name: String, content: Vec<u8>| files.insert(name, content);
    put("sdapps.json".into(), format!(r#"{{"apps":[{}]}}"#, apps.join(",")).into());
    put("gxversion.json".into(), format!(r#"{{ "version":"{VERSION}"}}"#).into());
    put("appid.json".into(), br#"{"id":"YTT_version4","servertype":41}"#.to_vec());
    for Main { name, id, secret } in mains {
        let file = name.to_lowercase();
        let own = format!(r#"{{"properties":{}}}"#, properties(*id, *secret, ""));
        let panel = format!(r#"{{"instance":{{"instanceProperties":{}}}}}"#, properties(*id, *secret, "@"));
        for platform in ["android", "ios"] {
            let version = br#"{"minor":"0","major":"1","uri":"","metadata_schema_version":"2.0.1"}"#;
            put(format!("{file}.{platform}.json"), version.to_vec());
            put(format!("{file}.panel.{platform}.json"), panel.clone().into());
            let packed = zipped(&[
                (&format!("{file}.properties.json"), own.as_bytes()),
                ("theme.json", br#"{"theme":"Carmine"}"#),
                (&format!("{file}.panel.json"), panel.as_bytes()),
                ("gxversion.json", format!(r#"{{ "version":"{VERSION}"}}"#).as_bytes()),
            ]);
            put(format!("{file}.{platform}.gxsd"), packed);
        }
        put(format!("{file}.properties.json"), own.into());
    }
    files
}

fn is_archive(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "gxsd")
}

fn write(world: &World, files: &BTreeMap<String, Vec<u8>>) {
    for (name, content) in files {
        world.write(&format!("gxmetadata/{name}"), content);
    }
}

/// The files of the metadata by name.
fn read(world: &World) -> BTreeMap<String, Vec<u8>> {
    let root = world.path("gxmetadata");
    let name = |path: &Path| path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
    super::files_below(&root).into_iter().map(|(path, content)| (name(&path), content)).collect()
}

fn inject(world: &World, args: &[&str]) -> Run {
    world.inject(&[&["gxmetadata"], args].concat())
}

/// The metadata version: the same in every copy.
#[track_caller]
pub fn version(files: &BTreeMap<String, Vec<u8>>) -> u64 {
    let number = |content: &[u8]| -> u64 {
        let value: Value = serde_json::from_slice(content).unwrap();
        value["version"].as_str().unwrap().parse().unwrap()
    };
    let outside = number(&files["gxversion.json"]);
    for (name, content) in files.iter().filter(|(name, _)| is_archive(name)) {
        assert_eq!(number(&entry(content, "gxversion.json")), outside, "{name}");
    }
    outside
}

/// What the navigator does on a device that downloaded `last` before: list, versions, and the archive where it is new.
#[track_caller]
pub fn navigated(files: &BTreeMap<String, Vec<u8>>, main: &str, platform: &str, last: u64) -> Option<String> {
    let json = |content: &[u8]| -> Value { serde_json::from_slice(content).unwrap() };
    let list = json(&files["sdapps.json"]);
    let app = list["apps"].as_array().unwrap().iter().find(|app| app["n"] == main)?;
    let listed = app["properties"]["IntegratedSecurityObjClientID"].as_str()?.to_owned();
    let file = main.to_lowercase();
    let schema = json(&files[&format!("{file}.{platform}.json")]);
    assert_eq!((schema["major"].as_str(), schema["minor"].as_str()), (Some("1"), Some("0")));
    if version(files) == last {
        return None;
    }
    let packed = &files[&format!("{file}.{platform}.gxsd")];
    let own = json(&entry(packed, &format!("{file}.properties.json")));
    let panel = json(&entry(packed, &format!("{file}.panel.json")));
    for id in [
        &own["properties"]["IntegratedSecurityObjClientID"],
        &panel["instance"]["instanceProperties"]["@IntegratedSecurityObjClientID"],
    ] {
        assert_eq!(id.as_str(), Some(listed.as_str()));
    }
    Some(listed)
}

#[test]
fn every_copy_gets_the_id_and_nothing_else_changes() {
    let world = World::new();
    let before = metadata(&[Main::new("Notes")]);
    write(&world, &before);
    inject(&world, &["--env", "dev"]).exits(0).says(&["carries dev of Notes: client id", "places"]);
    let (id, _) = world.credential("Notes", "dev");
    let after = read(&world);
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>(), "no file comes or goes");
    let expected = |content: &[u8]| {
        let text = String::from_utf8(content.to_vec()).unwrap();
        text.replace("00000000000000000000000000000001", &id).replace(VERSION, "11195197").into_bytes()
    };
    for (name, content) in &before {
        if !is_archive(name) {
            assert_eq!(after[name], expected(content), "{name}");
            continue;
        }
        for inner in ["notes.properties.json", "theme.json", "notes.panel.json", "gxversion.json"] {
            assert_eq!(entry(&after[name], inner), expected(&entry(content, inner)), "{name}!/{inner}");
        }
    }
    for platform in ["android", "ios"] {
        let seen = navigated(&after, "Notes", platform, VERSION.parse().unwrap());
        assert_eq!(seen.as_deref(), Some(id.as_str()));
    }

    // Again: nothing to do, so no number rises.
    inject(&world, &["--env", "dev"]).exits(0).says(&["up to date"]);
    assert!(read(&world) == after);
    inject(&world, &["--env", "dev", "--check"]).exits(0);
    world.inject(&["verify", "gxmetadata", "--env", "dev"]).exits(0);
}

#[test]
fn another_environment_leaves_no_trace_and_raises_the_version() {
    let world = World::new();
    write(&world, &metadata(&[Main::new("Notes")]));
    inject(&world, &["--env", "dev"]).exits(0);
    let first = read(&world);
    inject(&world, &["--env", "prod", "--check"]).exits(8);
    inject(&world, &["--env", "prod"]).exits(0);
    let ((dev, _), (prod, _)) = (world.credential("Notes", "dev"), world.credential("Notes", "prod"));
    let second = read(&world);
    assert!(version(&second) > version(&first));
    assert_eq!(navigated(&second, "Notes", "ios", version(&first)), Some(prod));
    for (name, content) in &second {
        assert!(!holds(content, &dev), "{name}");
        if is_archive(name) {
            for inner in ["notes.properties.json", "notes.panel.json"] {
                assert!(!holds(&entry(content, inner), &dev), "{name}!/{inner}");
            }
        }
    }
    world.inject(&["verify", "gxmetadata", "--env", "prod"]).exits(0);
    world.inject(&["verify", "gxmetadata", "--env", "dev"]).exits(7).says(&["place.value", "leak.foreign"]);

    // Back again: the same but for the versions, which only rise.
    inject(&world, &["--env", "dev"]).exits(0);
    let third = read(&world);
    assert!(version(&third) > version(&second));
    for (name, content) in &third {
        if name == "gxversion.json" {
            continue;
        }
        if is_archive(name) {
            for inner in ["notes.properties.json", "theme.json", "notes.panel.json"] {
                assert_eq!(entry(content, inner), entry(&first[name], inner), "{name}!/{inner}");
            }
        } else {
            assert_eq!(content, &first[name], "{name}");
        }
    }
}

#[test]
fn an_id_left_in_one_archive_closes_the_gate() {
    let world = World::new();
    let original = metadata(&[Main::new("Notes")]);
    write(&world, &original);
    inject(&world, &["--env", "dev"]).exits(0);
    let of_dev = read(&world)["notes.ios.gxsd"].clone();
    inject(&world, &["--env", "prod"]).exits(0);
    world.write("gxmetadata/notes.ios.gxsd", &of_dev);
    world.inject(&["verify", "gxmetadata", "--env", "prod"]).exits(7).says(&[
        "notes.ios.gxsd!/notes.properties.json",
        "leak.foreign (notes.ios.gxsd!/notes.panel.json): it holds the Client Id of Notes in dev",
    ]);
    // The versions had drifted apart; afterwards they agree again.
    inject(&world, &["--env", "prod"]).exits(0);
    version(&read(&world));
}

#[test]
fn one_of_several_main_objects_is_named() {
    let world = World::new();
    let before = metadata(&[Main::new("Notes"), Main::new("Sales.Orders")]);
    write(&world, &before);
    let list = "holds metadata of Notes, Sales.Orders";
    world.refuses(|world| inject(world, &["--env", "dev"]), 2, &["which application?", list, "--app"]);
    world.refuses(
        |world| inject(world, &["--env", "dev", "--app", "Notez"]),
        2,
        &[list, "none of them is called Notez"],
    );
    inject(&world, &["--env", "dev", "--app", "sales.orders"]).exits(0);
    let after = read(&world);
    let (id, _) = world.credential("sales.orders", "dev");
    let seen = |main: &str| navigated(&after, main, "android", 0).unwrap();
    assert_eq!(seen("Sales.Orders"), id);
    assert_eq!(seen("Notes"), "00000000000000000000000000000001");
    for name in ["notes.properties.json", "notes.panel.ios.json", "notes.android.json"] {
        assert_eq!(after[name], before[name], "{name}");
    }
    // The other one's credential is no trace of another environment.
    inject(&world, &["--env", "dev", "--app", "Notes"]).exits(0);
    world.inject(&["verify", "gxmetadata", "--env", "dev", "--app", "sales.orders"]).exits(0);
    world.inject(&["verify", "gxmetadata", "--env", "dev", "--app", "Notes"]).exits(0);
}

#[test]
fn a_configuration_names_main_objects() {
    let world = World::new();
    write(&world, &metadata(&[Main::new("Notes"), Main::new("Orders")]));
    world.write(
        "inject.toml",
        "version = 1\n[app.a]\nid = \"com.example.notes\"\nname = \"Notes\"\npreset = [\"genexus\"]\nartifacts = [\"gxmetadata\"]\n",
    );
    world.inject(&["--env", "dev"]).exits(0).says(&["carries dev of com.example.notes"]);
    let (id, _) = world.credential("com.example.notes", "dev");
    assert_eq!(navigated(&read(&world), "Notes", "android", 0), Some(id));
}

#[test]
fn applications_that_share_the_metadata_get_an_id_each_in_one_run() {
    let world = World::new();
    write(&world, &metadata(&[Main::new("Notes"), Main::new("Orders")]));
    let app = |name: &str| format!("[app.{name}]\nid = \"com.example.{name}\"\nartifacts = [\"gxmetadata/\"]\n");
    world.write("inject.toml", format!("version = 1\n{}{}", app("notes"), app("orders")));
    world.inject(&["--env", "dev"]).exits(0);
    let after = read(&world);
    for (name, main) in [("notes", "Notes"), ("orders", "Orders")] {
        let (id, _) = world.credential(&format!("com.example.{name}"), "dev");
        assert_eq!(navigated(&after, main, "ios", 0), Some(id));
    }
    let run = world.inject(&["--env", "dev"]).exits(0);
    assert_eq!(run.err.matches("up to date").count(), 2, "{}", run.err);
    assert!(read(&world) == after);
}

#[test]
fn an_application_that_is_not_secured() {
    let world = World::new();
    write(&world, &metadata(&[Main { id: None, ..Main::new("Notes") }]));
    let place = "tree:sdapps.json#/apps/[n=Notes]/properties/IntegratedSecurityObjClientID";
    let texts = ["no place", place, "is built without integrated security", "--create"];
    world.refuses(|world| inject(world, &["--env", "dev"]), 4, &texts);
    inject(&world, &["--env", "dev", "--create"]).exits(0);
    let (id, _) = world.credential("Notes", "dev");
    let after = read(&world);
    for platform in ["android", "ios"] {
        assert_eq!(navigated(&after, "Notes", platform, 0).as_ref(), Some(&id));
        assert!(holds(&after[&format!("notes.panel.{platform}.json")], &id));
    }
    assert!(holds(&after["notes.properties.json"], &id));
    inject(&world, &["--env", "dev"]).exits(0).says(&["up to date"]);
}

#[test]
fn a_copy_without_the_key_is_said() {
    let world = World::new();
    let mut before = metadata(&[Main::new("Notes")]);
    before.insert(
        "notes.panel.ios.json".to_owned(),
        br#"{"instance":{"instanceProperties":{"@IsMain":"True"}}}"#.to_vec(),
    );
    write(&world, &before);
    inject(&world, &["--env", "dev"])
        .exits(0)
        .says(&["notes.panel.ios.json does not hold tree:*.json#/**/instanceProperties", "--create makes it"]);
    let (id, _) = world.credential("Notes", "dev");
    assert!(holds(&read(&world)["notes.panel.android.json"], &id));
    inject(&world, &["--env", "dev", "--create"]).exits(0);
    assert!(holds(&read(&world)["notes.panel.ios.json"], &id));
    assert!(!inject(&world, &["--env", "dev"]).exits(0).err.contains("--create makes it"));
}

#[test]
fn an_old_application_has_a_secret_and_an_archive_of_another_name() {
    let world = World::new();
    let mut before = metadata(&[Main { secret: Some("OLD-SECRET"), ..Main::new("Notes") }]);
    let packed = before.remove("notes.android.gxsd").unwrap();
    before.insert("app.android.gxsd".to_owned(), packed);
    write(&world, &before);
    inject(&world, &["--env", "dev"]).exits(0);
    let (id, secret) = world.credential("Notes", "dev");
    let after = read(&world);
    for (name, content) in &after {
        assert!(!holds(content, "OLD-SECRET"), "{name}");
    }
    for inner in ["notes.properties.json", "notes.panel.json"] {
        let content = entry(&after["app.android.gxsd"], inner);
        assert!(holds(&content, &id) && holds(&content, &secret), "{inner}");
    }
    assert!(holds(&after["sdapps.json"], &secret));
}

/// An Angular application before and after its build.
fn angular(world: &World) {
    let settings = r#"{"GAM_CLIENT_ID":"built-in-client-id","GAM_CLIENT_SECRET":"built-in-secret","SERVICE_URL":"http://localhost/"}"#;
    world.write("web/src/app.settings.json", settings);
    world.write("web/dist/index.html", "<!doctype html><script src=main.js></script>");
    let main = format!("(()=>{{var e=JSON.parse('{settings}');boot(e)}})();\n");
    world.write("web/dist/main.js", &main);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gzip, main.as_bytes()).unwrap();
    world.write("web/dist/main.js.gz", gzip.finish().unwrap());
    world.write("web/dist/vendor.js", "export const GAM = 'GAM_CLIENT_ID';");
}

#[test]
fn one_run_over_package_metadata_and_site_puts_one_id_everywhere() {
    let world = World::new();
    world.write("app.apk", genexus_package());
    write(&world, &metadata(&[Main::new("Notes")]));
    angular(&world);
    world.write(
        "inject.toml",
        "version = 1\n[app.notes]\nid = \"com.example\"\nname = \"Notes\"\npreset = [\"genexus\"]\n\
         artifacts = [\"*.apk\", \"gxmetadata\", \"web/src\", \"web/dist\"]\n\
         [env.dev]\n[env.prod]\n[env.prod.values]\nserver_url = \"https://example.com/notes/\"\n[env.public]\nsecret = \"omit\"\n",
    );
    let run = world.inject(&["--env", "dev", "--unsigned", "--json"]).exits(0);
    assert!(run.err.contains("web/dist: the secret in main.js can be read by everybody"), "{}", run.err);
    let (dev, _) = world.credential("com.example", "dev");
    let artifacts = run.json()["artifacts"].as_array().unwrap().clone();
    assert_eq!(artifacts.len(), 4);
    assert!(artifacts.iter().all(|artifact| artifact["client_id"] == dev.as_str()));

    let check = |id: &str, last: u64| {
        let apk = world.read("app.apk");
        for at in [
            "dex/setClientId",
            "raw/notes_properties#/properties/IntegratedSecurityObjClientID",
            "raw/notes_panel#/instance/instanceProperties/@IntegratedSecurityObjClientID",
        ] {
            assert_eq!(values(&apk, at), [id], "{at}");
        }
        let metadata = read(&world);
        assert_eq!(navigated(&metadata, "Notes", "android", last).as_deref(), Some(id));
        let settings: Value = serde_json::from_slice(&world.read("web/src/app.settings.json")).unwrap();
        assert_eq!(settings["GAM_CLIENT_ID"], id);
        let main = world.read("web/dist/main.js");
        assert!(holds(&main, &format!("\"GAM_CLIENT_ID\":\"{id}\"")), "{}", String::from_utf8_lossy(&main));
        let mut unpacked = Vec::new();
        let packed = world.read("web/dist/main.js.gz");
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(packed.as_slice()), &mut unpacked).unwrap();
        assert_eq!(unpacked, main);
        version(&metadata)
    };
    let last = check(&dev, 0);
    let everything = ["app.apk", "gxmetadata", "web/src", "web/dist"];
    let gate = |env: &str| world.inject(&[&["verify"][..], &everything, &["--env", env]].concat());
    world.inject(&["--env", "dev", "--unsigned", "--check"]).exits(0);

    world.inject(&["--env", "prod", "--unsigned"]).exits(0);
    let (prod, _) = world.credential("com.example", "prod");
    check(&prod, last);
    assert!(holds(&world.read("web/dist/main.js"), "https://example.com/notes/"));
    assert!(!apk_holds(&world.read("app.apk"), &dev));
    for (path, content) in world.files() {
        assert!(!holds(&content, &dev), "{}", path.display());
    }
    let run = gate("prod");
    assert!(!run.err.contains("leak") && !run.err.contains("place.") && !run.err.contains("site."), "{}", run.err);
    gate("dev").exits(7).says(&["web/dist: leak.foreign (main.js.gz (unpacked))", "gxmetadata: place.value"]);

    // Each of them says the same of itself, and what it is.
    let run = world.inject(&[&["inspect", "--json"][..], &everything].concat()).exits(0);
    for artifact in run.json()["artifacts"].as_array().unwrap() {
        assert_eq!(artifact["client_ids"], serde_json::json!([prod]), "{artifact}");
        assert_eq!(artifact["elsewhere"].as_array().unwrap().len(), usize::from(artifact["artifact"] == "web/dist"));
    }
    let run = world.inject(&["inspect", "gxmetadata"]).exits(0);
    for text in ["GeneXus prototyping metadata", "mains  Notes", "(com.example in prod) in notes.ios.gxsd!/"] {
        assert!(run.out.contains(text), "{}", run.out);
    }
    let run = world.inject(&[&["identify"][..], &everything].concat()).exits(0);
    assert_eq!(run.out.matches("com.example in prod").count(), 4, "{}", run.out);

    // A public client: no secret stays in the site, and nothing is warned about.
    let run = world.inject(&["web/dist", "--env", "public"]).exits(0);
    assert!(!run.err.contains("can be read by everybody"), "{}", run.err);
    assert!(holds(&world.read("web/dist/main.js"), "\"GAM_CLIENT_SECRET\":\"\""));
}

#[test]
fn a_version_that_is_no_number_stops_everything() {
    let world = World::new();
    let mut before = metadata(&[Main::new("Notes")]);
    before.insert("gxversion.json".to_owned(), br#"{ "version":"new"}"#.to_vec());
    write(&world, &before);
    world.refuses(|world| inject(world, &["--env", "dev"]), 3, &["gxversion.json", "\"new\"", "whole number"]);
}

#[test]
fn a_release_takes_no_prototype() {
    let world = World::new();
    write(&world, &metadata(&[Main::new("Notes")]));
    world.write("inject.toml", "version = 1\n[env.prod]\nrelease = true\n");
    world.refuses(|world| inject(world, &["--env", "prod"]), 7, &["it is prototyping metadata"]);
}

#[test]
fn a_dry_run_shows_the_places() {
    let world = World::new();
    write(&world, &metadata(&[Main::new("Notes")]));
    let files = world.files();
    let run = inject(&world, &["--env", "dev", "--dry-run"]).exits(0);
    for text in [
        "tree:sdapps.json#/apps/[n=Notes]/properties/IntegratedSecurityObjClientID = {client_id} in sdapps.json",
        "in notes.ios.gxsd!/notes.panel.json",
        "tree:gxversion.json#/version = {raised} in gxversion.json",
    ] {
        assert!(run.out.contains(text), "{}", run.out);
    }
    assert!(world.files() == files);
    assert_eq!(fs::read_dir(world.project()).unwrap().count(), 1);
}

#[test]
fn a_dex_that_holds_another_id_than_the_resources_is_said_by_all() {
    let world = World::new();
    world.write("app.apk", genexus_package());
    let all = ["app.apk", "--env", "dev", "--unsigned"];
    world.inject(&all).exits(0);
    world.inject(&["register", "com.example", "--env", "prod"]).exits(0);
    let id = |env: &str| world.credential("com.example", env).0;
    let (dev, prod) = (id("dev"), id("prod"));
    // What a person does who edits the one constant: the app logs in with prod, its metadata says dev.
    let constant = format!("dex/setClientId={prod}");
    world.inject(&[&all[..], &["--at", &constant, "--gate", "off"]].concat()).exits(0);
    assert_eq!(values(&world.read("app.apk"), "dex/setClientId"), [prod.as_str()]);
    let run = world.inject(&["inspect", "app.apk"]).exits(0);
    assert!(run.err.contains("the places hold different Client Ids") && run.err.contains(&prod), "{}", run.err);
    let run = world.inject(&["identify", "app.apk"]).exits(7);
    assert!(run.out.contains("MIXED") && run.out.contains("dex/setClientId in classes.dex: "), "{}", run.out);
    let verify = ["verify", "app.apk", "--env", "dev"];
    world
        .inject(&verify)
        .exits(7)
        .says(&["place.value (apk:dex/setClientId in classes.dex)", "leak.foreign (classes.dex)"]);
    let said = ["its places held different Client Ids", &dev, &prod, "classes.dex"];
    world.inject(&all).exits(0).says(&said);
    let run = world.inject(&["inspect", "app.apk"]).exits(0);
    assert!(!run.err.contains("different Client Ids"), "{}", run.err);
}

#[test]
fn entries_of_one_main_object_are_one() {
    let world = World::new();
    let entry = |name: &str, more: &str| {
        format!(r#"{{"n":"{name}","properties":{{"IntegratedSecurityObjClientID":"built-id"{more}}}}}"#)
    };
    let ids = r#","AndroidPackageName":"com.example.notes","iOSBundleIdentifier":"com.example.ios""#;
    let entries =
        [entry("Notes", ""), entry("Notes", ids), entry("Notes", r#","AndroidPackageName":"com.example.later""#)];
    world.write("meta/sdapps.json", format!(r#"{{"apps":[{}]}}"#, entries.join(",")));
    world.inject(&["meta", "--env", "dev", "--dry-run"]).exits(0);
    let run = world.inject(&["meta", "--env", "dev"]).exits(0);
    assert!(run.err.contains("com.example.notes as ") && !run.err.contains("com.example.later"), "{}", run.err);
}
