//! Programs that `inject.toml` names: who obtains or changes something runs them, who only looks does not.

use super::{APP, World, files_below};

/// A program that leaves a mark and prints a value; for registries an answer, where it is asked something.
const HELPER: &str = "#!/bin/sh
echo ran >> ran
if [ \"$1\" = registry ]; then echo '{\"client_id\": \"its-id\", \"client_secret\": \"its-secret\"}'; else echo \"$1\"; fi
";

/// A project whose environment dev is this.
fn project(dev: &str) -> World {
    let world = World::new();
    world.demo("app.apk");
    world.write("inject.toml", format!("version = 1\n[app.demo]\nid = \"{APP}\"\n[env.dev]\n{dev}\n"));
    world.write("helper", HELPER);
    std::fs::set_permissions(world.path("helper"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    world
}

/// How often the program has run since this was asked last.
fn ran(world: &World) -> usize {
    let marks = std::fs::read_to_string(world.path("ran")).unwrap_or_default().lines().count();
    let _ = std::fs::remove_file(world.path("ran"));
    marks
}

/// Commands that only read, whatever they come to.
const READS: [&[&str]; 11] = [
    &["app.apk", "--env", "dev", "--dry-run"],
    &["app.apk", "--env", "dev", "--check"],
    &["verify", "app.apk", "--env", "dev"],
    &["inspect", "app.apk"],
    &["identify", "app.apk"],
    &["scan", "app.apk"],
    &["doctor", "--env", "dev"],
    &["env", "list"],
    &["env", "show", "--env", "dev"],
    &["credential", "list"],
    &["credential", "show", "--app", APP, "--env", "dev"],
];

const SECRET: &str = "registry = \"fixed\"\nclient-id = \"the-id\"\nclient-secret = \"exec:./helper the-secret\"";
const ID: &str =
    "registry = \"fixed\"\nclient-id = \"exec:./helper the-id\"\nclient-secret = \"exec:./helper the-secret\"";
const REGISTRY: &str = "registry = \"exec\"\ncommand = [\"./helper\", \"registry\"]";
const ADDRESS: &str =
    "registry = \"http\"\nurl = \"exec:./helper http://127.0.0.1:9\"\ntoken = \"exec:./helper token\"";
const DATABASE: &str =
    "registry = \"postgres\"\nurl = \"exec:./helper postgres://a:b@127.0.0.1:9/c\"\nkey = \"exec:./helper k\"";
const TOKEN: &str = "registry = \"http\"\nurl = \"http://127.0.0.1:9\"\ntoken = \"exec:./helper token\"";
const KEY: &str = "registry = \"postgres\"\nurl = \"file:url\"\nkey = \"exec:./helper token\"";
const OAUTH: &str = "registry = \"oauth\"\nurl = \"exec:./helper http://127.0.0.1:9\"\ntoken = \"exec:./helper token\"";

#[test]
fn who_only_reads_runs_none() {
    for dev in [SECRET, ID, REGISTRY, ADDRESS, TOKEN, DATABASE, KEY, OAUTH] {
        let world = project(dev);
        let before = files_below(&world.project());
        for args in READS {
            let run = world.inject(args);
            assert_eq!(ran(&world), 0, "{args:?} with {dev}\n{}\n{}", run.out, run.err);
        }
        assert!(files_below(&world.project()) == before, "{dev}");
    }
    // Who obtains runs them, as does who is allowed to; each once, because it may ask a person.
    let world = project(ID);
    world.demo("other.apk");
    for args in [
        &["register", APP, "--env", "dev"][..],
        &["app.apk", "other.apk", "--env", "dev"],
        &["app.apk", "--env", "dev", "--dry-run", "--allow-exec"],
        &["verify", "app.apk", "--env", "dev", "--allow-exec"],
    ] {
        world.signed(args).exits(0);
        assert_eq!(ran(&world), 2, "{args:?}: one for the id, one for the secret");
    }
}

#[test]
fn a_secret_that_is_not_read_is_not_compared() {
    let world = project(SECRET);
    let says = ["client-secret in [env.dev]: a command that only reads does not run exec:./helper the-secret"];
    let dry = world.inject(&["app.apk", "--env", "dev", "--dry-run"]).exits(0).says(&says);
    assert!(dry.out.contains("app.apk: the credential of [env.dev] would be read, then put here:"), "{}", dry.out);
    world.inject(&["app.apk", "--env", "dev", "--check"]).exits(2).says(&says).says(&["--allow-exec"]);
    world.inject(&["app.apk", "--env", "dev", "--check", "--allow-exec"]).exits(8);
    world.signed(&["app.apk", "--env", "dev"]).exits(0);
    let partial = world.inject(&["verify", "app.apk", "--env", "dev"]).exits(0).says(&says).says(&["partial"]);
    assert!(partial.out.contains("carries dev, partial"), "{}", partial.out);
    let whole = world.inject(&["verify", "app.apk", "--env", "dev", "--allow-exec"]).exits(0);
    assert!(whole.out.contains("carries dev, sound"), "{}", whole.out);
    // What needs the secret has no other answer.
    for more in [&["--receipt", "r.json"][..], &["--probe", "--probe-secret"]] {
        world.inject(&[&["verify", "app.apk", "--env", "dev"][..], more].concat()).exits(2).says(&says);
    }
    let text = String::from_utf8(world.read("inject.toml")).unwrap();
    let alone = "preset = []\nplace = [{ at = \"string/client_secret\", value = \"{client_secret}\" }]\n[env.dev]";
    world.write("inject.toml", text.replace("[env.dev]", alone));
    world.inject(&["verify", "app.apk", "--env", "dev"]).exits(2).says(&says);
    // The Client Id still counts.
    world.write("inject.toml", text.replace("the-id", "another-id"));
    world.inject(&["verify", "app.apk", "--env", "dev"]).exits(7).says(&["string/client_id"]);
}

#[test]
fn what_is_not_known_then_is_said() {
    let verify = ["verify", "app.apk", "--env", "dev"];
    let world = project(ID);
    let says = "client-id in [env.dev]: a command that only reads does not run exec:./helper the-id";
    world.inject(&verify).exits(2).says(&[says, "--allow-exec"]);
    let world = project(REGISTRY);
    world.inject(&verify).exits(5).says(&["no credential of com.example.demo in dev is known here"]);
    world.inject(&verify).says(&["or let verify run ./helper registry: --allow-exec"]);
    assert_eq!(ran(&world), 0);
    world.inject(&["verify", "app.apk", "--env", "dev", "--allow-exec"]).exits(7);
    assert_ne!(ran(&world), 0);
    // What the store has needs nobody to be asked.
    world.signed(&["app.apk", "--env", "dev"]).exits(0);
    assert_ne!(ran(&world), 0);
    world.inject(&verify).exits(0);
    assert_eq!(ran(&world), 0);
    let world = project(ADDRESS);
    world.inject(&verify).exits(2).says(&["url in [env.dev]: a command that only reads does not run exec:./helper"]);
    let shown = world.inject(&["env", "show", "--env", "dev"]).exits(0);
    assert!(
        shown.out.contains("registry  http, at the address that exec:./helper http://127.0.0.1:9 prints"),
        "{}",
        shown.out
    );
    // A program that has a token, or a key, is not needed where the store has the credential.
    for registry in [TOKEN, KEY] {
        let world = project(registry);
        world.write("url", "postgres://a:b@127.0.0.1:9/c");
        world.inject(&verify).exits(5).says(&["or let verify run exec:./helper token: --allow-exec"]);
        let set = ["credential", "set", "--app", APP, "--env", "dev", "--client-id", "an-id", "--secret", "stdin"];
        world.run(&[], &set, "a-secret-of-the-store").exits(0);
        world.inject(&verify).exits(7).says(&["string/client_id"]);
        assert_eq!(ran(&world), 0);
    }
    let doctor = world.inject(&["doctor", "--env", "dev"]);
    assert!(doctor.out.contains("which was not run; --online runs it"), "{}", doctor.out);
}
