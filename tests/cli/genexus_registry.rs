//! `registry = "genexus"`: what GAM answered at an F5, through the program; and a stand-in for the program that asks GAM.

use super::{APP, World, values};

const NOTES: &str = "c45876ca29eb60319323ef8cd9596024";
const START: &str = "cd3939649b7e08ecc7f22b2725c5b1fd";
const SECRET: &str = "E4BB9F1ECE9AF9264A3B9E3913BBDB2CF497457167B14CED5F85688BFDE74644";
const FILE: &str = "JavaModel/Library/GAM/OutputParms.json";

/// What GAM answered: name, Client Id, secret.
fn output(applications: &[(&str, &str, &str)]) -> String {
    let entry = |(name, id, secret): &(&str, &str, &str)| {
        format!(
            r#"{{"Id":4,"GUID":"{id}","Version":"null","Name":"{name}","Description":"null","CompanyName":"","Copyright":"",
                "ApplicationParent":"","ClientId":"{id}","ClientSecret":"{secret}",
                "ClientAutoRegisterAnomymousUser":false,"ClientEncriptionKey":"null"}}"#
        )
    };
    let entries: Vec<String> = applications.iter().map(entry).collect();
    format!(r#"{{"isOK":true,"TextXML":"","Applications":[{}],"Errors":[]}}"#, entries.join(","))
}

/// A project whose application is the main object `name`, with `dev` over `JavaModel` and `web` likewise without secrets.
fn project(name: &str) -> World {
    let world = World::new();
    world.demo("app.apk");
    world.write(FILE, output(&[("Notes", NOTES, "null"), ("Start", START, SECRET)]));
    let model = "registry = \"genexus\"\nmodel = \"JavaModel\"";
    let text = format!(
        "version = 1\ndefault-env = \"dev\"\n[app.demo]\nid = \"{APP}\"\nname = \"{name}\"\nartifacts = [\"app.apk\"]\n\
         [env.dev]\n{model}\n[env.web]\n{model}\nsecret = \"omit\"\n[env.never]\n{model}\nregister = \"never\"\n"
    );
    world.write("inject.toml", text);
    world
}

#[test]
fn the_answer_of_the_last_f5_is_injected() {
    let world = project("Start");
    let before = world.files();
    let dry = world.signed(&["--dry-run"]).exits(0).out;
    assert!(dry.contains(&format!("client id {START} of dev would be put here")), "{dry}");
    assert!(world.files() == before && !world.stores().exists());
    // It is on this machine: nobody outside is asked.
    let run = world.signed(&["--offline"]).exits(0).says(&[&format!("client id {START}")]);
    assert!(!run.err.contains("NEW") && !format!("{}{}", run.out, run.err).contains(SECRET));
    for (at, value) in [("string/client_id", START), ("string/client_secret", SECRET)] {
        let held = values(&world.read("app.apk"), at);
        assert!(!held.is_empty() && held.iter().all(|held| held == value), "{at}: {held:?}");
    }
    world.inject(&["verify", "app.apk"]).exits(0);
    // The store comes first: it goes on without the file, and a second run changes nothing.
    let (file, written) = (world.read(FILE), world.read("app.apk"));
    std::fs::remove_file(world.path(FILE)).unwrap();
    world.signed(&[]).exits(0).says(&["up to date"]);
    assert_eq!(world.read("app.apk"), written);
    // Without the store, the file says whose it is.
    world.write(FILE, file);
    std::fs::remove_dir_all(world.stores()).unwrap();
    let said = world.inject(&["identify", "app.apk"]).exits(0).out;
    assert!(said.contains("com.example.demo in dev"), "{said}");
    assert!(!world.stores().exists(), "asking makes no store");
    world.signed(&["--env", "never"]).exits(0);
    world.signed(&["--env", "web"]).exits(0).says(&["carries web"]);
    assert!(!super::apk_holds(&world.read("app.apk"), SECRET));
}

