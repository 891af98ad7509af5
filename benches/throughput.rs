//! `cargo bench`: how fast the parts are that the size of a package or of its directory decides about.
//!
//! No thresholds: `cargo xtask bench` compares whole jobs with other programs. These numbers say where to look.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a program that prints measurements"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::{Cursor, Write as _};
use std::time::{Duration, Instant};

use inject::format::arsc::{self, StringEdit, Table, Value};
use inject::format::sha256;
use inject::format::zip::{Alignment, Archive, Change, Rewrite};
use inject::sign::android::{ContentDigest, ContentHasher};
use inject::verify;
use inject::verify::leak::{Foreign, Hunt};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const ROUNDS: usize = 9;
const ENTRIES: usize = 10_000;
const BYTES: usize = 64 * 1024 * 1024;

fn main() {
    content_digest();
    let archive = many_entries();
    measure("open an archive of 10 000 entries", None, || Archive::open(archive.as_slice()).unwrap().data_end());
    let opened = Archive::open(archive.as_slice()).unwrap();
    // The first entry grows, so that everything behind it moves and is aligned again.
    let grown = Change::Replace(vec![7; 301]);
    let rewrite = Rewrite { changes: [(0, grown)].into(), alignment: Some(Alignment::ANDROID), ..Rewrite::default() };
    measure("lay out an archive of 10 000 entries", None, || opened.layout(&rewrite).unwrap().payload_len);
    measure("judge the container of 10 000 entries", None, || {
        verify::android::container_of(&opened, None).findings.len()
    });
    table();
    search();
}

/// What looking for 200 credentials costs, beside reading and inflating what they are looked for in.
fn search() {
    let package = package();
    let archive = Archive::open(package.as_slice()).unwrap();
    let read = || (0..archive.entries().len()).map(|index| archive.read(index).unwrap().len()).sum::<usize>();
    let bytes = read();
    measure("read and inflate a package", Some(bytes), read);
    let foreign: Vec<Foreign> = (0..200u64)
        .map(|number| {
            let words = (1..5u64).map(|word| (number * 4 + word).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let value = words.map(|word| format!("{word:016X}")).collect::<String>();
            Foreign::new("", value)
        })
        .collect();
    measure("look for 200 credentials in it, inflating included", Some(bytes), || {
        let mut report = verify::Report::default();
        Hunt::new(&foreign, &[]).archive(&mut report, package.as_slice());
        assert!(report.is_sound());
    });
}

/// The demo's code and tables again and again, each time a little different, half of them deflated.
fn package() -> Vec<u8> {
    let apk = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/demo.apk")).unwrap();
    let archive = Archive::open(apk.as_slice()).unwrap();
    let contents: Vec<Vec<u8>> = (0..archive.entries().len()).map(|index| archive.read(index).unwrap()).collect();
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let mut written = 0;
    for round in 0u32.. {
        let method = if round % 2 == 0 { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        for (index, content) in contents.iter().enumerate() {
            let options = SimpleFileOptions::default().compression_method(method);
            writer.start_file(format!("assets/{round}/{index}"), options).unwrap();
            let mut content = content.clone();
            for (at, byte) in (0u32..).zip(&mut content).step_by(61) {
                *byte ^= (at ^ round).wrapping_mul(2_654_435_761).to_be_bytes()[0];
            }
            writer.write_all(&content).unwrap();
            written += content.len();
        }
        if written >= BYTES || round == 60_000 / u32::try_from(contents.len()).unwrap() {
            break;
        }
    }
    writer.finish().unwrap().into_inner()
}

fn content_digest() {
    let data: Vec<u8> = (0u32..).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).take(BYTES).collect();
    let (one, two) = data.split_at(BYTES / 2);
    measure("SHA-256, two messages at once", Some(BYTES), || {
        let mut hasher = sha256::Two::new(&[0xa5]);
        hasher.update([one, two]);
        hasher.finish()
    });
    for (name, kind) in [("SHA-256", ContentDigest::ChunkedSha256), ("SHA-512", ContentDigest::ChunkedSha512)] {
        measure(&format!("content digest, {name}"), Some(BYTES), || {
            let mut hasher = ContentHasher::new(&[kind]);
            hasher.section(BYTES as u64);
            hasher.update(&data);
            hasher.finish().unwrap()
        });
    }
}

/// Half stored, half deflated, as small as most entries are.
fn many_entries() -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..ENTRIES {
        let method = if index % 2 == 0 { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        let options = SimpleFileOptions::default().compression_method(method);
        writer.start_file(format!("res/drawable/entry_{index:05}.png"), options).unwrap();
        let mut content = String::new();
        for line in 0..10 {
            writeln!(content, "{index}:{line}").unwrap();
        }
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The demo's table: one string of it, changed.
fn table() {
    let apk = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/demo.apk")).unwrap();
    let archive = Archive::open(apk.as_slice()).unwrap();
    let table = archive.read(archive.find(b"resources.arsc").unwrap()).unwrap();
    let parsed = Table::parse(&table).unwrap();
    let plain = |name: &String| {
        let found = parsed.find("string", name).unwrap();
        !found.is_empty() && found.iter().all(|one| matches!(one.value, Value::String(_)))
    };
    let name = parsed.string_names().unwrap().into_iter().find(plain).unwrap();
    let edits = [StringEdit { name, config: None, value: "0123456789abcdef0123456789abcdef".into() }];
    measure("edit the demo's resource table", Some(table.len()), || arsc::edit(&table, &edits, false).unwrap());
}

/// Prints the least and the median time, and the throughput of the median.
#[allow(clippy::cast_precision_loss, reason = "for people")]
fn measure<T>(what: &str, bytes: Option<usize>, mut run: impl FnMut() -> T) {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            black_box(run());
            start.elapsed()
        })
        .collect();
    times.sort();
    let (least, median) = (times[0], times[ROUNDS / 2]);
    let rate =
        bytes.map_or_else(String::new, |bytes| format!(", {:.0} MB/s", bytes as f64 / 1e6 / median.as_secs_f64()));
    println!("{what}: {median:.2?} (least {least:.2?}){rate}");
}
