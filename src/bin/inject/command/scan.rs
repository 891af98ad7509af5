//! `inject scan`: any known secret of any environment, in any encoding, anywhere.
//!
//! Must not: show a value, or change a file.

pub mod args;

use std::path::Path;

use inject::embed::known_values;
use inject::findings::{Hunt, Report};
use inject::scan;
use inject::scan::ScanError;
use serde::Serialize;

use crate::carried::stored;
use crate::exit::{Code, Failure};
use crate::render::Output;
use crate::results::{Finding, Outcome, all_findings};
use crate::settings::Settings;
use args::Scan;

/// What was searched, and found.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Searched {
    /// Whether no value was found and everything could be read.
    clean: bool,
    /// How many values were looked for.
    values: usize,
    /// How many files were looked through.
    files: u64,
    /// Their size in bytes.
    bytes: u64,
    findings: Vec<Finding>,
}

impl Outcome for Searched {
    const COMMAND: &'static str = "scan";
}

/// Runs it.
pub fn run(settings: &Settings, asked: &Scan, out: Output) -> Result<Code, Failure> {
    // What is stored is not committed, ids included.
    let known = known_values(&stored(settings)?, asked.ids || asked.staged);
    if known.is_empty() {
        out.warn("the store holds nothing to look for; inject credential list shows what it holds");
    }
    let mut hunt = Hunt::new(&known, &[]);
    let mut report = Report::default();
    let mut total = scan::Scanned::default();
    let mut add = |scanned: scan::Scanned| {
        total.files += scanned.files;
        total.bytes += scanned.bytes;
        scanned.cut_off.iter().for_each(|said| out.warn(said));
    };
    for path in &asked.paths {
        add(scan::path(&mut hunt, &mut report, path)?);
    }
    if asked.staged {
        add(scan::staged(&mut hunt, &mut report, Path::new("."))?);
    }
    for finding in &report.findings {
        out.found(finding);
    }
    let clean = report.is_sound();
    let verdict = if clean { "no known value" } else { "FOUND" };
    let values = known.len();
    out.result(&format!("{verdict}: {values} values looked for in {} files of {} bytes", total.files, total.bytes));
    out.json(&Searched { clean, values, files: total.files, bytes: total.bytes, findings: all_findings(&report) });
    Ok(if clean { Code::Done } else { Code::Verification })
}

impl From<ScanError> for Failure {
    fn from(error: ScanError) -> Self {
        match &error {
            ScanError::Git { .. } => {
                Self::of(Code::Usage, error).remedy("run it inside of a git repository, or name paths instead")
            }
            ScanError::Path { .. } => Self::of(Code::Artifact, error),
            _ => Self::undecided(error),
        }
    }
}
