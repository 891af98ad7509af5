//! Pairs of the APK Signing Block: packages that apksigner signed in every way get one without a key, and apksigner says of them
//! word for word what it said before. The reader for the app, as the book has it, is compiled and run on them.
//!
//! Must not: trust anything this project says of its own output, or hold a copy of the reader.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// What the checks need, and the Debian package it comes from.
const TOOLS: [(&str, &str); 5] = [
    ("apksigner", "apksigner"),
    ("zipalign", "zipalign"),
    ("unzip", "unzip"),
    ("java", "default-jdk-headless"),
    ("kotlinc", "kotlin"),
];
/// The page with the reader.
const PAGE: &str = "docs/signing-block.md";
/// The ID of a pair, one that Kotlin has to write with a sign, and one that is not there.
const IDS: [&str; 2] = ["0x71777777", "0x881155ff"];
const ABSENT: &str = "0x00000007";

/// Runs it.
pub fn run(root: &Path) -> Result<()> {
    let missing: Vec<String> = TOOLS
        .iter()
        .filter(|(tool, _)| !super::on_path(tool))
        .map(|(tool, package)| format!("{tool} (apt-get install {package})"))
        .collect();
    ensure!(missing.is_empty(), "missing: {}; nothing was checked", missing.join(", "));
    super::build_program(root)?;
    let work = super::work_folder(root, "block")?;
    let reader = reader(root, &work)?;
    let packages = packages(root, &work)?;
    for (name, package) in &packages {
        check(root, &work, name, package, &reader).with_context(|| name.clone())?;
    }
    println!(
        "signing block: {} packages keep what apksigner says of them; zipalign and unzip agree, and the reader of {PAGE} reads each",
        packages.len()
    );
    Ok(())
}

/// The demo as apksigner signs it, by schemes.
fn packages(root: &Path, work: &Path) -> Result<Vec<(String, PathBuf)>> {
    let keys = root.join("testdata/keys");
    let unsigned = work.join("unsigned.apk");
    let demo = root.join("testdata/demo.apk");
    let unsign = ["--env", "dev", "--unsigned", "--at", "string/client_id={environment}", "-o"];
    said(inject(root, work).arg(&demo).args(unsign).arg(&unsigned))?;
    let aligned = work.join("aligned.apk");
    said(Command::new("zipalign").args(["-f", "-p", "4"]).arg(&unsigned).arg(&aligned))?;
    let key =
        |name: &str| vec!["--ks".to_owned(), keys.join(name).display().to_string(), "--ks-pass=pass:secret".to_owned()];
    let on = |v1, v2, v3| {
        let on = [("v1", v1), ("v2", v2), ("v3", v3)];
        on.map(|(scheme, on)| format!("--{scheme}-signing-enabled={on}")).to_vec()
    };
    let rotated = || {
        let lineage = vec!["--lineage".to_owned(), keys.join("p256-to-p384.lineage").display().to_string()];
        [key("ec-p256.p12"), vec!["--next-signer".to_owned()], key("ec-p384.p12"), lineage].concat()
    };
    let sets: [(&str, Vec<String>); 6] = [
        ("v1+v2", [key("rsa-2048.p12"), on(true, true, false)].concat()),
        ("v1+v2+v3", [key("rsa-2048.p12"), on(true, true, true)].concat()),
        ("v2", [key("ec-p256.p12"), on(false, true, false), vec!["--min-sdk-version=24".to_owned()]].concat()),
        ("v2+v3", [key("ec-p384.p12"), on(false, true, true), vec!["--min-sdk-version=24".to_owned()]].concat()),
        ("v3", [key("rsa-2048.p12"), on(false, false, true), vec!["--min-sdk-version=28".to_owned()]].concat()),
        // apksigner 31, which knows no v3.1, puts the rotation into v3.
        ("v1+v2+v3 of two signers", [rotated(), on(true, true, true)].concat()),
    ];
    let mut packages = vec![("the demo".to_owned(), demo), ("v2+v3+v3.1".to_owned(), of_v31(root, work, &aligned)?)];
    for (name, options) in sets {
        let signed = work.join(format!("{}.apk", name.replace(' ', "-")));
        said(Command::new("apksigner").arg("sign").args(&options).arg("--out").arg(&signed).arg(&aligned))?;
        packages.push((name.to_owned(), signed));
    }
    Ok(packages)
}

