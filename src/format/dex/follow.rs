//! One hop behind a call: the static field or the method whose result it passes, or what gave the parameter that it passes on.
//! What is there can change where all that reads it are calls that are named.
//!
//! Must not: go further than one hop, or follow what a subclass, an instance or another write may decide.

use std::collections::BTreeSet;

use super::DexError;
use super::argument::{Argument, Passed, Source, texts};
use super::cursor::{Cursor, size};
use super::flow::Flow;
use super::instruction::{Instruction, instructions};
use super::parse::{Code, Dex};
use super::value::{Part, VALUE_STRING, value};
use crate::format::limits;

/// Where a constant at a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// What an instruction puts into the field, or returns, or passes.
    Passed(Passed),
    /// The field's value in its class, a `VALUE_STRING` at this offset, or the default of a parameter, a `const-string`, for
    /// [`super::Target::At`].
    At(usize),
}

/// A constant at a source.
#[derive(Clone, PartialEq, Eq)]
pub struct Held {
    /// Where.
    pub site: Site,
    /// Its text; several where the path decides which.
    pub texts: Vec<String>,
    /// The method, or the class, that has it: for people.
    pub by: String,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { site, texts, by } = self;
        f.debug_struct("Held").field("site", site).field("texts", &texts.len()).field("by", by).finish()
    }
}

/// What one dex file has of a source.
#[derive(Debug, Default)]
pub struct Followed {
    /// The constants.
    pub held: Vec<Held>,
    /// Why they are not all, or have other readers: for people.
    pub problems: Vec<String>,
    /// Other classes by way of which code names a member of this name: none of them may extend this one.
    pub by_way_of: BTreeSet<String>,
}

impl Dex<'_> {
    /// Follows a source in this dex file. `named` are the operands in it that are to change.
    pub fn follow(&self, source: &Source, named: &BTreeSet<Passed>) -> Result<Followed, DexError> {
        let mut followed = Followed::default();
        let mut members: BTreeSet<u16> = BTreeSet::new();
        let section = if matches!(source, Source::Field { .. }) { self.header.fields } else { self.header.methods };
        for index in 0..=u16::MAX {
            if usize::from(index) >= section.size {
                break;
            }
            let (class, is_it) = self.member_is(source, index)?;
            if is_it.is_some_and(|is_it| is_it) {
                members.insert(index);
            } else if is_it.is_some() {
                followed.by_way_of.insert(class);
            }
        }
        if let Source::Field { class, name } = source {
            self.field_values(class, name, &mut followed)?;
        }
        let mut code_bytes = 0usize;
        for (offset, owners) in self.callers()? {
            let code = self.code(offset)?;
            code_bytes = code_bytes.saturating_add(code.end.saturating_sub(offset));
            if code_bytes > self.bytes.len() {
                return Err(self.overlap("code_item"));
            }
            let mut owned = false;
            let mut starts = false;
            let (mut names, mut length) = (Vec::new(), 0usize);
            for owner in &owners {
                let reference = self.method_ref(*owner)?;
                owned |=
                    matches!(source, Source::Result(method) | Source::Default { method, .. } if *method == reference);
                starts |= matches!(source, Source::Field { class, .. } if *class == reference.class)
                    && reference.name == "<clinit>";
                length = length.saturating_add(reference.class.len()).saturating_add(reference.name.len());
                if length > limits::DEX_SIGNATURE_BYTES {
                    return Err(DexError::unsupported(offset, "code of too many methods", "build the app anew"));
                }
                names.push(format!("{}->{}", reference.class, reference.name));
            }
            if !owned && !mentions(&code, source, &members)? {
                continue;
            }
            let flow = Flow::of(code)?;
            let code = InCode { dex: self, flow: &flow, offset, names: &names.join(", ") };
            if owned && owners.len() > 1 {
                followed.problems.push(format!("{} have the same code", code.names));
            }
            if let Source::Default { operand, mask, bit, .. } = source {
                if owned {
                    code.defaults(named, &mut followed)?;
                }
                code.left_out(&members, (*operand, *mask, *bit), &mut followed)?;
                continue;
            }
            if owned {
                code.returns(&mut followed)?;
            }
            code.readers(source, &members, named, starts && owners.len() == 1, &mut followed)?;
        }
        Ok(followed)
    }

    /// The class of a member, and whether it is the one that is meant; `None` where its name or kind is another.
    fn member_is(&self, source: &Source, index: u16) -> Result<(String, Option<bool>), DexError> {
        match source {
            Source::Field { class, name } => {
                let (of, kind, text) = self.field(u32::from(index))?;
                let is_text = self.string_is(self.type_string(kind)?, b"Ljava/lang/String;")?;
                if !is_text || *self.string(text)? != *name {
                    return Ok((String::new(), None));
                }
                let of = self.type_name(of)?.into_owned();
                let is_it = of == *class;
                Ok((of, Some(is_it)))
            }
            Source::Result(method) | Source::Default { method, .. } => {
                let (_, _, text) = self.method(u32::from(index))?;
                if *self.string(text)? != *method.name {
                    return Ok((String::new(), None));
                }
                let found = self.method_ref(u32::from(index))?;
                let is_it = found.signature == method.signature;
                Ok((found.class.clone(), is_it.then_some(found == *method)))
            }
        }
    }

    /// The value that a class gives its field before any of its code runs.
    fn field_values(&self, class: &str, name: &str, followed: &mut Followed) -> Result<(), DexError> {
        let mut arrays: Vec<usize> = Vec::new();
        let mut own = None;
        for definition in self.class_defs() {
            let definition = definition?;
            arrays.push(definition.static_values);
            if *self.type_name(definition.class)? != *class {
                continue;
            }
            let (data, _) = self.class_data(definition.data)?;
            for (position, (field, _)) in data.fields.iter().flatten().enumerate() {
                if *self.string(self.field(*field)?.2)? == *name {
                    own = (position < data.fields[0].len()).then_some((definition.static_values, position));
                }
            }
        }
        let Some((array, position)) = own.filter(|(array, _)| *array != 0) else { return Ok(()) };
        let mut cursor = Cursor::new(self.bytes, array);
        if size(cursor.uleb()?) <= position {
            return Ok(());
        }
        for _ in 0..position {
            value(&mut cursor, 0, &mut |_| Ok(()))?;
        }
        let at = cursor.at();
        let mut string = None;
        value(&mut cursor, 0, &mut |part| {
            if let Part::Value(range, index) = part {
                string = Some(index).filter(|_| range.start == at);
            }
            Ok(())
        })?;
        let is_text = self.bytes.get(at).is_some_and(|header| header & 0x1f == VALUE_STRING);
        if let Some(index) = string.filter(|_| is_text) {
            let texts = vec![self.string(index)?.into_owned()];
            followed.held.push(Held { site: Site::At(at), texts, by: class.to_owned() });
            if arrays.iter().filter(|other| **other == array).count() > 1 {
                followed.problems.push("another class has the same values".to_owned());
            }
        }
        Ok(())
    }
}

