//! Judges the codecs of bundles' resources by aapt2 on real packages: a package reads the same in both of its forms, and an edit of
//! the bundle's form, compiled by aapt2, is exactly what was asked for.
//!
//! Must not: hold expectations of single files; it works on any folder of APKs.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use inject::format::arsc::{self, Found, StringEdit, Value};
use inject::format::axml::{self, DataAttribute, MetaEdit, Scalar};
use inject::format::{aapt, axml::Manifest};

const TABLE: &str = "resources.pb";
const MANIFEST: &str = "AndroidManifest.xml";

/// Types whose names and values are compared.
const KINDS: [&str; 15] = [
    "string", "raw", "xml", "layout", "drawable", "mipmap", "color", "dimen", "bool", "integer", "array", "plurals",
    "style", "attr", "id",
];

const ATTRIBUTES: [&str; 7] = ["scheme", "host", "port", "path", "pathPrefix", "pathPattern", "mimeType"];

/// Names of other types than these are sampled: each look-up reads the entries of a type, or of all.
const WHOLE: [&str; 3] = ["string", "raw", "xml"];
const OTHERS: usize = 60;

/// Bytes of a table that aapt2 converts quickly.
const SMALL: usize = 1 << 16;

/// Bytes of a table that is left out: each look-up reads all of it, and the framework's takes minutes.
const LARGE: usize = 4 << 20;

/// Strings of a table that are edited.
const SAMPLES: usize = 20;

/// Values that a compiler of text would take for something else, or change.
fn values() -> Vec<String> {
    let mut values: Vec<String> = [
        "plain",
        "",
        "back\\slash",
        "\\n\\u0041\\'\\@",
        "it's",
        "\"quoted\"",
        "say \"it\"",
        "@string/x",
        "@null",
        "@empty",
        "@",
        "\\@string/x",
        "?attr/x",
        "?",
        " blanks  within and around ",
        "line\nbreak\ttab",
        "\u{1F600} \u{f6}",
        "12345",
        "0x10",
        "-1",
        "1.5",
        "10dp",
        "50%",
        "true",
        "false",
        "#ff0000",
        "%1$s {0} <b>&amp;</b>",
        "]]>",
    ]
    .map(str::to_owned)
    .to_vec();
    values.push("x\u{e4}".repeat(10_000));
    values
}

/// Examines every `.apk` and `.aab` under a folder and prints a line for each; returns what went wrong.
pub fn run(folder: &Path, work: &Path) -> Vec<String> {
    let mut failures = Vec::new();
    let files = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok);
    for file in files.filter(|file| file.path().extension().is_some_and(|kind| kind == "apk" || kind == "aab")) {
        let name = file.path().strip_prefix(folder).unwrap_or(file.path()).display().to_string();
        let started = Instant::now();
        let mut found = Vec::new();
        let said = match examine(file.path(), work, &mut found) {
            Ok(said) => said,
            Err(error) => {
                found.push(format!("{error:#}"));
                "not examined".to_owned()
            }
        };
        let state = if found.is_empty() { "ok" } else { "FAILED" };
        println!("bundle: {state} {name}: {said} ({} ms)", started.elapsed().as_millis());
        for failure in found {
            println!("    {}", short(&failure));
            failures.push(format!("{name}: {}", short(&failure)));
        }
    }
    failures
}

