//! The program `inject`: arguments, settings, rendering and exit codes over the library's public API.

mod args;
mod carried;
mod command;
mod events;
mod exit;
mod features;
mod hooks;
mod progress;
mod render;
mod results;
mod settings;
mod statements;
mod suggest;
mod summary;
mod targets;
mod units;
mod usage;
mod variables;

use std::convert::Infallible;
use std::path::Path;
use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches};
use inject::system::interrupt;
use inject::system::interrupt::Signal;

use args::{Cli, Command};
use command::credential::args::CredentialAction;
use command::env::args::EnvAction;
use command::main_job::args::Main;
use exit::{Code, Failure};
use render::Output;
use settings::{Programs, Settings};

fn main() -> ExitCode {
    inject::system::guard_memory();
    let parsed = Cli::command().try_get_matches().and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) if error.use_stderr() => return ExitCode::from(usage::tell(&error)),
        // Help and version are results as well.
        Err(shown) => {
            Output::page(shown.render().ansi().to_string().as_bytes());
            return ExitCode::from(Output::status(Code::Done));
        }
    };
    let out = Output::new(&cli.global, usage::words(&matches));
    inject::system::on_wait(Output::waiting);
    for secret in variables::SECRETS {
        inject::system::command::withhold(secret);
    }
    let code = check_subcommand(&cli, &matches).and_then(|()| run(&cli, out)).unwrap_or_else(|failure| {
        summary::failed(summary_of(&cli), &failure, out);
        out.failure(&failure);
        failure.code
    });
    ExitCode::from(out.end(code))
}

/// The file that `--summary` names.
fn summary_of(cli: &Cli) -> Option<&Path> {
    match &cli.command {
        None => cli.main.summary.as_deref(),
        Some(Command::Verify(verify)) => verify.summary.as_deref(),
        Some(_) => None,
    }
}

/// What belongs to the main job does nothing for a subcommand; `--dry-run register` that registers would be a trap.
fn check_subcommand(cli: &Cli, matches: &ArgMatches) -> Result<(), Failure> {
    let Some(command) = matches.subcommand_name() else { return Ok(()) };
    if !cli.main.artifacts.is_empty() {
        return Err(Failure::usage("artifacts and a subcommand at once")
            .remedy("an artifact that is named like a subcommand is written ./NAME"));
    }
    let main = Main::augment_args(clap::Command::new("main"));
    let given = main
        .get_arguments()
        .find(|argument| matches.value_source(argument.get_id().as_str()) == Some(ValueSource::CommandLine));
    match given.and_then(clap::Arg::get_long) {
        None => Ok(()),
        Some(option) => Err(Failure::usage(format!("--{option} before {command} is an option of the main job"))
            .remedy(format!("write the options of {command} behind it; inject {command} --help shows them"))),
    }
}

/// The end that a signal asks for. What is on the disk is whole by then.
#[allow(clippy::exit, reason = "no other thread has anything left to do")]
fn end(signal: Signal) -> Infallible {
    Output::interrupted();
    std::process::exit(signal.exit_status())
}

/// Nothing can be done with so few descriptors or threads.
fn no_room(error: std::io::Error) -> Failure {
    Failure::of(Code::Usage, error)
        .during("the system gives this process too little to listen for signals")
        .remedy("let it open more files (ulimit -n) and have more threads (ulimit -u, the limits of the container)")
}

/// Whether it looks at what is there, and nothing more. Who asks for answers of registries asks for their programs as well.
fn only_reads(cli: &Cli) -> bool {
    match &cli.command {
        None => cli.main.dry_run || cli.main.check,
        Some(Command::Inspect(look) | Command::Identify(look)) => !look.online,
        Some(Command::Doctor { online }) => !online,
        Some(Command::Verify(_) | Command::Scan(_)) => true,
        Some(Command::Env { action }) => match action {
            EnvAction::List | EnvAction::Show => true,
            EnvAction::Use { .. } | EnvAction::Add { .. } => false,
        },
        Some(Command::Credential { action }) => match action {
            CredentialAction::List | CredentialAction::Show { .. } => true,
            CredentialAction::Set { .. }
            | CredentialAction::Mask { .. }
            | CredentialAction::Forget { .. }
            | CredentialAction::Export { .. }
            | CredentialAction::Import { .. }
            | CredentialAction::Key { .. }
            | CredentialAction::Rotate { .. }
            | CredentialAction::Revoke { .. } => false,
        },
        Some(
            Command::Init(_)
            | Command::Register(_)
            | Command::Registry { .. }
            | Command::Hook(_)
            | Command::Completions { .. }
            | Command::Man { .. },
        ) => false,
    }
}

fn run(cli: &Cli, out: Output) -> Result<Code, Failure> {
    interrupt::watch(end).map_err(no_room)?;
    let programs = if cli.global.allow_exec || !only_reads(cli) { Programs::Run } else { Programs::Leave };
    let settings = || Settings::load(&cli.global, programs);
    match &cli.command {
        // What it writes must not depend on a configuration that is there.
        Some(Command::Init(asked)) => command::init::run(asked, out),
        Some(Command::Doctor { online }) => Ok(command::doctor::run(&settings, &cli.global, *online, out)),
        Some(Command::Env { action }) => command::env::run(&settings()?, action, out),
        Some(Command::Register(register)) => command::register::run(&settings()?, register, out),
        Some(Command::Registry { action }) => command::registry::run(&settings()?, action, out),
        Some(Command::Credential { action }) => command::credential::run(&settings()?, action, out),
        Some(Command::Hook(hook)) => command::hook::run(&settings()?, hook, cli.global.env.as_deref(), out),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "inject", &mut script);
            Output::page(&script);
            Ok(Code::Done)
        }
        Some(Command::Man { all: Some(folder), .. }) => command::man::write_all(folder),
        Some(Command::Man { words, all: None }) => command::man::print(words),
        Some(Command::Inspect(look)) => command::inspect::run(&settings()?, look, out),
        Some(Command::Identify(look)) => command::identify::run(&settings()?, look, out),
        Some(Command::Scan(scan)) => command::scan::run(&settings()?, scan, out),
        Some(Command::Verify(verify)) => command::verify::run(&settings, verify, out),
        None => command::main_job::run(&settings()?, &cli.main, out),
    }
}
