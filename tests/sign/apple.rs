//! Apple's code signing of one file, judged by the verifier, which shares nothing with it.

use std::collections::BTreeSet;

use inject::format::apple_plist::{self, Value};
use inject::format::code_signature::{HashType, SuperBlob, slot};
use inject::format::macho::{MachO, Slice};
use inject::format::x509::Certificate;
use inject::sign::apple::{AppleSignError, Code, Signer, SignerError, sign};
use inject::sign::{Identity, Password};
use inject::verify::{Severity, apple};

use crate::format::build::macho::{universal, universal64};

macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("../../testdata/apple/", $name)).as_slice()
    };
}

const IOS: &[u8] = file!("macho/ios-arm64");
const IMAGES: [&[u8]; 5] = [
    IOS,
    file!("macho/dylib-arm64"),
    file!("macho/watchos-arm64_32"),
    file!("macho/macos-arm64"),
    file!("macho/simulator-fat"),
];

pub fn distribution() -> Identity {
    let chain = [file!("keys/distribution.pem"), file!("keys/chain.pem")].concat();
    Identity::from_files("distribution", file!("keys/distribution.key.pem"), &chain, None).unwrap()
}

pub fn other() -> Identity {
    let chain = [file!("keys/other.pem"), file!("keys/chain.pem")].concat();
    Identity::from_files("other", file!("keys/other.key.pem"), &chain, None).unwrap()
}

fn code<'a>() -> Code<'a> {
    Code { identifier: "com.example.notes", renamed: false, info: None, resources: None, entitlements: None }
}

fn entitlements(debuggable: bool) -> Vec<u8> {
    let mut entitlements = apple_plist::Dictionary::new();
    entitlements.insert("application-identifier".to_owned(), Value::String("TEAM123456.com.example.notes".to_owned()));
    entitlements.insert("get-task-allow".to_owned(), Value::Boolean(debuggable));
    apple_plist::write(&Value::Dictionary(entitlements))
}

fn assert_sound(bytes: &[u8]) {
    let report = apple::executable(bytes);
    assert_eq!(report.findings, [], "{report:#?}");
}

#[test]
fn every_image_is_signed_and_verifies() {
    for identity in [distribution(), ec()] {
        let signer = Signer::new(&identity, &[], apple::issued_by).unwrap();
        for image in IMAGES {
            let signed = sign(image, &code(), &signer).unwrap();
            assert!(!signed.in_place);
            assert_sound(&signed.bytes);
            let again = sign(&signed.bytes, &code(), &signer).unwrap();
            assert!(again.in_place);
            assert_eq!(again.bytes, signed.bytes, "signing again changes nothing");
        }
    }
}

/// An image of another architecture: all that signing looks at are the header's words.
fn of_cpu(image: &[u8], cpu: u32, subtype: u32) -> Vec<u8> {
    let mut image = image.to_vec();
    image[4..8].copy_from_slice(&cpu.to_le_bytes());
    image[8..12].copy_from_slice(&subtype.to_le_bytes());
    image
}

#[test]
fn old_and_new_architectures_and_every_kind_of_universal_file() {
    let identity = distribution();
    let signer = Signer::new(&identity, &[], apple::issued_by).unwrap();
    let armv7 = of_cpu(file!("macho/watchos-arm64_32"), 12, 9);
    let arm64e = of_cpu(IOS, 0x0100_000c, 0x8000_0002);
    let both = [(12, 9, armv7.as_slice()), (0x0100_000c, 0x8000_0002, arm64e.as_slice())];
    for (file, names) in [
        (armv7.clone(), vec!["armv7"]),
        (arm64e.clone(), vec!["arm64e"]),
        (universal(&both), vec!["armv7", "arm64e"]),
        (universal64(&both), vec!["armv7", "arm64e"]),
        (universal(&both[1..]), vec!["arm64e"]),
    ] {
        let signed = sign(&file, &code(), &signer).unwrap().bytes;
        assert_sound(&signed);
        let parsed = MachO::parse(&signed).unwrap();
        assert_eq!(parsed.slices.iter().map(Slice::architecture).collect::<Vec<_>>(), names);
        assert_eq!(parsed.container, MachO::parse(&file).unwrap().container);
        let again = sign(&signed, &code(), &signer).unwrap();
        assert!(again.in_place && again.bytes == signed);
    }
}

