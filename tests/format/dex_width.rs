//! Edits that move the index of a string across 65535: `const-string` and `const-string/jumbo` have different lengths,
//! and an assembler that knows both says what comes of it.

use inject::format::dex::{Dex, DexEdit, Target, dump, edit};
use proptest::prelude::*;

use crate::format::build::dex::{File, Method, Op, checksum, container, file};
use crate::fuzz_bodies;

/// Strings that can move from before all fillers to behind all else.
const MOVING: usize = 5;
/// Strings around index 65535.
const AROUND: usize = 40;

fn constants(moved: [bool; MOVING]) -> Vec<String> {
    let name = |(number, moved): (usize, bool)| if moved { format!("zz{number}") } else { format!("e{number}") };
    let moving = moved.into_iter().enumerate().map(name);
    moving.chain((0..AROUND).map(|number| format!("z{number:02}"))).collect()
}

/// A file whose string `z20` is the first that needs the jumbo form while none has moved.
fn around(methods: Vec<Method>, moved: [bool; MOVING]) -> Vec<u8> {
    let fillers = 65_536 - 20 - 3 - MOVING - methods.len();
    file(&File { fillers, constants: constants(moved), methods })
}

fn edits(from: [bool; MOVING], to: [bool; MOVING]) -> Vec<DexEdit> {
    let pairs = constants(from).into_iter().zip(constants(to));
    pairs
        .filter(|(old, new)| old != new)
        .map(|(old, value)| DexEdit { target: Target::Value(old.into()), value: value.into() })
        .collect()
}

/// Every moving string is used, and some around the border.
fn uses(number: usize) -> Vec<Op> {
    (0..MOVING).chain([MOVING + 14 + number, MOVING + 18, MOVING + 20, MOVING + 22]).map(Op::Const).collect()
}

fn method(number: usize, ops: Vec<Op>) -> Method {
    Method { ops: [uses(number), ops].concat(), first_line: number as u32 + 1, ..Method::default() }
}

/// A string that needs the jumbo form while none has moved, and not when all have.
const AT_BORDER: usize = MOVING + 22;
const NONE: [bool; MOVING] = [false; MOVING];
const ALL: [bool; MOVING] = [true; MOVING];

/// Both directions give what the assembler makes of the other strings.
fn both_ways(methods: &[Method]) {
    let (before, after) = (around(methods.to_vec(), NONE), around(methods.to_vec(), ALL));
    assert!(edit(&before, &edits(NONE, ALL)).unwrap() == after, "jumbo forms that are not needed any more");
    assert!(edit(&after, &edits(ALL, NONE)).unwrap() == before, "jumbo forms that are needed now");
}

#[test]
fn instructions_of_every_kind_move() {
    let switch = Op::Packed(vec![0, 3, 12, 9]);
    let ops = vec![Op::If(14), Op::Pad(3), switch, Op::Sparse(vec![10, 0]), Op::Fill(7), Op::Goto(0), Op::Const(26)];
    let mut one = method(0, ops);
    one.tries = vec![(0, 3, 5), (7, 12, 2)];
    one.lines = vec![(0, 1), (5, 0), (8, -4), (12, 10)];
    let mut far = method(1, vec![Op::Goto(0), Op::Pad(98), Op::Goto(2), Op::If(1), Op::Pad(1)]);
    far.lines = vec![(0, 4), (11, 5), (13, 1)];
    both_ways(&[one, far]);
}

#[test]
fn a_branch_that_reaches_no_more_gets_a_longer_form() {
    // Over 40 strings, which have 120 units before the edit and 80 after it.
    let over = |branch: Op, distance: usize| {
        let strings = std::iter::repeat_n(Op::Const(AT_BORDER), 40);
        let behind = uses(0).len() + 42;
        let ops: Vec<Op> = [branch].into_iter().chain(strings).chain([Op::Pad(distance), Op::Const(0)]).collect();
        assert!(matches!(ops.get(behind - uses(0).len()), Some(Op::Const(0))));
        vec![method(0, ops)]
    };
    let behind = uses(0).len() + 42;
    for distance in [6, 7, 8, 45, 46, 47, 32_646, 32_647, 32_686, 32_687, 40_000] {
        both_ways(&over(Op::Goto(behind), distance));
    }
    // A condition reaches far by going around a goto/32, and stays so when it need not any more.
    for distance in [32_645, 32_646, 32_684, 32_685, 32_686] {
        let methods = over(Op::If(behind), distance);
        let (far, near) = (around(methods.clone(), NONE), around(methods, ALL));
        assert!(edit(&near, &edits(ALL, NONE)).unwrap() == far, "{distance}");
        let back = edit(&far, &edits(NONE, ALL)).unwrap();
        assert!(edit(&back, &edits(ALL, NONE)).unwrap() == far, "{distance}");
    }
}

