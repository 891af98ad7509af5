//! The main job: what is written, what is not, and what a second run finds.

use std::fs;

use super::{APP, World, apk_holds, entry, repacked, values};

#[test]
fn dev_again_prod_and_back() {
    let world = World::new();
    let original = world.demo("app.apk");
    let first = world.signed(&["app.apk", "--env", "dev"]).exits(0);
    first.says(&["a NEW application was registered", APP, "embedded:dev", "2 places, signed v1 v2 v3"]);
    let dev = world.read("app.apk");
    assert_ne!(dev, original);
    let (id, secret) = world.credential(APP, "dev");
    assert_eq!(id.len(), 32);
    assert_eq!(secret.len(), 64);
    assert_eq!(values(&dev, "string/client_id"), [id.as_str(), id.as_str()], "in both locales");
    assert_eq!(values(&dev, "string/client_secret"), [secret.as_str()]);
    assert!(!apk_holds(&dev, "placeholder-client-secret"), "the placeholder is gone from the pool");

    let time = fs::metadata(world.path("app.apk")).unwrap().modified().unwrap();
    let again = world.signed(&["app.apk", "--env", "dev"]).exits(0);
    assert!(!again.err.contains("NEW"), "{}", again.err);
    again.says(&["up to date"]);
    assert_eq!(world.read("app.apk"), dev);
    assert_eq!(fs::metadata(world.path("app.apk")).unwrap().modified().unwrap(), time);

    world.signed(&["app.apk", "--env", "prod"]).exits(0);
    let prod = world.read("app.apk");
    let (other_id, other_secret) = world.credential(APP, "prod");
    assert!(other_id != id && other_secret != secret);
    for left in [&id, &secret] {
        assert!(!apk_holds(&prod, left), "dev survives in prod");
    }
    assert!(apk_holds(&prod, &other_secret));

    world.signed(&["app.apk", "--env", "dev"]).exits(0);
    assert_eq!(world.read("app.apk"), dev, "dev, prod, dev gives the bytes of dev");
    assert_eq!(world.files().len(), 1, "nothing but the artifact");
}

#[cfg(unix)]
#[test]
fn the_mode_stays_and_the_link_too() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    world.demo("real.apk");
    fs::set_permissions(world.path("real.apk"), fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real.apk", world.path("app.apk")).unwrap();
    world.signed(&["app.apk", "--env", "dev"]).exits(0);
    assert!(fs::symlink_metadata(world.path("app.apk")).unwrap().is_symlink());
    assert_eq!(fs::metadata(world.path("real.apk")).unwrap().permissions().mode() & 0o777, 0o640);
}

#[cfg(unix)]
#[test]
fn an_output_has_the_rights_of_what_was_there_and_a_new_one_those_of_a_copy() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    world.demo("app.apk");
    let mode = |name: &str| fs::metadata(world.path(name)).unwrap().permissions().mode() & 0o777;
    let set = |name: &str, mode| fs::set_permissions(world.path(name), fs::Permissions::from_mode(mode)).unwrap();
    // What a new file that everybody may write to is in the end.
    world.write("plain", "");
    let open = mode("plain");
    let run = |output: &str| world.signed(&["app.apk", "--env", "dev", "--v4", "-o", output]).exits(0);
    for (input, output) in [(0o666, open), (0o600, 0o600), (0o640, 0o640 & (open | 0o111))] {
        set("app.apk", input);
        let name = format!("new-{input:o}.apk");
        run(&name);
        assert_eq!((mode(&name), mode(&format!("{name}.idsig"))), (output, output), "{input:o}");
    }
    for there in [0o640, 0o644] {
        world.write("there.apk", "old");
        set("there.apk", there);
        set("app.apk", 0o600);
        run("there.apk");
        assert_eq!((mode("there.apk"), mode("there.apk.idsig")), (there, there));
    }
}

