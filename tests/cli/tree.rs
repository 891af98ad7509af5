//! Folders of files: the fallback, places named by hand, links, and all files together or none.

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{PROGRAM, World};

const GIVEN: [(&str, &str); 2] = [("INJECT_CLIENT_ID", "the-id"), ("INJECT_CLIENT_SECRET", "the-secret")];
/// Files of the tree that is killed over.
const FILES: usize = 40;
/// Moments at which it is killed.
const KILLS: u32 = 30;

#[test]
fn a_folder_without_anything_known_gets_a_file_only_by_name() {
    let world = World::new();
    world.write("site/readme.txt", "hello");
    let args = ["site", "--env", "dev", "--app", "com.example.site"];
    world.refuses(|world| world.inject(&["site", "--env", "dev"]), 2, &["which application?", "--app"]);
    // What a server serves gets no new file with a secret in it, unless that is what is asked for.
    let create = [&args[..], &["--create"]].concat();
    let named = [&args[..], &["--preset", "generic"]].concat();
    for args in [&args[..], &create] {
        let texts = [
            "no place for a credential was found in this folder",
            "name the places: --at ADDRESS=VALUE",
            "or make a file for a program that reads it: --preset generic --create",
        ];
        world.refuses(|world| world.run(&GIVEN, args, ""), 4, &texts);
    }
    let texts = ["no place tree:client_credentials.json here", "or make it: --create"];
    let refused = world.refuses(|world| world.run(&GIVEN, &named, ""), 4, &texts);
    assert_eq!(refused.err.matches("--create").count(), 1, "{}", refused.err);
    let named = [&named[..], &["--create"]].concat();
    let made = world.run(&GIVEN, &named, "").exits(0);
    made.says(&["tree:client_credentials.json is not there and is made; the app must be written to read it"]);
    assert_eq!(world.read("site/client_credentials.json"), br#"{"client_id":"the-id","client_secret":"the-secret"}"#);
    let again = world.run(&GIVEN, &args, "").exits(0).says(&["up to date"]);
    assert!(!again.err.contains("is not there"), "{}", again.err);
    assert_eq!(world.files().len(), 2);
}

#[test]
fn what_is_no_tree() {
    let world = World::new();
    fs::create_dir(world.path("empty")).unwrap();
    let app = ["--env", "dev", "--app", "a"];
    let run = |folder: &'static str| [&[folder][..], &app].concat();
    world.refuses(|world| world.inject(&run("empty")), 3, &["there is no file in empty"]);
    world.write("site/a.json", r#"{"id":"old"}"#);
    let output = [&run("site")[..], &["--at", "a.json#/id={client_id}", "-o", "other"]].concat();
    world.refuses(|world| world.inject(&output), 2, &["changed in place", "--output"]);
    let none = [&run("site")[..], &["--preset", "genexus"]].concat();
    world.refuses(|world| world.inject(&none), 4, &["preset genexus: none of genexus-android", "fits"]);
    let raised = [&run("site")[..], &["--at", "a.json#/id=v{raised}"]].concat();
    world.refuses(|world| world.inject(&raised), 2, &["{raised} stands alone"]);
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let world = World::new();
    world.write("site/real.json", r#"{"id":"old"}"#);
    world.write("outside.json", r#"{"id":"old"}"#);
    std::os::unix::fs::symlink(world.path("outside.json"), world.path("site/link.json")).unwrap();
    std::os::unix::fs::symlink(world.project(), world.path("site/up")).unwrap();
    let app = ["site", "--env", "dev", "--app", "a"];
    for at in ["link.json#/id={client_id}", "up/outside.json#/id={client_id}"] {
        let args = [&app[..], &["--at", at]].concat();
        world.refuses(|world| world.inject(&args), 3, &["a symbolic link leads there"]);
    }
    world.run(&GIVEN, &[&app[..], &["--at", "*.json#/id={client_id}"]].concat(), "").exits(0);
    assert_eq!(world.read("site/real.json"), br#"{"id":"the-id"}"#);
    assert_eq!(world.read("outside.json"), br#"{"id":"old"}"#);
    assert!(fs::symlink_metadata(world.path("site/link.json")).unwrap().is_symlink());
}

#[test]
fn what_never_fitted_is_for_the_gate_and_what_breaks_is_not_written() {
    let world = World::new();
    world.write("site/main.js", "const a = {ID: 'old'};");
    // A digest of something else: it was wrong before.
    world.write("site/index.html", "<script src=main.js integrity=\"sha256-AAAA\"></script>");
    let args = ["site", "--env", "dev", "--app", "a", "--at", "main.js#ID={client_id}"];
    world.run(&GIVEN, &args, "").exits(0);
    assert_eq!(world.read("site/main.js"), b"const a = {ID: 'the-id'};");
    let gate = ["verify", "site", "--env", "dev", "--app", "a", "--at", args[6]];
    world.run(&GIVEN, &gate, "").exits(7).says(&["site.integrity (main.js)", "browsers refuse it"]);
}

#[cfg(unix)]
#[test]
fn permissions_stay() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    world.write("site/a.json", r#"{"id":"old"}"#);
    fs::set_permissions(world.path("site/a.json"), fs::Permissions::from_mode(0o640)).unwrap();
    world.run(&GIVEN, &["site", "--env", "dev", "--app", "a", "--at", "a.json#/id={client_id}"], "").exits(0);
    assert_eq!(fs::metadata(world.path("site/a.json")).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn a_preset_of_the_project() {
    let world = World::new();
    let preset = "[preset.mine]\nabout = \"ours\"\nfits = [\"tree:conf.json#/auth\"]\n[[preset.mine.place]]\nat = \"tree:conf.json#/auth/id\"\nvalue = \"{client_id}\"\n";
    world.write("inject.toml", format!("version = 1\n{preset}"));
    world.write("site/conf.json", r#"{"auth":{"id":"old"}}"#);
    // Found by looking, like a shipped one.
    world.run(&GIVEN, &["site", "--env", "dev", "--app", "a"], "").exits(0);
    assert_eq!(world.read("site/conf.json"), br#"{"auth":{"id":"the-id"}}"#);
    let app = "[app.a]\nid = \"a\"\npreset = [\"mine\"]\nartifacts = [\"site\"]\n";
    world.write("inject.toml", format!("version = 1\n{app}{preset}"));
    world.run(&GIVEN, &["--env", "dev"], "").exits(0).says(&["up to date"]);

    let wrong = "version = 1\n[app.a]\nid = \"a\"\npreset = [\"mien\"]\n[preset.mine]\nabout = \"x\"\n[preset.all]\nabout = \"y\"\nany-of = [\"none\"]\n[preset.typo]\nabuot = \"z\"\n";
    world.write("inject.toml", wrong);
    world.refuses(
        |world| world.inject(&["site", "--env", "dev", "--app", "a"]),
        2,
        &["did you mean \"mine\"?", "either places ([[place]]) or", "any-of names \"none\"", "11:1: ", "abuot"],
    );
}

fn many(value: &str) -> BTreeMap<String, String> {
    (0..FILES).map(|index| (format!("site/f{}/{index}.json", index % 7), format!(r#"{{"id":"{value}"}}"#))).collect()
}

#[test]
fn killed_at_any_moment_all_files_are_old_or_new() {
    let world = World::new();
    let reset = |world: &World| {
        for (name, content) in many("old") {
            world.write(&name, content);
        }
    };
    reset(&world);
    let args = ["site", "--env", "dev", "--app", "a", "--at", "**/*.json#/id={client_id}"];
    let began = Instant::now();
    world.run(&GIVEN, &args, "").exits(0);
    let mut whole = began.elapsed();
    reset(&world);
    let (mut running, mut finished, mut torn) = (0, 0, 0);
    for round in 0..4 * KILLS {
        let delay = whole.mul_f64((f64::from(round) * 0.618_034).fract());
        if killed(&world, &args, delay) {
            running += 1;
            whole = whole.mul_f64(1.02);
        } else {
            whole = whole.max(Duration::from_millis(2)).mul_f64(0.97);
        }
        let new = many("the-id").iter().filter(|(name, text)| world.read(name) == text.as_bytes()).count();
        torn += usize::from(new != 0 && new != FILES);
        // Whoever writes next repairs it first.
        inject::pipeline::job::repair(&world.path("site")).unwrap();
        let verified = world.run(&GIVEN, &["verify", "site", "--env", "dev", "--app", "a", "--at", args[6]], "");
        let new = many("the-id").iter().filter(|(name, text)| world.read(name) == text.as_bytes()).count();
        assert!(new == 0 || new == FILES, "killed after {delay:?}: {new} of {FILES} files are new");
        assert_eq!(verified.code, Some(if new == FILES { 0 } else { 7 }), "{}", verified.err);
        assert_eq!(world.files().len(), FILES, "killed after {delay:?}: a stray file");
        if new == FILES {
            finished += 1;
            reset(&world);
        }
        if running >= KILLS && finished > 0 {
            break;
        }
    }
    assert!(
        running >= KILLS && finished > 0,
        "{running} kills met a running program, {finished} were done, {torn} torn"
    );
    world.run(&GIVEN, &args, "").exits(0);
}

/// Runs and kills after `delay`; whether it was still running.
fn killed(world: &World, args: &[&str], delay: Duration) -> bool {
    let mut command = world.command(PROGRAM);
    let mut child = command.envs(GIVEN).args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(delay);
    let running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    running
}

#[test]
fn two_runs_on_one_folder_wait_for_each_other() {
    let world = World::new();
    for (name, content) in many("old") {
        world.write(&name, content);
    }
    let runs: Vec<_> = ["one", "two", "three", "four"]
        .into_iter()
        .map(|id| {
            let mut command = world.command(PROGRAM);
            command.env("INJECT_CLIENT_ID", id).env("INJECT_CLIENT_SECRET", "s");
            let at = "**/*.json#/id={client_id}";
            command.args(["site", "--env", "dev", "--app", "a", "--at", at]);
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for run in runs {
        let output = run.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let first = world.read("site/f0/0.json");
    for name in many("").keys() {
        assert_eq!(world.read(name), first, "{name}: two runs were mixed");
    }
    assert_eq!(world.files().len(), FILES);
}

/// A folder in which a run was cut off: of two files that were prepared, one has taken its place.
fn cut_off(world: &World) {
    use inject::host::file::Stamp;
    use inject::host::transaction::Transaction;
    for name in ["a.json", "b.json"] {
        world.write(&format!("site/{name}"), r#"{"id":"old"}"#);
    }
    let root = world.path("site");
    let mut run = Transaction::start(&root).unwrap();
    for name in ["a.json", "b.json"] {
        run.put(name, Stamp::at(&root.join(name)).unwrap(), br#"{"id":"other-id"}"#).unwrap();
    }
    let first = run.new_files().next().map(|(name, path)| (root.join(name), path.to_owned())).unwrap();
    run.prepare().unwrap().unwrap().abandon();
    fs::rename(first.1, first.0).unwrap();
}

const PLACES: [&str; 4] = ["--at", "a.json#/id={client_id}", "--at", "b.json#/id={client_id}"];

#[test]
fn who_only_reads_leaves_what_a_killed_run_left() {
    let world = World::new();
    world.write("inject.toml", "version = 1\n[env.dev]\n[app.x]\nid = \"x\"\nartifacts = [\"site\"]\n");
    cut_off(&world);
    let before = world.files();
    let app = [&["--env", "dev", "--app", "x"][..], &PLACES].concat();
    for args in [
        [&["inspect", "site"][..], &PLACES].concat(),
        [&["identify", "site"][..], &PLACES].concat(),
        [&["verify", "site"][..], &app].concat(),
        [&["site", "--dry-run"][..], &app].concat(),
        [&["site", "--check"][..], &app].concat(),
        vec!["scan", "site"],
        vec!["doctor"],
    ] {
        let run = world.run(&GIVEN, &args, "");
        let said = format!("{}{}", run.out, run.err);
        let told = "was cut off; the next run that writes finishes what it had begun: a.json, b.json";
        assert!(said.contains(told), "{args:?}: {said}");
        assert!(world.files() == before, "{args:?} has written");
    }
    // Whoever writes finishes it first.
    world.run(&GIVEN, &[&["site"][..], &app].concat(), "").exits(0);
    assert_eq!(world.read("site/a.json"), br#"{"id":"the-id"}"#);
    assert_eq!(world.files().len(), 3);
}

#[test]
fn a_newer_build_is_kept_from_what_a_killed_run_left() {
    let world = World::new();
    cut_off(&world);
    // The build makes other files than those that the killed run had read.
    for name in ["a.json", "b.json"] {
        world.write(&format!("site/{name}"), r#"{"id":"built","new":"yes"}"#);
    }
    let before = world.files();
    let app = [&["--env", "dev", "--app", "x"][..], &PLACES].concat();
    let told = "the next run that writes drops what it had prepared: a.json, b.json changed since";
    world.run(&GIVEN, &[&["site", "--dry-run"][..], &app].concat(), "").exits(0).says(&[told]);
    assert!(world.files() == before);
    let run = world.run(&GIVEN, &[&["site"][..], &app].concat(), "").exits(0);
    run.says(&["was cut off, and what it had prepared was dropped: a.json, b.json changed since"]);
    for name in ["site/a.json", "site/b.json"] {
        assert_eq!(String::from_utf8(world.read(name)).unwrap(), r#"{"id":"the-id","new":"yes"}"#);
    }
    assert_eq!(world.files().len(), 2);
}

#[cfg(unix)]
#[test]
fn whoever_waits_for_a_folder_says_for_whom() {
    use std::io::{BufRead, BufReader};
    let world = World::new();
    world.write("site/a.json", r#"{"id":"old"}"#);
    let held = fs::File::open(world.path("site")).unwrap();
    held.lock_shared().unwrap();
    let mut command = world.command(PROGRAM);
    command.envs(GIVEN).args(["site", "--env", "dev", "--app", "x", "--at", "a.json#/id={client_id}"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let line = said.find(|line| line.contains("waiting for")).expect("it says so before it ends");
    assert!(line.ends_with("60 seconds at most") && line.contains("site; "), "{line}");
    if cfg!(target_os = "linux") {
        assert!(line.contains(&format!("process {} (", std::process::id())), "{line}");
    }
    drop(held);
    assert!(said.any(|line| line.starts_with("done ")));
    assert!(child.wait().unwrap().success());
}
