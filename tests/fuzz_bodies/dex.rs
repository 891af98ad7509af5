//! A body for any bytes as a dex file.

use inject::format::dex::{Argument, Dex, DexEdit, Target, dump, edit};

/// Reads everything there is, and edits; what was edited is a dex file that can be edited again.
pub fn dex(bytes: &[u8]) {
    let Ok(all) = Dex::all(bytes) else {
        assert!(edit(bytes, &[]).is_err());
        return;
    };
    assert_eq!(edit(bytes, &[]).unwrap(), bytes);
    let mut targets = ["shared", "s127", "z03"].map(|text| Target::Value(text.to_owned())).to_vec();
    for (dex, method) in all.iter().take(3).flat_map(|dex| [(dex, "setClientId"), (dex, "Lapp/Main;->setTwo")]) {
        let _ = (dump(dex), dex.strings_matching(|text| text.contains('s')));
        for constant in dex.constants_to(method).unwrap_or_default() {
            if let Argument::Constants(loads) = constant.value {
                targets.extend(loads.iter().map(|load| Target::At(load.at)));
                targets.push(Target::Passed { passed: constant.passed, place: 0 });
            }
        }
    }
    for target in targets {
        let change = DexEdit { target, value: "\u{0}fuzz\u{1f600}".to_owned() };
        if let Ok(edited) = edit(bytes, &[change]) {
            let back = DexEdit { target: Target::Value("\u{0}fuzz\u{1f600}".to_owned()), value: "~".to_owned() };
            edit(&edited, &[back]).expect("what was edited is edited");
        }
    }
}