#[test]
fn a_line_table_is_shared_as_long_as_it_fits() {
    // The second (or the first) of two methods with one line table gets longer.
    let still = Method { ops: vec![Op::Pad(2), Op::Pad(20)], lines: vec![(1, 1)], first_line: 1, ..Method::default() };
    let grows = Method { ops: vec![Op::Const(AT_BORDER), Op::Pad(20)], ..still.clone() };
    for (methods, as_assembled) in [
        (vec![method(2, vec![]), still.clone(), grows.clone(), still.clone()], true),
        (vec![method(2, vec![]), grows, still], false),
    ] {
        let (narrow, wide) = (around(methods.clone(), ALL), around(methods, NONE));
        let edited = edit(&narrow, &edits(ALL, NONE)).unwrap();
        assert_eq!(dump(&Dex::parse(&edited).unwrap()), dump(&Dex::parse(&wide).unwrap()));
        assert_eq!(edited == wide, as_assembled, "the order of the line tables");
        assert_eq!(edited.len(), wide.len());
        assert!(edit(&edited, &edits(NONE, ALL)).unwrap() == narrow, "the way back");
    }
}

#[test]
fn a_try_that_grows_beyond_its_size_becomes_two() {
    let mut long = method(0, vec![Op::Const(AT_BORDER), Op::Pad(65_533)]);
    let count = long.ops.len();
    long.tries = vec![(count - 2, count, 0)];
    let edited = edit(&around(vec![long], ALL), &edits(ALL, NONE)).unwrap();
    let text = dump(&Dex::parse(&edited).unwrap());
    let code = text.lines().find(|line| line.starts_with("  code ")).unwrap();
    // start_addr, insn_count, handler_off: 65535 units and the one that is left, with the same handler.
    let start = code.split('[').nth(2).unwrap().get(..8).unwrap();
    let next = u32::from_str_radix(start, 16).unwrap().swap_bytes() + 65_535;
    let expected = format!("[{start}ffff0100{:08x}01000100]", next.swap_bytes());
    assert!(code.contains(&expected), "{expected} in {code}");
    assert!(!text.contains("broken"));
}

#[test]
fn jumbo_forms_that_were_wanted_stay() {
    // A compiler that always writes the long form: as the fixture has it, and with a string that is only just short.
    let everything: &[u8] = include_bytes!("../../testdata/dex/everything.dex");
    let value = DexEdit { target: Target::Value("client-jumbo".into()), value: "client-other".into() };
    let edited = edit(everything, &[value]).unwrap();
    assert_eq!(edited.len(), everything.len(), "still the long form");
}

/// Strings without fillers, moved by `moved`.
fn small(methods: Vec<Method>, moved: [bool; MOVING]) -> File {
    File { fillers: 3, constants: constants(moved), methods }
}

#[test]
fn the_dex_files_of_a_container_change_together() {
    let methods: Vec<Method> = (0..5).map(|number| method(number, vec![Op::Goto(1), Op::Fill(3)])).collect();
    let build = |moved, groups: &[usize]| container(&small(methods.clone(), moved), groups);
    for groups in [&[5][..], &[2, 3], &[1, 1, 3]] {
        let (before, after) = (build(NONE, groups), build(ALL, groups));
        assert!(edit(&before, &[]).unwrap() == before);
        assert!(edit(&before, &edits(NONE, ALL)).unwrap() == after, "{groups:?}");
        assert!(edit(&after, &edits(ALL, NONE)).unwrap() == before, "{groups:?}");
        assert_eq!(Dex::all(&before).unwrap().len(), groups.len());
        assert_eq!(Dex::parse(&before).is_ok(), groups.len() == 1);
    }
    // And across the border.
    let fillers = 65_536 - 20 - 2 - 3 - MOVING - methods.len();
    let wide = |moved| container(&File { fillers, ..small(methods.clone(), moved) }, &[2, 1, 2]);
    assert!(edit(&wide(ALL), &edits(ALL, NONE)).unwrap() == wide(NONE));
}

