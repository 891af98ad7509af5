//! The registry in a real `PostgreSQL`: all rows, races, kills, a database that goes away, TLS.

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::database::{self, Database, PASSWORD};
use super::{APP, PROGRAM, Run, World, holds, rows};

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const REGISTER: [&str; 4] = ["register", APP, "--env", "dev"];

fn world() -> World {
    let world = World::new();
    let env = "registry = \"postgres\"\nurl = \"env:DB\"\nkey = \"env:KEY\"\n";
    let text = format!("version = 1\n[env.dev]\n{env}[env.qa]\n{env}[env.web]\n{env}secret = \"omit\"\n");
    world.write("inject.toml", text);
    world.demo("app.apk");
    world
}

/// A run that says neither password nor key.
#[track_caller]
fn run(world: &World, url: &str, args: &[&str]) -> Run {
    let run = world.signed_with(&[("DB", url), ("KEY", KEY)], args);
    for secret in [PASSWORD, KEY] {
        assert!(!run.out.contains(secret) && !run.err.contains(secret), "{}\n{}", run.out, run.err);
    }
    run
}

/// A database with the tables made.
fn ready(database: &Database, name: &str) -> String {
    let url = database.make(name);
    run(&world(), &url, &["registry", "init", "--env", "dev"]).exits(0).says(&["is ready for version"]);
    url
}

#[test]
fn every_row_of_the_state_machine() {
    let Some(database) = database::start() else { return };
    let url = ready(&database, "rows");
    rows::all(&world(), &[("DB", &url), ("KEY", KEY)], true);
    // What lies in the database is sealed.
    let mut client = database.connect("rows");
    let row = client.query_one("SELECT string_agg(to_jsonb(a)::text, '') FROM inject.application a", &[]).unwrap();
    let dump: String = row.get(0);
    assert!(dump.contains("chosen-by-hand") && !dump.contains("local secret"), "{dump}");
    let hex: String = "local secret".bytes().map(|byte| format!("{byte:02x}")).collect();
    assert!(!dump.contains(&hex), "{dump}");
    // Two machines that never saw each other end with one application.
    let (one, two) = (world(), world());
    let first = run(&one, &url, &REGISTER).exits(0).out;
    assert_eq!(run(&two, &url, &REGISTER).exits(0).out, first);
    let listed = run(&one, &url, &["registry", "list", "--env", "dev"]).exits(0).out;
    assert!(listed.contains(first.trim()) && listed.contains("com.example.rows  revoked 20"), "{listed}");
    run(&one, &url, &["registry", "revoke", first.trim(), "--env", "dev"]).exits(0).says(&["is revoked"]);
    run(&one, &url, &["registry", "revoke", first.trim(), "--env", "dev"]).exits(0).says(&["was revoked before"]);
    run(&one, &url, &["registry", "revoke", "nobody", "--env", "dev"]).exits(5).says(&["does not know nobody"]);
    let force = [&REGISTER[..], &["--force"]].concat();
    run(&two, &url, &force).exits(5).says(&["is revoked there"]);
}

