//! Dex files: constants that reach a method, and edits after which everything else still resolves to the same text.

use std::collections::BTreeSet;

use inject::format::dex::{Argument, Constant, Dex, DexEdit, DexError, Target, dump, edit};
use inject::format::zip::Archive;
use proptest::prelude::*;

use crate::fuzz_bodies;
use crate::fuzz_bodies::dex::sealed;

const EVERYTHING: &[u8] = include_bytes!("../../testdata/dex/everything.dex");
const MANY: &[u8] = include_bytes!("../../testdata/dex/many.dex");

fn demo() -> Vec<u8> {
    let apk: &[u8] = include_bytes!("../../testdata/demo.apk");
    let archive = Archive::open(apk).unwrap();
    let index = archive.entries().iter().position(|entry| entry.display_name() == "classes.dex").unwrap();
    archive.read(index).unwrap()
}

fn text(from: &str, to: &str) -> DexEdit {
    DexEdit { target: Target::Value(from.into()), value: to.into() }
}

fn set(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    edit(bytes, &[text(from, to)]).unwrap()
}

fn dumped(bytes: &[u8]) -> (BTreeSet<String>, Vec<String>) {
    let all = dump(&Dex::parse(bytes).unwrap());
    assert!(!all.contains("broken: "), "{all}");
    let (strings, rest) = all.split_once("\n# ids\n").unwrap();
    let strings: Vec<String> = strings.lines().map(str::to_owned).collect();
    let set: BTreeSet<String> = strings.iter().cloned().collect();
    assert_eq!(set.len(), strings.len(), "a string is there twice");
    (set, rest.lines().map(str::to_owned).collect())
}

/// As the dump shows a text.
fn shown(text: &str) -> String {
    format!("\"{}\"", inject::format::mutf8::encode(text).escape_ascii())
}

/// Every line is as before, or a value line with the old text replaced; no other string came or went.
fn only_changes(before: &[u8], after: &[u8], from: &str, to: &str, lines: Option<usize>) {
    let ((old_strings, old), (new_strings, new)) = (dumped(before), dumped(after));
    assert_eq!(old.len(), new.len());
    let mut changed = 0;
    for (old, new) in old.iter().zip(&new).filter(|(old, new)| old != new) {
        let values = |text: &str| [format!("const-string v{text}"), format!("value {text}")];
        assert!(old.contains("const-string") || old.contains(&values(&shown(from))[1]), "{old} -> {new}");
        let replaced = old.replace(&format!("value {}", shown(from)), &format!("value {}", shown(to)));
        let replaced = if old.contains(" const-string") { old.replace(&shown(from), &shown(to)) } else { replaced };
        assert_eq!(&replaced, new);
        changed += 1;
    }
    assert!(lines.is_none_or(|lines| lines == changed), "{changed} lines changed");
    let differ: BTreeSet<&String> = old_strings.symmetric_difference(&new_strings).collect();
    assert!(differ.iter().all(|text| **text == shown(from) || **text == shown(to)), "{differ:?}");
    assert!(new_strings.contains(&shown(to)));
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

fn passed(constants: &[Constant]) -> Vec<(usize, Option<String>)> {
    let value = |constant: &Constant| match &constant.value {
        Argument::Constants(loads) => {
            Some(loads.iter().map(|load| load.text.as_str()).collect::<Vec<_>>().join(" or "))
        }
        Argument::Unknown { .. } => None,
    };
    constants.iter().map(|constant| (constant.argument, value(constant))).collect()
}

fn known(argument: usize, text: &str) -> (usize, Option<String>) {
    (argument, Some(text.to_owned()))
}

#[test]
fn constants_are_followed_over_every_path_and_no_further() {
    let dex = Dex::parse(EVERYTHING).unwrap();
    let found = dex.constants_to("setClientId").unwrap();
    let of = |name: &str| {
        let calls: Vec<Constant> = found.iter().filter(|constant| constant.caller.name == name).cloned().collect();
        passed(&calls)
    };
    assert_eq!(of("run"), [known(0, "client-dev"), known(0, "client-jumbo")]);
    // A parameter, a field, half of a wide value: unknown.
    let before = [(0, None), known(0, "shared or one branch"), (0, None), (0, None)];
    // Behind the switch, in a case of it, in the try; its handler comes from before and from within.
    let switched = [known(0, "before the switch"), known(0, "before the switch")];
    let tried = [known(0, "in try"), known(0, "before the switch or in try")];
    assert_eq!(of("unknown"), [&before[..], &switched, &tried].concat());
    let why: Vec<String> = found
        .iter()
        .filter_map(|constant| match &constant.value {
            Argument::Unknown { why, .. } => Some(why.clone()),
            Argument::Constants(_) => None,
        })
        .collect();
    let said = ["it is a parameter of the method that calls", "it is the field Lapp/Main;->text", "it is computed"];
    assert_eq!(why, said);
    let two = dex.constants_to("Lapp/Main;->setTwo").unwrap();
    assert_eq!(passed(&two), [known(1, "first"), known(2, "second")]);
    assert_eq!(two[0].method.to_string(), "Lapp/Main;->setTwo(JLjava/lang/String;Ljava/lang/String;)V");
    assert_eq!(two[0].caller.to_string(), "Lapp/Main;->run()V");
    assert!(dex.constants_to("Lapp/Other;->setTwo").unwrap().is_empty());
    assert!(dex.constants_to("noSuchMethod").unwrap().is_empty());
    let matching = dex.strings_matching(|text| text.starts_with("client-")).unwrap();
    assert_eq!(matching.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), ["client-dev", "client-jumbo"]);
}