fn examine(apk: &Path, work: &Path, failures: &mut Vec<String>) -> Result<String> {
    let proto = work.join("proto.apk");
    if apk.extension().is_some_and(|kind| kind == "aab") {
        base_of(apk, &proto)?;
        let (table, manifest) = (entry(&proto, TABLE)?, entry(&proto, MANIFEST)?);
        let (table, manifest) = table.zip(manifest).context("the base module has no table or no manifest")?;
        let (arsc, axml) = match compiled(&proto, work, &[]) {
            Ok(both) => both,
            Err(error) => return Ok(format!("SKIPPED, aapt2 does not compile it: {error}")),
        };
        let compared = same_table(&arsc, &table, failures)?;
        let metas = same_manifest(&axml, &manifest, failures)?;
        let edited = edits(&proto, work, (&table, &manifest), failures)?;
        return Ok(format!("{compared}, {metas} meta-data, {edited}"));
    }
    // What aapt2 cannot read is no judge's matter.
    if let Err(error) = convert(apk, &proto, "proto") {
        let why = error.to_string();
        return Ok(format!("SKIPPED, aapt2 does not convert it: {}", why.lines().next().unwrap_or_default()));
    }
    let (Some(table), Some(manifest)) = (entry(&proto, TABLE)?, entry(&proto, MANIFEST)?) else {
        return Ok("SKIPPED, no table or no manifest".to_owned());
    };
    if table.len() > LARGE {
        return Ok(format!("SKIPPED, its table has {} bytes, this judges up to {LARGE}", table.len()));
    }
    let (arsc, axml) = (entry(apk, "resources.arsc")?, entry(apk, MANIFEST)?);
    let (arsc, axml) = arsc.zip(axml).context("no table or no manifest before aapt2 made one")?;
    let compared = same_table(&arsc, &table, failures)?;
    let metas = same_manifest(&axml, &manifest, failures)?;
    let edited = edits(&proto, work, (&table, &manifest), failures)?;
    if entry(apk, "resources.arsc")?.is_some_and(|table| table.len() < SMALL) {
        sources(&proto, work, &manifest, failures)?;
    }
    Ok(format!("{compared}, {metas} meta-data, {edited}"))
}

/// The base module of a bundle as aapt2 linked it, before the bundle was put together.
fn base_of(bundle: &Path, to: &Path) -> Result<()> {
    let mut archive = zip::ZipArchive::new(fs::File::open(bundle)?)?;
    let mut out = zip::ZipWriter::new(fs::File::create(to)?);
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index)?;
        let name = entry.name()?.into_owned();
        let Some(name) = name.strip_prefix("base/") else { continue };
        out.raw_copy_file_rename(entry, name.strip_prefix("manifest/").unwrap_or(name))?;
    }
    out.finish()?;
    Ok(())
}

/// A table in both its forms.
fn same_table(arsc: &[u8], table: &[u8], failures: &mut Vec<String>) -> Result<String> {
    let (compiled, ours) = (arsc::Table::parse(arsc)?, aapt::Table::parse(table)?);
    if aapt::edit_strings(table, &[], false).as_deref() != Ok(table) {
        failures.push("the empty edit changes the table".to_owned());
    }
    let (mut strings, mut others) = (0, 0);
    for kind in KINDS {
        let names = compiled.names(kind)?;
        if names != ours.names(kind)? {
            failures.push(format!("the names of {kind} differ"));
        }
        let step = if WHOLE.contains(&kind) { 1 } else { names.len() / OTHERS + 1 };
        for (index, name) in names.into_iter().step_by(step).enumerate() {
            let (theirs, own) = (sorted(compiled.find(kind, &name)?), sorted(ours.find(kind, &name)?));
            if theirs != own {
                failures.push(format!("{kind}/{name}: {}", difference(&theirs, &own)));
            }
            let id = theirs.first().map_or(0, |found| found.id);
            if compiled.resource_name(id)? != ours.resource_name(id)? {
                failures.push(format!("{kind}/{name}: the id has another name"));
            }
            let mut files = [compiled.files(kind, &name)?, ours.files(kind, &name)?];
            files.iter_mut().for_each(|files| files.sort());
            if files[0] != files[1] {
                failures.push(format!("{kind}/{name}: other files"));
            }
            if kind == "string" {
                strings += theirs.len();
            } else {
                others += theirs.len();
            }
            let is_file =
                |(_, path): &&(String, String)| kind != "string" && index < OTHERS && path.starts_with("res/");
            for (_, path) in files[1].iter().filter(is_file) {
                if compiled.resource_of(path)? != ours.resource_of(path)? {
                    failures.push(format!("{path} is another resource"));
                }
            }
        }
    }
    Ok(format!("{strings} strings and {others} other values are the same"))
}

