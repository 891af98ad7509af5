//! `--summary`: what was done, as Markdown beside what other steps say.

use super::{APP, World};

#[test]
fn what_was_done_is_added() {
    let world = World::new();
    world.demo("my_app|1.apk");
    world.write("summary.md", "# before\n");
    let run = ["my_app|1.apk", "--env", "prod", "--summary", "summary.md"];
    world.signed(&run).exits(0);
    world.signed(&run).exits(0);
    world.inject(&["verify", "my_app|1.apk", "--env", "prod", "--summary", "summary.md"]).exits(0);
    world.inject(&["verify", "my_app|1.apk", "--env", "dev", "--summary", "summary.md"]).exits(5);
    let (id, secret) = world.credential(APP, "prod");
    let text = String::from_utf8(world.read("summary.md")).unwrap();
    let head =
        "### inject: prod\n\n| artifact | application | Client Id | places | | signed |\n|---|---|---|---|---|---|\n";
    let row = |state: &str| format!("{head}| my\\_app\\|1.apk | {APP} | {id} | 2 | {state} | v1 v2 v3 |\n\n");
    let sound = "### inject verify: prod\n\n* my\\_app\\|1.apk: sound\n\n";
    let failed = "### inject failed\n\nmy\\_app\\|1.apk: no credential of com.example.demo in dev is known here\n\
                  * obtain it: inject register com.example.demo --env dev\n\n";
    assert_eq!(text, format!("# before\n{}{}{sound}{failed}", row("written"), row("up to date")));
    assert!(!text.contains(&secret));
}

#[test]
fn findings_and_failures_are_told() {
    let world = World::new();
    world.demo("a.apk");
    world.signed(&["a.apk", "--env", "dev"]).exits(0);
    world.inject(&["register", APP, "--env", "prod"]).exits(0);
    world.inject(&["verify", "a.apk", "--env", "prod", "--summary", "verdict.md"]).exits(7);
    let text = String::from_utf8(world.read("verdict.md")).unwrap();
    assert!(text.contains("* a.apk: **NOT SOUND**\n  * error place.value (apk:string/client\\_id"), "{text}");
    assert!(text.contains("  * error leak.foreign (resources.arsc): it holds the secret of"), "{text}");
    for env in ["dev", "prod"] {
        assert!(!text.contains(&world.credential(APP, env).1), "a secret in the summary of {env}");
    }
    world.inject(&["nowhere.apk", "--env", "dev", "--summary", "failed.md"]).exits(3);
    let text = String::from_utf8(world.read("failed.md")).unwrap();
    assert!(text.starts_with("### inject failed\n\ncannot open nowhere.apk"), "{text}");
}

#[test]
fn a_summary_that_cannot_be_written_stops_nothing() {
    let world = World::new();
    world.demo("a.apk");
    let said = world.signed(&["a.apk", "--env", "dev", "--summary", "no/where.md"]).exits(0);
    said.says(&["carries dev", "the summary cannot be added to no/where.md"]);
    world.refuses(
        |world| world.inject(&["a.apk", "--env", "dev", "--summary", "s.md", "--dry-run"]),
        2,
        &["--dry-run"],
    );
}
