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
use inject::format::apk_signing_block::SigningBlock;
use inject::format::zip::Archive;
use inject::sign::android::{Lineage, Rotation, Schemes, Signers, v1, v4};
use inject::sign::{Identity, Password, debug_key};
use inject::verify::{Report, Scheme, android};
use rand::SeedableRng;

/// The tests' way to sign a whole package.
#[path = "../../../tests/sign/assemble.rs"]
#[allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "written for tests")]
mod assemble;

/// Where we differ from apksigner 31.0.2 on purpose.
#[derive(Debug)]
pub struct Deviation {
    /// Start of the file's name.
    pub name: &'static str,
    /// Our verdict.
    pub accepted: bool,
    /// Why.
    pub reason: &'static str,
}

const fn deviation(name: &'static str, accepted: bool, reason: &'static str) -> Deviation {
    Deviation { name, accepted, reason }
}

const NO_PSS: &str = "apksigner 31 on OpenJDK ends with NoSuchAlgorithmException: the JDK names RSA-PSS otherwise";
const V31: &str = "v3.1 is newer than apksigner 31, which sees v3 end early and drops that error; newer apksig accepts";
const V31_WRONG: &str = "v3.1 is newer than apksigner 31: what v3 announces is not there; newer apksig rejects";
const MANY: &str = "more than 10 signers: newer apksig and Android refuse them";

/// All deviations, the first that fits counts.
pub const DEVIATIONS: &[Deviation] = &[
    deviation("v2-only-with-rsa-pss-sha256-2048-sig-does-not-verify", false, NO_PSS),
    deviation("v2-only-with-rsa-pss-", true, NO_PSS),
    deviation("v31-block-stripped-v3-attr-value-33", false, V31_WRONG),
    deviation("v31-tgt-34-v3-attr-value-33", false, V31_WRONG),
    deviation("v31-ec-p256-2-tgt-33-1-tgt-28-targetSdk-30", true, V31),
    deviation("v31-rsa-2048_2-tgt-34", true, V31),
    deviation("v31-tgt-33-no-v3-attr", true, V31),
    deviation("v1-only-11-signers", false, MANY),
    deviation("v2-only-11-signers", false, MANY),
];

