//! Others judge what is released: tar, man, shells, lintian and dpkg the files, CycloneDX's own package the bill of materials, and
//! GitHub's schema the workflows that release it. The program does its main job from where each package puts it.
//!
//! Must not: need a tool that `.ci/run` does not install by name.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::dist;

/// What judges Python's way, by name and version.
const PACKAGES: [&str; 3] =
    ["cyclonedx-python-lib[json-validation]==11.11.0", "check-jsonschema==0.39.0", "yamllint==1.38.0"];

/// Makes a release twice, and has it judged.
pub fn run(root: &Path) -> Result<()> {
    let work = root.join("target/oracle/dist");
    let venv = python(&work)?;
    workflows(root, &venv)?;
    let out = dist::run(root, &[])?;
    let first = contents(&out)?;
    dist::run(root, &[])?;
    for (name, content) in &contents(&out)? {
        ensure!(first.get(name) == Some(content), "{name}: the second time gives other bytes");
    }
    println!("twice the same bytes: {}", first.keys().cloned().collect::<Vec<_>>().join(", "));
    succeeds(Command::new("sha256sum").args(["--check", "--strict", "--quiet", "SHA256SUMS"]).current_dir(&out))?;
    let named = |end: &str| first.keys().find(|name| name.ends_with(end)).map(|name| out.join(name));
    let archive = named(".tar.gz").context("no archive")?;
    let bill = named(".cdx.json").context("no bill of materials")?;
    let package = named(".deb").context("no Debian package")?;
    let folder = scratch(&work, "archive")?;
    unpacked(root, &archive, &folder)?;
    println!(
        "{}",
        succeeds(Command::new(venv.join("python")).arg(script(&work)?).arg(&bill).arg(root.join("Cargo.lock")))?.trim()
    );
    installed(root, &package, &work)
}

fn python(work: &Path) -> Result<PathBuf> {
    let folder = work.join("venv");
    if !folder.join("bin/check-jsonschema").is_file() {
        fs::create_dir_all(work)?;
        succeeds(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        succeeds(Command::new(folder.join("bin/pip")).args(["install", "--quiet"]).args(PACKAGES))?;
    }
    Ok(folder.join("bin"))
}

fn script(work: &Path) -> Result<PathBuf> {
    let path = work.join("bill.py");
    fs::write(&path, include_str!("dist_bill.py"))?;
    Ok(path)
}

/// The files that release and test are what GitHub expects.
fn workflows(root: &Path, tools: &Path) -> Result<()> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(root.join(".github/workflows"))?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.sort();
    ensure!(files.len() >= 2, "no workflows");
    let rules =
        "{extends: default, rules: {line-length: {max: 140}, quoted-strings: disable, truthy: {check-keys: false}}}";
    succeeds(Command::new(tools.join("yamllint")).args(["--strict", "-d", rules]).args(&files))?;
    let mut check = Command::new(tools.join("check-jsonschema"));
    succeeds(check.args(["--builtin-schema", "vendor.github-workflows"]).args(&files))?;
    println!("{} workflows fit GitHub's schema", files.len());
    Ok(())
}

/// The archive as somebody unpacks it: sorted, owned by nobody in particular, and all of it in order.
fn unpacked(root: &Path, archive: &Path, folder: &Path) -> Result<()> {
    let listed = succeeds(Command::new("tar").args(["--list", "--verbose", "--numeric-owner", "--file"]).arg(archive))?;
    ensure!(listed.lines().all(|line| line.contains(" 0/0 ")), "somebody owns it: {listed}");
    let names: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().last()).collect();
    ensure!(names.is_sorted(), "not sorted: {names:?}");
    succeeds(Command::new("tar").args(["--extract", "--file"]).arg(archive).current_dir(folder))?;
    let top = fs::read_dir(folder)?.next().context("the archive is empty")??.path();
    ensure!(
        archive.to_string_lossy().contains(&*top.file_name().unwrap_or_default().to_string_lossy()),
        "{}",
        top.display()
    );
    let program = top.join("inject");
    if archive.to_string_lossy().contains("-musl") {
        let said = says(Command::new("ldd").arg(&program))?.1;
        ensure!(said.contains("statically linked") || said.contains("not a dynamic"), "it wants libraries: {said}");
    }
    no_paths(root, &top)?;
    let pages = man_pages(&top.join("man"), 25)?;
    for (shell, read, name) in
        [("bash", "-n", "inject.bash"), ("zsh", "-n", "_inject"), ("fish", "--no-execute", "inject.fish")]
    {
        succeeds(Command::new(shell).arg(read).arg(top.join("completions").join(name)))?;
    }
    main_job(root, &program, folder)?;
    println!("archive: {} files, {pages} manual pages, completions of three shells, and the main job", names.len());
    Ok(())
}

