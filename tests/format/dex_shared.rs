//! One constant in a register, several readers: exactly the operands that are named get the new text, on every path, and
//! all else reads what it read. An independent walk over all paths says who reads what, before and after.

use std::collections::BTreeSet;

use inject::format::dex::{Argument, Constant, Dex, DexEdit, DexError, Passed, Target, check_passed, dump, edit};
use proptest::prelude::*;

use crate::format::build::dex::{File, Method, Op, file};
use crate::format::build::paths::{Reader, Seen, reader_at, seen};

const SHARED: &[u8] = include_bytes!("../../testdata/dex/shared.dex");

/// The known calls of a method in one other (or in all), each once.
fn calls(bytes: &[u8], method: &str, caller: &str) -> Vec<Constant> {
    let dex = Dex::parse(bytes).unwrap();
    let all = dex.constants_to(method).unwrap().into_iter();
    all.filter(|constant| matches!(constant.value, Argument::Constants(_)))
        .filter(|constant| caller.is_empty() || constant.caller.name == caller)
        .collect()
}

fn passes(passed: &[Passed], value: &str) -> Vec<DexEdit> {
    let edit = |passed: &Passed| DexEdit { target: Target::Passed { passed: *passed, place: 0 }, value: value.into() };
    passed.iter().map(edit).collect()
}

fn reader(dump: &str, constant: &Constant) -> Reader {
    let unit = (constant.passed.call - constant.passed.code - 16) / 2;
    let (method, number) = reader_at(dump, &constant.caller.name, unit);
    (method, number, constant.passed.operand)
}

/// What everybody reads, where these read another text.
fn expected(mut before: Seen, named: &BTreeSet<Reader>, value: &str) -> Seen {
    for (reader, seen) in &mut before {
        if named.contains(reader) {
            assert!(seen.iter().all(Option::is_some), "a named operand that is not known");
            *seen = BTreeSet::from([Some(format!("\"{value}\""))]);
        }
    }
    before
}

/// Sets operands, and lets the walk judge; then once more, which leaves no trace of the first time.
fn set(bytes: &[u8], picked: &[Constant], value: &str) -> Result<Vec<u8>, DexError> {
    let passed: Vec<Passed> = picked.iter().map(|constant| constant.passed).collect();
    let places: Vec<(Passed, usize)> = passed.iter().map(|passed| (*passed, 0)).collect();
    let edited = edit(bytes, &passes(&passed, value));
    assert_eq!(
        edited.as_ref().err(),
        check_passed(bytes, &places).as_ref().err(),
        "what is said before there is a value"
    );
    let edited = edited?;
    let (before, after) = (dump(&Dex::parse(bytes).unwrap()), dump(&Dex::parse(&edited).unwrap()));
    let named: BTreeSet<Reader> = picked.iter().map(|constant| reader(&before, constant)).collect();
    let want = expected(seen(&before).unwrap(), &named, value);
    let now = seen(&after).unwrap();
    assert_eq!(want, now, "{after}");
    Ok(edited)
}

/// The same calls in an edited file: their order stays.
fn again(bytes: &[u8], edited: &[u8], method: &str, picked: &[Constant]) -> Vec<Constant> {
    let (old, new) = (calls(bytes, method, ""), calls(edited, method, ""));
    assert_eq!(old.len(), new.len(), "every call is as known as it was");
    let is_picked = |old: &Constant| picked.iter().any(|picked| picked.passed == old.passed);
    old.iter().zip(new).filter(|(old, _)| is_picked(old)).map(|(_, new)| new).collect()
}

/// All of it for some calls: set, once more the same, another value and back.
fn round(method: &str, picked: &[Constant]) -> Result<Vec<u8>, DexError> {
    let dev = set(SHARED, picked, "the dev id")?;
    let qa = set(&dev, &again(SHARED, &dev, method, picked), "~qa")?;
    assert!(qa == set(SHARED, picked, "~qa")?, "the way to a value leaves a trace");
    assert!(set(&qa, &again(SHARED, &qa, method, picked), "the dev id")? == dev);
    assert!(set(&dev, &again(SHARED, &dev, method, picked), "the dev id")? == dev, "a second run changes something");
    Ok(dev)
}