#[test]
fn a_main_that_was_not_registered_is_no_new_application() {
    let world = project("Sales");
    let texts = [
        "Sales is not in ",
        "OutputParms.json, which GAM answered for ",
        &format!("there: Notes ({NOTES}), Start ({START})"),
        "press F5 in GeneXus on that main object with \"Keep GAM database updated\" = True (Applications Registration)",
    ];
    for args in [&["--dry-run"][..], &["--check"], &[], &["--offline"], &["--env", "web"], &["--env", "never"]] {
        world.refuses(|world| world.signed(args), 5, &texts);
    }
    for args in [&["register", APP, "--new"][..], &["register", APP, "--force"]] {
        world.refuses(|world| world.signed(args), 5, &texts);
    }
    std::fs::remove_file(world.path(FILE)).unwrap();
    world.refuses(
        |world| world.signed(&[]),
        5,
        &["OutputParms.json is not there", "press F5", "model is the environment's"],
    );
}

#[test]
fn what_gam_refused_is_said_in_its_words() {
    let world = project("Start");
    let refused = output(&[("Start", START, SECRET)]).replace("\"isOK\":true", "\"isOK\":false");
    let words = format!("\"Errors\":[{{\"Code\":138,\"Message\":\"{SECRET} is\\u0007 taken\"}}]");
    world.write(FILE, refused.replace("\"Errors\":[]", &words));
    let run = world.refuses(
        |world| world.signed(&[]),
        5,
        &["GAM refused the registration: 138: [secret] is\\u{7} taken", "correct it in GAM or in GeneXus"],
    );
    assert!(!run.err.contains(SECRET));
    world.write(FILE, "{\"isOK\":true,\"Applications\":[");
    world.refuses(|world| world.signed(&[]), 5, &["F5 may still be writing it", "run again when F5 has ended"]);
}

#[test]
fn a_main_without_a_secret() {
    let world = project("Notes");
    let texts = [
        &format!("has no secret for Notes (Client Id {NOTES}), and dev embeds one; GAM keeps none for main objects"),
        "secret = \"omit\" in [env.dev]",
    ];
    for args in [&["--dry-run"][..], &[]] {
        world.refuses(|world| world.signed(args), 5, &texts);
    }
    world.signed(&["--env", "web"]).exits(0).says(&[&format!("client id {NOTES}")]);
    // One that somebody brought counts.
    let set = ["credential", "set", "--app", APP, "--client-id", NOTES, "--secret", "stdin", "--replace"];
    world.run(&[], &set, "brought").exits(0);
    world.signed(&[]).exits(0);
    world.signed(&["--refresh"]).exits(0);
    assert_eq!(world.credential(APP, "dev"), (NOTES.to_owned(), "brought".to_owned()));
}

#[test]
fn store_and_file_that_disagree() {
    let world = project("Notes");
    let set = ["credential", "set", "--app", APP, "--env", "web", "--client-id", START];
    world.inject(&set).exits(0);
    world.signed(&["--env", "web"]).exits(0).says(&[&format!("client id {START}")]);
    let texts = [
        &format!("Notes has the Client Id {START} here, and {NOTES} in "),
        &format!("where {START} is \"Start\"'s"),
        "inject credential forget",
    ];
    world.refuses(|world| world.inject(&["register", APP, "--env", "web", "--force"]), 9, &texts);
    let doctor = world.inject(&["doctor", "--env", "web"]).exits(0).out;
    assert!(
        doctor.contains(&format!("note  registry       the store, which comes first, has {START} for Notes; ")),
        "{doctor}"
    );
    world.inject(&["credential", "forget", "--app", APP, "--env", "web"]).exits(0);
    world.signed(&["--env", "web"]).exits(0).says(&[&format!("client id {NOTES}")]);
    // Two secrets of one Client Id: the conflict that every registry has.
    let world = project("Start");
    let set = ["credential", "set", "--app", APP, "--client-id", START, "--secret", "stdin"];
    world.run(&[], &set, "another").exits(0);
    let doctor = world.inject(&["doctor"]).exits(0).out;
    assert!(
        doctor.contains("the file has another secret, or none: inject register com.example.demo --force"),
        "{doctor}"
    );
    world.refuses(|world| world.inject(&["register", APP, "--force"]), 9, &["different secrets", "--take registry"]);
    world.inject(&["register", APP, "--take", "registry"]).exits(0);
    assert_eq!(world.credential(APP, "dev").1, SECRET);
    let text = "cannot replace a secret: GeneXus' file is only read; change it in GAM's backend";
    world.refuses(|world| world.inject(&["credential", "rotate", "--app", APP]), 5, &[text]);
    world.refuses(|world| world.inject(&["credential", "revoke", "--app", APP]), 5, &["revoke it in GAM's backend"]);
    world.refuses(|world| world.inject(&["registry", "list"]), 2, &["the registry of dev is genexus"]);
}