fn ec() -> Identity {
    let chain = [file!("keys/ec.pem"), file!("keys/chain.pem")].concat();
    Identity::from_files("ec", file!("keys/ec.key.pem"), &chain, None).unwrap()
}

#[test]
fn ad_hoc_signatures_have_no_signer() {
    for image in IMAGES {
        let signed = sign(image, &code(), &Signer::ad_hoc()).unwrap();
        assert_sound(&signed.bytes);
        let file = MachO::parse(&signed.bytes).unwrap();
        let blob = SuperBlob::parse(file.slices[0].signature_bytes(&signed.bytes).unwrap()).unwrap();
        assert_eq!(blob.cms(), None);
        let directory = blob.directories().unwrap()[0];
        assert_eq!((directory.flags & 2, directory.team, directory.identifier), (2, None, "com.example.notes"));
    }
}

#[test]
fn old_systems_get_both_digests_and_keep_them() {
    let identity = distribution();
    let signer = Signer::new(&identity, &[], apple::issued_by).unwrap();
    let watch = sign(file!("macho/watchos-arm64_32"), &code(), &signer).unwrap();
    for bytes in [&watch.bytes, &sign(&watch.bytes, &code(), &signer).unwrap().bytes] {
        let file = MachO::parse(bytes).unwrap();
        let blob = SuperBlob::parse(file.slices[0].signature_bytes(bytes).unwrap()).unwrap();
        let kinds: Vec<HashType> = blob.directories().unwrap().iter().map(|directory| directory.hash_type).collect();
        assert_eq!(kinds, [HashType::Sha1, HashType::Sha256]);
    }
}

#[test]
fn a_change_outside_goes_into_the_old_place_and_changes_no_page() {
    let identity = distribution();
    let signer = Signer::new(&identity, &[], apple::issued_by).unwrap();
    let given = entitlements(false);
    let first = Code { info: Some(b"one"), resources: Some(b"seal"), entitlements: Some(&given), ..code() };
    let one = sign(IOS, &first, &signer).unwrap().bytes;
    let second = Code { info: Some(b"two"), entitlements: None, ..first };
    let two = sign(&one, &second, &signer).unwrap();
    assert!(two.in_place);
    let end = MachO::parse(&one).unwrap().slices[0].signature.unwrap().offset as usize;
    assert_eq!(one[..end], two.bytes[..end]);
    let blob = |bytes: &[u8]| -> Vec<(u32, Vec<u8>)> {
        let blob = SuperBlob::parse(&bytes[end..]).unwrap();
        blob.blobs.iter().map(|blob| (blob.slot, blob.raw.to_vec())).collect()
    };
    let changed: Vec<u32> =
        blob(&one).iter().zip(&blob(&two.bytes)).filter(|(a, b)| a != b).map(|((slot, _), _)| *slot).collect();
    assert_eq!(changed, [slot::DIRECTORY, slot::SIGNATURE], "entitlements and requirements are kept");
    let back = sign(&two.bytes, &Code { entitlements: None, ..first }, &signer).unwrap();
    assert_eq!(back.bytes, one, "there and back");
}

#[test]
fn entitlements_reach_executables_only_and_open_the_debugger_only_when_true() {
    let identity = distribution();
    let signer = Signer::new(&identity, &[], apple::issued_by).unwrap();
    for (debuggable, flags) in [(true, 0x11), (false, 0x1)] {
        let given = entitlements(debuggable);
        let with = Code { entitlements: Some(&given), ..code() };
        let signed = sign(IOS, &with, &signer).unwrap().bytes;
        assert_sound(&signed);
        let file = MachO::parse(&signed).unwrap();
        let blob = SuperBlob::parse(file.slices[0].signature_bytes(&signed).unwrap()).unwrap();
        assert_eq!(blob.entitlements(), Some(given.as_slice()));
        assert_eq!(blob.directories().unwrap()[0].exec_segment.map(|(.., flags)| flags), Some(flags));
        let library = sign(file!("macho/dylib-arm64"), &with, &signer).unwrap().bytes;
        let file = MachO::parse(&library).unwrap();
        let blob = SuperBlob::parse(file.slices[0].signature_bytes(&library).unwrap()).unwrap();
        assert_eq!(blob.entitlements(), None);
    }
}

