//! Dex files of real apps: Debian's `dexdump` (ART's own verifier and disassembler) judges every edit, and `baksmali`
//! those after which a `const-string` has the other width, for there every address behind it is another.
//!
//! Must not: trust our own reader alone.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use inject::format::dex::{Dex, DexEdit, Target, dump, edit};
use inject::format::zip::Archive;

/// Files up to this size get every edit; larger ones three, for a disassembly of one takes seconds.
const SMALL: usize = 1024 * 1024;

#[derive(Default)]
struct Count {
    files: usize,
    edits: usize,
    restored: usize,
    moved: usize,
    refused: BTreeMap<String, usize>,
}

/// Checks every `classes*.dex` in the APKs below a folder, and every `.dex` file; returns what failed.
pub fn run(folder: &Path) -> Vec<String> {
    let mut failures = Vec::new();
    let mut seen = HashSet::new();
    let mut count = Count::default();
    let work = std::env::temp_dir().join(format!("inject-dex-{}", std::process::id()));
    if let Err(error) = std::fs::create_dir_all(&work) {
        return vec![format!("{}: {error}", work.display())];
    }
    let is_ours = |path: &PathBuf| path.extension().is_some_and(|e| e == "apk" || e == "dex");
    let all = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    for path in all.filter_map(|entry| Some(entry.ok()?.into_path())).filter(is_ours) {
        for (name, bytes) in dex_files(&path) {
            if !seen.insert(bytes.clone()) {
                continue;
            }
            let name = format!("{} {name}", path.display());
            match check(&bytes, &work, &mut count) {
                Ok(()) => count.files += 1,
                Err(error) => failures.push(format!("{name}: {error:#}")),
            }
        }
    }
    let _ = std::fs::remove_dir_all(&work);
    let Count { files, edits, restored, moved, refused } = count;
    println!(
        "dex: {files} different files, {edits} edits that dexdump accepts and shows alone ({moved} of them by baksmali, for \
         code got longer or shorter), {restored} files with their old value back are the old file"
    );
    for (why, times) in refused {
        println!("refused  {times} times: {why}");
    }
    failures
}

fn dex_files(path: &Path) -> Vec<(String, Vec<u8>)> {
    let Ok(bytes) = std::fs::read(path) else { return Vec::new() };
    if path.extension().is_some_and(|extension| extension == "dex") {
        return vec![(String::new(), bytes)];
    }
    let Ok(archive) = Archive::open(&bytes) else { return Vec::new() };
    let is_dex = |name: &str| name.rsplit('/').next().is_some_and(|n| n.starts_with("classes") && n.ends_with(".dex"));
    let all = archive.entries().iter().enumerate().map(|(index, entry)| (index, entry.display_name()));
    all.filter(|(_, name)| is_dex(name)).filter_map(|(index, name)| Some((name, archive.read(index).ok()?))).collect()
}

fn check(bytes: &[u8], work: &Path, count: &mut Count) -> Result<()> {
    ensure!(edit(bytes, &[])? == bytes, "no edit changed the bytes");
    let dex = Dex::parse(bytes)?;
    let text = dump(&dex);
    ensure!(!text.contains("\nbroken: ") && !text.contains("\n(cut here"), "our dump is not whole");
    let constants = plain_constants(&text);
    if constants.is_empty() {
        return Ok(());
    }
    let before = match disassembly(bytes, work) {
        Ok(before) => before,
        Err(error) => bail!("the original: {error:#}"),
    };
    let other = constants.last().context("constants")?.clone();
    let long = "long-".repeat(60);
    let mut values = vec!["0123456789abcdef0123456789abcdef", "!first", "~~~last"];
    if bytes.len() <= SMALL {
        values.extend(["", "x", &long, &other]);
    }
    for (number, value) in values.iter().enumerate() {
        let old = &constants[(number * 7919) % constants.len()];
        if old == value {
            continue;
        }
        let set = |from: &str, to: &str| DexEdit { target: Target::Value(from.into()), value: to.into() };
        let edited = match edit(bytes, &[set(old, value)]) {
            Ok(edited) => edited,
            Err(error) => {
                // Numbers differ from file to file.
                let why = error.to_string().replace(|c: char| c.is_ascii_digit(), "#");
                *count.refused.entry(why).or_default() += 1;
                continue;
            }
        };
        let ours = dump(&Dex::parse(&edited)?);
        same_strings(sections(&text).0, sections(&ours).0, old, value)?;
        let after = disassembly(&edited, work).with_context(|| format!("{old:?} -> {value:?}"))?;
        let moves = jumbo(&text) != jumbo(&ours);
        let changed = if moves {
            count.moved += 1;
            same_but(&symbolic(bytes, work)?, &symbolic(&edited, work)?, old, value).context("by baksmali")
        } else {
            same_but(sections(&text).1, sections(&ours).1, old, value).context("by our own dump")?;
            same_but(&before, &after, old, value)
        };
        let changed = changed.with_context(|| format!("{old:?} -> {value:?}"))?;
        ensure!(changed > 0, "dexdump shows no change of {old:?}");
        count.edits += 1;
        if constants.contains(&(*value).to_owned()) || text.contains(&format!("\n\"{value}\"\n")) {
            continue;
        }
        let again = edit(&edited, &[set(value, "another value")])?;
        ensure!(again == edit(bytes, &[set(old, "another value")])?, "the way through {value:?} leaves a trace");
        if edit(&edited, &[set(value, old)])? == bytes {
            count.restored += 1;
        }
    }
    Ok(())
}

