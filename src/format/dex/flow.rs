//! Where the content of each register of one method may come from: reaching definitions over all paths, those of
//! exceptions too ("Dalvik bytecode"; `try_item`, `encoded_catch_handler`).
//!
//! Must not: know what a string says, or which method matters.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::DexError;
use super::cursor::{Cursor, size};
use super::instruction::{Instruction, Write, instructions};
use super::parse::Code;
use crate::format::limits;

/// What put a content into a register: an instruction, by number in its code, or one of those below. Instructions
/// whose result nobody follows are [`COMPUTED`] all.
pub(super) type Origin = usize;

/// In code that nothing reaches it is not known.
pub(super) const UNREACHED: Origin = usize::MAX;
/// A computation, an array's element, an exception.
pub(super) const COMPUTED: Origin = usize::MAX - 1;
/// The method was called with it: this one is its first register, the next ones follow. `ins_size` has 16 bits.
const PARAMETER: Origin = COMPUTED - 0x1_0000;

/// The register of a call of this method that it was called with.
pub(super) fn parameter_of(origin: Origin) -> Option<usize> {
    origin.checked_sub(PARAMETER).filter(|_| origin < COMPUTED)
}

/// A set of origins, by its number.
type SetId = u32;

/// One code, understood.
pub(super) struct Flow<'a> {
    pub(super) code: Code<'a>,
    pub(super) all: Vec<Instruction<'a>>,
    /// By instruction, where control goes from it without an exception.
    next: Vec<Vec<usize>>,
    /// By instruction, where an exception in it goes.
    handlers: Vec<Vec<usize>>,
    /// By number of an instruction that is reached, the origins of each register it reads, in the order of its operands.
    reads: HashMap<usize, Vec<SetId>>,
    sets: Sets,
    /// By origin, who reads it: instruction and operand.
    uses: HashMap<Origin, Vec<(usize, usize)>>,
}

impl<'a> Flow<'a> {
    pub(super) fn of(code: Code<'a>) -> Result<Self, DexError> {
        let all: Vec<Instruction<'_>> = instructions(code.insns, code.at).collect::<Result<_, _>>()?;
        let number_of: HashMap<usize, usize> = all.iter().enumerate().map(|(number, i)| (i.at, number)).collect();
        let next = next(&code, &all, &number_of)?;
        let handlers = handlers(&code, &all, &number_of)?;
        let mut flow =
            Self { code, all, next, handlers, reads: HashMap::new(), sets: Sets::default(), uses: HashMap::new() };
        flow.solve()?;
        Ok(flow)
    }

    /// Where an instruction is in the file.
    pub(super) fn offset(&self, number: usize) -> usize {
        let at = self.all.get(number).map_or(0, |instruction| instruction.at);
        self.code.at.saturating_add(at.saturating_mul(2))
    }

    /// The instruction at an offset of the file.
    pub(super) fn number(&self, offset: usize) -> Option<usize> {
        let units = offset.checked_sub(self.code.at)? / 2;
        self.all.binary_search_by_key(&units, |instruction| instruction.at).ok()
    }

    /// The origins of what an operand reads.
    pub(super) fn origins(&self, number: usize, operand: usize) -> &[Origin] {
        let set = self.reads.get(&number).and_then(|reads| reads.get(operand));
        set.map(|set| self.sets.get(*set)).unwrap_or_default()
    }

    /// Who reads what an instruction wrote.
    pub(super) fn uses(&self, origin: Origin) -> &[(usize, usize)] {
        self.uses.get(&origin).map(Vec::as_slice).unwrap_or_default()
    }

    /// Everything that is read, by who wrote it.
    pub(super) fn all_uses(&self) -> impl Iterator<Item = (Origin, &[(usize, usize)])> {
        self.uses.iter().map(|(origin, uses)| (*origin, uses.as_slice()))
    }

    /// Where control goes from an instruction: without an exception, and with one.
    pub(super) fn next(&self, number: usize) -> (&[usize], &[usize]) {
        let next = self.next.get(number).map(Vec::as_slice).unwrap_or_default();
        let throws = self.all.get(number).is_some_and(Instruction::may_throw);
        let handlers = self.handlers.get(number).filter(|_| throws).map(Vec::as_slice).unwrap_or_default();
        (next, handlers)
    }

