//! Secrets and passwords with a known text: it must be nowhere but where it belongs.

use std::fs;

use super::{APP, PASSWORD, Run, World, files_below, holds, key};

pub const SECRET: &str = "CANARY-7f3d-secret-of-dev";
const OTHER: &str = "CANARY-91c2-secret-of-prod";
const KEYSTORE: &str = "CANARY-55aa-wrong-password";
const KEY: &str = "CANARY-aa55-key-password";

/// Variables, arguments, exit code.
type Row<'a> = (&'a [(&'a str, &'a str)], Vec<&'a str>, i32);

/// The texts that must not be there, as they are and in the forms that tools make of them.
pub fn forms() -> Vec<String> {
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut forms = Vec::new();
    for text in [SECRET, OTHER, KEYSTORE, KEY, PASSWORD] {
        let mut list = text.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>();
        // A debug print of bytes.
        list.truncate(8);
        forms.extend([text.to_owned(), hex(text), hex(text).to_uppercase(), list.join(", ")]);
        // What a message that cuts or quotes would leave of it.
        forms.push(text[..text.len() - 4].to_owned());
    }
    forms
}

#[track_caller]
fn silent(run: &Run, what: &[&str]) {
    for form in forms() {
        assert!(
            !run.out.contains(&form) && !run.err.contains(&form),
            "{what:?} says {form:?}\n{}\n{}",
            run.out,
            run.err
        );
    }
}

#[cfg(not(any(windows, target_os = "macos")))]
fn keyring(world: &World) -> String {
    let folder = super::keyring::stand_in(world);
    fs::write(world.root().join("keyring").join("taken"), SECRET).unwrap();
    format!("{}:/usr/bin:/bin", folder.display())
}

#[cfg(any(windows, target_os = "macos"))]
fn keyring(_world: &World) -> String {
    String::new()
}

