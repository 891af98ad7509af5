//! Asking a program that registers applications as GeneXus' own does: it reads an `InputParms.json`, and writes what GAM
//! answered.
//!
//! Must not: put a secret among the arguments or into a file that others can read, or leave one behind.

use std::path::PathBuf;
use std::time::Duration;

use super::fault::Fault;
use super::parms::{self, Answer, Connection};
use crate::credential::{ClientId, ClientSecret};
use crate::host::command;
use crate::host::private::Passing;

/// How long it may take: it starts a runtime and a database's client.
const PATIENCE: Duration = Duration::from_mins(5);
/// Bytes it may print.
const LIMIT: u64 = 1024 * 1024;

/// A program that registers.
#[derive(Debug)]
pub struct Program {
    /// The program, and arguments that come before the two paths.
    pub words: Vec<String>,
    /// Where it finds GAM.
    pub connection: Connection,
    /// The folder in which the files for it are made, for as long as it runs.
    pub folder: PathBuf,
}

impl Program {
    /// Registers the application of this name under `id`, or gets what is there.
    pub(super) fn ask(&self, name: &str, id: &ClientId, secret: Option<&ClientSecret>) -> Result<Answer, Fault> {
        let failed = |problem: String| Fault::Program(format!("the program {}: {problem}", self.name()));
        let input = parms::input(name, id, secret, &self.connection);
        let mut folder = Passing::within(&self.folder).map_err(|error| failed(error.to_string()))?;
        let asked = folder.write("InputParms.json", input.as_bytes()).map_err(|error| failed(error.to_string()))?;
        let answered = folder.file("OutputParms.json");
        let mut words = self.words.clone();
        words.extend([&asked, &answered].map(|path| path.to_string_lossy().into_owned()));
        let said = command::run(&words, b"", PATIENCE, LIMIT).map_err(|error| failed(error.to_string()))?;
        let Connection { database, user, .. } = &self.connection;
        let secrets: Vec<&str> =
            [database.1.as_str(), user.1.as_str()].into_iter().chain(secret.map(ClientSecret::expose)).collect();
        let answer = match super::read(&answered, &secrets) {
            Ok((answer, _)) => Ok(answer),
            Err(Fault::Missing { .. }) => Err("it wrote no answer".to_owned()),
            // Its folder is gone when this is read.
            Err(Fault::Unreadable { problem, .. } | Fault::Unfinished { problem, .. }) => {
                Err(format!("its answer: {problem}"))
            }
            Err(fault) => Err(fault.to_string()),
        };
        if let Ok(Answer { refused: Some(words), .. }) = &answer {
            return Err(failed(format!("GAM refused the registration: {words}")));
        }
        if !said.success {
            let words = String::from_utf8_lossy(&said.said);
            let words = parms::without(words.trim(), &secrets);
            let words = if words.is_empty() { words } else { format!(": {words}") };
            return Err(failed(format!("it ended with {}{words}", said.status)));
        }
        answer.map_err(failed)
    }

    fn name(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }
}
