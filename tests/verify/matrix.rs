//! Every kind of artifact, every place in it, every form of a value: the search finds it, and names the place.

use std::fs;
use std::path::{Path, PathBuf};

use inject::format::zip::{METHOD_DEFLATED, METHOD_STORED};
use inject::pipeline::job::Inspected;
use inject::verify::Report;
use inject::verify::forms::Form;
use inject::verify::leak::Foreign;

use super::leak::{SECRETS, planted};
use crate::format::build::arsc::{Body, Layout, Pool, package, pool, strings, table};
use crate::format::build::axml::manifest;
use crate::format::build::dex;
use crate::format::build::zip::{Item, Zip};
use crate::pipeline::apple;

/// Puts a value into an artifact in a folder, which it returns.
type Make = Box<dyn Fn(&Path, &[u8]) -> PathBuf>;

/// A place: kind of artifact, what a finding calls it, whether it takes text alone.
struct Case {
    kind: &'static str,
    place: &'static str,
    text: bool,
    make: Make,
}

fn case(kind: &'static str, place: &'static str, make: impl Fn(&Path, &[u8]) -> PathBuf + 'static) -> Case {
    Case { kind, place, text: false, make: Box::new(make) }
}

/// A place that takes text alone.
fn text(kind: &'static str, place: &'static str, make: impl Fn(&Path, &str) -> PathBuf + 'static) -> Case {
    let make = move |folder: &Path, value: &[u8]| make(folder, std::str::from_utf8(value).unwrap());
    Case { kind, place, text: true, make: Box::new(make) }
}

fn wrapped(value: &[u8]) -> Vec<u8> {
    [b"{\"some\": \"", value, b"\", \"more\": 1}"].concat()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gzip, content).unwrap();
    gzip.finish().unwrap()
}

fn arsc(values: &Pool) -> Vec<u8> {
    let entries = [Some((0, Body::String(0)))];
    table(values, &[package(&["string"], &["name"], vec![strings(Layout::Dense, "", &entries)])])
}

/// A package of a manifest, a table and this.
fn package_of(folder: &Path, edit: impl FnOnce(&mut Zip)) -> PathBuf {
    let mut zip = Zip::of([
        Item::new("AndroidManifest.xml", METHOD_DEFLATED, &manifest(true, true, &[])),
        Item::new("resources.arsc", METHOD_STORED, &arsc(&pool(&["clean"]))),
    ]);
    edit(&mut zip);
    let path = folder.join("app.apk");
    fs::write(&path, zip.build()).unwrap();
    path
}

fn with_entry(folder: &Path, name: &str, method: u16, content: &[u8]) -> PathBuf {
    package_of(folder, |zip| zip.items.push(Item::new(name, method, content)))
}

/// An APK Signing Block with one pair that nobody knows, where the directory follows.
fn signing_block(value: &[u8]) -> Vec<u8> {
    let pair = [&(value.len() as u64 + 4).to_le_bytes()[..], &0x7777_7777_u32.to_le_bytes(), value].concat();
    let size = (pair.len() as u64 + 24).to_le_bytes();
    [&size[..], &pair, &size, b"APK Sig Block 42"].concat()
}

