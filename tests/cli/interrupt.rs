//! Ctrl-C and SIGTERM at any moment: originals or finished artifacts, no stray file, a store without traces, and the status
//! that shells expect.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::{PASSWORD, PROGRAM, World, key, names_in, noise, repacked};

/// Moments at which a run is interrupted.
const MOMENTS: u32 = 40;

fn start(world: &World, args: &[&str]) -> Child {
    let mut command = world.command(PROGRAM);
    command.env("KEYSTORE_FILE", key("demo.p12")).env("KEYSTORE_PASSWORD", PASSWORD).args(args);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Runs and sends a signal after `delay`; the status, and what was said.
fn interrupted(world: &World, args: &[&str], delay: Duration, signal: Signal) -> (Option<i32>, String) {
    let child = start(world, args);
    std::thread::sleep(delay);
    let _ = kill_process(Pid::from_child(&child), signal);
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// What may be in the stores beside locks.
const STORES: [&str; 4] = ["databases", "key", "dev.db", "store.db"];

/// Interrupts runs at moments all over one; `(before, after)` is what each file may be.
fn at_all_moments(world: &World, args: &[&str], make: impl Fn(&World)) {
    make(world);
    let before = world.files();
    let began = Instant::now();
    assert!(start(world, args).wait_with_output().unwrap().status.success());
    let mut whole = began.elapsed();
    let after = world.files();
    assert!(before != after);
    let mut hit = 0;
    for moment in 0..4 * MOMENTS {
        make(world);
        let delay = whole.mul_f64((f64::from(moment) * 0.618_034).fract());
        let (signal, status) = if moment % 2 == 0 { (Signal::INT, 130) } else { (Signal::TERM, 143) };
        let (code, said) = interrupted(world, args, delay, signal);
        match code {
            Some(0) => whole = whole.mul_f64(0.95),
            // Before the program listens, the signal ends it as it ends any.
            None => whole = whole.mul_f64(1.03),
            code => {
                assert_eq!(code, Some(status), "{said}");
                assert!(said.ends_with("error interrupted; each artifact is as it was, or finished\n"), "{said}");
                hit += 1;
            }
        }
        whole_or_untouched(&world.files(), &before, &after);
        assert!(
            names_in(&world.stores()).iter().all(|name| STORES.contains(&name.as_str())),
            "{:?}",
            names_in(&world.stores())
        );
        if hit == MOMENTS {
            break;
        }
    }
    assert!(hit >= MOMENTS / 2, "only {hit} signals met a running program");
    make(world);
    assert!(start(world, args).wait_with_output().unwrap().status.success());
    assert!(world.files() == after);
}

fn whole_or_untouched(
    now: &BTreeMap<PathBuf, Vec<u8>>,
    before: &BTreeMap<PathBuf, Vec<u8>>,
    after: &BTreeMap<PathBuf, Vec<u8>>,
) {
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert!([names(before), names(after)].contains(&names(now)), "a stray file, or a lost one: {:?}", names(now));
    for (path, content) in now {
        let known = before.get(path) == Some(content) || after.get(path) == Some(content);
        assert!(known, "{} is neither the original nor finished", path.display());
    }
}

#[test]
fn several_packages() {
    let world = World::new();
    let package = repacked(&[("assets/big.bin", &noise(6 << 20))], |_, content| content);
    at_all_moments(&world, &["a.apk", "b.apk", "c.apk", "--env", "dev"], |world| {
        for name in ["a.apk", "b.apk", "c.apk"] {
            world.write(name, &package);
        }
    });
}

#[test]
fn a_folder() {
    let world = World::new();
    let filler: String = noise(4 << 20).iter().map(|byte| char::from(b'a' + byte % 26)).collect();
    let json = |id: &str| format!("{{\"client_id\":\"{id}\",\"filler\":\"{filler}\"}}");
    let places = ["--at", "one.json#/client_id={client_id}", "--at", "two.json#/client_id={client_id}"];
    let args = [&["site", "--app", "com.example.site", "--env", "dev"][..], &places].concat();
    // All files of a folder change together.
    at_all_moments(&world, &args, |world| {
        world.write("site/one.json", json("old"));
        world.write("site/two.json", json("old"));
    });
}

#[test]
fn a_first_run_that_makes_its_store() {
    let measured = World::new();
    measured.demo("app.apk");
    let began = Instant::now();
    measured.signed(&["app.apk", "--env", "dev"]).exits(0);
    let whole = began.elapsed();
    for moment in 0..MOMENTS {
        let world = World::new();
        let original = world.demo("app.apk");
        interrupted(&world, &["app.apk", "--env", "dev"], whole * moment / MOMENTS, Signal::INT);
        // A signal before the program listens may leave what the next run sweeps away; nothing else may.
        let left = world.read("app.apk");
        assert!(left == original || world.credentials() == 1);
        world.signed(&["app.apk", "--env", "dev"]).exits(0);
        assert_eq!(names_in(&world.stores()), STORES);
        assert_eq!(world.files().len(), 1);
    }
}
