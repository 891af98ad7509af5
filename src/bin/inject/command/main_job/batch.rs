//! Several artifacts in one run: what each came to, in the order they were given, and what the run as a whole says.
//!
//! Must not: work on an artifact.

use std::collections::HashSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::result::{FailedArtifact, Injected, InjectedArtifact};
use crate::exit::{Code, Failure};
use crate::render::{Output, visible};
use crate::results::Problem;
use crate::summary;
use crate::units::bytes;

/// Columns between two columns.
const GAP: usize = 2;
/// Columns that a path is not shortened below.
const PATH: usize = 20;

/// The artifacts of a run.
pub struct Batch {
    rows: Vec<Row>,
    /// Whether one that fails is the end of all of them.
    together: bool,
    environment: String,
    out: Output,
    /// What was said of artifacts that failed, without their names.
    said: HashSet<String>,
}

/// An artifact.
struct Row {
    path: PathBuf,
    application: String,
    end: End,
    /// Of what was written, or is there.
    size: Option<u64>,
    took: Option<Duration>,
}

/// What an artifact came to.
enum End {
    /// Not reached.
    Open,
    /// Done: what happened, and that for programs.
    Done(&'static str, Box<InjectedArtifact>),
    /// Failed: the exit code it would have, and why, for programs.
    Failed(Code, Problem),
}

impl Row {
    fn failure(&self) -> Option<(&Self, Code)> {
        if let End::Failed(code, _) = self.end { Some((self, code)) } else { None }
    }
}

impl Batch {
    /// `together`: an error before anything has happened is the end of all of them.
    pub fn new(paths: impl Iterator<Item = PathBuf>, environment: &str, together: bool, out: Output) -> Self {
        let row = |path| Row { path, application: String::new(), end: End::Open, size: None, took: None };
        Self {
            rows: paths.map(row).collect(),
            together,
            environment: environment.to_owned(),
            out,
            said: HashSet::new(),
        }
    }

    /// Whether there are several.
    pub fn is_many(&self) -> bool {
        self.rows.len() > 1
    }

    /// The application of an artifact, once it is known.
    pub fn belongs(&mut self, index: usize, application: &str) {
        if let Some(row) = self.rows.get_mut(index) {
            application.clone_into(&mut row.application);
        }
    }

