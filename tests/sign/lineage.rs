//! Rotation: lineages of apksigner are read, ours are the same, and wrong ones are refused.

use inject::sign::Identity;
use inject::sign::android::{AndroidSignError, Lineage, LineageError, Rotation, Schemes, Signers, signing_block};
use inject::verify::Scheme;
use inject::verify::android::{Options, apk, lineage_signature};

use super::package::{DEMO, identity, key_file, signed};

fn verify(key: &[u8], algorithm: u32, signed: &[u8], signature: &[u8]) -> bool {
    lineage_signature(key, algorithm, signed, signature)
}

fn read(file: &str) -> Lineage {
    Lineage::from_file(&key_file(file), verify).unwrap()
}

#[test]
fn apksigners_lineages_round_trip() {
    for file in ["p256-to-p384.lineage", "p256-to-p384-to-rsa.lineage", "rsa-to-p256.lineage"] {
        assert_eq!(read(file).to_file(), key_file(file), "{file}");
    }
}

#[test]
fn an_rsa_key_vouches_byte_for_byte_as_apksigner_does() {
    let ours = Lineage::rotate(&identity("rsa-2048.p12"), &identity("ec-p256.p12")).unwrap();
    assert_eq!(ours.to_file(), key_file("rsa-to-p256.lineage"));
}

#[test]
fn every_changed_byte_of_a_lineage_is_noticed() {
    let good = key_file("p256-to-p384.lineage");
    let decoded = read("p256-to-p384.lineage");
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x40;
        if let Ok(lineage) = Lineage::from_file(&bad, verify) {
            // Flags and the last algorithm are not signed by the lineage itself (the v3 signer signs them); the certificate of
            // the first node is vouched for by being the signer of v2.
            assert_ne!(lineage, decoded, "byte {at} has no meaning");
        }
    }
}

#[test]
fn rotation_puts_the_old_key_first_and_the_new_one_in_v31() {
    let (old, new) = (identity("ec-p256.p12"), identity("ec-p384.p12"));
    let lineage = read("p256-to-p384.lineage");
    let schemes = Schemes::parse("v1,v2,v3").unwrap();
    for (min_sdk, newest) in [(33, Scheme::V31), (28, Scheme::V3)] {
        let rotation = Rotation { original: Some(&old), lineage: &lineage, min_sdk };
        let signers = Signers { current: &new, rotation: Some(rotation) };
        let signed = signed(&signers, schemes, 21);
        let report = apk(signed.apk.as_slice(), &Options { min_sdk: Some(21), ..Options::default() });
        assert!(report.is_sound(), "{:#?}", report.findings);
        assert_eq!(report.signature(Scheme::V2).unwrap().signers[0].certificate, old.certificate().raw());
        assert_eq!(report.signature(newest).unwrap().signers[0].certificate, new.certificate().raw());
        assert_eq!(report.signers()[0].certificate, new.certificate().raw());
        assert_eq!(report.signature(Scheme::V31).is_some(), min_sdk == 33);
    }
}

#[test]
fn signers_that_do_not_fit_the_lineage_are_told_what_to_pass() {
    let (old, new, other) = (identity("ec-p256.p12"), identity("ec-p384.p12"), identity("rsa-2048.p12"));
    let lineage = read("p256-to-p384.lineage");
    let schemes = Schemes::parse("v2,v3").unwrap();
    let digests = signed(&Signers::single(&new), schemes, 24).digests;
    let refuse = |current: &Identity, original: Option<&Identity>, schemes: Schemes| {
        let rotation = Rotation { original, lineage: &lineage, min_sdk: 33 };
        signing_block(&Signers { current, rotation: Some(rotation) }, schemes, &digests, &[]).unwrap_err()
    };
    let error = refuse(&other, Some(&old), schemes);
    assert!(matches!(error, AndroidSignError::Lineage(LineageError::NotNewest { .. })), "{error}");
    let error = refuse(&new, Some(&other), schemes);
    assert!(matches!(error, AndroidSignError::Lineage(LineageError::NotOldest { .. })), "{error}");
    let error = refuse(&new, None, schemes);
    assert!(matches!(error, AndroidSignError::OriginalMissing { .. }), "{error}");
    let error = refuse(&new, Some(&old), Schemes::parse("v2").unwrap());
    assert!(matches!(error, AndroidSignError::RotationWithoutV3), "{error}");
    assert!(Lineage::from_file(DEMO, verify).is_err());
}
