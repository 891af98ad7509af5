//! Apps for macOS: nested code is sealed by its own signature, not by its files.

use std::fs;
use std::path::{Path, PathBuf};

use inject::format::code_resources::{CodeResources, Generation, Sealed};
use inject::format::code_signature::SuperBlob;
use inject::format::outline::Outline;
use inject::pipeline::job::Inspected;
use inject::pipeline::signing::AppleSigning;
use inject::verify::Severity;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::apple::{Files, info, inject, request};
use crate::sign::apple::distribution;

const MAC: &[u8] = include_bytes!("../../testdata/apple/macho/macos-arm64");
const DYLIB: &[u8] = include_bytes!("../../testdata/apple/macho/dylib-arm64");
const AT: [&str; 1] = ["Contents/Info.plist#ClientId"];
const FRAMEWORK: &str = "Contents/Frameworks/Fw.framework/Versions/A";

/// An app with a versioned framework, a library, a helper and resources.
fn app(folder: &Path) -> PathBuf {
    let root = folder.join("Notes.app");
    let mut files = Files::new();
    let mut put = |path: String, content: &[u8]| files.insert(path, content.to_vec());
    put("Contents/Info.plist".into(), &info("com.example.notes", "Notes"));
    put("Contents/MacOS/Notes".into(), MAC);
    put("Contents/Resources/config.json".into(), b"{}");
    put("Contents/Resources/de.lproj/a.strings".into(), b"");
    put("Contents/Frameworks/libloose.dylib".into(), DYLIB);
    put(format!("{FRAMEWORK}/Fw"), DYLIB);
    put(format!("{FRAMEWORK}/Resources/Info.plist"), &info("com.example.fw", "Fw"));
    put(format!("{FRAMEWORK}/Resources/data.json"), b"{\"id\": \"old\"}");
    put("Contents/XPCServices/Helper.xpc/Contents/Info.plist".into(), &info("com.example.notes.helper", "Helper"));
    put("Contents/XPCServices/Helper.xpc/Contents/MacOS/Helper".into(), MAC);
    for (name, content) in &files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let framework = root.join("Contents/Frameworks/Fw.framework");
    for (target, link) in
        [("A", "Versions/Current"), ("Versions/Current/Fw", "Fw"), ("Versions/Current/Resources", "Resources")]
    {
        std::os::unix::fs::symlink(target, framework.join(link)).unwrap();
    }
    root
}

fn sealed(root: &Path, path: &str) -> Option<Sealed> {
    let seal = fs::read(root.join("Contents/_CodeSignature/CodeResources")).unwrap();
    CodeResources::parse(&seal).unwrap().get(Generation::Two, path).unwrap()
}

/// The first twenty bytes of the hash of a file's code directory.
fn cdhash(path: &Path) -> Vec<u8> {
    let outline = Outline::of(&fs::read(path).unwrap()).unwrap();
    let blob = SuperBlob::parse(outline.signature(0).unwrap()).unwrap();
    Sha256::digest(blob.directories().unwrap()[0].raw)[..20].to_vec()
}

fn errors(root: &Path) -> Vec<&'static str> {
    let report = Inspected::new(root).unwrap().verify_signature(None).unwrap();
    report.findings.iter().filter(|found| found.severity == Severity::Error).map(|found| found.code.as_str()).collect()
}