#[test]
fn tables_are_made_once_and_by_nothing_else() {
    let Some(database) = database::start() else { return };
    let world = world();
    let url = database.make("empty");
    run(&world, &url, &REGISTER).exits(5).says(&["the database has no registry of inject", "inject registry init"]);
    let children: Vec<_> = (0..4)
        .map(|_| {
            let mut command = world.command(PROGRAM);
            command.args(["registry", "init", "--env", "dev", "--json"]).env("DB", &url).env("KEY", KEY);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let outputs = children.into_iter().map(|child| child.wait_with_output().unwrap());
    let made = outputs.filter(|output| {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).contains("\"changed\": true")
    });
    assert_eq!(made.count(), 1);
    run(&world, &url, &REGISTER).exits(0);
    run(&world, &url, &["registry", "init", "--env", "dev"]).exits(0).says(&["is ready already"]);
    // Another key than the team's.
    let other = KEY.replace('0', "1");
    for args in [&["registry", "init", "--env", "dev"][..], &["register", APP, "--env", "dev", "--force"]] {
        world.run(&[("DB", &url), ("KEY", &other)], args, "").exits(5).says(&["sealed with another key"]);
    }
    database.connect("empty").batch_execute("UPDATE inject.meta SET version = 9").unwrap();
    run(&world, &url, &[&REGISTER[..], &["--force"]].concat()).exits(5).says(&["version 9", "use a newer inject"]);
}

#[test]
fn what_is_wrong_is_said_without_the_password() {
    let world = world();
    for (url, code, text) in [
        (format!("nonsense {PASSWORD}"), 2, "no connection string of PostgreSQL"),
        (format!("postgres://team:{PASSWORD}@/x"), 2, "names no host"),
        (
            format!("postgres://team:{PASSWORD}@db.example.com/x?sslmode=prefer"),
            2,
            "sslmode=prefer would let everybody",
        ),
        (format!("host=db.example.com user=team password={PASSWORD} sslmode=disable"), 2, "use verify-full"),
        (format!("postgres://team:{PASSWORD}@127.0.0.1:1/x?connect_timeout=1"), 5, "error connecting to server"),
    ] {
        let run = run(&world, &url, &REGISTER).exits(code);
        assert!(run.err.contains(text), "{text}: {}", run.err);
    }
    let bad = [("DB", "postgres://a@localhost/b"), ("KEY", "short")];
    world.run(&bad, &REGISTER, "").exits(2).says(&["key in [env.dev] is no key", "openssl rand -hex 32"]);
    world.write("inject.toml", "version = 1\n[env.dev]\nregistry = \"postgres\"\nurl = \"postgres://a:b@c/d\"\n");
    let run = world.inject(&REGISTER).exits(2);
    assert!(run.err.contains("has no key") && run.err.contains("url is no reference"), "{}", run.err);
}

#[test]
fn a_dry_run_makes_no_connection() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("postgres://team:{PASSWORD}@{}/x", listener.local_addr().unwrap());
    let world = world();
    for option in ["--dry-run", "--check"] {
        let dry = run(&world, &url, &["app.apk", "--env", "dev", option]);
        assert!(dry.out.contains("would be asked of postgres:127.0.0.1"), "{}", dry.out);
    }
    run(&world, &url, &["app.apk", "--env", "dev", "--offline"]).exits(5).says(&["this run is offline"]);
    assert!(listener.accept().is_err(), "somebody connected");
}

#[test]
fn over_tls_the_authority_and_the_name_are_checked() {
    let Some(database) = database::start() else { return };
    ready(&database, "team");
    let world = world();
    let text = String::from_utf8(world.read("inject.toml")).unwrap();
    world.write("inject.toml", text.replacen("key = ", "ca = \"ca.pem\"\nkey = ", 1));
    world.write("ca.pem", &database.authority);
    let with = |host: &str| format!("postgres://team:{PASSWORD}@{host}:{}/team?sslmode=verify-full", database.port);
    run(&world, &with("localhost"), &REGISTER).exits(0);
    let force = [&REGISTER[..], &["--force"]].concat();
    let began = Instant::now();
    run(&world, &with("127.0.0.1"), &force).exits(5).says(&["certificate"]);
    world.write("inject.toml", text);
    run(&world, &with("localhost"), &force).exits(5).says(&["certificate"]);
    assert!(began.elapsed() < Duration::from_secs(2), "a certificate does not change by asking again");
}

