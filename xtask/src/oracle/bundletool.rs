//! bundletool, which Google Play runs, makes a package of a bundle before and after an injection: the credential is at every place,
//! where an injection into the package of the same sources puts it too. The JDK's tools judge the signature.
//!
//! bundletool and its aapt2 are those that a package of PyPI carries.
//!
//! Must not: need a network but for that package.

use std::io::Read;
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
    let packages = set(root, &tools, &demo, &work)?;
    println!(
        "bundletool: {packages} packages of a set that it makes carry the credential, and apksigner verifies them; it reads the set \
         after the injection as before"
    );
    println!(
        "bundletool: {} places are in the package that it makes, as in one that was injected itself; jarsigner, keytool, unzip and \
         Python agree",
        PLACES.len()
    );
    Ok(())
}

/// An injection into the set of packages that bundletool makes for devices; how many packages it has.
fn set(root: &Path, tools: &Tools, demo: &Path, work: &Path) -> Result<usize> {
    let (before, after) = (work.join("set.apks"), work.join("injected.apks"));
    let keys = root.join("testdata/keys");
    let password = format!("file:{}", keys.join("demo.password").display());
    let build = |output: &Path| {
        let mut command = Command::new(&tools.bundletool);
        command.arg("build-apks").arg(format!("--bundle={}", demo.display()));
        command.arg(format!("--output={}", output.display())).arg(format!("--aapt2={}", tools.aapt2.display()));
        command.arg(format!("--ks={}", keys.join("demo.p12").display())).arg("--ks-key-alias=demo");
        said(command.arg(format!("--ks-pass={password}")).arg(format!("--key-pass={password}")))
    };
    build(&before)?;
    let mut command = Command::new(root.join("target/debug/inject"));
    command.arg(&before).args(["--env", "dev", "-o"]).arg(&after).env("INJECT_HOME", work.join("home"));
    said(command.arg("--ks").arg(keys.join("demo.p12")).arg("--ks-pass").arg(&password).current_dir(work))?;
    let size = |set: &Path| {
        said(Command::new(&tools.bundletool).args(["get-size", "total"]).arg(format!("--apks={}", set.display())))
    };
    ensure!(size(&before)?.starts_with("MIN,MAX") && size(&after)?.starts_with("MIN,MAX"), "get-size reads no set");
    let (mut old, mut new) =
        (zip::ZipArchive::new(std::fs::File::open(&before)?)?, zip::ZipArchive::new(std::fs::File::open(&after)?)?);
    ensure!(old.len() == new.len(), "{} entries were {}", new.len(), old.len());
    let (mut packages, mut carrying) = (0, 0);
    for index in 0..new.len() {
        let (mut was, mut is) = (Vec::new(), Vec::new());
        old.by_index(index)?.read_to_end(&mut was)?;
        let mut entry = new.by_index(index)?;
        let name = entry.name()?.into_owned();
        entry.read_to_end(&mut is)?;
        if !name.ends_with(".apk") {
            ensure!(was == is, "{name} changed");
            continue;
        }
        let package = work.join("one.apk");
        std::fs::write(&package, &is)?;
        said(Command::new("apksigner").args(["verify", "--min-sdk-version", "21"]).arg(&package))?;
        let (was, is) = (values(&was, "string/client_id")?, values(&is, "string/client_id")?);
        ensure!(was.len() == is.len() && is.iter().all(|value| value.len() == 32), "{name}: {} values", is.len());
        carrying += usize::from(!is.is_empty());
        packages += 1;
    }
    ensure!(packages > 5 && carrying > 1, "{carrying} of {packages} packages have the place");
    Ok(packages)
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
