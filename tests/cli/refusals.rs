//! Keys, places and usage that are refused: what is said, and that nothing happened.

use super::{APP, PASSWORD, World, key};

const DEV: [&str; 3] = ["app.apk", "--env", "dev"];

/// The main job with these options must fail so.
#[track_caller]
fn refused(variables: &[(&str, &str)], options: &[&str], code: i32, texts: &[&str]) {
    let world = World::new();
    world.demo("app.apk");
    let args = [&DEV, options].concat();
    world.refuses(|world| world.run(variables, &args, ""), code, texts);
}

#[test]
fn keys() {
    let (demo, multi, jks, jceks) = (key("demo.p12"), key("multi.p12"), key("multi.jks"), key("multi.jceks"));
    let (dsa, small, pem, cert) = (key("dsa.p12"), key("rsa-512.p12"), key("p256-pkcs8.pem"), key("rsa-2048-cert.pem"));
    let (good, bad) = (("P", PASSWORD), ("P", "wrong-password"));
    let secret = ("P", "secret");
    refused(&[], &[], 6, &["no key to sign with, and nothing was written", "--ks FILE", "--debug-key", "--unsigned"]);
    refused(&[bad], &["--ks", &demo, "--ks-pass", "env:P"], 6, &["demo.p12", "wrong password for the keystore"]);
    refused(&[good], &["--ks", &demo], 6, &["no password for", "demo.p12", "--ks-pass env:NAME", "KEYSTORE_PASSWORD"]);
    refused(&[], &["--ks", &demo, "--ks-pass", "env:P"], 6, &["keystore password: environment variable P: not set"]);
    refused(&[], &["--ks", &demo, "--ks-pass", "file:nowhere"], 6, &["keystore password: nowhere: "]);
    refused(&[], &["--ks", &demo, "--ks-pass", "stdin"], 6, &["keystore password: standard input: it is empty"]);
    refused(&[], &["--ks", &demo, "--ks-pass", "prompt"], 6, &["terminal: there is none", "env:NAME"]);
    let run = ["--ks", &demo, "--ks-pass", "env:P", "--ks-key-alias", "demos"];
    refused(&[good], &run, 6, &["the keystore has no key \"demos\"; it has: ", "demo"]);
    refused(&[secret], &["--ks", &multi, "--ks-pass", "env:P"], 6, &["2 keys and none was chosen", "p256", "p384"]);
    let run = ["--ks", &jks, "--ks-pass", "env:P", "--ks-key-alias", "first"];
    refused(&[secret], &run, 6, &["key \"first\" has another password", "give the key's own password"]);
    refused(&[secret], &["--ks", &jceks, "--ks-pass", "env:P"], 6, &["multi.jceks", "JCEKS"]);
    refused(&[secret], &["--ks", &dsa, "--ks-pass", "env:P"], 6, &["dsa.p12", "not supported, expected RSA or EC"]);
    refused(&[secret], &["--ks", &small, "--ks-pass", "env:P"], 6, &["the RSA key has 512 bits, expected 1024"]);
    refused(&[good], &["--ks", "nowhere.p12", "--ks-pass", "env:P"], 6, &["cannot read nowhere.p12: No such file"]);
    refused(&[good], &["--ks", ".", "--ks-pass", "env:P"], 6, &["cannot read .: it is a folder, a file is expected"]);
    refused(&[good], &["--ks", "app.apk", "--ks-pass", "env:P"], 6, &["app.apk", "expected PKCS#12 or JKS"]);
    refused(&[good], &["--ks", &pem, "--ks-pass", "env:P"], 6, &["expected PKCS#12 or JKS"]);
    refused(&[], &["--key", &pem, "--cert", &cert], 6, &["does not belong to the certificate of"]);
    refused(&[], &["--key", &pem, "--cert", &pem], 6, &["has no certificate"]);
    refused(&[], &["--key", &pem, "--cert", "app.apk"], 6, &["certificate"]);
    let sealed = key("p256-encrypted.pem");
    let own = key("p256-cert.pem");
    refused(&[], &["--key", &sealed, "--cert", &own], 6, &["encrypted and no password was given"]);
    let run = ["--ks", &demo, "--ks-pass", "env:P", "--lineage", "app.apk"];
    refused(&[good], &run, 6, &["app.apk: "]);
    let run = ["--ks", &demo, "--ks-pass", "env:P", "--rotation-min-sdk", "27"];
    refused(&[good], &run, 2, &["--rotation-min-sdk 27", "28 (v3)"]);
}

