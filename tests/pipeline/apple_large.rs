//! Executables that are too large to be held: only their ends are, and what is put together is sound all the same.

use std::fs;
use std::path::Path;

use inject::format::code_signature::SuperBlob;
use inject::format::code_signature::code_directory::EXEC_MAIN_BINARY;
use inject::format::macho::MachO;
use inject::pipeline::job::Inspected;
use inject::pipeline::signing::AppleSigning;
use inject::sign::apple::{Code, Signer, sign};
use tempfile::TempDir;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use super::apple::{AT, Files, app, contents, inject, ipa_with, raw, request, write};
use crate::format::build::macho::{code, executable, universal};
use crate::sign::apple::distribution;

/// So large that one thread inflates it and another one looks at it.
const LARGE: usize = 5_000_000;
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
        let path = large(folder.path(), &executable(1, LARGE), options);
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
        let blob = SuperBlob::parse(slice.signature_bytes(&bytes).unwrap()).unwrap();
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
        let path = large(folder.path(), &executable(1, LARGE), options);
        for (name, at) in [
            ("Notes", 5000),
            ("Notes", 2_900_000),
            ("Notes", LARGE - 100_000),
            ("PlugIns/Widget.appex/Widget", 700_000),
            ("media.bin", 7),
        ] {
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

#[test]
fn data_that_ends_or_breaks_halfway_is_said_and_nothing_is_written() {
    let folder = TempDir::new().unwrap();
    let path = large(folder.path(), &executable(1, LARGE), SimpleFileOptions::default());
    let whole = fs::read(&path).unwrap();
    let notes = &raw(&path)["Notes"];
    let start = whole.windows(notes.len()).position(|bytes| bytes == notes).unwrap();
    let identity = distribution();
    for part in [2, 3, 7] {
        let mut broken = whole.clone();
        // No block begins with these bits (RFC 1951 3.2.3), and no code has so many ones.
        broken[start + notes.len() / 8 * part..][..64].fill(0xff);
        fs::write(&path, &broken).unwrap();
        let said = inject(&path, &AT, "one", AppleSigning::With(request(&identity))).unwrap_err().to_string();
        assert!(said.contains("Notes"), "{part}: {said}");
        assert_eq!(fs::read(&path).unwrap(), broken);
    }
}

/// The same image whose last bytes are missing, so that zeros come before its signature.
fn shorter(image: &[u8], by: u64) -> Vec<u8> {
    let size_of_linkedit = 32 + 72 + 48;
    let mut image = image[..image.len() - by as usize].to_vec();
    let size = &mut image[size_of_linkedit..size_of_linkedit + 8];
    size.copy_from_slice(&(0x4000 - by).to_le_bytes());
    image
}

#[test]
fn room_is_made_in_a_large_executable_as_if_it_were_held() {
    let deflated = SimpleFileOptions::default();
    for options in [deflated, deflated.compression_method(CompressionMethod::Stored)] {
        for by in [0, 5, 16] {
            let folder = TempDir::new().unwrap();
            let mut files = app();
            let image = shorter(&executable(1, LARGE), by);
            let framework = executable(3, 1_500_000);
            files.insert("Notes".to_owned(), image.clone());
            files.insert("Frameworks/Fw.framework/Fw".to_owned(), framework);
            let path = ipa_with(folder.path(), &files, options);
            let identity = distribution();
            let signer = Signer::new(&identity, &[], inject::verify::apple::issued_by).unwrap();
            let in_memory = |before: &[u8], after: &Files| {
                let claims = MachO::parse(&after["Notes"]).unwrap().slices[0].clone();
                let claims = SuperBlob::parse(claims.signature_bytes(&after["Notes"]).unwrap()).unwrap();
                let code = Code {
                    identifier: "com.example.notes",
                    renamed: false,
                    info: Some(&after["Info.plist"]),
                    resources: Some(&after["_CodeSignature/CodeResources"]),
                    entitlements: claims.entitlements(),
                };
                sign(before, &code, &signer).unwrap()
            };

            // Never signed.
            let done = inject(&path, &AT, "none", AppleSigning::With(request(&identity))).unwrap();
            assert!(done.entries.contains(&"Notes".to_owned()), "{:?}", done.entries);
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the spool is gone");
            assert_sound(&path);
            let signed = contents(&path);
            let expected = in_memory(&image, &signed);
            assert!(!expected.in_place && expected.bytes == signed["Notes"], "{by}");

            // Signed ad hoc, which leaves too little room.
            let ad_hoc = sign(
                &image,
                &Code {
                    identifier: "com.example.notes",
                    renamed: false,
                    info: None,
                    resources: None,
                    entitlements: None,
                },
                &Signer::ad_hoc(),
            );
            let ad_hoc = ad_hoc.unwrap().bytes;
            files.insert("Notes".to_owned(), ad_hoc.clone());
            let path = ipa_with(folder.path(), &files, options);
            inject(&path, &AT, "none", AppleSigning::With(request(&identity))).unwrap();
            assert_sound(&path);
            let signed = contents(&path);
            let expected = in_memory(&ad_hoc, &signed);
            assert!(!expected.in_place && expected.bytes == signed["Notes"], "{by}");

            // From then on nothing but the end is packed anew.
            let before = raw(&path);
            inject(&path, &AT, "one", AppleSigning::With(request(&identity))).unwrap();
            assert_sound(&path);
            let common = common(&before, &raw(&path), "Notes");
            assert!(common * 10 >= before["Notes"].len() * 9, "{common} of {}", before["Notes"].len());
        }
    }
}

#[test]
fn in_a_folder_a_large_app_becomes_what_it_becomes_in_an_ipa() {
    let identity = distribution();
    let ad_hoc = |image: &[u8]| {
        let code =
            Code { identifier: "com.example.notes", renamed: false, info: None, resources: None, entitlements: None };
        sign(image, &code, &Signer::ad_hoc()).unwrap().bytes
    };
    for room in [true, false] {
        let (one, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let path = large(one.path(), &executable(1, LARGE), SimpleFileOptions::default());
        let mut files = contents(&path);
        if !room {
            files.insert("Notes".to_owned(), ad_hoc(&executable(1, LARGE)));
        }
        let path = ipa_with(one.path(), &files, SimpleFileOptions::default());
        let root = write(other.path(), &files);
        for to in [&path, &root] {
            inject(to, &AT, "one", AppleSigning::With(request(&identity))).unwrap();
            assert_sound(to);
        }
        for (name, content) in contents(&path) {
            assert!(fs::read(root.join(&name)).unwrap() == content, "{name}, room {room}");
        }
    }
}

/// So many files that several threads look which of them are code.
#[test]
fn code_is_found_among_many_files() {
    let folder = TempDir::new().unwrap();
    let mut files = app();
    let code = files["Frameworks/libloose.dylib"].clone();
    for number in 0..1200 {
        files.insert(format!("data/{number:04}.bin"), format!("data {number}").into_bytes());
    }
    let loose = [3, 255, 256, 700, 1199].map(|number| format!("data/{number:04}.bin"));
    files.extend(loose.iter().map(|name| (name.clone(), code.clone())));
    let path = ipa_with(folder.path(), &files, SimpleFileOptions::default());
    let identity = distribution();
    inject(&path, &AT, "one", AppleSigning::With(request(&identity))).unwrap();
    assert_sound(&path);
    let after = contents(&path);
    let signed: Vec<&String> =
        files.keys().filter(|name| name.starts_with("data/") && files[*name] != after[*name]).collect();
    assert_eq!(signed, loose.iter().collect::<Vec<_>>());
}