#[test]
fn another_signer_takes_over_team_and_requirement() {
    let (own, other) = (distribution(), other());
    let one = sign(IOS, &code(), &Signer::new(&own, &[], apple::issued_by).unwrap()).unwrap().bytes;
    let two = sign(&one, &code(), &Signer::new(&other, &[], apple::issued_by).unwrap()).unwrap();
    assert_sound(&two.bytes);
    assert!(two.in_place, "there is room for another signer");
    let file = MachO::parse(&two.bytes).unwrap();
    let blob = SuperBlob::parse(file.slices[0].signature_bytes(&two.bytes).unwrap()).unwrap();
    assert_eq!(blob.directories().unwrap()[0].team, Some("OTHERTEAM1"));
    let back = sign(&two.bytes, &code(), &Signer::new(&own, &[], apple::issued_by).unwrap()).unwrap();
    assert_eq!(back.bytes, one);
}

#[test]
fn every_keystore_gives_the_right_leaf_and_an_incomplete_chain_is_an_error() {
    let password = Password::new("secret".to_owned());
    let own = distribution();
    for p12 in [file!("keys/aes256.p12"), file!("keys/3des.p12"), file!("keys/rc2-40.p12")] {
        let identity = Identity::from_keystore(p12, None, &password, None).unwrap();
        assert_eq!(identity.certificate().raw(), own.certificate().raw());
        let signer = Signer::new(&identity, &[], apple::issued_by).unwrap();
        assert_eq!(signer.team(), Some("TEAM123456"));
        assert_sound(&sign(IOS, &code(), &signer).unwrap().bytes);
    }
    let alone = Identity::from_keystore(file!("keys/aes256-leaf-only.p12"), None, &password, None).unwrap();
    let error = Signer::new(&alone, &[], apple::issued_by).unwrap_err();
    assert!(matches!(&error, SignerError::ChainIncomplete { issuer, .. } if issuer.contains("Developer Relations")));
    let issuers: Vec<Certificate> = own.certificates()[1..].to_vec();
    assert_sound(&sign(IOS, &code(), &Signer::new(&alone, &issuers, apple::issued_by).unwrap()).unwrap().bytes);
}

#[test]
fn encrypted_code_is_refused() {
    let file = MachO::parse(IOS).unwrap();
    let slice = &file.slices[0];
    // The linker leaves LC_ENCRYPTION_INFO_64 for the store, which sets the last word but one.
    let mut bytes = IOS.to_vec();
    let command = bytes[slice.commands.clone()].windows(8).position(|words| words == [0x2c, 0, 0, 0, 24, 0, 0, 0]);
    bytes[slice.commands.start + command.unwrap() + 16] = 1;
    let error = sign(&bytes, &code(), &Signer::ad_hoc()).unwrap_err();
    assert!(matches!(error, AppleSignError::Encrypted { id: 1 }), "{error}");
    let report = apple::executable(&bytes);
    assert!(report.findings.iter().any(|finding| finding.code.as_str() == "apple.encrypted"));
}

#[test]
fn every_changed_byte_is_found() {
    let identity = distribution();
    let signer = Signer::new(&identity, &[], apple::issued_by).unwrap();
    let given = entitlements(false);
    let signed = sign(IOS, &Code { entitlements: Some(&given), ..code() }, &signer).unwrap().bytes;
    let command = MachO::parse(&signed).unwrap().slices[0].signature.unwrap();
    let used = SuperBlob::parse(&signed[command.range()]).unwrap().raw.len();
    let end = command.offset as usize + used;
    let mut places: Vec<usize> = (0..command.offset as usize).step_by(397).collect();
    places.extend((command.offset as usize..end).step_by(7));
    let mut missed = Vec::new();
    for at in places {
        let mut broken = signed.clone();
        broken[at] ^= 0x55;
        let report = apple::executable(&broken);
        if report.findings.iter().all(|finding| finding.severity != Severity::Error) {
            missed.push(at);
        }
    }
    // The list of digests that CMS announces and empty parameters of algorithms say nothing.
    assert!(missed.len() < 4, "{missed:?}");
}

/// The flags of the executable segment and the entitlements, of the first slice.
fn claimed(bytes: &[u8]) -> (Option<u64>, bool) {
    let file = MachO::parse(bytes).unwrap();
    let blob = SuperBlob::parse(file.slices[0].signature_bytes(bytes).unwrap()).unwrap();
    (blob.directories().unwrap()[0].exec_segment.map(|(.., flags)| flags), blob.entitlements().is_some())
}

