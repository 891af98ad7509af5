//! Signatures judged by AOSP's apksigner and the JDK's jarsigner.
//!
//! * [`goldens`]: our verdict on apksig's own test files equals apksigner's, but for [`DEVIATIONS`].
//! * [`signing`]: what we sign, apksigner and jarsigner accept; with RSA the signing block is theirs byte for byte.
//!
//! Must not: count a file as judged when the outside tool did not run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use inject::verify::{Report, Scheme, android};

/// Where we differ from apksigner 31.0.2 on purpose: start of the file name, and why.
pub const DEVIATIONS: &[(&str, &str)] = &[
    (
        "v2-only-with-rsa-pss-",
        "apksigner 31 on OpenJDK ends with NoSuchAlgorithmException: the JDK names RSA-PSS otherwise",
    ),
    (
        "v31-block-stripped-v3-attr-value-33",
        "v3.1 is newer than apksigner 31: the announced v3.1 block is missing, newer apksig rejects",
    ),
    (
        "v31-ec-p256-2-tgt-33-1-tgt-28-targetSdk-30",
        "v3.1 is newer than apksigner 31, which sees v3 end at API level 32",
    ),
    ("v31-rsa-2048_2-tgt-34", "v3.1 is newer than apksigner 31, which drops its own error about the range of v3"),
    ("v31-tgt-33-no-v3-attr", "v3.1 is newer than apksigner 31, which drops its own error about the range of v3"),
    (
        "v31-tgt-34-v3-attr-value-33",
        "v3.1 is newer than apksigner 31: v3 announces another level, newer apksig rejects",
    ),
    ("v31-tgt-33-no-v3-block", "v3.1 is newer than apksigner 31: v3.1 without v3, newer apksig rejects"),
    ("v1-only-11-signers", "more than 10 signers: newer apksig and Android refuse them"),
    ("v2-only-11-signers", "more than 10 signers: newer apksig and Android refuse them"),
];

/// Both comparisons; fails when anything differs.
pub fn run(corpus: &Path) -> Result<()> {
    let failures = goldens(&corpus.join("android/apksig"))?;
    for failure in &failures {
        println!("FAILED {}\n    {}", failure.what, failure.difference);
    }
    anyhow::ensure!(failures.is_empty(), "{} verdicts differ", failures.len());
    Ok(())
}

/// A comparison that came out differently.
#[derive(Debug)]
pub struct Failure {
    /// The file, and the circumstances.
    pub what: String,
    /// Ours and theirs.
    pub difference: String,
}

/// What can be compared of two verdicts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Verdict {
    accepted: bool,
    schemes: BTreeSet<String>,
    signers: Vec<String>,
}

/// Compares our verdict on every APK of `corpus` with `apksigner verify`, for the manifest's API levels and for 18, 24 and
/// 28 as the lowest. Prints a table; returns what differs and is not in [`DEVIATIONS`].
pub fn goldens(corpus: &Path) -> Result<Vec<Failure>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(corpus)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "apk"));
    files.sort();
    let (mut compared, mut accepted, mut known) = (0, 0, 0);
    let mut failures = Vec::new();
    for path in &files {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = std::fs::read(path)?;
        let manifest = Manifest::read(path)?;
        if !manifest.readable {
            println!("  SKIPPED for the manifest's API levels, aapt2 cannot read it: {name}");
        }
        for lowest in [None, Some(1), Some(18), Some(21), Some(24), Some(28)] {
            if lowest.is_none() && !manifest.readable {
                continue;
            }
            let theirs = apksigner_verify(path, lowest)?;
            let options = android::Options {
                min_sdk: lowest.or(manifest.min_sdk),
                target_sdk: manifest.target_sdk,
                target_sandbox: manifest.target_sandbox,
                ..android::Options::default()
            };
            let report = android::apk(bytes.as_slice(), &options);
            let ours = verdict(&report);
            compared += 1;
            accepted += usize::from(theirs.accepted);
            if ours == theirs {
                continue;
            }
            if let Some((_, reason)) = DEVIATIONS.iter().find(|(start, _)| name.starts_with(start)) {
                known += 1;
                if lowest.is_none() {
                    println!("  deviates: {name}: {reason}");
                }
                continue;
            }
            let findings: Vec<String> = report
                .findings
                .iter()
                .map(|f| format!("{:?} {} [{}] {}", f.severity, f.code, f.place, f.message))
                .collect();
            failures.push(Failure {
                what: format!(
                    "{name}, lowest API level {}",
                    lowest.map_or("of the manifest".to_owned(), |l| l.to_string())
                ),
                difference: format!("ours {ours:?}\n    theirs {theirs:?}\n    {}", findings.join("\n    ")),
            });
        }
    }
    println!(
        "apksigner: {} files, {compared} verdicts compared ({accepted} accepted), {known} known deviations, {} failures",
        files.len(),
        failures.len()
    );
    Ok(failures)
}