#[test]
fn the_place_that_was_found_is_edited() {
    let dex = Dex::parse(EVERYTHING).unwrap();
    let constants = dex.constants_to("setClientId").unwrap();
    let Argument::Constants(loads) = &constants[0].value else { panic!("{constants:?}") };
    assert_eq!(loads[0].text, "client-dev");
    let value = "0123456789abcdef0123456789abcdef".to_owned();
    let edited =
        edit(EVERYTHING, &[DexEdit { target: Target::At(loads[0].at), value: value.as_str().into() }]).unwrap();
    let target = Target::Passed { passed: constants[0].passed, place: 0 };
    assert!(edit(EVERYTHING, &[DexEdit { target, value: value.as_str().into() }]).unwrap() == edited);
    only_changes(EVERYTHING, &edited, "client-dev", &value, Some(1));
    assert!(!holds(&edited, "client-dev"), "the old value stayed behind");
    let again = Dex::parse(&edited).unwrap().constants_to("setClientId").unwrap();
    assert_eq!(passed(&again)[0], known(0, &value));
}

#[test]
fn no_edit_and_the_same_value_keep_every_byte() {
    for bytes in [EVERYTHING, MANY, &demo()] {
        assert_eq!(edit(bytes, &[]).unwrap(), bytes);
    }
    assert_eq!(set(EVERYTHING, "client-dev", "client-dev"), EVERYTHING);
}

#[test]
fn values_of_all_kinds_and_places_change_alone() {
    let long = "long".repeat(5000);
    let values = ["", "\u{0}", "!", "~~~", "client-dew", "\u{e9}\u{1f600}", "\u{ffff}", &long, "second", "alpha"];
    for from in ["client-dev", "client-jumbo", "second", "static-value", "annotated", "deep", "site-argument"] {
        for to in values.into_iter().filter(|to| *to != from) {
            let edited = set(EVERYTHING, from, to);
            only_changes(EVERYTHING, &edited, from, to, Some(1));
            assert!(!holds(&edited, from));
        }
    }
    // "setClientId" is a method's name: it stays one, and is used as a value too.
    only_changes(EVERYTHING, &set(EVERYTHING, "client-dev", "setClientId"), "client-dev", "setClientId", Some(1));
    let bytes = demo();
    let all = dump(&Dex::parse(&bytes).unwrap());
    let line = all.lines().find(|line| line.contains(" const-string")).unwrap();
    let from = line.split('"').nth(1).unwrap();
    only_changes(&bytes, &set(&bytes, from, "zz"), from, "zz", None);
}

