//! `cargo xtask fixtures`: makes `testdata/` from readable sources, with the official tools.
//!
//! Must not: be needed by the tests; what it makes is committed.

pub mod apple;

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

const FRAMEWORK: &str = "/usr/share/android-framework-res/framework-res.apk";

/// `BundleConfig` of bundletool 1.9.0: `bundletool { version }`, and nothing else.
const BUNDLE_CONFIG: &[u8] = b"\x0a\x07\x12\x051.9.0";

/// Makes every fixture.
pub fn run(root: &Path) -> Result<()> {
    let data = root.join("testdata");
    let work = root.join("target/fixtures");
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work)?;
    let demo = data.join("demo");
    let (resources, linked, dex) = (work.join("resources.zip"), work.join("linked.apk"), work.join("classes.dex"));
    run_tool(Command::new("aapt2").args(["compile", "--dir"]).arg(demo.join("res")).arg("-o").arg(&resources))?;
    let manifest = demo.join("AndroidManifest.xml");
    let link = ["link", "-I", FRAMEWORK, "--manifest"];
    let assets = demo.join("assets");
    run_tool(
        Command::new("aapt2").args(link).arg(&manifest).arg("-A").arg(&assets).arg("-o").arg(&linked).arg(&resources),
    )?;
    run_tool(Command::new("smali").arg("assemble").arg("-o").arg(&dex).arg(demo.join("smali")))?;
    let unaligned = work.join("unaligned.apk");
    add_dex(&linked, &dex, &unaligned)?;
    let aligned = work.join("aligned.apk");
    run_tool(Command::new("zipalign").args(["-f", "4"]).arg(&unaligned).arg(&aligned))?;
    let apk = data.join("demo.apk");
    let keys = data.join("keys");
    let password = format!("file:{}", keys.join("demo.password").display());
    run_tool(
        Command::new("apksigner")
            .args(["sign", "--v4-signing-enabled", "false", "--ks-pass", &password, "--ks"])
            .arg(keys.join("demo.p12"))
            .arg("--out")
            .arg(&apk)
            .arg(&aligned),
    )?;
    fs::write(data.join("demo.txt"), dump(&apk, &dex)?)?;
    println!("{} ({} bytes)", apk.display(), fs::metadata(&apk)?.len());
    bundle(&data, &work, &resources, &dex)?;
    set(&data, &work, &resources, &dex)?;
    apple::run(root)
}

/// The packages that the same sources are installed as: a base that needs its splits, one for a language and one of a feature.
fn set(data: &Path, work: &Path, resources: &Path, dex: &Path) -> Result<()> {
    let (demo, extra, keys, out) = (data.join("demo"), data.join("extra"), data.join("keys"), data.join("set"));
    let (work, needed) = (&work.join("set"), "android:isSplitRequired=\"true\"\n    android:versionName=");
    fs::create_dir_all(work)?;
    fs::create_dir_all(&out)?;
    let manifest = work.join("AndroidManifest.xml");
    let text = fs::read_to_string(demo.join("AndroidManifest.xml"))?;
    ensure!(text.contains("android:versionName="), "the manifest of the demo has no version");
    fs::write(&manifest, text.replacen("android:versionName=", needed, 1))?;
    let link = ["link", "-I", FRAMEWORK, "--manifest"];
    let (linked, split, feature) = (work.join("linked.apk"), work.join("config.apk"), work.join("feature.apk"));
    let mut with_split = split.clone().into_os_string();
    with_split.push(":de");
    run_tool(
        Command::new("aapt2")
            .args(link)
            .arg(&manifest)
            .arg("-A")
            .arg(demo.join("assets"))
            .arg("-o")
            .arg(&linked)
            .arg("--split")
            .arg(with_split)
            .arg(resources),
    )?;
    let compiled = work.join("extra.zip");
    run_tool(Command::new("aapt2").args(["compile", "--dir"]).arg(extra.join("res")).arg("-o").arg(&compiled))?;
    run_tool(
        Command::new("aapt2")
            .args(link)
            .arg(extra.join("AndroidManifest.xml"))
            .args(["--package-id", "0x80", "--allow-reserved-package-id", "-o"])
            .arg(&feature)
            .arg(&compiled),
    )?;
    let base = work.join("base.apk");
    add_dex(&linked, dex, &base)?;
    let password = format!("file:{}", keys.join("demo.password").display());
    for (package, name) in [(&base, "base.apk"), (&split, "split_config.de.apk"), (&feature, "split_extra.apk")] {
        let (aligned, to) = (work.join("aligned.apk"), out.join(name));
        run_tool(Command::new("zipalign").args(["-f", "4"]).arg(package).arg(&aligned))?;
        run_tool(
            Command::new("apksigner")
                .args(["sign", "--v4-signing-enabled", "false", "--min-sdk-version", "24", "--ks-pass", &password])
                .arg("--ks")
                .arg(keys.join("demo.p12"))
                .arg("--out")
                .arg(&to)
                .arg(&aligned),
        )?;
        println!("{} ({} bytes)", to.display(), fs::metadata(&to)?.len());
    }
    Ok(())
}

