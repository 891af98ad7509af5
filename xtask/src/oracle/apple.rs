//! Apple's apps: our verifier beside `csverify.py`, an independent one, on every app of a folder.
//!
//! Must not: trust one of the two where they differ; it says so.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use inject::artifact::apple::IpaTree;
use inject::format::zip::Archive;
use inject::pipeline::ArtifactFile;
use inject::pipeline::apple::FolderTree;
use inject::verify::{Report, Severity, apple};

/// Findings that csverify does not look for: it knows no profiles, chains or stores, and takes what is unsigned as it is.
const OURS_ALONE: [&str; 6] =
    ["apple.profile", "apple.chain", "apple.unsigned", "apple.layout", "apple.encrypted", "apple.directory"];

/// Compares the verdicts on every app below `folder`; `judge` is csverify.py.
pub fn run(judge: &Path, folder: &Path) -> Result<()> {
    let mut failures = 0;
    let apps = apps(folder);
    ensure!(!apps.is_empty(), "no app below {}", folder.display());
    for path in &apps {
        let report = verify(path)?;
        let ours: Vec<_> = report
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .filter(|finding| !OURS_ALONE.iter().any(|code| finding.code.starts_with(code)))
            .collect();
        let output = Command::new("python3").arg(judge).arg(path).output().context("python3")?;
        let text = String::from_utf8_lossy(&output.stdout);
        let theirs = text.lines().any(|line| line.starts_with("FAIL"));
        ensure!(text.contains("errors="), "{}: {}{}", judge.display(), text, String::from_utf8_lossy(&output.stderr));
        let agree = theirs != ours.is_empty();
        failures += usize::from(!agree);
        println!("{} {}", if agree { "agreed  " } else { "DIFFERS " }, path.display());
        for finding in &report.findings {
            let mark = if finding.severity == Severity::Error { 'E' } else { 'w' };
            println!("         {mark} {} {}: {}", finding.code, finding.place, finding.message);
        }
        if !agree {
            println!("{text}");
        }
    }
    ensure!(failures == 0, "{failures} of {} verdicts differ", apps.len());
    println!("apple: {} apps, the same verdict on each", apps.len());
    Ok(())
}

/// Injects a copy of every app, signed by nobody, dev and prod and dev: the judge accepts it, and dev is dev again.
pub fn main_job(root: &Path, judge: &Path, folder: &Path) -> Result<()> {
    let built = Command::new(env!("CARGO")).args(["build", "--quiet", "--bin", "inject"]).current_dir(root).status()?;
    ensure!(built.success(), "the program does not build");
    let work = root.join("target/oracle/apple");
    let _ = std::fs::remove_dir_all(&work);
    std::fs::create_dir_all(&work)?;
    let (mut accepted, mut refused) = (0, 0);
    let is_app = |path: &&PathBuf| path.extension().is_some_and(|ending| ending == "app" || ending == "ipa");
    for path in apps(folder).iter().filter(is_app) {
        let copy = work.join(path.file_name().unwrap_or_default());
        let copied = Command::new("cp").arg("-rP").arg(path).arg(&copy).status()?;
        ensure!(copied.success(), "cannot copy {}", path.display());
        let inject = |environment: &str| -> Result<Option<String>> {
            let mut run = Command::new(root.join("target/debug/inject"));
            run.arg(&copy).args(["--env", environment, "--ad-hoc", "--quiet"]).env("INJECT_HOME", work.join("home"));
            let output = run.output()?;
            if output.status.success() {
                return digest(&copy).map(Some);
            }
            println!("refused  {}: {}", path.display(), String::from_utf8_lossy(&output.stderr).trim());
            Ok(None)
        };
        let (Some(dev), Some(prod)) = (inject("dev")?, inject("prod")?) else {
            refused += 1;
            continue;
        };
        ensure!(dev != prod && inject("dev")?.as_ref() == Some(&dev), "{}: dev is not dev again", path.display());
        let output = Command::new("python3").arg(judge).arg(&copy).output().context("python3")?;
        let text = String::from_utf8_lossy(&output.stdout);
        ensure!(text.contains("errors=0") && !text.contains("FAIL"), "{}: {text}", path.display());
        accepted += 1;
    }
    println!("apple: {accepted} apps injected and accepted, {refused} refused by us");
    Ok(())
}

/// A digest over every file of a folder, or of a file.
fn digest(path: &Path) -> Result<String> {
    let mut all = Vec::new();
    for entry in walkdir::WalkDir::new(path).sort_by_file_name() {
        let entry = entry?;
        all.extend_from_slice(entry.path().to_string_lossy().as_bytes());
        if entry.file_type().is_file() {
            all.extend_from_slice(&std::fs::read(entry.path())?);
        }
    }
    Ok(inject::verify::certificate_sha256(&all))
}

/// Verifies an IPA, a folder or a Mach-O file.
pub fn verify(path: &Path) -> Result<Report> {
    let now = "20261125000000Z";
    let options = apple::Options { now: Some(now), known: None };
    if path.is_dir() {
        return Ok(apple::app(&FolderTree::open(path)?, &options));
    }
    let mut magic = [0; 4];
    std::io::Read::read_exact(&mut File::open(path)?, &mut magic).ok();
    let is_ipa = path.extension().is_some_and(|ending| ending == "ipa");
    if &magic != b"PK\x03\x04" && !is_ipa {
        return Ok(apple::executable(&std::fs::read(path)?));
    }
    let source = ArtifactFile::open(path)?;
    let archive = match Archive::open(&source) {
        Ok(archive) => archive,
        // Nothing to check for the judge either: it finds no bundle.
        Err(error) => {
            println!("refused  {}: {error}", path.display());
            return Ok(Report::default());
        }
    };
    let tree = match IpaTree::open(&archive) {
        Ok(tree) => tree,
        Err(error) => {
            println!("refused  {}: {error}", path.display());
            return Ok(Report::default());
        }
    };
    Ok(apple::app(&tree, &options))
}

/// IPAs, apps in folders and images.
fn apps(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let Ok(entry) = entry else { continue };
        let extension = entry.path().extension().unwrap_or_default().to_string_lossy().into_owned();
        if entry.file_type().is_dir() && ["app", "xctest"].contains(&extension.as_str()) {
            found.push(entry.into_path());
            walk.skip_current_dir();
        } else if entry.file_type().is_dir() && extension == "dSYM" {
            walk.skip_current_dir();
        } else if entry.file_type().is_file() && ["ipa", "dylib"].contains(&extension.as_str()) {
            found.push(entry.into_path());
        }
    }
    found
}
