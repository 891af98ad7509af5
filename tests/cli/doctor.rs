//! `inject doctor`: what is set up and what is missing, without changing or asking anything.

#[cfg(unix)]
use std::fs;

use super::{APP, PASSWORD, World, key};

/// State and text of what is said about something.
fn about<'j>(json: &'j serde_json::Value, about: &str) -> Vec<(&'j str, &'j str)> {
    let checks = json["checks"].as_array().unwrap().iter().filter(|check| check["about"] == about);
    checks.map(|check| (check["state"].as_str().unwrap(), check["text"].as_str().unwrap())).collect()
}

#[test]
fn a_machine_without_anything() {
    let world = World::new();
    let run = world.refuses(|world| world.inject(&["doctor"]), 2, &[]);
    for text in [
        "todo  environment    which environment?",
        "-> name one: --env NAME",
        "note  configuration  no inject.toml",
        "note  store",
        "none yet",
    ] {
        assert!(run.out.contains(text), "no {text:?} in\n{}", run.out);
    }
    assert!(!world.stores().exists(), "looking makes no store");
    world.inject(&["doctor", "--env", "dev"]).exits(0);
}

#[test]
fn a_project_that_is_set_up() {
    let world = World::new();
    world.write(".git/hooks/pre-commit", "#!/bin/sh\ninject scan --staged\n");
    world.demo("build/app.apk");
    world.write(
        "inject.toml",
        format!("version = 1\ndefault-env = \"dev\"\n[env.dev]\n[env.prod]\nrelease = true\n[app.demo]\nid = \"{APP}\"\nartifacts = [\"build/*.apk\", \"out/*.ipa\"]\n"),
    );
    world.signed(&[]).exits(0);
    world.inject(&["env", "use", "prod"]).exits(0);
    let before = world.files();
    let json = world.signed_with(&[("INJECT_ENV", "dev")], &["doctor", "--json"]).exits(0).json();
    assert_eq!(world.files(), before);
    assert_eq!(json["usable"], true);
    assert_eq!(
        about(&json, "environment"),
        [
            ("ok", "dev (from INJECT_ENV)"),
            ("note", "inject env use says prod, and does not count now"),
            ("note", "default-env in inject.toml says dev, and does not count now"),
            ("ok", "registry embedded, secret embed, register auto, release false (from inject.toml)"),
        ]
    );
    assert_eq!(about(&json, "registry"), [("ok", "embedded:dev, on this machine")]);
    let artifacts = about(&json, "artifacts");
    assert_eq!(
        artifacts,
        [("ok", "[app.demo] build/*.apk: 1 found"), ("note", "[app.demo] out/*.ipa: nothing yet; build first")]
    );
    let signing = about(&json, "signing");
    assert!(
        signing[0].0 == "ok" && signing[0].1.contains("CN=inject demo") && signing[0].1.contains("until 20"),
        "{signing:?}"
    );
    assert!(about(&json, "store")[0].1.ends_with(": 1 credentials"));
    assert!(about(&json, "git")[0].1.contains("looks for credentials"));
    let text = json.to_string();
    let (id, secret) = world.credential(APP, "dev");
    assert!(!text.contains(&secret) && !text.contains(PASSWORD) && !text.contains(&id));
}

#[test]
fn what_must_be_done() {
    let world = World::new();
    world.write(
        "inject.toml",
        "version = 1\n[env.dev]\nregistry = \"http\"\nurl = \"https://127.0.0.1:9\"\ntoken = \"env:TOKEN\"\n",
    );
    let json = world.inject(&["doctor", "--env", "dev", "--json"]).exits(0).json();
    assert!(about(&json, "registry")[0].1.ends_with("not asked; --online asks it"), "{json:#}");
    // Asked, it cannot be reached; its token is not there either.
    let run = |variables: &[(&str, &str)], args: &[&str]| {
        world.run(variables, &[&["doctor", "--env", "dev", "--json"], args].concat(), "")
    };
    let json = run(&[], &["--online"]).exits(2).json();
    assert!(about(&json, "registry")[0].0 == "todo" && about(&json, "registry")[0].1.contains("TOKEN"), "{json:#}");
    let json = run(&[("TOKEN", "t")], &["--online"]).exits(2).json();
    assert!(about(&json, "registry")[0].0 == "todo", "{json:#}");
    // A keystore that is not there, and a password that is wrong.
    let json = run(&[("KEYSTORE_FILE", "none.p12")], &[]).exits(2).json();
    assert!(about(&json, "signing")[0].1.starts_with("none.p12 (KEYSTORE_FILE): No such file"), "{json:#}");
    let json = run(&[("KEYSTORE_FILE", &key("demo.p12")), ("KEYSTORE_PASSWORD", "wrong-one")], &[]).exits(2).json();
    assert!(about(&json, "signing")[0].0 == "todo" && !json.to_string().contains("wrong-one"), "{json:#}");
    // A broken configuration is one thing to do among others.
    world.write("inject.toml", "version = 2\n");
    let json = run(&[], &[]).exits(2).json();
    assert!(about(&json, "configuration")[0].1.contains("version is not 1"), "{json:#}");
    assert_eq!(about(&json, "version").len(), 1);
}

#[cfg(unix)]
#[test]
fn a_store_that_others_reach() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    world.inject(&["register", APP, "--env", "dev"]).exits(0);
    fs::set_permissions(world.stores(), fs::Permissions::from_mode(0o755)).unwrap();
    let run = world.inject(&["doctor", "--env", "dev"]).exits(2);
    assert!(run.out.contains("can be entered by others (mode 755)") && run.out.contains("-> chmod 700"), "{}", run.out);
    // Within a repository it would be committed one day.
    world.write(".git/HEAD", "ref");
    let inside = world.path("stores").to_string_lossy().into_owned();
    let run = world.run(&[("INJECT_HOME", &inside)], &["doctor", "--env", "dev"], "").exits(2);
    assert!(run.out.contains("lies within the repository"), "{}", run.out);
}
