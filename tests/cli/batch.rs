//! Several artifacts in one run: one that fails does not stop the others, and everything is said in their order.

use std::fmt::Write;

use super::{APP, World, repacked};

/// A package of another application: its manifest names another package of the same length.
fn other(package: &str) -> Vec<u8> {
    assert_eq!(package.len(), APP.len());
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    repacked(&[], |name, mut content| {
        for (old, new) in [(wide(APP), wide(package)), (APP.into(), package.into())] {
            while let Some(at) =
                content.windows(old.len()).position(|part| part == old).filter(|_| name == "AndroidManifest.xml")
            {
                content[at..at + new.len()].copy_from_slice(&new);
            }
        }
        content
    })
}

fn config(more: &str) -> String {
    format!(
        "version = 1\ndefault-env = \"dev\"\n[env.dev]\n[env.prod]\nrelease = true\n\
         [app.demo]\nid = \"{APP}\"\nartifacts = [\"build/*.apk\", \"out/**/*.apk\"]\n{more}"
    )
}

#[test]
fn applications_of_one_environment_get_a_credential_each() {
    let world = World::new();
    world.write("inject.toml", config("[app.other]\nid = \"com.example.next\"\nartifacts = [\"next/*.apk\"]\n"));
    for name in ["build/a.apk", "build/b.apk"] {
        world.demo(name);
    }
    world.write("next/c.apk", other("com.example.next"));
    let run = world.signed(&["--json"]).exits(0);
    let json = run.json();
    let done: Vec<(&str, &str)> = json["artifacts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (one["artifact"].as_str().unwrap().rsplit('/').next().unwrap(), one["application"].as_str().unwrap())
        })
        .collect();
    assert_eq!(done, [("a.apk", APP), ("b.apk", APP), ("c.apk", "com.example.next")]);
    assert_eq!(json["failed"], serde_json::json!([]));
    assert_eq!(world.credentials(), 2);
    assert_eq!(world.read("build/a.apk"), world.read("build/b.apk"));
    // What nothing matches is said, and is no error while something else is there.
    let texts = ["note nothing below", "matches \"out/**/*.apk\""];
    let run = world.signed(&[]).exits(0).says(&texts);
    assert_eq!(run.out, "");
    let rows: Vec<&str> = run.err.lines().filter(|line| line.contains("up to date")).collect();
    assert_eq!(rows.len(), 3, "{}", run.err);
    assert!(
        rows[0].starts_with("build/a.apk  com.example.demo  dev ")
            && rows[2].starts_with("next/c.apk   com.example.next"),
        "{rows:?}"
    );
    assert!(run.err.contains("artifact     application       environment"), "{}", run.err);
    // For who wants quiet, nothing; and no line that is drawn over in a log.
    assert_eq!(world.signed(&["-q"]).exits(0).err, "");
    assert!(!run.err.contains(['\r', '\x1b']));
}

#[test]
fn a_pattern_passes_over_what_is_of_tools_and_enters_it_where_it_names_it() {
    let world = World::new();
    for name in ["app.apk", ".git/app.apk", "web/node_modules/a/app.apk"] {
        world.demo(name);
    }
    let before = world.read("app.apk");
    let run = |pattern: &str| {
        let text = format!("version = 1\n[env.dev]\n[app.demo]\nid = \"{APP}\"\nartifacts = [\"{pattern}\"]\n");
        world.write("inject.toml", text);
        world.signed(&["--env", "dev"]).exits(0);
    };
    run("**/*.apk");
    assert_ne!(world.read("app.apk"), before);
    assert_eq!(world.read(".git/app.apk"), before);
    assert_eq!(world.read("web/node_modules/a/app.apk"), before);
    run("web/node_modules/*/*.apk");
    assert_ne!(world.read("web/node_modules/a/app.apk"), before);
    assert_eq!(world.read(".git/app.apk"), before);
}

