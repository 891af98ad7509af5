//! Executables that are too large to be held: only their ends are, and what is put together is sound all the same.

use std::fs;
use std::path::Path;

use inject::format::code_signature::code_directory::EXEC_MAIN_BINARY;
use inject::format::macho::MachO;
use inject::pipeline::apple::Signing as AppleSigning;
use inject::pipeline::job::Inspected;
use tempfile::TempDir;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use super::apple::{AT, Files, app, contents, inject, ipa_with, raw, request};
use crate::format::build::macho::{code, executable, universal};
use crate::sign::apple::distribution;

const WIDGET: [&str; 1] = ["PlugIns/Widget.appex/Info.plist#ClientId"];

/// An app whose own executable and whose extension are large, signed and packed again by another packer.
fn large(folder: &Path, executable: &[u8], options: SimpleFileOptions) -> std::path::PathBuf {
    let mut files = app();
    files.insert("Notes".to_owned(), executable.to_vec());
    files.insert("PlugIns/Widget.appex/Widget".to_owned(), self::executable(7, 1_500_000));
    files.insert("media.bin".to_owned(), code(9, 300_000));
    let path = ipa_with(folder, &files, options);
    let identity = distribution();
    inject(&path, &AT, "none", AppleSigning::With(request(&identity))).unwrap();
    ipa_with(folder, &contents(&path), options)
}

fn assert_sound(path: &Path) {
    let report = Inspected::new(path).unwrap().verify_signature(None).unwrap();
    assert!(report.is_sound(), "{report:#?}");
}

/// Bytes that two entries have in common from their data's beginning on.
fn common(before: &Files, after: &Files, name: &str) -> usize {
    let data = |files: &Files| files[name][30 + name.len() + "Payload/Notes.app/".len()..].to_vec();
    data(before).iter().zip(&data(after)).take_while(|(a, b)| a == b).count()
}

#[test]
fn the_beginning_of_an_executable_stays_as_it_is_packed() {
    let deflated = SimpleFileOptions::default();
    for (options, kept) in [
        (deflated, 6),
        (deflated.compression_level(Some(9)), 6),
        (deflated.compression_method(CompressionMethod::Stored), 9),
        // One block for everything: it cannot be cut.
        (deflated.compression_level(Some(1)), 0),
    ] {
        let folder = TempDir::new().unwrap();
        let path = large(folder.path(), &executable(1, 3_000_000), options);
        let identity = distribution();
        let sign = || AppleSigning::With(request(&identity));
        let before = raw(&path);
        let done = inject(&path, &AT, "one", sign()).unwrap();
        assert_eq!((done.entries.len(), done.warnings), (3, Vec::new()), "{:?}", done.entries);
        assert_sound(&path);
        let one = fs::read(&path).unwrap();
        let after = raw(&path);
        let common = common(&before, &after, "Notes");
        assert!(common * 10 >= before["Notes"].len() * kept, "{common} of {}", before["Notes"].len());

        // Twice is once, there and back is back, and an extension takes the app along.
        assert!(!inject(&path, &AT, "one", sign()).unwrap().written);
        let done = inject(&path, &WIDGET, "two", sign()).unwrap();
        assert_eq!(done.entries.len(), 5, "{:?}", done.entries);
        assert_sound(&path);
        let two = fs::read(&path).unwrap();
        inject(&path, &WIDGET, "three", sign()).unwrap();
        inject(&path, &WIDGET, "two", sign()).unwrap();
        assert_eq!(fs::read(&path).unwrap(), two);
        inject(&path, &AT, "three", sign()).unwrap();
        inject(&path, &AT, "one", sign()).unwrap();
        assert_eq!(fs::read(&path).unwrap(), two);
        assert_ne!(two, one);
    }
}

#[test]
fn every_slice_of_a_large_universal_executable_is_signed() {
    let folder = TempDir::new().unwrap();
    let (first, second) = (executable(1, 1_200_000), executable(2, 1_300_000));
    // arm64 and arm64e.
    let file = universal(&[(0x0100_000c, 0, &first), (0x0100_000c, 0x8000_0002, &second)]);
    let path = large(folder.path(), &file, SimpleFileOptions::default());
    let identity = distribution();
    let sign = || AppleSigning::With(request(&identity));
    let before = raw(&path);
    inject(&path, &AT, "one", sign()).unwrap();
    assert_sound(&path);
    assert!(common(&before, &raw(&path), "Notes") > before["Notes"].len() / 4, "the first slice stays as it is packed");
    let one = fs::read(&path).unwrap();
    inject(&path, &AT, "two", sign()).unwrap();
    inject(&path, &AT, "one", sign()).unwrap();
    assert_eq!(fs::read(&path).unwrap(), one);
    let bytes = contents(&path)["Notes"].clone();
    for slice in MachO::parse(&bytes).unwrap().slices {
        let blob = inject::format::code_signature::SuperBlob::parse(slice.signature_bytes(&bytes).unwrap()).unwrap();
        let flags = blob.directories().unwrap()[0].exec_segment.unwrap().2;
        assert!(flags & EXEC_MAIN_BINARY != 0 && blob.cms().is_some());
    }
}

#[test]
fn a_page_that_was_not_as_it_was_signed_is_noticed_wherever_it_is() {
    let identity = distribution();
    let sign = || AppleSigning::With(request(&identity));
    for options in
        [SimpleFileOptions::default(), SimpleFileOptions::default().compression_method(CompressionMethod::Stored)]
    {
        let folder = TempDir::new().unwrap();
        let path = large(folder.path(), &executable(1, 3_000_000), options);
        for (name, at) in
            [("Notes", 5000), ("Notes", 2_900_000), ("PlugIns/Widget.appex/Widget", 700_000), ("media.bin", 7)]
        {
            let mut files = contents(&path);
            files.get_mut(name).unwrap()[at] ^= 1;
            let other = TempDir::new().unwrap();
            let broken = ipa_with(other.path(), &files, options);
            let done = inject(&broken, &AT, "one", sign()).unwrap();
            let said = done.warnings.join(" ");
            let code = if name == "media.bin" { "apple.seal-changed" } else { "apple.page-hash" };
            assert!(said.contains("all of it is signed again") && said.contains(code), "{name} {at}: {said}");
            assert_sound(&broken);
            assert_eq!(contents(&broken)[name][at], files[name][at], "what somebody changed stays changed");
        }
    }
}