/// No byte of what is released names a folder of this machine.
fn no_paths(root: &Path, top: &Path) -> Result<()> {
    let home = std::env::home_dir().context("no home")?.join(".cargo");
    for path in [root, &home].map(|path| path.to_string_lossy().into_owned()) {
        let mut search = Command::new("grep");
        let (found, said) =
            says(search.args(["--recursive", "--fixed-strings", "--text", "--files-with-matches", &path]).arg(top))?;
        ensure!(!found, "a path of this machine is in {said}");
    }
    Ok(())
}

/// Manual pages as two programs set them, without a complaint.
fn man_pages(folder: &Path, least: usize) -> Result<usize> {
    let mut pages: Vec<PathBuf> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    pages.sort();
    ensure!(pages.len() > least, "only {} manual pages", pages.len());
    let (_, said) = says(Command::new("mandoc").args(["-T", "lint", "-W", "warning"]).args(&pages))?;
    // No date: pages are made anew from the program, and its version is what counts. Breaks that are too many show nothing.
    let passed = ["missing date", "skipping paragraph macro"];
    let complaints: Vec<&str> = said.lines().filter(|line| !passed.iter().any(|text| line.contains(text))).collect();
    ensure!(complaints.is_empty(), "mandoc: {}", complaints.join("\n"));
    for page in &pages {
        let mut man = Command::new("man");
        let (ok, said) = says(man.args(["--warnings", "-l"]).arg(page).env("MANWIDTH", "100").env("MANPAGER", "cat"))?;
        ensure!(ok && said.contains("SYNOPSIS") && !said.contains("warning:"), "man {}: {said}", page.display());
    }
    Ok(pages.len())
}

/// The package as Debian's own tools see it, and as it is installed and removed.
fn installed(root: &Path, package: &Path, work: &Path) -> Result<()> {
    let lintian =
        says(Command::new("lintian").args(["--fail-on", "error,warning", "--tag-display-limit", "0"]).arg(package))?;
    ensure!(lintian.0, "lintian: {}", lintian.1);
    let top = scratch(work, "installed")?;
    for folder in ["var/lib/dpkg/info", "var/lib/dpkg/updates", "var/log"] {
        fs::create_dir_all(top.join(folder))?;
    }
    fs::write(top.join("var/lib/dpkg/status"), "")?;
    let dpkg = || {
        let mut dpkg = Command::new("dpkg");
        dpkg.arg("--root").arg(&top).arg("--log").arg(top.join("var/log/dpkg.log"));
        dpkg
    };
    // The scratch root has no libc for it to depend on.
    succeeds(dpkg().args(["--force-depends", "--install"]).arg(package))?;
    succeeds(dpkg().args(["--verify", "inject"]))?;
    for path in ["usr/share/bash-completion/completions/inject", "usr/share/man/man1/inject-verify.1.gz"] {
        ensure!(top.join(path).is_file(), "no {path}");
    }
    main_job(root, &top.join("usr/bin/inject"), &scratch(work, "run")?)?;
    succeeds(dpkg().args(["--purge", "inject"]))?;
    ensure!(!top.join("usr").exists(), "something is left after it was removed");
    println!("{}: lintian agrees, installed, ran, purged", package.file_name().unwrap_or_default().display());
    Ok(())
}

/// The main job and the gate, with this program.
fn main_job(root: &Path, program: &Path, folder: &Path) -> Result<()> {
    let out = folder.join("demo-dev.apk");
    let run = |words: &str| {
        let mut command = Command::new(program);
        command
            .args(words.split(' '))
            .current_dir(folder)
            .env("INJECT_HOME", folder.join("stores"))
            .env_remove("INJECT_ENV");
        command
    };
    let mut inject =
        run("--env dev --ks-key-alias demo --ks-pass file:demo.password --ks demo.p12 demo.apk -o demo-dev.apk");
    for (from, to) in [("demo.apk", "demo.apk"), ("keys/demo.p12", "demo.p12"), ("keys/demo.password", "demo.password")]
    {
        fs::copy(root.join("testdata").join(from), folder.join(to))?;
    }
    succeeds(&mut inject)?;
    succeeds(&mut run("verify demo-dev.apk --env dev"))?;
    ensure!(out.is_file(), "{} is not there", out.display());
    Ok(())
}

fn scratch(work: &Path, name: &str) -> Result<PathBuf> {
    let folder = work.join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn contents(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry?;
        Ok((entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path())?))
    };
    fs::read_dir(folder)?.map(read).collect()
}

fn succeeds(command: &mut Command) -> Result<String> {
    let (ok, said) = says(command)?;
    ensure!(ok, "{}: {said}", command.get_program().display());
    Ok(said)
}

fn says(command: &mut Command) -> Result<(bool, String)> {
    let output = command.output().with_context(|| format!("{}", command.get_program().display()))?;
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    Ok((output.status.success(), said))
}
