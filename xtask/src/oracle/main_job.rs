//! The main job on real packages, judged by `apksigner`, `aapt2`, `zipalign`, `unzip` and a comparison of raw entries.
//!
//! Each package gets a string of its own table (where it has a plain one), a `<meta-data>` and a file; dev, again, prod, dev.
//!
//! Must not: trust anything this project says of its own output.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, bail, ensure};
use inject::format::arsc::{Table, Value};
use inject::format::zip::{Archive, Rules};

/// What became of one package.
pub enum Outcome {
    /// Injected, and accepted by every judge.
    Accepted,
    /// Refused by us with this message and exit code.
    Refused(i32, String),
}

/// Runs the program for the checks.
pub struct Program {
    /// The binary.
    pub path: PathBuf,
    /// A store and registry of its own.
    pub home: PathBuf,
    /// Keystore and password reference.
    pub keystore: (PathBuf, String),
}

impl Program {
    /// Without a key.
    fn keyless(&self, args: &[&str]) -> Result<Output> {
        let mut command = Command::new(&self.path);
        command.args(args).current_dir(&self.home).env("INJECT_HOME", self.home.join("stores"));
        for name in ["KEYSTORE_FILE", "KEYSTORE_PASSWORD", "KEY_ALIAS", "INJECT_ENV"] {
            command.env_remove(name);
        }
        Ok(command.output()?)
    }

    fn run(&self, args: &[&str]) -> Result<Output> {
        let (keystore, password) = &self.keystore;
        Ok(Command::new(&self.path)
            .args(args)
            .current_dir(&self.home)
            .env("INJECT_HOME", self.home.join("stores"))
            .env("KEYSTORE_FILE", keystore)
            .env("KEYSTORE_PASSWORD", password)
            .env("KEY_ALIAS", "demo")
            .env_remove("INJECT_ENV")
            .output()?)
    }

    fn secret(&self, package: &str, env: &str) -> Result<String> {
        let shown = self.run(&["credential", "show", "--app", package, "--env", env, "--reveal", "--json"])?;
        let value: serde_json::Value = serde_json::from_slice(&shown.stdout)?;
        Ok(value["client_secret"].as_str().context("no secret")?.to_owned())
    }
}

