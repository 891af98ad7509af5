//! How much of an app is read, and which digests of its seal are compared: by the main job, and by whoever verifies.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use inject::artifact::apple::{Compared, IpaTree, Known, Layout, Reach, Survey, Tree};
use inject::format::apple_plist::{self, Dictionary, Value};
use inject::format::code_resources::{CodeResources, Generation};
use inject::format::zip::Archive;
use inject::pipeline::apple::FolderTree;
use inject::pipeline::job::Inspected;
use inject::pipeline::signing::AppleSigning;
use inject::sign::apple::{Code, Signer, sign};
use inject::verify::Severity;
use inject::verify::apple::issued_by;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use super::apple::{AT, Files, app, contents, info, inject, ipa, ipa_with, request, write};
use crate::format::build::macho::{code, universal};
use crate::sign::apple::distribution;

const SEAL: &str = "_CodeSignature/CodeResources";

/// A signed app whose seal was changed before its executable was signed.
fn sealed(folder: &Path, change: impl FnOnce(&mut Dictionary)) -> std::path::PathBuf {
    let identity = distribution();
    let path = ipa(folder, &app());
    inject(&path, &AT, "none", AppleSigning::With(request(&identity))).unwrap();
    let mut files = contents(&path);
    reseal(&mut files, change);
    ipa(folder, &files)
}

/// Changes the seal of an app, and signs its executable again.
fn reseal(files: &mut Files, change: impl FnOnce(&mut Dictionary)) {
    let mut seal = apple_plist::read_dictionary(&files[SEAL]).unwrap();
    change(&mut seal);
    let seal = apple_plist::write(&Value::Dictionary(seal));
    let identity = distribution();
    let signer = Signer::new(&identity, &[], issued_by).unwrap();
    let (info, resources) = (Some(files["Info.plist"].as_slice()), Some(seal.as_slice()));
    let code = Code { identifier: "com.example.notes", renamed: false, info, resources, entitlements: None };
    let signed = sign(&files["Notes"], &code, &signer).unwrap().bytes;
    files.extend([("Notes".to_owned(), signed), (SEAL.to_owned(), seal)]);
}

/// The digest of a file in the older list, replaced by one that no file has.
fn spoil(seal: &mut Dictionary, path: &str) {
    let files = seal.get_mut("files").and_then(Value::as_dictionary_mut).unwrap();
    let stated = files.get_mut(path).unwrap_or_else(|| panic!("{path} is not in the list"));
    assert!(matches!(stated, Value::Data(digest) if digest.len() == 20), "{stated:?}");
    *stated = Value::Data(vec![0; 20]);
}

fn errors(inspected: &Inspected) -> Vec<String> {
    let report = inspected.verify_signature(None).unwrap();
    let errors = report.findings.into_iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| format!("{} {}", finding.code, finding.place)).collect()
}

#[test]
fn who_verifies_compares_every_digest_however_the_app_was_read() {
    let folder = TempDir::new().unwrap();
    let path = sealed(folder.path(), |seal| spoil(seal, "config.json"));
    let expected = ["apple.seal-changed config.json (files)"];
    assert_eq!(errors(&Inspected::new(&path).unwrap()), expected);
    // Its code was asked for before, for less.
    let inspected = Inspected::new(&path).unwrap();
    assert!(inspected.release_faults().is_empty());
    assert_eq!(errors(&inspected), expected);
}

#[test]
fn the_main_job_goes_by_the_better_digest_and_by_the_only_one() {
    let identity = distribution();
    let sign = || AppleSigning::With(request(&identity));
    let folder = TempDir::new().unwrap();
    // SHA-256 says that the file is what was signed.
    let path = sealed(folder.path(), |seal| spoil(seal, "config.json"));
    assert_eq!(inject(&path, &AT, "one", sign()).unwrap().warnings, [""; 0]);

    // A list with SHA-256 that does not count, because it has no rules: SHA-1 is the only one.
    let path = sealed(folder.path(), |seal| {
        seal.remove("rules2");
        spoil(seal, "config.json");
    });
    let warnings = inject(&path, &AT, "one", sign()).unwrap().warnings.join(" ");
    assert!(warnings.contains("all of it is signed again: apple.seal-changed (config.json (files))"), "{warnings}");

    // A seal from before there was another digest.
    let old = |seal: &mut Dictionary| {
        seal.remove("files2");
        seal.remove("rules2");
    };
    let path = sealed(folder.path(), old);
    assert_eq!(inject(&path, &AT, "one", sign()).unwrap().warnings, [""; 0]);
    let path = sealed(folder.path(), |seal| {
        old(seal);
        spoil(seal, "config.json");
    });
    let warnings = inject(&path, &AT, "one", sign()).unwrap().warnings.join(" ");
    assert!(warnings.contains("all of it is signed again: apple.seal-changed (config.json (files))"), "{warnings}");
    assert_eq!(errors(&Inspected::new(&path).unwrap()), [""; 0]);
}

