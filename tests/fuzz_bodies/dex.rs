//! Bodies for any bytes as a dex file.

use std::collections::BTreeSet;

use inject::format::dex::{Argument, Dex, DexEdit, Target, dump, edit};

use crate::format::build::dex::checksum;

/// A text that no file has.
const NEW: &str = "\u{0}fuzz\u{1f600}";

/// Reads everything there is, and edits; what was edited is a dex file that can be edited again, and nothing but the texts that
/// were meant came or went.
pub fn dex(bytes: &[u8]) {
    let Ok(all) = Dex::all(bytes) else {
        assert!(edit(bytes, &[]).is_err());
        return;
    };
    assert_eq!(edit(bytes, &[]).unwrap(), bytes);
    let mut targets: Vec<(Target, Vec<String>)> =
        ["shared", "s127", "z03"].map(|text| (Target::Value(text.into()), vec![text.to_owned()])).to_vec();
    for (dex, method) in all.iter().take(3).flat_map(|dex| [(dex, "setClientId"), (dex, "Lapp/Main;->setTwo")]) {
        let _ = (dump(dex), dex.strings_matching(|text| text.contains('s')));
        for constant in dex.constants_to(method).unwrap_or_default() {
            if let Argument::Constants(loads) = constant.value {
                targets.extend(loads.iter().map(|load| (Target::At(load.at), vec![load.text.clone()])));
                let texts = loads.into_iter().map(|load| load.text).collect();
                targets.push((Target::Passed { passed: constant.passed, place: 0 }, texts));
            }
        }
    }
    // Each edit reads the whole file again, and a file may have a hundred calls: others are edited in other files.
    let first = checksum(bytes) as usize % targets.len();
    targets.rotate_left(first);
    targets.truncate(8);
    let before = strings(&all);
    for (target, texts) in targets {
        let change = DexEdit { target, value: NEW.into() };
        let Ok(edited) = edit(bytes, std::slice::from_ref(&change)) else { continue };
        let again = Dex::all(&edited).expect("what was edited is read");
        let after = strings(&again);
        assert!(before.difference(&after).all(|gone| texts.contains(gone)), "{:?}", change.target);
        assert!(after.difference(&before).all(|new| new == NEW), "{:?}", change.target);
        for (dex, again) in all.iter().zip(&again).take(3) {
            let calls = |dex: &Dex<'_>| dex.constants_to("setClientId").map(|calls| calls.len()).ok();
            assert_eq!(calls(dex), calls(again), "{:?}", change.target);
        }
        let back = DexEdit { target: Target::Value(NEW.into()), value: "~".into() };
        edit(&edited, &[back]).expect("what was edited is edited");
    }
}

fn strings(all: &[Dex<'_>]) -> BTreeSet<String> {
    let of = |dex: &Dex<'_>| {
        let texts = (0..dex.string_count() as u32).map_while(|index| dex.string(index).ok());
        texts.map(std::borrow::Cow::into_owned).collect::<Vec<_>>()
    };
    all.iter().flat_map(of).collect()
}

/// The same with a right checksum, so that damage behind it is seen.
pub fn with_checksum(bytes: &[u8]) {
    dex(bytes);
    dex(&sealed(bytes.to_vec()));
}

/// With a right checksum and size.
pub fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.len() > 36 {
        let size = bytes.len() as u32;
        bytes[32..36].copy_from_slice(&size.to_le_bytes());
        let sum = checksum(&bytes[12..]);
        bytes[8..12].copy_from_slice(&sum.to_le_bytes());
    }
    bytes
}