fn packages() -> Vec<Case> {
    const OUTSIDE: &str = "outside every content";
    vec![
        case("apk", "assets/a.bin", |folder, value| with_entry(folder, "assets/a.bin", METHOD_STORED, value)),
        case("apk", "assets/a.json", |folder, value| {
            with_entry(folder, "assets/a.json", METHOD_DEFLATED, &wrapped(value))
        }),
        case("apk", "assets/a.gxsd!/b/c.txt", |folder, value| {
            let inner = Zip::of([Item::new("b/c.txt", METHOD_DEFLATED, value)]).build();
            with_entry(folder, "assets/a.gxsd", METHOD_DEFLATED, &inner)
        }),
        case("apk", "assets/a.js.gz (unpacked)", |folder, value| {
            with_entry(folder, "assets/a.js.gz", METHOD_STORED, &gzip(&wrapped(value)))
        }),
        case("apk", OUTSIDE, |folder, value| package_of(folder, |zip| zip.items[1].gap = value.to_vec())),
        case("apk", OUTSIDE, |folder, value| package_of(folder, |zip| zip.tail = value.to_vec())),
        case("apk", "signing-block/0x77777777", |folder, value| {
            package_of(folder, |zip| zip.tail = signing_block(value))
        }),
        case("apk", OUTSIDE, |folder, value| package_of(folder, |zip| zip.comment = value.to_vec())),
        case("apk", OUTSIDE, |folder, value| {
            let field = [&0x7777_u16.to_le_bytes(), &u16::try_from(value.len()).unwrap().to_le_bytes()[..], value];
            package_of(folder, |zip| zip.items[0].local_extra = field.concat())
        }),
        text("apk", "resources.arsc", |folder, value| {
            package_of(folder, |zip| zip.items[1].content = arsc(&pool(&[value])))
        }),
        text("apk", "resources.arsc", |folder, value| {
            package_of(folder, |zip| zip.items[1].content = arsc(&Pool { utf16: true, ..pool(&["x", value]) }))
        }),
        text("apk", "AndroidManifest.xml", |folder, value| {
            let meta = manifest(true, true, &[("key", Some(value))]);
            package_of(folder, |zip| zip.items[0].content = meta)
        }),
        text("apk", "AndroidManifest.xml", |folder, value| {
            let meta = manifest(false, true, &[("key", Some(value))]);
            package_of(folder, |zip| zip.items[0].content = meta)
        }),
        text("apk", "classes.dex", |folder, value| {
            let method = dex::Method { ops: vec![dex::Op::Const(0)], ..dex::Method::default() };
            let file = dex::File { fillers: 3, constants: vec![value.to_owned()], methods: vec![method] };
            with_entry(folder, "classes.dex", METHOD_DEFLATED, &dex::file(&file))
        }),
    ]
}

fn with_file(name: &str, content: Vec<u8>) -> apple::Files {
    let mut files = apple::app();
    files.insert(name.to_owned(), content);
    files
}

/// Property lists as another implementation writes them.
fn info(value: &str, binary: bool) -> Vec<u8> {
    let mut list = plist::Dictionary::new();
    for (key, value) in [
        ("CFBundleIdentifier", "com.example.notes"),
        ("CFBundleExecutable", "Notes"),
        ("Other", value),
        ("\u{e9}", "\u{e9}"),
    ] {
        list.insert(key.to_owned(), plist::Value::String(value.to_owned()));
    }
    let (list, mut out) = (plist::Value::Dictionary(list), Vec::new());
    let written = if binary { list.to_writer_binary(&mut out) } else { list.to_writer_xml(&mut out) };
    written.unwrap();
    out
}

/// The same files as an IPA, as an app in a folder, and in an archive of Xcode.
fn apps() -> Vec<Case> {
    type Files = fn(&[u8]) -> apple::Files;
    let any: [(&str, Files); 5] = [
        ("config.json", |value| with_file("config.json", wrapped(value))),
        ("data.bin", |value| with_file("data.bin", value.to_vec())),
        ("PlugIns/Widget.appex/a.txt", |value| with_file("PlugIns/Widget.appex/a.txt", value.to_vec())),
        ("Metadata.gxsd!/a.json", |value| {
            let inner = Zip::of([Item::new("a.json", METHOD_DEFLATED, value)]).build();
            with_file("Metadata.gxsd", inner)
        }),
        ("Frameworks/libloose.dylib", |value| {
            let mut files = apple::app();
            // Somewhere in the code: a constant.
            let library = files.get_mut("Frameworks/libloose.dylib").unwrap();
            let middle = library.len() / 2;
            library.splice(middle..middle, value.iter().copied());
            files
        }),
    ];
    let texts: [(&str, Files); 3] = [
        ("Info.plist", |value| with_file("Info.plist", info(std::str::from_utf8(value).unwrap(), false))),
        ("Info.plist", |value| with_file("Info.plist", info(std::str::from_utf8(value).unwrap(), true))),
        ("de.lproj/InfoPlist.strings", |value| {
            let text = format!("\"a\" = \"{}\";\n", std::str::from_utf8(value).unwrap());
            with_file("de.lproj/InfoPlist.strings", text.encode_utf16().flat_map(u16::to_be_bytes).collect())
        }),
    ];
    let mut cases = Vec::new();
    for (all, text) in [(&any[..], false), (&texts[..], true)] {
        for (place, files) in all.iter().copied() {
            let mut add = |kind, make: Make| cases.push(Case { kind, place, text, make });
            add("ipa", Box::new(move |folder, value| apple::ipa(folder, &files(value))));
            add("app", Box::new(move |folder, value| apple::write(folder, &files(value))));
            let archive: Make = Box::new(move |folder, value| {
                let archive = folder.join("Notes.xcarchive");
                let applications = archive.join("Products/Applications");
                fs::create_dir_all(&applications).unwrap();
                fs::rename(apple::write(folder, &files(value)), applications.join("Notes.app")).unwrap();
                archive
            });
            add("xcarchive", archive);
        }
    }
    cases
}

