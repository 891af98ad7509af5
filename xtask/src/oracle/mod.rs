//! `cargo xtask oracle`: outside tools and real files judge the library. It says loudly what it skipped.
//!
//! Must not: be needed by the project's own tests.

pub mod container;
pub mod signatures;

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

/// Runs every check over the artifacts below `corpus`.
pub fn run(corpus: &Path) -> Result<()> {
    let apks = artifacts(corpus);
    ensure!(!apks.is_empty(), "no artifact below {}", corpus.display());
    let mut failures = 0;
    let mut refused = 0;
    for apk in &apks {
        match container::check(apk) {
            Ok(container::Outcome::Reproduced) => {}
            Ok(container::Outcome::Refused(why)) => {
                refused += 1;
                println!("refused  {}: {why}", apk.display());
            }
            Err(error) => {
                failures += 1;
                println!("FAILED   {}: {error:#}", apk.display());
            }
        }
    }
    println!("container: {} artifacts, {refused} refused, {failures} failed", apks.len());
    ensure!(failures == 0, "{failures} failures");
    Ok(())
}

fn artifacts(below: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = walkdir::WalkDir::new(below)
        .into_iter()
        .filter_map(|entry| Some(entry.ok()?.into_path()))
        .filter(|path| path.extension().is_some_and(|e| ["apk", "aab", "ipa"].iter().any(|kind| e == *kind)))
        .collect();
    found.sort();
    found
}
