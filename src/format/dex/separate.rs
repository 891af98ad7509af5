//! One constant in a register, several readers: how the operands that are named get a new text and all others keep the
//! old one. A constant that only named operands read changes where it is. Else the new text is loaded for the call
//! alone, and the old one again behind it where somebody still reads the register.
//!
//! What comes of it does not depend on the texts, so that the way to a value leaves no trace; and what was separated
//! once is found separated.
//!
//! Must not: change what another reader gets, on any path; what cannot be shown is refused.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::DexError;
use super::argument::Passed;
use super::flow::{Flow, Origin};
use super::instruction::{Instruction, Write};
use crate::format::limits;

/// A new text for an operand. `place` is the number of the wish it belongs to: operands of one may share a constant.
#[derive(Clone, Copy)]
pub(super) struct Wish<'e> {
    pub(super) passed: Passed,
    pub(super) place: usize,
    pub(super) value: &'e [u8],
}

/// A text that a new instruction loads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Text<'e> {
    /// A string of the file, by index.
    Old(u32),
    New(&'e [u8]),
}

/// A `const-string` that is new.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct NewLoad<T> {
    pub(super) register: u8,
    pub(super) text: T,
}

/// What becomes of an instruction.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Rewritten<T> {
    /// In front of it; whoever branches to it comes here.
    pub(super) before: Vec<NewLoad<T>>,
    pub(super) instead: Instead<T>,
    /// Behind it; whoever branches to the next one does not come here.
    pub(super) behind: Vec<NewLoad<T>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Instead<T> {
    /// Itself.
    Same,
    /// A constant, for a `move-object`.
    Load(NewLoad<T>),
    /// Nothing, which is as long: for a `const-string` that nobody reads any more.
    Null,
}

impl<T> Default for Rewritten<T> {
    fn default() -> Self {
        Self { before: Vec::new(), instead: Instead::Same, behind: Vec::new() }
    }
}

impl<T: Copy> Rewritten<T> {
    /// All that it loads.
    pub(super) fn loads(&self) -> impl Iterator<Item = &NewLoad<T>> {
        let instead = match &self.instead {
            Instead::Load(load) => Some(load),
            Instead::Same | Instead::Null => None,
        };
        self.before.iter().chain(instead).chain(&self.behind)
    }

    /// With other names for the texts.
    pub(super) fn map<U>(&self, of: &dyn Fn(T) -> U) -> Rewritten<U> {
        let load = |load: &NewLoad<T>| NewLoad { register: load.register, text: of(load.text) };
        Rewritten {
            before: self.before.iter().map(load).collect(),
            instead: match &self.instead {
                Instead::Same => Instead::Same,
                Instead::Load(new) => Instead::Load(load(new)),
                Instead::Null => Instead::Null,
            },
            behind: self.behind.iter().map(load).collect(),
        }
    }
}

/// What becomes of one code.
#[derive(Default)]
pub(super) struct Separated<'e> {
    /// `const-string` instructions that change where they are, by offset in the file.
    pub(super) in_place: BTreeMap<usize, &'e [u8]>,
    /// Those that load nothing any more.
    pub(super) gone: BTreeSet<usize>,
    /// All other changes, by offset of the instruction.
    pub(super) rewritten: BTreeMap<usize, Rewritten<Text<'e>>>,
}

/// Why it cannot be.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Something of the file or of the wishes.
    Error(DexError),
    /// These instructions read what the call, an instruction too, is passed.
    Shared { call: usize, others: Vec<usize>, why: &'static str },
}

impl From<DexError> for Refusal {
    fn from(error: DexError) -> Self {
        Self::Error(error)
    }
}

