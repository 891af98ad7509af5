//! Killed at any moment: the original or the finished artifact stands there, and the store is whole.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use inject::credential::ledger::{Held, Ledger, Management};
use inject::credential::registry::RegistryIdentity;
use inject::credential::store::{Key, Store, Stored};
use inject::credential::{ClientId, ClientSecret, EnvironmentName};
use inject::host::random::OsRandom;

use super::{APP, PASSWORD, PROGRAM, World, key, names_in, noise, repacked};

/// Moments at which a run over a large package is killed.
const KILLS: u32 = 64;
/// Moments at which a run that makes its store is killed.
const FIRST_KILLS: u32 = 40;
/// Moments at which an import is killed.
const IMPORT_KILLS: u32 = 30;
/// Credentials in the backup that is imported, each with its registration: so many that writing them takes a while.
const IMPORTED: usize = 200;
/// Milliseconds after its first write at which an import is killed at the latest.
const WRITING: u32 = 30;
/// Bytes that the large package is inflated by.
const INFLATED: u32 = 30 * 1024 * 1024;

fn start(world: &World, args: &[&str]) -> std::process::Child {
    let mut command = world.command(PROGRAM);
    command.env("KEYSTORE_FILE", key("demo.p12")).env("KEYSTORE_PASSWORD", PASSWORD).args(args);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Runs and kills after `delay`; whether it was still running.
fn killed(world: &World, args: &[&str], delay: Duration) -> bool {
    let mut child = start(world, args);
    std::thread::sleep(delay);
    let running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    running
}

#[test]
fn a_large_package_is_the_original_or_finished() {
    let world = World::new();
    // Not the same byte all over: what is half written must not look finished.
    let big = noise(INFLATED);
    let original = repacked(&[("assets/big.bin", &big)], |_, content| content);
    drop(big);
    // What is finished is known beforehand: same input, credential and key give the same bytes.
    world.write("app.apk", &original);
    let began = Instant::now();
    world.signed(&["app.apk", "--env", "dev", "-o", "out.apk"]).exits(0);
    let mut whole = began.elapsed();
    let finished = world.read("out.apk");
    fs::remove_file(world.path("out.apk")).unwrap();
    assert!(finished != original);

    let (mut running, mut done) = (0, 0);
    for round in 0..3 * KILLS {
        // Moments all over the run, near ones far apart in time (the golden ratio's multiples).
        let delay = whole.mul_f64((f64::from(round) * 0.618_034).fract());
        if killed(&world, &["app.apk", "--env", "dev"], delay) {
            running += 1;
            // Look a little later from now on: the machine may be slower than when it was measured.
            whole = whole.mul_f64(1.03);
        } else {
            // It was faster than measured: later moments are for naught.
            whole = delay;
        }
        let now = world.read("app.apk");
        if now == finished {
            done += 1;
            world.write("app.apk", &original);
        } else {
            assert!(now == original, "killed after {delay:?}: neither the original nor the finished artifact");
        }
        if running == KILLS {
            break;
        }
    }
    assert_eq!(running, KILLS, "too few kills met a running program; {done} were done");
    world.signed(&["app.apk", "--env", "dev"]).exits(0);
    assert!(world.read("app.apk") == finished);
    assert_eq!(world.files().len(), 1, "a stray file: {:?}", world.files().keys());
    assert_eq!(world.credentials(), 1);
}

#[test]
fn a_first_run_leaves_a_store_that_is_whole() {
    let measured = World::new();
    measured.demo("app.apk");
    let began = Instant::now();
    measured.signed(&["app.apk", "--env", "dev"]).exits(0);
    let whole = began.elapsed();
    for round in 0..FIRST_KILLS {
        let world = World::new();
        let original = world.demo("app.apk");
        let delay = whole * round / FIRST_KILLS;
        killed(&world, &["app.apk", "--env", "dev", "--v4"], delay);
        let left = world.read("app.apk");
        let known = fs::metadata(world.stores().join("store.db")).is_ok().then(|| world.credentials());
        if left != original {
            assert_eq!(known, Some(1), "the credential was durable before anything used it");
            world.inject(&["verify", "app.apk", "--env", "dev"]).exits(0);
        }
        world.signed(&["app.apk", "--env", "dev", "--v4"]).exits(0);
        assert!(left == original || world.read("app.apk") == left, "another credential than the killed run's");
        world.inject(&["verify", "app.apk", "--env", "dev"]).exits(0);
        assert_eq!(world.credentials(), 1);
        let forced = world.inject(&["register", APP, "--env", "dev", "--force", "--json"]).exits(0).json();
        assert_eq!(forced["client_id"], world.credential(APP, "dev").0.as_str(), "one id in store and registry");
        assert_eq!(names_in(&world.project()), ["app.apk", "app.apk.idsig"], "killed after {delay:?}");
        let stores = ["databases", "key", "dev.db", "store.db"];
        assert_eq!(names_in(&world.stores()), stores, "killed after {delay:?}");
    }
}

fn numbered(number: usize) -> Key {
    Key {
        application: format!("com.example.number{number}"),
        environment: EnvironmentName::parse("dev").unwrap(),
        registry: RegistryIdentity("oauth:https://example.com".to_owned()),
    }
}

/// How many credentials and how many registrations a store holds.
fn counted(world: &World) -> (usize, usize) {
    let Some(mut store) = Store::open_existing(&world.stores()).unwrap() else { return (0, 0) };
    let held = (0..IMPORTED).filter(|number| store.ledger(&numbered(*number)).held().unwrap().is_some()).count();
    (store.list().unwrap().len(), held)
}

#[test]
fn an_import_is_whole_or_nothing() {
    let world = World::new();
    let mut store = Store::open(&world.stores()).unwrap();
    for number in 0..IMPORTED {
        let key = numbered(number);
        let id = ClientId::generate(&mut OsRandom).unwrap();
        let secret = Some(ClientSecret::generate(&mut OsRandom).unwrap());
        store.put(&Stored { key: key.clone(), id: id.clone(), secret: secret.clone(), registered: true }).unwrap();
        let management = Management { address: "https://example.com/1".to_owned(), token: "t".to_owned().into() };
        store.ledger(&key).keep(&Held { id, secret, expires: None, management: Some(management) }).unwrap();
    }
    drop(store);
    world.write("pass", "a few random words");
    world.inject(&["credential", "export", "team.backup", "--pass", "file:pass"]).exits(0);
    let backup = world.read("team.backup");

    let (mut nothing, mut everything) = (0, 0);
    for round in 0..IMPORT_KILLS {
        let world = World::new();
        world.write("pass", "a few random words");
        world.write("team.backup", &backup);
        let import = ["credential", "import", "team.backup", "--pass", "file:pass"];
        let mut child = start(&world, &import);
        // From its first write on: the journal of the store is there as long as a transaction is open.
        let journal = world.stores().join("store.db-journal");
        while !journal.exists() && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(100));
        }
        std::thread::sleep(Duration::from_millis(u64::from(WRITING * round / IMPORT_KILLS)));
        child.kill().unwrap();
        child.wait().unwrap();
        match counted(&world) {
            (0, 0) => nothing += 1,
            (IMPORTED, IMPORTED) => everything += 1,
            half => panic!("killed in round {round}: of credentials and registrations there are {half:?}"),
        }
        // Once more repairs it, whatever happened.
        world.inject(&import).exits(0);
        assert_eq!(counted(&world), (IMPORTED, IMPORTED));
    }
    assert!(nothing > 0, "no kill met an import that was writing; {everything} were done");
}
