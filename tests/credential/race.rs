//! Eight real processes at once on one home: one id, one secret, no error.

use std::collections::HashSet;
use std::process::{Command, Stdio};

const PROCESSES: usize = 8;
const ROUNDS: usize = 60;

#[test]
fn eight_processes_end_with_one_secret() {
    let home = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_inject");
    let command = |home: &std::path::Path, args: &[&str]| {
        let mut command = Command::new(program);
        command.args(args).current_dir(elsewhere.path()).env("INJECT_HOME", home).env_remove("INJECT_ENV");
        command
    };
    for round in 0..ROUNDS {
        // Every tenth round starts from nothing at all: key, store and registry are raced for too.
        let fresh = home.path().join(format!("home{}", round / 10));
        let app = format!("com.example.round{round}");
        let children: Vec<_> = (0..PROCESSES)
            .map(|_| {
                command(&fresh, &["register", &app, "--env", "prod", "--json"])
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap()
            })
            .collect();
        let mut ids = HashSet::new();
        let mut made = 0;
        for child in children {
            let output = child.wait_with_output().unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "round {round}: {stderr}");
            let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            ids.insert(answer["client_id"].as_str().unwrap().to_owned());
            made += usize::from(answer["origin"] == "registered");
        }
        assert_eq!(ids.len(), 1, "round {round}");
        assert_eq!(made, 1, "round {round}: exactly one process registers");
        let show = command(&fresh, &["credential", "show", "--app", &app, "--env", "prod", "--reveal", "--json"])
            .output()
            .unwrap();
        let store: serde_json::Value = serde_json::from_slice(&show.stdout).unwrap();
        assert!(ids.contains(store["client_id"].as_str().unwrap()));
        // The registry agrees with the store: asking it again finds no conflict.
        let again = command(&fresh, &["register", &app, "--env", "prod", "--force"]).output().unwrap();
        assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    }
}

/// What a version of before this one left.
fn made_older(home: &std::path::Path) {
    let change =
        |file: &str, sql: &str| rusqlite::Connection::open(home.join(file)).unwrap().execute_batch(sql).unwrap();
    let unproven = "DELETE FROM meta WHERE name IN ('head', 'counts'); PRAGMA user_version = 1";
    let store =
        "DROP TABLE registration; DROP TABLE pending; DROP TABLE intent; ALTER TABLE credential DROP COLUMN mac;
                 ALTER TABLE checkout DROP COLUMN mac;";
    let registry = "ALTER TABLE application DROP COLUMN revoked; ALTER TABLE application DROP COLUMN mac;";
    change("store.db", &format!("{store} {unproven}"));
    change("registry/prod.db", &format!("{registry} {unproven}"));
}

#[test]
fn eight_processes_bring_older_stores_to_this_version() {
    let elsewhere = tempfile::tempdir().unwrap();
    for round in 0..10 {
        let home = tempfile::tempdir().unwrap();
        let run = |args: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_inject"));
            command.args(args).current_dir(elsewhere.path()).env("INJECT_HOME", home.path()).env_remove("INJECT_ENV");
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let first = run(&["register", "com.example.old", "--env", "prod"]).wait_with_output().unwrap();
        assert!(first.status.success());
        made_older(home.path());
        let children: Vec<_> =
            (0..PROCESSES).map(|_| run(&["register", "com.example.old", "--env", "prod", "--force"])).collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "round {round}: {}", String::from_utf8_lossy(&output.stderr));
            assert_eq!(output.stdout, first.stdout, "round {round}");
        }
        // A version that is not known yet is refused.
        let future = "PRAGMA user_version = 9";
        rusqlite::Connection::open(home.path().join("store.db")).unwrap().execute_batch(future).unwrap();
        let refused = run(&["register", "com.example.old", "--env", "prod"]).wait_with_output().unwrap();
        assert_eq!(refused.status.code(), Some(5));
        assert!(String::from_utf8_lossy(&refused.stderr).contains("its version is 9, this program knows version 4"));
    }
}