/// Checks one package.
pub fn check(program: &Program, apk: &Path, work: &Path) -> Result<Outcome> {
    let target = work.join("app.apk");
    let _ = fs::remove_file(&target);
    let original = fs::read(apk)?;
    fs::write(&target, &original)?;
    let string = plain_string(&original);
    let mut places = vec![
        "--at=meta-data/com.example.inject={client_id}".to_owned(),
        "--at=assets/inject.json#/oauth/client_secret={client_secret}".to_owned(),
    ];
    if let Some(name) = &string {
        places.push(format!("--at=string/{name}={{client_secret}}"));
    }
    let file = target.to_string_lossy().into_owned();
    let inject_with = |env: &str, gate: &str| {
        let mut args = vec![file.as_str(), "--env", env, "--gate", gate, "--create", "--allow-new-signer", "--json"];
        args.extend(places.iter().map(String::as_str));
        program.run(&args)
    };
    let inject = |env: &str| inject_with(env, "changed");
    let mut first = inject("dev")?;
    // The string is any string of the app: where its text stands elsewhere too, that is said, and accepted on purpose.
    if stderr(&first).contains("leak.old") {
        ensure!(fs::read(&target)? == original, "a refused package was touched");
        first = inject_with("dev", "off")?;
    }
    if !first.status.success() {
        ensure!(fs::read(&target)? == original, "a refused package was touched");
        let code = first.status.code().unwrap_or(-1);
        let message = String::from_utf8_lossy(&first.stderr)
            .lines()
            .find(|l| l.starts_with("error"))
            .unwrap_or_default()
            .to_owned();
        ensure!(code != 1 && code != 101 && code > 0, "exit {code}: {message}");
        return Ok(Outcome::Refused(code, message));
    }
    let dev = fs::read(&target)?;
    ensure!(dev != original, "nothing was written");
    let said: serde_json::Value = serde_json::from_slice(&first.stdout)?;
    let package = said["artifacts"][0]["application"].as_str().context("application")?.to_owned();

    // Twice: up to date, bytes unchanged. There and back: the same bytes, nothing of the other environment left.
    let again = inject("dev")?;
    ensure!(String::from_utf8_lossy(&again.stderr).contains("up to date"), "not up to date: {}", stderr(&again));
    ensure!(fs::read(&target)? == dev, "the second run changed bytes");
    let there = inject("prod")?;
    ensure!(there.status.success(), "prod: {}", stderr(&there));
    let prod = fs::read(&target)?;
    let (dev_secret, prod_secret) = (program.secret(&package, "dev")?, program.secret(&package, "prod")?);
    ensure!(!holds(&prod, &dev_secret)?, "the dev secret survives in prod");
    ensure!(holds(&prod, &prod_secret)?, "the prod secret is not there");
    let back = inject("dev")?;
    ensure!(back.status.success(), "dev again: {}", stderr(&back));
    let dev_again = fs::read(&target)?;
    ensure!(dev_again == dev, "dev -> prod -> dev differs from dev alone");
    ensure!(!holds(&dev, &prod_secret)?, "the prod secret survives in dev");

    let mut places: Vec<&str> = places.iter().map(String::as_str).collect();
    places.extend(["--env", "dev", file.as_str()]);
    let verified = program.run(&[&["verify"][..], &places].concat())?;
    ensure!(verified.status.success(), "our own verify: {}", stderr(&verified));
    judges(apk, &target, string.as_deref())?;
    untouched(&original, &dev)?;
    // The same judges of a pair in the signing block, which needs no key and changes nothing else.
    let pair = ["--at", "signing-block/0x71777777={client_id}", "--env", "dev", file.as_str()];
    let put = program.keyless(&pair)?;
    ensure!(put.status.success(), "a pair of the signing block: {}", stderr(&put));
    judges(apk, &target, string.as_deref())?;
    let with_pair = fs::read(&target)?;
    untouched(&original, &with_pair)?;
    untouched(&dev, &with_pair)?;
    Ok(Outcome::Accepted)
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}

/// The first string of the table that is a plain text everywhere and not shown by the launcher.
fn plain_string(apk: &[u8]) -> Option<String> {
    let archive = Archive::open(apk).ok()?;
    let table = archive.read(archive.find(b"resources.arsc")?).ok()?;
    let table = Table::parse(&table).ok()?;
    let names = table.string_names().ok()?;
    names.into_iter().find(|name| {
        table
            .find("string", name)
            .is_ok_and(|found| !found.is_empty() && found.iter().all(|found| matches!(found.value, Value::String(_))))
    })
}

/// A decompressed search.
fn holds(apk: &[u8], text: &str) -> Result<bool> {
    let archive = Archive::open(apk)?;
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let in_bytes = |bytes: &[u8]| {
        let has = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        has(text.as_bytes()) || has(&utf16)
    };
    // Only these can hold it: reading every entry of every package by windows would take hours.
    let names = ["resources.arsc", "AndroidManifest.xml", "assets/inject.json", "META-INF/MANIFEST.MF"];
    for name in names {
        if let Some(index) = archive.find(name.as_bytes())
            && in_bytes(&archive.read(index)?)
        {
            return Ok(true);
        }
    }
    let mut at = 0;
    for entry in archive.in_file_order() {
        let gap = apk.get(at..usize::try_from(entry.data_offset())?).unwrap_or_default();
        if in_bytes(gap) {
            return Ok(true);
        }
        at = usize::try_from(entry.data_range().end)?;
    }
    Ok(in_bytes(apk.get(at..).unwrap_or_default()))
}

