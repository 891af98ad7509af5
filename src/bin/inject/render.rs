//! Output: messages for people on standard error, results on standard output, or what another program reads there.
//!
//! Must not: decide anything; it shows what it is given.

mod lines;
mod sarif;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use anstyle::{AnsiColor, Style};

use inject::findings::{self, Finding, Severity};
use inject::system::files;
use serde::Serialize;

use crate::args::global::{Format, Global, When};
use crate::exit::{Code, Failure};
use crate::progress::make_room;
use crate::results::{Document, Failed, Outcome};
pub use lines::visible;

const GREEN: Style = AnsiColor::Green.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
const RED: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// How bad a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
}

impl From<Severity> for Level {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Error => Self::Error,
            Severity::Warning => Self::Warning,
        }
    }
}

/// What is said to another program.
#[derive(Debug, Clone)]
struct Message {
    level: Level,
    name: Name,
    /// The artifact.
    file: Option<String>,
    /// Where in it.
    place: Option<String>,
    /// Its lines; in each of them nothing from outside begins another one.
    lines: Vec<String>,
}

/// What a message is called by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    /// Something was found.
    Finding(findings::Code),
    /// An error of the run itself.
    Error(Code),
    /// A warning of the run itself.
    Warning,
}

impl Name {
    fn as_str(self) -> &'static str {
        match self {
            Self::Finding(code) => code.as_str(),
            Self::Error(code) => code.name(),
            Self::Warning => "inject.warning",
        }
    }
}

impl Message {
    /// The same, with everything from outside in a form that shows what it is.
    fn visible(self) -> Self {
        let shown = |text: String| lines::within(&text).into_owned();
        Self {
            file: self.file.map(shown),
            place: self.place.map(shown),
            lines: self.lines.into_iter().map(shown).collect(),
            ..self
        }
    }

    /// All of it, for who knows line breaks from the ends of lines.
    fn text(&self) -> String {
        self.lines.join("\n")
    }
}

/// That of this run, for what finds out something far from where messages are said.
static CURRENT: OnceLock<Output> = OnceLock::new();

/// Where messages go, and how many.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// The command that runs, in the words that name it.
    command: &'static str,
    format: Format,
    quiet: bool,
    verbose: bool,
    /// What a log that is written at the end will hold.
    log: &'static Mutex<Vec<Message>>,
}

impl Output {
    /// As the global options say, for the command that these words name. There is one for the whole run.
    pub fn new(global: &Global, command: String) -> Self {
        let choice = match global.color {
            When::Always => anstream::ColorChoice::Always,
            When::Never => anstream::ColorChoice::Never,
            When::Auto => anstream::ColorChoice::Auto,
        };
        choice.write_global();
        let format = if global.json { Format::Json } else { global.format };
        let out = Self {
            command: command.leak(),
            format,
            quiet: global.quiet,
            verbose: global.verbose > 0,
            log: Box::leak(Box::default()),
        };
        *CURRENT.get_or_init(|| out)
    }

    /// Warns of a file with a secret that others may read.
    pub fn warn_open(path: &Path) {
        let (Some(out), Ok(Some(mode))) = (CURRENT.get(), files::open_bits(path)) else { return };
        if !path.is_file() {
            return;
        }
        let path = path.display();
        out.warn(&format!("others may read {path} (mode {mode:03o}), which holds a secret: chmod 600 {path}"));
    }

    /// Whom this run waits for.
    pub fn waiting(text: &str) {
        if let Some(out) = CURRENT.get() {
            out.note(text);
        }
    }

    /// For a command line that was not understood, which says its format all the same.
    pub fn of_usage(format: Format, command: String) -> Self {
        Self { command: command.leak(), format, quiet: false, verbose: false, log: Box::leak(Box::default()) }
    }

    /// One that says nothing.
    #[cfg(test)]
    pub fn silent() -> Self {
        Self { command: "inject", format: Format::Sarif, quiet: true, verbose: false, log: Box::leak(Box::default()) }
    }

    /// A result in words: standard output, unless another program reads a document there.
    pub fn result(self, text: &str) {
        if !self.is_document() {
            print(&lines::harmless(text));
        }
    }

    /// The text of a file, as it is, where [`Self::result`] prints.
    pub fn file(self, text: &str) {
        if !self.is_document() {
            print(text.trim_end_matches('\n'));
        }
    }

    /// Whether standard output is one document, in which nothing else may stand.
    pub fn is_document(self) -> bool {
        matches!(self.format, Format::Json | Format::Sarif)
    }

