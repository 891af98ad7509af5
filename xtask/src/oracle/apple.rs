//! Apple's apps: our verifier beside `csverify.py`, an independent one, on every app of a folder; what is signed also beside
//! `secverify.py`, which goes by the rules of Apple's own sources.
//!
//! Must not: trust one of the two where they differ; it says so.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use inject::artifact::apple::{Compared, IpaTree};
use inject::format::zip::Archive;
use inject::pipeline::ArtifactFile;
use inject::pipeline::apple::FolderTree;
use inject::verify::{About, Code, Report, Severity, apple};

/// Whether csverify does not look for it: it knows no profiles, chains or stores, and takes what is unsigned as it is.
fn is_ours_alone(code: Code) -> bool {
    let ours = [
        Code::AppleChain,
        Code::AppleUnsigned,
        Code::AppleUnsignedImage,
        Code::AppleLayout,
        Code::AppleEncrypted,
        Code::AppleDirectory,
    ];
    matches!(code.about(), About::Profile | About::ProfileFit) || ours.contains(&code)
}

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
            .filter(|finding| !is_ours_alone(finding.code))
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

/// What a run signs with.
const AD_HOC: &[&str] = &["--ad-hoc"];

/// Injects a copy of every app, signed by nobody and then by a test identity: the judges accept it, twice is once, and dev
/// by way of prod is dev again.
pub fn main_job(root: &Path, judge: &Path, folder: &Path) -> Result<()> {
    super::build_program(root)?;
    ensure!(super::on_path("plistutil"), "missing: plistutil (apt-get install libplist-utils); nothing was checked");
    let rcodesign = super::on_path("rcodesign");
    if !rcodesign {
        println!("SKIPPED  rcodesign: it is not on the path (cargo install apple-codesign, 314 crates)");
    }
    let work = root.join("target/oracle/apple");
    let keys = root.join("testdata/apple/keys");
    let (p12, password) = (keys.join("aes256.p12"), format!("file:{}", keys.join("p12.password").display()));
    let p12 = p12.to_string_lossy();
    // The corpus is other teams' work, so its profiles do not list this certificate.
    let identity = ["--p12", &p12, "--p12-pass", &password, "--allow-new-signer"];
    let (mut accepted, mut refused) = (0, 0);
    let is_app = |path: &&PathBuf| path.extension().is_some_and(|ending| ending == "app" || ending == "ipa");
    for signing in [AD_HOC, &identity] {
        let _ = std::fs::remove_dir_all(&work);
        std::fs::create_dir_all(&work)?;
        for path in apps(folder).iter().filter(is_app) {
            let copy = work.join(path.file_name().unwrap_or_default());
            let run = Run { program: &root.join("target/debug/inject"), home: &work.join("home"), app: &copy, signing };
            match run.judged(root, judge, path, rcodesign).with_context(|| format!("{} {signing:?}", path.display()))? {
                None => accepted += 1,
                Some(why) => {
                    refused += 1;
                    println!("refused  {}: {why}", path.display());
                }
            }
        }
    }
    println!("apple: {accepted} times injected and accepted by every judge, {refused} times refused by us");
    Ok(())
}

/// One app, and how it is signed.
struct Run<'a> {
    program: &'a Path,
    home: &'a Path,
    app: &'a Path,
    signing: &'a [&'a str],
}