#[test]
fn one_that_fails_does_not_stop_the_others() {
    let world = World::new();
    world.write("inject.toml", config(""));
    world.write("build/a.apk", "no package");
    world.demo("build/b.apk");
    // It has no place: its resources are gone.
    let places = "[[app.demo.place]]\nat = \"assets/app.properties#client.id\"\nvalue = \"{client_id}\"\n";
    world.write("inject.toml", config(places));
    world.write(
        "build/c.apk",
        repacked(&[], |name, content| if name == "assets/app.properties" { b"x=y".to_vec() } else { content }),
    );
    let run = world.signed(&["--json"]).exits(3);
    let json = run.json();
    assert_eq!(json["artifacts"].as_array().unwrap().len(), 1);
    assert!(json["artifacts"][0]["artifact"].as_str().unwrap().ends_with("build/b.apk"));
    let failed: Vec<(u64, bool)> = json["failed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["exit_code"].as_u64().unwrap(),
                one["message"].as_str().unwrap().contains(one["artifact"].as_str().unwrap()),
            )
        })
        .collect();
    assert_eq!(failed, [(3, true), (4, true)]);
    let run = world.signed(&[]).exits(3);
    let order: Vec<usize> = [
        "build/a.apk: not a ZIP",
        "build/c.apk: no place",
        "artifact ",
        "2 of 3 artifacts failed; exit code 3 is that of",
    ]
    .iter()
    .map(|text| run.err.find(text).unwrap_or_else(|| panic!("no {text}: {}", run.err)))
    .collect();
    assert!(order.is_sorted(), "{}", run.err);
    assert!(run.err.contains("FAILED (3)") && run.err.contains("FAILED (4)"), "{}", run.err);
    world.inject(&["verify", "build/b.apk", "--env", "dev"]).exits(0);
    // A look says the same.
    world.inject(&["--check", "--json"]).exits(3);
    // A credential that is not to be had is said once, and concerns all that need it.
    let never = config(places).replace("[env.dev]", "[env.new]\nregister = \"never\"\n[env.dev]");
    world.write("inject.toml", never);
    world.demo("build/d.apk");
    let run = world.signed(&["--env", "new"]).exits(5);
    assert_eq!(run.err.matches("is switched off there").count(), 1, "{}", run.err);
    assert!(run.err.contains("no credential of com.example.demo, as said above"), "{}", run.err);
}

#[test]
fn one_cause_is_said_once_and_annotated_on_each_artifact() {
    let world = World::new();
    world.demo("a.apk");
    world.demo("b.apk");
    // What the application had before would stay in both.
    let args = ["a.apk", "b.apk", "--env", "dev", "--at=string/shared_a={client_secret}"];
    let given = [("INJECT_CLIENT_ID", "the-id"), ("INJECT_CLIENT_SECRET", "the-secret")];
    let run = world.refuses(|world| world.signed_with(&given, &args), 7, &["b.apk: as said above"]);
    assert_eq!(run.err.matches("leak.old").count(), 1, "{}", run.err);
    let run = world.signed_with(&given, &[&args[..], &["--format", "github"]].concat()).exits(7);
    for name in ["a.apk", "b.apk"] {
        let line = format!("::error file={name},title=leak.old::resources.arsc: ");
        assert_eq!(run.out.matches(&line).count(), 1, "{}", run.out);
    }
}

#[test]
fn artifacts_that_are_named_are_one_wish() {
    let world = World::new();
    world.demo("a.apk");
    world.write("b.apk", "no package");
    let run = world.refuses(|world| world.signed(&["a.apk", "b.apk", "--env", "dev", "--json"]), 3, &["b.apk"]);
    assert_eq!(run.json()["error"]["exit_code"], 3);
}

#[test]
fn a_folder_of_several_applications_is_worked_on_by_one_at_a_time() {
    let world = World::new();
    let main = |name: &str| {
        format!("{{\"n\":\"{name}\",\"t\":\"x\",\"properties\":{{\"IntegratedSecurityObjClientID\":\"old\"}}}}")
    };
    let names: Vec<String> = (0..6).map(|number| format!("Main{number}")).collect();
    let apps = names.iter().map(|name| main(name)).collect::<Vec<_>>().join(",");
    world.write("meta/sdapps.json", format!("{{\"apps\":[{apps}]}}"));
    world.write("meta/gxversion.json", "{\"version\":\"7\"}");
    let mut config = String::from("version = 1\n[env.dev]\n");
    for name in &names {
        let _ = write!(config, "[app.{name}]\nid = \"{name}\"\nartifacts = [\"meta\"]\n");
    }
    world.write("inject.toml", config);
    let json = world.inject(&["--env", "dev", "--json"]).exits(0).json();
    let done: Vec<&str> =
        json["artifacts"].as_array().unwrap().iter().map(|one| one["application"].as_str().unwrap()).collect();
    assert_eq!(done, names);
    let text = String::from_utf8(world.read("meta/sdapps.json")).unwrap();
    for name in &names {
        assert!(text.contains(&world.credential(name, "dev").0), "{name} is not in {text}");
    }
    assert!(!text.contains("old"));
}

#[test]
fn an_artifact_that_is_named_twice_is_done_once() {
    let world = World::new();
    world.demo("app.apk");
    let run = world.signed(&["app.apk", "./app.apk", "--env", "dev", "--json"]).exits(0);
    assert_eq!(run.json()["artifacts"].as_array().unwrap().len(), 1);
}