/// Finds it for one code. `others` are constants that change anyway, by offset in the file.
pub(super) fn separate<'e>(
    flow: &Flow<'_>,
    wishes: &[Wish<'e>],
    others: &BTreeMap<usize, &'e [u8]>,
) -> Result<Separated<'e>, Refusal> {
    let mut plan = Plan {
        flow,
        others,
        named: named(flow, wishes)?,
        loads: BTreeMap::new(),
        copies: BTreeMap::new(),
        steps: limits::DEX_FLOW_STEPS,
        done: Separated::default(),
    };
    let places: BTreeSet<usize> = wishes.iter().map(|wish| wish.place).collect();
    for place in places {
        plan.place(place);
    }
    plan.check_constants()?;
    plan.before()?;
    plan.behind()?;
    plan.gone();
    Ok(plan.done)
}

/// By instruction and operand, the wish and its value.
type Named<'e> = BTreeMap<(usize, usize), (usize, &'e [u8])>;

struct Plan<'p, 'a, 'e> {
    flow: &'p Flow<'a>,
    others: &'p BTreeMap<usize, &'e [u8]>,
    named: Named<'e>,
    /// By call and register, what is loaded in front of it.
    loads: BTreeMap<(usize, u16), &'e [u8]>,
    /// The `move-object` that become constants.
    copies: BTreeMap<usize, &'e [u8]>,
    /// Bounds the paths that are gone.
    steps: usize,
    done: Separated<'e>,
}

