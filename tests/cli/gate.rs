//! The gate before an artifact is written: no other environment's credential in what changes, or anywhere.

use super::{APP, World, entry, repacked, zipped};

/// A world whose package carries dev; returns dev's id and secret.
fn world() -> (World, String, String) {
    let world = World::new();
    world.demo("app.apk");
    world.signed(&["app.apk", "--env", "dev"]).exits(0);
    let (id, secret) = world.credential(APP, "dev");
    (world, id, secret)
}

#[test]
fn what_changes_holds_nothing_of_another_environment() {
    let (world, id, _) = world();
    // One place of two gets prod's id; the other is in the same table.
    let one = ["app.apk", "--env", "prod", "--at", "string/client_id={client_id}"];
    let before = world.read("app.apk");
    let run = world.signed(&one).exits(7).says(&[
        "leak.foreign (resources.arsc)",
        "the secret of com.example.demo in dev",
        "--gate off",
    ]);
    assert!(!run.err.contains(&id));
    assert_eq!(world.read("app.apk"), before, "nothing was written");
    world.signed(&[&one[..], &["--gate", "off"]].concat()).exits(0);
    world.signed(&["app.apk", "--env", "prod", "--gate", "changed"]).exits(0);
}

#[test]
fn the_whole_is_searched_where_that_is_asked() {
    let (world, _, secret) = world();
    // An asset that nothing changes, with dev's secret in an archive, in UTF-16.
    let wide: Vec<u8> = secret.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let nested = zipped(&[("plist", &wide)]);
    world.write("left.apk", repacked(&[("assets/left.gxsd", &nested)], |_, content| content));
    world.signed(&["left.apk", "--env", "prod", "-o", "out.apk"]).exits(0);
    world
        .signed(&["left.apk", "--env", "prod", "-o", "out2.apk", "--gate", "whole"])
        .exits(7)
        .says(&["leak.foreign (assets/left.gxsd!/plist)", "the secret of com.example.demo in dev (in UTF-16BE)"]);
    assert!(!world.path("out2.apk").exists());
    assert_eq!(entry(&world.read("out.apk"), "assets/left.gxsd"), nested);
    // Up to date, and searched all the same.
    world.signed(&["out.apk", "--env", "prod"]).exits(0).says(&["up to date"]);
    world.signed(&["out.apk", "--env", "prod", "--gate", "whole"]).exits(7).says(&["leak.foreign"]);
    // Its own environment's are no finding.
    world.signed(&["left.apk", "--env", "dev", "-o", "dev.apk", "--gate", "whole"]).exits(0);
}

/// What keeps an output from being written keeps an application from being registered, also where only all of it shows that.
#[test]
fn nothing_is_registered_for_what_the_whole_refuses() {
    let (world, _, secret) = world();
    let left = repacked(&[("assets/left.txt", secret.as_bytes())], |_, content| content);
    world.write("left.apk", &left);
    let args = ["left.apk", "--env", "prod", "-o", "out.apk", "--gate", "whole"];
    for extra in [&["--dry-run"][..], &["--check"], &[]] {
        let run = world.signed(&[&args[..], extra].concat()).exits(7).says(&["leak.foreign (assets/left.txt)"]);
        assert!(!run.err.contains("NEW application"), "{}", run.err);
    }
    world.inject(&["credential", "show", "--app", APP, "--env", "prod"]).exits(5);
    // What the places hold is replaced, so it does not count: the package carries dev.
    world.signed(&["app.apk", "--env", "prod", "-o", "out.apk", "--gate", "whole"]).exits(0);
}