/// The same with a v3.1 block, which is ours to make.
fn of_v31(root: &Path, work: &Path, aligned: &Path) -> Result<PathBuf> {
    let keys = root.join("testdata/keys");
    let signed = work.join("v31.apk");
    let mut command = inject(root, work);
    command.arg(aligned).args(["--env", "dev", "--at", "string/client_id={environment}", "--schemes", "v2,v3"]);
    command.args(["--min-sdk", "24", "--ks-pass", "env:S", "--old-ks-pass", "env:S"]).env("S", "secret");
    command.arg("--ks").arg(keys.join("ec-p384.p12")).arg("--old-ks").arg(keys.join("ec-p256.p12"));
    command.arg("--lineage").arg(keys.join("p256-to-p384.lineage")).arg("-o").arg(&signed);
    said(&mut command)?;
    Ok(signed)
}

fn check(root: &Path, work: &Path, name: &str, package: &Path, reader: &Path) -> Result<()> {
    let judge = |package: &Path| {
        let min_sdk = match name {
            "v3" => "28",
            _ if name.starts_with("v2") => "24",
            // Of the manifest, so that v1 is judged too.
            _ => "21",
        };
        let verify = ["verify", "-v", "--print-certs", "--min-sdk-version", min_sdk];
        said(Command::new("apksigner").args(verify).arg(package))
    };
    let before = judge(package)?;
    let target = work.join("target.apk");
    fs::copy(package, &target)?;
    let put = |env: &str, ids: &[&str]| {
        let places = ids.iter().map(|id| format!("--at=signing-block/{id}={{client_id}}"));
        // No key anywhere.
        said(inject(root, work).arg(&target).args(["--env", env]).args(places))
    };
    put("dev", &IDS[..1])?;
    let dev = fs::read(&target)?;
    let after = judge(&target)?;
    ensure!(after == before, "apksigner says\n{after}\nand said\n{before}");
    said(Command::new("zipalign").args(["-c", "4"]).arg(&target))?;
    said(Command::new("unzip").arg("-tqq").arg(&target))?;
    put("prod", &IDS[..1])?;
    ensure!(fs::read(&target)? != dev, "nothing changed");
    put("dev", &IDS[..1])?;
    ensure!(fs::read(&target)? == dev, "dev -> prod -> dev differs from dev alone");
    put("dev", &IDS)?;
    ensure!(judge(&target)? == before, "with a second pair apksigner says something else");
    let read = |package: &Path, id: &str| -> Result<String> {
        Ok(said(Command::new("java").arg("-jar").arg(reader).arg(package).arg(id))?.trim().to_owned())
    };
    let list = said(inject(root, work).args(["inspect", "--json"]).arg(&target))?;
    for id in IDS {
        let text = read(&target, id)?;
        ensure!(text.len() == 32 && list.contains(&text), "the reader says {text:?} of {id}");
    }
    ensure!(read(&target, ABSENT)? == "null" && read(package, IDS[0])? == "null", "it reads what is not there");
    println!("signing block: {name}");
    Ok(())
}

/// The reader of the book, compiled.
fn reader(root: &Path, work: &Path) -> Result<PathBuf> {
    let page = fs::read_to_string(root.join(PAGE))?;
    let code = page.split_once("```kotlin\n").and_then(|(_, rest)| rest.split_once("```"));
    let (code, _) = code.with_context(|| format!("{PAGE} has no block of Kotlin"))?;
    let (source, jar) = (work.join("Reader.kt"), work.join("reader.jar"));
    // A number of 32 bits as people write it is more than an Int takes.
    let main =
        "fun main(args: Array<String>) = println(signingBlockText(args[0], java.lang.Long.decode(args[1]).toInt()))\n";
    fs::write(&source, format!("{code}\n{main}"))?;
    said(Command::new("kotlinc").arg(&source).args(["-include-runtime", "-d"]).arg(&jar))?;
    Ok(jar)
}

fn inject(root: &Path, work: &Path) -> Command {
    let mut command = Command::new(root.join("target/debug/inject"));
    command.env("INJECT_HOME", work.join("home")).current_dir(work);
    for name in ["KEYSTORE_FILE", "KEYSTORE_PASSWORD", "KEY_ALIAS", "KEY_PASSWORD", "INJECT_ENV"] {
        command.env_remove(name);
    }
    command
}

fn said(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{}", command.get_program().display()))?;
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    ensure!(output.status.success(), "{} failed: {text}", command.get_program().display());
    Ok(text)
}
