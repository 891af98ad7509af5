//! `inject env`: the active environment stays outside the project, and a new one is what the next run reads.

use super::World;

const CONFIG: &str = "# kept\nversion = 1\ndefault-env = \"dev\"\n\n[env.dev]\n\n[env.prod]\nregistry = \"embedded:live\"\n\
                      register = \"never\"\nrelease = true\n[env.prod.values]\nurl = \"https://a.b/\\\"c\\\"\"\n";

fn name(world: &World, variables: &[(&str, &str)], options: &[&str]) -> (String, String) {
    let json = world.run(variables, &[&["env", "show", "--json"][..], options].concat(), "").exits(0).json();
    (json["environment"].as_str().unwrap().to_owned(), json["from"].as_str().unwrap().to_owned())
}

#[test]
fn precedence() {
    let world = World::new();
    world.write("inject.toml", CONFIG);
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(name(&world, &[], &[]), pair("dev", "config"));
    let before = world.files();
    world.inject(&["env", "use", "prod"]).exits(0);
    assert_eq!(world.files(), before, "the active environment is no file of the project");
    assert_eq!(name(&world, &[], &[]), pair("prod", "checkout"));
    assert_eq!(name(&world, &[("INJECT_ENV", "dev")], &[]), pair("dev", "variable"));
    assert_eq!(name(&world, &[("INJECT_ENV", "dev")], &["--env", "prod"]), pair("prod", "option"));
    // People read the words of the place itself.
    let people = |variables: &[(&str, &str)], options: &[&str], from: &str| {
        let out = world.run(variables, &[&["env", "show"][..], options].concat(), "").exits(0).out;
        assert!(out.contains(&format!("(from {from})")), "{out}");
    };
    people(&[], &[], "inject env use");
    people(&[("INJECT_ENV", "dev")], &[], "INJECT_ENV");
    people(&[("INJECT_ENV", "dev")], &["--env", "prod"], "--env");
    world.refuses(|world| world.inject(&["env", "use", "prd"]), 2, &["unknown environment \"prd\"", "\"prod\"?"]);
    let list = world.inject(&["env", "list"]).exits(0).out;
    assert_eq!(list, "  dev  registry embedded\n* prod  registry embedded:live  release\n");
}

#[test]
fn an_active_environment_belongs_to_one_checkout() {
    let world = World::new();
    for folder in ["one", "two"] {
        world.write(&format!("{folder}/.git/HEAD"), "ref");
        world.write(&format!("{folder}/src/x"), "");
    }
    let run = |folder: &str, args: &[&str]| {
        let mut command = world.command(super::PROGRAM);
        command.current_dir(world.path(folder)).args(args);
        super::finish(command, "")
    };
    run("one/src", &["env", "use", "dev"]).exits(0);
    assert!(run("one", &["env", "show"]).exits(0).out.starts_with("dev (from inject env use)"));
    run("two", &["env", "show"]).exits(2);
}

#[test]
fn what_is_added_is_what_the_next_run_reads() {
    let world = World::new();
    world.write("inject.toml", CONFIG);
    world.inject(&["env", "add", "qa", "--from", "prod"]).exits(0).says(&["added [env.qa]"]);
    let text = String::from_utf8(world.read("inject.toml")).unwrap();
    assert!(text.starts_with(CONFIG), "what people wrote stays");
    let (prod, qa) = (show(&world, "prod"), show(&world, "qa"));
    for key in ["registry", "secret", "release", "values"] {
        assert_eq!(prod[key], qa[key], "{key}");
    }
    world.inject(&["env", "add", "v1.2"]).exits(0);
    assert_eq!(show(&world, "v1.2")["registry"], "embedded:v1.2");
    world.refuses(|world| world.inject(&["env", "add", "qa"]), 2, &["has an environment qa already"]);
    world.refuses(|world| world.inject(&["env", "add", "x", "--from", "y"]), 2, &["has no environment y"]);
    world.refuses(|world| world.inject(&["env", "add", "x", "--from", "pord"]), 2, &["did you mean \"prod\"?"]);
    world.refuses(|world| world.inject(&["env", "add", "a/b"]), 2, &["\"a/b\" is not a name"]);
    assert_eq!(world.files().len(), 1);
}

fn show(world: &World, env: &str) -> serde_json::Value {
    world.inject(&["env", "show", "--env", env, "--json"]).exits(0).json()
}

#[test]
fn a_first_environment_makes_the_file() {
    let world = World::new();
    world.inject(&["env", "add", "dev"]).exits(0);
    assert_eq!(world.read("inject.toml"), b"version = 1\n\n[env.dev]\nregistry = \"embedded\"\n");
}

#[test]
fn environments_of_one_registry_share_and_others_do_not() {
    let world = World::new();
    world.write(
        "inject.toml",
        "version = 1\n[env.dev]\n[env.a]\nregistry = \"embedded:shared\"\n[env.b]\nregistry = \"embedded:shared\"\n",
    );
    for env in ["a", "b", "dev"] {
        world.inject(&["register", super::APP, "--env", env]).exits(0);
    }
    let of = |env| world.credential(super::APP, env);
    assert_eq!(of("a"), of("b"));
    assert_ne!(of("a"), of("dev"));
    // A shared credential is not foreign to either.
    world.demo("app.apk");
    world.signed(&["app.apk", "--env", "a"]).exits(0);
    world.inject(&["verify", "app.apk", "--env", "b"]).exits(0);
    world.inject(&["verify", "app.apk", "--env", "dev"]).exits(7);
}

#[test]
fn another_environment_on_the_same_registry() {
    let world = World::new();
    for (registry, holds) in [
        ("registry = \"http\"\nurl = \"env:URL\"\ntoken = \"file:t\"\nca = \"ca.pem\"", "token = \"file:t\""),
        ("registry = \"postgres\"\nurl = \"env:DB\"\nkey = \"exec:op read x\"", "key = \"exec:op read x\""),
        ("registry = \"exec\"\ncommand = [\"a\", \"b c\"]", "command = [\"a\", \"b c\"]"),
        (
            "registry = \"oauth\"\nurl = \"https://a.example\"\n[env.prod.metadata]\nscope = \"a \\\" b\"\nx = [1, true, { y = \"z\" }]",
            "metadata = { scope = \"a \\\" b\", x = [1, true, { y = \"z\" }] }",
        ),
    ] {
        world.write("inject.toml", format!("version = 1\n[env.prod]\nregister = \"never\"\n{registry}\n"));
        world.inject(&["env", "add", "staging", "--from", "prod"]).exits(0);
        let text = String::from_utf8(world.read("inject.toml")).unwrap();
        let added = text.split("[env.staging]").nth(1).unwrap();
        assert!(added.contains(holds) && added.contains("register = \"never\""), "{added}");
        world.inject(&["env", "list"]).exits(0);
    }
    world.write("inject.toml", "version = 1\n[env.prod]\nregistry = \"fixed\"\nclient-id = \"x\"\n");
    let run = |world: &World| world.inject(&["env", "add", "staging", "--from", "prod"]);
    world.refuses(run, 2, &["belongs to prod alone"]);
}