#[test]
fn a_folder_is_searched_too() {
    let (world, _, secret) = world();
    let settings = |extra: &str| format!("{{\"GAM_CLIENT_ID\": \"x\", \"left\": \"{extra}\"}}");
    world.write("site/app.settings.json", settings(&secret));
    let args = |gate: &'static str| {
        ["site", "--app", APP, "--env", "prod", "--at", "app.settings.json#/GAM_CLIENT_ID={client_id}", "--gate", gate]
    };
    world.inject(&args("changed")).exits(7).says(&["leak.foreign (app.settings.json)"]);
    world.write("site/app.settings.json", settings(""));
    world.write("site/old.json", &secret);
    world.inject(&args("whole")).exits(7).says(&["leak.foreign (old.json)"]);
    assert_eq!(world.read("site/app.settings.json"), settings("").as_bytes());
    world.inject(&args("changed")).exits(0);
}

/// Nobody knows what lies in a content that cannot be searched, so it does not pass.
#[test]
fn what_cannot_be_searched_does_not_pass() {
    let (world, _, _) = world();
    let broken = b"PK\x03\x04 and no archive".as_slice();
    let told = ["cannot be searched for credentials of other environments", "leak.unreadable (assets/broken.bin)"];
    world.write("app.apk", repacked(&[("assets/broken.bin", broken)], |_, content| content));
    let run =
        world.signed(&["app.apk", "--env", "prod", "--gate", "whole"]).exits(7).says(&told).says(&["--gate changed"]);
    // Nothing was registered for it: whatever can fail fails before.
    assert!(!run.err.contains("NEW application"), "{}", run.err);
    world.inject(&["credential", "show", "--app", APP, "--env", "prod"]).exits(5);
    // It does not change, and only what changes is searched.
    world.signed(&["app.apk", "--env", "prod"]).exits(0);
    // Up to date, it is no more known.
    world.signed(&["app.apk", "--env", "prod"]).exits(0).says(&["up to date"]);
    world.signed(&["app.apk", "--env", "prod", "--gate", "whole"]).exits(7).says(&told);

    // Beside a place, in an archive that changes.
    let both = zipped(&[("config.json", br#"{"id": "some"}"#), ("broken.bin", broken)]);
    world.write("in.apk", repacked(&[("assets/both.zip", &both)], |_, content| content));
    let args = ["in.apk", "--env", "prod", "--at", "assets/both.zip!/config.json#/id={client_id}"];
    let run = world.signed(&args).exits(7).says(&["leak.unreadable (assets/both.zip!/broken.bin)", "--gate off"]);
    assert!(!run.err.contains("--gate changed"), "that is what was asked: {}", run.err);
    world.signed(&[&args[..], &["--gate", "off"]].concat()).exits(0);
    let whole = [&args[..], &["--gate", "whole"]].concat();
    world.signed(&whole).exits(7).says(&["leak.unreadable (assets/both.zip!/broken.bin)"]);

    // In a folder, changed and up to date.
    world.write("site/config.json", r#"{"id": "some"}"#);
    world.write("site/broken.bin", broken);
    let args = ["site", "--app", APP, "--env", "prod", "--at", "config.json#/id={client_id}", "--gate", "whole"];
    world.inject(&args).exits(7).says(&["the new files cannot be searched", "leak.unreadable (broken.bin)"]);
    world.inject(&args[..7]).exits(0);
    world.inject(&args).exits(7).says(&["leak.unreadable (broken.bin)"]);
}

#[test]
fn a_text_that_is_too_long_for_a_credential_is_not_hunted() {
    let world = World::new();
    let args = ["tree", "--env", "dev", "--app", "a", "--at", "config.json#/id={client_id}"];
    for (characters, code) in [(1024, 7), (1025, 0)] {
        let old = "0123456789abcdef".repeat(65)[..characters].to_owned();
        world.write("tree/config.json", format!(r#"{{"id":"{old}"}}"#));
        world.write("tree/copy.json", format!(r#"{{"other":"{old}"}}"#));
        let run = world.inject(&args).exits(code);
        let said = run.err.contains("the old Client Id: a placeholder, short or too long for a credential");
        assert_eq!(said, code == 0, "{}", run.err);
    }
}
