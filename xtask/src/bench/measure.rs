//! CPU time, wall time and peak memory of a command.
//!
//! Must not: measure a command that fails.

use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

/// What is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// User and system time of the processors.
    Cpu,
    /// What somebody waits for.
    Wall,
}

/// Milliseconds by both clocks.
#[derive(Clone, Copy, Default)]
pub struct Taken {
    cpu: f64,
    wall: f64,
}

/// A command that can be run again and again.
pub struct Job {
    words: Vec<std::ffi::OsString>,
    folder: Option<std::path::PathBuf>,
    variables: Vec<(String, Option<std::ffi::OsString>)>,
}

impl Job {
    /// A program.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self { words: vec![program.as_ref().to_owned()], folder: None, variables: Vec::new() }
    }

    /// With one more argument.
    pub fn arg(mut self, word: impl AsRef<OsStr>) -> Self {
        self.words.push(word.as_ref().to_owned());
        self
    }

    /// With more arguments.
    pub fn args<'w>(mut self, words: impl IntoIterator<Item = &'w str>) -> Self {
        self.words.extend(words.into_iter().map(Into::into));
        self
    }

    /// Where it runs.
    pub fn current_dir(mut self, folder: &std::path::Path) -> Self {
        self.folder = Some(folder.to_owned());
        self
    }

    /// With an environment variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.variables.push((name.to_owned(), Some(value.as_ref().to_owned())));
        self
    }

    /// Without an environment variable.
    pub fn env_remove(mut self, name: &str) -> Self {
        self.variables.push((name.to_owned(), None));
        self
    }

    fn command(&self, before: &[&str]) -> Command {
        let mut words = before.iter().map(OsStr::new).chain(self.words.iter().map(std::ffi::OsString::as_os_str));
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        for (name, value) in &self.variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    /// Runs it `times`; milliseconds that one run takes.
    pub fn run(&self, times: u32) -> Result<Taken> {
        let (before, start) = (children()?, Instant::now());
        for _ in 0..times {
            self.finished(&[])?;
        }
        let wall = start.elapsed().as_secs_f64() * 1e3;
        Ok(Taken { cpu: (children()? - before) / f64::from(times), wall: wall / f64::from(times) })
    }

    /// Its peak resident memory in MB, by a run of its own: GNU time costs some CPU itself.
    pub fn peak(&self) -> Result<f64> {
        let said = self.finished(&["/usr/bin/time", "-f", "%M"])?;
        let kib: f64 = said.trim().lines().last().and_then(|last| last.parse().ok()).context("no %M of GNU time")?;
        Ok(kib * 1024.0 / 1e6)
    }

    fn finished(&self, before: &[&str]) -> Result<String> {
        let output = self.command(before).output().with_context(|| format!("{:?}; is it installed?", self.words))?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "{:?}: {said}", self.words);
        Ok(said)
    }
}

/// CPU milliseconds of all children that ended so far.
#[cfg(unix)]
#[allow(clippy::cast_precision_loss, reason = "far below 2^52 microseconds")]
fn children() -> Result<f64> {
    use nix::sys::resource::{UsageWho, getrusage};
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let ms = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 * 1e3 + time.tv_usec() as f64 / 1e3;
    Ok(ms(usage.user_time()) + ms(usage.system_time()))
}

#[cfg(not(unix))]
fn children() -> Result<f64> {
    anyhow::bail!("CPU time of children is measured on Unix only")
}

/// Measurements of one pipeline of commands.
pub struct Samples {
    /// What it is.
    pub name: &'static str,
    taken: Vec<Taken>,
    /// Its peak memory in MB; the highest of its commands.
    pub peak: f64,
}

impl Samples {
    /// None yet.
    pub fn new(name: &'static str) -> Self {
        Self { name, taken: Vec::new(), peak: 0.0 }
    }

    /// Adds a round: the commands one after the other. Memory is taken in the first round alone.
    pub fn add(&mut self, jobs: &[Job], times: u32) -> Result<()> {
        let mut sum = Taken::default();
        for job in jobs {
            if self.taken.is_empty() {
                self.peak = self.peak.max(job.peak()?);
            }
            let taken = job.run(times)?;
            sum = Taken { cpu: sum.cpu + taken.cpu, wall: sum.wall + taken.wall };
        }
        self.taken.push(sum);
        Ok(())
    }

    /// Whether it was not measured.
    pub fn is_empty(&self) -> bool {
        self.taken.is_empty()
    }

    fn sorted(&self, clock: Clock) -> Vec<f64> {
        let of = |taken: &Taken| if clock == Clock::Cpu { taken.cpu } else { taken.wall };
        let mut sorted: Vec<f64> = self.taken.iter().map(of).collect();
        sorted.sort_by(f64::total_cmp);
        sorted
    }

    /// The least milliseconds.
    pub fn min(&self, clock: Clock) -> f64 {
        self.sorted(clock).first().copied().unwrap_or(f64::NAN)
    }

    /// The median in milliseconds.
    pub fn median(&self, clock: Clock) -> f64 {
        let sorted = self.sorted(clock);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }
}
