//! `cargo xtask bench`: what the main job costs, as ratios to other programs on the same file in the same run.
//!
//! (a) `cp` and `sha256sum`: what no tool that writes and hashes the file can go below. The same with `openssl dgst`, which
//! hashes with the processor's own instructions as we do, is shown beside it: coreutils' `sha256sum` may not.
//! (b) `zipalign` and `apksigner sign`: what people run today, without any edit.
//!
//! Every round runs every command once, so that a change of the machine's load meets all of them.
//!
//! Must not: assert times in a test, or hide a missed target.

mod apple;
mod block;
mod bundle;
mod input;
mod measure;
mod scan;
mod table;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use inject::format::arsc::{Table, Value};
use inject::format::zip::Archive;
use measure::{Clock, Job, Samples};

/// Rounds; the median is what is reported.
const ROUNDS: usize = 7;
const MIB: u64 = 1024 * 1024;

/// What is measured needs, and the Debian package it comes from.
const TOOLS: [(&str, &str); 4] =
    [("apksigner", "apksigner"), ("zipalign", "zipalign"), ("sha256sum", "coreutils"), ("/usr/bin/time", "time")];

/// The keystore all packages are signed with.
pub struct Keystore {
    path: PathBuf,
    password: PathBuf,
}

/// The same for IPAs.
pub fn apple(root: &Path) -> Result<()> {
    let missing: Vec<&str> =
        ["openssl", "/usr/bin/time"].into_iter().filter(|tool| !super::oracle::on_path(tool)).collect();
    ensure!(missing.is_empty(), "missing: {}; nothing was measured", missing.join(", "));
    let work = prepare(root)?;
    let missed = apple::run(root, &root.join("target/release/inject"), &work)?;
    println!("{}", if missed == 0 { "every target is met".to_owned() } else { format!("{missed} targets MISSED") });
    Ok(())
}

/// The same for App Bundles.
pub fn bundle(root: &Path) -> Result<()> {
    let missing: Vec<&str> =
        ["openssl", "jarsigner", "/usr/bin/time"].into_iter().filter(|tool| !super::oracle::on_path(tool)).collect();
    ensure!(missing.is_empty(), "missing: {}; nothing was measured", missing.join(", "));
    let work = prepare(root)?;
    super::corpus::run(root)?;
    let keystore =
        Keystore { path: root.join("testdata/keys/demo.p12"), password: root.join("testdata/keys/demo.password") };
    let program = root.join("target/release/inject");
    let missed = bundle::run(root, &program, &super::corpus::folder(root), &work, &keystore)?;
    println!("{}", if missed == 0 { "every target is met".to_owned() } else { format!("{missed} targets MISSED") });
    Ok(())
}

/// A pair of the signing block.
pub fn block(root: &Path) -> Result<()> {
    let missing: Vec<&str> =
        ["apksigner", "/usr/bin/time"].into_iter().filter(|tool| !super::oracle::on_path(tool)).collect();
    ensure!(missing.is_empty(), "missing: {}; nothing was measured", missing.join(", "));
    let work = prepare(root)?;
    super::corpus::run(root)?;
    let keystore =
        Keystore { path: root.join("testdata/keys/demo.p12"), password: root.join("testdata/keys/demo.password") };
    let missed = block::run(&root.join("target/release/inject"), &super::corpus::folder(root), &work, &keystore)?;
    println!("{}", if missed == 0 { "every target is met".to_owned() } else { format!("{missed} targets MISSED") });
    Ok(())
}

/// The search for credentials.
pub fn scan(root: &Path, given: Option<&Path>) -> Result<()> {
    let missing: Vec<&str> =
        ["unzip", "python3", "/usr/bin/time"].into_iter().filter(|tool| !super::oracle::on_path(tool)).collect();
    ensure!(missing.is_empty(), "missing: {}; nothing was measured", missing.join(", "));
    let work = prepare(root)?;
    if given.is_none() {
        super::corpus::run(root)?;
    }
    let corpus = super::corpus::folder(root);
    let missed = scan::run(&root.join("target/release/inject"), &corpus, &work, given)?;
    println!("{}", if missed == 0 { "every target is met".to_owned() } else { format!("{missed} targets MISSED") });
    Ok(())
}