fn verdict(report: &Report) -> Verdict {
    let accepted = report.is_sound();
    let mut schemes: BTreeSet<String> = report
        .signatures
        .iter()
        .map(|signature| signature.scheme.to_string())
        .filter(|scheme| scheme != "v4")
        .collect();
    let mut signers: Vec<String> = report.signers().iter().map(inject::verify::Signer::sha256_hex).collect();
    if !accepted {
        // apksigner prints neither for what it rejects.
        schemes.clear();
        signers.clear();
    }
    if schemes.remove(&Scheme::V31.to_string()) {
        schemes.insert(Scheme::V3.to_string());
    }
    Verdict { accepted, schemes, signers }
}

fn apksigner_verify(path: &Path, lowest: Option<u32>) -> Result<Verdict> {
    let cache = PathBuf::from("target/oracle/apksigner").join(lowest.map_or("manifest".to_owned(), |l| l.to_string()));
    let cached = cache.join(path.file_name().unwrap_or_default()).with_extension("txt");
    let text = if let Ok(text) = std::fs::read_to_string(&cached) {
        text
    } else {
        let mut command = Command::new("apksigner");
        command.args(["verify", "-v", "--print-certs"]);
        if let Some(lowest) = lowest {
            command.args(["--min-sdk-version", &lowest.to_string()]);
        }
        let output = command.arg(path).output().context("running apksigner (Debian package apksigner)")?;
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        std::fs::create_dir_all(&cache)?;
        std::fs::write(&cached, &text)?;
        text
    };
    let accepted = text.lines().any(|line| line == "Verifies");
    if !accepted && !text.contains("ERROR") && !text.contains("Exception") {
        bail!("apksigner said nothing that is understood about {}: {text}", path.display());
    }
    let mut schemes = BTreeSet::new();
    let mut signers = Vec::new();
    for line in text.lines().filter(|_| accepted) {
        if let Some(rest) = line.strip_prefix("Verified using ")
            && rest.ends_with(": true")
        {
            schemes.insert(rest.split(' ').next().unwrap_or_default().to_owned());
        }
        if line.starts_with("Signer #")
            && let Some((_, digest)) = line.split_once(" certificate SHA-256 digest: ")
        {
            signers.push(digest.to_owned());
        }
    }
    Ok(Verdict { accepted, schemes, signers })
}

/// What `aapt2` reads from the manifest.
#[derive(Debug, Default)]
struct Manifest {
    readable: bool,
    min_sdk: Option<u32>,
    target_sdk: Option<u32>,
    target_sandbox: Option<u32>,
}

impl Manifest {
    fn read(path: &Path) -> Result<Self> {
        let output = Command::new("aapt2")
            .args(["dump", "xmltree", "--file", "AndroidManifest.xml"])
            .arg(path)
            .output()
            .context("running aapt2 (Debian package aapt)")?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let value = |name: &str| {
            let line = text.lines().find(|line| line.contains(&format!(":{name}(")))?;
            line.rsplit_once('=')?.1.trim().parse().ok()
        };
        Ok(Self {
            readable: output.status.success(),
            min_sdk: value("minSdkVersion"),
            target_sdk: value("targetSdkVersion"),
            target_sandbox: value("targetSandboxVersion"),
        })
    }
}
