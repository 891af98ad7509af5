//! The packages that are measured: a real app, and that app grown by entries of other real apps.
//!
//! Must not: fill with zeros or texts, which would deflate and inflate as no package does.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use rand::TryRng;
use rand::rngs::SysRng;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::Keystore;
use super::measure::Job;

/// The app, and whose entries it grows by, in the corpus.
const APP: &str = "settings_apk-debug.apk";
const DONORS: [&str; 4] =
    ["pocoservice-debug.apk", "appium-uiautomator2-server-v10.6.6.apk", "ApiDemos-debug.apk", "framework-res.apk"];
const SIZES: [(&str, u64); 3] = [("3", 0), ("25", 25_000_000), ("150", 150_000_000)];
/// Bytes of one incompressible stored entry, as a native library or a video is.
const NOISE: usize = 2 * 1024 * 1024;

/// Entries taken from a donor at a time: all of framework-res would be two thirds of the entries and little of the bytes.
/// Real packages of 150 MB have some thousand entries.
const FEW: usize = 250;

/// Unsigned packages of about 3, 25 and 150 MB.
pub fn sizes(corpus: &Path, work: &Path) -> Result<Vec<PathBuf>> {
    SIZES.iter().map(|(name, size)| of_size(corpus, work, name, *size)).collect()
}

/// An unsigned package of about so many bytes.
pub fn of_size(corpus: &Path, work: &Path, name: &str, size: u64) -> Result<PathBuf> {
    let to = work.join(format!("{name}-unsigned.apk"));
    if !to.is_file() {
        grow(corpus, &to, size)?;
    }
    Ok(to)
}

fn grow(corpus: &Path, to: &Path, size: u64) -> Result<()> {
    let part = to.with_extension("part");
    let mut out = ZipWriter::new(File::create(&part)?);
    let mut app = open(corpus, APP)?;
    for index in 0..app.len() {
        let entry = app.by_index_raw(index)?;
        if !entry.name()?.starts_with("META-INF/") {
            out.raw_copy_file(entry)?;
        }
    }
    let mut donors = DONORS.iter().map(|name| open(corpus, name)).collect::<Result<Vec<_>>>()?;
    // The writer does not buffer.
    let written = || fs::metadata(&part).map(|found| found.len());
    // A quarter is noise, the rest what apps are made of: deflated code, stored images, tables, libraries.
    for round in 0.. {
        if written()? >= size {
            break;
        }
        for (donor, archive) in donors.iter_mut().enumerate() {
            for index in 0..archive.len().min(FEW) {
                let entry = archive.by_index_raw(index)?;
                if entry.is_dir() || entry.name()?.starts_with("META-INF/") {
                    continue;
                }
                let name = format!("assets/bench/{round}-{donor}/{}", entry.name()?);
                out.raw_copy_file_rename(entry, name)?;
            }
            if written()? >= size {
                break;
            }
            let mut noise = vec![0; NOISE];
            SysRng.try_fill_bytes(&mut noise)?;
            let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
            out.start_file(format!("assets/bench/{round}-{donor}.bin"), stored)?;
            out.write_all(&noise)?;
        }
    }
    out.finish()?;
    Ok(fs::rename(part, to)?)
}

fn open(corpus: &Path, name: &str) -> Result<ZipArchive<File>> {
    let found = walkdir::WalkDir::new(corpus).into_iter().flatten().find(|entry| entry.file_name() == name);
    let found = found.with_context(|| format!("{name} is not in the corpus; run `cargo xtask corpus`"))?;
    Ok(ZipArchive::new(File::open(found.path())?)?)
}

/// Aligns and signs as a build does.
pub fn sign(unsigned: &Path, to: &Path, keystore: &Keystore, v1: bool) -> Result<()> {
    let aligned = to.with_extension("aligned");
    Job::new("zipalign").args(["-f", "-p", "4"]).arg(unsigned).arg(&aligned).run(1)?;
    apksigner(&aligned, to, keystore, v1).run(1)?;
    fs::remove_file(aligned)?;
    ensure!(to.is_file(), "apksigner wrote nothing");
    Ok(())
}

/// `apksigner sign`, with the schemes that are asked of us.
pub fn apksigner(from: &Path, to: &Path, keystore: &Keystore, v1: bool) -> Job {
    let min_sdk = if v1 { "21" } else { "24" };
    let password = format!("file:{}", keystore.password.display());
    let job = Job::new("apksigner").args(["sign", "--ks-key-alias", "demo", "--ks-pass", &password, "--ks"]);
    let job = job.arg(&keystore.path).args(["--min-sdk-version", min_sdk, "--v4-signing-enabled", "false"]);
    let job = job.args(["--v2-signing-enabled", "true", "--v3-signing-enabled", "true"]);
    let job = job.args(["--v1-signing-enabled", if v1 { "true" } else { "false" }]);
    job.arg("--out").arg(to).arg(from)
}
