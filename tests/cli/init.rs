//! `inject init`: what it writes is what the next run reads, and it writes over nothing.

use super::{APP, World};

/// A project that builds the demo package.
fn project(world: &World) {
    world.write("settings.gradle", "include ':app'\n");
    let script = format!(
        "plugins {{ id 'com.android.application' }}\nandroid {{\n  defaultConfig {{ applicationId '{APP}' }}\n  \
         buildTypes {{ debug {{ applicationIdSuffix '.debug' }} }}\n}}\n"
    );
    world.write("app/build.gradle", script);
    world.write("app/src/main/res/values/strings.xml", "<resources><string name=\"client_id\">x</string></resources>");
}

#[test]
fn the_first_steps_of_a_project() {
    let world = World::new();
    project(&world);
    let run = world.inject(&["init"]).exits(0).says(&["done inject.toml: 2 applications, environments dev and prod"]);
    assert_eq!(run.out, "");
    let list = world.inject(&["env", "list"]).exits(0).out;
    assert_eq!(list, "* dev  registry embedded\n  prod  registry embedded  release\n");
    let text = String::from_utf8(world.read("inject.toml")).unwrap();
    for part in [
        "[app.demo]\n",
        "id = \"com.example.demo\"\n",
        "[app.demo-debug]\nid = \"com.example.demo.debug\"\n",
        "preset = [\"generic\"]\n",
        "artifacts = [\"app/build/outputs/apk/release/*.apk\"]\n",
        "register = \"never\"\n",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 110), "{text}");
    world.demo("app/build/outputs/apk/release/app-release.apk");
    world.signed(&["--app", "demo"]).exits(0).says(&["carries dev of com.example.demo"]);
    world.signed(&["--app", "demo", "--env", "prod"]).exits(5).says(&["registering a new application is switched off"]);
}

#[test]
fn a_dry_run_prints_what_would_be_written() {
    let world = World::new();
    project(&world);
    let before = world.files();
    let printed = world.inject(&["init", "--dry-run"]).exits(0).out;
    assert_eq!(world.files(), before);
    let json = world.inject(&["init", "--json"]).exits(0).json();
    assert_eq!(world.read("inject.toml"), printed.as_bytes());
    assert_eq!((json["text"].as_str().unwrap(), &json["written"]), (printed.as_str(), &true.into()));
    assert_eq!(json["applications"][1]["application"], "com.example.demo.debug");
    assert_eq!(json["applications"][1]["artifacts"][0], "app/build/outputs/apk/debug/*.apk");
}

#[test]
fn nothing_is_overwritten_unasked() {
    let world = World::new();
    project(&world);
    world.write("inject.toml", "this is not even TOML");
    world.refuses(|world| world.inject(&["init"]), 2, &["inject.toml is there already", "--force", "--dry-run"]);
    world.inject(&["init", "--force", "-q"]).exits(0);
    world.inject(&["env", "show"]).exits(0);
}

#[test]
fn a_folder_without_a_project_says_what_was_looked_for() {
    let world = World::new();
    world.write("README.md", "");
    let texts = [
        "no application was found in",
        "build.gradle",
        "project.pbxproj",
        "sdapps.json",
        "angular.json",
        "inject env add dev",
    ];
    world.refuses(|world| world.inject(&["init"]), 2, &texts);
    world.refuses(|world| world.inject(&["init", "nowhere"]), 2, &["cannot list nowhere: No such file"]);
}

#[test]
fn what_is_not_known_is_a_comment() {
    let world = World::new();
    world.write(
        "app/build.gradle",
        "plugins { id 'com.android.application' }\nandroid { defaultConfig { applicationId id() } }\n",
    );
    world.write("web/gxmetadata/sdapps.json", "{\"apps\":[{\"n\":\"Notes\"}]}");
    world
        .inject(&["init"])
        .exits(0)
        .says(&["warning app/build.gradle: applicationId in line 2 is computed", "comments until"]);
    let text = String::from_utf8(world.read("inject.toml")).unwrap();
    let live: Vec<&str> = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    assert_eq!(
        live,
        [
            "version = 1",
            "default-env = \"dev\"",
            "[app.notes]",
            "id = \"Notes\"",
            "name = \"Notes\"",
            "preset = [\"genexus\"]",
            "artifacts = [\"web/gxmetadata\"]",
            "[env.dev]",
            "registry = \"embedded\"",
            "[env.prod]",
            "registry = \"embedded\"",
            "register = \"never\"",
            "release = true",
        ]
    );
    // With its marks taken away, it is a configuration.
    let whole: String = text
        .lines()
        .map(|line| {
            line.strip_prefix("# ")
                .filter(|line| line.starts_with(['[', 'i', 'a']) && (line.contains(" = ") || line.starts_with('[')))
                .unwrap_or(line)
        })
        .map(|line| format!("{line}\n"))
        .filter(|line| !line.contains("place]]") && !line.starts_with("at = "))
        .collect();
    world.write("inject.toml", whole);
    world.inject(&["env", "list"]).exits(0);
}

#[test]
fn names_that_toml_would_not_take_are_quoted() {
    let world = World::new();
    world.write(
        "we \"quote\" [x]/app/build.gradle",
        "apply plugin: 'com.android.application'\nandroid { namespace 'a.b\\\\\"c' }\n",
    );
    world.inject(&["init"]).exits(0);
    let json = world.inject(&["init", "--dry-run", "--json"]).exits(0).json();
    assert_eq!(json["applications"][0]["application"], "a.b\\\"c");
    assert_eq!(
        json["applications"][0]["artifacts"][0],
        "we \"quote\" [[]x[]]/app/build/outputs/apk/{debug,release}/*.apk"
    );
    world.inject(&["env", "list"]).exits(0);
}

#[test]
fn what_a_killed_run_left_goes_with_the_next_one() {
    let world = World::new();
    world.write("inject.toml", "version = 1\n");
    // It was killed between giving the file its name and taking the other one away.
    std::fs::hard_link(world.path("inject.toml"), world.path(".inject.toml.inject-0123456789abcdef")).unwrap();
    world.inject(&["init", "--dry-run"]);
    assert_eq!(world.files().len(), 2, "a dry run writes nothing");
    world.inject(&["init"]).exits(2).says(&["inject.toml is there already"]);
    assert_eq!(world.files().into_keys().collect::<Vec<_>>(), [world.path("inject.toml")]);
}