#[test]
fn no_command_and_no_error_says_a_secret() {
    let world = World::new();
    world.demo("app.apk");
    world.write("text.apk", "no package");
    world.write("cut.apk", &super::demo()[..9000]);
    world.write("inject.toml", "version = 1\n[env.dev]\n[env.prod]\n[env.gone]\nregister = \"never\"\n");
    world.write("broken.toml", format!("version = 1\n[env.dev.values]\nclient_secret = \"{SECRET}\"\n"));
    let gradle =
        "plugins { id 'com.android.application' }\nandroid { defaultConfig { applicationId 'com.example.demo' } }\n";
    world.write("build.gradle", format!("{gradle}def secret = '{SECRET}' // {SECRET}\n"));
    fs::write(world.home().join("password"), format!("{PASSWORD}\n")).unwrap();
    let password = format!("file:{}", world.home().join("password").display());
    let (demo, jks) = (key("demo.p12"), key("multi.jks"));
    // Of a real keyring nothing is changed.
    let path = keyring(&world);
    let keyring = [("PATH", path.as_str())];
    for (env, secret) in [("dev", SECRET), ("prod", OTHER)] {
        let args = ["credential", "set", "--app", APP, "--env", env, "--client-id", env, "--secret", "stdin", "-v"];
        silent(&world.run(&[], &args, secret).exits(0), &args);
    }
    let good = [("KEYSTORE_FILE", demo.as_str()), ("KEYSTORE_PASSWORD", PASSWORD)];
    let given = [("INJECT_CLIENT_ID", "given"), ("INJECT_CLIENT_SECRET", SECRET)];
    let bad = [("P", KEYSTORE), ("K", KEY), ("KEYSTORE_PASSWORD", KEYSTORE), ("KEY_PASSWORD", KEY)];
    let wrong = [("KEYSTORE_FILE", demo.as_str()), ("KEYSTORE_PASSWORD", KEYSTORE), ("INJECT_CLIENT_SECRET", SECRET)];
    let mut table: Vec<Row<'_>> = vec![
        (&good, vec!["app.apk", "--env", "dev", "--dry-run"], 0),
        (&good, vec!["app.apk", "--env", "dev", "--check"], 8),
        (&[], vec!["app.apk", "--env", "dev"], 6),
        (&bad, vec!["app.apk", "--env", "dev", "--ks", &demo], 6),
        (&bad, vec!["app.apk", "--env", "dev", "--ks", &demo, "--ks-pass", "env:P", "--key-pass", "env:K"], 6),
        (&bad, vec!["app.apk", "--env", "dev", "--ks", &jks, "--ks-pass", "env:P", "--ks-key-alias", "first"], 6),
        (&good, vec!["app.apk", "--env", "dev", "--ks-key-alias", "wrong"], 6),
        (&bad, vec!["app.apk", "--env", "dev", "--ks", "text.apk", "--ks-pass", "env:P"], 6),
        (&good, vec!["app.apk", "--env", "dev", "--schemes", "v9"], 2),
        (&good, vec!["app.apk", "--env", "dev", "--at", "string/none={client_secret}"], 4),
        (&good, vec!["app.apk", "--env", "dev", "--at", "raw/config#/redirect_uris={client_secret}"], 4),
        (&good, vec!["app.apk", "--env", "dev", "--at", "string/client_id={client_secret}{x}"], 2),
        (&good, vec!["text.apk", "--env", "dev"], 3),
        (&[], vec!["scan", ".", "--ids"], 7),
        (&good, vec!["cut.apk", "--env", "dev"], 3),
        (&good, vec!["app.apk", "--env", "none"], 2),
        (&good, vec!["app.apk", "--env", "gone"], 5),
        (&good, vec!["app.apk", "--env", "dev", "-o", "no/such/out.apk"], 3),
        (&good, vec!["app.apk", "--env", "dev", "--config", "broken.toml"], 2),
        (&good, vec!["app.apk", "--env", "dev", "--refresh"], 0),
        (&good, vec!["app.apk", "--env", "dev"], 0),
        (&good, vec!["app.apk", "--env", "dev"], 0),
        (&good, vec!["verify", "app.apk", "--env", "dev"], 0),
        (&good, vec!["verify", "app.apk", "--env", "prod"], 7),
        (&good, vec!["verify", "app.apk", "--signature-only"], 0),
        (&given, vec!["app.apk", "--env", "prod", "--dry-run"], 0),
        (&given, vec!["app.apk", "--env", "prod", "--ks", &demo, "--ks-pass", &password, "-o", "given.apk"], 0),
        (&given, vec!["verify", "given.apk", "--env", "prod"], 0),
        (&given, vec!["register", APP, "--env", "prod"], 0),
        (&[("INJECT_CLIENT_SECRET", SECRET)], vec!["register", APP, "--env", "prod"], 2),
        (
            &[("INJECT_CLIENT_ID", "a"), ("INJECT_CLIENT_SECRET", "CANARY-7f3d-secret-of-dev\u{e9}")],
            vec!["register", APP, "--env", "prod"],
            2,
        ),
        (&[], vec!["register", APP, "--env", "dev"], 0),
        (&[], vec!["register", APP, "--env", "gone"], 5),
        (&[], vec!["credential", "list"], 0),
        (&[], vec!["credential", "show", "--app", APP, "--env", "dev"], 0),
        (&[], vec!["credential", "set", "--app", APP, "--env", "dev", "--client-id", "x"], 9),
        (&[], vec!["credential", "set", "--app", APP, "--env", "dev", "--client-id", "x", "--secret", SECRET], 2),
        (
            &[("P", "CANARY-7f3d-secret-of-dev\u{e9}")],
            vec!["credential", "set", "--app", APP, "--env", "dev", "--client-id", "x", "--secret", "env:P"],
            2,
        ),
        (&[], vec!["env", "list"], 0),
        (&[], vec!["env", "show", "--env", "dev"], 0),
        (&[], vec!["env", "use", "dev"], 0),
        (&[], vec!["env", "use", "none"], 2),
        (&[], vec!["completions", "bash"], 0),
        (&[], vec!["man"], 0),
        (&[], vec!["--help"], 0),
        (&[], vec!["credential", "--secret", SECRET, "set"], 2),
        (&[], vec!["register", APP, "--env", "dev", "--take", "store"], 0),
        (&[], vec!["credential", "rotate", "--app", APP, "--env", "prod"], 5),
        (&[("P", KEYSTORE)], vec!["credential", "export", "no/such/folder", "--pass", "env:P"], 5),
        (&[("P", KEYSTORE)], vec!["credential", "import", "app.apk", "--pass", "env:P"], 2),
        (&[("P", "short")], vec!["credential", "export", "x", "--pass", SECRET], 2),
        (&[("INJECT_STORE_KEY", SECRET)], vec!["credential", "list"], 2),
        (&keyring, vec!["credential", "key", "--to", "keyring:store"], 0),
        (&keyring, vec!["credential", "list"], 0),
        (&[("PATH", "nowhere")], vec!["credential", "list"], 5),
        (&keyring, vec!["credential", "key", "--to", "keyring:taken"], 9),
        (&keyring, vec!["credential", "key"], 0),
        (&keyring, vec!["credential", "key", "--to", "file"], 0),
        (&[], vec!["credential", "key", "--to", SECRET], 2),
        (&[("INJECT_STORE_KEY", "env:P"), ("P", SECRET)], vec!["credential", "key", "--to", "file"], 2),
        (&[], vec!["registry", "list", "--env", "dev"], 0),
        (&[], vec!["registry", "serve", "--env", "dev", "--token", SECRET], 2),
        (&[], vec!["verify", "app.apk", "--env", "dev", "--probe", "--probe-secret"], 2),
        (&good, vec!["app.apk", "--env", "dev", "--receipt", "receipt.json", "--summary", "summary.md"], 0),
        (&good, vec!["app.apk", "--env", "prod", "--at", "string/client_id={client_id}", "--summary", "s.md"], 7),
        (&[], vec!["verify", "app.apk", "--env", "dev", "--receipt", "receipt.json", "--svr", "svr.json"], 0),
        (&[], vec!["verify", "app.apk", "--env", "prod", "--summary", "summary.md"], 7),
        (&[], vec!["inspect", "app.apk", "--at", "raw/config#/redirect_uris"], 0),
        (&[], vec!["identify", "app.apk", "given.apk"], 7),
        (&good, vec!["doctor"], 0),
        (&wrong, vec!["doctor"], 2),
        (&[], vec!["init"], 2),
        (&[], vec!["init", "--dry-run"], 0),
        (&[], vec!["hook", "gradle"], 0),
        (&[], vec!["hook", "github", "--env", "dev"], 0),
        (&[], vec!["credential", "mask"], 2),
        (&[], vec!["credential", "mask", "--ci", "azure"], 2),
        (&[], vec!["credential", "revoke", "--app", APP, "--env", "gone"], 5),
        (&[], vec!["registry", "init", "--env", "dev"], 0),
        (&[], vec!["registry", "revoke", "none", "--env", "dev"], 5),
        (&[], vec!["env", "add", "dev"], 2),
        (&[], vec!["man", "credential", "set"], 0),
        (&[], vec!["credential", "forget", "--app", APP, "--env", "prod"], 0),
    ];
    // Of a real keyring nothing is changed.
    table.retain(|(variables, ..)| !path.is_empty() || variables.iter().all(|(name, _)| *name != "PATH"));
    let original = super::demo();
    for (variables, args, code) in &table {
        for options in [&["-v"][..], &["--json", "-vv"], &["--format", "sarif"], &["--format", "github", "-v"]] {
            let args = [args, options].concat();
            let run = world.run(variables, &args, "");
            if args.contains(&"credential") && args[1] == "--secret" {
                // Clap repeats an argument that it does not know; that it is in the wrong place is all we can say.
                assert_eq!(run.code, Some(2));
                continue;
            }
            // The second way round, a dry run finds the artifact done.
            let done = *code == 8 && world.read("app.apk") != original;
            assert!(done || run.code == Some(*code), "{args:?}: {:?}, expected {code}\n{}", run.code, run.err);
            silent(&run, &args);
        }
    }
    // What reveals it, reveals it: the search above can find something.
    let shown = world.inject(&["credential", "show", "--app", APP, "--env", "dev", "--reveal"]).exits(0);
    assert!(shown.out.contains(SECRET));

    // On the disk it is in the artifacts that carry it, and in what the test itself wrote.
    assert!(super::apk_holds(&world.read("app.apk"), SECRET));
    for below in [world.home(), world.stores(), world.root().join("tmp"), world.project()] {
        for (path, content) in files_below(&below) {
            let own =
                ["password", "broken.toml", "build.gradle", "app.apk", "given.apk"].map(|name| path.ends_with(name));
            for form in forms().into_iter().filter(|_| !own.contains(&true)) {
                assert!(!holds(&content, &form), "{} holds {form:?}", path.display());
            }
        }
    }
    for name in ["app.apk", "given.apk"] {
        let apk = world.read(name);
        for text in [OTHER, KEYSTORE, KEY, PASSWORD] {
            assert!(!super::apk_holds(&apk, text), "{name} holds {text:?}");
        }
    }
}

