//! `cargo xtask fuzz`: builds the targets of `fuzz/`, and runs each for a while over seeds out of the fixtures.
//!
//! What a run finds that covers more is kept in `fuzz/corpus`, and what breaks a body in `fuzz/artifacts`; neither is
//! committed. A finding becomes a test.
//!
//! Must not: count a target as run that did not run, or take a finding of an earlier run for one of this.

mod seeds;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

/// Seconds for each target, where nothing else is said.
const SECONDS: u32 = 20;
/// The most bytes of an input: a few times the largest seed.
const MAX_LEN: usize = 64 * 1024;
/// One input may take so long, and so much memory.
const LIMITS: [&str; 2] = ["-timeout=10", "-rss_limit_mb=2048"];

struct Options<'a> {
    seconds: u32,
    only: Vec<&'a str>,
    jobs: usize,
    /// Whether what is kept is made as small as its coverage lets it be, behind the run.
    minimize: bool,
}

/// What came of one target.
struct Outcome {
    target: String,
    runs: u64,
    seconds: f64,
    covered: u64,
    /// How it ended early, with the input that did it.
    finding: Option<(String, Option<PathBuf>)>,
}

/// Builds and runs them.
pub fn run(root: &Path, args: &[&str]) -> Result<()> {
    let options = parse(args)?;
    let targets = targets(root, &options.only)?;
    build(root)?;
    let began = Instant::now();
    let outcomes = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    let failed = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..options.jobs.max(1))
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    while let Some(target) = targets.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let outcome = fuzz(root, target, &options).with_context(|| format!("the target {target}"))?;
                        println!("{}", line(&outcome));
                        outcomes.lock().map_err(|_| anyhow::anyhow!("a worker panicked"))?.push(outcome);
                    }
                    Ok(())
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|_| bail!("a worker panicked")))
    });
    let mut outcomes = outcomes.into_inner().map_err(|_| anyhow::anyhow!("a worker panicked"))?;
    outcomes.sort_by(|a, b| a.target.cmp(&b.target));
    println!("\n{:16} {:>10} {:>8} {:>8}  finding", "target", "runs", "runs/s", "covered");
    outcomes.iter().for_each(|outcome| println!("{}", line(outcome)));
    failed?;
    let runs: u64 = outcomes.iter().map(|outcome| outcome.runs).sum();
    let findings: Vec<String> = outcomes.iter().filter_map(|outcome| explained(root, outcome)).collect();
    println!("{} targets, {runs} runs, {} s, {} findings", outcomes.len(), began.elapsed().as_secs(), findings.len());
    ensure!(findings.is_empty(), "\n{}", findings.join("\n"));
    Ok(())
}

fn parse<'a>(args: &[&'a str]) -> Result<Options<'a>> {
    const USAGE: &str = "usage: cargo xtask fuzz [--seconds N] [--only NAME,...] [--jobs N] [--minimize]";
    let mut options = Options { seconds: SECONDS, only: Vec::new(), jobs: 1, minimize: false };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match (*arg, args.as_slice().first()) {
            ("--minimize", _) => {
                options.minimize = true;
                continue;
            }
            ("--seconds", Some(value)) => options.seconds = value.parse().context(USAGE)?,
            ("--jobs", Some(value)) => options.jobs = value.parse().context(USAGE)?,
            ("--only", Some(value)) => options.only = value.split(',').collect(),
            _ => bail!("{USAGE}"),
        }
        args.next();
    }
    Ok(options)
}

fn targets(root: &Path, only: &[&str]) -> Result<Vec<String>> {
    let mut all: Vec<String> = fs::read_dir(root.join("fuzz/fuzz_targets"))?
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_string_lossy().into_owned()))
        .collect();
    all.sort();
    for name in only {
        ensure!(all.iter().any(|target| target == name), "no target {name:?}; there are {}", all.join(", "));
    }
    all.retain(|target| only.is_empty() || only.contains(&target.as_str()));
    Ok(all)
}

