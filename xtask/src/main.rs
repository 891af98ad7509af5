//! House tasks: `cargo xtask ci | tidy | api | picture | features | fixtures [apple] | corpus | fuzz | oracle | bench | dist`.
#![allow(clippy::disallowed_methods, reason = "house tasks read what they make")]

mod api;
mod bench;
mod corpus;
mod dist;
mod features;
mod fixtures;
mod fuzz;
mod imports;
mod oracle;
mod picture;
mod targets;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

/// Cargo, without what `cargo run` told this program of itself: build scripts that ask for it (ring's) would run anew, and all
/// that depends on them would be compiled twice.
fn cargo() -> Command {
    let mut command = Command::new(env!("CARGO"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&*name);
        }
    }
    command
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned();
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["ci"] => ci(&root),
        ["tidy"] => tidy::run(&root),
        ["picture"] => picture::run(&root, false),
        ["picture", "--bless"] => picture::run(&root, true),
        ["features"] => features::run(&root),
        ["targets"] => targets::run(&root),
        ["api"] => api::run(&root, false),
        ["api", "--bless"] => api::run(&root, true),
        ["fixtures"] => fixtures::run(&root),
        ["fixtures", "apple"] => fixtures::apple::run(&root),
        ["corpus"] => corpus::run(&root),
        ["fuzz", more @ ..] => fuzz::run(&root, more),
        ["dist", more @ ..] => dist::run(&root, more).map(drop),
        ["bench", "apple"] => bench::apple(&root),
        ["bench", "block"] => bench::block(&root),
        ["bench", "bundle"] => bench::bundle(&root),
        ["bench", "scan"] => bench::scan(&root, None),
        ["bench", "scan", package] => bench::scan(&root, Some(Path::new(package))),
        ["bench", more @ ..] => bench::run(&root, &more.iter().map(PathBuf::from).collect::<Vec<_>>()),
        ["oracle", more @ ..] => {
            corpus::run(&root)?;
            let mut folders = vec![corpus::folder(&root)];
            folders.extend(more.iter().map(PathBuf::from));
            oracle::run(&root, &folders)
        }
        ["oracle-faults", more @ ..] => oracle::faults::run(&root, more),
        ["oracle-js"] => oracle::js::run(&root.join("target/oracle/js")),
        ["oracle-windows", only @ ..] => oracle::windows::run(&root, only),
        ["oracle-statements"] => oracle::statements::run(&root),
        ["oracle-genexus", script] => oracle::genexus::run(&root, script.as_ref()),
        ["oracle-hooks", only @ ..] => oracle::hooks::run(&root, only),
        ["oracle-dist"] => oracle::dist::run(&root),
        ["oracle-codesign"] => oracle::codesign::run(&root),
        ["oracle-registry"] => oracle::registry::run(&root),
        #[cfg(unix)]
        ["oracle-serve"] => oracle::serve::run(&root, None),
        ["oracle-serve", milliseconds] => oracle::serve::run(&root, Some(milliseconds)),
        ["oracle-dex", folders @ ..] => {
            let folders: Vec<_> = folders.iter().map(PathBuf::from).collect();
            anyhow::ensure!(oracle::dexes(&folders) == 0, "a judge does not agree");
            Ok(())
        }
        ["oracle-bundle", folders @ ..] => {
            let folders: Vec<_> = folders.iter().map(PathBuf::from).collect();
            anyhow::ensure!(oracle::bundles(&root, &folders)? == 0, "a judge does not agree");
            oracle::bundletool::run(&root)
        }
        ["oracle-block"] => oracle::block::run(&root),
        ["oracle-signatures", corpus] => oracle::signatures::run(corpus.as_ref()),
        ["oracle-apple", judge, folder] => {
            oracle::apple::run(judge.as_ref(), folder.as_ref())?;
            oracle::apple::main_job(&root, judge.as_ref(), folder.as_ref())
        }
        _ => bail!(
            "usage: cargo xtask ci | tidy | api [--bless] | picture [--bless] | targets | features | fixtures [apple] | corpus | fuzz [--seconds N] [--only NAME,...] [--jobs N] [--minimize] | bench [apple | block | bundle | scan [FILE] | APK...] | oracle [FOLDER...] | oracle-block | oracle-bundle [FOLDER...] | oracle-dex [FOLDER...] | oracle-signatures FOLDER | oracle-apple CSVERIFY.PY FOLDER | oracle-registry | oracle-serve [MILLISECONDS] | oracle-genexus SCRIPT.PY | oracle-hooks [HOOK...] | oracle-faults [long] [SCRIPT...] | oracle-js | oracle-statements | oracle-windows [CASE...] | dist [--target TRIPLE]... | oracle-dist | oracle-codesign"
        ),
    }
}

/// Everything CI does, in the order CI does it.
fn ci(root: &Path) -> Result<()> {
    let status = std::process::Command::new("bash").arg(".ci/run").current_dir(root).status()?;
    if status.success() { Ok(()) } else { bail!("see above") }
}
