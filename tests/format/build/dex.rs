//! A small assembler: a dex file with many strings, and methods whose code is as short as the index of each string lets
//! it be. Assembled again with other strings, it is what an edit has to come to.

#![allow(clippy::cast_sign_loss, clippy::cast_possible_wrap, reason = "distances are written as bits")]

use std::collections::BTreeSet;
use std::ops::Range;

use sha1::{Digest as _, Sha1};

/// One instruction; targets are numbers of instructions.
#[derive(Debug, Clone)]
pub enum Op {
    /// `const-string`, or its jumbo form, of a string of [`File::constants`].
    Const(usize),
    /// The same into another register than the first.
    Load(u8, usize),
    /// An instruction as it is.
    Raw(Vec<u16>),
    /// Instructions of one unit each.
    Pad(usize),
    Goto(usize),
    /// `if-eqz`.
    If(usize),
    Packed(Vec<usize>),
    Sparse(Vec<usize>),
    /// `fill-array-data` with so many bytes.
    Fill(usize),
}

#[derive(Debug, Clone, Default)]
pub struct Method {
    pub ops: Vec<Op>,
    /// First instruction, the one behind the last, handler.
    pub tries: Vec<(usize, usize, usize)>,
    /// Instructions that begin a line, and by how much it is further.
    pub lines: Vec<(usize, i32)>,
    pub first_line: u32,
}

#[derive(Debug, Clone)]
pub struct File {
    /// Strings that nothing uses: `f00000` and on.
    pub fillers: usize,
    pub constants: Vec<String>,
    pub methods: Vec<Method>,
}

struct Assembled {
    units: Vec<u16>,
    /// Of every instruction, its unit; of the end too.
    places: Vec<usize>,
}