#[test]
fn a_shared_string_stays_for_the_others() {
    // As a static value and in code these are values; in a signature it is a name, and stays.
    only_changes(EVERYTHING, &set(EVERYTHING, "shared", "mine"), "shared", "mine", Some(2));
    assert!(holds(&set(EVERYTHING, "shared", "mine"), "shared"));
    assert!(!holds(&set(EVERYTHING, "deep", "mine"), "deep"));
    let all = dump(&Dex::parse(MANY).unwrap());
    assert!(all.contains("\"s004\""));
    // The debug information names s004 too.
    let edited = set(MANY, "s004", "new");
    only_changes(MANY, &edited, "s004", "new", Some(2));
    assert!(holds(&edited, "s004"));
}

#[test]
fn what_a_call_passed_leaves_no_trace() {
    let shared: &[u8] = include_bytes!("../../testdata/dex/shared.dex");
    let calls: &[u8] = include_bytes!("../../testdata/dex/calls.dex");
    for (bytes, methods) in [
        (EVERYTHING, &["setClientId"][..]),
        (shared, &["setClientId", "setLoginObject"]),
        (calls, &["partial", "two", "wide", "same", "twice", "many", "kept"]),
    ] {
        for method in methods {
            assert!(fuzz_bodies::metamorphic::code(bytes, method) > 0, "{method}");
        }
    }
}

#[test]
fn the_way_to_a_value_leaves_no_trace() {
    for (bytes, from) in [(EVERYTHING, "client-dev"), (EVERYTHING, "shared"), (MANY, "s004"), (MANY, "s299")] {
        for (dev, prod) in [("!dev", "~prod"), ("~dev", "!prod"), ("", "m"), ("s1", "s2")] {
            let direct = set(bytes, from, dev);
            let there_and_back = set(&set(&direct, dev, prod), prod, dev);
            assert_eq!(there_and_back, direct);
            assert_eq!(set(&direct, dev, prod), set(bytes, from, prod));
        }
    }
    for from in ["client-dev", "in try"] {
        assert_eq!(set(&set(EVERYTHING, from, "~"), "~", from), EVERYTHING, "the fixture has the shortest layout");
    }
}

#[test]
fn bodies_move_across_the_lengths_of_their_offsets() {
    // 75 new strings beside the old ones, which the debug information names: 300 bytes of ids before all code.
    let edits: Vec<DexEdit> =
        (0..75).map(|pick| text(&format!("s{:03}", pick * 4), &format!("t{:03}", pick * 4))).collect();
    let edited = edit(MANY, &edits).unwrap();
    assert!(dumped(&edited).0.len() >= dumped(MANY).0.len() + 70);
    let old: Vec<String> = dumped(MANY).1.iter().filter(|line| !line.contains("\"s")).cloned().collect();
    let new: Vec<String> =
        dumped(&edited).1.iter().filter(|line| !line.contains("\"s") && !line.contains("\"t")).cloned().collect();
    assert!(old == new && old.iter().filter(|line| line.contains("code [")).count() == 62);
    let values: Vec<DexEdit> =
        (0..75).map(|pick| text(&format!("t{:03}", pick * 4), &format!("s{:03}", pick * 4))).collect();
    assert_eq!(edit(&edited, &values).unwrap(), MANY, "the way back");
}

