//! `inject inspect` and `inject identify`: what an artifact carries, without a secret shown.

use super::{APP, World, repacked};

#[test]
fn inspect_shows_ids_and_hides_secrets() {
    let world = World::of_dev();
    let (id, secret) = world.credential(APP, "dev");
    let run = world.inject(&["inspect", "app.apk"]).exits(0);
    for text in [
        "app.apk: Android package (APK)",
        "package     com.example.demo",
        "signed      v1 v2 v3",
        "signer      CN=inject demo",
        "generic:",
        &format!("apk:string/client_id = {id} (com.example.demo in dev) in resources.arsc"),
        "apk:string/client_secret = [64 characters, not shown] (com.example.demo in dev) in resources.arsc",
    ] {
        assert!(run.out.contains(text), "{text}: {}", run.out);
    }
    assert!(!run.out.contains(&secret) && !run.err.contains(&secret));
    let json = world.inject(&["inspect", "app.apk", "--json"]).exits(0).json();
    let artifact = &json["artifacts"][0];
    assert_eq!(artifact["client_ids"][0], id.as_str());
    let facts = &artifact["facts"];
    assert_eq!((&artifact["kind"], &facts["package"]), (&"apk".into(), &APP.into()));
    for (name, is_right) in [
        ("version_code", serde_json::Value::is_u64 as fn(&serde_json::Value) -> bool),
        ("min_sdk", serde_json::Value::is_u64),
        ("entries", serde_json::Value::is_u64),
        ("debuggable", serde_json::Value::is_boolean),
        ("abis", serde_json::Value::is_array),
    ] {
        assert!(is_right(&facts[name]), "{name}: {facts}");
    }
    let places = artifact["places"].as_array().unwrap();
    let hidden = places.iter().find(|place| place["at"] == "apk:string/client_secret").unwrap();
    assert_eq!((&hidden["is"], &hidden["characters"]), (&"secret".into(), &64.into()));
    assert!(hidden["value"].is_null(), "{json:#}");
    assert_eq!(hidden["belongs_to"][0]["environment"], "dev");
    assert!(!json.to_string().contains(&secret));
}

#[test]
fn what_the_store_forgot_the_registry_knows() {
    let world = World::of_dev();
    world.write("inject.toml", "version = 1\n[env.prod]\n[env.dev]\n");
    world.inject(&["credential", "forget", "--app", APP, "--env", "dev"]).exits(0);
    let identify = |code, text: &str| {
        let run = world.inject(&["identify", "app.apk"]).exits(code);
        assert!(run.out.contains(text), "{}", run.out);
    };
    identify(0, "com.example.demo in dev");
    let run = world.inject(&["inspect", "app.apk"]).exits(0);
    assert!(run.out.contains("[64 characters, not shown] (com.example.demo in dev)"), "{}", run.out);
    assert_eq!(world.credentials(), 1, "asking brings nothing into the store");
    // An environment with another registry knows nothing of it.
    world.write("inject.toml", "version = 1\n[env.prod]\n[env.dev]\nregistry = \"embedded:other\"\n");
    identify(7, "unknown here: ");
    // A registry elsewhere is not even configured unless it is asked, and one that fails hides no other.
    let team = "[env.live]\nregistry = \"postgres\"\nurl = \"env:NOT_SET\"\nkey = \"env:NOT_SET\"\n";
    world.write("inject.toml", format!("version = 1\n{team}[env.prod]\n[env.dev]\n"));
    let run = world.inject(&["identify", "app.apk"]).exits(0);
    assert!(run.err.is_empty(), "{}", run.err);
    let run = world.inject(&["identify", "app.apk", "--online"]).exits(0);
    assert!(run.out.contains("com.example.demo in dev"), "{}", run.out);
    run.says(&["warning the registry of live was not asked: ", "NOT_SET"]);
    world.inject(&["inspect", "app.apk", "--online"]).exits(0).says(&["the registry of live was not asked"]);
}

#[test]
fn inspect_says_where_the_id_lies_besides_and_what_nobody_knows() {
    let world = World::of_dev();
    let (id, _) = world.credential(APP, "dev");
    let copy = format!("x{id}y");
    world.write("app.apk", repacked(&[("assets/copy.txt", copy.as_bytes())], |_, content| content));
    let place = format!("string/client_id={id}");
    world.inject(&["app.apk", "--env", "dev", "--unsigned", "--at", &place]).exits(0);
    let run = world.inject(&["inspect", "app.apk", "--at", "assets/app.properties#client.id"]).exits(0);
    assert!(run.out.contains(&format!("assets/copy.txt holds {id} too, where no place reaches")), "{}", run.out);
    assert!(run.out.contains("other places:\n"), "{}", run.out);
    assert!(run.out.contains("characters, not shown] in assets/app.properties"), "{}", run.out);
    assert!(run.out.contains("signed      no"), "{}", run.out);
}