    /// A result as JSON, where that is asked for.
    pub fn json<R: Outcome>(self, result: &R) {
        self.document(&Document::of(result));
    }

    fn document<R: Serialize>(self, document: &Document<'_, R>) {
        if self.format == Format::Json {
            match serde_json::to_string_pretty(document) {
                Ok(text) => print(&lines::harmless_json(&text)),
                Err(error) => lose(error.into()),
            }
        }
    }

    /// Something done.
    pub fn done(self, text: &str) {
        if !self.quiet {
            say(GREEN, "done", text);
        }
    }

    /// Something to know; what was said already is not said again.
    pub fn note(self, text: &str) {
        if !self.quiet && is_new(text) {
            say(DIM, "note", text);
        }
    }

    /// Something for who asked for more.
    pub fn detail(self, text: &str) {
        if self.verbose && !self.quiet {
            say(DIM, "    ", text);
        }
    }

    /// Something to look at; what was said already is not said again.
    pub fn warn(self, text: &str) {
        if is_new(text) {
            self.event(text);
        }
    }

    /// The same of a server, which says it each time.
    pub fn event(self, text: &str) {
        let message = Message {
            level: Level::Warning,
            name: Name::Warning,
            file: None,
            place: None,
            lines: vec![text.to_owned()],
        };
        if !self.told(message) && !self.quiet {
            say(YELLOW, "warning", text);
        }
    }

    /// Something found in an artifact. An error is always said, a warning to who asked for more or to a program.
    pub fn finding(self, artifact: &Path, finding: &Finding) {
        if self.annotated(artifact, finding) {
            return;
        }
        let text = format!("{}: {} ({}): {}", artifact.display(), finding.code, finding.place, finding.message);
        match finding.severity {
            Severity::Error => say(RED, "finding", &text),
            Severity::Warning => self.detail(&text),
        }
    }

    /// Something found in the file that its place begins with; nothing of it is kept for who asks for more.
    pub fn found(self, finding: &Finding) {
        let file = finding.place.split("!/").next().unwrap_or_default();
        // Its own name may be what is found.
        let file = file.strip_prefix("the name of ").unwrap_or(file);
        if self.annotated(Path::new(file), finding) {
            return;
        }
        let text = format!("{} ({}): {}", finding.code, finding.place, finding.message);
        match finding.severity {
            Severity::Error => say(RED, "finding", &text),
            Severity::Warning if self.quiet => {}
            Severity::Warning => say(YELLOW, "warning", &text),
        }
    }

    /// For programs that read findings; people were told in a result. Whether there is such a program.
    pub fn annotated(self, artifact: &Path, finding: &Finding) -> bool {
        let file = artifact.display().to_string();
        // The file's name is shown beside a message, the rest of the place is not.
        let place =
            finding.place.strip_prefix(&file).map_or(finding.place.as_str(), |rest| rest.trim_start_matches("!/"));
        let text = if place.is_empty() { finding.message.clone() } else { format!("{place}: {}", finding.message) };
        self.told(Message {
            level: finding.severity.into(),
            name: Name::Finding(finding.code),
            file: Some(file).filter(|file| !file.is_empty()),
            place: Some(place).filter(|place| !place.is_empty()).map(str::to_owned),
            lines: vec![text],
        })
    }

    /// An error, with what to do.
    pub fn failure(self, failure: &Failure) {
        self.failed(failure);
        self.document(&Document::failed(self.command, &Failed { error: failure.into() }));
    }

    /// A command line that was not understood, for programs; whether that reaches people too.
    pub fn misunderstood(self, failure: &Failure) -> bool {
        self.document(&Document::failed(self.command, &Failed { error: failure.into() }));
        self.annotated_failure(failure)
    }

    /// Says an error to the program that reads; whether people see that as well.
    fn annotated_failure(self, failure: &Failure) -> bool {
        let mut lines = [&[failure.message()][..], &failure.details].concat();
        lines.extend(failure.remedies.iter().map(|remedy| format!("help: {remedy}")));
        let told = self.told(Message {
            level: Level::Error,
            name: Name::Error(failure.code),
            file: failure.artifact.as_ref().map(|path| path.display().to_string()),
            place: None,
            lines,
        });
        told && self.format != Format::Sarif
    }

    /// An error of one artifact among several; the result of all of them names it too.
    pub fn failed(self, failure: &Failure) {
        let message = failure.message();
        for finding in &failure.findings {
            self.annotated(failure.artifact.as_deref().unwrap_or(Path::new("")), finding);
        }
        if !self.annotated_failure(failure) {
            say(RED, "error", &message);
            for detail in &failure.details {
                line(detail);
            }
            for remedy in &failure.remedies {
                say(DIM, " help", remedy);
            }
        }
    }

