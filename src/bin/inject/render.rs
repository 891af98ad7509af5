//! Output: messages for people on standard error, results on standard output.
//!
//! Must not: decide anything; it shows what it is given.

use std::io::Write;

use anstyle::{AnsiColor, Style};

use crate::args::{Global, When};
use crate::exit::Failure;

const GREEN: Style = AnsiColor::Green.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
const RED: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// Where messages go, and how many.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// JSON on standard output.
    pub json: bool,
    quiet: bool,
    verbose: bool,
}

impl Output {
    /// As the global options say.
    pub fn new(global: &Global) -> Self {
        let choice = match global.color {
            When::Always => anstream::ColorChoice::Always,
            When::Never => anstream::ColorChoice::Never,
            When::Auto => anstream::ColorChoice::Auto,
        };
        choice.write_global();
        Self { json: global.json, quiet: global.quiet, verbose: global.verbose > 0 }
    }

    /// A result in words: standard output, unless JSON is asked for.
    pub fn result(self, text: &str) {
        if !self.json {
            print(text);
        }
    }

    /// A result as JSON, where that is asked for.
    pub fn json(self, value: &serde_json::Value) {
        if self.json {
            print(&format!("{value:#}"));
        }
    }

    /// Something done.
    pub fn done(self, text: &str) {
        if !self.quiet {
            say(GREEN, "done", text);
        }
    }

    /// Something to know.
    pub fn note(self, text: &str) {
        if !self.quiet {
            say(DIM, "note", text);
        }
    }

    /// Something for who asked for more.
    pub fn detail(self, text: &str) {
        if self.verbose && !self.quiet {
            say(DIM, "    ", text);
        }
    }

    /// Something to look at.
    pub fn warn(self, text: &str) {
        if !self.quiet {
            say(YELLOW, "warning", text);
        }
    }

    /// Something wrong with an artifact: always said.
    pub fn finding(text: &str) {
        say(RED, "finding", text);
    }

    /// An error, with what to do.
    pub fn failure(self, failure: &Failure) {
        say(RED, "error", &failure.message());
        for remedy in &failure.remedies {
            say(DIM, " help", remedy);
        }
        if self.json {
            let value = serde_json::json!({
                "schema": 1,
                "error": {
                    "code": failure.code as u8,
                    "message": failure.message(),
                    "remedies": failure.remedies,
                },
            });
            print(&format!("{value:#}"));
        }
    }
}

// A closed pipe is the reader's business: what was done stays done.
fn print(text: &str) {
    let mut out = anstream::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

fn say(style: Style, word: &str, text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{style}{word}{style:#} {text}");
}
