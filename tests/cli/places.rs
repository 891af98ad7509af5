//! Every kind of place through `--at`: found, made, and read again by something else than what wrote it.

use super::{World, apk_holds, entry, repacked, values, zipped};

const GIVEN: [(&str, &str); 2] = [("INJECT_CLIENT_ID", "the-id"), ("INJECT_CLIENT_SECRET", "the-secret")];

/// The package after `--at AT=VALUE`, and again: the second run finds nothing to do, and the gate agrees.
#[track_caller]
fn placed(at: &str, value: &str, create: bool) -> Vec<u8> {
    let world = World::new();
    world.demo("app.apk");
    let assignment = format!("{at}={value}");
    let mut args = vec!["app.apk", "--env", "dev", "--at", &assignment];
    if create {
        world.refuses(|world| world.signed_with(&GIVEN, &args), 4, &["no place", at, "--create"]);
        args.push("--create");
    }
    world.signed_with(&GIVEN, &args).exits(0);
    let apk = world.read("app.apk");
    world.signed_with(&GIVEN, &args).exits(0).says(&["up to date"]);
    assert_eq!(world.read("app.apk"), apk);
    world.run(&GIVEN, &["verify", "app.apk", "--env", "dev", "--at", &assignment], "").exits(0);
    apk
}

#[test]
fn a_string_in_one_configuration() {
    let apk = placed("string/client_id@de", "{client_id}", false);
    assert_eq!(values(&apk, "string/client_id@de"), ["the-id"]);
    assert_eq!(values(&apk, "string/client_id@default"), ["placeholder-client-id"]);
}

#[test]
fn a_string_that_shares_its_text_leaves_the_other_one() {
    let world = World::new();
    world.demo("app.apk");
    let args = ["app.apk", "--env", "dev", "--at=string/shared_a={client_secret}"];
    // What the application had before would stay in the other one, so that is said first.
    let texts = ["leak.old (resources.arsc): it holds the old secret, where no place reaches", "--at", "--gate off"];
    world.refuses(|world| world.signed_with(&GIVEN, &args), 7, &texts);
    world.signed_with(&GIVEN, &[&args[..], &["--gate", "off"]].concat()).exits(0);
    let apk = world.read("app.apk");
    assert_eq!(values(&apk, "string/shared_a"), ["the-secret"]);
    assert_eq!(values(&apk, "string/shared_b"), ["the same text"]);
}

#[test]
fn a_key_of_a_raw_resource() {
    let apk = placed("raw/config#/client_id", "{client_id}", false);
    let text = String::from_utf8(entry(&apk, "res/raw/config.json")).unwrap();
    assert_eq!(text, "{\n  \"client_id\": \"the-id\",\n  \"redirect_uris\": [\"com.example.demo:/callback\"]\n}\n");
}

