//! Judges the resource codecs by aapt2 on real files: what we read is what aapt2 prints, and after an edit aapt2's print
//! differs in the intended values only.
//!
//! Must not: hold expectations of single files; it works on any folder of APKs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use inject::format::arsc::{self, ArscError, StringEdit, Table, Value};
use inject::format::axml::{self, Document, MetaEdit, Scalar};

/// A text no file holds, with what is hard to write: quotes, an accent, a character outside the basic plane.
const PROBE: &str = "Pr\u{f6}be-\u{1F600}-7d1f";

/// Names of one table that are compared.
const SAMPLES: usize = 4000;

/// Examines every `.apk` under a folder and prints a line for each; returns what went wrong.
pub fn run(corpus_dir: &Path) -> Vec<String> {
    let mut failures = Vec::new();
    if Command::new("aapt2").arg("version").output().is_err() {
        println!("resources: SKIPPED the comparison with aapt2, which is not installed");
    }
    let files = walkdir::WalkDir::new(corpus_dir).sort_by_file_name().into_iter().filter_map(Result::ok);
    for file in files.filter(|file| file.path().extension().is_some_and(|extension| extension == "apk")) {
        let started = Instant::now();
        let mut found = Vec::new();
        let said = examine(file.path(), &mut found);
        let name = file.path().strip_prefix(corpus_dir).unwrap_or(file.path()).display();
        let state = if found.is_empty() { "ok" } else { "FAILED" };
        println!("resources: {state} {name}: {said} ({} ms)", started.elapsed().as_millis());
        for failure in found {
            println!("    {failure}");
            failures.push(format!("{name}: {failure}"));
        }
    }
    failures
}

fn examine(path: &Path, failures: &mut Vec<String>) -> String {
    let mut said = Vec::new();
    match entry(path, "resources.arsc") {
        Ok(Some(bytes)) => said.push(table(path, &bytes, failures)),
        Ok(None) => said.push("no table".to_owned()),
        Err(error) => said.push(format!("table not extracted ({error})")),
    }
    match entry(path, "AndroidManifest.xml") {
        Ok(Some(bytes)) => said.push(manifest(&bytes, failures)),
        Ok(None) => said.push("no manifest".to_owned()),
        Err(error) => said.push(format!("manifest not extracted ({error})")),
    }
    said.join("; ")
}