fn succeeds(program: &str, args: &[&str]) -> bool {
    let status = Command::new(program).args(args).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Where cargo-fuzz puts what it builds: targets are built for a named system, so that build scripts are not.
fn built(root: &Path) -> Result<PathBuf> {
    let output = Command::new("rustc").arg("-vV").output().context("rustc")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc -vV names no host")?;
    Ok(root.join("fuzz/target").join(host).join("release"))
}

fn build(root: &Path) -> Result<()> {
    let missing: Vec<&str> = [
        ("cargo", ["fuzz", "--version"].as_slice(), "cargo-fuzz (cargo install --locked cargo-fuzz)"),
        ("c++", ["--version"].as_slice(), "a compiler for C++, for libFuzzer (apt-get install g++)"),
    ]
    .into_iter()
    .filter(|(program, args, _)| !succeeds(program, args))
    .map(|(_, _, what)| what)
    .collect();
    ensure!(missing.is_empty(), "missing: {}; nothing was fuzzed", missing.join(", "));
    let began = Instant::now();
    // Coverage needs flags that rustc calls unstable, and nothing else of a nightly compiler. Debug assertions and checks for
    // overflow are cargo-fuzz' default. A sanitizer looks for what unsafe code does wrong, and there is none of ours.
    let status = Command::new("cargo")
        .args(["fuzz", "build", "--sanitizer", "none"])
        .env("RUSTC_BOOTSTRAP", "1")
        .current_dir(root)
        .status()?;
    ensure!(status.success(), "the targets do not build: RUSTC_BOOTSTRAP=1 cargo fuzz build --sanitizer none");
    println!("built in {} s", began.elapsed().as_secs());
    Ok(())
}

fn fuzz(root: &Path, target: &str, options: &Options<'_>) -> Result<Outcome> {
    let program = built(root)?.join(target);
    let corpus = root.join("fuzz/corpus").join(target);
    let artifacts = root.join("fuzz/artifacts").join(target);
    let work = root.join("target/fuzz").join(target);
    let _ = fs::remove_dir_all(&work);
    let (seeds, scratch) = (work.join("seeds"), work.join("tmp"));
    for folder in [&corpus, &artifacts, &seeds, &scratch] {
        fs::create_dir_all(folder)?;
    }
    for (number, seed) in seeds::of(root, target)?.into_iter().enumerate().filter(|(_, seed)| seed.len() <= MAX_LEN) {
        fs::write(seeds.join(number.to_string()), seed)?;
    }
    let began = Instant::now();
    let output = Command::new(&program)
        .arg(&corpus)
        .arg(&seeds)
        .arg(format!("-max_total_time={}", options.seconds))
        .arg(format!("-max_len={MAX_LEN}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .args(LIMITS)
        .args(["-seed=1", "-print_final_stats=1"])
        // Bodies that work on folders make them in memory where there is such a place.
        .env("TMPDIR", if Path::new("/dev/shm").is_dir() { Path::new("/dev/shm") } else { &scratch })
        .stdin(Stdio::null())
        .output()
        .with_context(|| program.display().to_string())?;
    let seconds = began.elapsed().as_secs_f64();
    let log = String::from_utf8_lossy(&output.stderr);
    fs::write(work.join("log"), log.as_bytes())?;
    let outcome = Outcome {
        target: target.to_owned(),
        runs: number_behind(&log, "stat::number_of_executed_units:").unwrap_or(0),
        seconds,
        covered: number_behind(&log, " cov: ").unwrap_or(0),
        finding: finding(&log, output.status.success()),
    };
    ensure!(outcome.finding.is_some() || outcome.runs > 0, "it ran nothing; see {}", work.join("log").display());
    if options.minimize && outcome.finding.is_none() {
        minimize(&program, &corpus, &seeds, &work)?;
    }
    Ok(outcome)
}

/// The number behind the last of these words.
fn number_behind(log: &str, words: &str) -> Option<u64> {
    let rest = log.rsplit_once(words)?.1.trim_start();
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// What ended it early: libFuzzer names it, and the input.
fn finding(log: &str, success: bool) -> Option<(String, Option<PathBuf>)> {
    let behind = |words: &str| log.lines().find_map(|line| Some(line.split_once(words)?.1.trim().to_owned()));
    let how = behind("SUMMARY: libFuzzer: ").or_else(|| (!success).then(|| "it ended with an error".to_owned()))?;
    // The panic says what the body found.
    let mut lines = log.lines().skip_while(|line| !line.contains("panicked at "));
    let panic: Vec<&str> = lines.by_ref().take(2).map(str::trim).collect();
    let how = if panic.is_empty() { how } else { format!("{how}: {}", panic.join(" ")) };
    Some((how, behind("Test unit written to ").map(PathBuf::from)))
}

fn line(outcome: &Outcome) -> String {
    let Outcome { target, runs, seconds, covered, finding } = outcome;
    let pace = *runs as f64 / seconds.max(0.001);
    let finding = finding.as_ref().map_or("-", |(how, _)| how.split(':').next().unwrap_or(how));
    format!("{target:16} {runs:>10} {pace:>8.0} {covered:>8}  {finding}")
}

/// A finding, and how to see it again.
fn explained(root: &Path, outcome: &Outcome) -> Option<String> {
    let (how, input) = outcome.finding.as_ref()?;
    let target = &outcome.target;
    let mut text = format!("{target}: {how}\n  log: {}", root.join("target/fuzz").join(target).join("log").display());
    if let Some(input) = input {
        let input = input.strip_prefix(root).unwrap_or(input).display().to_string();
        let again = |what: &str| format!("RUSTC_BOOTSTRAP=1 cargo fuzz {what} --sanitizer none {target} {input}");
        let _ = write!(text, "\n  again: {}\n  smaller: {}", again("run"), again("tmin"));
    }
    Some(text)
}

/// Of what was kept and the seeds, the fewest inputs that cover as much take the place of what was kept.
fn minimize(program: &Path, corpus: &Path, seeds: &Path, work: &Path) -> Result<()> {
    let merged = work.join("merged");
    fs::create_dir_all(&merged)?;
    let output = Command::new(program)
        .args(["-merge=1", LIMITS[0], LIMITS[1]])
        .args([&merged, corpus, seeds])
        .stdin(Stdio::null())
        .output()?;
    ensure!(output.status.success(), "merging fails: {}", String::from_utf8_lossy(&output.stderr));
    fs::remove_dir_all(corpus)?;
    fs::rename(&merged, corpus)?;
    Ok(())
}