#[test]
fn an_output_leaves_the_input() {
    let world = World::new();
    let original = world.demo("app.apk");
    world.signed(&["app.apk", "--env", "dev", "-o", "out.apk"]).exits(0);
    assert_eq!(world.read("app.apk"), original);
    let out = world.read("out.apk");
    // The same bytes as in place, and again over an output that is there.
    world.signed(&["app.apk", "--env", "dev", "-o", "out.apk"]).exits(0);
    assert_eq!(world.read("out.apk"), out);
    world.signed(&["app.apk", "--env", "dev"]).exits(0);
    assert_eq!(world.read("app.apk"), out);
    assert_eq!(world.files().len(), 2);
}

#[test]
fn a_dry_run_and_a_check_write_and_register_nothing() {
    let world = World::new();
    world.demo("app.apk");
    for (flag, code) in [("--dry-run", 0), ("--check", 8)] {
        let run = world.refuses(|world| world.inject(&["app.apk", "--env", "dev", flag]), code, &[]);
        assert!(run.out.contains("com.example.demo would be registered in dev"), "{}", run.out);
        assert!(run.out.contains("apk:string/client_id = {client_id} in resources.arsc"), "{}", run.out);
        assert!(!world.stores().exists(), "{flag} made a store");
    }
    world.signed(&["app.apk", "--env", "dev"]).exits(0);
    let (_, secret) = world.credential(APP, "dev");
    let run = world.refuses(|world| world.inject(&["app.apk", "--env", "dev", "--check"]), 0, &[]);
    assert!(run.out.contains("carries dev already") && !run.out.contains(&secret), "{}", run.out);
    world.refuses(|world| world.inject(&["app.apk", "--env", "prod", "--check"]), 8, &[]);
    let json = world.inject(&["app.apk", "--env", "dev", "--check", "--json"]).exits(0).json();
    assert_eq!(json["artifacts"][0]["would_change"], false);
}

#[test]
fn json_says_what_was_done_and_no_value() {
    let world = World::new();
    world.demo("app.apk");
    let run = world.signed(&["app.apk", "--env", "dev", "--json"]).exits(0);
    let json = run.json();
    let (id, secret) = world.credential(APP, "dev");
    assert!(!run.out.contains(&secret));
    assert_eq!(json["schema"], 2);
    assert_eq!(json["environment"], "dev");
    let artifact = &json["artifacts"][0];
    let keys: Vec<&String> = artifact.as_object().unwrap().keys().collect();
    let expected = [
        "artifact",
        "output",
        "written",
        "application",
        "client_id",
        "has_secret",
        "places",
        "entries",
        "removed",
        "signatures",
        "signers",
    ];
    assert_eq!(keys, expected);
    assert_eq!(artifact["client_id"], id.as_str());
    assert_eq!(artifact["written"], true);
    assert_eq!(artifact["places"][1]["value"], "{client_secret}");
    assert_eq!(artifact["entries"], serde_json::json!(["resources.arsc"]));
    let signatures = artifact["signatures"].as_array().unwrap();
    let schemes: Vec<&str> = signatures.iter().map(|signature| signature["scheme"].as_str().unwrap()).collect();
    assert_eq!(schemes, ["v1", "v2", "v3"]);
    // A signer has one shape, in whatever list and command.
    let verified = world.inject(&["verify", "app.apk", "--env", "dev", "--json"]).exits(0).json();
    let inspected = world.inject(&["inspect", "app.apk", "--json"]).exits(0).json();
    for other in [&verified, &inspected] {
        assert_eq!(other["artifacts"][0]["signatures"], artifact["signatures"]);
        assert_eq!(other["artifacts"][0]["signers"], artifact["signers"]);
        assert_eq!(artifact["signers"][0], artifact["signatures"][2]["signers"][0]);
    }
    let again = world.signed(&["app.apk", "--env", "dev", "--json"]).exits(0).json();
    assert_eq!(again["artifacts"][0]["written"], false);
}