#[test]
fn an_item_of_a_list_of_a_raw_resource() {
    let apk = placed("raw/config#/redirect_uris/0", "{application}://{environment}", false);
    let text = String::from_utf8(entry(&apk, "res/raw/config.json")).unwrap();
    assert!(text.contains(r#"["com.example.demo://dev"]"#), "{text}");
}

#[test]
fn a_key_of_a_properties_file() {
    let apk = placed("assets/app.properties#client.id", "{client_id} = {{x}}", false);
    let text = String::from_utf8(entry(&apk, "assets/app.properties")).unwrap();
    let url = "# Settings of the demo\nserver.url = https://dev.example.com/demo\n";
    assert_eq!(text, format!("{url}client.id=the-id = {{x}}\n"));
}

#[test]
fn an_attribute_and_a_text_of_an_xml_file() {
    let apk = placed("assets/config.xml#/config/oauth/@client", "<{client_id}>", false);
    let text = String::from_utf8(entry(&apk, "assets/config.xml")).unwrap();
    assert!(text.contains("<!-- kept -->\n  <oauth client=\"&lt;the-id"), "{text}");
    let apk = placed("assets/config.xml#/config/server", "a & b", false);
    let text = String::from_utf8(entry(&apk, "assets/config.xml")).unwrap();
    assert!(text.contains("<server>a &amp; b</server>"), "{text}");
}

#[test]
fn a_file_of_an_archive_in_the_package() {
    let inner = zipped(&[("main.properties.json", br#"{"id":"old"}"#), ("rest.txt", b"rest")]);
    let world = World::new();
    world.write("app.apk", repacked(&[("assets/main.gxsd", &inner)], |_, content| content));
    let args = ["app.apk", "--env", "dev", "--at", "assets/*.gxsd!/*.json#/id={client_id}"];
    world.signed_with(&GIVEN, &args).exits(0);
    let apk = world.read("app.apk");
    let inner = entry(&apk, "assets/main.gxsd");
    assert_eq!(entry(&inner, "main.properties.json"), br#"{"id":"the-id"}"#);
    assert_eq!(entry(&inner, "rest.txt"), b"rest");
    world.signed_with(&GIVEN, &args).exits(0).says(&["up to date"]);
    world.run(&GIVEN, &["verify", "app.apk", "--env", "dev", "--at", args[4]], "").exits(0);
}

#[test]
fn a_meta_data_of_the_manifest() {
    let apk = placed("meta-data/com.example.CLIENT_ID", "{client_id}", false);
    assert_eq!(values(&apk, "meta-data/com.example.CLIENT_ID"), ["the-id"]);
    assert!(!apk_holds(&apk, "placeholder-in-the-manifest"));
}

#[test]
fn an_attribute_of_compiled_xml() {
    let apk = placed("AndroidManifest.xml#/manifest/@versionName", "{client_id}", false);
    assert_eq!(values(&apk, "AndroidManifest.xml#/manifest/@versionName"), ["the-id"]);
}

#[test]
fn a_whole_file() {
    let apk = placed("assets/config.xml", "{credential_json}", false);
    assert_eq!(entry(&apk, "assets/config.xml"), br#"{"client_id":"the-id","client_secret":"the-secret"}"#);
}

#[test]
fn files_by_pattern() {
    let apk = placed("assets/*.properties#client.id", "{client_id}", false);
    assert!(entry(&apk, "assets/app.properties").ends_with(b"client.id=the-id\n"));
}

#[test]
fn what_is_missing_is_made_when_asked_for() {
    let apk = placed("raw/config#/oauth/secret", "{client_secret}", true);
    let json: serde_json::Value = serde_json::from_slice(&entry(&apk, "res/raw/config.json")).unwrap();
    assert_eq!(json["oauth"]["secret"], "the-secret");
    assert_eq!(json["client_id"], "placeholder-in-raw");

    let apk = placed("string/gam_client_id", "{client_id}", true);
    assert_eq!(values(&apk, "string/gam_client_id"), ["the-id"]);
    assert_eq!(values(&apk, "string/client_id")[0], "placeholder-client-id");

    let apk = placed("meta-data/com.example.SECRET", "{client_secret}", true);
    assert_eq!(values(&apk, "meta-data/com.example.SECRET"), ["the-secret"]);
    assert_eq!(values(&apk, "meta-data/com.example.CLIENT_ID"), ["placeholder-in-the-manifest"]);

    let apk = placed("assets/deep/new.txt", "{client_id}", true);
    assert_eq!(entry(&apk, "assets/deep/new.txt"), b"the-id");

    let apk = placed("assets/app.properties#new.key", "{client_id}", true);
    let text = String::from_utf8(entry(&apk, "assets/app.properties")).unwrap();
    assert!(text.contains("client.id=placeholder-in-properties\n") && text.ends_with("new.key=the-id\n"), "{text}");

    let apk = placed("assets/new.properties#key", "{client_id}", true);
    assert_eq!(entry(&apk, "assets/new.properties").trim_ascii_end(), b"key=the-id");

    let apk = placed("assets/new.json#/oauth/id", "{client_id}", true);
    assert_eq!(entry(&apk, "assets/new.json"), br#"{"oauth":{"id":"the-id"}}"#);
}

#[test]
fn several_places_in_one_file_and_one_table() {
    let world = World::new();
    world.demo("app.apk");
    let at = [
        "--at=raw/config#/client_id={client_id}",
        "--at=raw/config#/redirect_uris/0={client_secret}",
        "--at=string/shared_a={client_id}",
        "--at=string/client_id@de={client_secret}",
        "--at=meta-data/com.example.CLIENT_ID={client_id}",
        "--at=AndroidManifest.xml#/manifest/@versionName={client_secret}",
        // The texts that these had are those of other strings too.
        "--gate=off",
    ];
    world.signed_with(&GIVEN, &[&["app.apk", "--env", "dev"][..], &at].concat()).exits(0);
    let apk = world.read("app.apk");
    assert_eq!(values(&apk, "raw/config#/client_id"), ["the-id"]);
    assert_eq!(values(&apk, "raw/config#/redirect_uris/0"), ["the-secret"]);
    assert_eq!(values(&apk, "string/client_id@de"), ["the-secret"]);
    assert_eq!(values(&apk, "meta-data/com.example.CLIENT_ID"), ["the-id"]);
    assert_eq!(values(&apk, "AndroidManifest.xml#/manifest/@versionName"), ["the-secret"]);
}

#[test]
fn an_app_without_strings_gets_a_file_of_its_own() {
    let world = World::new();
    world.write("app.apk", super::repacked(&[], |_, content| content));
    let args = ["app.apk", "--env", "dev", "--preset", "generic"];
    world.signed_with(&GIVEN, &args).exits(0);
    assert_eq!(values(&world.read("app.apk"), "string/client_id")[0], "the-id");

    // The same package, its resource table taken away.
    let entries = ["AndroidManifest.xml", "classes.dex"].map(|name| (name, entry(&super::demo(), name)));
    let entries: Vec<(&str, &[u8])> = entries.iter().map(|(name, content)| (*name, content.as_slice())).collect();
    world.write("bare.apk", super::zipped(&entries));
    // Before the file is made the gate must not pass.
    world
        .run(&GIVEN, &["verify", "bare.apk", "--env", "dev"], "")
        .exits(7)
        .says(&["place.missing", "assets/client_credentials.json"]);
    let made = world.signed_with(&GIVEN, &["bare.apk", "--env", "dev"]).exits(0);
    made.says(&["apk:assets/client_credentials.json is not there and is made; the app must be written to read it"]);
    let file = entry(&world.read("bare.apk"), "assets/client_credentials.json");
    assert_eq!(file, br#"{"client_id":"the-id","client_secret":"the-secret"}"#);
    world.run(&GIVEN, &["verify", "bare.apk", "--env", "dev"], "").exits(0);
    world.signed_with(&GIVEN, &["bare.apk", "--env", "dev"]).exits(0).says(&["up to date"]);
}

#[test]
fn two_values_for_one_address_are_a_mistake() {
    let world = World::new();
    world.demo("app.apk");
    let twice = ["app.apk", "--env", "dev", "--at", "string/client_id=a", "--at", "string/client_id=b"];
    world.refuses(|world| world.signed(&twice), 2, &["--at string/client_id is given twice", "keep one of them"]);
}

#[test]
fn a_constant_that_reaches_a_method() {
    for at in ["dex/setClientId", "dex/Lcom/example/demo/MainApplication;->setClientId", "dex/setClientId[0]"] {
        let apk = placed(at, "{client_id}", false);
        assert_eq!(values(&apk, at), ["the-id"]);
        assert_eq!(values(&apk, "dex/setApiUri"), ["https://dev.example.com/demo"]);
        let dex = entry(&apk, "classes.dex");
        let text = b"placeholder-in-dex";
        assert!(!dex.windows(text.len()).any(|window| window == text), "the old constant is still there");
    }
}

#[test]
fn a_constant_by_its_text_and_another_by_its_method() {
    let world = World::new();
    world.demo("app.apk");
    let by_text = "dex/\"placeholder-in-dex\"={client_secret}";
    let args = ["app.apk", "--env", "dev", "--at", by_text, "--at", "dex/setApiUri=https://{environment}.example"];
    world.signed_with(&GIVEN, &args).exits(0).says(&["2 places"]);
    let apk = world.read("app.apk");
    assert_eq!(values(&apk, "dex/setClientId"), ["the-secret"]);
    assert_eq!(values(&apk, "dex/setApiUri"), ["https://dev.example"]);
    // Once replaced, the place is found again by the value that took its place, which is not shown.
    let said = "dex/\"placeholder-in-dex\" is not there; a known secret of the application is, and counts as the place";
    let again = world.signed_with(&GIVEN, &args).exits(0).says(&[said, "up to date"]);
    assert!(!again.err.contains("the-secret"));
    assert_eq!(world.read("app.apk"), apk);
}

#[test]
fn two_values_for_one_constant_are_refused() {
    let args = ["app.apk", "--env", "dev", "--at", "dex/setClientId=a", "--at", "dex/\"placeholder-in-dex\"=b"];
    let world = World::new();
    world.demo("app.apk");
    world.refuses(|world| world.signed_with(&GIVEN, &args), 3, &["classes.dex", "two different values"]);
}

#[test]
fn a_property_of_a_script_in_a_package_is_found_by_a_glob_too() {
    let world = World::new();
    world.demo("app.apk");
    let script = r#"assets/www/main.js=const e={{GAM_CLIENT_ID:"old",u:1}};/*GAM_CLIENT_ID:"x"*/"#;
    world.signed_with(&GIVEN, &["app.apk", "--env", "dev", "--at", script, "--create"]).exits(0);
    let args = ["app.apk", "--env", "dev", "--at", "assets/**/*.js#GAM_CLIENT_ID={client_id}"];
    world.signed_with(&GIVEN, &args).exits(0);
    let text = String::from_utf8(entry(&world.read("app.apk"), "assets/www/main.js")).unwrap();
    assert_eq!(text, r#"const e={GAM_CLIENT_ID:"the-id",u:1};/*GAM_CLIENT_ID:"x"*/"#);
    world.signed_with(&GIVEN, &args).exits(0).says(&["up to date"]);
}

#[test]
fn what_cannot_be_made_is_not_offered() {
    let world = World::new();
    world.demo("app.apk");
    // Neither what nothing could make, nor what was asked for already.
    for (at, create) in [
        ("intent-filter/*#scheme={client_id}", false),
        ("dex/nope={client_id}", false),
        ("intent-filter/*#scheme={client_id}", true),
        ("main.js#X={client_id}", true),
        ("main.js#X={client_id}", false),
        ("xml/nope#/a/@b={client_id}", false),
        ("assets/x.json!/y={client_id}", true),
    ] {
        let mut args = vec!["app.apk", "--env", "dev", "--at", at];
        args.extend(create.then_some("--create"));
        let run = world.refuses(|world| world.signed_with(&GIVEN, &args), 4, &["no place"]);
        assert!(!run.err.contains("--create"), "{}", run.err);
    }
}

#[test]
fn places_of_another_kind_of_artifact_are_passed_over_with_a_word() {
    let world = World::new();
    world.demo("app.apk");
    let at = [
        "--at",
        "string/client_id={client_id}",
        "--at",
        "ios:Info.plist#ClientId={client_id}",
        "--at",
        "tree:a.json#/b=x",
    ];
    let args = [&["app.apk", "--env", "dev"], &at[..]].concat();
    let says = "note app.apk: passed over, because the word in front says another kind of artifact: ios:Info.plist#ClientId, tree:a.json#/b";
    world.signed_with(&GIVEN, &[&args[..], &["--dry-run"]].concat()).exits(0).says(&[says]);
    world.signed_with(&GIVEN, &args).exits(0).says(&[says, "1 place"]);
    world.signed_with(&GIVEN, &[&["verify"], &args[..]].concat()).exits(0).says(&[says]);
    // What a preset has for other kinds is nobody's wish, and what is for this one is none of them.
    let run =
        world.signed(&["app.apk", "--env", "qa", "--preset", "generic", "--at", "apk:string/client_id={client_id}"]);
    assert!(!run.err.contains("passed over"), "{}", run.err);
    // Alone it is refused.
    let args = ["app.apk", "--env", "dev", "--at", "ios:Info.plist#ClientId={client_id}"];
    world.refuses(
        |world| world.signed_with(&GIVEN, &args),
        4,
        &["none of the places that were named is for such an artifact"],
    );
}
