//! Running another program: arguments without a shell, bytes in, bytes out, within a time and a size.
//!
//! A program gets the environment of this process without what was [`withhold`] from it: passwords that are meant for us alone.
//!
//! Must not: put a secret among the arguments, where every process of the machine sees it.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

/// Variables that no other program gets.
static WITHHELD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Keeps a variable of the environment from every program that is run from now on.
pub fn withhold(variable: &str) {
    WITHHELD.lock().unwrap_or_else(PoisonError::into_inner).insert(variable.to_owned());
}

/// What a program gets of the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Environment {
    /// All but what was withheld: a program that somebody named for this purpose has settings of its own there.
    Given,
    /// What a program of the system needs to run, and variables that begin with this.
    Plain(&'static str),
}

/// What every program needs: where programs, homes and temporary files are, the language, and the system on Windows.
const NEEDED: [&str; 17] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "TMP",
    "TEMP",
    "XDG_CONFIG_HOME",
    "SystemRoot",
    "SYSTEMROOT",
    "USERPROFILE",
    "PATHEXT",
    "APPDATA",
    "ComSpec",
];

/// What a program answered.
#[non_exhaustive]
pub struct Answer {
    /// Whether it ended with status 0.
    pub success: bool,
    /// How it ended, for people: "exit status: 1".
    pub status: String,
    /// What it wrote to standard output.
    pub output: Zeroizing<Vec<u8>>,
    /// What it wrote to standard error.
    pub said: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What a program writes may be a secret.
        let Self { success, status, output: _, said: _ } = self;
        f.debug_struct("Answer").field("success", success).field("status", status).finish_non_exhaustive()
    }
}

/// What was read of a pipe.
type Taken = io::Result<Zeroizing<Vec<u8>>>;

/// Runs `words[0]` with the other words as arguments and `input` on its standard input. It is ended after `patience`; of
/// what it writes `limit` bytes are taken, more is an error.
pub fn run(words: &[String], input: &[u8], patience: Duration, limit: u64) -> io::Result<Answer> {
    run_in(Environment::Given, words, input, (patience, limit))
}

/// The same with what every program needs of the environment, and those variables that begin with `own`.
pub(super) fn run_plain(own: &'static str, words: &[String], patience: Duration, limit: u64) -> io::Result<Answer> {
    run_in(Environment::Plain(own), words, &[], (patience, limit))
}

fn run_in(
    environment: Environment,
    words: &[String],
    input: &[u8],
    (patience, limit): (Duration, u64),
) -> io::Result<Answer> {
    let (program, arguments) = words.split_first().ok_or_else(|| io::Error::other("no program is named"))?;
    let mut command = Command::new(program);
    if let Environment::Plain(own) = environment {
        let is_needed = |name: &str| NEEDED.contains(&name) || name.starts_with("LC_") || name.starts_with(own);
        command.env_clear().envs(std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_needed)));
    }
    for variable in WITHHELD.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        command.env_remove(variable);
    }
    let mut child =
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let readers = reader(child.stdout.take(), limit).and_then(|out| Ok((out, reader(child.stderr.take(), limit)?)));
    let (output, said) = readers.inspect_err(|_| end(&mut child))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program may answer without reading; who does not read is not an error.
        match stdin.write_all(input) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                end(&mut child);
                return Err(error);
            }
            _ => {}
        }
    }
    let until = Instant::now() + patience;
    let late = || io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {} seconds", patience.as_secs()));
    let mut take = |from: mpsc::Receiver<Taken>| {
        let left = until.saturating_duration_since(Instant::now());
        let taken = from.recv_timeout(left).unwrap_or_else(|_| Err(late()));
        taken.inspect_err(|_| end(&mut child))
    };
    let output = take(output)?;
    let said = take(said)?;
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if Instant::now() >= until => {
                end(&mut child);
                return Err(late());
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    Ok(Answer { success: status.success(), status: status.to_string(), output, said })
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// Reads a pipe to its end in a thread of its own: a program that fills one pipe while we wait for the other would hang.
fn reader(pipe: Option<impl Read + Send + 'static>, limit: u64) -> io::Result<mpsc::Receiver<Taken>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::Builder::new().spawn(move || {
        let read = || {
            let mut bytes = Zeroizing::new(Vec::new());
            if let Some(pipe) = pipe {
                pipe.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
            }
            if bytes.len() as u64 > limit {
                return Err(io::Error::other(format!("it wrote more than {limit} bytes")));
            }
            Ok(bytes)
        };
        let _ = sender.send(read());
    })?;
    Ok(receiver)
}
