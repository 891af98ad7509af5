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