fn method_of(bytes: &[u8], name: &str) -> String {
    let text = dump(&Dex::parse(bytes).unwrap());
    let start = text.find(&format!(" \"{name}\" ")).unwrap();
    text[start..].split("\n method ").next().unwrap().to_owned()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// The loads of a method, as texts.
fn loads(bytes: &[u8], name: &str) -> Vec<String> {
    let method = method_of(bytes, name);
    let loads = method.lines().filter(|line| line.contains(" const-string"));
    loads.map(|line| line.split('"').nth(1).unwrap().to_owned()).collect()
}

#[test]
fn what_only_the_call_reads_changes_where_it_is() {
    for (name, old, new) in [
        ("alone", &["read alone"][..], &["X"][..]),
        ("empty", &[""], &["X"]),
        ("twice", &["only twice"], &["X"]),
        ("either", &["this or", "that"], &["X", "X"]),
        ("asked", &["asked for null"], &["X"]),
    ] {
        let picked = calls(SHARED, "setClientId", name);
        assert_eq!(loads(SHARED, name), old);
        round("setClientId", &picked).unwrap();
        let edited = set(SHARED, &picked, "X").unwrap();
        assert_eq!(loads(&edited, name), new);
        assert!(name == "empty" || !holds(&edited, old[0]), "the old text stayed behind");
        let lines = |bytes: &[u8]| method_of(bytes, name).lines().count();
        assert_eq!(lines(&edited), lines(SHARED), "no instruction more");
    }
}

#[test]
fn what_others_read_too_is_loaded_anew_and_again() {
    // By method: what is loaded afterwards, in order.
    for (name, of, new) in [
        ("oneForThree", "setClientId", &["three", "X", "three"][..]),
        ("twiceAndAnother", "setClientId", &["twice", "X", "X", "twice"]),
        ("last", "setClientId", &["last", "X"]),
        ("copied", "setClientId", &["copied", "X"]),
        ("copyOutlives", "setClientId", &["outlives", "X"]),
        ("copyOnOnePath", "setClientId", &["by default", "X", "X"]),
        ("replacedOnOnePath", "setClientId", &["", "X"]),
        ("loop", "setClientId", &["in a loop", "X", "in a loop"]),
        ("loopAround", "setClientId", &["around", "X", "around"]),
        ("branchToCall", "setClientId", &["branched", "X", "branched"]),
        ("intoField", "setClientId", &["into a field", "X", "into a field"]),
        ("returned", "setClientId", &["returned", "X", "returned"]),
        ("intoArray", "setClientId", &["into an array", "X", "into an array"]),
        ("range", "setClientId", &["range", "X", "range"]),
        ("resultInto", "give", &["result into", "X"]),
        ("resultBeside", "give", &["result beside", "X", "result beside"]),
        ("handlerReadsNothing", "setClientId", &["handler apart", "X", "handler apart", "X"]),
        ("handlerOfOthers", "setClientId", &["behind the call", "X", "behind the call"]),
        ("monitor", "setClientId", &["monitor", "X", "monitor"]),
        ("compared", "setClientId", &["compared", "X", "compared", "compared", "the same"]),
        ("payloads", "setClientId", &["payloads", "X", "payloads"]),
        ("neverRun", "setClientId", &["run", "X"]),
    ] {
        let picked = calls(SHARED, of, name);
        assert!(!picked.is_empty(), "{name}");
        round(of, &picked).unwrap();
        assert_eq!(loads(&set(SHARED, &picked, "X").unwrap(), name), new, "{name}");
    }
}

#[test]
fn a_constant_that_led_to_the_call_alone_does_not_stay_behind() {
    let edited = set(SHARED, &calls(SHARED, "setClientId", "replacedOnOnePath"), "X").unwrap();
    assert!(holds(SHARED, "on one path") && !holds(&edited, "on one path"));
}

#[test]
fn what_cannot_be_separated_names_who_else_reads() {
    for (name, of, says) in [
        ("handlerReads", "fail", &["LMain;->setLoginObject", "an exception of this call", "handlerReads"][..]),
        ("eitherAndAnother", "setClientId", &["LMain;->setLoginObject", "depends on the path"]),
        ("far", "setClientId", &["LMain;->setLoginObject", "register above 255"]),
    ] {
        let error = round(of, &calls(SHARED, of, name)).unwrap_err();
        assert!(matches!(error, DexError::Shared { .. }));
        for says in says {
            assert!(error.to_string().contains(says), "{says:?} in {error}");
        }
    }
    // One argument of a call that passes the same register twice; both of them are no problem.
    let both = calls(SHARED, "both", "sameTwice");
    let error = round("both", &both[..1]).unwrap_err().to_string();
    assert!(error.contains("LMain;->both") && error.contains("as another argument too"), "{error}");
    round("both", &both).unwrap();
    // What is not known is no place at all.
    let dex = Dex::parse(SHARED).unwrap();
    let unknown = dex.constants_to("setClientId").unwrap();
    let unknown = unknown.iter().find(|constant| matches!(constant.value, Argument::Unknown { .. })).unwrap();
    assert!(matches!(edit(SHARED, &passes(&[unknown.passed], "X")), Err(DexError::NotFound { .. })));
    let nowhere = Passed { code: 3, ..unknown.passed };
    assert!(matches!(edit(SHARED, &passes(&[nowhere], "X")), Err(DexError::NotFound { .. })));
}

#[test]
fn every_call_of_the_fixture_by_itself_and_all_at_once() {
    let (mut done, mut refused) = (0, 0);
    for method in ["setClientId", "setLoginObject", "give", "both", "fail", "say"] {
        for constant in calls(SHARED, method, "") {
            match round(method, &[constant]) {
                Ok(_) => done += 1,
                Err(DexError::Shared { .. }) => refused += 1,
                Err(error) => panic!("{error}"),
            }
        }
    }
    assert!(done > 55 && (4..12).contains(&refused), "{done} done, {refused} refused");
    let separable = |constant: &Constant| check_passed(SHARED, &[(constant.passed, 0)]).is_ok();
    let all: Vec<Constant> = calls(SHARED, "setClientId", "").into_iter().filter(separable).collect();
    round("setClientId", &all).unwrap();
}

#[test]
fn two_places_of_one_constant_get_each_their_own() {
    let (id, login) = (calls(SHARED, "setClientId", "oneForThree"), calls(SHARED, "setLoginObject", "oneForThree"));
    let both = |id_value: &str, login_value: &str| {
        let place = |constant: &Constant, place| Target::Passed { passed: constant.passed, place };
        let edits = [
            DexEdit { target: place(&id[0], 0), value: id_value.into() },
            DexEdit { target: place(&login[0], 1), value: login_value.into() },
            DexEdit { target: place(&login[1], 1), value: login_value.into() },
        ];
        edit(SHARED, &edits)
    };
    let edited = both("ID", "LOGIN").unwrap();
    assert_eq!(loads(&edited, "oneForThree"), ["ID", "LOGIN", "LOGIN"]);
    assert!(!holds(&edited, "three"), "nobody reads the old one");
    // By chance one text: as long as other texts would make it.
    assert_eq!(
        method_of(&both("S", "S").unwrap(), "oneForThree").lines().count(),
        method_of(&edited, "oneForThree").lines().count()
    );
    // And what another edit does to the constant, the old text behind the call follows.
    let by_text = DexEdit { target: Target::Value("three".into()), value: "other".into() };
    let passed = passes(&[id[0].passed], "X").remove(0);
    assert!(matches!(edit(SHARED, &[passed, by_text.clone()]), Err(DexError::Conflict { .. })));
    let same = passes(&[id[0].passed], "other").remove(0);
    assert_eq!(loads(&edit(SHARED, &[same, by_text]).unwrap(), "oneForThree"), ["other", "other", "other"]);
}

#[test]
fn lines_and_tries_cover_what_they_covered() {
    let edited = set(SHARED, &calls(SHARED, "setClientId", "oneForThree"), "X").unwrap();
    let (old, new) = (method_of(SHARED, "oneForThree"), method_of(&edited, "oneForThree"));
    // A line further each, at 0, 2, 3 and 3 units; now line 11 begins at the new constant, and line 12 behind the old one.
    assert!(old.trim_end().ends_with("0e2d3c3c00"), "{old}");
    assert!(new.trim_end().ends_with("0e2d783c00"), "{new}");
}

const TEXTS: usize = 4;
const REGISTERS: u8 = 4;

/// A file of one method; `fillers` strings before the texts decide whether these need the jumbo form.
fn random(method: &Method, fillers: usize) -> Vec<u8> {
    let constants = (0..TEXTS).map(|number| format!("t{number}")).collect();
    file(&File { fillers, constants, methods: vec![method.clone()] })
}

/// What every call of a method of this class passes: the operands that can be named, as far as they are constants.
fn operands(bytes: &[u8]) -> Vec<(Passed, Reader)> {
    let text = dump(&Dex::parse(bytes).unwrap());
    let start = code_at(bytes);
    let mut found = Vec::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("   ")) {
        let Some((at, rest)) = line.split_once(' ') else { continue };
        let (Ok(unit), true) = (usize::from_str_radix(at, 16), rest.starts_with("71")) else { continue };
        let count = usize::from_str_radix(&rest[2..3], 16).unwrap();
        for operand in 0..count {
            let passed = Passed { code: start, call: start + 16 + unit * 2, operand };
            let (method, number) = reader_at(&text, "m0", unit);
            found.push((passed, (method, number, operand)));
        }
    }
    found
}