#[test]
fn a_password_on_the_command_line_is_not_repeated() {
    let world = World::new();
    world.demo("app.apk");
    let demo = key("demo.p12");
    let args = [&DEV[..], &["--ks", &demo, "--ks-pass", "pass:demo-password"]].concat();
    let run = world.refuses(
        |world| world.inject(&args),
        2,
        &["--ks-pass takes a reference, never the secret itself", "env:NAME"],
    );
    assert!(!run.err.contains(PASSWORD) && !run.out.contains(PASSWORD));
    let args = ["credential", "set", "--app", APP, "--env", "dev", "--client-id", "id", "--secret", "hunter2hunter2"];
    let run = world.refuses(|world| world.inject(&args), 2, &["--secret takes a reference"]);
    assert!(!run.err.contains("hunter2"));
}

#[test]
fn places() {
    let demo = key("demo.p12");
    let refused = |options: &[&str], code: i32, texts: &[&str]| {
        let key = ["--ks", &demo, "--ks-pass", "env:P"];
        refused(&[("P", PASSWORD)], &[&key, options].concat(), code, texts);
    };
    let texts = ["app.apk: no place string/client_ids in this package", "did you mean \"client_id\"?", "--create"];
    refused(&["--at", "string/client_ids={client_id}"], 4, &texts);
    refused(&["--at", "raw/confg#/a={client_id}"], 4, &["no such raw resource", "did you mean \"config\"?"]);
    let near = "did you mean \"com.example.CLIENT_ID\"?";
    refused(
        &["--at", "meta-data/com.example.CLIENT_IDS={client_id}"],
        4,
        &["the manifest has no such meta-data", near],
    );
    let near = "did you mean \"assets/app.properties\"?";
    refused(&["--at", "assets/app.propertis#a={client_id}"], 2, &["assets/app.propertis"]);
    refused(&["--at", "assets/ap.properties#a={client_id}"], 4, &["no such file", near]);
    refused(&["--at", "assets/app.properties#no.key={client_id}"], 4, &["the file is there, the place in it is not"]);
    let texts = ["the string is not defined in configuration fr", "default", "de"];
    refused(&["--at", "string/client_id@fr={client_id}"], 4, &texts);
    refused(
        &["--at", "string/alias={client_id}"],
        4,
        &["alias of @string/app_name, expected a plain string", "address it instead"],
    );
    refused(
        &["--at", "string/greeting={client_id}"],
        4,
        &["string/greeting", "a styled string, expected a plain string"],
    );
    refused(
        &["--at", "meta-data/com.example.CONFIG={client_id}"],
        4,
        &["Android reads its android:resource, @raw/config: address raw/config instead"],
    );
    refused(
        &["--at", "dex/setClientIds={client_id}"],
        4,
        &["dex/setClientIds", "no call of this method passes a string"],
    );
    refused(
        &["--at", "dex/setClientId[1]={client_id}"],
        4,
        &["1 constants reach this method", "MainApplication;->onCreate"],
    );
    refused(&["--at", "dex/\"no such text\"={client_id}"], 4, &["no string constant has this text", "the method"]);
    refused(&["--at", "assets/a.zip!/b={client_id}"], 4, &["no such file"]);
    refused(&["--at", "assets/app.properties!/b={client_id}"], 3, &["assets/app.properties: not a ZIP archive"]);
    refused(&["--at", "assets/app.properties#/x={y"], 2, &["the brace at character 1 has no partner", "{{"]);
    refused(&["--at", "string/client_id={clientid}"], 2, &["place string/client_id", "{clientid}", "{client_id}"]);
    refused(&["--at", "string/client_id"], 2, &["--at \"string/client_id\" has no value", "ADDRESS=VALUE"]);
    refused(&["--at", "../x={client_id}"], 2, &["address \"../x\"", "leaves the artifact", "expected"]);
    refused(&["--at", "=x"], 2, &["nothing is addressed"]);
    refused(&["--at", "ipa:Info.plist#ClientId={client_id}"], 4, &["no place for a credential was found", "--at"]);
    refused(&["--at", "assets/[.json={client_id}"], 2, &["assets/[.json"]);
    refused(&["--preset", "genric"], 2, &["unknown preset \"genric\"", "did you mean \"generic\"?"]);
    refused(&["--preset", "no-such-thing"], 2, &["unknown preset", "known: generic"]);
    let both = ["--at", "apk:string/client_id={client_id}", "--at", "string/client_id={client_secret}"];
    refused(&both, 2, &["are the same spot in resources.arsc, with different values"]);
}

#[test]
fn environments() {
    let world = World::new();
    world.demo("app.apk");
    world.refuses(
        |world| world.signed(&["app.apk"]),
        2,
        &["which environment?", "--env NAME or INJECT_ENV", "inject env use NAME"],
    );
    world.refuses(
        |world| world.signed(&["app.apk", "--env", "no/name"]),
        2,
        &["environment from --env", "is not a name"],
    );
    let variable = [("INJECT_ENV", "..")];
    world.refuses(|world| world.signed_with(&variable, &["app.apk"]), 2, &["environment from INJECT_ENV"]);
    world.write("inject.toml", "version = 1\n[env.dev]\n[env.production]\n");
    let texts =
        ["unknown environment \"prodution\" (from --env)", "has dev, production", "did you mean \"production\"?"];
    world.refuses(|world| world.signed(&["app.apk", "--env", "prodution"]), 2, &texts);
    world.refuses(|world| world.signed(&["app.apk", "--env", "qa"]), 2, &["add it: inject env add qa"]);
}

