//! `cargo xtask bench apple`: what the main job costs on IPAs, in wall time and memory, beside other programs in the same run.
//!
//! (a) `cp` and `openssl dgst -sha256`: what no tool that writes and hashes the file can go below.
//! (b) the fastest of those that sign an IPA and keep its size: `zsign -z 6`, and `unzip`, `rcodesign --shallow`, `zip`.
//!
//! Must not: pass over a peer that is missing without saying so.

mod input;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::measure::{Clock, Job, Samples};
use super::{ROUNDS, load, mb, table};
use crate::oracle::on_path;

/// Rounds in which the slow peers take part.
const PEER_ROUNDS: usize = 3;
/// Memory that no size may exceed.
const PEAK_MB: f64 = 64.0;
const PLACE: &str = "--at=Info.plist#ClientId={client_id}";

/// The identity all apps are signed with, and where all files lie.
pub struct Setup {
    program: PathBuf,
    keys: PathBuf,
    work: PathBuf,
}

/// Makes the IPAs, measures and prints; how many targets are missed.
pub fn run(root: &Path, program: &Path, work: &Path) -> Result<usize> {
    let setup = Setup { program: program.to_owned(), keys: root.join("testdata/apple/keys"), work: work.to_owned() };
    let mut missed = 0;
    for (name, ipa) in input::ipas(&setup)? {
        missed += setup.measure(name, &ipa)?;
    }
    Ok(missed)
}

impl Setup {
    fn measure(&self, name: &str, kept: &Path) -> Result<usize> {
        let size = fs::metadata(kept)?.len();
        // A build has just written it. What lies in the system's cache for hours was measured to be read half as fast.
        let ipa = &self.work.join("input.ipa");
        fs::copy(kept, ipa)?;
        let load_before = load();
        let times = if size < 10_000_000 { 10 } else { 1 };
        let (copy, dev, prod, there) = (
            self.work.join("copy.ipa"),
            self.work.join("dev.ipa"),
            self.work.join("prod.ipa"),
            self.work.join("there.ipa"),
        );
        self.inject("prod", ipa, &prod).run(1)?;
        self.inject("dev", ipa, &there).run(1)?;
        let mut floor = Samples::new("cp + openssl dgst -sha256");
        let mut ours = Samples::new("inject");
        let mut first = Samples::new("inject, as it came");
        let mut nothing = Samples::new("inject, up to date");
        let mut verify = Samples::new("inject verify");
        let mut unsigned = Samples::new("inject, never signed");
        let mut peers = [Samples::new("zsign -z 6"), Samples::new("unzip + rcodesign --shallow + zip -6")];
        for round in 0..ROUNDS {
            // From dev's file prod's is made and the other way round: it really changes something, every time.
            let (env, from, to) = if round % 2 == 0 { ("dev", &prod, &dev) } else { ("prod", &dev, &prod) };
            ours.add(&[self.inject(env, from, to)], times)?;
            first.add(&[self.inject("prod", ipa, &self.work.join("first.ipa"))], times)?;
            let hash = Job::new("openssl").args(["dgst", "-sha256"]).arg(&copy);
            floor.add(&[Job::new("cp").arg(ipa).arg(&copy), hash], times)?;
            nothing.add(&[self.inject("dev", &there, &there)], times)?;
            verify.add(&[self.ours().args(["verify", "--quiet", "--signature-only"]).arg(ipa)], times)?;
            if round < PEER_ROUNDS {
                // Its executables are deflated whole, once: no floor of copying holds for that, but the memory does.
                let from = kept.with_extension("unsigned");
                unsigned.add(&[self.inject("prod", &from, &self.work.join("first.ipa"))], 1)?;
                if on_path("zsign") {
                    peers[0].add(&[self.zsign(ipa)], 1)?;
                }
                if on_path("rcodesign") {
                    peers[1].add(&self.rcodesign(ipa), 1)?;
                }
            }
        }
        println!("\n{:.1} MB, {name}, {ROUNDS} rounds, load {load_before} before, {} after", mb(size), load());
        let there_are = peers.iter().filter(|peer| !peer.is_empty());
        let fastest = there_are.min_by(|a, b| a.median(Clock::Wall).total_cmp(&b.median(Clock::Wall)));
        let [zsign, rcodesign] = &peers;
        let rows = [&ours, &first, &floor, zsign, rcodesign, &nothing, &verify, &unsigned];
        table::print(&rows, Clock::Wall, &floor, fastest.unwrap_or(&floor));
        let mut targets = Vec::new();
        let wall = ours.median(Clock::Wall);
        if size >= 20_000_000 {
            targets.push(("3 x (a)", wall, floor.median(Clock::Wall) * 3.0));
        }
        match fastest {
            Some(fastest) => targets.push(("1/20 of (b)", wall, fastest.median(Clock::Wall) / 20.0)),
            None => println!("SKIPPED  (b): neither zsign nor rcodesign is on the path"),
        }
        for peer in peers.iter().filter(|peer| peer.is_empty()) {
            println!("SKIPPED  {}: it is not on the path", peer.name);
        }
        let mut missed = table::targets(&targets);
        for row in [&ours, &first, &nothing, &verify, &unsigned] {
            if row.peak > PEAK_MB {
                missed += 1;
                println!("target {PEAK_MB} MB: MISSED by {:?} ({:.1} MB)", row.name, row.peak);
            }
        }
        for file in [ipa.clone(), copy, dev, prod, there, self.work.join("first.ipa"), self.work.join("peer.ipa")] {
            let _ = fs::remove_file(file);
        }
        Ok(missed)
    }

    fn ours(&self) -> Job {
        // The release build, and no configuration of whoever runs this.
        Job::new(&self.program)
            .current_dir(&self.work)
            .env("INJECT_HOME", self.work.join("home"))
            .env_remove("INJECT_ENV")
    }

    /// The main job as people run it.
    fn inject(&self, env: &str, from: &Path, to: &Path) -> Job {
        let password = format!("file:{}", self.keys.join("p12.password").display());
        let job = self.ours().args(["--env", env, "--quiet", PLACE, "--p12-pass", &password, "--p12"]);
        job.arg(self.keys.join("aes256.p12")).arg(from).arg("-o").arg(to)
    }

    fn zsign(&self, ipa: &Path) -> Job {
        let job = Job::new("zsign")
            .current_dir(&self.work)
            .args(["-f", "-q", "-z", "6", "-n", "Bench", "-p", "secret", "-k"]);
        let job = job.arg(self.keys.join("aes256.p12")).arg("-m").arg(self.keys.join("notes.mobileprovision"));
        job.arg("-o").arg(self.work.join("peer.ipa")).arg(ipa)
    }

    fn rcodesign(&self, ipa: &Path) -> [Job; 4] {
        let folder = self.work.join("peer");
        let app = folder.join("Payload/Notes.app");
        let sign = Job::new("rcodesign").args(["sign", "--shallow", "--timestamp-url", "none", "--pem-file"]);
        let sign =
            sign.arg(self.keys.join("distribution.key.pem")).arg("--pem-file").arg(self.keys.join("distribution.pem"));
        // Each of them may run twice in a row, once for its memory.
        let pack = format!("rm -f {0} && zip -q -6 -r -y {0} Payload", self.work.join("peer.ipa").display());
        [
            Job::new("rm").arg("-rf").arg(&folder),
            Job::new("unzip").args(["-q", "-o"]).arg(ipa).arg("-d").arg(&folder),
            sign.arg(&app),
            Job::new("sh").current_dir(&folder).args(["-c", &pack]),
        ]
    }
}
