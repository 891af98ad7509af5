//! Receipts and verdicts: about this file, right, without a secret, and the same every time.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{APP, World, files_below, holds, schema};

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn receipts_of_anything_are_checked(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..120)) {
        crate::fuzz_bodies::records::receipts(&bytes);
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read(world: &World, name: &str) -> Value {
    let value: Value = serde_json::from_slice(&world.read(name)).unwrap();
    if value["predicateType"] == "urn:x-inject:receipt:v2" {
        schema::check_receipt(&value);
    }
    value
}

#[test]
fn a_receipt_says_what_was_done_and_the_gate_checks_it() {
    let world = World::new();
    let before = world.demo("app.apk");
    let args = ["app.apk", "--env", "dev", "-o", "out.apk", "--receipt", "out.json"];
    world.signed(&args).exits(0).says(&["receipt in out.json"]);
    let (id, secret) = world.credential(APP, "dev");
    let receipt = read(&world, "out.json");
    assert_eq!(receipt["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(receipt["subject"][0]["name"], "out.apk");
    assert_eq!(receipt["subject"][0]["digest"]["sha256"], sha256(&world.read("out.apk")));
    let predicate = &receipt["predicate"];
    assert_eq!(predicate["input"]["sha256"], sha256(&before));
    assert_eq!((&predicate["application"], &predicate["environment"]), (&APP.into(), &"dev".into()));
    assert_eq!(predicate["client_id"], id);
    assert_eq!(predicate["registry"]["class"], "A");
    let v2 = predicate["signatures"].as_array().unwrap().iter().find(|signature| signature["scheme"] == "v2").unwrap();
    assert_eq!(v2["signers"], predicate["signers"]);
    assert_eq!(v2["signers"][0]["sha256"].as_str().unwrap().len(), 64);
    assert!(predicate["places"].as_array().unwrap().iter().any(|place| place["entry"] == "resources.arsc"));
    assert!(predicate.get("time").is_none());
    for bytes in files_below(&world.project()).iter().filter(|(path, _)| path.extension().is_some_and(|e| e == "json"))
    {
        assert!(!holds(bytes.1, &secret));
    }
    // The same again, and with a time where the build fixes one.
    let text = world.read("out.json");
    world.signed(&args).exits(0);
    assert_eq!(world.read("out.json"), text);
    world.signed_with(&[("SOURCE_DATE_EPOCH", "1700000000")], &args).exits(0);
    assert_eq!(read(&world, "out.json")["predicate"]["time"], "2023-11-14T22:13:20Z");
    let check = |artifact: &str, env: &str| world.inject(&["verify", artifact, "--env", env, "--receipt", "out.json"]);
    check("out.apk", "dev").exits(0);
    // Another file, another environment, no receipt.
    world.signed(&["app.apk", "--env", "dev", "-o", "other.apk", "--schemes", "v1,v2"]).exits(0);
    check("other.apk", "dev").exits(7).says(&["receipt.digest", "other.apk has"]);
    world.signed(&["app.apk", "--env", "prod", "-o", "prod.apk"]).exits(0);
    check("prod.apk", "prod").exits(7).says(&["receipt.credential", "its environment is \"dev\", expected \"prod\""]);
    world.write("out.json", "{}");
    check("out.apk", "dev").exits(3).says(&["no receipt of this program"]);
}

/// What builds of before have written is still checked.
#[test]
fn a_receipt_of_the_first_version_is_read() {
    let world = World::new();
    world.demo("app.apk");
    world.signed(&["app.apk", "--env", "dev", "--receipt", "new.json"]).exits(0);
    let new = read(&world, "new.json");
    let mut old = new.clone();
    old["predicateType"] = "urn:x-inject:receipt:v1".into();
    let predicate = old["predicate"].as_object_mut().unwrap();
    for (name, was) in [("client_id", "clientId"), ("secret_fingerprint", "secretFingerprint")] {
        let value = predicate.remove(name).unwrap();
        predicate.insert(was.to_owned(), value);
    }
    predicate.remove("signatures");
    predicate.remove("signers");
    predicate.insert("signature".to_owned(), serde_json::json!({ "schemes": ["v2"], "signers": [] }));
    world.write("old.json", old.to_string());
    let check = || world.inject(&["verify", "app.apk", "--env", "dev", "--receipt", "old.json"]);
    check().exits(0);
    old["predicate"]["clientId"] = "another".into();
    world.write("old.json", old.to_string());
    check().exits(7).says(&["receipt.credential", "its clientId is \"another\""]);
    // Names of one version are none of the other.
    old["predicateType"] = "urn:x-inject:receipt:v2".into();
    world.write("old.json", old.to_string());
    check().exits(7).says(&["receipt.credential", "its client_id is null"]);
}

#[test]
fn a_receipt_of_given_values_names_no_registry() {
    let world = World::new();
    world.demo("app.apk");
    let given = [("INJECT_CLIENT_ID", "given"), ("INJECT_CLIENT_SECRET", "given-secret")];
    world.signed_with(&given, &["app.apk", "--env", "dev", "--receipt", "r.json"]).exits(0);
    assert_eq!(read(&world, "r.json")["predicate"]["registry"], Value::Null);
}

#[test]
fn a_receipt_that_cannot_be_written_is_an_error_before_anything_is_done() {
    let world = World::new();
    world.demo("app.apk");
    world.refuses(|world| world.signed(&["app.apk", "--env", "dev", "--receipt", "no/such/r.json"]), 3, &["no/such"]);
    assert!(!world.stores().exists(), "nothing was registered");
}

#[test]
fn a_verdict_is_written_where_all_is_right_and_nowhere_else() {
    let world = World::new();
    world.demo("app.apk");
    world.signed(&["app.apk", "--env", "dev"]).exits(0);
    world.inject(&["register", APP, "--env", "prod"]).exits(0);
    let verify = |env: &str| {
        world.run(&[("SOURCE_DATE_EPOCH", "1700000000")], &["verify", "app.apk", "--env", env, "--svr", "svr.json"], "")
    };
    verify("prod").exits(7);
    assert!(!world.path("svr.json").exists());
    verify("dev").exits(0);
    let verdict = read(&world, "svr.json");
    assert_eq!(verdict["predicateType"], "https://in-toto.io/attestation/svr/v0.2");
    assert_eq!(verdict["subject"][0]["digest"]["sha256"], sha256(&world.read("app.apk")));
    assert_eq!(verdict["predicate"]["timeCreated"], "2023-11-14T22:13:20Z");
    assert_eq!(verdict["predicate"]["policies"], serde_json::json!([]));
    let properties = ["INJECT_CARRIES_ENV_dev", "INJECT_NO_FOREIGN_CREDENTIAL"];
    assert_eq!(verdict["predicate"]["properties"], serde_json::json!(properties));
}

#[test]
fn several_artifacts_get_a_receipt_each() {
    let world = World::new();
    world.demo("a.apk");
    world.demo("b.apk");
    let args = ["a.apk", "b.apk", "--env", "dev", "--receipt", "receipts"];
    world.signed(&args).exits(2).says(&["give a folder"]);
    std::fs::create_dir(world.path("receipts")).unwrap();
    world.signed(&args).exits(0);
    assert_eq!(read(&world, "receipts/b.apk.receipt.json")["subject"][0]["name"], "b.apk");
    // The gate finds them there.
    world.inject(&["verify", "a.apk", "b.apk", "--env", "dev", "--receipt", "receipts", "--svr", "receipts"]).exits(0);
    assert_eq!(read(&world, "receipts/b.apk.svr.json")["subject"][0]["name"], "b.apk");
    world.inject(&["verify", "a.apk", "b.apk", "--env", "dev", "--svr", "svr.json"]).exits(2).says(&["give a folder"]);
    // One place for two would be one receipt.
    world.write("free/a.apk", world.read("a.apk"));
    let two = ["a.apk", "free/a.apk", "--env", "dev", "--receipt", "receipts"];
    world.refuses(|world| world.signed(&two), 2, &["two receipts would be receipts/a.apk.receipt.json"]);
}

/// The folder's digest as `find` and `sha256sum` make it.
fn dir_hash(world: &World, folder: &str) -> String {
    let root = world.path(folder);
    let mut files: Vec<(String, String)> = files_below(&root)
        .into_iter()
        .map(|(path, content)| (path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned(), sha256(&content)))
        .collect();
    // By name as a text, in which a separator is a character: `a-b` before `a/b`.
    files.sort();
    let lines = files.into_iter().map(|(name, digest)| format!("{digest}  {name}\n"));
    sha256(lines.collect::<String>().as_bytes())
}

#[test]
fn a_folder_has_a_receipt_too() {
    let world = World::new();
    world.write("site/app.settings.json", "{\"GAM_CLIENT_ID\": \"x\"}");
    world.write("site/below/z.txt", "z");
    world.write("site/a.txt", "a");
    world.write("site/a-b", "behind a in a map of paths, before it as a text");
    world.write("site/a/b", "the other way round");
    let at = ["--at", "app.settings.json#/GAM_CLIENT_ID={client_id}"];
    let args = |receipt| [&["site", "--app", APP, "--env", "dev", "--receipt", receipt][..], &at].concat();
    let before = dir_hash(&world, "site");
    let inside = "the receipt site/r.json would change what it is about";
    world.refuses(|world| world.inject(&args("site/r.json")), 2, &[inside]);
    world.inject(&args("r.json")).exits(0);
    let receipt = read(&world, "r.json");
    assert_eq!(receipt["subject"][0]["digest"]["dirHash"], dir_hash(&world, "site"));
    assert_eq!(receipt["predicate"]["input"]["dirHash"], before);
    let verify = [&["verify", "site", "--app", APP, "--env", "dev", "--receipt", "r.json"][..], &at].concat();
    world.inject(&verify).exits(0);
    world.write("site/more.txt", "");
    world.inject(&verify).exits(7).says(&["receipt.digest (r.json): it is about what has dirHash"]);
    world.write("site/new\nline", "");
    world.inject(&verify).exits(3).says(&["the name holds a line break"]);
}

#[test]
fn the_configuration_names_a_folder_for_receipts() {
    let world = World::new();
    world.write(
        "inject.toml",
        format!("version = 1\nreceipts = \"build/receipts\"\n[app.a]\nid = \"{APP}\"\n[env.dev]\n[env.prod]\n"),
    );
    let before = world.demo("app.apk");
    world.signed(&["app.apk", "--env", "dev", "--dry-run"]).exits(0);
    assert!(!world.path("build").exists(), "a dry run writes nothing");
    world.signed(&["app.apk", "--env", "dev"]).exits(0).says(&["receipt in ", "app.apk.receipt.json"]);
    let name = "build/receipts/app.apk.receipt.json";
    assert_eq!(read(&world, name)["predicate"]["input"]["sha256"], sha256(&before));
    // What is up to date keeps the receipt of how it came to be.
    let receipt = world.read(name);
    world.signed(&["app.apk", "--env", "dev"]).exits(0).says(&["up to date"]);
    assert_eq!(world.read(name), receipt);
    // One that is of something else does not stay.
    world.write(name, "{}");
    world.signed(&["app.apk", "--env", "dev"]).exits(0).says(&["up to date"]);
    assert_eq!(read(&world, name)["predicate"]["input"]["sha256"], sha256(&world.read("app.apk")));
    world.signed(&["app.apk", "--env", "prod", "--receipt", "here.json"]).exits(0);
    assert_eq!(read(&world, "here.json")["predicate"]["environment"], "prod");
    assert_eq!(read(&world, name)["predicate"]["environment"], "dev", "the flag counts");
    world.write("inject.toml", "version = 1\nreceipts = true\n[env.dev]\n");
    world.signed(&["app.apk", "--env", "dev"]).exits(2).says(&["2:12: receipts is of type boolean"]);
}

#[test]
fn what_an_editor_of_windows_saved_is_read() {
    let world = World::new();
    world.demo("app.apk");
    world.signed(&["app.apk", "--env", "dev", "--receipt", "r.json"]).exits(0);
    let marked = [&b"\xef\xbb\xbf"[..], &world.read("r.json")].concat();
    world.write("r.json", marked);
    world.inject(&["verify", "app.apk", "--env", "dev", "--receipt", "r.json"]).exits(0);
    world.write("inject.toml", b"\xef\xbb\xbfversion = 1\n[env.qa]\n");
    world.inject(&["env", "list"]).exits(0);
}
