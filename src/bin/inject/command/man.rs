//! `inject man`: manual pages, one per command, made from the definition of the command line.
//!
//! Must not: know a command or an option by name; what pages say is what `--help` says.

use std::path::{Path, PathBuf};

use clap::CommandFactory;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use inject::system::Replacement;

use crate::args::Cli;
use crate::exit::{Code, Failure};
use crate::render::Output;
use crate::suggest::nearest;

/// Prints the page of a command, named by its words; without one, the program's.
pub fn print(words: &[String]) -> Result<Code, Failure> {
    let program = program();
    let command = words.iter().try_fold(&program, |command, word| {
        let names = || command.get_subcommands().map(clap::Command::get_name);
        command.find_subcommand(word).ok_or_else(|| {
            let failure = Failure::usage(format!("{} has no command {word:?}", name(command)));
            match nearest(word, names()) {
                Some(known) => failure.remedy(format!("did you mean {known:?}?")),
                None => failure,
            }
        })
    })?;
    let page = page(command).map_err(|e| Failure::of(Code::Internal, e))?;
    Output::page(page.as_bytes());
    Ok(Code::Done)
}

/// Writes the page of every command into this folder, as packages want them.
pub fn write_all(folder: &Path) -> Result<Code, Failure> {
    let write = |command: &clap::Command| {
        let path: PathBuf = folder.join(format!("{}.1", name(command)));
        let write = |page: String| {
            let mut new = Replacement::start(&path)?;
            new.write_all(page.as_bytes())?;
            new.publish(false)?;
            new.commit(None)
        };
        page(command).and_then(|page| write(page).map_err(|error| error.source)).map_err(|error| (path.clone(), error))
    };
    each(&program(), &write).map_err(|(path, e)| Failure::of(Code::Artifact, e).during(path.display().to_string()))?;
    Ok(Code::Done)
}

fn each<E>(command: &clap::Command, act: &impl Fn(&clap::Command) -> Result<(), E>) -> Result<(), E> {
    act(command)?;
    command.get_subcommands().filter(|sub| !sub.is_hide_set()).try_for_each(|sub| each(sub, act))
}

/// The whole definition, in which every command knows the words before it.
fn program() -> clap::Command {
    let mut command = Cli::command();
    command.build();
    command
}

/// The name of a command's page: its words, joined.
fn name(command: &clap::Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn page(command: &clap::Command) -> std::io::Result<String> {
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let closing = Closing::parse(&after);
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let described = [vec![about.as_str()], closing.text].concat().join("\n\n");
    let command = command.clone().long_about(described).after_help(None::<&str>);
    let mut page = Vec::new();
    Man::new(command.clone())
        .title(name(&command).to_uppercase())
        .source(concat!("inject ", env!("CARGO_PKG_VERSION")))
        .manual("User Commands")
        // A page has the date of nothing; left out, the next word would take its place.
        .date("\"\"")
        .render(&mut page)?;
    let mut end = Roff::default();
    for section in &closing.sections {
        end.control("SH", [section.title.as_str()]);
        end.text([roman(section.lead)]).control("PP", []).control("nf", []);
        for line in &section.lines {
            end.text([roman(*line)]);
        }
        end.control("fi", []);
    }
    if let Some((parent, _)) = name(&command).rsplit_once('-') {
        end.control("SH", ["SEE ALSO"]).text([roman(format!("{parent}(1)"))]);
    }
    end.to_writer(&mut page)?;
    Ok(short_titles(&String::from_utf8_lossy(&page)))
}

/// What a heading of help adds in brackets would be shouted as a title of a manual.
fn short_titles(page: &str) -> String {
    let short = |line: &str| match line.strip_prefix(".SH ").and_then(|title| title.split_once(" (")) {
        Some((title, _)) => format!(".SH {title}\"\n"),
        None => format!("{line}\n"),
    };
    page.lines().map(short).collect()
}

/// What help says below the options: paragraphs, and lists with a title.
struct Closing<'t> {
    text: Vec<&'t str>,
    sections: Vec<Section<'t>>,
}

/// A title and lines that keep their form.
struct Section<'t> {
    title: String,
    lead: &'t str,
    lines: Vec<&'t str>,
}

impl<'t> Closing<'t> {
    /// A list is a block whose first line ends with a colon, and whose other lines stand to the right.
    fn parse(help: &'t str) -> Self {
        let mut closing = Self { text: Vec::new(), sections: Vec::new() };
        for block in help.split("\n\n").filter(|block| !block.trim().is_empty()) {
            let list = block.split_once(":\n").filter(|(_, body)| body.lines().all(|line| line.starts_with(' ')));
            let Some((head, body)) = list else {
                closing.text.push(block);
                continue;
            };
            let (title, lead) = match head {
                "Exit codes" => ("EXIT STATUS".to_owned(), ""),
                _ if head.starts_with("Example") => {
                    ("EXAMPLES".to_owned(), head.split_once(", ").map_or("", |(_, rest)| rest))
                }
                _ => (head.to_uppercase(), ""),
            };
            closing.sections.push(Section { title, lead, lines: body.lines().collect() });
        }
        closing
    }
}