#[test]
fn identify_names_the_environment() {
    let world = World::of_dev();
    let run = world.inject(&["identify", "app.apk"]).exits(0);
    assert_eq!(run.out.trim(), "app.apk: com.example.demo in dev");
    world.signed(&["app.apk", "--env", "prod"]).exits(0);
    let json = world.inject(&["identify", "app.apk", "--json"]).exits(0).json();
    assert_eq!(json["artifacts"][0]["belongs_to"][0]["environment"], "prod");
    assert_eq!(json["artifacts"][0]["answer"], "one");
}

#[test]
fn identify_tells_unknown_from_mixed_from_nothing() {
    let world = World::of_dev();
    world.demo("raw.apk");
    let run = world.inject(&["identify", "raw.apk"]).exits(7);
    assert!(run.out.starts_with("raw.apk: unknown here: "), "{}", run.out);
    // The id of one environment with the secret of the other.
    let (id, _) = world.credential(APP, "prod");
    let place = format!("string/client_id={id}");
    // That is what the gate keeps from happening.
    let mixed = ["app.apk", "--env", "dev", "--unsigned", "--at", &place];
    world.inject(&mixed).exits(7).says(&["--gate off"]);
    world.inject(&[&mixed[..], &["--gate", "off"]].concat()).exits(0);
    let run = world.inject(&["identify", "app.apk"]).exits(7);
    for text in ["app.apk: MIXED", "client_id in resources.arsc: com.example.demo in prod", "in dev"] {
        assert!(run.out.contains(text), "{text}: {}", run.out);
    }
    let mixed = world.inject(&["identify", "app.apk", "--json"]).exits(7).json();
    let mixed = mixed["artifacts"][0]["mixed"].as_array().unwrap().clone();
    let of_prod = serde_json::json!([{ "application": APP, "environment": "prod" }]);
    let prod = mixed.iter().find(|holder| holder["belongs_to"] == of_prod).unwrap();
    assert_eq!((&prod["at"], &prod["entry"]), (&"apk:string/client_id".into(), &"resources.arsc".into()));
    world.write("plain.apk", repacked(&[], |_, content| content));
    let run = world.inject(&["identify", "plain.apk", "--preset", "msal-android"]).exits(4);
    assert_eq!(run.out.trim(), "plain.apk: no credential at any known place");
}

#[test]
fn what_cannot_be_looked_at_is_said() {
    let world = World::new();
    world.write("no.apk", "no zip");
    world.inject(&["inspect", "no.apk"]).exits(3).says(&["no.apk"]);
    world.demo("app.apk");
    world.inject(&["inspect", "app.apk", "--preset", "genric"]).exits(2).says(&["did you mean \"generic\"?"]);
    world.inject(&["inspect", "app.apk", "--at", "string/"]).exits(2).says(&["--at", "no valid name"]);
    let run = world.inject(&["inspect", "app.apk", "--at", "assets/config.xml#/a["]).exits(0);
    assert!(run.out.contains("cannot be read"), "{}", run.out);
}

#[test]
fn a_folder_of_metadata_shows_every_copy_of_every_main() {
    use super::genexus::{Main, metadata};
    let world = World::new();
    for (name, content) in metadata(&[Main::new("Notes"), Main::new("Sales")]) {
        world.write(&format!("gxmetadata/{name}"), content);
    }
    let run = world.inject(&["inspect", "gxmetadata"]).exits(0);
    for text in [
        "gxmetadata: GeneXus prototyping metadata (folder)",
        "mains  Notes, Sales",
        "genexus-kbn:",
        "in notes.properties.json",
        "in sales.android.gxsd!/sales.panel.json",
    ] {
        assert!(run.out.contains(text), "{text}: {}", run.out);
    }
    assert!(!run.out.contains("signed"), "{}", run.out);
    world.inject(&["gxmetadata", "--env", "dev", "--app", "Notes"]).exits(0);
    let run = world.inject(&["inspect", "gxmetadata"]).exits(0);
    assert!(!run.err.contains("different Client Ids"), "two mains have two ids: {}", run.err);
    let run = world.inject(&["identify", "gxmetadata"]).exits(7);
    let unknown = "gxmetadata (Sales): unknown here: 00000000000000000000000000000001";
    assert_eq!(run.out.trim(), format!("gxmetadata (Notes): Notes in dev\n{unknown}"));
    let list = String::from_utf8(world.read("gxmetadata/sdapps.json")).unwrap();
    world.write("gxmetadata/sdapps.json", list.replace("00000000000000000000000000000001", "other"));
    let run = world.inject(&["inspect", "gxmetadata"]).exits(0);
    assert!(run.err.contains("the places of Sales hold different Client Ids: other, 0000"), "{}", run.err);
    assert!(!run.err.contains("of Notes"), "{}", run.err);
    world.write("one/app.settings.json", r#"{"GAM_CLIENT_ID":"a","GAM_CLIENT_SECRET":"b"}"#);
    world.inject(&["one", "--env", "dev", "--app", "Notes"]).exits(0);
    let run = world.inject(&["identify", "one"]).exits(0);
    assert_eq!(run.out.trim(), "one: Notes in dev");
}