#[test]
fn doctor_shows_what_is_there_and_what_the_next_run_lacks() {
    let world = project("Start");
    let run = world.inject(&["doctor", "--json"]).exits(0);
    assert!(!run.out.contains(SECRET));
    let about = |json: &serde_json::Value| -> Vec<String> {
        let checks = json["checks"].as_array().unwrap().iter().filter(|check| check["about"] == "registry");
        checks
            .map(|check| format!("{} {}", check["state"].as_str().unwrap(), check["text"].as_str().unwrap()))
            .collect()
    };
    let said = about(&run.json());
    assert!(
        said[0].starts_with("ok genexus:")
            && said[0].contains("on this machine: ")
            && said[0].ends_with("Z, 2 applications")
    );
    assert_eq!(said[1..], [format!("ok Notes: {NOTES}, secret: no"), format!("ok Start: {START}, secret: yes")]);
    assert!(!world.stores().exists());
    world.write(FILE, output(&[("Other", START, SECRET), ("Other copy", START, SECRET)]));
    let said = about(&world.inject(&["doctor", "--json"]).exits(2).json());
    assert_eq!(said[3], format!("note {START} stands there more than once; GAM allows it"));
    assert!(said[4].starts_with("todo registry genexus:") && said[4].contains("Start is not in"), "{said:?}");
    std::fs::remove_file(world.path(FILE)).unwrap();
    let run = world.inject(&["doctor"]).exits(2);
    assert!(run.out.contains("todo  registry") && run.out.contains("-> press F5 in GeneXus"), "{}", run.out);
}

#[test]
fn an_environment_for_each_model_folder() {
    let world = World::new();
    let mains = "{\"apps\":[{\"n\":\"Notes\"},{\"n\":\"Start\"}]}";
    world.write("KB/CSharpModel/web/gxmetadata/sdapps.json", mains);
    world.write("KB/CSharpModel/Library/GAM/OutputParms.json", output(&[("Start", START, SECRET)]));
    world.write(
        "KB/Java Model.1/Library/GAM/OutputParms.json",
        output(&[("Notes", NOTES, "null"), ("Start", START, SECRET)]),
    );
    world.write("Other/csharpmodel/Library/GAM/OutputParms.json", "{");
    world.write("KB/NoLibrary/GAM/OutputParms.json", output(&[]));
    world.inject(&["init"]).exits(0).says(&[
        "done inject.toml: 2 applications, environments csharpmodel, csharpmodel-2 and java-model-1",
        "inject env use csharpmodel,",
    ]);
    let text = String::from_utf8(world.read("inject.toml")).unwrap();
    let live: Vec<&str> = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    let from = live.iter().position(|line| line.starts_with("[env.")).unwrap();
    assert_eq!(live[1], "default-env = \"csharpmodel\"");
    assert_eq!(
        live[from..],
        [
            "[env.csharpmodel]",
            "registry = \"genexus\"",
            "model = \"KB/CSharpModel\"",
            "[env.java-model-1]",
            "registry = \"genexus\"",
            "model = \"KB/Java Model.1\"",
            "secret = \"omit\"",
            "[env.csharpmodel-2]",
            "registry = \"genexus\"",
            "model = \"Other/csharpmodel\"",
        ]
    );
    assert!(!text.contains(SECRET) && text.lines().all(|line| line.chars().count() <= 110), "{text}");
    world.inject(&["register", "Start"]).exits(0).says(&[START]);
    world.inject(&["register", "Notes", "--env", "java-model-1"]).exits(0).says(&[NOTES]);
    // In a model folder itself.
    let mut command = world.command(super::PROGRAM);
    command.current_dir(world.path("KB/CSharpModel")).args(["init", "--dry-run"]);
    let text = super::finish(command, "").exits(0).out;
    assert!(text.contains("[env.csharpmodel]\nregistry = \"genexus\"\nmodel = \".\"\n"), "{text}");
}