/// Builds the program; the folder for what is measured.
fn prepare(root: &Path) -> Result<PathBuf> {
    let built = crate::cargo().args(["build", "--release", "--bin", "inject"]).current_dir(root).status()?;
    ensure!(built.success(), "the program does not build");
    let work = root.join("target/bench");
    fs::create_dir_all(&work)?;
    Ok(work)
}

/// Makes the packages, measures and prints; `given` packages are measured as they are.
pub fn run(root: &Path, given: &[PathBuf]) -> Result<()> {
    let missing: Vec<String> = TOOLS
        .iter()
        .filter(|(tool, _)| !super::oracle::on_path(tool))
        .map(|(tool, package)| format!("{tool} (apt-get install {package})"))
        .collect();
    ensure!(missing.is_empty(), "missing: {}; nothing was measured", missing.join(", "));
    let work = prepare(root)?;
    let keystore =
        Keystore { path: root.join("testdata/keys/demo.p12"), password: root.join("testdata/keys/demo.password") };
    let inputs = if given.is_empty() {
        super::corpus::run(root)?;
        input::sizes(&super::corpus::folder(root), &work)?
    } else {
        given.to_vec()
    };
    let program = root.join("target/release/inject");
    let mut missed = 0;
    for (index, unsigned) in inputs.iter().enumerate() {
        for v1 in [false, true] {
            let signed = work.join(format!("{index}-{}.apk", if v1 { "v1" } else { "v2" }));
            input::sign(unsigned, &signed, &keystore, v1)?;
            let bench = Bench { program: &program, keystore: &keystore, work: &work, apk: &signed, v1 };
            missed += bench.run()?;
            fs::remove_file(&signed)?;
        }
    }
    println!("{}", if missed == 0 { "every target is met".to_owned() } else { format!("{missed} targets MISSED") });
    Ok(())
}

/// One package, signed in one way.
struct Bench<'a> {
    program: &'a Path,
    keystore: &'a Keystore,
    work: &'a Path,
    apk: &'a Path,
    v1: bool,
}

