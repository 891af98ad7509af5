//! `cargo xtask oracle-windows`: the suite of the command line, built for Windows and run by Wine. It ends with an error where a case
//! fails, and names every case that did. For people so far: cases fail that nobody has looked into, so CI does not run it.
//!
//! Must not: ship anything that it makes for Wine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

const TARGET: &str = "x86_64-pc-windows-gnu";
const COMPILER: &str = "x86_64-w64-mingw32-gcc";
/// Where Debian's package wine64 puts it, which has no name in the search path.
const WINE: &str = "/usr/lib/wine/wine64";

/// `bcryptprimitives.dll`, from which Rust's standard library takes randomness, and which Wine 8 does not have.
const RANDOM: &str = "#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG len);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T len) { return SystemFunction036(data, (ULONG)len); }
";

/// Builds, runs, and counts; `only` are parts of names of cases.
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
    // Not each by its name: Windows takes 32,767 characters.
    let cases = if only.is_empty() { &["cli::"] } else { only };
    let run = wine.run(&built.suite, root, cases)?;
    fs::write(work.join("suite.log"), &run.said)?;
    let ended = |how: &str| run.said.lines().filter(|line| line.trim_end().ends_with(how)).collect::<Vec<_>>();
    let (passed, failed) = (ended("... ok").len(), ended("... FAILED"));
    ensure!(
        run.success && failed.is_empty(),
        "{passed} cases pass under Wine, {} fail, see {}\n{}",
        failed.len(),
        work.join("suite.log").display(),
        failed.join("\n")
    );
    ensure!(passed > 0, "no case has {cases:?} in its name");
    println!("{passed} cases of the command line pass under Wine");
    Ok(())
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
