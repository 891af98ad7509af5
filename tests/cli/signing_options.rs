//! Where keys come from, and what is signed with them.

use std::fs;

use super::{APP, World, key, testdata};

const GIVEN: [(&str, &str); 2] = [("INJECT_CLIENT_ID", "the-id"), ("INJECT_CLIENT_SECRET", "the-secret")];

/// The signers that the gate finds.
fn signers(world: &World, name: &str) -> Vec<String> {
    signers_for(world, name, "21")
}

/// Those that Android of this API level looks at.
fn signers_for(world: &World, name: &str, min_sdk: &str) -> Vec<String> {
    let json = world.inject(&["verify", name, "--signature-only", "--min-sdk", min_sdk, "--json"]).exits(0).json();
    let signatures = json["artifacts"][0]["signatures"].as_array().unwrap().clone();
    let line = |signature: &serde_json::Value| {
        format!("{} {}", signature["scheme"].as_str().unwrap(), signature["signers"][0]["subject"].as_str().unwrap())
    };
    signatures.iter().map(line).collect()
}

#[test]
fn every_kind_of_key_file() {
    let secret = ("S", "secret");
    let (pem, cert, rsa) = (key("p256-pkcs8.pem"), key("p256-cert.pem"), key("rsa-2048-pkcs1.pem"));
    let (sealed, rsa_cert) = (key("p256-encrypted.pem"), key("rsa-2048-cert.pem"));
    let (jks, p12, p384) = (key("multi.jks"), key("multi.p12"), key("ec-p384.p12"));
    let cases: [&[&str]; 8] = [
        &["--key", &pem, "--cert", &cert],
        &["--key", &sealed, "--cert", &cert, "--key-pass", "env:S"],
        &["--key", &rsa, "--cert", &rsa_cert],
        &["--ks", &jks, "--ks-key-alias", "second", "--ks-pass", "env:S"],
        &["--ks", &jks, "--ks-key-alias", "first", "--ks-pass", "env:S", "--key-pass", "env:K"],
        &["--ks", &p12, "--ks-key-alias", "p256", "--ks-pass", "env:S"],
        &["--ks", &p384, "--ks-pass", "env:S"],
        // A flag counts more than a variable.
        &["--ks", &p384, "--ks-pass", "env:S", "--min-sdk", "24"],
    ];
    for case in cases {
        let world = World::new();
        world.demo("app.apk");
        let args = [&["app.apk", "--env", "dev", "--allow-new-signer"], case].concat();
        let variables = [&GIVEN[..], &[secret, ("K", "keysecret"), ("KEYSTORE_FILE", "no-such-file")]].concat();
        world.run(&variables, &args, "").exits(0).says(&["another signer than before"]);
        assert_eq!(signers(&world, "app.apk").len(), 3, "{case:?}");
        world.run(&variables, &args, "").exits(0).says(&["up to date"]);
    }
}

#[test]
fn a_password_from_a_file_and_from_standard_input() {
    let (keystore, file) = (key("demo.p12"), format!("file:{}", key("demo.password")));
    for (source, stdin) in [(file.as_str(), ""), ("stdin", "demo-password\r\n")] {
        let world = World::new();
        world.demo("app.apk");
        let args = ["app.apk", "--env", "dev", "--ks", &keystore, "--ks-pass", source];
        world.run(&GIVEN, &args, stdin).exits(0);
        assert_eq!(signers(&world, "app.apk")[0], "v1 CN=inject demo, O=Not for production");
    }
}

#[test]
fn unsigned_on_purpose() {
    let world = World::new();
    world.demo("app.apk");
    let args = ["app.apk", "--env", "dev", "--unsigned"];
    world.run(&GIVEN, &args, "").exits(0).says(&["unsigned"]);
    let apk = world.read("app.apk");
    assert!(!super::holds(&apk, "APK Sig Block 42") && !super::holds(&apk, "META-INF/MANIFEST.MF"));
    world.run(&GIVEN, &args, "").exits(0).says(&["up to date"]);
    world.inject(&["verify", "app.apk", "--signature-only"]).exits(7);
    // Signed again, by whoever: there is no signer to protect.
    world.signed_with(&GIVEN, &["app.apk", "--env", "dev"]).exits(0);
    assert_eq!(signers(&world, "app.apk").len(), 3);
}

