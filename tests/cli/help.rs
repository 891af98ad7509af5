//! Help texts: every command shows how it is used, and every example works as it stands there.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use super::{APP, PASSWORD, PROGRAM, World, finish, key, repacked, testdata};
use crate::pipeline::apple;

/// The help of a command and of all below it, each with its words.
fn helps(words: &[String]) -> Vec<(String, String)> {
    let args: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
    let text = World::new().inject(&args).exits(0).out;
    let below = text.split("\nCommands:\n").nth(1).unwrap_or_default();
    let names = below.lines().take_while(|line| !line.is_empty() && !line.ends_with(':'));
    let names: Vec<&str> = names
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let mut all = vec![(words.join(" "), text.clone())];
    for name in names {
        all.extend(helps(&[words, &[name.to_owned()]].concat()));
    }
    all
}

/// The lines behind "Example:" or "Examples:".
fn examples(help: &str) -> Vec<String> {
    let mut lines = help.lines().skip_while(|line| !matches!(*line, "Example:" | "Examples:")).skip(1);
    let mut found = Vec::new();
    for line in lines.by_ref().take_while(|line| line.starts_with("  ")) {
        found.push(line.trim().to_owned());
    }
    found
}

/// What the examples speak of.
fn world(example: &str) -> World {
    let world = World::new();
    let verified = example.contains(" verify ") || example.contains(" identify ") || example.contains(" inspect ");
    world.write("app.apk", repacked(&[("assets/config.json", br#"{"id": "x"}"#)], |_, content| content));
    for folder in ["dist", "web/gxmetadata"] {
        fs::create_dir_all(world.path(folder)).unwrap();
    }
    world.write("release.p12", fs::read(key("demo.p12")).unwrap());
    world.write("id.p12", fs::read(testdata("apple/keys/aes256.p12")).unwrap());
    if example.contains("App.ipa") {
        let mut files = apple::app();
        files.remove("PlugIns/Widget.appex/embedded.mobileprovision");
        fs::rename(apple::ipa(world.root(), &files), world.path("App.ipa")).unwrap();
    }
    world.write("token", "a-registration-token-of-some-length");
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    world.write("chain.pem", cert.pem());
    world.write("key.pem", signing_key.serialize_pem());
    world.inject(&["register", APP, "--env", "prod"]).exits(0);
    if verified {
        world.signed(&["app.apk", "--env", "prod"]).exits(0);
    }
    if example.contains("init") {
        world.write("settings.gradle", "include ':app'\n");
        let build = format!(
            "apply plugin: 'com.android.application'\nandroid {{ defaultConfig {{ applicationId '{APP}' }} }}\n"
        );
        world.write("app/build.gradle", build);
    }
    world
}

#[test]
fn every_example_works() {
    let p12 = fs::read_to_string(testdata("apple/keys/p12.password")).unwrap();
    let helps = helps(&[]);
    assert!(helps.len() > 25, "{}", helps.len());
    let mut ran = 0;
    for (words, help) in &helps {
        // Commands within commands are shown where those are.
        assert!(words.contains(' ') || !examples(help).is_empty(), "inject {words} has no example");
        for example in examples(help) {
            assert!(example.starts_with("inject "), "{words}: {example}");
            let world = world(&example);
            let mut command = world.command("sh");
            // Of a real keyring nothing is changed.
            #[cfg(target_os = "macos")]
            if example.contains("keyring:") {
                continue;
            }
            let mut folders = vec![Path::new(PROGRAM).parent().unwrap().to_owned()];
            #[cfg(not(target_os = "macos"))]
            folders.push(super::keyring::stand_in(&world));
            folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
            command.env("PATH", std::env::join_paths(folders).unwrap());
            command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
            for (name, value) in [
                ("KEYSTORE_PASSWORD", PASSWORD),
                ("P12_PASSWORD", p12.trim()),
                ("REGISTRATION_TOKEN", "a-registration-token-of-some-length"),
                ("BACKUP_PASSPHRASE", "a passphrase of some length"),
                ("SECRET", "a-secret-of-some-length"),
            ] {
                command.env(name, value);
            }
            ran += 1;
            if example.contains(" serve ") {
                command.args(["-c", &format!("exec {}", example.replace("--env", "--listen 127.0.0.1:0 --env"))]);
                let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
                let mut line = String::new();
                BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
                child.kill().unwrap();
                child.wait().unwrap();
                let scheme = if example.contains("--tls-cert") { "https" } else { "http" };
                assert!(line.starts_with(&format!("{scheme}://127.0.0.1:")), "{example}: {line}");
                continue;
            }
            command.args(["-c", &format!("git init --quiet\n{example}\n")]);
            let run = finish(command, "");
            assert_eq!(run.code, Some(0), "{words}: {example}\n{}\n{}", run.out, run.err);
        }
    }
    assert!(ran > 20, "{ran}");
}