#[test]
fn two_projects_do_not_share_a_model() {
    let world = project("Start");
    let said = world.inject(&["env", "show", "--json"]).exits(0).json();
    let identity = said["registry"].as_str().unwrap().to_owned();
    assert!(identity.starts_with("genexus:") && identity.ends_with("JavaModel") && identity.len() > 30, "{identity}");
    let text = String::from_utf8(world.read("inject.toml")).unwrap();
    world.write("inject.toml", text.replace("\"JavaModel\"", "\"web/../JavaModel/.\""));
    assert_eq!(world.inject(&["env", "show", "--json"]).exits(0).json()["registry"], identity.as_str());
}

#[test]
fn mistakes_in_the_configuration() {
    let world = World::new();
    let text = "version = 1\n[env.a]\nregistry = \"genexus\"\n[env.b]\nregistry = \"genexus\"\nmodel = \"m\"\ncommand = [\"x\"]\n\
                [env.c]\nregistry = \"genexus\"\nmodel = \"m\"\n[env.c.connection]\nconn-user = \"x\"\n\
                [env.d]\nregistry = \"genexus\"\nmodel = \"m\"\ncommand = []\n[env.d.connection]\nconn-password = \"pass-canary\"\nusr = \"x\"\n\
                [env.e]\nregistry = \"embedded\"\nmodel = \"m\"\ncommand = [\"x\"]\n[env.f]\nregistry = \"genxus\"\n";
    world.write("inject.toml", text);
    let run = world.inject(&["env", "list"]).exits(2);
    for says in [
        "3:12: registry \"genexus\" has no model",
        "7:11: command has no connection",
        "11:1: connection is for a command, and there is none",
        "16:11: command is empty",
        "17:1: connection has no conn-user",
        "17:1: connection has no user-password",
        "18:17: conn-password is no reference; secrets do not stand in this file",
        "19:1: unknown key \"usr\"",
        "22:1: model belongs to registry = \"genexus\", here it is \"embedded\"",
        "23:1: command belongs to registry = \"exec\" or \"genexus\", here it is \"embedded\"",
        "25:12: unknown registry \"genxus\"\n      did you mean \"genexus\"?",
    ] {
        assert!(run.err.contains(says), "{says}: {}", run.err);
    }
    assert!(!run.err.contains("canary"), "{}", run.err);
}

#[cfg(unix)]
mod asking {
    //! A stand-in for the program behind GeneXus' IDE, which reads InputParms.json and writes OutputParms.json.

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const VARIABLES: [(&str, &str); 2] =
        [("DB_PASSWORD", "CANARY-db-password"), ("GAM_PASSWORD", "CANARY-gam-password")];

