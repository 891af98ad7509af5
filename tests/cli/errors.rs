//! The world outside fails: folders that take nothing, full disks, stores that are no stores, conflicts.

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;
#[cfg(unix)]
use std::process::Command;

use super::{APP, World};
#[cfg(unix)]
use super::{PASSWORD, PROGRAM, Run, finish, key, repacked};

/// A package with this much more in it.
#[cfg(unix)]
fn inflated(bytes: usize) -> Vec<u8> {
    repacked(&[("assets/big.bin", &vec![0xa5; bytes])], |_, content| content)
}

#[cfg(unix)]
fn signing(command: &mut Command) {
    command.env("KEYSTORE_FILE", key("demo.p12")).env("KEYSTORE_PASSWORD", PASSWORD).env("KEY_ALIAS", "demo");
}

#[cfg(unix)]
fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id");
    id.stdout.trim_ascii() == b"0"
}

/// The program as somebody whom permissions bind, and the folder of the world open to them.
#[cfg(unix)]
fn as_somebody(world: &World, args: &[&str]) -> Run {
    if !is_root() {
        let mut command = world.command(PROGRAM);
        signing(&mut command);
        command.args(args);
        return finish(command, "");
    }
    let program = world.root().join("inject");
    fs::copy(PROGRAM, &program).unwrap();
    for path in [world.root().to_owned(), program.clone()] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    // The keystore may lie where only root can look.
    fs::copy(key("demo.p12"), world.home().join("demo.p12")).unwrap();
    for path in [world.stores(), world.home()] {
        let _ = fs::create_dir(&path);
        let owned = Command::new("chown").args(["-R", "65534:65534"]).arg(&path).status().expect("chown");
        assert!(owned.success());
    }
    let mut command = world.command("setpriv");
    signing(&mut command);
    command.env("KEYSTORE_FILE", world.home().join("demo.p12"));
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(&program).args(args);
    let run = finish(command, "");
    // Back to who runs the tests, for what they look at next.
    let own = Command::new("chown").args(["-R", "0:0"]).arg(world.stores()).status().expect("chown");
    assert!(own.success());
    fs::remove_file(&program).unwrap();
    run
}