impl Bench<'_> {
    fn run(&self) -> Result<usize> {
        let size = fs::metadata(self.apk)?.len();
        let place = format!("--at=string/{}={{client_id}}", plain_string(self.apk)?);
        let load_before = load();
        // Small packages take less than the clock is worth.
        let times = if size < 10 * MIB { 10 } else { 1 };
        let copy = self.work.join("copy.apk");
        let (dev, prod) = (self.work.join("dev.apk"), self.work.join("prod.apk"));
        let cp = || Job::new("cp").arg(self.apk).arg(&copy);
        let inject = |env: &str, from: &Path, to: &Path| self.inject(&place, env).arg(from).arg("-o").arg(to);
        // Registers, so that what is measured reuses; and makes the package that is up to date.
        let there = self.work.join("there.apk");
        inject("prod", self.apk, &prod).run(1)?;
        inject("dev", self.apk, &there).run(1)?;

        let openssl = super::oracle::on_path("openssl");
        let mut floor = Samples::new("cp + sha256sum");
        let mut fast_floor = Samples::new("cp + openssl dgst -sha256");
        let mut peers = Samples::new("zipalign + apksigner");
        let mut ours = Samples::new("inject");
        let mut nothing = Samples::new("inject, up to date");
        let mut verify = Samples::new("inject verify");
        for round in 0..ROUNDS {
            // From dev's file prod's is made and the other way round: it really changes something, every time.
            let (env, from, to) = if round % 2 == 0 { ("dev", &prod, &dev) } else { ("prod", &dev, &prod) };
            ours.add(&[inject(env, from, to)], times)?;
            floor.add(&[cp(), Job::new("sha256sum").arg(&copy)], times)?;
            peers.add(&self.peers(), 1)?;
            if openssl {
                fast_floor.add(&[cp(), Job::new("openssl").args(["dgst", "-sha256"]).arg(&copy)], times)?;
            }
            nothing.add(&[self.inject(&place, "dev").arg(&there)], times)?;
            verify.add(&[self.verify()], times)?;
        }
        let schemes = if self.v1 { "v1+v2+v3" } else { "v2+v3" };
        println!("\n{:.1} MB, {schemes}, {ROUNDS} rounds, load {load_before} before, {} after", mb(size), load());
        table::print(&[&ours, &floor, &fast_floor, &peers, &nothing, &verify], Clock::Cpu, &floor, &peers);
        let mut targets = Vec::new();
        if self.v1 {
            targets.push(("1/3 of (b)", ours.median(Clock::Cpu), peers.median(Clock::Cpu) / 3.0));
        } else {
            targets.push(("1.5 x (a)", ours.median(Clock::Cpu), floor.median(Clock::Cpu) * 1.5));
            match size {
                0..10_000_000 => {
                    targets.push(("1/40 of (b)", ours.median(Clock::Cpu), peers.median(Clock::Cpu) / 40.0))
                }
                100_000_000.. => {
                    targets.push(("1/10 of (b)", ours.median(Clock::Cpu), peers.median(Clock::Cpu) / 10.0))
                }
                _ => {}
            }
        }
        let missed = table::targets(&targets);
        for file in [copy, dev, prod, there] {
            let _ = fs::remove_file(file);
        }
        Ok(missed)
    }

    /// The main job as people run it.
    fn inject(&self, place: &str, env: &str) -> Job {
        let job = self.ours().args(["--env", env, "--quiet", place, "--ks-key-alias", "demo", "--ks"]);
        let password = format!("file:{}", self.keystore.password.display());
        let job = job.arg(&self.keystore.path).args(["--ks-pass", &password]);
        if self.v1 {
            job.args(["--schemes", "v1,v2,v3", "--min-sdk", "21"])
        } else {
            job.args(["--schemes", "v2,v3", "--min-sdk", "24"])
        }
    }

    fn verify(&self) -> Job {
        self.ours()
            .args(["verify", "--quiet", "--signature-only", "--min-sdk", if self.v1 { "21" } else { "24" }])
            .arg(self.apk)
    }

    fn ours(&self) -> Job {
        // The release build, and no configuration of whoever runs this.
        Job::new(self.program)
            .current_dir(self.work)
            .env("INJECT_HOME", self.work.join("home"))
            .env_remove("INJECT_ENV")
    }

    fn peers(&self) -> [Job; 2] {
        let (aligned, signed) = (self.work.join("aligned.apk"), self.work.join("signed.apk"));
        let align = Job::new("zipalign").args(["-f", "-p", "4"]).arg(self.apk).arg(&aligned);
        [align, input::apksigner(&aligned, &signed, self.keystore, self.v1)]
    }
}

fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().filter(|first| !first.is_empty()).unwrap_or("unknown").to_owned()
}

#[allow(clippy::cast_precision_loss, reason = "for people")]
fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// A string of the table whose text is plain, distinctive, and nowhere else in the package: it is searched for as an old
/// credential would be, and has to be gone. Where there is none, any plain one.
fn plain_string(apk: &Path) -> Result<String> {
    let bytes = fs::read(apk)?;
    let archive = Archive::open(bytes.as_slice())?;
    let table = archive.read(archive.find(b"resources.arsc").context("no resource table")?)?;
    let table = Table::parse(&table)?;
    let plain = |name: &String| {
        let found = table.find("string", name);
        found.is_ok_and(|all| !all.is_empty() && all.iter().all(|one| matches!(one.value, Value::String(_))))
    };
    let names = table.string_names()?;
    let mut contents = Vec::new();
    for (index, entry) in archive.entries().iter().enumerate() {
        let name = entry.display_name();
        if name.ends_with(".dex") || name.ends_with(".xml") || name == "resources.arsc" {
            contents.push(archive.read(index)?);
        }
    }
    let alone = |name: &&String| {
        let all = table.find("string", name).unwrap_or_default();
        let [one] = all.as_slice() else { return false };
        let Value::String(text) = &one.value else { return false };
        let is_distinctive = (16..64).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let count = |content: &Vec<u8>| content.windows(text.len()).filter(|window| *window == text.as_bytes()).count();
        is_distinctive && contents.iter().map(count).sum::<usize>() == 1
    };
    let found = names.iter().find(alone).or_else(|| names.iter().find(|name| plain(name)));
    found.cloned().context("no plain string in the table")
}
