//! `inject credential` and `inject register`: what is kept, shown and forgotten.

use super::{APP, World};

const DEV: [&str; 4] = ["--app", APP, "--env", "dev"];

fn run(world: &World, words: &[&str]) -> super::Run {
    world.run(&[("S", "the-secret")], &[&["credential"], words, &DEV].concat(), "from-stdin\n")
}

#[test]
fn set_show_replace_forget() {
    let world = World::new();
    run(&world, &["show"]).exits(5).says(&["no credential of com.example.demo in dev", "inject register"]);
    assert!(!world.stores().exists(), "looking makes no store");
    run(&world, &["set", "--client-id", "id-1", "--secret", "stdin"]).exits(0).says(&["has id-1"]);
    assert_eq!(world.credential(APP, "dev"), ("id-1".to_owned(), "from-stdin".to_owned()));
    run(&world, &["set", "--client-id", "id-1", "--secret", "stdin"]).exits(0).says(&["exactly this"]);
    run(&world, &["set", "--client-id", "id-2", "--secret", "env:S"]).exits(9).says(&["already: id-1", "--replace"]);
    run(&world, &["set", "--client-id", "id-2", "--secret", "env:S", "--replace"]).exits(0);
    assert_eq!(world.credential(APP, "dev"), ("id-2".to_owned(), "the-secret".to_owned()));

    let shown = run(&world, &["show"]).exits(0).out;
    assert!(shown.contains("id-2") && shown.contains("--reveal prints it") && !shown.contains("the-secret"), "{shown}");
    let revealed = run(&world, &["show", "--reveal"]).exits(0).out;
    assert!(revealed.contains("client_secret  the-secret"), "{revealed}");
    let json = run(&world, &["show", "--json"]).exits(0).json();
    assert_eq!(json["client_secret"], serde_json::Value::Null);
    let listed = world.inject(&["credential", "list"]).exits(0).out;
    assert!(listed.starts_with("com.example.demo  dev  id-2  secret ") && !listed.contains("the-secret"), "{listed}");

    run(&world, &["forget"]).exits(0).says(&["forgot the credential"]);
    run(&world, &["forget"]).exits(0).says(&["there was no credential"]);
    assert_eq!(world.credentials(), 0);
}

#[test]
fn what_is_no_credential() {
    let world = World::new();
    for (words, text) in [
        (&["set", "--client-id", ""][..], "the Client Id is empty"),
        (&["set", "--client-id", "a\u{e9}"], "only printable ASCII"),
        (&["set", "--client-id", "a", "--secret", "env:MISSING"], "environment variable MISSING: not set"),
        (&["set", "--client-id", "a", "--secret", "file:nowhere"], "Client Secret: nowhere: No such file"),
        (&["set", "--client-id", "a", "--secret", "file:."], "Client Secret: .: "),
        (&["set", "--client-id", "a", "--secret", "prompt"], "there is none to ask on"),
    ] {
        run(&world, words).exits(2).says(&[text]);
        assert!(!world.stores().exists(), "{words:?}");
    }
    let args = [&["credential", "set", "--client-id", "a", "--secret", "stdin"][..], &DEV].concat();
    world.run(&[], &args, "tab\there").exits(2).says(&["--secret", "not printable ASCII"]);
    world.run(&[], &args, &"x".repeat(70_000)).exits(2).says(&["more than 65536 bytes"]);
}

#[test]
fn registering_says_what_is_new_and_is_idempotent() {
    let world = World::new();
    let first = world.inject(&["register", APP, "--env", "dev"]).exits(0);
    assert!(first.err.contains("a NEW application was registered"), "{}", first.err);
    let again = world.inject(&["register", APP, "--env", "dev", "--json"]).exits(0);
    assert!(!again.err.contains("NEW"), "{}", again.err);
    let json = again.json();
    assert_eq!(json["client_id"], first.out.trim());
    assert_eq!(json["origin"], "store");
    assert_eq!(json["registry"], "embedded:dev");
    let forced = world.inject(&["register", APP, "--env", "dev", "--force", "--json"]).exits(0).json();
    assert_eq!((&forced["client_id"], forced["origin"].as_str()), (&json["client_id"], Some("registry")));
    // A fresh store adopts what the registry has.
    let kept = world.credential(APP, "dev");
    world.inject(&["credential", "forget", "--app", APP, "--env", "dev"]).exits(0);
    let adopted = world.inject(&["register", APP, "--env", "dev"]).exits(0);
    assert!(!adopted.err.contains("NEW"), "{}", adopted.err);
    assert_eq!(world.credential(APP, "dev"), kept);
}

#[test]
fn every_command_that_changes_something_answers_in_json() {
    let world = World::new();
    let json = run(&world, &["set", "--client-id", "id-1", "--secret", "env:S", "--json"]).exits(0).json();
    assert_eq!((json["client_id"].as_str(), json["changed"].as_bool()), (Some("id-1"), Some(true)));
    let json = run(&world, &["set", "--client-id", "id-1", "--secret", "env:S", "--json"]).exits(0).json();
    assert_eq!(json["changed"], false);
    let json = run(&world, &["forget", "--json"]).exits(0).json();
    assert_eq!(json["changed"], true);
    let json = world.inject(&["env", "use", "dev", "--json"]).exits(0).json();
    assert_eq!(json["environment"], "dev");
    let json = world.inject(&["env", "add", "qa", "--json"]).exits(0).json();
    assert_eq!(json["environment"], "qa");
}

#[cfg(unix)]
#[test]
fn the_store_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    world.inject(&["register", APP, "--env", "dev"]).exits(0);
    let mode = |path: std::path::PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(world.stores()), 0o700);
    assert_eq!(mode(world.stores().join("registry")), 0o700);
    for file in ["key", "databases", "store.db", "registry/dev.db"] {
        assert_eq!(mode(world.stores().join(file)), 0o600, "{file}");
    }
}

#[cfg(windows)]
#[test]
fn the_store_is_private() {
    // Wine has no access lists that would be kept.
    if std::env::var_os("WINEHOMEDIR").is_some() {
        return;
    }
    let world = World::new();
    world.inject(&["register", APP, "--env", "dev"]).exits(0);
    for name in ["", "registry", "key", "store.db", "registry/dev.db"] {
        let shown = std::process::Command::new("icacls").arg(world.stores().join(name)).output().expect("icacls");
        let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
        // This account and the system; what is inherited is so from the store's own folder.
        assert_eq!(shown.lines().filter(|line| line.contains(":(")).count(), 2, "{name}: {shown}");
    }
}
