//! The IPAs that are measured: one large executable of real machine code with media beside it, and an app of many files.
//!
//! The code is that of the Rust compiler's own library, taken from all over it, whatever the size: symbols, code and data, so
//! that it deflates as executables do (to about a third). Its beginning alone is tables, which deflate to a sixth. Whoever
//! can build this has it.
//!
//! Must not: fill with zeros or texts, which would deflate and inflate as no app does.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use rand::TryRng;
use rand::rngs::SysRng;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::Setup;

const MB: usize = 1_000_000;
/// Bytes of the library that stay together.
const PIECE: usize = 64 * 1024;
/// Name, bytes of the executable and of a framework's, files beside them, bytes of each.
const IPAS: [(&str, [usize; 2], usize, usize); 6] = [
    ("5, one executable and media", [9 * MB, 0], 2, MB),
    ("50, one executable and media", [40 * MB, 0], 36, MB),
    ("50, a framework, little media", [40 * MB, 55 * MB], 20, MB),
    ("50, many files", [9 * MB, 0], 5000, 10_000),
    ("200, one executable and media", [150 * MB, 0], 148, MB),
    ("200, a framework, less media", [150 * MB, 55 * MB], 130, MB),
];
/// Kinds of Mach-O images (`loader.h`).
const EXECUTE: u32 = 2;
const DYLIB: u32 = 6;
const APP: &str = "Payload/Notes.app/";
const INFO: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
    \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n<dict>\n\t<key>CFBundleExecutable</key>\n\t\
    <string>Notes</string>\n\t<key>CFBundleIdentifier</key>\n\t<string>com.example.notes</string>\n\t<key>ClientId</key>\n\t\
    <string>none</string>\n</dict>\n</plist>\n";

/// The signed IPAs by name, made where they are not there.
pub fn ipas(setup: &Setup) -> Result<Vec<(&'static str, PathBuf)>> {
    let mut all = Vec::new();
    for (name, codes, count, len) in IPAS {
        let to = setup.work.join(format!("apple-{}.ipa", name.replace([' ', ','], "-")));
        if !to.is_file() || !to.with_extension("unsigned").is_file() {
            make(setup, &to, codes, count, len).with_context(|| format!("making the IPA of {name}"))?;
        }
        all.push((name, to));
    }
    Ok(all)
}

/// Lays an app out, signs it, and packs what was signed as Xcode does: our own packing would be cut already where we cut.
fn make(setup: &Setup, to: &Path, [code, framework]: [usize; 2], count: usize, len: usize) -> Result<()> {
    let (unsigned, signed, part) =
        (to.with_extension("unsigned"), to.with_extension("signed"), to.with_extension("part"));
    let mut out = ZipWriter::new(File::create(&unsigned)?);
    let deflated = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).unix_permissions(0o755);
    let stored = deflated.compression_method(CompressionMethod::Stored);
    let library = machine_code()?;
    let mut put = |name: &str, content: &[u8], options| -> Result<()> {
        out.start_file(format!("{APP}{name}"), options)?;
        Ok(out.write_all(content)?)
    };
    put("Info.plist", INFO.as_bytes(), deflated)?;
    put("embedded.mobileprovision", &fs::read(setup.keys.join("notes.mobileprovision"))?, deflated)?;
    put("Notes", &image(&library, code, EXECUTE), stored)?;
    if framework > 0 {
        let folder = "Frameworks/Engine.framework/";
        let info = INFO.replace("Notes", "Engine").replace("com.example.notes", "com.example.engine");
        put(&format!("{folder}Info.plist"), info.as_bytes(), deflated)?;
        put(&format!("{folder}Engine"), &image(&library, framework, DYLIB), stored)?;
    }
    for index in 0..count {
        // Media is noise, and half of it deflated all the same; every third of many small files is code or text.
        let mut content = vec![0; len];
        if len < MB && index % 3 == 0 {
            let at = index * len % (library.len() - len);
            content.copy_from_slice(&library[at..at + len]);
        } else {
            SysRng.try_fill_bytes(&mut content)?;
        }
        put(
            &format!("assets/{:02}/{index}.bin", index % 50),
            &content,
            if index % 2 == 0 { stored } else { deflated },
        )?;
    }
    out.finish()?;
    setup.inject("dev", &unsigned, &signed).run(1)?;
    let mut from = ZipArchive::new(File::open(&signed)?)?;
    let mut out = ZipWriter::new(File::create(&part)?);
    for index in 0..from.len() {
        let mut entry = from.by_index(index)?;
        let name = entry.name()?.into_owned();
        let method = if name.ends_with(".bin") { entry.compression() } else { CompressionMethod::Deflated };
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        out.start_file(name, deflated.compression_method(method))?;
        out.write_all(&content)?;
    }
    out.finish()?;
    fs::remove_file(signed)?;
    Ok(fs::rename(part, to)?)
}

fn machine_code() -> Result<Vec<u8>> {
    let output = Command::new("rustc").args(["--print", "sysroot"]).output().context("rustc")?;
    let folder = PathBuf::from(String::from_utf8(output.stdout)?.trim()).join("lib");
    let files = fs::read_dir(&folder)?.flatten().map(|entry| entry.path());
    let library = files.max_by_key(|path| fs::metadata(path).map_or(0, |found| found.len()));
    let library = fs::read(library.context("the compiler has no library")?)?;
    ensure!(library.len() > 10 * MB, "the library of the compiler in {} is too small", folder.display());
    Ok(library)
}

/// An image for arm64 iOS with nothing but a header, `__TEXT` over all of `len` bytes, and an empty `__LINKEDIT`.
fn image(code: &[u8], len: usize, kind: u32) -> Vec<u8> {
    let segment = |name: &str, address: u64, memory: u64, offset: u64, size: u64| {
        let mut command = [0x19_u32, 72].map(u32::to_le_bytes).concat();
        command.extend_from_slice(&[name.as_bytes(), &[0; 16][name.len()..]].concat());
        command.extend([address, memory, offset, size].map(u64::to_le_bytes).concat());
        command.extend([5_u32, 5, 0, 0].map(u32::to_le_bytes).concat());
        command
    };
    let end = (len as u64).next_multiple_of(0x4000);
    let commands = [
        segment("__TEXT", 0x1_0000_0000, end, 0, end),
        segment("__LINKEDIT", 0x1_0000_0000 + end, 0x4000, end, 0x4000),
        // LC_BUILD_VERSION: iOS 15 with SDK 17.
        [0x32_u32, 24, 2, 15 << 16, 17 << 16, 0].map(u32::to_le_bytes).concat(),
    ];
    let size: usize = commands.iter().map(Vec::len).sum();
    let header = [0xfeed_facf_u32, 0x0100_000c, 0, kind, 3, u32::try_from(size).unwrap_or(0), 0x85, 0];
    let mut image = [header.map(u32::to_le_bytes).concat(), commands.concat()].concat();
    image.resize(0x4000, 0);
    let all = usize::try_from(end).unwrap_or(len) + 0x4000;
    let pieces = (all - image.len()).div_ceil(PIECE);
    for piece in 0..pieces {
        let at = (code.len() - PIECE) / pieces * piece;
        image.extend_from_slice(&code[at..at + PIECE.min(all - image.len())]);
    }
    image
}
