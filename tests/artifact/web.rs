//! What belongs to a script that changes: its source map, digests of it, the service worker's table, compressed copies.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use inject::artifact::files::{Changes, Files};
use inject::artifact::web::{Old, WebError, keep_in_step};
use inject::format::base64;
use inject::format::compressed::Encoding;
use inject::format::source_map::{Shift, shifted};
use inject::verify::{Report, site};
use sha1::Digest;

use super::{Memory, memory};

const OLD: &str = "0123456789abcdef-old";

fn sri(content: &[u8]) -> String {
    format!("sha384-{}", base64::encode(&sha2::Sha384::digest(content)))
}

fn sha1_hex(content: &[u8]) -> String {
    sha1::Sha1::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::GzBuilder::new().filename("main.js").mtime(1_700_000_000).operating_system(3);
    gzip = gzip.comment("c");
    let mut writer = gzip.write(Vec::new(), flate2::Compression::fast());
    writer.write_all(content).unwrap();
    writer.finish().unwrap()
}

fn script(id: &str) -> String {
    format!("var a=1;\nconst é={{ID:\"{id}\",b:2}},c={{ID:'{id}'}};f()\n//# sourceMappingURL=main.js.map\n")
}

/// A site as `ng build` leaves it, with everything on.
fn site() -> Memory {
    let main = script(OLD);
    let runtime = format!("load('main.js','{}');", sri(main.as_bytes()));
    let index = format!(
        "<!doctype html><link rel=stylesheet href=s.css integrity=\"{}\"><script src=\"/runtime.js\" integrity=\"{}\"></script>",
        sri(b"p{}"),
        sri(runtime.as_bytes())
    );
    // Segments of the second line: 0, 12 (the first value), 34 (behind it), 70 (behind the second).
    let mappings = "AAAA;AACA,YACA,sBAAA,oCAAA;".to_owned();
    let map = serde_json::json!({
        "version": 3, "sources": ["env.ts", "main.ts"], "mappings": mappings,
        "sourcesContent": [format!("export const env = {{ ID: '{OLD}' }};\n"), null],
    });
    let worker = serde_json::json!({
        "configVersion": 1, "index": "/app/index.html",
        "hashTable": {
            "/app/index.html": sha1_hex(index.as_bytes()),
            "/app/main.js": sha1_hex(main.as_bytes()),
            "/app/runtime.js": sha1_hex(runtime.as_bytes()),
            "/app/s.css": sha1_hex(b"p{}"),
        },
    });
    let brotli = Encoding::Brotli.encode(main.as_bytes(), b"").unwrap();
    memory([
        ("main.js", main.as_bytes()),
        ("main.js.gz", &gzip(main.as_bytes())),
        ("main.js.br", &brotli),
        ("main.js.map", map.to_string().as_bytes()),
        ("runtime.js", runtime.as_bytes()),
        ("index.html", index.as_bytes()),
        ("index.html.gz", &gzip(index.as_bytes())),
        ("ngsw.json", worker.to_string().as_bytes()),
        ("s.css", b"p{}"),
    ])
}

fn changed(files: &Memory, new: &str) -> Result<(Memory, Vec<String>), WebError> {
    let mut changes = Changes::default();
    let script = String::from_utf8(files.0["main.js"].clone()).unwrap();
    let old = script.split("ID:\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    changes.contents.insert("main.js".to_owned(), script.replace(&old, new).into_bytes());
    changes.contents.retain(|name, content| files.0[name] != *content);
    let pair = (old.into(), new.to_owned().into());
    let places: Old = BTreeMap::from([("main.js".to_owned(), vec![pair])]);
    let warnings = keep_in_step(files, &places, &mut changes)?;
    let mut after = files.clone();
    after.0.extend(changes.contents);
    Ok((after, warnings))
}

fn findings(files: &dyn Files) -> Vec<String> {
    let mut report = Report::default();
    site::files(&mut report, files);
    report.findings.into_iter().map(|finding| format!("{} {}", finding.code, finding.place)).collect()
}

#[test]
fn everything_that_belongs_to_a_script_follows_it() {
    let before = site();
    assert_eq!(findings(&before), [] as [&str; 0]);
    let (after, warnings) = changed(&before, "new").unwrap();
    assert_eq!(warnings, [] as [&str; 0]);
    let main = script("new").into_bytes();
    assert_eq!(after.0["main.js"], main);
    let text = |name: &str| String::from_utf8(after.0[name].clone()).unwrap();
    assert!(text("runtime.js").contains(&sri(&main)));
    assert!(text("index.html").contains(&sri(&after.0["runtime.js"])) && text("index.html").contains(&sri(b"p{}")));
    assert_eq!(findings(&after), [] as [&str; 0]);
    // Judged once more by other means.
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(after.0["main.js.gz"].as_slice()).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, main);
    let decoder = flate2::read::GzDecoder::new(after.0["main.js.gz"].as_slice());
    let header = decoder.header().unwrap();
    assert_eq!((header.filename(), header.mtime()), (Some(&b"main.js"[..]), 1_700_000_000));
    assert_eq!((header.comment(), header.operating_system()), (Some(&b"c"[..]), 3));
    let worker: serde_json::Value = serde_json::from_slice(&after.0["ngsw.json"]).unwrap();
    for name in ["index.html", "main.js", "runtime.js", "s.css"] {
        assert_eq!(worker["hashTable"][format!("/app/{name}")], sha1_hex(&after.0[name]), "{name}");
    }
    for (name, content) in &after.0 {
        assert!(!content.windows(OLD.len()).any(|window| window == OLD.as_bytes()), "{name}");
    }
    // Back again: the bytes that this program made for the first value.
    let first = changed(&after, "a value that is longer").unwrap().0;
    let back = changed(&changed(&first, "the other value").unwrap().0, "a value that is longer").unwrap().0;
    assert!(back.0 == first.0);
}