/// The App Bundle of the same sources, with a feature module; unsigned.
fn bundle(data: &Path, work: &Path, resources: &Path, dex: &Path) -> Result<()> {
    let (demo, extra) = (data.join("demo"), data.join("extra"));
    let (base, feature, compiled) = (work.join("base.zip"), work.join("extra.zip"), work.join("extra-res.zip"));
    let link = ["link", "--proto-format", "-I", FRAMEWORK, "--manifest"];
    run_tool(
        Command::new("aapt2")
            .args(link)
            .arg(demo.join("AndroidManifest.xml"))
            .arg("-A")
            .arg(demo.join("assets"))
            .arg("-o")
            .arg(&base)
            .arg(resources),
    )?;
    run_tool(Command::new("aapt2").args(["compile", "--dir"]).arg(extra.join("res")).arg("-o").arg(&compiled))?;
    run_tool(
        Command::new("aapt2")
            .args(link)
            .arg(extra.join("AndroidManifest.xml"))
            .args(["--package-id", "0x80", "--allow-reserved-package-id", "-o"])
            .arg(&feature)
            .arg(&compiled),
    )?;
    let mut entries = vec![("BundleConfig.pb".to_owned(), BUNDLE_CONFIG.to_vec())];
    for (module, packed) in [("base", &base), ("extra", &feature)] {
        let mut archive = zip::ZipArchive::new(fs::File::open(packed)?)?;
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index)?;
            let name = match entry.name()?.as_ref() {
                "AndroidManifest.xml" => format!("{module}/manifest/AndroidManifest.xml"),
                name => format!("{module}/{name}"),
            };
            let mut content = Vec::new();
            entry.read_to_end(&mut content)?;
            if name.ends_with("/resources.pb") {
                content = without_sources(&content)?;
            }
            entries.push((name, content));
        }
    }
    entries.push(("base/dex/classes.dex".to_owned(), fs::read(dex)?));
    let service = ["base", "root", "META-INF/services/com.example.Service"].join("/");
    entries.push((service, b"com.example.demo.Service\n".to_vec()));
    let map = "BUNDLE-METADATA/com.android.tools.build.obfuscation/proguard.map";
    entries.push((map.to_owned(), b"# a map of names\n".to_vec()));
    let out = data.join("demo.aab");
    let mut writer = zip::ZipWriter::new(fs::File::create(&out)?);
    let time = zip::DateTime::from_date_and_time(1981, 1, 1, 1, 1, 2)?;
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .last_modified_time(time);
    for (name, content) in entries {
        writer.start_file(name, options)?;
        writer.write_all(&content)?;
    }
    writer.finish()?;
    println!("{} ({} bytes)", out.display(), fs::metadata(&out)?.len());
    Ok(())
}

/// A table without the paths of its sources (field 1, the first), as Gradle's plugin has them left out: they are of this machine.
fn without_sources(table: &[u8]) -> Result<Vec<u8>> {
    let Some(rest) = table.strip_prefix(&[0x0a]) else { return Ok(table.to_vec()) };
    let width = rest.iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
    let length = rest.iter().take(width).rev().fold(0, |length, byte| length << 7 | usize::from(byte & 0x7f));
    Ok(rest.get(width + length..).context("a table that ends in its sources")?.to_vec())
}

/// What the outside tools say of the demo, as one text.
fn dump(apk: &Path, dex: &Path) -> Result<String> {
    let mut text = String::new();
    for (title, mut command) in [
        ("aapt2 dump badging", with(Command::new("aapt2"), &["dump", "badging"], apk)),
        ("aapt2 dump resources", with(Command::new("aapt2"), &["dump", "resources"], apk)),
        ("aapt2 dump xmltree --file AndroidManifest.xml", {
            let mut command = with(Command::new("aapt2"), &["dump", "xmltree"], apk);
            command.args(["--file", "AndroidManifest.xml"]);
            command
        }),
        ("dexdump -d classes.dex", with(Command::new("dexdump"), &["-d"], dex)),
    ] {
        let output = command.output().with_context(|| title.to_owned())?;
        let body = String::from_utf8_lossy(&output.stdout);
        let body: Vec<&str> = body.lines().filter(|line| !line.contains(&*dex.to_string_lossy())).collect();
        text.push_str(&format!("== {title}\n{}\n\n", body.join("\n")));
    }
    Ok(text)
}

fn with(mut command: Command, args: &[&str], path: &Path) -> Command {
    command.args(args).arg(path);
    command
}

fn add_dex(linked: &Path, dex: &Path, out: &Path) -> Result<()> {
    let mut archive = zip::ZipArchive::new(fs::File::open(linked)?)?;
    let mut writer = zip::ZipWriter::new(fs::File::create(out)?);
    let time = zip::DateTime::from_date_and_time(1981, 1, 1, 1, 1, 2)?;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let options =
            zip::write::SimpleFileOptions::default().compression_method(entry.compression()).last_modified_time(time);
        writer.start_file(entry.name()?, options)?;
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        writer.write_all(&content)?;
    }
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .last_modified_time(time);
    writer.start_file("classes.dex", options)?;
    writer.write_all(&fs::read(dex)?)?;
    writer.finish()?;
    Ok(())
}

fn run_tool(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("{command:?}; is it installed?"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
