//! `--format`: the same findings and errors for the programs that builds run in.

use serde_json::Value;

use super::{APP, World};

#[track_caller]
fn lines(world: &World, args: &[&str], code: i32, expected: &[&str]) {
    let run = world.inject(args).exits(code);
    for line in expected {
        assert!(run.out.lines().any(|said| said.starts_with(line)), "no line {line:?} in:\n{}", run.out);
    }
    assert!(!run.err.contains("finding") && !run.err.contains("error"), "said twice: {}", run.err);
}

#[test]
fn findings_are_annotations_issues_and_canonical_errors() {
    let world = World::of_dev();
    let verify = |format| ["verify", "app.apk", "--env", "prod", "--format", format];
    lines(
        &world,
        &verify("github"),
        7,
        &[
            "::error file=app.apk,title=place.value::apk:string/client_id in resources.arsc: 2 of 2 values",
            "::error file=app.apk,title=leak.foreign::resources.arsc: it holds the secret of com.example.demo in dev",
            "app.apk: NOT sound",
        ],
    );
    lines(
        &world,
        &verify("azure"),
        7,
        &["##vso[task.logissue type=error;sourcepath=app.apk;code=leak.foreign;]resources.arsc: it holds"],
    );
    lines(&world, &verify("msbuild"), 7, &["app.apk : error leak.foreign : resources.arsc: it holds"]);
    let run = world.inject(&verify("human")).exits(7).says(&["finding app.apk: leak.foreign (resources.arsc): it"]);
    assert!(!run.out.contains("error"), "{}", run.out);
}

#[test]
fn errors_and_warnings_too() {
    let world = World::of_dev();
    let none = |format| ["none.apk", "--env", "dev", "--format", format];
    lines(&world, &none("github"), 3, &["::error file=none.apk,title=inject.artifact::cannot open none.apk: "]);
    lines(&world, &none("azure"), 3, &["##vso[task.logissue type=error;sourcepath=none.apk;code=inject.artifact;]"]);
    lines(&world, &none("msbuild"), 3, &["none.apk : error inject.artifact : cannot open none.apk: "]);
    // What to do goes along.
    let usage = ["app.apk", "--env", "dev", "--at", "string/nope={client_id}", "--unsigned", "--format", "github"];
    let run = world.inject(&usage).exits(4);
    assert!(run.out.contains("%0Ahelp: or make it: --create"), "{}", run.out);
    // An output that the gate keeps from being written: each finding by itself, and the error.
    let gate =
        ["app.apk", "--env", "prod", "--at", "string/client_id={client_id}", "--unsigned", "--format", "msbuild"];
    lines(
        &world,
        &gate,
        7,
        &[
            "app.apk : error leak.foreign : resources.arsc: it holds the secret of com.example.demo in dev",
            "app.apk : error inject.verification : ",
        ],
    );
    let empty = World::new();
    empty.write("a.txt", "x");
    lines(&empty, &["scan", "a.txt", "--format", "msbuild"], 0, &["inject : warning inject.warning : the store holds"]);
    empty.inject(&["scan", "a.txt", "--format", "gitlab"]).exits(2).says(&["[possible values: human, json, github"]);
    empty.inject(&["scan", "a.txt", "--format", "github", "--json"]).exits(2).says(&["cannot be used with"]);
}

#[test]
fn what_scan_finds_is_at_the_file_that_holds_it() {
    let world = World::of_dev();
    let (_, secret) = world.credential(APP, "dev");
    world.write("dist/a.txt", &secret);
    let github = ["::error file=dist/a.txt,title=leak.foreign::it holds the secret of com.example.demo in dev"];
    lines(&world, &["scan", "dist", "--format", "github"], 7, &github);
    let inner = super::zipped(&[("x/b.txt", secret.as_bytes())]);
    world.write("dist/b.zip", inner);
    let github = ["::error file=dist/b.zip,title=leak.foreign::x/b.txt: it holds the secret"];
    lines(&world, &["scan", "dist/b.zip", "--format", "github"], 7, &github);
}

#[test]
fn an_answer_that_is_none_is_one_for_a_pipeline_too() {
    let world = World::of_dev();
    let identify = |format| ["identify", "app.apk", "--format", format];
    let run = world.inject(&identify("github")).exits(0);
    assert!(!run.out.contains("::"), "{}", run.out);
    std::fs::remove_dir_all(world.stores()).unwrap();
    lines(&world, &identify("github"), 7, &["::error file=app.apk,title=identify.unknown::unknown here: "]);
    lines(&world, &["identify", "app.apk", "--format", "sarif"], 7, &["{"]);
}

#[test]
fn sarif_is_one_document_about_the_whole_run() {
    let world = World::of_dev();
    world.write("with space.apk", world.read("app.apk"));
    let sarif = |args: &[&str], code| -> Value {
        let run = world.inject(&[args, &["--format", "sarif"]].concat()).exits(code);
        serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{e}: {}", run.out))
    };
    let log = sarif(&["verify", "with space.apk", "--env", "prod"], 7);
    let run = &log["runs"][0];
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(run["tool"]["driver"]["name"], "inject");
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    assert_eq!(run["invocations"][0]["exitCode"], 7);
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 4);
    for result in results {
        let rule = &run["tool"]["driver"]["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["shortDescription"]["text"].as_str().is_some_and(|text| text.len() > 10), "{rule}");
        let at = &result["locations"][0];
        assert_eq!(at["physicalLocation"]["artifactLocation"]["uri"], "with%20space.apk");
        assert!(at["logicalLocations"][0]["fullyQualifiedName"].as_str().unwrap().contains("resources.arsc"));
    }
    let clean = sarif(&["verify", "app.apk", "--env", "dev"], 0);
    assert_eq!(clean["runs"][0]["results"].as_array().unwrap().len(), 0, "{clean:#}");
    let failed = sarif(&["verify", "none.apk", "--env", "dev"], 3);
    let invocation = &failed["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["toolExecutionNotifications"][0]["descriptor"]["id"], "inject.artifact");
}
