//! References to secrets: `env:NAME`, `file:PATH`, `exec:PROGRAM ARGUMENT`, `keyring:NAME`, and on the command line `stdin`
//! and `prompt`.
//! Never the secret itself.
//!
//! Must not: repeat any part of what it read.

use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal, Read};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use inject::system::{command, files, keyring};
use zeroize::Zeroizing;

use crate::exit::{Code, Failure};
use crate::render::Output;

/// Bytes a secret may have at most: more is a mistaken file.
const MAX: u64 = 64 * 1024;
/// How long a program may take: it may wait for a person's finger on a key.
const PATIENCE: Duration = Duration::from_mins(2);

/// Where a secret comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// An environment variable.
    Env(String),
    /// A file; one line end at its end is dropped.
    File(PathBuf),
    /// What a program prints; likewise. Words, without a shell.
    Exec(Vec<String>),
    /// The same in a configuration whose programs are not run now.
    NotRun(Vec<String>),
    /// An entry of the platform's keyring, under the service `inject`.
    Keyring(String),
    /// Standard input; likewise.
    Stdin,
    /// A question on the terminal.
    Prompt,
}

impl Source {
    /// Parses the value of `option`.
    pub fn parse(option: &str, text: &str) -> Result<Self, Failure> {
        match (Self::of_reference(text), text) {
            (Some(source), _) => Ok(source),
            (None, "stdin") => Ok(Self::Stdin),
            (None, "prompt") => Ok(Self::Prompt),
            // What stands there may be the secret itself: it is not repeated.
            _ => Err(Failure::usage(format!("{option} takes a reference, never the secret itself"))
                .remedy("write env:NAME, file:PATH, exec:PROGRAM, keyring:NAME, stdin or prompt")),
        }
    }

