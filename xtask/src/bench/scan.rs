//! `cargo xtask bench scan`: what it costs to look for 200 credentials in a package, beside programs that only read and inflate
//! it, in the same run; and whether anything is found in as many random bytes.
//!
//! (a) `unzip -tqq`: reads, inflates, and checks every CRC. (b) Python's `zipfile`, which does the same.
//!
//! Must not: measure another search than `inject scan`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use rand::TryRng;
use rand::rngs::SysRng;

use super::measure::{Clock, Job, Samples};
use super::{ROUNDS, input, load, mb, table};

/// Credentials in the store; each has a secret, and no two are alike.
const CREDENTIALS: usize = 200;
const BYTES: u64 = 60_000_000;
/// How much longer than reading and inflating it may take.
const TIMES: f64 = 3.0;

/// Makes what is searched, measures and prints; how many targets are missed.
pub fn run(program: &Path, corpus: &Path, work: &Path, given: Option<&Path>) -> Result<usize> {
    let home = work.join("scan-home");
    let ours = || Job::new(program).current_dir(work).env("INJECT_HOME", &home).env_remove("INJECT_ENV");
    if !home.join("complete").is_file() {
        for number in 0..CREDENTIALS {
            ours().args(["register", &format!("com.example.app{number}"), "--env", "dev", "--quiet"]).run(1)?;
        }
        fs::write(home.join("complete"), "")?;
    }
    let package = match given {
        Some(given) => given.to_owned(),
        None => input::of_size(corpus, work, "60", BYTES)?,
    };
    let mut unzip = Samples::new("unzip -tqq");
    let mut python = Samples::new("python3 -m zipfile -t");
    let mut scan = Samples::new("inject scan, 200 credentials");
    let mut with_ids = Samples::new("inject scan --ids, 400 values");
    let load_before = load();
    for _ in 0..ROUNDS {
        scan.add(&[ours().args(["scan", "--quiet"]).arg(&package)], 1)?;
        unzip.add(&[Job::new("unzip").arg("-tqq").arg(&package)], 1)?;
        python.add(&[Job::new("python3").args(["-m", "zipfile", "-t"]).arg(&package)], 1)?;
        with_ids.add(&[ours().args(["scan", "--quiet", "--ids"]).arg(&package)], 1)?;
    }
    println!(
        "\n{:.1} MB, {ROUNDS} rounds, load {load_before} before, {} after",
        mb(fs::metadata(&package)?.len()),
        load()
    );
    table::print(&[&scan, &with_ids, &unzip, &python], Clock::Wall, &unzip, &python);
    let missed = table::targets(&[(
        "3 x reading and inflating, (a)",
        scan.median(Clock::Wall),
        unzip.median(Clock::Wall) * TIMES,
    )]);
    random(program, &home, work)?;
    Ok(missed)
}

/// Nothing may be found in random bytes: the program says so by its exit status.
fn random(program: &Path, home: &Path, work: &Path) -> Result<()> {
    let noise: PathBuf = work.join("noise.bin");
    let mut bytes = vec![0; usize::try_from(BYTES)?];
    SysRng.try_fill_bytes(&mut bytes)?;
    fs::write(&noise, bytes)?;
    let output = Command::new(program).args(["scan", "--ids"]).arg(&noise).env("INJECT_HOME", home).output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    fs::remove_file(&noise)?;
    ensure!(output.status.success(), "random bytes: {said}{}", String::from_utf8_lossy(&output.stderr));
    println!("random bytes: {}", said.trim());
    Ok(())
}