    /// The handlers of the `try_item`s that an instruction is in, whether it throws or not.
    pub(super) fn handlers(&self, number: usize) -> &[usize] {
        self.handlers.get(number).map(Vec::as_slice).unwrap_or_default()
    }

    /// What is not copied from another register: the instructions and causes at the beginning of a content.
    pub(super) fn roots(&self, number: usize, operand: usize) -> Vec<Origin> {
        let mut open: Vec<Origin> = self.origins(number, operand).to_vec();
        let (mut seen, mut roots) = (HashSet::new(), Vec::new());
        while let Some(origin) = open.pop() {
            if !seen.insert(origin) {
                continue;
            }
            match self.all.get(origin).filter(|instruction| instruction.object_move().is_some()) {
                Some(_) => open.extend(self.origins(origin, 0)),
                None => roots.push(origin),
            }
        }
        roots.sort_unstable();
        roots
    }

    /// Carries contents along every path until nothing is new; code that nothing reaches by itself, behind that.
    fn solve(&mut self) -> Result<(), DexError> {
        let registers = usize::from(self.code.registers[0]);
        let mut starts = vec![false; self.all.len()];
        for (number, next) in self.next.iter().enumerate() {
            // Where paths join or part, a state is kept.
            let plain = next.as_slice() == [number.saturating_add(1)];
            for to in next.iter().filter(|_| !plain).chain(self.handlers.get(number).into_iter().flatten()) {
                if let Some(start) = starts.get_mut(*to) {
                    *start = true;
                }
            }
            if !plain && let Some(start) = starts.get_mut(number.saturating_add(1)) {
                *start = true;
            }
        }
        if let Some(first) = starts.first_mut() {
            *first = true;
        }
        let blocks = starts.iter().filter(|start| **start).count();
        let mut work = Work { left: limits::DEX_FLOW_STEPS, at: self.code.at };
        work.take(blocks.saturating_mul(registers))?;
        let unknown = self.sets.only(UNREACHED);
        let mut states: BTreeMap<usize, Vec<SetId>> = BTreeMap::new();
        let mut settled = vec![false; self.all.len()];
        for root in (0..self.all.len()).filter(|number| starts.get(*number) == Some(&true)) {
            if states.contains_key(&root) || self.all.get(root).is_some_and(Instruction::is_payload) {
                continue;
            }
            let mut state = vec![unknown; registers];
            if root == 0 {
                let ins = usize::from(self.code.registers[1]);
                for (number, register) in state.iter_mut().skip(registers.saturating_sub(ins)).enumerate() {
                    *register = self.sets.only(PARAMETER.saturating_add(number));
                }
            }
            states.insert(root, state);
            let mut open = BTreeSet::from([root]);
            while let Some(block) = open.pop_first() {
                let Some(state) = states.get(&block).cloned() else { continue };
                for (to, state) in self.run(block, state, &starts, &mut work)? {
                    // What is never run changes nothing where something is.
                    if settled.get(to) != Some(&false) {
                        continue;
                    }
                    let changed = match states.get_mut(&to) {
                        None => {
                            states.insert(to, state);
                            true
                        }
                        Some(known) => self.sets.join(known, &state, &mut work)?,
                    };
                    if changed {
                        open.insert(to);
                    }
                }
            }
            for block in states.keys() {
                if let Some(settled) = settled.get_mut(*block) {
                    *settled = true;
                }
            }
        }
        for (block, state) in states {
            self.record(block, state, &starts);
        }
        for (number, reads) in &self.reads {
            for (operand, set) in reads.iter().enumerate() {
                for origin in self.sets.get(*set).iter().filter(|origin| **origin < self.all.len()) {
                    self.uses.entry(*origin).or_default().push((*number, operand));
                }
            }
        }
        self.uses.values_mut().for_each(|uses| uses.sort_unstable());
        Ok(())
    }