fn judges(before: &Path, after: &Path, string: Option<&str>) -> Result<()> {
    let apksigner =
        Command::new("apksigner").args(["verify", "--print-certs"]).arg(after).output().context("apksigner")?;
    ensure!(
        apksigner.status.success(),
        "apksigner: {}{}",
        String::from_utf8_lossy(&apksigner.stdout),
        stderr(&apksigner)
    );
    let zipalign = Command::new("zipalign").args(["-c", "4"]).arg(after).output().context("zipalign")?;
    ensure!(zipalign.status.success(), "zipalign -c 4: {}", String::from_utf8_lossy(&zipalign.stdout));
    let old = Command::new("unzip").args(["-tq"]).arg(before).output().context("unzip")?;
    let new = Command::new("unzip").args(["-tq"]).arg(after).output().context("unzip")?;
    // What `unzip` finds wrong with the original (lies that are copied raw) it may find again, nothing else.
    ensure!(new.status.success() || !old.status.success(), "unzip -t: {}", stderr(&new));
    differences(before, after, &["dump", "resources"], |line, value| {
        value || string.is_some_and(|name| line.contains(name))
    })?;
    differences(before, after, &["dump", "xmltree", "--file", "AndroidManifest.xml"], |line, value| {
        value
            || line.contains("com.example.inject")
            || line.contains("E: meta-data")
            || line.contains(":value(0x01010024)")
    })
}

/// Lines of `aapt2` that differ must be the intended ones: they hold a secret or id, or the place's name.
fn differences(before: &Path, after: &Path, args: &[&str], allowed: impl Fn(&str, bool) -> bool) -> Result<()> {
    let dump = |apk: &Path| -> Result<Option<Vec<String>>> {
        let mut command = Command::new("aapt2");
        let output = command.args(&args[..2]).arg(apk).args(&args[2..]).output().context("aapt2")?;
        // Line numbers of the document move when an element is added.
        let clean = |line: &str| line.split(" (line=").next().unwrap_or(line).trim().to_owned();
        let text = String::from_utf8_lossy(&output.stdout).lines().map(clean).collect();
        Ok(output.status.success().then_some(text))
    };
    let (Some(old), new) = (dump(before)?, dump(after)?) else { return Ok(()) };
    let Some(new) = new else { bail!("aapt2 reads the original but not the output") };
    let generated =
        |line: &str| line.split(|c: char| !c.is_ascii_hexdigit()).any(|word| word.len() == 32 || word.len() == 64);
    let (old_lines, new_lines): (BTreeSet<&String>, BTreeSet<&String>) = (old.iter().collect(), new.iter().collect());
    let added: Vec<_> = new_lines.difference(&old_lines).filter(|line| !allowed(line, generated(line))).collect();
    ensure!(added.is_empty(), "aapt2 {}: unintended lines {added:?}", args.join(" "));
    // As many lines as before, but for the added element: nothing went away.
    ensure!(new.len() >= old.len(), "aapt2 {}: {} lines, before {}", args.join(" "), new.len(), old.len());
    Ok(())
}

/// Entries that were not asked for are raw-identical: data, and the central directory but for the offset.
fn untouched(before: &[u8], after: &[u8]) -> Result<()> {
    let (old, new) = (Archive::open(before)?, Archive::open(after)?);
    let ours = ["resources.arsc", "AndroidManifest.xml", "assets/inject.json", "stamp-cert-sha256"];
    for (before_index, entry) in old.entries().iter().enumerate() {
        let name = entry.display_name();
        if ours.contains(&name.as_str()) || name.starts_with("META-INF/") {
            continue;
        }
        let index = new.find(entry.name()).with_context(|| format!("{name} is gone"))?;
        let now = &new.entries()[index];
        let bytes = |all: &[u8], range: std::ops::Range<u64>| -> Result<Vec<u8>> {
            Ok(all.get(usize::try_from(range.start)?..usize::try_from(range.end)?).context("range")?.to_vec())
        };
        ensure!(bytes(before, entry.data_range())? == bytes(after, now.data_range())?, "{name} changed");
        // A local header that lies is put right, and its data descriptor goes.
        let lied = old.disagreement(before_index, Rules::Android)?.is_some();
        ensure!(
            new.disagreement(index, Rules::Android)?.is_none(),
            "{name}: its local header disagrees with the directory"
        );
        ensure!(
            entry.crc() == now.crc() && (lied || entry.flags() == now.flags()) && entry.method() == now.method(),
            "{name}: header"
        );
    }
    Ok(())
}
