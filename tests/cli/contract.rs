//! What an address means, and what an edit of it does not reach: changed, refused, or said.

use std::fmt::Write;

use super::{World, entry, repacked, values, zipped};
use crate::format::build::arsc::{Body, Layout, Type, package, pool, strings, table};

const GIVEN: [(&str, &str); 2] = [("INJECT_CLIENT_ID", "the-new-id"), ("INJECT_CLIENT_SECRET", "the-new-secret")];

/// A resource table with strings, raw files and XML files, each in several configurations.
fn resources() -> Vec<u8> {
    let text = [
        "old-client-id",
        "old-client-id-de",
        "res/raw/auth.json",
        "res/raw-de/auth.json",
        "res/raw/auth_prod.json",
        "res/xml/c.xml",
        "res/xml-v28/c.xml",
    ];
    let keys = ["client_id", "only_de", "auth", "auth_prod", "auth_alias", "c", "string_alias"];
    let file = |id: u8, locale: &str, sdk: u8, entries: &[Option<(u32, Body)>]| {
        let mut part = Type { id, ..strings(Layout::Dense, locale, entries) };
        // ResTable_config.sdkVersion, behind the size word.
        part.config[20] = sdk;
        part
    };
    let string = |key: u32, text: u32| Some((key, Body::String(text)));
    let alias = |key: u32, id: u32| Some((key, Body::Value(1, id)));
    let chunks = vec![
        strings(Layout::Dense, "", &[string(0, 0), None, alias(6, 0x7f01_0000)]),
        strings(Layout::Dense, "de", &[string(0, 0), string(1, 1), None]),
        file(2, "", 0, &[string(2, 2), string(3, 4), alias(4, 0x7f02_0001)]),
        file(2, "de", 0, &[string(2, 3), None, None]),
        file(3, "", 0, &[string(5, 5)]),
        file(3, "", 28, &[string(5, 6)]),
    ];
    table(&pool(&text), &[package(&["string", "raw", "xml"], &keys, chunks)])
}

const AUTH: &[u8] = br#"{"client_id":"old-client-id"}"#;

/// The demo with that table and its files.
pub(super) fn world(auth_de: &[u8]) -> World {
    let xml = {
        use crate::format::build::axml::{NONE, Node, document};
        let strings = pool(&["c", "id", "old-client-id"]);
        document(&strings, &[], &[Node::Start(0, vec![(NONE, 1, 2, 3, 2)]), Node::End(0)])
    };
    let extra: [(&str, &[u8]); 5] = [
        ("res/raw/auth.json", AUTH),
        ("res/raw-de/auth.json", auth_de),
        ("res/raw/auth_prod.json", AUTH),
        ("res/xml/c.xml", &xml),
        ("res/xml-v28/c.xml", &xml),
    ];
    let world = World::new();
    let package = repacked(&extra, |name, content| if name == "resources.arsc" { resources() } else { content });
    world.write("app.apk", package);
    world
}

fn args<'a>(at: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["app.apk", "--env", "dev", "--gate", "off", "--at", at], more].concat()
}

#[test]
fn an_alias_is_refused_and_says_what_to_address() {
    let world = world(AUTH);
    let texts = ["raw/auth_alias", "in configuration default it is an alias of @raw/auth_prod", "address it instead"];
    let alias = args("raw/auth_alias#/client_id={client_id}", &[]);
    world.refuses(|world| world.signed_with(&GIVEN, &alias), 4, &texts);
    let texts = ["in configuration default it is an alias of @string/client_id, expected a plain string"];
    let alias = args("string/string_alias={client_id}", &[]);
    world.refuses(|world| world.signed_with(&GIVEN, &alias), 4, &texts);
    // A pattern that leads to the alias and to what it is an alias of has both.
    world.signed_with(&GIVEN, &args("raw/auth_*#/client_id={client_id}", &[])).exits(0);
    let apk = world.read("app.apk");
    assert_eq!(values(&apk, "raw/auth_prod#/client_id"), ["the-new-id"]);
    assert_eq!(values(&apk, "raw/auth#/client_id"), ["old-client-id"; 2]);
}

