//! `cargo xtask bench bundle`: what the main job costs on an App Bundle of about 150 MB, beside `jarsigner` on the same bundle and
//! `cp` with `openssl dgst -sha256`.
//!
//! Must not: fill with zeros or texts, which would deflate and inflate as no app does.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::Result;
use zip::{ZipArchive, ZipWriter};

use super::measure::{Clock, Job, Samples};
use super::{Keystore, ROUNDS, input, load, mb, table};

/// What the largest package that is measured has.
const SIZE: (&str, u64) = ("150", 150_000_000);

/// Measures and prints; the number of targets that were missed.
pub fn run(root: &Path, program: &Path, corpus: &Path, work: &Path, keystore: &Keystore) -> Result<usize> {
    let unsigned = bundle(root, corpus, work)?;
    let signed = work.join("bundle.aab");
    let (dev, prod, there, copy) =
        (work.join("dev.aab"), work.join("prod.aab"), work.join("there.aab"), work.join("copy.aab"));
    let ours = || {
        let job = Job::new(program).current_dir(work).env("INJECT_HOME", work.join("home")).env_remove("INJECT_ENV");
        let job = job.env("KEYSTORE_FILE", &keystore.path).env("KEYSTORE_PASSWORD", password(keystore));
        job.args(["--quiet", "--at=string/client_id={client_id}"])
    };
    let inject = |env: &str, from: &Path, to: &Path| ours().args(["--env", env]).arg(from).arg("-o").arg(to);
    let jarsigner = || {
        let job = Job::new("jarsigner").arg("-keystore").arg(&keystore.path);
        job.arg("-storepass:file").arg(&keystore.password).arg("-signedjar").arg(&copy).arg(&unsigned).args(["demo"])
    };
    inject("dev", &unsigned, &signed).run(1)?;
    inject("prod", &signed, &prod).run(1)?;
    inject("dev", &signed, &there).run(1)?;
    let load_before = load();
    let mut main = Samples::new("inject");
    let mut floor = Samples::new("cp + openssl dgst -sha256");
    let mut peer = Samples::new("jarsigner");
    let mut nothing = Samples::new("inject, up to date");
    let mut verify = Samples::new("inject verify");
    for round in 0..ROUNDS {
        let (env, from, to) = if round % 2 == 0 { ("dev", &prod, &dev) } else { ("prod", &dev, &prod) };
        main.add(&[inject(env, from, to)], 1)?;
        let openssl = Job::new("openssl").args(["dgst", "-sha256"]).arg(&copy);
        floor.add(&[Job::new("cp").arg(&signed).arg(&copy), openssl], 1)?;
        peer.add(&[jarsigner()], 1)?;
        nothing.add(&[ours().args(["--env", "dev"]).arg(&there)], 1)?;
        let judge = Job::new(program).current_dir(work).args(["verify", "--quiet", "--signature-only"]).arg(&signed);
        verify.add(&[judge], 1)?;
    }
    let size = fs::metadata(&signed)?.len();
    println!("\nApp Bundle, {:.1} MB, {ROUNDS} rounds, load {load_before} before, {} after", mb(size), load());
    table::print(&[&main, &floor, &peer, &nothing, &verify], Clock::Cpu, &floor, &peer);
    let missed = table::targets(&[
        ("1/20 of jarsigner", main.median(Clock::Cpu), peer.median(Clock::Cpu) / 20.0),
        ("2 x (cp + openssl)", main.median(Clock::Cpu), floor.median(Clock::Cpu) * 2.0),
    ]);
    for file in [signed, dev, prod, there, copy] {
        let _ = fs::remove_file(file);
    }
    Ok(missed)
}

fn password(keystore: &Keystore) -> String {
    fs::read_to_string(&keystore.password).unwrap_or_default().trim().to_owned()
}

/// The demo's bundle, grown by the entries of the largest package that is measured, as assets.
fn bundle(root: &Path, corpus: &Path, work: &Path) -> Result<PathBuf> {
    let to = work.join("unsigned.aab");
    if to.is_file() {
        return Ok(to);
    }
    let part = to.with_extension("part");
    let mut out = ZipWriter::new(File::create(&part)?);
    let mut demo = ZipArchive::new(File::open(root.join("testdata/demo.aab"))?)?;
    for index in 0..demo.len() {
        out.raw_copy_file(demo.by_index_raw(index)?)?;
    }
    let mut package = ZipArchive::new(File::open(input::of_size(corpus, work, SIZE.0, SIZE.1)?)?)?;
    for index in 0..package.len() {
        let entry = package.by_index_raw(index)?;
        let name = format!("base/assets/{}", entry.name()?);
        out.raw_copy_file_rename(entry, name)?;
    }
    out.finish()?;
    fs::rename(part, &to)?;
    Ok(to)
}