/// Texts of `const-string` instructions that dexdump shows as they are.
fn plain_constants(dump: &str) -> Vec<String> {
    let mut found: Vec<String> = dump
        .lines()
        .filter(|line| line.contains(" const-string"))
        .filter_map(|line| Some(line.split_once('"')?.1.strip_suffix('"')?.to_owned()))
        .filter(|text| text.len() >= 2 && text.bytes().all(|b| b.is_ascii_graphic() && !b"\"\\'<>&".contains(&b)))
        .collect();
    found.sort();
    found.dedup();
    found
}

/// The strings, and all that refers to them.
fn sections(dump: &str) -> (&str, &str) {
    dump.split_once("\n# ids\n").unwrap_or((dump, ""))
}

fn same_strings(before: &str, after: &str, old: &str, new: &str) -> Result<()> {
    let keep = |text: &str| {
        let names = [format!("\"{old}\""), format!("\"{new}\"")];
        text.lines().filter(|line| !names.contains(&(*line).to_owned())).map(str::to_owned).collect::<Vec<_>>()
    };
    ensure!(keep(before) == keep(after), "other strings changed");
    ensure!(after.lines().any(|line| line == format!("\"{new}\"")), "the new string is missing");
    Ok(())
}

/// Compares line by line; a different line is the old one with the text replaced. Returns how many differ.
fn same_but(before: &str, after: &str, old: &str, new: &str) -> Result<usize> {
    let (old, new) = (format!("\"{old}\""), format!("\"{new}\""));
    let mut changed = 0;
    let (mut left, mut right) = (before.lines(), after.lines());
    loop {
        match (left.next(), right.next()) {
            (None, None) => return Ok(changed),
            (Some(left), Some(right)) if left == right => {}
            (Some(left), Some(right)) => {
                ensure!(left.replace(&old, &new) == right, "{left:?} became {right:?}");
                changed += 1;
            }
            (left, right) => bail!("one is longer: {left:?} {right:?}"),
        }
    }
}

/// How many `const-string/jumbo` a dump shows.
fn jumbo(dump: &str) -> usize {
    dump.lines().filter(|line| line.contains(" const-string/jumbo ")).count()
}

/// What baksmali says: branches go to labels, so that the lengths of instructions are not in it. Those of one meaning
/// have one name here.
fn symbolic(bytes: &[u8], work: &Path) -> Result<String> {
    let (path, out): (PathBuf, PathBuf) = (work.join("moved.dex"), work.join("smali"));
    std::fs::write(&path, bytes)?;
    let _ = std::fs::remove_dir_all(&out);
    let arguments = ["disassemble", "--sequential-labels", "-o"];
    let output = Command::new("baksmali").args(arguments).arg(&out).arg(&path).output().context("baksmali")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success() && errors.trim().is_empty(), "baksmali: {}", errors.trim());
    let mut text = String::new();
    for file in walkdir::WalkDir::new(&out).sort_by_file_name() {
        let file = file?;
        if file.file_type().is_file() {
            text.push_str(&format!("{}\n", file.path().display()));
            for line in std::fs::read_to_string(file.path())?.lines().filter(|line| !["", "nop"].contains(&line.trim()))
            {
                let line = line.replacen("const-string/jumbo ", "const-string ", 1);
                text.push_str(&line.replacen(" goto/16 ", " goto ", 1).replacen(" goto/32 ", " goto ", 1));
                text.push('\n');
            }
        }
    }
    Ok(text)
}

/// What dexdump says after it verified the file; without places in the file and string indices.
fn disassembly(bytes: &[u8], work: &Path) -> Result<String> {
    let path: PathBuf = work.join("classes.dex");
    std::fs::write(&path, bytes)?;
    for arguments in [&["-c"][..], &["-d", "-a"][..]] {
        let output = Command::new("dexdump").args(arguments).arg(&path).output().context("dexdump")?;
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "dexdump {arguments:?}: {}", errors.trim());
        if arguments == ["-d", "-a"] {
            return Ok(String::from_utf8_lossy(&output.stdout).lines().map(masked).collect());
        }
    }
    bail!("unreachable")
}

fn masked(line: &str) -> String {
    // `0001a4: 1a00 0500   |0000: const-string v0, "text" // string@0005`, `0001a4:   |[0001a4] name`.
    let mut line = line;
    let mut bytes = "";
    if let Some((place, rest)) = line.split_once('|')
        && let Some((offset, code)) = place.split_once(": ").or_else(|| place.split_once(':'))
        && offset.len() == 6
        && offset.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        (bytes, line) = (code.trim(), rest);
        if let Some((_, name)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            return format!("{name}\n");
        }
    }
    // A text with line breaks ends on a line of its own.
    let line = line.rsplit_once(" // string@").map_or(line, |(text, _)| text);
    let bytes = if line.contains(": const-string") { "" } else { bytes };
    for name in ["  source_file_idx   : ", "Call site #"] {
        if let Some(rest) = line.strip_prefix(name) {
            let text = rest.split_once('(').or_else(|| rest.split_once("//")).map_or(rest, |(_, text)| text);
            let text = text.split_once("offset").map_or(text, |(text, _)| text);
            return format!("{name}{text}\n");
        }
    }
    format!("{bytes} {line}\n")
}
