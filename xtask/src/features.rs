//! `cargo xtask features`: the combinations of features that people build, each checked as it is built, and what must not be in
//! them.
//!
//! Must not: build what checking is enough for; one program is built, and asked for what it lacks.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};

/// None, each alone, and all. With `cli` the program is checked too.
const SETS: [&str; 6] = ["", "cli", "postgres", "serve", "keyring", "cli,postgres,serve,keyring"];
/// What a set must not bring, whatever else it does.
const NOT_WITHOUT: [(&str, &[&str]); 5] = [
    ("cli", &["clap", "clap_builder", "anyhow", "anstream", "rpassword", "strsim"]),
    ("postgres", &["postgres", "tokio-postgres"]),
    ("serve", &["axum", "hyper", "hyper-util"]),
    ("postgres,serve", &["tokio", "tokio-rustls"]),
    ("keyring", &["keyring-core"]),
];
/// What a program without them says when it is asked for one.
const LACKS: [(&[&str], &str); 3] = [
    (
        &["register", "com.example.app", "--env", "prod"],
        "registry = \"postgres\" in [env.prod]: this build of inject has no support for registries in PostgreSQL (the feature postgres)",
    ),
    (
        &["registry", "serve", "--env", "dev"],
        "inject registry serve: this build of inject has no support for serving registries (the feature serve)",
    ),
    (
        &["register", "com.example.app", "--env", "key"],
        "this build of inject has no support for keyrings (the feature keyring)",
    ),
];
const CONFIG: &str = "version = 1\n[env.dev]\n[env.prod]\nregistry = \"postgres\"\nurl = \"env:URL\"\nkey = \"env:KEY\"\n\
                      [env.key]\nregistry = \"fixed\"\nclient-id = \"x\"\nclient-secret = \"keyring:x\"\n";

/// Checks every combination, what it brings, and what a program says that lacks something.
pub fn run(root: &Path) -> Result<()> {
    for set in SETS {
        let started = std::time::Instant::now();
        let crates = crates(root, set)?;
        for (features, names) in NOT_WITHOUT {
            if !features.split(',').any(|feature| set.split(',').any(|on| on == feature)) {
                let brought = |name: &&&str| crates.iter().any(|line| line.starts_with(&format!("{name} ")));
                let found: Vec<_> = names.iter().filter(brought).collect();
                ensure!(found.is_empty(), "without {features} there should be no {found:?}, and {set:?} brings them");
            }
        }
        let mut clippy = cargo(root, &["clippy", "--quiet", "--release", "--package", "inject", "--lib"], set);
        if set.contains("cli") {
            clippy.arg("--bins");
        }
        said(clippy.args(["--", "-D", "warnings"]).output()?, "clippy")?;
        println!("{:28} {:4} crates, checked in {:.0} s", shown(set), crates.len(), started.elapsed().as_secs_f32());
    }
    lacks(root)
}

/// A program with `cli` alone, asked for what it has not.
fn lacks(root: &Path) -> Result<()> {
    said(cargo(root, &["build", "--quiet", "--release", "--package", "inject", "--bins"], "cli").output()?, "build")?;
    let folder = root.join("target/features");
    std::fs::create_dir_all(&folder)?;
    // Whoever builds next puts another program there.
    let program = folder.join("inject");
    std::fs::copy(root.join("target/release/inject"), &program)?;
    std::fs::write(folder.join("inject.toml"), CONFIG)?;
    for (arguments, expected) in LACKS {
        let mut program = Command::new(&program);
        let run = program.args(arguments).current_dir(&folder).env("INJECT_HOME", folder.join("home")).output()?;
        let text = String::from_utf8_lossy(&run.stderr);
        ensure!(
            run.status.code() == Some(2) && text.contains(expected) && text.contains("--features"),
            "{arguments:?}: expected exit code 2 and {expected:?}; {}:\n{text}",
            run.status
        );
    }
    println!("a program with cli alone says what it lacks");
    Ok(())
}

/// The crates of this system, inject's own among them.
fn crates(root: &Path, set: &str) -> Result<BTreeSet<String>> {
    let output =
        cargo(root, &["tree", "--package", "inject", "--edges", "normal", "--prefix", "none"], set).output()?;
    let text = String::from_utf8(said(output, "tree")?.stdout)?;
    Ok(text.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).filter(|line| !line.is_empty()).collect())
}

fn cargo(root: &Path, words: &[&str], set: &str) -> Command {
    let mut cargo = super::cargo();
    cargo.args(words).args(["--no-default-features", "--features", set]).current_dir(root);
    // Other features change what every derive macro is built with, and the dev profile optimizes those. Here nothing runs long.
    for (key, value) in [("LTO", "off"), ("OPT_LEVEL", "0"), ("CODEGEN_UNITS", "256")] {
        cargo.env(format!("CARGO_PROFILE_RELEASE_{key}"), value);
    }
    cargo
}

fn said(output: Output, what: &str) -> Result<Output> {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    output.status.success().then_some(output).with_context(|| format!("{what} failed:\n{said}"))
}

fn shown(set: &str) -> &str {
    match set {
        "" => "none",
        set => set,
    }
}