#[test]
fn columns_of_a_source_map_move_behind_the_values() {
    // 17 units less at each of two values: é is one unit, and two bytes.
    let (after, _) = changed(&site(), "new").unwrap();
    let map: serde_json::Value = serde_json::from_slice(&after.0["main.js.map"]).unwrap();
    assert_eq!(columns(map["mappings"].as_str().unwrap(), 1), [0, 12, 34 - 17, 70 - 34]);
    assert_eq!(map["sourcesContent"][0], "export const env = { ID: 'new' };\n");
    assert_eq!(map["sourcesContent"][1], serde_json::Value::Null);
    let shift = |line, end, by| Shift { line, end, by };
    assert_eq!(shifted("AAAA,IAAI;EAAC", &[]).unwrap(), "AAAA,IAAI;EAAC");
    assert_eq!(shifted("AAAA,IAAI;EAAC", &[shift(1, 2, 100)]).unwrap(), "AAAA,IAAI;sGAAC");
    assert_eq!(shifted("AAAA,IAAI,IAAI", &[shift(0, 5, -1)]).unwrap(), "AAAA,IAAI,GAAI");
    assert!(shifted("AAAA,!", &[shift(0, 0, 1)]).is_err());
    assert!(shifted("ggggggggggggggggg", &[shift(0, 0, 1)]).is_err());
    assert!(shifted("", &[shift(0, 0, 1)]).is_ok());
}

/// Generated columns of a line, decoded by other code than ours.
fn columns(mappings: &str, line: usize) -> Vec<i64> {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut column = 0;
    let segments = mappings.split(';').nth(line).unwrap().split(',');
    segments
        .map(|segment| {
            let (mut value, mut weight) = (0, 1);
            for digit in segment.chars() {
                let digit = i64::try_from(alphabet.find(digit).unwrap()).unwrap();
                value += digit % 32 * weight;
                weight *= 32;
                if digit < 32 {
                    break;
                }
            }
            column += if value % 2 == 1 { -(value / 2) } else { value / 2 };
            column
        })
        .collect()
}

#[test]
fn a_map_that_cannot_be_corrected_is_said_and_stops_nothing() {
    let mut files = site();
    files.0.insert("main.js.map".to_owned(), br#"{"version":3,"sections":[]}"#.to_vec());
    let (after, warnings) = changed(&files, "new").unwrap();
    assert_eq!(after.0["main.js.map"], files.0["main.js.map"]);
    assert!(warnings[0].contains("main.js.map no longer describes main.js"), "{warnings:?}");
    let inline = script(OLD).replace("=main.js.map", "=data:application/json;base64,e30=");
    files.0.insert("main.js".to_owned(), inline.into_bytes());
    let (_, warnings) = changed(&files, "new").unwrap();
    assert!(warnings[0].contains("carries its source map in itself"), "{warnings:?}");
}

#[test]
fn a_table_with_a_mark_is_kept_in_step_and_one_that_is_none_is_said() {
    let mut files = site();
    let marked = [&[0xef, 0xbb, 0xbf], files.0["ngsw.json"].as_slice()].concat();
    files.0.insert("ngsw.json".to_owned(), marked);
    let (after, warnings) = changed(&files, "new").unwrap();
    assert_eq!(warnings, [] as [&str; 0]);
    let text = String::from_utf8(after.0["ngsw.json"].clone()).unwrap();
    assert!(text.starts_with('\u{feff}') && text.contains(&sha1_hex(&after.0["main.js"])), "{text}");
    assert_eq!(findings(&after), [] as [&str; 0], "who verifies reads it too");
    files.0.insert("ngsw.json".to_owned(), b"none".to_vec());
    let (_, warnings) = changed(&files, "new").unwrap();
    assert!(warnings[0].starts_with("ngsw.json is not read"), "{warnings:?}");
}

#[test]
fn stale_copies_are_made_again_even_where_the_script_is_right() {
    let mut files = site();
    files.0.insert("main.js.gz".to_owned(), gzip(b"stale"));
    assert_eq!(findings(&files), ["site.copy main.js.gz"]);
    let (after, _) = changed(&files, OLD).unwrap();
    assert_eq!(findings(&after), [] as [&str; 0]);
    assert_eq!(after.0["main.js.br"], files.0["main.js.br"], "a copy that is right stays");
}

#[test]
fn a_copy_that_cannot_be_made_is_refused() {
    let mut files = site();
    files.0.insert("main.js.zst".to_owned(), b"x".to_vec());
    assert!(matches!(changed(&files, "new"), Err(WebError::Unmakeable { .. })));
    assert!(changed(&files, OLD).is_ok());
    files.0.remove("main.js.zst");
    files.0.insert("main.js.gz".to_owned(), b"no gzip".to_vec());
    let error = changed(&files, "new").unwrap_err().to_string();
    assert!(error.starts_with("main.js.gz: not valid gzip data"), "{error}");
}

#[test]
fn what_does_not_fit_is_found() {
    let mut files = site();
    files.0.insert("s.css".to_owned(), b"p{color:red}".to_vec());
    assert_eq!(findings(&files), ["site.integrity s.css", "site.worker s.css"]);
    files.0.insert("main.js".to_owned(), b"other()".to_vec());
    let found = findings(&files);
    for expected in ["site.copy main.js.gz", "site.copy main.js.br", "site.worker main.js"] {
        assert!(found.iter().any(|finding| finding == expected), "{expected}: {found:?}");
    }
}
