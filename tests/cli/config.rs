//! `inject.toml`: every problem at once, each with line, column and a remedy.

use super::World;

proptest::proptest! {
    // Each runs the program three times.
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 40, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_configuration_is_read_or_its_problems_have_places(text in TEXT) {
        let world = World::new();
        let read = |text: &str| {
            world.write("inject.toml", text);
            let run = world.inject(&["env", "list"]);
            match run.err.split_once("inject.toml: ") {
                Some((_, problems)) if run.code == Some(2) => Err(problems.lines().skip(1).map(str::to_owned).collect()),
                _ => Ok(()),
            }
        };
        crate::fuzz_bodies::config::config(text.as_bytes(), &read);
    }
}

/// Nearly a configuration.
const TEXT: &str = "(version = 1\n)?(\\[(app|env|preset|app\\.a|env\\.b|env\\.b\\.values)\\]\n|(id|name|at|value|registry|secret|a) = (1|\"x\"|true|\\[\\]|'\u{e9}')\n|[\\[\\]=\"# .]|\\PC){0,12}";

const PROBLEMS: &str = r#"versoin = 1
default-env = "dve"
[app.notes]
name = "Notes"
preset = ["genric"]
artifacts = "build/*.apk"
colour = "red"
[[app.notes.place]]
at = "string/"
value = "{client_id"
[[app.notes.place]]
at = "string/a"
[[app.notes.place]]
value = "x"
[[app.notes.place]]
at = "string/b"
value = "{server}"
[[app.notes.place]]
at = "string/b"
value = "y"
[app.other]
id = "a.b"
[app.third]
id = "a.b"
[env.dev]
registry = "postgres"
secret = "maybe"
register = 1
release = "yes"
signer = "sha256:12"
[env.dev.values]
client_secret = "no"
[env.qa]
registry = "sqlite"
[env."a b"]
"#;

#[test]
fn every_problem_at_once_with_line_column_and_remedy() {
    let world = World::new();
    world.demo("app.apk");
    world.write("inject.toml", PROBLEMS);
    let run = world.refuses(
        |world| world.run(&[("INJECT_HOME", "elsewhere")], &["app.apk", "--env", "dev"], ""),
        2,
        &["inject.toml: "],
    );
    let expected = [
        "1:1: unknown key \"versoin\"\n      did you mean \"version\"?",
        "1:1: version is missing\n      write version = 1",
        "2:15: default-env \"dve\" is no environment of this file\n      did you mean \"dev\"?",
        "3:6: app \"notes\" has no id\n      write id = ",
        "5:11: unknown preset \"genric\"\n      did you mean \"generic\"?",
        "6:13: artifacts is of type string\n      write a list of texts",
        "7:1: unknown key \"colour\"\n      known here: id, android, ios, name, preset, artifacts, place",
        "9:6: address \"string/\"",
        "10:9: value \"{client_id\": the brace at character 1 has no partner",
        "11:1: a place without a value\n      write value = ",
        "13:1: a place without an address\n      write at = ",
        "17:9: place string/b: environment dev: value \"{server}\": {server} is not defined",
        "19:6: the place string/b is given twice\n      keep one of them",
        "23:6: app \"third\" has the id \"a.b\" of another one",
        "26:12: registry \"postgres\" has no url",
        "26:12: registry \"postgres\" has no key",
        "27:10: secret = \"maybe\"\n      write \"embed\" or \"omit\"",
        "28:12: register is of type integer",
        "29:11: release is of type string\n      write true or false",
        "30:10: signer is no certificate digest",
        "32:1: \"client_secret\" has a meaning of its own",
        "34:12: unknown registry \"sqlite\"",
        "35:6: \"a b\" is not a name",
    ];
    for text in expected {
        assert!(run.err.contains(text), "no {text:?} in:\n{}", run.err);
    }
    // Each problem has a remedy below it, in the order of the lines.
    let lines: Vec<&str> = run.err.lines().skip(1).collect();
    let places: Vec<(usize, usize)> = lines
        .iter()
        .filter(|line| !line.starts_with("      "))
        .map(|line| {
            let mut numbers = line.trim().split(':');
            (numbers.next().unwrap().parse().unwrap(), numbers.next().unwrap().parse().unwrap())
        })
        .collect();
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(lines.len(), 2 * places.len(), "{}", run.err);
}