#[derive(Debug)]
struct Reached(FolderTree);

impl Reach for Reached {
    fn reach(&self, work: &mut dyn FnMut(&dyn Tree)) {
        work(&self.0);
    }
}

fn digests(known: &Known, files: &Files) -> Vec<String> {
    let known = files.keys().filter_map(|path| Some((path, known.get(path)?)));
    known.map(|(path, facts)| format!("{path} {:?} {}", facts.digests, facts.image.is_some())).collect()
}

#[test]
fn what_is_read_beside_the_code_is_what_would_be_read_with_it() {
    let folder = TempDir::new().unwrap();
    let path = sealed(folder.path(), |_| {});
    let mut files = contents(&path);
    files.extend((0..300).map(|index| (format!("assets/{index}.bin"), vec![7; index * 100])));
    let root = write(folder.path(), &files);
    // Sealed with the new files.
    let identity = distribution();
    inject(&root, &AT, "one", AppleSigning::With(request(&identity))).unwrap();
    let reached = Arc::new(Reached(FolderTree::open(&root).unwrap()));
    let tree = &reached.0;
    let layout = Layout::of(tree).unwrap();
    for compared in [Compared::All, Compared::Best] {
        let whole = digests(&Known::survey(tree, &layout, compared), &files);
        assert!(whole.len() > 300, "{whole:?}");
        let of = |path: &str| whole.iter().find(|line| line.starts_with(path)).cloned().unwrap_or_default();
        assert!(of("assets/299.bin").contains("sha256: Some"));
        assert_eq!(of("assets/299.bin").contains("sha1: Some"), compared == Compared::All);
        // The newer list leaves it out, because the signature itself has its digest.
        assert!(of("Info.plist").contains("sha1: Some"));
        let survey = Survey::start(reached.clone(), tree, &layout, compared);
        assert!(survey.code(tree).get("Notes").is_some() && survey.code(tree).get("assets/299.bin").is_none());
        assert_eq!(digests(survey.all(tree), &files), whole);
        assert_eq!(digests(survey.all(tree), &files), whole);
    }
    // Who drops it waits for its threads: nothing of the app is open afterwards.
    drop(Survey::start(reached.clone(), tree, &layout, Compared::Best));
    assert_eq!(Arc::strong_count(&reached), 1);
}

#[test]
fn files_of_an_ipa_are_hashed_in_pairs_and_what_is_damaged_has_no_digest() {
    let folder = TempDir::new().unwrap();
    let mut files = app();
    for (name, len) in [("a", 0), ("b", 1), ("c", 63), ("d", 300_000), ("e", 300_000), ("f", 700_001)] {
        files.insert(format!("{name}.bin"), code(len as u64 + 3, len));
    }
    let names: Vec<String> = ["a", "b", "c", "d", "e", "f"].map(|name| format!("{name}.bin")).to_vec();
    let deflated = SimpleFileOptions::default();
    for options in [deflated, deflated.compression_method(CompressionMethod::Stored)] {
        let mut bytes = fs::read(ipa_with(folder.path(), &files, options)).unwrap();
        let expected = |name: &str| Some(<[u8; 32]>::from(Sha256::digest(&files[name])));
        let two = |bytes: &Vec<u8>, names: [&str; 2]| {
            let archive = Archive::open(bytes).unwrap();
            IpaTree::open(&archive).unwrap().two_digests(names)
        };
        for first in &names {
            for second in &names {
                assert_eq!(
                    two(&bytes, [first, second]),
                    [first, second].map(|name| expected(name)),
                    "{first} {second}"
                );
            }
            assert_eq!(two(&bytes, [first, "none"]), [expected(first), None]);
        }
        // One bit of the data of one of them, at its middle.
        let middle = {
            let archive = Archive::open(&bytes).unwrap();
            let range = archive.entries()[archive.find(b"Payload/Notes.app/d.bin").unwrap()].data_range();
            (range.start + range.end) as usize / 2
        };
        bytes[middle] ^= 1;
        for other in ["a.bin", "e.bin", "f.bin"] {
            assert_eq!(two(&bytes, ["d.bin", other]), [None, expected(other)], "{other}");
            assert_eq!(two(&bytes, [other, "d.bin"]), [expected(other), None], "{other}");
        }
    }
}