#[cfg(unix)]
#[test]
fn a_folder_that_takes_nothing() {
    let world = World::new();
    world.demo("app.apk");
    fs::set_permissions(world.project(), fs::Permissions::from_mode(0o555)).unwrap();
    let run = world.refuses(
        |world| as_somebody(world, &["app.apk", "--env", "dev"]),
        3,
        &["cannot create", "app.apk", "Permission denied"],
    );
    assert!(!run.err.contains("NEW"), "{}", run.err);
    // What is finished needs no folder that takes files.
    fs::set_permissions(world.project(), fs::Permissions::from_mode(0o755)).unwrap();
    world.signed(&["app.apk", "--env", "dev"]).exits(0);
    fs::set_permissions(world.project(), fs::Permissions::from_mode(0o555)).unwrap();
    as_somebody(&world, &["app.apk", "--env", "dev"]).exits(0).says(&["up to date"]);
    fs::set_permissions(world.project(), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn an_output_that_cannot_be() {
    let world = World::new();
    world.demo("app.apk");
    // Not even root makes files there.
    for (output, text) in
        [("/proc/inject.apk", "/proc"), ("no/such/folder/out.apk", "no/such/folder"), (".", "it is a folder")]
    {
        let run = world.refuses(|world| world.signed(&["app.apk", "--env", "dev", "-o", output]), 3, &["cannot", text]);
        assert!(!run.err.contains("NEW"), "{}", run.err);
    }
}

/// The program where no file may grow beyond this many blocks of 512 or 1024 bytes.
#[cfg(unix)]
fn on_a_small_disk(world: &World, blocks: usize, args: &[&str]) -> Run {
    let mut command = world.command("sh");
    signing(&mut command);
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    command.args(["-c", &script, PROGRAM]).args(args);
    finish(command, "")
}

#[cfg(unix)]
#[test]
fn a_full_disk() {
    let world = World::new();
    world.write("app.apk", inflated(600_000));
    world.inject(&["register", APP, "--env", "dev"]).exits(0);
    for blocks in [1, 100, 400] {
        let texts = ["cannot write a new version of", ".apk: File too large"];
        world.refuses(|world| on_a_small_disk(world, blocks, &["app.apk", "--env", "dev"]), 3, &texts);
        let args = ["app.apk", "--env", "dev", "-o", "out.apk", "--v4"];
        world.refuses(|world| on_a_small_disk(world, blocks, &args), 3, &texts);
    }
    on_a_small_disk(&world, 4000, &["app.apk", "--env", "dev"]).exits(0);
}

#[cfg(unix)]
#[test]
fn a_full_disk_for_the_store() {
    let world = World::new();
    world.demo("app.apk");
    let before = world.files();
    on_a_small_disk(&world, 4, &["app.apk", "--env", "dev"]).exits(5).says(&["store"]);
    assert!(world.files() == before);
    // What could not be made whole was not made: the next run starts afresh.
    let left: Vec<_> = super::files_below(&world.stores()).into_keys().collect();
    assert!(left.iter().all(|path| path.ends_with("key")), "{left:?}");
    world.signed(&["app.apk", "--env", "dev"]).exits(0);
    assert_eq!(world.credentials(), 1);
}

#[test]
fn stores_that_are_no_stores() {
    let cases: [(&str, &[u8], &str); 3] = [
        ("store.db", b"", "it is empty"),
        ("store.db", b"not a database at all, but long enough to look at", "store.db"),
        ("key", b"no key", "is not a key file"),
    ];
    for (name, content, text) in cases {
        let world = World::new();
        world.demo("app.apk");
        world.inject(&["register", APP, "--env", "dev"]).exits(0);
        fs::write(world.stores().join(name), content).unwrap();
        let before = (world.files(), super::files_below(&world.stores()));
        let commands: [&[&str]; 7] = [
            &["app.apk", "--env", "dev"],
            &["app.apk", "--env", "dev", "--dry-run"],
            &["verify", "app.apk", "--env", "dev"],
            &["register", APP, "--env", "dev"],
            &["credential", "list"],
            &["credential", "show", "--app", APP, "--env", "dev"],
            &["env", "use", "dev"],
        ];
        for args in commands {
            let run = world.signed(args).exits(5).says(&[name, text]);
            assert!(!run.err.contains("NEW"), "{}", run.err);
        }
        assert!((world.files(), super::files_below(&world.stores())) == before, "{name}: something changed");
    }
}

#[cfg(unix)]
#[test]
fn a_store_that_others_can_read() {
    let world = World::new();
    world.demo("app.apk");
    world.inject(&["register", APP, "--env", "dev"]).exits(0);
    let path = world.stores().join("store.db");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    world.signed(&["app.apk", "--env", "dev"]).exits(5).says(&["store.db can be read by others", "chmod 600"]);
}

#[test]
fn a_missing_key_is_not_replaced() {
    let world = World::new();
    world.demo("app.apk");
    world.inject(&["register", APP, "--env", "dev"]).exits(0);
    fs::remove_file(world.stores().join("key")).unwrap();
    world.signed(&["app.apk", "--env", "dev"]).exits(5).says(&["key is missing", "restore it from a backup"]);
    assert!(!world.stores().join("key").exists());
}

/// A folder that cannot be looked into is not an empty one.
#[cfg(unix)]
#[test]
fn stores_that_cannot_be_looked_into() {
    let world = World::new();
    world.write("app.apk", super::demo());
    world.inject(&["register", APP, "--env", "dev"]).exits(0);
    fs::set_permissions(world.path("app.apk"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(world.stores(), fs::Permissions::from_mode(0o000)).unwrap();
    let run = as_somebody(&world, &["verify", "app.apk", "--env", "dev"]);
    fs::set_permissions(world.stores(), fs::Permissions::from_mode(0o700)).unwrap();
    run.exits(5).says(&["store.db", "Permission denied"]);
}

#[test]
fn a_home_inside_a_file() {
    let world = World::new();
    world.demo("app.apk");
    fs::write(world.stores(), b"a file").unwrap();
    world.signed(&["app.apk", "--env", "dev"]).exits(5).says(&["stores"]);
    assert_eq!(world.read("app.apk"), super::demo());
}

#[test]
fn store_and_registry_disagree() {
    let world = World::new();
    world.demo("app.apk");
    world.inject(&["register", APP, "--env", "dev"]).exits(0);
    let (id, theirs) = world.credential(APP, "dev");
    let set = ["credential", "set", "--app", APP, "--env", "dev", "--client-id", &id, "--secret", "stdin", "--replace"];
    world.run(&[], &set, "OURS-and-not-theirs").exits(0);
    let texts = [
        "store and registry hold different secrets for Client Id",
        &id,
        "keyed fingerprints",
        "the registry is right: inject register com.example.demo --env dev --take registry",
        "the store is right, and shipped apps carry it: inject register com.example.demo --env dev --take store",
    ];
    for args in [&["register", APP, "--force", "--env", "dev"][..], &["app.apk", "--env", "dev", "--refresh"]] {
        let run = world.refuses(|world| world.signed(args), 9, &texts);
        assert!(!run.err.contains("OURS-and") && !run.err.contains(&theirs), "{}", run.err);
    }
    // Without being asked again, the store's counts; the ways out that were shown are some.
    let take = |who: &str| world.inject(&["register", APP, "--env", "dev", "--take", who]).exits(0);
    take("store");
    world.inject(&["credential", "forget", "--app", APP, "--env", "dev"]).exits(0);
    take("registry");
    assert_eq!(world.credential(APP, "dev"), (id.clone(), "OURS-and-not-theirs".to_owned()), "the registry has it now");
    world.run(&[], &set, "another of ours").exits(0);
    take("registry");
    assert_eq!(world.credential(APP, "dev"), (id.clone(), "OURS-and-not-theirs".to_owned()));
    world.run(&[], &set, &theirs).exits(0);
    world.inject(&["credential", "forget", "--app", APP, "--env", "dev"]).exits(0);
    world.signed(&["app.apk", "--env", "dev"]).exits(0);
    assert_eq!(world.credential(APP, "dev"), (id, "OURS-and-not-theirs".to_owned()));
}
