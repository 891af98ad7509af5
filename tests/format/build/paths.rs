//! An independent reading of a dex dump: every path through every method is walked, with what each register holds, and
//! for each instruction that reads a register it is noted what may be there. Nothing is merged where paths join.

#![allow(clippy::cast_sign_loss, clippy::cast_possible_wrap, clippy::match_same_arms, reason = "as the format has it")]

use std::collections::{BTreeMap, BTreeSet};

/// Method (its index), which of its reading instructions, and which operand.
pub type Reader = (usize, usize, usize);
/// What may be read: texts; `None` for everything else.
pub type Seen = BTreeMap<Reader, BTreeSet<Option<String>>>;

/// States of one method that are walked at most.
const STATES: usize = 40_000;

struct Line {
    at: usize,
    /// Register and text of a `const-string`.
    load: Option<(usize, String)>,
    bytes: Vec<u8>,
}

/// What is read in every method of a dump; `None` where there are too many paths.
pub fn seen(dump: &str) -> Option<Seen> {
    let mut all = Seen::new();
    let (mut method, mut code): (usize, Option<(String, Vec<Line>)>) = (0, None);
    for line in dump.lines().chain([" method 0 end"]) {
        if let Some(rest) = line.strip_prefix(" method ") {
            if let Some((head, lines)) = code.take() {
                walk(method, &head, &lines, &mut all)?;
            }
            method = rest.split(' ').next()?.parse().ok()?;
        } else if line.starts_with("class ") || line == "  debug" {
            if let Some((head, lines)) = code.take() {
                walk(method, &head, &lines, &mut all)?;
            }
        } else if let Some(head) = line.strip_prefix("  code ") {
            code = Some((head.to_owned(), Vec::new()));
        } else if let Some((_, lines)) = &mut code {
            let (at, rest) = line.trim_start().split_once(' ')?;
            let at = usize::from_str_radix(at, 16).ok()?;
            if let Some(rest) = rest.strip_prefix("const-string") {
                let (register, text) = rest.split_once(" v")?.1.split_once(' ')?;
                lines.push(Line { at, load: Some((register.parse().ok()?, text.to_owned())), bytes: Vec::new() });
            } else {
                lines.push(Line { at, load: None, bytes: hex(rest) });
            }
        }
    }
    Some(all)
}

/// Which reading instruction of a method one is, by its unit, and the number of the method.
pub fn reader_at(dump: &str, method: &str, unit: usize) -> (usize, usize) {
    let (mut count, mut found) = (0, None);
    for line in dump.lines() {
        if let Some(rest) = line.strip_prefix(" method ") {
            let (number, rest) = rest.split_once(' ').unwrap();
            found = rest.starts_with(&format!("\"{method}\" ")).then(|| number.parse().unwrap());
            count = 0;
        } else if let Some(rest) = line.strip_prefix("   ")
            && let Some(method) = found
            && let Some((at, rest)) = rest.split_once(' ')
        {
            if usize::from_str_radix(at, 16) == Ok(unit) {
                return (method, count);
            }
            count += usize::from(!rest.starts_with("const-string") && is_counted(hex(rest)[0]));
        }
    }
    panic!("no unit {unit} in {method}");
}

/// Constants, copies, gotos and nops are not counted: an edit may add some, or make one out of another.
fn is_counted(opcode: u8) -> bool {
    !matches!(opcode, 0x00..=0x09 | 0x12..=0x19 | 0x28..=0x2a)
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).unwrap()).collect()
}