fn folder_of(folder: &Path, files: &[(&str, &[u8])]) -> PathBuf {
    let root = folder.join("site");
    for (name, content) in [("index.html", &b"<html></html>"[..])].iter().chain(files) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    root
}

fn folders() -> Vec<Case> {
    vec![
        case("folder", "gx.json", |folder, value| folder_of(folder, &[("gx.json", &wrapped(value))])),
        case("folder", "a/b/main.js", |folder, value| folder_of(folder, &[("a/b/main.js", &wrapped(value))])),
        case("folder", "m.gxsd!/x.json", |folder, value| {
            let inner = Zip::of([Item::new("x.json", METHOD_DEFLATED, value)]).build();
            folder_of(folder, &[("m.gxsd", &inner)])
        }),
        case("folder", "main.js.gz (unpacked)", |folder, value| {
            folder_of(folder, &[("main.js.gz", &gzip(&wrapped(value)))])
        }),
        case("folder", "main.js.br (unpacked)", |folder, value| {
            let mut brotli = Vec::new();
            let mut content = &wrapped(value)[..];
            brotli::BrotliCompress(&mut content, &mut brotli, &brotli::enc::BrotliEncoderParams::default()).unwrap();
            folder_of(folder, &[("main.js.br", &brotli)])
        }),
    ]
}

/// Places with a finding about another environment's value.
fn named(path: &Path, foreign: &[Foreign]) -> Vec<String> {
    let mut report = Report::default();
    Inspected::new(path).unwrap().verify_content(&mut report, &[], foreign);
    let leaks = report.findings.into_iter().filter(|finding| finding.code.as_str() == "leak.foreign");
    leaks.map(|finding| finding.place).collect()
}

#[test]
fn every_form_in_every_place_of_every_kind_is_found_and_named() {
    let secret = SECRETS[0];
    let foreign = [Foreign::new("the secret".to_owned(), secret.to_owned())];
    let mut forms = planted(secret);
    forms.push((Form::Case, secret.to_lowercase().into_bytes()));
    let raw = (0..32).map(|at| u8::from_str_radix(&secret[at * 2..at * 2 + 2], 16).unwrap());
    forms.push((Form::Raw, raw.collect()));
    let mut looked = 0;
    for Case { kind, place, text, make } in packages().into_iter().chain(apps()).chain(folders()) {
        let folder = tempfile::tempdir().unwrap();
        let clean = named(&make(folder.path(), b"nothing of the kind"), &foreign);
        assert_eq!(clean, [] as [&str; 0], "{kind}, {place}");
        for (form, bytes) in &forms {
            // XML has no control characters, and a text is UTF-8.
            let is_text = std::str::from_utf8(bytes).is_ok_and(|text| !text.contains(|c: char| c.is_control()));
            // Markup and quotes are written otherwise in property lists, which is what `Entities` and `Escaped` are.
            let is_plain = !matches!(form, Form::Entities | Form::Half);
            if text && !(is_text && (is_plain || kind == "apk")) {
                continue;
            }
            let folder = tempfile::tempdir().unwrap();
            let found = named(&make(folder.path(), bytes), &foreign);
            // What hardly compresses may lie in the packed file as it is, which is a find of its own.
            let (file, _) = place.split_once(" (unpacked)").unwrap_or((place, ""));
            let named = found.iter().any(|found| found.contains(place));
            assert!(named && found.iter().all(|found| found.contains(file)), "{kind}, {place}, {form:?}: {found:?}");
            looked += 1;
        }
    }
    assert!(looked > 900, "{looked}");
}