    /// What several errors come to: always said.
    pub fn sum(text: &str) {
        say(RED, "error", text);
    }

    /// What was done with several artifacts, line by line under a heading.
    pub fn table(self, text: &str) {
        if self.quiet {
            return;
        }
        let _room = make_room();
        let mut err = anstream::stderr().lock();
        for (index, line) in text.lines().enumerate() {
            let style = if index == 0 { DIM } else { Style::new() };
            let _ = writeln!(err, "{style}{}{style:#}", lines::harmless(line));
        }
    }

    /// Columns of the terminal that messages go to, where it is one.
    pub fn width() -> Option<usize> {
        terminal_size::terminal_size_of(std::io::stderr()).map(|(width, _)| usize::from(width.0))
    }

    /// Whether nobody wants to see how far the run is.
    pub fn is_quiet(self) -> bool {
        self.quiet || self.format != Format::Human
    }

    /// The run ends because somebody wants it to. Nothing is said behind this.
    pub fn interrupted() {
        // Held from before the line on: between the two somebody else would get a word in.
        let room = make_room();
        write(RED, "error", "interrupted; each artifact is as it was, or finished");
        std::mem::forget(room);
    }

    /// What was made for standard output as a whole: a page, a script.
    pub fn page(bytes: &[u8]) {
        raw(bytes);
    }

    /// The end of the run: what is said of all of it at once. The exit status: not that of success where a result was lost.
    pub fn end(self, code: Code) -> u8 {
        if self.format == Format::Sarif {
            let messages = self.log.lock().unwrap_or_else(PoisonError::into_inner);
            print(&lines::harmless_json(&format!("{:#}", sarif::log(&messages, code as u8))));
        }
        Self::status(code)
    }

    /// The exit status, by what became of standard output.
    pub fn status(code: Code) -> u8 {
        /// What shells say of a program that SIGPIPE ended: 128 and its number.
        const CLOSED_PIPE: u8 = 141;
        let lost = LOST.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(error) = lost else { return code as u8 };
        // Whoever closes a pipe has read enough, and is told nothing, as by any program.
        let status = if error.kind() == std::io::ErrorKind::BrokenPipe {
            CLOSED_PIPE
        } else {
            let text =
                format!("standard output cannot be written, so the result is lost: {error}; what was done stays done");
            say(RED, "error", &text);
            Code::Artifact as u8
        };
        if code == Code::Done { status } else { code as u8 }
    }

    /// Says something to the program that reads, if there is one that reads messages.
    fn told(self, message: Message) -> bool {
        let message = message.visible();
        match self.format {
            Format::Human | Format::Json => return false,
            Format::Github => print(&lines::github(&message)),
            Format::Azure => print(&lines::azure(&message)),
            Format::Msbuild => print(&lines::msbuild(&message)),
            Format::Sarif => self.log.lock().unwrap_or_else(PoisonError::into_inner).push(message),
        }
        true
    }
}

/// Whether a note or a warning was not said in this run: an artifact that is begun anew says most of its own again.
fn is_new(text: &str) -> bool {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    SAID.lock().unwrap_or_else(PoisonError::into_inner).insert(text.to_owned())
}

/// What kept standard output from being written, the first time.
static LOST: Mutex<Option<std::io::Error>> = Mutex::new(None);

/// Standard output, whole or not at all: what is lost there is the end of the run ([`Output::end`]).
fn print(text: &str) {
    raw(format!("{text}\n").as_bytes());
}

/// Likewise, byte for byte.
fn raw(bytes: &[u8]) {
    let _room = make_room();
    let mut lost = LOST.lock().unwrap_or_else(PoisonError::into_inner);
    // What would follow a gap could be read as something else.
    if lost.is_none() {
        let mut out = anstream::stdout().lock();
        *lost = out.write_all(bytes).and_then(|()| out.flush()).err();
    }
}

/// A result that cannot be printed at all.
fn lose(error: std::io::Error) {
    LOST.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
}

fn say(style: Style, word: &str, text: &str) {
    let _room = make_room();
    write(style, word, text);
}

/// A line that belongs to what was said.
fn line(text: &str) {
    let _room = make_room();
    let _ = writeln!(anstream::stderr().lock(), "{}", lines::harmless(text));
}

fn write(style: Style, word: &str, text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{style}{word}{style:#} {}", lines::harmless(text));
}