#[test]
fn a_container_that_lies_is_refused() {
    let methods: Vec<Method> = (0..2).map(|number| method(number, vec![])).collect();
    let good = container(&small(methods, NONE), &[1, 1]);
    let size = u32::from_le_bytes(good[32..36].try_into().unwrap());
    let change = |at: usize, value: u32| {
        let mut bytes = good.clone();
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        Dex::all(&bytes).map(|_| ()).unwrap_err().to_string()
    };
    assert!(change(32, size + 4).contains("041"), "no dex file behind the first");
    assert!(change(32, 0x77).contains("file_size"));
    assert!(change(36, 0x70).contains("header_size 0x78"));
    assert!(change(112, size).contains("container_size"));
    assert!(change(size as usize + 116, 0).contains("container_offset"));
    // A table of its own: the first says of one string less than the second.
    let mut own = good.clone();
    own[56] -= 1;
    let refused = |bytes: &[u8]| edit(bytes, &edits(NONE, ALL)).unwrap_err().to_string();
    assert!(refused(&own).contains("damaged"));
    let sum = checksum(&own[12..size as usize]);
    own[8..12].copy_from_slice(&sum.to_le_bytes());
    assert!(refused(&own).contains("tables of strings of their own"), "{}", refused(&own));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_code_moves_as_if_it_had_been_assembled_so(
        methods in prop::collection::vec(any_method(), 1..4),
        from in any::<[bool; MOVING]>(),
        to in any::<[bool; MOVING]>(),
    ) {
        let methods: Vec<Method> = methods
            .into_iter()
            .enumerate()
            .map(|(number, mut method)| {
                method.first_line = number as u32 + 1;
                method.ops = [uses(number), method.ops].concat();
                // No condition goes to itself: the format has no such form, and the longer one is no shortest goto.
                for (at, op) in method.ops.iter_mut().enumerate() {
                    if let Op::If(to) = op {
                        *to += usize::from(*to == at);
                    }
                }
                method
            })
            .collect();
        let (before, after) = (around(methods.clone(), from), around(methods, to));
        prop_assert!(edit(&before, &edits(from, to)).unwrap() == after);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_containers_do_not_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![any::<u8>(), Just(0), Just(0xff)]), 1..4),
    ) {
        let methods: Vec<Method> = (0..3).map(|number| method(number, vec![Op::If(1), Op::Packed(vec![1, 2])])).collect();
        let mut bytes = container(&small(methods, NONE), &[1, 2]);
        let second = u32::from_le_bytes(bytes[32..36].try_into().unwrap()) as usize;
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        // Checksums that are right, where each dex file still is where it was.
        for part in [0..second, second..bytes.len()] {
            let sum = checksum(&bytes[part.start + 12..part.end]);
            bytes[part.start + 8..part.start + 12].copy_from_slice(&sum.to_le_bytes());
        }
        fuzz_bodies::dex::dex(&bytes);
    }
}

fn any_method() -> impl Strategy<Value = Method> {
    let target = 0..60_usize;
    let op = prop_oneof![
        6 => (0..AROUND).prop_map(|number| Op::Const(MOVING + number)),
        4 => (0..6_usize).prop_map(Op::Pad),
        1 => (60..125_usize).prop_map(Op::Pad),
        4 => target.clone().prop_map(Op::Goto),
        3 => target.clone().prop_map(Op::If),
        1 => prop::collection::vec(target.clone(), 0..4).prop_map(Op::Packed),
        1 => prop::collection::vec(target, 0..4).prop_map(Op::Sparse),
        1 => (0..9_usize).prop_map(Op::Fill),
    ];
    let tries = prop::collection::vec((0..40_usize, 0..20_usize, 0..40_usize), 0..3);
    let lines = prop::collection::btree_map(0..40_usize, -4..11_i32, 0..8);
    (prop::collection::vec(op, 0..50), tries, lines, any::<prop::sample::Index>()).prop_map(
        |(mut ops, tries, lines, far)| {
            // Now and then code that a goto/16 does not cross. A condition that had to go around a goto/32 stays so.
            if far.index(8) == 0 {
                ops.push(Op::Pad(32_640));
                for op in &mut ops {
                    if let Op::If(to) = op {
                        *op = Op::Goto(*to);
                    }
                }
            }
            let last = ops.len() + uses(0).len();
            let tries = tries.into_iter().map(|(from, count, handler)| {
                let from = from.min(last);
                (from, (from + count).min(last), handler.min(last))
            });
            Method {
                tries: tries.collect(),
                lines: lines.into_iter().filter(|(op, _)| *op <= last).collect(),
                ops,
                first_line: 0,
            }
        },
    )
}