fn uleb(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn wide(value: i64) -> [u16; 2] {
    let value = i32::try_from(value).unwrap() as u32;
    [(value & 0xffff) as u16, (value >> 16) as u16]
}

fn assemble(method: &Method, index: &dyn Fn(usize) -> u32) -> Assembled {
    let count = method.ops.len();
    let mut sizes: Vec<usize> = method
        .ops
        .iter()
        .map(|op| match op {
            Op::Const(string) | Op::Load(_, string) => 2 + usize::from(index(*string) > 0xffff),
            Op::Raw(units) => units.len(),
            Op::Pad(units) => *units,
            Op::Goto(_) => 1,
            Op::If(_) => 2,
            Op::Packed(_) | Op::Sparse(_) | Op::Fill(_) => 3,
        })
        .collect();
    loop {
        let mut places = vec![0];
        for size in &sizes {
            places.push(places.last().unwrap() + size);
        }
        let distance = |from: usize, to: usize| places[to % (count + 1)] as i64 - places[from] as i64;
        let needed = |from: usize| match &method.ops[from] {
            Op::Goto(to) => match distance(from, *to) {
                0 => 3,
                by if i8::try_from(by).is_ok() => 1,
                by if i16::try_from(by).is_ok() => 2,
                _ => 3,
            },
            Op::If(to) => match distance(from, *to) {
                by if by != 0 && i16::try_from(by).is_ok() => 2,
                _ => 5,
            },
            _ => sizes[from],
        };
        let grown: Vec<usize> = (0..count).map(|from| needed(from).max(sizes[from])).collect();
        if grown != sizes {
            sizes = grown;
            continue;
        }
        return emit(method, index, &sizes, places);
    }
}

fn emit(method: &Method, index: &dyn Fn(usize) -> u32, sizes: &[usize], places: Vec<usize>) -> Assembled {
    let count = method.ops.len();
    let at = |to: usize| places[to % (count + 1)] as i64;
    let (mut units, mut payloads, mut fixes) = (Vec::new(), Vec::new(), Vec::new());
    for (number, op) in method.ops.iter().enumerate() {
        let here = units.len() as i64;
        assert_eq!(here, at(number));
        match op {
            Op::Const(string) | Op::Load(_, string) => {
                let register = if let Op::Load(register, _) = op { u16::from(*register) << 8 } else { 0 };
                match (index(*string), sizes[number]) {
                    (index, 2) => units.extend([0x001a | register, index as u16]),
                    (index, _) => units.extend([0x001b | register, (index & 0xffff) as u16, (index >> 16) as u16]),
                }
            }
            Op::Raw(raw) => units.extend(raw),
            Op::Pad(count) => units.extend(std::iter::repeat_n(0x10b0, *count)),
            Op::Goto(to) => match sizes[number] {
                1 => units.push(0x28 | u16::from((at(*to) - here) as i8 as u8) << 8),
                2 => units.extend([0x29, (at(*to) - here) as i16 as u16]),
                _ => {
                    units.push(0x2a);
                    units.extend(wide(at(*to) - here));
                }
            },
            Op::If(to) if sizes[number] == 2 => units.extend([0x0138, (at(*to) - here) as i16 as u16]),
            Op::If(to) => {
                units.extend([0x0139, 5, 0x2a]);
                units.extend(wide(at(*to) - here - 2));
            }
            Op::Packed(targets) | Op::Sparse(targets) => {
                let packed = matches!(op, Op::Packed(_));
                let mut payload = vec![if packed { 0x100 } else { 0x200 }, targets.len() as u16];
                let keys = if packed { 1 } else { targets.len() };
                payload.extend((0..keys).flat_map(|key| wide(key as i64)));
                payload.extend(targets.iter().flat_map(|to| wide(at(*to) - here)));
                fixes.push((units.len() + 1, payloads.len()));
                payloads.push(payload);
                units.extend([if packed { 0x2b } else { 0x2c }, 0, 0]);
            }
            Op::Fill(bytes) => {
                let mut payload = vec![0x300, 1, *bytes as u16, (*bytes >> 16) as u16];
                // What looks like instructions.
                payload.extend(std::iter::repeat_n(0x001a, bytes.div_ceil(2)));
                fixes.push((units.len() + 1, payloads.len()));
                payloads.push(payload);
                units.extend([0x26, 0, 0]);
            }
        }
    }
    // return-void is the target of `count` too.
    units.push(0x0e);
    let mut starts = Vec::new();
    for payload in payloads {
        if units.len() % 2 == 1 {
            units.push(0);
        }
        starts.push(units.len());
        units.extend(payload);
    }
    for (at, payload) in fixes {
        let user = at - 1;
        let [low, high] = wide(starts[payload] as i64 - user as i64);
        (units[at], units[at + 1]) = (low, high);
    }
    Assembled { units, places }
}

/// `debug_info_item` as compilers write it: a special opcode where one reaches, else an advance before it.
fn debug(method: &Method, places: &[usize]) -> Vec<u8> {
    let mut out = Vec::new();
    uleb(&mut out, method.first_line);
    // One parameter name, which is a string index: always the first.
    out.extend([1, 1, 0x07]);
    let mut before = 0;
    for (op, by) in &method.lines {
        let units = places[*op] - before;
        before = places[*op];
        let special = |units: usize| u8::try_from(units * 15 + (by + 4) as usize + 0x0a).ok();
        if let Some(opcode) = special(units) {
            out.push(opcode);
        } else {
            out.push(1);
            uleb(&mut out, units as u32);
            out.push(special(0).unwrap());
        }
    }
    out.push(0);
    out
}

fn code(method: &Method, assembled: &Assembled) -> Vec<u8> {
    let mut out = Vec::new();
    for half in [4, 0, 4, method.tries.len() as u16] {
        out.extend(half.to_le_bytes());
    }
    // The offset of the line table.
    out.extend([0; 4]);
    out.extend((assembled.units.len() as u32).to_le_bytes());
    out.extend(assembled.units.iter().flat_map(|unit| unit.to_le_bytes()));
    if method.tries.is_empty() {
        return out;
    }
    if assembled.units.len() % 2 == 1 {
        out.extend([0, 0]);
    }
    let mut handlers = Vec::new();
    uleb(&mut handlers, method.tries.len() as u32);
    for (from, to, handler) in &method.tries {
        let (start, end) = (assembled.places[*from], assembled.places[*to]);
        out.extend((start as u32).to_le_bytes());
        out.extend(((end - start) as u16).to_le_bytes());
        out.extend((handlers.len() as u16).to_le_bytes());
        // One type and a catch-all: size -1.
        handlers.extend([0x7f, 0]);
        uleb(&mut handlers, assembled.places[*handler] as u32);
        uleb(&mut handlers, assembled.places[from.min(handler) / 2] as u32);
    }
    out.extend(handlers);
    out
}

/// One dex file of version 039.
pub fn file(file: &File) -> Vec<u8> {
    build(file, std::slice::from_ref(&(0..file.methods.len())), false)
}

/// A container (version 041) of dex files with so many methods each. As compilers write it, the last one has the strings
/// of all.
pub fn container(file: &File, methods: &[usize]) -> Vec<u8> {
    let mut from = 0;
    let ranges = methods.iter().map(|count| {
        from += count;
        from - count..from
    });
    build(file, &ranges.collect::<Vec<_>>(), true)
}

fn build(file: &File, groups: &[Range<usize>], in_container: bool) -> Vec<u8> {
    let names: Vec<String> = (0..file.methods.len()).map(|number| format!("m{number}")).collect();
    let classes: Vec<String> = (0..groups.len()).map(|number| format!("La{number};")).collect();
    let mut strings: BTreeSet<String> = ["Ljava/lang/Object;", "V"].map(str::to_owned).into();
    strings.extend((0..file.fillers).map(|number| format!("f{number:05x}")));
    strings.extend(names.iter().chain(&classes).chain(&file.constants).cloned());
    let strings: Vec<String> = strings.into_iter().collect();
    let index = |text: &str| strings.binary_search_by(|string| string.as_str().cmp(text)).unwrap() as u32;
    let constant = |number: usize| index(&file.constants[number]);
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let (mut out, mut maps, mut string_ids) = (Vec::new(), Vec::new(), 0);
    for (number, group) in groups.iter().enumerate() {
        let has_strings = number + 1 == groups.len();
        let methods = &file.methods[group.clone()];
        let assembled: Vec<Assembled> = methods.iter().map(|method| assemble(method, &constant)).collect();
        let mut map = vec![(0u16, 1usize, out.len())];
        out.resize(out.len() + if in_container { 0x78 } else { 0x70 }, 0);
        if has_strings {
            string_ids = out.len();
            map.push((1, strings.len(), string_ids));
            out.resize(out.len() + strings.len() * 4, 0);
        }
        let mut section = |out: &mut Vec<u8>, kind: u16, count: usize, rows: Vec<u8>| {
            map.push((kind, count, out.len()));
            out.extend(rows);
        };
        let types = [index(&classes[number]), index("Ljava/lang/Object;"), index("V")];
        section(&mut out, 2, 3, words(&types));
        section(&mut out, 3, 1, words(&[index("V"), 2, 0]));
        let of_method = |name: &String| words(&[0, index(name)]);
        section(&mut out, 5, methods.len(), names[group.clone()].iter().flat_map(of_method).collect());
        section(&mut out, 6, 1, words(&[0, 1, 1, 0, u32::MAX, 0, 0, 0]));
        let class_def = out.len() - 32;
        // The data: code, line tables, strings, class data, map.
        let data = out.len();
        let mut codes = Vec::new();
        for (method, assembled) in methods.iter().zip(&assembled) {
            out.resize(out.len().next_multiple_of(4), 0);
            codes.push(out.len());
            out.extend(code(method, assembled));
        }
        map.push((0x2001, codes.len(), codes[0]));
        let mut debugs: Vec<(Vec<u8>, usize)> = Vec::new();
        for ((method, assembled), code) in methods.iter().zip(&assembled).zip(&codes) {
            let bytes = debug(method, &assembled.places);
            let known = debugs.iter().find(|(other, _)| *other == bytes).map(|(_, at)| *at);
            let at = known.unwrap_or(out.len());
            if known.is_none() {
                out.extend(&bytes);
                debugs.push((bytes, at));
            }
            out[code + 8..code + 12].copy_from_slice(&(at as u32).to_le_bytes());
        }
        map.push((0x2003, debugs.len(), debugs[0].1));
        if has_strings {
            map.push((0x2002, strings.len(), out.len()));
            for (number, string) in strings.iter().enumerate() {
                let at = (out.len() as u32).to_le_bytes();
                out[string_ids + number * 4..string_ids + number * 4 + 4].copy_from_slice(&at);
                uleb(&mut out, string.encode_utf16().count() as u32);
                out.extend(string.bytes().chain([0]));
            }
        }
        map.push((0x2000, 1, out.len()));
        let class_data = out.len() as u32;
        out[class_def + 24..class_def + 28].copy_from_slice(&class_data.to_le_bytes());
        out.extend([0, 0, codes.len() as u8, 0]);
        for (number, code) in codes.iter().enumerate() {
            out.extend([u8::from(number > 0), 9]);
            uleb(&mut out, *code as u32);
        }
        out.resize(out.len().next_multiple_of(4), 0);
        map.push((0x1000, 1, out.len()));
        out.resize(out.len() + 4 + 12 * (map.len() + usize::from(!has_strings)), 0);
        maps.push((map, data));
    }
    for (map, _) in &mut maps {
        if map.iter().all(|section| section.0 != 1) {
            map.push((1, strings.len(), string_ids));
        }
    }
    let whole = out.len();
    for (number, (map, data)) in maps.iter().enumerate() {
        let end = maps.get(number + 1).map_or(whole, |(next, _)| next[0].2);
        header(&mut out, map, *data, end, in_container);
    }
    out
}

/// Header and map of one dex file.
fn header(out: &mut [u8], map: &[(u16, usize, usize)], data: usize, end: usize, in_container: bool) {
    let (at, whole) = (map[0].2, out.len());
    let of_kind =
        |kind: u16| map.iter().find(|section| section.0 == kind).map_or([0, 0], |section| [section.1, section.2]);
    let map_at = of_kind(0x1000)[1];
    let put = |out: &mut [u8], at: usize, words: &[usize]| {
        let bytes: Vec<u8> = words.iter().flat_map(|word| (*word as u32).to_le_bytes()).collect();
        out[at..at + bytes.len()].copy_from_slice(&bytes);
    };
    put(out, map_at, &[map.len()]);
    for (number, (kind, count, at)) in map.iter().enumerate() {
        put(out, map_at + 4 + number * 12, &[usize::from(*kind), *count, *at]);
    }
    let size = if in_container { 0x78 } else { 0x70 };
    let mut words = vec![end - at, size, 0x1234_5678, 0, 0, map_at];
    words.extend((1..=6).flat_map(of_kind));
    words.extend(if in_container { vec![0, 0, whole, at] } else { vec![end - data, data] });
    put(out, at + 32, &words);
    out[at..at + 8].copy_from_slice(if in_container { b"dex\n041\0" } else { b"dex\n039\0" });
    let digest = Sha1::digest(&out[at + 32..end]);
    out[at + 12..at + 32].copy_from_slice(&digest);
    let sum = checksum(&out[at + 12..end]);
    out[at + 8..at + 12].copy_from_slice(&sum.to_le_bytes());
}

/// Adler-32, one byte after the other.
pub fn checksum(bytes: &[u8]) -> u32 {
    let (mut low, mut high) = (1u32, 0u32);
    for byte in bytes {
        low = (low + u32::from(*byte)) % 65521;
        high = (high + low) % 65521;
    }
    high << 16 | low
}
