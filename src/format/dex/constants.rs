//! Which string constants reach the arguments of a method: each register followed through straight-line code.
//!
//! Must not: guess. What another path, field, call or computation may have put there is unknown, and said so.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::DexError;
use super::cursor::{Cursor, size};
use super::instruction::{CHECK_CAST, Instruction, Invoke, Write, instructions};
use super::parse::{Code, Dex, MethodRef};
use crate::format::{limits, mutf8};

/// One String argument of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constant {
    /// The method that is called, as the call names it.
    pub method: MethodRef,
    /// The method that calls. Where several methods share their code, each is listed.
    pub caller: MethodRef,
    /// Offset of the call in the file.
    pub call: usize,
    /// Which parameter: 0 is the first one behind `this`.
    pub argument: usize,
    /// What is passed.
    pub value: Argument,
}

/// What a call passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// A string constant.
    Constant {
        /// Its text.
        text: String,
        /// Its index in the file.
        string: u32,
        /// Offset of the `const-string` in the file, for [`super::Target::At`].
        at: usize,
    },
    /// Something that is not known without running the code.
    Unknown {
        /// Why, for people.
        why: &'static str,
    },
}

/// What a register holds.
#[derive(Debug, Clone, Copy)]
enum Held {
    String { index: u32, at: usize },
    Other(&'static str),
}

const FROM_ELSEWHERE: &str = "it is a parameter, or set before a place that several paths reach";
const COMPUTED: &str = "it is the result of a computation, a field or a call";

/// A method whose calls are looked for: its String parameters as (number, register behind the first).
struct Called {
    reference: MethodRef,
    strings: Vec<(usize, usize)>,
}

impl Dex<'_> {
    /// The String arguments of all calls to a method, in order of their place in the file. `method` is a name
    /// (`setClientId`), or a name of one class (`Lcom/example/App;->setClientId`). Calls of any kind are found; those by
    /// reflection are not.
    pub fn constants_to(&self, method: &str) -> Result<Vec<Constant>, DexError> {
        let called = self.called(method)?;
        if called.is_empty() {
            return Ok(Vec::new());
        }
        let (mut found, mut code_bytes, mut text_bytes) = (Vec::new(), 0usize, 0usize);
        for (offset, callers) in self.callers()? {
            let code = self.code(offset)?;
            code_bytes = code_bytes.saturating_add(code.end.saturating_sub(offset));
            if code_bytes > self.bytes.len() {
                return Err(self.overlap("code_item"));
            }
            for (method, call, argument, held) in calls(&code, &called)? {
                let Some(method) = called.get(&method) else { continue };
                let value = match held {
                    Held::String { index, at } => {
                        Argument::Constant { text: self.string(index)?.into_owned(), string: index, at }
                    }
                    Held::Other(why) => Argument::Unknown { why },
                };
                for caller in &callers {
                    let (caller, method, value) = (self.method_ref(*caller)?, method.reference.clone(), value.clone());
                    let text = if let Argument::Constant { text, .. } = &value { text.len() } else { 0 };
                    text_bytes = text_bytes.saturating_add(text);
                    bound(offset, &mut text_bytes, &[&caller, &method])?;
                    found.push(Constant { method, caller, call, argument, value });
                }
            }
        }
        Ok(found)
    }

    fn called(&self, method: &str) -> Result<HashMap<u16, Called>, DexError> {
        let (class, name) = match method.split_once("->") {
            Some((class, name)) => (Some(mutf8::encode(class)), mutf8::encode(name)),
            None => (None, mutf8::encode(method)),
        };
        let (mut called, mut text_bytes) = (HashMap::new(), 0);
        // An instruction holds 16 bits of method index: methods beyond cannot be called.
        for index in 0..=u16::MAX {
            if usize::from(index) >= self.header.methods.size {
                break;
            }
            let (of, proto, text) = self.method(u32::from(index))?;
            if !self.string_is(text, &name)? {
                continue;
            }
            if let Some(class) = &class
                && !self.string_is(self.type_string(of)?, class)?
            {
                continue;
            }
            let reference = self.method_ref(u32::from(index))?;
            bound(self.header.methods.offset, &mut text_bytes, &[&reference])?;
            called.insert(index, Called { reference, strings: self.string_parameters(proto)? });
        }
        Ok(called)
    }

    /// Number and first register of every String parameter.
    fn string_parameters(&self, proto: u32) -> Result<Vec<(usize, usize)>, DexError> {
        let (_, _, parameters) = self.proto(proto)?;
        let (mut strings, mut register) = (Vec::new(), 0usize);
        for (number, parameter) in self.parameters(parameters)?.into_iter().enumerate() {
            let descriptor = self.type_string(u32::from(parameter))?;
            if self.string_is(descriptor, b"Ljava/lang/String;")? {
                strings.push((number, register));
            }
            let wide = self.string_is(descriptor, b"J")? || self.string_is(descriptor, b"D")?;
            register = register.saturating_add(if wide { 2 } else { 1 });
        }
        Ok(strings)
    }

