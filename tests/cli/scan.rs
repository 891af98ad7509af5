//! `inject scan`: what the store knows is found in files, archives and staged changes, and never shown.

use std::process::Command;

use super::{World, zipped};

const APP: &str = "com.example.demo";

/// A world with a credential for dev and prod; returns the secrets too.
fn world() -> (World, String, String) {
    let world = World::new();
    world.inject(&["register", APP, "--env", "dev"]).exits(0);
    world.inject(&["register", APP, "--env", "prod"]).exits(0);
    let (_, dev) = world.credential(APP, "dev");
    let (_, prod) = world.credential(APP, "prod");
    (world, dev, prod)
}

#[track_caller]
fn prints(world: &World, args: &[&str], code: i32, text: &str) {
    let run = world.inject(args).exits(code);
    assert!(run.out.contains(text), "no {text:?} in {}", run.out);
}

#[test]
fn finds_every_known_secret_and_shows_none() {
    let (world, dev, prod) = world();
    world.write("dist/clean.txt", "nothing");
    prints(&world, &["scan", "dist"], 0, "no known value: 2 values looked for in 1 files of 7 bytes");
    let inner = zipped(&[("deep.txt", dev.as_bytes())]);
    world.write("dist/app.apk", zipped(&[("assets/a.json", b"{}"), ("metadata.gxsd", &inner)]));
    let wide: Vec<u8> = prod.encode_utf16().flat_map(u16::to_le_bytes).collect();
    world.write("dist/below/wide.bin", &wide);
    world.write("dist/.git/object", &dev);
    let run = world.inject(&["scan", "dist", "--json"]).exits(7);
    let text = format!("{}{}", run.out, run.err);
    assert!(!text.contains(&dev) && !text.contains(&prod));
    let json = run.json();
    let places: Vec<&str> = json["findings"].as_array().unwrap().iter().map(|f| f["place"].as_str().unwrap()).collect();
    assert_eq!(places, ["dist/app.apk!/metadata.gxsd!/deep.txt", "dist/below/wide.bin"]);
    let said: Vec<&str> = json["findings"].as_array().unwrap().iter().map(|f| f["message"].as_str().unwrap()).collect();
    assert_eq!(said[0], "it holds the secret of com.example.demo in dev");
    assert_eq!(said[1], "it holds the secret of com.example.demo in prod (in UTF-16LE)");
    prints(&world, &["scan", "dist/clean.txt", "dist/below/wide.bin"], 7, "FOUND");
    world.inject(&["scan", "nowhere"]).exits(3).says(&["nowhere"]);
    world.inject(&["scan"]).exits(2);
}

#[test]
fn client_ids_are_looked_for_where_that_is_asked() {
    let (world, ..) = world();
    let (id, _) = world.credential(APP, "dev");
    world.write("a.txt", &id);
    world.inject(&["scan", "a.txt"]).exits(0);
    world.inject(&["scan", "a.txt", "--ids"]).exits(7).says(&["the Client Id of com.example.demo in dev"]);
}

#[test]
fn an_empty_store_says_so() {
    let world = World::new();
    world.write("a.txt", "x");
    world.inject(&["scan", "a.txt"]).exits(0).says(&["the store holds nothing to look for"]);
}

#[test]
fn nothing_stored_is_committed() {
    let (world, dev, _) = world();
    let (id, _) = world.credential(APP, "dev");
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command
            .args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"])
            .args(args);
        assert!(
            command.current_dir(world.project()).env("HOME", world.home()).output().unwrap().status.success(),
            "{args:?}"
        );
    };
    world.inject(&["scan", "--staged"]).exits(2).says(&["not a git repository", "name paths instead"]);
    git(&["init"]);
    world.write("clean.txt", "clean");
    world.write("dirty name.txt", &dev);
    git(&["add", "clean.txt"]);
    // What is not staged is not looked at, and what is staged is looked at as it is staged.
    prints(&world, &["scan", "--staged"], 0, "in 1 files of 5 bytes");
    git(&["add", "dirty name.txt"]);
    world.write("dirty name.txt", "clean by now");
    world.inject(&["scan", "--staged"]).exits(7).says(&["dirty name.txt", "the secret of com.example.demo in dev"]);
    git(&["commit", "-m", "past"]);
    prints(&world, &["scan", "--staged"], 0, "in 0 files");
    // A Client Id, in a content and in a name; from a folder below too.
    world.write("below/config.json", format!("{{\"id\": \"{id}\"}}"));
    git(&["add", "below"]);
    world.inject(&["scan", "--staged"]).exits(7).says(&["below/config.json", "the Client Id"]);
    git(&["rm", "--cached", "-r", "below"]);
    world.write(&format!("{id}.txt"), "");
    git(&["add", &format!("{id}.txt")]);
    world.inject(&["scan", "--staged"]).exits(7).says(&["the name of"]);
}

#[test]
fn what_genexus_leaves_is_found_without_any_store() {
    let world = World::new();
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command
            .args(["-c", "init.defaultBranch=main"])
            .args(args)
            .current_dir(world.project())
            .env("HOME", world.home());
        assert!(command.output().unwrap().status.success(), "{args:?}");
    };
    git(&["init"]);
    let sent = r#"{"Applications":[],"IdeConnection":{"ConnPassword":"pass-canary","ConnUser":"sa"}}"#;
    let ids = r#"[{"Id":"0f3c9a1b-2c3d-4e5f-8091-a2b3c4d5e6f7","EnvironmentGUID":"x","IsNew":true}]"#;
    world.write("kb/renamed.txt", sent);
    world.write("kb/InputParms.json", "{}");
    world.write("kb/applications.gam", ids);
    world.write("kb/all.zip", zipped(&[("below/x", sent.as_bytes())]));
    let run = world.inject(&["scan", "kb", "--json"]).exits(7);
    let json = run.json();
    let found: Vec<String> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| {
            format!(
                "{} {} {}",
                f["severity"].as_str().unwrap(),
                f["code"].as_str().unwrap(),
                f["place"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            "warning leak.gam-name kb/InputParms.json",
            "error leak.gam-passwords kb/all.zip!/below/x",
            "warning leak.gam-ids kb/applications.gam",
            "error leak.gam-passwords kb/renamed.txt",
        ]
    );
    assert!(!format!("{}{}", run.out, run.err).contains("pass-canary"));
    // Warnings alone end no commit; what is staged may hold no ids either.
    git(&["add", "kb/InputParms.json"]);
    world.inject(&["scan", "--staged"]).exits(0).says(&["warning leak.gam-name (kb/InputParms.json)", "another form"]);
    git(&["add", "kb/applications.gam"]);
    world.inject(&["scan", "--staged"]).exits(7).says(&["leak.gam-ids (kb/applications.gam)"]);
    git(&["rm", "-q", "--cached", "kb/applications.gam"]);
    git(&["add", "kb/renamed.txt"]);
    let texts = [
        "leak.gam-passwords (kb/renamed.txt)",
        "take it out of what is committed",
        ".gitignore",
        "change the passwords",
    ];
    world.inject(&["scan", "--staged"]).exits(7).says(&texts);
    world.inject(&["doctor", "--env", "dev"]).exits(2);
    let log = world.inject(&["scan", "kb/renamed.txt", "--format", "sarif"]).exits(7);
    assert!(
        log.out.contains("\"id\": \"leak.gam-passwords\"") && log.out.contains("administrator in clear"),
        "{}",
        log.out
    );
}
