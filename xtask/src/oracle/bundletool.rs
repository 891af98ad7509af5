//! bundletool, which Google Play runs, makes a package of a bundle before and after an injection: the credential is at every place,
//! where an injection into the package of the same sources puts it too. The JDK's tools judge the signature.
//!
//! bundletool and its aapt2 are those that a package of PyPI carries.
//!
//! Must not: need a network but for that package.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use inject::artifact::apk::Apk;
use inject::placement::{Absence, Address, Place, Template};

/// What carries bundletool.
const PACKAGE: &str = "pybundletool==0.0.1.dev2";

/// A place of each kind.
const PLACES: [&str; 12] = [
    "string/client_id",
    "string/extra_text",
    "meta-data/com.example.CLIENT_ID",
    "meta-data/com.example.extra.TEXT",
    "intent-filter/com.example.demo.Callback#scheme",
    "raw/config#/client_id",
    "raw/extra#/client/id",
    "assets/app.properties#client.id",
    "assets/config.xml#/config/oauth/@client",
    "xml/settings#/settings/client/@id",
    "xml/settings#/settings/client",
    "dex/setClientId",
];

/// Runs it.
pub fn run(root: &Path) -> Result<()> {
    super::build_program(root)?;
    let tools = tools(root)?;
    let work = super::work_folder(root, "bundletool")?;
    let demo = root.join("testdata/demo.aab");
    let inject = |input: &Path, output: &Path| -> Result<String> {
        let mut command = Command::new(root.join("target/debug/inject"));
        command.arg(input).args(["--env", "dev", "-o"]).arg(output).env("INJECT_HOME", work.join("home"));
        command.arg("--ks").arg(root.join("testdata/keys/demo.p12"));
        command.arg("--ks-pass").arg(format!("file:{}", root.join("testdata/keys/demo.password").display()));
        for place in PLACES {
            command.args(["--at", &format!("{place}=x{{client_id}}")]);
        }
        said(command.current_dir(&work))
    };
    // Before: what bundletool makes of the bundle as it was built, and an injection into that.
    let before = universal(&tools, &demo, &work, "before")?;
    let by_package = work.join("by-package.apk");
    inject(&before, &by_package)?;
    // After: an injection into the bundle, and what bundletool makes of that.
    let bundle = work.join("injected.aab");
    inject(&demo, &bundle)?;
    said(Command::new(&tools.bundletool).arg("validate").arg(format!("--bundle={}", bundle.display())))?;
    let by_bundle = universal(&tools, &bundle, &work, "after")?;
    let (one, two) = (std::fs::read(&by_package)?, std::fs::read(&by_bundle)?);
    for place in PLACES {
        let (one, two) = (values(&one, place)?, values(&two, place)?);
        ensure!(!two.is_empty() && two.iter().all(|value| *value == two[0]), "{place}: {} values", two.len());
        ensure!(two[0].starts_with('x') && two[0].len() == 33, "{place} is not the credential");
        ensure!(one == two, "{place}: the package has {} values, the bundle's {}", one.len(), two.len());
    }
    let verified = said(Command::new("jarsigner").arg("-verify").arg(&bundle))?;
    ensure!(verified.contains("jar verified."), "jarsigner: {verified}");
    let printed = said(Command::new("keytool").args(["-printcert", "-jarfile"]).arg(&bundle))?;
    ensure!(printed.contains("CN=inject demo"), "keytool: {printed}");
    said(Command::new("unzip").arg("-tqq").arg(&bundle))?;
    let python = "import sys, zipfile; sys.exit(zipfile.ZipFile(sys.argv[1]).testzip())";
    said(Command::new("python3").args(["-c", python]).arg(&bundle))?;
    println!(
        "bundletool: {} places are in the package that it makes, as in one that was injected itself; jarsigner, keytool, unzip and \
         Python agree",
        PLACES.len()
    );
    Ok(())
}

struct Tools {
    bundletool: PathBuf,
    aapt2: PathBuf,
}

fn tools(root: &Path) -> Result<Tools> {
    let home = root.join("target/oracle/bundletool-home");
    let folder = home.join("pybundletool/binary-files");
    if !folder.join("bundletool").exists() {
        let python = home.join("venv/bin/python3");
        said(Command::new("python3").args(["-m", "venv"]).arg(home.join("venv")))?;
        said(
            Command::new(python).args(["-m", "pip", "install", "--quiet", "--no-deps", PACKAGE, "--target"]).arg(&home),
        )?;
    }
    Ok(Tools { bundletool: folder.join("bundletool"), aapt2: folder.join("aapt2") })
}

/// The package with everything in it that bundletool makes of a bundle.
fn universal(tools: &Tools, bundle: &Path, work: &Path, name: &str) -> Result<PathBuf> {
    let set = work.join(format!("{name}.apks"));
    said(
        Command::new(&tools.bundletool)
            .args(["build-apks", "--mode=universal"])
            .arg(format!("--bundle={}", bundle.display()))
            .arg(format!("--output={}", set.display()))
            .arg(format!("--aapt2={}", tools.aapt2.display())),
    )?;
    let package = work.join(format!("{name}.apk"));
    let mut archive = zip::ZipArchive::new(std::fs::File::open(&set)?)?;
    std::io::copy(&mut archive.by_name("universal.apk")?, &mut std::fs::File::create(&package)?)?;
    Ok(package)
}

/// What a package holds at an address.
fn values(package: &[u8], address: &str) -> Result<Vec<String>> {
    let place = Place::new(Address::parse(address)?, Template::default(), Absence::Skip);
    Ok(Apk::open(package)?.find(&place)?.into_iter().flat_map(|found| found.values).collect())
}

fn said(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{}", command.get_program().display()))?;
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    ensure!(output.status.success(), "{} failed: {text}", command.get_program().display());
    Ok(text)
}
