//! Every changed byte of a signed package is noticed.

use inject::format::apk_signing_block::SigningBlock;
use inject::format::zip::Archive;
use inject::sign::android::{Schemes, Signers, v4};
use inject::verify::android::{Copied, Options, apk, rewritten};
use inject::verify::{Report, Scheme};

use crate::format::build::zip::{Item, Zip};
use crate::sign::assemble::sign;
use crate::sign::package::{identity, signed};

fn judge(bytes: &[u8], min_sdk: u32) -> Report {
    apk(bytes, &Options { min_sdk: Some(min_sdk), ..Options::default() })
}

/// Flips one bit of every byte outside the padding pair, whose content no scheme protects (nor needs to).
fn every_byte(list: &str, min_sdk: u32, step: usize) {
    let identity = identity("ec-p256.p12");
    let schemes = Schemes::parse(list).unwrap();
    let good = signed(&Signers::single(&identity), schemes, min_sdk).apk;
    let archive = Archive::open(good.as_slice()).unwrap();
    let block = SigningBlock::find(good.as_slice(), archive.directory_offset()).unwrap().unwrap();
    let (padding, start) = block.value(inject::format::apk_signing_block::id::PADDING).unwrap();
    // Its ID neither: another unknown pair is nobody's business.
    let padding = usize::try_from(start).unwrap() - 4..usize::try_from(start).unwrap() + padding.len();
    assert!(judge(&good, min_sdk).is_sound());
    for at in (0..good.len()).step_by(step).filter(|at| !padding.contains(at)) {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        let report = judge(&bad, min_sdk);
        assert!(!report.is_sound() || lost(&report, schemes), "byte {at:#x} of {list}: {:?}", report.findings);
    }
}

/// A scheme that was there is not seen any more, which the pinned set of schemes notices.
fn lost(report: &Report, schemes: Schemes) -> bool {
    let gone = |wanted, scheme| wanted && report.signature(scheme).is_none();
    gone(schemes.v1, Scheme::V1) || gone(schemes.v2, Scheme::V2) || gone(schemes.v3, Scheme::V3)
}

#[test]
fn v3_notices_every_byte() {
    every_byte("v3", 28, 1);
}

#[test]
fn v2_and_v3_notice_every_byte() {
    every_byte("v2,v3", 24, 7);
}

#[test]
fn v1_notices_every_changed_content() {
    let identity = identity("ec-p256.p12");
    let schemes = Schemes::parse("v1").unwrap();
    let good = signed(&Signers::single(&identity), schemes, 18).apk;
    let archive = Archive::open(good.as_slice()).unwrap();
    for entry in archive.entries() {
        let range = entry.data_range();
        for at in (range.start..range.end).step_by(3) {
            let mut bad = good.clone();
            bad[usize::try_from(at).unwrap()] ^= 4;
            // The last bits behind the end of deflate data mean nothing.
            let same = || content(&bad, entry.name()).is_some_and(|found| Some(found) == content(&good, entry.name()));
            assert!(!judge(&bad, 18).is_sound() || same(), "{} at {at:#x}", entry.display_name());
        }
    }
}

fn content(package: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    let archive = Archive::open(package).ok()?;
    archive.read(archive.find(name)?).ok()
}

#[test]
fn v4_notices_every_byte_of_the_package_and_of_its_file() {
    let identity = identity("ec-p256.p12");
    let signers = Signers::single(&identity);
    let signed = signed(&signers, Schemes::parse("v3").unwrap(), 28);
    let idsig = v4::idsig(&signers, signed.apk.as_slice(), &signed.digests).unwrap();
    let sound = |apk_bytes: &[u8], idsig: &[u8]| {
        let options = Options { min_sdk: Some(28), idsig: Some(idsig), ..Options::default() };
        let report = apk(apk_bytes, &options);
        report.is_sound() && report.signature(Scheme::V4).is_some()
    };
    assert!(sound(&signed.apk, &idsig));
    for at in 0..idsig.len() - 4096 {
        let mut bad = idsig.clone();
        bad[at] ^= 0x10;
        assert!(!sound(&signed.apk, &bad), "byte {at:#x} of the .idsig");
    }
    for at in (0..signed.apk.len()).step_by(101) {
        let mut bad = signed.apk.clone();
        bad[at] ^= 0x10;
        assert!(!sound(&bad, &idsig), "byte {at:#x} of the package");
    }
}

#[test]
fn taking_a_scheme_away_is_noticed() {
    let identity = identity("ec-p256.p12");
    let whole = signed(&Signers::single(&identity), Schemes::parse("v1,v2,v3").unwrap(), 21).apk;
    let archive = Archive::open(whole.as_slice()).unwrap();
    let block = SigningBlock::find(whole.as_slice(), archive.directory_offset()).unwrap().unwrap();
    let place = |id: u32| usize::try_from(block.value(id).unwrap().1).unwrap() - 4;
    // An ID nobody knows: the scheme is gone.
    for (id, code) in [(0xf053_68c0, "v2.stripped"), (0x7109_871a, "v1.stripped")] {
        let mut bad = whole.clone();
        bad[place(id)] ^= 0xff;
        let codes: Vec<_> = judge(&bad, 21).findings.iter().map(|finding| finding.code.as_str()).collect();
        assert!(codes.contains(&code), "{codes:?}");
    }
}

