//! What was made by changing pairs of a signing block is that, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use inject::format::apk_signing_block::{SigningBlock, build, id};
use inject::format::zip::Archive;
use inject::verify::Report;
use inject::verify::android::{Options, kept, signatures};

use crate::sign::package::DEMO;

const ID: u32 = 0x7177_7777;

fn options() -> Options<'static> {
    Options { min_sdk: Some(24), ..Options::default() }
}

fn block(apk: &[u8]) -> SigningBlock {
    SigningBlock::find(apk, Archive::open(apk).unwrap().directory_offset()).unwrap().unwrap()
}

/// What is said of `new`, made of the demo.
fn judged(new: &[u8]) -> Report {
    let original = Archive::open(DEMO).unwrap();
    let before = signatures(&original, &options());
    kept(&Archive::open(new).unwrap(), &original, (&BTreeSet::from([ID]), &before), &options())
}

/// The demo with this block, which begins so many bytes later.
fn with(block_bytes: &[u8], later: usize) -> Vec<u8> {
    let archive = Archive::open(DEMO).unwrap();
    let start = block(DEMO).range().start as usize;
    let payload = [&DEMO[..start], &vec![0; later]].concat();
    let end = archive.eocd_at((payload.len() + block_bytes.len()) as u64).unwrap();
    [&payload, block_bytes, archive.directory(), &end].concat()
}

fn with_pair() -> Vec<u8> {
    with(&block(DEMO).with_values(&BTreeMap::from([(ID, b"value".to_vec())])).unwrap(), 0)
}

#[test]
fn a_pair_and_nothing_else() {
    assert!(judged(DEMO).is_sound());
    let report = judged(&with_pair());
    assert!(report.is_sound() && report.signatures.len() == 2, "{:#?}", report.findings);
}

#[track_caller]
fn finds(new: &[u8], text: &str) {
    let report = judged(new);
    let found: Vec<String> =
        report.findings.iter().map(|f| format!("{} ({}): {}", f.code, f.place, f.message)).collect();
    assert!(!report.is_sound() && found.iter().any(|found| found.contains(text)), "no {text:?} in {found:#?}");
}

#[test]
fn every_other_change_is_found() {
    let good = with_pair();
    let start = block(&good).range().start as usize;
    let flipped = |at: usize| {
        let mut new = good.clone();
        new[at] ^= 1;
        new
    };
    // The first and the last byte of what was copied, and one of an entry's content.
    for at in [8, start - 1, start / 2] {
        let mut new = flipped(at);
        // Local headers have to be read all the same.
        if Archive::open(new.as_slice()).is_err() {
            new = flipped(at + 1);
        }
        finds(&new, "zip.copy (the entries): they differ from the original's");
    }
    let directory = Archive::open(good.as_slice()).unwrap().directory_offset() as usize;
    finds(&flipped(directory + 5), "zip.copy (the central directory): it is not the original's");
    let mut comment = good.clone();
    let len = comment.len();
    comment[len - 2] = 1;
    comment.push(b'x');
    finds(&comment, "zip.copy (the end of central directory record): more of it changed than the offset");
    // The block elsewhere, another pair, one that is gone, one that is new.
    let pairs: Vec<(u32, Vec<u8>)> = block(&good).pairs().map(|(id, value)| (id, value.to_vec())).collect();
    let of = |pairs: &[(u32, Vec<u8>)]| {
        let pairs: Vec<(u32, &[u8])> = pairs.iter().map(|(id, value)| (*id, value.as_slice())).collect();
        with(&build(&pairs), 0)
    };
    let signed = |id: u32| pairs.iter().filter(|(there, _)| *there == id).cloned().collect::<Vec<_>>();
    let both = [signed(id::V2), signed(id::V3)].concat();
    assert!(judged(&of(&both)).is_sound());
    finds(&with(&build(&[(ID, b"value")]), 4096), "zip.copy (APK Signing Block): it begins at");
    finds(
        &of(&signed(id::V3)),
        "zip.copy (APK Signing Block): other pairs are not as they were: signing-block/0xf05368c0, expected",
    );
    finds(&of(&signed(id::V3)), "zip.copy (the signature): it is not the original's");
    finds(&of(&[both.clone(), vec![(9, b"new".to_vec())]].concat()), "signing-block/0x00000009, expected");
    let mut damaged = both;
    damaged[0].1[300] ^= 1;
    finds(&of(&damaged), "v2.");
    // No block at all.
    finds(&with(&[], 0), "there is no APK Signing Block");
}