/// Where the first code is, by the map.
fn code_at(bytes: &[u8]) -> usize {
    let word = |at: usize| usize::try_from(u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())).unwrap();
    let map = word(52);
    let entries = (0..word(map)).map(|entry| map + 4 + entry * 12);
    let code = entries.into_iter().find(|at| word(*at) & 0xffff == 0x2001).unwrap();
    word(code + 8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_code_passes_what_it_passed_but_where_it_is_named(
        method in any_method(),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
        wide in prop::sample::select(&[false, false, false, false, false, false, false, true][..]),
    ) {
        let bytes = random(&method, if wide { 65_536 } else { 1 });
        let all = operands(&bytes);
        prop_assume!(!all.is_empty());
        let picked: Vec<(Passed, Reader)> = picks.iter().map(|pick| all[pick.index(all.len())]).collect();
        let passed: Vec<Passed> = picked.iter().map(|(passed, _)| *passed).collect();
        let set = |bytes: &[u8], passed: &[Passed], value: &str| edit(bytes, &passes(passed, value));
        let edited = match set(&bytes, &passed, "dev") {
            Ok(edited) => edited,
            Err(DexError::NotFound { .. } | DexError::Shared { .. }) => return Ok(()),
            Err(error) => panic!("{error}"),
        };
        let (before, after) = (dump(&Dex::parse(&bytes).unwrap()), dump(&Dex::parse(&edited).unwrap()));
        prop_assert!(!after.contains("broken"));
        let (Some(old), Some(new)) = (seen(&before), seen(&after)) else { return Ok(()) };
        let named: BTreeSet<Reader> = picked.iter().map(|(_, reader)| *reader).collect();
        prop_assert_eq!(expected(old, &named, "dev"), new, "{}", after);
        // And no trace of the way.
        let now = operands(&edited);
        prop_assert_eq!(now.len(), all.len());
        let moved: Vec<Passed> = all
            .iter()
            .zip(&now)
            .filter(|((passed, _), _)| picked.iter().any(|(other, _)| other == passed))
            .map(|(_, (passed, _))| *passed)
            .collect();
        prop_assert!(set(&edited, &moved, "dev").unwrap() == edited);
        prop_assert!(set(&edited, &moved, "!qa").unwrap() == set(&bytes, &passed, "!qa").unwrap());
    }
}