#[test]
fn broken_syntax_has_a_line_too() {
    let world = World::new();
    world.demo("app.apk");
    world.write("inject.toml", "version = 1\n[env.dev\nregistry = \"embedded\"\n");
    world.refuses(|world| world.signed(&["app.apk", "--env", "dev"]), 2, &["inject.toml: ", "  2:9: ", "TOML"]);
}

#[test]
fn a_configuration_that_is_not_there() {
    let world = World::new();
    world.demo("app.apk");
    let texts = ["cannot read nowhere.toml: No such file"];
    world.refuses(|world| world.signed(&["app.apk", "--env", "dev", "--config", "nowhere.toml"]), 2, &texts);
    let variable = [("INJECT_CONFIG", "nowhere.toml")];
    world.refuses(|world| world.signed_with(&variable, &["app.apk", "--env", "dev"]), 2, &texts);
    world.write("inject.toml", b"version = 1\n# \xff\n");
    world.refuses(|world| world.signed(&["app.apk", "--env", "dev"]), 2, &["cannot read", "UTF-8"]);
}

#[test]
fn a_flag_counts_more_than_a_variable_and_that_more_than_the_file() {
    let world = World::new();
    let file =
        |name: &str, env: &str| world.write(name, format!("version = 1\ndefault-env = \"{env}\"\n[env.{env}]\n"));
    file("inject.toml", "found");
    file("variable.toml", "variable");
    file("flag.toml", "flag");
    let variable = [("INJECT_CONFIG", "variable.toml")];
    let shown = |variables: &[(&str, &str)], options: &[&str]| {
        let run = world.run(variables, &[&["env", "show", "--json"][..], options].concat(), "").exits(0);
        run.json()["environment"].as_str().unwrap().to_owned()
    };
    assert_eq!(shown(&[], &[]), "found");
    assert_eq!(shown(&variable, &[]), "variable");
    assert_eq!(shown(&variable, &["--config", "flag.toml"]), "flag");
    assert_eq!(shown(&[("INJECT_CONFIG", "")], &[]), "found");
}

#[test]
fn nothing_above_the_repository_is_read() {
    let world = World::new();
    world.write("inject.toml", "version = 1\ndefault-env = \"outer\"\n[env.outer]\n");
    world.write("repository/.git", "gitdir: elsewhere\n");
    world.write("repository/app.apk", super::demo());
    let mut command = world.command(super::PROGRAM);
    command.current_dir(world.path("repository")).args(["env", "show"]);
    super::finish(command, "").exits(2).says(&["which environment?"]);
}

#[test]
fn of_many_problems_the_first_ones_are_shown() {
    let world = World::new();
    let wrong = |count: usize| -> String { (0..count).map(|index| format!("key{index} = 1\n")).collect() };
    for (count, more) in
        [(49, None), (50, None), (51, Some("  and 1 more, which are not shown")), (60_000, Some("and 59950 more"))]
    {
        world.write("inject.toml", format!("version = 1\n{}", wrong(count)));
        let run = world.inject(&["env", "list"]).exits(2).says(&[&format!("inject.toml: {count} problems")]);
        assert!(run.err.contains("unknown key \"key48\"") && !run.err.contains("unknown key \"key50\""), "{}", run.err);
        assert_eq!(run.err.contains("not shown"), more.is_some(), "{}", run.err);
        assert!(more.is_none_or(|more| run.err.contains(more)), "{}", run.err);
    }
}