#[test]
fn a_resource_file_is_reached_in_every_configuration() {
    let world = world(AUTH);
    // A file is one configuration of several.
    let one = args("res/xml/c.xml#/c/@id={client_id}", &[]);
    let left = "warning app.apk: partial: res/xml/c.xml#/c/@id: res/xml-v28/c.xml is the same resource (xml/c) in \
                configuration v28 and keeps its value; to set that too: --at 'xml/c#/c/@id=...'";
    let run = world.signed_with(&GIVEN, &[&one[..], &["--dry-run"]].concat()).exits(0).says(&[left]);
    assert_eq!(run.err.matches("partial").count(), 1, "{}", run.err);
    world.signed_with(&GIVEN, &one).exits(0).says(&[left]);
    let verify = ["verify", "app.apk", "--env", "dev", "--at", "res/xml/c.xml#/c/@id={client_id}"];
    let run = world.signed_with(&GIVEN, &verify).exits(0).says(&[left]);
    assert!(run.out.starts_with("app.apk: carries dev, partial, signed"), "{}", run.out);
    let all = args("xml/c#/c/@id={client_id}", &[]);
    let run = world.signed_with(&GIVEN, &all).exits(0);
    assert!(!run.err.contains("partial"), "{}", run.err);
    let apk = world.read("app.apk");
    assert_eq!(values(&apk, "xml/c#/c/@id"), ["the-new-id"; 2]);
    assert_eq!(values(&apk, "xml/*#/c/@id"), ["the-new-id"; 2]);
    world.refuses(
        |world| world.signed_with(&GIVEN, &args("xml/d#/c/@id={client_id}", &[])),
        4,
        &["no such xml resource", "did you mean \"c\"?"],
    );
}

#[test]
fn create_makes_what_one_configuration_has_in_the_others_too() {
    let secret = br#"{"client_id":"old-client-id","client_secret":"old-client-secret"}"#;
    for at in ["raw/auth#/client_secret={client_secret}", "res/raw*/auth.json#/client_secret={client_secret}"] {
        let world = world(secret);
        world.signed_with(&GIVEN, &args(at, &["--create"])).exits(0);
        let apk = world.read("app.apk");
        assert_eq!(values(&apk, "raw/auth#/client_secret"), ["the-new-secret"; 2], "{at}");
        assert_eq!(entry(&apk, "res/raw/auth_prod.json"), AUTH, "another resource");
    }
    let world = world(AUTH);
    world.signed_with(&GIVEN, &args("string/only_de={client_id}", &["--create"])).exits(0);
    let apk = world.read("app.apk");
    assert_eq!(values(&apk, "string/only_de@default"), ["the-new-id"]);
    assert_eq!(values(&apk, "string/only_de@de"), ["the-new-id"]);
    assert_eq!(values(&apk, "string/client_id"), ["old-client-id"; 2]);
    world.signed_with(&GIVEN, &args("string/only_de={client_id}", &["--create"])).exits(0).says(&["up to date"]);
    assert_eq!(world.read("app.apk"), apk);
    // Without it the default stays without.
    let world = super::contract::world(AUTH);
    world.signed_with(&GIVEN, &args("string/only_de={client_id}", &[])).exits(0);
    assert_eq!(values(&world.read("app.apk"), "string/only_de"), ["the-new-id"]);
}

