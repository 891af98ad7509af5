//! `cargo xtask dist [--target TRIPLE]...`: what a release is made of, in `target/dist/`. For each target an archive with the
//! program, its completions, manual pages, licences and documentation, an SBOM, on Linux a Debian package, for Windows manifests of
//! package managers; checksums over all.
//!
//! The same commit and toolchain give the same bytes: names are sorted, times are `SOURCE_DATE_EPOCH` or the commit's, and paths
//! of this machine are in nothing.
//!
//! Must not: describe the program anew; completions and pages come from the program, crates from cargo.

mod archive;
mod crates;
mod debian;
mod notices;
mod program;
mod sbom;
mod windows;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crates::{Crate, says};

/// The shells and the file that each of them looks for.
const COMPLETIONS: [(&str, &str); 4] =
    [("bash", "inject.bash"), ("zsh", "_inject"), ("fish", "inject.fish"), ("powershell", "_inject.ps1")];

/// Texts of the repository that an archive holds.
const TEXTS: [&str; 5] = ["README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE-APACHE", "LICENSE-MIT"];

/// A file of a release, by its path in the archive.
struct File {
    path: String,
    content: Vec<u8>,
    executable: bool,
}

impl File {
    fn new(path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), content: content.into(), executable: false }
    }
}

/// What is released for one target.
struct Release<'r> {
    triple: &'r str,
    version: &'r str,
    /// Seconds since 1970.
    moment: u64,
    crates: &'r [Crate],
    /// Scratch space.
    work: &'r Path,
    files: Vec<File>,
}

impl Release<'_> {
    fn content(&self, path: &str) -> Result<&[u8]> {
        let file = self.files.iter().find(|file| file.path == path);
        Ok(&file.with_context(|| format!("no {path} in the archive"))?.content)
    }

    fn below<'f>(&'f self, folder: &'f str) -> impl Iterator<Item = (&'f str, &'f [u8])> {
        self.files.iter().filter_map(move |file| Some((file.path.strip_prefix(folder)?, file.content.as_slice())))
    }
}

/// Makes the release, and names its folder.
pub fn run(root: &Path, args: &[&str]) -> Result<PathBuf> {
    let triples = match args {
        [] => vec![program::default_target()?],
        _ => asked(args)?,
    };
    let moment = moment(root)?;
    let out = root.join("target/dist");
    if out.exists() {
        fs::remove_dir_all(&out)?;
    }
    fs::create_dir_all(&out)?;
    for triple in &triples {
        target(root, triple, moment, &out).with_context(|| format!("target {triple}"))?;
    }
    checksums(&out)?;
    Ok(out)
}

fn asked(args: &[&str]) -> Result<Vec<String>> {
    let pairs = args.chunks(2).map(|pair| match pair {
        ["--target", triple] => Ok((*triple).to_owned()),
        _ => bail!("usage: cargo xtask dist [--target TRIPLE]..."),
    });
    pairs.collect()
}

fn target(root: &Path, triple: &str, moment: u64, out: &Path) -> Result<()> {
    let binary = program::build(root, triple)?;
    let crates = crates::of(root, program::first(triple))?;
    let version =
        crates.iter().find(|one| one.name == "inject").context("cargo tree does not name inject")?.version.clone();
    let work = root.join("target/dist-work").join(triple);
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(&work)?;
    let files = files(root, triple, &binary, &crates, &work)?;
    let release = Release { triple, version: &version, moment, crates: &crates, work: &work, files };
    let name = format!("inject-{version}-{triple}");
    let mut made = vec![(format!("{name}.cdx.json"), sbom::cyclonedx(&release)?)];
    if triple.contains("-windows-") {
        let (zip_name, zip) = (format!("{name}.zip"), archive::zip(&name, &release.files)?);
        match windows::home(|variable| std::env::var(variable).ok()) {
            None => println!(
                "NO manifests for winget, Scoop and Chocolatey: DIST_HOME=https://HOST/OWNER/NAME names where the release will lie"
            ),
            Some(home) => {
                let manifests = windows::manifests(&release, &home, &zip_name, &sha256(&zip))?;
                made.push((format!("{name}-manifests.zip"), archive::zip(&format!("{name}-manifests"), &manifests)?));
            }
        }
        made.push((zip_name, zip));
    } else {
        made.push((format!("{name}.tar.gz"), archive::pack(&release)?));
    }
    made.extend(debian::package(&release)?);
    for (name, content) in made {
        fs::write(out.join(&name), &content)?;
        println!("target/dist/{name}: {} KiB", content.len().div_ceil(1024));
    }
    Ok(())
}

fn files(root: &Path, triple: &str, binary: &Path, crates: &[Crate], work: &Path) -> Result<Vec<File>> {
    let runnable = program::runnable(root, triple, binary)?;
    let mut program = File::new(program::file_name(triple), fs::read(binary)?);
    program.executable = true;
    let mut files = vec![program, File::new("THIRD-PARTY.md", notices::markdown(triple, crates)?)];
    for (shell, name) in COMPLETIONS {
        files.push(File::new(
            format!("completions/{name}"),
            says(Command::new(&runnable).args(["completions", shell]))?,
        ));
    }
    says(Command::new(&runnable).args(["man", "--all"]).arg(work))?;
    for page in fs::read_dir(work)? {
        let page = page?;
        files.push(File::new(format!("man/{}", page.file_name().display()), fs::read(page.path())?));
    }
    for name in TEXTS {
        files.push(File::new(name, fs::read(root.join(name))?));
    }
    // What is versioned, and nothing that lies beside it.
    for name in String::from_utf8(says(Command::new("git").args(["ls-files", "docs"]).current_dir(root))?)?.lines() {
        files.push(File::new(name, fs::read(root.join(name))?));
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// When this was released: `SOURCE_DATE_EPOCH`, else the time of the commit.
fn moment(root: &Path) -> Result<u64> {
    if let Ok(text) = std::env::var("SOURCE_DATE_EPOCH") {
        return text.parse().with_context(|| format!("SOURCE_DATE_EPOCH: {text:?} is not a number of seconds"));
    }
    let said = says(Command::new("git").args(["log", "-1", "--format=%ct"]).current_dir(root))
        .context("no commit to take the time from; set SOURCE_DATE_EPOCH")?;
    Ok(String::from_utf8(said)?.trim().parse()?)
}

/// `SHA256SUMS`, as `sha256sum --check` reads it.
fn checksums(out: &Path) -> Result<()> {
    let mut names: Vec<_> = fs::read_dir(out)?.map(|entry| Ok(entry?.file_name())).collect::<Result<_>>()?;
    names.sort();
    let mut lines = String::new();
    for name in names {
        lines += &format!("{}  {}\n", sha256(&fs::read(out.join(&name))?), name.display());
    }
    fs::write(out.join("SHA256SUMS"), lines)?;
    println!("target/dist/SHA256SUMS");
    Ok(())
}

fn sha256(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