fn any_method() -> impl Strategy<Value = Method> {
    let (target, register) = (0..30_usize, 0..u16::from(REGISTERS));
    let call = prop::collection::vec(register.clone(), 1..4).prop_map(|registers| {
        let packed = registers.iter().enumerate().fold(0, |all, (at, register)| all | register << (4 * at));
        Op::Raw(vec![0x71 | (registers.len() as u16) << 12, 0, packed])
    });
    let pair = (register.clone(), register.clone());
    let op = prop_oneof![
        6 => (0..REGISTERS, 0..TEXTS).prop_map(|(register, text)| Op::Load(register, text)),
        6 => call,
        // move-object, return-object, move-result-object, monitor-enter, check-cast, const/4.
        4 => pair.prop_map(|(to, from)| Op::Raw(vec![0x07 | to << 8 | from << 12])),
        1 => register.clone().prop_map(|register| Op::Raw(vec![0x11 | register << 8])),
        1 => register.clone().prop_map(|register| Op::Raw(vec![0x0c | register << 8])),
        1 => register.clone().prop_map(|register| Op::Raw(vec![0x1d | register << 8])),
        1 => register.clone().prop_map(|register| Op::Raw(vec![0x1f | register << 8, 0])),
        1 => register.prop_map(|register| Op::Raw(vec![0x12 | register << 8])),
        2 => target.clone().prop_map(Op::Goto),
        3 => target.clone().prop_map(Op::If),
        1 => prop::collection::vec(target, 0..3).prop_map(Op::Packed),
    ];
    let tries = prop::collection::vec((0..24_usize, 1..8_usize, 0..24_usize), 0..2);
    let lines = prop::collection::btree_map(0..24_usize, -4..11_i32, 0..6);
    (prop::collection::vec(op, 2..24), tries, lines).prop_map(|(mut ops, tries, lines)| {
        let last = ops.len();
        // No condition goes to itself: the format has no such form.
        for (at, op) in ops.iter_mut().enumerate() {
            if let Op::If(to) = op {
                *to += usize::from(*to % (last + 1) == at);
            }
        }
        let tries = tries.into_iter().map(|(from, count, handler)| {
            let from = from.min(last);
            (from, (from + count).min(last), handler.min(last))
        });
        Method {
            tries: tries.filter(|(from, to, _)| from < to).collect(),
            lines: lines.into_iter().filter(|(op, _)| *op <= last).collect(),
            ops,
            first_line: 1,
        }
    })
}