fn table(path: &Path, bytes: &[u8], failures: &mut Vec<String>) -> String {
    let table = match Table::parse(bytes) {
        Ok(table) => table,
        Err(error) => {
            failures.push(format!("table not read: {error}"));
            return "table not read".to_owned();
        }
    };
    if arsc::edit(bytes, &[], false).as_deref() != Ok(bytes) {
        failures.push("the empty edit changes the table".to_owned());
    }
    // Ours against aapt2: every plain string of the type `string`.
    let names = table.string_names().unwrap_or_default();
    let plain = |found: &arsc::Found| matches!(found.value, Value::String(_));
    let mut ours = BTreeMap::new();
    let mut editable = Vec::new();
    // Each look-up reads the type's entries; a table of very many names is sampled.
    let step = names.len() / SAMPLES + 1;
    let mut sampled = BTreeSet::new();
    for name in names.iter().step_by(step) {
        let found = table.find("string", name).unwrap_or_default();
        if !found.is_empty() && found.iter().all(plain) {
            editable.push(name.clone());
        }
        for found in found {
            sampled.insert(found.id);
            if let Value::String(text) = found.value {
                let config = if found.config == "default" { String::new() } else { found.config };
                ours.insert((found.id, config), text);
            }
        }
    }
    // A judge that misreads the table is none.
    let judged = !table.needs_android_14() || aapt2_reads_android_14();
    let compared = match aapt2_strings(path).filter(|_| judged) {
        Some(theirs) => {
            // aapt2 merges packages of one name; ids tell them apart where it prints them.
            let theirs: Vec<_> = theirs.iter().filter(|(key, _)| step == 1 || sampled.contains(&key.0)).collect();
            for (key, text) in &theirs {
                match ours.get(*key) {
                    Some(own) if same_text(own, text) => {}
                    Some(own) => failures.push(format!("0x{:08x} ({}): {own:?}, aapt2 {text:?}", key.0, key.1)),
                    None => failures.push(format!("0x{:08x} ({}): not found, aapt2 {text:?}", key.0, key.1)),
                }
            }
            format!("{} values equal aapt2's", theirs.len())
        }
        None => "aapt2 SKIPPED (it cannot read this table)".to_owned(),
    };
    // Some edits, each judged by the dump of the whole table.
    let before = aapt2_dump(path).filter(|_| judged);
    let picks = [0, editable.len() / 2, editable.len().saturating_sub(1)];
    let mut edits = 0;
    let (mut slowest, whole) = (0, arsc::dump(&table));
    for name in picks.iter().filter_map(|index| editable.get(*index)) {
        let one = |value: &str| [StringEdit { name: name.clone(), config: None, value: value.into() }];
        let started = Instant::now();
        let edited = match arsc::edit(bytes, &one(PROBE), false) {
            Ok(edited) => edited,
            Err(ArscError::NotPlainString { .. }) => continue,
            Err(error) => {
                failures.push(format!("string/{name} not edited: {error}"));
                continue;
            }
        };
        slowest = slowest.max(started.elapsed().as_millis());
        edits += 1;
        let there = arsc::edit(&edited, &one("other"), false).and_then(|other| arsc::edit(&other, &one(PROBE), false));
        if there.as_ref() != Ok(&edited) {
            failures.push(format!("string/{name}: the result depends on the value before"));
        }
        let Ok(after) = Table::parse(&edited) else {
            failures.push(format!("string/{name}: the edited table is not read"));
            continue;
        };
        let changed = table.find("string", name).map_or(0, |found| found.len());
        let (wrong, lines) = differences(&whole, &arsc::dump(&after), PROBE);
        if wrong > 0 || lines > changed {
            failures.push(format!("string/{name}: {lines} lines of {changed} differ, {wrong} of them unasked"));
        }
        if let (Some(before), Some(after)) =
            (&before, with_table(path, &edited).and_then(|file| aapt2_dump(file.path())))
        {
            let (wrong, lines) = differences(before, &after, PROBE);
            if wrong > 0 || lines > changed || lines == 0 {
                failures
                    .push(format!("string/{name}: aapt2 sees {lines} of {changed} differ, {wrong} of them unasked"));
            }
        }
    }
    // A new string, where the table can take one.
    let new = StringEdit { name: "inject_oracle_probe".to_owned(), config: None, value: PROBE.into() };
    let created = match arsc::edit(bytes, &[new], true) {
        Ok(created) => {
            let read = Table::parse(&created).and_then(|table| table.find("string", "inject_oracle_probe"));
            if !matches!(read.as_deref(), Ok([found]) if found.value == Value::String(PROBE.to_owned())) {
                failures.push("the created string is not read back".to_owned());
            }
            if let (Some(before), Some(after)) =
                (&before, with_table(path, &created).and_then(|file| aapt2_dump(file.path())))
            {
                let kept: Vec<&str> = after.lines().filter(|line| !counts(line)).collect();
                let lost = before.lines().filter(|line| !counts(line)).count();
                if !after.contains("inject_oracle_probe") || kept.len() != lost + 2 {
                    failures.push(format!("after creation aapt2 sees {} lines instead of {}", kept.len(), lost + 2));
                }
            }
            "1 created"
        }
        Err(ArscError::CannotCreate { .. }) => "none created",
        Err(error) => {
            failures.push(format!("creation failed: {error}"));
            "none created"
        }
    };
    format!("{} strings, {compared}, {edits} edited in at most {slowest} ms, {created}", names.len())
}

fn manifest(bytes: &[u8], failures: &mut Vec<String>) -> String {
    let document = match Document::parse(bytes) {
        Ok(document) => document,
        Err(error) => {
            failures.push(format!("manifest not read: {error}"));
            return "manifest not read".to_owned();
        }
    };
    let read = document.manifest();
    let whole = axml::dump(&document);
    let tags = |tree: &str| tree.lines().filter(|line| line.trim_start().starts_with("A: ")).count();
    let theirs = aapt2_tree(bytes, None);
    if let Some(theirs) = &theirs {
        let (own, other) = (tags(&whole), tags(theirs));
        if own != other {
            failures.push(format!("{own} attributes, aapt2 {other}"));
        }
        if let Some(package) = &read.package
            && !theirs.contains(&format!("package=\"{package}\""))
        {
            failures.push(format!("package {package} is not what aapt2 reads"));
        }
    }
    let mut names: Vec<String> = read
        .meta_data
        .iter()
        .filter(|meta| matches!(meta.value, Some(Scalar::Text(_))))
        .map(|meta| meta.name.clone())
        .take(3)
        .collect();
    names.push("inject.oracle.probe".to_owned());
    let mut changed = 0;
    for name in names {
        let one = |value: &str| [MetaEdit { name: name.clone(), value: value.into() }];
        let edited = match axml::edit_meta_data(bytes, &one(PROBE), true) {
            Ok(edited) => edited,
            Err(axml::AxmlError::CannotCreate { .. } | axml::AxmlError::WrongKind { .. }) => continue,
            Err(error) => {
                failures.push(format!("meta-data {name} not edited: {error}"));
                continue;
            }
        };
        changed += 1;
        let again = axml::edit_meta_data(&edited.bytes, &one("other"), false)
            .and_then(|other| axml::edit_meta_data(&other.bytes, &one(PROBE), false));
        if again.as_ref().map(|again| &again.bytes) != Ok(&edited.bytes) {
            failures.push(format!("meta-data {name}: the result depends on the value before"));
        }
        if let (Some(before), Some(after)) = (&theirs, aapt2_tree(&edited.bytes, None)) {
            let added = if edited.created.is_empty() { 0 } else { 3 };
            if before.lines().count() + added != after.lines().count() || !after.contains(PROBE) {
                failures.push(format!("meta-data {name}: aapt2 sees another tree"));
            }
        }
    }
    format!("manifest with {} attributes, {changed} meta-data set", tags(&whole))
}

