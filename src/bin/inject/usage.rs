//! A command line that is not understood: clap tells people, and this tells the program that reads, in the format it
//! asked for; and a word that may be a mistyped command.
//!
//! Must not: repeat more of the command line than clap does.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{ArgMatches, CommandFactory, ValueEnum};

use crate::args::Cli;
use crate::args::global::Format;
use crate::exit::{Code, Failure};
use crate::render::Output;
use crate::suggest::nearest;

/// What the main job is called.
const MAIN: &str = "inject";

/// Tells of a command line that was not understood. The exit status.
pub fn tell(error: &clap::Error) -> u8 {
    let (command, format) = asked(std::env::args_os().skip(1));
    let out = Output::of_usage(format, command);
    if !out.misunderstood(&failure(error)) {
        // Where standard error is closed there is nobody to tell.
        let _ = error.print();
    }
    out.end(Code::Usage)
}

/// The command that was parsed, in the words that name it.
pub fn words(matches: &ArgMatches) -> String {
    let mut words = Vec::new();
    let mut at = matches;
    while let Some((name, below)) = at.subcommand() {
        words.push(name);
        at = below;
    }
    named(&words)
}

fn named(words: &[&str]) -> String {
    if words.is_empty() { MAIN.to_owned() } else { words.join(" ") }
}

/// Which command and format a command line asks for, as far as it can be understood.
fn asked(args: impl Iterator<Item = OsString>) -> (String, Format) {
    let mut command = Cli::command();
    // Options of all commands are known to each of them.
    command.build();
    let (mut words, mut format) = (Vec::new(), Format::Human);
    let mut args = args.map(|arg| arg.to_string_lossy().into_owned()).peekable();
    while let Some(arg) = args.next() {
        if arg == "--" {
            break;
        }
        let Some(option) = arg.strip_prefix('-') else {
            if let Some(below) = command.find_subcommand(&arg).cloned() {
                words.push(arg);
                command = below;
            }
            continue;
        };
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (option, None),
        };
        let known = command.get_arguments().find(|known| match name.strip_prefix('-') {
            Some(long) => known.get_long() == Some(long),
            // Of several letters in one word the last one may take a value.
            None => known.get_short().is_some() && known.get_short() == name.chars().last(),
        });
        let takes_value = known.is_some_and(|known| known.get_action().takes_values());
        // Before a command is named its name counts as that, also where a value is due (`subcommand_precedence_over_arg`).
        let is_value = |next: &String| !words.is_empty() || command.find_subcommand(next).is_none();
        let value = if takes_value && value.is_none() { args.next_if(is_value) } else { value };
        match (name, value) {
            // The two together are an error, and JSON is asked for.
            ("-json", _) => format = Format::Json,
            ("-format", Some(value)) if format != Format::Json => {
                format = Format::from_str(&value, false).unwrap_or(format);
            }
            _ => {}
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    (named(&words), format)
}

/// What clap says, in the parts of an error: what is wrong, how the command is used, what may have been meant.
fn failure(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let mut paragraphs = text.split("\n\n");
    let wrong = paragraphs.next().unwrap_or_default().trim();
    let wrong = wrong.strip_prefix("error: ").unwrap_or(wrong);
    let mut failure = Failure::usage(wrong);
    let lines = paragraphs.flat_map(str::lines).map(str::trim).filter(|line| !line.is_empty());
    for line in lines {
        failure = match line.strip_prefix("tip: ") {
            Some(tip) => failure.remedy(tip),
            None if error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => failure.detail(line),
            None => failure,
        };
    }
    failure
}

/// What is no file may be a command that was mistyped, for which an environment is the wrong thing to ask for.
pub fn check_words(artifacts: &[PathBuf]) -> Result<(), Failure> {
    let command = Cli::command();
    let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    let mut missing = artifacts.iter().filter(|path| !path.exists()).filter_map(|path| path.to_str());
    let near = missing.find_map(|word| Some((word, nearest(word, names.iter().copied())?)));
    near.map_or(Ok(()), |(word, near)| {
        Err(Failure::new(Code::Artifact, format!("cannot open {word}: no such file"))
            .remedy(format!("did you mean the command {near:?}?")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> (String, Format) {
        asked(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn command_and_format_are_known_whatever_is_wrong() {
        for (line, command, format) in [
            ("a.apk --jsn", "inject", Format::Human),
            ("env list --json --no-such", "env list", Format::Json),
            ("--env dev a.apk --json --no-such", "inject", Format::Json),
            ("--env verify a.apk --json --no-such", "verify", Format::Json),
            ("--env=verify scan --format sarif --no-such", "scan", Format::Sarif),
            ("verify -qo --format=github --no-such", "verify", Format::Github),
            ("verify --format github --json", "verify", Format::Json),
            ("verify --format nothing", "verify", Format::Human),
            ("verify -- --json", "verify", Format::Human),
        ] {
            assert_eq!(of(line), (command.to_owned(), format), "{line}");
        }
    }

    #[test]
    fn an_error_of_usage_has_its_parts() {
        let error = Cli::command().try_get_matches_from(["inject", "env", "list", "--jsn"]).err();
        let failure = error.as_ref().map(failure);
        let failure = failure.as_ref();
        assert_eq!(failure.map(Failure::message).as_deref(), Some("unexpected argument '--jsn' found"));
        assert!(failure.is_some_and(|failure| failure.remedies.iter().any(|remedy| remedy.contains("'--json'"))));
        assert!(failure.is_some_and(|failure| failure.details.iter().any(|line| line.starts_with("Usage: "))));
    }
}