impl Run<'_> {
    /// Why we refused it, if we did.
    fn judged(&self, root: &Path, judge: &Path, original: &Path, rcodesign: bool) -> Result<Option<String>> {
        let copied = Command::new("cp").arg("-rP").arg(original).arg(self.app).status()?;
        ensure!(copied.success(), "cannot be copied");
        let dev = match self.inject("dev")? {
            Ok(digest) => digest,
            Err(why) => return Ok(Some(why)),
        };
        let differences = Command::new("python3")
            .arg(root.join("xtask/src/oracle/apple_judge.py"))
            .args([original, self.app])
            .output()
            .context("python3")?;
        let said = String::from_utf8_lossy(&differences.stdout).into_owned();
        ensure!(differences.status.success(), "{said}{}", String::from_utf8_lossy(&differences.stderr));
        ensure!(self.inject("dev")?.as_ref() == Ok(&dev), "the second run changed something");
        let prod = self.inject("prod")?;
        ensure!(prod.is_ok() && prod.as_ref() != Ok(&dev), "prod: {prod:?}");
        ensure!(self.inject("dev")?.as_ref() == Ok(&dev), "dev is not dev again");
        let output = Command::new("python3").arg(judge).arg(self.app).output().context("python3")?;
        let text = String::from_utf8_lossy(&output.stdout);
        ensure!(text.contains("errors=0") && !text.contains("FAIL"), "{text}");
        by_apples_rules(judge, self.app)?;
        if rcodesign {
            self.read_by_rcodesign()?;
        }
        println!("accepted {} ({})", original.display(), said.trim());
        Ok(None)
    }

    /// A digest of the app with the credential of an environment, or why we refused.
    fn inject(&self, environment: &str) -> Result<std::result::Result<String, String>> {
        let mut run = Command::new(self.program);
        run.arg(self.app).args(["--env", environment, "--quiet"]).args(self.signing).env("INJECT_HOME", self.home);
        let output = run.output()?;
        if output.status.success() {
            return digest(self.app).map(Ok);
        }
        Ok(Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }

    /// `rcodesign` reads every signature, and finds a CMS signature that holds where there should be one.
    fn read_by_rcodesign(&self) -> Result<()> {
        let folder = self.home.with_file_name("rcodesign");
        let _ = std::fs::remove_dir_all(&folder);
        let app = if self.app.is_dir() {
            self.app.to_owned()
        } else {
            let unpacked = Command::new("unzip").arg("-q").arg(self.app).arg("-d").arg(&folder).status()?;
            ensure!(unpacked.success(), "unzip");
            let apps = std::fs::read_dir(folder.join("Payload"))?.flatten().map(|entry| entry.path());
            apps.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "app")).context("no app")?
        };
        let output = Command::new("rcodesign").arg("print-signature-info").arg(&app).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "rcodesign: {}", String::from_utf8_lossy(&output.stderr));
        ensure!(text.contains("code_directory:"), "rcodesign finds no signature: {text}");
        let holds = text.contains("signature_verifies: true") && !text.contains("signature_verifies: false");
        ensure!(self.signing == AD_HOC || holds, "rcodesign: no CMS signature that verifies: {text}");
        Ok(())
    }
}

/// `secverify.py`, which lies beside the other judge, finds nothing by the rules of Apple's own sources. What it says of a file
/// without `__LINKEDIT` does not count: that is an object file, which codesign seals as any other.
fn by_apples_rules(judge: &Path, app: &Path) -> Result<()> {
    let judge = judge.with_file_name("secverify.py");
    ensure!(judge.is_file(), "missing: {}", judge.display());
    let output = Command::new("python3").arg(&judge).arg(app).output().context("python3")?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(text.contains(" codes, "), "{}: {text}{}", judge.display(), String::from_utf8_lossy(&output.stderr));
    let errors = text.lines().filter(|line| line.starts_with("    ") && !line.contains(" note ")).map(str::trim);
    let errors: Vec<&str> = errors.filter(|line| !line.starts_with("note ")).collect();
    let label = |line: &&str| line.split_once(' ').map(|(label, _)| label.to_owned());
    let objects: Vec<String> =
        errors.iter().filter(|line| line.contains("__LINKEDIT end None")).filter_map(label).collect();
    let wrong: Vec<&str> =
        errors.iter().filter(|line| label(line).is_none_or(|label| !objects.contains(&label))).copied().collect();
    ensure!(wrong.is_empty(), "{}: {}", judge.display(), wrong.join("; "));
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
    let options = apple::Options { now: Some(now), known: None, compared: Compared::All };
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