    /// By offset of the code, the methods that have it.
    fn callers(&self) -> Result<BTreeMap<usize, Vec<u32>>, DexError> {
        let (mut callers, mut read): (BTreeMap<usize, Vec<u32>>, usize) = (BTreeMap::new(), 0);
        for class in self.class_defs() {
            let offset = class?.data;
            let (data, end) = self.class_data(offset)?;
            read = read.saturating_add(end.saturating_sub(offset));
            if read > self.bytes.len() {
                return Err(self.overlap("class_data_item"));
            }
            for method in data.methods.iter().flatten().filter(|method| method.code != 0) {
                callers.entry(method.code).or_default().push(method.method);
            }
        }
        Ok(callers)
    }
}

/// Bounds the text of what is found: a small file may repeat one long name per method.
fn bound(offset: usize, text_bytes: &mut usize, methods: &[&MethodRef]) -> Result<(), DexError> {
    for method in methods {
        for part in [&method.class, &method.name, &method.signature] {
            *text_bytes = text_bytes.saturating_add(part.len()).saturating_add(32);
        }
    }
    if *text_bytes > limits::DUMP_BYTES {
        let found = format!("calls whose texts take more than {} bytes", limits::DUMP_BYTES);
        return Err(DexError::unsupported(offset, found, "name the class of the method too"));
    }
    Ok(())
}

/// The String arguments in one method: method, offset of the call, number of the argument, what is passed.
fn calls(code: &Code<'_>, called: &HashMap<u16, Called>) -> Result<Vec<(u16, usize, usize, Held)>, DexError> {
    let all: Vec<Instruction<'_>> = instructions(code.insns, code.at).collect::<Result<_, _>>()?;
    let is_call = |invoke: &Invoke| called.contains_key(&invoke.method);
    if !all.iter().any(|instruction| instruction.invoke().as_ref().is_some_and(is_call)) {
        return Ok(Vec::new());
    }
    let targets = targets(code, &all)?;
    let mut found = Vec::new();
    // What is known of registers; all others come from elsewhere.
    let mut held: HashMap<u16, Held> = HashMap::new();
    let mut reached = true;
    for instruction in &all {
        if !reached || targets.contains(&instruction.at) {
            held.clear();
        }
        reached = instruction.falls_through();
        if instruction.is_payload() {
            continue;
        }
        let at = code.at.saturating_add(instruction.at.saturating_mul(2));
        if let Some(invoke) = instruction.invoke()
            && let Some(method) = called.get(&invoke.method).filter(|_| invoke.proto.is_none())
        {
            for (number, register) in &method.strings {
                let place = register.saturating_add(usize::from(!invoke.is_static));
                let value = invoke.registers.get(place).and_then(|register| held.get(register).copied());
                found.push((invoke.method, at, *number, value.unwrap_or(Held::Other(FROM_ELSEWHERE))));
            }
        }
        if let Some(index) = instruction.string() {
            if let Write::One(register) = instruction.writes() {
                held.insert(register, Held::String { index, at });
            }
        } else if let Some((to, from)) = instruction.object_move() {
            match held.get(&from).copied() {
                Some(value) => held.insert(to, value),
                None => held.remove(&to),
            };
        } else if instruction.opcode() != CHECK_CAST {
            match instruction.writes() {
                Write::Nothing => {}
                Write::One(register) => {
                    held.insert(register, Held::Other(COMPUTED));
                }
                Write::Pair(register) => {
                    held.insert(register, Held::Other(COMPUTED));
                    held.insert(register.wrapping_add(1), Held::Other(COMPUTED));
                }
            }
        }
    }
    Ok(found)
}

/// Where control may come from elsewhere: targets of branches and switches, and handlers (`try_item`,
/// `encoded_catch_handler`).
fn targets(code: &Code<'_>, all: &[Instruction<'_>]) -> Result<HashSet<usize>, DexError> {
    let go = |from: usize, distance: i32| {
        isize::try_from(distance).ok().and_then(|distance| from.checked_add_signed(distance))
    };
    let payloads: HashMap<usize, &Instruction<'_>> =
        all.iter().filter(|instruction| instruction.is_payload()).map(|payload| (payload.at, payload)).collect();
    let mut targets = HashSet::new();
    let mut switch_targets = 0usize;
    for instruction in all.iter().filter(|instruction| !instruction.is_payload()) {
        let Some(target) = instruction.branch().and_then(|distance| go(instruction.at, distance)) else { continue };
        if !instruction.is_switch() {
            targets.insert(target);
            continue;
        }
        let distances = payloads.get(&target).map(|payload| payload.payload_table().1).unwrap_or_default();
        // Switches may share a payload, but not so many a large one.
        switch_targets = switch_targets.saturating_add(distances.len());
        if switch_targets > limits::DEX_SWITCH_TARGETS {
            let found = format!("more than {} switch targets in one method", limits::DEX_SWITCH_TARGETS);
            return Err(DexError::unsupported(code.at, found, "build the app anew; no compiler writes such code"));
        }
        targets.extend(distances.into_iter().filter_map(|distance| go(instruction.at, distance)));
    }
    if !code.handlers.is_empty() {
        let mut cursor = Cursor::new(code.handlers, 0);
        for _ in 0..cursor.uleb()? {
            let pairs = cursor.sleb()?;
            for _ in 0..pairs.unsigned_abs() {
                cursor.uleb()?;
                targets.insert(size(cursor.uleb()?));
            }
            if pairs <= 0 {
                targets.insert(size(cursor.uleb()?));
            }
        }
    }
    Ok(targets)
}
