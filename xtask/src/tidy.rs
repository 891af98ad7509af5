//! `cargo xtask tidy`: the house rules as a program.
//!
//! Must not: know what the code does; it reads text.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use crate::imports::{self, rust_files};
use crate::picture;

/// Which layer may import which. A layer may always import itself.
const ARROWS: [(&str, &[&str]); 10] = [
    ("format", &[]),
    ("host", &[]),
    ("placement", &["format"]),
    ("project", &["format", "host"]),
    ("credential", &["format", "host"]),
    ("artifact", &["format", "placement"]),
    ("sign", &["format"]),
    ("verify", &["format", "artifact", "placement"]),
    ("pipeline", &["format", "host", "placement", "credential", "artifact", "sign", "verify"]),
    ("embedding", &["format", "host", "placement", "credential", "artifact", "sign", "verify", "pipeline"]),
];

/// Lines a file may have, tests not counted (they lie in `tests/`).
const LINES: usize = 700;

/// Files that import each other in circles still: the codec of JavaScript, store and ledger, the settings and their registries. The number
/// only falls.
const IN_CIRCLES: usize = 15;

/// Checks every rule, and says all that is broken.
pub fn run(root: &Path) -> Result<()> {
    let mut problems = Vec::new();
    for folder in ["src", "tests", "xtask/src", "benches", "fuzz"] {
        for path in rust_files(&root.join(folder)) {
            let text = fs::read_to_string(&path)?;
            let name = path.strip_prefix(root).unwrap_or(&path).to_path_buf();
            check_file(&name, &text, &mut problems);
        }
    }
    open_errors(root, &mut problems)?;
    shown_secrets(root, &mut problems)?;
    compiled_tests(root, &mut problems)?;
    empty_pages(root, &mut problems);
    let circles = imports::circles(root)?;
    let tied: usize = circles.iter().map(|circle| circle.files).sum();
    if tied != IN_CIRCLES {
        problems.push(format!(
            "{tied} files import each other in circles, expected {IN_CIRCLES}; lower that number when it falls"
        ));
        problems.extend(circles.into_iter().map(|circle| circle.text));
    }
    if let Err(wrong) = picture::run(root, false) {
        problems.push(wrong.to_string());
    }
    for problem in &problems {
        println!("{problem}");
    }
    ensure!(problems.is_empty(), "{} house rules broken", problems.len());
    println!("tidy");
    Ok(())
}

fn check_file(path: &Path, text: &str, problems: &mut Vec<String>) {
    let shown = path.display();
    let in_tests = path.starts_with("tests") || path.starts_with("benches") || path.starts_with("fuzz");
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    if !text.starts_with("//!") {
        problems.push(format!("{shown}:1: no module header; write //! what it is for and what it must not do"));
    } else if !in_tests && !["lib", "main"].contains(&stem.as_str()) && !text.contains("\n//! Must not:") {
        problems.push(format!("{shown}:1: the module header does not say what the module must not do (\"Must not:\")"));
    }
    let lines = text.lines().count();
    if lines > LINES {
        problems.push(format!("{shown}:{lines}: more than {LINES} lines; split it along what it does"));
    }
    if ["util", "utils", "common", "helper", "helpers", "misc"].contains(&stem.as_str()) {
        problems.push(format!("{shown}: named for nothing; name it for what it does"));
    }
    for (number, line) in text.lines().enumerate().map(|(index, line)| (index + 1, line)) {
        let at = format!("{shown}:{number}");
        let ignored = ["#[ign", "ore"].concat();
        if line.trim_start().starts_with(&ignored) {
            problems.push(format!("{at}: a test that does not run"));
        }
        let home = ["/ro", "ot/"].concat();
        let work = ["/wo", "rk/"].concat();
        if line.contains(&home) || line.contains(&work) {
            problems.push(format!("{at}: a path of some machine"));
        }
        arrows(path, line, &at, problems);
        program(path, line, &at, problems);
    }
}

fn arrows(path: &Path, line: &str, at: &str, problems: &mut Vec<String>) {
    let mut parts = path.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
    if parts.next().as_deref() != Some("src") {
        return;
    }
    let Some(layer) = parts.next() else { return };
    let code = line.split("//").next().unwrap_or_default();
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == layer) else { return };
    for (index, _) in code.match_indices("crate::") {
        // `inject::`-style paths in the program are no arrows between layers.
        if code[..index].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[index + "crate::".len()..];
        let target: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let is_layer = ARROWS.iter().any(|(name, _)| *name == target);
        if is_layer && target != layer && !allowed.contains(&target.as_str()) {
            problems.push(format!("{at}: {layer} must not import {target}"));
        }
        if rest.starts_with('{') {
            problems.push(format!("{at}: import layers one by one, so that the arrows can be read"));
        }
    }
}