#[test]
fn the_debug_keystore_is_made_once() {
    let world = World::new();
    world.demo("app.apk");
    let args = ["app.apk", "--env", "dev", "--debug-key", "--allow-new-signer"];
    world.run(&GIVEN, &args, "").exits(0).says(&["made", ".android/debug.keystore"]);
    let path = world.home().join(".android/debug.keystore");
    let made = fs::read(&path).unwrap();
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no stray file");
    assert!(signers(&world, "app.apk")[0].contains("CN=Android Debug"));
    let again = world.run(&GIVEN, &args, "").exits(0);
    assert!(again.err.contains("up to date") && !again.err.contains("made"), "{}", again.err);
    assert_eq!(fs::read(&path).unwrap(), made);
}

#[test]
fn v4_is_written_beside_and_a_stale_one_goes() {
    let world = World::new();
    world.demo("app.apk");
    let v4 = |args: &[&str]| world.signed_with(&GIVEN, &[args, &["--env", "dev", "--v4"]].concat());
    v4(&["app.apk"]).exits(0);
    let idsig = world.read("app.apk.idsig");
    assert_eq!(idsig[..4], [2, 0, 0, 0], "version 2, little endian");
    assert_eq!(signers(&world, "app.apk").len(), 4, "v1 v2 v3 and v4");
    v4(&["app.apk"]).exits(0).says(&["up to date"]);
    assert_eq!(world.read("app.apk.idsig"), idsig);
    // A new package without v4: the old one would not fit any more.
    let other = [("INJECT_CLIENT_ID", "other-id"), ("INJECT_CLIENT_SECRET", "other-secret")];
    let gone = |name: &str| {
        format!("note app.apk: {name}.idsig is gone; it was the v4 signature of the old package (--v4 makes a new one)")
    };
    world.signed_with(&other, &["app.apk", "--env", "dev"]).exits(0).says(&[&gone("app.apk")]);
    assert!(!world.path("app.apk.idsig").exists());
    // The same at another output.
    v4(&["app.apk", "-o", "out.apk"]).exits(0);
    assert_eq!(world.read("out.apk.idsig"), idsig);
    world.signed_with(&other, &["app.apk", "--env", "dev", "-o", "out.apk"]).exits(0).says(&[&gone("out.apk")]);
    assert!(!world.path("out.apk.idsig").exists(), "a stale signature of the package that was there");
    assert_eq!(world.files().len(), 2);
}

#[test]
fn a_damaged_v4_signature_is_found() {
    let world = World::new();
    world.demo("app.apk");
    world.signed_with(&GIVEN, &["app.apk", "--env", "dev", "--v4"]).exits(0);
    let mut idsig = world.read("app.apk.idsig");
    let last = idsig.len() - 1;
    idsig[last] ^= 1;
    world.write("app.apk.idsig", idsig);
    world.inject(&["verify", "app.apk", "--signature-only"]).exits(7).says(&["v4"]);
}

#[test]
fn schemes_as_asked() {
    let world = World::new();
    world.demo("app.apk");
    let run = |schemes: &str| {
        world
            .signed_with(&GIVEN, &["app.apk", "--env", "dev", "--schemes", schemes, "--min-sdk", "24", "-o", "out.apk"])
    };
    run("v2,v3").exits(0);
    assert_eq!(signers_for(&world, "out.apk", "24").len(), 2);
    run("v2").exits(0);
    assert_eq!(signers_for(&world, "out.apk", "24").len(), 1);
    world.refuses(|_| run("v7"), 2, &["--schemes", "v7"]);
}

#[test]
fn another_signer_is_refused_and_then_accepted() {
    let world = World::new();
    world.demo("app.apk");
    let keystore = key("ec-p256.p12");
    let args = ["app.apk", "--env", "dev", "--ks", &keystore, "--ks-pass", "env:S"];
    let texts = [
        "the input was signed by CN=inject demo",
        "the key given is",
        "--allow-new-signer",
        "give the key that signed the input",
    ];
    // Nothing is registered for a build that cannot be finished.
    world.refuses(|world| world.run(&[("S", "secret")], &args, ""), 6, &texts);
    let args = [&args[..], &["--allow-new-signer"]].concat();
    world.run(&[("S", "secret")], &args, "").exits(0).says(&["another signer than before", "NEW"]);
}

#[test]
fn a_pinned_signer_is_kept() {
    let world = World::new();
    world.demo("app.apk");
    let config =
        |pin: &str| world.write("inject.toml", format!("version = 1\n[env.prod]\nsigner = \"sha256:{pin}\"\n"));
    config(&"ab".repeat(32));
    let pinned = format!("prod pins the signer {}", "ab".repeat(32));
    world.refuses(
        |world| world.signed(&["app.apk", "--env", "prod"]),
        6,
        &[&pinned, "the key given is bb99bc58", "[env.prod]"],
    );
    world.refuses(|world| world.inject(&["app.apk", "--env", "prod", "--unsigned"]), 6, &["prod pins its signer"]);
    config("BB99BC58CA624B8911AE358BAF18B7BEE10C3721F5917D4CB651B12874387A4C");
    world.signed(&["app.apk", "--env", "prod"]).exits(0);
    world.inject(&["verify", "app.apk", "--env", "prod"]).exits(0);
    config(&"ab".repeat(32));
    world.inject(&["verify", "app.apk", "--env", "prod"]).exits(7).says(&["release.signer", "signed by bb99bc58"]);
}