    /// The states that a block hands on.
    fn run(
        &mut self,
        block: usize,
        mut state: Vec<SetId>,
        starts: &[bool],
        work: &mut Work,
    ) -> Result<Vec<(usize, Vec<SetId>)>, DexError> {
        let mut out = Vec::new();
        // The handlers that saw the state as it is.
        let mut told: Option<&[usize]> = None;
        for number in block..self.all.len() {
            if number != block && starts.get(number) == Some(&true) {
                out.push((number, state));
                break;
            }
            work.take(1)?;
            let Some(instruction) = self.all.get(number) else { break };
            let handlers = self.handlers.get(number).filter(|_| instruction.may_throw());
            if let Some(handlers) = handlers.filter(|handlers| told != Some(handlers.as_slice())) {
                for handler in handlers {
                    work.take(state.len())?;
                    out.push((*handler, state.clone()));
                }
                told = Some(handlers);
            }
            if self.sets.write(&mut state, number, instruction) {
                told = None;
            }
            let next = self.next.get(number).map(Vec::as_slice).unwrap_or_default();
            if next != [number.saturating_add(1)] {
                for to in next {
                    work.take(state.len())?;
                    out.push((*to, state.clone()));
                }
                break;
            }
        }
        Ok(out)
    }

    /// What the instructions of a block read, now that its state is final.
    fn record(&mut self, block: usize, mut state: Vec<SetId>, starts: &[bool]) {
        for number in block..self.all.len() {
            if number != block && starts.get(number) == Some(&true) {
                break;
            }
            let Some(instruction) = self.all.get(number) else { break };
            let unknown = self.sets.only(COMPUTED);
            let of = |register: &u16| state.get(usize::from(*register)).copied().unwrap_or(unknown);
            self.reads.insert(number, instruction.reads().iter().map(of).collect());
            self.sets.write(&mut state, number, instruction);
            if self.next.get(number).map(Vec::as_slice) != Some(&[number.saturating_add(1)]) {
                break;
            }
        }
    }
}

/// Bounds time and memory.
struct Work {
    left: usize,
    at: usize,
}

impl Work {
    fn take(&mut self, steps: usize) -> Result<(), DexError> {
        match self.left.checked_sub(steps) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                let found = format!("a method whose paths take more than {} steps", limits::DEX_FLOW_STEPS);
                Err(DexError::unsupported(self.at, found, "build the app anew; no compiler writes such code"))
            }
        }
    }
}

/// Sets of origins, each once.
#[derive(Default)]
struct Sets {
    all: Vec<Vec<Origin>>,
    known: HashMap<Vec<Origin>, SetId>,
    joined: HashMap<(SetId, SetId), SetId>,
}

impl Sets {
    fn get(&self, set: SetId) -> &[Origin] {
        self.all.get(size(set)).map(Vec::as_slice).unwrap_or_default()
    }

    fn only(&mut self, origin: Origin) -> SetId {
        self.of(vec![origin])
    }

    fn of(&mut self, origins: Vec<Origin>) -> SetId {
        if let Some(known) = self.known.get(&origins) {
            return *known;
        }
        let set = SetId::try_from(self.all.len()).unwrap_or(SetId::MAX);
        self.all.push(origins.clone());
        self.known.insert(origins, set);
        set
    }

    /// Puts into a state what an instruction writes; whether it writes.
    fn write(&mut self, state: &mut [SetId], number: usize, instruction: &Instruction<'_>) -> bool {
        let origin = if instruction.is_followed() { number } else { COMPUTED };
        let (first, count) = match instruction.writes() {
            // The register keeps its content.
            _ if instruction.is_check_cast() => return false,
            Write::Nothing => return false,
            Write::One(register) => (usize::from(register), 1),
            Write::Pair(register) => (usize::from(register), 2),
        };
        let set = self.only(origin);
        for slot in state.iter_mut().skip(first).take(count) {
            *slot = set;
        }
        true
    }

    /// Adds one state to another; whether that changes.
    fn join(&mut self, known: &mut [SetId], other: &[SetId], work: &mut Work) -> Result<bool, DexError> {
        work.take(known.len())?;
        let mut changed = false;
        for (slot, other) in known.iter_mut().zip(other).filter(|(slot, other)| slot != other) {
            let both = match self.joined.get(&(*slot, *other)) {
                Some(both) => *both,
                None => {
                    let mut origins = [self.get(*slot), self.get(*other)].concat();
                    work.take(origins.len())?;
                    origins.sort_unstable();
                    origins.dedup();
                    let both = self.of(origins);
                    self.joined.insert((*slot, *other), both);
                    both
                }
            };
            changed |= both != *slot;
            *slot = both;
        }
        Ok(changed)
    }
}

