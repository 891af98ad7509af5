//! `cargo xtask targets`: whether all of it compiles, without a warning, for the systems that this machine is not. For people:
//! CI runs the tests on the systems themselves.
//!
//! Must not: pass over a system silently; what is missing is named.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail, ensure};

const WINDOWS: &str = "x86_64-pc-windows-gnu";
const MACOS: &str = "aarch64-apple-darwin";

/// clang as zig brings it, with headers of macOS. It names targets in its own way, and has no SDK to be told of.
const ZIG_CC: &str = r#"#!/bin/sh
for word in "$@"; do
  shift
  case "$skip$word" in
    1*) skip= ;;
    -arch | -isysroot) skip=1 ;;
    --target=* | -mmacosx-version-min=*) ;;
    *) set -- "$@" "$word" ;;
  esac
done
exec ZIG cc -target aarch64-macos "$@"
"#;

/// Checks each target, and says at the end which could not be.
pub fn run(root: &Path) -> Result<()> {
    let mut missing = Vec::new();
    for (triple, compiler) in [(WINDOWS, windows()), (MACOS, macos(root)?)] {
        let lacks = if !installed(triple)? { Err(format!("rustup target add {triple}")) } else { compiler };
        match lacks {
            Ok(environment) => check(root, triple, &environment)?,
            Err(remedy) => missing.push(format!("{triple} was NOT checked; it needs: {remedy}")),
        }
    }
    for line in &missing {
        println!("{line}");
    }
    ensure!(missing.is_empty(), "{} of 2 targets were not checked", missing.len());
    Ok(())
}

fn check(root: &Path, triple: &str, environment: &[(String, PathBuf)]) -> Result<()> {
    println!("checking {triple}");
    let status = crate::cargo()
        .args(["clippy", "--workspace", "--all-targets", "--quiet", "--target", triple, "--", "-D", "warnings"])
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .current_dir(root)
        .status()?;
    if status.success() { Ok(()) } else { bail!("{triple}: see above") }
}

fn installed(triple: &str) -> Result<bool> {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output()?;
    let sysroot = String::from_utf8(sysroot.stdout)?;
    Ok(Path::new(sysroot.trim()).join("lib/rustlib").join(triple).is_dir())
}

/// A compiler for the parts in C (TLS, SQLite), and what to set so that it is found; or what to install.
type Compiler = Result<Vec<(String, PathBuf)>, String>;

fn windows() -> Compiler {
    let is_there = answers("x86_64-w64-mingw32-gcc", &["--version"]);
    if is_there { Ok(Vec::new()) } else { Err("x86_64-w64-mingw32-gcc (Debian: gcc-mingw-w64-x86-64)".to_owned()) }
}

fn macos(root: &Path) -> Result<Compiler> {
    if cfg!(target_os = "macos") {
        return Ok(Ok(Vec::new()));
    }
    let zig = if answers("zig", &["version"]) {
        "zig"
    } else if answers("python3", &["-m", "ziglang", "version"]) {
        "python3 -m ziglang"
    } else {
        return Ok(Err("zig (pip install ziglang, in a virtual environment that is active)".to_owned()));
    };
    let folder = root.join("target/targets");
    fs::create_dir_all(&folder)?;
    let (cc, ar) = (folder.join("zig-cc"), folder.join("zig-ar"));
    script(&cc, &ZIG_CC.replace("ZIG", zig))?;
    script(&ar, &format!("#!/bin/sh\nexec {zig} ar \"$@\"\n"))?;
    let name = MACOS.replace('-', "_");
    Ok(Ok(vec![(format!("CC_{name}"), cc), (format!("AR_{name}"), ar)]))
}

fn script(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text)?;
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    Ok(())
}

fn answers(program: &str, words: &[&str]) -> bool {
    Command::new(program).args(words).output().is_ok_and(|output| output.status.success())
}