/// The operands that are named, each of which is a constant.
fn named<'e>(flow: &Flow<'_>, wishes: &[Wish<'e>]) -> Result<Named<'e>, DexError> {
    let mut named: Named<'e> = BTreeMap::new();
    let mut values: BTreeMap<usize, &[u8]> = BTreeMap::new();
    for Wish { passed, place, value } in wishes {
        let number = flow.number(passed.call);
        let is_text = |origin: &Origin| flow.all.get(*origin).is_some_and(|load| load.string().is_some());
        let found = number.filter(|number| {
            let roots = flow.roots(*number, passed.operand);
            flow.all.get(*number).is_some_and(|call| call.invoke().is_some() || call.hands_on())
                && !roots.is_empty()
                && roots.iter().all(is_text)
        });
        let Some(number) = found else {
            return Err(DexError::NotFound {
                target: super::target::Target::Passed { passed: *passed, place: *place }.to_string(),
            });
        };
        let one = *values.entry(*place).or_insert(value);
        match named.get(&(number, passed.operand)) {
            _ if one != *value => return Err(DexError::Conflict { offset: passed.call }),
            Some((_, other)) if other != value => return Err(DexError::Conflict { offset: passed.call }),
            Some(_) => {}
            None => {
                named.insert((number, passed.operand), (*place, value));
            }
        }
    }
    Ok(named)
}

impl<'e> Plan<'_, '_, 'e> {
    fn is_copy(&self, number: usize) -> bool {
        self.flow.all.get(number).is_some_and(|instruction| instruction.object_move().is_some())
    }

    /// The operands of one wish: which constants and copies change where they are, and before which calls one is loaded.
    fn place(&mut self, place: usize) {
        let operands: Vec<((usize, usize), &'e [u8])> = self
            .named
            .iter()
            .filter(|(_, (of, _))| *of == place)
            .map(|(operand, (_, value))| (*operand, *value))
            .collect();
        let own = self.own(place, &operands);
        // One value: a wish has no other.
        let mut open: Vec<(Origin, &'e [u8])> = Vec::new();
        for ((number, operand), value) in operands {
            let origins = self.flow.origins(number, operand);
            if origins.iter().all(|origin| own.contains_key(origin)) {
                open.extend(origins.iter().map(|origin| (*origin, value)));
            } else if let Some(register) = self.register(number, operand) {
                self.loads.insert((number, register), value);
            }
        }
        let mut seen = HashSet::new();
        while let Some((origin, value)) = open.pop() {
            if !seen.insert(origin) {
                continue;
            }
            match own.get(&origin) {
                Some(true) => {
                    self.copies.insert(origin, value);
                }
                Some(false) if self.is_copy(origin) => {
                    open.extend(self.flow.origins(origin, 0).iter().map(|origin| (*origin, value)));
                }
                _ => {
                    self.done.in_place.insert(self.flow.offset(origin), value);
                }
            }
        }
    }

    fn register(&self, number: usize, operand: usize) -> Option<u16> {
        self.flow.all.get(number).and_then(|call| call.reads().get(operand).copied())
    }

    /// What only operands of this wish read: constants, and copies; true for those that have to become constants,
    /// because others read what they copy.
    fn own(&self, place: usize, operands: &[((usize, usize), &'e [u8])]) -> HashMap<Origin, bool> {
        // 1. All that leads to them, and all copies that lead from there.
        let mut open: Vec<Origin> =
            operands.iter().flat_map(|((number, operand), _)| self.flow.origins(*number, *operand)).copied().collect();
        let mut all: HashSet<Origin> = HashSet::new();
        while let Some(origin) = open.pop() {
            if origin >= self.flow.all.len() || !all.insert(origin) {
                continue;
            }
            if self.is_copy(origin) {
                open.extend(self.flow.origins(origin, 0));
            }
            open.extend(self.flow.uses(origin).iter().map(|(number, _)| *number).filter(|user| self.is_copy(*user)));
        }
        // 2. What somebody else reads, directly or by a copy.
        let mut shared: HashSet<Origin> = HashSet::new();
        let mut open: Vec<Origin> =
            all.iter().filter(|origin| self.has_other_reader(**origin, place)).copied().collect();
        while let Some(origin) = open.pop() {
            if shared.insert(origin) && self.is_copy(origin) {
                open.extend(self.flow.origins(origin, 0));
            }
        }
        // 3. A copy of what is shared becomes a constant, where its register can be that of one.
        let mut own: HashMap<Origin, bool> =
            all.iter().filter(|origin| !shared.contains(origin)).map(|origin| (*origin, false)).collect();
        let mut open: Vec<Origin> = own.keys().copied().filter(|origin| self.is_copy(*origin)).collect();
        open.sort_unstable();
        while let Some(copy) = open.pop() {
            let sources = self.flow.origins(copy, 0);
            if own.get(&copy) != Some(&false) || sources.iter().all(|source| own.contains_key(source)) {
                continue;
            }
            let to = self.flow.all.get(copy).and_then(Instruction::object_move).map(|(to, _)| to);
            // A constant may throw, a copy never does: a handler would see registers as it never saw them.
            let is_caught = !self.flow.handlers(copy).is_empty();
            if to.is_some_and(|to| u8::try_from(to).is_ok()) && !is_caught {
                own.insert(copy, true);
            } else {
                own.remove(&copy);
                open.extend(self.flow.uses(copy).iter().map(|(user, _)| *user).filter(|user| self.is_copy(*user)));
            }
        }
        own
    }

    /// Whether one reads it who is not of this wish, and would notice another text.
    fn has_other_reader(&self, origin: Origin, place: usize) -> bool {
        self.flow.uses(origin).iter().any(|(number, operand)| {
            let is_named = self.named.get(&(*number, *operand)).is_some_and(|(of, _)| *of == place);
            !is_named && !self.is_copy(*number) && !self.is_blind(*number)
        })
    }

    /// An instruction that does the same for every text.
    fn is_blind(&self, number: usize) -> bool {
        self.flow.all.get(number).is_some_and(|reader| reader.is_check_cast() || reader.asks_for_null())
    }

    /// What another edit does to a constant that a named operand reads is what this one does.
    fn check_constants(&self) -> Result<(), DexError> {
        for ((number, operand), (_, value)) in &self.named {
            for origin in self.flow.roots(*number, *operand) {
                let offset = self.flow.offset(origin);
                let other = self.others.get(&offset);
                if other.is_some_and(|other| other != value) {
                    return Err(DexError::Conflict { offset });
                }
            }
        }
        Ok(())
    }

    fn rewrite(&mut self, number: usize) -> &mut Rewritten<Text<'e>> {
        self.done.rewritten.entry(self.flow.offset(number)).or_default()
    }

    /// The new text in front of a call, and instead of copies.
    fn before(&mut self) -> Result<(), Refusal> {
        for ((number, register), value) in self.loads.clone() {
            let shared = |why| Refusal::Shared { call: number, others: self.other_readers(number, register), why };
            let Ok(short) = u8::try_from(register) else {
                return Err(shared("no constant can be loaded into a register above 255"));
            };
            let reads = self.flow.all.get(number).map(Instruction::reads).unwrap_or_default();
            let others = reads.iter().enumerate().filter(|(operand, read)| {
                **read == register && self.named.get(&(number, *operand)).is_none_or(|(_, other)| *other != value)
            });
            if others.count() > 0 {
                let why = "the same call passes it as another argument too";
                return Err(Refusal::Shared { call: number, others: vec![number], why });
            }
            let load = NewLoad { register: short, text: Text::New(value) };
            self.rewrite(number).before.push(load);
        }
        for (number, value) in self.copies.clone() {
            let to = self.flow.all.get(number).and_then(Instruction::object_move).map(|(to, _)| to);
            if let Some(register) = to.and_then(|to| u8::try_from(to).ok()) {
                self.rewrite(number).instead = Instead::Load(NewLoad { register, text: Text::New(value) });
            }
        }
        Ok(())
    }

    /// The old text again, where somebody reads it.
    fn behind(&mut self) -> Result<(), Refusal> {
        for (number, register) in self.loads.keys().copied().collect::<Vec<_>>() {
            let last = self.last(number);
            let thrown: Vec<usize> =
                [number, last].iter().flat_map(|number| self.flow.next(*number).1).copied().collect();
            let readers = self.readers(thrown, register)?;
            if !readers.is_empty() {
                let why = "an exception of this call would leave the new value where they read";
                return Err(Refusal::Shared { call: number, others: readers, why });
            }
            if last != number && self.writes(last, register) {
                continue;
            }
            let readers = self.readers(self.flow.next(last).0.to_vec(), register)?;
            if readers.is_empty() {
                continue;
            }
            let reads = self.flow.all.get(number).map(Instruction::reads).unwrap_or_default();
            let operand = reads.iter().position(|read| *read == register).unwrap_or(0);
            let mut texts: Vec<Text<'e>> = Vec::new();
            for origin in self.flow.roots(number, operand) {
                let string = self.flow.all.get(origin).and_then(Instruction::string).map(Text::Old);
                let text = self.others.get(&self.flow.offset(origin)).map(|value| Text::New(value)).or(string);
                texts.extend(text.filter(|text| !texts.contains(text)));
            }
            // A handler sees what the result was put into, where no instruction that throws was.
            let caught = self.flow.handlers(last).to_vec();
            if last != number && !caught.is_empty() {
                let known = caught.iter().all(|handler| self.flow.handlers(number).contains(handler));
                let result = self.flow.all.get(last).map_or(Write::Nothing, Instruction::writes);
                let written = match result {
                    Write::Nothing => Vec::new(),
                    Write::One(to) => vec![to],
                    Write::Pair(to) => vec![to, to.wrapping_add(1)],
                };
                let mut readers = Vec::new();
                for register in written.into_iter().chain([register]) {
                    readers.extend(self.readers(caught.clone(), register)?);
                }
                if !known || !readers.is_empty() {
                    let why = "a handler would see registers as it never saw them";
                    return Err(Refusal::Shared { call: number, others: readers, why });
                }
            }
            let (&[text], Ok(register)) = (texts.as_slice(), u8::try_from(register)) else {
                let why = "which of several texts they read depends on the path";
                return Err(Refusal::Shared { call: number, others: readers, why });
            };
            self.rewrite(last).behind.push(NewLoad { register, text });
        }
        Ok(())
    }

    /// The last instruction of a call: `move-result` must follow directly.
    fn last(&self, number: usize) -> usize {
        let next = number.saturating_add(1);
        if self.flow.all.get(next).is_some_and(Instruction::is_move_result) { next } else { number }
    }

    fn writes(&self, number: usize, register: u16) -> bool {
        match self.flow.all.get(number).filter(|write| !write.is_check_cast()).map(Instruction::writes) {
            Some(Write::One(to)) => to == register,
            Some(Write::Pair(to)) => to == register || to.wrapping_add(1) == register,
            Some(Write::Nothing) | None => false,
        }
    }

    /// Who reads a register's content of these instructions on, before another one is there.
    fn readers(&mut self, mut open: Vec<usize>, register: u16) -> Result<Vec<usize>, DexError> {
        let (mut seen, mut readers) = (HashSet::new(), BTreeSet::new());
        while let Some(number) = open.pop() {
            if !seen.insert(number) || self.loads.contains_key(&(number, register)) {
                continue;
            }
            self.steps = self.steps.saturating_sub(1);
            if self.steps == 0 {
                let found = format!("a method whose paths take more than {} steps", limits::DEX_FLOW_STEPS);
                let advice = "build the app anew; no compiler writes such code";
                return Err(DexError::unsupported(self.flow.code.at, found, advice));
            }
            let Some(instruction) = self.flow.all.get(number) else { continue };
            let (next, handlers) = self.flow.next(number);
            let reads = instruction.reads().contains(&register) && !self.is_blind(number);
            if reads && !self.copies.contains_key(&number) {
                readers.insert(number);
                continue;
            }
            open.extend(handlers);
            if !self.writes(number, register) {
                open.extend(next);
            }
        }
        Ok(readers.into_iter().collect())
    }

    /// Who else reads what a register of a call holds, for messages.
    fn other_readers(&self, call: usize, register: u16) -> Vec<usize> {
        let reads = self.flow.all.get(call).map(Instruction::reads).unwrap_or_default();
        let operand = reads.iter().position(|read| *read == register).unwrap_or(0);
        let mut open = self.flow.roots(call, operand);
        let (mut seen, mut others) = (HashSet::new(), BTreeSet::new());
        while let Some(origin) = open.pop() {
            for (number, operand) in self.flow.uses(origin) {
                if self.is_copy(*number) {
                    open.extend(Some(*number).filter(|copy| seen.insert(*copy)));
                } else if !self.named.contains_key(&(*number, *operand)) {
                    others.insert(*number);
                }
            }
        }
        others.into_iter().collect()
    }

    /// Constants that led to named operands and nowhere else, and now lead nowhere: what they say would stay behind.
    fn gone(&mut self) {
        let mut open: Vec<Origin> = Vec::new();
        let loads = |number: usize, operand: usize| {
            self.register(number, operand).is_some_and(|register| self.loads.contains_key(&(number, register)))
        };
        let mut alive: HashSet<Origin> = HashSet::new();
        let mut before: HashSet<Origin> = HashSet::new();
        for (origin, uses) in self.flow.all_uses() {
            let reads = |(number, operand): &(usize, usize)| {
                let is_cast = self.flow.all.get(*number).is_some_and(Instruction::is_check_cast);
                !is_cast && !self.is_copy(*number) && !loads(*number, *operand)
            };
            if uses.iter().any(reads) {
                open.push(origin);
            }
        }
        while let Some(origin) = open.pop() {
            if alive.insert(origin) && self.is_copy(origin) && !self.copies.contains_key(&origin) {
                open.extend(self.flow.origins(origin, 0));
            }
        }
        let touched: Vec<(usize, usize)> = self.named.keys().copied().collect();
        for (number, operand) in touched {
            before.extend(self.flow.roots(number, operand));
        }
        for origin in before {
            let offset = self.flow.offset(origin);
            let changes = self.done.in_place.contains_key(&offset) || self.others.contains_key(&offset);
            if !alive.contains(&origin) && !changes {
                self.rewrite(origin).instead = Instead::Null;
                self.done.gone.insert(offset);
            }
        }
    }
}