/// Starts processes that register, on two machines in turn.
fn race(worlds: &[World], url: &str, app: &str, count: usize) -> Vec<std::process::Child> {
    (0..count)
        .map(|index| {
            let mut command = worlds[index % worlds.len()].command(PROGRAM);
            command.args(["register", app, "--env", "dev"]).env("DB", url).env("KEY", KEY);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect()
}

#[track_caller]
fn one_id(children: Vec<std::process::Child>) -> String {
    let mut ids: Vec<String> = Vec::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        ids.push(String::from_utf8(output.stdout).unwrap().trim().to_owned());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
    ids.remove(0)
}

#[test]
fn eight_processes_of_two_machines_end_with_one_secret() {
    let Some(database) = database::start() else { return };
    let url = ready(&database, "race");
    let worlds = [world(), world()];
    for round in 0..60 {
        let app = format!("com.example.round{round}");
        let id = one_id(race(&worlds, &url, &app, 8));
        let variables = [("DB", url.as_str()), ("KEY", KEY)];
        let [one, two] = [0, 1].map(|machine| worlds[machine].credential_with(&variables, &app, "dev"));
        assert_eq!(one, two, "round {round}");
        assert_eq!(one.0, id);
    }
    let count: i64 = database.connect("race").query_one("SELECT count(*) FROM inject.application", &[]).unwrap().get(0);
    assert_eq!(count, 60, "one application for each round");
}

#[test]
fn a_database_that_goes_away_in_the_middle() {
    let Some(mut database) = database::start() else { return };
    let url = ready(&database, "away");
    let worlds = [world(), world()];
    for round in 0..6 {
        let app = format!("com.example.away{round}");
        let children = race(&worlds, &url, &app, 8);
        std::thread::sleep(Duration::from_millis(12 * round));
        database.down();
        std::thread::sleep(Duration::from_millis(300));
        database.up();
        // How long it is away is up to the machine: who waited long enough has the one id, who did not says so.
        let waited: Vec<String> = children.into_iter().filter_map(id_or_away).collect();
        let args = ["register", &app, "--env", "dev"];
        let after: Vec<String> =
            worlds.iter().map(|world| run(world, &url, &args).exits(0).out.trim().to_owned()).collect();
        assert!(waited.iter().chain(&after).all(|id| *id == after[0]), "{waited:?} {after:?}");
    }
    let count: i64 = database.connect("away").query_one("SELECT count(*) FROM inject.application", &[]).unwrap().get(0);
    assert_eq!(count, 6);
    // Gone for good: said, and nothing is made up; what the store has goes on serving.
    database.down();
    run(&worlds[0], &url, &["register", "com.example.new", "--env", "dev"])
        .exits(5)
        .says(&["registry postgres:127.0.0.1"]);
    assert_eq!(worlds[0].credentials(), 6);
    run(&worlds[0], &url, &["register", "com.example.away0", "--env", "dev"]).exits(0);
}

/// What a process printed, or nothing where it said that the database was away.
#[track_caller]
fn id_or_away(child: std::process::Child) -> Option<String> {
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        return Some(String::from_utf8(output.stdout).unwrap().trim().to_owned());
    }
    assert!(output.status.code() == Some(5) && said.contains("registry postgres:127.0.0.1"), "{said}");
    None
}

#[test]
fn a_connection_that_breaks_is_made_again() {
    let Some(database) = database::start() else { return };
    ready(&database, "again");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let to = database.port;
    let relay = std::thread::spawn(move || {
        for _ in 0..2 {
            drop(listener.accept().unwrap());
        }
        let (mut client, _) = listener.accept().unwrap();
        let mut server = std::net::TcpStream::connect(("127.0.0.1", to)).unwrap();
        let (mut from, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        let answers = std::thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut back);
        });
        let _ = std::io::copy(&mut client, &mut server);
        let _ = server.shutdown(std::net::Shutdown::Both);
        answers.join().unwrap();
    });
    let url = format!("postgres://team:{PASSWORD}@127.0.0.1:{port}/again");
    run(&world(), &url, &REGISTER).exits(0);
    relay.join().unwrap();
}

/// How many kills.
const KILLS: u32 = 150;

#[test]
fn kills_lose_nothing_and_make_nothing_twice() {
    let Some(database) = database::start() else { return };
    let url = ready(&database, "kills");
    let measured = world();
    let began = Instant::now();
    run(&measured, &url, &REGISTER).exits(0);
    let whole = began.elapsed();
    let variables = [("DB", url.as_str()), ("KEY", KEY)];
    let world = world();
    for round in 0..KILLS {
        let app = format!("com.example.kill{round}");
        let mut child = race(std::slice::from_ref(&world), &url, &app, 1).remove(0);
        std::thread::sleep(whole.mul_f64((f64::from(round) * 0.618_034).fract()));
        let _ = child.kill();
        let acknowledged = child.wait_with_output().unwrap();
        run(&world, &url, &["register", &app, "--env", "dev", "--force"]).exits(0);
        let (id, secret) = world.credential_with(&variables, &app, "dev");
        if acknowledged.status.success() {
            assert_eq!(String::from_utf8(acknowledged.stdout).unwrap().trim(), id, "acknowledged, then lost");
        }
        assert!(!secret.is_empty());
    }
    let sql = "SELECT count(*), count(DISTINCT application) FROM inject.application WHERE application LIKE '%kill%'";
    let row = database.connect("kills").query_one(sql, &[]).unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (i64::from(KILLS), i64::from(KILLS)));
    for (path, bytes) in super::files_below(&world.stores()) {
        assert!(!holds(&bytes, PASSWORD) && !holds(&bytes, KEY), "{}", path.display());
    }
}