/// Stores that cannot be opened say what is wrong, not what was in them; a conflict shows fingerprints only.
#[test]
fn stores_in_trouble_say_no_secret() {
    let world = World::new();
    world.demo("app.apk");
    world.inject(&["register", APP, "--env", "dev"]).exits(0);
    let (id, theirs) = world.credential(APP, "dev");
    let set = ["credential", "set", "--app", APP, "--env", "dev", "--client-id", &id, "--secret", "stdin", "--replace"];
    silent(&world.run(&[], &set, SECRET).exits(0), &set);
    let commands: [&[&str]; 4] = [
        &["register", APP, "--env", "dev", "--force"],
        &["app.apk", "--env", "dev", "--refresh"],
        &["credential", "list"],
        &["app.apk", "--env", "dev", "--dry-run", "--refresh"],
    ];
    let all = || {
        for args in commands {
            for options in [&["-v"][..], &["--json"]] {
                let args = [args, options].concat();
                let run = world.signed(&args);
                silent(&run, &args);
                assert!(!run.out.contains(&theirs) && !run.err.contains(&theirs), "{args:?}");
            }
        }
    };
    all();
    let key = world.stores().join("key");
    let kept = fs::read_to_string(&key).unwrap();
    fs::write(&key, kept.replace(|c: char| c.is_ascii_digit(), "0")).unwrap();
    all();
    fs::write(&key, format!("inject-key-1 {SECRET}\n")).unwrap();
    all();
}

/// What a process table shows of a run is what was typed. Elsewhere no file shows it.
#[cfg(target_os = "linux")]
#[test]
fn a_running_process_shows_no_secret() {
    use std::io::Write;
    use std::process::Stdio;
    let world = World::new();
    let mut command = world.command(super::PROGRAM);
    command.args(["credential", "set", "--app", APP, "--env", "dev", "--client-id", "x", "--secret", "stdin"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(SECRET.as_bytes()).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(50));
    for name in ["cmdline", "environ", "comm"] {
        let shown = fs::read(format!("/proc/{}/{name}", child.id())).unwrap();
        assert!(!holds(&shown, SECRET), "{name}");
    }
    assert!(!fs::read(format!("/proc/{}/cmdline", child.id())).unwrap().is_empty(), "it was still running");
    drop(pipe);
    assert!(child.wait().unwrap().success());
}
