//! What each target begins with: files of `testdata`, what is in them, and small texts.
//!
//! Must not: fetch anything, or hold anything but our own fixtures.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use inject::format::code_signature::SuperBlob;
use inject::format::macho::MachO;
use inject::format::zip::{Archive, deflate};
use inject::sign::apple::{Code, Signer, sign};

/// The seeds of a target.
pub fn of(root: &Path, target: &str) -> Result<Vec<Vec<u8>>> {
    let data = root.join("testdata");
    let files = |below: &str, extensions: &[&str]| files(&data.join(below), extensions);
    let seeds = match target {
        "package" | "archive" => vec![fs::read(data.join("demo.apk"))?, zip(&[("a.json", b"{}"), ("b", b"bb")])?],
        "aapt" => in_package(&data.join("demo.aab"), |name| {
            name.ends_with("/resources.pb")
                || name.contains("/manifest/")
                || name.contains("/res/") && name.ends_with(".xml")
        })?,
        "arsc" => in_demo(&data, |name| name == "resources.arsc")?,
        "axml" => in_demo(&data, |name| name.ends_with(".xml"))?,
        "dex" => [files("dex", &["dex"])?, in_demo(&data, |name| name.ends_with(".dex"))?].concat(),
        "certificate" => files("keys", &["der"])?,
        "keystore" => files("keys", &["p12", "jks", "jceks", "pem", "der"])?,
        "lineage" => files("keys", &["lineage"])?,
        "macho" | "signing" => [files("apple/macho", &[""])?, signed(&data)?].concat(),
        "code_signature" => signatures(&signed(&data)?),
        "documents" => [files("apple/keys", &["mobileprovision"])?, texts(&[SEAL, ENTITLEMENTS])].concat(),
        "inflate" => {
            let mut streams: Vec<Vec<u8>> = in_demo(&data, |_| true)?.iter().map(|content| deflate(content)).collect();
            streams.push(deflate(&fs::read(data.join("apple/macho/macos-arm64"))?));
            streams
        }
        "text" | "metamorphic" | "differential" => {
            [texts(&TEXTS), files("demo", &["xml", "json", "properties"])?, files("dex", &["dex"])?].concat()
        }
        "javascript" => texts(&SCRIPTS),
        "site" => [texts(&SITE), texts(&SCRIPTS)].concat(),
        "project" => texts(&PROJECTS),
        "credential" | "genexus" => texts(&ANSWERS),
        "address" => {
            let presets = crate::fuzz::seeds::files(&root.join("src/placement/presets"), &["toml"])?;
            let lines = presets.iter().flat_map(|preset| preset.split(|byte| *byte == b'"').skip(1).step_by(2));
            lines.filter(|text| text.contains(&b'/')).map(<[u8]>::to_vec).chain(texts(&ADDRESSES)).collect()
        }
        "config" => texts(&CONFIGS),
        // They make their input themselves.
        "archive_edit" | "journal" | "keystores" | "nested" | "receipt" | "splice" => {
            (1..9_u8).map(|seed| (0..80_u8).map(|at| at.wrapping_mul(seed * 29 + 2) ^ seed).collect()).collect()
        }
        _ => Vec::new(),
    };
    ensure!(!seeds.is_empty(), "no seeds; say in xtask/src/fuzz/seeds.rs where they come from");
    Ok(seeds)
}

fn texts(all: &[&str]) -> Vec<Vec<u8>> {
    all.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// Every file below a folder with one of these extensions, by path.
fn files(folder: &Path, extensions: &[&str]) -> Result<Vec<Vec<u8>>> {
    let mut paths: Vec<PathBuf> = walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_map(|entry| Some(entry.ok()?.into_path()))
        .filter(|path| path.is_file())
        .filter(|path| extensions.contains(&&*path.extension().unwrap_or_default().to_string_lossy()))
        .collect();
    paths.sort();
    Ok(paths.into_iter().map(fs::read).collect::<Result<_, _>>()?)
}

/// Contents of the demo.
fn in_demo(data: &Path, accepts: impl Fn(&str) -> bool) -> Result<Vec<Vec<u8>>> {
    in_package(&data.join("demo.apk"), accepts)
}

fn in_package(path: &Path, accepts: impl Fn(&str) -> bool) -> Result<Vec<Vec<u8>>> {
    let package = fs::read(path)?;
    let archive = Archive::open(package.as_slice())?;
    let names = archive.entries().iter().map(inject::format::zip::Entry::display_name).enumerate();
    Ok(names.filter(|(_, name)| accepts(name)).map(|(index, _)| archive.read(index)).collect::<Result<_, _>>()?)
}

fn zip(entries: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    use std::io::Write as _;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer.start_file(*name, zip::write::SimpleFileOptions::default())?;
        writer.write_all(content)?;
    }
    Ok(writer.finish()?.into_inner())
}

/// Images that are signed by nobody.
fn signed(data: &Path) -> Result<Vec<Vec<u8>>> {
    let code = Code {
        identifier: "com.example.fuzz",
        renamed: false,
        info: None,
        resources: None,
        entitlements: Some(ENTITLEMENTS.as_bytes()),
    };
    let images = files(&data.join("apple/macho"), &[""])?;
    images.iter().map(|image| Ok(sign(image, &code, &Signer::ad_hoc())?.bytes)).collect()
}

fn signatures(images: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for image in images {
        let Ok(file) = MachO::parse(image) else { continue };
        let found = file.slices.iter().filter_map(|slice| slice.signature_bytes(image));
        all.extend(found.filter(|bytes| SuperBlob::parse(bytes).is_ok()).map(<[u8]>::to_vec));
    }
    all
}