#[test]
fn a_command_line_that_is_not_understood_is_json_too() {
    let world = World::new();
    for (args, command, message) in [
        (&["env", "list", "--json", "--no-such"][..], "env list", "unexpected argument '--no-such' found"),
        (&["verify", "--json", "--min-sdk", "x"], "verify", "invalid value 'x' for '--min-sdk <API>'"),
        (&["credential", "set", "--json"], "credential set", "the following required arguments were not provided"),
        (&["app.apk", "--env", "dev", "--json", "--check", "--dry-run"], "inject", "cannot be used with"),
        // Not clap's, but of the same kind.
        (&["--json"], "inject", "which environment?"),
    ] {
        let run = world.inject(args).exits(2);
        let json = run.json();
        assert_eq!((&json["schema"], &json["command"]), (&2.into(), &command.into()), "{json:#}");
        assert_eq!((&json["error"]["exit_code"], &json["error"]["code"]), (&2.into(), &"inject.usage".into()));
        assert!(json["error"]["message"].as_str().unwrap().contains(message), "{json:#}");
        run.says(&["error"]);
    }
    // The other formats say it too, and people are told as before.
    let run = world.inject(&["scan", "--format", "github", "--no-such"]).exits(2);
    assert!(run.out.starts_with("::error title=inject.usage::unexpected argument '--no-such' found"), "{}", run.out);
    assert!(world.inject(&["scan", "--no-such"]).exits(2).out.is_empty());
}

#[test]
fn an_error_is_json_too() {
    let world = World::new();
    world.demo("app.apk");
    let run = world.refuses(|world| world.inject(&["app.apk", "--env", "dev", "--json"]), 6, &["no key to sign with"]);
    let json = run.json();
    assert_eq!((&json["error"]["exit_code"], &json["error"]["code"]), (&6.into(), &"inject.signing".into()));
    assert_eq!(json["command"], "inject");
    assert!(json["error"]["message"].as_str().unwrap().contains("no key to sign with"));
    assert!(json["error"]["remedies"].as_array().unwrap().len() > 1);
}

#[test]
fn what_was_registered_before_is_used() {
    let world = World::new();
    world.demo("app.apk");
    let id = world.inject(&["register", APP, "--env", "dev"]).exits(0).out;
    let run = world.signed(&["app.apk", "--env", "dev", "-v"]).exits(0);
    assert!(!run.err.contains("NEW"), "{}", run.err);
    assert_eq!(values(&world.read("app.apk"), "string/client_id")[0], id.trim());
    assert_eq!(world.credentials(), 1);
}

#[test]
fn variables_are_used_exactly_and_nothing_is_kept() {
    let world = World::new();
    world.demo("app.apk");
    let given = [("INJECT_CLIENT_ID", "given id"), ("INJECT_CLIENT_SECRET", "given & <secret> \"'\\")];
    world.signed_with(&given, &["app.apk", "--env", "dev"]).exits(0).says(&["using INJECT_CLIENT_ID as given"]);
    let apk = world.read("app.apk");
    assert_eq!(values(&apk, "string/client_id"), ["given id", "given id"]);
    assert_eq!(values(&apk, "string/client_secret"), [given[1].1]);
    assert!(!world.stores().exists(), "a store was made");
    world.signed_with(&given, &["app.apk", "--env", "dev"]).exits(0).says(&["up to date"]);
    world.run(&given, &["verify", "app.apk", "--env", "dev"], "").exits(0);
    let other = [("INJECT_CLIENT_ID", "given id"), ("INJECT_CLIENT_SECRET", "another secret")];
    world.run(&other, &["verify", "app.apk", "--env", "dev"], "").exits(7).says(&["place.value", "client_secret"]);
}

#[test]
fn half_a_credential_in_variables_is_refused() {
    let world = World::new();
    world.demo("app.apk");
    let id = [("INJECT_CLIENT_ID", "only-the-id")];
    let texts = ["INJECT_CLIENT_ID is set without INJECT_CLIENT_SECRET", "set INJECT_CLIENT_SECRET too", "omit"];
    world.refuses(|world| world.signed_with(&id, &["app.apk", "--env", "dev"]), 2, &texts);
    let secret = [("INJECT_CLIENT_SECRET", "only-the-secret")];
    let run = world.refuses(
        |world| world.signed_with(&secret, &["app.apk", "--env", "dev"]),
        2,
        &["INJECT_CLIENT_SECRET is set without INJECT_CLIENT_ID"],
    );
    assert!(!run.err.contains("only-the-secret"));
}