    /// A reference that may stand in a file.
    pub fn of_reference(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("env", name) if !name.is_empty() => {
                // It is for this program alone.
                command::withhold(name);
                Some(Self::Env(name.to_owned()))
            }
            ("file", path) if !path.is_empty() => Some(Self::File(path.into())),
            ("exec", words) if !words.trim().is_empty() => {
                Some(Self::Exec(words.split_whitespace().map(str::to_owned).collect()))
            }
            ("keyring", name) if keyring::is_name(name) => Some(Self::Keyring(name.to_owned())),
            _ => None,
        }
    }

    /// From now on, a program is not run.
    pub fn leave_program(&mut self) {
        if let Self::Exec(words) = self {
            *self = Self::NotRun(std::mem::take(words));
        }
    }

    /// Whether it is a program that is not run.
    pub fn is_not_run(&self) -> bool {
        matches!(self, Self::NotRun(_))
    }

    /// As it is written.
    pub fn written(&self) -> String {
        match self {
            Self::Env(name) => format!("env:{name}"),
            Self::File(path) => format!("file:{}", path.display()),
            Self::Exec(words) | Self::NotRun(words) => format!("exec:{}", words.join(" ")),
            Self::Keyring(name) => format!("keyring:{name}"),
            Self::Stdin => "stdin".to_owned(),
            Self::Prompt => "prompt".to_owned(),
        }
    }

    /// Reads the secret; `what` is it called in messages. An empty one is an error.
    pub fn read(&self, what: &str) -> Result<Zeroizing<String>, Failure> {
        let (place, text) = self.look(what)?;
        if text.is_empty() {
            return Err(Failure::new(Code::Usage, format!("{what}: {place}: it is empty")));
        }
        Ok(text)
    }

    /// Reads a password of a key or a keystore: an empty one is a password too.
    pub fn read_password(&self, what: &str) -> Result<Zeroizing<String>, Failure> {
        self.look(what).map(|(_, text)| text)
    }

    /// What is there, and what that place is called.
    fn look(&self, what: &str) -> Result<(String, Zeroizing<String>), Failure> {
        let failed = |place: String, problem: String| Failure::new(Code::Usage, format!("{what}: {place}: {problem}"));
        Ok(match self {
            Self::Env(name) => {
                let value = std::env::var(name).map_err(|_| {
                    failed(format!("environment variable {name}"), "not set, or not Unicode".to_owned())
                })?;
                (format!("environment variable {name}"), Zeroizing::new(value))
            }
            Self::File(path) => {
                let place = path.display().to_string();
                Output::warn_open(path);
                let file = files::read_given(path, MAX).map_err(|e| failed(place.clone(), e.source.to_string()))?;
                let text = read_bounded(file.as_slice()).map_err(|e| failed(place.clone(), e.to_string()))?;
                (place, text)
            }
            Self::Exec(words) => {
                let place = words.first().cloned().unwrap_or_default();
                let text = printed_once(words).map_err(|problem| failed(place.clone(), problem))?;
                (place, text)
            }
            Self::NotRun(_) => return Err(not_run(what, &self.written())),
            Self::Keyring(name) => {
                let place = format!("the keyring's entry {name:?}");
                let text = keyring::read(name).map_err(|error| {
                    failed(place.clone(), error.to_string())
                        .remedy(keyring::remedy(name))
                        .remedy("without a keyring, as in CI, use env:NAME, file:PATH or exec:PROGRAM")
                })?;
                let text = read_bounded(text.as_bytes()).map_err(|e| failed(place.clone(), e.to_string()))?;
                (place, text)
            }
            Self::Stdin => {
                let place = "standard input".to_owned();
                let mut input = std::io::stdin().lock();
                let nothing = input.fill_buf().map_err(|e| failed(place.clone(), e.to_string()))?.is_empty();
                if nothing {
                    // An empty password is an empty line.
                    return Err(failed(place, "it is empty".to_owned()));
                }
                let text = read_bounded(input).map_err(|e| failed(place.clone(), e.to_string()))?;
                (place, text)
            }
            Self::Prompt => {
                let place = "terminal".to_owned();
                if !std::io::stderr().is_terminal() {
                    return Err(
                        failed(place, "there is none to ask on".to_owned()).remedy("use env:NAME, file:PATH or stdin")
                    );
                }
                let text = rpassword::prompt_password(format!("{what}: "))
                    .map_err(|e| failed(place.clone(), e.to_string()))?;
                (place, Zeroizing::new(text))
            }
        })
    }
}

/// A program of `inject.toml` that is not run.
fn not_run(what: &str, program: &str) -> Failure {
    Failure::usage(format!("{what}: a command that only reads does not run {program}"))
        .remedy("let it run what inject.toml names: --allow-exec")
}

/// What programs printed in this run.
static PRINTED: Mutex<BTreeMap<Vec<String>, Zeroizing<String>>> = Mutex::new(BTreeMap::new());

/// What a program prints. It is run once: it may ask a person, and what it prints is for the whole run.
fn printed_once(words: &[String]) -> Result<Zeroizing<String>, String> {
    let mut printed_before = PRINTED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(text) = printed_before.get(words) {
        return Ok(text.clone());
    }
    let text = printed(words)?;
    printed_before.insert(words.to_vec(), text.clone());
    Ok(text)
}

/// What a program prints. The error is why it did not; its own words may hold the secret, and are not repeated.
fn printed(words: &[String]) -> Result<Zeroizing<String>, String> {
    let answer = command::run(words, b"", PATIENCE, MAX).map_err(|e| e.to_string())?;
    if !answer.success {
        return Err(format!("it ended with {}", answer.status));
    }
    read_bounded(answer.output.as_slice()).map_err(|e| e.to_string())
}

fn read_bounded(from: impl Read) -> std::io::Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    from.take(MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX {
        return Err(std::io::Error::other(format!("more than {MAX} bytes")));
    }
    let mut text = files::given_text(bytes)?;
    let trimmed = text.strip_suffix('\n').map_or(text.len(), |line| line.strip_suffix('\r').unwrap_or(line).len());
    text.truncate(trimmed);
    Ok(text)
}