fn same_manifest(axml: &[u8], manifest: &[u8], failures: &mut Vec<String>) -> Result<usize> {
    let (compiled, ours) = (axml::Document::parse(axml)?, aapt::Document::parse(manifest)?);
    if !aapt::is_document(manifest) || aapt::is_document(axml) {
        failures.push("the manifest is not told from a compiled one".to_owned());
    }
    if aapt::edit_manifest(manifest, &[], &[], true).map(|edited| edited.bytes).as_deref() != Ok(manifest) {
        failures.push("the empty edit changes the manifest".to_owned());
    }
    let (theirs, own) = (compiled.manifest(), ours.manifest());
    for (theirs, own) in theirs.meta_data.iter().zip(&own.meta_data).filter(|(theirs, own)| theirs != own) {
        failures.push(format!("meta-data {}: {theirs:?}, ours {own:?}", theirs.name));
    }
    if theirs != own {
        failures.push("the manifests differ".to_owned());
    }
    for name in ATTRIBUTES {
        let Some(attribute) = DataAttribute::named(name) else { continue };
        if axml::filter_data(&compiled, attribute) != ours.filter_data(attribute) {
            failures.push(format!("the data of intent filters differ in {name}"));
        }
    }
    Ok(own.meta_data.len())
}

/// Edits of both files, compiled by aapt2: each value is what was set, and the rest is what it is without an edit.
fn edits(proto: &Path, work: &Path, (table, manifest): (&[u8], &[u8]), failures: &mut Vec<String>) -> Result<String> {
    let (plain_arsc, plain_axml) = compiled(proto, work, &[])?;
    let before = arsc::Table::parse(&plain_arsc)?;
    let mut names = before.names("string")?;
    names.retain(|name| {
        let found = before.find("string", name).unwrap_or_default();
        !found.is_empty() && found.iter().all(|found| matches!(found.value, Value::String(_)))
    });
    let names: Vec<&String> = names.iter().step_by(names.len() / SAMPLES + 1).collect();
    let values = values();
    let read = axml::Document::parse(&plain_axml)?.manifest();
    let (mut strings_set, mut metas_set) = (0, 0);
    // A table without strings cannot get any, in this form as in the other one.
    let probe = StringEdit { name: "inject_oracle".to_owned(), config: None, value: "x".into() };
    let makes = match aapt::edit_strings(table, &[probe], true) {
        Ok(_) => true,
        Err(aapt::AaptError::CannotCreate { .. }) => false,
        Err(error) => return Err(error.into()),
    };
    // In each round every place has another value, so that in the end each value was in some place of every kind.
    for round in 0..3 {
        let value =
            |index: usize| values.get((index + round * values.len() / 3) % values.len()).cloned().unwrap_or_default();
        let existing = names.iter().map(|name| (*name).clone());
        let new = (0..if makes { values.len() } else { 0 }).map(|index| format!("inject_oracle_{index}"));
        let strings: BTreeMap<String, String> =
            existing.chain(new).enumerate().map(|(index, name)| (name, value(index))).collect();
        let mut metas: BTreeMap<String, Scalar> = BTreeMap::new();
        for (index, meta) in read.meta_data.iter().enumerate() {
            let Some(now) = meta.value.as_ref().filter(|_| meta.resource.is_none()) else { continue };
            let new = match now {
                Scalar::Text(_) => Scalar::Text(value(index)),
                Scalar::Int(_) => Scalar::Int(4_000_000_000 + u32::try_from(round)?),
                Scalar::Bool(truth) => Scalar::Bool(*truth == (round == 1)),
                Scalar::Reference(_) | Scalar::Other { .. } => continue,
            };
            metas.insert(meta.name.clone(), new);
        }
        for index in 0..values.len() {
            metas.insert(format!("inject.oracle.{index}"), Scalar::Text(value(index)));
        }
        let edit = |(name, value): (&String, &String)| StringEdit {
            name: name.clone(),
            config: None,
            value: value.as_str().into(),
        };
        let new_table = aapt::edit_strings(table, &strings.iter().map(edit).collect::<Vec<_>>(), true)?;
        let edit = |(name, value): (&String, &Scalar)| MetaEdit { name: name.clone(), value: text_of(value).into() };
        let new_manifest = aapt::edit_manifest(manifest, &metas.iter().map(edit).collect::<Vec<_>>(), &[], true)?.bytes;
        // Once made, what they make of an edit is what they make of it anew.
        let back = aapt::Document::parse(&new_manifest)?.manifest();
        differs(&back, &metas, "ours", failures);
        let (arsc, axml) = compiled(proto, work, &[(TABLE, &new_table), (MANIFEST, &new_manifest)])?;
        let after = arsc::Table::parse(&arsc)?;
        for (name, value) in &strings {
            let found = after.find("string", name)?;
            let right = |found: &Found| found.value == Value::String(value.clone());
            if found.is_empty() || !found.iter().all(right) {
                failures.push(format!("string/{name} set to {value:?} is compiled to {}", shown(&found)));
            }
        }
        let count = |table: &arsc::Table<'_>| rest(table, &strings);
        if count(&before) != count(&after) {
            failures.push(format!("round {round}: other values of the table changed too"));
        }
        let document = axml::Document::parse(&axml)?;
        differs(&document.manifest(), &metas, "aapt2's", failures);
        let mut same = read.clone();
        same.meta_data.clear();
        let mut now = document.manifest();
        now.meta_data.retain(|meta| !metas.contains_key(&meta.name));
        let kept: Vec<_> = read.meta_data.iter().filter(|meta| !metas.contains_key(&meta.name)).cloned().collect();
        same.meta_data = kept;
        let lines = |document: &axml::Document<'_>| axml::dump(document).lines().count();
        let added = lines(&document).checked_sub(lines(&axml::Document::parse(&plain_axml)?));
        if same != now || added != Some(3 * values.len()) {
            failures.push(format!("round {round}: something else of the manifest changed too"));
        }
        strings_set += strings.len();
        metas_set += metas.len();
    }
    Ok(format!("{strings_set} strings and {metas_set} meta-data set and compiled"))
}