const WATCH: &[u8] = include_bytes!("../../testdata/apple/macho/watchos-arm64_32");
const DYLIB: &[u8] = include_bytes!("../../testdata/apple/macho/dylib-arm64");

/// What the newer list of a seal says of a path: whether it has `hash`, whether it has `hash2`.
fn digests_of(files: &Files, seal: &str, path: &str) -> (bool, bool) {
    let seal = CodeResources::parse(&files[seal]).unwrap();
    let sealed = seal.get(Generation::Two, path).unwrap().unwrap_or_else(|| panic!("{path} is not sealed"));
    (sealed.hash.is_some(), sealed.hash2.is_some())
}

#[test]
fn a_seal_has_the_digests_of_the_code_directories_that_bind_it() {
    let folder = TempDir::new().unwrap();
    let identity = distribution();
    let sign = || AppleSigning::With(request(&identity));
    // Code for watches is signed with SHA-1 and SHA-256 the first time.
    let mut files = app();
    files.insert("Notes".to_owned(), WATCH.to_vec());
    files.insert("Frameworks/Fw.framework/embedded.txt".to_owned(), b"text".to_vec());
    let path = ipa(folder.path(), &files);
    inject(&path, &AT, "one", sign()).unwrap();
    let signed = contents(&path);
    for file in ["config.json", "embedded.mobileprovision", "Frameworks/libloose.dylib"] {
        assert_eq!(digests_of(&signed, SEAL, file), (true, true), "{file}");
    }
    assert_eq!(
        digests_of(&signed, "Frameworks/Fw.framework/_CodeSignature/CodeResources", "embedded.txt"),
        (false, true)
    );
    assert_eq!(errors(&Inspected::new(&path).unwrap()), [""; 0]);

    // A file that is new in such a bundle, and an entry that lacks a digest: found, and made whole.
    let strip = |seal: &mut Dictionary| {
        let list = seal.get_mut("files2").and_then(Value::as_dictionary_mut).unwrap();
        let entries: Vec<String> = list.keys().cloned().collect();
        for name in entries {
            list.get_mut(&name).and_then(Value::as_dictionary_mut).unwrap().remove("hash");
        }
    };
    let mut files = signed;
    reseal(&mut files, strip);
    let path = ipa(folder.path(), &files);
    let found = errors(&Inspected::new(&path).unwrap());
    assert!(found.contains(&"apple.seal-digest config.json (files2)".to_owned()), "{found:?}");
    inject(&path, &AT, "two", sign()).unwrap();
    assert_eq!(errors(&Inspected::new(&path).unwrap()), [""; 0]);
    assert_eq!(digests_of(&contents(&path), SEAL, "config.json"), (true, true));
}

#[test]
fn a_code_directory_of_a_digest_that_entries_are_not_read_for_is_said_once() {
    let folder = TempDir::new().unwrap();
    let path = sealed(folder.path(), |_| {});
    let mut files = contents(&path);
    let mut code = files["Notes"].clone();
    let at = code.windows(4).position(|magic| magic == [0xfa, 0xde, 0x0c, 0x02]).unwrap();
    let number = |field: usize| u32::from_be_bytes(code[at + field..][..4].try_into().unwrap());
    // As many digests of SHA-384 as there is room for.
    let slots = (number(4) - number(16)) / 48;
    code[at + 24..at + 32].copy_from_slice(&[0_u32.to_be_bytes(), slots.to_be_bytes()].concat());
    code[at + 36..at + 38].copy_from_slice(&[48, 4]);
    files.insert("Notes".to_owned(), code);
    let report = Inspected::new(&ipa(folder.path(), &files)).unwrap().verify_signature(None).unwrap();
    let said: Vec<_> = report.findings.iter().filter(|finding| finding.code.as_str() == "apple.seal-digest").collect();
    assert!(
        matches!(said.as_slice(), [one] if one.place == SEAL && one.severity == Severity::Warning && one.message.contains("Sha384")),
        "{:?}",
        report.findings
    );
}

