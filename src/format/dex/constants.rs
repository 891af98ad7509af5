//! Which string constants reach the arguments of a method, over every path of the code that calls it.
//!
//! Must not: guess. What a parameter, field, call or computation may have put there is unknown, and said so.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::DexError;
use super::argument::{Argument, Constant, Load, Passed, Source};
use super::defaults;
use super::flow::{COMPUTED, Flow, Origin, UNREACHED, parameter_of};
use super::instruction::{Instruction, instructions};
use super::parse::{Code, Dex, MethodRef};
use crate::format::{limits, mutf8};

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
            if !calls_any(&code, &called)? {
                continue;
            }
            let flow = Flow::of(code)?;
            for (number, instruction) in flow.all.iter().enumerate() {
                let Some(invoke) = instruction.invoke().filter(|invoke| invoke.proto.is_none()) else { continue };
                let Some(method) = called.get(&invoke.method) else { continue };
                for (argument, register) in &method.strings {
                    let operand = register.saturating_add(usize::from(!invoke.is_static));
                    let mut value = self.argument(&flow, number, operand)?;
                    if let (Argument::Unknown { from: from @ None, .. }, [caller]) = (&mut value, callers.as_slice()) {
                        let roots = flow.roots(number, operand);
                        let called = (&method.reference, *argument, invoke.is_static);
                        *from = defaults::source(&flow, &roots, called, &self.method_ref(*caller)?);
                    }
                    let passed = Passed { code: offset, call: flow.offset(number), operand };
                    for caller in &callers {
                        let constant = Constant {
                            method: method.reference.clone(),
                            caller: self.method_ref(*caller)?,
                            passed,
                            argument: *argument,
                            value: value.clone(),
                        };
                        text_bytes = text_bytes.saturating_add(match &constant.value {
                            Argument::Constants(loads) => loads.iter().map(|load| load.text.len()).sum(),
                            Argument::Unknown { why, .. } => why.len(),
                        });
                        bound(offset, &mut text_bytes, &[&constant.caller, &constant.method])?;
                        found.push(constant);
                    }
                }
            }
        }
        Ok(found)
    }

    /// What an operand of a call is.
    pub(super) fn argument(&self, flow: &Flow<'_>, number: usize, operand: usize) -> Result<Argument, DexError> {
        let (mut loads, mut unknown) = (Vec::new(), Vec::new());
        let roots = flow.roots(number, operand);
        for origin in &roots {
            match flow.all.get(*origin).and_then(Instruction::string) {
                Some(string) => {
                    let text = self.string(string)?.into_owned();
                    loads.push(Load { text, string, at: flow.offset(*origin) });
                }
                None => unknown.push(*origin),
            }
        }
        let Some(first) = unknown.first() else {
            // Code that nothing reaches has no operands.
            let why = || Argument::Unknown { why: "the call has no such register".to_owned(), from: None };
            return Ok(if loads.is_empty() { why() } else { Argument::Constants(loads) });
        };
        let mut why = self.why(flow, *first)?;
        if roots.len() > 1 {
            why = format!("{why} on one path, and something else on another");
            return Ok(Argument::Unknown { why, from: None });
        }
        Ok(Argument::Unknown { why, from: self.source(flow, *first)? })
    }

    /// Where a content comes from, if that is a static field, or a method that no subclass decides.
    fn source(&self, flow: &Flow<'_>, origin: Origin) -> Result<Option<Source>, DexError> {
        let Some(instruction) = flow.all.get(origin) else { return Ok(None) };
        if let Some(field) = instruction.field().filter(|_| instruction.is_static_read()) {
            let (class, _, name) = self.field(u32::from(field))?;
            let (class, name) = (self.type_name(class)?.into_owned(), self.string(name)?.into_owned());
            return Ok(Some(Source::Field { class, name }));
        }
        let before = origin.checked_sub(1).and_then(|number| flow.all.get(number));
        let invoke = before.and_then(Instruction::invoke).filter(|invoke| invoke.is_decided);
        Ok(match invoke {
            Some(invoke) if instruction.is_move_result() => {
                Some(Source::Result(self.method_ref(u32::from(invoke.method))?))
            }
            _ => None,
        })
    }

    /// Why a content is not known, for people.
    fn why(&self, flow: &Flow<'_>, origin: Origin) -> Result<String, DexError> {
        let instruction = match origin {
            COMPUTED | UNREACHED => return Ok("it is computed".to_owned()),
            _ if parameter_of(origin).is_some() => {
                return Ok("it is a parameter of the method that calls".to_owned());
            }
            _ => flow.all.get(origin),
        };
        if instruction.and_then(Instruction::number) == Some(0) {
            return Ok("it is null".to_owned());
        }
        if let Some(field) = instruction.and_then(Instruction::field) {
            let (class, _, name) = self.field(u32::from(field))?;
            return Ok(format!("it is the field {}->{}", self.type_name(class)?, self.string(name)?));
        }
        let before = origin.checked_sub(1).and_then(|number| flow.all.get(number));
        match before.and_then(Instruction::invoke) {
            Some(invoke) => Ok(format!("it is the result of {}", self.method_ref(u32::from(invoke.method))?)),
            None => Ok("it is computed".to_owned()),
        }
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
            if defaults::is_marked(&reference) {
                // It calls the one that is meant.
                continue;
            }
            called.insert(index, Called { reference, strings: self.string_parameters(proto)? });
        }
        Ok(called)
    }

    /// The `method_id`s with a name, of any class.
    pub(super) fn methods_named(&self, name: &str) -> Result<BTreeSet<u32>, DexError> {
        let (name, mut named) = (mutf8::encode(name), BTreeSet::new());
        for index in 0..u32::try_from(self.header.methods.size).unwrap_or(u32::MAX) {
            if self.string_is(self.method(index)?.2, &name)? {
                named.insert(index);
            }
        }
        Ok(named)
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
    pub(super) fn callers(&self) -> Result<BTreeMap<usize, Vec<u32>>, DexError> {
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

/// Whether code calls one of these methods at all.
fn calls_any(code: &Code<'_>, called: &HashMap<u16, Called>) -> Result<bool, DexError> {
    for instruction in instructions(code.insns, code.at) {
        if instruction?.invoke().is_some_and(|invoke| called.contains_key(&invoke.method)) {
            return Ok(true);
        }
    }
    Ok(false)
}
