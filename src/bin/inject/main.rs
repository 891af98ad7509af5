//! The program `inject`: arguments, settings, rendering and exit codes over the library's public API.

mod args;
mod command;
mod exit;
mod render;
mod settings;
mod suggest;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Cli, Command};
use exit::{Code, Failure};
use render::Output;
use settings::Settings;

fn main() -> ExitCode {
    inject::host::process::no_core_dumps();
    let cli = Cli::parse();
    let out = Output::new(&cli.global);
    let code = run(&cli, out).unwrap_or_else(|failure| {
        out.failure(&failure);
        failure.code
    });
    ExitCode::from(code as u8)
}

fn run(cli: &Cli, out: Output) -> Result<Code, Failure> {
    let settings = || Settings::load(&cli.global);
    match &cli.command {
        Some(_) if !cli.main.artifacts.is_empty() => Err(Failure::usage("artifacts and a subcommand at once")
            .remedy("an artifact that is named like a subcommand is written ./NAME")),
        Some(Command::Env { action }) => command::env::run(&settings()?, action, out),
        Some(Command::Register { app, force, no_register }) => {
            command::register::run(&settings()?, app.as_deref(), *force, *no_register, out)
        }
        Some(Command::Credential { action }) => command::credential::run(&settings()?, action, out),
        Some(Command::Completions { shell }) => {
            clap_complete::generate(*shell, &mut Cli::command(), "inject", &mut std::io::stdout());
            Ok(Code::Done)
        }
        Some(Command::Man) => {
            let page = clap_mangen::Man::new(Cli::command());
            page.render(&mut std::io::stdout()).map_err(|e| Failure::of(Code::Internal, e))?;
            Ok(Code::Done)
        }
        Some(Command::Verify(verify)) => command::verify::run(&settings, verify, out),
        None => command::main_job::run(&settings()?, &cli.main, out),
    }
}