/// The original vouches only for bytes that are its own.
#[test]
fn a_rewrite_notices_every_changed_content_of_v1() {
    let identity = identity("ec-p256.p12");
    let schemes = Schemes::parse("v1").unwrap();
    let good = signed(&Signers::single(&identity), schemes, 18).apk;
    let original = Archive::open(good.as_slice()).unwrap();
    let options = Options { min_sdk: Some(18), ..Options::default() };
    let judge = |bytes: &[u8]| rewritten(&Archive::open(bytes).unwrap(), &original, None, &options);
    assert!(judge(&good).is_sound());
    for entry in original.entries() {
        let range = entry.data_range();
        for at in (range.start..range.end).step_by(5) {
            let mut bad = good.clone();
            bad[usize::try_from(at).unwrap()] ^= 4;
            assert!(!judge(&bad).is_sound(), "{} at {at:#x}", entry.display_name());
        }
    }
}

/// An original without a readable manifest vouches for nothing: what was signed now is hashed.
#[test]
fn a_rewrite_of_an_unsound_original_is_hashed() {
    let identity = identity("ec-p256.p12");
    let schemes = Schemes::parse("v1").unwrap();
    let signers = Signers::single(&identity);
    let good = signed(&signers, schemes, 18).apk;
    let options = Options { min_sdk: Some(18), ..Options::default() };
    let archive = Archive::open(good.as_slice()).unwrap();
    let arsc = archive.find(b"resources.arsc").unwrap();
    let at = usize::try_from(archive.entries()[arsc].data_range().end - 1).unwrap();
    // The same wrong byte in both, but the original's manifest is unreadable: bytes agree, nobody vouches for them.
    let (mut bad, mut other) = (good.clone(), good.clone());
    bad[at] ^= 1;
    other[at] ^= 1;
    let manifest = archive.find(b"META-INF/MANIFEST.MF").unwrap();
    let range = archive.entries()[manifest].data_range();
    let cut = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
    other[cut].fill(0);
    let other = Archive::open(other.as_slice()).unwrap();
    assert!(!rewritten(&Archive::open(bad.as_slice()).unwrap(), &other, None, &options).is_sound());
}

/// Of chunks that were copied whole the writer's hash counts, but for a sample; of all others the bytes do.
#[test]
fn a_rewrite_takes_the_word_of_the_writer_for_copied_chunks_alone() {
    const MIB: usize = 1024 * 1024;
    let content: Vec<u8> = (0_u32..).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).take(18 * MIB).collect();
    let package = Zip::of([Item::new("AndroidManifest.xml", 0, b""), Item::new("assets/noise", 0, &content)]).build();
    let schemes = Schemes::parse("v2,v3").unwrap();
    let options = Options { min_sdk: Some(24), ..Options::default() };
    let judge =
        |name: &str, change: Option<usize>, hashes: &dyn Fn(&mut Vec<[u8; 32]>), fresh: &[std::ops::Range<u64>]| {
            let identity = identity(name);
            let good = sign(&package, &Signers::single(&identity), schemes, 24);
            let mut chunks = good.digests.chunks().to_vec();
            hashes(&mut chunks);
            let mut bad = good.apk.clone();
            if let Some(at) = change {
                bad[at] ^= 1;
            }
            let (new, original) = (Archive::open(bad.as_slice()).unwrap(), Archive::open(package.as_slice()).unwrap());
            rewritten(&new, &original, Some(&Copied { hashes: &chunks, fresh }), &options).is_sound()
        };
    let keep = |_: &mut Vec<[u8; 32]>| {};
    assert!(judge("ec-p256.p12", None, &keep, &[]));
    assert!(judge("ec-p256.p12", Some(5 * MIB), &keep, &[]), "copied: the writer read it");
    for (at, fresh) in [(5 * MIB, 6 * MIB - 1), (6 * MIB - 1, 5 * MIB)] {
        let fresh = [0..0, fresh as u64..fresh as u64 + 1, 17 << 20..18 << 20];
        assert!(!judge("ec-p256.p12", Some(at), &keep, &fresh), "something of the chunk is new");
    }
    assert!(!judge("ec-p256.p12", Some(16 * MIB), &keep, &[]), "sampled");
    assert!(!judge("ec-p256.p12", None, &|chunks| chunks[5][0] ^= 1, &[]), "not what was signed");
    assert!(judge("ec-p256.p12", None, &|chunks| chunks.truncate(3), &[]), "what is not known is hashed");
    assert!(!judge("ec-p256.p12", Some(5 * MIB), &|chunks| chunks.truncate(3), &[]));
    assert!(!judge("rsa-4096.p12", Some(5 * MIB), &keep, &[]), "another digest was signed");
}
