//! `cargo xtask bench block`: what a pair of the APK Signing Block costs in a package of about 150 MB, beside `cp` of the same file.
//!
//! Must not: compare with a tool that signs, which is another job.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::measure::{Clock, Job, Samples};
use super::{Keystore, ROUNDS, input, load, mb, table};

/// What the largest package that is measured has.
const SIZE: (&str, u64) = ("150", 150_000_000);

/// Measures and prints; the number of targets that were missed.
pub fn run(program: &Path, corpus: &Path, work: &Path, keystore: &Keystore) -> Result<usize> {
    let signed = work.join("block.apk");
    input::sign(&input::of_size(corpus, work, SIZE.0, SIZE.1)?, &signed, keystore, false)?;
    let (dev, prod, there, copy) =
        (work.join("dev.apk"), work.join("prod.apk"), work.join("there.apk"), work.join("copy.apk"));
    // No key.
    let ours = || {
        let job = Job::new(program).current_dir(work).env("INJECT_HOME", work.join("home")).env_remove("INJECT_ENV");
        let job = job.env_remove("KEYSTORE_FILE").env_remove("KEYSTORE_PASSWORD");
        job.args(["--quiet", "--at=signing-block/0x71777777={client_id}"])
    };
    let inject = |env: &str, from: &Path, to: &Path| ours().args(["--env", env]).arg(from).arg("-o").arg(to);
    inject("dev", &signed, &there).run(1)?;
    inject("prod", &signed, &prod).run(1)?;
    fs::copy(&there, &dev)?;
    let load_before = load();
    let mut main = Samples::new("inject, a new pair");
    let mut other = Samples::new("inject, another value");
    let mut ungated = Samples::new("the same, --gate off");
    let mut floor = Samples::new("cp");
    let mut nothing = Samples::new("inject, up to date");
    for round in 0..ROUNDS {
        let (env, from, to) = if round % 2 == 0 { ("dev", &prod, &dev) } else { ("prod", &dev, &prod) };
        main.add(&[inject(env, &signed, &copy)], 1)?;
        floor.add(&[Job::new("cp").arg(&signed).arg(&copy)], 1)?;
        other.add(&[inject(env, from, to)], 1)?;
        ungated.add(&[inject(env, from, to).args(["--gate", "off"])], 1)?;
        nothing.add(&[ours().args(["--env", "dev"]).arg(&there)], 1)?;
    }
    let size = fs::metadata(&signed)?.len();
    println!(
        "\npair of the signing block, {:.1} MB, {ROUNDS} rounds, load {load_before} before, {} after",
        mb(size),
        load()
    );
    table::print(&[&main, &other, &ungated, &floor, &nothing], Clock::Cpu, &floor, &floor);
    let missed = table::targets(&[("2 x cp", main.median(Clock::Cpu), floor.median(Clock::Cpu) * 2.0)]);
    for file in [signed, dev, prod, there, copy] {
        let _ = fs::remove_file(file);
    }
    Ok(missed)
}