const ENTITLEMENTS: &str = "<plist version=\"1.0\"><dict><key>get-task-allow</key><true/><key>application-identifier</key>\
                            <string>TEAM123456.com.example.fuzz</string></dict></plist>";
const SEAL: &str = "<plist version=\"1.0\"><dict><key>files</key><dict><key>a</key><data>2jmj7l5rSw0yVb/vlWAYkK/YBwk=</data></dict>\
                    <key>files2</key><dict><key>a</key><dict><key>hash2</key><data>AAAA</data></dict></dict><key>rules</key><dict>\
                    <key>^.*</key><true/></dict><key>rules2</key><dict><key>^.*</key><true/><key>^Info\\.plist$</key><dict>\
                    <key>omit</key><true/><key>weight</key><real>20</real></dict></dict></dict></plist>";

/// What has the places that the bodies look for.
const TEXTS: [&str; 8] = [
    "{\"a\": [{\"b\": \"x\", \"c\": 1.5e3}, null], \"d\": {\"a\": true}}",
    "{\"a\": \"x\\u0041\\n\", \"a\": \"twice\"}",
    "<?xml version=\"1.0\"?>\n<a b='x &amp; y'>\n  <b>one</b><b><![CDATA[two]]></b><!-- c -->\n</a>",
    "<plist version=\"1.0\"><dict><key>a</key><string>x</string><key>n</key><integer>7</integer><key>r</key><real>1.5</real>\
     <key>d</key><date>2020-01-02T03:04:05Z</date><key>l</key><array><true/><data>AAEC</data></array></dict></plist>",
    "<plist><array><dict><key>b</key><string>x</string></dict></array></plist>",
    "\"a\" = \"x\";\n/* c */\nb = y;\n",
    "# c\na = x\\\n  y\nb:z\n\\u0061=1\n",
    "<a><b>&#x41;</b><b/></a>",
];

const SCRIPTS: [&str; 6] = [
    "var a={NAME:\"x\"};",
    "const s = { NAME: 'x', b: `y` }; s.NAME = \"z\" || 'w';",
    "export default class { static NAME = 'x'; get NAME() { return \"y\" } }",
    "(()=>{var e=\"x\";const t={NAME:e,other:e};return t})();",
    "a.NAME ??= c ? \"x\" : 'y'; /* NAME: \"z\" */ var r = /NAME:\"[/]/g;",
    "Object.defineProperty(a, \"NAME\", { value: \"x\" });",
];

const SITE: [&str; 5] = [
    "<html><script src=\"main.js\" integrity=\"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\"></script></html>",
    "{\"version\":3,\"sources\":[\"a.ts\"],\"mappings\":\"AAAA,CAAC;EACA\",\"names\":[]}",
    "{\"index\":\"/index.html\",\"hashTable\":{\"/main.js\":\"da39a3ee5e6b4b0d3255bfef95601890afd80709\"}}",
    "{\"version\":3,\"sections\":[{\"offset\":{\"line\":0,\"column\":3},\"map\":{\"mappings\":\"A\"}}]}",
    "old value, and the old value again",
];

const PROJECTS: [&str; 3] = [
    "plugins { id 'com.android.application' }\nandroid {\n  namespace \"com.example\"\n  defaultConfig { applicationId = 'com.example.app' }\n\
     buildTypes { release { minifyEnabled true } }\n}\n",
    "val a by extra(\"x\")\nandroid { flavorDimensions += listOf(\"env\"); productFlavors { create(\"dev\") { applicationIdSuffix = \".dev\" } } }",
    "// !$*UTF8*$!\n{ archiveVersion = 1; objects = { 00AA = { isa = PBXProject; name = \"a b\"; list = (x, \"y\", <00ff>); }; }; }",
];

const ANSWERS: [&str; 6] = [
    "{\"client_id\":\"0f3c9a\",\"client_secret\":\"s3cret-value\",\"registration_access_token\":\"t\",\"registration_client_uri\":\"https://host.example/r\"}",
    "{\"error\":\"invalid_client_metadata\",\"error_description\":\"no\"}",
    "{\"issuer\":\"https://host.example\",\"registration_endpoint\":\"https://host.example/register\",\"token_endpoint\":\"https://host.example/token\"}",
    "grant_type=client_credentials&client_id=a%20b&client_secret=c%2B",
    "postgres://user@host.example:5432/name?sslmode=require",
    "{\"Applications\":[{\"Name\":\"Notes\",\"ClientId\":\"0f3c9a\",\"ClientSecret\":\"s3cret-value\"}],\"Success\":true,\"Errors\":[]}",
];

const ADDRESSES: [&str; 10] = [
    "apk:string/client_id@en-rUS",
    "./string/of/a/folder.json#/x",
    "intent-filter/*#scheme[=a]",
    "dex/La/B;->c(1)[2]",
    "dex/\"text\"=value",
    "a.gxsd!/b.{main}.json#/properties/{Main}",
    "x.plist#A/[B=c]/0",
    "main.js#\"a.b\".c[0]",
    "main.js#a[\"b.c\"][0]",
    "index.html#\"old \\\" text\"",
];

const CONFIGS: [&str; 2] = [
    "version = 1\ndefault-env = \"dev\"\n[app.notes]\nid = \"com.example.notes\"\npreset = [\"generic\"]\n[[app.notes.place]]\nat = \"string/a\"\n\
     value = \"{client_id}\"\n[env.dev]\nregistry = \"postgres\"\nurl = \"env:URL\"\nsigner = \"sha256:12\"\n[env.dev.values]\na = \"b\"\n",
    "version = 1\n[preset.own]\nabout = \"x\"\n[[preset.own.place]]\nat = \"a.json#/b\"\nvalue = \"{client_secret}\"\n",
];
