//! `cargo xtask corpus`: fetches real packages by name, through npm, pip and apt, into `target/corpus`.
//!
//! Must not: commit what it brings, or fail silently where a registry does not answer.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

const NPM: [&str; 4] = [
    "io.appium.settings@8.0.10",
    "android-apidemos@5.0.0",
    "appium-uiautomator2-server@10.6.6",
    "appium-android-ime@2.0.0",
];
const PYPI: [&str; 1] = ["pocoui==1.0.94"];
/// Debian package, and the file in it.
const DEBIAN: [(&str, &str); 1] = [("android-framework-res", "usr/share/android-framework-res/framework-res.apk")];

/// Where the packages come to lie.
pub fn folder(root: &Path) -> PathBuf {
    root.join("target/corpus")
}

/// Fetches what is not there yet.
pub fn run(root: &Path) -> Result<()> {
    let corpus = folder(root);
    for name in NPM {
        fetch(&corpus, "npm", name, |to| {
            run_tool(Command::new("npm").args(["pack", "--silent", name]).current_dir(to))?;
            let archive = fs::read_dir(to)?.flatten().map(|entry| entry.path()).find(|path| path.is_file());
            let archive = archive.context("npm pack left no archive")?;
            run_tool(Command::new("tar").arg("-xzf").arg(&archive).current_dir(to))?;
            Ok(fs::remove_file(archive)?)
        })?;
    }
    for name in PYPI {
        fetch(&corpus, "pypi", name, |to| {
            let download = ["-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":none:", name, "-d", "."];
            run_tool(Command::new("python3").args(download).current_dir(to))?;
            let archive = fs::read_dir(to)?.flatten().map(|entry| entry.path()).find(|path| path.is_file());
            let archive = archive.context("pip left no archive")?;
            run_tool(Command::new("python3").args(["-c", "import shutil,sys; shutil.unpack_archive(sys.argv[1], '.', 'gztar' if sys.argv[1].endswith('gz') else 'zip')"]).arg(&archive).current_dir(to))?;
            Ok(fs::remove_file(archive)?)
        })?;
    }
    for (name, file) in DEBIAN {
        fetch(&corpus, "debian", name, |to| {
            run_tool(Command::new("apt-get").args(["download", "-q", name]).current_dir(to))?;
            let archive = fs::read_dir(to)?.flatten().map(|entry| entry.path()).find(|path| path.is_file());
            let archive = archive.context("apt-get left no archive")?;
            run_tool(Command::new("dpkg").arg("-x").arg(&archive).arg("root").current_dir(to))?;
            ensure!(to.join("root").join(file).is_file(), "{name} has no {file}");
            Ok(fs::remove_file(archive)?)
        })?;
    }
    println!("corpus: {}", corpus.display());
    Ok(())
}

fn fetch(corpus: &Path, registry: &str, name: &str, bring: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let to = corpus.join(registry).join(name.replace(['/', '='], "-"));
    if to.join(".complete").exists() {
        return Ok(());
    }
    let _ = fs::remove_dir_all(&to);
    fs::create_dir_all(&to)?;
    bring(&to).with_context(|| format!("{registry} {name}"))?;
    fs::write(to.join(".complete"), "")?;
    println!("fetched {registry} {name}");
    Ok(())
}

fn run_tool(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("{command:?}; is it installed?"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