#[test]
fn a_public_client_has_no_secret() {
    let world = World::new();
    world.demo("app.apk");
    world.write("inject.toml", "version = 1\n[env.dev]\nsecret = \"omit\"\n");
    world.signed(&["app.apk", "--env", "dev", "--json"]).exits(0);
    let apk = world.read("app.apk");
    assert_eq!(values(&apk, "string/client_secret"), [""], "an old secret does not stay in its place");
    assert_eq!(values(&apk, "string/client_id")[0], world.credential(APP, "dev").0);
    world.inject(&["verify", "app.apk", "--env", "dev"]).exits(0);
    // One kept without a secret, where one is needed: the registry is asked for it.
    world.inject(&["credential", "set", "--app", APP, "--env", "dev", "--client-id", "public", "--replace"]).exits(0);
    world.signed(&["app.apk", "--env", "dev"]).exits(0);
    assert_eq!(values(&world.read("app.apk"), "string/client_id")[0], "public");
}

#[test]
fn many_artifacts_of_one_application_share_one_credential() {
    let world = World::new();
    for name in ["a.apk", "b.apk", "sub/c.apk"] {
        world.demo(name);
    }
    let json = world.signed(&["a.apk", "b.apk", "sub/c.apk", "--env", "dev", "--json"]).exits(0).json();
    assert_eq!(json["artifacts"].as_array().unwrap().len(), 3);
    assert_eq!(world.credentials(), 1);
    assert_eq!(world.read("a.apk"), world.read("sub/c.apk"));
    assert_eq!(world.read("a.apk"), world.read("b.apk"));
}

#[test]
fn a_bad_artifact_among_many_stops_all_before_anything() {
    let world = World::new();
    world.demo("a.apk");
    world.write("b.apk", "not a package");
    world.refuses(|world| world.signed(&["a.apk", "b.apk", "--env", "dev"]), 3, &["b.apk"]);
}

#[test]
fn bare_inject_takes_the_artifacts_of_the_configuration() {
    let world = World::new();
    world.demo("build/outputs/one.apk");
    world.demo("build/outputs/deep/two.apk");
    world.demo("build/other.apk");
    let config = format!(
        "version = 1\ndefault-env = \"dev\"\n[env.dev]\n[app.demo]\nid = \"{APP}\"\n\
         artifacts = [\"build/outputs/**/*.apk\", \"build/*/one.apk\", \"build/outputs/**\"]\n"
    );
    world.write("inject.toml", config);
    let json = world.signed(&["--json"]).exits(0).json();
    // A file that several patterns match is done once; folders that one matches are no artifacts.
    assert_eq!(json["artifacts"].as_array().unwrap().len(), 2, "{json:#}");
    assert_eq!(world.read("build/outputs/one.apk"), world.read("build/outputs/deep/two.apk"));
    assert_eq!(world.read("build/other.apk"), super::demo());
    // From a folder below, too.
    let mut below = world.command(super::PROGRAM);
    below.current_dir(world.path("build/outputs")).args(["--check"]);
    super::finish(below, "").exits(0);
}

#[test]
fn a_configuration_whose_artifacts_are_not_built_says_so() {
    let world = World::new();
    let config = format!("version = 1\n[env.dev]\n[app.demo]\nid = \"{APP}\"\nartifacts = [\"build/*.apk\"]\n");
    world.write("inject.toml", config);
    world.refuses(|world| world.signed(&["--env", "dev"]), 3, &["build/*.apk", "build first"]);
}