fn half(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

fn word(bytes: &[u8], at: usize) -> i32 {
    i32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn uleb(bytes: &[u8], at: &mut usize) -> u32 {
    let (mut value, mut shift) = (0, 0);
    loop {
        let byte = bytes[*at];
        *at += 1;
        value |= u32::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            return value;
        }
    }
}

fn sleb(bytes: &[u8], at: &mut usize) -> i32 {
    let start = *at;
    let value = uleb(bytes, at);
    let bits = 7 * (*at - start) as u32;
    if bits < 32 && value >> (bits - 1) & 1 == 1 { (value | u32::MAX << bits) as i32 } else { value as i32 }
}

/// Of every instruction, where its exceptions go.
fn handlers(head: &str, lines: &[Line]) -> Vec<Vec<usize>> {
    let parts: Vec<&str> = head.split('[').map(|part| part.split(']').next().unwrap()).collect();
    let (tries, list) = (hex(parts[2]), hex(parts[3]));
    let number = |at: u32| lines.iter().position(|line| line.at == at as usize).unwrap();
    let mut by_offset: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    if !list.is_empty() {
        let mut at = 0;
        for _ in 0..uleb(&list, &mut at) {
            let (start, mut to) = (at, Vec::new());
            let count = sleb(&list, &mut at);
            for _ in 0..count.abs() {
                uleb(&list, &mut at);
                to.push(number(uleb(&list, &mut at)));
            }
            if count <= 0 {
                to.push(number(uleb(&list, &mut at)));
            }
            by_offset.insert(start, to);
        }
    }
    let of = |line: &Line| {
        let covers = |row: &&[u8]| {
            let from = word(row, 0) as usize;
            (from..from + half(row, 4)).contains(&line.at)
        };
        tries.chunks_exact(8).filter(covers).flat_map(|row| by_offset[&half(row, 6)].clone()).collect()
    };
    lines.iter().map(of).collect()
}

type State = (usize, BTreeMap<usize, Option<String>>);

fn walk(method: usize, head: &str, lines: &[Line], all: &mut Seen) -> Option<()> {
    let handlers = handlers(head, lines);
    let mut ordinals = Vec::new();
    let mut count = 0;
    for line in lines {
        ordinals.push(count);
        count += usize::from(line.load.is_none() && is_counted(line.bytes[0]));
    }
    let mut done: BTreeSet<State> = BTreeSet::new();
    let mut open: Vec<State> = vec![(0, BTreeMap::new())];
    while let Some(state) = open.pop() {
        if !done.insert(state.clone()) {
            continue;
        }
        if done.len() > STATES {
            return None;
        }
        let (number, registers) = state;
        let Some(line) = lines.get(number) else { continue };
        let get = |register: usize| registers.get(&register).cloned().flatten();
        let mut after = registers.clone();
        if let Some((register, text)) = &line.load {
            open.extend(handlers[number].iter().map(|to| (*to, registers.clone())));
            after.insert(*register, Some(text.clone()));
            open.push((number + 1, after));
            continue;
        }
        let bytes = &line.bytes;
        let (op, wide) = (bytes[0], usize::from(bytes[1]));
        let (low, high) = (wide & 0xf, wide >> 4);
        let byte = |at: usize| usize::from(bytes[at]);
        let go = |by: i32| {
            let at = usize::try_from(i64::try_from(line.at).unwrap() + i64::from(by)).unwrap();
            lines.iter().position(|line| line.at == at).unwrap()
        };
        let listed = || {
            let packed = half(bytes, 4);
            let registers = [packed & 0xf, packed >> 4 & 0xf, packed >> 8 & 0xf, packed >> 12, low];
            registers[..high].to_vec()
        };
        // What it reads, what it writes, where it goes; an object that is copied keeps its text.
        let (mut reads, mut writes, mut next) = (Vec::new(), None, vec![number + 1]);
        match op {
            0x00 if wide != 0 => continue,
            0x00 => {}
            0x07 => writes = Some((low, get(high))),
            0x08 => writes = Some((wide, get(half(bytes, 2)))),
            0x09 => writes = Some((half(bytes, 2), get(half(bytes, 4)))),
            0x0a | 0x0c | 0x0d | 0x13 | 0x14 | 0x22 => writes = Some((wide, None)),
            0x12 => writes = Some((low, None)),
            0x0e => next.clear(),
            0x0f | 0x11 | 0x27 => {
                reads.push(wide);
                next.clear();
            }
            0x1d | 0x1e | 0x69 => reads.push(wide),
            // A cast looks at the kind, and not at the text.
            0x1f | 0x26 => {}
            0x23 => {
                reads.push(high);
                writes = Some((low, None));
            }
            0x24 | 0x6e..=0x72 => reads = listed(),
            0x25 | 0x74..=0x78 => reads = (half(bytes, 4)..half(bytes, 4) + wide).collect(),
            0x28 => next = vec![go(i32::from(bytes[1] as i8))],
            0x29 => next = vec![go(i32::from(half(bytes, 2) as u16 as i16))],
            0x2a => next = vec![go(word(bytes, 2))],
            0x2b | 0x2c => {
                let payload = &lines[go(word(bytes, 2))].bytes;
                let size = half(payload, 2);
                let first = if payload[1] == 1 { 8 } else { 4 + size * 4 };
                next.extend((0..size).map(|index| go(word(payload, first + index * 4))));
            }
            0x32..=0x37 => {
                reads = vec![low, high];
                next.push(go(i32::from(half(bytes, 2) as u16 as i16)));
            }
            // Whether there is a text: noted as that, since any will do.
            0x38 | 0x39 => next.push(go(i32::from(half(bytes, 2) as u16 as i16))),
            0x44 | 0x46 => {
                reads = vec![byte(2), byte(3)];
                writes = Some((wide, None));
            }
            0x4d => reads = vec![wide, byte(2), byte(3)],
            0x62 => writes = Some((wide, None)),
            0xb0..=0xb4 => {
                reads = vec![low, high];
                writes = Some((low, None));
            }
            0xd8 => {
                reads = vec![byte(2)];
                writes = Some((wide, None));
            }
            _ => panic!("opcode {op:02x} is not known here"),
        }
        for (operand, register) in reads.into_iter().enumerate() {
            all.entry((method, ordinals[number], operand)).or_default().insert(get(register));
        }
        if matches!(op, 0x38 | 0x39) {
            let null = get(wide).map(|_| "a text".to_owned());
            all.entry((method, ordinals[number], 0)).or_default().insert(null);
        }
        // 0x13 takes the place of a constant, which may throw; by itself it does not.
        if matches!(op, 0x13 | 0x1d..=0x27 | 0x44..=0x78 | 0xb3 | 0xb4) {
            open.extend(handlers[number].iter().map(|to| (*to, registers.clone())));
        }
        if let Some((register, value)) = writes {
            after.insert(register, value);
        }
        open.extend(next.into_iter().map(|to| (to, after.clone())));
    }
    Some(())
}