/// By instruction, where control goes from it: the next one, targets of branches and switches.
fn next(
    code: &Code<'_>,
    all: &[Instruction<'_>],
    number_of: &HashMap<usize, usize>,
) -> Result<Vec<Vec<usize>>, DexError> {
    let go = |from: usize, distance: i32| {
        let to = isize::try_from(distance).ok().and_then(|distance| from.checked_add_signed(distance));
        to.and_then(|to| number_of.get(&to)).copied()
    };
    let mut switch_targets = 0usize;
    let mut lists = Vec::with_capacity(all.len());
    for (number, instruction) in all.iter().enumerate() {
        let mut next = Vec::new();
        let target = instruction.branch().filter(|_| !instruction.is_payload()).map(|by| go(instruction.at, by));
        match target {
            Some(Some(target)) if instruction.is_switch() => {
                let distances = all.get(target).map(|payload| payload.payload_table().1).unwrap_or_default();
                // Switches may share a payload, but not so many a large one.
                switch_targets = switch_targets.saturating_add(distances.len());
                if switch_targets > limits::DEX_SWITCH_TARGETS {
                    let found = format!("more than {} switch targets in one method", limits::DEX_SWITCH_TARGETS);
                    let advice = "build the app anew; no compiler writes such code";
                    return Err(DexError::unsupported(code.at, found, advice));
                }
                next.extend(distances.into_iter().filter_map(|distance| go(instruction.at, distance)));
            }
            Some(Some(target)) => next.push(target),
            // A branch to no instruction: no Android runs such code.
            Some(None) | None => {}
        }
        if instruction.falls_through() && number.saturating_add(1) < all.len() {
            next.push(number.saturating_add(1));
        }
        next.sort_unstable();
        next.dedup();
        lists.push(next);
    }
    Ok(lists)
}

/// By instruction, the handlers of the `try_item`s it is in.
fn handlers(
    code: &Code<'_>,
    all: &[Instruction<'_>],
    number_of: &HashMap<usize, usize>,
) -> Result<Vec<Vec<usize>>, DexError> {
    let mut lists = vec![Vec::new(); all.len()];
    if code.handlers.is_empty() {
        return Ok(lists);
    }
    let mut by_offset: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut cursor = Cursor::new(code.handlers, 0);
    for _ in 0..cursor.uleb()? {
        let offset = cursor.at();
        let pairs = cursor.sleb()?;
        let mut to = Vec::new();
        for _ in 0..pairs.unsigned_abs() {
            cursor.uleb()?;
            to.extend(number_of.get(&size(cursor.uleb()?)).copied());
        }
        if pairs <= 0 {
            to.extend(number_of.get(&size(cursor.uleb()?)).copied());
        }
        to.sort_unstable();
        to.dedup();
        by_offset.insert(offset, to);
    }
    let mut room = limits::DEX_FLOW_STEPS / 8;
    for row in code.tries.chunks_exact(8) {
        let mut cursor = Cursor::new(row, 0);
        let (from, count, handler) = (cursor.size()?, cursor.u16()?, cursor.u16()?);
        let to = from.saturating_add(usize::from(count));
        let Some(handlers) = by_offset.get(&usize::from(handler)) else { continue };
        let first = all.partition_point(|instruction| instruction.at < from);
        for (list, _) in lists.iter_mut().zip(all).skip(first).take_while(|(_, instruction)| instruction.at < to) {
            room = room.saturating_sub(handlers.len());
            if room == 0 {
                let found = "more handlers than any method has";
                return Err(DexError::unsupported(code.at, found, "build the app anew; no compiler writes such code"));
            }
            list.extend(handlers.iter().copied());
        }
    }
    for list in &mut lists {
        list.sort_unstable();
        list.dedup();
    }
    Ok(lists)
}