/// Whether code names one of the members.
fn mentions(code: &Code<'_>, source: &Source, members: &BTreeSet<u16>) -> Result<bool, DexError> {
    for instruction in instructions(code.insns, code.at) {
        if member(&instruction?, source).is_some_and(|member| members.contains(&member)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The field, or the method, of an instruction.
fn member(instruction: &Instruction<'_>, source: &Source) -> Option<u16> {
    match source {
        Source::Field { .. } => instruction.field().or_else(|| instruction.stored_field()),
        Source::Result(_) | Source::Default { .. } => instruction.invoke().map(|invoke| invoke.method),
    }
}

pub(super) struct InCode<'c, 'a> {
    pub(super) dex: &'c Dex<'a>,
    pub(super) flow: &'c Flow<'a>,
    pub(super) offset: usize,
    pub(super) names: &'c str,
}

impl InCode<'_, '_> {
    pub(super) fn site(&self, number: usize) -> Passed {
        Passed { code: self.offset, call: self.flow.offset(number), operand: 0 }
    }

    /// A constant that an instruction puts into a field or returns.
    fn constant(&self, number: usize, followed: &mut Followed) -> Result<(), DexError> {
        match self.dex.argument(self.flow, number, 0)? {
            Argument::Constants(loads) => {
                let site = Site::Passed(self.site(number));
                followed.held.push(Held { site, texts: texts(loads), by: self.names.to_owned() });
            }
            Argument::Unknown { why, .. } => followed.problems.push(format!("in {} {why}", self.names)),
        }
        Ok(())
    }

    fn returns(&self, followed: &mut Followed) -> Result<(), DexError> {
        for (number, _) in self.flow.all.iter().enumerate().filter(|(_, instruction)| instruction.opcode() == 0x11) {
            self.constant(number, followed)?;
        }
        Ok(())
    }

    /// Who writes the field; who reads it, or the method's result.
    fn readers(
        &self,
        source: &Source,
        members: &BTreeSet<u16>,
        named: &BTreeSet<Passed>,
        starts: bool,
        followed: &mut Followed,
    ) -> Result<(), DexError> {
        for (number, instruction) in self.flow.all.iter().enumerate() {
            if member(instruction, source).is_none_or(|member| !members.contains(&member)) {
                continue;
            }
            if instruction.stored_field().is_some() {
                if starts {
                    self.constant(number, followed)?;
                } else {
                    followed.problems.push(format!("{} writes it", self.names));
                }
                continue;
            }
            let result = if matches!(source, Source::Field { .. }) { number } else { number.saturating_add(1) };
            let (mut open, mut seen) = (vec![result], BTreeSet::new());
            while let Some(origin) = open.pop() {
                let is_result = self.flow.all.get(origin).is_some_and(Instruction::is_followed);
                if !is_result || !seen.insert(origin) {
                    continue;
                }
                for (user, operand) in self.flow.uses(origin) {
                    let reader = self.flow.all.get(*user);
                    let passed = Passed { operand: *operand, ..self.site(*user) };
                    if reader.is_some_and(|reader| reader.object_move().is_some()) {
                        open.push(*user);
                    } else if !named.contains(&passed)
                        && !reader.is_some_and(|reader| reader.is_check_cast() || reader.asks_for_null())
                    {
                        let problem = format!("{} reads it for something else", self.names);
                        followed.problems.extend(Some(problem).filter(|problem| !followed.problems.contains(problem)));
                    }
                }
            }
        }
        Ok(())
    }
}