    /// A step before anything happens: its result, `None` where this artifact is left out from now on.
    pub fn step<T>(&mut self, index: usize, result: Result<T, Failure>) -> Result<Option<T>, Failure> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(failure) if self.together => Err(failure),
            Err(failure) => {
                self.failed(index, &failure);
                Ok(None)
            }
        }
    }

    /// Likewise for each of these; those that fail are left out.
    pub fn keep<T>(
        &mut self,
        all: Vec<T>,
        index: impl Fn(&T) -> usize,
        mut check: impl FnMut(&T) -> Result<(), Failure>,
    ) -> Result<Vec<T>, Failure> {
        let mut kept = Vec::with_capacity(all.len());
        for one in all {
            if self.step(index(&one), check(&one))?.is_some() {
                kept.push(one);
            }
        }
        Ok(kept)
    }

    /// An artifact that failed, said at once.
    pub fn failed(&mut self, index: usize, failure: &Failure) {
        let path = self.rows.get(index).map(|row| row.path.display().to_string()).unwrap_or_default();
        let message = failure.message();
        let cause = message.strip_prefix(&format!("{path}: ")).unwrap_or(&message).to_owned();
        // One cause is said once, however many artifacts it stops.
        if self.said.insert(cause) {
            self.out.failed(failure);
        } else {
            // Each artifact keeps its own annotations.
            let again = Failure::new(failure.code, format!("{path}: as said above"));
            self.out.failed(&Failure {
                artifact: failure.artifact.clone(),
                findings: failure.findings.clone(),
                ..again
            });
        }
        let Some(row) = self.rows.get_mut(index) else { return };
        row.end = End::Failed(failure.code, Problem::from(failure));
    }

    /// An artifact that was done.
    pub fn done(&mut self, index: usize, what: &'static str, output: &Path, took: Duration, result: InjectedArtifact) {
        let Some(row) = self.rows.get_mut(index) else { return };
        row.end = End::Done(what, Box::new(result));
        row.took = Some(took);
        row.size = std::fs::metadata(output).ok().filter(std::fs::Metadata::is_file).map(|file| file.len());
    }

    /// The exit code where one has failed: the most serious one.
    pub fn code(&self) -> Option<Code> {
        self.worst().map(|(_, code)| code)
    }

    /// Of several that are as serious the first one counts.
    fn worst(&self) -> Option<(&Row, Code)> {
        let failures = self.rows.iter().filter_map(Row::failure).rev();
        failures.max_by_key(|(_, code)| code.seriousness())
    }

    /// What failed, for programs.
    pub fn failures(&self) -> Vec<FailedArtifact> {
        let failed = self.rows.iter().filter_map(|row| match &row.end {
            End::Failed(_, problem) => {
                Some(FailedArtifact { artifact: row.path.to_string_lossy().into_owned(), problem: problem.clone() })
            }
            End::Open | End::Done(..) => None,
        });
        failed.collect()
    }

    /// The end: the table, what failed, and the exit code; also in a file, where that is asked for.
    pub fn end(self, summary: Option<&Path>) -> Code {
        if self.is_many() {
            self.out.table(&self.table(Output::width()));
        }
        let failures = self.failures();
        if let Some((row, code)) = self.worst() {
            let (failed, all) = (failures.len(), self.rows.len());
            let path = row.path.display();
            Output::sum(&format!("{failed} of {all} artifacts failed; exit code {} is that of {path}", code as u8));
        }
        let code = self.code().unwrap_or(Code::Done);
        let done = self.rows.into_iter().filter_map(|row| match row.end {
            End::Done(_, result) => Some(*result),
            End::Open | End::Failed(..) => None,
        });
        let result = Injected { environment: self.environment, artifacts: done.collect(), failed: failures };
        summary::injected(summary, &result, self.out);
        self.out.json(&result);
        code
    }

    /// One line per artifact. Where that is wider than the terminal, paths lose their middle.
    fn table(&self, width: Option<usize>) -> String {
        let here = std::env::current_dir().unwrap_or_default();
        let mut lines: Vec<[String; 6]> =
            vec![["artifact", "application", "environment", "", "size", "time"].map(str::to_owned)];
        for row in &self.rows {
            let what = match &row.end {
                End::Open => "not done".to_owned(),
                End::Done(what, _) => (*what).to_owned(),
                End::Failed(code, _) => format!("FAILED ({})", *code as u8),
            };
            lines.push([
                visible(&row.path.strip_prefix(&here).unwrap_or(&row.path).display().to_string()).into_owned(),
                visible(&row.application).into_owned(),
                self.environment.clone(),
                what,
                row.size.map(bytes).unwrap_or_default(),
                row.took.map(|took| format!("{:.1} s", took.as_secs_f64())).unwrap_or_default(),
            ]);
        }
        let mut widths = [0; 6];
        for line in &lines {
            for (width, cell) in widths.iter_mut().zip(line) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let all: usize = widths.iter().sum::<usize>() + GAP * (widths.len() - 1);
        if let (Some(surplus), Some(path)) = (width.and_then(|width| all.checked_sub(width)), widths.first_mut()) {
            *path = path.saturating_sub(surplus).max(PATH.min(*path));
        }
        let mut table = String::new();
        for line in &lines {
            let mut text = String::new();
            for (index, (cell, &width)) in line.iter().zip(&widths).enumerate() {
                let cell = if index == 0 { shortened(cell, width) } else { cell.clone() };
                // Numbers stand below each other.
                let _ = if index < 4 { write!(text, "{cell:<width$}") } else { write!(text, "{cell:>width$}") };
                text.push_str(&" ".repeat(GAP));
            }
            table.push_str(text.trim_end());
            table.push('\n');
        }
        table.truncate(table.trim_end().len());
        table
    }
}

/// A text of at most so many characters: its beginning and, rather, its end.
fn shortened(text: &str, width: usize) -> String {
    let count = text.chars().count();
    if count <= width {
        return text.to_owned();
    }
    let kept = width.saturating_sub(1);
    let head = kept / 3;
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(count - (kept - head)).collect();
    format!("{start}…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_keeps_beginning_and_end() {
        assert_eq!(shortened("app/build/outputs/apk/app.apk", 29), "app/build/outputs/apk/app.apk");
        assert_eq!(shortened("app/build/outputs/apk/app.apk", 16), "app/b…pk/app.apk");
        assert_eq!(shortened("äöüäöüäöü", 4), "ä…öü");
    }

    #[test]
    fn a_table_fits_the_terminal() {
        let paths = ["app/build/outputs/apk/release/app-release.apk", "a.apk"].map(PathBuf::from);
        let mut batch = Batch::new(paths.into_iter(), "dev", false, Output::silent());
        batch.belongs(0, "com.example.app");
        batch.done(0, "injected", Path::new("none"), Duration::from_millis(1240), InjectedArtifact::default());
        batch.failed(1, &Failure::new(Code::NoPlace, "none"));
        let table = batch.table(Some(80));
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(
            lines,
            [
                "artifact                   application      environment              size   time",
                "app/buil…/app-release.apk  com.example.app  dev          injected          1.2 s",
                "a.apk                                       dev          FAILED (4)",
            ]
        );
        assert!(lines.iter().all(|line| line.chars().count() <= 80));
        assert!(batch.table(None).contains("app/build/outputs/apk/release/app-release.apk  com"));
        assert_eq!(batch.code(), Some(Code::NoPlace));
    }
}