/// The program lives on the public API, although it sees more where tests are built with it.
fn program(path: &Path, line: &str, at: &str, problems: &mut Vec<String>) {
    if !path.starts_with("src/bin") {
        return;
    }
    for (room, _) in ARROWS {
        let path = format!("inject::{room}");
        let names = |(index, _): (usize, &str)| !line[index + path.len()..].starts_with(|c: char| c.is_alphanumeric());
        if line.match_indices(&path).any(names) {
            problems.push(format!("{at}: {path} is no part of the public API; see src/lib.rs"));
        }
    }
}

/// Errors of the library may get new variants without a new version of its API.
fn open_errors(root: &Path, problems: &mut Vec<String>) -> Result<()> {
    for path in rust_files(&root.join("src")).into_iter().filter(|path| !path.starts_with(root.join("src/bin"))) {
        let text = fs::read_to_string(&path)?;
        let mut attributes = String::new();
        for (index, line) in text.lines().map(str::trim).enumerate() {
            if line.starts_with("#[") {
                attributes += line;
            } else if !line.starts_with("///") {
                let is_open = !attributes.contains("thiserror::Error") || attributes.contains("#[non_exhaustive]");
                if line.starts_with("pub enum ") && !is_open {
                    let shown = path.strip_prefix(root).unwrap_or(&path).display();
                    problems.push(format!("{shown}:{}: an error that is not #[non_exhaustive]", index + 1));
                }
                attributes.clear();
            }
        }
    }
    Ok(())
}

/// `Zeroizing` shows what is in it: no type with a field of it has a derived `Debug`. `SecretText` and `ClientSecret` show nothing.
fn shown_secrets(root: &Path, problems: &mut Vec<String>) -> Result<()> {
    for path in rust_files(&root.join("src")) {
        let text = fs::read_to_string(&path)?;
        let mut derived = None;
        for (index, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if code.trim_start().starts_with("#[derive(") {
                // `Debug` alone, or behind `std::fmt::`.
                let names = code.split(|c: char| !c.is_alphanumeric() && c != '_');
                derived = names.into_iter().any(|name| name == "Debug").then(|| line.len() - line.trim_start().len());
            } else if let Some(indent) = derived {
                if code.contains("Zeroizing<") {
                    let shown = path.strip_prefix(root).unwrap_or(&path).display();
                    let advice = "take SecretText, or write a Debug that leaves it out";
                    problems.push(format!("{shown}:{}: a derived Debug would show this; {advice}", index + 1));
                }
                // The item ends with its closing brace, or on its own line.
                let ends = code.trim_end().ends_with(';') || code.trim_end().ends_with("{}");
                if code.len() > indent && code[indent..].starts_with('}') || ends {
                    derived = None;
                }
            }
        }
    }
    Ok(())
}

/// A page that says nothing is one that was lost.
fn empty_pages(root: &Path, problems: &mut Vec<String>) {
    let pages = walkdir::WalkDir::new(root.join("docs")).into_iter().flatten().map(walkdir::DirEntry::into_path);
    let top =
        ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md"].map(|page| root.join(page));
    let is_empty = |path: &PathBuf| path.is_file() && fs::metadata(path).is_ok_and(|page| page.len() == 0);
    let empty = pages.chain(top).filter(is_empty);
    problems.extend(empty.map(|page| format!("{}: nothing is in it", page.display())));
}

/// Every file below `tests/` is a module of the one test binary.
fn compiled_tests(root: &Path, problems: &mut Vec<String>) -> Result<()> {
    let tests = root.join("tests");
    let mut reached = HashSet::new();
    let mut open = vec![tests.join("all.rs")];
    while let Some(file) = open.pop() {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let parent = file.parent().unwrap_or(root);
        let folder = if name == "mod" || name == "all" { parent.to_owned() } else { parent.join(&name) };
        let mut path_attribute: Option<String> = None;
        for line in text.lines().map(str::trim) {
            if let Some(path) = line.strip_prefix("#[path = \"").and_then(|rest| rest.strip_suffix("\"]")) {
                path_attribute = Some(path.to_owned());
                continue;
            }
            let declared = line.strip_prefix("pub ").unwrap_or(line).strip_prefix("mod ");
            if let Some(module) = declared.and_then(|rest| rest.strip_suffix(';')) {
                match path_attribute.take() {
                    Some(path) => open.push(parent.join(path)),
                    None => open.extend([folder.join(format!("{module}.rs")), folder.join(module).join("mod.rs")]),
                }
            }
        }
        reached.insert(file);
    }
    for path in rust_files(&tests) {
        if !reached.contains(&path) {
            problems.push(format!("{}: not compiled; no module declares it", path.display()));
        }
    }
    Ok(())
}
