//! `cargo xtask oracle-windows`: the program for Windows, run by Wine over the same cases as here: the suite of the command line. What
//! does not run there is listed with its reason, and a case of the list that is gone or would pass is an error too.
//!
//! What Wine cannot show (access lists, the Credential Manager, real sharing of files) is left to Windows itself, in the public workflow.
//!
//! Must not: ship anything that it makes for Wine.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

const TARGET: &str = "x86_64-pc-windows-gnu";
const COMPILER: &str = "x86_64-w64-mingw32-gcc";
/// Where Debian's package wine64 puts it, which has no name in the search path.
const WINE: &str = "/usr/lib/wine/wine64";

/// Wine 8 has no bcryptprimitives.dll, from which Rust's standard library takes randomness; what it is there is this.
const RANDOM: &str = "#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG len);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T len) { return SystemFunction036(data, (ULONG)len); }
";

/// Cases that do not run under Wine, and why. A name ends with `::` where a whole module is meant.
const SKIPPED: &[(&str, &str)] = &[];

/// Builds, runs, and counts.
pub fn run(root: &Path, only: &[&str]) -> Result<()> {
    ensure!(Path::new(WINE).is_file(), "{WINE} is missing (Debian: wine64)");
    let has_compiler = Command::new(COMPILER).arg("--version").output().is_ok_and(|run| run.status.success());
    ensure!(has_compiler, "{COMPILER} is missing (Debian: gcc-mingw-w64-x86-64)");
    let work = root.join("target/oracle/windows");
    fs::create_dir_all(&work)?;
    let built = build(root)?;
    for program in [&built.program, &built.suite] {
        let folder = program.parent().context("no folder")?;
        let source = work.join("random.c");
        fs::write(&source, RANDOM)?;
        let library = folder.join("bcryptprimitives.dll");
        let mut compile = Command::new(COMPILER);
        let made = compile.args(["-shared", "-s", "-o"]).arg(&library).arg(&source).arg("-ladvapi32").status()?;
        ensure!(made.success(), "{}: cannot be made", library.display());
    }
    let wine = Wine::new(&work)?;
    let listed = wine.run(&built.suite, root, &["--list", "--format", "terse"])?.said;
    let all: BTreeSet<&str> = listed.lines().filter_map(|line| line.trim().strip_suffix(": test")).collect();
    let cases: BTreeSet<&str> = all.iter().copied().filter(|name| name.starts_with("cli::")).collect();
    ensure!(cases.len() > 300, "the suite has {} cases only", cases.len());
    for (name, _) in SKIPPED {
        ensure!(cases.iter().any(|case| is(case, name)), "{name}: there is no such case; take it off the list");
    }
    let skipped = |case: &&&str| SKIPPED.iter().any(|(name, _)| is(case, name));
    let wanted: Vec<&str> = cases
        .iter()
        .filter(|case| !skipped(case) && (only.is_empty() || only.iter().any(|part| case.contains(part))))
        .copied()
        .collect();
    // Not each by its name: Windows takes 32,767 characters.
    let mut words = if only.is_empty() { vec!["cli::"] } else { only.to_vec() };
    words.extend(SKIPPED.iter().flat_map(|(name, _)| ["--skip", name]));
    let run = wine.run(&built.suite, root, &words)?;
    fs::write(work.join("suite.log"), &run.said)?;
    if !run.success {
        let failed: Vec<&str> = run.said.lines().filter(|line| line.trim_end().ends_with("... FAILED")).collect();
        bail!(
            "{} of {} fail under Wine: {}\n{}",
            failed.len(),
            wanted.len(),
            work.join("suite.log").display(),
            failed.join("\n")
        );
    }
    println!("{} cases of the command line pass under Wine", wanted.len());
    for (name, reason) in SKIPPED {
        println!("NOT RUN there: {name} ({} cases): {reason}", cases.iter().filter(|case| is(case, name)).count());
    }
    Ok(())
}

fn is(case: &str, name: &str) -> bool {
    if name.ends_with("::") { case.starts_with(name) } else { case == name }
}

struct Built {
    program: PathBuf,
    suite: PathBuf,
}

/// The program and the suite for Windows. In a folder of their own: what is built here stays as it is.
fn build(root: &Path) -> Result<Built> {
    let output = crate::cargo()
        .args(["test", "--quiet", "--package", "inject", "--test", "all", "--no-run", "--message-format", "json"])
        .args(["--target", TARGET])
        .env("CARGO_TARGET_DIR", root.join("target/windows"))
        .current_dir(root)
        .stderr(std::process::Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "the suite does not build for {TARGET}");
    let text = String::from_utf8(output.stdout)?;
    let messages = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let made: Vec<(String, PathBuf)> = messages
        .filter_map(|message| {
            let name = message["target"]["name"].as_str()?.to_owned();
            Some((name, PathBuf::from(message["executable"].as_str()?)))
        })
        .collect();
    let of = |wanted: &str| {
        made.iter()
            .find(|(name, _)| name == wanted)
            .map(|(_, path)| path.clone())
            .with_context(|| format!("no {wanted}"))
    };
    Ok(Built { program: of("inject")?, suite: of("all")? })
}

/// A system of Windows in a folder.
struct Wine {
    prefix: PathBuf,
}

struct Run {
    success: bool,
    said: String,
}

impl Wine {
    fn new(work: &Path) -> Result<Self> {
        let wine = Self { prefix: std::path::absolute(work.join("prefix"))? };
        if !wine.prefix.join("system.reg").is_file() {
            let made = wine.command().args(["wineboot", "--init"]).output()?;
            ensure!(made.status.success(), "Wine makes no system: {}", String::from_utf8_lossy(&made.stderr));
        }
        // Programs made by Rust want Windows 10; this Wine says that it is Windows 7.
        let words = ["reg", "add", r"HKCU\Software\Wine", "/v", "Version", "/d", "win10", "/f"];
        let set = wine.command().args(words).output()?;
        ensure!(set.status.success(), "Wine keeps no setting: {}", String::from_utf8_lossy(&set.stdout));
        Ok(wine)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(WINE);
        command.env("WINEPREFIX", &self.prefix).env("WINEDEBUG", "-all");
        command
    }

    fn run(&self, program: &Path, folder: &Path, words: &[&str]) -> Result<Run> {
        let output = self.command().arg(program).args(words).current_dir(folder).output()?;
        let said = [output.stdout, output.stderr].concat();
        Ok(Run { success: output.status.success(), said: String::from_utf8_lossy(&said).into_owned() })
    }
}