    /// Answers with what it was asked for, and leaves what it saw in the project.
    const GOOD: &str = r#"
[ $# = 3 ] || exit 9
printf '%s\n' "$@" > argv
ls -ld "$(dirname "$2")" "$2" > modes
cp "$2" asked
get() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$2"; }
id=$(get ClientId "$2"); name=$(get Name "$2"); secret=$(get ClientSecret "$2")
printf '{"isOK":true,"Applications":[{"Name":"%s","ClientId":"%s","ClientSecret":"%s"}],"Errors":[]}' "$name" "$id" "$secret" > "$3"
"#;

    fn asking(name: &str, script: &str) -> World {
        let world = project(name);
        let text = String::from_utf8(world.read("inject.toml")).unwrap();
        let command = "model = \"JavaModel\"\ncommand = [\"./gam\", \"a b\"]\nconnection = { conn-user = \"sa\", \
                       conn-password = \"env:DB_PASSWORD\", repository = \"repo\", user-name = \"admin\", \
                       user-password = \"env:GAM_PASSWORD\" }";
        world.write("inject.toml", text.replace("model = \"JavaModel\"", command));
        program(&world, script);
        world
    }

    fn program(world: &World, script: &str) {
        world.write("gam", format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(world.path("gam"), std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Nothing of the exchange is left, and nothing secret is said.
    #[track_caller]
    fn clean(world: &World, run: &super::super::Run) {
        let stores: Vec<_> = super::super::files_below(&world.stores()).into_iter().collect();
        for (path, content) in &stores {
            assert!(
                !super::super::holds(content, "CANARY") && !path.ends_with("InputParms.json"),
                "{}",
                path.display()
            );
        }
        assert!(!format!("{}{}", run.out, run.err).contains("CANARY"), "{}{}", run.out, run.err);
        let left = std::fs::read_dir(world.stores()).into_iter().flatten().flatten();
        assert!(left.into_iter().all(|entry| !entry.file_name().to_string_lossy().starts_with("passing-")));
    }

    #[test]
    fn what_the_file_does_not_have_the_program_registers() {
        let world = asking("Sales", GOOD);
        for args in [&["--dry-run"][..], &["--check"], &["--offline"], &["identify", "app.apk"], &["doctor"]] {
            world.run(&VARIABLES, args, "");
            assert!(!world.path("argv").exists(), "{args:?} asks nobody");
        }
        world.refuses(|world| world.signed_with(&VARIABLES, &["--no-register"]), 5, &["is not registered in dev"]);
        let run = world.signed_with(&VARIABLES, &[]).exits(0).says(&["a NEW application was registered"]);
        clean(&world, &run);
        let (id, secret) = world.credential(APP, "dev");
        let asked: serde_json::Value = serde_json::from_slice(&world.read("asked")).unwrap();
        let application = &asked["Applications"][0];
        assert_eq!(
            (application["ClientId"].as_str(), application["GUID"].as_str()),
            (Some(id.as_str()), Some(id.as_str()))
        );
        assert_eq!(
            (application["Name"].as_str(), application["ClientSecret"].as_str()),
            (Some("Sales"), Some(secret.as_str()))
        );
        let connection = serde_json::json!({
            "ConnPassword": "CANARY-db-password", "ConnUser": "sa", "Repository": "repo", "UserName": "admin",
            "UserPassword": "CANARY-gam-password",
        });
        assert_eq!(asked["IdeConnection"], connection);
        let argv = String::from_utf8(world.read("argv")).unwrap();
        let lines: Vec<&str> = argv.lines().collect();
        assert!(
            lines[0] == "a b" && lines[1].ends_with("/InputParms.json") && lines[2].ends_with("/OutputParms.json"),
            "{argv}"
        );
        let modes = String::from_utf8(world.read("modes")).unwrap();
        assert!(modes.contains("drwx------") && modes.contains("-rw-------"), "{modes}");
        // The store has it: the program is not run again.
        std::fs::remove_file(world.path("argv")).unwrap();
        world.signed_with(&VARIABLES, &[]).exits(0).says(&["up to date"]);
        assert!(!world.path("argv").exists());
        // Asked anew on purpose, with the id and the secret that are there.
        world.signed_with(&VARIABLES, &["register", APP, "--force"]).exits(0);
        assert_eq!(world.credential(APP, "dev"), (id, secret));
        assert!(world.path("argv").exists());
    }

    #[test]
    fn what_the_file_has_nobody_is_asked_for() {
        let world = asking("Start", GOOD);
        let run = world.signed_with(&VARIABLES, &[]).exits(0).says(&[&format!("client id {START}")]);
        assert!(!world.path("argv").exists() && !run.err.contains("NEW"));
        // A file that GAM refused in, or none, is what the program is for.
        let world = asking("Start", GOOD);
        std::fs::remove_file(world.path(FILE)).unwrap();
        world.signed_with(&VARIABLES, &["--env", "web"]).exits(0);
        let asked: serde_json::Value = serde_json::from_slice(&world.read("asked")).unwrap();
        assert_eq!(asked["Applications"][0]["ClientSecret"], "null", "a public client has none");
    }

    #[test]
    fn a_name_that_gam_has_already_is_adopted() {
        let answer = output(&[("Sales", "5a1e5", SECRET)]);
        let world = asking("Sales", &format!("cat > \"$3\" <<'END'\n{answer}\nEND"));
        let run = world.signed_with(&VARIABLES, &[]).exits(0);
        assert!(!run.err.contains("NEW"), "{}", run.err);
        assert_eq!(world.credential(APP, "dev"), ("5a1e5".to_owned(), SECRET.to_owned()));
        // Later it answers for another one: shipped apps carry the first.
        program(&world, &format!("cat > \"$3\" <<'END'\n{}\nEND", output(&[("Sales", "other", SECRET)])));
        let run = |world: &World| world.signed_with(&VARIABLES, &["register", APP, "--force"]);
        world.refuses(run, 9, &["Sales has the Client Id 5a1e5 here, and other in the program's answer"]);
    }

    #[test]
    fn a_secret_that_gam_has_is_never_reset() {
        let log = "sed 's/.*\"ClientSecret\":\"\\([^\"]*\\)\".*/\\1/' \"$2\" >> secrets; echo >> secrets";
        let answer = format!("cat > \"$3\" <<'END'\n{}\nEND", output(&[("Sales", "5a1e5", SECRET)]));
        let world = asking("Sales", &format!("{log}\n{answer}"));
        world.signed_with(&VARIABLES, &["register", APP]).exits(0);
        assert_eq!(world.credential(APP, "dev").1, SECRET);
        let sent = || {
            let text = String::from_utf8(world.read("secrets")).unwrap();
            text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(sent(), ["null"], "what GAM has is asked for, and nothing is sent");
        // Another one here is a conflict, and still nothing is sent.
        let args = ["credential", "set", "--app", APP, "--client-id", "5a1e5", "--secret", "stdin", "--replace"];
        world.run(&VARIABLES, &args, "another").exits(0);
        world.signed_with(&VARIABLES, &["register", APP, "--force"]).exits(9).says(&["different secrets"]);
        assert_eq!(sent(), ["null", "null"]);
        // Where GAM has none, the store's is registered as it is.
        program(&world, &format!("{log}\n{}", GOOD.replace("[ $# = 3 ] || exit 9", "")));
        world.signed_with(&VARIABLES, &["register", APP, "--force"]).exits(0);
        assert_eq!(sent()[2..], ["null", "another"]);
        assert_eq!(world.credential(APP, "dev"), ("5a1e5".to_owned(), "another".to_owned()));
    }

    #[test]
    fn a_program_that_fails_leaves_nothing() {
        let refused = r#"{"isOK":false,"Errors":["login of CANARY-db-password failed"]}"#;
        for (script, texts) in [
            ("exit 3".to_owned(), vec!["the program ./gam: it ended with exit status: 3"]),
            (
                "echo \"password $(sed 's/.*ConnPassword\":\"//; s/\".*//' \"$2\") is wrong\" >&2; exit 1".to_owned(),
                vec!["exit status: 1: password [secret] is wrong"],
            ),
            ("exit 0".to_owned(), vec!["the program ./gam: it wrote no answer"]),
            ("echo '{' > \"$3\"".to_owned(), vec!["its answer: it ends in the middle of the JSON"]),
            ("mkdir \"$3\"".to_owned(), vec!["its answer: cannot read it: it is a folder, a file is expected"]),
            (format!("echo '{refused}' > \"$3\""), vec!["GAM refused the registration: login of [secret] failed"]),
            (
                format!("echo '{refused}' > \"$3\"; exit 1"),
                vec!["GAM refused the registration: login of [secret] failed"],
            ),
            (
                format!("cat > \"$3\" <<'END'\n{}\nEND", output(&[("Other", "x", SECRET)])),
                vec!["the program answered without Sales", "there: Other (x)"],
            ),
            (
                format!("cat > \"$3\" <<'END'\n{}\nEND", output(&[("Sales", "x", "null")])),
                vec!["the program's answer has no secret for Sales"],
            ),
        ] {
            let world = asking("Sales", &script);
            let run = world.refuses(|world| world.signed_with(&VARIABLES, &[]), 5, &texts);
            clean(&world, &run);
        }
        let world = asking("Sales", GOOD);
        world.refuses(
            |world| world.signed(&[]),
            2,
            &["conn-password in [env.dev.connection]: environment variable DB_PASSWORD"],
        );
    }

    #[test]
    fn another_environment_takes_the_program_over_by_reference() {
        let world = asking("Sales", GOOD);
        world.inject(&["env", "add", "qa", "--from", "dev"]).exits(0);
        let text = String::from_utf8(world.read("inject.toml")).unwrap();
        assert!(text.contains("conn-password = \"env:DB_PASSWORD\"") && text.matches("./gam").count() == 4, "{text}");
        world.signed_with(&VARIABLES, &["register", APP, "--env", "qa"]).exits(0);
    }
}