/// Lines that differ, and how many of them do not hold the probe.
fn differences(before: &str, after: &str, probe: &str) -> (usize, usize) {
    let pairs = before.lines().zip(after.lines()).filter(|(before, after)| before != after);
    let escaped = format!("{probe:?}");
    let (mut wrong, mut lines) = (before.lines().count().abs_diff(after.lines().count()), 0);
    for (_, after) in pairs {
        lines += 1;
        wrong += usize::from(!after.contains(probe) && !after.contains(escaped.trim_matches('"')));
    }
    (wrong, lines)
}

/// Lines that count what follows.
fn counts(line: &str) -> bool {
    line.contains("entryCount=") || line.contains("Package ")
}

/// aapt2 prints line breaks as they are, and its lines are all we see.
fn same_text(own: &str, printed: &str) -> bool {
    own == printed || own.split('\n').next() == Some(printed)
}

/// Whether aapt2 knows 16-bit offsets and compact entries: 2.19 is known not to.
fn aapt2_reads_android_14() -> bool {
    let version = |out: std::process::Output| {
        let text = [out.stdout, out.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        let minor: String = text.split("(aapt) 2.").nth(1)?.chars().take_while(char::is_ascii_digit).collect();
        minor.parse::<u32>().ok()
    };
    let out = Command::new("aapt2").arg("version").output();
    out.ok().and_then(version).is_some_and(|minor| minor >= 20)
}

fn aapt2_dump(apk: &Path) -> Option<String> {
    let out = Command::new("aapt2").args(["dump", "resources"]).arg(apk).output().ok()?;
    out.status.success().then(|| String::from_utf8_lossy(&out.stdout).into_owned())
}

/// Plain strings by id and configuration, out of `resource 0x7f010000 string/name` and `(config) "text"` lines.
fn aapt2_strings(apk: &Path) -> Option<BTreeMap<(u32, String), String>> {
    let dump = aapt2_dump(apk)?;
    let mut out = BTreeMap::new();
    let mut id = None;
    for line in dump.lines() {
        let line = line.trim_start();
        if let Some(rest) = line.strip_prefix("resource 0x") {
            let (number, name) = rest.split_once(' ')?;
            let is_string = name.split(['/', ':']).any(|part| part == "string");
            id = u32::from_str_radix(number, 16).ok().filter(|_| is_string);
        } else if let (Some(id), Some(rest)) = (id, line.strip_prefix('('))
            && let Some((config, text)) = rest.split_once(") \"")
            && !config.ends_with("(styled string")
        {
            out.insert((id, config.to_owned()), text.strip_suffix('"').unwrap_or(text).to_owned());
        }
    }
    Some(out)
}

fn aapt2_tree(manifest: &[u8], table: Option<&[u8]>) -> Option<String> {
    let file = archive(&[("AndroidManifest.xml", Some(manifest)), ("resources.arsc", table)])?;
    let args = ["dump", "xmltree", "--file", "AndroidManifest.xml"];
    let out = Command::new("aapt2").args(args).arg(file.path()).output().ok()?;
    out.status.success().then(|| String::from_utf8_lossy(&out.stdout).into_owned())
}

/// The APK's manifest with another table: all that aapt2 needs to dump one.
fn with_table(apk: &Path, table: &[u8]) -> Option<Scratch> {
    let manifest = entry(apk, "AndroidManifest.xml").ok()?;
    archive(&[("AndroidManifest.xml", manifest.as_deref()), ("resources.arsc", Some(table))])
}

/// A file that goes when it is no longer needed.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Left behind at worst, in the system's own place for such files.
        let _ = fs::remove_file(&self.0);
    }
}

fn archive(entries: &[(&str, Option<&[u8]>)]) -> Option<Scratch> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in entries {
        let Some(bytes) = bytes else { continue };
        zip.start_file(*name, stored).ok()?;
        zip.write_all(bytes).ok()?;
    }
    let bytes = zip.finish().ok()?.into_inner();
    let scratch = Scratch(std::env::temp_dir().join(format!("inject-oracle-{}.apk", std::process::id())));
    fs::write(scratch.path(), bytes).ok()?;
    Some(scratch)
}

fn entry(apk: &Path, name: &str) -> Result<Option<Vec<u8>>, String> {
    let file = fs::File::open(apk).map_err(|error| error.to_string())?;
    let mut zip = zip::ZipArchive::new(file).map_err(|error| error.to_string())?;
    let mut entry = match zip.by_name(name) {
        Ok(entry) => entry,
        Err(zip::result::ZipError::FileNotFound) => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(Some(bytes))
}
