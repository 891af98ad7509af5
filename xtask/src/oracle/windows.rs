//! `cargo xtask oracle-windows`: the suite of the command line, and of files and stores, built for Windows and run by Wine. Cases that
//! Wine cannot carry out are listed here with the reason; any other one that fails is an error, and so is one of the list that passes
//! or is gone. It has not come to its end yet, and CI does not run it: cases still fail that nobody has looked into.
//!
//! Must not: ship anything that it makes for Wine.

use std::collections::BTreeSet;
use std::fs::{self, File};
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

/// Parts of names of cases that run.
const CASES: [&str; 3] = ["cli::", "host::", "credential::"];

/// What Wine does not carry out, and why. On Windows itself each of them is to pass.
const NOT_HERE: &[(&str, &str)] = &[
    ("cli::post_build::a_percent_sign_in_a_name_stays_one", "its cmd.exe looks for variables in what a variable held"),
    (
        "host::sharing_on_windows::a_folder_with_a_path_longer_than_others_take_is_worked_on",
        "its GetFinalPathNameByHandle has no room for such a path (ERROR_MORE_DATA)",
    ),
];

/// Cases at most that get a second run.
const AGAIN: usize = 20;

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
    let cases = if only.is_empty() { &CASES } else { only };
    let log = work.join("suite.log");
    let said = wine.suite(&built.suite, root, cases, &log)?;
    let ended = |said: &str, how: &str| -> BTreeSet<String> {
        said.lines().filter_map(|line| name_of(line, how)).map(str::to_owned).collect()
    };
    let (mut passed, mut failed) = (ended(&said, "ok"), ended(&said, "FAILED"));
    ensure!(said.contains("test result: "), "the suite did not come to its end, see {}", log.display());
    // Wine 8 loses a program at its start now and then: it waits for an answer of Wine's server for good. A defect of ours fails
    // each time.
    let listed = |name: &String| NOT_HERE.iter().any(|(known, _)| known == name);
    let lost: Vec<String> = failed.iter().filter(|name| !listed(name)).cloned().collect();
    if (1..=AGAIN).contains(&lost.len()) {
        let names: Vec<&str> = lost.iter().map(String::as_str).chain(["--exact"]).collect();
        let again = wine.suite(&built.suite, root, &names, &work.join("again.log"))?;
        for name in ended(&again, "ok") {
            println!("AGAIN  {name} passes by itself");
            failed.remove(&name);
            passed.insert(name);
        }
    }
    ensure!(!passed.is_empty(), "no case has {cases:?} in its name");
    let mut wrong = Vec::new();
    for (name, reason) in NOT_HERE {
        if failed.remove(*name) {
            println!("NOT UNDER WINE  {name}: {reason}");
        } else if passed.contains(*name) {
            wrong.push(format!("{name} passes: take it from the list of what Wine cannot"));
        } else if only.is_empty() {
            wrong.push(format!("{name} is in the list of what Wine cannot, and no case has that name"));
        }
    }
    wrong.extend(failed.iter().map(|name| format!("{name} fails")));
    ensure!(wrong.is_empty(), "{} cases pass under Wine; see {}\n{}", passed.len(), log.display(), wrong.join("\n"));
    println!("{} cases pass under Wine, {} cannot", passed.len(), NOT_HERE.len());
    Ok(())
}

/// The case that ended like this, where a line says so: `test NAME ... ok`. What Wine says may stand before it.
fn name_of<'l>(line: &'l str, how: &str) -> Option<&'l str> {
    let (head, tail) = line.split_once(" ... ")?;
    let name = head.rsplit_once("test ").map(|(_, name)| name)?;
    (tail.trim_end().rsplit(' ').next() == Some(how)).then_some(name)
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

    /// Runs these cases of a suite, with what it says in a file, and returns that.
    fn suite(&self, suite: &Path, folder: &Path, cases: &[&str], log: &Path) -> Result<String> {
        let said = File::create(log)?;
        let mut command = self.command();
        // Most of the time a case waits for programs to start.
        let threads = std::thread::available_parallelism()?.get() * 2;
        command.arg(suite).args(cases).arg(format!("--test-threads={threads}")).current_dir(folder);
        command.stdin(std::process::Stdio::null()).stderr(said.try_clone()?).stdout(said).status()?;
        Ok(String::from_utf8_lossy(&fs::read(log)?).into_owned())
    }
}