/// Texts of a source that nobody compiled, as a bundle may hold them: read as aapt2 compiles them.
const SOURCES: [&str; 22] = [
    "back\\slash",
    "\\q\\x\\0",
    "at the end\\",
    "\\u0041bc",
    "\\u00",
    "\\u00zz tail",
    "ab\\u00zz cd",
    "ab\\ud83d\\ude00cd",
    "\\uD83D alone",
    "\\ud83d\\ude00",
    "\\u0000 zero",
    "  lead and trail  ",
    "a   b",
    "\"quo  ted\"",
    "an 'other'",
    "\\#\\@\\?\\\"\\'\\\\",
    "@string/x",
    "?attr/x",
    "tab\tline\nend",
    "\"unterminated",
    "\\\\u0041",
    "\\n\\t\\r\\b",
];

fn sources(proto: &Path, work: &Path, manifest: &[u8], failures: &mut Vec<String>) -> Result<()> {
    // A placeholder as long as the text, of a letter of its own, is what the text is put in place of.
    let placeholder = |index: usize| char::from(b'A' + u8::try_from(index).unwrap_or(0)).to_string();
    let name = |index: usize| format!("inject.oracle.source.{index}");
    for (index, source) in SOURCES.iter().enumerate() {
        let value = placeholder(index).repeat(source.len());
        let edit = MetaEdit { name: name(index), value: value.as_str().into() };
        let mut edited = aapt::edit_manifest(manifest, &[edit], &[], true)?.bytes;
        let at = edited.windows(value.len()).position(|window| window == value.as_bytes()).context("no placeholder")?;
        edited.splice(at..at + value.len(), source.bytes());
        let Ok((_, axml)) = compiled(proto, work, &[(MANIFEST, &edited)]) else {
            println!("    aapt2 refuses {source:?}");
            continue;
        };
        let of = |manifest: Manifest| manifest.meta_data.into_iter().find(|meta| meta.name == name(index));
        let theirs = of(axml::Document::parse(&axml)?.manifest()).and_then(|meta| meta.value);
        let own = of(aapt::Document::parse(&edited)?.manifest()).and_then(|meta| meta.value);
        if theirs != own {
            let text = |value: &Option<Scalar>| value.as_ref().map(text_of);
            failures.push(format!("{source:?} is compiled to {:?}, and we read {:?}", text(&theirs), text(&own)));
        }
    }
    Ok(())
}