#[test]
fn seven_entitlements_set_flags_and_no_flag_is_kept_without_one() {
    let identity = distribution();
    let signer = Signer::new(&identity, &[], apple::issued_by).unwrap();
    for (name, flags) in [
        ("get-task-allow", 0x11),
        ("run-unsigned-code", 0x11),
        ("com.apple.private.cs.debugger", 0x21),
        ("dynamic-codesigning", 0x41),
        ("com.apple.private.skip-library-validation", 0x81),
        ("com.apple.private.amfi.can-load-cdhash", 0x101),
        ("com.apple.private.amfi.can-execute-cdhash", 0x201),
        ("application-groups", 0x1),
    ] {
        let mut given = apple_plist::Dictionary::new();
        given.insert(name.to_owned(), Value::Boolean(true));
        let given = apple_plist::write(&Value::Dictionary(given));
        let signed = sign(IOS, &Code { entitlements: Some(&given), ..code() }, &signer).unwrap().bytes;
        assert_sound(&signed);
        assert_eq!(claimed(&signed), (Some(flags), true), "{name}");
        // Other entitlements, other flags.
        let none = entitlements(false);
        let again = sign(&signed, &Code { entitlements: Some(&none), ..code() }, &signer).unwrap().bytes;
        assert_eq!(claimed(&again).0, Some(0x1), "{name}");
    }
}

/// A signed executable of another file type: its first page, and so its signature, is another one then.
fn retyped(bytes: &[u8], file_type: u32) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[12..16].copy_from_slice(&file_type.to_le_bytes());
    bytes
}

#[test]
fn a_library_keeps_no_entitlements_and_a_bundle_of_tests_does() {
    let identity = distribution();
    let signer = Signer::new(&identity, &[], apple::issued_by).unwrap();
    let given = entitlements(true);
    let signed = sign(IOS, &Code { entitlements: Some(&given), ..code() }, &signer).unwrap().bytes;
    for (file_type, expected) in [(6, (Some(0), false)), (8, (Some(0x10), true)), (2, (Some(0x11), true))] {
        let again = sign(&retyped(&signed, file_type), &code(), &signer).unwrap().bytes;
        assert_sound(&again);
        assert_eq!(claimed(&again), expected, "{file_type}");
    }
    // What is there by somebody else's hand is said.
    let report = apple::executable(&retyped(&signed, 6));
    assert!(report.findings.iter().all(|finding| finding.code.as_str() != "apple.exec-flags"), "{report:#?}");
}

#[test]
fn flags_that_entitlements_do_not_set_are_said_once_they_are_read() {
    let identity = distribution();
    let signer = Signer::new(&identity, &[], apple::issued_by).unwrap();
    let given = entitlements(true);
    let signed = sign(IOS, &Code { entitlements: Some(&given), ..code() }, &signer).unwrap().bytes;
    let codes = |bytes: &[u8]| -> BTreeSet<String> {
        apple::executable(bytes).findings.iter().map(|finding| finding.code.as_str().to_owned()).collect()
    };
    let at = |magic: [u8; 4]| signed.windows(4).position(|window| window == magic).unwrap();
    let mut other = signed.clone();
    let flags = at([0xfa, 0xde, 0x0c, 0x02]) + 80..at([0xfa, 0xde, 0x0c, 0x02]) + 88;
    assert_eq!(signed[flags.clone()], 0x11_u64.to_be_bytes());
    other[flags].copy_from_slice(&0x1_u64.to_be_bytes());
    assert!(codes(&other).contains("apple.exec-flags"), "{:?}", codes(&other));
    // Without the form of iOS 15 entitlements count all the same.
    let mut old = signed.clone();
    let index = at([0xfa, 0xde, 0x0c, 0xc0]) + 12;
    let entry = old[index..].chunks(8).position(|entry| entry[..4] == 7_u32.to_be_bytes()).unwrap();
    old[index + 8 * entry..][..4].copy_from_slice(&0x4000_u32.to_be_bytes());
    let said = codes(&old);
    assert!(said.contains("apple.entitlements-der") && !said.contains("apple.exec-flags"), "{said:?}");
    // What cannot be read expects nothing.
    let mut broken = signed.clone();
    let at = signed.windows(6).position(|window| window == b"<plist").unwrap();
    broken[at + 1] = b'q';
    let index = index + 8 * entry;
    broken[index..][..4].copy_from_slice(&0x4000_u32.to_be_bytes());
    let said = codes(&broken);
    assert!(said.contains("apple.entitlements") && !said.contains("apple.exec-flags"), "{said:?}");
}
