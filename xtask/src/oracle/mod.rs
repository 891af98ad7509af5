//! `cargo xtask oracle`: outside tools and real files judge the library. It says loudly what it skipped.
//!
//! Must not: be needed by the project's own tests.

pub mod apple;
pub mod block;
pub mod bundle;
pub mod bundletool;
pub mod codesign;
pub mod container;
pub mod dex;
pub mod dex_run;
pub mod dist;
pub mod faults;
pub mod genexus;
pub mod hooks;
pub mod js;
pub mod main_job;
pub mod registry;
pub mod resources;
#[cfg(unix)]
pub mod serve;
pub mod signatures;
pub mod statements;
pub mod windows;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};

/// Builds the program that is judged: `target/debug/inject`. With the whole workspace's features, as tests do: with others every
/// dependency would be built again.
fn build_program(root: &Path) -> Result<()> {
    let built =
        crate::cargo().args(["build", "--quiet", "--workspace", "--bin", "inject"]).current_dir(root).status()?;
    ensure!(built.success(), "the program does not build");
    Ok(())
}

/// A folder of a check below `target/oracle`, empty.
fn work_folder(root: &Path, name: &str) -> Result<PathBuf> {
    let work = root.join("target/oracle").join(name);
    if work.exists() {
        std::fs::remove_dir_all(&work)?;
    }
    std::fs::create_dir_all(&work)?;
    Ok(work)
}

/// What the checks need, and the Debian package it comes from.
const TOOLS: [(&str, &str); 11] = [
    ("dexdump", "dexdump"),
    ("baksmali", "libsmali-java"),
    ("smali", "libsmali-java"),
    ("enjarify", "enjarify"),
    ("java", "default-jdk-headless"),
    ("apksigner", "apksigner"),
    ("zipalign", "zipalign"),
    ("aapt2", "aapt"),
    ("unzip", "unzip"),
    ("jarsigner", "default-jdk-headless"),
    ("keytool", "default-jdk-headless"),
];

/// Runs every check over the artifacts below `folders`.
pub fn run(root: &Path, folders: &[PathBuf]) -> Result<()> {
    let missing: Vec<String> = TOOLS
        .iter()
        .filter(|(tool, _)| !on_path(tool))
        .map(|(tool, package)| format!("{tool} (apt-get install {package})"))
        .collect();
    ensure!(missing.is_empty(), "missing: {}; nothing was checked", missing.join(", "));
    let artifacts = artifacts(folders);
    ensure!(!artifacts.is_empty(), "no artifact below {folders:?}; run `cargo xtask corpus` first");
    let mut failures = 0;
    failures += containers(&artifacts);
    failures += main_jobs(root, &artifacts)?;
    failures += dexes(folders);
    for folder in folders {
        for failure in resources::run(folder) {
            failures += 1;
            println!("FAILED   resources: {failure}");
        }
    }
    let mut goldens = folders.iter().filter(|folder| folder.join("android/apksig").is_dir()).peekable();
    if goldens.peek().is_none() {
        println!("SKIPPED  signatures: no folder given has android/apksig, the golden files of apksig");
    }
    for folder in goldens {
        if let Err(error) = signatures::run(folder) {
            failures += 1;
            println!("FAILED   signatures: {error:#}");
        }
    }
    if failures > 0 {
        bail!("{failures} failures");
    }
    println!("oracle: every judge agrees");
    Ok(())
}

/// The resources of bundles alone; the demo is always among the packages.
pub fn bundles(root: &Path, folders: &[PathBuf]) -> Result<usize> {
    let work = work_folder(root, "bundle")?;
    let demo = root.join("testdata");
    let mut failures = 0;
    for failure in std::iter::once(&demo).chain(folders).flat_map(|folder| bundle::run(folder, &work)) {
        failures += 1;
        println!("FAILED   bundle: {failure}");
    }
    Ok(failures)
}

/// Dex files alone.
pub fn dexes(folders: &[PathBuf]) -> usize {
    let mut failures = 0;
    let work = std::env::temp_dir().join(format!("inject-dex-{}", std::process::id()));
    for judged in [dex_run::run(&work), dex_run::shared(&work)] {
        if let Err(error) = judged {
            failures += 1;
            println!("FAILED   dex: {error:#}");
        }
    }
    for failure in folders.iter().flat_map(|folder| dex::run(folder)) {
        failures += 1;
        println!("FAILED   dex: {failure}");
    }
    failures
}

fn containers(artifacts: &[PathBuf]) -> usize {
    let (mut failures, mut refused) = (0, 0);
    for path in artifacts {
        match container::check(path) {
            Ok(container::Outcome::Reproduced) => {}
            Ok(container::Outcome::Refused(why)) => {
                refused += 1;
                println!("refused  {}: {why}", path.display());
            }
            Err(error) => {
                failures += 1;
                println!("FAILED   {}: {error:#}", path.display());
            }
        }
    }
    println!("container: {} artifacts, {refused} refused, {failures} failed", artifacts.len());
    failures
}

fn main_jobs(root: &Path, artifacts: &[PathBuf]) -> Result<usize> {
    build_program(root)?;
    let work = work_folder(root, "main-job")?;
    let password = std::fs::read_to_string(root.join("testdata/keys/demo.password"))?;
    let program = main_job::Program {
        path: root.join("target/debug/inject"),
        home: work.clone(),
        keystore: (root.join("testdata/keys/demo.p12"), password.trim().to_owned()),
    };
    let apks = artifacts.iter().filter(|path| path.extension().is_some_and(|extension| extension == "apk"));
    let (mut failures, mut accepted, mut refused) = (0, 0, 0);
    for apk in apks {
        match main_job::check(&program, apk, &work) {
            Ok(main_job::Outcome::Accepted) => accepted += 1,
            Ok(main_job::Outcome::Refused(code, why)) => {
                refused += 1;
                println!("refused  {} (exit {code}): {why}", apk.display());
            }
            Err(error) => {
                failures += 1;
                println!("FAILED   {}: {error:#}", apk.display());
            }
        }
    }
    println!("main job: {accepted} packages accepted by every judge, {refused} refused by us, {failures} failed");
    Ok(failures)
}

pub fn on_path(tool: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(tool).is_file()))
}

fn artifacts(folders: &[PathBuf]) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = folders
        .iter()
        .flat_map(walkdir::WalkDir::new)
        .filter_map(|entry| Some(entry.ok()?.into_path()))
        .filter(|path| path.extension().is_some_and(|e| ["apk", "aab", "ipa"].iter().any(|kind| e == *kind)))
        .collect();
    found.sort();
    found
}
