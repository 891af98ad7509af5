//! Whole packages: what is signed verifies, is the same every time, and does not depend on earlier signatures.

use std::collections::BTreeSet;

use inject::sign::android::{ContentDigest, ContentHasher, Schemes, SchemesError, Signers, dropped_pairs, v1, v4};
use inject::sign::{Identity, Password};
use inject::verify::Scheme;
use inject::verify::android::{Options, apk};

use super::assemble::{Signed, sign};

/// The project's demo package.
pub const DEMO: &[u8] = include_bytes!("../../testdata/demo.apk");

/// A file of `testdata/keys`.
pub fn key_file(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/keys").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The one key of a test keystore.
pub fn identity(name: &str) -> Identity {
    Identity::from_keystore(&key_file(name), None, &Password::new("secret".to_owned()), None).unwrap()
}

/// The demo package, signed.
pub fn signed(signers: &Signers<'_>, schemes: Schemes, min_sdk: u32) -> Signed {
    sign(DEMO, signers, schemes, min_sdk)
}

#[test]
fn every_key_and_scheme_verifies() {
    for file in ["rsa-2048.p12", "rsa-4096.p12", "ec-p256.p12", "ec-p384.p12", "ec-p521.p12"] {
        let identity = identity(file);
        let signers = Signers::single(&identity);
        for (list, min_sdk) in [("v1,v2,v3", 18), ("v2,v3", 24), ("v3", 28), ("v2", 24), ("v1", 18)] {
            let schemes = Schemes::parse(list).unwrap();
            let signed = signed(&signers, schemes, min_sdk);
            let idsig =
                schemes.has_block().then(|| v4::idsig(&signers, signed.apk.as_slice(), &signed.digests).unwrap());
            let options = Options { min_sdk: Some(min_sdk), idsig: idsig.as_deref(), ..Options::default() };
            let report = apk(signed.apk.as_slice(), &options);
            assert!(report.is_sound(), "{file} {list}: {:#?}", report.findings);
            for (scheme, wanted) in [(Scheme::V1, schemes.v1), (Scheme::V2, schemes.v2), (Scheme::V3, schemes.v3)] {
                assert_eq!(report.signature(scheme).is_some(), wanted, "{file} {list} {scheme}");
            }
            assert_eq!(report.signature(Scheme::V4).is_some(), schemes.has_block());
            assert_eq!(report.signers()[0].certificate, identity.certificate().raw());
        }
    }
}

#[test]
fn signing_again_changes_nothing() {
    let identity = identity("ec-p256.p12");
    let signers = Signers::single(&identity);
    let schemes = Schemes::parse("v1,v2,v3").unwrap();
    let first = signed(&signers, schemes, 21).apk;
    assert!(first == signed(&signers, schemes, 21).apk, "the same input gives the same bytes");
    assert!(first == sign(&first, &signers, schemes, 21).apk, "earlier signatures leave nothing behind");
}

#[test]
fn schemes_follow_the_oldest_android() {
    let of = Schemes::for_min_sdk;
    assert_eq!((of(21).v1, of(23).v1, of(24).v1), (true, true, false));
    assert!(of(1).v2 && of(1).v3 && !of(1).v4);
    assert!(of(24).with_v1_of_input(true).v1);
    assert_eq!(Schemes::parse("v2, v3").unwrap(), of(24));
    assert_eq!(Schemes::parse("v5"), Err(SchemesError::Unknown { found: "v5".to_owned() }));
    let check = |list, min_sdk, target| Schemes::parse(list).unwrap().check(min_sdk, target);
    assert_eq!(check("", 21, None), Err(SchemesError::None));
    assert_eq!(check("v4", 21, None), Err(SchemesError::V4Alone));
    assert_eq!(check("v2,v3", 21, None), Err(SchemesError::OldestAndroid { min_sdk: 21, known: "v1" }));
    assert_eq!(check("v3", 26, None), Err(SchemesError::OldestAndroid { min_sdk: 26, known: "v1 and v2" }));
    assert_eq!(check("v1", 21, Some(30)), Err(SchemesError::V1Alone { target_sdk: 30 }));
    assert!(check("v1", 21, Some(29)).is_ok() && check("v3", 28, Some(35)).is_ok());
}

#[test]
fn signature_files_are_those_of_the_top_level() {
    for name in ["META-INF/MANIFEST.MF", "META-INF/a.sf", "META-INF/CERT.RSA", "META-INF/SIG-X", "META-INF/x.EC"] {
        assert!(v1::is_signature_file(name.as_bytes()), "{name}");
        assert!(!v1::needs_digest(name.as_bytes()), "{name}");
    }
    for name in ["META-INF/services/a.RSA", "META-INF/androidx.version", "MANIFEST.MF", "meta-inf/MANIFEST.MF"] {
        assert!(!v1::is_signature_file(name.as_bytes()), "{name}");
        assert!(v1::needs_digest(name.as_bytes()), "{name}");
    }
    assert!(!v1::needs_digest(b"res/"));
    assert_eq!(v1::file_stem("my key.ñ"), "MY_KEY__");
    assert_eq!(v1::file_stem("androiddebugkey"), "ANDROIDD");
}

#[test]
fn long_names_fold_and_verify() {
    let identity = identity("ec-p256.p12");
    let schemes = Schemes { v1: true, v2: false, v3: false, v4: false };
    for len in 60..75 {
        let entries = [(format!("{}é", "x".repeat(len)), vec![7; 32])];
        let files = v1::sign(&identity, inject::sign::Digest::Sha256, schemes, entries, None).unwrap();
        let lines: Vec<_> = files.manifest.1.split(|&byte| byte == b'\n').collect();
        assert!(lines.iter().all(|line| line.len() <= 71), "{len}");
    }
}

#[test]
fn unknown_pairs_of_the_input_are_dropped_and_named() {
    use inject::format::apk_signing_block::{SigningBlock, build, id};
    let block = build(&[(id::V2, b"x"), (id::STAMP, b"stamp"), (0x7e57_c0de, b"unknown")]);
    assert!(block.len().is_multiple_of(4096));
    let found = SigningBlock::find(block.as_slice(), block.len() as u64).unwrap().unwrap();
    let dropped: Vec<_> =
        dropped_pairs(&found, &BTreeSet::new()).into_iter().map(|pair| (pair.id, pair.what, pair.len)).collect();
    assert_eq!(dropped, [(id::STAMP, "source stamp", 5), (0x7e57_c0de, "unknown", 7)]);
}

#[test]
fn padding_pair_is_added_whatever_is_missing_to_a_page() {
    use inject::format::apk_signing_block::{SigningBlock, build, id};
    for len in 4000..4100 {
        let block = build(&[(id::V2, &vec![1; len])]);
        assert!(block.len().is_multiple_of(4096), "{len}");
        let found = SigningBlock::find(block.as_slice(), block.len() as u64).unwrap().unwrap();
        assert_eq!(found.value(id::V2).unwrap().0.len(), len);
    }
}

#[test]
fn a_section_of_another_length_than_announced_is_an_error() {
    for fed in [0, 9, 11] {
        let mut hasher = ContentHasher::new(&[ContentDigest::ChunkedSha256]);
        hasher.section(10);
        hasher.update(&vec![0; fed]);
        hasher.section(0);
        let error = hasher.finish().unwrap_err();
        assert_eq!((error.announced, error.fed), (10, fed as u64));
    }
}
