//! What `inject` writes, `inject` recognizes: for every preset, every kind that it fits, places that were there and places that were
//! made, with a secret and without.

use std::fs;

use inject::format::plist;
use inject::placement::Kind;

use super::World;
use crate::pipeline::{apple, ios_presets, presets};

const APP: &str = "com.example.app";
/// Ids as Google has them: one preset turns them around.
const IDS: [(&str, &str); 2] =
    [("dev", "123-dev.apps.googleusercontent.com"), ("qa", "456-qa.apps.googleusercontent.com")];

/// A world that has the application's credential in two environments.
fn world(omit: bool) -> World {
    let world = World::new();
    let secret = if omit { "secret = \"omit\"\n" } else { "" };
    let config =
        format!("version = 1\n[app.app]\nid = \"{APP}\"\nname = \"Sub.Notes\"\n[env.dev]\n{secret}[env.qa]\n{secret}");
    world.write("inject.toml", config);
    for (env, id) in IDS {
        let set = ["credential", "set", "--app", APP, "--env", env, "--client-id", id];
        let with = [&set[..], &["--secret", "stdin"]].concat();
        let text = format!("THE-SECRET-OF-{env}-0123456789");
        world.run(&[], if omit { &set } else { &with }, &text).exits(0);
    }
    world
}

/// Injects, and asks every command what it sees; the other environment is never named.
#[track_caller]
fn recognized(world: &World, artifact: &str, preset: &str, omit: bool) {
    for (env, other) in [("dev", "qa"), ("qa", "dev"), ("dev", "qa")] {
        let inject = [artifact, "--env", env, "--app", APP, "--preset", preset, "--unsigned"];
        world.inject(&inject).exits(0);
        let what = format!("{preset}, {artifact}, {env}, omit {omit}");
        let run = world.inject(&["identify", artifact]);
        assert_eq!(run.code, Some(0), "{what}:\n{}{}", run.out, run.err);
        assert!(run.out.contains(&format!("{APP} in {env}")), "{what}:\n{}", run.out);
        assert!(!run.out.contains(&format!("in {other}")), "{what}:\n{}", run.out);
        let run = world.inject(&["inspect", artifact]).exits(0);
        assert!(run.out.contains(&format!("({APP} in {env})")), "{what}:\n{}", run.out);
        assert!(!run.out.contains("THE-SECRET"), "{what}");
        let verify = ["verify", artifact, "--env", env, "--app", APP, "--preset", preset];
        let run = world.inject(&verify);
        let unsigned = ["v1.none", "v2.none", "v3.none", "apk.unsigned", "apple.unsigned", "signature"];
        let wrong: Vec<&str> = run
            .err
            .lines()
            .filter(|line| line.starts_with("finding") && !unsigned.iter().any(|code| line.contains(code)))
            .collect();
        assert!(wrong.is_empty(), "{what}: {wrong:#?}");
        world.inject(&inject).exits(0).says(&["up to date"]);
    }
}

#[test]
fn every_preset_in_a_package() {
    for omit in [false, true] {
        for name in presets::of_kind(Kind::Apk) {
            let world = world(omit);
            world.write("app.apk", presets::example(name).0);
            recognized(&world, "app.apk", name, omit);
        }
        // Where no place is known, one is made.
        let world = world(omit);
        world.write("app.apk", presets::without_places());
        recognized(&world, "app.apk", "generic", omit);
    }
}

#[test]
fn every_preset_in_a_folder() {
    for omit in [false, true] {
        for name in presets::of_kind(Kind::Tree) {
            let world = world(omit);
            for (file, content) in presets::folder_example(name).0 {
                // The other main object has no credential here, which is an answer of its own.
                let only = br#"{"apps":[{"n":"Sub.Notes","properties":{"IntegratedSecurityObjClientID":"o"}}]}"#;
                let content = if file == "sdapps.json" { only.to_vec() } else { content };
                world.write(&format!("site/{file}"), content);
            }
            recognized(&world, "site", name, omit);
        }
    }
}

#[test]
fn every_preset_in_an_app() {
    for omit in [false, true] {
        for preset in ios_presets::shipped() {
            let world = world(omit);
            let mut files = apple::app();
            // An extension is named after its app.
            files.insert("PlugIns/Widget.appex/Info.plist".to_owned(), apple::info("com.example.app.widget", "Widget"));
            files.extend(ios_presets::example(&preset.name).0.0);
            let info = files.get_mut("Info.plist").unwrap();
            for (key, value) in [("CFBundleIdentifier", APP), ("CFBundleExecutable", "Notes")] {
                *info = plist::set(info, key, value, true).unwrap();
            }
            let path = apple::ipa(&world.project(), &files);
            fs::rename(path, world.path("App.ipa")).unwrap();
            recognized(&world, "App.ipa", &preset.name, omit);
        }
    }
}
