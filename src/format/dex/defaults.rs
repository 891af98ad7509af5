//! The methods by which Kotlin gives parameters their defaults: `METHOD$default`, and the constructor with a marker. They have
//! the parameters of the method, then bits that say which ones the caller left out, and a last one that is never read.
//!
//! Must not: take another method for one of these.

use std::collections::BTreeSet;

use super::DexError;
use super::argument::{Argument, Passed, Source, texts};
use super::flow::{Flow, Origin, parameter_of};
use super::follow::{Followed, Held, InCode, Site};
use super::instruction::Instruction;
use super::parse::MethodRef;

/// The last parameter of a constructor that Kotlin made beside another one.
const MARKER: &str = "Lkotlin/jvm/internal/DefaultConstructorMarker;";

/// A constructor that Kotlin made beside another one, which it calls.
pub(super) fn is_marked(method: &MethodRef) -> bool {
    method.name == "<init>" && parameters(&method.signature).last() == Some(&MARKER)
}

/// The parameter of `caller` that a call in it passes on as parameter `argument` of `called`, if it is one of these methods.
/// `roots` is what the call passes.
pub(super) fn source(
    flow: &Flow<'_>,
    roots: &[Origin],
    (called, argument, is_static): (&MethodRef, usize, bool),
    caller: &MethodRef,
) -> Option<Source> {
    let is_text = |origin: &&Origin| flow.all.get(**origin).and_then(Instruction::string).is_some();
    let mut others = roots.iter().filter(|origin| !is_text(origin));
    let passed_on = parameter_of(*others.next()?).filter(|_| others.next().is_none())?;
    let (own, all) = (parameters(&called.signature), parameters(&caller.signature));
    let is_constructor = called.name == "<init>";
    let (is_named, first, last) = if is_constructor {
        (caller.name == called.name && caller.class == called.class, 0, MARKER)
    } else {
        let is_named = caller.name.strip_suffix("$default") == Some(&called.name);
        (is_named, usize::from(!is_static), "Ljava/lang/Object;")
    };
    let (end, bits) = all.get(first..)?.strip_prefix(own.as_slice())?.split_last()?;
    let is_whole = bits.len() == own.len().div_ceil(32) || (is_constructor && bits.is_empty());
    if !is_named || *end != last || !is_whole || bits.iter().any(|kind| *kind != "I") {
        return None;
    }
    // The object that a constructor makes is a register and no parameter.
    let register = |number: usize| {
        let before = all.iter().take(number).map(|kind| if matches!(*kind, "J" | "D") { 2 } else { 1 });
        before.sum::<usize>().saturating_add(usize::from(is_constructor))
    };
    let operand = register(first.saturating_add(argument));
    let mask = (!bits.is_empty()).then(|| register(first.saturating_add(own.len()).saturating_add(argument / 32)));
    let bit = u8::try_from(argument % 32).ok()?;
    (operand == passed_on).then(|| Source::Default { method: caller.clone(), operand, mask, bit })
}

/// The descriptors of the parameters in a signature.
fn parameters(signature: &str) -> Vec<&str> {
    let mut rest = signature.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or("", |(inner, _)| inner);
    let mut found = Vec::new();
    while !rest.is_empty() {
        let kind = rest.trim_start_matches('[');
        let length =
            if kind.starts_with('L') { kind.find(';').map_or(kind.len(), |end| end + 1) } else { kind.len().min(1) };
        let (one, next) = rest.split_at_checked(rest.len() - kind.len() + length).unwrap_or((rest, ""));
        found.push(one);
        rest = next;
    }
    found
}

impl InCode<'_, '_> {
    /// The defaults that this method, one of Kotlin's, passes on in the calls that are named.
    pub(super) fn defaults(&self, named: &BTreeSet<Passed>, followed: &mut Followed) -> Result<(), DexError> {
        let here: BTreeSet<(usize, usize)> = named
            .iter()
            .filter(|passed| passed.code == self.offset)
            .filter_map(|passed| Some((self.flow.number(passed.call)?, passed.operand)))
            .collect();
        let mut loads = BTreeSet::new();
        for (number, operand) in &here {
            loads.extend(self.flow.roots(*number, *operand).into_iter().filter(|origin| self.text(*origin).is_some()));
        }
        for load in loads {
            let Some(string) = self.text(load) else { continue };
            let text = vec![self.dex.string(string)?.into_owned()];
            followed.held.push(Held { site: Site::At(self.flow.offset(load)), texts: text, by: self.names.to_owned() });
            let (mut open, mut seen) = (vec![load], BTreeSet::new());
            while let Some(origin) = open.pop() {
                if !seen.insert(origin) {
                    continue;
                }
                for (user, operand) in self.flow.uses(origin) {
                    let Some(reader) = self.flow.all.get(*user) else { continue };
                    if reader.object_move().is_some() {
                        open.push(*user);
                    } else if !here.contains(&(*user, *operand)) && !reader.is_check_cast() && !reader.asks_for_null() {
                        followed.problems.push(format!("{} reads its default for something else", self.names));
                    }
                }
            }
        }
        Ok(())
    }

    fn text(&self, origin: Origin) -> Option<u32> {
        self.flow.all.get(origin).and_then(Instruction::string)
    }

    /// What calls of the method pass where they do not leave the parameter out.
    pub(super) fn left_out(
        &self,
        members: &BTreeSet<u16>,
        (operand, mask, bit): (usize, Option<usize>, u8),
        followed: &mut Followed,
    ) -> Result<(), DexError> {
        for (number, instruction) in self.flow.all.iter().enumerate() {
            if instruction.invoke().is_none_or(|invoke| !members.contains(&invoke.method)) {
                continue;
            }
            let roots = mask.map(|mask| self.flow.roots(number, mask)).unwrap_or_default();
            let number_of = |origin: &Origin| self.flow.all.get(*origin).and_then(Instruction::number);
            let bits: Option<BTreeSet<bool>> =
                roots.iter().map(|origin| Some(number_of(origin)? >> bit & 1 == 1)).collect();
            let is_left_out = match bits {
                Some(bits) if bits.len() == 1 => bits.contains(&true),
                // Without a mask nothing can be left out; of code that nothing reaches nothing is known.
                Some(bits) if bits.is_empty() && mask.is_none() => false,
                _ => {
                    followed.problems.push(format!("in {} it is not known whether the default counts", self.names));
                    continue;
                }
            };
            if is_left_out {
                continue;
            }
            match self.dex.argument(self.flow, number, operand)? {
                Argument::Constants(loads) => {
                    let site = Site::Passed(Passed { operand, ..self.site(number) });
                    followed.held.push(Held { site, texts: texts(loads), by: self.names.to_owned() });
                }
                Argument::Unknown { why, .. } => followed.problems.push(format!("in {} {why}", self.names)),
            }
        }
        Ok(())
    }
}