#[test]
fn a_release_is_not_debuggable() {
    let world = World::new();
    world.write("app.apk", super::repacked(&[], debuggable));
    world.write("inject.toml", "version = 1\n[env.dev]\n[env.prod]\nrelease = true\n");
    world.refuses(
        |world| world.signed(&["app.apk", "--env", "prod"]),
        7,
        &["app.apk: it is debuggable, and prod is a release environment", "build the release variant"],
    );
    world.signed(&["app.apk", "--env", "dev"]).exits(0);
    world.inject(&["verify", "app.apk", "--env", "dev"]).exits(0);
    world.inject(&["register", APP, "--env", "prod"]).exits(0);
    world.inject(&["verify", "app.apk", "--env", "prod"]).exits(7).says(&["release.debuggable", "place.value"]);
}

/// The manifest with `android:label="@string/app_name"` turned into `android:debuggable="true"`.
fn debuggable(name: &str, mut content: Vec<u8>) -> Vec<u8> {
    if name == "AndroidManifest.xml" {
        // The resource map: type 0x0180, header 8; android:label is 0x01010001, android:debuggable 0x0101000f.
        let map = content.windows(4).position(|bytes| bytes == [0x80, 1, 8, 0]).unwrap();
        let label = content[map..].windows(4).position(|bytes| bytes == [1, 0, 1, 1]).unwrap();
        content[map + label] = 0x0f;
        // Res_value: size 8, type 0x01 (reference) becomes 0x12 (boolean).
        let value = content.windows(8).position(|bytes| bytes == [8, 0, 0, 1, 1, 0, 3, 0x7f]).unwrap();
        content[value..value + 8].copy_from_slice(&[8, 0, 0, 0x12, 0xff, 0xff, 0xff, 0xff]);
    }
    content
}

#[test]
fn options_that_contradict_each_other() {
    let world = World::new();
    world.demo("app.apk");
    let (ks, pem) = (key("demo.p12"), testdata("keys/p256-pkcs8.pem").to_string_lossy().into_owned());
    let cases: [&[&str]; 6] = [
        &["--ks", &ks, "--unsigned"],
        &["--ks", &ks, "--debug-key"],
        &["--debug-key", "--unsigned"],
        &["--key", &pem],
        &["--dry-run", "--check"],
        &["--offline", "--refresh"],
    ];
    for case in cases {
        let args = [&["app.apk", "--env", "dev"], case].concat();
        world.refuses(|world| world.inject(&args), 2, &["error:"]);
    }
    let old = key("ec-p256.p12");
    let args = ["app.apk", "--env", "dev", "--old-ks", &old, "--old-ks-pass", "env:S"];
    world.refuses(|world| world.signed_with(&[("S", "secret")], &args), 2, &["--old-ks", "--lineage"]);
}

#[test]
fn a_scheme_that_was_asked_away_goes() {
    let world = World::new();
    world.demo("app.apk");
    world.signed_with(&GIVEN, &["app.apk", "--env", "dev"]).exits(0).says(&["signed v1 v2 v3"]);
    let args = ["app.apk", "--env", "dev", "--schemes", "v2,v3", "--min-sdk", "24"];
    world.signed_with(&GIVEN, &args).exits(0).says(&["signed v2 v3"]);
    assert!(inject::format::zip::Archive::open(&world.read("app.apk")).unwrap().find(b"META-INF/DEMO.SF").is_none());
    world.signed_with(&GIVEN, &args).exits(0).says(&["up to date"]);
}

#[test]
fn a_stale_v4_signature_is_made_again() {
    let world = World::new();
    world.demo("app.apk");
    let args = ["app.apk", "--env", "dev", "--v4"];
    world.signed_with(&GIVEN, &args).exits(0);
    let idsig = world.read("app.apk.idsig");
    world.signed_with(&GIVEN, &args).exits(0).says(&["up to date"]);
    world.write("app.apk.idsig", b"stale");
    world.signed_with(&GIVEN, &args).exits(0).says(&["signed v1 v2 v3 v4"]);
    assert_eq!(world.read("app.apk.idsig"), idsig);
}