#[test]
fn refusals_say_what_to_do() {
    let error = |bytes: &[u8]| edit(bytes, &[text("client-dev", "x")]).unwrap_err().to_string();
    let with = |at: usize, new: &[u8]| {
        let mut bytes = EVERYTHING.to_vec();
        bytes[at..at + new.len()].copy_from_slice(new);
        bytes
    };
    assert!(error(&with(4, b"041")).contains("header_size 0x78"));
    assert!(error(&with(4, b"042")).contains("042"));
    assert!(error(&with(0, b"cdex001\0")).contains("compact dex"));
    assert!(error(&with(0, b"dey\n036\0")).contains("odex"));
    assert!(error(&with(40, &[0x12, 0x34, 0x56, 0x78])).contains("big-endian"));
    assert!(error(&with(8, &[0; 4])).contains("damaged"));
    assert!(error(&sealed(with(44, &[4, 0, 0, 0, 112]))).contains("link section"));
    assert!(error(&[EVERYTHING, &[0]].concat()).contains("file_size"));
    let missing = edit(EVERYTHING, &[text("secret nobody has", "x")]).unwrap_err();
    assert!(matches!(missing, DexError::NotFound { .. }) && !missing.to_string().contains("secret"));
    assert!(matches!(edit(EVERYTHING, &[text("app/Main", "x")]).unwrap_err(), DexError::NotFound { .. }));
    let two = [text("client-dev", "x"), text("client-dev", "y")];
    assert!(matches!(edit(EVERYTHING, &two).unwrap_err(), DexError::Conflict { .. }));
    let long = text("client-dev", &"x".repeat(65_536));
    assert!(matches!(edit(EVERYTHING, &[long]).unwrap_err(), DexError::TooLong { .. }));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn many_edits_at_once_shift_every_index_form(
        picks in prop::collection::btree_map(0..75_usize, "[!a~s\u{0}\u{80}\u{1f600}]{0,3}", 1..12)
    ) {
        let edits: Vec<DexEdit> =
            picks.iter().map(|(pick, value)| text(&format!("s{:03}", pick * 4), &format!("{value}#{pick}"))).collect();
        let edited = edit(MANY, &edits).unwrap();
        let ((_, old), (strings, new)) = (dumped(MANY), dumped(&edited));
        prop_assert_eq!(old.len(), new.len());
        for (old, new) in old.iter().zip(&new) {
            let mut expected = old.clone();
            for edit in &edits {
                let Target::Value(from) = &edit.target else { continue };
                let mark = if old.contains(" const-string") { "" } else { "value " };
                expected = expected.replace(&format!("{mark}{}", shown(from.expose())), &format!("{mark}{}", shown(edit.value.expose())));
            }
            // Names in the debug information keep their text.
            if old.contains("const-string") || old.contains("value ") {
                prop_assert_eq!(&expected, new);
            } else {
                prop_assert_eq!(old, new);
            }
        }
        for edit in &edits {
            prop_assert!(strings.contains(&shown(edit.value.expose())));
        }
        // One after the other gives the same as all at once.
        let mut one_by_one = MANY.to_vec();
        for change in &edits {
            one_by_one = edit(&one_by_one, std::slice::from_ref(change)).unwrap();
        }
        prop_assert_eq!(one_by_one, edited);
    }

    #[test]
    fn damaged_files_do_not_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![any::<u8>(), Just(0), Just(0xff)]), 1..6),
        cut in any::<Option<prop::sample::Index>>(),
    ) {
        let mut bytes = EVERYTHING.to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        fuzz_bodies::dex::with_checksum(&bytes);
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
            fuzz_bodies::dex::dex(&sealed(bytes));
        }
    }

    #[test]
    fn any_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        fuzz_bodies::dex::dex(&bytes);
        fuzz_bodies::dex::dex(&sealed([b"dex\n039\0", bytes.as_slice()].concat()));
    }
}

#[test]
fn all_texts_lie_in_one_range_or_none_is_told() {
    use inject::format::dex::texts;
    let range = texts(EVERYTHING).unwrap();
    assert!(range.len() < EVERYTHING.len() / 2, "{range:?} of {}", EVERYTHING.len());
    let word = |at: usize| u32::from_le_bytes(EVERYTHING[at..at + 4].try_into().unwrap()) as usize;
    for number in 0..word(0x38) {
        let at = word(word(0x3c) + 4 * number);
        let end = at + EVERYTHING[at..].iter().position(|byte| *byte == 0).unwrap();
        assert!(range.start <= at && end < range.end);
    }
    // A string that lies elsewhere, a map that leaves them out or ends early, a container, and no dex file.
    let changed = |at: usize, value: u32| {
        let mut bytes = EVERYTHING.to_vec();
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        texts(&bytes)
    };
    assert_eq!(changed(word(0x3c), 0x70), None);
    assert_eq!(changed(0x34, 0xffff_fff0), None);
    assert_eq!(changed(0x3c, 0xffff_fff0), None);
    assert_eq!(changed(4, u32::from_le_bytes(*b"041\0")), None);
    for len in 0..EVERYTHING.len() {
        let _ = texts(&EVERYTHING[..len]);
    }
    assert_eq!(texts(b"PK\x03\x04"), None);
}