#[test]
fn values_of_the_environment_go_into_places() {
    let world = World::new();
    world.demo("app.apk");
    let config = format!(
        "version = 1\n[app.demo]\nid = \"{APP}\"\n\
         [[app.demo.place]]\nat = \"assets/app.properties#server.url\"\nvalue = \"{{server_url}}/{{environment}}\"\n\
         [[app.demo.place]]\nat = \"assets/new.json#/a/b\"\nvalue = \"{{application}}\"\ncreate = true\n\
         [env.dev.values]\nserver_url = \"https://dev.example.com\"\n\
         [env.prod.values]\nserver_url = \"https://api.example.com\"\n"
    );
    world.write("inject.toml", config);
    for (env, url) in [("prod", "https://api.example.com/prod"), ("dev", "https://dev.example.com/dev")] {
        world.signed(&["app.apk", "--env", env]).exits(0);
        let apk = world.read("app.apk");
        assert_eq!(values(&apk, "assets/app.properties#server.url"), [url]);
        assert_eq!(entry(&apk, "assets/new.json"), br#"{"a":{"b":"com.example.demo"}}"#);
        // Places of its own replace the fallback.
        assert_eq!(values(&apk, "string/client_id")[0], "placeholder-client-id");
        world.inject(&["verify", "app.apk", "--env", env]).exits(0);
    }
    world.inject(&["verify", "app.apk", "--env", "prod"]).exits(7).says(&["place.value", "server.url"]);
}

#[test]
fn an_application_of_the_configuration_is_found_by_the_package() {
    let world = World::new();
    world.demo("app.apk");
    world.write("inject.toml", "version = 1\n[env.dev]\n[app.notes]\nid = \"com.example.demos\"\nname = \"Notes\"\n");
    let texts = ["no application has the id \"com.example.demo\"", "did you mean \"com.example.demos\"", "--app APP"];
    world.refuses(|world| world.signed(&["app.apk", "--env", "dev"]), 2, &texts);
    let json = world.signed(&["app.apk", "--env", "dev", "--app", "notes", "--json"]).exits(0).json();
    assert_eq!(json["artifacts"][0]["application"], "com.example.demos");
}

#[test]
fn eight_builds_at_once_end_with_one_finished_artifact_and_one_id() {
    let world = World::new();
    world.demo("app.apk");
    let spawn = || {
        let mut command = world.command(super::PROGRAM);
        command.args(["app.apk", "--env", "dev", "--ks", &super::key("demo.p12"), "--ks-pass", "env:PASS"]);
        command.env("PASS", super::PASSWORD);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = (0..8).map(|_| spawn()).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(world.credentials(), 1);
    world.inject(&["verify", "app.apk", "--env", "dev"]).exits(0);
    world.signed(&["app.apk", "--env", "dev"]).exits(0).says(&["up to date"]);
    assert_eq!(world.files().len(), 1, "{:?}", world.files().keys());
}

/// Chunks of the content digest that are copied two at a time, at every alignment to the chunks.
#[test]
fn a_large_package_is_copied_and_signed_right() {
    let world = World::new();
    let noise: Vec<u8> = (0_u32..).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).take(7 << 20).collect();
    for lead in [0, 1, 500_000] {
        let (first, second) = (&noise[..lead], &noise[lead..]);
        world.write("app.apk", repacked(&[("assets/a.bin", first), ("assets/b.bin", second)], |_, content| content));
        world.signed(&["app.apk", "--env", "dev", "--schemes", "v2,v3", "--min-sdk", "24"]).exits(0);
        // This one hashes every byte, with other code.
        world.inject(&["verify", "app.apk", "--env", "dev", "--min-sdk", "24"]).exits(0);
        assert_eq!(entry(&world.read("app.apk"), "assets/b.bin"), second);
        assert_eq!(entry(&world.read("app.apk"), "assets/a.bin"), first);
    }
}

#[test]
fn places_that_disagreed_are_said_once() {
    let world = World::new();
    world.demo("app.apk");
    let args = [
        "app.apk",
        "--env",
        "dev",
        "--at",
        "string/client_id={client_id}",
        "--at",
        "assets/app.properties#client.id={client_id}",
    ];
    let text = "its places held different Client Ids: placeholder-client-id in resources.arsc, placeholder-in-properties in assets/app.properties";
    world.signed(&args).exits(0).says(&[text]);
    let run = world.signed(&args).exits(0);
    assert!(!run.err.contains("different Client Ids"), "{}", run.err);
}