#[test]
fn an_archive_that_is_signed_is_not_changed() {
    for signature in ["META-INF/CERT.SF", "META-INF/X.ec", "Payload/A.app/_CodeSignature/CodeResources"] {
        let inner = zipped(&[("a.json", br#"{"id":"old-client-id"}"#), (signature, b"x")]);
        let outer = zipped(&[("deep/inner.zip", &inner)]);
        let world = World::new();
        world.write("files/outer.zip", &outer);
        let at = "outer.zip!/deep/inner.zip!/a.json#/id={client_id}";
        let args = ["files", "--app", "com.example.app", "--env", "dev", "--at", at];
        let says = ["outer.zip!/deep/inner.zip is signed", signature, "inject it by itself"];
        world.refuses(|world| world.inject(&args), 4, &says);
        assert_eq!(world.read("files/outer.zip"), outer);
    }
    let inner =
        zipped(&[("a.json", br#"{"id":"old-client-id"}"#), ("META-INF/MANIFEST.MF", b"x"), ("META-INF/a/X.RSA", b"")]);
    let world = World::new();
    world.write("files/outer.zip", inner);
    let args = ["files", "--app", "com.example.app", "--env", "dev", "--at", "outer.zip!/a.json#/id={client_id}"];
    world.inject(&args).exits(0);
}

#[test]
fn a_secret_without_a_place_is_an_error_of_the_preset_that_needs_it() {
    let world = World::new();
    // string/client_id is there, string/client_secret has another name.
    let chunks = vec![strings(Layout::Dense, "", &[Some((0, Body::String(0)))])];
    let resources = table(&pool(&["old-client-id"]), &[package(&["string"], &["client_id"], chunks)]);
    let package = repacked(&[], |name, content| if name == "resources.arsc" { resources.clone() } else { content });
    world.write("app.apk", &package);
    let preset = ["app.apk", "--env", "dev"];
    let says = [
        "app.apk: no place takes the secret of dev: only the Client Id would be embedded",
        "--at ADDRESS={client_secret}",
        "secret = \"omit\"",
        "--partial",
    ];
    world.refuses(|world| world.signed(&preset), 4, &says);
    world.refuses(|world| world.signed(&[&preset[..], &["--dry-run"]].concat()), 4, &says);
    world
        .signed(&[&preset[..], &["--partial"]].concat())
        .exits(0)
        .says(&["no place takes the secret of dev, so it is not embedded", "carries dev"]);
    let run = world.inject(&["verify", "app.apk", "--env", "dev"]).exits(0);
    let run = run.says(&["partial: the secret: no place takes it"]);
    assert!(run.out.starts_with("app.apk: carries dev, partial, signed"), "{}", run.out);
    // Where the environment leaves it out, nothing is missing.
    world.write("app.apk", &package);
    world.write("inject.toml", "version = 1\n[env.dev]\nsecret = \"omit\"\n");
    let run = world.signed(&preset).exits(0);
    assert!(!run.err.contains("not embedded"), "{}", run.err);
    // Whoever names the places is told.
    world.write("inject.toml", "version = 1\n");
    world.write("app.apk", &package);
    let named = ["app.apk", "--env", "dev", "--at", "string/client_id={client_id}"];
    world.signed(&named).exits(0).says(&["note app.apk: no place takes the secret of dev"]);
}

#[test]
fn carries_is_said_where_the_credential_was_put() {
    let world = World::new();
    world.write("files/a.json", r#"{"a":"x"}"#);
    let run = |value: &str| {
        let at = format!("a.json#/a={value}");
        let run = world.inject(&["files", "--app", "com.example.app", "--env", "dev", "--at", &at]).exits(0);
        let verify = world.inject(&["verify", "files", "--app", "com.example.app", "--env", "dev", "--at", &at]);
        (run, verify.exits(0))
    };
    let (done, verified) = run("{{client_id}}");
    assert!(!done.err.contains("carries") && !done.out.contains("carries"), "{}{}", done.out, done.err);
    let done =
        done.says(&["are literal braces, so no value goes there", "the Client Id is {client_id}", "but no credential"]);
    assert!(!done.err.contains("client id "), "{}", done.err);
    assert!(verified.out.contains("files: has the values of dev, sound"), "{}", verified.out);
    let svr = [
        "verify",
        "files",
        "--app",
        "com.example.app",
        "--env",
        "dev",
        "--svr",
        "v.json",
        "--at",
        "a.json#/a={{client_id}}",
    ];
    world
        .inject(&svr)
        .exits(0)
        .says(&["no verdict is written, because none of the places compared takes the credential"]);
    assert!(!world.path("v.json").exists());
    // A receipt would say that it carries the credential.
    let receipt =
        ["files", "--app", "com.example.app", "--env", "dev", "--receipt", "r.json", "--at", "a.json#/a=other"];
    world.inject(&receipt).exits(0).says(&["files: no receipt is written, because no credential was put in"]);
    assert!(!world.path("r.json").exists());
    let (done, verified) = run("nothing");
    assert!(!done.err.contains("carries") && !done.err.contains("braces"), "{}", done.err);
    assert!(!verified.out.contains("carries"), "{}", verified.out);
    let (done, verified) = run("{client_id}");
    done.says(&["carries dev of com.example.app: client id"]);
    assert!(verified.out.contains("files: carries dev, sound"), "{}", verified.out);
}

#[test]
fn the_own_secret_that_is_kept_out_is_refused_wherever_it_lies() {
    let world = World::of_dev();
    world.demo("app.apk");
    let places = ["--at", "string/client_id={client_id}", "--at", "string/client_secret={client_secret}"];
    world.signed(&[&["app.apk", "--env", "dev"], &places[..]].concat()).exits(0);
    world.write("inject.toml", "version = 1\n[env.dev]\nsecret = \"omit\"\n");
    // The secret stays in the table: nobody empties it.
    let id_alone = ["app.apk", "--env", "dev", "--at", "string/client_id={client_id}"];
    let says = [
        "leak.own (resources.arsc): it holds the secret of com.example.demo in dev, which secret = \"omit\" keeps out",
    ];
    world.inject(&["verify", "app.apk", "--env", "dev", "--at", id_alone[4]]).exits(7).says(&says);
    world.refuses(|world| world.signed(&id_alone), 7, &says);
    world.refuses(|world| world.signed(&[&id_alone[..], &["--dry-run"]].concat()), 7, &says);
    // A place that takes the secret is emptied.
    world.signed(&[&["app.apk", "--env", "dev"], &places[..]].concat()).exits(0);
    world.inject(&[&["verify", "app.apk", "--env", "dev"], &places[..]].concat()).exits(0);
}

#[test]
fn a_compressed_copy_in_a_package_follows() {
    use inject::format::compressed::Encoding;
    let old = br#"{"client_id":"old-client-id"}"#;
    let gz = |content: &[u8]| Encoding::Gzip.encode(content, &[]).unwrap();
    let (copy, other) = (gz(old), gz(b"something else"));
    let world = World::new();
    let extra: [(&str, &[u8]); 4] =
        [("assets/a.json", old), ("assets/a.json.gz", &copy), ("assets/b.json", old), ("assets/b.json.gz", &other)];
    world.write("app.apk", repacked(&extra, |_, content| content));
    let places = ["--at", "assets/a.json#/client_id={client_id}", "--at", "assets/b.json#/client_id={client_id}"];
    let args = [&["app.apk", "--env", "dev"], &places[..]].concat();
    world.signed_with(&GIVEN, &args).exits(0);
    let apk = world.read("app.apk");
    let unpacked = Encoding::Gzip.decode(&entry(&apk, "assets/a.json.gz"), 1 << 20).unwrap();
    assert_eq!(unpacked, entry(&apk, "assets/a.json"));
    assert!(String::from_utf8(unpacked).unwrap().contains("the-new-id"));
    assert_eq!(entry(&apk, "assets/b.json.gz"), other, "what is no copy stays");
    world.signed_with(&GIVEN, &args).exits(0).says(&["up to date"]);
}

#[test]
fn values_of_javascript_that_are_not_picked_are_said() {
    let world = World::new();
    let script = "var cfg={CID:\"old-client-id\"},types={CID:\"string\"};console.log(cfg.CID,types.CID);\n";
    world.write("site/main.js", script);
    let args = |at: &'static str| ["site", "--app", "com.example.app", "--env", "dev", "--at", at];
    let says = ["#cfg.CID or #CID[0]", "#types.CID or #CID[1]"];
    world.refuses(|world| world.run(&GIVEN, &args("main.js#CID={client_id}"), ""), 4, &says);
    let left = "warning site: partial: main.js#cfg.CID: other values of that name stay as they are: another constant at line 1";
    world.run(&GIVEN, &args("main.js#cfg.CID={client_id}"), "").exits(0).says(&[left, "(#types.CID)"]);
    assert_eq!(world.read("site/main.js"), script.replace("old-client-id", "the-new-id").as_bytes());
    let verify = [&["verify"], &args("main.js#cfg.CID={client_id}")[..]].concat();
    let run = world.run(&GIVEN, &verify, "").exits(0).says(&[left]);
    assert!(run.out.starts_with("site: carries dev, partial"), "{}", run.out);
    // No verdict and no summary says more.
    let run = world.run(&GIVEN, &[&verify[..], &["--svr", "v.json", "--summary", "s.md"]].concat(), "").exits(0);
    run.says(&["site: no verdict is written, because the check is partial"]);
    assert!(!world.path("v.json").exists());
    assert!(String::from_utf8(world.read("s.md")).unwrap().contains("* site: **partial**"));
    // What cannot be set beside a constant is refused, and verify does not call it sound.
    world.write("site/main.js", "var cfg={CID:\"the-new-id\"};cfg.CID=globalThis.NOPE||\"the-new-id\";\n");
    let plain = args("main.js#CID={client_id}");
    world.refuses(|world| world.run(&GIVEN, &plain, ""), 4, &["main.js", "line 1"]);
    let run = world.run(&GIVEN, &[&["verify"], &plain[..]].concat(), "").exits(0);
    assert!(run.out.starts_with("site: carries dev, partial"), "{}", run.out);
}

/// A package of a set with these strings: the base that needs its splits, or a split.
fn of_a_set(split: Option<&str>, names: &[&str]) -> Vec<u8> {
    use crate::format::build::axml::{NONE, Node, document};
    let texts = ["isSplitRequired", "manifest", "application", "package", "com.example.set", "split"];
    let texts: Vec<&str> = texts.into_iter().chain(split).collect();
    let mut attributes = vec![(NONE, 3, 4, 3, 4)];
    attributes.push(if split.is_some() { (NONE, 5, 6, 3, 6) } else { (NONE, 0, NONE, 0x12, u32::MAX) });
    let nodes = [Node::Start(1, attributes), Node::Start(2, vec![]), Node::End(2), Node::End(1)];
    let manifest = document(&pool(&texts), &[0x0101_0591], &nodes);
    let entries: Vec<_> = (0..names.len() as u32).map(|key| Some((key, Body::String(0)))).collect();
    let chunks = vec![strings(Layout::Dense, "", &entries)];
    let resources = table(&pool(&["old-client-id"]), &[package(&["string"], names, chunks)]);
    repacked(&[], |name, content| match name {
        "AndroidManifest.xml" => manifest.clone(),
        "resources.arsc" => resources.clone(),
        _ => content,
    })
}

#[test]
fn splits_that_hold_the_same_string_are_named() {
    let world = World::new();
    world.write("set/base.apk", of_a_set(None, &["client_id"]));
    world.write("set/de.apk", of_a_set(Some("config.de"), &["client_id", "other"]));
    world.write("set/fr.apk", of_a_set(Some("config.fr"), &["other"]));
    world.write("set/notes.apk", "no package");
    let at = ["--at", "string/client_id={client_id}"];
    let args = [&["set/base.apk", "--env", "dev", "--min-sdk", "24"], &at[..]].concat();
    let left = "partial: string/client_id: the split de.apk has this place too; give it too, or the folder";
    let run = world.signed_with(&GIVEN, &args).exits(0).says(&[left]);
    assert_eq!(run.err.matches("the split").count(), 1, "{}", run.err);
    let verify = [&["verify", "set/base.apk", "--env", "dev", "--min-sdk", "24"], &at[..]].concat();
    let run = world.run(&GIVEN, &verify, "").exits(0).says(&[left]);
    assert!(run.out.starts_with("set/base.apk: carries dev, partial"), "{}", run.out);
    // A split needs no splits, and a base alone names none.
    let split = [&["set/de.apk", "--env", "dev", "--min-sdk", "24", "--gate", "off"], &at[..]].concat();
    let run = world.signed_with(&GIVEN, &split).exits(0);
    assert!(!run.err.contains("partial"), "{}", run.err);
}

/// What an edit does in a situation, told by running it.
fn outcome(world: &World, artifact: &str, at: &str, more: &[&str]) -> &'static str {
    let at = format!("{at}={{client_id}}");
    let app: &[&str] = if artifact == "app.apk" { &[] } else { &["--app", "com.example.app"] };
    let args = [&[artifact, "--env", "dev", "--gate", "off", "--at", &at], app, more].concat();
    let before = world.files();
    let run = world.signed_with(&GIVEN, &args);
    if run.code == Some(4) {
        assert_eq!(world.files(), before, "{at}: a refusal writes nothing");
        return "refused, exit code 4";
    }
    assert_eq!(run.code, Some(0), "{at}: {}", run.err);
    // What was addressed by its value has another one now.
    let at = at.replace("#\"x\"", "#\"the-new-id\"");
    let verify = [&["verify", artifact, "--env", "dev", "--at", &at], app].concat();
    let verify = world.signed_with(&GIVEN, &verify).exits(0);
    // One of one cause is said by both, in the same words.
    let partial = run.err.contains("warning");
    assert_eq!(partial, verify.out.contains("carries dev, partial"), "{at}: {}{}", run.err, verify.out);
    assert_eq!(partial, !verify.out.contains("carries dev, sound"), "{at}: {}", verify.out);
    // Columns move with the value.
    let words = |line: &str| line.split(" at line ").next().unwrap_or_default().to_owned();
    for line in verify.err.lines().filter(|line| line.starts_with("warning")) {
        assert!(run.err.contains(&words(line)), "{line}: {}", run.err);
    }
    if partial { "changed; the rest is named, and `verify` says partial" } else { "changed" }
}

/// Address, situation, where it is, the artifact, and further arguments.
type Row<'r> = (&'r str, &'r str, World, &'r str, &'r [&'r str]);

/// The table in docs/addresses.md: BLESS=1 writes it.
#[test]
fn the_table_of_the_documentation_is_what_happens() {
    let calls: &[u8] = include_bytes!("../../testdata/dex/calls.dex");
    let package = || world(AUTH);
    let kotlin: &[u8] = include_bytes!("../../testdata/dex/kotlin.dex");
    let with_code = |dex: &[u8]| {
        let world = World::new();
        let content = repacked(&[], |name, content| if name == "classes.dex" { dex.to_vec() } else { content });
        world.write("app.apk", content);
        world
    };
    let demo = || {
        let world = World::new();
        world.demo("app.apk");
        world
    };
    let folder = |file: &'static str, content: &[u8]| {
        let world = World::new();
        world.write(&format!("site/{file}"), content);
        world
    };
    let signed = zipped(&[("a.json", AUTH), ("META-INF/A.SF", b"x")]);
    let plist = b"<plist version=\"1.0\"><dict><key>Id</key><integer>7</integer></dict></plist>";
    let rows: Vec<Row<'_>> = vec![
        ("string/client_id", "several configurations", package(), "app.apk", &[]),
        ("string/string_alias", "an alias of another string", package(), "app.apk", &[]),
        ("string/only_de", "the default configuration lacks it, `--create`", package(), "app.apk", &["--create"]),
        ("string/greeting", "a string with styles", demo(), "app.apk", &[]),
        ("raw/auth#/client_id", "several configurations", package(), "app.apk", &[]),
        ("raw/auth_alias#/client_id", "an alias of another file", package(), "app.apk", &[]),
        ("xml/c#/c/@id", "several configurations", package(), "app.apk", &[]),
        ("res/xml/c.xml#/c/@id", "another configuration of the resource holds it too", package(), "app.apk", &[]),
        ("meta-data/com.example.CONFIG", "`android:resource`", demo(), "app.apk", &[]),
        ("dex/same", "unrelated classes with this method", with_code(calls), "app.apk", &[]),
        ("dex/two", "two parameters that are Strings", with_code(calls), "app.apk", &[]),
        ("dex/partial", "a call whose argument is not known", with_code(calls), "app.apk", &[]),
        ("dex/partial[0]", "one call by its number", with_code(calls), "app.apk", &[]),
        ("dex/partial", "the same, `--partial`", with_code(calls), "app.apk", &["--partial"]),
        ("dex/same", "a default of Kotlin, and a call that passes the same", with_code(kotlin), "app.apk", &[]),
        (
            "dex/other",
            "a default of Kotlin, and a call that passes another constant",
            with_code(kotlin),
            "app.apk",
            &[],
        ),
        (
            "dex/known",
            "a default of Kotlin, and a call that passes what is not known",
            with_code(kotlin),
            "app.apk",
            &[],
        ),
        ("signing-block/0x71777777", "no such pair", demo(), "app.apk", &[]),
        ("signing-block/0x71777777", "a package that is not signed", package(), "app.apk", &[]),
        ("a.json#/id", "a string that stands twice", folder("a.json", br#"{"id":"x","id":"y"}"#), "site", &[]),
        ("a.json#/id", "a number, and a text as the value", folder("a.json", br#"{"id":7}"#), "site", &[]),
        ("a.json#/id", "an object", folder("a.json", br#"{"id":{}}"#), "site", &[]),
        ("a.plist#Id", "an integer, and a text as the value", folder("a.plist", plist), "site", &[]),
        ("a.xml#/a", "an element with children", folder("a.xml", b"<a>x<b/>y</a>"), "site", &[]),
        ("m.js#ID", "one constant, or equal ones", folder("m.js", b"var a={ID:\"x\"},b={ID:\"x\"};"), "site", &[]),
        ("m.js#ID", "`c ? \"x\" : \"x\"`", folder("m.js", b"var a={ID:c?\"x\":\"x\"};"), "site", &[]),
        ("m.js#ID", "different constants", folder("m.js", b"var a={ID:\"x\"},b={ID:\"y\"};"), "site", &[]),
        (
            "m.js#a.ID",
            "the same, picked by what holds it",
            folder("m.js", b"var a={ID:\"x\"},b={ID:\"y\"};"),
            "site",
            &[],
        ),
        ("m.js#ID", "`other || \"x\"`", folder("m.js", b"var a={ID:\"x\"};a.ID=other||\"x\";"), "site", &[]),
        ("m.js#ID", "a getter of a constant", folder("m.js", b"class A{get ID(){return \"x\"}}"), "site", &[]),
        ("a.html#\"x\"", "a text, twice", folder("a.html", b"<p id=x>x</p>"), "site", &[]),
        ("a.html#\"x\"", "a part of longer texts alone", folder("a.html", b"<p id=x-1>xy</p>"), "site", &[]),
        ("a.bin#\"x\"", "a file that is no text", folder("a.bin", b"x\0"), "site", &[]),
        ("in.zip!/a.json#/client_id", "an archive that is signed", folder("in.zip", &signed), "site", &[]),
    ];
    let mut table = "| address | situation | what happens |\n|---|---|---|\n".to_owned();
    for (at, situation, world, artifact, more) in rows {
        let happens = outcome(&world, artifact, at, more);
        let situation = situation.replace('|', "\\|");
        writeln!(table, "| `{at}` | {situation} | {happens} |").unwrap();
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/addresses.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (begin, end) = ("<!-- made by tests/cli/contract.rs -->\n", "<!-- end -->");
    let (before, rest) = text.split_once(begin).expect("the mark in docs/addresses.md");
    let (there, after) = rest.split_once(end).unwrap();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, format!("{before}{begin}{table}{end}{after}")).unwrap();
    } else {
        assert_eq!(there, table, "docs/addresses.md; BLESS=1 writes it");
    }
}
