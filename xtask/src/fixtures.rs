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
    apple::run(root)
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