/// Both comparisons; fails when anything differs.
pub fn run(corpus: &Path) -> Result<()> {
    let mut failures = goldens(&corpus.join("android/apksig"))?;
    let packages = [testdata("demo.apk"), corpus.join("android/apps/settings_apk-debug.apk")];
    failures.extend(signing(&packages)?);
    failures.extend(rotation()?);
    failures.extend(debug_keystore()?);
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
    let mut listed = BTreeSet::new();
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
            let known_as = DEVIATIONS.iter().find(|deviation| name.starts_with(deviation.name));
            let known_as = known_as.filter(|deviation| deviation.accepted == ours.accepted);
            if let Some(deviation) = known_as {
                known += 1;
                if listed.insert(name.clone()) {
                    println!(
                        "  deviates: {name}, ours {}: {}",
                        if ours.accepted { "accepts" } else { "rejects" },
                        deviation.reason
                    );
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

/// Where the test keys and the demo package lie.
fn testdata(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata").join(path)
}

/// A test key: its file below `testdata/keys`.
const KEYS: [&str; 5] = ["rsa-2048.p12", "rsa-4096.p12", "ec-p256.p12", "ec-p384.p12", "ec-p521.p12"];

fn identity(file: &str) -> Result<Identity> {
    let bytes = std::fs::read(testdata(&format!("keys/{file}")))?;
    Ok(Identity::from_keystore(&bytes, None, &Password::new("secret".to_owned()), None)?)
}

/// Signs packages with every key and set of schemes, and lets apksigner and jarsigner judge; with RSA, whose signatures are
/// deterministic, the signing block must be apksigner's own byte for byte.
pub fn signing(packages: &[PathBuf]) -> Result<Vec<Failure>> {
    let work = PathBuf::from("target/oracle/signing");
    std::fs::create_dir_all(&work)?;
    let mut failures = Vec::new();
    let (mut judged, mut identical, mut jars, mut v4s) = (0, 0, 0, 0);
    for package in packages {
        let input = std::fs::read(package)?;
        let name = package.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for key in KEYS {
            let identity = identity(key)?;
            for (list, min_sdk) in [("v1", 18), ("v1,v2", 21), ("v1,v2,v3", 18), ("v2", 24), ("v2,v3", 24), ("v3", 28)]
            {
                let schemes = Schemes::parse(list)?;
                let signed = assemble::sign(&input, &Signers::single(&identity), schemes, min_sdk);
                let ours = work.join("ours.apk");
                std::fs::write(&ours, &signed.apk)?;
                let what = format!("{name} with {key} by {list}, lowest API level {min_sdk}");
                let min = min_sdk.to_string();
                let mut judge = Command::new("apksigner");
                judge.args(["verify", "-v", "--max-sdk-version", "29", "--min-sdk-version", &min]).arg(&ours);
                let output = judge.output().context("running apksigner")?;
                let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
                judged += 1;
                let all = list.split(',').all(|scheme| {
                    // The judge looks at a scheme only where the range of API levels has Androids that do.
                    let looked_at = match scheme {
                        "v1" => min_sdk < 24 || list == "v1",
                        "v2" => min_sdk < 28,
                        _ => true,
                    };
                    let verified =
                        |line: &str| line.starts_with(&format!("Verified using {scheme} ")) && line.ends_with("true");
                    !looked_at || text.lines().any(verified)
                });
                if !text.contains("Verifies") || !all || text.contains("ERROR") {
                    failures.push(Failure { what: what.clone(), difference: text });
                }
                if schemes.v1 {
                    let output =
                        Command::new("jarsigner").arg("-verify").arg(&ours).output().context("running jarsigner")?;
                    jars += 1;
                    if let Some(difference) = v1_difference(&work, package, &signed.apk, key, schemes, &min)? {
                        failures.push(Failure { what: format!("v1 files: {what}"), difference });
                    }
                    if !String::from_utf8_lossy(&output.stdout).contains("jar verified.") {
                        let difference = String::from_utf8_lossy(&output.stdout).into_owned();
                        failures.push(Failure { what: format!("jarsigner: {what}"), difference });
                    }
                }
                if key.starts_with("rsa") && schemes.has_block() && !schemes.v1 {
                    identical += 1;
                    if let Some(difference) = block_difference(&work, &ours, &signed.apk, key, schemes, &min)? {
                        failures.push(Failure { what: format!("signing block: {what}"), difference });
                    }
                }
                if list == "v2,v3" {
                    v4s += 1;
                    if let Some(difference) = v4_difference(&work, &ours, &signed, &identity, key)? {
                        failures.push(Failure { what: format!("v4: {what}"), difference });
                    }
                }
            }
        }
    }
    println!(
        "signing: apksigner judged {judged}, jarsigner {jars}, {identical} RSA signing blocks and {jars} sets of v1 files \
         (with EC without the block) equal apksigner's, {v4s} .idsig judged, with RSA equal, {} failures",
        failures.len()
    );
    Ok(failures)
}

/// Lets apksigner sign what we signed, and compares the signing blocks.
fn block_difference(
    work: &Path,
    ours: &Path,
    apk: &[u8],
    key: &str,
    schemes: Schemes,
    min: &str,
) -> Result<Option<String>> {
    let theirs = work.join("theirs.apk");
    let status = Command::new("apksigner")
        .args(["sign", "--ks-pass", "pass:secret", "--min-sdk-version", min, "--v4-signing-enabled", "false"])
        .args(["--v1-signing-enabled", "false"])
        .args(["--v2-signing-enabled", &schemes.v2.to_string(), "--v3-signing-enabled", &schemes.v3.to_string()])
        .arg("--ks")
        .arg(testdata(&format!("keys/{key}")))
        .arg("--out")
        .arg(&theirs)
        .arg(ours)
        .status()
        .context("running apksigner sign")?;
    anyhow::ensure!(status.success(), "apksigner sign failed");
    let block = |bytes: &[u8]| -> Result<Vec<u8>> {
        let archive = Archive::open(bytes)?;
        let found = SigningBlock::find(bytes, archive.directory_offset())?.context("no signing block")?;
        let range = found.range();
        Ok(bytes[usize::try_from(range.start)?..usize::try_from(range.end)?].to_vec())
    };
    let (ours, theirs) = (block(apk)?, block(&std::fs::read(theirs)?)?);
    let at = ours.iter().zip(&theirs).position(|(a, b)| a != b);
    Ok((ours != theirs).then(|| format!("{} and {} bytes, first difference at {at:?}", ours.len(), theirs.len())))
}

/// Lets apksigner verify our `.idsig`, and with RSA compares it with apksigner's.
fn v4_difference(
    work: &Path,
    ours: &Path,
    signed: &assemble::Signed,
    identity: &Identity,
    key: &str,
) -> Result<Option<String>> {
    let idsig = v4::idsig(&Signers::single(identity), signed.apk.as_slice(), &signed.digests)?;
    let path = work.join("ours.apk.idsig");
    std::fs::write(&path, &idsig)?;
    let output = Command::new("apksigner")
        .args(["verify", "-v", "--min-sdk-version", "24", "--v4-signature-file"])
        .args([&path, ours])
        .output()?;
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if !text.contains("(APK Signature Scheme v4): true") {
        return Ok(Some(text));
    }
    if !key.starts_with("rsa") {
        return Ok(None);
    }
    // Signing the same contents again gives the same package, and so the same tree.
    let theirs = work.join("theirs4.apk");
    let output = Command::new("apksigner")
        .args(["sign", "--ks-pass", "pass:secret", "--min-sdk-version", "24", "--v1-signing-enabled", "false"])
        .args(["--v4-signing-enabled", "true", "--ks"])
        .arg(testdata(&format!("keys/{key}")))
        .arg("--out")
        .arg(&theirs)
        .arg(ours)
        .output()?;
    anyhow::ensure!(output.status.success(), "apksigner sign: {}", String::from_utf8_lossy(&output.stderr));
    if std::fs::read(&theirs)? != signed.apk {
        return Ok(Some("apksigner signing our package again gives another package".to_owned()));
    }
    let theirs = std::fs::read(work.join("theirs4.apk.idsig"))?;
    let at = idsig.iter().zip(&theirs).position(|(a, b)| a != b);
    Ok((idsig != theirs).then(|| format!("{} and {} bytes, first difference at {at:?}", idsig.len(), theirs.len())))
}

/// Lets apksigner sign the original, and compares the files of the JAR signature; with EC all but the block.
fn v1_difference(
    work: &Path,
    original: &Path,
    apk: &[u8],
    key: &str,
    schemes: Schemes,
    min: &str,
) -> Result<Option<String>> {
    let theirs = work.join("theirs1.apk");
    let output = Command::new("apksigner")
        .args(["sign", "--ks-pass", "pass:secret", "--min-sdk-version", min, "--v4-signing-enabled", "false"])
        .args(["--v1-signing-enabled", "true", "--v2-signing-enabled", &schemes.v2.to_string()])
        .args(["--v3-signing-enabled", &schemes.v3.to_string(), "--ks"])
        .arg(testdata(&format!("keys/{key}")))
        .arg("--out")
        .args([&theirs, original])
        .output()
        .context("running apksigner sign")?;
    anyhow::ensure!(output.status.success(), "apksigner sign: {}", String::from_utf8_lossy(&output.stderr));
    let files = |bytes: &[u8]| -> Result<Vec<(String, Vec<u8>)>> {
        let archive = Archive::open(bytes)?;
        let mut files = Vec::new();
        for (index, entry) in archive.entries().iter().enumerate() {
            if v1::is_signature_file(entry.name()) && !(entry.name().ends_with(b".EC")) {
                files.push((entry.display_name(), archive.read(index)?));
            }
        }
        files.sort();
        Ok(files)
    };
    let (ours, theirs) = (files(apk)?, files(&std::fs::read(theirs)?)?);
    if ours == theirs {
        return Ok(None);
    }
    let names = |files: &[(String, Vec<u8>)]| {
        files.iter().map(|(name, content)| format!("{name} ({} bytes)", content.len())).collect::<Vec<_>>().join(", ")
    };
    Ok(Some(format!("ours {}; theirs {}", names(&ours), names(&theirs))))
}

/// Rotated packages: apksigner accepts ours where it knows the form (v3 from API level 28), and lineages of ours.
pub fn rotation() -> Result<Vec<Failure>> {
    let work = PathBuf::from("target/oracle/signing");
    std::fs::create_dir_all(&work)?;
    let input = std::fs::read(testdata("demo.apk"))?;
    let mut failures = Vec::new();
    let mut judged = 0;
    for (old, new) in [("rsa-2048.p12", "ec-p256.p12"), ("ec-p256.p12", "ec-p384.p12"), ("ec-p521.p12", "rsa-4096.p12")]
    {
        let (original, current) = (identity(old)?, identity(new)?);
        let lineage = Lineage::rotate(&original, &current)?;
        let file = work.join("ours.lineage");
        std::fs::write(&file, lineage.to_file())?;
        let output = Command::new("apksigner").args(["lineage", "--print-certs", "-v", "--in"]).arg(&file).output()?;
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        judged += 1;
        if !text.contains("Signer #2 in lineage certificate SHA-256") {
            failures.push(Failure { what: format!("lineage {old} to {new}"), difference: text });
        }
        let rotation = Rotation { original: Some(&original), lineage: &lineage, min_sdk: 28 };
        let signers = Signers { current: &current, rotation: Some(rotation) };
        let signed = assemble::sign(&input, &signers, Schemes::parse("v1,v2,v3")?, 21);
        let ours = work.join("rotated.apk");
        std::fs::write(&ours, &signed.apk)?;
        judged += 1;
        let theirs = Command::new("apksigner").args(["verify", "-v", "--print-certs"]).arg(&ours).output()?;
        let text = String::from_utf8_lossy(&[theirs.stdout, theirs.stderr].concat()).into_owned();
        let subject = current.certificate().subject_text();
        if !text.contains("v3 scheme (APK Signature Scheme v3): true")
            || !text.contains(&format!("certificate DN: {subject}"))
        {
            failures.push(Failure { what: format!("rotation {old} to {new}"), difference: text });
        }
    }
    println!(
        "rotation: apksigner judged {judged}, {} failures; v3.1 NOT JUDGED, it is newer than apksigner 31",
        failures.len()
    );
    Ok(failures)
}

/// keytool and apksigner open the debug keystore we make.
pub fn debug_keystore() -> Result<Vec<Failure>> {
    let path = PathBuf::from("target/oracle/signing/debug.keystore");
    let (_, keystore) = debug_key::generate(&mut rand::rngs::StdRng::seed_from_u64(1), 1_700_000_000)?;
    std::fs::write(&path, &*keystore)?;
    let mut failures = Vec::new();
    let keytool = Command::new("keytool")
        .args(["-list", "-v", "-storepass", debug_key::PASSWORD, "-alias", debug_key::ALIAS, "-keystore"])
        .arg(&path)
        .output()
        .context("running keytool")?;
    let text = String::from_utf8_lossy(&[keytool.stdout, keytool.stderr].concat()).into_owned();
    for wanted in
        ["PrivateKeyEntry", "CN=Android Debug, O=Android, C=US", "SHA256withRSA", "2048-bit RSA", "Version: 3"]
    {
        if !text.contains(wanted) {
            failures.push(Failure { what: format!("keytool shows no {wanted:?}"), difference: text.clone() });
        }
    }
    let signed = Command::new("apksigner")
        .args(["sign", "--ks-pass", "pass:android", "--ks"])
        .arg(&path)
        .args(["--out", "target/oracle/signing/debug.apk"])
        .arg(testdata("demo.apk"))
        .output()?;
    if !signed.status.success() {
        let difference = String::from_utf8_lossy(&signed.stderr).into_owned();
        failures.push(Failure { what: "apksigner signs with the debug keystore".to_owned(), difference });
    }
    println!("debug keystore: keytool and apksigner judged, {} failures", failures.len());
    Ok(failures)
}
