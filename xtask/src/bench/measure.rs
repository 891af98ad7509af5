//! CPU time and peak memory of a command.
//!
//! Must not: measure a command that fails.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

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

    /// Runs it `times`; milliseconds of CPU (user and system) that one run takes.
    pub fn run(&self, times: u32) -> Result<f64> {
        let before = children()?;
        for _ in 0..times {
            self.finished(&[])?;
        }
        Ok((children()? - before) / f64::from(times))
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
    cpu: Vec<f64>,
    /// Its peak memory in MB; the highest of its commands.
    pub peak: f64,
}

impl Samples {
    /// None yet.
    pub fn new(name: &'static str) -> Self {
        Self { name, cpu: Vec::new(), peak: 0.0 }
    }

    /// Adds a round: the commands one after the other. Memory is taken in the first round alone.
    pub fn add(&mut self, jobs: &[Job], times: u32) -> Result<()> {
        let mut cpu = 0.0;
        for job in jobs {
            if self.cpu.is_empty() {
                self.peak = self.peak.max(job.peak()?);
            }
            cpu += job.run(times)?;
        }
        self.cpu.push(cpu);
        Ok(())
    }

    /// Whether it was measured.
    pub fn is_empty(&self) -> bool {
        self.cpu.is_empty()
    }

    /// The least CPU in milliseconds.
    pub fn min(&self) -> f64 {
        self.cpu.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// The median CPU in milliseconds.
    pub fn median(&self) -> f64 {
        let mut sorted = self.cpu.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }
}
