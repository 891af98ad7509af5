//! The released program: built for a target, without paths of this machine.
//!
//! Must not: run a program of another target.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::says;

/// One program for both processors of macOS.
const UNIVERSAL: &str = "universal-apple-darwin";
const PARTS: [&str; 2] = ["aarch64-apple-darwin", "x86_64-apple-darwin"];

/// What is built where no target is named: on Linux a program that needs no libc of the machine it runs on, if that can be built.
pub fn default_target() -> Result<String> {
    let host = host()?;
    let Some(musl) = host.strip_suffix("-gnu").filter(|_| host.contains("-linux-")).map(|rest| format!("{rest}-musl"))
    else {
        return Ok(host);
    };
    let sysroot = String::from_utf8(says(Command::new("rustc").args(["--print", "sysroot"]))?)?;
    let lacks = if !Path::new(sysroot.trim()).join("lib/rustlib").join(&musl).is_dir() {
        format!("rustup target add {musl}")
    } else if !has_compiler(&musl) {
        "musl-gcc (Debian: musl-tools)".to_owned()
    } else {
        return Ok(musl);
    };
    println!(
        "NOT for {musl}, which lacks {lacks}: this is for {host}, and needs the glibc of this machine or a newer one"
    );
    Ok(host)
}

/// A compiler for the parts in C (TLS, SQLite).
fn has_compiler(musl: &str) -> bool {
    let named = format!("{}-gcc", musl.replace("-unknown", ""));
    ["musl-gcc", &named]
        .iter()
        .any(|name| Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success()))
}

/// The target whose crates stand for all.
pub fn first(triple: &str) -> &str {
    if triple == UNIVERSAL { PARTS[0] } else { triple }
}

/// The name of the program's file.
pub fn file_name(triple: &str) -> &'static str {
    if triple.contains("-windows-") { "inject.exe" } else { "inject" }
}

/// Builds the program, and names its file.
pub fn build(root: &Path, triple: &str) -> Result<PathBuf> {
    if triple != UNIVERSAL {
        return build_one(root, triple);
    }
    let parts = PARTS.map(|part| build_one(root, part));
    let [arm, intel] = parts;
    let folder = root.join("target").join(UNIVERSAL);
    fs::create_dir_all(&folder)?;
    let both = folder.join("inject");
    says(Command::new("lipo").arg("-create").args([arm?, intel?]).arg("-output").arg(&both))?;
    Ok(both)
}

fn build_one(root: &Path, triple: &str) -> Result<PathBuf> {
    println!("building for {triple}");
    let mut command = crate::cargo();
    command.args(["build", "--release", "--locked", "--bin", "inject", "--target", triple]).current_dir(root);
    // Panics name the file that they come from; where that lay on this machine is nobody's business, and would make every machine's
    // program another one.
    let mapped = [(cargo_home()?, "/cargo"), (root.to_owned(), "/inject")].map(|(from, to)| {
        let mut flag = OsString::from("--remap-path-prefix=");
        flag.push(from);
        flag.push("=");
        flag.push(to);
        flag
    });
    command.env("CARGO_ENCODED_RUSTFLAGS", mapped.join("\u{1f}".as_ref())).env_remove("RUSTFLAGS");
    ensure!(command.status()?.success(), "the program does not build for {triple}");
    let binary = root.join("target").join(triple).join("release").join(file_name(triple));
    ensure!(binary.is_file(), "{} is not there; is CARGO_TARGET_DIR set?", binary.display());
    Ok(binary)
}

fn cargo_home() -> Result<PathBuf> {
    let given = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    given.or_else(|| Some(std::env::home_dir()?.join(".cargo"))).context("no home folder; set CARGO_HOME")
}

/// A program that this machine can run and that says the same: this one, or else one for this machine.
pub fn runnable(root: &Path, triple: &str, binary: &Path) -> Result<PathBuf> {
    let host = host()?;
    let mut words = host.split('-');
    let (processor, system) = (words.next().unwrap_or_default(), words.nth(1).unwrap_or_default());
    let runs = triple == UNIVERSAL && system == "darwin" || triple.starts_with(processor) && triple.contains(system);
    if runs { Ok(binary.to_owned()) } else { build_one(root, &host) }
}

fn host() -> Result<String> {
    let said = String::from_utf8(says(Command::new("rustc").arg("-vV"))?)?;
    Ok(said.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc -vV names no host")?.to_owned())
}