#[test]
fn nested_code_is_sealed_by_hash_and_requirement() {
    let folder = TempDir::new().unwrap();
    let root = app(folder.path());
    let identity = distribution();
    inject(&root, &AT, "one", AppleSigning::With(request(&identity))).unwrap();
    assert_eq!(errors(&root), [""; 0]);
    for (path, code, identifier) in [
        ("Frameworks/Fw.framework", format!("{FRAMEWORK}/Fw"), "com.example.fw"),
        ("Frameworks/libloose.dylib", "Contents/Frameworks/libloose.dylib".to_owned(), "libloose"),
        (
            "XPCServices/Helper.xpc",
            "Contents/XPCServices/Helper.xpc/Contents/MacOS/Helper".to_owned(),
            "com.example.notes.helper",
        ),
    ] {
        let entry = sealed(&root, path).unwrap_or_else(|| panic!("{path} is not sealed"));
        assert_eq!(entry.cdhash, Some(cdhash(&root.join(code))), "{path}");
        assert_eq!((entry.hash, entry.hash2, entry.symlink), (None, None, None), "{path}");
        let leaf = sha1::Sha1::digest(identity.certificate().raw());
        let leaf: String = leaf.iter().map(|byte| format!("{byte:02x}")).collect();
        let requirement = format!("identifier \"{identifier}\" and certificate leaf = H\"{leaf}\"");
        assert_eq!(entry.requirement, Some(requirement), "{path}");
    }
    // No file within nested code is sealed by the app; its own files are.
    let seal = fs::read(root.join("Contents/_CodeSignature/CodeResources")).unwrap();
    let seal = CodeResources::parse(&seal).unwrap();
    let mut paths: Vec<&str> = seal.paths(Generation::Two).collect();
    paths.sort_unstable();
    assert_eq!(
        paths,
        [
            "Frameworks/Fw.framework",
            "Frameworks/libloose.dylib",
            "Resources/config.json",
            "Resources/de.lproj/a.strings",
            "XPCServices/Helper.xpc",
        ]
    );
}

#[test]
fn a_change_in_a_framework_signs_it_and_the_app_and_nothing_beside() {
    let folder = TempDir::new().unwrap();
    let root = app(folder.path());
    let identity = distribution();
    let sign = || AppleSigning::With(request(&identity));
    inject(&root, &AT, "one", sign()).unwrap();
    let (framework, helper, library) = (
        sealed(&root, "Frameworks/Fw.framework"),
        sealed(&root, "XPCServices/Helper.xpc"),
        sealed(&root, "Frameworks/libloose.dylib"),
    );
    let at = format!("{FRAMEWORK}/Resources/data.json#/id");
    let done = inject(&root, &[&at], "two", sign()).unwrap();
    assert_eq!(
        done.entries,
        [
            format!("{FRAMEWORK}/Fw"),
            format!("{FRAMEWORK}/Resources/data.json"),
            format!("{FRAMEWORK}/_CodeSignature/CodeResources"),
            "Contents/MacOS/Notes".to_owned(),
            "Contents/_CodeSignature/CodeResources".to_owned(),
        ]
    );
    assert_eq!(errors(&root), [""; 0]);
    assert_ne!(sealed(&root, "Frameworks/Fw.framework"), framework);
    assert_eq!(sealed(&root, "XPCServices/Helper.xpc"), helper);
    assert_eq!(sealed(&root, "Frameworks/libloose.dylib"), library);
    // By nobody: the requirement is the hash itself.
    inject(&root, &AT, "three", AppleSigning::AdHoc).unwrap();
    assert_eq!(errors(&root), [""; 0]);
    let entry = sealed(&root, "Frameworks/Fw.framework").unwrap();
    let hex: String = entry.cdhash.unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(entry.requirement, Some(format!("cdhash H\"{hex}\"")));
}

#[test]
fn damage_to_nested_code_is_found() {
    let folder = TempDir::new().unwrap();
    let root = app(folder.path());
    let identity = distribution();
    inject(&root, &AT, "one", AppleSigning::With(request(&identity))).unwrap();
    // Soundly signed, but not the code that the app sealed.
    let library = root.join("Contents/Frameworks/libloose.dylib");
    let before = fs::read(&library).unwrap();
    fs::write(&library, DYLIB).unwrap();
    let found = errors(&root);
    assert!(found.contains(&"apple.seal-changed"), "{found:?}");
    fs::remove_file(&library).unwrap();
    assert!(errors(&root).contains(&"apple.seal-missing"));
    fs::write(&library, before).unwrap();
    assert_eq!(errors(&root), [""; 0]);
    fs::write(root.join(format!("{FRAMEWORK}/Resources/data.json")), b"{}").unwrap();
    // In the list of SHA-1 and in that of SHA-256.
    assert_eq!(errors(&root), ["apple.seal-changed"; 2]);

    // Code that is gone for good leaves the seal when the app is signed again.
    fs::remove_dir_all(root.join("Contents/Frameworks/Fw.framework")).unwrap();
    inject(&root, &AT, "two", AppleSigning::With(request(&identity))).unwrap();
    assert_eq!(errors(&root), [""; 0]);
    assert_eq!(sealed(&root, "Frameworks/Fw.framework"), None);
    assert!(sealed(&root, "Frameworks/libloose.dylib").is_some());
}