/// Where a manifest does not say what was set.
fn differs(manifest: &Manifest, metas: &BTreeMap<String, Scalar>, whose: &str, failures: &mut Vec<String>) {
    for (name, value) in metas {
        let mut found = manifest.meta_data.iter().filter(|meta| meta.name == *name).peekable();
        let present = found.peek().is_some();
        let wrong = found.find(|meta| meta.value.as_ref() != Some(value));
        if let Some(wrong) = wrong {
            let now = wrong.value.as_ref().map(|value| format!("{value} {:?}", text_of(value)));
            failures.push(format!("meta-data {name} set to {:?} reads {now:?} in {whose} manifest", text_of(value)));
        } else if !present {
            failures.push(format!("meta-data {name} is not in {whose} manifest"));
        }
    }
}

fn text_of(value: &Scalar) -> String {
    match value {
        Scalar::Text(text) => text.clone(),
        Scalar::Int(number) => number.to_string(),
        Scalar::Bool(truth) => truth.to_string(),
        Scalar::Reference(_) | Scalar::Other { .. } => String::new(),
    }
}

/// All lines of a table but those of some strings.
fn rest(table: &arsc::Table<'_>, strings: &BTreeMap<String, String>) -> Vec<String> {
    let is_other = |line: &&str| {
        let name = line.split(' ').nth(1).and_then(|name| name.strip_prefix("string/"));
        name.is_none_or(|name| !strings.contains_key(name))
    };
    let mut lines: Vec<String> = arsc::dump(table).lines().filter(is_other).map(str::to_owned).collect();
    lines.sort();
    lines
}

/// The package with other contents of these entries, compiled: its table and its manifest.
fn compiled(proto: &Path, work: &Path, entries: &[(&str, &[u8])]) -> Result<(Vec<u8>, Vec<u8>)> {
    let (edited, binary) = (work.join("edited.apk"), work.join("binary.apk"));
    let mut archive = zip::ZipArchive::new(fs::File::open(proto)?)?;
    let mut out = zip::ZipWriter::new(fs::File::create(&edited)?);
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index)?;
        let name = entry.name()?.into_owned();
        match entries.iter().find(|(replaced, _)| *replaced == name) {
            None => out.raw_copy_file(entry)?,
            Some((_, bytes)) => {
                out.start_file(name, zip::write::SimpleFileOptions::default())?;
                out.write_all(bytes)?;
            }
        }
    }
    out.finish()?;
    convert(&edited, &binary, "binary")?;
    let (table, manifest) = (entry(&binary, "resources.arsc")?, entry(&binary, MANIFEST)?);
    table.zip(manifest).context("aapt2 made no table or no manifest")
}

fn convert(from: &Path, to: &Path, format: &str) -> Result<()> {
    let out = Command::new("aapt2").args(["convert", "--output-format", format, "-o"]).arg(to).arg(from).output()?;
    ensure!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    Ok(())
}

fn entry(apk: &Path, name: &str) -> Result<Option<Vec<u8>>> {
    let mut archive = zip::ZipArchive::new(fs::File::open(apk)?)?;
    let mut entry = match archive.by_name(name) {
        Ok(entry) => entry,
        Err(zip::result::ZipError::FileNotFound) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

fn sorted(mut found: Vec<Found>) -> Vec<Found> {
    found.sort_by(|a, b| (a.id, &a.config).cmp(&(b.id, &b.config)));
    found
}

fn difference(theirs: &[Found], own: &[Found]) -> String {
    let at = theirs.iter().zip(own).find(|(theirs, own)| theirs != own);
    match at {
        Some((theirs, own)) => {
            format!("{}, ours {}", shown(std::slice::from_ref(theirs)), shown(std::slice::from_ref(own)))
        }
        None => format!("{} values, ours {}", theirs.len(), own.len()),
    }
}

fn shown(found: &[Found]) -> String {
    let one = |found: &Found| {
        let text = match &found.value {
            Value::String(text) | Value::Styled(text) => format!(" {text:?}"),
            Value::Reference(_) | Value::Null | Value::Other { .. } | Value::Complex => String::new(),
        };
        format!("{} 0x{:08x} ({}) {}{text}", found.package, found.id, found.config, found.value)
    };
    found.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn short(text: &str) -> String {
    text.chars().take(300).collect()
}
