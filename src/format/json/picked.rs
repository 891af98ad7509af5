//! `[KEY=VALUE]`: which objects have the member. Such a step depends on what follows, so the document is read for it once before
//! the pointers are followed; a pointer without such a step costs nothing.
//!
//! Must not: know which of these objects a pointer leads to.

use std::collections::BTreeMap;
use std::ops::Range;

use super::error::JsonError;
use super::scan::{Kind, Node, Visit, decoded, is_key};
use super::steps::{Pointer, Step};

/// A pointer, and how many of its steps are done.
pub(super) type Progress = (usize, usize);

/// For each step, by the offsets where they begin.
#[derive(Default)]
pub(super) struct Picked(BTreeMap<Progress, Objects>);

#[derive(Default)]
struct Objects {
    /// Which have the member.
    have: Vec<usize>,
    /// Which of these have no key that is written like the step.
    themselves: Vec<usize>,
}

impl Picked {
    /// Whether an element that begins here has the member.
    pub(super) fn has(&self, step: Progress, at: usize) -> bool {
        self.0.get(&step).is_some_and(|objects| objects.have.binary_search(&at).is_ok())
    }

    /// Whether an object that begins here is picked by the step itself.
    pub(super) fn is_itself(&self, step: Progress, at: usize) -> bool {
        self.0.get(&step).is_some_and(|objects| objects.themselves.binary_search(&at).is_ok())
    }
}

/// For every such step of the pointers; `read` lets the document tell what is in it.
pub(super) fn all<'p>(
    pointers: &'p [Pointer],
    read: impl FnOnce(Members<'p>) -> Result<Members<'p>, JsonError>,
) -> Result<Picked, JsonError> {
    let mut steps = Vec::new();
    for (pointer, of) in pointers.iter().enumerate() {
        for (done, step) in of.iter().enumerate() {
            if let Step::Picked { written, member, value } = step {
                steps.push(((pointer, done), Wanted { written, member, value }));
            }
        }
    }
    if steps.is_empty() {
        return Ok(Picked::default());
    }
    let found = steps.iter().map(|_| Objects::default()).collect();
    let read = read(Members { steps, open: Vec::new(), due: Vec::new(), found })?;
    let keys = read.steps.iter().map(|(progress, _)| *progress);
    let sorted = read.found.into_iter().map(|mut objects| {
        objects.have.sort_unstable();
        objects.themselves.sort_unstable();
        objects
    });
    Ok(Picked(keys.zip(sorted).collect()))
}

struct Wanted<'p> {
    written: &'p str,
    member: &'p Step,
    value: &'p str,
}

/// What is known of an open value, for one step.
#[derive(Clone, Copy, Default)]
struct Known {
    /// It is what the step's KEY means, in the value around it.
    is_member: bool,
    /// It has the member.
    has: bool,
    /// It has a key that is written like the step.
    has_same: bool,
}

/// Looks for the members.
pub(super) struct Members<'p> {
    steps: Vec<(Progress, Wanted<'p>)>,
    /// For each open value, and each step, from the outermost on.
    open: Vec<Known>,
    /// For each step, of the value that comes next; empty where it is no member.
    due: Vec<Known>,
    found: Vec<Objects>,
}

impl Members<'_> {
    /// Where the knowledge of the value begins that is open now.
    fn top(&self) -> usize {
        self.open.len().saturating_sub(self.steps.len())
    }
}

impl Visit for Members<'_> {
    type State = ();

    fn root(&mut self) {}

    fn open(&mut self, _: usize, (): ()) {
        self.due.resize(self.steps.len(), Known::default());
        self.open.append(&mut self.due);
    }

    fn member(&mut self, (): (), text: &str, key: Range<usize>) {
        let raw = &text[key];
        let top = self.top();
        for ((_, wanted), known) in self.steps.iter().zip(self.open.get_mut(top..).unwrap_or_default()) {
            known.has_same |= is_key(raw, wanted.written);
            let is_member = wanted.member.key().is_none_or(|key| is_key(raw, key));
            self.due.push(Known { is_member, ..Known::default() });
        }
    }

    fn item(&mut self, (): (), _: usize, _: usize) {
        let any_depth = self.steps.iter().map(|(_, wanted)| wanted.member.key().is_none());
        self.due.extend(any_depth.map(|is_member| Known { is_member, ..Known::default() }));
    }

    fn close(&mut self, (): (), text: &str, node: Node) {
        let own = self.open.split_off(self.top());
        let around = self.top();
        let mut around = self.open.get_mut(around..).unwrap_or_default().iter_mut();
        for (((_, wanted), known), found) in self.steps.iter().zip(own).zip(&mut self.found) {
            let is_value = || match node.kind {
                Kind::String => {
                    let raw = &text[node.range.clone()];
                    decoded(raw).map_or(raw == wanted.value, |text| text == wanted.value)
                }
                Kind::Literal => &text[node.range.clone()] == wanted.value,
                Kind::Object | Kind::Array => wanted.member.key().is_none() && known.has,
            };
            if let Some(around) = around.next() {
                around.has |= known.is_member && is_value();
            }
            if node.kind == Kind::Object && known.has {
                found.have.push(node.range.start);
                if !known.has_same {
                    found.themselves.push(node.range.start);
                }
            }
        }
    }
}