#[test]
fn applications() {
    let world = World::new();
    world.demo("app.apk");
    world.refuses(|world| world.inject(&["register", "--env", "dev"]), 2, &["which application?", "its package id"]);
    world.write(
        "inject.toml",
        "version = 1\n[env.dev]\n[app.notes]\nid = \"com.example.notes\"\n[app.b]\nid = \"b.b\"\n",
    );
    let texts = ["unknown application \"note\"", "known: b.b, com.example.notes", "did you mean \"notes\"?"];
    world.refuses(|world| world.signed(&["app.apk", "--env", "dev", "--app", "note"]), 2, &texts);
    world.refuses(|world| world.inject(&["register", "note", "--env", "dev"]), 2, &texts);
    world.refuses(|world| world.inject(&["register", "--env", "dev"]), 2, &["which application? there are b.b"]);
}

#[test]
fn usage() {
    let world = World::new();
    world.demo("a.apk");
    world.demo("b.apk");
    let texts = ["--output names one file, there are 2 artifacts", "once per artifact"];
    world.refuses(|world| world.signed(&["a.apk", "b.apk", "-o", "out.apk", "--env", "dev"]), 2, &texts);
    let texts = ["artifacts and a subcommand at once", "./NAME"];
    world.refuses(|world| world.signed(&["a.apk", "register", "x", "--env", "dev"]), 2, &texts);
    world.refuses(|world| world.signed(&["--env", "dev"]), 2, &["no artifact is given", "inject ARTIFACT"]);
    // An option of the main job before a subcommand does nothing there: a dry run that registers would be a trap.
    for option in ["--dry-run", "--check", "--offline", "--no-register", "--unsigned"] {
        let texts = [option, "is an option of the main job"];
        world.refuses(|world| world.inject(&[option, "register", "com.example.x", "--env", "dev"]), 2, &texts);
    }
    world.refuses(|world| world.inject(&["--app", "x", "verify", "a.apk", "--env", "dev"]), 2, &["--app", "main job"]);
}

#[test]
fn a_registry_that_takes_no_new_application() {
    let world = World::new();
    world.demo("app.apk");
    world.write("inject.toml", "version = 1\n[env.dev]\n[env.prod]\nregister = \"never\"\n");
    let texts = [
        "com.example.demo is not registered in prod (registry embedded:prod)",
        "switched off",
        "inject register com.example.demo --env prod --new",
        "inject credential set",
    ];
    world.refuses(|world| world.signed(&["app.apk", "--env", "prod"]), 5, &texts);
    world.refuses(|world| world.inject(&["register", APP, "--env", "prod"]), 5, &texts[..2]);
    world.refuses(|world| world.signed(&["app.apk", "--env", "dev", "--no-register"]), 5, &["not registered in dev"]);
    world.refuses(|world| world.inject(&["register", APP, "--env", "dev", "--no-register"]), 5, &["not registered"]);
    world
        .run(&[], &["credential", "set", "--app", APP, "--env", "prod", "--client-id", "x", "--secret", "stdin"], "s3")
        .exits(0);
    world.signed(&["app.apk", "--env", "prod"]).exits(0);
    // What the remedy says is a way out.
    world.inject(&["register", "com.example.other", "--env", "prod", "--new", "--no-register"]).exits(2);
    world.inject(&["register", "com.example.other", "--env", "prod", "--new"]).exits(0).says(&["NEW application"]);
}

#[test]
fn a_mistyped_name_has_a_suggestion() {
    let world = World::new();
    world.demo("app.apk");
    world.refuses(
        |world| world.signed(&["verfy", "app.apk", "--env", "dev"]),
        3,
        &["did you mean the command \"verify\"?"],
    );
    // Whatever the environment is: the command is asked for first.
    world.refuses(|world| world.inject(&["verfy", "app.apk"]), 3, &["no such file", "the command \"verify\"?"]);
    let at = ["app.apk", "--env", "dev", "--at", "akp:string/client_id={client_id}"];
    world.refuses(|world| world.signed(&at), 4, &["did you mean \"apk:string/client_id\"?"]);
    world.write("inject.toml", "version = 1\n[env.dev]\nregistry = \"postgress\"\n");
    world.refuses(
        |world| world.signed(&["app.apk", "--env", "dev"]),
        2,
        &["unknown registry", "did you mean \"postgres\"?"],
    );
}