#[test]
fn a_seal_of_one_list_gets_the_other_when_it_is_signed() {
    let identity = distribution();
    let folder = TempDir::new().unwrap();
    for lists in [["files2", "rules2"], ["files", "rules"]] {
        let path = sealed(folder.path(), |seal| lists.iter().for_each(|key| drop(seal.remove(key))));
        inject(&path, &AT, "one", AppleSigning::With(request(&identity))).unwrap();
        let seal = CodeResources::parse(&contents(&path)[SEAL]).unwrap();
        for generation in Generation::BOTH {
            assert!(seal.get(generation, "config.json").unwrap().is_some(), "{lists:?} {generation:?}");
        }
        assert_eq!(errors(&Inspected::new(&path).unwrap()), [""; 0]);
    }
}

#[test]
fn content_says_what_code_is_and_what_cannot_be_signed_is_sealed_as_a_file() {
    let folder = TempDir::new().unwrap();
    let identity = distribution();
    let sign = || AppleSigning::With(request(&identity));
    let mut files = app();
    let mut object = DYLIB.to_vec();
    object[12] = 1;
    let mut power = DYLIB.to_vec();
    power[..4].reverse();
    // A universal file of static libraries, and an executable of which the end is missing.
    let fat = universal(&[(0x0100_000c, 0, b"!<arch>\nmembers of a library")]);
    let cut = &DYLIB[..DYLIB.len() / 2];
    let plain: [(&str, &[u8]); 7] = [
        ("Frameworks/Static.framework/Static", b"!<arch>\nmembers"),
        ("Frameworks/Fat.framework/Fat", &fat),
        ("Empty.bundle/Empty", b""),
        ("Script.bundle/Script", b"#!/bin/sh\n"),
        ("thing.o", &object),
        ("old.dylib", &power),
        ("cut.dylib", cut),
    ];
    for (path, content) in plain {
        files.insert(path.to_owned(), content.to_vec());
        if let Some((folder, name)) = path.rsplit_once('/') {
            files.insert(format!("{folder}/Info.plist"), info("com.example.plain", name));
        }
    }
    files.insert("Ghost.bundle/Info.plist".to_owned(), info("com.example.ghost", "Ghost"));
    files.insert("Ghost.bundle/data.json".to_owned(), b"{\"id\": \"1\"}".to_vec());
    files.insert(format!("Ghost.bundle/{SEAL}"), b"what Xcode left".to_vec());
    files.insert("notes.txt".to_owned(), DYLIB.to_vec());
    let path = ipa(folder.path(), &files);
    let done = inject(&path, &AT, "one", sign()).unwrap();
    assert!(done.warnings.iter().all(|warning| !warning.contains("Ghost.bundle")), "{:?}", done.warnings);
    let signed = contents(&path);
    for (file, content) in plain {
        assert_eq!(signed[file], content, "{file}");
        assert_eq!(digests_of(&signed, SEAL, file), (false, true), "{file}");
    }
    assert_ne!(signed["notes.txt"], DYLIB, "it is code, whatever it is called");
    assert_eq!(errors(&Inspected::new(&path).unwrap()), [""; 0]);
    // Its own seal is old then, and that is said.
    let done = inject(&path, &["Ghost.bundle/data.json#/id"], "two", sign()).unwrap();
    assert!(done.warnings.iter().any(|warning| warning.starts_with("Ghost.bundle has a seal of its own")));
    assert_eq!(errors(&Inspected::new(&path).unwrap()), [""; 0]);
    // What runs by itself needs code.
    files.insert("PlugIns/Widget.appex/Widget".to_owned(), b"#!/bin/sh\n".to_vec());
    let path = ipa(folder.path(), &files);
    let error = inject(&path, &AT, "one", sign()).unwrap_err().to_string();
    assert!(error.contains("PlugIns/Widget.appex/Widget") && error.contains("not a Mach-O file"), "{error}");
}

#[test]
fn a_file_beside_the_seal_is_said() {
    let folder = TempDir::new().unwrap();
    let path = sealed(folder.path(), |_| {});
    let mut files = contents(&path);
    files.insert("_CodeSignature/guest.txt".to_owned(), b"guest".to_vec());
    let path = ipa(folder.path(), &files);
    let report = Inspected::new(&path).unwrap().verify_signature(None).unwrap();
    let found: Vec<String> =
        report.findings.iter().map(|finding| format!("{} {}", finding.code, finding.place)).collect();
    assert!(found.contains(&"apple.seal-guest _CodeSignature/guest.txt".to_owned()), "{found:?}");
}
